package runbook

import "time"

// Timing is where the work stands against the clock: the window of the change
// record, what the open step still takes, and until when the way back fits.
type Timing struct {
	Start, End time.Time     // the planned window; zero where none is planned
	Phase      string        // where work goes on: the first phase that is open and not complete; empty when there is none
	Work       time.Duration // what its required tasks that are not carried out are estimated to take
	Wait       time.Duration // the waiting they bring, and what is left of waits that run
	Undo       time.Duration // what taking back all that was carried out since the window began is estimated to take
	RollBackBy time.Time     // the last moment at which the way back fits into the window; zero without an end
}

// Left is the time until the window ends; negative when it is over. It says
// nothing without an end.
func (t Timing) Left(now time.Time) time.Duration { return t.End.Sub(now) }

// Before tells that the window has not begun.
func (t Timing) Before(now time.Time) bool { return !t.Start.IsZero() && now.Before(t.Start) }

// Over tells that the window is past.
func (t Timing) Over(now time.Time) bool { return !t.End.IsZero() && now.After(t.End) }

// TooLate tells that what was carried out can't be taken back within the
// window any more.
func (t Timing) TooLate(now time.Time) bool {
	return t.Undo > 0 && !t.RollBackBy.IsZero() && now.After(t.RollBackBy)
}

// Schedule holds the progress against the clock.
func Schedule(r *Runbook, p *Progress, now time.Time) Timing {
	var out Timing
	if c := r.Migration.Change; c != nil {
		out.Start, out.End = c.WindowStart, c.WindowEnd
	}
	for _, ph := range r.Phases {
		if st := p.Phases[ph.ID]; out.Phase == "" && st != nil && st.Open && !st.Complete {
			out.Phase = ph.ID
			out.Work, out.Wait = Remaining(ph, p, now)
		}
		for _, t := range ph.Tasks {
			if st := p.Tasks[t.ID]; st != nil && !st.DoneAt.IsZero() && !st.DoneAt.Before(out.Start) {
				out.Undo += t.UndoTime
			}
		}
	}
	if !out.End.IsZero() {
		out.RollBackBy = out.End.Add(-out.Undo)
	}
	return out
}

// Remaining is what a phase still takes by the estimates of its tasks: the
// work that is not carried out, and the waiting. Optional tasks count once they
// are begun.
func Remaining(ph *Phase, p *Progress, now time.Time) (work, wait time.Duration) {
	for _, t := range ph.Tasks {
		st := p.Tasks[t.ID]
		switch {
		case st == nil:
		case !st.DoneAt.IsZero():
			if st.Status == Waiting && st.WaitUntil.After(now) {
				wait += st.WaitUntil.Sub(now)
			}
		case !t.Optional || !st.Started.IsZero():
			work += t.Duration
			wait += t.Wait
		}
	}
	return work, wait
}

// Took is how long a task took from the first thing recorded on it until it
// was marked carried out; zero while one of the two is missing.
func (s *TaskState) Took() time.Duration {
	if s.Started.IsZero() || !s.DoneAt.After(s.Started) {
		return 0
	}
	return s.DoneAt.Sub(s.Started)
}
