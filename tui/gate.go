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
		l.hints = func(at int) []hint { return m.blockerKeys(blockers[min(at, len(blockers)-1)]) }
	}
	return l
}

func (m *Model) blockerChoice(b runbook.Blocker) choice {
	status, text := b.Status, b.Text
	if t := m.snap.Progress.Tasks[b.Task]; b.Check == "" && t != nil { // the task itself: how it stands, and nothing twice
		status, text = t.Status, strings.TrimSuffix(text, ": not carried out")
	}
	text = strings.TrimSuffix(text, ": "+string(status)) // it stands at the right
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
	c.keys = map[string]func(*Model) tea.Cmd{}
	for _, k := range m.blockerKeys(b) { // no key acts that is not shown
		c.keys[k.key] = act(k.key)
	}
	if b.Check != "" {
		c.keys["t"] = act("t")
	}
	return c
}

// blockerKeys are the keys that can clear a line: those of its check, or, when
// the task itself is what is missing, those of the task.
func (m *Model) blockerKeys(b runbook.Blocker) []hint {
	c := m.snap.Runbook.Check(b.Check)
	if c == nil {
		t, ts := m.snap.Runbook.Task(b.Task), m.snap.Progress.Tasks[b.Task]
		switch {
		case t == nil || ts == nil || ts.Status == runbook.Locked:
			return nil
		case strings.Contains(b.Mend, "(i)"):
			return []hint{{key: "i", does: "fill in"}}
		case ts.DoneAt.IsZero():
			return []hint{{key: "space", does: "carried out"}}
		}
		return nil
	}
	var keys []hint
	st := m.snap.Progress.Checks[c.ID]
	switch {
	case c.Kind == "cmdlet":
		keys = []hint{{key: "s", does: "script"}, {key: "i", does: "take in"}}
		if m.snap.Progress.Rehearsal != "" {
			keys = append(keys, hint{key: "r", does: "check again"})
		}
	case runnable(c):
		keys = []hint{{key: "r", does: "check again"}}
	}
	if wantsAttest(c, st) {
		keys = append(keys, hint{key: "a", does: "attest"})
	}
	if wantsWaiver(c, st) {
		keys = append(keys, hint{key: "w", does: "waive"})
	}
	return keys
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
