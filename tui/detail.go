package tui

import (
	"fmt"
	"strings"
	"time"

	"coexist/checks"
	"coexist/runbook"
	"coexist/tui/diagram"
	"coexist/tui/paint"
)

// item is a thing in the task region that keys act on.
type item struct {
	command *runbook.Command
	capture *runbook.Capture
	ask     *runbook.Ask
	check   *runbook.Check
	undo    bool // the rollback card
	gate    bool // the gate of a phase
}

// detailPage is the task region made into text.
type detailPage struct {
	*page
	items []item
}

func (d *detailPage) begin(it item) {
	d.items = append(d.items, it)
	d.item = len(d.items) - 1
}

func (d *detailPage) end() { d.item = -1 }

// detailView is all that the task region is made from.
type detailView struct {
	snap    *runbook.Snapshot
	now     time.Time
	running map[string]time.Time // start of each check being run
}

// taskPage writes out one task.
func taskPage(th *paint.Theme, width int, v detailView, row outlineRow) *detailPage {
	d := &detailPage{page: newPage(th, width-2)}
	t, st := row.task, v.snap.Progress.Tasks[row.task.ID]
	if st == nil {
		st = &runbook.TaskState{Status: runbook.Locked}
	}
	g, style := look(th, st.Status)
	d.text(0, row.number+"  "+t.Title, th.Strong)
	d.pair([]span{{where(t), th.Dim}}, span{g + " " + string(st.Status), style})
	d.state(v, t, st)
	d.blank()
	d.labelled(0, 8, "Why", t.Why, th.Dim, th.Text)
	d.labelled(0, 8, "Run on", t.RunOn, th.Dim, th.Text)
	d.labelled(0, 8, "Rights", t.Rights, th.Dim, th.Text)
	d.labelled(0, 8, "Takes", takes(t), th.Dim, th.Text)
	if t.NoReturn != "" {
		d.blank()
		d.labelled(0, 8, "No way back", "", th.Danger, th.Text)
		d.add(span{" No way back ", th.Danger})
		d.text(0, t.NoReturn, th.Bad)
	}
	d.values(v, t)
	d.commands(v, t, st)
	d.checks(v, t)
	d.remarks(v, t, st)
	return d
}

func where(t *runbook.Task) string {
	parts := []string{t.Label}
	if t.Site != "" && !strings.EqualFold(t.Site, t.Label) {
		parts = append(parts, t.Site)
	}
	if t.Optional {
		parts = append(parts, "optional")
	}
	return strings.Join(parts, " · ")
}

func takes(t *runbook.Task) string {
	var parts []string
	if s := duration(t.Duration); s != "" {
		parts = append(parts, "about "+s)
	}
	if s := duration(t.Wait); s != "" {
		w := "then " + s + " to wait"
		if t.WaitFor != "" {
			w += " for " + t.WaitFor
		}
		parts = append(parts, w)
	}
	if s := duration(t.UndoTime); s != "" {
		parts = append(parts, "rollback "+s)
	}
	return strings.Join(parts, ", ")
}

// state says why the task stands as it does.
func (d *detailPage) state(v detailView, t *runbook.Task, st *runbook.TaskState) {
	th := d.th
	if st.Why != "" {
		_, style := look(th, st.Status)
		d.text(0, st.Why, style)
	}
	if !st.DoneAt.IsZero() {
		s := "Carried out " + clock(st.DoneAt, v.now)
		if st.DoneBy != "" {
			s += " by " + st.DoneBy
		}
		if st.Reopened > 0 {
			s += ", reopened " + plural(st.Reopened, "time", "times")
		}
		d.text(0, s, th.Dim)
	}
	if st.WaitUntil.After(v.now) {
		s := "Wait until " + clock(st.WaitUntil, v.now)
		if t.WaitFor != "" {
			s += " for " + t.WaitFor
		}
		d.text(0, s, th.Warn)
	}
}

