package intake

import (
	"image"

	"coexist/tui/intake/answers"
	"coexist/tui/paint"
)

// block is a row with the lines above and below it.
type block struct {
	row     int
	head    string   // group heading above, with a blank line before it unless first
	refused []string // lines below
	y, h    int      // where the row's own line is; its lines with refusals
	col     int      // column of a page that shows two
}

// drawRows shows the rows that fit, the focused one always among them.
func (m *Model) drawRows(c *paint.Canvas) (cursor image.Point, shown bool) {
	w, h := c.Size()
	if m.place == answers.On(answers.PageSource) {
		return m.drawSource(c)
	}
	cols := m.columns(w, h)
	blocks, total := m.layout(w/cols, cols)
	m.top = m.scrolled(blocks, total, h)
	v := c.Shift(0, -m.top)
	rows := m.rows()
	for _, b := range blocks {
		x, cw := b.col*(w/cols), w/cols
		if b.head != "" {
			v.Text(x+3, b.y-1, cw-4, b.head, m.theme.Dim.Bold())
		}
		p, on := m.drawRow(v.In(paint.R(x, b.y, cw, b.h)), rows[b.row], b.row == m.row, cw)
		for i, l := range b.refused {
			v.Text(x+5, b.y+1+i, cw-6, l, m.theme.Bad)
		}
		if on && b.y >= m.top && b.y < m.top+h {
			cursor, shown = p, true
		}
		v.Hit(paint.R(x, b.y, cw, b.h), onRow(b.row))
	}
	m.drawMore(c, total, h)
	return cursor, shown
}

// drawMore tells that rows are out of sight.
func (m *Model) drawMore(c *paint.Canvas, total, h int) {
	w, _ := c.Size()
	if m.top > 0 {
		c.Text(w-2, 0, 1, m.theme.Glyphs.Less, m.theme.Accent)
	}
	if m.top+h < total {
		c.Text(w-2, h-1, 1, m.theme.Glyphs.More, m.theme.Accent)
	}
}

// columns is 2 on a page of nothing but toggles that does not fit one below
// the other.
func (m *Model) columns(w, h int) int {
	for _, f := range m.form.Fields(m.place) {
		if f.Kind != answers.Toggle {
			return 1
		}
	}
	if m.place.Page != answers.PageFeatures || w < 72 {
		return 1
	}
	if _, total := m.layout(w, 1); total <= h {
		return 1
	}
	return 2
}

// layout gives every row its lines.
func (m *Model) layout(w, cols int) (blocks []block, total int) {
	rows, fields := m.rows(), m.fields()
	group, y, col := "", 0, 0
	for i, r := range rows {
		b := block{row: i, h: 1}
		g := r.group
		if g != group || i == 0 && g != "" {
			group = g
			switch {
			case cols == 2 && col == 0 && i*2 >= len(rows)-4:
				y, col = 0, 1
			case i > 0:
				y++
			}
			if g != "" {
				b.head = g
				y++
			}
		} else if i > 0 && r.kind == buttonRow && rows[i-1].kind != buttonRow {
			y++
		}
		if r.kind == fieldRow {
			if why := m.refusal(fields[r.field], r.field); why != nil {
				b.refused = paint.Wrap(m.theme.Glyphs.Failed+" "+why.Error(), w-7)
			}
		}
		b.y, b.col, b.h = y, col, 1+len(b.refused)
		if r.kind == factRow {
			b.h = len(m.factLines(m.shownFacts()[r.at], w))
		}
		y += b.h
		total = max(total, y)
		blocks = append(blocks, b)
	}
	return blocks, total
}

// scrolled is the first line to show so that the focused row is in sight.
func (m *Model) scrolled(blocks []block, total, h int) int {
	if total <= h || h <= 0 {
		return 0
	}
	top := m.top
	for _, b := range blocks {
		if b.row != m.row {
			continue
		}
		first := b.y
		if b.head != "" {
			first--
		}
		top = min(max(top, b.y+b.h-h), first)
	}
	return max(min(top, total-h), 0)
}

func (m *Model) drawRow(c *paint.Canvas, r row, focused bool, w int) (image.Point, bool) {
	t := m.theme
	if focused {
		c.Text(1, 0, 1, t.Glyphs.Mark, t.Accent)
	}
	switch r.kind {
	case itemRow:
		m.drawItem(c, r.place, focused, w)
	case buttonRow:
		m.drawButton(c, r, focused, w)
	case factRow:
		m.drawFact(c, m.shownFacts()[r.at], focused, w)
	case problemRow:
		p := m.wrong[r.at]
		ground(c, focused, w, t)
		c.Text(3, 0, 1, t.Glyphs.Failed, t.Bad)
		c.Text(5, 0, w-6, m.problemWhere(p)+": "+p.Reason, t.Text)
	default:
		return m.drawField(c, m.fields()[r.field], r.field, focused, w)
	}
	return image.Point{}, false
}

func ground(c *paint.Canvas, focused bool, w int, t *paint.Theme) {
	if focused {
		c.Fill(paint.R(2, 0, w-3, 1), t.Select)
	}
}

