package tui

import (
	"time"

	"coexist/runbook"
)

// timing is the work against the clock as of the last snapshot. It goes on by
// snapshots alone, once a minute where nothing else happens.
func (m *Model) timing() runbook.Timing {
	if m.memo.timingData != m.data {
		m.memo.timing, m.memo.timingData = runbook.Schedule(m.snap.Runbook, m.snap.Progress, m.snap.Progress.Now), m.data
	}
	return m.memo.timing
}

// timePieces are the parts of the status line that tell of time.
func (m *Model) timePieces() []piece {
	t, now := m.timing(), m.snap.Progress.Now
	bar := m.th.Bar
	var out []piece
	if t.Work > 0 {
		out = append(out, piece{"about " + duration(t.Work) + " of work", m.th.Dim.On(bar), 4, false})
	}
	switch {
	case t.Before(now):
		out = append(out, piece{"window opens in " + remains(t.Start.Sub(now)), m.th.Dim.On(bar), 1, false})
	case t.End.IsZero():
	case t.Over(now):
		return append(out, piece{" WINDOW OVER since " + remains(-t.Left(now)) + " ", m.th.Alarm, 0, false})
	default:
		out = append(out, piece{"window " + remains(t.Left(now)) + " left", m.th.Info.On(bar), 1, false})
	}
	switch {
	case t.RollBackBy.IsZero() || t.Undo == 0:
	case t.TooLate(now):
		out = append(out, piece{"too late to roll back inside it", m.th.Warn.On(bar), 1, false})
	default:
		out = append(out, piece{"roll back by " + toTheMinute(t.RollBackBy, now), m.th.Warn.On(bar), 1, false})
	}
	return out
}

// toTheMinute is a moment to the minute; with its date where that is another day.
func toTheMinute(t, now time.Time) string {
	t = t.In(now.Location())
	if t.Sub(now).Abs() < 12*time.Hour {
		return t.Format("15:04")
	}
	return t.Format("2006-01-02 15:04")
}

// remains words a time that runs out: never longer than it is.
func remains(d time.Duration) string {
	if d < time.Minute {
		return "under a minute"
	}
	return duration(d.Truncate(time.Minute))
}

// toWait words a wait: never shorter than it is.
func toWait(d time.Duration) string {
	return duration((d + time.Minute - 1).Truncate(time.Minute))
}

// toDo words what a phase still takes.
func toDo(work, wait time.Duration) string {
	switch {
	case work > 0 && wait > 0:
		return "about " + duration(work) + " of work and " + toWait(wait) + " of waiting left"
	case work > 0:
		return "about " + duration(work) + " of work left"
	case wait > 0:
		return toWait(wait) + " of waiting left"
	}
	return ""
}
