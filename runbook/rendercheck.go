package runbook

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"sort"
	"strings"
	"time"

	"coexist/checks"
	"coexist/checks/effect"
	"coexist/runbook/procedure"
)

// checks makes the checks of the task.
func (w *writer) checks(list []procedure.Check) {
	for i := range list {
		source := &list[i]
		field := "check " + source.Name
		if !w.holds(field, source.If) {
			continue
		}
		check := &Check{
			ID: w.task.ID + "/" + source.Name, Task: w.task, Name: source.Name, Kind: source.Kind, Gate: source.Gate,
			HoldsUntil: source.HoldsUntil, FreshFor: time.Duration(source.FreshFor), Vantage: checks.Vantage(source.Vantage),
			Shell: w.version(source.Shell), Before: source.Before,
		}
		if check.Vantage == "" {
			check.Vantage = checks.Inside
		}
		w.prose(field+": title", &check.Title, source.Title)
		w.prose(field+": remedy", &check.Remedy, source.Remedy)
		w.ready(field, check, source)
		if w.err != nil {
			return
		}
		if slices.ContainsFunc(w.task.Checks, func(other *Check) bool { return other.ID == check.ID }) {
			w.fail(field, fmt.Errorf("a task has one check of a name"))
			return
		}
		w.task.Checks = append(w.task.Checks, check)
	}
}

// ready gives the check its render function, and renders once to find what is
// wrong.
func (w *writer) ready(field string, check *Check, source *procedure.Check) {
	fill := func(v Values, expect []checks.Expectation) (out checks.Check, pending []Pending, uses []procedure.Use, err error) {
		q := w.reader(v)
		f := filler{w: w, q: q}
		out = checks.Check{
			ID: check.ID, Step: w.task.Phase.Step, Round: w.task.Phase.Round, Task: w.task.Name, Target: w.task.Target,
			Kind: source.Kind, Params: checks.Params(f.table(source.Params)), Expect: f.expectations(expect),
			Vantage: check.Vantage, Remedy: check.Remedy,
		}
		return out, q.missing(), f.uses, f.err
	}
	check.look = func(v Values) (checks.Check, []Pending, error) {
		out, pending, _, err := fill(v, nil)
		return out, pending, err
	}
	now, pending, uses, err := fill(nil, source.Expect)
	w.fail(field, err)
	w.task.note(uses)
	check.waits, check.late = pending, len(uses) > 0
	check.render = func(v Values) (checks.Check, []Pending, error) {
		out, pending, _, err := fill(v, source.Expect)
		return out, pending, err
	}
	if !check.late {
		check.render = func(Values) (checks.Check, []Pending, error) { return now, nil, nil }
	}
}

// asks returns a fingerprint of what the check asks with these values. A
// result that was recorded for another one does not count.
func (c *Check) asks(v Values) string {
	if c.late {
		return c.asksWith(v)
	}
	return c.fixed.get(func() string { return c.asksWith(nil) })
}

func (c *Check) asksWith(v Values) string {
	ready, _, err := c.render(v)
	if err != nil {
		return ""
	}
	return fingerprint(ready)
}

// fingerprint covers what decides a result: parameters and expectations.
func fingerprint(c checks.Check) string {
	raw, err := json.Marshal([]any{c.Kind, c.Params, c.Expect, c.Vantage})
	if err != nil {
		return ""
	}
	sum := sha256.Sum256(raw)
	return hex.EncodeToString(sum[:12])
}

// filler renders the parameters and expectations of a check.
type filler struct {
	w    *writer
	q    *reader
	uses []procedure.Use
	err  error
}

func (f *filler) text(source string) string {
	t, err := f.w.c.template(source)
	out := ""
	if err == nil {
		f.uses = append(f.uses, t.Uses()...)
		out, err = t.Execute(f.w.data, f.q)
	}
	if err != nil && f.err == nil {
		f.err = fmt.Errorf("%q: %w", source, err)
	}
	return procedure.ShowPlaceholders(strings.TrimSpace(out))
}

func (f *filler) table(source map[string]any) map[string]any {
	out := make(map[string]any, len(source))
	keys := make([]string, 0, len(source))
	for key := range source {
		keys = append(keys, key)
	}
	sort.Strings(keys) // values are missed in a stable order
	for _, key := range keys {
		out[key] = f.param(source[key])
	}
	return out
}

// param renders texts at any depth. A list element that renders to several
// lines becomes several elements; blank ones vanish.
func (f *filler) param(source any) any {
	switch v := source.(type) {
	case string:
		return f.text(v)
	case map[string]any:
		return f.table(v)
	case []any:
		out := make([]any, 0, len(v))
		for _, element := range v {
			s, ok := element.(string)
			if !ok {
				out = append(out, f.param(element))
				continue
			}
			for _, line := range f.elements(s) {
				out = append(out, line)
			}
		}
		return out
	}
	return source
}

func (f *filler) elements(source string) []string {
	var out []string
	for line := range strings.SplitSeq(f.text(source), "\n") {
		if line = strings.TrimSpace(line); line != "" {
			out = append(out, line)
		}
	}
	return out
}

func (f *filler) expectations(source []checks.Expectation) []checks.Expectation {
	out := make([]checks.Expectation, len(source))
	for i, e := range source {
		out[i] = e
		out[i].Value = f.text(e.Value)
		out[i].Values = nil
		for _, v := range e.Values {
			out[i].Values = append(out[i].Values, f.elements(v)...)
		}
	}
	return out
}

// effects renders what the task changes in a laboratory.
func (w *writer) effects(list []effect.Effect) {
	if w.err != nil || len(list) == 0 {
		return
	}
	w.task.effects = func(v Values) ([]effect.Effect, error) {
		q := w.reader(v)
		f := filler{w: w, q: q}
		out := make([]effect.Effect, 0, len(list))
		for _, e := range list {
			params := make(map[string]string, len(e.Params))
			for key, source := range e.Params {
				params[key] = strings.Join(f.elements(source), ",")
			}
			out = append(out, effect.Effect{Kind: e.Kind, Params: params})
		}
		return out, f.err
	}
	var err error
	w.task.Effects, err = w.task.effects(nil)
	w.fail("effect", err)
}
