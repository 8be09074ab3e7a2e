package intake

import (
	"image"
	"path/filepath"
	"strings"

	"coexist/tui/intake/answers"
	"coexist/tui/paint"
)

// The frame of every page, from top to bottom: bar, row of pages, title, rows,
// what the focused row is about, what was just said, keys. From 100 columns on
// the picture of what was answered so far stands at the right.

const (
	wideFrom = 100 // columns, for the picture
	headRows = 6
	footRows = 5
)

func (m *Model) drawIntake(c *paint.Canvas) (image.Point, bool) {
	w, h := c.Size()
	m.drawBar(c, w, m.barTitle(), m.barState())
	form := w
	if w >= wideFrom && m.cfg.Diagram != nil {
		form = min(max(w*11/20, 60), 76)
		c.VLine(form, 2, h-5, paint.Solid, m.theme.Line)
		m.cfg.Diagram(c.In(paint.R(form+2, 2, w-form-3, h-5)), m.form.Migration())
	}
	m.drawTabs(c, w)
	v := c.In(paint.R(0, 2, form, h-4))
	m.drawTitle(v, form)
	cursor, shown := m.drawRows(v.In(paint.R(0, headRows-2, form, h-headRows-footRows)))
	m.drawAbout(c.In(paint.R(0, h-footRows+1, form, 2))) // a blank row stays above it
	m.drawFoot(c, m.Keys())
	return cursor, shown
}

func (m *Model) barTitle() string {
	name := m.form.Answers.Name
	if name == "" {
		name = "New migration"
	}
	if m.edits != nil {
		name = "Edit " + filepath.Base(m.edits.path)
	}
	if to := way(m.form.Source); to != "" {
		name += "  " + m.theme.Glyphs.Dot + "  " + to
	}
	return name
}

func (m *Model) barState() string {
	switch {
	case m.dirty && !m.untouched():
		return "not kept yet"
	case m.kept:
		return "draft kept"
	}
	return ""
}

func (m *Model) drawBar(c *paint.Canvas, w int, left, right string) {
	t := m.theme
	c.Fill(paint.R(0, 0, w, 1), t.Bar)
	x := 1 + c.Text(1, 0, w-2, "coexist", t.Strong.On(t.Bar))
	c.Text(x+2, 0, w-x-paint.Width(right)-5, left, t.Bar)
	c.TextRight(w-1, 0, w/2, right, t.Bar)
}

// drawTabs shows the pages with how each stands: a sign and, for the open one,
// emphasis. Where not all names have room only the open one is named.
func (m *Model) drawTabs(c *paint.Canvas, w int) {
	t, g := m.theme, m.theme.Glyphs
	reached := answers.PageIndex(m.form.Reached)
	gap := 1
	if w >= 92 {
		gap = 3
	}
	need := 0
	for _, p := range answers.Pages {
		need += 2 + paint.Width(p.Short) + gap
	}
	x := 1
	for i, p := range answers.Pages {
		mark, st, mst := g.Ready, t.Dim, t.Dim
		switch {
		case p.ID == m.place.Page:
			mark, st, mst = g.Pointer, t.Accent.Bold(), t.Accent
		case i > reached:
		case len(answers.OnPage(m.wrong, p.ID)) > 0:
			mark, st, mst = g.Failed, t.Text, t.Bad
		default:
			mark, st, mst = g.Done, t.Text, t.Good
		}
		from := x
		x += c.Text(x, 1, -1, mark, mst) + 1
		if need <= w || p.ID == m.place.Page {
			x += c.Text(x, 1, -1, p.Short, st)
		}
		c.Hit(paint.R(from, 1, x-from, 1), onPage(i))
		x += gap
	}
}

func (m *Model) drawTitle(c *paint.Canvas, w int) {
	t := m.theme
	p := answers.Pages[answers.PageIndex(m.place.Page)]
	title, about := p.Title, p.About
	if !m.place.IsPage() {
		title = upperFirst(m.form.PlaceName(m.place))
		about = p.Title + " " + t.Glyphs.Dot + " esc goes back to the list"
	}
	c.Text(3, 1, w-5, title, t.Strong)
	c.Text(3, 2, w-5, about, t.Dim)
}

func upperFirst(s string) string {
	if s == "" || s[0] < 'a' || s[0] > 'z' {
		return s
	}
	return string(s[0]-'a'+'A') + s[1:]
}

// drawAbout explains the focused row.
func (m *Model) drawAbout(c *paint.Canvas) {
	w, _ := c.Size()
	lines := paint.Wrap(m.about(), w-5)
	if len(lines) > 2 {
		lines = []string{lines[0], strings.Join(lines[1:], " ")} // it ends in "…"
	}
	for i, l := range lines {
		c.Text(3, i, w-5, l, m.theme.Dim)
	}
}

