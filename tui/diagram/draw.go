package diagram

import (
	"fmt"
	"image"

	"coexist/runbook"
	"coexist/tui/paint"
)

// Draw draws the picture from row top on. With lit the focused panel is marked
// as the place where keys go. Every panel is recorded as a hit with hit(id).
func (p *Picture) Draw(c *paint.Canvas, th *paint.Theme, top int, lit bool, hit func(id string) any) {
	v := c.Shift(0, -top)
	for i := range p.frames {
		p.frame(v, th, &p.frames[i], false)
	}
	for i := range p.Panels {
		if q := &p.Panels[i]; q.framed && v.Visible(q.At) {
			p.frame(v, th, q, lit && q.ID == p.Focus)
		}
	}
	for _, e := range p.edges {
		e.draw(v, th)
	}
	for i := range p.frames {
		if f := &p.frames[i]; f.ID == "" && v.Visible(f.At) {
			p.titles(v, th, f, false)
		}
	}
	for i := range p.Panels {
		q := &p.Panels[i]
		if !v.Visible(q.At) {
			continue
		}
		q = p.filled(i)
		p.content(v, th, q, q.ID == p.Focus, lit)
		if hit != nil {
			v.Hit(q.At, hit(q.ID))
		}
	}
}

// frame draws a framed panel without what is in it. The focus shows on its upper
// edge alone: a whole frame that changes costs a slow line twice as much a move.
func (p *Picture) frame(c *paint.Canvas, th *paint.Theme, q *Panel, focus bool) {
	if !c.Visible(q.At) {
		return
	}
	c.Box(q.At, q.line, th.Line)
	if focus {
		c.Path(paint.Thick, th.Accent, q.At.Min, image.Pt(q.At.Max.X-1, q.At.Min.Y))
	}
}

func (p *Picture) content(c *paint.Canvas, th *paint.Theme, q *Panel, focus, lit bool) {
	in := q.At
	if q.framed {
		p.titles(c, th, q, focus && lit)
		in = paint.R(q.At.Min.X+2, q.At.Min.Y+1, q.At.Dx()-4, q.At.Dy()-2)
	}
	in.Min.X, in.Max.X = in.Min.X+q.pad, in.Max.X-q.pad
	if q.Kind == SitePanel && len(q.rows) == 0 { // head of a whole site
		f := *q
		f.At = p.frameOf(q)
		f.note, f.badges = p.noteOf(q)
		p.titles(c, th, &f, focus && lit)
		return
	}
	if focus && lit && !q.framed {
		c.Tint(q.At, th.Select)
	}
	for i, r := range q.rows {
		if i < in.Dy() {
			drawRow(c.In(paint.R(in.Min.X, in.Min.Y+i, in.Dx(), 1)), th, r, q.badges, q.framed)
		}
	}
}

func (p *Picture) frameOf(q *Panel) paint.Rect {
	for _, f := range p.frames {
		if f.ID == q.ID {
			return f.At
		}
	}
	return q.At
}

func (p *Picture) noteOf(q *Panel) (string, []badge) {
	for _, f := range p.frames {
		if f.ID == q.ID {
			return f.note, f.badges
		}
	}
	return "", nil
}

// titles writes the words on the edges of a frame.
func (p *Picture) titles(c *paint.Canvas, th *paint.Theme, q *Panel, focus bool) {
	at := q.At
	st := style(th, q.tone)
	if q.tone == plain {
		st = th.Dim
	}
	foot := st
	if focus {
		st = th.Accent.Bold()
	}
	x := at.Min.X + 2
	room := at.Dx() - 4
	title := q.Title
	x += c.Text(x, at.Min.Y, room, " "+title+" ", st)
	for _, b := range q.badges {
		if x+1 < at.Max.X {
			x += drawBadge(c, x, at.Min.Y, th, b)
			if x+1 < at.Max.X {
				x += c.Text(x, at.Min.Y, -1, " ", th.Line)
			}
		}
	}
	if n := paint.Width(q.note) + 2; q.note != "" && x+n+2 < at.Max.X {
		c.TextRight(at.Max.X-2, at.Min.Y, -1, " "+q.note+" ", th.Warn)
	}
	if q.foot != "" {
		c.TextRight(at.Max.X-2, at.Max.Y-1, room, " "+q.foot+" ", foot)
	}
}

func drawBadge(c *paint.Canvas, x, y int, th *paint.Theme, b badge) int {
	if b.number < 1 || b.number > 9 {
		return 0
	}
	st := th.Dim
	sign := ""
	switch b.status {
	case runbook.Done:
		st, sign = th.Good, th.Glyphs.Done
	case runbook.Waived:
		st, sign = th.Warn, th.Glyphs.Waived
	case runbook.Failed, runbook.Changed, runbook.Stale:
		st, sign = th.Bad, th.Glyphs.Failed
	case runbook.Running, runbook.Waiting:
		st, sign = th.Info, th.Glyphs.Running
	case runbook.Ready:
		st = th.Accent
	}
	return c.Text(x, y, -1, th.Glyphs.Digits[b.number]+sign, st)
}

func drawRow(c *paint.Canvas, th *paint.Theme, r row, badges []badge, framed bool) {
	w, _ := c.Size()
	right := 0
	for _, s := range r.right {
		right += paint.Width(s.text)
	}
	x := w - right
	if len(r.left) > 0 && x < w/3 { // too much on the right: it gives way
		x = w / 3
	}
	rightStart := x
	if right == 0 {
		rightStart++ // nothing to keep away from
	}
	for _, s := range r.right {
		x += c.Text(x, 0, w-x, s.text, style(th, s.tone))
	}
	x = 0
	for i, s := range r.left {
		if i == 0 && !framed && len(badges) > 0 && s.text == "  " {
			drawBadge(c, x, 0, th, badges[0])
			x += 2
			continue
		}
		x += c.Text(x, 0, max(rightStart-1-x, 0), s.text, style(th, s.tone))
	}
	if !framed && len(badges) > 0 && len(r.left) > 0 && r.left[0].text != "  " && x+3 < rightStart {
		drawBadge(c, x+1, 0, th, badges[0])
	}
}

func (e edge) draw(c *paint.Canvas, th *paint.Theme) {
	st := style(th, e.tone)
	if e.tone == plain {
		st = th.Line
	}
	c.Path(e.line, st, e.points...)
	if e.arrow == (image.Point{}) {
		return
	}
	g := th.Glyphs
	if e.unsure {
		g.ArrowRight = g.Unknown
	}
	head := map[image.Point]string{{X: 1}: g.ArrowRight, {X: -1}: g.ArrowLeft, {Y: 1}: g.ArrowDown, {Y: -1}: g.ArrowUp}[e.arrow]
	end := e.points[len(e.points)-1]
	c.Text(end.X, end.Y, 1, head, st)
}

func style(th *paint.Theme, t tone) paint.Style {
	switch t {
	case strong:
		return th.Strong
	case dim:
		return th.Dim
	case old:
		return th.Old
	case fresh:
		return th.New
	case good:
		return th.Good
	case warn:
		return th.Warn
	case bad:
		return th.Bad
	case info:
		return th.Info
	case line:
		return th.Line
	}
	return th.Text
}

// Plain returns the whole picture as text, for the export.
func (p *Picture) Plain(ascii bool) string {
	c := paint.New()
	c.Reset(p.W, p.H, ascii)
	p.Draw(c, paint.NewTheme(true, paint.Monochrome, ascii), 0, false, nil)
	return c.Plain()
}

func (p *Picture) String() string {
	return fmt.Sprintf("picture of %d panels, %d×%d", len(p.Panels), p.W, p.H)
}
