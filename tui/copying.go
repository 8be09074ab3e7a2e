package tui

import (
	"fmt"
	"image"
	"strings"

	tea "charm.land/bubbletea/v2"

	"coexist/runbook"
	"coexist/tui/paint"
)

// copiedMsg tells how copying ended.
type copiedMsg struct {
	text string
	how  string
	err  error
}

// copyText puts one text on the clipboard, outside the event loop.
func (m *Model) copyText(text string) tea.Cmd {
	put := m.cfg.Copy
	return func() tea.Msg {
		if put == nil {
			return copiedMsg{text: text}
		}
		how, err := put(text)
		return copiedMsg{text, how, err}
	}
}

// copyToFile puts a text into a file, for where no clipboard works.
func (m *Model) copyToFile(text string) tea.Cmd {
	put := m.cfg.CopyFile
	return func() tea.Msg {
		path, err := put(text)
		return copiedMsg{text, "into the file " + path, err}
	}
}

// mostForTerminal is what terminals surely take for their clipboard, in bytes:
// the sequence for it is limited to 100,000 of them after encoding, and to less
// by some.
const mostForTerminal = 70_000

func (m *Model) copied(msg copiedMsg) tea.Cmd {
	switch {
	case msg.err != nil:
		m.warn("Not copied: " + msg.err.Error() + "; v shows the command to be selected by hand.")
		return nil
	case msg.how != "":
		m.say("Copied, " + msg.how + ": " + oneLine(msg.text))
		return nil
	}
	otherwise := "v"
	if m.cfg.CopyFile != nil && m.task() != nil {
		otherwise = "v, or Y and into a file"
	}
	if m.top() != nil {
		otherwise = "in most terminals shift and the mouse select it"
	}
	if len(msg.text) > mostForTerminal {
		m.warn("Handed to the terminal's clipboard, but many terminals refuse that much. If pasting brings nothing: write the file.")
		return tea.SetClipboard(msg.text)
	}
	m.say("Handed to the terminal's clipboard, which does not say whether it took it. If pasting brings nothing: " + otherwise + ".")
	return tea.SetClipboard(msg.text)
}

// copyCommand copies a command that is one line; of several it asks which.
func (m *Model) copyCommand() tea.Cmd {
	t, c := m.task(), m.commandAt()
	r, err := c.Render(m.snap.Progress.Values)
	switch {
	case err != nil:
		m.warn("Not copied: " + err.Error())
	case len(r.Pending) > 0:
		m.warn("Not copied: it still waits for " + pendingNames(r.Pending) + "; i fills in.")
	case len(r.Lines) == 1:
		return m.copyText(r.Lines[0])
	case len(r.Lines) == 0:
		m.warn("There is nothing to copy: with these facts the command is empty.")
	default:
		return m.chooseFrom("Copy a line", t, []*runbook.Command{c})
	}
	return nil
}

func pendingNames(list []runbook.Pending) string {
	var out []string
	for _, p := range list {
		out = append(out, p.Key)
	}
	return strings.Join(out, ", ")
}

func (m *Model) copyChoose() tea.Cmd {
	t := m.task()
	list := t.Commands
	for i := range t.Captures {
		if c := t.Captures[i].Command; c != nil {
			list = append(list[:len(list):len(list)], c)
		}
	}
	return m.chooseFrom("Copy", t, list)
}

