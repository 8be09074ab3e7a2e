package export

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"coexist/checks"
	"coexist/runbook"
	"coexist/runbook/journal"
	"coexist/runbook/migration"
)

// change gathers the change record.
func (g *gatherer) change() {
	c := &g.d.Change
	c.Release, c.Build, c.Procedure = g.r.Release.Name, g.r.Release.Build, g.r.Hash
	if m := g.r.Migration; m != nil {
		c.Media = m.Target.Media
		if m.Change != nil {
			c.Number, c.Approver, c.Contacts = m.Change.Number, m.Change.Approver, m.Change.Contacts
			c.WindowStart, c.WindowEnd = m.Change.WindowStart, m.Change.WindowEnd
		}
		for _, p := range m.Probes {
			c.Accounts = append(c.Accounts, probeLine(p))
		}
	}
	for _, ph := range g.r.Phases {
		for _, t := range ph.Tasks {
			c.Rights = append(c.Rights, t.Rights)
		}
	}
	c.Rights = unique(c.Rights)
	for _, e := range g.events {
		c.Operators = append(c.Operators, e.Operator)
		c.Hosts = append(c.Hosts, e.Host)
		if e.Kind == "run.started" || e.Kind == "session.opened" {
			c.Tools = append(c.Tools, payloadOf(e).text("tool", "version"))
		}
		if e.Kind == "waiver" {
			c.Seconds = append(c.Seconds, payloadOf(e).text("second"))
		}
		if carriesOut(e) {
			if c.ActualStart.IsZero() {
				c.ActualStart = e.Time.UTC()
			}
			c.ActualEnd = e.Time.UTC()
		}
	}
	c.Operators, c.Hosts, c.Tools, c.Seconds = unique(c.Operators), unique(c.Hosts), unique(c.Tools), unique(c.Seconds)
	c.Segregation = segregation(c)
}

func probeLine(p migration.Probe) string {
	line := p.Mailbox
	if p.Username != "" {
		line += " as " + p.Username
	}
	if p.Version != "" {
		line += ", on Exchange " + p.Version
	}
	return line
}

// carriesOut tells whether an event is work on the organisation, for the
// window.
func carriesOut(e journal.Event) bool {
	return e.Kind == "task.done" || e.Kind == "backout" || e.Kind == runbook.EventUndone
}

// segregation says what an auditor asks about the persons.
func segregation(c *Change) []string {
	var out []string
	for _, p := range c.Operators {
		if c.Approver != "" && samePerson(p, c.Approver) {
			out = append(out, "An operator is also the approver of the change.")
		}
	}
	if c.Approver == "" {
		out = append(out, "No approver is recorded, so it cannot be said whether an operator approved the own change.")
	}
	for _, s := range c.Seconds {
		for _, p := range c.Operators {
			if samePerson(s, p) {
				out = append(out, "A second person also worked as operator.")
			}
		}
	}
	return unique(out)
}

func samePerson(a, b string) bool {
	return strings.EqualFold(strings.TrimSpace(a), strings.TrimSpace(b))
}

// outside tells whether a moment is outside the agreed window; without a
// window nothing is.
func (c *Change) outside(t time.Time) bool {
	return !c.WindowStart.IsZero() && t.Before(c.WindowStart) || !c.WindowEnd.IsZero() && t.After(c.WindowEnd)
}

func (c *Change) hasWindow() bool { return !c.WindowStart.IsZero() || !c.WindowEnd.IsZero() }

// deviations gathers what went otherwise than planned, each kind in a group of
// its own, so that an empty one is seen to be empty.
func (g *gatherer) deviations() {
	g.d.Deviations = []Deviation{
		g.waivers(), g.failedFirst(), g.attested(), g.reopened(), g.skipped(), g.retreatDeviations(), g.outsideWindow(), g.changedTasks(), g.gone(), g.recordEvents(),
	}
}

// eachCheck walks the checks in the runbook's order.
func (g *gatherer) eachCheck(visit func(*Task, *Check)) {
	for i := range g.d.Phases {
		for j := range g.d.Phases[i].Tasks {
			t := &g.d.Phases[i].Tasks[j]
			for k := range t.Checks {
				visit(t, &t.Checks[k])
			}
		}
	}
}

