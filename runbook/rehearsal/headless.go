package rehearsal

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"coexist/checks"
	"coexist/runbook"
)

// Summary is what a run without people came to.
type Summary struct {
	Format   int            `json:"format"` // 1
	Scenario string         `json:"scenario"`
	Source   string         `json:"source"`
	Faults   []string       `json:"faults,omitempty"`
	Finished bool           `json:"finished"`
	Phases   []PhaseSummary `json:"steps"`
	Results  map[string]int `json:"results"` // latest verdicts
	Tasks    int            `json:"tasks"`
	Done     int            `json:"tasks_carried_out"`
	Stated   int            `json:"stated"`           // attestations that the run gave itself
	Waived   []string       `json:"waived,omitempty"` // captured values that do not exist
	Stuck    []Stuck        `json:"stuck"`
}

// PhaseSummary is how far one stretch of work came.
type PhaseSummary struct {
	ID       string `json:"id"`
	Title    string `json:"title"`
	Complete bool   `json:"complete"`
	Done     int    `json:"done"`
	Total    int    `json:"total"`
}

// Stuck is one thing that kept the run from its end, or that the rehearsal
// could not answer.
type Stuck struct {
	Phase    string `json:"phase"`
	Task     string `json:"task"`
	Check    string `json:"check,omitempty"`
	Verdict  string `json:"verdict,omitempty"`
	Reason   string `json:"reason,omitempty"`
	Text     string `json:"text"`
	Blocking bool   `json:"blocking"` // false: it closes no gate
}

// Operator is who acts in a run without people.
const Operator = "rehearsal"

const statedNote = "answered by the rehearsal itself: nobody looked"

// walker carries a runbook out from end to end.
type walker struct {
	ctx     context.Context
	session Session
	world   World
	talk    io.Writer
	book    *runbook.Runbook
	refused map[string]string // why a task could not be marked
	waived  []string
	stated  int
}

// Headless carries out the whole runbook as far as its gates let it, and tells
// every step on talk.
func Headless(ctx context.Context, s Session, world World, r *Rehearsal, talk io.Writer) (*Summary, error) {
	w := &walker{ctx: ctx, session: s, world: world, talk: talk, book: s.Snapshot().Runbook, refused: map[string]string{}}
	for progressed := true; progressed; {
		progressed = false
		for _, p := range w.order() {
			more, err := w.phase(p)
			if err != nil {
				return nil, err
			}
			progressed = progressed || more
		}
	}
	return w.summary(r), nil
}

// order is that of the runbook, but mailboxes move last: the rounds are
// verified with a test mailbox of every version, which the moves take along.
func (w *walker) order() []*runbook.Phase {
	var early, late, last []*runbook.Phase
	for _, p := range w.book.Phases {
		switch {
		case p.StepID == "move":
			late = append(late, p)
		case p.ID == "sites/close-out":
			last = append(last, p)
		default:
			early = append(early, p)
		}
	}
	return slices.Concat(early, late, last)
}

// phase does what can be done of a phase and tells whether anything was.
func (w *walker) phase(p *runbook.Phase) (bool, error) {
	state := w.session.Snapshot().Progress.Phases[p.ID]
	if !state.Open {
		if err := w.recheck(state.Blockers); err != nil {
			return false, err
		}
		if state = w.session.Snapshot().Progress.Phases[p.ID]; !state.Open {
			return false, nil
		}
	}
	if state.Complete {
		return false, nil
	}
	any := false
	for more := true; more; {
		more = false
		for _, t := range p.Tasks {
			done, err := w.task(t)
			if err != nil {
				return any, err
			}
			more, any = more || done, any || done
		}
	}
	if any {
		state = w.session.Snapshot().Progress.Phases[p.ID]
		word := "not complete"
		if state.Complete {
			word = "complete"
		}
		fmt.Fprintf(w.talk, "%s: %s, %d of %d tasks\n", p.ID, word, state.Done, state.Total)
	}
	return any, nil
}

