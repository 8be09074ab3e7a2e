package tui

import (
	"testing"
	"time"

	"coexist/runbook"
)

// comeBack opens the board anew after some time.
func (b *bench) comeBack(after time.Duration) {
	b.clock.pass(after)
	b.m.dialogs = nil
	b.m.board(b.s)
	b.drain(b.m.absence())
	b.m.rev++
}

func TestComingBackAfterANight(t *testing.T) {
	t.Parallel()
	for _, size := range [][2]int{{80, 24}, {120, 40}} {
		b := newBench(t, 1, size[0], size[1])
		b.phase("prepare")
		b.carryOut("deploy.mailbox/ex13-01")
		b.answer("deploy.mailbox/ex13-01", failed)
		_, err := b.s.RunChecks(t.Context(), []string{"deploy.mailbox/ex13-01/installed"}, nil)
		b.must(err)
		b.reload()
		b.comeBack(31 * time.Hour)
		b.see("Since you left", "31 h since the last entry", "by A. Meyer", "Not green any more", "Too old to count", "EX10-01 runs the service pack", "Next", "esc go on")
		b.golden("welcome-" + b.sizeName())
		n := len(b.s.Snapshot().Events)
		b.keys("r")
		b.unseen("Since you left")
		if st := b.s.Snapshot().Progress.Checks["prepare.service-pack/ex10-01/version"]; len(b.s.Snapshot().Events) == n || st.Status != runbook.Done {
			t.Errorf("r did not check again: %s", st.Status)
		}
	}
}

func TestComingBackToAClosedGate(t *testing.T) {
	t.Parallel()
	b := newBench(t, 1, 100, 30)
	b.phase("prepare")
	b.comeBack(50 * time.Hour)
	b.see("2 days since the last entry", "Gates closed again", "2 Deploy Exchange 2013 servers", "r check 1 result again")
	b.keys("r")
	if !b.s.Snapshot().Progress.Phases["deploy"].Open {
		t.Error("the gate stays closed")
	}
}

func TestComingBackAtOnceSaysNothing(t *testing.T) {
	t.Parallel()
	b := newBench(t, 1, 100, 30)
	b.comeBack(31 * time.Hour)
	b.unseen("Since you left")
	b.carryOut("prepare.service-pack/ex10-01")
	b.comeBack(20 * time.Minute)
	b.unseen("Since you left")
	b.comeBack(2 * time.Hour)
	b.see("Since you left", "2 h 20 min since the last entry", "Nothing fell back meanwhile")
	b.keys("enter")
	b.unseen("Since you left")
}