func (g *gatherer) waivers() Deviation {
	d := Deviation{ID: "waivers", Title: "Waivers", Head: []string{"Check", "What was found", "Reason", "Taken on by", "Second person", "When", "Expires"}}
	back := g.takenBack()
	for _, e := range g.events {
		if e.Kind != runbook.EventWaiver {
			continue
		}
		p := payloadOf(e)
		found, expires := "", ""
		if t, err := time.Parse(time.RFC3339, p.text("expires")); err == nil && !t.IsZero() {
			expires = stamp(t)
		}
		for _, r := range g.results {
			if fmt.Sprint(r.seq) == p.text("result") {
				found = strings.ToUpper(string(r.result.Verdict)) + ": " + cmp.Or(r.result.Found, r.result.Summary)
			}
		}
		reason := p.text("reason")
		if by := back[e.Seq]; by > 0 {
			reason += fmt.Sprintf(" (taken back, entry %d)", by)
		} else {
			g.d.Counts.Waivers++
		}
		d.Rows = append(d.Rows, []string{p.text("check"), found, reason, p.text("name"), p.text("second"), stamp(e.Time), expires})
	}
	return d
}

// takenBack holds for every entry that was undone the entry that did so.
func (g *gatherer) takenBack() map[int64]int64 {
	out := map[int64]int64{}
	for _, e := range g.events {
		if e.Kind != runbook.EventUndo {
			continue
		}
		if data, err := runbook.Decode(e); err == nil {
			if u, ok := data.(*runbook.Undone); ok {
				out[u.Seq] = e.Seq
			}
		}
	}
	return out
}

func (g *gatherer) failedFirst() Deviation {
	d := Deviation{ID: "failed-then-passed", Title: "Failed first, good later", Head: []string{"Task", "Check", "First bad", "Reason", "Good since", "Results", "Evidence"}}
	g.eachCheck(func(t *Task, c *Check) {
		st := checkState(g.p, c.ID)
		if st.FirstRed == nil || st.Result == nil || st.Result.Verdict != checks.Pass && st.Result.Verdict != checks.Warn {
			return
		}
		d.Rows = append(d.Rows, []string{t.Number + " " + t.Target, c.Title, stamp(st.FirstRed.Time), st.FirstRed.Reason, stamp(c.When), fmt.Sprint(len(st.History) + 1), strings.Join(c.Evidence, " ")})
	})
	return d
}

func (g *gatherer) attested() Deviation {
	d := Deviation{ID: "attested", Title: "Stated by a person, without machine proof", Head: []string{"Task", "Check", "Answer", "By", "When", "Note", "Evidence"}}
	g.eachCheck(func(t *Task, c *Check) {
		if c.Source != "stated" {
			return
		}
		d.Rows = append(d.Rows, []string{t.Number + " " + t.Target, c.Title, c.Word, c.By, stamp(c.When), c.Found, strings.Join(c.Evidence, " ")})
	})
	return d
}

func (g *gatherer) reopened() Deviation {
	d := Deviation{ID: "reopened", Title: "Reopened and taken back", Head: []string{"What", "Why", "By", "When", "Entry"}}
	for _, e := range g.events {
		p := payloadOf(e)
		switch e.Kind {
		case "task.reopened":
			d.Rows = append(d.Rows, []string{g.index.taskName(p.text("task")), p.text("why"), e.Operator, stamp(e.Time), fmt.Sprintf("#%d", e.Seq)})
		case "undo":
			d.Rows = append(d.Rows, []string{"entry #" + p.text("seq") + " taken back", p.text("why", "what"), e.Operator, stamp(e.Time), fmt.Sprintf("#%d", e.Seq)})
		}
	}
	return d
}