func (m *Model) drawButton(c *paint.Canvas, r row, focused bool, w int) {
	t := m.theme
	ground(c, focused, w, t)
	st := t.Text
	if focused {
		st = t.Strong
	}
	x := 3
	if r.key != "" {
		c.Text(x, 0, 1, r.key, t.Keys)
		x += 3
	} else {
		c.Text(x, 0, 1, t.Glyphs.To, t.Keys)
		x += 3
	}
	c.Text(x, 0, w-x-1, r.label, st)
}

// valueAt is where answers begin, behind the labels.
func valueAt(w int) int {
	if w < 50 {
		return w/2 + 2
	}
	return 30
}

func (m *Model) drawField(c *paint.Canvas, f answers.Field, index int, focused bool, w int) (image.Point, bool) {
	t := m.theme
	label := t.Text
	if focused {
		label = t.Accent.Bold()
	}
	if f.Kind == answers.Toggle {
		m.drawToggle(c, f, label, w)
		return image.Point{}, false
	}
	x := valueAt(w)
	c.Text(3, 0, x-4, f.Label, label)
	if f.Kind == answers.Choice {
		m.drawChoiceField(c, f, focused, x, w)
		return image.Point{}, false
	}
	room := w - x - 4
	v := c.In(paint.R(x, 0, room, 1))
	v.Fill(paint.R(0, 0, room, 1), t.Field)
	if m.refusal(f, index) != nil {
		c.Text(w-3, 0, 1, t.Glyphs.Failed, t.Bad)
	}
	if focused {
		if m.input.Value() == "" {
			m.drawEmpty(v, f, room)
		}
		return m.input.Draw(v, t.Text), true
	}
	if !f.Typed() {
		m.drawEmpty(v, f, room)
		return image.Point{}, false
	}
	v.Text(0, 0, room, *f.Text, t.Text)
	return image.Point{}, false
}

// drawEmpty shows what counts while nothing is typed.
func (m *Model) drawEmpty(v *paint.Canvas, f answers.Field, room int) {
	switch {
	case f.Fallback != "":
		v.Text(0, 0, room, f.Fallback, m.theme.Dim)
	case f.Optional:
		v.TextRight(room, 0, room, "optional", m.theme.Dim.Faint())
	}
}

func (m *Model) drawToggle(c *paint.Canvas, f answers.Field, label paint.Style, w int) {
	box, st := "[ ]", m.theme.Dim
	if *f.On {
		box, st = "[x]", m.theme.Good
	}
	c.Text(3, 0, 3, box, st)
	c.Text(7, 0, w-8, f.Label, label)
}

func (m *Model) drawChoiceField(c *paint.Canvas, f answers.Field, focused bool, x, w int) {
	t := m.theme
	i := f.Option()
	text, st := "choose", t.Dim
	if i >= 0 {
		text, st = f.Options[i].Label, t.Text
	}
	if !focused {
		c.Text(x, 0, w-x-4, text, st)
		return
	}
	n := c.Text(x, 0, -1, t.Glyphs.ArrowLeft, t.Keys)
	n += 1 + c.Text(x+n+1, 0, w-x-8, text, t.Strong)
	c.Text(x+n+1, 0, -1, t.Glyphs.ArrowRight, t.Keys)
}

// beside finds the row in the other column at the height of the focused one.
func (m *Model) beside(name string) (int, bool) {
	want := map[string]int{"left": 0, "right": 1, "h": 0, "l": 1}
	col, ok := want[name]
	if !ok || m.place.Page != answers.PageFeatures {
		return 0, false
	}
	if m.columns(m.w, m.h-headRows-footRows) != 2 || m.w >= wideFrom && m.cfg.Diagram != nil {
		return 0, false
	}
	blocks, _ := m.layout(m.w/2, 2)
	y := blocks[m.row].y
	best, gap := -1, 1000
	for _, b := range blocks {
		if d := max(b.y-y, y-b.y); b.col == col && d < gap {
			best, gap = b.row, d
		}
	}
	return best, best >= 0 && blocks[m.row].col != col
}

// drawSource shows the one choice of the first page with all its options.
func (m *Model) drawSource(c *paint.Canvas) (image.Point, bool) {
	w, h := c.Size()
	t := m.theme
	f, ok := m.field()
	if !ok {
		return image.Point{}, false
	}
	y := 0
	for i, o := range f.Options {
		chosen := o.Value == f.Value()
		about := paint.Wrap(o.About, w-10)
		if chosen {
			c.Fill(paint.R(2, y, w-3, 1), t.Select)
			c.Text(1, y, 1, t.Glyphs.Mark, t.Accent)
		}
		mark, st := "( )", t.Text
		if chosen {
			mark, st = "(x)", t.Strong
		}
		c.Text(3, y, 3, mark, t.Keys)
		c.Text(7, y, w-8, o.Label, st)
		for j, l := range about {
			c.Text(7, y+1+j, w-8, l, t.Dim)
		}
		c.Hit(paint.R(2, y, w-3, 1+len(about)), onOption(i))
		y += 2 + len(about)
	}
	if why := m.refusal(f, 0); why != nil {
		c.Text(3, y, w-4, t.Glyphs.Failed+" "+why.Error(), t.Bad)
	}
	if y+6 <= h {
		m.drawSupport(c, 3, max(y+1, h-6), w-6)
	}
	return image.Point{}, false
}
