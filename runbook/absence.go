package runbook

import (
	"time"

	"coexist/checks"
	"coexist/runbook/journal"
)

// Absence is what changed between the last entry of a journal and now, while
// nobody recorded anything, and what stood badly already.
type Absence struct {
	Last      time.Time     // time of the last entry; zero: nothing was ever recorded
	By        string        // who recorded it
	Away      time.Duration // since then
	Stale     []*Check      // counted then and are too old now
	Regressed []*Check      // passed once after their task and do not any more
	Closed    []*Phase      // gates that were open then and are closed now
	WaitsOver []*Task       // waits that ended meanwhile
	Lapsed    []*Check      // waivers that expired meanwhile
	Begun     bool          // something of the work itself is recorded
}

// LongAway is the time after which one is told what changed even where
// nothing did.
const LongAway = time.Hour

// Worth tells that there is something to be told before work goes on.
func (a Absence) Worth() bool {
	return a.Begun && (a.Away >= LongAway || len(a.Stale)+len(a.Closed)+len(a.WaitsOver)+len(a.Lapsed) > 0)
}

// Since compares the run at its last entry with the run as it stands now. It
// is pure.
func Since(r *Runbook, events []journal.Event, now *Progress) Absence {
	return since(r, events, now, func() *Progress { return Fold(r, events, now.Last) })
}

// Since is the function of that name for a snapshot of this session. The journal
// need not be read for it again: the state at any time is in the session.
func (s *Session) Since(snap Snapshot) Absence {
	return since(snap.Runbook, snap.Events, snap.Progress, func() *Progress {
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.runbook != snap.Runbook || s.fold.count != len(snap.Events) { // something was recorded meanwhile
			return Fold(snap.Runbook, snap.Events, snap.Progress.Last)
		}
		return s.fold.progress(snap.Progress.Last)
	})
}

func since(r *Runbook, events []journal.Event, now *Progress, before func() *Progress) Absence {
	if len(events) == 0 {
		return Absence{}
	}
	last := events[len(events)-1]
	a := Absence{Last: now.Last, By: last.Operator, Away: max(now.Now.Sub(now.Last), 0)}
	for _, e := range events {
		switch e.Kind {
		case EventStarted, EventOperator, EventMigration, EventProcedure:
			continue
		}
		a.Begun = true
		break
	}
	if !a.Begun {
		return a
	}
	then := before()
	for _, phase := range r.Phases {
		if then.Phases[phase.ID].Open && !now.Phases[phase.ID].Open {
			a.Closed = append(a.Closed, phase)
		}
		for _, t := range phase.Tasks {
			if end := then.Tasks[t.ID].WaitUntil; then.Tasks[t.ID].Status == Waiting && end.After(now.Last) && !end.After(now.Now) {
				a.WaitsOver = append(a.WaitsOver, t)
			}
			for _, c := range t.Checks {
				a.compare(c, then.Checks[c.ID], now.Checks[c.ID])
			}
		}
	}
	return a
}

func (a *Absence) compare(c *Check, then, now *CheckState) {
	switch {
	case now.Over || now.Result == nil:
	case then.Status == Waived && !now.Satisfied:
		a.Lapsed = append(a.Lapsed, c)
	case now.Status == Stale && then.Status != Stale:
		a.Stale = append(a.Stale, c)
	case now.Status == Failed && now.Result.Verdict == checks.Fail && !now.LastGreen.IsZero():
		a.Regressed = append(a.Regressed, c)
	}
}
