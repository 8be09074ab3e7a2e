package procedure

import (
	"cmp"
	"slices"
	"strings"

	"coexist/checks"
)

// gates in the order of strictness.
var gates = []string{"info", "soft", "dual", "hard"}

// change carries out one [[change]].
func (o *overlaying) change(c located[Change]) {
	t := o.lib.Tasks[c.what.Task]
	switch {
	case t == nil:
		o.say(c.place(), "there is no task %q to be changed; `coexist procedure show` lists them", c.what.Task)
		return
	case slices.Contains(o.own, c.what.Task):
		o.say(c.place(), "task %q is the overlay's own: change it where it is written, %s", c.what.Task, o.lib.Where(c.what.Task))
		return
	}
	o.lib.where[t.Name] = c.written // what the lint finds from here on was brought by the change
	w := c.what
	t.Title = cmp.Or(w.Title, t.Title)
	t.Why = cmp.Or(w.Why, t.Why)
	t.RunOn = cmp.Or(w.RunOn, t.RunOn)
	t.Rights = cmp.Or(w.Rights, t.Rights)
	if w.Confirm != "" {
		if t.Confirm != "" {
			o.say(c.place(), "task %q asks for a typed name already: %s", w.Task, t.Confirm)
		}
		t.Confirm = w.Confirm
	}
	if w.Required {
		t.Class = "required"
	}
	t.After = append(slices.Clip(t.After), w.After...)
	t.Pitfalls = append(slices.Clip(t.Pitfalls), w.Pitfalls...)
	t.Notes = append(slices.Clip(t.Notes), w.Notes...)
	t.Sources = append(slices.Clip(t.Sources), w.Sources...)
	t.Commands = append(slices.Clip(t.Commands), w.Commands...)
	for _, s := range w.Tighten {
		o.tighten(c, t, s)
	}
	t.Checks = append(slices.Clip(t.Checks), w.Checks...) // the lint finds doubled names
}

// tighten makes one check of a shipped task stricter.
func (o *overlaying) tighten(c located[Change], t *Task, s Tighter) {
	i := slices.IndexFunc(t.Checks, func(have Check) bool { return have.Name == s.Check })
	if i < 0 {
		names := make([]string, len(t.Checks))
		for j, have := range t.Checks {
			names[j] = have.Name
		}
		o.say(c.place(), "tighten: task %q has no check %q; it has %s", t.Name, s.Check, cmp.Or(strings.Join(names, ", "), "none"))
		return
	}
	check := &t.Checks[i]
	loosens := func(field, is, was string) {
		o.say(c.place(), "tighten: %s of check %q would be %s and is %s; an overlay can make a check stricter, never looser", field, s.Check, is, was)
	}
	if s.Gate != "" {
		if slices.Index(gates, s.Gate) < slices.Index(gates, check.Gate) {
			loosens("gate", s.Gate, check.Gate)
		} else {
			check.Gate = s.Gate
		}
	}
	if s.FreshFor != 0 {
		if check.FreshFor != 0 && s.FreshFor > check.FreshFor {
			loosens("fresh_for", s.FreshFor.String(), check.FreshFor.String())
		} else {
			check.FreshFor = s.FreshFor
		}
	}
	if s.HoldsUntil != "" {
		if o.earlier(t.Name, s.HoldsUntil, check.HoldsUntil) {
			loosens("holds_until", s.HoldsUntil, cmp.Or(check.HoldsUntil, "its own step"))
		} else {
			check.HoldsUntil = s.HoldsUntil
		}
	}
	for _, e := range s.Expect {
		if displaces(check, e.Property) {
			o.say(c.place(), "tighten: an expectation of %q would take the place of what check %q (kind %s) asks of it by itself, and an overlay never makes a check looser; "+
				"expect it in a check of your own, with [[change.check]]", e.Property, s.Check, check.Kind)
			return
		}
	}
	check.Title = cmp.Or(s.Title, check.Title)
	check.Remedy = cmp.Or(s.Remedy, check.Remedy)
	check.Expect = append(slices.Clip(check.Expect), s.Expect...)
}

// displaces tells whether a first expectation of a property ends a judgement
// that the kind of the check made by itself until then.
func displaces(check *Check, property string) bool {
	k := checks.KindNamed(check.Kind)
	return k != nil && slices.Contains(k.Yields, property) &&
		!slices.ContainsFunc(check.Expect, func(e checks.Expectation) bool { return e.Property == property })
}

// earlier tells whether a step stands before another in a procedure that lists
// the task; "" is the task's own step.
func (o *overlaying) earlier(task, is, was string) bool {
	for _, p := range o.lib.Procedures {
		own := slices.IndexFunc(p.Steps, func(s Step) bool { return slices.Contains(s.Tasks, task) || slices.Contains(s.CloseOut, task) })
		if own < 0 {
			continue
		}
		at := func(id string) int {
			if id == "" {
				return own
			}
			return slices.IndexFunc(p.Steps, func(s Step) bool { return s.ID == id })
		}
		if now := at(is); now >= 0 && now < at(was) {
			return true
		}
	}
	return false
}
