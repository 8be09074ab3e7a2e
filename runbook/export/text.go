package export

import (
	"cmp"
	"fmt"
	"strings"

	"coexist/checks"
	"coexist/runbook"
)

// maxBlockers is how many lines of one gate the status shows.
const maxBlockers = 12

// StatusReport is what `coexist status` tells, format 1.
type StatusReport struct {
	Format    int           `json:"format"`
	Title     string        `json:"title"`
	Rehearsal string        `json:"rehearsal,omitempty"`
	AsOf      string        `json:"as_of,omitempty"` // last event
	Operator  string        `json:"operator,omitempty"`
	Bad       bool          `json:"bad"` // something failed or regressed; not merely work to do
	Alerts    []string      `json:"alerts,omitempty"`
	Backout   string        `json:"backout,omitempty"`
	Truth     runbook.Truth `json:"truth"`
	Phases    []StatusPhase `json:"phases"`
	Failures  []StatusLine  `json:"failures"` // checks that failed or could not be decided, wherever they are
}

// StatusPhase is one gated stretch of work.
type StatusPhase struct {
	ID        string       `json:"id"`
	Step      int          `json:"step"`
	Title     string       `json:"title"`
	Site      string       `json:"site,omitempty"`
	Status    string       `json:"status"`
	Open      bool         `json:"open"`
	Complete  bool         `json:"complete"`
	Done      int          `json:"done"`
	Total     int          `json:"total"`
	Blockers  []StatusLine `json:"blockers,omitempty"`  // why it is not open
	Remaining []StatusLine `json:"remaining,omitempty"` // what it still lacks
}

// StatusLine is one thing in the way, and how to mend it.
type StatusLine struct {
	Status    string `json:"status"`
	Text      string `json:"text"`
	Mend      string `json:"mend,omitempty"`
	Command   string `json:"command,omitempty"` // that mends it or leads there; FILE stands for the migration
	Task      string `json:"task,omitempty"`
	Check     string `json:"check,omitempty"`
	LastGreen string `json:"last_green,omitempty"`
}

// Status tells in plain text where the migration stands: the steps, their
// gates, and what blocks with the way to mend it.
func Status(r *runbook.Runbook, p *runbook.Progress) string { return StatusOf(r, p).Text() }

// StatusOf gathers what [Status] shows.
func StatusOf(r *runbook.Runbook, p *runbook.Progress) StatusReport {
	g := &gatherer{r: r, p: p}
	x := newIndex(r)
	out := StatusReport{
		Format: 1, Title: g.title(), Rehearsal: p.Rehearsal, AsOf: stamp(p.Last), Operator: p.Operator, Alerts: p.Alerts, Truth: p.Truth,
		Phases: []StatusPhase{}, Failures: []StatusLine{},
	}
	if p.Backout != nil {
		plan := runbook.PlanBackout(r, p)
		out.Backout = fmt.Sprintf("declared %s by %s: %s; %d of %s settled; go on with coexist backout FILE", stamp(p.Backout.Time), p.Backout.By, trimStop(p.Backout.Reason), plan.Settled, plural(len(plan.Cards), "undo card", "undo cards"))
	}
	for _, ph := range r.Phases {
		st := phaseState(p, ph.ID)
		out.Phases = append(out.Phases, StatusPhase{
			ID: ph.ID, Step: ph.Step, Title: ph.Title, Site: ph.Site, Status: string(st.Status), Open: st.Open, Complete: st.Complete,
			Done: st.Done, Total: st.Total, Blockers: statusLines(x, p, st.Blockers), Remaining: statusLines(x, p, st.Remaining),
		})
		for _, b := range st.Blockers {
			out.Bad = out.Bad || b.Status == runbook.Failed || !b.LastGreen.IsZero()
		}
		for _, t := range ph.Tasks {
			for _, c := range t.Checks {
				if line, bad := failure(t, c, checkState(p, c.ID)); bad {
					out.Bad = true
					out.Failures = append(out.Failures, line)
				}
			}
		}
	}
	return out
}

// failure tells of a check whose latest result counts against it.
func failure(t *runbook.Task, c *runbook.Check, st *runbook.CheckState) (StatusLine, bool) {
	if st.Status != runbook.Failed || st.Result == nil || c.Gate == "info" {
		return StatusLine{}, false
	}
	line := StatusLine{Status: verdictWord(st), Text: c.Title + " (" + t.Label + "): " + cmp.Or(st.Result.Found, st.Result.Summary, st.Result.Reason), Mend: st.Result.Remedy, Task: t.ID, Check: c.ID, Command: mendCheck(c)}
	if !st.LastGreen.IsZero() {
		line.LastGreen = stamp(st.LastGreen)
	}
	return line, true
}

