package export

import (
	"fmt"
	"strings"
	"time"

	"coexist/runbook"
	"coexist/runbook/journal"
)

// timeline holds planned against actual, by phase and by task.
func (g *gatherer) timeline() {
	tl := &g.d.Timeline
	var estimate, undoAll time.Duration
	for _, ph := range g.r.Phases {
		row, est, undo := g.phaseRow(ph)
		estimate += est
		undoAll += undo
		if end := g.d.Change.WindowEnd; !end.IsZero() {
			row.RollBackBy = end.Add(-undoAll)
		}
		tl.Phases = append(tl.Phases, row)
		for _, t := range ph.Tasks {
			tl.Tasks = append(tl.Tasks, g.taskRow(t))
		}
	}
	undoDone := runbook.Schedule(g.r, g.p, g.p.Now).Undo
	tl.Estimate, tl.UndoTime = planned(estimate), planned(undoDone)
	if g.o.Plan {
		tl.UndoTime = planned(undoAll)
		undoDone = undoAll
	}
	if end := g.d.Change.WindowEnd; !end.IsZero() {
		tl.RollBackBy = end.Add(-undoDone)
	}
	for _, e := range g.events {
		if what := g.act(e); what != "" && !g.o.Plan {
			tl.Acts = append(tl.Acts, Act{e.Seq, e.Time.UTC(), e.Operator, what})
		}
	}
	for _, j := range g.p.Clock {
		tl.Jumps = append(tl.Jumps, fmt.Sprintf("entry %d: from %s back to %s", j.Seq, stamp(j.Before), stamp(j.After)))
	}
	for _, n := range g.p.Notes {
		if n.Task == "" {
			tl.Notes = append(tl.Notes, TimelineNote{n.Time, n.By, n.Text})
		}
	}
}

func (g *gatherer) phaseRow(ph *runbook.Phase) (row TimelineRow, estimate, undo time.Duration) {
	st := phaseState(g.p, ph.ID)
	var by []string
	for _, t := range ph.Tasks {
		ts := taskState(g.p, t.ID)
		by = append(by, ts.DoneBy)
		if t.Optional && ts.DoneAt.IsZero() {
			continue
		}
		estimate += t.Duration + t.Wait
		undo += t.UndoTime
	}
	row = TimelineRow{
		Number: g.index.number[ph.ID], Title: phaseTitle(ph), Planned: planned(estimate), Start: st.First, Status: string(st.Status),
		By: strings.Join(unique(by), ", "),
	}
	if g.o.Plan {
		row.Status = ""
	}
	if st.Complete {
		row.End = st.Last
	}
	row.measure(estimate)
	return row, estimate, undo
}

func (g *gatherer) taskRow(t *runbook.Task) TimelineRow {
	st := taskState(g.p, t.ID)
	row := TimelineRow{
		Number: g.index.number[t.ID], Title: t.Title, Target: t.Label, Planned: planned(t.Duration), Start: st.Started,
		End: st.DoneAt, By: st.DoneBy, Status: string(st.Status),
	}
	if g.o.Plan {
		row.Status = ""
	}
	row.measure(t.Duration)
	return row
}

// measure fills in the actual duration and how far it is from the estimate;
// one moment alone tells of no duration.
func (row *TimelineRow) measure(estimate time.Duration) {
	if row.Start.IsZero() || !row.End.After(row.Start) {
		return
	}
	actual := row.End.Sub(row.Start)
	row.Actual = span(actual)
	if estimate == 0 {
		return
	}
	row.Delta = span(actual - estimate)
	if actual > estimate {
		row.Delta = "+" + row.Delta
	}
}

// act says in a few words what a person did; results and other records of the
// program itself are not acts.
func (g *gatherer) act(e journal.Event) string {
	p := payloadOf(e)
	switch e.Kind {
	case "run.started":
		return "started the record"
	case "operator":
		return "took over as operator"
	case "task.done":
		return "carried out " + g.index.taskName(p.text("task"))
	case "task.reopened":
		return "reopened " + g.index.taskName(p.text("task"))
	case "waiver":
		return "waived " + p.text("check")
	case "warning.read":
		return "read the warning of " + p.text("check")
	case "value":
		return "gave " + p.text("key") + " (" + p.text("how") + ")"
	case "import":
		return "imported results"
	case "script.written":
		return "wrote a script"
	case "exported":
		return "exported the record"
	case "backout":
		return "declared a retreat: " + p.text("reason")
	case "wait.over":
		return "confirmed the end of the wait of " + g.index.taskName(p.text("task"))
	case runbook.EventUndone:
		if p.text("left") != "" {
			return "left in place " + g.index.taskName(p.text("task"))
		}
		return "took back " + g.index.taskName(p.text("task"))
	case runbook.EventUndoChecked:
		return "checked the way back of " + g.index.taskName(p.text("task"))
	case runbook.EventHandover:
		if p.text("sha256") != "" {
			return "took over from " + p.text("from")
		}
		return strings.TrimSpace("packed the record to hand it over " + strings.TrimSuffix("to "+p.text("to"), "to "))
	case "undo":
		return "took back entry #" + p.text("seq")
	}
	return ""
}

func wayBack(t Task) string {
	switch {
	case t.NoReturn != "":
		return "no way back: " + t.NoReturn
	case len(t.Undo) > 0 && t.UndoText != "":
		return plural(commandCount(t.Undo), "command", "commands") + " and by hand: " + t.UndoText
	case len(t.Undo) > 0:
		return plural(commandCount(t.Undo), "command", "commands")
	case t.UndoText != "":
		return t.UndoText
	}
	return "nothing to undo"
}

func commandCount(list []Command) int {
	n := 0
	for _, c := range list {
		n += len(c.Lines)
	}
	return n
}
