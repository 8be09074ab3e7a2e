package handover

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"coexist/runbook"
	"coexist/runbook/export"
)

// Overview is what somebody who takes over must know first, format 1.
type Overview struct {
	Format       int       `json:"format"`
	Organization string    `json:"organization"`
	Source       string    `json:"source"`
	Release      string    `json:"release"`
	Rehearsal    string    `json:"rehearsal,omitempty"`
	AsOf         time.Time `json:"as_of,omitzero"`
	Operator     string    `json:"last_operator,omitempty"`
	Contacts     []string  `json:"contacts,omitempty"`
	Done         int       `json:"done"` // required tasks
	Tasks        int       `json:"tasks"`
	Backout      string    `json:"backout,omitempty"`
	Next         []string  `json:"next"`
	Failed       []string  `json:"failed"`
	Open         []string  `json:"open"`
	Waived       []string  `json:"waived"`
	Stale        []string  `json:"stale"`
	Waiting      []string  `json:"waiting"`
	Alerts       []string  `json:"alerts,omitempty"`
	Notes        []string  `json:"notes,omitempty"` // the last ones on the whole run
}

// lastNotes is how many notes on the whole run an overview tells.
const lastNotes = 5

// OverviewOf gathers it.
func OverviewOf(r *runbook.Runbook, p *runbook.Progress) Overview {
	o := Overview{Format: 1, Organization: r.Migration.Organization.Name, Source: r.Source, Release: r.Release.Name, Rehearsal: p.Rehearsal,
		AsOf: p.Last.UTC(), Operator: p.Operator, Alerts: p.Alerts, Next: []string{}, Failed: []string{}, Open: []string{}, Waived: []string{}, Stale: []string{}, Waiting: []string{}}
	if c := r.Migration.Change; c != nil {
		o.Contacts = c.Contacts
	}
	for _, ph := range r.Phases {
		o.phase(ph, p)
	}
	for _, n := range p.Notes {
		if n.Task == "" {
			o.Notes = append(o.Notes, n.Time.UTC().Format("2006-01-02 15:04Z")+", "+n.By+": "+n.Text)
		}
	}
	o.Notes = o.Notes[max(0, len(o.Notes)-lastNotes):]
	if p.Backout != nil {
		o.retreat(runbook.PlanBackout(r, p))
	}
	return o
}

func (o *Overview) phase(ph *runbook.Phase, p *runbook.Progress) {
	st := p.Phases[ph.ID]
	if st.Open && !st.Complete && len(o.Next) == 0 {
		for _, b := range st.Remaining {
			if ts := p.Tasks[b.Task]; b.Check == "" && ts != nil && ts.Status == runbook.Locked {
				continue // another task comes first
			}
			o.Next = append(o.Next, b.Text+mend(b.Mend))
		}
	}
	left := 0
	for _, t := range ph.Tasks {
		ts := p.Tasks[t.ID]
		where := t.Title + " (" + t.Label + ")"
		if !t.Optional {
			o.Tasks++
			if ts.DoneAt.IsZero() {
				left++
			} else {
				o.Done++
			}
		}
		switch ts.Status {
		case runbook.Changed, runbook.Stale:
			o.Stale = append(o.Stale, where+": "+ts.Why)
		case runbook.Waiting:
			o.Waiting = append(o.Waiting, where+": "+ts.Why)
		}
		for _, c := range t.Checks {
			o.check(where+": "+c.Title, p.Checks[c.ID], !ts.DoneAt.IsZero())
		}
	}
	if left > 0 {
		o.Open = append(o.Open, fmt.Sprintf("step %d, %s: %d of %d tasks to be carried out", ph.Step, strings.TrimSpace(ph.Title+" "+ph.Site), left, st.Total))
	}
}

func mend(s string) string {
	if s == "" {
		return ""
	}
	return "; " + s
}

func (o *Overview) check(where string, c *runbook.CheckState, done bool) {
	switch {
	case c.Status == runbook.Waived && c.Waiver != nil:
		line := where + ", by " + c.Waiver.Name + ": " + c.Waiver.Reason
		if !c.Waiver.Expires.IsZero() {
			line += ", until " + c.Waiver.Expires.UTC().Format("2006-01-02 15:04Z")
		}
		o.Waived = append(o.Waived, line)
	case c.Over:
	case c.Status == runbook.Failed && c.Result != nil:
		o.Failed = append(o.Failed, where+": "+cmp.Or(c.Result.Found, c.Result.Summary))
	case c.Status == runbook.Stale:
		o.Stale = append(o.Stale, where)
	case done && (c.Status == runbook.NotRun || c.Status == runbook.NotYet) && !c.Satisfied:
		o.Waiting = append(o.Waiting, where+": "+string(c.Status))
	}
}

// retreat puts what is next in a backout in the place of the plan's work.
func (o *Overview) retreat(plan *runbook.Retreat) {
	b := plan.Declared
	o.Backout = fmt.Sprintf("declared %s by %s: %s; %d of %d undo cards settled", b.Time.UTC().Format("2006-01-02 15:04Z"), b.By, b.Reason, plan.Settled, len(plan.Cards))
	o.Next, o.Open = []string{}, []string{}
	for _, c := range plan.Cards {
		if !c.Settled() {
			o.Open = append(o.Open, "way back of "+c.Task.Title+" ("+c.Task.Label+"): "+c.Word())
		}
	}
	if c := plan.Next(); c != nil {
		o.Next = append(o.Next, "take back "+c.Task.Title+" ("+c.Task.Label+"): coexist backout FILE --task "+c.Task.ID)
	}
}

// shown is how many lines of one list the text holds.
const shown = 8

// Text writes the overview for a terminal.
func (o Overview) Text() string {
	var b strings.Builder
	line := func(format string, args ...any) {
		fmt.Fprintf(&b, "%s\n", export.Visible(fmt.Sprintf(format, args...)))
	}
	line("%s: Exchange %s to %s", o.Organization, strings.ReplaceAll(o.Source, "mixed", "2007 and 2010"), o.Release)
	if o.Rehearsal != "" {
		line("REHEARSAL, scenario %s", o.Rehearsal)
	}
	if !o.AsOf.IsZero() {
		line("last recorded %s by %s", o.AsOf.Format("2006-01-02 15:04Z"), cmp.Or(o.Operator, "nobody"))
	}
	line("%d of %d required tasks carried out", o.Done, o.Tasks)
	if o.Backout != "" {
		line("BACKOUT %s", o.Backout)
	}
	for _, list := range []struct {
		title string
		lines []string
	}{{"Note", o.Alerts}, {"Next", o.Next}, {"Failed", o.Failed}, {"Waiting", o.Waiting}, {"Stale", o.Stale}, {"Waived", o.Waived}, {"Open", o.Open}, {"Notes", o.Notes}, {"Contacts", o.Contacts}} {
		if len(list.lines) == 0 && (list.title == "Note" || list.title == "Notes" || list.title == "Contacts") {
			continue
		}
		line("")
		line("%s: %d", list.title, len(list.lines))
		for i, l := range list.lines {
			if i == shown {
				line("  and %d more", len(list.lines)-shown)
				break
			}
			line("  %s", l)
		}
	}
	return b.String()
}
