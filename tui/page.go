package tui

import (
	"strings"

	"coexist/tui/paint"
	"coexist/tui/syntax"
)

// span is a piece of a line in one style.
type span struct {
	text  string
	style paint.Style
}

// textLine is one line of a page; item is the index of what it belongs to, or
// -1.
type textLine struct {
	spans []span
	right []span // written against the right edge
	item  int
	code  bool
}

// page is styled text of a fixed width, made once and drawn often.
type page struct {
	width int
	th    *paint.Theme
	lines []textLine
	item  int // that the next lines belong to
}

func newPage(th *paint.Theme, width int) *page {
	return &page{width: width, th: th, item: -1}
}

func (p *page) add(spans ...span) {
	p.lines = append(p.lines, textLine{spans: spans, item: p.item})
}

//go:noinline
func (p *page) blank() {
	if n := len(p.lines); n > 0 && len(p.lines[n-1].spans) > 0 {
		p.lines = append(p.lines, textLine{item: -1})
	}
}

// pair adds a line with something against the right edge.
func (p *page) pair(left []span, right ...span) {
	p.lines = append(p.lines, textLine{spans: left, right: right, item: p.item})
}

// text adds a wrapped paragraph, indented.
func (p *page) text(indent int, s string, st paint.Style) {
	for _, l := range paint.Wrap(s, max(p.width-indent, 8)) {
		p.add(span{strings.Repeat(" ", indent), paint.Style{}}, span{l, st})
	}
}

// labelled adds a paragraph behind a label; following lines are indented by
// the same measure.
func (p *page) labelled(indent, measure int, label, s string, labelStyle, st paint.Style) {
	if s == "" {
		return
	}
	for i, l := range paint.Wrap(s, max(p.width-indent-measure, 8)) {
		head := strings.Repeat(" ", indent+measure)
		if i == 0 {
			head = strings.Repeat(" ", indent) + label + strings.Repeat(" ", max(measure-paint.Width(label), 1))
		}
		p.add(span{head, labelStyle}, span{l, st})
	}
}

// code adds a command, broken where one reads on easily; every line of it
// belongs to one logical line. shell is the one it is typed in, "" for none.
func (p *page) code(indent int, shell, s string) {
	for i, l := range syntax.Wrap(syntax.Split(shell, paint.Escape(s)), max(p.width-indent-2, 8)) {
		pad := indent
		if i > 0 {
			pad += 2
		}
		spans := []span{{strings.Repeat(" ", pad), paint.Style{}}}
		for _, t := range l {
			spans = append(spans, span{t.Text, shellStyle(p.th, t.Kind)})
		}
		p.lines = append(p.lines, textLine{spans: spans, item: p.item, code: true})
	}
}

func shellStyle(th *paint.Theme, k syntax.Kind) paint.Style {
	switch k {
	case syntax.Name:
		return th.Shell.Name
	case syntax.Parameter:
		return th.Shell.Parameter
	case syntax.Quoted:
		return th.Shell.Quoted
	case syntax.Number:
		return th.Shell.Number
	case syntax.Variable:
		return th.Shell.Variable
	case syntax.Operator:
		return th.Shell.Operator
	case syntax.Comment:
		return th.Shell.Comment
	case syntax.Gap:
		return th.Shell.Gap
	}
	return th.Code
}

// head adds a heading with a rule behind it.
//
//go:noinline
func (p *page) head(title string, right ...span) {
	p.blank()
	p.lines = append(p.lines, textLine{spans: []span{{title, p.th.Strong}}, right: right, item: -1})
}

// span finds the first and last line of an item.
func (p *page) span(item int) (first, last int) {
	first = -1
	for i, l := range p.lines {
		if l.item == item {
			if first < 0 {
				first = i
			}
			last = i
		}
	}
	return first, last
}

// draw draws the lines from top on. The lines of the item that has the focus get
// a bar in the column before the text: it shows how far the item goes, and moving
// it leaves the text alone.
func (p *page) draw(c *paint.Canvas, top, focus int, lit bool, hit func(item int) any) {
	w, h := c.Size()
	for y := range h {
		i := top + y
		if i >= len(p.lines) {
			break
		}
		l := &p.lines[i]
		x, room, rw := 1, w, 0
		for _, s := range l.right {
			rw += paint.Width(s.text)
		}
		if rw > 0 {
			room = w - rw - 3
		}
		for _, s := range l.spans {
			x += c.Text(x, y, max(room-x, 0), s.text, s.style)
		}
		x = max(w-rw-2, x+1)
		for _, s := range l.right {
			x += c.Text(x, y, max(w-x, 0), s.text, s.style)
		}
		if lit && l.item >= 0 && l.item == focus {
			c.Text(0, y, 1, p.th.Glyphs.Mark, p.th.Accent)
		}
		if l.item >= 0 && hit != nil {
			c.Hit(paint.R(0, y, w, 1), hit(l.item))
		}
	}
}

// follow returns the top line so that an item is seen, its head at least. Where
// that takes a new page it takes most of one: what comes next is in sight too.
func (p *page) follow(top, item, h int) int {
	first, last := p.span(item)
	switch {
	case first < 0:
	case first < top:
		top = min(last-h+2, first)
	case last >= top+h:
		top = first - 1
	}
	return p.clamp(top, h)
}

func (p *page) clamp(top, h int) int { return max(min(top, len(p.lines)-h), 0) }
