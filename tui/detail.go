package tui

import (
	"fmt"
	"strings"
	"time"

	"coexist/runbook"
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
	d := &detailPage{page: newPage(th, width-3)}
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
	if st.Why != "" && !(st.Status == runbook.Waiting && st.WaitUntil.After(v.now)) { // said below, with what is left
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
	if took := st.Took(); took > 0 {
		s := "Took " + toWait(took)
		if e := duration(t.Duration); e != "" {
			s += "; the estimate is " + e
		}
		d.text(0, s, th.Dim)
	}
	if st.WaitUntil.After(v.now) {
		s := "Wait until " + clock(st.WaitUntil, v.now) + " (" + toWait(st.WaitUntil.Sub(v.now)) + " left)"
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
		d.code(4, c.Shell, l)
	}
	for _, need := range r.Pending {
		s := "waits for " + need.Key
		if t := v.snap.Runbook.Task(need.Task); t != nil {
			s += ", which comes from \"" + t.Title + "\" on " + t.Label
		}
		d.text(4, s, d.th.Warn)
	}
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