// recheck runs again what has become too old or went wrong on the way to a
// gate.
func (w *walker) recheck(blockers []runbook.Blocker) error {
	var ids []string
	for _, b := range blockers {
		if b.Check != "" && b.Status == runbook.Stale {
			ids = append(ids, b.Check)
		}
	}
	return w.check(ids)
}

// task carries one task out, unless it is done or something is in the way.
func (w *walker) task(t *runbook.Task) (bool, error) {
	if err := w.ctx.Err(); err != nil {
		return false, err
	}
	state := w.session.Snapshot().Progress.Tasks[t.ID]
	if !state.DoneAt.IsZero() || state.Status == runbook.Locked && w.refused[t.ID] == "" && !w.ready(t) {
		return false, nil
	}
	if err := w.before(t); err != nil {
		return false, err
	}
	err := w.session.MarkDone(t.ID, t.Confirm)
	var refused *runbook.Refused
	if errors.As(err, &refused) {
		w.refused[t.ID] = refused.Error()
		return false, nil
	}
	if err != nil {
		return false, err
	}
	delete(w.refused, t.ID)
	fmt.Fprintf(w.talk, "  carried out %s\n", t.ID)
	if t.Wait > 0 { // the clock has jumped: the wait is over
		if err := w.session.MarkDone(t.ID, t.Confirm); err != nil && !errors.As(err, &refused) {
			return true, err
		}
	}
	return true, w.check(ids(t, false))
}

// ready tells whether the tasks before a task are done.
func (w *walker) ready(t *runbook.Task) bool {
	tasks := w.session.Snapshot().Progress.Tasks
	for _, id := range t.After {
		before := w.book.Task(id)
		if before != nil && !before.Optional && tasks[id].DoneAt.IsZero() {
			return false
		}
	}
	return true
}

func ids(t *runbook.Task, before bool) []string {
	var out []string
	for _, c := range t.Checks {
		if c.Before == before {
			out = append(out, c.ID)
		}
	}
	return out
}

// before fills in values, captures and checks what belongs before the work.
func (w *walker) before(t *runbook.Task) error {
	known := w.session.Snapshot().Progress.Values
	for _, a := range t.Asks {
		if _, there := known[a.Key]; there || a.Optional {
			continue
		}
		if err := w.session.SetValue(a.Key, w.answer(t, a)); err != nil {
			fmt.Fprintf(w.talk, "  %s: the value %s: %v\n", t.ID, a.Key, err)
		}
	}
	for _, c := range t.Captures {
		if _, there := known[c.Key]; there || slices.Contains(w.waived, c.Key) {
			continue
		}
		if err := w.capture(t, c); err != nil {
			fmt.Fprintf(w.talk, "  %s: %s could not be captured: %v\n", t.ID, c.Key, err)
		}
	}
	return w.check(ids(t, true))
}

// check runs checks and answers those that ask a person; it reads warnings.
func (w *walker) check(list []string) error {
	var run []string
	for _, id := range list {
		c := w.book.Check(id)
		if c.Kind != "attest" {
			run = append(run, id)
			continue
		}
		err := w.session.Attest(id, runbook.Attestation{Answer: "yes", Name: Operator, Note: statedNote})
		var refused *runbook.Refused
		if err != nil && !errors.As(err, &refused) {
			return err
		}
		w.stated++
	}
	if len(run) == 0 {
		return nil
	}
	results, err := w.session.RunChecks(w.ctx, run, nil)
	if err != nil {
		return err
	}
	for _, r := range results {
		if r.Verdict == checks.Warn {
			if err := w.session.ReadWarning(r.ID); err != nil {
				return err
			}
		}
		if r.Verdict == checks.Fail || r.Verdict == checks.Unknown {
			fmt.Fprintf(w.talk, "  %s %s: %s (%s) %s\n", r.Verdict, r.ID, r.Summary, r.Reason, r.Found)
		}
	}
	return nil
}

