package export

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"coexist/runbook"
)

// openItems gathers what is left to do. Work that was not begun is one line a
// phase; what is begun and not good is a line each.
func (g *gatherer) openItems() {
	if g.o.Plan {
		return
	}
	owner := g.p.Operator
	if g.p.Backout != nil {
		g.openCards(owner)
		return
	}
	add := func(what, mend, owner string, due time.Time) {
		g.d.OpenItems = append(g.d.OpenItems, OpenItem{what, mend, owner, due})
	}
	for _, ph := range g.r.Phases {
		st := phaseState(g.p, ph.ID)
		if st.Complete {
			continue
		}
		left := 0
		for _, t := range ph.Tasks {
			if !t.Optional && taskState(g.p, t.ID).DoneAt.IsZero() {
				left++
			}
		}
		if left > 0 {
			add(fmt.Sprintf("%s %s: %s to be carried out", g.index.number[ph.ID], phaseTitle(ph), plural(left, "task is", "tasks are")), "", owner, g.d.Change.WindowEnd)
		}
	}
	for _, ph := range g.d.Phases {
		for i := range ph.Tasks {
			g.openTask(&ph.Tasks[i], owner, add)
		}
	}
}

func (g *gatherer) openTask(t *Task, owner string, add func(what, mend, owner string, due time.Time)) {
	where := t.Number + " " + titled(t.Title, t.Target)
	if t.Status == string(runbook.Changed) {
		add(where+": confirm, its command reads differently now", "look at both and mark it carried out again", owner, time.Time{})
	}
	if t.Status == string(runbook.Waiting) && !t.Until.IsZero() {
		add(where+": wait "+t.Wait, "", owner, t.Until)
	}
	for _, c := range t.Checks {
		begun := !t.DoneAt.IsZero() || c.Before
		switch {
		case c.Waiver != nil && strings.HasPrefix(c.Word, "WAIVED"):
			add(where+": waived check "+c.Title, c.Remedy, c.Waiver.Name, c.Waiver.Expires)
		case c.Satisfied || c.Gate == "info" || !begun:
		case c.Word == "NOT RUN" && t.DoneAt.IsZero():
		default:
			add(where+": "+c.Word+" "+c.Title, c.Remedy, owner, time.Time{})
		}
	}
}

// signOff lists who signs.
func (g *gatherer) signOff() {
	c := g.d.Change
	g.d.SignOff = []SignOff{{"Operator", strings.Join(c.Operators, ", ")}, {"Second person", strings.Join(c.Seconds, ", ")}, {"Approver of the change", c.Approver}, {"Owner of the mail service", ""}}
}

// summary writes the line below the title and the lines for a manager.
func (g *gatherer) summary() {
	d := g.d
	d.State = "PROVISIONAL"
	switch {
	case g.o.Plan:
		d.State = "PLAN"
	case g.p.Backout != nil && d.Rollback.Complete:
		d.State = "BACKED OUT"
	case g.p.Backout != nil:
		d.State = "BACKING OUT"
	case d.Counts.Phases > 0 && d.Counts.PhasesDone == d.Counts.Phases:
		d.State = "FINAL"
	}
	if d.Rehearsal != "" {
		d.State = "REHEARSAL, " + d.State
	}
	if g.o.Plan {
		d.StateLine = fmt.Sprintf("%s to carry out, %s to run, estimated %s", plural(d.Counts.Tasks, "task", "tasks"), plural(d.Counts.Checks, "check", "checks"), cmp.Or(d.Timeline.Estimate, "unknown"))
		d.Summary = g.planSummary()
		return
	}
	d.StateLine = strings.Join([]string{
		fmt.Sprintf("%d of %s carried out", d.Counts.TasksDone, plural(d.Counts.Tasks, "task", "tasks")),
		plural(d.Counts.Waivers, "waiver", "waivers"), g.windowWord(),
		fmt.Sprintf("journal %s (%s, head %.8s)", d.Integrity.Chain, plural(d.Integrity.Entries, "entry", "entries"), cmp.Or(d.Integrity.Head, "none")),
	}, " · ")
	d.Summary = g.runSummary()
}

