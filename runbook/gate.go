package runbook

import (
	"fmt"
	"iter"

	"coexist/checks"
)

// The gate before a phase is open when every phase before it is complete and
// every check that must hold longer than its own step still does. Work behind
// an open gate begins the phase: from then on the phases before it are sealed
// and checks that held until here are released. Time alone never opens a
// gate; staleness and the end of a waiver close it.

// open tells whether the tasks of a phase may be done.
func (m *moment) open(p *Phase) bool {
	if is, known := m.opened[p]; known {
		return is
	}
	is := m.f.backout == nil
	for _, id := range p.After {
		is = is && m.complete(m.f.r.phases[id])
	}
	is = is && !m.regressed(p)
	m.opened[p] = is
	return is
}

// complete tells whether a phase gives the next gate all it asks for.
func (m *moment) complete(p *Phase) bool {
	if is, known := m.whole[p]; known {
		return is
	}
	is := m.f.left(p) == 0 && !m.regressed(p)
	for _, id := range p.After {
		is = is && m.complete(m.f.r.phases[id])
	}
	is = is && m.own(p).open == 0
	m.whole[p] = is
	return is
}

// regressed tells whether a check of a sealed phase no longer holds that must
// when a phase begins. The one that was in the way last is asked first.
func (m *moment) regressed(p *Phase) bool {
	if m.f.begun[p] != 0 {
		return false
	}
	if c := m.f.blame[p]; c != nil && m.f.begun[m.f.r.plan.ends[c]] == 0 && m.lost(c) {
		return true
	}
	for group := range m.held(p) {
		for _, c := range group.checks {
			if m.lost(c) {
				m.f.blame[p] = c
				return true
			}
		}
	}
	delete(m.f.blame, p)
	return false
}

// regressions lists the checks of sealed phases that must still hold when a
// phase begins and do not.
func (m *moment) regressions(p *Phase) []Blocker {
	if m.f.begun[p] != 0 {
		return nil
	}
	var out []Blocker
	for group := range m.held(p) {
		out = append(out, m.lostIn(group)...)
	}
	return out
}

// held runs through the groups of checks of sealed phases that must hold when a
// phase begins.
func (m *moment) held(p *Phase) iter.Seq[*hold] {
	plan := m.f.r.plan
	return func(yield func(*hold) bool) {
		for _, before := range plan.ancestors[p] {
			if m.f.sealed[before] == 0 {
				continue
			}
			for _, group := range plan.holds[before] {
				if m.f.begun[group.until] == 0 && (group.until == p || plan.before[group.until][p]) && !yield(group) {
					return
				}
			}
		}
	}
}

// lost tells whether a check counts that must hold longer than its own step,
// and does not hold.
func (m *moment) lost(c *Check) bool {
	t := m.f.tasks[c.Task.ID]
	return c.Gate != "info" && !c.Task.Optional && t != nil && m.covered(c.Task.Phase, t) && !m.check(c).Satisfied
}

func (m *moment) lostIn(group *hold) []Blocker {
	if out, known := m.broken[group]; known {
		return out
	}
	var out []Blocker
	for _, c := range group.checks {
		if !m.lost(c) {
			continue
		}
		s := m.check(c)
		b := checkBlocker(c, s)
		if s.Status == Failed && !s.LastGreen.IsZero() {
			b.Text = c.Title + ": no longer so; last green " + s.LastGreen.UTC().Format("2006-01-02 15:04 UTC")
		}
		out = append(out, b)
	}
	m.broken[group] = out
	return out
}

// taskBlockers lists what a required task still owes its phase.
func (m *moment) taskBlockers(t *Task, s *owed) []Blocker {
	tf := m.f.tasks[t.ID]
	if tf == nil || tf.seq == 0 {
		return []Blocker{taskBlocker(t, Ready, t.Title+": not carried out", "open it, run its commands, mark it carried out (space)")}
	}
	if m.reopened(t) > tf.seq {
		return []Blocker{taskBlocker(t, Stale, t.Title+": built on something that was reopened", "look at it again and mark it carried out again (space)")}
	}
	if tf.hash != "" && tf.hash != m.f.changes(t) {
		return []Blocker{taskBlocker(t, Changed, t.Title+": its commands are not those that were carried out", "compare them, run what differs, mark it carried out again (space)")}
	}
	var out []Blocker
	if m.waiting(t, tf) {
		until := tf.at.Add(t.Wait)
		out = append(out, taskBlocker(t, Waiting, fmt.Sprintf("%s: wait until %s%s", t.Title, until.UTC().Format("15:04 UTC"), forWhat(t)),
			"when the time has passed, run its checks (r) or confirm (space)"))
	}
	for _, c := range t.Checks {
		if c.Gate == "info" {
			continue
		}
		m.noteExpiry(c, s)
		state := m.check(c)
		if state.Satisfied || m.released(c, tf) {
			s.waived = s.waived || state.Status == Waived && !state.Over
			continue
		}
		s.failed = s.failed || state.Status == Failed
		out = append(out, checkBlocker(c, state))
	}
	return out
}

