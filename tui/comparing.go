package tui

import (
	"strings"

	tea "charm.land/bubbletea/v2"
)

// comparedMsg brings what a comparison with Active Directory found.
type comparedMsg struct {
	text string
	err  error
}

func (m *Model) whyNoCompare() string {
	if m.cfg.Compare == nil {
		return "The directory can't be read here; on a command line: coexist discover FILE."
	}
	return ""
}

// compare reads the organisation and holds the migration against it, beside
// the event loop.
func (m *Model) compare() tea.Cmd {
	s, read := m.session, m.cfg.Compare
	m.say("Reading Active Directory…")
	return func() tea.Msg {
		text, err := read(s)
		return comparedMsg{text, err}
	}
}

func (m *Model) compared(msg comparedMsg) {
	if msg.err != nil {
		m.warn("Not compared: " + msg.err.Error())
		return
	}
	m.say("Compared with Active Directory.")
	d := &reader{title: "What was typed, and what was found", wide: true, write: func(p *page) {
		for line := range strings.Lines(msg.text) {
			line = strings.TrimRight(line, "\n")
			text := strings.TrimLeft(line, " ")
			style := p.th.Text
			switch len(line) - len(text) {
			case 0:
				style = p.th.Strong
			case 6:
				style = p.th.Dim
			}
			p.text(len(line)-len(text), text, style)
		}
	}}
	d.on = map[string]func(*Model) tea.Cmd{"y": func(m *Model) tea.Cmd { return m.copyText(msg.text) }}
	d.extra = []hint{{key: "y", does: "copy all"}}
	m.bring(d)
}
