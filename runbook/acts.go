package runbook

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"coexist/checks"
	"coexist/runbook/journal"
)

// SetOperator names who works from here on.
func (s *Session) SetOperator(name string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	name = strings.Join(strings.Fields(name), " ")
	if name == "" {
		return &Refused{Why: "a name is needed: whatever is recorded carries one"}
	}
	if name == s.opts.Operator {
		return nil
	}
	before := s.opts.Operator
	s.opts.Operator = name
	s.journal.SetOperator(name)
	if s.journal.ReadOnly() {
		return nil
	}
	err := s.append(journal.Entry{Kind: EventOperator, Data: OperatorNamed{Name: name}})
	if err != nil {
		s.opts.Operator = before
		s.journal.SetOperator(before)
	}
	return err
}

// MarkDone records that a task was carried out; in a rehearsal it then makes
// its effects true. On a task that is done already it confirms what has
// changed since, or that its waiting time is over.
func (s *Session) MarkDone(taskID, typed string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	t, err := s.taskNamed(taskID)
	if err != nil {
		return err
	}
	now := s.opts.Clock()
	m := s.fold.at(now)
	again := false
	if tf := s.fold.tasks[taskID]; tf != nil && tf.seq != 0 {
		switch over, err := m.confirms(t, tf); {
		case err != nil:
			return err
		case over:
			return s.append(journal.Entry{Kind: EventWaitOver, Data: WaitOver{Task: taskID}})
		}
		again = true
	}
	err = m.mayDo(t, typed)
	if refused, ok := err.(*Refused); ok && refused.Why == whyMissing && s.opts.Capture != nil {
		if err := s.capture(t); err != nil {
			return err
		}
		err = s.fold.at(now).mayDo(t, typed)
	}
	if err != nil {
		return err
	}
	done := TaskDone{Task: taskID, Typed: typed, Hash: s.fold.changes(t), Lines: t.Lines(s.fold.values), Again: again}
	if err := s.append(journal.Entry{Kind: EventDone, Data: done}); err != nil {
		return err
	}
	s.takeEffects(t, s.fold.values, now)
	if s.opts.Waits != nil && t.Wait > 0 {
		s.opts.Waits(t.Wait)
	}
	return nil
}

const whyMissing = "values are missing"

// capture reads and records what a task captures and nobody has filled in.
func (s *Session) capture(t *Task) error {
	var entries []journal.Entry
	for _, c := range t.Captures {
		if _, known := s.fold.values[c.Key]; known {
			continue
		}
		text, err := s.opts.Capture(t, c, s.fold.values)
		if err == nil {
			text, err = s.runbook.CheckValueFor(c.Key, text)
		}
		if err != nil {
			return &Refused{Why: "the value " + c.Key + " cannot be read: " + err.Error()}
		}
		entries = append(entries, journal.Entry{Kind: EventValue, Data: ValueSet{Key: c.Key, Value: text, How: "captured"}})
	}
	if len(entries) == 0 {
		return nil
	}
	return s.append(entries...)
}

// confirms tells what marking a task again means: that its wait is over, or
// that it was looked at again. Otherwise there is nothing to mark.
func (m *moment) confirms(t *Task, tf *taskFold) (waitOver bool, err error) {
	if m.reopened(t) > tf.seq || tf.hash != "" && tf.hash != m.f.changes(t) {
		return false, nil
	}
	if m.waiting(t, tf) {
		until := tf.at.Add(t.Wait)
		if m.now.Before(until) {
			return false, &Refused{Why: fmt.Sprintf("wait until %s%s: %s to go", until.UTC().Format("15:04 UTC"), forWhat(t), until.Sub(m.now).Round(time.Second))}
		}
		return true, nil
	}
	return false, &Refused{Why: t.Title + " is marked as carried out already; reopen it to do it again"}
}

