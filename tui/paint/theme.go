package paint

// Profile is how much colour the terminal gives.
type Profile uint8

// The profiles a theme knows.
const (
	FullColor  Profile = iota // 24-bit, reduced to 256 by the terminal layer
	Sixteen                   // the terminal's own palette
	Monochrome                // none: bold, underline and reverse only
)

// Theme holds the styles by meaning and the glyphs. It is a pure function of
// the background, the profile and the character set; see NewTheme.
type Theme struct {
	Dark    bool
	ASCII   bool
	Profile Profile

	Text     Style // what is read
	Strong   Style // titles
	Dim      Style // second rank: labels, hints
	Line     Style // frames and rules
	Accent   Style // focus, the thing one can act on
	Good     Style // pass, done
	Warn     Style // warn, waived, waiting
	Bad      Style // fail
	Unsure   Style // unknown
	Info     Style // running, in progress
	Old      Style // Exchange 2007 and 2010
	New      Style // Exchange 2013
	Badge    Style // step numbers on the picture
	Code     Style // commands
	Shell    Shell // the pieces of a command
	Select   Style // ground of the selected line in the focused region
	Inactive Style // ground of the selected line elsewhere
	Bar      Style // status line
	Keys     Style // keys in the key line
	Alarm    Style // REHEARSAL, read-only, broken: a word on its own ground
	Danger   Style // no way back
	Field    Style // ground of an input

	Glyphs Glyphs
}

// Glyphs are the signs that accompany every state, one cell each.
type Glyphs struct {
	Locked, Ready, Running, Waiting, Failed, Waived, Done    string
	Changed, Stale, NotRun, NotYet, Attested                 string
	Warn, Unknown, Skip                                      string
	ArrowUp, ArrowDown, ArrowLeft, ArrowRight                string
	Folded, Unfolded, Pointer, Dot, Ellipsis, More, Less, To string
	BarFull, BarEmpty, Prompt, Mark, Thumb                   string
	Digits                                                   [10]string // step badges 0..9
}

// NewTheme makes the theme for a background, a colour profile and a character
// set.
func NewTheme(dark bool, p Profile, ascii bool) *Theme {
	t := &Theme{Dark: dark, ASCII: ascii, Profile: p, Glyphs: unicodeGlyphs}
	if ascii {
		t.Glyphs = asciiGlyphs
	}
	switch p {
	case Monochrome:
		t.monochrome()
	case Sixteen:
		t.sixteen()
	default:
		t.full()
	}
	t.Shell = t.shell()
	return t
}

func (t *Theme) full() {
	pick := func(light, dark uint32) Style {
		if t.Dark {
			return Style{FG: RGB(dark)}
		}
		return Style{FG: RGB(light)}
	}
	// On a ground of ours the letters have a colour of ours, whatever the
	// terminal's own is.
	ground := func(light, dark uint32) Style {
		if t.Dark {
			return Style{FG: RGB(0xd6dae3), BG: RGB(dark)}
		}
		return Style{FG: RGB(0x1f2430), BG: RGB(light)}
	}
	// What is read has the terminal's own colour: it can be read on any ground,
	// also where the terminal does not tell which it has, and costs no bytes.
	t.Text = Style{}
	t.Strong = Style{}.Bold()
	t.Dim = pick(0x5b6475, 0x9ea7ba)
	t.Line = pick(0xa9b1c0, 0x4a5266)
	t.Accent = pick(0x0b5fb0, 0x6cb6ff)
	t.Good = pick(0x12642a, 0x6fd08c)
	t.Warn = pick(0x8a5a00, 0xe5b567)
	t.Bad = pick(0xb3261e, 0xff7b72)
	t.Unsure = pick(0x8b2fa8, 0xd2a8ff)
	t.Info = pick(0x0a5a70, 0x67d4e8)
	t.Old = pick(0x7a5230, 0xd8a878)
	t.New = pick(0x1556a0, 0x7fb8f5)
	t.Badge = Style{FG: RGB(0x10131a), BG: RGB(0xe9c46a), Attr: Bold}
	t.Code = pick(0x10375c, 0xcfe3ff)
	t.Select = ground(0xd5e4f7, 0x24364f)
	t.Inactive = ground(0xeceff4, 0x23272f)
	t.Bar = ground(0xe4e8ef, 0x22262e)
	t.Keys = pick(0x0b5fb0, 0x6cb6ff).Bold()
	t.Alarm = Style{FG: RGB(0x10131a), BG: RGB(0xf0a35e), Attr: Bold}
	t.Danger = Style{FG: RGB(0xffffff), BG: RGB(0xa4262c), Attr: Bold}
	t.Field = ground(0xeef1f6, 0x1b1f27)
}

