package runbook

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"coexist/runbook/procedure"
)

// reader answers value, valueAt and release for one execution of a template,
// and notes which values are missing.
type reader struct {
	r       *Runbook
	lib     *procedure.Library
	at      *Data
	values  Values
	task    *Task
	pending []Pending
	asked   map[string]bool // keys noted in pending
}

func (q *reader) Value(name string) (any, error) {
	d, ok := q.r.values[name]
	if !ok {
		return nil, fmt.Errorf("value %q: no task of this procedure asks for it or captures it", name)
	}
	key, err := valueKey(name, d, q.at)
	if err != nil {
		return nil, err
	}
	return q.read(name, key, d), nil
}

func (q *reader) ValueAt(name, place string) (any, error) {
	d, ok := q.r.values[name]
	if !ok {
		return nil, fmt.Errorf("value %q: no task of this procedure asks for it or captures it", name)
	}
	if !q.r.places[Encode(place)] {
		return nil, fmt.Errorf("valueAt %q %q: there is no such site or server", name, place)
	}
	return q.read(name, name+"/"+Encode(place), d), nil
}

func (q *reader) Release(name string) (procedure.Release, error) {
	release, ok := q.lib.Release(name)
	if !ok {
		return release, fmt.Errorf("release %q: the table of releases does not hold it", name)
	}
	return release, nil
}

func (q *reader) read(name, key string, d declaration) any {
	if v, ok := q.values[key]; ok {
		return d.typed(v)
	}
	if d.Optional {
		return d.typed("")
	}
	if !q.asked[key] {
		if q.asked == nil {
			q.asked = map[string]bool{}
		}
		q.asked[key] = true
		q.pending = append(q.pending, Pending{Key: key})
	}
	if d.Type == "list" {
		return []string{procedure.Placeholder(name)}
	}
	return procedure.Placeholder(name)
}

// missing returns what the execution waited for, with who brings it. An
// instance of the asking task comes before others.
func (q *reader) missing() []Pending {
	for i := range q.pending {
		q.pending[i].Task = q.r.bringer(q.pending[i].Key, q.task)
	}
	return q.pending
}

// writer renders one task on one target. It stops at the first error.
type writer struct {
	c    *compiler
	data *Data
	task *Task
	err  error
}

func (w *writer) fail(field string, err error) {
	if w.err == nil && err != nil {
		w.err = fmt.Errorf("%s: %w", field, err)
	}
}

func (w *writer) reader(v Values) *reader {
	return &reader{r: w.c.r, lib: w.c.lib, at: w.data, values: v, task: w.task}
}

// prose renders a text that never waits for values.
func (w *writer) prose(field string, to *string, source string) {
	if source == "" || w.err != nil {
		return
	}
	t, err := w.c.template(source)
	if err == nil {
		q := w.reader(nil)
		*to, err = t.Execute(w.data, q)
		*to = strings.TrimSpace(*to)
		if err == nil && len(q.pending) > 0 {
			err = fmt.Errorf("prose cannot wait for value %q", q.pending[0].Key)
		}
	}
	w.fail(field, err)
}

func (w *writer) paragraphs(field string, to *[]string, sources []string) {
	for _, source := range sources {
		var text string
		if w.prose(field, &text, source); text != "" {
			*to = append(*to, text)
		}
	}
}

func (w *writer) holds(field, condition string) bool {
	if condition == "" || w.err != nil {
		return w.err == nil
	}
	t, err := w.c.condition(condition)
	holds := false
	if err == nil {
		holds, err = t.Holds(w.data)
	}
	w.fail(field+": if", err)
	return holds && w.err == nil
}

// values makes what the task asks for and captures.
func (w *writer) values(t *procedure.Task) {
	for _, a := range t.Asks {
		if !w.holds("ask "+a.Name, a.If) {
			continue
		}
		key, err := valueKey(a.Name, declaration{Type: a.Type, Scope: a.Scope, Optional: a.Optional}, w.data)
		w.fail("ask "+a.Name, err)
		ask := Ask{Key: key, Name: a.Name, Type: a.Type, Optional: a.Optional}
		w.prose("ask "+a.Name+": prompt", &ask.Prompt, a.Prompt)
		w.prose("ask "+a.Name+": example", &ask.Example, a.Example)
		w.task.Asks = append(w.task.Asks, ask)
	}
	for _, v := range t.Captures {
		if !w.holds("capture "+v.Name, v.If) {
			continue
		}
		key, err := valueKey(v.Name, declaration{Type: v.Type, Scope: v.Scope}, w.data)
		w.fail("capture "+v.Name, err)
		shell := w.version(v.Shell)
		capture := Capture{Key: key, Name: v.Name, Type: v.Type, Shell: shell, Property: v.Property}
		w.prose("capture "+v.Name+": prompt", &capture.Prompt, v.Prompt)
		if v.Command != "" {
			capture.Command = w.command("capture "+v.Name, procedure.Command{Shell: "ems" + shell, Text: v.Command, Reads: true})
		}
		w.task.Captures = append(w.task.Captures, capture)
	}
}

