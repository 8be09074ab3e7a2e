package procedure

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"sort"
	"strings"

	"coexist/checks"
)

// Problem is one thing that is wrong with the content of a library.
type Problem struct {
	Place Place
	Task  string // name of the task, or "procedure 2010"
	Field string // "check version: gate"
	Text  string // what was expected and what was found
}

func (p Problem) String() string {
	return fmt.Sprintf("%s: %s: %s: %s", p.Place, p.Task, p.Field, p.Text)
}

// Lint finds what decoding cannot: words that mean nothing, names that point
// nowhere, circles, and templates that print without quoting. kinds are the
// kinds of check there are.
func Lint(lib *Library, kinds []*checks.Kind) []Problem {
	l := &linter{lib: lib, kinds: map[string]*checks.Kind{}, values: map[string]valueUse{}, stepIDs: map[string]bool{}}
	for _, k := range kinds {
		l.kinds[k.Name] = k
	}
	for _, p := range lib.Procedures {
		for _, s := range p.Steps {
			l.stepIDs[s.ID] = true
		}
	}
	names := slices.Sorted(maps.Keys(lib.Tasks))
	for _, name := range names {
		l.declare(lib.Tasks[name])
	}
	l.releases()
	for _, source := range Sources {
		l.procedure(source)
	}
	for _, name := range names {
		l.task(lib.Tasks[name])
	}
	sort.Slice(l.found, func(i, j int) bool {
		a, b := &l.found[i], &l.found[j]
		return cmp.Or(
			cmp.Compare(a.Place.File, b.Place.File), cmp.Compare(a.Place.Line, b.Place.Line),
			cmp.Compare(a.Task, b.Task), cmp.Compare(a.Field, b.Field), cmp.Compare(a.Text, b.Text),
		) < 0
	})
	return l.found
}

type linter struct {
	lib     *Library
	kinds   map[string]*checks.Kind
	values  map[string]valueUse // declared, by name
	stepIDs map[string]bool
	listed  map[string]bool // tasks that some procedure lists
	found   []Problem
	at      Problem // where the linter is
}

// valueUse is a value as its first task declares it.
type valueUse struct {
	task, kind, scope string
	capture           bool
}

//go:noinline
func (l *linter) say(field, format string, args ...any) {
	p := l.at
	p.Field, p.Text = field, fmt.Sprintf(format, args...)
	l.found = append(l.found, p)
}

// oneOf finds a word that is not among the known ones.
func (l *linter) oneOf(field, word string, known ...string) {
	if !slices.Contains(known, word) {
		l.say(field, "%q is not known; expected one of %s", word, strings.Join(known, ", "))
	}
}

// declare notes what a task asks for and captures. Several tasks may bring
// the same value, with one type and scope.
func (l *linter) declare(t *Task) {
	l.at = Problem{Place: l.lib.Where(t.Name), Task: t.Name}
	note := func(field, name string, v valueUse) {
		first, known := l.values[name]
		switch {
		case name == "":
			l.say(field, "the name is missing")
		case !known:
			l.values[name] = v
		case first.task == t.Name:
			l.say(field, "%q is asked for or captured twice in this task", name)
		case first.kind != v.kind || first.scope != v.scope:
			l.say(field, "%q is %s per %s here and %s per %s in task %s; one name is one value", name, v.kind, v.scope, first.kind, first.scope, first.task)
		case first.capture != v.capture:
			l.say(field, "%q is captured in one task and asked for in another (%s)", name, first.task)
		}
	}
	for _, a := range t.Asks {
		note("ask", a.Name, valueUse{t.Name, a.Type, a.Scope, false})
	}
	for _, c := range t.Captures {
		note("capture", c.Name, valueUse{t.Name, c.Type, c.Scope, true})
	}
}

func (l *linter) releases() {
	l.at = Problem{Place: Place{File: "releases.toml"}, Task: "releases"}
	seen := map[string]bool{}
	for _, r := range l.lib.Releases.List {
		if r.Name == "" || seen[r.Name] {
			l.say("name", "%q is empty or there twice", r.Name)
		}
		seen[r.Name] = true
		l.oneOf(r.Name+": version", r.Version, "2007", "2010", "2013")
		if strings.Count(r.Build, ".") < 2 {
			l.say(r.Name+": build", "%q is not a build; expected one like 15.0.1497.2", r.Build)
		}
		if r.RangeUpper == 0 || r.OrgVersion == 0 {
			l.say(r.Name, "range_upper and org_version must be there")
		}
	}
}

// procedure checks one source's steps and the tasks they list.
func (l *linter) procedure(source string) {
	p := l.lib.Procedures[source]
	l.at = Problem{Place: Place{File: "procedures/" + source + ".toml"}, Task: "procedure " + source}
	if p == nil {
		l.say("source", "there is no procedure for %s", source)
		return
	}
	if p.Format != 1 {
		l.say("format", "expected 1, found %d", p.Format)
	}
	if l.listed == nil {
		l.listed = map[string]bool{}
	}
	position := map[string]int{} // step of every task
	ids := map[string]bool{}
	for i, s := range p.Steps {
		field := fmt.Sprintf("step %d", i+1)
		last := i == len(p.Steps)-1
		if s.Number != i+1 {
			l.say(field, "number is %d", s.Number)
		}
		if s.ID == "" || ids[s.ID] {
			l.say(field, "id %q is empty or there twice", s.ID)
		}
		ids[s.ID] = true
		if s.Title == "" {
			l.say(field, "the title is missing")
		}
		if !last || s.Reach != "" {
			l.oneOf(field+": reach", s.Reach, "organization", "site")
		}
		if len(s.CloseOut) > 0 && !last {
			l.say(field, "close_out belongs to the last step alone")
		}
		for _, name := range slices.Concat(s.Tasks, s.CloseOut) {
			l.listed[name] = true
			if l.lib.Tasks[name] == nil {
				l.say(field, "lists task %q, which no file holds", name)
			}
			if _, twice := position[name]; twice {
				l.say(field, "lists task %q, which is listed before", name)
			}
			position[name] = i
		}
	}
	l.order(p, position)
}

// order checks that no task waits for one of a later step.
func (l *linter) order(p *Procedure, position map[string]int) {
	for _, name := range slices.Sorted(maps.Keys(position)) {
		t := l.lib.Tasks[name]
		if t == nil {
			continue
		}
		for _, before := range t.After {
			at, listed := position[before]
			switch {
			case !listed && l.lib.Tasks[before] != nil:
				// The task belongs to another source's procedure.
			case listed && at > position[name]:
				l.say("after", "task %s waits for %s, which belongs to a later step of procedure %s", name, before, p.Source)
			}
		}
	}
}
