package tui

import (
	"fmt"

	tea "charm.land/bubbletea/v2"

	"coexist/tui/diagram"
)

// move goes one step in the focused region.
func move(dx, dy int) func(*Model) tea.Cmd {
	return func(m *Model) tea.Cmd {
		switch m.focus {
		case diagramRegion:
			pic := m.picture()
			m.panel = pic.Move(dx, dy)
		case tasksRegion:
			switch {
			case dy != 0:
				m.moveRow(dy)
			case dx > 0:
				m.setFocus(detailRegion)
			default:
				m.setFocus(diagramRegion)
			}
		case detailRegion:
			if dx < 0 {
				m.setFocus(tasksRegion)
			}
			m.moveItem(dy)
		}
		return nil
	}
}

func (m *Model) setFocus(r region) {
	m.focus = r
	if r == diagramRegion && m.panel == "" {
		m.panel = m.picture().Focus
	}
}

func (m *Model) moveRow(d int) {
	o := m.outline()
	if len(o.rows) == 0 {
		return
	}
	i := o.at[m.cursor] + d
	m.selectRow(o.rows[max(min(i, len(o.rows)-1), 0)].key)
}

func (m *Model) selectRow(key string) {
	if m.cursor != key {
		m.cursor, m.item, m.tops[detailRegion] = key, 0, 0
	}
}

// moveItem goes to the next item of the task; where the text between is
// longer than the region it scrolls instead, so that nothing is jumped over.
func (m *Model) moveItem(d int) {
	if d == 0 {
		return
	}
	page := m.detail()
	h := m.detailHeight()
	next := m.item + d
	if next >= 0 && next < len(page.items) {
		first, last := page.span(next)
		top := m.tops[detailRegion]
		if d > 0 && first < top+h+2 || d < 0 && last >= top-2 {
			m.item = next
			m.tops[detailRegion] = page.follow(top, next, h)
			return
		}
	}
	m.tops[detailRegion] = page.clamp(m.tops[detailRegion]+d*3, h)
}

func (m *Model) detailHeight() int {
	if h := m.bodyHeight(detailRegion); h > 0 {
		return h
	}
	return 18
}

// bodyHeight is the height of a region without its head.
func (m *Model) bodyHeight(r region) int {
	f := m.layout()
	h := f.regions[r].Dy()
	if f.tabs.Empty() {
		h--
	}
	return h
}

func (m *Model) pageUp() tea.Cmd   { return m.pageBy(-1) }
func (m *Model) pageDown() tea.Cmd { return m.pageBy(1) }

func (m *Model) pageBy(d int) tea.Cmd {
	h := max(m.layout().regions[m.focus].Dy()-3, 3)
	switch m.focus {
	case diagramRegion:
		m.tops[diagramRegion] += d * h
		m.loose()
	case tasksRegion:
		m.moveRow(d * h)
	case detailRegion:
		m.scrollDetail(d * h)
	}
	return nil
}

// scrollDetail scrolls the task and takes the focus along to an item in view.
func (m *Model) scrollDetail(d int) {
	page, h := m.detail(), m.detailHeight()
	top := page.clamp(m.tops[detailRegion]+d, h)
	m.tops[detailRegion] = top
	if first, last := page.span(m.item); first >= 0 && last >= top && first < top+h {
		return
	}
	for i := top; i < min(top+h, len(page.lines)); i++ {
		if it := page.lines[i].item; it >= 0 {
			m.item = it
			return
		}
	}
}

// loose moves the focus of the picture to a panel that is in view after the
// picture was scrolled.
func (m *Model) loose() {
	pic := m.picture()
	h := m.bodyHeight(diagramRegion)
	top := max(min(m.tops[diagramRegion], pic.H-h), 0)
	m.tops[diagramRegion] = top
	if f := pic.Panel(pic.Focus); f != nil && f.At.Min.Y >= top && f.At.Max.Y <= top+h {
		return
	}
	for _, p := range pic.Panels {
		if p.At.Min.Y >= top && p.At.Max.Y <= top+h {
			m.panel = p.ID
			return
		}
	}
}

