package export

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"coexist/runbook"
	"coexist/runbook/journal"
)

// Comparison is what differs between two runs or two sites, format 1. Times are
// left out, as they always differ.
type Comparison struct {
	Format   int       `json:"format"`
	A        Side      `json:"a"`
	B        Side      `json:"b"`
	Count    int       `json:"differences"`
	Sections []Section `json:"sections"`
}

// Side is one of the two that are compared.
type Side struct {
	Title string `json:"title"`
	State string `json:"state"`
	Line  string `json:"line"`
}

// Section is a group of differences.
type Section struct {
	Title string       `json:"title"`
	Lines []Difference `json:"lines"`
}

// Difference is one fact that is another in B than in A. Where only one of the
// two has a thing, the other is empty.
type Difference struct {
	What string `json:"what"`
	A    string `json:"a"`
	B    string `json:"b"`
	only string // "A" or "B": the thing is in one of the two alone
}

// Compare tells what differs between two runs: what they are, the tasks and
// commands, what was carried out, what the checks found, the values.
func Compare(aRunbook *runbook.Runbook, aEvents []journal.Event, bRunbook *runbook.Runbook, bEvents []journal.Event) (Comparison, error) {
	a, err := gather(aRunbook, aEvents, Options{})
	if err != nil {
		return Comparison{}, fmt.Errorf("run A: %w", err)
	}
	b, err := gather(bRunbook, bEvents, Options{})
	if err != nil {
		return Comparison{}, fmt.Errorf("run B: %w", err)
	}
	d := newDifference(Side{a.Title, a.State, a.StateLine}, Side{b.Title, b.State, b.StateLine})
	d.runs(a, b)
	d.taskLists(a, b)
	d.checkLists(a, b)
	d.deviationCounts(a, b)
	return d.out, nil
}

type difference struct {
	out   Comparison
	title string // of the section, begun with its first difference
}

func newDifference(a, b Side) *difference {
	return &difference{out: Comparison{Format: 1, A: a, B: b, Sections: []Section{}}}
}

func (d *difference) section(title string) { d.title = title }

//go:noinline
func (d *difference) add(one Difference) {
	if d.title != "" {
		d.out.Sections = append(d.out.Sections, Section{Title: d.title})
		d.title = ""
	}
	last := &d.out.Sections[len(d.out.Sections)-1]
	last.Lines = append(last.Lines, one)
	d.out.Count++
}

// compare tells of a fact that differs.
//
//go:noinline
func (d *difference) compare(what, a, b string) {
	if a != b {
		d.add(Difference{What: what, A: a, B: b})
	}
}

// onlyIn tells of a thing that one of the two has alone.
func (d *difference) onlyIn(side, what, state string) {
	one := Difference{What: what, only: side}
	if side == "A" {
		one.A = state
	} else {
		one.B = state
	}
	d.add(one)
}

// Text writes the comparison for a terminal.
func (c Comparison) Text() string {
	var b strings.Builder
	line := func(indent, format string, args ...any) {
		b.WriteString(indent + oneLine(fmt.Sprintf(format, args...), maxProse) + "\n")
	}
	line("", "A: %s: %s, %s", c.A.Title, c.A.State, c.A.Line)
	line("", "B: %s: %s, %s", c.B.Title, c.B.State, c.B.Line)
	for _, s := range c.Sections {
		b.WriteString("\n" + s.Title + "\n")
		for _, one := range s.Lines {
			if one.only != "" {
				line("  ", "%s: only in %s: %s", one.What, one.only, cmp.Or(one.A, one.B))
			} else {
				line("  ", "%s: A %s | B %s", one.What, cmp.Or(one.A, "none"), cmp.Or(one.B, "none"))
			}
		}
	}
	if c.Count == 0 {
		b.WriteString("No difference.\n")
	} else {
		line("\n", "%s.", plural(c.Count, "difference", "differences"))
	}
	return b.String()
}

func (d *difference) runs(a, b *Document) {
	d.section("Runs")
	d.compare("rehearsal", a.Rehearsal, b.Rehearsal)
	d.compare("release", a.Change.Release, b.Change.Release)
	d.compare("procedure", a.Change.Procedure, b.Change.Procedure)
	d.compare("tool", strings.Join(a.Change.Tools, ", "), strings.Join(b.Change.Tools, ", "))
	d.compare("operators", strings.Join(a.Change.Operators, ", "), strings.Join(b.Change.Operators, ", "))
}

