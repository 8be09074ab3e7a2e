package runbook

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"testing"
	"time"

	"coexist/checks"
	"coexist/runbook/journal"
)

// withValues makes a random thing happen, values and what depends on them
// included.
func (h *history) withValues(f *fold) {
	keys := slices.Sorted(maps.Keys(h.r.plan.bringers))
	switch n := h.rnd.IntN(20); {
	case n == 0:
		h.add(EventValue, ValueSet{Key: keys[h.rnd.IntN(len(keys))], Value: fmt.Sprint("https://x", h.rnd.IntN(3), ".contoso.com/"), How: "asked"})
	case n < 3: // a result, or work, with what is asked now
		c := h.checks[h.rnd.IntN(len(h.checks))]
		h.last[c.ID] = h.add(EventResult, Recorded{Result: checks.Result{ID: c.ID, Kind: c.Kind, Source: checks.FromProbe, Verdict: checks.Pass, Started: h.now}, Asked: f.asks(c)})
	case n < 5:
		t := h.tasks[h.rnd.IntN(len(h.tasks))]
		h.add(EventDone, TaskDone{Task: t.ID, Hash: f.changes(t)})
	case n == 5 && h.rnd.IntN(10) == 0:
		h.add(EventBackout, BackedOut{Reason: "r"})
	default:
		h.step()
	}
}

// march carries the whole runbook out in order, in a random history's clock, so
// that gates open, regress and seal.
func (h *history) march(f *fold, take func()) {
	for _, t := range h.tasks {
		h.add(EventDone, TaskDone{Task: t.ID, Hash: f.changes(t)})
		for _, c := range t.Checks {
			switch n := h.rnd.IntN(16); {
			case n == 0:
			case n < 4 && (c.Gate == "soft" || c.Gate == "dual"):
				h.result(c, checks.Fail)
				h.add(EventWaiver, Waiver{Check: c.ID, Reason: "r", Name: "B", Second: "C", Result: h.lastResult(c)})
			default:
				h.result(c, checks.Pass)
			}
		}
		take()
		if t.Wait > 0 {
			h.now = h.now.Add(t.Wait)
			h.add(EventWaitOver, WaitOver{Task: t.ID})
		}
		for h.rnd.IntN(4) == 0 {
			h.withValues(f)
		}
		take()
	}
}

// TestLedgersSayWhatLookingAnewSays reads random journals twice: once keeping
// what is known, once forgetting all that can be forgotten before every event.
func TestLedgersSayWhatLookingAnewSays(t *testing.T) {
	t.Parallel()
	r := compiled(t, organization(2))
	begun, looks := 0, 0
	for seed := range uint64(60) {
		h := newHistory(r, 30_000+seed)
		kept, anew := newFold(r), newFold(r)
		taken := 0
		take := func() {
			for ; taken < len(h.events); taken++ {
				kept.applyAll([]journal.Event{h.events[taken]})
				anew.forgetAll()
				anew.applyAll([]journal.Event{h.events[taken]})
			}
		}
		look := func(at time.Time) {
			looks++
			anew.forgetAll()
			if a, b := kept.progress(at), anew.progress(at); !reflect.DeepEqual(a, b) {
				t.Fatalf("seed %d, event %d: %s", seed, taken, difference(a, b))
			}
		}
		steps := func() {
			take()
			if h.rnd.IntN(4) == 0 {
				look(h.now.Add(time.Duration(h.rnd.IntN(60)-10) * time.Hour))
			}
		}
		if seed%2 == 0 {
			h.march(kept, steps)
		}
		for range 150 {
			h.withValues(kept)
			steps()
		}
		look(h.now)
		if !reflect.DeepEqual(kept.begun, anew.begun) || !reflect.DeepEqual(kept.sealed, anew.sealed) {
			t.Fatalf("seed %d: phases began otherwise", seed)
		}
		for _, p := range r.Phases {
			n := 0
			for _, task := range p.Tasks {
				if tf := kept.tasks[task.ID]; !task.Optional && (tf == nil || tf.seq == 0) {
					n++
				}
			}
			if n != kept.left(p) {
				t.Fatalf("seed %d: %s has %d tasks left, and %d are counted", seed, p.ID, n, kept.left(p))
			}
		}
		begun += len(kept.begun)
	}
	if begun < 120 || looks < 500 {
		t.Errorf("%d phases began, %d looks: the histories get nowhere", begun, looks)
	}
}

// forgetAll drops whatever can be worked out again.
func (f *fold) forgetAll() {
	f.forget()
	clear(f.blame)
	clear(f.prints)
	clear(f.asked)
	f.reach = nil
}

// difference names the first part of two progresses that differs.
func difference(a, b *Progress) string {
	for _, id := range slices.Sorted(maps.Keys(a.Phases)) {
		if !reflect.DeepEqual(a.Phases[id], b.Phases[id]) {
			return fmt.Sprintf("phase %s: %+v\n%+v", id, a.Phases[id], b.Phases[id])
		}
	}
	for _, id := range slices.Sorted(maps.Keys(a.Tasks)) {
		if !reflect.DeepEqual(a.Tasks[id], b.Tasks[id]) {
			return fmt.Sprintf("task %s: %+v\n%+v", id, a.Tasks[id], b.Tasks[id])
		}
	}
	for _, id := range slices.Sorted(maps.Keys(a.Checks)) {
		if !reflect.DeepEqual(a.Checks[id], b.Checks[id]) {
			return fmt.Sprintf("check %s: %+v\n%+v", id, a.Checks[id], b.Checks[id])
		}
	}
	return "something else"
}

// TestFoldGrowsWithTheJournal counts what is looked at instead of the time it
// takes: a journal nine times as long on nine times the sites must not make
// every event look at more.
func TestFoldGrowsWithTheJournal(t *testing.T) {
	t.Parallel()
	per := func(sites int) float64 {
		r := compiled(t, organization(sites))
		h := newHistory(r, 1)
		h.march(newFold(r), func() {})
		f := newFold(r)
		for _, e := range h.events {
			f.applyAll([]journal.Event{e})
		}
		return float64(f.looks) / float64(len(h.events))
	}
	few, many := per(4), per(36)
	if many > 2*few {
		t.Errorf("%.1f tasks are looked at for an event of 36 sites, %.1f of 4", many, few)
	}
	if few == 0 {
		t.Error("nothing was looked at: the test proves nothing")
	}
}
