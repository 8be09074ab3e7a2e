package tui

import (
	"fmt"
	"strings"

	tea "charm.land/bubbletea/v2"

	"coexist/checks"
	"coexist/runbook"
	"coexist/runbook/script"
)

// importedMsg brings the outcome of an import.
type importedMsg struct {
	name string
	out  script.Outcome
	err  error
	snap runbook.Snapshot
}

func (m *Model) whyNoImport() string {
	if why := m.whyReadOnly(); why != "" {
		return why
	}
	if m.cfg.ImportFile == nil || m.cfg.ImportText == nil {
		return "Nothing can be imported here; on a command line: coexist import."
	}
	return ""
}

// importResults asks for what a script saved.
func (m *Model) importResults() tea.Cmd {
	l := &chooser{title: "Import a result file", intro: "The coexist-….json that a script saved where it was run, or the file of a run outside."}
	l.all = m.importChoices()
	m.push(l)
	return nil
}

func (m *Model) importChoices() []choice {
	why := m.whyNoImport()
	return []choice{
		{text: "Import a result file", right: "f", key: "f", why: why, hint: "Its path is typed, or the file is dropped onto the window.",
			then: func(m *Model) tea.Cmd { return m.importFrom("", false) }},
		{text: "Paste the text of a result file", right: "t", key: "t", why: why, hint: "For when no file can be brought here: its whole text, from { to }.",
			then: func(m *Model) tea.Cmd { return m.importFrom("", true) }},
	}
}

// takeIn offers all ways in which what a shell returned comes back: by value,
// by cmdlet, by script.
func (m *Model) takeIn(t *runbook.Task) tea.Cmd {
	l := &chooser{title: "Take in: " + t.Title, intro: where(t)}
	if key, q := m.missingValue(t); key != "" {
		l.all = append(l.all, choice{text: "Fill in: " + q.prompt, right: "v", key: "v", hint: key, then: func(m *Model) tea.Cmd {
			m.push(m.newValue(key, q))
			return nil
		}})
	}
	for i, c := range m.pasteable(t) {
		key := ""
		if i == 0 {
			key = "p"
		}
		l.all = append(l.all, choice{text: "Paste the output for: " + c.Title, right: key, key: key, hint: c.Title + ". It is asked of the " + shellName(c.Shell) + ".",
			then: func(m *Model) tea.Cmd { m.push(m.newPaste(c)); return nil }})
	}
	l.all = append(l.all, m.importChoices()...)
	l.all = append(l.all, choice{text: "Write the step's script, to be run there", right: "s", key: "s", why: m.whyNoScript(),
		hint: "One file that reads all of this step at once.", then: (*Model).writeScript})
	m.push(l)
	return nil
}

// pasteable are the cmdlet checks that a pasted output may answer: the focused
// one, else all of the task that are open.
func (m *Model) pasteable(t *runbook.Task) []*runbook.Check {
	if it, ok := m.focusedItem(); ok && m.focus == detailRegion && it.check != nil && it.check.Kind == "cmdlet" {
		return []*runbook.Check{it.check}
	}
	var out []*runbook.Check
	for _, c := range t.Checks {
		if wantsPaste(c, m.snap.Progress.Checks[c.ID]) {
			out = append(out, c)
		}
	}
	return out
}

// importFrom asks for a result file by its path, or for its text.
func (m *Model) importFrom(path string, text bool) tea.Cmd {
	if why := m.whyNoImport(); why != "" {
		m.warn(why)
		return nil
	}
	if m.operator == "" {
		m.push(m.newOperator(func(m *Model) tea.Cmd { return m.importFrom(path, text) }))
		return nil
	}
	if text {
		m.push(newImportText())
	} else {
		m.push(newImportFile(path))
	}
	return nil
}

func newImportFile(path string) dialog {
	q := &field{label: "Path of the result file", check: required("There is no path yet."),
		hint: "A path that is not absolute is looked up beside the migration, then where coexist was started."}
	q.input.Set(path)
	return &form{title: "Import a result file", button: "import", fields: []*field{q},
		submit: func(v []string) func(*Model) tea.Cmd {
			name := unquoted(v[0])
			return func(m *Model) tea.Cmd {
				s, e, load := m.session, m.engine, m.cfg.ImportFile
				return func() tea.Msg {
					out, err := load(s, name)
					return importedMsg{scriptName(name), out, err, e.Snapshot()}
				}
			}
		}}
}

// unquoted frees a path from the quotes that file managers copy around it.
func unquoted(path string) string {
	path = strings.TrimSpace(path)
	if n := len(path); n > 1 && path[0] == path[n-1] && (path[0] == '"' || path[0] == '\'') {
		return path[1 : n-1]
	}
	return path
}