func (t *Theme) sixteen() {
	fg := func(light, dark uint8) Style {
		if t.Dark {
			return Style{FG: ANSI(dark)}
		}
		return Style{FG: ANSI(light)}
	}
	t.Text = Style{}
	t.Strong = Style{}.Bold()
	t.Dim = fg(8, 7)
	t.Line = fg(8, 8)
	t.Accent = fg(4, 14).Bold()
	t.Good = fg(2, 10)
	t.Warn = fg(3, 11)
	t.Bad = fg(1, 9)
	t.Unsure = fg(5, 13)
	t.Info = fg(6, 14)
	t.Old = fg(3, 3)
	t.New = fg(4, 12)
	t.Badge = Style{FG: ANSI(0), BG: ANSI(3), Attr: Bold}
	t.Code = fg(4, 15)
	t.Select = Style{Attr: Reverse}
	t.Inactive = Style{}
	t.Bar = Style{Attr: Reverse}
	t.Keys = fg(4, 14).Bold()
	t.Alarm = Style{FG: ANSI(0), BG: ANSI(3), Attr: Bold}
	t.Danger = Style{FG: ANSI(15), BG: ANSI(1), Attr: Bold}
	t.Field = Style{Attr: Underline}
}

func (t *Theme) monochrome() {
	bold, faint, reverse := Style{}.Bold(), Style{}.Faint(), Style{}.Reversed()
	t.Strong, t.Accent, t.Bad, t.Keys, t.Code = bold, bold, bold, bold, bold
	t.Line = faint
	t.Badge, t.Alarm, t.Danger = reverse.Bold(), reverse.Bold(), reverse.Bold()
	t.Select, t.Bar = reverse, reverse
	t.Field = Style{}.Underlined()
}

var unicodeGlyphs = Glyphs{
	Locked: "·", Ready: "○", Running: "◐", Waiting: "◔", Failed: "✗", Waived: "≈", Done: "✓",
	Changed: "Δ", Stale: "↻", NotRun: "○", NotYet: "◌", Attested: "◆",
	Warn: "!", Unknown: "?", Skip: "–",
	ArrowUp: "▲", ArrowDown: "▼", ArrowLeft: "◀", ArrowRight: "▶",
	Folded: "▸", Unfolded: "▾", Pointer: "▸", Dot: "·", Ellipsis: "…", More: "↓", Less: "↑", To: "→",
	BarFull: "━", BarEmpty: "─", Prompt: "›", Mark: "▌", Thumb: "┃",
	Digits: [10]string{"⓪", "①", "②", "③", "④", "⑤", "⑥", "⑦", "⑧", "⑨"},
}

var asciiGlyphs = Glyphs{
	Locked: ".", Ready: "o", Running: "%", Waiting: "w", Failed: "x", Waived: "~", Done: "+",
	Changed: "d", Stale: "s", NotRun: "o", NotYet: ":", Attested: "#",
	Warn: "!", Unknown: "?", Skip: "-",
	ArrowUp: "^", ArrowDown: "v", ArrowLeft: "<", ArrowRight: ">",
	Folded: ">", Unfolded: "v", Pointer: ">", Dot: "-", Ellipsis: "~", More: "v", Less: "^", To: ">",
	BarFull: "=", BarEmpty: "-", Prompt: ">", Mark: "|", Thumb: "#",
	Digits: [10]string{"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"},
}
