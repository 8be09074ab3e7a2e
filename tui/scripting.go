package tui

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"

	"coexist/runbook"
	"coexist/runbook/script"
)

// What must be read in an Exchange Management Shell goes out as a script of the
// step and comes back as a result file: write it here, run it there, import
// here.

// scriptSavedMsg tells that a script was written.
type scriptSavedMsg struct {
	path     string
	options  script.Options
	manifest script.Manifest
	err      error
	snap     runbook.Snapshot
}

// scriptStep is the step that a script would be for: that of the selected row.
func (m *Model) scriptStep() int {
	if row, ok := m.row(); ok {
		switch {
		case row.task != nil:
			return row.task.Phase.Step
		case row.phase != nil:
			return row.phase.Step
		case row.step != nil:
			return row.step.Number
		}
	}
	if p := m.snap.Runbook.Phase(m.opened); p != nil {
		return p.Step
	}
	return m.stepNow()
}

func (m *Model) whyNoScript() string {
	if why := m.whyReadOnly(); why != "" {
		return why
	}
	if m.cfg.SaveScript == nil {
		return "No script can be written here; on a command line: coexist script."
	}
	if step := m.scriptStep(); !script.Needed(m.snap.Runbook, step) {
		return fmt.Sprintf("Nothing of step %d is read in an Exchange Management Shell.", step)
	}
	return ""
}

func (m *Model) writeScript() tea.Cmd {
	step := m.scriptStep()
	offers, err := script.Offers(m.snap.Runbook, step, m.snap.Progress.Values)
	if err == nil && len(offers) == 0 {
		err = script.ErrNothing
	}
	if err != nil {
		m.warn("No script: " + err.Error())
		return nil
	}
	shell, server := m.scriptFor()
	m.push(m.newScript(step, offers, shell, server))
	return nil
}

// scriptFor is what the selected task would have read: the focused check or
// capture, else its first open cmdlet check.
func (m *Model) scriptFor() (shell, server string) {
	t := m.task()
	if t == nil {
		return "", ""
	}
	if it, ok := m.focusedItem(); ok && it.capture != nil && m.focus == detailRegion {
		return it.capture.Shell, ""
	}
	c := m.checkAt(wantsPaste)
	if c == nil || c.Kind != "cmdlet" {
		return "", ""
	}
	if ready, pending, err := c.Ready(m.snap.Progress.Values); err == nil && len(pending) == 0 && ready.Params.Bool("local") {
		server = t.Label
	}
	return c.Shell, server
}

// Answers to the questions for a script.
const (
	anyServer   = "any"
	capture     = "capture"
	leaveOut    = "leave out"
	nothingLeft = "nothing is left to capture"
)

// scriptQuestions are the questions for a script; which servers and values
// there are depends on the shell.
type scriptQuestions struct {
	offers                []script.Offer
	shell, server, values *field
}

// newScript asks which script of a step to write.
func (m *Model) newScript(step int, offers []script.Offer, shell, server string) dialog {
	q := &scriptQuestions{offers: offers, shell: &field{label: "Shell of which Exchange?"}, server: &field{label: "Server to run it on"},
		values: &field{label: "Values that the step's tasks will change"}}
	for _, o := range offers {
		if !slices.Contains(q.shell.choices, o.Shell) {
			q.shell.choices = append(q.shell.choices, o.Shell)
		}
	}
	q.shell.choose(shell)
	q.settle()
	q.server.choose(server)
	q.settle()
	return &form{title: fmt.Sprintf("Script for the shell: step %d", step), button: "write the script", fields: []*field{q.shell, q.server, q.values},
		intro: func(p *page) {
			p.text(0, "It reads what the checks of this step need and saves one file; it changes nothing and asks for no password. Written here, run there, imported here.", p.th.Dim)
		},
		changed: q.settle,
		submit: func([]string) func(*Model) tea.Cmd {
			o := script.Options{Step: step, Shell: q.shell.value(), Server: q.on(), Capture: q.values.value() == capture}
			return func(m *Model) tea.Cmd { return m.saveScript(o) }
		}}
}

// on is the chosen server; empty for any.
func (q *scriptQuestions) on() string {
	if v := q.server.value(); v != anyServer {
		return v
	}
	return ""
}