func newImportText() dialog {
	q := &field{label: "Text of the result file", lines: 6, check: required("There is nothing pasted yet."),
		hint: "The whole of it, from the first { to the last }. It is kept as evidence as it is."}
	q.input.Multi = true
	return &form{title: "Paste a result file", button: "import", fields: []*field{q},
		submit: func(v []string) func(*Model) tea.Cmd {
			data := []byte(v[0])
			return func(m *Model) tea.Cmd {
				s, e, load := m.session, m.engine, m.cfg.ImportText
				return func() tea.Msg {
					out, err := load(s, data)
					return importedMsg{"pasted text", out, err, e.Snapshot()}
				}
			}
		}}
}

func (m *Model) imported(msg importedMsg) {
	said := fmt.Sprintf("Imported and recorded: %s, %s.", plural(len(msg.out.Results), "result", "results"), plural(len(msg.out.Values), "value", "values"))
	if !msg.out.Already.IsZero() {
		said = "Imported already; nothing changed."
	}
	m.acted(actedMsg{said: said, err: msg.err, snap: msg.snap})
	if msg.err == nil {
		m.push(m.newOutcome(msg.name, msg.out))
	}
}

// verdictsByNeed are the verdicts, those first that ask for something.
var verdictsByNeed = []checks.Verdict{checks.Fail, checks.Unknown, checks.Warn, checks.Skip, checks.Pass}

// newOutcome tells what an import brought.
func (m *Model) newOutcome(name string, out script.Outcome) dialog {
	snap, now := m.snap, m.now()
	d := &reader{title: "Imported: " + name, write: func(p *page) {
		if !out.Already.IsZero() {
			p.text(0, "This file was imported already, "+clock(out.Already, now)+". Nothing changed, nothing was recorded.", p.th.Warn)
			return
		}
		p.text(0, tally(out.Results)+"; "+plural(len(out.Values), "value was", "values were")+" captured.", p.th.Text)
		for _, v := range verdictsByNeed {
			p.verdictGroup(snap, v, out.Results)
		}
		if len(out.Values) > 0 {
			p.head("Values from before the change")
		}
		for _, key := range out.Values {
			value := snap.Progress.Values[key]
			if value == "" {
				value = "(nothing stood there)"
			}
			p.labelled(1, 2, p.th.Glyphs.Done, key, p.th.Good, p.th.Dim)
			p.text(3, value, p.th.Code)
		}
		if len(out.Refused) > 0 {
			p.head("Not taken")
		}
		for _, line := range out.Refused {
			p.labelled(1, 2, p.th.Glyphs.Warn, line, p.th.Warn, p.th.Text)
		}
	}}
	d.on = map[string]func(*Model) tea.Cmd{"ctrl+g": (*Model).gate, ".": func(m *Model) tea.Cmd { m.toNext(); return nil }}
	d.extra = []hint{{key: ".", does: "next action"}, {key: "ctrl+g", does: "gate"}}
	return d
}

// tally counts results by verdict.
func tally(results []checks.Result) string {
	count := map[checks.Verdict]int{}
	for _, r := range results {
		count[r.Verdict]++
	}
	text := plural(len(results), "result", "results")
	sep := ": "
	for _, v := range verdictsByNeed {
		if count[v] > 0 {
			text += fmt.Sprintf("%s%d %s", sep, count[v], v)
			sep = ", "
		}
	}
	return text
}

// verdictGroup writes the results with one verdict; what is not well is
// explained.
func (p *page) verdictGroup(snap runbook.Snapshot, v checks.Verdict, results []checks.Result) {
	g, style := lookVerdict(p.th, v)
	begun := false
	for _, r := range results {
		if r.Verdict != v {
			continue
		}
		if !begun {
			p.head(strings.ToUpper(string(v[:1])) + string(v[1:]))
			begun = true
		}
		c := snap.Runbook.Check(r.ID)
		if c == nil {
			p.labelled(1, 2, g, r.ID, style, p.th.Text)
			p.explain(3, r, "")
			continue
		}
		p.labelled(1, 2, g, c.Title+" · "+where(c.Task), style, p.th.Text)
		switch st := snap.Progress.Checks[r.ID]; {
		case v != checks.Pass && v != checks.Skip:
			p.explain(3, r, c.Remedy)
		case v == checks.Skip:
			p.text(3, r.Summary, p.th.Dim)
		case st != nil && st.Status == runbook.NotYet:
			p.text(3, "Read before its task was carried out, so it does not count for that task.", p.th.Dim)
		}
	}
}
