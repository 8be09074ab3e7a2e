package runbook

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// UndoState is what the journal knows of the way back from one task: when it
// was carried out, with which values, and how far it was taken back.
type UndoState struct {
	First    int64     // journal number of the first "carried out" that was not taken back
	DoneAt   time.Time // of the last "carried out"
	DoneBy   string
	Values   Values // those that were others when the task was carried out than they are now
	Seq      int64  // journal number of what settled the card; 0: nothing did
	At       time.Time
	By       string
	Left     string // why the change stays in place; empty where it was taken back
	ByHand   string // how it was taken back where the commands could not be used
	Lines    []string
	Answers  map[string]UndoAnswer // latest answer to each of the card's own checks
	Reopened bool                  // not in force any more, but it was carried out
}

// UndoAnswer is what was found after a task was taken back.
type UndoAnswer struct {
	Seq      int64
	At       time.Time
	By       string
	Expected string
	Found    string
	Good     bool
	Stated   bool // by a person, without anything read
	Note     string
}

// Retreat is the plan turned round: the undo cards of all that was carried
// out, newest first, and what does not come back.
type Retreat struct {
	Declared *Backout    // nil: nobody declared one, and this is how ready the way back is
	Cards    []*UndoCard // in the order in which they are taken back
	Final    []*UndoCard // carried out, and without a way back
	Nothing  []*Task     // carried out, and there is nothing to take back
	Settled  int         // cards taken back or left in place, with their checks good
	Left     time.Duration
}

// Complete tells that every card is settled and every check of one is good.
func (r *Retreat) Complete() bool { return r.Declared != nil && r.Settled == len(r.Cards) }

// Next is the first card that is not settled; nil when all are.
func (r *Retreat) Next() *UndoCard {
	for _, c := range r.Cards {
		if !c.Settled() {
			return c
		}
	}
	return nil
}

// Card finds a card by its task.
func (r *Retreat) Card(task string) *UndoCard {
	for _, list := range [][]*UndoCard{r.Cards, r.Final} {
		for _, c := range list {
			if c.Task.ID == task {
				return c
			}
		}
	}
	return nil
}

// UndoCard is the way back from one task.
type UndoCard struct {
	Task     *Task
	State    *UndoState
	Values   Values // as they were when the task was carried out
	Commands []UndoCommand
	Captured []Captured
	Missing  []Pending   // values without which the commands cannot be written
	Checks   []UndoCheck // what shows that it is as it was before

	behind, later      []*UndoCard // must be taken back first: of its own stretch of work, of later ones
	beyond, laterFinal []*UndoCard // the same of those without a way back
}

// UndoCommand is one command of a card, rendered from captured values.
type UndoCommand struct {
	*Command
	Lines   []string
	Pending []Pending
	Err     error
}

// Captured is a value that the task read before its change.
type Captured struct {
	Capture
	Known bool
	Value string
	Late  bool // filled in after the change: it was not there when the task was carried out
}

// UndoCheck is a check of its own that an undo card brings.
type UndoCheck struct {
	Name     string // the key of a captured value, or [AsBefore]
	Title    string
	Lines    []string // the command that reads it; empty where a person answers
	Shell    string
	Property string
	Expected string
	Answer   *UndoAnswer // nil: none since the task was taken back
}

// AsBefore is the check of a card that captured nothing: a person answers it.
const AsBefore = "as-before"

// Word is the state of a check of a card.
func (c UndoCheck) Word() string {
	switch {
	case c.Answer == nil:
		return "NOT RUN"
	case c.Answer.Good && c.Answer.Stated:
		return "ATTESTED"
	case c.Answer.Good:
		return "PASS"
	case c.Answer.Stated:
		return "FAIL (stated)"
	}
	return "FAIL"
}

// Done tells that a card was taken back or left in place.
func (c *UndoCard) Done() bool { return c.State.Seq > 0 }

// Settled tells that a card needs nothing more: taken back with good checks,
// or left in place for a reason.
func (c *UndoCard) Settled() bool {
	if !c.Done() {
		return false
	}
	for _, k := range c.Checks {
		if c.State.Left == "" && (k.Answer == nil || !k.Answer.Good) {
			return false
		}
	}
	return true
}

// Word is the state of a card.
func (c *UndoCard) Word() string {
	switch {
	case c.Task.NoReturn != "":
		return "NO WAY BACK"
	case c.State.Left != "":
		return "LEFT IN PLACE"
	case c.Settled():
		return "TAKEN BACK"
	case c.Done():
		for _, k := range c.Checks {
			if k.Answer != nil && !k.Answer.Good {
				return "TAKEN BACK, NOT AS BEFORE"
			}
		}
		return "TAKEN BACK, NOT CHECKED"
	case c.Held() > 0:
		return "LATER"
	case len(c.Missing) > 0:
		return "VALUE MISSING"
	}
	return "TO DO"
}