// version says which version's shell "old" means here: the server's own, else
// the newest old version of the site, else that of the organisation.
func (w *writer) version(shell string) string {
	if shell != "old" {
		return shell
	}
	switch {
	case w.data.Server.Name != "" && w.data.Server.Version != "2013":
		return w.data.Server.Version
	case len(w.data.Site.Of("2010", "")) > 0:
		return "2010"
	case len(w.data.Site.Of("2007", "")) > 0:
		return "2007"
	case w.data.Has2010():
		return "2010"
	}
	return "2007"
}

func (w *writer) commands(field string, list []procedure.Command) []*Command {
	var out []*Command
	for i, source := range list {
		name := fmt.Sprintf("%s %d", field, i+1)
		if !w.holds(name, source.If) {
			continue
		}
		if command := w.command(name, source); command != nil {
			out = append(out, command)
		}
	}
	return out
}

// command renders once now, so that what can be wrong is wrong at once, and
// again whenever it is asked for if it depends on values.
func (w *writer) command(field string, source procedure.Command) *Command {
	shell := source.Shell
	if shell == "ems-old" {
		shell = "ems" + w.version("old")
	}
	command := &Command{Shell: shell, Reads: source.Reads}
	w.prose(field+": on", &command.On, source.On)
	w.prose(field+": about", &command.About, source.About)
	t, err := w.c.template(source.Text)
	if err != nil {
		w.fail(field, err)
	}
	if w.err != nil {
		return nil
	}
	render := func(v Values) (Rendered, error) {
		q := w.reader(v)
		text, err := t.Execute(w.data, q)
		if err != nil {
			return Rendered{}, err
		}
		lines, err := logicalLines(text, shell)
		return Rendered{Lines: lines, Pending: q.missing()}, err
	}
	now, err := render(nil)
	w.fail(field, err)
	command.waits = now.Pending
	command.render, command.late = render, len(t.Uses()) > 0
	w.task.note(t.Uses())
	if !command.late {
		command.render = func(Values) (Rendered, error) { return now, nil }
	}
	return command
}

// note adds the names of values that the task reads.
func (t *Task) note(uses []procedure.Use) {
	for _, u := range uses {
		if !slices.Contains(t.reads, u.Name) {
			t.reads = append(t.reads, u.Name)
		}
	}
}

// logicalLines splits a rendered command text; every line is a command of its
// own. Lines for a shell must be ASCII without control characters.
func logicalLines(text, shell string) ([]string, error) {
	var out []string
	for line := range strings.SplitSeq(text, "\n") {
		line = strings.TrimSpace(line)
		if line == "" {
			continue
		}
		for _, r := range line {
			ascii := r <= unicode.MaxASCII || procedure.ReservedRune(r) || shell == "console"
			if unicode.IsControl(r) || !ascii {
				return nil, fmt.Errorf("the command holds %q; only printable ASCII can be pasted into every console: %q", r, line)
			}
		}
		out = append(out, procedure.ShowPlaceholders(line))
	}
	return out, nil
}

// changes returns a fingerprint of the lines of a task that change something;
// when it differs from the one recorded with "carried out", the task now says
// something else.
func (t *Task) changes(v Values) string {
	if t.late {
		return t.changesWith(v)
	}
	return t.fixed.get(func() string { return t.changesWith(nil) })
}

func (t *Task) changesWith(v Values) string {
	h := sha256.New()
	for _, c := range t.Commands {
		if c.Reads {
			continue
		}
		rendered, err := c.Render(v)
		if err != nil {
			fmt.Fprintf(h, "%s\n", err)
			continue
		}
		for _, line := range rendered.Lines {
			fmt.Fprintf(h, "%s\t%s\n", c.Shell, line)
		}
	}
	return hex.EncodeToString(h.Sum(nil)[:12])
}

// Lines renders all commands of a task.
func (t *Task) Lines(v Values) []string {
	var out []string
	for _, c := range t.Commands {
		if rendered, err := c.Render(v); err == nil {
			out = append(out, rendered.Lines...)
		}
	}
	return out
}
