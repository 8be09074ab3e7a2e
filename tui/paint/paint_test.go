package paint

import (
	"image"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"
)

func canvas(w, h int) *Canvas {
	c := New()
	c.Reset(w, h, false)
	return c
}

func TestTextIsCutAndClipped(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		x     int
		limit int
		text  string
		want  string
		used  int
	}{
		{"fits", 0, 10, "abc", "abc", 3},
		{"cut", 0, 4, "abcdef", "abc…", 4},
		{"exact", 0, 6, "abcdef", "abcdef", 6},
		{"wide is cut whole", 0, 4, "日本語", "日…", 3},
		{"wide at the left edge", -1, -1, "日x", " x", 3},
		{"wide at the right edge", 9, -1, "日", "", 2},
		{"left clipping", -2, -1, "abcd", "cd", 4},
		{"control", 0, -1, "a\x1b[2Jb", `a\x1b[2Jb`, 9},
		{"bidi", 0, -1, "a\u202eb", `a\u{202e}b`, 10},
		{"newline", 0, -1, "a\nb", `a\nb`, 4},
		{"combining", 0, -1, "e\u0301a", "e\u0301a", 2},
		{"no room", 0, 0, "abc", "", 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c := canvas(10, 1)
			used := c.Text(tt.x, 0, tt.limit, tt.text, Style{})
			if got := strings.TrimSuffix(c.Plain(), "\n"); got != tt.want || used != tt.used {
				t.Errorf("got %q using %d, want %q using %d", got, used, tt.want, tt.used)
			}
		})
	}
}

