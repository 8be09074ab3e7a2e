package export

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"coexist/checks"
	"coexist/runbook"
)

// phases gathers every step with its tasks and all that happened to them.
func (g *gatherer) phases() {
	steps := map[int]*runbook.Step{}
	for _, s := range g.r.Steps {
		steps[s.Number] = s
	}
	for _, e := range g.events {
		if e.Kind == runbook.EventDone {
			p := payloadOf(e)
			g.done[p.text("task")] = p.lines("lines")
		}
	}
	shown := map[string]bool{} // steps whose slide lines are there already
	for _, ph := range g.r.Phases {
		st := phaseState(g.p, ph.ID)
		out := Phase{
			Number: g.index.number[ph.ID], ID: ph.ID, Step: ph.Step, Title: ph.Title, Site: ph.Site, Round: ph.Round != "",
			Status: string(st.Status), Done: st.Done, Total: st.Total, First: st.First, Last: st.Last,
		}
		for _, b := range st.Blockers {
			out.Gate = append(out.Gate, blockerLine(b))
		}
		if s := steps[ph.Step]; s != nil && !shown[s.ID] {
			shown[s.ID] = true
			out.Slide, out.Facts = s.Slide, s.Facts
		}
		for _, t := range ph.Tasks {
			out.Tasks = append(out.Tasks, g.task(t))
		}
		g.d.Phases = append(g.d.Phases, out)
	}
}

func blockerLine(b runbook.Blocker) string {
	line := b.Text
	if !b.LastGreen.IsZero() {
		line += ", last green " + stamp(b.LastGreen)
	}
	return line
}

func (g *gatherer) task(t *runbook.Task) Task {
	st := taskState(g.p, t.ID)
	out := Task{
		Number: g.index.number[t.ID], ID: t.ID, Title: t.Title, Target: t.Label, Status: string(st.Status), StatusBy: st.Why,
		Optional: t.Optional, DoneAt: st.DoneAt, DoneBy: st.DoneBy, Reopened: st.Reopened, Slide: t.Slide, Why: t.Why,
		RunOn: t.RunOn, Rights: t.Rights, Estimate: planned(t.Duration), Until: st.WaitUntil, NoReturn: t.NoReturn, Confirm: t.Confirm,
		Pitfalls: t.Pitfalls, Advice: t.Notes, UndoText: t.UndoText, UndoTime: planned(t.UndoTime), Sources: t.Sources,
	}
	if t.Wait > 0 {
		out.Wait = span(t.Wait)
		if t.WaitFor != "" {
			out.Wait += " for " + t.WaitFor
		}
	}
	out.Commands = g.commands(t.Commands)
	out.AsDone = g.asDone(t, out.Commands)
	out.Undo = g.undoCommands(t)
	if u := g.p.Undo[t.ID]; u != nil && st.DoneAt.IsZero() {
		out.Before, out.AsDone = g.notInForce(u), g.done[t.ID]
	}
	out.Values = g.values(t)
	for _, c := range t.Checks {
		out.Checks = append(out.Checks, g.check(c))
	}
	for _, n := range st.Notes {
		out.Notes = append(out.Notes, TimelineNote{n.Time, n.By, n.Text})
	}
	return out
}

// undoCommands are the commands of the way back: once a task was carried out,
// with the values as they were then.
func (g *gatherer) undoCommands(t *runbook.Task) []Command {
	card := g.retreat.Card(t.ID)
	if card == nil {
		return g.commands(t.Undo)
	}
	var out []Command
	for _, c := range card.Commands {
		out = append(out, renderCommand(c.Command, card.Values))
	}
	return out
}

// notInForce says what became of a task that was carried out and no longer
// counts as that.
func (g *gatherer) notInForce(u *runbook.UndoState) string {
	line := "carried out " + byWhom(u.DoneAt.UTC(), u.DoneBy)
	if u.Seq > 0 {
		return line + "; taken back " + byWhom(u.At.UTC(), u.By)
	}
	return line + "; reopened since"
}

// parts are the results below a result, each with its own transcript.
func (g *gatherer) parts(list []checks.Result, above string) []Part {
	var out []Part
	for _, r := range list {
		title := cmp.Or(r.ID, r.Kind)
		if above != "" {
			title = above + ", " + title
		}
		out = append(out, Part{title, strings.ToUpper(string(r.Verdict)), r.Expected, cmp.Or(r.Found, r.Summary), r.Reason, g.found[r.Transcript]})
		out = append(out, g.parts(r.Sub, title)...)
	}
	return out
}

func (g *gatherer) commands(list []*runbook.Command) []Command {
	var out []Command
	for _, c := range list {
		out = append(out, renderCommand(c, g.p.Values))
	}
	return out
}

func renderCommand(c *runbook.Command, v runbook.Values) Command {
	out := Command{Shell: c.Shell, On: c.On, About: c.About, Reads: c.Reads}
	got, err := c.Render(v)
	if err != nil {
		out.Error = err.Error()
		return out
	}
	out.Lines = got.Lines
	for _, p := range got.Pending {
		out.Pending = append(out.Pending, Pending{p.Key, p.Task})
	}
	return out
}

// asDone returns the lines recorded when the task was last carried out, where
// its commands render differently now.
func (g *gatherer) asDone(t *runbook.Task, now []Command) []string {
	if taskState(g.p, t.ID).DoneAt.IsZero() {
		return nil
	}
	var current []string
	recorded := g.done[t.ID]
	for _, c := range now {
		current = append(current, c.Lines...)
	}
	if len(recorded) == 0 || slices.Equal(recorded, current) {
		return nil
	}
	return recorded
}

