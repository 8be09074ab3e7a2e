package export

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"coexist/checks"
	"coexist/runbook"
	"coexist/runbook/journal"
)

// Profiles are the readers an export can be cut for. A profile leaves chapters
// or advice out; it never changes a fact.
var Profiles = []string{"full", "manager", "auditor", "engineer"}

// planKinds are the events that a plan may know: what the run is, and values
// that its commands are rendered with.
var planKinds = []string{"run.started", "value"}

// gatherer collects the facts of one document.
type gatherer struct {
	r       *runbook.Runbook
	p       *runbook.Progress
	o       Options
	all     []journal.Event // the whole journal
	events  []journal.Event // what this document may know of it
	results []recorded      // in journal order
	index   *index
	found   map[string]string   // transcript hash → evidence id
	done    map[string][]string // lines recorded when a task was last carried out
	retreat *runbook.Retreat
	d       *Document
}

// recorded is a result with its place in the journal.
type recorded struct {
	seq    int64
	time   time.Time
	result checks.Result
}

func gather(r *runbook.Runbook, events []journal.Event, o Options) (*Document, error) {
	if o.Profile == "" {
		o.Profile = "full"
	}
	if !slices.Contains(Profiles, o.Profile) {
		return nil, fmt.Errorf("profile %q is not known: expected one of %s", o.Profile, strings.Join(Profiles, ", "))
	}
	g := &gatherer{r: r, o: o, all: events, events: events, index: newIndex(r), found: map[string]string{}, done: map[string][]string{}}
	if o.Plan {
		g.events = slices.DeleteFunc(slices.Clone(events), func(e journal.Event) bool { return !slices.Contains(planKinds, e.Kind) })
	}
	g.results = resultsOf(g.events)
	g.p = runbook.Fold(r, g.events, lastTime(g.events))
	if o.Plan {
		forget(g.p)
	}
	return g.document(), nil
}

// forget drops the moments of a plan, where giving a value is not yet work.
func forget(p *runbook.Progress) {
	for _, t := range p.Tasks {
		t.Started = time.Time{}
	}
	for _, ph := range p.Phases {
		ph.First, ph.Last = time.Time{}, time.Time{}
	}
}

func (g *gatherer) document() *Document {
	rename := func(s string) string { return s }
	var red *redactor
	if g.o.Redact {
		red = newRedactor(g.r, g.p, g.all)
		rename = red.text
	}
	g.d = &Document{
		Format: 1, Kind: "as-run", Profile: g.o.Profile, Redacted: g.o.Redact, Rehearsal: g.p.Rehearsal,
		Title: g.title(), Alerts: g.p.Alerts, AsOf: lastTime(g.events),
	}
	if g.o.Plan {
		g.d.Kind = "plan"
	}
	if g.o.Broken != "" {
		g.d.Alerts = append([]string{"The journal is damaged: " + g.o.Broken + ". What comes after is not in this document."}, g.d.Alerts...)
	}
	g.retreat = runbook.PlanBackout(g.r, g.p)
	g.evidence()
	g.phases()
	g.counts()
	g.change()
	g.timeline()
	g.deviations()
	g.scope(rename)
	g.soak()
	g.rollback()
	g.openItems()
	g.method()
	g.integrity()
	g.signOff()
	g.summary()
	if red != nil {
		red.document(g.d)
	}
	return g.d
}

func (g *gatherer) title() string {
	source := map[string]string{"2007": "2007", "2010": "2010", "mixed": "2007 and 2010"}[g.r.Source]
	title := fmt.Sprintf("Exchange %s to 2013 coexistence upgrade", source)
	if g.r.Migration != nil && g.r.Migration.Organization.Name != "" {
		title += ": " + g.r.Migration.Organization.Name
	}
	return title
}

// lastTime is the moment that a document speaks of.
func lastTime(events []journal.Event) time.Time {
	if len(events) == 0 {
		return time.Time{}
	}
	return events[len(events)-1].Time.UTC()
}

// resultsOf reads every result of the journal. One that does not decode is told
// by the fold's alerts and left out here.
func resultsOf(events []journal.Event) []recorded {
	var out []recorded
	for _, e := range events {
		if e.Kind != runbook.EventResult {
			continue
		}
		var res checks.Result
		if json.Unmarshal(e.Data, &res) != nil {
			continue
		}
		at := e.Time
		if !res.Started.IsZero() {
			at = res.Started
		}
		out = append(out, recorded{e.Seq, at.UTC(), res})
	}
	return out
}

// payload is an event's data where only single fields of it matter.
type payload map[string]any

func payloadOf(e journal.Event) payload {
	p := payload{}
	_ = json.Unmarshal(e.Data, &p) // an event without an object has no fields
	return p
}

func (p payload) text(names ...string) string {
	for _, n := range names {
		switch v := p[n].(type) {
		case string:
			if v != "" {
				return v
			}
		case float64:
			return fmt.Sprintf("%.0f", v)
		}
	}
	return ""
}

func (p payload) lines(name string) []string {
	list, _ := p[name].([]any)
	var out []string
	for _, v := range list {
		if s, ok := v.(string); ok {
			out = append(out, s)
		}
	}
	return out
}

// index finds the parts of a runbook, and their chapter numbers.
type index struct {
	tasks  map[string]*runbook.Task
	checks map[string]*runbook.Check
	number map[string]string // by phase and task id
}

func newIndex(r *runbook.Runbook) *index {
	x := &index{map[string]*runbook.Task{}, map[string]*runbook.Check{}, map[string]string{}}
	for i, ph := range r.Phases {
		x.number[ph.ID] = fmt.Sprintf("6.%d", i+1)
		for j, t := range ph.Tasks {
			x.tasks[t.ID] = t
			x.number[t.ID] = fmt.Sprintf("6.%d.%d", i+1, j+1)
			for _, c := range t.Checks {
				x.checks[c.ID] = c
			}
		}
	}
	return x
}

// taskName is how a task is called in a sentence.
func (x *index) taskName(id string) string {
	t := x.tasks[id]
	if t == nil {
		return id
	}
	return x.number[id] + " " + titled(t.Title, t.Label)
}

// The states of a fold may lack what nothing happened to.

func taskState(p *runbook.Progress, id string) *runbook.TaskState {
	if s := p.Tasks[id]; s != nil {
		return s
	}
	return &runbook.TaskState{Status: runbook.Locked}
}

func phaseState(p *runbook.Progress, id string) *runbook.PhaseState {
	if s := p.Phases[id]; s != nil {
		return s
	}
	return &runbook.PhaseState{Status: runbook.Locked}
}

func checkState(p *runbook.Progress, id string) *runbook.CheckState {
	if s := p.Checks[id]; s != nil {
		return s
	}
	return &runbook.CheckState{Status: runbook.NotRun}
}
