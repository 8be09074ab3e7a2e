package rehearsal

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"coexist/checks"
	"coexist/runbook"
	"coexist/runbook/migration"
)

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
	faults  []FaultSummary    // those of the rehearsal, in its order

	seen   *runbook.Snapshot // as of the last act; nil: look again
	mended bool              // a remedy was carried out, or the run was left and is taken up
	acts   int               // tasks marked or confirmed so far
	looked map[string]int    // checks that were run again: after how many acts
}

// look is the state of the session. It is worked out once after each act.
func (w *walker) look() runbook.Snapshot {
	if w.seen == nil {
		s := w.session.Snapshot()
		w.seen = &s
	}
	return *w.seen
}

// act does something to the session, and forgets what was seen of it.
func (w *walker) act(do error) error {
	w.seen = nil
	return do
}

// Headless carries out the whole runbook as far as its gates let it, and tells
// every step on talk. When a fault of the rehearsal comes to light, it carries
// out the remedy once.
func Headless(ctx context.Context, s Session, world World, r *Rehearsal, talk io.Writer) (*Summary, error) {
	w := &walker{ctx: ctx, session: s, world: world, talk: talk, book: s.Snapshot().Runbook, refused: map[string]string{}, looked: map[string]int{}, acts: 1}
	for _, t := range w.look().Progress.Tasks {
		w.mended = w.mended || !t.DoneAt.IsZero()
	}
	for _, f := range r.faults {
		w.faults = append(w.faults, FaultSummary{Name: f.Name})
	}
	for progressed := true; progressed; {
		progressed = false
		for _, p := range w.order() {
			more, err := w.phase(p)
			if err != nil {
				return nil, err
			}
			mended, err := w.mend(r)
			if err != nil {
				return nil, err
			}
			if progressed = progressed || more || mended; mended {
				break // from the start, to where the remedy is carried out
			}
		}
	}
	w.cleared(r)
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
	state := w.look().Progress.Phases[p.ID]
	if !state.Open {
		if err := w.recheck(state.Blockers); err != nil {
			return false, err
		}
		if state = w.look().Progress.Phases[p.ID]; !state.Open {
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
		state = w.look().Progress.Phases[p.ID]
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
	state := w.look().Progress.Tasks[t.ID]
	if !state.DoneAt.IsZero() {
		return w.again(t)
	}
	if state.Status == runbook.Locked && w.refused[t.ID] == "" && !w.ready(t) {
		return false, nil
	}
	if err := w.before(t); err != nil {
		return false, err
	}
	err := w.act(w.session.MarkDone(t.ID, t.Confirm))
	var refused *runbook.Refused
	if errors.As(err, &refused) {
		w.refused[t.ID] = refused.Error()
		return false, nil
	}
	if err != nil {
		return false, err
	}
	delete(w.refused, t.ID)
	w.acts++
	fmt.Fprintf(w.talk, "  carried out %s\n", t.ID)
	if t.Wait > 0 { // the clock has jumped: the wait is over
		if err := w.act(w.session.MarkDone(t.ID, t.Confirm)); err != nil && !errors.As(err, &refused) {
			return true, err
		}
	}
	return true, w.check(ids(t, false))
}

// again confirms a task that was carried out before what it is built on was
// mended, and looks again at what has become stale by it.
func (w *walker) again(t *runbook.Task) (bool, error) {
	if !w.mended {
		return false, nil
	}
	confirmed := false
	if status := w.look().Progress.Tasks[t.ID].Status; status == runbook.Stale || status == runbook.Changed {
		var refused *runbook.Refused
		err := w.act(w.session.MarkDone(t.ID, t.Confirm))
		if err != nil && !errors.As(err, &refused) {
			return false, err
		}
		if confirmed = err == nil; confirmed {
			w.acts++
		}
	}
	var stale []string
	for _, c := range t.Checks {
		s := w.look().Progress.Checks[c.ID]
		if s == nil || s.Satisfied || w.looked[c.ID] >= w.acts || s.Status == runbook.Failed && s.Result.Verdict == checks.Fail {
			continue
		}
		w.looked[c.ID] = w.acts
		stale = append(stale, c.ID)
	}
	return confirmed || len(stale) > 0, w.check(stale)
}

// ready tells whether the tasks before a task are done.
func (w *walker) ready(t *runbook.Task) bool {
	tasks := w.look().Progress.Tasks
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

// before fills in values and checks what belongs before the work.
func (w *walker) before(t *runbook.Task) error {
	known := w.look().Progress.Values
	for _, a := range t.Asks {
		if _, there := known[a.Key]; there || a.Optional {
			continue
		}
		if err := w.act(w.session.SetValue(a.Key, w.answer(t, a))); err != nil {
			fmt.Fprintf(w.talk, "  %s: the value %s: %v\n", t.ID, a.Key, err)
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
		err := w.act(w.session.Attest(id, runbook.Attestation{Answer: "yes", Name: Operator, Note: statedNote}))
		var refused *runbook.Refused
		if err != nil && !errors.As(err, &refused) {
			return err
		}
	}
	if len(run) == 0 {
		return nil
	}
	results, err := w.session.RunChecks(w.ctx, run, nil)
	w.seen = nil
	if err != nil {
		return err
	}
	for _, r := range results {
		if r.Verdict == checks.Warn {
			if err := w.act(w.session.ReadWarning(r.ID, 0)); err != nil {
				return err
			}
		}
		if r.Verdict == checks.Fail || r.Verdict == checks.Unknown {
			fmt.Fprintf(w.talk, "  %s %s: %s (%s) %s\n", r.Verdict, r.ID, r.Summary, r.Reason, r.Found)
		}
	}
	return nil
}

// answer is what a rehearsal gives for a value that is asked: what the
// simulated organisation says, else the example.
func (w *walker) answer(t *runbook.Task, a runbook.Ask) string {
	if a.Name == "database.name" {
		return "DB-" + strings.ToUpper(t.Target)
	}
	if host := hostAsked(w.book.Migration, t.Site, a.Name); host != "" {
		return w.address(host, a.Example)
	}
	return a.Example
}

// hostAsked is the host whose address a value asks for, as seen from a site:
// the site's own names where it has some.
func hostAsked(m *migration.Migration, site, value string) string {
	at := m.FirstSite()
	for _, s := range m.Sites {
		if s.Name == site {
			at = s
		}
	}
	switch value {
	case "switch.primary-old":
		return cmp.Or(at.Primary, m.Namespace.Primary)
	case "switch.autodiscover-old":
		return m.Namespace.Autodiscover
	case "legacy.address":
		for _, s := range append([]migration.Site{at}, m.SitesInOrder()...) {
			for _, v := range s.Servers {
				if v.Version == migration.Source2007 && v.Has(migration.ClientAccess) {
					return m.FQDN(v)
				}
			}
		}
	}
	return ""
}

func (w *walker) address(host, otherwise string) string {
	addrs, err := w.world.Env(checks.Inside).Lookup(w.ctx, host)
	if err != nil || len(addrs) == 0 {
		return otherwise
	}
	return addrs[0].String()
}
