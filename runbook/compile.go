package runbook

import (
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"coexist/runbook/migration"
	"coexist/runbook/procedure"
)

// Compile turns a procedure and a migration into a runbook. It is pure: the
// same library and migration give the same runbook, in the same order.
func Compile(lib *procedure.Library, m *migration.Migration) (*Runbook, error) {
	proc := lib.Procedures[m.Organization.Source]
	if proc == nil {
		return nil, fmt.Errorf("organization.source is %q; there is a procedure for %s", m.Organization.Source, strings.Join(procedure.Sources, ", "))
	}
	release, ok := lib.Release(m.Target.Release)
	if !ok {
		return nil, fmt.Errorf("target.release is %q, which the table of releases does not hold", m.Target.Release)
	}
	if len(m.Sites) == 0 || len(proc.Steps) == 0 {
		return nil, errors.New("nothing to compile: expected at least one site and one step")
	}
	c := &compiler{
		lib: lib, m: m, proc: proc,
		templates: map[string]*procedure.Template{}, views: map[viewKey]*Data{}, byName: map[string][]*Task{},
		r: &Runbook{
			Migration: m, Source: proc.Source, Title: proc.Title, Diagram: proc.Diagram, Hash: lib.Hash, Overlay: lib.Overlay, Release: release, Releases: releasesByBuild(lib.Releases),
			tasks: map[string]*Task{}, checks: map[string]*Check{}, phases: map[string]*Phase{},
		},
	}
	c.base = baseData(m, lib, release)
	c.r.values = declarations(lib, proc)
	c.r.places = places(c.base.Sites)
	c.phases()
	if err := c.fill(); err != nil {
		return nil, err
	}
	c.resolveAfter()
	c.r.index()
	c.templates = map[string]*procedure.Template{} // most never render again; the others are parsed when they do
	return c.r, nil
}

type compiler struct {
	lib    *procedure.Library
	m      *migration.Migration
	proc   *procedure.Procedure
	base   Data
	r      *Runbook
	byName map[string][]*Task // instances in order, by name, name@target and name/site
	work   []stretch          // phases with what fills them, in order

	mu        sync.Mutex // of what follows: tasks are made on every processor
	templates map[string]*procedure.Template
	views     map[viewKey]*Data
}

// stretch is a phase with the tasks of the procedure that go into it.
type stretch struct {
	phase *Phase
	tasks []string
	reach string // of tasks that name none themselves
	site  *Site
	round bool
	close bool
}

// phases lays out the steps: each once for the first site, then in the last
// step a round for every further site, then the close-out.
func (c *compiler) phases() {
	last := len(c.proc.Steps) - 1
	var previous []string
	for i := range c.proc.Steps {
		s := &c.proc.Steps[i]
		step := &Step{Number: s.Number, ID: s.ID, Title: s.Title, Slide: s.Slide, Facts: s.Facts}
		c.r.Steps = append(c.r.Steps, step)
		if i == last {
			c.rounds(step, s, previous)
			continue
		}
		first := &c.base.Sites[0]
		p := &Phase{ID: s.ID, Step: s.Number, StepID: s.ID, Title: s.Title, After: previous}
		if s.Reach != reachOrganization {
			p.Site = first.Name
		}
		c.add(step, stretch{phase: p, tasks: s.Tasks, reach: s.Reach, site: first})
		previous = []string{p.ID}
	}
}

