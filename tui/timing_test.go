package tui

import (
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"coexist/runbook"
	"coexist/runbook/migration"
)

// windowed is an organisation with a window from 22:30 to 02:00.
func windowed() *migration.Migration {
	m := organization(2)
	at := time.Date(2026, 11, 28, 22, 30, 0, 0, time.UTC)
	m.Change = &migration.Change{Number: "CHG1", WindowStart: at, WindowEnd: at.Add(210 * time.Minute)}
	return m
}

func TestTheWindowIsShown(t *testing.T) {
	t.Parallel()
	b := benchOf(t, windowed(), 120, 40)
	b.see("window opens in 30 min", "about 2 h 20 min of work")
	b.unseen("roll back by")
	b.clock.pass(31 * time.Minute)
	b.carryOut("prepare.service-pack/ex10-01") // a minute
	b.reload()
	b.see("window 3 h 28 min left", "about 1 h 20 min of work")
	b.clock.pass(4 * time.Hour)
	b.reload()
	b.see("WINDOW OVER since 32 min")
}

func TestRollBackBy(t *testing.T) {
	t.Parallel()
	b := benchOf(t, windowed(), 120, 40)
	b.clock.pass(30 * time.Minute)
	b.phase("prepare")
	b.unseen("roll back by")
	b.phase("deploy") // with one task that takes half an hour to take back
	b.see("roll back by 01:30")
	b.clock.pass(windowed().Change.WindowEnd.Add(-29 * time.Minute).Sub(b.clock.Now()))
	b.send(minuteMsg{})
	b.see("window 29 min left", "too late to roll back inside it")
}

// TestMinutes wants the clock of a wait to go on by the minute alone, and the
// frame to stay the same while nothing changed.
func TestMinutes(t *testing.T) {
	t.Parallel()
	b := newBench(t, 2, 120, 40)
	schemaReady(b)
	b.must(b.s.MarkDone("prepare.schema/org", "contoso.com"))
	b.reload()
	b.keys(".")
	b.see("waiting 15 min")
	before := b.m.View().Content
	b.clock.pass(20 * time.Second)
	b.send(tea.KeyReleaseMsg{Code: 'x'})
	if b.m.View().Content != before {
		t.Error("the frame changed by itself")
	}
	b.clock.pass(100 * time.Second)
	b.send(minuteMsg{})
	b.see("waiting 13 min", "(13 min left)")
	b.clock.pass(14 * time.Minute)
	b.send(minuteMsg{})
	b.unseen("min left)")
	b.see("next check 1.3 Extend the schema")
}

func TestTaskTook(t *testing.T) {
	t.Parallel()
	b := newBench(t, 2, 120, 40)
	b.must(b.s.Note("prepare.service-pack/ex10-01", "begun"))
	b.clock.pass(25 * time.Minute)
	b.must(b.s.MarkDone("prepare.service-pack/ex10-01", ""))
	b.reload()
	b.see("Took 25 min; the estimate is 1 h")
}

func TestReadOnlyTriesChecks(t *testing.T) {
	t.Parallel()
	b := newBench(t, 1, 80, 24)
	other, err := runbook.Open(b.path, runbook.Options{Assets: assetsOnDisk(), Clock: b.clock.Now, Run: b.run, Host: "other"})
	b.must(err)
	t.Cleanup(func() { other.Close() })
	b.answer("prepare.service-pack", failed)
	n := len(other.Snapshot().Events)
	b.m = newModel(t.Context(), Config{Session: other, Clock: b.clock.Now}, other)
	b.m.after = func(time.Duration, func(time.Time) tea.Msg) tea.Cmd { return nil }
	b.send(tea.WindowSizeMsg{Width: 80, Height: 24})
	b.keys("r")
	b.see("Tried, not recorded", "count for no gate", "1 result: 1 fail", "build 14.2.247.5")
	b.see("Not recorded: 1 result: 1 fail.")
	if got := len(other.Snapshot().Events); got != n {
		t.Errorf("%d events were recorded", got-n)
	}
	if st := b.m.snap.Progress.Checks["prepare.service-pack/ex10-01/version"]; st.Result != nil {
		t.Error("the tried result counts")
	}
}
