package export

import (
	"cmp"
	"fmt"
	"strings"
	"time"
)

func (p *page) steps() {
	for i := range p.d.Phases {
		p.phase(&p.d.Phases[i])
	}
}

func (p *page) phase(ph *Phase) {
	title := fmt.Sprintf("Step %d: %s", ph.Step, titled(ph.Title, ph.Site))
	p.line("### %s %s", ph.Number, Prose(title))
	if p.d.Kind != "plan" {
		line := fmt.Sprintf("Status: %s · %d of %s done", strings.ToUpper(ph.Status), ph.Done, plural(ph.Total, "required task", "required tasks"))
		if w := when(ph.First, ph.Last); w != "" {
			line += " · " + w
		}
		p.line("%s", Prose(line))
	}
	if p.d.advice() && len(ph.Slide)+len(ph.Facts) > 0 {
		p.line("The slide says:")
		p.list(append(append([]string{}, ph.Slide...), ph.Facts...))
	}
	if len(ph.Gate) > 0 && p.d.Kind != "plan" {
		p.line("Blocked by:")
		p.list(shortened(ph.Gate))
	}
	for i := range ph.Tasks {
		p.task(&ph.Tasks[i])
	}
}

// shortened keeps a gate's lines to as many as the status shows.
func shortened(lines []string) []string {
	if len(lines) <= maxBlockers {
		return lines
	}
	return append(lines[:maxBlockers:maxBlockers], fmt.Sprintf("and %d more", len(lines)-maxBlockers))
}

func (p *page) task(t *Task) {
	p.line("#### %s %s", t.Number, Prose(titled(t.Title, t.Target)))
	p.list(p.facts(t))
	p.commands("Commands", t.Commands)
	if len(t.AsDone) > 0 {
		p.line("When it was carried out, the lines were:")
		p.WriteString(Fence("text", strings.Join(t.AsDone, "\n")) + "\n")
	}
	p.values(t.Values)
	p.checks(t)
	if p.d.advice() && len(t.Pitfalls)+len(t.Advice) > 0 {
		p.line("Pitfalls and advice:")
		p.list(append(append([]string{}, t.Pitfalls...), t.Advice...))
	}
	if len(t.Notes) > 0 {
		p.line("Notes:")
		p.list(noteLines(t.Notes))
	}
	p.undo(t)
	if p.d.advice() && len(t.Sources) > 0 {
		p.line("Sources:")
		p.list(t.Sources)
	}
}

// facts are the lines above a task's commands.
func (p *page) facts(t *Task) []string {
	var out []string
	add := func(name, text string) {
		if text != "" {
			out = append(out, name+": "+text)
		}
	}
	if p.d.Kind != "plan" {
		add("Status", taskStatus(t))
		add("Carried out", byWhom(t.DoneAt, t.DoneBy))
		add("Not in force", t.Before)
		if t.Reopened > 0 {
			add("Reopened", plural(t.Reopened, "time", "times"))
		}
	}
	if t.Optional {
		add("Class", "optional")
	}
	if p.d.advice() {
		for _, s := range t.Slide {
			add("Slide", s)
		}
	}
	add("Why", t.Why)
	add("Where", t.RunOn)
	add("Rights", t.Rights)
	add("Estimate", t.Estimate)
	wait := t.Wait
	if wait != "" && !t.Until.IsZero() {
		wait += ", until " + stamp(t.Until)
	}
	add("Wait afterwards", wait)
	add("Point of no return", cmp.Or(t.NoReturn, "no"))
	add("Asks to type", t.Confirm)
	return append(out, "Id: "+t.ID)
}

func taskStatus(t *Task) string {
	s := strings.ToUpper(t.Status)
	if t.StatusBy != "" {
		s += ", " + t.StatusBy
	}
	return s
}

func byWhom(at time.Time, who string) string {
	if at.IsZero() {
		return ""
	}
	return strings.TrimSuffix(stamp(at)+" by "+who, " by ")
}

// commands writes commands in fences; neighbours typed at the same place share
// one.
func (p *page) commands(title string, list []Command) {
	if len(list) == 0 {
		return
	}
	p.line("%s:", title)
	for i := 0; i < len(list); {
		j := i + 1
		for j < len(list) && list[j].Shell == list[i].Shell && list[j].On == list[i].On && list[j].About == "" && list[j].Error == "" && list[i].Error == "" {
			j++
		}
		p.commandGroup(list[i:j])
		i = j
	}
}

func (p *page) commandGroup(list []Command) {
	c := list[0]
	head := shellName(c.Shell)
	if c.On != "" {
		head += " on " + c.On
	}
	if c.About != "" {
		head += ": " + c.About
	}
	if c.Reads {
		head += " (only reads)"
	}
	p.line("%s", Prose(head))
	if c.Error != "" {
		p.line("**This command cannot be written:** %s", Prose(c.Error))
		return
	}
	var lines, waits []string
	for _, k := range list {
		lines = append(lines, k.Lines...)
		for _, w := range k.Pending {
			waits = append(waits, pendingLine(w))
		}
	}
	p.WriteString(Fence(fenceLanguage(c.Shell), strings.Join(lines, "\n")) + "\n")
	for _, w := range unique(waits) {
		p.line("PENDING: %s", Prose(w))
	}
}