func (g *gatherer) windowWord() string {
	switch {
	case !g.d.Change.hasWindow():
		return "no window agreed"
	case g.d.Counts.OutsideWindow > 0:
		return fmt.Sprintf("%d outside the window", g.d.Counts.OutsideWindow)
	}
	return "inside the window"
}

func (g *gatherer) what() string {
	servers, sites := 0, 0
	if m := g.r.Migration; m != nil {
		sites = len(m.Sites)
		for _, s := range m.Sites {
			servers += len(s.Servers)
		}
	}
	return fmt.Sprintf("What: bring Exchange %s to Exchange %s, in coexistence; %s, %s.", strings.ReplaceAll(g.r.Source, "mixed", "2007 and 2010"), g.r.Release.Name, plural(sites, "site", "sites"), plural(servers, "server", "servers"))
}

func (g *gatherer) planSummary() []string {
	d := g.d
	noReturn := 0
	for _, ph := range d.Phases {
		for _, t := range ph.Tasks {
			if t.NoReturn != "" {
				noReturn++
			}
		}
	}
	lines := []string{
		g.what(),
		fmt.Sprintf("Work: %s in %s, and %s that may be left out.", plural(d.Counts.Tasks, "task", "tasks"), plural(d.Counts.Phases, "stretch", "stretches"), plural(d.Counts.Optional, "optional task", "optional tasks")),
		"Estimated time, waits included: " + cmp.Or(d.Timeline.Estimate, "not estimated") + ".",
		fmt.Sprintf("Proof: %s are asked for; each says below what is expected.", plural(d.Counts.Checks, "check", "checks")),
		fmt.Sprintf("Way back: %s cannot be undone; undoing the others takes %s.", plural(noReturn, "task", "tasks"), cmp.Or(d.Timeline.UndoTime, "no estimated time")),
	}
	if !d.Timeline.RollBackBy.IsZero() {
		lines = append(lines, "Roll back by "+stamp(d.Timeline.RollBackBy)+" to be back inside the window with everything done.")
	}
	return lines
}

func (g *gatherer) runSummary() []string {
	d, c := g.d, g.d.Counts
	result := fmt.Sprintf("Result: %d of %s complete.", c.PhasesDone, plural(c.Phases, "stretch of work", "stretches of work"))
	for i, ph := range g.r.Phases {
		if st := phaseState(g.p, ph.ID); !st.Complete && st.Open {
			result += fmt.Sprintf(" Under way: step %d, %s (%d of %d tasks complete).", ph.Step, titled(d.Phases[i].Title, ph.Site), st.Done, st.Total)
			break
		}
	}
	rollback := "Way back: no retreat was declared."
	if g.p.Backout != nil {
		rollback = "Way back: " + d.Rollback.Used + " " + d.Rollback.standing()
	}
	return []string{
		g.what(), result,
		fmt.Sprintf("Tasks: %d of %d required ones carried out, %d of %d optional ones.", c.TasksDone, c.Tasks, c.OptionalDone, c.Optional),
		fmt.Sprintf("Checks: %d in all; %d pass, %d attested, %d warn, %d fail, %d unknown, %d waived, %d skip, %d stale, %d not run.", c.Checks, c.Pass, c.Attested, c.Warn, c.Fail, c.Unknown, c.Waived, c.Skip, c.Stale, c.NotRun),
		fmt.Sprintf("Proof: %s measured by a probe, %d imported from a shell, %d stated by a person.", plural(c.Measured, "result", "results"), c.Imported, c.Stated),
		g.deviationLine(),
		"Window: " + g.windowWord() + ".",
		rollback,
		fmt.Sprintf("Open: %s.", plural(len(d.OpenItems), "item", "items")),
	}
}

func (g *gatherer) deviationLine() string {
	var parts []string
	for _, dev := range g.d.Deviations {
		if n := len(dev.Rows); n > 0 {
			parts = append(parts, fmt.Sprintf("%s %d", strings.ToLower(dev.Title), n))
		}
	}
	if len(parts) == 0 {
		return "Deviations: none."
	}
	return "Deviations: " + strings.Join(parts, "; ") + "."
}