func (m *Model) toFirst() tea.Cmd { return m.toEdge(false) }
func (m *Model) toLast() tea.Cmd  { return m.toEdge(true) }

func (m *Model) toEdge(last bool) tea.Cmd {
	switch m.focus {
	case diagramRegion:
		panels := m.picture().Panels
		if len(panels) > 0 {
			m.panel = panels[0].ID
			if last {
				m.panel = panels[len(panels)-1].ID
			}
		}
	case tasksRegion:
		d := -len(m.outline().rows)
		if last {
			d = -d
		}
		m.moveRow(d)
	case detailRegion:
		page := m.detail()
		m.item, m.tops[detailRegion] = 0, 0
		if last {
			m.item = max(len(page.items)-1, 0)
			m.tops[detailRegion] = page.clamp(len(page.lines), m.detailHeight())
		}
	}
	return nil
}

func cycle(d int) func(*Model) tea.Cmd {
	return func(m *Model) tea.Cmd {
		m.setFocus(region((int(m.focus) + d + 3) % 3))
		return nil
	}
}

// open goes one level in: to the tasks of a panel, to a gate, to a task, to
// what an item offers.
func (m *Model) open() tea.Cmd {
	switch m.focus {
	case diagramRegion:
		pic := m.picture()
		m.showOnly(pic.Focus)
	case tasksRegion:
		m.openRow()
	case detailRegion:
		return m.openItem()
	}
	return nil
}

// showOnly lists the tasks of one panel alone.
func (m *Model) showOnly(id string) {
	p := m.picture().Panel(id)
	if p == nil {
		return
	}
	m.only, m.panel = id, id
	if p.Kind == diagram.ClientsPanel {
		m.only = ""
	}
	m.keepCursor()
	m.setFocus(tasksRegion)
	if len(m.outline().rows) == 0 {
		m.say("No task belongs to " + p.Title + " alone; esc shows all tasks.")
	}
}

func (m *Model) openRow() {
	row, ok := m.row()
	if !ok {
		return
	}
	switch {
	case row.task != nil:
		m.setFocus(detailRegion)
	case row.round != "":
		for _, p := range m.snap.Runbook.Phases {
			if p.Round == row.round {
				m.opened = p.ID
				return
			}
		}
	case row.phase == nil && row.step != nil && len(row.step.Phases) > 0:
		m.opened = row.step.Phases[0].ID
	case row.phase != nil:
		st := m.snap.Progress.Phases[row.phase.ID]
		if m.opened == row.phase.ID || m.filtered() {
			if st != nil && !st.Open {
				m.push(newGate(m, "What keeps "+phaseTitle(row.phase)+" locked", st.Blockers))
			} else {
				m.setFocus(detailRegion)
			}
			return
		}
		m.opened = row.phase.ID
		if st != nil && !st.Open {
			m.push(newGate(m, "What keeps "+phaseTitle(row.phase)+" locked", st.Blockers))
		}
	}
}

func (m *Model) openItem() tea.Cmd {
	it, ok := m.focusedItem()
	switch {
	case !ok:
	case it.command != nil:
		return m.plainView()
	case it.check != nil:
		return m.transcript()
	case it.ask != nil || it.capture != nil:
		return m.fill()
	case it.undo:
		return m.undoCard()
	case it.gate:
		return m.gate()
	}
	return nil
}

func (m *Model) focusedItem() (item, bool) {
	d := m.detail()
	if m.item >= 0 && m.item < len(d.items) {
		return d.items[m.item], true
	}
	return item{}, false
}

// back goes one level up.
func (m *Model) back() tea.Cmd {
	switch {
	case m.zoom:
		m.zoom = false
	case m.focus == detailRegion:
		m.setFocus(tasksRegion)
	case m.filtered():
		m.only = ""
		m.filter.Set("")
		m.revealCursor()
	case m.focus == diagramRegion:
		m.setFocus(tasksRegion)
	default:
		m.say("This is the board; q quits.")
	}
	return nil
}