// offer is what is chosen.
func (q *scriptQuestions) offer() script.Offer {
	for _, o := range q.offers {
		if o.Shell == q.shell.value() && o.Server == q.on() {
			return o
		}
	}
	return script.Offer{}
}

// settle makes the questions fit each other after one was answered.
func (q *scriptQuestions) settle() {
	server := q.server.value()
	q.server.choices = nil
	for _, o := range q.offers {
		if o.Shell != q.shell.value() {
			continue
		}
		name := o.Server
		if name == "" {
			name = anyServer
		}
		q.server.choices = append(q.server.choices, name)
	}
	q.server.choose(server)
	o := q.offer()
	q.server.hint = "One script for all that any server of this version can answer"
	if o.Server != "" {
		q.server.hint = "What must be read on " + o.Server + " itself"
	}
	q.server.hint += ": " + plural(o.Checks, "check", "checks") + "."
	capturing := q.values.value()
	q.values.choices, q.values.hint = []string{nothingLeft}, "What is known is never read anew."
	if o.Captures > 0 {
		q.values.choices = []string{capture, leaveOut}
		q.values.hint = plural(o.Captures, "value is", "values are") + " not known yet; the way back needs them. What is known is never read anew."
	}
	q.values.choose(capturing)
}

func (m *Model) saveScript(o script.Options) tea.Cmd {
	save, s, e := m.cfg.SaveScript, m.session, m.engine
	return func() tea.Msg {
		path, manifest, err := save(s, o)
		return scriptSavedMsg{path, o, manifest, err, e.Snapshot()}
	}
}

func (m *Model) scriptSaved(msg scriptSavedMsg) {
	m.acted(actedMsg{said: "Written and recorded: " + msg.path, err: msg.err, snap: msg.snap})
	if msg.err == nil {
		m.push(newScriptSteps(msg, m.whyNoImport()))
	}
}

// newScriptSteps tells what is to be done with a script that was written.
func newScriptSteps(msg scriptSavedMsg, whyNoImport string) dialog {
	name, result := scriptName(msg.path), msg.manifest.ResultName()
	where := "a server with the Exchange Management Shell of Exchange " + msg.options.Shell
	if msg.options.Server != "" {
		where = msg.options.Server
	}
	command := `.\` + name
	d := &reader{title: "Run the script, import what it saves", write: func(p *page) {
		reads := "reads for " + plural(len(msg.manifest.Checks), "check", "checks")
		if n := len(msg.manifest.Captures); n > 0 {
			reads += " and captures " + plural(n, "value", "values")
		}
		p.text(0, fmt.Sprintf("The script of step %d %s.", msg.options.Step, reads), p.th.Dim)
		p.blank()
		p.labelled(0, 3, "1.", "It is written here; take it to "+where+":", p.th.Accent, p.th.Text)
		p.code(3, "", msg.path)
		p.blank()
		p.labelled(0, 3, "2.", "There, in the Exchange Management Shell of Exchange "+msg.options.Shell+", go to its folder and run it:", p.th.Accent, p.th.Text)
		p.code(3, "powershell", command)
		p.text(3, "In another version's shell, or on another server than it is for, it says so and reads nothing.", p.th.Dim)
		p.blank()
		p.labelled(0, 3, "3.", "It saves this file in that folder. Bring it back and import it here (i), or paste its text (t):", p.th.Accent, p.th.Text)
		p.code(3, "", result)
		if whyNoImport != "" {
			p.text(3, whyNoImport, p.th.Warn)
		}
		p.blank()
		p.text(0, "Closing this loses nothing: I imports at any time.", p.th.Dim)
	}}
	d.on = map[string]func(*Model) tea.Cmd{
		"i": func(m *Model) tea.Cmd { return m.importFrom(result, false) },
		"t": func(m *Model) tea.Cmd { return m.importFrom("", true) },
	}
	d.stay = map[string]func(*Model) tea.Cmd{"y": func(m *Model) tea.Cmd { return m.copyText(command) }, "Y": func(m *Model) tea.Cmd { return m.copyText(msg.path) }}
	d.extra = []hint{{key: "i", does: "import file"}, {key: "t", does: "paste text"}, {key: "y", does: "copy command"}, {key: "Y", does: "copy path"}}
	return d
}

// scriptName is the last part of a path as any system writes it.
func scriptName(path string) string {
	name := filepath.Base(path)
	return name[strings.LastIndexByte(name, '\\')+1:]
}