// chooseFrom offers every line of some commands, and what else is worth
// copying of a task.
func (m *Model) chooseFrom(title string, t *runbook.Task, list []*runbook.Command) tea.Cmd {
	l := &chooser{title: title}
	var all []string
	for _, c := range list {
		r, err := c.Render(m.snap.Progress.Values)
		var why string
		switch {
		case err != nil:
			why = err.Error()
		case len(r.Pending) > 0:
			why = "It still waits for " + pendingNames(r.Pending) + "."
		default:
			why = m.whyNotCopied(t, c)
		}
		for _, line := range r.Lines {
			l.all = append(l.all, choice{text: line, right: shellShort(c.Shell), why: why, then: func(m *Model) tea.Cmd { return m.copyText(line) }})
			if why == "" {
				all = append(all, line)
			}
		}
	}
	if len(all) > 1 {
		l.all = append(l.all, choice{text: fmt.Sprintf("All %d lines, one below the other", len(all)), then: func(m *Model) tea.Cmd { return m.copyText(strings.Join(all, "\r\n") + "\r\n") }})
	}
	if len(all) > 0 && m.cfg.CopyFile != nil {
		l.all = append(l.all, choice{text: "Into a file: " + plural(len(all), "line", "lines"), then: func(m *Model) tea.Cmd {
			return m.copyToFile(strings.Join(all, "\r\n") + "\r\n")
		}})
	}
	for _, c := range t.Checks {
		if c.Kind == "cmdlet" {
			cmd := m.cmdlet(c)
			l.all = append(l.all, choice{text: cmd, right: "check", then: func(m *Model) tea.Cmd { return m.copyText(cmd) }})
		}
	}
	if len(l.all) == 0 {
		m.warn("There is nothing to copy here.")
		return nil
	}
	m.push(l)
	return nil
}

// plain is a command alone on an empty screen, the mouse released, to be
// selected by hand. Long lines run on without a break of ours.
type plain struct {
	lines  []string
	note   string
	top    int // first row shown
	height int // of what can be shown at a time
}

func (v *plain) handle(msg tea.Msg) outcome {
	if k, ok := msg.(tea.KeyPressMsg); ok {
		switch k.String() {
		case "esc", "q", "v", "enter":
			return closed
		case "y":
			text := strings.Join(v.lines, "\r\n")
			return do(func(m *Model) tea.Cmd { return m.copyText(text) })
		case "up", "k":
			v.top--
		case "down", "j":
			v.top++
		case "pgup":
			v.top -= v.height
		case "pgdown", "space":
			v.top += v.height
		case "home", "g":
			v.top = 0
		case "end", "G":
			v.top = 1 << 30
		}
	}
	return outcome{}
}

func (v *plain) draw(c *paint.Canvas, th *paint.Theme) *image.Point {
	w, h := c.Size()
	c.Fill(paint.R(0, 0, w, h), paint.Style{})
	rows := v.rows(w)
	v.height = max(h-3, 1)
	v.top = max(min(v.top, len(rows)-v.height), 0)
	keys := []hint{{key: "esc", does: "back"}, {key: "y", does: "copy"}}
	for y, row := range rows[v.top:min(v.top+v.height, len(rows))] {
		c.Text(0, y, -1, row, paint.Style{})
	}
	if len(rows) > v.height { // a part of a command must not look like the whole
		keys = append(keys, hint{key: "↑↓", does: "scroll"})
		c.Text(0, h-3, w, fmt.Sprintf("… rows %d–%d of %d", v.top+1, min(v.top+v.height, len(rows)), len(rows)), th.Warn)
	}
	c.Text(0, h-2, w, v.note, th.Warn)
	drawHints(c.In(paint.R(0, h-1, w, 1)), th, keys, false)
	return nil
}

// rows breaks the lines at the edge of the screen and nowhere else.
func (v *plain) rows(w int) []string {
	var out []string
	for _, l := range v.lines {
		for l = paint.Escape(l); paint.Width(l) > w; {
			after := rest(l, w)
			out = append(out, l[:len(l)-len(after)])
			l = after
		}
		out = append(out, l)
	}
	return out
}

// rest is what of a text does not fit into w cells.
func rest(s string, w int) string {
	n := 0
	for i, r := range s {
		cw := paint.Width(string(r))
		if n+cw > w {
			return s[i:]
		}
		n += cw
	}
	return ""
}

func (m *Model) plainView() tea.Cmd {
	c := m.commandAt()
	if c == nil {
		m.warn("This task has no command.")
		return nil
	}
	r, err := c.Render(m.snap.Progress.Values)
	if err != nil {
		m.warn(err.Error())
		return nil
	}
	v := &plain{lines: r.Lines}
	if len(r.Pending) > 0 {
		v.note = "Not to be run yet: it waits for " + pendingNames(r.Pending) + "."
	} else if why := m.whyNotCopied(m.task(), c); why != "" {
		v.note = why
	}
	m.push(v)
	return nil
}
