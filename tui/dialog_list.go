package tui

import (
	"image"
	"strings"

	tea "charm.land/bubbletea/v2"

	"coexist/tui/paint"
)

// choice is a line to choose from.
type choice struct {
	text  string
	right string
	why   string                                            // why it can't be chosen; it stays visible
	key   string                                            // a key that chooses it while nothing is being typed
	sign  func(*paint.Theme) (glyph string, st paint.Style) // before the text; nil: none
	hint  string                                            // shown below while it has the focus
	keys  map[string]func(*Model) tea.Cmd
	then  func(*Model) tea.Cmd
}

// chooser is a dialog with lines to choose from; with typing it has a filter.
type chooser struct {
	title  string
	intro  string
	typing bool
	input  paint.Input
	all    []choice
	hints  func(at int) []hint // further keys of the focused line; nil: none
	at     int
	top    int
	height int
	note   string
}

func (l *chooser) shown() []choice {
	words := strings.Fields(strings.ToLower(l.input.Value()))
	if len(words) == 0 {
		return l.all
	}
	var out []choice
	for _, c := range l.all {
		hay := strings.ToLower(c.text + " " + c.right)
		fits := true
		for _, w := range words {
			fits = fits && strings.Contains(hay, w)
		}
		if fits {
			out = append(out, c)
		}
	}
	return out
}

// pickMsg is a click on a line of a chooser.
type pickMsg struct{ at int }

func (l *chooser) handle(msg tea.Msg) outcome {
	list := l.shown()
	switch msg := msg.(type) {
	case pickMsg:
		if l.at == msg.at {
			return l.choose(list)
		}
		l.at = msg.at
	case tea.PasteMsg:
		if l.typing {
			l.input.Insert(msg.Content)
			l.at = 0
		}
	case tea.MouseWheelMsg:
		if msg.Button == tea.MouseWheelUp {
			l.at -= 3
		} else {
			l.at += 3
		}
	case tea.KeyPressMsg:
		return l.key(msg, list)
	}
	l.at = max(min(l.at, len(list)-1), 0)
	return outcome{}
}

func (l *chooser) key(msg tea.KeyPressMsg, list []choice) outcome {
	name := msg.String()
	l.note = ""
	if !l.typing {
		if l.at < len(list) {
			if then := list[l.at].keys[name]; then != nil {
				return closeAndDo(then)
			}
		}
		switch name {
		case "k":
			name = "up"
		case "j":
			name = "down"
		case "q":
			name = "esc"
		}
		for i, c := range list {
			if c.key != "" && c.key == name {
				l.at = i
				return l.choose(list)
			}
		}
	}
	switch name {
	case "esc":
		return closed
	case "enter":
		return l.choose(list)
	case "up", "ctrl+p":
		l.at--
	case "down", "ctrl+n":
		l.at++
	case "pgup":
		l.at -= l.height
	case "pgdown":
		l.at += l.height
	default:
		if l.typing && l.input.Key(name, msg.Text) {
			l.at, l.top = 0, 0
		}
	}
	l.at = max(min(l.at, len(l.shown())-1), 0)
	return outcome{}
}

func (l *chooser) choose(list []choice) outcome {
	if l.at >= len(list) {
		return outcome{}
	}
	c := list[l.at]
	if c.why != "" {
		l.note = c.why
		return outcome{}
	}
	return closeAndDo(c.then)
}

func (l *chooser) draw(c *paint.Canvas, th *paint.Theme) *image.Point {
	cw, ch := c.Size()
	w := min(cw-4, 92)
	intro := []string{}
	if l.intro != "" {
		intro = paint.Wrap(l.intro, w-6)
	}
	list := l.shown()
	foot := l.foot(w - 6)
	h := len(intro) + len(foot) + max(len(l.all), 1) + 2
	if l.typing {
		h += 2
	}
	if len(intro) > 0 {
		h++
	}
	keys := []hint{{key: "enter", does: "choose"}, {key: "esc", does: "close", msg: tea.KeyPressMsg{Code: tea.KeyEscape}}}
	if l.hints != nil {
		keys = append(keys, l.hints(l.at)...)
	}
	in := window(c, th, w, min(h, ch-2), l.title, keys)
	iw, ih := in.Size()
	y := 0
	for _, s := range intro {
		in.Text(1, y, iw-2, s, th.Dim)
		y++
	}
	if len(intro) > 0 {
		y++
	}
	var cursor *image.Point
	if l.typing {
		in.Text(1, y, 2, th.Glyphs.Prompt+" ", th.Accent)
		field := in.In(paint.R(3, y, iw-4, 1))
		at := l.input.Draw(field, th.Text)
		cursor = &at
		y += 2
	}
	rows := in.In(paint.R(0, y, iw, ih-y-len(foot)))
	l.lines(rows, th, list)
	for i, s := range foot {
		in.Text(1, ih-len(foot)+i, iw-2, s, th.Warn)
	}
	return cursor
}

// foot is what is said below the lines: the refusal of the last choice, or the
// hint of the focused line.
func (l *chooser) foot(w int) []string {
	text := l.note
	if list := l.shown(); text == "" && l.at < len(list) {
		text = list[l.at].hint
	}
	any := false
	for _, c := range l.all {
		any = any || c.hint != "" || c.why != ""
	}
	if !any && text == "" {
		return nil
	}
	lines := append([]string{""}, paint.Wrap(text, w)...)
	for len(lines) < 3 {
		lines = append(lines, "")
	}
	return lines[:3]
}

func (l *chooser) lines(c *paint.Canvas, th *paint.Theme, list []choice) {
	w, h := c.Size()
	l.height = max(h, 1)
	l.top = paint.Follow(l.top, l.at, h, len(list))
	for y := range h {
		i := l.top + y
		if i >= len(list) {
			break
		}
		item := list[i]
		if i == l.at {
			c.Fill(paint.R(0, y, w-2, 1), th.Select) // the bar and its gap stay as they are
			c.Text(0, y, 1, th.Glyphs.Mark, th.Accent)
		}
		st, right := th.Text, th.Dim
		if item.why != "" {
			st = th.Dim
		}
		x := 1
		if item.sign != nil {
			glyph, st := item.sign(th)
			x += c.Text(x, y, 1, glyph, st) + 1
		}
		rw := paint.Width(item.right)
		c.Text(x, y, w-x-rw-3, item.text, st)
		c.TextRight(w-2, y, rw, item.right, right)
		c.Hit(paint.R(0, y, w, 1), pickMsg{i})
	}
	if len(list) == 0 {
		c.Text(1, 0, w, "Nothing fits.", th.Dim)
	}
	drawBar(c, th, l.top, len(list))
}