func (g *gatherer) skipped() Deviation {
	d := Deviation{ID: "skipped", Title: "Not applicable, left out", Head: []string{"Task", "What", "Why"}}
	for _, ph := range g.r.Phases {
		for _, t := range ph.Tasks {
			if t.Optional && phaseState(g.p, ph.ID).Complete && taskState(g.p, t.ID).DoneAt.IsZero() && g.p.Undo[t.ID] == nil {
				d.Rows = append(d.Rows, []string{g.index.number[t.ID] + " " + t.Label, "optional task: " + t.Title, "not carried out; the step is complete without it"})
			}
		}
	}
	g.eachCheck(func(t *Task, c *Check) {
		if strings.Contains(c.Word, "SKIP") {
			d.Rows = append(d.Rows, []string{t.Number + " " + t.Target, "check: " + c.Title, cmp.Or(c.Summary, c.Found, c.Reason)})
		}
	})
	return d
}

func (g *gatherer) outsideWindow() Deviation {
	d := Deviation{ID: "outside-window", Title: "Outside the agreed window", Head: []string{"What", "When", "By", "Entry"}}
	for _, e := range g.events {
		if carriesOut(e) && g.d.Change.outside(e.Time) {
			what := g.index.taskName(payloadOf(e).text("task"))
			switch e.Kind {
			case "backout":
				what = "retreat declared"
			case runbook.EventUndone:
				what += ", way back"
			}
			d.Rows = append(d.Rows, []string{what, stamp(e.Time), e.Operator, fmt.Sprintf("#%d", e.Seq)})
		}
	}
	g.d.Counts.OutsideWindow = len(d.Rows)
	return d
}

func (g *gatherer) changedTasks() Deviation {
	d := Deviation{ID: "changed", Title: "Carried out, but the command reads differently now", Head: []string{"Task", "Title", "Why", "Carried out"}}
	for _, ph := range g.d.Phases {
		for _, t := range ph.Tasks {
			if t.Before == "" && (t.Status == "changed" || len(t.AsDone) > 0) {
				d.Rows = append(d.Rows, []string{t.Number + " " + t.Target, t.Title, cmp.Or(t.StatusBy, "the recorded lines differ from those rendered now"), stamp(t.DoneAt)})
			}
		}
	}
	return d
}

func (g *gatherer) gone() Deviation {
	d := Deviation{ID: "gone", Title: "No longer in plan", Head: []string{"What", "Result", "When", "By"}}
	for _, r := range g.p.Gone {
		d.Rows = append(d.Rows, []string{r.ID, strings.ToUpper(string(r.Verdict)) + " " + cmp.Or(r.Found, r.Summary), stamp(r.Started), r.Operator})
	}
	var tasks []string
	for _, e := range g.events {
		if e.Kind != runbook.EventDone {
			continue
		}
		if id := payloadOf(e).text("task"); g.index.tasks[id] == nil && !slices.Contains(tasks, id) {
			tasks = append(tasks, id)
			d.Rows = append(d.Rows, []string{id, "task carried out", stamp(e.Time), e.Operator})
		}
	}
	return d
}

// recordEvents lists what happened to the plan and the record themselves.
func (g *gatherer) recordEvents() Deviation {
	d := Deviation{ID: "record", Title: "Changes of the plan and the record", Head: []string{"What", "When", "By", "Entry"}}
	names := map[string]string{"migration.changed": "the migration file was edited", "procedure.changed": "another procedure was used", "backout": "retreat declared"}
	for _, e := range g.events {
		if what := names[e.Kind]; what != "" {
			if why := whyOf(e); why != "" {
				what += ": " + why
			}
			d.Rows = append(d.Rows, []string{what, stamp(e.Time), e.Operator, fmt.Sprintf("#%d", e.Seq)})
		}
	}
	for _, j := range g.p.Clock {
		d.Rows = append(d.Rows, []string{fmt.Sprintf("the clock went back from %s to %s", stamp(j.Before), stamp(j.After)), stamp(j.After), "", fmt.Sprintf("#%d", j.Seq)})
	}
	return d
}

// whyOf is what an event about the plan says of itself.
func whyOf(e journal.Event) string {
	data, err := runbook.Decode(e)
	if err != nil {
		return "cannot be read"
	}
	switch v := data.(type) {
	case *runbook.MigrationChanged:
		return v.Summary.String()
	case *runbook.ProcedureChanged:
		return v.Summary.String()
	case *runbook.BackedOut:
		return v.Reason
	}
	return ""
}