// mayDo tells what is in the way of carrying a task out.
func (m *moment) mayDo(t *Task, typed string) error {
	if m.f.backout != nil {
		return &Refused{Why: "a backout was declared: nothing more is carried out", Blockers: m.blockers(t.Phase)}
	}
	if !m.open(t.Phase) {
		return &Refused{Why: "the gate of " + phaseName(t.Phase) + " is closed", Blockers: m.blockers(t.Phase)}
	}
	var earlier []Blocker
	for _, d := range m.f.r.plan.deps[t] {
		if ok, why := m.dependable(d); !ok {
			earlier = append(earlier, taskBlocker(d, Locked, d.Title+": "+why, "do it first"))
		}
	}
	if len(earlier) > 0 {
		return &Refused{Why: "other tasks come first", Blockers: earlier}
	}
	var missing []Blocker
	for _, p := range m.missing(t) {
		missing = append(missing, Blocker{
			Phase: t.Phase.ID, Task: p.Task, Status: Ready, Gate: "task", Text: "the value " + p.Key + " is not known", Mend: "fill it in (i)",
		})
	}
	if len(missing) > 0 {
		return &Refused{Why: whyMissing, Blockers: missing}
	}
	var before []Blocker
	for _, c := range t.Checks {
		if !c.Before || c.Gate == "info" {
			continue
		}
		if state := m.check(c); !state.Satisfied {
			before = append(before, checkBlocker(c, state))
		}
	}
	if len(before) > 0 {
		return &Refused{Why: "checks that belong before the work are open", Blockers: before}
	}
	if t.Confirm != "" && !strings.EqualFold(strings.TrimSpace(typed), t.Confirm) {
		return &Refused{Why: fmt.Sprintf("type %s to confirm", t.Confirm)}
	}
	return nil
}

// Reopen takes "carried out" back. What was built on the task is to be
// confirmed again.
func (s *Session) Reopen(taskID, why string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, err := s.taskNamed(taskID); err != nil {
		return err
	}
	if tf := s.fold.tasks[taskID]; tf == nil || tf.seq == 0 {
		return &Refused{Why: taskID + " is not marked as carried out"}
	}
	return s.append(journal.Entry{Kind: EventReopened, Data: TaskReopened{Task: taskID, Why: why}})
}

// Attestation is a person's answer to a check that asks one.
type Attestation struct {
	Answer string // "yes", "no" or "n/a"
	Name   string // who answers
	Note   string // required with "n/a": why the question does not arise
}

// Attest records a person's answer.
func (s *Session) Attest(checkID string, a Attestation) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	c, err := s.checkNamed(checkID)
	if err != nil {
		return err
	}
	if c.Kind != "attest" {
		return &Refused{Why: checkID + " must be checked, not stated; waive it if that is not possible"}
	}
	if strings.TrimSpace(a.Name) == "" {
		return &Refused{Why: "an answer needs the name of who gives it"}
	}
	ready, pending, err := c.Ready(s.fold.values)
	if err != nil || len(pending) > 0 {
		return errors.Join(err, pendingError(pending))
	}
	r := s.resultOf(c, s.opts.Clock())
	r.Source, r.Expected = checks.FromPerson, ready.Params.String("question")
	r.Found = a.Answer + ", said " + a.Name
	r.Evidence = map[string]string{"name": a.Name}
	if a.Note != "" {
		r.Evidence["note"] = a.Note
	}
	switch a.Answer {
	case "yes":
		r.Verdict, r.Summary = checks.Pass, a.Name+" states that it is so"
	case "no":
		r.Verdict, r.Reason, r.Summary, r.Remedy = checks.Fail, "attest.no", a.Name+" states that it is not so", c.Remedy
	case "n/a":
		if strings.TrimSpace(a.Note) == "" {
			return &Refused{Why: "say in the note why the question does not arise"}
		}
		r.Verdict, r.Summary = checks.Skip, a.Name+" states that the question does not arise: "+a.Note
	default:
		return &Refused{Why: fmt.Sprintf("the answer %q is none of yes, no and n/a", a.Answer)}
	}
	return s.append(journal.Entry{Kind: EventResult, Data: Recorded{Result: r, Asked: fingerprint(ready)}})
}

func pendingError(pending []Pending) error {
	if len(pending) == 0 {
		return nil
	}
	return &Refused{Why: "the value " + pending[0].Key + " is not known"}
}

// resultOf starts a result of a check.
func (s *Session) resultOf(c *Check, at time.Time) checks.Result {
	return checks.Result{
		Format: 1, ID: c.ID, Step: c.Task.Phase.Step, Round: c.Task.Phase.Round, Task: c.Task.Name, Target: c.Task.Target,
		Kind: c.Kind, Vantage: c.Vantage, Operator: s.opts.Operator, Host: s.opts.Host, Attempts: 1, Started: at.UTC(),
	}
}

