package paint

import "strconv"

// Color is the terminal's default (zero), one of its sixteen, or 24-bit.
type Color uint32

const (
	isRGB  Color = 1 << 24
	isANSI Color = 2 << 24
)

// RGB makes a 24-bit colour from 0xrrggbb.
func RGB(hex uint32) Color { return isRGB | Color(hex&0xffffff) }

// ANSI makes one of the terminal's own sixteen colours.
func ANSI(n uint8) Color { return isANSI | Color(n&15) }

// Attr are text attributes.
type Attr uint8

// The attributes that terminals share.
const (
	Bold Attr = 1 << iota
	Faint
	Italic
	Underline
	Reverse
)

// Style is how a cell looks. Styles compare with ==.
type Style struct {
	FG, BG Color
	Attr   Attr
}

// Bold, Faint, Underlined and Reversed return the style with the attribute.
func (s Style) Bold() Style       { s.Attr |= Bold; return s }
func (s Style) Faint() Style      { s.Attr |= Faint; return s }
func (s Style) Underlined() Style { s.Attr |= Underline; return s }
func (s Style) Reversed() Style   { s.Attr |= Reverse; return s }

// On returns the style on another style's background, in its colour where the
// style names none.
func (s Style) On(ground Style) Style {
	s.BG = ground.BG
	if ground.Attr&Reverse != 0 { // colours would turn into grounds of their own
		s.FG = ground.FG
		s.Attr |= Reverse
	}
	if s.FG == 0 && s.BG != 0 {
		s.FG = ground.FG
	}
	return s
}

// over keeps the ground's background where the style names none.
func (s Style) over(ground Style) Style {
	if s.BG == 0 {
		return s.On(ground)
	}
	return s
}

// Render returns the canvas with its styles as SGR sequences, one line per
// row, unstyled trailing blanks cut.
func (c *Canvas) Render() string {
	g := c.grid
	b := &g.out
	b.Reset()
	b.Grow(g.w*g.h*2 + 64)
	for y := range g.h {
		if y > 0 {
			b.WriteByte('\n')
		}
		row := g.cells[y*g.w : (y+1)*g.w]
		end := len(row)
		for end > 0 && row[end-1].blank() {
			end--
		}
		cur, kept := Style{}, 0
		for x := range row[:end] {
			l := &row[x]
			if l.skip {
				continue
			}
			if l.style != cur && x >= kept {
				kept = x + bridged(row[x:end], cur, x > 0 && row[x-1].edge != 0)
			}
			if l.style != cur && x >= kept {
				writeSGR(b, l.style)
				cur = l.style
			}
			b.WriteString(l.glyph(g.ascii))
		}
		if cur != (Style{}) {
			b.WriteString("\x1b[m")
		}
	}
	return b.String()
}

func (l *cell) blank() bool {
	return (l.text == "" || l.text == " ") && l.edge == 0 && !l.skip && l.style.BG == 0 && l.style.Attr&(Reverse|Underline) == 0
}

// bridged is the number of cells of a gap that go out in the style of what is
// before it. A gap shows nothing of a style but the ground: words of one style
// with a gap between them are one piece then, in half the bytes. A gap behind a
// line stays plain: lines stay where they are while what is beside them comes
// and goes.
func bridged(cells []cell, before Style, line bool) int {
	n := 0
	for n < len(cells) && cells[n].unseen(before) {
		n++
	}
	if before.BG != 0 || n <= 2 && !line || n < len(cells) && cells[n].style == before {
		return n
	}
	return 0
}

// unseen tells whether a cell looks the same in another style.
func (l *cell) unseen(other Style) bool {
	const visible = Reverse | Underline
	return (l.text == "" || l.text == " ") && l.edge == 0 && l.style.BG == other.BG && (l.style.Attr|other.Attr)&visible == 0
}

type writer interface {
	WriteString(string) (int, error)
	WriteByte(byte) error
}

func writeSGR(b writer, s Style) {
	b.WriteString("\x1b[0")
	for i, code := range [...]string{";1", ";2", ";3", ";4", ";7"} {
		if s.Attr&(1<<i) != 0 {
			b.WriteString(code)
		}
	}
	writeColor(b, s.FG, 38)
	writeColor(b, s.BG, 48)
	b.WriteByte('m')
}

func writeColor(b writer, c Color, base int) {
	var num [4]byte
	dec := func(n int) { b.WriteString(string(strconv.AppendInt(num[:0], int64(n), 10))) }
	switch {
	case c&isRGB != 0:
		b.WriteByte(';')
		dec(base)
		b.WriteString(";2;")
		dec(int(c >> 16 & 255))
		b.WriteByte(';')
		dec(int(c >> 8 & 255))
		b.WriteByte(';')
		dec(int(c & 255))
	case c&isANSI != 0:
		n := int(c & 15)
		b.WriteByte(';')
		if n < 8 {
			dec(base - 8 + n)
		} else {
			dec(base + 52 + n - 8)
		}
	}
}
