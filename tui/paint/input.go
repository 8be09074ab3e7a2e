package paint

import (
	"image"
	"strings"

	"github.com/charmbracelet/x/ansi"
)

// Input is a text being typed, with a cursor. It knows keys by their Bubble
// Tea names and draws itself; it decides nothing about what the text means.
// The zero value is an empty single-line input.
type Input struct {
	Multi  bool // newlines may be typed and pasted
	Secret bool // shown as dots
	offer  bool // a proposal: what is typed first takes its place
	chars  []string
	at     int
	top    int // first line shown, multi-line only
	left   int // first cell shown, single-line only
}

// Value returns the text.
func (in *Input) Value() string { return strings.Join(in.chars, "") }

// Set replaces the text; the cursor goes behind it.
func (in *Input) Set(s string) {
	in.chars, in.offer = in.clusters(s), false
	in.at = len(in.chars)
}

// Offer proposes a text: what is typed or pasted first takes its place, any
// other key keeps it to be worked on.
func (in *Input) Offer(s string) {
	in.Set(s)
	in.offer = true
}

// Insert types or pastes a text at the cursor.
func (in *Input) Insert(s string) {
	if in.offer {
		in.Set("")
	}
	add := in.clusters(s)
	rest := append(add, in.chars[in.at:]...)
	in.chars = append(in.chars[:in.at:in.at], rest...)
	in.at += len(add)
}

// clusters splits a text; line ends become newlines or, in a single line,
// blanks, and a trailing line end of a paste is dropped there.
func (in *Input) clusters(s string) []string {
	s = strings.ReplaceAll(strings.ReplaceAll(s, "\r\n", "\n"), "\r", "\n")
	if !in.Multi {
		s = strings.ReplaceAll(strings.Trim(s, "\n"), "\n", " ")
		s = strings.ReplaceAll(s, "\t", " ")
	}
	var out []string
	for len(s) > 0 {
		g, _ := ansi.FirstGraphemeCluster(s, ansi.GraphemeWidth)
		if len(g) == 0 {
			break
		}
		out = append(out, g)
		s = s[len(g):]
	}
	return out
}

// Key acts on a key by its name ("left", "backspace", …) or, where text is not
// empty, types it. It tells whether the key was for it.
func (in *Input) Key(name, text string) bool {
	switch name {
	case "left", "ctrl+b":
		in.at = max(in.at-1, 0)
	case "right", "ctrl+f":
		in.at = min(in.at+1, len(in.chars))
	case "home", "ctrl+a":
		in.at = in.lineStart()
	case "end", "ctrl+e":
		in.at = in.lineEnd()
	case "ctrl+left", "alt+b", "alt+left":
		in.at = in.wordBefore()
	case "ctrl+right", "alt+f", "alt+right":
		in.at = in.wordAfter()
	case "backspace", "ctrl+h":
		in.cutTo(max(in.at-1, 0))
	case "delete", "ctrl+d":
		in.cutTo(min(in.at+1, len(in.chars)))
	case "ctrl+w", "alt+backspace", "ctrl+backspace":
		in.cutTo(in.wordBefore())
	case "ctrl+u":
		in.cutTo(in.lineStart())
	case "ctrl+k":
		in.cutTo(in.lineEnd())
	case "up", "down":
		return in.Multi && in.vertical(name == "down")
	case "enter", "ctrl+j":
		if !in.Multi {
			return false
		}
		in.Insert("\n")
	default:
		if text == "" {
			return false
		}
		in.Insert(text)
	}
	in.offer = false
	return true
}

func (in *Input) cutTo(p int) {
	a, b := min(in.at, p), max(in.at, p)
	in.chars = append(in.chars[:a:a], in.chars[b:]...)
	in.at = a
}

func (in *Input) lineStart() int {
	i := in.at
	for i > 0 && in.chars[i-1] != "\n" {
		i--
	}
	return i
}

func (in *Input) lineEnd() int {
	i := in.at
	for i < len(in.chars) && in.chars[i] != "\n" {
		i++
	}
	return i
}

func (in *Input) wordBefore() int {
	i := in.at
	for i > 0 && strings.TrimSpace(in.chars[i-1]) == "" {
		i--
	}
	for i > 0 && strings.TrimSpace(in.chars[i-1]) != "" {
		i--
	}
	return i
}

func (in *Input) wordAfter() int {
	i := in.at
	for i < len(in.chars) && strings.TrimSpace(in.chars[i]) == "" {
		i++
	}
	for i < len(in.chars) && strings.TrimSpace(in.chars[i]) != "" {
		i++
	}
	return i
}

func (in *Input) vertical(down bool) bool {
	start := in.lineStart()
	col := in.at - start
	if down {
		end := in.lineEnd()
		if end == len(in.chars) {
			return false
		}
		in.at = end + 1
		in.at = min(in.at+col, in.lineEnd())
		return true
	}
	if start == 0 {
		return false
	}
	in.at = start - 1
	in.at = min(in.lineStart()+col, in.lineEnd())
	return true
}

// Draw shows the text in the whole of the canvas and returns where the cursor
// stands on the screen.
func (in *Input) Draw(c *Canvas, st Style) image.Point {
	w, h := c.Size()
	if in.Multi {
		return in.drawLines(c, st, w, h)
	}
	shown := make([]string, len(in.chars))
	before := 0
	total := 0
	for i, g := range in.chars {
		if in.Secret {
			g = "•"
		}
		shown[i] = Escape(g)
		total += Width(shown[i])
		if i < in.at {
			before += Width(shown[i])
		}
	}
	if before-in.left > w-1 {
		in.left = before - w + 1
	}
	in.left = max(min(in.left, before, total-w+1), 0)
	c.Shift(-in.left, 0).Text(0, 0, -1, strings.Join(shown, ""), st)
	return c.Abs(R(before-in.left, 0, 1, 1)).Min
}

// drawLines shows the text in lines that break at the edge.
func (in *Input) drawLines(c *Canvas, st Style, w, h int) image.Point {
	x, y := 0, 0
	cur := image.Point{}
	type spot struct {
		x, y int
		s    string
	}
	spots := make([]spot, 0, len(in.chars))
	for i, g := range in.chars {
		gw := Width(g)
		if g != "\n" && x+gw > w {
			x, y = 0, y+1
		}
		if i == in.at {
			cur = image.Pt(x, y)
		}
		if g == "\n" {
			x, y = 0, y+1
			continue
		}
		spots = append(spots, spot{x, y, g})
		x += gw
	}
	if in.at == len(in.chars) {
		if x >= w {
			x, y = 0, y+1
		}
		cur = image.Pt(x, y)
	}
	in.top = max(min(in.top, cur.Y), cur.Y-h+1, 0)
	v := c.Shift(0, -in.top)
	for _, s := range spots {
		if s.y >= in.top && s.y < in.top+h {
			v.Text(s.x, s.y, -1, s.s, st)
		}
	}
	return c.Abs(R(cur.X, cur.Y-in.top, 1, 1)).Min
}