// Waive records an exception for a check that blocks, as its latest result
// stands; where w.Result names the one that was looked at, no other is waived.
// w.Check may also be the key of a value that a task captures and that
// cannot be had.
func (s *Session) Waive(w Waiver) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.opts.Clock()
	if !w.Expires.IsZero() && !w.Expires.After(now) {
		return &Refused{Why: "the waiver would have expired already"}
	}
	if s.runbook.plan.captures[w.Check] != nil {
		if strings.TrimSpace(w.Reason) == "" || strings.TrimSpace(w.Name) == "" {
			return &Refused{Why: "a waiver needs a reason and the name of who takes it on"}
		}
		return s.append(journal.Entry{Kind: EventWaiver, Data: w})
	}
	c, err := s.checkNamed(w.Check)
	if err != nil {
		return err
	}
	if err := c.MayWaive(w, s.opts.Operator); err != nil {
		return &Refused{Why: err.Error()}
	}
	if tf := s.fold.tasks[c.Task.ID]; !c.Before && (tf == nil || tf.seq == 0) {
		return &Refused{Why: "carry the task out first: what is waived before says nothing of what the work does"}
	}
	state := s.fold.at(now).check(c)
	switch {
	case state.Satisfied:
		return &Refused{Why: "the check blocks nothing: " + string(state.Status)}
	case state.Status == NotYet:
		return &Refused{Why: "run the check first: its result is from before the task was carried out"}
	case w.Result != 0 && w.Result != state.Seq:
		return &Refused{Why: "the check has another result by now than the one you looked at: look at it again"}
	}
	w.Result = state.Seq
	return s.append(journal.Entry{Kind: EventWaiver, Data: w})
}

// ReadWarning records that the warning of a check's latest result was read.
// result is the journal number of the one that was shown, so that a warning
// which came in meanwhile is not taken as read; 0 means the latest.
func (s *Session) ReadWarning(checkID string, result int64) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, err := s.checkNamed(checkID); err != nil {
		return err
	}
	cf := s.fold.checks[checkID]
	if cf == nil || cf.result == nil || cf.result.Verdict != checks.Warn {
		return &Refused{Why: "the latest result of " + checkID + " is not a warning"}
	}
	if result != 0 && result != cf.seq {
		return &Refused{Why: "the check has another result by now than the one you looked at: look at it again"}
	}
	if cf.read == cf.seq {
		return nil
	}
	return s.append(journal.Entry{Kind: EventRead, Data: WarningRead{Check: checkID, Result: cf.seq}})
}

// Note records a remark on a task, or on the whole run when taskID is empty.
func (s *Session) Note(taskID, text string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if taskID != "" {
		if _, err := s.taskNamed(taskID); err != nil {
			return err
		}
	}
	if text = strings.TrimSpace(text); text == "" {
		return &Refused{Why: "the note is empty"}
	}
	return s.append(journal.Entry{Kind: EventNote, Data: NoteWritten{Task: taskID, Text: text}})
}

// SetValue records a value that was filled in.
func (s *Session) SetValue(key, value string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	text, err := s.runbook.CheckValueFor(key, value)
	if err != nil {
		return &Refused{Why: err.Error()}
	}
	if known, ok := s.fold.values[key]; ok && known == text {
		return nil
	}
	return s.append(journal.Entry{Kind: EventValue, Data: ValueSet{Key: key, Value: text, How: "asked"}})
}

// CheckValueFor normalises a value for its key, or tells why it cannot be one.
func (r *Runbook) CheckValueFor(key, value string) (string, error) {
	name, place, _ := strings.Cut(key, "/")
	d, ok := r.values[name]
	if !ok {
		return "", fmt.Errorf("there is no value named %q", name)
	}
	if (d.Scope == Org) != (place == Org) || d.Scope != Org && !r.places[place] {
		return "", fmt.Errorf("%q is kept per %s, and %q is none", name, d.Scope, place)
	}
	if d.Captured && strings.TrimSpace(value) == "" {
		return "", nil
	}
	return CheckValue(d.Type, value)
}

// MayBeEmpty tells whether a value may be recorded as nothing: what a task
// captures may have been empty before the change.
func (r *Runbook) MayBeEmpty(key string) bool {
	name, _, _ := strings.Cut(key, "/")
	return r.values[name].Captured
}

// TakesList tells whether a value is a list, which may be written a line each.
func (r *Runbook) TakesList(key string) bool {
	name, _, _ := strings.Cut(key, "/")
	return r.values[name].Type == "list"
}

func (s *Session) taskNamed(id string) (*Task, error) {
	s.catchUp()
	if t := s.runbook.Task(id); t != nil {
		return t, nil
	}
	return nil, fmt.Errorf("there is no task %q in this runbook", id)
}

func (s *Session) checkNamed(id string) (*Check, error) {
	s.catchUp()
	if c := s.runbook.Check(id); c != nil {
		return c, nil
	}
	return nil, fmt.Errorf("there is no check %q in this runbook", id)
}