// rounds adds the phases of the last step. A round opens with the namespace
// switch, beside the first site's moves and the other rounds.
func (c *compiler) rounds(step *Step, s *procedure.Step, previous []string) {
	before := c.proc.Steps[:len(c.proc.Steps)-1]
	ends := previous
	for i := 1; i < len(c.base.Sites); i++ {
		site := &c.base.Sites[i]
		after := previous
		if c.r.Phase("switch") != nil {
			after = []string{"switch"}
		}
		round := Encode(site.Name)
		add := func(number int, stepID, title, reach string, tasks []string) {
			p := &Phase{
				ID: step.ID + "/" + round + "/" + stepID, Step: number, StepID: stepID, Title: title,
				Round: round, Site: site.Name, After: after,
			}
			if c.add(step, stretch{phase: p, tasks: tasks, reach: reach, site: site, round: true}) {
				after = []string{p.ID}
			}
		}
		add(s.Number, s.ID, s.Title, reachSite, s.Tasks)
		for j := range before {
			add(before[j].Number, before[j].ID, before[j].Title, before[j].Reach, before[j].Tasks)
		}
		ends = append(ends[:len(ends):len(ends)], after...)
	}
	p := &Phase{ID: step.ID + "/close-out", Step: s.Number, StepID: s.ID, Title: "Close-out", After: ends}
	c.add(step, stretch{phase: p, tasks: s.CloseOut, reach: reachOrganization, site: &c.base.Sites[0], close: true})
}

// add keeps a stretch. In a round it is dropped when no task of the procedure
// reaches into rounds there.
func (c *compiler) add(step *Step, s stretch) bool {
	if s.round {
		reaches := false
		for _, name := range s.tasks {
			t := c.lib.Tasks[name]
			reaches = reaches || t != nil && effectiveReach(t, s.reach) != reachOrganization
		}
		if !reaches {
			return false
		}
	}
	step.Phases = append(step.Phases, s.phase)
	c.r.Phases = append(c.r.Phases, s.phase)
	c.r.phases[s.phase.ID] = s.phase
	c.work = append(c.work, s)
	return true
}

// entry is a task of the procedure in a stretch, with what was made of it.
type entry struct {
	stretch stretch
	name    string
	made    []*Task
	err     error
}

// fill makes the tasks of every phase. It goes on after an error, so that an
// author sees all of them; of one task the first is enough.
func (c *compiler) fill() error {
	var entries []entry
	for _, s := range c.work {
		for _, name := range s.tasks {
			entries = append(entries, entry{stretch: s, name: name})
		}
	}
	c.render(entries)
	var problems []error
	bad := map[string]bool{}
	for i := range entries {
		e := &entries[i]
		if e.err == nil {
			e.err = c.enter(e)
		}
		if e.err != nil && !bad[e.name] {
			problems = append(problems, e.err)
			bad[e.name] = true
		}
	}
	return errors.Join(problems...)
}

// render makes the tasks of all entries, on every processor. They share the
// parsed templates and the views; nothing else is written before enter.
func (c *compiler) render(entries []entry) {
	var next atomic.Int64
	var all sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), len(entries)) {
		all.Go(func() {
			for i := next.Add(1) - 1; i < int64(len(entries)); i = next.Add(1) - 1 {
				e := &entries[i]
				t := c.lib.Tasks[e.name]
				if t == nil {
					e.err = fmt.Errorf("procedure %s lists task %q, which no file holds", c.proc.Source, e.name)
				} else if e.made, e.err = c.instances(e.stretch, t); e.err != nil {
					e.err = fmt.Errorf("%s: task %s: %w", c.lib.Where(e.name), e.name, e.err)
				}
			}
		})
	}
	all.Wait()
}

// enter puts the tasks of an entry into the runbook.
func (c *compiler) enter(e *entry) error {
	for _, task := range e.made {
		if c.r.tasks[task.ID] != nil {
			return fmt.Errorf("%s: task %s: on %s: %s is there twice; a task belongs to one step, and its scope must tell its targets apart",
				c.lib.Where(e.name), e.name, task.Label, task.ID)
		}
		c.r.tasks[task.ID] = task
		for _, check := range task.Checks {
			c.r.checks[check.ID] = check
		}
		for _, key := range []string{task.Name, task.Name + "@" + task.Target, task.Name + "/" + task.Site} {
			c.byName[key] = append(c.byName[key], task)
		}
		e.stretch.phase.Tasks = append(e.stretch.phase.Tasks, task)
	}
	return nil
}

