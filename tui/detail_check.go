package tui

import (
	"fmt"

	"coexist/checks"
	"coexist/runbook"
	"coexist/tui/paint"
)

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
		return "from " + shellName(c.Shell) + ": s writes the script, i takes the result in"
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
	_, found := lookVerdict(th, r.Verdict)
	if r.Verdict == checks.Pass {
		found = th.Text
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
		key("s", "script")
		key("i", "take the result in")
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