// revealCursor opens the phase of the selected task, so that a filter that
// goes away does not lose the place.
func (m *Model) revealCursor() {
	for _, p := range m.snap.Runbook.Phases {
		for _, t := range p.Tasks {
			if t.ID == m.cursor {
				m.opened = p.ID
				return
			}
		}
		if "phase:"+p.ID == m.cursor {
			m.opened = p.ID
		}
	}
	m.keepCursor()
}

// goTask selects a task wherever it is.
func (m *Model) goTask(id string) bool {
	for _, p := range m.snap.Runbook.Phases {
		for _, t := range p.Tasks {
			if t.ID == id {
				m.only = ""
				m.filter.Set("")
				m.opened = p.ID
				m.selectRow(id)
				return true
			}
		}
	}
	return false
}

// goCheck selects a check of a task.
func (m *Model) goCheck(task, check string) {
	if !m.goTask(task) {
		return
	}
	m.setFocus(detailRegion)
	d := m.detail()
	for i, it := range d.items {
		if it.check != nil && it.check.ID == check {
			m.item = i
			m.tops[detailRegion] = d.follow(0, i, m.detailHeight())
		}
	}
}

// goStep opens a step by its number: its first phase that is not complete.
func (m *Model) goStep(n int) {
	for _, s := range m.snap.Runbook.Steps {
		if s.Number != n || len(s.Phases) == 0 {
			continue
		}
		m.only = ""
		m.filter.Set("")
		m.opened = s.Phases[0].ID
		for _, p := range s.Phases {
			if st := m.snap.Progress.Phases[p.ID]; st != nil && !st.Complete {
				m.opened = p.ID
				break
			}
		}
		m.selectRow(fmt.Sprintf("step:%d", n))
		m.setFocus(tasksRegion)
		return
	}
	m.warn(fmt.Sprintf("There is no step %d; this migration has %s.", n, plural(len(m.snap.Runbook.Steps), "step", "steps")))
}

// toNext goes to the task of the next action.
func (m *Model) toNext() {
	if m.snap.Runbook == nil {
		return
	}
	a := m.advice()
	if a.task == "" || !m.goTask(a.task) {
		if m.opened == "" {
			m.opened = currentPhase(m.snap.Runbook, m.snap.Progress)
		}
		m.keepCursor()
		return
	}
	m.setFocus(tasksRegion)
	if a.check == "" {
		return
	}
	for i, it := range m.detail().items {
		if it.check != nil && it.check.ID == a.check {
			m.item = i
			m.tops[detailRegion] = m.detail().follow(0, i, m.detailHeight())
		}
	}
}

func moment(d int) func(*Model) tea.Cmd {
	return func(m *Model) tea.Cmd {
		m.view = diagram.View(max(min(int(m.view)+d, int(diagram.After)), int(diagram.Before)))
		return nil
	}
}

func (m *Model) toggleZoom() tea.Cmd { m.zoom = !m.zoom; return nil }

func (m *Model) toggleMouse() tea.Cmd {
	m.mouse = !m.mouse
	if m.mouse {
		m.say("The mouse works here again.")
	} else {
		m.say("The mouse is the terminal's again: select text with it. m takes it back.")
	}
	return nil
}

func (m *Model) startFilter() tea.Cmd {
	m.typing = true
	m.setFocus(tasksRegion)
	return nil
}

// filterKey edits the filter: enter keeps it, esc drops it.
func (m *Model) filterKey(name, text string) tea.Cmd {
	switch name {
	case "enter":
		m.typing = false
	case "esc":
		m.typing = false
		m.filter.Set("")
		m.revealCursor()
	case "ctrl+c":
		return m.quit()
	case "up", "down":
		m.moveRow(map[string]int{"up": -1, "down": 1}[name])
	default:
		m.filter.Key(name, text)
		m.keepCursor()
	}
	return nil
}
