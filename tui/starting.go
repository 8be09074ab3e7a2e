package tui

import (
	"image"

	tea "charm.land/bubbletea/v2"

	"coexist/runbook"
	"coexist/runbook/migration"
	"coexist/tui/diagram"
	"coexist/tui/intake"
	"coexist/tui/paint"
)

// Start is the start screen with the intake behind it: an *intake.Model.
type Start interface {
	Update(tea.Msg) (tea.Cmd, intake.Action)
	Draw(c *paint.Canvas, r paint.Rect) (cursor image.Point, shown bool)
	SetSize(w, h int)
	SetTheme(*paint.Theme)
	KeepDraft() error
}

// openedMsg tells that a session was opened from the start screen.
type openedMsg struct {
	session *runbook.Session
	err     error
	edit    bool // its forms are wanted at once
}

// toStart gives a message to the start screen and does what it asks for.
func (m *Model) toStart(msg tea.Msg) tea.Cmd {
	if d := m.top(); d != nil {
		return m.toDialog(d, msg)
	}
	cmd, wish := m.start.Update(msg)
	return tea.Batch(cmd, m.fulfil(wish))
}

func (m *Model) fulfil(wish intake.Action) tea.Cmd {
	switch wish := wish.(type) {
	case intake.Open:
		return m.opening(wish.Edit, func() (*runbook.Session, error) { return m.cfg.Open(wish.Path) })
	case intake.Saved:
		return m.opening(false, func() (*runbook.Session, error) { return m.cfg.Open(wish.Path) })
	case intake.Review:
		return m.preview(wish)
	case intake.Rewritten:
		return m.rewritten(wish)
	case intake.Back:
		m.endEdit()
		return nil
	case intake.Rehearse:
		if m.cfg.Rehearse == nil {
			m.push(&reader{title: "Rehearsal", write: func(p *page) { p.text(0, "Rehearsals are not available here.", p.th.Text) }})
			return nil
		}
		return m.opening(false, func() (*runbook.Session, error) { return m.cfg.Rehearse(wish.Source) })
	case intake.Quit:
		return m.quitNow()
	}
	return nil
}

// opening opens a session outside the event loop.
func (m *Model) opening(edit bool, open func() (*runbook.Session, error)) tea.Cmd {
	return func() tea.Msg {
		s, err := open()
		return openedMsg{s, err, edit}
	}
}

func (m *Model) openedSession(msg openedMsg) tea.Cmd {
	if msg.err != nil {
		m.push(&reader{title: "This migration can't be opened", write: func(p *page) { p.text(0, msg.err.Error(), p.th.Text) }})
		return nil
	}
	m.session = msg.session
	m.board(msg.session)
	if msg.edit {
		return tea.Batch(m.follow(), m.performKey("E"))
	}
	return tea.Batch(m.follow(), m.absence())
}

// sketch draws an unfinished migration as a picture.
func (m *Model) sketch(c *paint.Canvas, mig *migration.Migration) {
	w, h := c.Size()
	r := &runbook.Runbook{Migration: mig, Source: mig.Organization.Source}
	var p *runbook.Progress
	facts := diagram.Facts{}
	if m.snap.Runbook != nil { // an edit: what is known of the run stays in sight
		edited := *m.snap.Runbook
		edited.Migration, edited.Source = mig, mig.Organization.Source
		r, p = &edited, m.snap.Progress
		facts.Answers, facts.Builds = m.facts.Answers, m.facts.Builds
	}
	diagram.Lay(r, p, facts, diagram.Options{View: diagram.Now, Width: w, Height: h}).Draw(c, m.th, 0, false, nil)
}
