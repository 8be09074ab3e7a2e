package rehearsal

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"coexist/checks"
	"coexist/runbook"
)

// FaultSummary tells what became of a fault in a run without people.
type FaultSummary struct {
	Name    string `json:"name"`
	Check   string `json:"check,omitempty"` // the one that found it; empty: none did
	Found   string `json:"found,omitempty"` // what it said
	Remedy  string `json:"remedy,omitempty"`
	Cleared bool   `json:"cleared"`
}

// mend carries the remedies of the faults out that have come to light: it
// reopens the tasks that a fault spoiled, and the walk does them once more. It
// tells whether there was anything to do.
func (w *walker) mend(r *Rehearsal) (bool, error) {
	any := false
	w.cleared(r)
	for i, f := range r.faults {
		seen := &w.faults[i]
		if seen.Check != "" {
			continue
		}
		c, state := w.finding(f)
		if c == nil {
			continue
		}
		seen.Check, seen.Found, seen.Remedy = c.ID, told(state.Result), state.Result.Remedy
		fmt.Fprintf(w.talk, "  found %s: %s: %s; %s\n", f.Name, c.ID, seen.Found, seen.Remedy)
		for _, t := range w.spoiled(f, c.Task) {
			err := w.act(w.session.Reopen(t.ID, "remedy of "+f.Name+": "+seen.Remedy))
			var refused *runbook.Refused
			if err != nil && !errors.As(err, &refused) {
				return any, err
			}
			any = any || err == nil
		}
	}
	w.mended = w.mended || any
	return any, nil
}

// finding is the failed check that brings a fault to light.
func (w *walker) finding(f Fault) (*runbook.Check, *runbook.CheckState) {
	states := w.look().Progress.Checks
	for _, c := range w.looksFor(f) {
		if s := states[c.ID]; s != nil && s.Result != nil && s.Result.Verdict == checks.Fail {
			return c, s
		}
	}
	return nil, nil
}

// looksFor are the checks that can bring a fault to light, one per target.
func (w *walker) looksFor(f Fault) []*runbook.Check {
	var out []*runbook.Check
	for _, p := range w.book.Phases {
		for _, t := range p.Tasks {
			for _, c := range t.Checks {
				if slices.Contains(f.Found, t.Name+"/"+c.Name) {
					out = append(out, c)
				}
			}
		}
	}
	return out
}

func told(r *checks.Result) string {
	return strings.ReplaceAll(said(r), "\n", " ")
}

// spoiled are the tasks to be done once more: those of the same target, else of
// the same site, else all that were done.
func (w *walker) spoiled(f Fault, found *runbook.Task) []*runbook.Task {
	names := f.Again
	if len(names) == 0 {
		return []*runbook.Task{found}
	}
	done := w.look().Progress.Tasks
	var out []*runbook.Task
	for _, name := range names {
		var all []*runbook.Task
		for _, p := range w.book.Phases {
			for _, t := range p.Tasks {
				if t.Name == name && !done[t.ID].DoneAt.IsZero() {
					all = append(all, t)
				}
			}
		}
		for _, same := range []func(*runbook.Task) bool{
			func(t *runbook.Task) bool { return t.Target == found.Target },
			func(t *runbook.Task) bool { return t.Site == found.Site },
			func(*runbook.Task) bool { return true },
		} {
			if chosen := slices.DeleteFunc(slices.Clone(all), func(t *runbook.Task) bool { return !same(t) }); len(chosen) > 0 {
				out = append(out, chosen...)
				break
			}
		}
	}
	return out
}

// cleared notes which of the faults no longer show: those that this run found,
// and those that were found and mended before it.
func (w *walker) cleared(r *Rehearsal) {
	states := w.look().Progress.Checks
	for i, f := range r.faults {
		seen := &w.faults[i]
		if seen.Check == "" {
			seen.Check = w.foundBefore(f, states)
		}
		s := states[seen.Check]
		if s == nil || s.Result == nil || s.Result.Verdict == checks.Fail || s.Result.Verdict == checks.Unknown {
			continue
		}
		if !seen.Cleared {
			fmt.Fprintf(w.talk, "  cleared %s\n", f.Name)
		}
		seen.Cleared = true
	}
}

// foundBefore is the check that brought a fault to light before this run began.
func (w *walker) foundBefore(f Fault, states map[string]*runbook.CheckState) string {
	for _, c := range w.looksFor(f) {
		if s := states[c.ID]; s != nil && slices.ContainsFunc(s.History, func(v runbook.Verdict) bool { return v.Verdict == checks.Fail }) {
			return c.ID
		}
	}
	return ""
}

// said is what a result found, once: summaries of what was not as expected end
// in it.
func said(r *checks.Result) string {
	if strings.Contains(r.Summary, r.Found) {
		return r.Summary
	}
	return strings.Trim(r.Summary+"; "+r.Found, "; ")
}
