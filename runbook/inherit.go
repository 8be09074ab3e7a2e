package runbook

import (
	"strings"

	"coexist/checks"
	"coexist/runbook/journal"
)

// BeforeOurTime is the reason of everything that a run takes over from an
// upgrade that somebody else began.
const BeforeOurTime = "before our time"

// Inherited is a task that is true already.
type Inherited struct {
	Task string // id
	Why  string // what shows it
}

// Inherit begins a run with tasks that were carried out before it: the upgrade
// was begun by others. It opens no gate by itself: each task counts as carried
// out, what a check can measure has still to be measured, and only what a
// person would have had to state, or what was to be captured before the change,
// is stated as "before our time" by name. It returns the ids that were
// recorded; tasks that are carried out already are left alone, and so are those
// that somebody reopened, and the answers that somebody gave.
func (s *Session) Inherit(list []Inherited, name string) ([]string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if name = strings.Join(strings.Fields(name), " "); name == "" {
		return nil, &Refused{Why: "what was done before is taken over by somebody: a name is needed"}
	}
	if s.opts.Apply != nil {
		return nil, &Refused{Why: "a rehearsal begins at its beginning: nothing was done before it"}
	}
	if s.fold.backout != nil {
		return nil, &Refused{Why: "a backout was declared: nothing more is carried out"}
	}
	var entries []journal.Entry
	var ids []string
	for _, one := range list {
		t, err := s.taskNamed(one.Task)
		if err != nil {
			return nil, err
		}
		if tf := s.fold.tasks[t.ID]; tf != nil && (tf.seq != 0 || tf.reopened > 0) {
			continue
		}
		more, err := s.inherit(t, one.Why, name)
		if err != nil {
			return nil, err
		}
		entries, ids = append(entries, more...), append(ids, t.ID)
	}
	return ids, s.append(entries...)
}

// inherit lists what is recorded of one task.
func (s *Session) inherit(t *Task, why, name string) ([]journal.Entry, error) {
	var out []journal.Entry
	for _, c := range t.Captures {
		if _, known := s.fold.values[c.Key]; !known {
			out = append(out, journal.Entry{Kind: EventWaiver, Data: Waiver{Check: c.Key, Reason: BeforeOurTime + ": the task was carried out before anybody could read it", Name: name}})
		}
	}
	done := TaskDone{Task: t.ID, Hash: s.fold.changes(t), Lines: t.Lines(s.fold.values), Inherited: BeforeOurTime + ": " + why}
	before, after := []journal.Entry{}, []journal.Entry{}
	for _, c := range t.Checks {
		if c.Kind != "attest" {
			continue
		}
		if cf := s.fold.checks[c.ID]; cf != nil && cf.result != nil && Looked(&cf.result.Result) {
			continue // answered: a "no" is not talked away
		}
		ready, pending, err := c.Ready(s.fold.values)
		if err != nil {
			return nil, err
		}
		if len(pending) > 0 {
			continue // asked when its value is known
		}
		r := s.resultOf(c, s.opts.Clock())
		r.Source, r.Expected, r.Verdict = checks.FromPerson, ready.Params.String("question"), checks.Skip
		r.Found = "n/a, said " + name
		r.Summary = name + " takes over what was done " + BeforeOurTime + ": " + why
		r.Evidence = map[string]string{"name": name, "note": BeforeOurTime}
		entry := journal.Entry{Kind: EventResult, Data: Recorded{Result: r, Asked: fingerprint(ready)}}
		if c.Before {
			before = append(before, entry)
		} else {
			after = append(after, entry)
		}
	}
	out = append(append(out, before...), journal.Entry{Kind: EventDone, Data: done})
	out = append(out, after...)
	return append(out, journal.Entry{Kind: EventNote, Data: NoteWritten{Task: t.ID, Text: "Taken over: " + BeforeOurTime + ". " + why}}), nil
}
