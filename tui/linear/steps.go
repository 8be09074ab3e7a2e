package linear

import (
	"errors"
	"fmt"
	"strings"

	"coexist/runbook"
	"coexist/tui/intake/answers"
)

// greet says which migration this is and what must be known on opening it.
func (t *talk) greet() {
	r, p := t.snap.Runbook, t.snap.Progress
	t.con.say("coexist, in lines. Type help for the commands.")
	t.con.say("Migration: %s, %s, target %s, file %s", r.Migration.Organization.Name, way(r.Source), r.Migration.Target.Release, t.snap.Path)
	if p.Rehearsal != "" {
		t.con.say("REHEARSAL: this is the laboratory (%s), not a real organisation.", p.Rehearsal)
	}
	if t.snap.ReadOnly {
		t.con.say("READ ONLY: %s", t.readOnly())
	}
	if t.snap.Broken != "" {
		t.con.say("Journal broken: %s", t.snap.Broken)
	}
	for _, a := range p.Alerts {
		t.con.say("Note: %s", a)
	}
	t.absence()
}

func (t *talk) readOnly() string {
	switch {
	case t.snap.Holder != "":
		return "the journal is held by " + t.snap.Holder + "; nothing can be recorded here"
	case t.snap.Why != "":
		return t.snap.Why
	}
	return "nothing can be recorded here"
}

// operator asks who works here, where something can be recorded; whoever worked
// here last is offered, never taken for granted.
func (t *talk) operator() error {
	if t.snap.ReadOnly {
		return nil
	}
	if t.cfg.Operator != "" {
		t.con.say("Operator: %s", t.cfg.Operator)
		return nil
	}
	for {
		name, err := t.nameOr("Your name, for the record")
		if errors.Is(err, errLeft) {
			t.con.say("Nothing can be recorded without a name; operator NAME gives it.")
			return nil
		}
		if err != nil {
			return err
		}
		if err := t.s.SetOperator(name); err != nil {
			t.con.say("Refused: %s", err)
			continue
		}
		t.refresh()
		return nil
	}
}

// overview lists the steps.
func (t *talk) overview() {
	t.phase, t.task, t.list = nil, nil, nil
	t.con.blank()
	t.con.say("%s. Its steps:", t.snap.Runbook.Title)
	for _, p := range t.snap.Runbook.Phases {
		s := t.snap.Progress.Phases[p.ID]
		line := fmt.Sprintf("Step %s: %s. %s, %d of %s done", phaseNumber(p), p.Title, s.Status, s.Done, answers.Count(s.Total, "task", "tasks"))
		if n := len(s.Blockers); !s.Open && n > 0 {
			line += ", " + answers.Count(n, "thing blocks it", "things block it")
		}
		t.item(line, func() error { t.phase = p; t.showPhase(); return nil })
	}
	t.sayTime()
	t.sayNext()
}

// sayTime tells where the work stands against the clock.
func (t *talk) sayTime() {
	now := t.snap.Progress.Now
	s := runbook.Schedule(t.snap.Runbook, t.snap.Progress, now)
	switch {
	case s.Before(now):
		t.con.say("The window opens at %s, in %s.", clock(s.Start), minutes(s.Start.Sub(now)))
	case s.End.IsZero():
	case s.Over(now):
		t.con.say("THE WINDOW IS OVER since %s.", clock(s.End))
	default:
		t.con.say("The window ends at %s, in %s.", clock(s.End), minutes(s.Left(now)))
	}
	switch {
	case s.RollBackBy.IsZero() || s.Undo == 0 || s.Over(now):
	case s.TooLate(now):
		t.con.say("It is too late to roll back within the window: that takes about %s.", minutes(s.Undo))
	default:
		t.con.say("Roll back by %s at the latest: that takes about %s.", clock(s.RollBackBy), minutes(s.Undo))
	}
}

// item prints a numbered line and remembers what its number chooses.
func (t *talk) item(text string, do func() error) {
	t.list = append(t.list, do)
	t.con.say("%d. %s", len(t.list), text)
}

// showPhase lists the tasks of the open step.
func (t *talk) showPhase() {
	t.task, t.list = nil, nil
	p, s := t.phase, t.snap.Progress.Phases[t.phase.ID]
	t.con.blank()
	t.con.say("Step %s: %s. %s, %d of %s done.", phaseNumber(p), p.Title, s.Status, s.Done, answers.Count(s.Total, "task", "tasks"))
	if work, wait := runbook.Remaining(p, t.snap.Progress, t.snap.Progress.Now); !s.Complete && work+wait > 0 {
		var parts []string
		if work > 0 {
			parts = append(parts, "about "+minutes(work)+" of work")
		}
		if wait > 0 {
			parts = append(parts, minutes(wait)+" of waiting")
		}
		t.con.say("Still %s.", strings.Join(parts, " and "))
	}
	if !s.Open {
		t.con.say("Locked: %s before it opens. Type gate to hear what.", answers.Count(len(s.Blockers), "thing is missing", "things are missing"))
	}
	for _, task := range p.Tasks {
		t.item(t.taskLine(task), func() error { return t.openTask(task) })
	}
	if len(p.Tasks) == 0 {
		t.con.say("No tasks here.")
	}
}

func (t *talk) taskLine(task *runbook.Task) string {
	s := t.snap.Progress.Tasks[task.ID]
	line := fmt.Sprintf("%s %s, %s", bracket(s.Status), task.Title, task.Label)
	if task.Optional {
		line += ", optional"
	}
	if s.Total > 0 {
		line += fmt.Sprintf(", checks %d of %d", s.Pass, s.Total)
	}
	if s.Why != "" {
		line += ". " + s.Why
	}
	return line
}

func (t *talk) openTask(task *runbook.Task) error {
	t.phase, t.task = task.Phase, task
	t.showTask()
	return nil
}

// next finds the task to work on now: first what went wrong in a step that is
// open, then what can be done, then what is waited for, then what keeps a step
// locked. In a backout it is the undo card that comes next.
func (t *talk) next() *runbook.Task { return runbook.Next(t.snap.Runbook, t.snap.Progress).Task }

func (t *talk) sayNext() {
	task := t.next()
	switch {
	case task != nil:
		t.con.say("Next: %s, %s. Type next to open it.", task.Title, task.Label)
	case t.snap.Progress.Backout != nil:
		t.con.say("Every undo card is settled; type backout for the list, export to write the record.")
	case t.firstOpen() == nil:
		t.con.say("All steps are done. Type export to write the record.")
	default:
		t.con.say("Nothing can be done right now. Type gate to hear what is missing.")
	}
}

func (t *talk) goNext(string) error {
	if task := t.next(); task != nil {
		return t.openTask(task)
	}
	t.sayNext()
	return nil
}

// gate tells what keeps the open step locked, or what it still owes the next.
func (t *talk) gate(string) error {
	p := t.phase
	if p == nil {
		p = t.firstOpen()
	}
	if p == nil {
		t.con.say("Every step is complete.")
		return nil
	}
	s := t.snap.Progress.Phases[p.ID]
	switch {
	case !s.Open:
		t.con.say("Step %s is locked. What blocks it:", phaseNumber(p))
		t.blockers(s.Blockers)
	case len(s.Remaining) > 0:
		t.con.say("Step %s is open. What is missing until it is complete:", phaseNumber(p))
		t.blockers(s.Remaining)
	default:
		t.con.say("Step %s is complete.", phaseNumber(p))
	}
	return nil
}

func (t *talk) firstOpen() *runbook.Phase {
	for _, p := range t.snap.Runbook.Phases {
		if !t.snap.Progress.Phases[p.ID].Complete {
			return p
		}
	}
	return nil
}

// blockers lists what is in the way; a number opens the task that mends it.
func (t *talk) blockers(list []runbook.Blocker) {
	if len(list) == 0 {
		return
	}
	t.list = nil
	for _, b := range list {
		status, text := b.Status, b.Text
		if st := t.snap.Progress.Tasks[b.Task]; b.Check == "" && st != nil { // the task itself: how it stands
			status = st.Status
		}
		line := bracket(status) + " " + text
		if b.Mend != "" {
			line += ". To mend: " + b.Mend
		}
		if !b.LastGreen.IsZero() {
			line += ". Last green " + clock(b.LastGreen)
		}
		if b.Check != "" && b.MayWaive {
			line += ". May be waived"
		}
		task := t.snap.Runbook.Task(b.Task)
		t.item(line, func() error {
			if task == nil {
				t.con.say("This has no task of its own: %s", b.Text)
				return nil
			}
			return t.openTask(task)
		})
	}
}

// goStep opens a step by its number on the diagram.
func (t *talk) goStep(rest string) error {
	if rest == "" {
		t.overview()
		return nil
	}
	for _, p := range t.snap.Runbook.Phases {
		if strings.EqualFold(phaseNumber(p), rest) || strings.EqualFold(p.ID, rest) {
			t.phase = p
			t.showPhase()
			return nil
		}
	}
	t.con.say("There is no step %s.", rest)
	return nil
}

func (t *talk) tasks(string) error {
	if t.phase == nil {
		t.phase = t.firstOpen()
	}
	if t.phase == nil {
		t.overview()
		return nil
	}
	t.showPhase()
	return nil
}

func (t *talk) back(string) error {
	switch {
	case t.task != nil:
		t.showPhase()
	default:
		t.overview()
	}
	return nil
}
