package tui

import (
	"fmt"

	"coexist/runbook"
	"coexist/runbook/script"
)

// What is in the way of an action, in one line; "" when nothing is. A disabled
// action stays visible and says this.

func (m *Model) whyReadOnly() string {
	switch {
	case m.snap.Broken != "":
		return "The journal is broken, so nothing is recorded: " + m.snap.Broken
	case m.snap.ReadOnly && m.snap.Holder != "":
		return "Read-only: " + m.snap.Holder + " holds this migration."
	case m.snap.ReadOnly && m.snap.Why != "":
		return "Read-only: " + m.snap.Why
	case m.snap.ReadOnly:
		return "Read-only: nothing is recorded here."
	}
	return ""
}

// whyNotShown keeps the keys for a task from one that is not what is looked at.
func (m *Model) whyNotShown() string {
	if m.focus == diagramRegion {
		return "The diagram has the focus: tab goes to the tasks, enter to those of its panel."
	}
	return ""
}

// task returns the selected task.
//
//go:noinline
func (m *Model) task() *runbook.Task {
	row, ok := m.row()
	if !ok {
		return nil
	}
	return row.task
}

func (m *Model) whyNoTask() string {
	if m.task() == nil {
		return "Select a task first; this is a step."
	}
	return ""
}

// recordable tells what is in the way of recording something on a task.
func (m *Model) recordable() string {
	if why := m.whyReadOnly(); why != "" {
		return why
	}
	return m.whyNoTask()
}

// checkAt returns the check that keys act on: the focused one, or the first of
// the task that fits.
func (m *Model) checkAt(fits func(*runbook.Check, *runbook.CheckState) bool) *runbook.Check {
	t := m.task()
	if t == nil {
		return nil
	}
	if it, ok := m.focusedItem(); ok && it.check != nil && m.focus == detailRegion {
		return it.check
	}
	for _, c := range t.Checks {
		if fits(c, m.snap.Progress.Checks[c.ID]) {
			return c
		}
	}
	return nil
}

func runnable(c *runbook.Check) bool { return c.Kind != "attest" }

func (m *Model) whyNoRun() string {
	if row, ok := m.row(); ok && row.task == nil {
		return m.whyNoRunAll()
	}
	t := m.task()
	if t == nil {
		return m.whyNoTask()
	}
	if it, ok := m.focusedItem(); ok && it.check != nil && m.focus == detailRegion && !runnable(it.check) {
		return "This is a statement of a person, not a measurement: a attests it."
	}
	for _, c := range t.Checks {
		if runnable(c) {
			return ""
		}
	}
	if len(t.Checks) > 0 {
		return "The checks of this task are statements of a person: a attests them."
	}
	return "This task has no check."
}

func (m *Model) whyNoRunAll() string {
	if !m.anyPhaseCheck() {
		return "There is no check to run here."
	}
	return ""
}

func (m *Model) whyNoCancel() string {
	if len(m.active) == 0 {
		return "No check is running."
	}
	return ""
}

func (m *Model) whyNoCommand() string {
	if why := m.whyNoTask(); why != "" {
		return why
	}
	if m.commandAt() == nil {
		return "This task has no command."
	}
	return ""
}

// commandAt returns the focused command, or the first of the task.
func (m *Model) commandAt() *runbook.Command {
	t := m.task()
	if t == nil {
		return nil
	}
	if it, ok := m.focusedItem(); ok && m.focus == detailRegion {
		switch {
		case it.command != nil:
			return it.command
		case it.capture != nil && it.capture.Command != nil:
			return it.capture.Command
		}
	}
	if len(t.Commands) > 0 {
		return t.Commands[0]
	}
	for i := range t.Captures {
		if t.Captures[i].Command != nil {
			return t.Captures[i].Command
		}
	}
	return nil
}

func (m *Model) whyNoCopy() string {
	if why := m.whyNoCommand(); why != "" {
		return why
	}
	return m.whyNotCopied(m.task(), m.commandAt())
}

// whyNotCopied tells why a command must not be run yet. What only reads may
// always be copied.
func (m *Model) whyNotCopied(t *runbook.Task, c *runbook.Command) string {
	if c.Reads {
		return ""
	}
	return m.whyLocked(t, "copied")
}

func (m *Model) whyLocked(t *runbook.Task, what string) string {
	if st := m.snap.Progress.Phases[t.Phase.ID]; st != nil && !st.Open {
		return fmt.Sprintf("Not yet to be %s: the gate before %s is closed; ctrl+g shows what blocks it.", what, phaseTitle(t.Phase))
	}
	if ts := m.snap.Progress.Tasks[t.ID]; ts != nil && ts.Status == runbook.Locked {
		why := ts.Why
		if why == "" {
			why = "an earlier task comes first"
		}
		return fmt.Sprintf("Not yet to be %s: %s.", what, trimDot(why))
	}
	return ""
}

