// Package paint draws a screen as cells.
//
// A [Canvas] is one reused grid of cells with clipping. Regions draw into a
// view of it ([Canvas.In]) in coordinates of their own, so that nothing can
// leave its place and scrolling is an offset. Lines are kept as directions per
// cell, so that boxes and edges join wherever they meet. While drawing, a
// region may record [Canvas.Hit] rectangles; a mouse click finds the message
// of the topmost one with [Canvas.At].
//
// Rules that hold for everything drawn:
//
//   - Text is measured in grapheme clusters, never in bytes.
//   - Control and bidirectional characters are shown escaped; what a server
//     sent can't move the cursor or reorder a line.
//   - Colour never carries meaning alone: a [Theme] has a glyph and the caller
//     a word for it.
package paint

import (
	"image"
	"strings"

	"github.com/charmbracelet/x/ansi"
)

// Rect is a rectangle of cells; Max is exclusive.
type Rect = image.Rectangle

// R makes a rectangle from its corner and its size; negative sizes are empty.
func R(x, y, w, h int) Rect { return image.Rect(x, y, x+max(w, 0), y+max(h, 0)) }

type cell struct {
	text  string // "" is a blank; a wide cluster's second cell has skip set
	style Style
	edge  uint8 // directions of the lines through this cell, and the dashed bit
	skip  bool
}

type hit struct {
	at  Rect
	msg any
}

type grid struct {
	w, h  int
	cells []cell
	hits  []hit
	ascii bool
	out   strings.Builder
}

// Canvas is a grid of cells, or a clipped view of one. Views are cheap values.
type Canvas struct {
	grid *grid
	org  image.Point
	clip Rect // in grid coordinates
	w, h int
}

// New makes an empty canvas without size; Reset gives it one.
func New() *Canvas { return &Canvas{grid: &grid{}} }

// Reset blanks the whole canvas and gives it a size. Its cells are reused. With
// ascii, characters outside ASCII are replaced by ones of equal width.
func (c *Canvas) Reset(w, h int, ascii bool) {
	g := c.grid
	w, h = max(w, 0), max(h, 0)
	if n := w * h; cap(g.cells) < n {
		g.cells = make([]cell, n)
	} else {
		g.cells = g.cells[:n]
		clear(g.cells)
	}
	g.w, g.h, g.ascii = w, h, ascii
	g.hits = g.hits[:0]
	*c = Canvas{grid: g, clip: R(0, 0, w, h), w: w, h: h}
}

// Size returns the width and height of this view.
func (c *Canvas) Size() (w, h int) { return c.w, c.h }

// In returns a view of a rectangle: its corner is the view's 0,0 and nothing
// is drawn outside it.
func (c *Canvas) In(r Rect) *Canvas {
	abs := r.Add(c.org)
	return &Canvas{grid: c.grid, org: abs.Min, clip: abs.Intersect(c.clip), w: r.Dx(), h: r.Dy()}
}

// Shift returns a view whose content moves by dx, dy inside the same clipping;
// it is how a region scrolls.
func (c *Canvas) Shift(dx, dy int) *Canvas {
	v := *c
	v.org = v.org.Add(image.Pt(dx, dy))
	return &v
}

// Visible tells whether any cell of the rectangle can be seen.
func (c *Canvas) Visible(r Rect) bool { return r.Add(c.org).Overlaps(c.clip) }

// Abs returns a rectangle of this view in coordinates of the whole screen.
func (c *Canvas) Abs(r Rect) Rect { return r.Add(c.org) }

func (c *Canvas) cell(x, y int) *cell {
	p := image.Pt(x, y).Add(c.org)
	if !p.In(c.clip) {
		return nil
	}
	return &c.grid.cells[p.Y*c.grid.w+p.X]
}

// put writes one cluster of width w (1 or 2) at x, y. A cluster that is cut by
// the clipping, or that cuts another in half, leaves blanks.
func (c *Canvas) put(x, y int, text string, w int, st Style) {
	a := c.cell(x, y)
	if w == 2 {
		b := c.cell(x+1, y)
		if a == nil || b == nil {
			if a != nil {
				c.mendBefore(x, y, a)
				*a = cell{style: st.over(a.style)}
			}
			if b != nil {
				*b = cell{style: st.over(b.style)}
			}
			return
		}
		c.mendBefore(x, y, a)
		c.mendAfter(x+1, y)
		*a = cell{text: text, style: st.over(a.style)}
		*b = cell{skip: true, style: a.style}
		return
	}
	if a == nil {
		return
	}
	c.mendBefore(x, y, a)
	if a.text != "" && !a.skip {
		c.mendAfter(x, y)
	}
	*a = cell{text: text, style: st.over(a.style)}
}

// mendBefore blanks the first half of a wide cluster whose second half goes.
func (c *Canvas) mendBefore(x, y int, a *cell) {
	if !a.skip {
		return
	}
	p := image.Pt(x-1, y).Add(c.org)
	if p.X >= 0 {
		c.grid.cells[p.Y*c.grid.w+p.X].text = ""
	}
}

