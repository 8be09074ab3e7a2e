package tui

import (
	"fmt"
	"slices"
	"time"

	"coexist/runbook"
)

// advice is the next thing to do, in a few words, and where.
type advice struct {
	text  string
	task  string
	check string
	phase string
}

// nextAction says what comes next, in words.
func nextAction(r *runbook.Runbook, p *runbook.Progress) advice {
	if p.Backout != nil {
		plan := runbook.PlanBackout(r, p)
		out := advice{text: fmt.Sprintf("backing out since %s, %d of %d settled (D)", p.Backout.Time.In(p.Now.Location()).Format("15:04"), plan.Settled, len(plan.Cards))}
		if c := plan.Next(); c != nil {
			out.text, out.task = fmt.Sprintf("back out %d/%d (D): %s", plan.Settled, len(plan.Cards), onTarget(c.Task)), c.Task.ID
		}
		return out
	}
	next := runbook.Next(r, p)
	t := next.Task
	if next.Kind == runbook.NextUnlock {
		b := next.Blocker
		return advice{text: "clear the gate: " + b.Text, task: b.Task, check: b.Check, phase: next.Phase.ID}
	}
	if t == nil {
		return advice{text: "all steps are done: export the runbook with e"}
	}
	ts := p.Tasks[t.ID]
	where := fmt.Sprintf("%d.%d %s", t.Phase.Step, slices.Index(t.Phase.Tasks, t)+1, onTarget(t))
	switch next.Kind {
	case runbook.NextFix:
		return advice{text: "fix " + where, task: t.ID, check: failedCheck(t, p)}
	case runbook.NextConfirm:
		return advice{text: "confirm the changed command of " + where, task: t.ID}
	case runbook.NextWait:
		return advice{text: "wait for " + where + waitText(ts, p.Now), task: t.ID}
	}
	out := advice{text: todo(t, ts, p) + " " + where, task: t.ID}
	if ts.Status == runbook.Waiting || ts.Status == runbook.Stale {
		out.check = openCheck(t, p)
	}
	return out
}

// onTarget names a task with its target, once.
func onTarget(t *runbook.Task) string {
	if label := labelOf(t); label != "" {
		return t.Title + " on " + label
	}
	return t.Title
}

// failedCheck is the first check of a task that failed and counts.
func failedCheck(t *runbook.Task, p *runbook.Progress) string {
	for _, c := range t.Checks {
		if cs := p.Checks[c.ID]; cs != nil && cs.Status == runbook.Failed && !cs.Satisfied {
			return c.ID
		}
	}
	return ""
}

// openCheck is the first check that keeps a carried out task from being done.
func openCheck(t *runbook.Task, p *runbook.Progress) string {
	for _, c := range t.Checks {
		if cs := p.Checks[c.ID]; c.Gate != "info" && (cs == nil || !cs.Satisfied) {
			return c.ID
		}
	}
	return ""
}

// todo words what a task asks for.
func todo(t *runbook.Task, ts *runbook.TaskState, p *runbook.Progress) string {
	if len(ts.Missing) > 0 {
		return "fill in a value for"
	}
	for _, c := range t.Checks {
		cs := p.Checks[c.ID]
		if c.Gate == "info" || cs != nil && cs.Satisfied {
			continue
		}
		switch {
		case ts.DoneAt.IsZero() && c.Before:
			return "before the work, " + checkWord(c, cs)
		case !ts.DoneAt.IsZero():
			return checkWord(c, cs)
		}
	}
	switch {
	case !ts.DoneAt.IsZero() && ts.Status == runbook.Waiting:
		return "confirm that the wait is over (space):"
	case len(t.Commands) == 0 && len(t.Checks) > 0:
		return "check"
	case len(t.Commands) == 0:
		return "do"
	}
	return "carry out"
}

// checkWord is what a check that is open asks for.
func checkWord(c *runbook.Check, st *runbook.CheckState) string {
	switch {
	case unread(st):
		return "read the warning of"
	case c.Kind == "attest":
		return "attest"
	case c.Kind == "cmdlet":
		return "take in the result for"
	}
	return "check"
}

func waitText(ts *runbook.TaskState, now time.Time) string {
	if ts.WaitUntil.IsZero() {
		return ""
	}
	return ", until " + ts.WaitUntil.In(now.Location()).Format("15:04")
}

// currentPhase is where work goes on: the first open phase that is not
// complete, else the first that is locked, else the last.
func currentPhase(r *runbook.Runbook, p *runbook.Progress) string {
	locked, last := "", ""
	for _, phase := range r.Phases {
		last = phase.ID
		st := p.Phases[phase.ID]
		switch {
		case st == nil:
		case st.Open && !st.Complete:
			return phase.ID
		case !st.Open && locked == "":
			locked = phase.ID
		}
	}
	if locked != "" {
		return locked
	}
	return last
}