// values lists what the task asks for or captures.
func (g *gatherer) values(t *runbook.Task) []Value {
	var out []Value
	add := func(key string) {
		text, known := g.p.Values[key]
		if !known && g.o.Plan {
			text = "to be filled in"
		} else if !known {
			text = "not known yet"
		}
		s := g.p.Sources[key]
		out = append(out, Value{key, text, s.How, s.By, s.Time})
	}
	for _, a := range t.Asks {
		add(a.Key)
	}
	for _, c := range t.Captures {
		add(c.Key)
	}
	return out
}

func (g *gatherer) check(c *runbook.Check) Check {
	st := checkState(g.p, c.ID)
	out := Check{
		ID: c.ID, Title: c.Title, Kind: c.Kind, Gate: c.Gate, Before: c.Before, Word: verdictWord(st), Satisfied: st.Satisfied,
		LastGreen: st.LastGreen, Vantage: string(c.Vantage), Expected: g.expected(c),
	}
	if w := st.Waiver; w != nil {
		out.Waiver = &Waiver{w.Name, w.Second, w.Reason, w.Time, w.Expires}
	}
	for _, h := range st.History {
		line := stamp(h.Time) + " " + strings.ToUpper(string(h.Verdict))
		if h.Reason != "" {
			line += " " + h.Reason
		}
		out.History = append(out.History, line)
	}
	if st.Result != nil {
		g.fill(&out, st)
	}
	return out
}

// fill adds what the latest result says.
func (g *gatherer) fill(out *Check, st *runbook.CheckState) {
	res := st.Result
	if res.Expected != "" {
		out.Expected = res.Expected
	}
	out.Found, out.Reason, out.Summary = res.Found, res.Reason, res.Summary
	if out.Found == "" {
		out.Found = res.Summary
	}
	out.When, out.Source, out.By, out.Host, out.Tries = res.Started.UTC(), truth(res.Source), res.Operator, res.Host, res.Attempts
	if res.Vantage != "" {
		out.Vantage = string(res.Vantage)
	}
	if st.Seq > 0 {
		out.Evidence = append(out.Evidence, fmt.Sprintf("#%d", st.Seq))
	}
	if id := g.found[res.Transcript]; id != "" {
		out.Evidence = append(out.Evidence, id)
	}
	out.Facts = facts(res.Evidence)
	out.Parts = g.parts(res.Sub, "")
	if res.Verdict != checks.Pass {
		out.Causes, out.Remedy = res.Causes, res.Remedy
	}
}

// expected says in words what a check that has not run will ask for.
func (g *gatherer) expected(c *runbook.Check) string {
	ready, pending, err := c.Ready(g.p.Values)
	if err != nil || len(pending) > 0 {
		return c.Title
	}
	var parts []string
	for _, e := range ready.Expect {
		value := e.Value
		if len(e.Values) > 0 {
			value = strings.Join(e.Values, ", ")
		}
		part := strings.TrimSpace(strings.Join(unique([]string{e.Property, cmp.Or(opWords[e.Op], e.Op), value}), " "))
		if e.Rows == "any" || e.Rows == "none" {
			part = "in " + e.Rows + " row: " + part
		}
		parts = append(parts, part)
	}
	if len(parts) == 0 {
		return c.Title
	}
	return strings.Join(parts, "; ")
}

// facts writes what a result keeps as evidence, in the order of the names.
func facts(evidence map[string]string) []string {
	var out []string
	for _, name := range slices.Sorted(maps.Keys(evidence)) {
		out = append(out, name+": "+evidence[name])
	}
	return out
}

// counts adds up the summary's figures.
func (g *gatherer) counts() {
	c := &g.d.Counts
	c.Measured, c.Imported, c.Stated = g.p.Truth.Measured, g.p.Truth.Imported, g.p.Truth.Stated
	for _, ph := range g.r.Phases {
		c.Phases++
		if phaseState(g.p, ph.ID).Complete {
			c.PhasesDone++
		}
		for _, t := range ph.Tasks {
			c.countTask(t, taskState(g.p, t.ID))
			for _, k := range t.Checks {
				c.countCheck(checkState(g.p, k.ID))
			}
		}
	}
}

func (c *Counts) countTask(t *runbook.Task, st *runbook.TaskState) {
	done := 0
	if !st.DoneAt.IsZero() {
		done = 1
	}
	if t.Optional {
		c.Optional++
		c.OptionalDone += done
		return
	}
	c.Tasks++
	c.TasksDone += done
}

func (c *Counts) countCheck(st *runbook.CheckState) {
	c.Checks++
	switch {
	case st.Status == runbook.Waived:
		c.Waived++
	case st.Result == nil || st.Status == runbook.NotRun || st.Status == runbook.NotYet:
		c.NotRun++
	case st.Status == runbook.Stale:
		c.Stale++
	case st.Result.Verdict == checks.Pass && st.Result.Source == checks.FromPerson:
		c.Attested++
	case st.Result.Verdict == checks.Pass:
		c.Pass++
	case st.Result.Verdict == checks.Warn:
		c.Warn++
	case st.Result.Verdict == checks.Fail:
		c.Fail++
	case st.Result.Verdict == checks.Skip:
		c.Skip++
	default:
		c.Unknown++
	}
}