func trimDot(s string) string {
	for len(s) > 0 && s[len(s)-1] == '.' {
		s = s[:len(s)-1]
	}
	return s
}

func (m *Model) whyNoDone() string {
	if why := m.recordable(); why != "" {
		return why
	}
	t := m.task()
	if why := m.whyLocked(t, "carried out"); why != "" {
		return why
	}
	ts := m.snap.Progress.Tasks[t.ID]
	if ts == nil || ts.DoneAt.IsZero() {
		return ""
	}
	switch {
	case ts.WaitUntil.After(m.now()):
		return "Carried out; the wait ends at " + clock(ts.WaitUntil, m.now()) + "."
	case m.waitOver(t) || ts.Status == runbook.Changed || ts.Status == runbook.Stale:
		return ""
	}
	return "Carried out already; o reopens it."
}

// waitOver tells that marking a task again confirms the end of its wait.
func (m *Model) waitOver(t *runbook.Task) bool {
	ts := m.snap.Progress.Tasks[t.ID]
	return ts != nil && ts.Status == runbook.Waiting && !ts.WaitUntil.IsZero() && !ts.WaitUntil.After(m.now())
}

func (m *Model) whyNoReopen() string {
	if why := m.recordable(); why != "" {
		return why
	}
	if ts := m.snap.Progress.Tasks[m.task().ID]; ts == nil || ts.DoneAt.IsZero() {
		return "This task was not marked carried out, so there is nothing to reopen."
	}
	return ""
}

func wantsAttest(c *runbook.Check, st *runbook.CheckState) bool {
	if c.Kind == "attest" {
		return st == nil || !st.Satisfied
	}
	return unread(st)
}

func (m *Model) whyNoAttest() string {
	if why := m.recordable(); why != "" {
		return why
	}
	c := m.checkAt(wantsAttest)
	if c == nil {
		return "Nothing here is to be attested, and no warning is unread."
	}
	if c.Kind != "attest" && !unread(m.snap.Progress.Checks[c.ID]) {
		return "This check is measured, not attested; r runs it."
	}
	return ""
}

func wantsPaste(c *runbook.Check, st *runbook.CheckState) bool {
	return c.Kind == "cmdlet" && (st == nil || !st.Satisfied)
}

func (m *Model) whyNoFill() string {
	if why := m.recordable(); why != "" {
		return why
	}
	if key, _ := m.valueAt(); key != "" {
		return ""
	}
	if script.ForTask(m.task()) {
		return ""
	}
	return "Neither a value nor a shell's result is missing here; I imports a file."
}

func wantsWaiver(c *runbook.Check, st *runbook.CheckState) bool {
	return c.Gate != "info" && c.Gate != "hard" && (st == nil || !st.Satisfied)
}

func (m *Model) whyNoWaive() string {
	if why := m.recordable(); why != "" {
		return why
	}
	if m.captureAt() != nil {
		return ""
	}
	c := m.checkAt(wantsWaiver)
	if c == nil {
		for _, c := range m.task().Checks {
			if st := m.snap.Progress.Checks[c.ID]; c.Gate == "hard" && (st == nil || !st.Satisfied) {
				return "\"" + c.Title + "\" is hard: the procedure allows no waiver."
			}
		}
		return "No check of this task needs a waiver."
	}
	st := m.snap.Progress.Checks[c.ID]
	switch {
	case c.Gate == "hard":
		return "\"" + c.Title + "\" is hard: the procedure allows no waiver."
	case c.Gate == "info":
		return "This check never blocks, so there is nothing to waive."
	case st != nil && st.Satisfied:
		return "This check is satisfied, so there is nothing to waive."
	}
	return ""
}

// captureAt returns the focused capture while its value is not known.
func (m *Model) captureAt() *runbook.Capture {
	it, ok := m.focusedItem()
	if !ok || it.capture == nil || m.focus != detailRegion || m.task() == nil {
		return nil
	}
	if _, known := m.snap.Progress.Values[it.capture.Key]; known {
		return nil
	}
	return it.capture
}

func hasResult(_ *runbook.Check, st *runbook.CheckState) bool { return st != nil && st.Result != nil }

func (m *Model) whyNoResult() string {
	if why := m.whyNoTask(); why != "" {
		return why
	}
	if c := m.checkAt(hasResult); c == nil || !hasResult(c, m.snap.Progress.Checks[c.ID]) {
		return "There is no result yet; r runs the check."
	}
	return ""
}

func (m *Model) whyNoUndo() string {
	if why := m.whyNoTask(); why != "" {
		return why
	}
	if t := m.task(); len(t.Undo) == 0 && t.UndoText == "" && t.NoReturn == "" {
		return "This task changes nothing that would have to be undone."
	}
	return ""
}

func (m *Model) whyNoExport() string {
	if m.cfg.Export == nil {
		return "The export is not available here."
	}
	return ""
}
