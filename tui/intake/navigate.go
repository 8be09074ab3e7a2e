package intake

import (
	"fmt"

	"coexist/tui/intake/answers"
)

// begin opens an empty intake.
func (m *Model) begin() {
	m.form = answers.New(m.cfg.Known, m.cfg.Releases, m.cfg.Clock().Location())
	m.edits, m.draft, m.kept, m.dirty, m.dialog = nil, "", false, false, nil
	m.at, m.tried = map[answers.Place]int{}, map[string]bool{}
	m.judge()
	m.enter(answers.On(answers.PageSource))
}

// enter shows a place, with the focus where it was when it was left.
func (m *Model) enter(p answers.Place) {
	if m.form.Exists(m.place) {
		m.at[m.place] = m.row
	}
	m.place, m.top = p, 0
	m.form.Page = p.Page
	if answers.PageIndex(p.Page) > answers.PageIndex(m.form.Reached) {
		m.form.Reached = p.Page
		m.dirty = true
	}
	m.focus(m.at[p])
}

// focus moves to a row of the place and takes its text up for typing.
func (m *Model) focus(row int) {
	rows := m.rows()
	m.row = max(min(row, len(rows)-1), 0)
	m.input = m.newInput()
	if m.row < len(rows) && rows[m.row].kind == itemRow && rows[m.row].place.Site >= 0 {
		m.site = rows[m.row].place.Site
	}
}

// leave marks the focused field as answered, so that its refusal shows, and
// keeps the draft.
func (m *Model) leave() {
	if f, ok := m.field(); ok && (f.Kind != answers.Text || f.Typed()) {
		m.tried[f.Key] = true
	}
	m.keepQuietly()
}

// move goes by rows, without passing the ends.
func (m *Model) move(by int) {
	m.leave()
	m.focus(m.row + by)
}

// next goes one row on; behind the last one it goes to what follows the place.
func (m *Model) next() {
	if f, ok := m.field(); ok {
		m.tried[f.Key] = true
		if r := m.refusal(f, m.rows()[m.row].field); r != nil && f.Kind != answers.Toggle {
			m.note = note{"Refused: " + f.Label, true}
			return
		}
	}
	if m.row < len(m.rows())-1 {
		m.move(1)
		return
	}
	m.forward()
}

// forward leaves the place in order: an item for its list, a page for the
// next. What is wrong on it keeps it open.
func (m *Model) forward() {
	m.leave()
	if !m.place.IsPage() {
		m.closeItem(true)
		return
	}
	i := answers.PageIndex(m.place.Page)
	if i == len(answers.Pages)-1 {
		return
	}
	if m.stopped() {
		return
	}
	m.at[answers.On(answers.Pages[i+1].ID)] = 0
	m.enter(answers.On(answers.Pages[i+1].ID))
	m.keepQuietly()
}

// stopped shows every refusal of the page and goes to the first.
func (m *Model) stopped() bool {
	m.tryPlaces(m.form.Places(m.place.Page))
	list := answers.OnPage(m.wrong, m.place.Page)
	if len(list) == 0 {
		return false
	}
	m.goTo(list[0], false)
	m.note = note{fmt.Sprintf("Not yet: %s: %s", m.problemWhere(list[0]), list[0].Reason), true}
	return true
}

func (m *Model) tryPlaces(list []answers.Place) {
	for _, p := range list {
		for _, f := range m.form.Fields(p) {
			m.tried[f.Key] = true
		}
	}
}

// goTo moves to where a problem stands: into its form, or only to its row in
// the list.
func (m *Model) goTo(p answers.Problem, inside bool) {
	m.tryPlaces([]answers.Place{p.Place})
	switch {
	case p.Place.IsPage() || inside:
		if p.Place != m.place {
			m.enter(p.Place)
		}
		for i, r := range m.rows() {
			if r.kind == fieldRow && r.field == p.Field {
				m.focus(i)
			}
		}
	default:
		m.focusItem(p.Place)
	}
}

func (m *Model) focusItem(p answers.Place) {
	for i, r := range m.rows() {
		if r.kind == itemRow && r.place == p {
			m.focus(i)
		}
	}
}

// page goes to another page: back freely, on only through what was seen.
func (m *Model) page(to int) {
	if to < 0 || to >= len(answers.Pages) {
		return
	}
	m.leave()
	if !m.place.IsPage() {
		m.closeItem(to > answers.PageIndex(m.place.Page))
		return
	}
	from := answers.PageIndex(m.place.Page)
	if to == from+1 && to > answers.PageIndex(m.form.Reached) {
		m.forward()
		return
	}
	if to > answers.PageIndex(m.form.Reached) {
		m.note = note{"Not yet: the pages are asked in order the first time.", true}
		return
	}
	m.enter(answers.On(answers.Pages[to].ID))
	m.keepQuietly()
}

// closeItem goes from an item's form back to its list. An item in which nothing
// was typed is dropped; a wrong one stays, and the list says so.
func (m *Model) closeItem(check bool) {
	p := m.place
	if check {
		m.tryPlaces([]answers.Place{p})
		for _, one := range m.wrong {
			if one.Place == p && m.holds(one) {
				m.goTo(one, true)
				m.note = note{"Refused: " + one.Label, true}
				return
			}
		}
	}
	blank := m.form.Blank(p)
	if blank {
		m.form.Remove(p)
		m.changed()
	} else {
		m.tryPlaces([]answers.Place{p})
	}
	m.forget()
	fresh := m.fresh
	m.fresh = false
	m.enter(answers.On(p.Page))
	m.focusItem(p)
	if fresh && !blank {
		m.focusButton("a")
	}
	if blank {
		m.note = note{"Nothing was typed; nothing was added.", false}
	}
}

// holds tells whether a problem keeps its item open. What another item will
// mend, such as a role that only a later server brings, does not.
func (m *Model) holds(p answers.Problem) bool {
	return p.Field >= 0 && m.form.Fields(p.Place)[p.Field].Kind != answers.Toggle
}

// focusButton focuses the button with a key; who adds one thing often adds more.
func (m *Model) focusButton(key string) {
	for i, r := range m.rows() {
		if r.kind == buttonRow && r.key == key {
			m.focus(i)
		}
	}
}

// forget drops remembered focus of items, whose places shift when one goes.
func (m *Model) forget() {
	for p := range m.at {
		if !p.IsPage() {
			delete(m.at, p)
		}
	}
}

// up goes one level up: from an item to its list, from a page to where the
// intake was started.
func (m *Model) up() Action {
	m.leave()
	if !m.place.IsPage() {
		m.closeItem(false)
		m.keepQuietly()
		return nil
	}
	if err := m.KeepDraft(); err != nil && !m.lossy {
		m.lossy = true
		m.note = note{"Not kept: " + err.Error() + ". Esc once more leaves all the same, and loses what was typed since.", true}
		return nil
	}
	m.lossy = false
	if m.edits != nil {
		return Back{}
	}
	m.form = nil
	m.start.load(m.cfg)
	if m.kept && !m.dirty {
		m.start.selectPath(m.draft)
		m.note = note{"Kept as a draft: " + m.draft, false}
	}
	return nil
}

// changed tells that an answer changed: judge anew.
func (m *Model) changed() {
	m.dirty = true
	m.judge()
}

func (m *Model) judge() {
	m.form.Settle()
	m.wrong = m.form.Problems()
}
