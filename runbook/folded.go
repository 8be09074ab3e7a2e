package runbook

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"coexist/checks"
)

// progress concludes the state of everything at a moment.
func (f *fold) progress(now time.Time) *Progress {
	m := f.at(now)
	p := &Progress{
		Now: now, Phases: make(map[string]*PhaseState, len(f.r.Phases)), Tasks: make(map[string]*TaskState, len(f.r.tasks)),
		Checks: make(map[string]*CheckState, len(f.r.checks)), Values: maps.Clone(f.values), Sources: map[string]ValueSource{},
		Operator: f.operator, Last: f.last, Events: f.count, Rehearsal: f.rehearsal,
		Notes: slices.Clone(f.notes), Clock: slices.Clone(f.clock), Backout: f.backout, Undo: f.undoStates(),
	}
	for key, list := range f.known {
		if len(list) > 0 {
			p.Sources[key] = list[len(list)-1].source
		}
	}
	for _, id := range f.gone {
		p.Gone = append(p.Gone, f.lost[id])
	}
	p.Alerts = f.alerts()
	for _, phase := range f.r.Phases {
		m.phaseInto(p, phase)
	}
	f.spreadNotes(p)
	return p
}

func (f *fold) alerts() []string {
	var out []string
	for _, text := range []string{f.edited, f.revised} {
		if text != "" {
			out = append(out, text)
		}
	}
	out = append(out, f.problems...)
	if n := len(f.gone); n > 0 {
		out = append(out, fmt.Sprintf("%d recorded results belong to checks that are no longer in the plan.", n))
	}
	if n := len(f.clock); n > 0 {
		out = append(out, fmt.Sprintf("The clock went backwards %d times while the journal was written; results from before count as too old where their age matters.", n))
	}
	return out
}

func (f *fold) spreadNotes(p *Progress) {
	for _, n := range f.notes {
		if t := p.Tasks[n.Task]; t != nil {
			t.Notes = append(t.Notes, n)
		}
	}
}

// phaseInto concludes a phase with its tasks and checks.
func (m *moment) phaseInto(p *Progress, phase *Phase) {
	own := m.own(phase)
	s := &PhaseState{Open: m.open(phase), Complete: m.complete(phase), Remaining: own.remaining(), Done: own.done(), Total: len(own.tasks)}
	if !s.Open {
		s.Blockers = m.blockers(phase)
	}
	for _, t := range phase.Tasks {
		for _, c := range t.Checks {
			state := m.check(c)
			p.Checks[c.ID] = &state
			p.Truth.count(&state)
		}
		p.Tasks[t.ID] = m.task(t, p, s)
		if tf := m.f.tasks[t.ID]; tf != nil && !tf.started.IsZero() {
			s.touched(tf)
		}
	}
	s.Status = phaseStatus(s, own)
	p.Phases[phase.ID] = s
}

func (s *PhaseState) touched(t *taskFold) {
	if s.First.IsZero() || t.started.Before(s.First) {
		s.First = t.started
	}
	if t.last.After(s.Last) {
		s.Last = t.last
	}
}

func phaseStatus(s *PhaseState, own *ledger) Status {
	switch {
	case s.Complete && own.waived > 0:
		return Waived
	case s.Complete && (s.Open || s.Done > 0):
		return Done
	case !s.Open:
		return Locked
	case own.failed > 0:
		return Failed
	case s.Done == s.Total:
		return Waiting
	case s.First.IsZero():
		return Ready
	}
	return Running
}

func (t *Truth) count(s *CheckState) {
	if s.Result == nil || s.Status == Stale || s.Status == NotYet {
		return
	}
	switch s.Result.Source {
	case checks.FromPerson:
		t.Stated++
	case checks.FromShell:
		t.Imported++
	default:
		t.Measured++
	}
}

// task concludes the state of a task; its checks are in p already.
func (m *moment) task(t *Task, p *Progress, phase *PhaseState) *TaskState {
	s := &TaskState{Missing: m.missing(t)}
	tf := m.f.tasks[t.ID]
	if tf != nil {
		s.DoneAt, s.DoneBy, s.Reopened, s.Started = tf.at, tf.by, tf.reopened, tf.started
	}
	waived, failed, pending := false, "", ""
	for _, c := range t.Checks {
		if c.Gate == "info" {
			continue
		}
		s.Total++
		state := p.Checks[c.ID]
		switch {
		case state.Satisfied:
			s.Pass++
			waived = waived || state.Status == Waived
		case state.Status == Failed:
			failed = c.Title
		case pending == "":
			pending = c.Title
		}
	}
	if tf == nil || tf.seq == 0 {
		s.Status, s.Why = m.undone(t, phase, failed)
		if u := p.Undo[t.ID]; u != nil && u.Seq > 0 && u.Left == "" {
			s.Status, s.Why = TakenBack, "taken back "+u.At.UTC().Format("2006-01-02 15:04 UTC")+" by "+u.By
		}
		return s
	}
	if t.Wait > 0 {
		s.WaitUntil = tf.at.Add(t.Wait)
	}
	switch {
	case m.reopened(t) > tf.seq:
		s.Status, s.Why = Stale, "something it is built on was reopened: look at it again"
	case tf.hash != "" && tf.hash != m.f.changes(t):
		s.Status, s.Why = Changed, "its commands are not those that were carried out: compare and confirm"
	case failed != "":
		s.Status, s.Why = Failed, failed
	case m.waiting(t, tf):
		s.Status, s.Why = Waiting, "until "+s.WaitUntil.UTC().Format("15:04 UTC")+forWhat(t)
	case pending != "":
		s.Status, s.Why = Waiting, pending
	case waived:
		s.Status = Waived
	default:
		s.Status = Done
	}
	return s
}

// undone tells whether a task that is not carried out may be.
func (m *moment) undone(t *Task, phase *PhaseState, failed string) (Status, string) {
	if !phase.Open {
		return Locked, fmt.Sprintf("the gate of %s is closed (%d)", phaseName(t.Phase), len(phase.Blockers))
	}
	for _, d := range m.f.r.plan.deps[t] {
		if ok, why := m.dependable(d); !ok {
			return Locked, "after " + d.Title + ": " + why
		}
	}
	if failed != "" {
		return Failed, failed
	}
	return Ready, ""
}

// missing lists the values a task needs before it can be marked carried out:
// what it asks for and captures, and what its commands wait for.
func (m *moment) missing(t *Task) []Pending {
	var out []Pending
	seen := map[string]bool{}
	add := func(key string) {
		w, waived := m.f.waived[key]
		waived = waived && (w.Expires.IsZero() || m.now.Before(w.Expires))
		if _, known := m.f.values[key]; known || waived || seen[key] {
			return
		}
		seen[key] = true
		out = append(out, Pending{Key: key, Task: m.f.r.bringer(key, t)})
	}
	for _, a := range t.Asks {
		if !a.Optional {
			add(a.Key)
		}
	}
	for _, c := range t.Captures {
		add(c.Key)
	}
	for _, c := range t.Commands {
		for _, w := range c.waits {
			add(w.Key)
		}
	}
	return out
}
