package command

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"coexist/runbook"
	"coexist/runbook/export"
)

// backoutRequest is what the flags of backout ask for; at most one of them
// records something.
type backoutRequest struct {
	declare string
	typed   string
	task    string
	done    bool
	byHand  string
	leave   string
	check   string
	found   string
	note    string
	value   string
	asJSON  bool
}

func backoutCommand(a *app) *cobra.Command {
	var q backoutRequest
	c := &cobra.Command{
		Use:   "backout FILE",
		Short: "Take the migration back: the undo cards in their order",
		Long: `Shows the plan turned round: an undo card for every task that was carried out,
newest first, with the values that were captured before it, what shows that it
is as before, and what does not come back. Without a declared backout it tells
how ready the way back is, and records nothing.

  coexist backout FILE --declare REASON --type ORGANISATION   declare it
  coexist backout FILE --task ID                              one undo card
  coexist backout FILE --task ID --done                       its commands ran
  coexist backout FILE --task ID --by-hand HOW                went another way
  coexist backout FILE --task ID --leave WHY                  it stays in place
  coexist backout FILE --task ID --check 1 --found TEXT       what is read now
  coexist backout FILE --value KEY=TEXT                       never captured

While a backout is declared no gate opens. It is taken back in the wizard, by
the one who declared it (u).`,
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error { return a.backout(args[0], q) },
	}
	f := c.Flags()
	f.StringVar(&q.declare, "declare", "", "declare the backout, for this reason")
	f.StringVar(&q.typed, "type", "", "with --declare: the organisation's name, to confirm")
	f.StringVar(&q.task, "task", "", "the undo card of this task")
	f.BoolVar(&q.done, "done", false, "the card's commands were run")
	f.StringVar(&q.byHand, "by-hand", "", "it was taken back by hand: how")
	f.StringVar(&q.leave, "leave", "", "what it changed stays in place: why")
	f.StringVar(&q.check, "check", "", "answer this check of the card, by its number")
	f.StringVar(&q.found, "found", "", "with --check: what is read now, or yes or no")
	f.StringVar(&q.note, "note", "", "with --check: a remark")
	f.StringVar(&q.value, "value", "", "fill in a value that was not captured: KEY=TEXT")
	f.BoolVar(&q.asJSON, "json", false, "answer as JSON")
	return c
}

// acts are what a request wants recorded, in words of its flags.
func (q backoutRequest) acts() []string {
	var out []string
	for flag, given := range map[string]bool{"--declare": q.declare != "", "--done": q.done, "--by-hand": q.byHand != "", "--leave": q.leave != "", "--check": q.check != "", "--value": q.value != ""} {
		if given {
			out = append(out, flag)
		}
	}
	return out
}

func (a *app) backout(file string, q backoutRequest) error {
	acts := q.acts()
	switch {
	case len(acts) > 1:
		return errors.New("one thing at a time: --declare, --done, --by-hand, --leave, --check and --value are acts of their own")
	case q.task == "" && (q.done || q.byHand != "" || q.leave != "" || q.check != ""):
		return fmt.Errorf("%s goes with --task ID; coexist backout %s lists the ids", acts[0], file)
	case (q.check == "") != (q.found == ""):
		return errors.New("--check NUMBER and --found TEXT go together; say --found none where nothing is there now")
	}
	if len(acts) == 1 {
		if err := a.recordBackout(file, q); err != nil {
			return err
		}
	}
	snap, err := a.look(file)
	if err != nil {
		return err
	}
	r := export.RetreatOf(snap.Runbook, snap.Progress)
	if q.task == "" {
		return a.answer(q.asJSON, r, r.Text)
	}
	text := r.CardText(q.task)
	if text == "" {
		if snap.Runbook.Task(q.task) == nil {
			return fmt.Errorf("there is no task %q in this runbook; coexist backout %s lists the ids", q.task, file)
		}
		return fmt.Errorf("%s has no undo card: it was not carried out, or there is nothing to take back", q.task)
	}
	if !q.asJSON {
		fmt.Fprint(a.Out, text)
		return nil
	}
	for _, c := range append(r.Cards, r.Final...) {
		if c.ID == q.task {
			return a.answer(true, c, nil)
		}
	}
	return nil
}

func (a *app) recordBackout(file string, q backoutRequest) error {
	s, err := a.openOnRecord(file)
	if err != nil {
		return err
	}
	defer s.Close()
	switch {
	case q.declare != "":
		name := s.Snapshot().Runbook.Migration.Organization.Name
		if q.typed != name {
			return fmt.Errorf("a backout closes every gate. To declare it, say --type %q; found %q", name, q.typed)
		}
		return s.DeclareBackout(q.declare)
	case q.value != "":
		key, text, found := strings.Cut(q.value, "=")
		if !found {
			return fmt.Errorf("expected --value KEY=TEXT, found %q", q.value)
		}
		return s.SetValue(key, text)
	case q.check != "":
		return a.checkUndone(s, q)
	}
	return s.MarkUndone(q.task, runbook.Undoing{ByHand: q.byHand, Left: q.leave})
}

func (a *app) checkUndone(s *runbook.Session, q backoutRequest) error {
	snap := s.Snapshot()
	card := runbook.PlanBackout(snap.Runbook, snap.Progress).Card(q.task)
	if card == nil {
		return fmt.Errorf("%s has no undo card", q.task)
	}
	name := q.check
	for i, k := range card.Checks {
		if fmt.Sprint(i+1) == q.check {
			name = k.Name
		}
	}
	answer, err := s.CheckUndone(q.task, name, q.found, q.note)
	if err != nil {
		return err
	}
	if !answer.Good {
		return failure{fmt.Errorf("recorded, and it is not as before: expected %s, found %s; take it back again and check anew", answer.Expected, answer.Found)}
	}
	fmt.Fprintln(a.Err, "recorded: as before")
	return nil
}
