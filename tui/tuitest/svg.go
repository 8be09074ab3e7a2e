package tuitest

import (
	"fmt"
	"html"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"
)

// The measures of a picture, in units of SVG: a cell and the margin around.
const (
	cellW, cellH = 9, 19
	baseline     = 15 // of the text in its cell
	margin       = 14
	ground       = "#10131a" // of a dark terminal
	paper        = "#d6dae3" // and what is written on it
)

// SVG returns the frame as a picture with a dark ground. Every word is pinned to
// its cells, whatever font is at hand; lines and boxes are drawn, so that they
// meet.
func (f Frame) SVG(title string) string {
	w := 0
	if len(f) > 0 {
		w = len(f[0])
	}
	p := &picture{classes: map[string]string{}, lines: map[string]*strings.Builder{}}
	for y, row := range f {
		p.grounds(y, row)
	}
	for y, row := range f {
		p.row(y, row)
	}
	width, height := w*cellW+2*margin, len(f)*cellH+2*margin
	var out strings.Builder
	fmt.Fprintf(&out, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" height="%d" role="img">`+"\n", width, height, width, height)
	fmt.Fprintf(&out, "<title>%s</title>\n<style>\ntext{font:15px 'DejaVu Sans Mono',Menlo,Consolas,monospace;white-space:pre}\n", html.EscapeString(title))
	fmt.Fprintf(&out, "path{fill:none;stroke-width:1.3}\n.m{text-anchor:middle}\n")
	for _, look := range slices.Sorted(maps.Keys(p.classes)) {
		fmt.Fprintf(&out, ".%s{%s}\n", p.classes[look], look)
	}
	fmt.Fprintf(&out, "</style>\n<rect width=\"%d\" height=\"%d\" rx=\"10\" fill=\"%s\"/>\n<g transform=\"translate(%d %d)\">\n", width, height, ground, margin, margin)
	out.WriteString(p.back.String())
	for _, colour := range slices.Sorted(maps.Keys(p.lines)) {
		fmt.Fprintf(&out, "<path stroke=\"%s\" d=\"%s\"/>\n", colour, p.lines[colour])
	}
	out.WriteString(p.text.String())
	out.WriteString("</g>\n</svg>\n")
	return out.String()
}

type picture struct {
	classes    map[string]string // by what they say
	lines      map[string]*strings.Builder
	back, text strings.Builder
}

func (p *picture) class(l Look) string {
	fg, _ := l.colours()
	css := "fill:" + fg
	if l.Bold {
		css += ";font-weight:bold"
	}
	if l.Italic {
		css += ";font-style:italic"
	}
	if l.Underline {
		css += ";text-decoration:underline"
	}
	if l.Faint {
		css += ";opacity:.6"
	}
	if p.classes[css] == "" {
		p.classes[css] = fmt.Sprintf("c%d", len(p.classes))
	}
	return p.classes[css]
}

// colours are the ink and the ground, as they are seen.
func (l Look) colours() (fg, bg string) {
	fg, bg = l.FG, l.BG
	if fg == "" {
		fg = paper
	}
	if bg == "" {
		bg = ground
	}
	if l.Invert {
		return bg, fg
	}
	return fg, bg
}

// grounds draws the backgrounds of a row.
func (p *picture) grounds(y int, row []Cell) {
	for x := 0; x < len(row); {
		_, bg := row[x].Look.colours()
		n := x + 1
		for n < len(row) {
			if _, next := row[n].Look.colours(); next != bg {
				break
			}
			n++
		}
		if bg != ground {
			fmt.Fprintf(&p.back, "<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" fill=\"%s\"/>\n", x*cellW, y*cellH, (n-x)*cellW, cellH, bg)
		}
		x = n
	}
}

// row writes the words of a row and draws its lines.
func (p *picture) row(y int, row []Cell) {
	for x := 0; x < len(row); {
		c := row[x]
		switch {
		case c.Width == 0 || c.Text == " ":
			x++
		case p.line(x, y, c):
			x++
		case !plain(c):
			fmt.Fprintf(&p.text, "<text class=\"m %s\" x=\"%g\" y=\"%d\">%s</text>\n", p.class(c.Look), (float64(x)+float64(c.Width)/2)*cellW, y*cellH+baseline, html.EscapeString(c.Text))
			x += c.Width
		default:
			x = p.words(x, y, row)
		}
	}
}

// words writes a piece of text of one look, up to a gap.
func (p *picture) words(x, y int, row []Cell) int {
	var text strings.Builder
	end := x
	for end < len(row) && row[end].Look == row[x].Look {
		if row[end].Text == " " && (end+1 == len(row) || row[end+1].Text == " ") || row[end].Text != " " && !plain(row[end]) {
			break
		}
		text.WriteString(row[end].Text)
		end++
	}
	said := strings.TrimRight(text.String(), " ")
	fmt.Fprintf(&p.text, "<text class=\"%s\" x=\"%d\" y=\"%d\" textLength=\"%d\" lengthAdjust=\"spacingAndGlyphs\">%s</text>\n",
		p.class(row[x].Look), x*cellW, y*cellH+baseline, utf8.RuneCountInString(said)*cellW, html.EscapeString(said))
	return end
}

// plain tells whether a monospaced font has the character at its usual width.
func plain(c Cell) bool {
	r, n := utf8.DecodeRuneInString(c.Text)
	return c.Width == 1 && n == len(c.Text) && (r < 0x180 || r == '…' || r == '–')
}

// arms are the directions in which a line leaves a cell: up, right, down, left.
var arms = map[string][4]bool{
	"─": {1: true, 3: true}, "│": {0: true, 2: true}, "┌": {1: true, 2: true}, "┐": {2: true, 3: true}, "└": {0: true, 1: true}, "┘": {0: true, 3: true},
	"├": {true, true, true, false}, "┤": {true, false, true, true}, "┬": {false, true, true, true}, "┴": {true, true, false, true}, "┼": {true, true, true, true},
	"╴": {3: true}, "╵": {0: true}, "╶": {1: true}, "╷": {2: true},
}

// bends are the rounded corners, as paths from the cell's corner.
var bends = map[string]string{
	"╭": "m4.5 19v-5q0-4.5 4.5-4.5", "╮": "m0 9.5q4.5 0 4.5 4.5v5", "╰": "m4.5 0v5q0 4.5 4.5 4.5", "╯": "m0 9.5q4.5 0 4.5-4.5v-5",
}

// strokes are other lines and blocks.
var strokes = map[string]string{
	"┈": "m.6 9.5h1.6m1.4 0h1.6m1.4 0h1.6", "┊": "m4.5 1v3m0 2.2v3m0 2.2v3m0 2.2v3", "━": "m0 9h9m-9 .9h9", "┃": "m4 0v19m.9 0v-19",
	"▌": "m.7 0v19m1.2 0v-19m1.2 0v19m1 0v-19",
}

// line draws a cell that holds a line, if it does.
func (p *picture) line(x, y int, c Cell) bool {
	path := bends[c.Text] + strokes[c.Text]
	if a, ok := arms[c.Text]; ok {
		for i, piece := range [4]string{"m4.5 9.5v-9.5", "m4.5 9.5h4.5", "m4.5 9.5v9.5", "m4.5 9.5h-4.5"} {
			if a[i] {
				path += fmt.Sprintf("M%d %d%s", x*cellW, y*cellH, piece)
			}
		}
		switch c.Text {
		case "─":
			path = "m0 9.5h9"
		case "│":
			path = "m4.5 0v19"
		}
	}
	if path == "" {
		return false
	}
	fg, _ := c.Look.colours()
	if p.lines[fg] == nil {
		p.lines[fg] = &strings.Builder{}
	}
	if !strings.HasPrefix(path, "M") {
		path = fmt.Sprintf("M%d %d%s", x*cellW, y*cellH, path)
	}
	p.lines[fg].WriteString(path)
	return true
}
