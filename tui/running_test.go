package tui

import (
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"coexist/checks"
)

// TestARunIsSeenAndCancelled follows a run message by message: what runs, how
// long, how far, and what a cancel leaves behind.
func TestARunIsSeenAndCancelled(t *testing.T) {
	t.Parallel()
	for _, size := range [][2]int{{80, 24}, {120, 40}} {
		b := newBench(t, 2, size[0], size[1])
		if b.m.startRun(b.m.phaseChecks()) == nil || len(b.m.active) != 1 {
			t.Fatal("no run was started")
		}
		run := b.m.active[0]
		run.cancel = func() { run.id = -run.id }
		id := run.id
		b.send(runMsg{run: id, updates: []checks.Update{{Index: 0}, {Index: 1}}, ended: true})
		b.clock.pass(7 * time.Second)
		b.send(tickMsg{})
		b.see("2 running 0/3 7 s", "checking 7 s", "x cancel")
		b.send(runMsg{run: id, updates: []checks.Update{{Index: 0, Done: true, Result: &checks.Result{Verdict: checks.Pass}}}, ended: true})
		b.see("1 running 1/3 7 s")
		if bar := b.m.View().ProgressBar; bar == nil || bar.Value != 33 || bar.State != tea.ProgressBarDefault {
			t.Errorf("told to the terminal: %+v", bar)
		}
		b.keys("x")
		b.see("Cancelling; finished results are kept.")
		if run.id != -id {
			t.Error("x did not cancel")
		}
		run.id = id
		gone := checks.Result{Verdict: checks.Unknown, Reason: checks.Cancelled}
		b.send(runEndedMsg{run: id, results: []checks.Result{{Verdict: checks.Pass}, gone, gone}, snap: b.s.Snapshot()})
		b.see("3 checks: 1 pass, 2 cancelled and as they were")
		b.unseen("running", "x cancel")
		if bar := b.m.View().ProgressBar; bar != nil {
			t.Errorf("still told to the terminal: %+v", bar)
		}
	}
}
