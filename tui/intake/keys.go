package intake

import (
	"strings"

	"coexist/tui/intake/answers"
)

// pageKey acts on a key on a page or in the form of an item.
func (m *Model) pageKey(name, text string) Action {
	if name == "?" && !m.Typing() {
		m.dialog = &helping{}
		return nil
	}
	switch name {
	case "esc":
		return m.up()
	case "ctrl+s":
		m.keepAloud()
		return nil
	case "ctrl+r":
		m.openConnect()
		return nil
	case "pgup":
		m.page(answers.PageIndex(m.place.Page) - 1)
		return nil
	case "pgdown":
		m.page(answers.PageIndex(m.place.Page) + 1)
		return nil
	case "tab":
		m.move(1)
		return nil
	case "shift+tab":
		m.move(-1)
		return nil
	case "enter":
		return m.do()
	}
	r, ok := m.current()
	if !ok {
		return nil
	}
	if r.kind == fieldRow {
		m.fieldKey(name, text)
		return nil
	}
	return m.listKey(r, name)
}

// fieldKey acts on a key in a question.
func (m *Model) fieldKey(name, text string) {
	f, _ := m.field()
	switch {
	case f.Kind == answers.Choice && m.tall(f):
		m.choose(f, name, "up", "down")
	case name == "up":
		m.move(-1)
	case name == "down":
		m.move(1)
	case f.Kind == answers.Toggle:
		if name == "space" || name == "x" {
			*f.On = !*f.On
			m.changed()
			m.tried[f.Key] = true
		} else {
			m.sideways(name)
		}
	case f.Kind == answers.Choice:
		m.choose(f, name, "left", "right")
	case m.input.Key(name, text):
		m.typed(f)
	}
}

func (m *Model) typed(f answers.Field) {
	if v := m.input.Value(); v != *f.Text {
		*f.Text = v
		m.changed()
	}
}

// tall tells whether a choice is shown with all its options, one below the
// other: where it is the only question of its page.
func (m *Model) tall(f answers.Field) bool { return f.Key == "organization.source" }

func (m *Model) choose(f answers.Field, name, back, on string) {
	switch name {
	case back:
		f.Choose(-1)
	case on, "space":
		f.Choose(1)
	default:
		return
	}
	if strings.HasSuffix(f.Key, ".version") {
		m.form.Chosen(m.place)
	}
	m.changed()
}

// paste types a pasted text where text is typed.
func (m *Model) paste(text string) {
	if m.dialog != nil {
		m.note = note{}
		m.dialog.paste(m, text)
		return
	}
	if m.form == nil {
		return
	}
	m.note = note{}
	if f, ok := m.field(); ok && f.Kind == answers.Text {
		m.input.Insert(text)
		m.typed(f)
		return
	}
	if m.place == answers.On(answers.PageSites) && len(m.form.Sites) > 0 {
		m.openPaste()
		m.dialog.paste(m, text)
	}
}

// do is what enter means on the focused row.
func (m *Model) do() Action {
	r, ok := m.current()
	if !ok {
		m.forward()
		return nil
	}
	switch r.kind {
	case itemRow:
		m.leave()
		m.enter(r.place)
	case problemRow:
		m.leave()
		m.goTo(m.wrong[r.at], m.wrong[r.at].Field >= 0)
	case buttonRow:
		return m.press(r)
	case factRow:
		if r.place.Page != "" {
			m.page(answers.PageIndex(r.place.Page))
		}
	default:
		m.next()
	}
	return nil
}

// listKey acts on a key on an item, a problem or a button.
func (m *Model) listKey(r row, name string) Action {
	switch name {
	case "up", "k":
		m.move(-1)
		return nil
	case "down", "j":
		m.move(1)
		return nil
	case "right", "l":
		if r.kind == itemRow {
			return m.do()
		}
		return nil
	case "space":
		if r.kind == buttonRow {
			return m.press(r)
		}
		return nil
	}
	if r.kind == itemRow {
		switch name {
		case "e":
			return m.do()
		case "d":
			m.duplicate(r.place)
			return nil
		case "x", "delete":
			m.openRemove(r.place)
			return nil
		case "shift+up", "K":
			m.shift(r.place, -1)
			return nil
		case "shift+down", "J":
			m.shift(r.place, 1)
			return nil
		}
	}
	for _, b := range m.rows() {
		if b.kind == buttonRow && b.key == name {
			return m.press(b)
		}
	}
	return nil
}