func (d *detailPage) values(v detailView, t *runbook.Task) {
	if len(t.Asks)+len(t.Captures) == 0 {
		return
	}
	d.head("Values")
	p := v.snap.Progress
	line := func(prompt, key string) {
		val, known := p.Values[key]
		if known {
			d.labelled(1, 2, d.th.Glyphs.Done, prompt, d.th.Good, d.th.Dim)
			from := p.Sources[key]
			d.text(3, val, d.th.Code)
			if from.How != "" {
				d.text(3, strings.TrimSpace(from.How+" "+clock(from.Time, v.now)+" "+from.By), d.th.Dim)
			}
			return
		}
		d.labelled(1, 2, d.th.Glyphs.Ready, prompt, d.th.Accent, d.th.Text)
		d.add(span{"   not known yet", d.th.Warn}, span{"   i", d.th.Keys}, span{" fill in", d.th.Dim})
	}
	for i := range t.Asks {
		d.begin(item{ask: &t.Asks[i]})
		line(t.Asks[i].Prompt, t.Asks[i].Key)
		d.end()
	}
	for i := range t.Captures {
		c := &t.Captures[i]
		d.begin(item{capture: c})
		line("Before the change: "+c.Prompt, c.Key)
		if c.Command != nil {
			d.command(v, c.Command)
		}
		d.end()
	}
}

func (d *detailPage) commands(v detailView, t *runbook.Task, st *runbook.TaskState) {
	if len(t.Commands) == 0 {
		return
	}
	right := []span{{"y", d.th.Keys}, {" copy  ", d.th.Dim}, {"v", d.th.Keys}, {" plain", d.th.Dim}}
	if st.Status == runbook.Locked {
		right = []span{{"locked: to be read, not yet to be run", d.th.Dim}}
	}
	d.head("Do", right...)
	for i, c := range t.Commands {
		if i > 0 {
			d.blank()
		}
		d.begin(item{command: c})
		if c.About != "" {
			d.labelled(1, 3, fmt.Sprintf("%d.", i+1), c.About, d.th.Dim, d.th.Text)
		}
		loc := shellName(c.Shell)
		if c.On != "" {
			loc += " on " + c.On
		}
		d.text(4, loc, d.th.Dim)
		d.command(v, c)
		d.end()
	}
}

// command writes a command as it stands with what is known.
func (d *detailPage) command(v detailView, c *runbook.Command) {
	r, err := c.Render(v.snap.Progress.Values)
	if err != nil {
		d.text(4, "This command can't be written: "+err.Error(), d.th.Bad)
		return
	}
	for _, l := range r.Lines {
		d.code(4, l)
	}
	for _, need := range r.Pending {
		s := "waits for " + need.Key
		if t := v.snap.Runbook.Task(need.Task); t != nil {
			s += ", which comes from \"" + t.Title + "\" on " + t.Label
		}
		d.text(4, s, d.th.Warn)
	}
}

func (d *detailPage) checks(v detailView, t *runbook.Task) {
	if len(t.Checks) == 0 {
		return
	}
	pass, total := 0, 0
	for _, c := range t.Checks {
		if c.Gate == "info" {
			continue
		}
		total++
		if st := v.snap.Progress.Checks[c.ID]; st != nil && st.Satisfied {
			pass++
		}
	}
	d.head("Checks", span{fmt.Sprintf("%d of %d satisfied", pass, total), d.th.Dim})
	for _, c := range t.Checks {
		d.begin(item{check: c})
		d.check(v, c)
		d.end()
	}
}

// check writes one check; what failed is explained in full.
func (d *detailPage) check(v detailView, c *runbook.Check) {
	th := d.th
	st := v.snap.Progress.Checks[c.ID]
	glyph, word, style := lookCheck(th, st)
	if began, ok := v.running[c.ID]; ok {
		glyph, style = th.Glyphs.Running, th.Info
		word = fmt.Sprintf("running %d s", int(v.now.Sub(began).Seconds()))
	}
	title := c.Title
	if c.Before {
		title += " (before)"
	}
	right := []span{{word, style}}
	if st != nil && st.Result != nil {
		right = append(right, span{"  " + clock(st.Result.Started, v.now), th.Dim})
	}
	rw := 2
	for _, s := range right {
		rw += paint.Width(s.text)
	}
	for i, l := range paint.Wrap(title, max(d.width-3-rw, 12)) {
		if i == 0 {
			d.pair([]span{{" " + glyph + " ", style}, {l, th.Text}}, right...)
		} else {
			d.add(span{"   ", th.Text}, span{l, th.Text})
		}
	}
	if _, ok := v.running[c.ID]; !ok {
		d.trouble(v, c, st)
	}
}

