package procedure

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"coexist/checks"
)

// check checks one verification.
func (l *linter) check(c *Check, t *Task) {
	field := "check " + c.Name
	if !checkNamePattern().MatchString(c.Name) {
		l.say(field, "the name %q: expected small letters, digits, dots and dashes", c.Name)
	}
	if strings.TrimSpace(c.Title) == "" {
		l.say(field+": title", "is missing")
	}
	l.oneOf(field+": gate", c.Gate, "hard", "soft", "dual", "info")
	l.oneOf(field+": vantage", c.Vantage, "", "inside", "outside", "any")
	l.holds(field, c, t)
	l.condition(field+": if", c.If)
	l.template(field+": title", c.Title, proseHelpers, t, false)
	l.template(field+": remedy", c.Remedy, proseHelpers, t, false)
	if strings.TrimSpace(c.Remedy) == "" && c.Gate != "info" && c.Kind != "attest" {
		l.say(field+": remedy", "is missing: what to do when it fails")
	}
	kind := l.kinds[c.Kind]
	if kind == nil {
		l.say(field+": kind", "%q is not known; expected one of %s", c.Kind, strings.Join(slices.Sorted(maps.Keys(l.kinds)), ", "))
		return
	}
	if c.Kind == "cmdlet" {
		l.oneOf(field+": shell", c.Shell, "2007", "2010", "2013", "old")
	} else if c.Shell != "" {
		l.say(field+": shell", "only a cmdlet check has a shell")
	}
	if err := checks.ValidateParams(kind, c.Params, true); err != nil {
		for line := range strings.SplitSeq(err.Error(), "\n") {
			l.say(field+": params", "%s", line)
		}
	}
	l.params(field+": params", c.Params, t, c.Kind)
	l.expectations(field, c, kind, t)
}

func (l *linter) holds(field string, c *Check, t *Task) {
	if c.HoldsUntil == "" {
		return
	}
	if !l.stepIDs[c.HoldsUntil] {
		l.say(field+": holds_until", "there is no step %q", c.HoldsUntil)
		return
	}
	for _, source := range Sources {
		p := l.lib.Procedures[source]
		if p == nil {
			continue
		}
		own, until := -1, -1
		for i, s := range p.Steps {
			if slices.Contains(s.Tasks, t.Name) || slices.Contains(s.CloseOut, t.Name) {
				own = i
			}
			if s.ID == c.HoldsUntil {
				until = i
			}
		}
		if own >= 0 && until >= 0 && until < own {
			l.say(field+": holds_until", "step %q is before the task's own in procedure %s", c.HoldsUntil, source)
		}
		if own >= 0 && until < 0 {
			l.say(field+": holds_until", "procedure %s has the task and no step %q", source, c.HoldsUntil)
		}
	}
}

// params checks the templates of parameters at any depth.
func (l *linter) params(field string, value any, t *Task, kind string) {
	helpers := plainHelpers
	switch {
	case kind == "cmdlet" && strings.HasSuffix(field, "params.command"):
		helpers = psHelpers
	case kind == "attest":
		helpers = slices.Concat(plainHelpers, proseHelpers)
	}
	switch v := value.(type) {
	case string:
		l.template(field, v, helpers, t, true)
		if kind == "cmdlet" && strings.HasSuffix(field, "params.command") {
			l.ascii(field, v)
		}
	case []any:
		for _, element := range v {
			l.params(field, element, t, kind)
		}
	case map[string]any:
		for name, element := range v {
			l.params(field+"."+name, element, t, kind)
		}
	}
}

func (l *linter) expectations(field string, c *Check, kind *checks.Kind, t *Task) {
	if c.Kind == "cmdlet" && len(c.Expect) == 0 {
		l.say(field+": expect", "a cmdlet check without expectations passes whatever it finds")
	}
	for i, e := range c.Expect {
		at := fmt.Sprintf("%s: expect %d", field, i+1)
		if err := e.ValidateShape(); err != nil {
			l.say(at, "%s", err)
		}
		static := !strings.Contains(e.Value+strings.Join(e.Values, ""), "{{")
		if static {
			if err := e.Validate(); err != nil {
				l.say(at, "%s", err)
			}
		}
		l.template(at+": value", e.Value, plainHelpers, t, true)
		for _, v := range e.Values {
			l.template(at+": values", v, plainHelpers, t, true)
		}
		l.property(at, e.Property, c, kind)
	}
}

// property checks that what is judged is something the kind observes.
func (l *linter) property(at, name string, c *Check, kind *checks.Kind) {
	if name == "" {
		return
	}
	if c.Kind == "cmdlet" {
		read := checks.Params(c.Params).Strings("properties")
		if !slices.Contains(read, name) {
			l.say(at, "property %q is not among the properties that are read: %s", name, strings.Join(read, ", "))
		}
		return
	}
	if len(kind.Rows) == 0 {
		return
	}
	var fields []string
	for _, f := range kind.Rows {
		fields = append(fields, f.Name)
	}
	if !slices.Contains(fields, name) {
		l.say(at, "kind %s observes no %q; it observes %s", kind.Name, name, strings.Join(fields, ", "))
	}
}