// press does what a button says.
func (m *Model) press(b row) Action {
	site := m.chosenSite()
	switch {
	case m.place.Page == answers.PageReview && b.key == "x":
		m.openDiscard()
	case m.place.Page == answers.PageReview:
		return m.save()
	case b.key == ">":
		m.forward()
	case b.key == "s":
		m.open(answers.OnSite(m.form.AddSite(len(m.form.Sites) - 1)))
	case b.key == "a" && m.place.Page == answers.PageNetwork:
		m.form.Probes = append(m.form.Probes, m.form.FreshProbe())
		m.open(answers.OnProbe(len(m.form.Probes) - 1))
	case b.key == "a" && site >= 0:
		after := len(m.form.Sites[site].Servers) - 1
		if r, ok := m.current(); ok && r.kind == itemRow && r.place.IsServer() {
			after = r.place.Server
		}
		m.open(answers.OnServer(site, m.form.AddServer(site, after)))
	case b.key == "p" && site >= 0:
		m.openPaste()
	}
	return nil
}

// open shows the form of an item that was just added.
func (m *Model) open(p answers.Place) {
	m.forget()
	m.changed()
	for _, f := range m.form.Fields(p) {
		delete(m.tried, f.Key)
	}
	m.fresh = true
	if p.Site >= 0 {
		m.site = p.Site
	}
	m.enter(p)
}

// chosenSite is the site whose row was focused last.
func (m *Model) chosenSite() int { return min(m.site, len(m.form.Sites)-1) }

func (m *Model) duplicate(p answers.Place) {
	to := m.form.Duplicate(p)
	m.forget()
	m.changed()
	m.focusItem(to)
	m.keepQuietly()
	m.note = note{"Added " + m.form.PlaceName(to) + ".", false}
}

func (m *Model) shift(p answers.Place, by int) {
	to := m.form.Move(p, by)
	if to == p {
		return
	}
	m.forget()
	m.changed()
	m.focusItem(to)
}

// click is a click on a row, a page of the row of pages, or an option.
type click struct {
	row    int // -1: not a row
	page   int // -1: not a page
	option int // -1: not an option
	start  int // index on the start screen, -1 elsewhere
}

func onRow(i int) click    { return click{i, -1, -1, -1} }
func onPage(i int) click   { return click{-1, i, -1, -1} }
func onOption(i int) click { return click{-1, -1, i, -1} }
func onStart(i int) click  { return click{-1, -1, -1, i} }

func (m *Model) click(c click) Action {
	m.note = note{}
	switch {
	case m.dialog != nil:
		return nil
	case m.form == nil:
		return m.startClick(c.start)
	case c.page >= 0:
		m.page(c.page)
	case c.option >= 0:
		if f, ok := m.field(); ok && c.option < len(f.Options) {
			*f.Text = f.Options[c.option].Value
			m.changed()
		}
	case c.row >= 0:
		return m.clickRow(c.row)
	}
	return nil
}

// clickRow focuses a row. A toggle is switched and a button pressed at once; an
// item opens on the second click.
func (m *Model) clickRow(i int) Action {
	again := i == m.row
	if !again {
		m.leave()
		m.focus(i)
	}
	r, ok := m.current()
	if !ok {
		return nil
	}
	f, isField := m.field()
	switch {
	case isField && f.Kind == answers.Toggle:
		*f.On = !*f.On
		m.changed()
	case isField && f.Kind == answers.Choice && again && !m.tall(f):
		m.choose(f, "right", "left", "right")
	case r.kind == buttonRow, !isField && again:
		return m.do()
	}
	return nil
}

// sideways moves between the columns of a page that shows two.
func (m *Model) sideways(name string) {
	if to, ok := m.beside(name); ok {
		m.leave()
		m.focus(to)
	}
}
