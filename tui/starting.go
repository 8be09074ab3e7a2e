package tui

import (
	tea "charm.land/bubbletea/v2"

	"coexist/runbook"
)

// openedMsg tells that a session was opened from the start screen.
type openedMsg struct {
	session *runbook.Session
	err     error
}

// toStart gives a message to the start screen and does what it asks for.
func (m *Model) toStart(msg tea.Msg) tea.Cmd {
	cmd, wish := m.start.Update(msg)
	return tea.Batch(cmd, m.fulfil(wish))
}

// openPath opens a migration outside the event loop.
func (m *Model) openPath(path string) tea.Cmd {
	open := m.cfg.Open
	if open == nil {
		return nil
	}
	return func() tea.Msg {
		s, err := open(path)
		return openedMsg{s, err}
	}
}

func (m *Model) openedSession(msg openedMsg) tea.Cmd {
	if msg.err != nil {
		m.push(&reader{title: "This migration can't be opened", write: func(p *page) { p.text(0, msg.err.Error(), p.th.Text) }})
		return nil
	}
	m.opened0 = msg.session
	m.board(msg.session)
	return m.follow()
}

func (m *Model) fulfil(any) tea.Cmd { return nil }