// capture reads a value before it is changed.
func (w *walker) capture(t *runbook.Task, c runbook.Capture) error {
	snap := w.session.Snapshot()
	rendered, err := c.Command.Render(snap.Progress.Values)
	if err != nil || len(rendered.Pending) > 0 {
		return errors.Join(err, fmt.Errorf("its command waits for other values"))
	}
	var values []string
	for _, line := range rendered.Lines {
		rows, err := w.world.Read(w.ctx, t.Target, line, []string{c.Property})
		if err != nil {
			return err
		}
		for _, r := range rows {
			for _, v := range r[c.Property] {
				if v != "" && (c.Type == "list" || !slices.Contains(values, v)) {
					values = append(values, v)
				}
			}
		}
	}
	switch {
	case len(values) == 0:
		return w.waiveCapture(c)
	case len(values) > 1 && c.Type != "list":
		return fmt.Errorf("expected one value, found %s", strings.Join(values, ", "))
	}
	return w.session.Import(runbook.Imported{Path: "rehearsal", From: Operator}, nil, map[string]string{c.Key: strings.Join(values, "\n")})
}

// waiveCapture records that there is nothing to write down.
func (w *walker) waiveCapture(c runbook.Capture) error {
	err := w.session.Waive(runbook.Waiver{Check: c.Key, Reason: "the property has no value in the rehearsal", Name: Operator})
	if err == nil {
		w.waived = append(w.waived, c.Key)
	}
	return err
}

// answer is what a rehearsal gives for a value that is asked: what the
// simulated organisation says, else the example.
func (w *walker) answer(t *runbook.Task, a runbook.Ask) string {
	m := w.book.Migration
	switch a.Name {
	case "switch.primary-old":
		return w.address(m.Namespace.Primary, a.Example)
	case "switch.autodiscover-old":
		return w.address(m.Namespace.Autodiscover, a.Example)
	case "legacy.address":
		for _, s := range m.Sites {
			for _, v := range s.Servers {
				if v.Version == "2007" && v.Has("client-access") {
					return w.address(strings.ToLower(v.Name)+"."+m.Organization.Forest, a.Example)
				}
			}
		}
	case "database.name":
		return "DB-" + strings.ToUpper(t.Target)
	}
	return a.Example
}

func (w *walker) address(host, otherwise string) string {
	addrs, err := w.world.Env(checks.Inside).Lookup(w.ctx, host)
	if err != nil || len(addrs) == 0 {
		return otherwise
	}
	return addrs[0].String()
}

// summary tells how far the run came and what was in its way.
func (w *walker) summary(r *Rehearsal) *Summary {
	snap := w.session.Snapshot()
	out := &Summary{Format: 1, Scenario: r.Scenario, Source: r.Source, Faults: r.Faults, Finished: true, Results: map[string]int{},
		Stated: w.stated, Waived: w.waived, Stuck: []Stuck{}}
	for _, p := range w.book.Phases {
		state := snap.Progress.Phases[p.ID]
		out.Phases = append(out.Phases, PhaseSummary{p.ID, p.Title, state.Complete, state.Done, state.Total})
		out.Finished = out.Finished && state.Complete
		for _, t := range p.Tasks {
			out.Tasks++
			if snap.Progress.Tasks[t.ID].DoneAt.IsZero() {
				if why := w.refused[t.ID]; why != "" {
					out.Stuck = append(out.Stuck, Stuck{Phase: p.ID, Task: t.ID, Text: why, Blocking: !t.Optional})
				}
			} else {
				out.Done++
			}
			for _, c := range t.Checks {
				out.count(p, t, c, snap.Progress.Checks[c.ID])
			}
		}
	}
	return out
}

func (s *Summary) count(p *runbook.Phase, t *runbook.Task, c *runbook.Check, state *runbook.CheckState) {
	if state == nil || state.Result == nil {
		s.Results["not run"]++
		return
	}
	s.Results[string(state.Result.Verdict)]++
	bad := state.Result.Verdict == checks.Fail || state.Result.Verdict == checks.Unknown || !state.Satisfied
	if bad && state.Status != runbook.NotYet {
		s.Stuck = append(s.Stuck, Stuck{Phase: p.ID, Task: t.ID, Check: c.ID, Verdict: string(state.Result.Verdict), Reason: state.Result.Reason,
			Text: strings.TrimSpace(state.Result.Summary + "; " + state.Result.Found), Blocking: !state.Satisfied && c.Gate != "info" && !t.Optional})
	}
}
