package tui

import (
	"fmt"
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"

	"coexist/checks"
	"coexist/runbook"
	"coexist/runbook/script"
)

// phaseTasks are the tasks whose checks R runs: those of the selected step,
// round or phase (of a task: its own phase), or those that a filter leaves.
func (m *Model) phaseTasks() []*runbook.Task {
	if m.filtered() {
		var out []*runbook.Task
		for _, r := range m.outline().rows {
			if r.task != nil {
				out = append(out, r.task)
			}
		}
		return out
	}
	row, ok := m.row()
	switch {
	case !ok:
		return nil
	case row.phase != nil:
		return row.phase.Tasks
	}
	var out []*runbook.Task
	for _, p := range row.step.Phases {
		if row.round == "" || p.Round == row.round {
			out = append(out, p.Tasks...)
		}
	}
	return out
}

// phaseChecks lists what R runs.
func (m *Model) phaseChecks() []string {
	var ids []string
	for _, t := range m.phaseTasks() {
		for _, c := range t.Checks {
			if runnable(c) {
				ids = append(ids, c.ID)
			}
		}
	}
	return ids
}

func (m *Model) anyPhaseCheck() bool {
	for _, t := range m.phaseTasks() {
		if slices.ContainsFunc(t.Checks, runnable) {
			return true
		}
	}
	return false
}

func (m *Model) runCheck() tea.Cmd {
	t := m.task()
	if t == nil {
		return m.runAll()
	}
	if it, ok := m.focusedItem(); ok && it.check != nil && m.focus == detailRegion {
		return m.startRun([]string{it.check.ID})
	}
	var ids []string
	for _, c := range t.Checks {
		if runnable(c) {
			ids = append(ids, c.ID)
		}
	}
	return m.startRun(ids)
}

func (m *Model) runAll() tea.Cmd { return m.startRun(m.phaseChecks()) }

func (m *Model) markDone() tea.Cmd {
	t := m.task()
	if m.waitOver(t) {
		return m.act("Recorded: the wait of "+onTarget(t)+" is over.", func(e engine) error { return e.MarkDone(t.ID, "") })
	}
	if t.Confirm != "" {
		m.push(m.newConfirm(t))
		return nil
	}
	return m.act(done(t), func(e engine) error { return e.MarkDone(t.ID, "") })
}

func done(t *runbook.Task) string {
	return "Recorded: " + onTarget(t) + " is carried out."
}

func (m *Model) attest() tea.Cmd {
	c := m.checkAt(wantsAttest)
	if c.Kind != "attest" {
		m.push(m.newWarning(c))
		return nil
	}
	m.push(m.newAttest(c))
	return nil
}

func (m *Model) waive() tea.Cmd {
	if c := m.captureAt(); c != nil {
		m.push(m.newCaptureWaiver(m.task(), c))
		return nil
	}
	m.push(m.newWaiver(m.checkAt(wantsWaiver)))
	return nil
}

func (m *Model) note() tea.Cmd {
	if t := m.task(); t != nil {
		m.push(m.newNote(t.ID, "Note: "+onTarget(t)))
		return nil
	}
	return m.noteRun()
}

func (m *Model) noteRun() tea.Cmd {
	m.push(m.newNote("", "Note on the whole run"))
	return nil
}

func (m *Model) reopen() tea.Cmd {
	m.push(m.newReopen(m.task()))
	return nil
}

func (m *Model) undoLast() tea.Cmd {
	e := m.engine
	return func() tea.Msg {
		what, err := e.UndoLast()
		return actedMsg{said: "Reopened and recorded: " + what, err: err, snap: e.Snapshot()}
	}
}

// valueAt returns the value that i fills in: the focused one, else the first
// that is missing.
func (m *Model) valueAt() (key string, q valueQuestion) {
	t := m.task()
	if t == nil {
		return "", q
	}
	if it, ok := m.focusedItem(); ok && m.focus == detailRegion {
		switch {
		case it.ask != nil:
			return it.ask.Key, askQuestion(it.ask)
		case it.capture != nil:
			return it.capture.Key, captureQuestion(it.capture)
		case it.check != nil && it.check.Kind == "cmdlet":
			return "", q
		}
	}
	return m.missingValue(t)
}

// missingValue returns the first value of a task that is not known.
func (m *Model) missingValue(t *runbook.Task) (key string, q valueQuestion) {
	known := m.snap.Progress.Values
	for i := range t.Asks {
		if _, ok := known[t.Asks[i].Key]; !ok {
			return t.Asks[i].Key, askQuestion(&t.Asks[i])
		}
	}
	for i := range t.Captures {
		if _, ok := known[t.Captures[i].Key]; !ok {
			return t.Captures[i].Key, captureQuestion(&t.Captures[i])
		}
	}
	return "", q
}

// valueQuestion is what is asked for a value.
type valueQuestion struct{ prompt, example, kind string }

func askQuestion(a *runbook.Ask) valueQuestion {
	return valueQuestion{a.Prompt, a.Example, a.Type}
}

func captureQuestion(c *runbook.Capture) valueQuestion {
	return valueQuestion{c.Prompt, "", c.Type}
}

func (m *Model) fill() tea.Cmd {
	if t := m.task(); script.ForTask(t) && !m.onValue() {
		return m.takeIn(t)
	}
	if key, q := m.valueAt(); key != "" {
		m.push(m.newValue(key, q))
		return nil
	}
	m.push(m.newPaste(m.checkAt(wantsPaste)))
	return nil
}

// onValue tells that a value has the focus.
func (m *Model) onValue() bool {
	it, ok := m.focusedItem()
	return ok && m.focus == detailRegion && (it.ask != nil || it.capture != nil)
}

