package runbook

import (
	"reflect"
	"testing"
	"time"

	"coexist/runbook/journal"
)

// TestSinceOfASessionIsSinceOfItsJournal holds what a session knows already
// against reading its journal anew, over random journals and times away.
func TestSinceOfASessionIsSinceOfItsJournal(t *testing.T) {
	t.Parallel()
	r := compiled(t, organization(2))
	told := 0
	for seed := range uint64(30) {
		h := newHistory(r, 50_000+seed)
		f := newFold(r)
		for range 3 {
			h.steps(f, 40)
			for _, away := range []time.Duration{0, 20 * time.Minute, 30 * time.Hour, 400 * time.Hour} {
				s := &Session{runbook: r, fold: f}
				snap := Snapshot{Runbook: r, Events: h.events, Progress: f.progress(f.last.Add(away))}
				got, want := s.Since(snap), Since(r, h.events, snap.Progress)
				if !reflect.DeepEqual(got, want) {
					t.Fatalf("journal %d, %s away:\n%+v\nexpected\n%+v", seed, away, got, want)
				}
				told += len(got.Stale) + len(got.Regressed) + len(got.WaitsOver) + len(got.Lapsed)
				if again := Fold(r, h.events, snap.Progress.Now); !reflect.DeepEqual(f.progress(snap.Progress.Now), again) {
					t.Fatalf("journal %d: looking back changed what the session says now", seed)
				}
			}
		}
		var earlier []journal.Event
		earlier = append(earlier, h.events[:len(h.events)-1]...)
		p := Fold(r, earlier, h.now)
		if got, want := (&Session{runbook: r, fold: f}).Since(Snapshot{Runbook: r, Events: earlier, Progress: p}), Since(r, earlier, p); !reflect.DeepEqual(got, want) {
			t.Fatalf("journal %d: a snapshot from before the last entry gives %+v, expected %+v", seed, got, want)
		}
	}
	if told == 0 {
		t.Error("no journal had anything to tell")
	}
}
