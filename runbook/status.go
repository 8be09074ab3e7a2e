package runbook

import (
	"strings"
	"time"

	"coexist/checks"
)

// moment is a fold looked at from one point in time. It concludes what was
// asked for, once.
type moment struct {
	f      *fold
	now    time.Time
	opened map[*Phase]bool
	whole  map[*Phase]bool     // complete
	broken map[*hold][]Blocker // regressions by group
}

func (f *fold) at(now time.Time) *moment {
	return &moment{f: f, now: now, opened: map[*Phase]bool{}, whole: map[*Phase]bool{}, broken: map[*hold][]Blocker{}}
}

// check concludes the state of one check.
func (m *moment) check(c *Check) CheckState {
	cf, t := m.f.checks[c.ID], m.f.tasks[c.Task.ID]
	if cf == nil {
		cf = &checkFold{}
	}
	if t == nil {
		t = &taskFold{}
	}
	s := CheckState{
		Seq: cf.seq, History: cf.history, Read: cf.seq > 0 && cf.read == cf.seq, LastGreen: cf.green, FirstRed: cf.red,
	}
	if cf.result != nil {
		s.Result = &cf.result.Result
	}
	s.Status, s.Satisfied = m.live(c, cf, t)
	if !s.Satisfied && m.waives(c, cf, s.Status) {
		s.Status, s.Satisfied, s.Waiver = Waived, true, cf.waiver
	}
	if m.over(c, cf, t) {
		s.Over, s.Satisfied = true, true
		if s.Status == Stale && cf.result != nil && cf.result.Verdict == checks.Pass {
			s.Status = Done
		}
	}
	return s
}

// live judges the latest result by itself.
func (m *moment) live(c *Check, cf *checkFold, t *taskFold) (Status, bool) {
	r := cf.result
	switch {
	case r == nil:
		return NotRun, false
	case !c.Before && (t.seq == 0 || m.f.precedes(cf, t)):
		return NotYet, false
	case r.Asked != "" && r.Asked != m.f.asks(c):
		return Stale, false
	case cf.seq < m.reopened(c.Task):
		return Stale, false
	case c.FreshFor > 0 && (m.now.Sub(cf.seen) > c.FreshFor || m.ageless(cf)):
		return Stale, false
	case r.Source == checks.FromPerson && c.Kind != "attest":
		return Attested, false
	}
	return verdictStatus(r, cf.read == cf.seq)
}

// ageless tells that nobody knows how old a result is: the clock was set back
// since, and either time may be the wrong one.
func (m *moment) ageless(cf *checkFold) bool {
	return cf.seq < m.f.setBack || m.now.Before(m.f.last.Add(-clockSlack))
}

func verdictStatus(r *Recorded, read bool) (Status, bool) {
	green := Done
	if r.Source == checks.FromPerson {
		green = Attested
	}
	switch r.Verdict {
	case checks.Pass:
		return green, true
	case checks.Skip:
		// A check left out for want of a password was not found to be
		// without object: it was not made.
		if strings.HasPrefix(r.Reason, "credentials.") {
			return Failed, false
		}
		return green, true
	case checks.Warn:
		if read {
			return green, true
		}
		return Waiting, false
	}
	return Failed, false
}

// waives tells whether a waiver in force covers the state of a check.
func (m *moment) waives(c *Check, cf *checkFold, s Status) bool {
	w := cf.waiver
	return w != nil && s != NotYet && cf.covers == cf.seq && (c.Gate == "soft" || c.Gate == "dual") &&
		(w.Expires.IsZero() || m.now.Before(w.Expires))
}

// over tells whether a check no longer counts: its task's phase is sealed, or
// it belonged before work that is done, and it need not hold any longer.
func (m *moment) over(c *Check, cf *checkFold, t *taskFold) bool {
	if t.seq == 0 || m.reopened(c.Task) > t.seq {
		return false
	}
	until := m.f.r.plan.ends[c]
	if until == nil && c.Before && cf.held {
		return true
	}
	return m.covered(c.Task.Phase, t) && (until == nil || m.f.begun[until] != 0)
}

// covered tells whether a task was carried out before its phase was sealed.
func (m *moment) covered(p *Phase, t *taskFold) bool {
	return t.base != 0 && t.base < m.f.sealed[p]
}

// reopened returns the journal number of the last reopening of anything that
// a task is built on; what is older than it is stale.
func (m *moment) reopened(t *Task) int64 {
	f := m.f
	if f.reach == nil {
		f.reach = map[*Task]int64{}
		if f.reopenings == 0 {
			return 0
		}
		for _, other := range f.r.plan.order {
			last := int64(0)
			for _, d := range f.r.plan.deps[other] {
				last = max(last, f.reach[d])
				if df := f.tasks[d.ID]; df != nil {
					last = max(last, df.again)
				}
			}
			if last > 0 {
				f.reach[other] = last
			}
		}
	}
	return f.reach[t]
}
