package paint

import "image"

// Directions of a line through a cell.
const (
	north uint8 = 1 << iota
	east
	south
	west
	dashed
	heavy
)

var edgeGlyphs = [16]string{0: " ", north: "╵", east: "╶", south: "╷", west: "╴",
	north | south: "│", east | west: "─", north | east: "╰", north | west: "╯", south | east: "╭", south | west: "╮",
	north | south | east: "├", north | south | west: "┤", east | west | south: "┬", east | west | north: "┴",
	north | east | south | west: "┼"}

var heavyGlyphs = [16]string{0: " ", north: "╹", east: "╺", south: "╻", west: "╸",
	north | south: "┃", east | west: "━", north | east: "┗", north | west: "┛", south | east: "┏", south | west: "┓",
	north | south | east: "┣", north | south | west: "┫", east | west | south: "┳", east | west | north: "┻",
	north | east | south | west: "╋"}

// Line is how an edge is drawn.
type Line uint8

// Lines: solid for what is there, dashed for what is planned or was, thick for
// the upper edge of the frame that has the focus, whatever the others are.
const (
	Solid  Line = 0
	Dashed Line = Line(dashed)
	Thick  Line = Line(heavy)
)

func (l *cell) glyph(ascii bool) string {
	if l.text != "" {
		return l.text
	}
	mask := l.edge & 15
	if mask == 0 {
		return " "
	}
	straight := mask == north|south || mask == east|west
	if ascii {
		return asciiEdge(mask, l.edge&dashed != 0, l.edge&heavy != 0)
	}
	if l.edge&dashed != 0 && l.edge&heavy == 0 && straight {
		if mask == north|south {
			return "┊"
		}
		return "┈"
	}
	if l.edge&heavy != 0 {
		return heavyGlyphs[mask]
	}
	return edgeGlyphs[mask]
}

func asciiEdge(mask uint8, dash, thick bool) string {
	switch {
	case mask&^(north|south) == 0:
		if dash {
			return ":"
		}
		return "|"
	case mask&^(east|west) == 0:
		if thick {
			return "="
		}
		if dash {
			return "."
		}
		return "-"
	}
	return "+"
}

// mark adds directions to the line through a cell; text there is gone.
func (c *Canvas) mark(x, y int, dirs uint8, kind Line, st Style) {
	l := c.cell(x, y)
	if l == nil {
		return
	}
	old := l.edge
	if l.text != "" || l.skip {
		c.put(x, y, "", 1, st)
		old = 0
	}
	edge := old&15 | dirs
	switch {
	case old&15 == 0: // the first line through this cell decides its kind
		edge |= uint8(kind)
	case old&heavy != 0 || Line(heavy) == kind:
		edge |= heavy
	case old&dashed != 0 && kind == Dashed:
		edge |= dashed
	}
	if old&15 == 0 || old&heavy == 0 {
		l.style = st.over(l.style)
	}
	l.edge = edge
}

// Link draws a straight line from a to b, both ends included; where it meets
// others they join. Points that are not in line are ignored.
func (c *Canvas) Link(a, b image.Point, kind Line, st Style) {
	step := image.Pt(sign(b.X-a.X), sign(b.Y-a.Y))
	if step.X != 0 && step.Y != 0 || step == (image.Point{}) {
		return
	}
	for p := a; p != b; p = p.Add(step) {
		q := p.Add(step)
		c.mark(p.X, p.Y, direction(step), kind, st)
		c.mark(q.X, q.Y, direction(image.Pt(-step.X, -step.Y)), kind, st)
	}
}

// Path links several points one after the other.
func (c *Canvas) Path(kind Line, st Style, points ...image.Point) {
	for i := 1; i < len(points); i++ {
		c.Link(points[i-1], points[i], kind, st)
	}
}

// Box draws a frame and blanks its inside.
func (c *Canvas) Box(r Rect, kind Line, st Style) {
	if r.Dx() < 2 || r.Dy() < 2 {
		return
	}
	c.Fill(r, Style{BG: st.BG})
	a, b := r.Min, r.Max.Sub(image.Pt(1, 1))
	c.Path(kind, st, a, image.Pt(b.X, a.Y), b, image.Pt(a.X, b.Y), a)
}

// HLine draws a rule of w cells.
func (c *Canvas) HLine(x, y, w int, kind Line, st Style) {
	for i := range max(w, 0) {
		c.mark(x+i, y, east|west, kind, st)
	}
}

// VLine draws an upright rule of h cells.
func (c *Canvas) VLine(x, y, h int, kind Line, st Style) {
	for i := range max(h, 0) {
		c.mark(x, y+i, north|south, kind, st)
	}
}

func direction(step image.Point) uint8 {
	switch {
	case step.Y < 0:
		return north
	case step.X > 0:
		return east
	case step.Y > 0:
		return south
	}
	return west
}

func sign(n int) int {
	switch {
	case n < 0:
		return -1
	case n > 0:
		return 1
	}
	return 0
}
