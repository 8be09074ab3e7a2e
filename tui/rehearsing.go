package tui

import (
	tea "charm.land/bubbletea/v2"

	"coexist/runbook"
)

// Drill is a scenario that can be rehearsed, or a fault that can be added.
type Drill struct{ Name, Doc string }

// newDrill asks which scenario is rehearsed, then what goes wrong.
func (m *Model) newDrill(source string) dialog {
	scenarios, _ := m.cfg.Drills(source)
	l := &chooser{title: "Which organisation?", intro: "All of them run on this machine alone. Enter takes the first: nothing goes wrong in it."}
	for _, s := range scenarios {
		l.all = append(l.all, choice{text: s.Name, hint: s.Doc, then: func(m *Model) tea.Cmd {
			m.push(m.newFaults(source, s.Name))
			return nil
		}})
	}
	return l
}

// newFaults asks what goes wrong besides.
func (m *Model) newFaults(source, scenario string) dialog {
	_, faults := m.cfg.Drills(source)
	begin := func(names ...string) func(*Model) tea.Cmd {
		return func(m *Model) tea.Cmd {
			return m.openWith(false, func() (*runbook.Session, error) { return m.cfg.Rehearse(source, scenario, names) })
		}
	}
	l := &chooser{title: "What goes wrong?", typing: true, intro: "A rehearsal that was begun goes on as it was.", all: []choice{
		{text: "nothing besides", hint: "Only what the scenario " + scenario + " brings.", then: begin()},
		{text: "one fault, drawn", hint: "You find out which. The seed of the draw is recorded.", then: begin("random")},
		{text: "three faults, drawn", hint: "You find out which. The seed of the draw is recorded.", then: begin("random:3")},
	}}
	for _, f := range faults {
		l.all = append(l.all, choice{text: f.Name, hint: f.Doc, then: begin(f.Name)})
	}
	return l
}