// mendAfter blanks the second half of a wide cluster whose first half goes.
func (c *Canvas) mendAfter(x, y int) {
	p := image.Pt(x+1, y).Add(c.org)
	if p.X < c.grid.w {
		if b := &c.grid.cells[p.Y*c.grid.w+p.X]; b.skip {
			b.skip = false
		}
	}
}

// Text writes one line of at most limit cells and returns the cells used. What
// does not fit ends in an ellipsis. A limit below zero means no limit but the
// clipping.
func (c *Canvas) Text(x, y, limit int, s string, st Style) int {
	if limit == 0 || s == "" {
		return 0
	}
	s = Escape(s)
	if c.grid.ascii {
		s = fold(s)
	}
	if limit > 0 && len(s) > limit && Width(s) > limit {
		s = cut(s, limit, c.grid.ascii)
	}
	start := x
	for i := 0; i < len(s); {
		if s[i] < 0x80 && (i+1 >= len(s) || s[i+1] < 0x80) {
			c.put(x, y, s[i:i+1], 1, st)
			x, i = x+1, i+1
			continue
		}
		g, w := ansi.FirstGraphemeCluster(s[i:], ansi.GraphemeWidth)
		if len(g) == 0 {
			break
		}
		if w > 0 {
			c.put(x, y, g, min(w, 2), st)
		}
		x, i = x+min(w, 2), i+len(g)
	}
	return x - start
}

// TextRight writes a line that ends before column x.
func (c *Canvas) TextRight(x, y, limit int, s string, st Style) int {
	w := Width(Escape(s))
	if limit >= 0 {
		w = min(w, limit)
	}
	return c.Text(x-w, y, limit, s, st)
}

// Fill blanks a rectangle in a style; lines in it are gone.
func (c *Canvas) Fill(r Rect, st Style) {
	abs := r.Add(c.org).Intersect(c.clip)
	for y := abs.Min.Y; y < abs.Max.Y; y++ {
		row := c.grid.cells[y*c.grid.w : (y+1)*c.grid.w]
		if abs.Min.X > 0 && row[abs.Min.X].skip {
			row[abs.Min.X-1].text = ""
		}
		if abs.Max.X < c.grid.w && row[abs.Max.X].skip {
			row[abs.Max.X].skip = false
		}
		for x := abs.Min.X; x < abs.Max.X; x++ {
			row[x] = cell{style: st}
		}
	}
}

// Tint lays a ground (and attributes) under what a rectangle shows.
func (c *Canvas) Tint(r Rect, st Style) {
	abs := r.Add(c.org).Intersect(c.clip)
	for y := abs.Min.Y; y < abs.Max.Y; y++ {
		for x := abs.Min.X; x < abs.Max.X; x++ {
			s := &c.grid.cells[y*c.grid.w+x].style
			bg := s.BG
			*s = s.On(st)
			if st.BG == 0 {
				s.BG = bg
			}
			s.Attr |= st.Attr
		}
	}
}

// Hit records that a click in the rectangle means msg. Later ones are on top.
// A nil msg swallows clicks, as a dialog's ground does.
func (c *Canvas) Hit(r Rect, msg any) {
	if abs := r.Add(c.org).Intersect(c.clip); !abs.Empty() {
		c.grid.hits = append(c.grid.hits, hit{abs, msg})
	}
}

// At returns the message of the topmost hit rectangle at a cell of the screen,
// or nil.
func (c *Canvas) At(x, y int) any {
	for i := len(c.grid.hits) - 1; i >= 0; i-- {
		if image.Pt(x, y).In(c.grid.hits[i].at) {
			return c.grid.hits[i].msg
		}
	}
	return nil
}

// Plain returns the screen as text without styles, trailing blanks cut.
func (c *Canvas) Plain() string {
	var b strings.Builder
	g := c.grid
	for y := range g.h {
		var line strings.Builder
		for _, l := range g.cells[y*g.w : (y+1)*g.w] {
			if l.skip {
				continue
			}
			line.WriteString(l.glyph(g.ascii))
		}
		b.WriteString(strings.TrimRight(line.String(), " "))
		b.WriteByte('\n')
	}
	return b.String()
}

// Follow returns the first row to show of a list of total rows in a region of
// height h, so that row at is seen with one beside it. Inside it nothing moves;
// at an edge two thirds of a page come at once: a page that turns now and then is
// read more easily than one that creeps, and costs less on a slow line.
func Follow(top, at, h, total int) int {
	switch {
	case h < 4 && at >= top+h:
		top = at - h + 1
	case h < 4:
		top = min(top, at)
	case at >= top+h || at == top+h-1 && at < total-1:
		top = at - h/3
	case at < top || at == top && at > 0:
		top = at - h*2/3
	}
	return max(min(top, total-h), 0)
}