func (m *Model) about() string {
	f, ok := m.field()
	if !ok {
		return m.aboutRow()
	}
	hint := f.Hint
	if f.Kind == answers.Choice && !m.tall(f) {
		if i := f.Option(); i >= 0 && f.Options[i].About != "" {
			hint += " " + f.Options[i].Label + ": " + f.Options[i].About + "."
		}
	}
	if f.Example != "" && f.Kind == answers.Text {
		hint += "  For example " + f.Example
	}
	return hint
}

func (m *Model) aboutRow() string {
	r, ok := m.current()
	switch {
	case !ok:
		return ""
	case r.kind == problemRow:
		return m.wrong[r.at].Error()
	case r.kind == itemRow:
		if why := m.itemTrouble(r.place); why != "" {
			return why
		}
		if r.place.Page == answers.PageSites {
			return "The order of Internet-facing sites, then of the others, is the order of the upgrade."
		}
	case r.kind == buttonRow && m.place.Page == answers.PageReview && m.edits == nil:
		return "Writes the file and opens the board. The questions can be answered anew from there at any time."
	case r.kind == buttonRow && m.place.Page == answers.PageReview && r.key == "":
		return "Shows first what that changes in the runbook; nothing is written before you have seen it."
	}
	return ""
}

// drawFoot shows what was said last, and the keys.
func (m *Model) drawFoot(c *paint.Canvas, keys []Key) {
	w, h := c.Size()
	st := m.theme.Good
	mark := m.theme.Glyphs.Done
	if m.note.bad {
		st, mark = m.theme.Bad, m.theme.Glyphs.Failed
	}
	if m.note.text != "" {
		c.Text(1, h-2, 1, mark, st)
		c.Text(3, h-2, w-4, m.note.text, st)
	}
	m.drawKeys(c, 1, h-1, keys)
}

// drawKeys shows keys with what they do, as many as there is room for.
func (m *Model) drawKeys(c *paint.Canvas, x, y int, keys []Key) {
	w, _ := c.Size()
	for _, k := range keys {
		if x+paint.Width(k.Key)+1+paint.Width(k.Does) > w {
			return
		}
		x += c.Text(x, y, -1, k.Key, m.theme.Keys) + 1
		x += c.Text(x, y, -1, k.Does, m.theme.Dim) + 2
	}
}

// panel draws a titled frame in the middle and returns its inside.
func (m *Model) panel(c *paint.Canvas, title string, w, h int) *paint.Canvas {
	cw, ch := c.Size()
	w, h = min(w, cw), min(h, ch)
	r := paint.R((cw-w)/2, (ch-h)/2, w, h)
	c.Hit(paint.R(0, 0, cw, ch), nil)
	c.Box(r, paint.Solid, m.theme.Accent)
	c.In(r).Text(2, 0, w-4, " "+title+" ", m.theme.Strong)
	return c.In(paint.R(r.Min.X+3, r.Min.Y+1, w-6, h-2)).Shift(0, 0)
}

// Keys lists what can be done where the focus is.
func (m *Model) Keys() []Key {
	if m.dialog != nil {
		return m.dialog.keys()
	}
	if m.form == nil {
		keys := []Key{{"↑ ↓", "choose"}, {"enter", "do it"}}
		if m.start.choices[m.start.at].draft {
			keys = append(keys, Key{"x", "delete"})
		}
		return append(keys, Key{"?", "help"}, Key{"q", "quit"})
	}
	r, _ := m.current()
	f, isField := m.field()
	var out, own []Key // own are those of one field: behind the others, which stay where they are
	switch {
	case isField && f.Kind == answers.Toggle:
		out, own = append(out, Key{"enter", "next"}), append(own, Key{"space", "yes / no"})
	case isField && f.Kind == answers.Choice && m.tall(f):
		out = append(out, Key{"↑ ↓", "choose"}, Key{"enter", "next page"})
	case isField && f.Kind == answers.Choice:
		out, own = append(out, Key{"enter", "next"}), append(own, Key{"← →", "choose"})
	case isField:
		out = append(out, Key{"enter", "next"})
	case r.kind == itemRow && r.place.Page == answers.PageSites:
		out = append(out, Key{"enter", "edit"}, Key{"d", "duplicate"}, Key{"x", "remove"}, Key{"J K", "move"})
	case r.kind == itemRow:
		out = append(out, Key{"enter", "edit"}, Key{"a", "add"}, Key{"d", "duplicate"}, Key{"x", "remove"})
	case r.kind == problemRow:
		out = append(out, Key{"enter", "go there"})
	case r.kind == factRow && r.place.Page != "":
		out = append(out, Key{"enter", "answer anew"})
	case r.kind == buttonRow:
		out = append(out, Key{"enter", "do it"})
	}
	out = append(out, Key{"esc", m.escDoes()})
	if m.place.IsPage() {
		out = append(out, Key{"pgup pgdn", "page"})
	} else {
		out = append(out, Key{"pgdn", "done"})
	}
	if out = append(append(out, Key{"ctrl+s", "keep"}), own...); !m.Typing() {
		out = append(out, Key{"?", "help"})
	}
	return out
}

func (m *Model) escDoes() string {
	if m.place.IsPage() {
		return "leave"
	}
	return "list"
}