// trouble explains a check that does not satisfy: expected, found, causes,
// remedy, key.
func (d *detailPage) trouble(v detailView, c *runbook.Check, st *runbook.CheckState) {
	th := d.th
	switch {
	case st == nil || st.Result == nil:
		d.text(3, howToCheck(c), th.Dim)
		return
	case st.Waiver != nil && st.Satisfied:
		d.labelled(3, 10, "waived", st.Waiver.Reason+" ("+st.Waiver.Name+")", th.Dim, th.Warn)
	case st.Satisfied && (st.Result.Verdict == checks.Pass || st.Result.Verdict == checks.Skip):
		if st.Result.Verdict == checks.Skip {
			d.text(3, st.Result.Summary, th.Dim)
		}
		return
	case st.Result.Verdict == checks.Pass:
		// Green once, but it does not count: from before the work, too old, or
		// judged by something that changed.
		why := map[runbook.Status]string{
			runbook.NotYet: "passed before the task was carried out; r checks again afterwards",
			runbook.Stale:  "passed, but too long ago to count; r checks again",
		}[st.Status]
		if why == "" {
			why = "passed, but something it rests on changed; r checks again"
		}
		d.text(3, why, th.Dim)
		return
	}
	d.explain(3, *st.Result, c.Remedy)
	d.keysFor(c, st)
	if st.Status == runbook.Failed && !st.LastGreen.IsZero() {
		d.text(3, "last green "+clock(st.LastGreen, v.now), th.Dim)
	}
}

func howToCheck(c *runbook.Check) string {
	switch c.Kind {
	case "attest":
		return "to be stated by a person: a attest"
	case "cmdlet":
		return "from " + shellName(c.Shell) + ": r shows how, i takes the result in"
	}
	if c.Vantage == checks.Outside {
		return "from outside: run the checks on a machine outside and import"
	}
	return "r runs it"
}

// explain writes what a result found, in the order the engineer needs it.
func (p *page) explain(indent int, r checks.Result, remedy string) {
	th := p.th
	if r.Verdict == checks.Unknown && r.Expected == "" {
		p.labelled(indent, 10, "undecided", r.Summary, th.Dim, th.Unsure)
	} else if r.Expected == "" && r.Found == "" {
		p.text(indent, r.Summary, th.Text)
	}
	p.labelled(indent, 10, "expected", r.Expected, th.Dim, th.Text)
	found := th.Bad
	if r.Verdict == checks.Warn {
		found = th.Warn
	}
	p.labelled(indent, 10, "found", r.Found, th.Dim, found)
	for i, c := range r.Causes {
		label := ""
		if i == 0 {
			label = "likely"
		}
		p.labelled(indent, 10, label, c, th.Dim, th.Text)
	}
	if r.Remedy != "" {
		remedy = r.Remedy
	}
	p.labelled(indent, 10, "do", remedy, th.Dim, th.Text)
}

// keysFor lists the keys that act on a check in trouble.
func (p *page) keysFor(c *runbook.Check, st *runbook.CheckState) {
	th := p.th
	line := []span{{"   ", th.Text}}
	key := func(k, what string) { line = append(line, span{k, th.Keys}, span{" " + what + "  ", th.Dim}) }
	switch c.Kind {
	case "attest":
		key("a", "attest")
	case "cmdlet":
		key("i", "paste the result")
	default:
		key("r", "check again")
	}
	if st.Result != nil && st.Result.Verdict == checks.Warn && !st.Read {
		key("a", "I have read it")
	}
	key("t", "details")
	if c.Gate == "soft" || c.Gate == "dual" {
		key("w", "waive")
	}
	p.add(line...)
}

