package runbook

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"reflect"
	"testing"
	"time"

	"coexist/checks"
	"coexist/runbook/journal"
)

// history makes random journals: anything may happen at any time, in any
// order, with the clock mostly going forward.
type history struct {
	r      *Runbook
	rnd    *rand.Rand
	now    time.Time
	events []journal.Event
	tasks  []*Task
	checks []*Check
	last   map[string]int64 // latest result of every check
}

func newHistory(r *Runbook, seed uint64) *history {
	h := &history{r: r, last: map[string]int64{}, rnd: rand.New(rand.NewPCG(seed, 7)), now: time.Date(2026, 11, 28, 22, 0, 0, 0, time.UTC)}
	for _, p := range r.Phases {
		h.tasks = append(h.tasks, p.Tasks...)
		for _, t := range p.Tasks {
			h.checks = append(h.checks, t.Checks...)
		}
	}
	return h
}

func (h *history) add(kind string, data any) int64 {
	h.now = h.now.Add(time.Duration(h.rnd.IntN(600)) * time.Second)
	if h.rnd.IntN(200) == 0 {
		h.now = h.now.Add(-20 * time.Minute)
	}
	raw, err := json.Marshal(data)
	if err != nil {
		panic(err)
	}
	seq := int64(len(h.events) + 1)
	h.events = append(h.events, journal.Event{V: 1, Seq: seq, Time: h.now, Operator: "A", Host: "h", Kind: kind, Data: raw})
	return seq
}

func (h *history) result(c *Check, v checks.Verdict) {
	source := checks.FromProbe
	if c.Kind == "attest" {
		source = checks.FromPerson
	}
	r := checks.Result{ID: c.ID, Kind: c.Kind, Source: source, Verdict: v, Started: h.now}
	if v != checks.Pass {
		r.Reason, r.Found = "expect.not_met", fmt.Sprint(h.rnd.IntN(2))
	}
	h.last[c.ID] = h.add(EventResult, Recorded{Result: r})
}

var verdicts = []checks.Verdict{checks.Pass, checks.Pass, checks.Pass, checks.Pass, checks.Fail, checks.Unknown, checks.Warn, checks.Skip}

// step makes one random thing happen. Tasks early in the runbook are met more
// often, so that histories get somewhere.
func (h *history) step() {
	near := func(n int) int { return min(h.rnd.IntN(n), h.rnd.IntN(n), h.rnd.IntN(n)) }
	t := h.tasks[near(len(h.tasks))]
	c := h.checks[near(len(h.checks))]
	switch h.rnd.IntN(14) {
	case 0, 1, 2, 3:
		h.add(EventDone, TaskDone{Task: t.ID, Hash: t.changes(nil)})
	case 4, 5, 6, 7:
		h.result(c, verdicts[h.rnd.IntN(len(verdicts))])
	case 8:
		for _, c := range t.Checks {
			h.result(c, checks.Pass)
		}
	case 9:
		if h.rnd.IntN(6) == 0 {
			h.add(EventReopened, TaskReopened{Task: t.ID})
		}
	case 10:
		w := Waiver{Check: c.ID, Reason: "r", Name: "B", Second: "C", Result: h.lastResult(c)}
		if h.rnd.IntN(3) == 0 {
			w.Expires = h.now.Add(time.Hour)
		}
		h.add(EventWaiver, w)
	case 11:
		h.add(EventRead, WarningRead{Check: c.ID, Result: h.lastResult(c)})
	case 12:
		if n := len(h.events); n > 0 && h.rnd.IntN(4) == 0 {
			e := h.events[h.rnd.IntN(n)]
			h.add(EventUndo, Undone{Seq: e.Seq, Kind: e.Kind})
		}
	case 13:
		h.add(EventWaitOver, WaitOver{Task: t.ID})
	}
}

func (h *history) lastResult(c *Check) int64 { return h.last[c.ID] }