func pendingLine(w Pending) string {
	if w.Task == "" {
		return "waits for " + w.Value + ", which no task brings"
	}
	return "waits for " + w.Value + ", which comes with " + w.Task
}

func (p *page) values(list []Value) {
	if len(list) == 0 {
		return
	}
	p.line("Values:")
	var rows [][]string
	for _, v := range list {
		rows = append(rows, []string{v.Key, v.Text, v.How, v.By, stamp(v.Time)})
	}
	p.table([]string{"Value", "Is", "How", "By", "When"}, rows)
}

func (p *page) checks(t *Task) {
	if len(t.Checks) == 0 {
		return
	}
	p.line("Checks:")
	var rows [][]string
	for i := range t.Checks {
		c := &t.Checks[i]
		rows = append(rows, []string{checkTitle(c), c.Expected, c.Found, c.Word, stamp(c.When), from(c), strings.Join(c.Evidence, " ")})
	}
	p.table([]string{"Check", "Expected", "Actual", "Verdict", "When", "From where, source", "Evidence"}, rows)
	for i := range t.Checks {
		p.checkDetails(&t.Checks[i])
	}
}

func checkTitle(c *Check) string {
	title := c.Title + " (" + c.Gate
	if c.Before {
		title += ", before the work"
	}
	return title + ")"
}

// from says from where and by what a result came.
func from(c *Check) string {
	if c.Source == "" {
		return c.Vantage
	}
	where := c.Vantage
	if c.Source == "stated" {
		where = c.By
	} else if c.Host != "" {
		where = strings.TrimSpace(where + " " + c.Host)
	}
	return where + ", " + c.Source
}

// maxFacts is how many facts of a result's evidence are written out.
const maxFacts = 12

// checkDetails tells what the row has no room for: attempts, what is wrong,
// and exceptions.
func (p *page) checkDetails(c *Check) {
	var out []string
	if c.Tries > 1 {
		out = append(out, plural(c.Tries, "attempt", "attempts")+" on the wire")
	}
	if len(c.History) > 0 {
		out = append(out, "earlier results: "+strings.Join(c.History, "; "))
	}
	if c.Reason != "" {
		out = append(out, "reason "+c.Reason)
	}
	if c.Reason != "" && c.Summary != "" && c.Summary != c.Found {
		out = append(out, c.Summary)
	}
	for _, part := range c.Parts {
		line := fmt.Sprintf("part: %s: %s", part.Title, part.Word)
		if part.Expected != "" {
			line += ", expected " + part.Expected
		}
		if part.Found != "" {
			line += ", found " + part.Found
		}
		if part.Reason != "" {
			line += ", reason " + part.Reason
		}
		if part.Evidence != "" {
			line += ", transcript " + part.Evidence
		}
		out = append(out, line)
	}
	for i, f := range c.Facts {
		if i == maxFacts {
			out = append(out, fmt.Sprintf("evidence: %d more in the journal", len(c.Facts)-maxFacts))
			break
		}
		out = append(out, "evidence: "+f)
	}
	for _, cause := range c.Causes {
		out = append(out, "likely: "+cause)
	}
	if c.Remedy != "" {
		out = append(out, "to do: "+c.Remedy)
	}
	if w := c.Waiver; w != nil {
		line := fmt.Sprintf("waived %s by %s: %s", stamp(w.Time), w.Name, w.Reason)
		if w.Second != "" {
			line += "; second person " + w.Second
		}
		if !w.Expires.IsZero() {
			line += "; until " + stamp(w.Expires)
		}
		out = append(out, line)
	}
	if len(out) == 0 {
		return
	}
	p.line("%s:", Prose(c.Title))
	p.list(out)
}

func (p *page) undo(t *Task) {
	switch {
	case t.NoReturn != "":
		p.line("Rollback: none. %s", Prose(t.NoReturn))
	case t.UndoText != "":
		p.line("Rollback: %s", Prose(t.UndoText))
	case len(t.Undo) == 0:
		p.line("Rollback: nothing to undo.")
	}
	title := "Rollback commands"
	if t.UndoTime != "" {
		title += " (about " + t.UndoTime + ")"
	}
	p.commands(title, t.Undo)
}

// when writes a stretch of time; the date of its end only if it differs.
func when(start, end time.Time) string {
	switch {
	case start.IsZero() && end.IsZero():
		return ""
	case end.IsZero():
		return "from " + stamp(start)
	case start.IsZero() || start.Equal(end):
		return stamp(end)
	}
	return stamp(start) + " to " + stamp(end)
}
