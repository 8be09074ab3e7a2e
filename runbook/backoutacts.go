package runbook

import (
	"fmt"
	"strings"

	"coexist/runbook/journal"
)

// Undoing is how a card was settled.
type Undoing struct {
	ByHand string // how it was taken back, where its commands cannot be used
	Left   string // why the change stays in place instead
}

// DeclareBackout records the retreat: nothing opens any more.
func (s *Session) DeclareBackout(reason string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.catchUp()
	reason = strings.TrimSpace(reason)
	switch {
	case reason == "":
		return &Refused{Why: "a backout needs a reason"}
	case s.fold.backout != nil:
		return &Refused{Why: "a backout is declared already, by " + s.fold.backout.By}
	case len(s.fold.undos) == 0:
		return &Refused{Why: "nothing was carried out yet: there is nothing to back out of"}
	}
	return s.append(journal.Entry{Kind: EventBackout, Data: BackedOut{Reason: reason}})
}

// retreat is the plan turned round, as of now.
func (s *Session) retreat() *Retreat {
	return PlanBackout(s.runbook, s.fold.progress(s.now()))
}

// undoCard finds the card that an act is meant for.
func (s *Session) undoCard(taskID string) (*UndoCard, error) {
	t, err := s.taskNamed(taskID)
	if err != nil {
		return nil, err
	}
	plan := s.retreat()
	if plan.Declared == nil {
		return nil, &Refused{Why: "no backout is declared: declare it first, with its reason (D in the wizard, or coexist backout FILE --declare REASON)"}
	}
	c := plan.Card(taskID)
	switch {
	case c == nil && s.fold.undos[taskID] == nil:
		return nil, &Refused{Why: t.Title + " was not carried out: there is nothing to take back"}
	case c == nil:
		return nil, &Refused{Why: t.Title + " changed nothing that could be taken back"}
	case t.NoReturn != "":
		return nil, &Refused{Why: t.Title + " does not come back: " + t.NoReturn}
	}
	return c, nil
}

// MarkUndone records that a task was taken back, or that what it changed stays
// in place. What was built on it comes first.
func (s *Session) MarkUndone(taskID string, how Undoing) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	c, err := s.undoCard(taskID)
	if err != nil {
		return err
	}
	how.ByHand, how.Left = strings.TrimSpace(how.ByHand), strings.TrimSpace(how.Left)
	switch {
	case c.Done() && c.State.Left == "":
		return &Refused{Why: fmt.Sprintf("%s was taken back already, by %s", c.Task.Title, c.State.By)}
	case c.Held() > 0 && how.Left == "":
		return &Refused{Why: "what was built on it comes first", Blockers: behind(c)}
	case len(c.Missing) > 0 && how.Left == "" && how.ByHand == "":
		return undoMissing(c)
	}
	e := TaskUndone{Task: taskID, ByHand: how.ByHand, Left: how.Left}
	if how.Left == "" && how.ByHand == "" {
		for _, k := range c.Commands {
			e.Lines = append(e.Lines, k.Lines...)
		}
	}
	return s.append(journal.Entry{Kind: EventUndone, Data: e})
}

func behind(c *UndoCard) []Blocker {
	var out []Blocker
	for _, other := range c.Behind() {
		out = append(out, Blocker{Phase: other.Task.Phase.ID, Task: other.Task.ID, Status: Ready, Gate: "task",
			Text: other.Task.Title + " (" + other.Task.Label + "): not taken back", Mend: "take it back first, or record that it stays in place"})
	}
	return out
}

// CheckUndone records the answer to a check of a card that was taken back: for
// a captured value what was read now, which is held against what was captured;
// for [AsBefore] yes or no.
func (s *Session) CheckUndone(taskID, check, found, note string) (UndoAnswer, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c, err := s.undoCard(taskID)
	if err != nil {
		return UndoAnswer{}, err
	}
	if !c.Done() || c.State.Left != "" {
		return UndoAnswer{}, &Refused{Why: "take it back first: what is read before says nothing of the way back"}
	}
	for _, k := range c.Checks {
		if k.Name == check {
			return s.answerUndo(c, k, found, note)
		}
	}
	return UndoAnswer{}, fmt.Errorf("the undo card of %s has no check %q", taskID, check)
}

func (s *Session) answerUndo(c *UndoCard, k UndoCheck, found, note string) (UndoAnswer, error) {
	e := UndoChecked{Task: c.Task.ID, Check: k.Name, Expected: k.Expected, Note: strings.TrimSpace(note)}
	if k.Name == AsBefore {
		e.Found, e.Stated = strings.ToLower(strings.TrimSpace(found)), true
		if e.Found != "yes" && e.Found != "no" {
			return UndoAnswer{}, &Refused{Why: fmt.Sprintf("the answer %q is neither yes nor no", found)}
		}
		e.Good = e.Found == "yes"
	} else {
		text, err := s.readValue(k, found)
		if err != nil {
			return UndoAnswer{}, &Refused{Why: err.Error()}
		}
		e.Found, e.Good = shownValue(text), sameValue(text, c.Values[k.Name])
	}
	err := s.append(journal.Entry{Kind: EventUndoChecked, Data: e})
	return s.fold.undos[c.Task.ID].answers[k.Name], err
}

// readValue takes what was read of a captured value: bare, as Format-List
// prints it, or the word none.
func (s *Session) readValue(k UndoCheck, found string) (string, error) {
	found = strings.TrimSpace(found)
	if strings.EqualFold(found, "none") || found == "(empty)" {
		return "", nil
	}
	if strings.HasPrefix(strings.ToLower(found), strings.ToLower(k.Property)) && strings.Contains(found, ":") {
		rows, err := ParseObjects(found, []string{k.Property})
		if err != nil {
			return "", err
		}
		var list []string
		for _, r := range rows {
			list = append(list, r[k.Property]...)
		}
		found = JoinList(list)
	}
	if found == "" {
		return "", nil
	}
	return s.runbook.CheckValueFor(k.Name, found)
}