// steps makes n things happen and folds them.
func (h *history) steps(f *fold, n int) *Progress {
	before := len(h.events)
	for range n {
		h.step()
	}
	for _, e := range h.events[before:] {
		f.applyAll([]journal.Event{e})
	}
	return f.progress(h.now)
}

// witness is a second, simpler reading of the journal: the latest word on
// every task and check, with nothing remembered of what was open when.
type witness struct {
	done    map[string]int64
	results map[string][]seen
	waivers map[string][]Waiver
	read    map[string]map[int64]bool
	marked  map[string]int64 // last time that a task was marked; the first since a reopening is in done
}

type seen struct {
	seq int64
	r   Recorded
}

func testify(events []journal.Event) *witness {
	w := &witness{
		done: map[string]int64{}, results: map[string][]seen{}, waivers: map[string][]Waiver{},
		read: map[string]map[int64]bool{}, marked: map[string]int64{},
	}
	for _, e := range events {
		payload, err := Decode(e)
		if err != nil {
			panic(err)
		}
		switch p := payload.(type) {
		case *TaskDone:
			w.marked[p.Task] = e.Seq
			if w.done[p.Task] == 0 { // a second time confirms
				w.done[p.Task] = e.Seq
			}
		case *TaskReopened:
			delete(w.done, p.Task)
		case *Undone:
			for id, seq := range w.marked {
				if seq == p.Seq {
					delete(w.done, id)
				}
			}
		case *Recorded:
			w.results[p.ID] = append(w.results[p.ID], seen{e.Seq, *p})
		case *Waiver:
			p.Seq = e.Seq
			w.waivers[p.Check] = append(w.waivers[p.Check], *p)
		case *WarningRead:
			if w.read[p.Check] == nil {
				w.read[p.Check] = map[int64]bool{}
			}
			w.read[p.Check][p.Result] = true
		}
	}
	return w
}

// everSupported tells whether at some time after the task was last carried
// out, or now, a result or a lawful waiver spoke for the check.
func (w *witness) everSupported(c *Check) bool {
	done := w.done[c.Task.ID]
	for _, s := range w.results[c.ID] {
		if s.seq < done && !c.Before {
			continue
		}
		if s.r.Verdict == checks.Pass || s.r.Verdict == checks.Skip || s.r.Verdict == checks.Warn && w.read[c.ID][s.seq] {
			return true
		}
	}
	if c.Gate == "hard" {
		return false
	}
	for _, v := range w.waivers[c.ID] {
		if v.Seq > done || c.Before {
			return true
		}
	}
	return false
}

// TestNoHistoryOpensAGateWithoutReason: an open phase has every required task
// of every phase before it carried out, and for every blocking check of those
// a result after the work, or a waiver that may be, spoke for it; and for the
// phase that comes next nothing speaks against it now.
func TestNoHistoryOpensAGateWithoutReason(t *testing.T) {
	t.Parallel()
	r := compiled(t, organization(2))
	opened := 0
	for seed := range uint64(100) {
		h := newHistory(r, seed)
		f := newFold(r)
		for range 40 {
			p := h.steps(f, 10)
			w := testify(h.events)
			for _, phase := range r.Phases {
				if s := p.Phases[phase.ID]; s.Open != (len(s.Blockers) == 0) {
					t.Fatalf("seed %d: %s is open: %v, with %d blockers", seed, phase.ID, s.Open, len(s.Blockers))
				} else if !s.Open {
					continue
				}
				for _, before := range r.plan.ancestors[phase] {
					opened++
					for _, task := range before.Tasks {
						if task.Optional {
							continue
						}
						if w.done[task.ID] == 0 {
							t.Fatalf("seed %d: %s is open and %s is not carried out", seed, phase.ID, task.ID)
						}
						for _, c := range task.Checks {
							if c.Gate != "info" && !w.everSupported(c) {
								t.Fatalf("seed %d: %s is open and nothing ever spoke for %s", seed, phase.ID, c.ID)
							}
						}
					}
				}
			}
		}
	}
	if opened == 0 {
		t.Fatal("no history opened a gate: the test proves nothing")
	}
}

