package tui

import (
	"fmt"

	tea "charm.land/bubbletea/v2"

	"coexist/runbook"
	"coexist/tui/diagram"
)

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
				m.openPhase(p)
				return
			}
		}
	case row.phase == nil && row.step != nil && len(row.step.Phases) > 0:
		m.openPhase(row.step.Phases[0])
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
		m.openPhase(row.phase)
	}
}

// openPhase lists the tasks of a phase; a locked one shows its gate as well.
func (m *Model) openPhase(p *runbook.Phase) {
	m.opened = p.ID
	if st := m.snap.Progress.Phases[p.ID]; st != nil && !st.Open {
		m.push(newGate(m, "What keeps "+phaseTitle(p)+" locked", st.Blockers))
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
