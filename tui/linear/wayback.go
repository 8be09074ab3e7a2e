package linear

import (
	"fmt"
)

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
