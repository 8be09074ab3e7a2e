package export

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"coexist/runbook"
)

// rollback is the way back: whether it was used, until when it fits, and the
// undo cards in the order in which they are taken back.
func (g *gatherer) rollback() {
	rb := &g.d.Rollback
	rb.Deadline = g.d.Timeline.RollBackBy
	rb.Used = "No retreat was declared."
	if b := g.p.Backout; b != nil {
		rb.Declared = true
		rb.Used = fmt.Sprintf("Retreat declared at %s by %s: %s.", stamp(b.Time), b.By, trimStop(b.Reason))
	}
	if g.o.Plan {
		rb.Used = "This is the plan: every task is listed, whatever was carried out."
		g.plannedRollback()
		return
	}
	plan := g.retreat
	rb.Complete, rb.Settled, rb.Cards, rb.Nothing = plan.Complete(), plan.Settled, len(plan.Cards), len(plan.Nothing)
	for _, c := range plan.Cards {
		rb.Tasks = append(rb.Tasks, g.rollbackTask(c))
	}
	for _, c := range plan.Final {
		rb.Final = append(rb.Final, g.rollbackTask(c))
	}
}

func trimStop(s string) string {
	for len(s) > 0 && (s[len(s)-1] == '.' || s[len(s)-1] == ' ') {
		s = s[:len(s)-1]
	}
	return s
}

// plannedRollback lists every task of the plan, last first.
func (g *gatherer) plannedRollback() {
	rb := &g.d.Rollback
	for _, ph := range g.d.Phases {
		for i := range ph.Tasks {
			t := &ph.Tasks[i]
			one := RollbackTask{Number: t.Number, ID: t.ID, Title: t.Title, Target: t.Target, Time: t.UndoTime, Way: wayBack(*t), Final: t.NoReturn != ""}
			if one.Final {
				one.Word = "NO WAY BACK"
				rb.Final = append(rb.Final, one)
			} else {
				rb.Tasks = append(rb.Tasks, one)
			}
		}
	}
	slices.Reverse(rb.Tasks)
	slices.Reverse(rb.Final)
}

func (g *gatherer) rollbackTask(c *runbook.UndoCard) RollbackTask {
	t, st := c.Task, c.State
	out := RollbackTask{
		Number: g.index.number[t.ID], ID: t.ID, Title: t.Title, Target: t.Label, DoneAt: st.DoneAt.UTC(), DoneBy: st.DoneBy, Time: planned(t.UndoTime),
		Final: t.NoReturn != "", Word: c.Word(), Text: t.UndoText, Note: cmp.Or(st.ByHand, st.Left), By: st.By, Lines: st.Lines,
	}
	if g.p.Backout == nil && !out.Final {
		out.Word = "READY"
		if len(c.Missing) > 0 {
			out.Word = "VALUE MISSING"
		}
	}
	if st.Reopened {
		out.Word += ", REOPENED"
	}
	if st.Seq > 0 {
		out.At = st.At.UTC()
	}
	for _, v := range c.Captured {
		one := Value{Key: v.Key, Text: "never captured", How: "captured before the work"}
		if v.Known {
			one.Text = cmp.Or(strings.ReplaceAll(strings.TrimSpace(v.Value), "\n", ", "), "(empty)")
		}
		if v.Late {
			one.How = "filled in after the work"
		}
		out.Captured = append(out.Captured, one)
	}
	if last, n := c.Beyond(); n > 0 {
		out.Beyond = titled(last.Title, last.Label)
		out.BeyondCount = n
	}
	for _, p := range c.Missing {
		out.Missing = append(out.Missing, p.Key)
	}
	for _, k := range c.Commands {
		out.Commands = append(out.Commands, renderCommand(k.Command, c.Values))
	}
	out.Way = wayBack(Task{NoReturn: t.NoReturn, UndoText: t.UndoText, Undo: out.Commands})
	if !out.Final {
		for _, k := range c.Checks {
			out.Checks = append(out.Checks, undoCheck(k))
		}
	}
	return out
}

func undoCheck(k runbook.UndoCheck) UndoCheck {
	out := UndoCheck{Name: k.Name, Title: k.Title, Lines: k.Lines, Expected: k.Expected, Word: k.Word()}
	if a := k.Answer; a != nil {
		out.Found, out.When, out.By, out.Entry, out.Note, out.Source = a.Found, a.At.UTC(), a.By, a.Seq, a.Note, "imported"
		if a.Stated {
			out.Source = "stated"
		}
	}
	return out
}

// standing says how far the way back is.
func (rb *Rollback) standing() string {
	out := fmt.Sprintf("%d of %s settled.", rb.Settled, plural(rb.Cards, "undo card", "undo cards"))
	if n := len(rb.Final); n > 0 {
		out += " " + plural(n, "task does", "tasks do") + " not come back."
	}
	return out + rb.tooLate()
}

// tooLate tells how many cards lie behind what does not come back.
func (rb *Rollback) tooLate() string {
	n := 0
	for _, t := range rb.Tasks {
		if t.BeyondCount > 0 && t.At.IsZero() {
			n++
		}
	}
	if n == 0 {
		return ""
	}
	return fmt.Sprintf(" Before what does not come back: %s; look at each whether it can still be taken back.", plural(n, "card", "cards"))
}

// beyondLine names what was carried out after a card and does not come back.
func (t *RollbackTask) beyondLine() string {
	if t.BeyondCount == 0 {
		return ""
	}
	line := "built on it and without a way back: " + t.Beyond
	if t.BeyondCount > 1 {
		line += fmt.Sprintf(" and %d more", t.BeyondCount-1)
	}
	return line + "; look whether it can still be taken back"
}

// openCards lists the undo cards that are not settled.
func (g *gatherer) openCards(owner string) {
	for _, c := range g.retreat.Cards {
		if c.Settled() {
			continue
		}
		what := fmt.Sprintf("%s %s: %s", g.index.number[c.Task.ID], titled(c.Task.Title, c.Task.Label), c.Word())
		mend := "take it back, or record why it stays"
		switch {
		case c.Done():
			mend = "answer the checks of its undo card"
		case len(c.Missing) > 0:
			mend = "fill in " + c.Missing[0].Key + " as it was before the work, or take it back by hand"
		}
		g.d.OpenItems = append(g.d.OpenItems, OpenItem{What: what, Mend: mend, Owner: owner})
	}
}

// retreatDeviations lists what was left in place, taken back by hand, or is
// not as it was.
func (g *gatherer) retreatDeviations() Deviation {
	d := Deviation{ID: "retreat", Title: "Taken back, left in place", Head: []string{"Task", "What became of it", "How or why", "By", "When"}}
	for _, c := range g.retreat.Cards {
		if c.Done() {
			d.Rows = append(d.Rows, []string{g.index.taskName(c.Task.ID), c.Word(), cmp.Or(c.State.ByHand, c.State.Left, "by the commands of its undo card"), c.State.By, stamp(c.State.At)})
		}
	}
	return d
}