func forWhat(t *Task) string {
	if t.WaitFor == "" {
		return ""
	}
	return " for " + t.WaitFor
}

// released tells whether a check no longer counts for its own phase. It may
// still count for later gates.
func (m *moment) released(c *Check, t *taskFold) bool { return m.covered(c.Task.Phase, t) }

// waiting tells whether a task's time has not passed, or has passed and
// nothing recorded says so.
func (m *moment) waiting(t *Task, tf *taskFold) bool {
	return t.Wait > 0 && tf.ack <= tf.seq && !m.covered(t.Phase, tf)
}

func taskBlocker(t *Task, s Status, text, mend string) Blocker {
	return Blocker{Phase: t.Phase.ID, Task: t.ID, Status: s, Gate: "task", Text: text, Mend: mend}
}

func checkBlocker(c *Check, s CheckState) Blocker {
	b := Blocker{
		Phase: c.Task.Phase.ID, Task: c.Task.ID, Check: c.ID, Status: s.Status, Gate: c.Gate, LastGreen: s.LastGreen,
		MayWaive: c.Gate == "soft" || c.Gate == "dual",
	}
	b.Text, b.Mend = c.Title+": ", "run it (r)"
	switch c.Kind {
	case "attest":
		b.Mend = "answer it (a)"
	case "cmdlet":
		b.Mend = "write the step's script (s), run it there, import what it saved (i)"
	}
	switch s.Status {
	case NotRun:
		b.Text += "not run"
	case NotYet:
		b.Text += "not checked since the task was carried out"
	case Stale:
		b.Text += "the result is too old (or from before the clock was set back), or is for something else"
	case Attested:
		b.Text += "stated by a person; this must be checked"
	case Waiting:
		b.Text += "a warning that nobody has read"
		b.Mend = "read it (enter)"
	default:
		b.Text += failureText(s.Result)
		b.Mend = "mend it and run it again (r)"
		if c.Kind == "cmdlet" {
			b.Mend = "mend it, then run the step's script again (s) and import what it saved (i)"
		}
	}
	if b.MayWaive && s.Status != NotYet {
		b.Mend += ", or waive it (w)"
	}
	return b
}

func failureText(r *checks.Result) string {
	word := "could not be decided"
	switch r.Verdict {
	case checks.Fail:
		word = "failed"
	case checks.Skip:
		word = "left out"
	}
	if r.Summary != "" {
		return word + ": " + r.Summary
	}
	return word
}

// blockers lists why a phase is not open.
func (m *moment) blockers(p *Phase) []Blocker {
	var out []Blocker
	if b := m.f.backout; b != nil {
		out = append(out, Blocker{
			Phase: p.ID, Status: Locked, Gate: "phase",
			Text: "backout declared by " + b.By + ": " + b.Reason, Mend: "nothing opens any more; undo the declaration (u) to go on",
		})
	}
	for _, id := range p.After {
		before := m.f.r.phases[id]
		if !m.open(before) && !m.complete(before) {
			out = append(out, Blocker{
				Phase: before.ID, Status: Locked, Gate: "phase",
				Text: phaseName(before) + " is locked itself", Mend: "look at its gate",
			})
		}
		if remaining := m.own(before).remaining(); len(out) == 0 {
			out = remaining[:len(remaining):len(remaining)]
		} else {
			out = append(out, remaining...)
		}
	}
	return append(out, m.regressions(p)...)
}

func phaseName(p *Phase) string {
	name := fmt.Sprintf("step %d, %s", p.Step, p.Title)
	if p.Round != "" {
		name += " in " + p.Site
	}
	return name
}

// dependable tells whether what a task comes after is there to build on: it
// was carried out as it reads now, its wait is over, and none of its hard
// checks was measured as failed.
func (m *moment) dependable(t *Task) (bool, string) {
	tf := m.f.tasks[t.ID]
	switch {
	case tf == nil || tf.seq == 0:
		return t.Optional, "not carried out"
	case m.reopened(t) > tf.seq:
		return false, "to be confirmed"
	case tf.hash != "" && tf.hash != m.f.changes(t):
		return false, "changed, to be confirmed"
	case m.waiting(t, tf):
		return false, "waits until " + tf.at.Add(t.Wait).UTC().Format("15:04 UTC")
	}
	for _, c := range t.Checks {
		if c.Gate != "hard" {
			continue
		}
		if s := m.check(c); s.Status == Failed && !s.Satisfied && s.Result.Verdict == checks.Fail {
			return t.Optional, "its check failed: " + c.Title
		}
	}
	return true, ""
}