// instances makes a task of the procedure for each of its targets in a phase.
func (c *compiler) instances(s stretch, t *procedure.Task) ([]*Task, error) {
	condition, err := c.condition(t.If)
	if err != nil {
		return nil, fmt.Errorf("if: %w", err)
	}
	var made []*Task
	for _, target := range c.targets(s, t) {
		holds, err := condition.Holds(target.data)
		if err != nil {
			return nil, fmt.Errorf("if, on %s: %w", target.label, err)
		}
		if !holds {
			continue
		}
		task, err := c.task(s.phase, t, target)
		if err != nil {
			return nil, fmt.Errorf("on %s: %w", target.label, err)
		}
		made = append(made, task)
	}
	return made, nil
}

// shown leaves out the slide lines of other sources: a task is written once
// and lists the lines of every slide that it carries out.
func (c *compiler) shown(slide []string) []string {
	var out []string
	for _, line := range slide {
		for i := range c.proc.Steps {
			s := &c.proc.Steps[i]
			if slices.Contains(s.Slide, line) || slices.Contains(s.Facts, line) {
				out = append(out, line)
				break
			}
		}
	}
	return out
}

// task renders one task on one target.
func (c *compiler) task(p *Phase, t *procedure.Task, on target) (*Task, error) {
	task := &Task{
		ID: t.Name + "/" + on.id, Name: t.Name, Target: on.id, Label: on.label, Phase: p, Site: on.site,
		Slide: c.shown(t.Slide), Optional: t.Class == "optional", Own: c.lib.Own(t.Name), Sources: t.Sources,
		Duration: time.Duration(t.Duration), UndoTime: time.Duration(t.UndoTime), Wait: time.Duration(t.Wait),
	}
	if t.Scope == "server" {
		task.server = on.label
	}
	w := &writer{c: c, data: on.data, task: task}
	w.prose("title", &task.Title, t.Title)
	w.prose("confirm", &task.Confirm, t.Confirm)
	w.prose("no_return", &task.NoReturn, t.NoReturn)
	w.prose("why", &task.Why, t.Why)
	w.prose("run_on", &task.RunOn, t.RunOn)
	w.prose("rights", &task.Rights, t.Rights)
	w.prose("wait_for", &task.WaitFor, t.WaitFor)
	w.prose("undo_text", &task.UndoText, t.UndoText)
	w.prose("no_effect", &task.NoEffect, t.NoEffect)
	w.paragraphs("pitfalls", &task.Pitfalls, t.Pitfalls)
	w.paragraphs("notes", &task.Notes, t.Notes)
	w.values(t)
	task.Commands = w.commands("command", t.Commands)
	task.Undo = w.commands("undo", t.Undo)
	w.checks(t.Checks)
	w.effects(t.Effects)
	return task, w.err
}

func (c *compiler) template(source string) (*procedure.Template, error) {
	return c.parsed(source, source, procedure.ParseTemplate)
}

func (c *compiler) condition(source string) (*procedure.Template, error) {
	return c.parsed("\x00if "+source, source, procedure.ParseCondition)
}

// parsed parses a text once. Two that parse the same one at the same time come
// to the same.
func (c *compiler) parsed(key, source string, parse func(string) (*procedure.Template, error)) (*procedure.Template, error) {
	c.mu.Lock()
	t, ok := c.templates[key]
	c.mu.Unlock()
	if ok {
		return t, nil
	}
	t, err := parse(source)
	if err == nil {
		c.mu.Lock()
		c.templates[key] = t
		c.mu.Unlock()
	}
	return t, err
}

// releasesByBuild finds a release by the build that a server tells of itself.
func releasesByBuild(list procedure.Releases) map[string]string {
	out := make(map[string]string, len(list.List))
	for _, r := range list.List {
		out[r.Build] = r.Name
	}
	return out
}