// PlanBackout turns the plan round, from what was carried out and captured.
// It is pure, and also tells how ready the way back is while nobody needs it.
func PlanBackout(r *Runbook, p *Progress) *Retreat {
	out := &Retreat{Declared: p.Backout}
	for _, t := range r.plan.order {
		st := p.Undo[t.ID]
		switch {
		case st == nil:
		case t.NoReturn != "":
			out.Final = append(out.Final, newUndoCard(t, st, p.Values))
		case !t.takesBack():
			out.Nothing = append(out.Nothing, t)
		default:
			out.Cards = append(out.Cards, newUndoCard(t, st, p.Values))
		}
	}
	slices.SortStableFunc(out.Cards, newestUndo)
	slices.SortStableFunc(out.Final, newestUndo)
	r.plan.holdBack(r.Phases, out.Cards, out.Final)
	for _, c := range out.Cards {
		if c.Settled() {
			out.Settled++
		}
		if !c.Done() {
			out.Left += c.Task.UndoTime
		}
	}
	return out
}

// takesBack tells whether there is anything to take back. A task that only
// reads may carry a remark on the way back; that alone makes no card.
func (t *Task) takesBack() bool {
	if len(t.Undo) > 0 {
		return true
	}
	changes := len(t.Commands) == 0 && t.NoEffect == "" || len(t.Effects) > 0
	for _, c := range t.Commands {
		changes = changes || !c.Reads
	}
	return changes && (t.UndoText != "" || len(t.Effects) > 0 || len(t.Commands) > 0)
}

func newUndoCard(t *Task, st *UndoState, now Values) *UndoCard {
	c := &UndoCard{Task: t, State: st, Values: now}
	if len(st.Values) > 0 {
		c.Values = make(Values, len(now))
		for key, v := range now {
			c.Values[key] = v
		}
		for key, v := range st.Values {
			if none, is := strings.CutPrefix(key, noneMark); is {
				delete(c.Values, none)
			} else {
				c.Values[key] = v
			}
		}
	}
	c.render()
	for _, one := range t.Captures {
		value, known := c.Values[one.Key]
		c.Captured = append(c.Captured, Captured{Capture: one, Known: known, Value: value, Late: st.late(one.Key)})
	}
	c.addChecks()
	return c
}

// late tells whether a value was only filled in after the change.
func (s *UndoState) late(key string) bool {
	_, late := s.Values[lateMark+key]
	return late
}

// lateMark precedes the key of a value in UndoState.Values that was not known
// when the task was carried out. No key begins with a blank.
const lateMark = " late "

// noneMark precedes the key of a captured value that was never captured before
// the work, whatever was read since.
const noneMark = " none "

// render fills the commands of a card in. One whose value is missing keeps its
// placeholder and is never to be pasted.
func (c *UndoCard) render() {
	seen := map[string]bool{}
	for _, command := range c.Task.Undo {
		got, err := command.Render(c.Values)
		c.Commands = append(c.Commands, UndoCommand{Command: command, Lines: got.Lines, Pending: got.Pending, Err: err})
		for _, p := range got.Pending {
			if !seen[p.Key] {
				seen[p.Key] = true
				c.Missing = append(c.Missing, p)
			}
		}
	}
}

// addChecks makes the checks of a card: every captured value must be again
// what it was; where nothing was captured a person says that it is as before.
func (c *UndoCard) addChecks() {
	for _, one := range c.Captured {
		if !one.Known {
			continue
		}
		k := UndoCheck{Name: one.Key, Title: one.Name + " is again what it was", Shell: one.Shell, Property: one.Property, Expected: shownValue(one.Value)}
		if one.Command != nil {
			if got, err := one.Command.Render(c.Values); err == nil && len(got.Pending) == 0 {
				for _, line := range got.Lines {
					k.Lines = append(k.Lines, line+formatList([]string{one.Property}))
				}
			}
		}
		c.Checks = append(c.Checks, k)
	}
	if len(c.Checks) == 0 {
		c.Checks = append(c.Checks, UndoCheck{Name: AsBefore, Title: "All that it changed is as it was before", Expected: "yes"})
	}
	for i := range c.Checks {
		if a, there := c.State.Answers[c.Checks[i].Name]; there && c.Done() && a.Seq > c.State.Seq {
			c.Checks[i].Answer = &a
		}
	}
}

// shownValue is a value as people read it; nothing is said, not shown.
func shownValue(v string) string {
	if strings.TrimSpace(v) == "" {
		return "(empty)"
	}
	return strings.Join(strings.Split(strings.TrimSpace(v), "\n"), ", ")
}

// sameValue compares two values of one kind: lists in any order, and no
// difference of case, as Exchange makes none.
func sameValue(a, b string) bool {
	split := func(s string) []string {
		list := strings.Split(strings.ToLower(strings.TrimSpace(s)), "\n")
		for i := range list {
			list[i] = strings.TrimSuffix(strings.TrimSpace(list[i]), "/")
		}
		slices.Sort(list)
		return list
	}
	// As Format-List prints a list, a comma in an element looks like one between two.
	return slices.Equal(split(a), split(b)) || strings.EqualFold(shownValue(a), shownValue(b))
}

// undoMissing says which value a card lacks, and what to do.
func undoMissing(c *UndoCard) *Refused {
	out := &Refused{Why: "the way back from " + c.Task.Title + " needs values that nobody captured"}
	for _, p := range c.Missing {
		out.Blockers = append(out.Blockers, Blocker{Phase: c.Task.Phase.ID, Task: c.Task.ID, Status: Ready, Gate: "task",
			Text: fmt.Sprintf("the value %s is not known", p.Key), Mend: "fill in what stood there before the change, from notes or a backup (i), or take it back by hand and say how"})
	}
	return out
}
