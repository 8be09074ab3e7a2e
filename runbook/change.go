package runbook

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"coexist/runbook/journal"
	"coexist/runbook/migration"
)

// Change is what an edited migration makes of a run under way, worked out
// before anything is written.
type Change struct {
	Added   []TaskChange // work that comes anew
	Removed []TaskChange // no longer in the plan; what was recorded of it stays in the journal
	Confirm []TaskChange // carried out, and the commands are others now: compare and confirm
	Changed []TaskChange // reads differently; nothing that was carried out is touched by it
	Again   []TaskChange // finished until now and open again, for other reasons than its own commands
	Closed  []*Phase     // phases whose gate is open now and would not be any more
	Kept    int          // finished tasks that stay so
	Results int          // recorded results that would belong to no check any more
}

// TaskChange is a task on both sides of an edit; one side may be nil.
type TaskChange struct {
	Was, Is       *Task
	Before, After Status
	Why           string // why it stands after the edit as it does
	Results       int    // recorded results that go with it; of a removed task
	Gone, Come    []string
}

// Task is the task as it will be, or as it was where it goes.
func (t TaskChange) Task() *Task {
	if t.Is != nil {
		return t.Is
	}
	return t.Was
}

// Nothing tells that the edit changes no task.
func (c *Change) Nothing() bool {
	return len(c.Added)+len(c.Removed)+len(c.Confirm)+len(c.Changed)+len(c.Again)+len(c.Closed) == 0
}

// String words the change in one line.
func (c *Change) String() string {
	var parts []string
	for _, group := range []struct {
		list []TaskChange
		word string
	}{{c.Added, "added"}, {c.Removed, "no longer in the plan"}, {c.Changed, "changed"}, {c.Confirm, "to confirm"}, {c.Again, "open again"}} {
		if n := len(group.list); n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, group.word))
		}
	}
	if len(parts) == 0 {
		return "no task changes"
	}
	return "tasks: " + strings.Join(parts, ", ")
}

// Preview compares two runbooks of one run over its journal at a moment. It is
// pure.
func Preview(was, is *Runbook, events []journal.Event, now time.Time) *Change {
	before, after := Fold(was, events, now), Fold(is, events, now)
	c := &Change{Results: max(len(after.Gone)-len(before.Gone), 0)}
	old, young := prints(was), prints(is)
	for _, phase := range is.Phases {
		for _, t := range phase.Tasks {
			w := was.Task(t.ID)
			one := TaskChange{Was: w, Is: t, After: after.Tasks[t.ID].Status, Why: after.Tasks[t.ID].Why}
			if w == nil {
				c.Added = append(c.Added, one)
				continue
			}
			one.Before = before.Tasks[t.ID].Status
			c.sort(one, old[t.ID] != young[t.ID], before, after)
		}
		if w := was.Phase(phase.ID); w != nil && before.Phases[w.ID].Open && !after.Phases[phase.ID].Open {
			c.Closed = append(c.Closed, phase)
		}
	}
	for _, phase := range was.Phases {
		for _, t := range phase.Tasks {
			if is.Task(t.ID) == nil {
				c.Removed = append(c.Removed, removed(t, before))
			}
		}
	}
	return c
}

// sort puts a task that stays in the plan where it belongs.
func (c *Change) sort(one TaskChange, differs bool, before, after *Progress) {
	one.Gone, one.Come = between(one.Was.Lines(before.Values), one.Is.Lines(after.Values))
	finished := one.Before == Done || one.Before == Waived
	switch {
	case one.After == Changed && one.Before != Changed:
		c.Confirm = append(c.Confirm, one)
	case finished && one.After != Done && one.After != Waived:
		c.Again = append(c.Again, one)
	case differs:
		c.Changed = append(c.Changed, one)
		if finished {
			c.Kept++
		}
	case finished:
		c.Kept++
	}
}

func removed(t *Task, before *Progress) TaskChange {
	one := TaskChange{Was: t, Before: before.Tasks[t.ID].Status, Why: before.Tasks[t.ID].Why}
	for _, check := range t.Checks {
		if st := before.Checks[check.ID]; st != nil && st.Result != nil {
			one.Results++
		}
	}
	return one
}

// between lists the lines that only one side has, in their order.
func between(was, is []string) (gone, come []string) {
	for _, l := range was {
		if !slices.Contains(is, l) {
			gone = append(gone, l)
		}
	}
	for _, l := range is {
		if !slices.Contains(was, l) {
			come = append(come, l)
		}
	}
	return gone, come
}

// Preview tells what another text of the migration would change, and refuses
// a text that can't be used.
func (s *Session) Preview(text []byte) (*Change, error) {
	m, err := migration.Parse(s.path, text, knownReleases(s.lib))
	if err != nil {
		return nil, err
	}
	is, err := Compile(s.lib, m)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", s.path, err)
	}
	snap := s.Snapshot()
	return Preview(snap.Runbook, is, snap.Events, snap.Progress.Now), nil
}
