package tui

import (
	"fmt"
	"strings"

	"coexist/runbook"
)

// advice is the next thing to do, in a few words, and where.
type advice struct {
	text  string
	task  string
	check string
	phase string
}

// nextAction says what comes next: first what went wrong, then what can be
// done, then what is waited for.
func nextAction(r *runbook.Runbook, p *runbook.Progress) advice {
	if p.Backout != nil {
		return advice{text: "backing out since " + p.Backout.Time.Format("15:04") + ": undo cards with b"}
	}
	var ready, waiting, unlock advice
	for _, phase := range r.Phases {
		st := p.Phases[phase.ID]
		if st == nil {
			continue
		}
		for i, t := range phase.Tasks {
			ts := p.Tasks[t.ID]
			if ts == nil {
				continue
			}
			where := fmt.Sprintf("%d.%d %s", phase.Step, i+1, onTarget(t))
			if a, ok := broken(t, ts, p, where); ok && st.Open {
				return a
			}
			if t.Optional || !st.Open {
				continue
			}
			switch ts.Status {
			case runbook.Ready, runbook.Running:
				if ready.text == "" {
					ready = advice{text: todo(t, ts, p) + " " + where, task: t.ID}
				}
			case runbook.Waiting:
				if waiting.text == "" {
					waiting = advice{text: "wait for " + where + waitText(ts), task: t.ID}
				}
			}
		}
		if !st.Open && unlock.text == "" && len(st.Blockers) > 0 {
			b := st.Blockers[0]
			unlock = advice{text: "clear the gate: " + b.Text, task: b.Task, check: b.Check, phase: phase.ID}
		}
	}
	for _, a := range []advice{ready, waiting, unlock} {
		if a.text != "" {
			return a
		}
	}
	return advice{text: "all steps are done: export the runbook with e"}
}

// onTarget names a task with its target, once.
func onTarget(t *runbook.Task) string {
	if strings.Contains(t.Title, t.Label) {
		return t.Title
	}
	return t.Title + " on " + t.Label
}

// broken tells what went wrong with a task.
func broken(t *runbook.Task, ts *runbook.TaskState, p *runbook.Progress, where string) (advice, bool) {
	switch ts.Status {
	case runbook.Failed:
		a := advice{text: "fix " + where, task: t.ID}
		for _, c := range t.Checks {
			if cs := p.Checks[c.ID]; cs != nil && cs.Status == runbook.Failed && !cs.Satisfied {
				a.check = c.ID
				break
			}
		}
		return a, true
	case runbook.Changed:
		return advice{text: "confirm the changed command of " + where, task: t.ID}, true
	}
	return advice{}, false
}

// todo words what a ready task asks for.
func todo(t *runbook.Task, ts *runbook.TaskState, p *runbook.Progress) string {
	if len(ts.Missing) > 0 {
		return "fill in a value for"
	}
	if !ts.DoneAt.IsZero() {
		for _, c := range t.Checks {
			if cs := p.Checks[c.ID]; cs == nil || !cs.Satisfied && cs.Status != runbook.Failed {
				if c.Kind == "attest" {
					return "attest"
				}
				return "check"
			}
		}
	}
	for _, c := range t.Checks {
		if cs := p.Checks[c.ID]; c.Before && c.Gate != "info" && (cs == nil || !cs.Satisfied) {
			return "check before"
		}
	}
	if len(t.Commands) == 0 {
		if len(t.Checks) > 0 {
			return "check"
		}
		return "do"
	}
	return "carry out"
}

func waitText(ts *runbook.TaskState) string {
	if ts.WaitUntil.IsZero() {
		return ""
	}
	return ", until " + ts.WaitUntil.Format("15:04")
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