func (d *detailPage) remarks(v detailView, t *runbook.Task, st *runbook.TaskState) {
	th := d.th
	bullets := func(title string, list []string, style paint.Style) {
		if len(list) == 0 {
			return
		}
		d.head(title)
		for _, s := range list {
			d.labelled(1, 2, th.Glyphs.Dot, s, th.Dim, style)
		}
	}
	bullets("Take care", t.Pitfalls, th.Text)
	bullets("Advice", t.Notes, th.Dim)
	if len(t.Undo) > 0 || t.UndoText != "" {
		d.head("Rollback")
		d.begin(item{undo: true})
		d.add(span{" b", th.Keys}, span{" shows how to go back", th.Dim})
		d.end()
	}
	if len(st.Notes) > 0 {
		d.head("Notes")
		for _, n := range st.Notes {
			d.labelled(1, 2, th.Glyphs.Dot, n.Text, th.Dim, th.Text)
			d.text(3, strings.TrimSpace(clock(n.Time, v.now)+" "+n.By), th.Dim)
		}
	}
	bullets("From the slide", t.Slide, th.Dim)
	bullets("Sources", t.Sources, th.Dim)
}

// phasePage writes out a step or phase: its words and its gate.
func phasePage(th *paint.Theme, width int, v detailView, row outlineRow) *detailPage {
	d := &detailPage{page: newPage(th, width-2)}
	title := row.title
	if row.number != "" {
		title = row.number + "  " + title
	}
	d.text(0, title, th.Strong)
	if row.phase == nil {
		d.roundsSummary(v, row)
		d.slide(row)
		return d
	}
	st := v.snap.Progress.Phases[row.phase.ID]
	if st == nil {
		return d
	}
	g, style := look(th, st.Status)
	d.pair([]span{{fmt.Sprintf("%d of %d required tasks done", st.Done, st.Total), th.Dim}}, span{g + " " + string(st.Status), style})
	if !st.Open {
		d.head("The gate before it is closed", span{"enter", th.Keys}, span{" to work through it", th.Dim})
		d.begin(item{gate: true})
		d.blockers(st.Blockers, 12)
		d.end()
	} else if len(st.Remaining) > 0 {
		d.head("Still needed for the next step", span{plural(len(st.Remaining), "line", "lines"), th.Dim})
		d.begin(item{gate: true})
		d.blockers(st.Remaining, 12)
		d.end()
	} else if st.Complete {
		d.blank()
		d.text(0, "Everything the next gate asks for is there.", th.Good)
	}
	d.slide(row)
	return d
}

func (d *detailPage) roundsSummary(v detailView, row outlineRow) {
	if row.step == nil {
		return
	}
	d.blank()
	for _, p := range row.step.Phases {
		if row.round != "" && p.Round != row.round {
			continue
		}
		if st := v.snap.Progress.Phases[p.ID]; st != nil {
			g, style := look(d.th, st.Status)
			d.pair([]span{{g + " ", style}, {phaseTitle(p), d.th.Text}}, span{fmt.Sprintf("%d/%d  %s", st.Done, st.Total, st.Status), style})
		}
	}
}

func (d *detailPage) slide(row outlineRow) {
	if row.step == nil || row.depth > 0 {
		return
	}
	for _, part := range []struct {
		title string
		lines []string
	}{{"From the slide", row.step.Slide}, {"Facts", row.step.Facts}} {
		if len(part.lines) == 0 {
			continue
		}
		d.head(part.title)
		for _, s := range part.lines {
			d.labelled(1, 2, d.th.Glyphs.Dot, s, d.th.Dim, d.th.Text)
		}
	}
}

func (p *page) blockers(list []runbook.Blocker, most int) {
	for i, b := range list {
		if i == most {
			p.text(1, fmt.Sprintf("and %d more", len(list)-most), p.th.Dim)
			return
		}
		g, style := look(p.th, b.Status)
		p.labelled(1, 2, g, b.Text, style, p.th.Text)
	}
}

// panelPage writes out a panel of the picture.
func panelPage(th *paint.Theme, width int, panel *diagram.Panel) *detailPage {
	d := &detailPage{page: newPage(th, width-2)}
	d.text(0, panel.Title, th.Strong)
	d.blank()
	for _, f := range panel.Facts() {
		d.labelled(0, 2, th.Glyphs.Dot, f, th.Dim, th.Text)
	}
	d.blank()
	d.add(span{"enter", th.Keys}, span{" shows its tasks alone", th.Dim})
	return d
}
