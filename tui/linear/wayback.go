package linear

import (
	"fmt"
)

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
	if t.snap.Progress.Backout != nil {
		t.showRetreat()
		return nil
	}
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
	t.showRetreat()
	return nil
}
