package linear

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"coexist/checks"
	"coexist/runbook"
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
		switch c.Kind {
		case "attest":
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
	ctx, cancel := t.ctx, context.CancelFunc(func() {})
	if t.cfg.Context != nil {
		ctx, cancel = t.cfg.Context(t.ctx)
	}
	defer cancel()
	t.con.say("Running %s.", count(len(ids), "check", "checks"))
	n := 0
	results, err := t.s.RunChecks(ctx, ids, func(u checks.Update) {
		if u.Done && u.Result != nil {
			n++
			t.con.say("%d of %d: %s. %s: %s", n, len(ids), verdict(*u.Result), titles[u.Result.ID], u.Result.Summary)
		}
	})
	t.refresh()
	t.sum(results)
	if errors.Is(err, context.Canceled) {
		t.con.say("Cancelled. What had finished is recorded.")
		return nil
	}
	return err
}

// sum tells what failed once more, with its remedy, after all results.
func (t *talk) sum(results []checks.Result) {
	tally := map[checks.Verdict]int{}
	for _, r := range results {
		tally[r.Verdict]++
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
	for _, r := range results {
		if r.Verdict == checks.Fail || r.Verdict == checks.Unknown {
			if c := t.snap.Runbook.Check(r.ID); c != nil {
				t.con.say("%s: %s", c.Title, r.Verdict)
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
	ready, _, err := c.Ready(t.snap.Progress.Values)
	if err == nil {
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
	w := runbook.Waiver{Check: c.ID}
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
	if s := t.snap.Progress.Checks[c.ID]; s.Result != nil {
		t.con.say("Warning: %s", s.Result.Summary)
	}
	if err := t.s.ReadWarning(c.ID); err != nil {
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

// fill asks for the values of the task, the missing ones or all of them.
func (t *talk) fill(rest string) error {
	type value struct{ key, kind, prompt, example string }
	var list []value
	for _, a := range t.task.Asks {
		list = append(list, value{a.Key, a.Type, a.Prompt, a.Example})
	}
	for _, c := range t.task.Captures {
		list = append(list, value{c.Key, c.Type, c.Prompt + " (property " + c.Property + ")", ""})
	}
	if len(list) == 0 {
		return fmt.Errorf("this task asks for no value")
	}
	for _, v := range list {
		old, known := t.snap.Progress.Values[v.key]
		if known && rest != "all" {
			continue
		}
		if err := t.fillOne(v.key, v.kind, v.prompt, v.example, old); err != nil {
			return err
		}
	}
	t.con.say("Type show to see the commands with the values, fill all to change one.")
	return nil
}

func (t *talk) fillOne(key, kind, prompt, example, old string) error {
	prompt += ", " + kind
	if example != "" {
		prompt += ", for example " + example
	}
	if old != "" {
		prompt += " [" + old + "]"
	}
	for {
		s, err := t.con.ask(prompt + ": ")
		if err != nil {
			return err
		}
		if s = strings.TrimSpace(s); s == "" {
			t.con.say("Left as it was.")
			return nil
		}
		if s == "." {
			return errLeft
		}
		if err := t.s.SetValue(key, s); err != nil {
			t.con.say("Refused: %s", err)
			continue
		}
		t.refresh()
		t.con.say("Recorded: %s", t.snap.Progress.Values[key])
		return nil
	}
}

// paste takes in what a management shell answered.
func (t *talk) paste(rest string) error {
	c, err := t.checkAt(rest, "paste")
	if err != nil {
		return err
	}
	text, err := t.con.lines("Paste what the Exchange " + c.Shell + " Management Shell printed for: " + c.Title)
	if err != nil {
		return err
	}
	if strings.TrimSpace(text) == "" {
		return errLeft
	}
	r, err := t.s.Paste(c.ID, text)
	if err != nil {
		return err
	}
	t.refresh()
	t.con.say("Recorded: %s: %s", verdict(r), r.Summary)
	if r.Verdict == checks.Fail || r.Verdict == checks.Unknown {
		t.trouble(r)
	}
	return nil
}

// undo is the card with the way back.
func (t *talk) undo(string) error {
	task := t.task
	t.con.blank()
	t.con.say("The way back from: %s, %s", task.Title, task.Label)
	if task.NoReturn != "" {
		t.con.say("There is none: %s", task.NoReturn)
	}
	if task.UndoTime > 0 {
		t.con.say("Takes about: %s", minutes(task.UndoTime))
	}
	t.labelled("By hand", task.UndoText)
	for i, c := range task.Undo {
		t.command(fmt.Sprintf("Undo %d of %d", i+1, len(task.Undo)), c)
	}
	if len(task.Undo) == 0 && task.UndoText == "" && task.NoReturn == "" {
		t.con.say("Nothing needs to be taken back.")
	}
	t.con.say("After going back, type reopen so that the record says so.")
	return nil
}

func (t *talk) reopen(rest string) error {
	if rest == "" {
		s, err := t.con.need("Why is it to be done again, or a dot to leave: ")
		if err != nil {
			return err
		}
		rest = s
	}
	if err := t.s.Reopen(t.task.ID, rest); err != nil {
		return err
	}
	t.refresh()
	t.con.say("Recorded: reopened. %s", t.task.Title)
	return nil
}

func (t *talk) takeBack(string) error {
	if ok, err := t.con.sure("Take back your own last act? It stays in the record as taken back."); err != nil || !ok {
		return err
	}
	what, err := t.s.UndoLast()
	if err != nil {
		return err
	}
	t.refresh()
	t.con.say("Taken back: %s", what)
	return nil
}

func (t *talk) backout(rest string) error {
	t.con.say("A backout closes every gate: from then on only ways back are done.")
	if rest == "" {
		s, err := t.con.need("Reason, or a dot to leave: ")
		if err != nil {
			return err
		}
		rest = s
	}
	name := t.snap.Runbook.Migration.Organization.Name
	typed, err := t.con.need("Type " + name + " to declare the backout, or a dot to leave: ")
	if err != nil {
		return err
	}
	if typed != name {
		return fmt.Errorf("expected %s, found %s", name, typed)
	}
	if err := t.s.DeclareBackout(rest); err != nil {
		return err
	}
	t.refresh()
	t.con.say("Recorded: backout declared.")
	return nil
}

func (t *talk) setOperator(rest string) error {
	if rest == "" {
		t.con.say("Operator: %s. Change it with operator NAME.", t.snap.Progress.Operator)
		return nil
	}
	if err := t.s.SetOperator(rest); err != nil {
		return err
	}
	t.refresh()
	t.con.say("Operator: %s", rest)
	return nil
}

func (t *talk) export(rest string) error {
	if t.cfg.Export == nil {
		return fmt.Errorf("there is no export here; use coexist export FILE")
	}
	said, err := t.cfg.Export(t.s, rest)
	if err != nil {
		return err
	}
	t.refresh()
	t.con.say("%s", said)
	return nil
}
