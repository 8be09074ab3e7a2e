package runbook

import (
	"reflect"
	"testing"
	"time"

	"coexist/checks"
)

// TestSinceNeedsNoSecondReading wants the session to tell of an absence what
// reading the whole journal again tells, also when something was recorded after
// the snapshot was taken.
func TestSinceNeedsNoSecondReading(t *testing.T) {
	t.Parallel()
	b := newBench(t, 1)
	b.through("prepare")
	b.run(hardCheck, checks.Pass)
	b.clock.pass(31 * time.Hour)
	b.reopen()
	for _, recorded := range []bool{false, true} {
		snap := b.Snapshot()
		if recorded {
			b.must(b.Note("", "back again"))
		}
		got, want := b.Since(snap), Since(snap.Runbook, snap.Events, snap.Progress)
		if len(want.Stale) == 0 || want.Away < 31*time.Hour {
			t.Fatalf("nothing grew too old: %+v", want)
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("recorded since: %v\ngot  %+v\nwant %+v", recorded, got, want)
		}
	}
}
