package linear

import (
	"fmt"
	"strconv"
	"strings"

	"coexist/runbook"
	"coexist/tui/intake/answers"
)

func (t *talk) retreat() *runbook.Retreat {
	return runbook.PlanBackout(t.snap.Runbook, t.snap.Progress)
}

// showRetreat lists the undo cards in the order in which they are taken back.
func (t *talk) showRetreat() {
	t.phase, t.task, t.list = nil, nil, nil
	plan := t.retreat()
	t.con.blank()
	t.con.say("The way back, newest first: %d of %s settled.", plan.Settled, answers.Count(len(plan.Cards), "undo card", "undo cards"))
	for _, c := range plan.Cards {
		line := fmt.Sprintf("[%s] %s, %s", strings.ToLower(c.Word()), c.Task.Title, c.Task.Label)
		if len(c.Missing) > 0 {
			line += ". Missing: " + c.Missing[0].Key + ", as it was before the work"
		}
		t.item(line, func() error {
			if err := t.openTask(c.Task); err != nil {
				return err
			}
			return t.undo("")
		})
	}
	if len(plan.Final) > 0 {
		t.con.say("What does not come back:")
	}
	for _, c := range plan.Final {
		t.con.say("%s, %s: %s", c.Task.Title, c.Task.Label, c.Task.NoReturn)
	}
	if next := plan.Next(); next != nil {
		t.con.say("Next: %s, %s.", next.Task.Title, next.Task.Label)
	} else if plan.Complete() {
		t.con.say("Every undo card is settled.")
	}
}

// undo is the card with the way back. Once the task was carried out it holds
// the values as they were before.
func (t *talk) undo(string) error {
	task := t.task
	card := t.retreat().Card(task.ID)
	t.con.blank()
	t.con.say("The way back from: %s, %s", task.Title, task.Label)
	if task.NoReturn != "" {
		t.con.say("There is none: %s", task.NoReturn)
	}
	if task.UndoTime > 0 {
		t.con.say("Takes about: %s", minutes(task.UndoTime))
	}
	t.labelled("By hand", task.UndoText)
	values := t.snap.Progress.Values
	if card != nil {
		values = card.Values
	}
	for i, c := range task.Undo {
		t.commandWith(fmt.Sprintf("Undo %d of %d", i+1, len(task.Undo)), c, values)
	}
	if len(task.Undo) == 0 && task.UndoText == "" && task.NoReturn == "" {
		t.con.say("Nothing needs to be taken back.")
	}
	switch {
	case t.snap.Progress.Backout == nil:
		t.con.say("After going back, type reopen so that the record says so.")
	case card != nil && task.NoReturn == "":
		t.showCard(card)
	}
	return nil
}

func (t *talk) showCard(c *runbook.UndoCard) {
	for _, v := range c.Captured {
		text := v.Value
		switch {
		case !v.Known:
			text = "never captured"
		case text == "":
			text = "(empty)"
		}
		t.con.say("Before: %s was %s", v.Name, strings.ReplaceAll(strings.TrimSpace(text), "\n", ", "))
	}
	t.con.say("State: %s.", strings.ToLower(c.Word()))
	for i, k := range c.Checks {
		t.con.say("Check %d [%s] %s; expected %s", i+1, strings.ToLower(k.Word()), k.Title, k.Expected)
		if k.Answer != nil {
			t.con.say("   found %s", k.Answer.Found)
		}
		for _, l := range k.Lines {
			t.con.say("%s", l)
		}
	}
	if c.Done() {
		t.con.say("Type answer N for what a check finds now, or backout for the list.")
	} else {
		t.con.say("Type undone when it is taken back, leave if it stays in place, or backout for the list.")
	}
}

// undone records that the task was taken back.
func (t *talk) undone(rest string) error {
	card := t.retreat().Card(t.task.ID)
	if rest == "" && card != nil && (len(card.Missing) > 0 || len(t.task.Undo) == 0) {
		s, err := t.con.need("How was it taken back, or a dot to leave: ")
		if err != nil {
			return err
		}
		rest = s
	}
	if err := t.s.MarkUndone(t.task.ID, runbook.Undoing{ByHand: rest}); err != nil {
		return err
	}
	t.refresh()
	t.con.say("Recorded: taken back. %s", t.task.Title)
	return t.undo("")
}

// leave records that what the task changed stays in place.
func (t *talk) leave(rest string) error {
	if rest == "" {
		s, err := t.con.need("Why does it stay in place, or a dot to leave: ")
		if err != nil {
			return err
		}
		rest = s
	}
	if err := t.s.MarkUndone(t.task.ID, runbook.Undoing{Left: rest}); err != nil {
		return err
	}
	t.refresh()
	t.con.say("Recorded: left in place. %s", t.task.Title)
	return nil
}

// answer records what a check of the undo card finds now.
func (t *talk) answer(rest string) error {
	card := t.retreat().Card(t.task.ID)
	number, found, _ := strings.Cut(rest, " ")
	n, err := strconv.Atoi(number)
	if card == nil || err != nil || n < 1 || n > len(card.Checks) {
		return fmt.Errorf("expected answer and the number of a check of the undo card, found %q", rest)
	}
	k := card.Checks[n-1]
	if found = strings.TrimSpace(found); found == "" {
		question := "What does the command show now (none if it is empty), or a dot to leave: "
		if k.Name == runbook.AsBefore {
			question = "Is all that it changed as it was before, yes or no, or a dot to leave: "
		}
		if found, err = t.con.need(question); err != nil {
			return err
		}
	}
	a, err := t.s.CheckUndone(t.task.ID, k.Name, found, "")
	if err != nil {
		return err
	}
	t.refresh()
	if a.Good {
		t.con.say("Recorded: as before.")
	} else {
		t.con.say("Recorded, and it is not as before: expected %s, found %s.", a.Expected, a.Found)
	}
	return nil
}
