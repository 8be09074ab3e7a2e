package tui

import (
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"coexist/checks"
	"coexist/runbook"
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

// TestAttemptsAndTranscript shows every attempt of a check, with what it found,
// and the talk behind the last.
func TestAttemptsAndTranscript(t *testing.T) {
	t.Parallel()
	for _, size := range [][2]int{{80, 24}, {120, 40}} {
		b := newBench(t, 1, size[0], size[1])
		failing(b)
		b.clock.pass(4 * time.Minute)
		again := failed
		again.Found, again.Transcript = "build 14.3.0.0", "abc123"
		b.answer("prepare.service-pack/ex10-01", again)
		_, err := b.s.RunChecks(t.Context(), []string{"prepare.service-pack/ex10-01/version"}, nil)
		b.must(err)
		b.m.session = b.s
		b.m.cfg.Transcript = func(_ *runbook.Session, sum string) (string, error) {
			return "asked  " + sum + "\nanswered \x1b[31mhostile\x1b[0m\n", nil
		}
		b.reload()
		b.keys(".", "enter", "t", "end")
		b.see("Attempts", "2 results", "2026-11-28 22:05:00", "2026-11-28 22:01:00", "build 14.3.0.0", "build 14.2.247.5", "Transcript", "asked  abc123", "hostile")
		b.golden("attempts-" + b.sizeName())
	}
}
