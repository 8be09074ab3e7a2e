package tui

import (
	"fmt"
	"slices"

	tea "charm.land/bubbletea/v2"

	"coexist/runbook"
)

// newGate lists what blocks, each line one key away from its fix, its re-check
// or its waiver.
func newGate(m *Model, title string, blockers []runbook.Blocker) dialog {
	l := &chooser{title: title}
	if len(blockers) == 0 {
		l.intro = "Nothing is missing here."
	} else {
		l.intro = plural(len(blockers), "line", "lines") + " to clear; enter goes to where it is mended."
	}
	for _, b := range blockers {
		l.all = append(l.all, m.blockerChoice(b))
	}
	if len(blockers) > 0 {
		l.extra = []hint{{key: "r", does: "check again"}, {key: "w", does: "waive"}, {key: "a", does: "attest"}}
	}
	if slices.ContainsFunc(blockers, func(b runbook.Blocker) bool {
		c := m.snap.Runbook.Check(b.Check)
		return c != nil && c.Kind == "cmdlet"
	}) {
		l.extra = append([]hint{{key: "s", does: "script"}, {key: "i", does: "take in"}}, l.extra...)
	}
	return l
}

func (m *Model) blockerChoice(b runbook.Blocker) choice {
	c := choice{text: b.Text, right: string(b.Status), state: b.Status, hint: b.Mend}
	if !b.LastGreen.IsZero() {
		c.hint += fmt.Sprintf(" (last green %s)", clock(b.LastGreen, m.now()))
	}
	goThere := func(m *Model) tea.Cmd {
		switch {
		case b.Check != "":
			m.goCheck(b.Task, b.Check)
		case b.Task != "" && m.goTask(b.Task):
			m.setFocus(detailRegion)
		case b.Phase != "":
			m.opened = b.Phase
			m.only = ""
			m.filter.Set("")
			m.keepCursor()
		}
		return nil
	}
	c.then = goThere
	act := func(key string) func(*Model) tea.Cmd {
		return func(m *Model) tea.Cmd {
			goThere(m)
			return m.performKey(key)
		}
	}
	c.keys = map[string]func(*Model) tea.Cmd{"r": act("r"), "w": act("w"), "a": act("a"), "i": act("i"), "s": act("s"), "t": act("t"), "space": act("space")}
	return c
}

// performKey does what a key does on the board.
func (m *Model) performKey(key string) tea.Cmd {
	for _, a := range m.actions {
		for _, k := range a.keys {
			if k == key {
				return m.perform(a)
			}
		}
	}
	return nil
}