// TestWaiverNeverHidesALaterFailure: a satisfied check whose latest result is
// a failure has a waiver for that very failure, and no other result lies
// between.
func TestWaiverNeverHidesALaterFailure(t *testing.T) {
	t.Parallel()
	r := compiled(t, organization(1))
	met := 0
	for seed := range uint64(60) {
		h := newHistory(r, 1000+seed)
		f := newFold(r)
		for range 60 {
			p := h.steps(f, 5)
			w := testify(h.events)
			for _, c := range r.checks {
				s := p.Checks[c.ID]
				if s.Status == Waived {
					met++
				}
				if s.Result == nil || s.Over || !s.Satisfied || s.Result.Verdict == checks.Pass || s.Result.Verdict == checks.Skip {
					continue
				}
				if s.Result.Verdict == checks.Warn && s.Read {
					continue
				}
				if c.Gate == "hard" || s.Waiver == nil {
					t.Fatalf("seed %d: %s counts with %s and waiver %v", seed, c.ID, s.Result.Verdict, s.Waiver)
				}
				for _, later := range w.results[c.ID] {
					if later.seq > s.Waiver.Result && (later.r.Verdict != s.Result.Verdict || later.r.Found != s.Result.Found) {
						t.Fatalf("seed %d: the waiver of %s hides result %d", seed, c.ID, later.seq)
					}
				}
			}
		}
	}
	if met == 0 {
		t.Fatal("no waiver was ever in force: the test proves nothing")
	}
}

// TestTimeNeverOpens: what is closed stays closed when nothing but time
// passes.
func TestTimeNeverOpens(t *testing.T) {
	t.Parallel()
	r := compiled(t, organization(2))
	for seed := range uint64(100) {
		h := newHistory(r, 5000+seed)
		for range 150 {
			h.step()
		}
		now := Fold(r, h.events, h.now)
		for _, ahead := range []time.Duration{time.Minute, time.Hour, 25 * time.Hour, 1000 * time.Hour} {
			later := Fold(r, h.events, h.now.Add(ahead))
			for id, s := range later.Phases {
				if s.Open && !now.Phases[id].Open {
					t.Fatalf("seed %d: %s opened by waiting %s", seed, id, ahead)
				}
				if s.Complete && !now.Phases[id].Complete {
					t.Fatalf("seed %d: %s became complete by waiting %s", seed, id, ahead)
				}
			}
		}
	}
}

// TestFoldIsDeterministic: the same journal folds to the same progress, all
// at once or event by event with looks in between.
func TestFoldIsDeterministic(t *testing.T) {
	t.Parallel()
	r := compiled(t, organization(2))
	for seed := range uint64(60) {
		h := newHistory(r, 9000+seed)
		f := newFold(r)
		for range 200 {
			n := len(h.events)
			h.step()
			for _, e := range h.events[n:] {
				f.applyAll([]journal.Event{e})
			}
			if h.rnd.IntN(5) == 0 {
				f.progress(h.now.Add(time.Duration(h.rnd.IntN(40)) * time.Hour))
			}
		}
		a, b := Fold(r, h.events, h.now), Fold(r, h.events, h.now)
		if !reflect.DeepEqual(a, b) {
			t.Fatalf("seed %d: two folds differ", seed)
		}
		if c := f.progress(h.now); !reflect.DeepEqual(a, c) {
			for id := range a.Phases {
				if !reflect.DeepEqual(a.Phases[id], c.Phases[id]) {
					t.Errorf("%s: %+v\n%+v", id, a.Phases[id], c.Phases[id])
				}
			}
			t.Fatalf("seed %d: folding step by step differs", seed)
		}
	}
}