// pair holds the same thing of both runs; what one lacks is nil.
type pair[T any] struct{ a, b *T }

// pairs puts two lists together by id, in A's order, then B's.
func pairs[T any](a, b []*T, id func(*T) string) []pair[T] {
	var out []pair[T]
	at := map[string]int{}
	for _, v := range a {
		at[id(v)] = len(out)
		out = append(out, pair[T]{a: v})
	}
	for _, v := range b {
		if i, ok := at[id(v)]; ok {
			out[i].b = v
		} else {
			out = append(out, pair[T]{b: v})
		}
	}
	return out
}

func (d *Document) tasks() []*Task {
	var out []*Task
	for i := range d.Phases {
		for j := range d.Phases[i].Tasks {
			out = append(out, &d.Phases[i].Tasks[j])
		}
	}
	return out
}

func (d *Document) checks() []*Check {
	var out []*Check
	for _, t := range d.tasks() {
		for i := range t.Checks {
			out = append(out, &t.Checks[i])
		}
	}
	return out
}

func (d *difference) taskLists(a, b *Document) {
	d.section("Tasks")
	for _, p := range pairs(a.tasks(), b.tasks(), func(t *Task) string { return t.ID }) {
		switch {
		case p.b == nil:
			d.onlyIn("A", p.a.ID, p.a.Status)
		case p.a == nil:
			d.onlyIn("B", p.b.ID, p.b.Status)
		default:
			d.compare(p.a.ID, p.a.Status, p.b.Status)
			d.compare(p.a.ID+" carried out by", p.a.DoneBy, p.b.DoneBy)
			d.compare(p.a.ID+" reopened", fmt.Sprint(p.a.Reopened), fmt.Sprint(p.b.Reopened))
			d.commands(p.a, p.b)
			d.values(p.a, p.b)
		}
	}
}

// commands tells which lines one run has and the other has not; what was
// recorded when a task was carried out counts before what renders now.
func (d *difference) commands(a, b *Task) {
	la, lb := a.lines(), b.lines()
	bareA, bareB := a.unfilled(la), b.unfilled(lb)
	for i, l := range la {
		if !slices.Contains(bareB, bareA[i]) {
			d.onlyIn("A", a.ID+" command", l)
		}
	}
	for i, l := range lb {
		if !slices.Contains(bareA, bareB[i]) {
			d.onlyIn("B", a.ID+" command", l)
		}
	}
}

// unfilled puts the keys of a task's values back into its lines: that a value is
// another one is told once, with the values.
func (t *Task) unfilled(lines []string) []string {
	var pairs []string
	for _, v := range t.Values {
		if len(v.Text) >= 4 { // shorter ones stand in commands by chance
			pairs = append(pairs, v.Text, "‹"+v.Key+"›")
		}
	}
	fill := strings.NewReplacer(pairs...)
	out := make([]string, len(lines))
	for i, l := range lines {
		out[i] = fill.Replace(l)
	}
	return out
}

func (t *Task) lines() []string {
	if len(t.AsDone) > 0 {
		return t.AsDone
	}
	var out []string
	for _, c := range t.Commands {
		out = append(out, c.Lines...)
	}
	return out
}

func (d *difference) values(a, b *Task) {
	known := map[string]string{}
	for _, v := range b.Values {
		known[v.Key] = v.Text
	}
	for _, v := range a.Values {
		if other, ok := known[v.Key]; ok {
			d.compare("value "+v.Key, v.Text, other)
		}
	}
}

func (d *difference) checkLists(a, b *Document) {
	d.section("Checks")
	for _, p := range pairs(a.checks(), b.checks(), func(c *Check) string { return c.ID }) {
		switch {
		case p.b == nil:
			d.onlyIn("A", p.a.ID, p.a.Word)
		case p.a == nil:
			d.onlyIn("B", p.b.ID, p.b.Word)
		default:
			d.compare(p.a.ID, p.a.Word, p.b.Word)
			d.compare(p.a.ID+" rests on", p.a.Source, p.b.Source)
			d.compare(p.a.ID+" found", p.a.Found, p.b.Found)
		}
	}
}

func (d *difference) deviationCounts(a, b *Document) {
	d.section("Deviations")
	for i, g := range a.Deviations {
		d.compare(strings.ToLower(g.Title), fmt.Sprint(len(g.Rows)), fmt.Sprint(len(b.Deviations[i].Rows)))
	}
}
