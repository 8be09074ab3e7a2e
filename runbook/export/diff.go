package export

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"coexist/runbook"
	"coexist/runbook/journal"
)

// Diff tells as plain text what differs between two runs: what they are, the
// tasks and commands, what was carried out, what the checks found, the values.
// Times are left out, as they always differ.
func Diff(aRunbook *runbook.Runbook, aEvents []journal.Event, bRunbook *runbook.Runbook, bEvents []journal.Event) ([]byte, error) {
	a, err := gather(aRunbook, aEvents, Options{})
	if err != nil {
		return nil, fmt.Errorf("run A: %w", err)
	}
	b, err := gather(bRunbook, bEvents, Options{})
	if err != nil {
		return nil, fmt.Errorf("run B: %w", err)
	}
	d := &difference{}
	d.line("A: %s: %s, %s", a.Title, a.State, a.StateLine)
	d.line("B: %s: %s, %s", b.Title, b.State, b.StateLine)
	d.runs(a, b)
	d.taskLists(a, b)
	d.checkLists(a, b)
	d.deviationCounts(a, b)
	if d.found == 0 {
		d.line("No difference.")
	} else {
		d.line("")
		d.line("%s.", plural(d.found, "difference", "differences"))
	}
	return d.out.Bytes(), nil
}

type difference struct {
	out   bytes.Buffer
	title string // of the section, written before its first difference
	found int
}

func (d *difference) line(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	indent := len(text) - len(strings.TrimLeft(text, " "))
	d.out.WriteString(text[:indent] + oneLine(text, maxProse) + "\n")
}

func (d *difference) section(title string) { d.title = title }

// tell writes one difference.
func (d *difference) tell(format string, args ...any) {
	if d.title != "" {
		d.line("")
		d.line("%s", d.title)
		d.title = ""
	}
	d.found++
	d.line("  "+format, args...)
}

// compare tells of a fact that differs.
func (d *difference) compare(what, a, b string) {
	if a != b {
		d.tell("%s: A %s | B %s", what, firstOf(a, "none"), firstOf(b, "none"))
	}
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
			d.tell("%s: only in A, %s", p.a.ID, p.a.Status)
		case p.a == nil:
			d.tell("%s: only in B, %s", p.b.ID, p.b.Status)
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
	for _, l := range la {
		if !slices.Contains(lb, l) {
			d.tell("%s command only in A: %s", a.ID, l)
		}
	}
	for _, l := range lb {
		if !slices.Contains(la, l) {
			d.tell("%s command only in B: %s", a.ID, l)
		}
	}
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
			d.tell("%s: only in A, %s", p.a.ID, p.a.Word)
		case p.a == nil:
			d.tell("%s: only in B, %s", p.b.ID, p.b.Word)
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
