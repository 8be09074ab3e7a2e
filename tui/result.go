package tui

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"coexist/checks"
	"coexist/runbook"
	"coexist/tui/paint"
)

// textMsg brings a text that was fetched for a dialog.
type textMsg struct {
	reader *reader
	title  string
	text   string
	err    error
}

func (m *Model) showText(msg textMsg) {
	write := msg.reader.write
	msg.reader.write = func(p *page) {
		write(p)
		p.head(msg.title)
		if msg.err != nil {
			p.text(0, msg.err.Error(), p.th.Bad)
			return
		}
		for _, l := range strings.Split(strings.TrimRight(msg.text, "\n"), "\n") {
			for _, part := range paint.Chunk(l, p.width) {
				p.add(span{part, p.th.Text})
			}
		}
	}
	msg.reader.page = nil
}

// showResult shows everything that is known of a check's last result.
func (m *Model) showResult(c *runbook.Check) tea.Cmd {
	st := m.snap.Progress.Checks[c.ID]
	r := *st.Result
	now := m.now()
	d := &reader{title: c.Title, wide: true, write: func(p *page) { writeResult(p, c, st, r, now.Location().String(), m) }}
	d.on = map[string]func(*Model) tea.Cmd{}
	add := func(key, does string) {
		d.on[key] = func(m *Model) tea.Cmd {
			m.goCheck(c.Task.ID, c.ID)
			return m.performKey(key)
		}
		d.extra = append(d.extra, hint{key: key, does: does})
	}
	switch {
	case c.Kind == "cmdlet":
		add("s", "script")
		add("i", "take in")
	case runnable(c):
		add("r", "check again")
	}
	if wantsAttest(c, st) {
		add("a", "attest")
	}
	if wantsWaiver(c, st) {
		add("w", "waive")
	}
	m.push(d)
	if r.Transcript == "" || m.cfg.Transcript == nil || m.session == nil {
		return nil
	}
	return func() tea.Msg {
		text, err := m.cfg.Transcript(m.session, r.Transcript)
		return textMsg{d, "Transcript", text, err}
	}
}

func writeResult(p *page, c *runbook.Check, st *runbook.CheckState, r checks.Result, zone string, m *Model) {
	th := p.th
	g, style := lookVerdict(th, r.Verdict)
	head := []span{{g + " " + string(r.Verdict), style}}
	if r.Reason != "" {
		head = append(head, span{"  " + r.Reason, th.Dim})
	}
	p.pair(head, span{sourceWord(r.Source), th.Dim})
	p.text(0, r.Summary, th.Text)
	p.blank()
	p.explain(0, r, c.Remedy)
	p.head("How it was checked")
	p.labelled(1, 10, "kind", r.Kind, th.Dim, th.Text)
	p.labelled(1, 10, "on", where(c.Task), th.Dim, th.Text)
	p.labelled(1, 10, "from", strings.TrimSpace(r.Host+" ("+string(r.Vantage)+")"), th.Dim, th.Text)
	p.labelled(1, 10, "by", r.Operator, th.Dim, th.Text)
	p.labelled(1, 10, "at", fmt.Sprintf("%s, took %d ms, %s", r.Started.In(m.now().Location()).Format("2006-01-02 15:04:05 MST"), r.MS, plural(max(r.Attempts, 1), "attempt", "attempts")), th.Dim, th.Text)
	p.labelled(1, 10, "id", r.ID, th.Dim, th.Dim)
	p.table(r.Rows)
	p.evidence(r.Evidence)
	for _, s := range r.Sub {
		p.head(s.Kind + " " + s.Target)
		gl, sty := lookVerdict(th, s.Verdict)
		p.labelled(1, 2, gl, s.Summary, sty, th.Text)
		p.explain(3, s, "")
		p.steps(3, s.Sub)
	}
	p.attempts(st, r, m.now())
}

// attempts lists every time the check was run, the last first.
func (p *page) attempts(st *runbook.CheckState, r checks.Result, now time.Time) {
	if len(st.History) == 0 {
		return
	}
	th := p.th
	p.head("Attempts", span{plural(len(st.History)+1, "result", "results"), th.Dim})
	list := append(slices.Clone(st.History), runbook.Verdict{Time: r.Started, Verdict: r.Verdict, Reason: r.Reason, Found: cmp.Or(r.Found, r.Summary), By: r.Operator})
	for _, h := range slices.Backward(list) {
		g, style := lookVerdict(th, h.Verdict)
		p.pair([]span{{" " + g + " ", style}, {fmt.Sprintf("%-8s", h.Verdict), style}, {h.Time.In(now.Location()).Format("2006-01-02 15:04:05"), th.Text}, {"  " + h.Reason, th.Dim}}, span{h.By, th.Dim})
		p.text(11, h.Found, th.Dim)
	}
}

func sourceWord(s checks.Source) string {
	switch s {
	case checks.FromShell:
		return "imported from a shell"
	case checks.FromPerson:
		return "stated by a person"
	}
	return "measured by a probe"
}

// steps writes the stages of a probe, those of each address below it.
func (p *page) steps(indent int, list []checks.Result) {
	for _, s := range list {
		name := s.Kind
		if s.Target != "" {
			name = s.Target
		}
		gl, style := lookVerdict(p.th, s.Verdict)
		label := gl + " " + name
		text := s.Summary
		if s.Reason != "" {
			text += " (" + s.Reason + ")"
		}
		p.labelled(indent, max(paint.Width(label)+2, 8), label, text, style, p.th.Text)
		p.steps(indent+2, s.Sub)
	}
}

// table writes the rows that a check observed.
func (p *page) table(rows []checks.Row) {
	if len(rows) == 0 {
		return
	}
	p.head("Observed")
	for i, row := range rows {
		if i > 0 {
			p.blank()
		}
		for _, name := range slices.Sorted(maps.Keys(row)) {
			p.labelled(1, 20, name, strings.Join(row[name], ", "), p.th.Dim, p.th.Text)
		}
	}
}

func (p *page) evidence(e map[string]string) {
	if len(e) == 0 {
		return
	}
	p.head("Evidence")
	for _, name := range slices.Sorted(maps.Keys(e)) {
		p.labelled(1, 20, name, e[name], p.th.Dim, p.th.Text)
	}
}

func (p *page) undoCommand(i int, c *runbook.Command, values runbook.Values) {
	p.blank()
	p.labelled(0, 3, fmt.Sprintf("%d.", i+1), c.About, p.th.Dim, p.th.Text)
	p.text(3, strings.TrimSuffix(shellName(c.Shell)+" on "+c.On, " on "), p.th.Dim)
	r, err := c.Render(values)
	if err != nil {
		p.text(3, err.Error(), p.th.Bad)
		return
	}
	for _, l := range r.Lines {
		p.code(3, c.Shell, l)
	}
	for _, need := range r.Pending {
		p.text(3, "waits for "+need.Key+": it is rendered only from what was read before the change", p.th.Warn)
	}
}
