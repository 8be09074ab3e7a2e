package tui

import (
	"fmt"
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"

	"coexist/runbook"
	"coexist/tui/paint"
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
	status, text := b.Status, b.Text
	if t := m.snap.Progress.Tasks[b.Task]; b.Check == "" && t != nil { // the task itself: how it stands, and nothing twice
		status, text = t.Status, strings.TrimSuffix(text, ": not carried out")
	}
	if n := m.numberOf(b.Task); n != "" {
		text = n + " " + text
	}
	c := choice{text: text, right: string(status), hint: b.Mend,
		sign: func(th *paint.Theme) (string, paint.Style) { return look(th, status) }}
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

// numberOf is the number of a task in the outline: "5.16".
func (m *Model) numberOf(id string) string {
	t := m.snap.Runbook.Task(id)
	if t == nil {
		return ""
	}
	return fmt.Sprintf("%d.%d", t.Phase.Step, slices.Index(t.Phase.Tasks, t)+1)
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
