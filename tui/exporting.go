package tui

import tea "charm.land/bubbletea/v2"

// exportedMsg brings the runbook as Markdown.
type exportedMsg struct {
	path     string
	markdown []byte
	err      error
	written  bool
}

// export shows the Markdown; w in the preview writes it. Without a separate
// preview it is written at once.
func (m *Model) export() tea.Cmd {
	s := m.session
	if m.cfg.Preview == nil {
		return m.writeExport()
	}
	preview := m.cfg.Preview
	return func() tea.Msg {
		md, err := preview(s)
		return exportedMsg{markdown: md, err: err}
	}
}

func (m *Model) writeExport() tea.Cmd {
	s := m.session
	write := m.cfg.Export
	return func() tea.Msg {
		path, md, err := write(s)
		return exportedMsg{path, md, err, true}
	}
}

func (m *Model) exported(msg exportedMsg) {
	if msg.err != nil {
		m.warn("Not exported: " + msg.err.Error())
		return
	}
	title := "Export preview"
	if msg.written {
		m.say("Exported to " + msg.path)
		title = "Exported to " + msg.path
	}
	text := string(msg.markdown)
	d := &reader{title: title, wide: true, write: func(p *page) { p.markdown(text) }}
	d.on = map[string]func(*Model) tea.Cmd{"y": func(m *Model) tea.Cmd { return m.copyText(text) }}
	d.extra = []hint{{key: "y", does: "copy all"}}
	if !msg.written {
		d.on["w"] = (*Model).writeExport
		d.extra = append([]hint{{key: "w", does: "write the file"}}, d.extra...)
	}
	m.bring(d)
}