func unread(st *runbook.CheckState) bool {
	return st != nil && st.Result != nil && st.Result.Verdict == checks.Warn && !st.Read && !st.Satisfied
}

func (m *Model) transcript() tea.Cmd {
	c := m.checkAt(hasResult)
	if c == nil || !hasResult(c, m.snap.Progress.Checks[c.ID]) {
		m.warn("There is no result yet; r runs the check.")
		return nil
	}
	return m.showResult(c)
}

func (m *Model) undoCard() tea.Cmd {
	m.push(m.newUndoCard(m.task()))
	return nil
}

// gate shows what blocks: of a locked phase its own gate, else what the next
// one still asks for.
func (m *Model) gate() tea.Cmd {
	id := m.opened
	if row, ok := m.row(); ok && row.phase != nil {
		id = row.phase.ID
	}
	for _, p := range m.snap.Runbook.Phases {
		st := m.snap.Progress.Phases[p.ID]
		if p.ID != id || st == nil {
			continue
		}
		if !st.Open {
			m.push(newGate(m, "What keeps "+phaseTitle(p)+" locked", st.Blockers))
		} else {
			m.push(newGate(m, "What "+phaseTitle(p)+" still needs", st.Remaining))
		}
	}
	return nil
}

func (m *Model) quit() tea.Cmd {
	if _, done, total := m.runCount(); total > 0 {
		for _, d := range m.dialogs {
			if c, ok := d.(*chooser); ok && c.title == quitTitle {
				return m.quitNow()
			}
		}
		m.push(&chooser{title: quitTitle, intro: fmt.Sprintf("%d of %d checks are done. Finished results are recorded; the others stay as they were.", done, total),
			all: []choice{
				{text: "Stay", then: func(*Model) tea.Cmd { return nil }},
				{text: "Cancel the checks and quit", then: (*Model).quitNow},
			}})
		return nil
	}
	return m.quitNow()
}

const quitTitle = "Checks are running"

func (m *Model) quitNow() tea.Cmd {
	for _, r := range m.active {
		r.cancel()
	}
	return tea.Quit
}

func (m *Model) palette() tea.Cmd {
	l := &chooser{title: "What do you want to do?", typing: true}
	for _, a := range m.actions {
		if a.group == moving && a.keys[0] != "." {
			continue
		}
		l.all = append(l.all, choice{text: a.title, right: a.show, why: a.why(m), then: func(m *Model) tea.Cmd { return m.perform(a) }})
	}
	for _, s := range m.snap.Runbook.Steps {
		l.all = append(l.all, choice{text: "Go to step " + fmt.Sprint(s.Number) + ": " + s.Title, right: fmt.Sprint(s.Number),
			then: func(m *Model) tea.Cmd { m.goStep(s.Number); return nil }})
	}
	m.push(l)
	return nil
}

func (m *Model) help() tea.Cmd {
	here := map[region]string{
		diagramRegion: "You are on the diagram. Arrows move between its panels; enter lists the tasks of a panel alone; [ and ] show the organisation before, now and after. Solid lines are in force as far as checks or the record show; dashed ones are planned, and one that ends in ? nobody has checked.",
		tasksRegion:   "You are on the steps and tasks. Up and down select; enter opens a step or a task; a locked step shows what blocks it.",
		detailRegion:  "You are on a task. Up and down go from command to check; the keys below act on the marked one.",
	}[m.focus]
	m.push(&reader{title: "Help", write: func(p *page) {
		p.text(0, here, p.th.Text)
		for _, group := range []string{working, recording, looking, program, moving} {
			p.head(group)
			for _, a := range m.actions {
				if a.group == group {
					p.helpLine(a.show, a.title, a.why(m))
				}
			}
		}
		p.head("Signs")
		p.signs()
		p.blank()
		p.text(0, "coexist "+m.cfg.Version, p.th.Dim)
	}})
	return nil
}

// helpLine is one key with what it does, and why it can't right now.
func (p *page) helpLine(keys, title, why string) {
	p.labelled(1, 11, keys, title, p.th.Keys, p.th.Text)
	if why != "" {
		p.text(12, why, p.th.Dim)
	}
}

// signs explains the glyphs.
func (p *page) signs() {
	for _, s := range []struct {
		status runbook.Status
		means  string
	}{
		{runbook.Locked, "locked: a gate or an earlier task is in the way"},
		{runbook.Ready, "ready to be done; of a check: not run"},
		{runbook.Running, "running, or begun"},
		{runbook.Waiting, "waiting: carried out, and a clock or a check is open"},
		{runbook.Done, "done; of a check: pass"},
		{runbook.Attested, "attested: stated by a person, not measured"},
		{runbook.Waived, "waived: done with a recorded exception"},
		{runbook.Failed, "failed"},
		{runbook.Changed, "changed since it was carried out: confirm it"},
		{runbook.Stale, "stale: too old to count"},
		{runbook.NotYet, "not yet: from before the task was carried out"},
	} {
		g, st := look(p.th, s.status)
		p.labelled(1, 3, g, s.means, st, p.th.Text)
	}
	p.labelled(1, 3, p.th.Glyphs.Warn, "warn: it works, but must be read", p.th.Warn, p.th.Text)
	p.labelled(1, 3, p.th.Glyphs.Unknown, "unknown: could not be decided, which is never a pass", p.th.Unsure, p.th.Text)
	p.labelled(1, 3, p.th.Glyphs.Skip, "skip: does not apply, for the reason given", p.th.Dim, p.th.Text)
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }
