package linear

import (
	"fmt"
	"strings"

	"coexist/checks"
	"coexist/runbook"
	"coexist/tui/intake/answers"
)

// checkAt reads which check of the open task is meant.
func (t *talk) checkAt(rest, word string) (*runbook.Check, error) {
	list := t.task.Checks
	if n, ok := number(rest, len(list)); ok {
		return list[n-1], nil
	}
	if rest == "" && len(list) == 1 {
		return list[0], nil
	}
	if len(list) == 0 {
		return nil, fmt.Errorf("this task has no check")
	}
	return nil, fmt.Errorf("say which check: %s 1 to %s %d", word, word, len(list))
}

// run runs a check of the task, all of them, or all of the open step.
func (t *talk) run(rest string) error {
	var list []*runbook.Check
	switch {
	case t.task != nil && (rest == "" || rest == "all"):
		list = t.task.Checks
	case t.task != nil:
		c, err := t.checkAt(rest, "run")
		if err != nil {
			return err
		}
		list = []*runbook.Check{c}
	case t.phase != nil:
		for _, task := range t.phase.Tasks {
			list = append(list, task.Checks...)
		}
	default:
		return fmt.Errorf("open a step or a task first")
	}
	return t.runList(list)
}

// runList runs what can be run from here and says a line for each result. A
// check that a person or a shell must answer is told, not run.
func (t *talk) runList(list []*runbook.Check) error {
	var ids []string
	titles := map[string]string{}
	for _, c := range list {
		if c.Kind == "attest" {
			t.con.say("Not run: %s. A person answers it: open its task and type attest.", c.Title)
			continue
		}
		ids = append(ids, c.ID)
		titles[c.ID] = c.Title
	}
	if len(ids) == 0 {
		t.con.say("No check to run here.")
		return nil
	}
	ctx, cancel := t.interruptible()
	defer cancel()
	check, how := t.s.RunChecks, ""
	if t.snap.ReadOnly || t.snap.Broken != "" {
		check, how = t.s.TryChecks, " without recording: "+t.readOnly()
	}
	t.con.say("Running %s%s.", answers.Count(len(ids), "check", "checks"), how)
	n := 0
	results, err := check(ctx, ids, func(u checks.Update) {
		if u.Done && u.Result != nil {
			n++
			t.con.say("%d of %d: %s. %s: %s", n, len(ids), ended(*u.Result), titles[u.Result.ID], u.Result.Summary)
		}
	})
	t.refresh()
	t.sum(results)
	if err == nil && how != "" {
		t.con.say("Nothing of this was recorded, and it counts for no gate.")
	}
	return err
}

// sum tells what failed once more, with its remedy, after all results.
func (t *talk) sum(results []checks.Result) {
	tally := map[checks.Verdict]int{}
	var found []checks.Result
	for _, r := range results {
		if r.Reason != checks.Cancelled { // else it is as it was
			tally[r.Verdict]++
			found = append(found, r)
		}
	}
	var parts []string
	for _, v := range []checks.Verdict{checks.Pass, checks.Warn, checks.Fail, checks.Unknown, checks.Skip} {
		if tally[v] > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", tally[v], v))
		}
	}
	if len(parts) > 0 {
		t.con.say("Finished: %s.", strings.Join(parts, ", "))
	}
	if n := len(results) - len(found); n > 0 {
		t.con.say("Cancelled: %s. What was known before stays.", answers.Count(n, "check", "checks"))
	}
	for _, r := range found {
		if r.Verdict == checks.Fail || r.Verdict == checks.Unknown {
			if c := t.snap.Runbook.Check(r.ID); c != nil {
				t.con.say("%s, %s: %s", c.Title, c.Task.Label, r.Verdict)
			}
			t.trouble(r)
		}
		if c := t.snap.Runbook.Check(r.ID); r.Verdict == checks.Warn && c != nil && c.Task == t.task {
			t.con.say("Type read %d once you have read the warning: %s", t.position(c), c.Title)
		}
	}
}

// markDone records that the task was carried out, with its name typed where
// the procedure asks for it.
func (t *talk) markDone(string) error {
	task := t.task
	if task.NoReturn != "" {
		t.con.say("No way back: %s", task.NoReturn)
	}
	typed := ""
	if task.Confirm != "" {
		s, err := t.con.need("Type " + task.Confirm + " to confirm that this was carried out, or a dot to leave: ")
		if err != nil {
			return err
		}
		typed = s
	} else if ok, err := t.con.sure("Were all its commands carried out?"); err != nil || !ok {
		if err == nil {
			err = errLeft
		}
		return err
	}
	if err := t.s.MarkDone(task.ID, typed); err != nil {
		return err
	}
	t.refresh()
	t.con.say("Recorded: carried out. %s, %s", task.Title, task.Label)
	if len(task.Checks) > 0 {
		t.con.say("Type run to check it, or next for the next task.")
	} else {
		t.sayNext()
	}
	return nil
}

func (t *talk) attest(rest string) error {
	c, err := t.checkAt(rest, "attest")
	if err != nil {
		return err
	}
	t.con.say("Answering: %s", c.Title)
	if ready, _, err := c.Ready(t.snap.Progress.Values); err == nil {
		if q := ready.Params.String("question"); q != "" {
			t.con.say("Question: %s", q)
		}
		if e := ready.Params.String("evidence"); e != "" {
			t.con.say("Keep as proof: %s", e)
		}
	}
	a := runbook.Attestation{}
	for a.Answer == "" {
		s, err := t.con.need("Answer yes, no or n/a, or a dot to leave: ")
		if err != nil {
			return err
		}
		switch s = strings.ToLower(s); s {
		case "yes", "no", "n/a":
			a.Answer = s
		default:
			t.con.say("Refused: expected yes, no or n/a.")
		}
	}
	if a.Name, err = t.nameOr("Who states this"); err != nil {
		return err
	}
	if a.Note, err = t.con.ask("Note or proof, may be empty: "); err != nil {
		return err
	}
	if err := t.s.Attest(c.ID, a); err != nil {
		return err
	}
	t.refresh()
	t.con.say("Recorded: stated %s by %s. A statement, not a measurement.", a.Answer, a.Name)
	return nil
}

// nameOr asks for a name and offers the operator's.
func (t *talk) nameOr(prompt string) (string, error) {
	mine := t.snap.Progress.Operator
	if mine == "" {
		return t.con.need(prompt + ": ")
	}
	s, err := t.con.ask(prompt + " [" + mine + "]: ")
	if s = strings.TrimSpace(s); s == "" {
		s = mine
	}
	if s == "." {
		return "", errLeft
	}
	return s, err
}

func (t *talk) waive(rest string) error {
	c, err := t.checkAt(rest, "waive")
	if err != nil {
		return err
	}
	if c.Gate == "hard" {
		return fmt.Errorf("the procedure does not let this check be waived: %s", c.Title)
	}
	t.con.say("Waiving: %s", c.Title)
	w := runbook.Waiver{Check: c.ID, Result: t.snap.Progress.Checks[c.ID].Seq}
	if w.Reason, err = t.con.need("Reason, or a dot to leave: "); err != nil {
		return err
	}
	if w.Name, err = t.nameOr("Who takes it on"); err != nil {
		return err
	}
	if c.Gate == "dual" {
		if w.Second, err = t.con.need("Second person, not you: "); err != nil {
			return err
		}
	}
	if err := t.s.Waive(w); err != nil {
		return err
	}
	t.refresh()
	t.con.say("Recorded: waived by %s. It stands among the deviations of the record.", w.Name)
	return nil
}

func (t *talk) read(rest string) error {
	c, err := t.checkAt(rest, "read")
	if err != nil {
		return err
	}
	s := t.snap.Progress.Checks[c.ID]
	if s.Result != nil {
		t.con.say("Warning: %s", s.Result.Summary)
	}
	if err := t.s.ReadWarning(c.ID, s.Seq); err != nil {
		return err
	}
	t.refresh()
	t.con.say("Recorded: the warning was read.")
	return nil
}

func (t *talk) note(rest string) error {
	id, on := "", "the whole run"
	if t.task != nil {
		id, on = t.task.ID, t.task.Title
	}
	if rest == "" {
		s, err := t.con.need("Note on " + on + ", or a dot to leave: ")
		if err != nil {
			return err
		}
		rest = s
	}
	if err := t.s.Note(id, rest); err != nil {
		return err
	}
	t.refresh()
	t.con.say("Recorded: a note on %s.", on)
	return nil
}
