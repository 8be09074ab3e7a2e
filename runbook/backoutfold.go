package runbook

import (
	"maps"
	"time"

	"coexist/runbook/journal"
)

// undoFold is what the events say of the way back from a task.
type undoFold struct {
	first   int64 // journal number of the first "carried out" in force
	doneSeq int64
	doneAt  time.Time
	doneBy  string
	settled *settling
	answers map[string]UndoAnswer
}

// settling is how a card was settled, with the task as it was.
type settling struct {
	seq   int64
	at    time.Time
	by    string
	event *TaskUndone
	was   *taskFold
}

// carried notes that a task was carried out: from here on it has a way back.
// Carried out anew after it was taken back, it begins anew.
func (f *fold) carried(e journal.Event, id string) {
	u := f.undos[id]
	if u == nil || u.settled != nil && u.settled.event.Left == "" {
		u = &undoFold{first: e.Seq, answers: map[string]UndoAnswer{}}
		f.undos[id] = u
	}
	u.doneSeq, u.doneAt, u.doneBy = e.Seq, e.Time, e.Operator
}

// applyUndone settles a card. A task that was taken back counts as not carried
// out, and what is built on it and stays is to be confirmed, as after a
// reopening.
func (f *fold) applyUndone(e journal.Event, p *TaskUndone) {
	u, task := f.undos[p.Task], f.r.tasks[p.Task]
	if u == nil || task == nil {
		return
	}
	t := f.touch(p.Task, e.Time)
	was := *t
	u.settled = &settling{seq: e.Seq, at: e.Time, by: e.Operator, event: p, was: &was}
	if p.Left == "" {
		t.seq, t.base, t.at, t.by, t.hash, t.ack = 0, 0, time.Time{}, "", "", 0
		t.again = e.Seq
		f.reopenings++
		f.reach = nil
	}
	f.forget()
}

// unsettle takes a settled card back.
func (f *fold) unsettle(seq int64) {
	for id, u := range f.undos {
		if u.settled != nil && u.settled.seq == seq {
			if t := f.task(id); t.seq == 0 {
				*t = *u.settled.was
				f.reach = nil
			}
			u.settled = nil
		}
	}
}

func (f *fold) applyUndoChecked(e journal.Event, p *UndoChecked) {
	if u := f.undos[p.Task]; u != nil {
		u.answers[p.Check] = UndoAnswer{Seq: e.Seq, At: e.Time, By: e.Operator, Expected: p.Expected, Found: p.Found, Good: p.Good, Stated: p.Stated, Note: p.Note}
	}
}

// undoStates concludes the way back from every task that was carried out.
func (f *fold) undoStates() map[string]*UndoState {
	out := make(map[string]*UndoState, len(f.undos))
	for id, u := range f.undos {
		s := &UndoState{First: u.first, DoneAt: u.doneAt, DoneBy: u.doneBy}
		if t := f.tasks[id]; t == nil || t.seq == 0 {
			s.Reopened = u.settled == nil
		}
		if len(u.answers) > 0 {
			s.Answers = maps.Clone(u.answers)
		}
		if d := u.settled; d != nil {
			s.Seq, s.At, s.By, s.Left, s.ByHand, s.Lines = d.seq, d.at, d.by, d.event.Left, d.event.ByHand, d.event.Lines
		}
		f.valuesBefore(s, f.r.tasks[id], u)
		out[id] = s
	}
	return out
}

// valuesBefore finds the values that a way back needs: what a task captured
// counts as it was when the task was first carried out, all other values as
// they were when it was last. What is read after the work is the new state,
// and never what the way back restores.
func (f *fold) valuesBefore(s *UndoState, task *Task, u *undoFold) {
	if task == nil {
		return
	}
	set := func(key, value string) {
		if s.Values == nil {
			s.Values = Values{}
		}
		s.Values[key] = value
	}
	own := make(map[string]bool, len(task.Captures))
	for _, c := range task.Captures {
		own[c.Key] = true
		list := f.known[c.Key]
		at := lastBefore(list, u.first)
		switch {
		case len(list) == 0:
		case at < 0: // nothing was captured before the work
			if text, typed := u.typedLate(list); typed {
				set(lateMark+c.Key, "")
				set(c.Key, text)
			} else {
				set(noneMark+c.Key, "")
			}
		case at < len(list)-1:
			set(c.Key, list[at].value)
		}
	}
	for _, command := range task.Undo {
		for _, w := range command.waits {
			list := f.known[w.Key]
			if at := lastBefore(list, u.doneSeq); !own[w.Key] && at >= 0 && at < len(list)-1 {
				set(w.Key, list[at].value)
			}
		}
	}
}

// lastBefore finds the last entry before a journal number, or -1.
func lastBefore(list []valueEntry, seq int64) int {
	at := -1
	for i, v := range list {
		if v.seq < seq {
			at = i
		}
	}
	return at
}

// typedLate is what a person filled in from notes after the work. What was
// read after the work is the new state, and what was read after the way back
// is no proof of itself.
func (u *undoFold) typedLate(list []valueEntry) (string, bool) {
	for _, v := range list {
		if v.seq > u.first && v.source.How == "asked" && (u.settled == nil || v.seq < u.settled.seq) {
			return v.value, true
		}
	}
	return "", false
}

// readBack takes what was read again after a task was taken back as the answer
// to the card's check of that value: a captured value that is captured once
// more.
func (f *fold) readBack(e journal.Event, p *ValueSet) {
	if p.How == "asked" {
		return
	}
	for _, task := range f.r.plan.bringers[p.Key] {
		u := f.undos[task.ID]
		if u == nil || u.settled == nil || u.settled.event.Left != "" || f.r.plan.captures[p.Key] == nil {
			continue
		}
		want, known := "", false
		for _, v := range f.known[p.Key] {
			if v.seq < u.first {
				want, known = v.value, true
			}
		}
		if !known {
			want, known = u.typedLate(f.known[p.Key])
		}
		if known {
			u.answers[p.Key] = UndoAnswer{Seq: e.Seq, At: e.Time, By: e.Operator, Expected: shownValue(want), Found: shownValue(p.Value), Good: sameValue(want, p.Value)}
		}
	}
}

// uncarried forgets a "carried out" that its operator took back as a mistake:
// the work was not done.
func (f *fold) uncarried(id string, seq int64) {
	if u := f.undos[id]; u != nil && u.first == seq {
		delete(f.undos, id)
	}
}
