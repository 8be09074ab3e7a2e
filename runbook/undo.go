package runbook

import (
	"slices"
	"strings"

	"coexist/checks"
	"coexist/runbook/journal"
)

// UndoLast takes back the operator's last own act that is still in force, and
// returns what it was. What was measured is never taken back.
func (s *Session) UndoLast() (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.catchUp()
	undone := map[int64]bool{}
	for _, e := range slices.Backward(s.events) {
		payload, err := Decode(e)
		if err != nil {
			continue
		}
		if u, is := payload.(*Undone); is {
			undone[u.Seq] = true
			continue
		}
		if undone[e.Seq] || !sameName(e.Operator, s.opts.Operator) {
			continue
		}
		if what := s.undoable(e, payload); what != "" {
			return what, s.append(journal.Entry{Kind: EventUndo, Data: Undone{Seq: e.Seq, Kind: e.Kind, What: what}})
		}
	}
	return "", &Refused{Why: "there is nothing of your own to take back"}
}

// undoable names an act in words when it is still in force.
func (s *Session) undoable(e journal.Event, payload any) string {
	switch p := payload.(type) {
	case *TaskDone:
		if t := s.fold.tasks[p.Task]; t != nil && t.seq == e.Seq {
			return "carried out: " + p.Task
		}
	case *WaitOver:
		if t := s.fold.tasks[p.Task]; t != nil && t.ack == e.Seq {
			return "wait over: " + p.Task
		}
	case *Recorded:
		if c := s.fold.checks[p.ID]; p.Source == checks.FromPerson && c != nil && c.seq == e.Seq {
			return "answer: " + p.ID
		}
	case *Waiver:
		w, captured := s.fold.waived[p.Check]
		if c := s.fold.checks[p.Check]; captured && w.Seq == e.Seq || c != nil && c.waiver != nil && c.waiver.Seq == e.Seq {
			return "waiver: " + p.Check
		}
	case *WarningRead:
		if c := s.fold.checks[p.Check]; c != nil && c.reading == e.Seq {
			return "warning read: " + p.Check
		}
	case *NoteWritten:
		return "note: " + strings.TrimSpace(p.Task+" "+shorten(p.Text, 60))
	case *ValueSet:
		if list := s.fold.known[p.Key]; len(list) > 0 && list[len(list)-1].seq == e.Seq {
			return "value: " + p.Key
		}
	case *TaskUndone:
		if u := s.fold.undos[p.Task]; u != nil && u.settled != nil && u.settled.seq == e.Seq {
			return "undo card: " + p.Task
		}
	case *UndoChecked:
		if u := s.fold.undos[p.Task]; u != nil && u.answers[p.Check].Seq == e.Seq {
			return "undo check: " + p.Check
		}
	case *BackedOut:
		if s.fold.backedOut == e.Seq {
			return "backout: " + shorten(p.Reason, 60)
		}
	}
	return ""
}

func shorten(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n-1]) + "…"
	}
	return s
}
