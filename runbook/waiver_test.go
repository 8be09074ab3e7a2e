package runbook

import (
	"coexist/checks"
	"slices"
	"testing"
	"time"
)

func TestWaivers(t *testing.T) {
	t.Parallel()
	when := time.Date(2026, 11, 29, 22, 0, 0, 0, time.UTC)
	tests := []struct {
		name, check, refuse string
		w                   Waiver
	}{
		{"hard is never waived", hardCheck, "never waived", Waiver{Reason: "r", Name: "B"}},
		{"a reason is needed", softCheck, "reason", Waiver{Name: "B"}},
		{"a name is needed", softCheck, "name", Waiver{Reason: "r"}},
		{"soft", softCheck, "", Waiver{Reason: "r", Name: "B"}},
		{"soft, by the operator", softCheck, "", Waiver{Reason: "r", Name: "A. Meyer"}},
		{"dual needs a second", dualCheck, "second", Waiver{Reason: "r", Name: "B"}},
		{"dual, second is the operator", dualCheck, "someone else", Waiver{Reason: "r", Name: "B", Second: "a.  meyer"}},
		{"dual, second is the first", dualCheck, "someone else", Waiver{Reason: "r", Name: "B", Second: " b "}},
		{"dual", dualCheck, "", Waiver{Reason: "r", Name: "B", Second: "C"}},
		{"expired", softCheck, "expired", Waiver{Reason: "r", Name: "B", Expires: when.Add(-48 * time.Hour)}},
		{"info blocks nothing", infoCheck, "blocks nothing", Waiver{Reason: "r", Name: "B"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, 1)
			phase := b.runbook.Check(tt.check).Task.Phase.ID
			b.through(phase)
			b.run(tt.check, checks.Fail)
			tt.w.Check = tt.check
			err := b.Waive(tt.w)
			if tt.refuse != "" {
				b.refused(err, tt.refuse)
				return
			}
			b.must(err)
			s := b.Snapshot().Progress
			if got := s.Phases[phase]; !got.Complete || got.Status != Waived {
				t.Errorf("waived, and %s is %s with %+v", phase, got.Status, got.Remaining)
			}
			if got := s.Checks[tt.check]; got.Status != Waived || got.Waiver == nil || !got.Satisfied {
				t.Errorf("check is %+v", got)
			}
		})
	}
}

func TestWaiverCoversOneFailure(t *testing.T) {
	t.Parallel()
	fail := func(b *bench, found string) {
		r := b.resultOf(b.runbook.Check(softCheck), b.clock.Now())
		r.Verdict, r.Reason, r.Source, r.Found = checks.Fail, "expect.not_met", checks.FromProbe, found
		b.must(b.recordResults([]Recorded{{Result: r}}))
	}
	tests := []struct {
		name  string
		after func(b *bench)
		open  bool
	}{
		{"nothing else", func(*bench) {}, true},
		{"the same again", func(b *bench) { fail(b, "x"); fail(b, "x") }, true},
		{"another failure", func(b *bench) { fail(b, "y") }, false},
		{"could not be decided", func(b *bench) { b.run(softCheck, checks.Unknown) }, false},
		{"green", func(b *bench) { b.run(softCheck, checks.Pass) }, true},
		{"green, then the same again", func(b *bench) { b.run(softCheck, checks.Pass); fail(b, "x") }, false},
		{"taken back", func(b *bench) { _, err := b.UndoLast(); b.must(err) }, false},
		{"expired", func(b *bench) { b.clock.pass(time.Hour) }, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, 1)
			b.through("deploy")
			fail(b, "x")
			b.must(b.Waive(Waiver{Check: softCheck, Reason: "r", Name: "B", Expires: b.clock.Now().Add(30 * time.Minute)}))
			b.wantOpen("certificates", true, "waived")
			tt.after(b)
			b.wantOpen("certificates", tt.open, tt.name)
		})
	}
}

func TestWaiverBeforeTheWorkIsRefused(t *testing.T) {
	t.Parallel()
	b := newBench(t, 1)
	b.through("prepare")
	b.refused(b.Waive(Waiver{Check: softCheck, Reason: "r", Name: "B"}), "carry the task out first")
}

// TestWhatWasNotLookedAtIsNeitherWaivedNorRead has a new result come in between
// looking and deciding.
func TestWhatWasNotLookedAtIsNeitherWaivedNorRead(t *testing.T) {
	t.Parallel()
	b := newBench(t, 1)
	b.through("prepare")
	for _, task := range b.runbook.Phase("deploy").Tasks {
		if !task.Optional {
			b.do(task.ID)
		}
	}
	b.run(softCheck, checks.Fail)
	looked := b.Snapshot().Progress.Checks[softCheck].Seq
	b.run(softCheck, checks.Unknown)
	b.refused(b.Waive(Waiver{Check: softCheck, Reason: "r", Name: "B", Result: looked}), "another result by now")
	if got := b.status(softCheck); got != Failed {
		t.Errorf("the check is %s", got)
	}
	b.run(softCheck, checks.Warn)
	looked = b.Snapshot().Progress.Checks[softCheck].Seq
	b.run(softCheck, checks.Warn)
	b.refused(b.ReadWarning(softCheck, looked), "another result by now")
	b.must(b.ReadWarning(softCheck, b.Snapshot().Progress.Checks[softCheck].Seq))
}

// TestTheWaiverOfACapturedValueExpires waives a value that cannot be had, for
// half an hour.
func TestTheWaiverOfACapturedValueExpires(t *testing.T) {
	t.Parallel()
	b := newBench(t, 1)
	b.must(b.Waive(Waiver{Check: scpURL, Reason: "the shell is down", Name: "B. Weber", Expires: b.clock.Now().Add(30 * time.Minute)}))
	missing := func() bool {
		return slices.ContainsFunc(b.Snapshot().Progress.Tasks[scpTask].Missing, func(p Pending) bool { return p.Key == scpURL })
	}
	if missing() {
		t.Error("the value is asked for although it is waived")
	}
	b.clock.pass(time.Hour)
	if !missing() {
		t.Error("the waiver counts after it has expired")
	}
}

// TestOnlyTheWaiverInForceIsTakenBack has two people waive one value: the
// first has nothing of their own left to take back.
func TestOnlyTheWaiverInForceIsTakenBack(t *testing.T) {
	t.Parallel()
	b := newBench(t, 1)
	b.must(b.Waive(Waiver{Check: scpURL, Reason: "the shell is down", Name: "B. Weber"}))
	b.must(b.SetOperator("C. Braun"))
	b.must(b.Waive(Waiver{Check: scpURL, Reason: "still down", Name: "C. Braun"}))
	b.must(b.SetOperator("A. Meyer"))
	if what, err := b.UndoLast(); err == nil {
		t.Errorf("taken back %q, which is not in force", what)
	}
}
