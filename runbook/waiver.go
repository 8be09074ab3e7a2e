package runbook

import (
	"errors"
	"fmt"
	"strings"

	"coexist/checks"
	"coexist/runbook/journal"
)

// MayWaive tells why a check cannot be waived with this waiver by this
// operator; nil when it can.
func (c *Check) MayWaive(w Waiver, operator string) error {
	switch {
	case c.Gate == "hard":
		return fmt.Errorf("%s is a check that is never waived: mend what it found", c.ID)
	case c.Gate == "info":
		return fmt.Errorf("%s blocks nothing, so there is nothing to waive", c.ID)
	case strings.TrimSpace(w.Reason) == "":
		return errors.New("a waiver needs a reason")
	case strings.TrimSpace(w.Name) == "":
		return errors.New("a waiver needs the name of who takes it on")
	case c.Gate == "dual" && strings.TrimSpace(w.Second) == "":
		return fmt.Errorf("%s takes two people to waive: a second name is missing", c.ID)
	case c.Gate == "dual" && (sameName(w.Second, w.Name) || sameName(w.Second, operator)):
		return errors.New("the second person must be someone else than who takes it on and than the operator")
	}
	return nil
}

func sameName(a, b string) bool {
	return strings.EqualFold(strings.Join(strings.Fields(a), " "), strings.Join(strings.Fields(b), " "))
}

// applyWaiver puts a waiver in force where it is a valid one for the latest
// result. A check after the work is waived after the work: what was waived
// before says nothing of what the work did.
func (f *fold) applyWaiver(e journal.Event, w Waiver) {
	w.Time, w.Seq = e.Time, e.Seq
	if t := f.r.plan.captures[w.Check]; t != nil {
		if strings.TrimSpace(w.Reason) != "" && strings.TrimSpace(w.Name) != "" {
			f.waived[w.Check] = w
			f.touch(t.ID, e.Time)
		}
		return
	}
	check := f.r.checks[w.Check]
	if check == nil || check.MayWaive(w, e.Operator) != nil {
		return
	}
	c := f.check(w.Check)
	if w.Result != c.seq || !check.Before && f.task(check.Task.ID).seq == 0 {
		return
	}
	c.waiver, c.covers = &w, c.seq
	f.touch(check.Task.ID, e.Time)
}

// extendWaiver keeps a waiver in force over a new result that found the very
// same, and ends it otherwise: a later failure is a new one.
func (c *checkFold) extendWaiver(p *Recorded, seq int64) {
	if c.waiver == nil {
		return
	}
	if c.result == nil || c.covers != c.seq || !sameFailure(c.result, p) {
		c.waiver = nil
		return
	}
	c.covers = seq
}

func sameFailure(a, b *Recorded) bool {
	return b.Verdict != checks.Pass && b.Verdict != checks.Skip && a.Verdict == b.Verdict && a.Reason == b.Reason &&
		a.Expected == b.Expected && a.Found == b.Found && (a.Found != "" || a.Summary == b.Summary) && a.Asked == b.Asked
}

func (f *fold) undoWaiver(seq int64) {
	for _, c := range f.checks {
		if c.waiver != nil && c.waiver.Seq == seq {
			c.waiver = nil
		}
	}
	for key, w := range f.waived {
		if w.Seq == seq {
			delete(f.waived, key)
		}
	}
}