func TestViewsNeverDrawOutside(t *testing.T) {
	t.Parallel()
	c := canvas(12, 5)
	v := c.In(R(3, 1, 4, 2))
	v.Shift(-1, -1).Box(R(0, 0, 20, 20), Solid, Style{})
	for y := range 5 {
		v.Text(-5, y-1, -1, "XXXXXXXXXXXXXXXXXXXXXX", Style{})
	}
	want := "\n   XXXX\n   XXXX\n\n\n"
	if got := c.Plain(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestLinesJoin(t *testing.T) {
	t.Parallel()
	c := canvas(9, 5)
	c.Box(R(0, 0, 9, 3), Solid, Style{})
	c.Link(image.Pt(4, 2), image.Pt(4, 4), Solid, Style{})
	c.Link(image.Pt(2, 4), image.Pt(6, 4), Solid, Style{})
	want := "╭───────╮\n│       │\n╰───┬───╯\n    │\n  ╶─┴─╴\n"
	if got := c.Plain(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	c.Reset(9, 3, true)
	c.Box(R(0, 0, 4, 3), Solid, Style{})
	c.HLine(5, 1, 3, Dashed, Style{})
	if got, want := c.Plain(), "+--+\n|  | ...\n+--+\n"; got != want {
		t.Errorf("ASCII: got\n%s\nwant\n%s", got, want)
	}
}

func TestOverwritingHalfAWideCharacterLeavesNoOtherHalf(t *testing.T) {
	t.Parallel()
	for x, want := range map[int]string{0: "x 語", 1: " x語", 2: "日x", 3: "日 x"} {
		c := canvas(4, 1)
		c.Text(0, 0, -1, "日語", Style{})
		c.Text(x, 0, -1, "x", Style{})
		if got := strings.TrimSuffix(c.Plain(), "\n"); got != want {
			t.Errorf("x at %d: got %q, want %q", x, got, want)
		}
	}
}

func TestHitsAreTopmostAndClipped(t *testing.T) {
	t.Parallel()
	c := canvas(20, 10)
	c.Hit(R(0, 0, 20, 10), "ground")
	c.In(R(5, 5, 4, 2)).Hit(R(-9, -9, 30, 30), "panel")
	for _, tt := range []struct {
		x, y int
		want any
	}{{0, 0, "ground"}, {5, 5, "panel"}, {8, 6, "panel"}, {9, 6, "ground"}, {20, 3, nil}} {
		if got := c.At(tt.x, tt.y); got != tt.want {
			t.Errorf("at %d,%d: got %v, want %v", tt.x, tt.y, got, tt.want)
		}
	}
}

func TestRenderSaysTheSameAsPlain(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	words := []string{"abc", "日本", "e\u0301", "a\x1b[31mb", "  ", "…", "🙂"}
	for range 200 {
		w, h := r.IntN(30)+1, r.IntN(10)+1
		c := canvas(w, h)
		for range 20 {
			st := Style{FG: RGB(r.Uint32()), Attr: Attr(r.UintN(32))}
			switch r.IntN(3) {
			case 0:
				c.Text(r.IntN(40)-5, r.IntN(12)-1, r.IntN(20)-2, words[r.IntN(len(words))], st)
			case 1:
				c.Box(R(r.IntN(30)-3, r.IntN(9)-2, r.IntN(9), r.IntN(5)), Line(0), st)
			case 2:
				c.Fill(R(r.IntN(30), r.IntN(9), r.IntN(9), r.IntN(5)), Style{})
			}
		}
		var lines []string
		for _, l := range strings.Split(ansi.Strip(c.Render()), "\n") {
			if n := ansi.StringWidth(l); n > w {
				t.Fatalf("line of %d cells in %d: %q", n, w, l)
			}
			lines = append(lines, strings.TrimRight(l, " "))
		}
		if got, want := strings.Join(lines, "\n")+"\n", c.Plain(); got != want {
			t.Fatalf("got\n%q\nwant\n%q", got, want)
		}
	}
}

func TestWrap(t *testing.T) {
	t.Parallel()
	tests := []struct {
		text  string
		width int
		want  []string
	}{
		{"", 5, []string{""}},
		{"one two three", 7, []string{"one two", "three"}},
		{"abcdefghij", 4, []string{"abcd", "efgh", "ij"}},
		{"a\nb", 9, []string{"a", "b"}},
		{"C:\\Windows\\System32", 12, []string{"C:\\Windows\\", "System32"}},
	}
	for _, tt := range tests {
		if got := Wrap(tt.text, tt.width); strings.Join(got, "|") != strings.Join(tt.want, "|") {
			t.Errorf("Wrap(%q, %d) = %q, want %q", tt.text, tt.width, got, tt.want)
		}
	}
}

func FuzzWrapAndCut(f *testing.F) {
	f.Add("Set-OwaVirtualDirectory -Identity 'EX13-01\\owa (Default Web Site)'", 20)
	f.Add("日本\u202e\x00 \xff", 3)
	f.Fuzz(func(t *testing.T, s string, width int) {
		if width < 2 || width > 200 {
			return
		}
		for _, l := range Wrap(s, width) {
			if Width(l) > width || !utf8.ValidString(l) {
				t.Fatalf("Wrap(%q, %d) has %q of %d cells", s, width, l, Width(l))
			}
		}
		if c := Cut(s, width); Width(c) > width {
			t.Fatalf("Cut(%q, %d) = %q", s, width, c)
		}
		if got := strings.Join(Chunk(s, width), ""); got != Escape(s) {
			t.Fatalf("Chunk(%q, %d) lost text: %q", s, width, got)
		}
		if e := Escape(s); strings.ContainsAny(e, "\x00\x07\x1b\n\r\u202e\u2066\u200f") || Escape(e) != e {
			t.Fatalf("Escape(%q) = %q", s, e)
		}
	})
}

func TestInput(t *testing.T) {
	t.Parallel()
	var in Input
	for _, k := range []struct{ name, text string }{
		{"x", "ab"}, {"left", ""}, {"c", "c"}, {"home", ""}, {"delete", ""}, {"end", ""}, {"d", "d"}, {"ctrl+left", ""}, {"z", "z"},
	} {
		if !in.Key(k.name, k.text) {
			t.Fatalf("key %q refused", k.name)
		}
	}
	if got := in.Value(); got != "zcbd" {
		t.Errorf("got %q", got)
	}
	if in.Key("enter", "") || in.Key("f5", "") {
		t.Error("a single line took enter or f5")
	}
	in.Set("")
	in.Insert("two\r\nlines\n")
	if got := in.Value(); got != "two lines" {
		t.Errorf("paste into one line: %q", got)
	}
	m := Input{Multi: true}
	m.Insert("ab\ncd")
	m.Key("up", "")
	m.Key("x", "x")
	if got := m.Value(); got != "abx\ncd" {
		t.Errorf("multi: %q", got)
	}
	c := canvas(4, 1)
	in.Set("abcdefgh")
	if at := in.Draw(c, Style{}); at != image.Pt(3, 0) || c.Plain() != "fgh\n" {
		t.Errorf("cursor %v in %q", at, c.Plain())
	}
}

func TestThemesCanBeRead(t *testing.T) {
	t.Parallel()
	for _, dark := range []bool{true, false} {
		th := NewTheme(dark, FullColor, false)
		ground, own := RGB(0xffffff), RGB(0) // the terminal's
		if dark {
			ground, own = RGB(0x15181e), RGB(0xd0d0d0)
		}
		for name, s := range map[string]Style{"text": th.Text, "strong": th.Strong, "dim": th.Dim, "accent": th.Accent, "good": th.Good,
			"warn": th.Warn, "bad": th.Bad, "unsure": th.Unsure, "info": th.Info, "old": th.Old, "new": th.New, "code": th.Code} {
			for on, under := range map[string]Style{"ground": {FG: own, BG: ground}, "select": th.Select, "bar": th.Bar, "field": th.Field, "inactive": th.Inactive} {
				if drawn := s.On(under); contrast(drawn.FG, drawn.BG) < 4.2 {
					r := contrast(drawn.FG, drawn.BG)
					t.Errorf("dark=%v: %s on %s has contrast %.2f", dark, name, on, r)
				}
			}
		}
		for name, s := range map[string]Style{"badge": th.Badge, "alarm": th.Alarm, "danger": th.Danger} {
			if r := contrast(s.FG, s.BG); r < 4.5 {
				t.Errorf("%s has contrast %.2f", name, r)
			}
		}
	}
}

func contrast(a, b Color) float64 {
	x, y := luminance(a), luminance(b)
	return (max(x, y) + 0.05) / (min(x, y) + 0.05)
}

func luminance(c Color) float64 {
	part := func(n Color) float64 {
		v := float64(n&255) / 255
		if v <= 0.04045 {
			return v / 12.92
		}
		return math.Pow((v+0.055)/1.055, 2.4)
	}
	return 0.2126*part(c>>16) + 0.7152*part(c>>8) + 0.0722*part(c)
}

func TestASCIIHasOnlyASCII(t *testing.T) {
	t.Parallel()
	c := New()
	c.Reset(40, 3, true)
	c.Box(R(0, 0, 40, 3), Thick, Style{})
	g := NewTheme(true, Monochrome, true).Glyphs
	c.Text(1, 1, -1, "Zürich … → ‹now› "+g.Done+g.Failed+g.Digits[4]+"日", Style{})
	for _, r := range c.Plain() {
		if r > 0x7e {
			t.Fatalf("%q in\n%s", r, c.Plain())
		}
	}
}

func BenchmarkFrame(b *testing.B) {
	c := New()
	for b.Loop() {
		c.Reset(120, 40, false)
		for y := range 40 {
			c.Text(0, y, 120, "Set-OutlookAnywhere -Identity 'EX10-01\\Rpc (Default Web Site)' -IISAuthenticationMethods Basic,Ntlm and more of it", Style{FG: RGB(uint32(y) * 999)})
		}
		c.Box(R(0, 0, 120, 40), Solid, Style{})
		_ = c.Render()
	}
}