func statusLines(x *index, p *runbook.Progress, list []runbook.Blocker) []StatusLine {
	var out []StatusLine
	for _, b := range list {
		line := StatusLine{Status: string(b.Status), Text: b.Text, Mend: b.Mend, Task: b.Task, Check: b.Check, LastGreen: stamp(b.LastGreen)}
		switch {
		case x.checks[b.Check] != nil:
			line.Command = mendCheck(x.checks[b.Check])
		case b.Check == "" && b.Task != "" && taskState(p, b.Task).Status == runbook.Locked: // it waits itself
			line.Status, line.Mend = string(runbook.Locked), taskState(p, b.Task).Why
		case x.tasks[b.Task] != nil:
			line.Command = fmt.Sprintf("coexist commands FILE --step %d", x.tasks[b.Task].Phase.Step)
		}
		out = append(out, line)
	}
	return out
}

// mendCheck is the command that brings a check a new result.
func mendCheck(c *runbook.Check) string {
	step := c.Task.Phase.Step
	switch {
	case c.Kind == "attest":
		return "coexist FILE, then attest it there (a)"
	case c.Kind == "cmdlet":
		where := ""
		if server, local := c.Local(); local && server == "" {
			return "coexist FILE, then paste there what its command prints"
		} else if local {
			where = " --server " + server
		}
		return fmt.Sprintf("coexist script FILE --step %d --shell %s%s -o FILE.ps1, then coexist import FILE RESULTS", step, c.Shell, where)
	case c.Vantage == checks.Outside:
		return fmt.Sprintf("coexist check FILE --step %d --from outside --out RESULTS, outside, then coexist import FILE RESULTS", step)
	}
	return "coexist check FILE --task " + c.Task.ID
}

// Text writes the report for a terminal.
func (s StatusReport) Text() string {
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	line("%s", oneLine(s.Title, maxProse))
	if s.Rehearsal != "" {
		line("REHEARSAL, scenario %s", oneLine(s.Rehearsal, maxProse))
	}
	if s.AsOf != "" {
		line("last recorded %s, operator %s", s.AsOf, oneLine(cmp.Or(s.Operator, "unknown"), maxProse))
	}
	for _, a := range s.Alerts {
		line("NOTE  %s", oneLine(a, maxProse))
	}
	if s.Backout != "" {
		line("BACKOUT  %s", oneLine(s.Backout, maxProse))
	}
	line("results: %d measured, %d imported, %d stated", s.Truth.Measured, s.Truth.Imported, s.Truth.Stated)
	for _, ph := range s.Phases {
		line("")
		line("[%d] %s", ph.Step, oneLine(titled(ph.Title, ph.Site), maxProse))
		line("    %s, %d of %s done, gate %s", strings.ToUpper(ph.Status), ph.Done, plural(ph.Total, "task", "tasks"), map[bool]string{true: "open", false: "closed"}[ph.Open])
		writeLines(&b, "blocked by", ph.Blockers)
		if ph.Open && !ph.Complete {
			writeLines(&b, "still missing", ph.Remaining)
		}
	}
	if len(s.Failures) > 0 {
		line("")
		writeLines(&b, "Failed or undecided", s.Failures)
	}
	return b.String()
}

func writeLines(b *strings.Builder, title string, list []StatusLine) {
	if len(list) == 0 {
		return
	}
	fmt.Fprintf(b, "    %s:\n", title)
	for i, l := range list {
		if i == maxBlockers {
			fmt.Fprintf(b, "      and %d more\n", len(list)-maxBlockers)
			return
		}
		text := oneLine(l.Text, maxCell)
		if l.LastGreen != "" {
			text += ", last green " + l.LastGreen
		}
		fmt.Fprintf(b, "      %-8s %s\n", strings.ToUpper(l.Status), text)
		if i+1 < min(len(list), maxBlockers) && list[i+1].Mend == l.Mend && list[i+1].Command == l.Command {
			continue // the next line is mended alike: say so once, below
		}
		if l.Mend != "" {
			fmt.Fprintf(b, "               mend: %s\n", oneLine(l.Mend, maxCell))
		}
		if l.Command != "" {
			fmt.Fprintf(b, "               with: %s\n", oneLine(l.Command, maxCell))
		}
	}
}

// stepStatus is a step's word in the diagram: the one its phases share, or how
// many of them are complete.
func stepStatus(s *runbook.Step, p *runbook.Progress) string {
	complete := 0
	word := ""
	for i, ph := range s.Phases {
		st := phaseState(p, ph.ID)
		if st.Complete {
			complete++
		}
		switch {
		case i == 0:
			word = string(st.Status)
		case word != string(st.Status):
			word = ""
		}
	}
	if word == "" && len(s.Phases) > 0 {
		return fmt.Sprintf("%d of %d complete", complete, len(s.Phases))
	}
	return word
}
