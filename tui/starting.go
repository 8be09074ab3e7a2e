package tui

import (
	"fmt"
	"image"
	"runtime/debug"
	"sync"
	"time"

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
		return m.openWith(wish.Edit, func() (*runbook.Session, error) { return m.cfg.Open(wish.Path) })
	case intake.Saved:
		return m.openWith(false, func() (*runbook.Session, error) { return m.cfg.Open(wish.Path) })
	case intake.Review:
		return m.preview(wish)
	case intake.Rewritten:
		return m.rewritten(wish)
	case intake.Back:
		m.endEdit()
		return nil
	case intake.Rehearse:
		if m.cfg.Rehearse == nil || m.cfg.Drills == nil {
			m.push(&reader{title: "Rehearsal", write: func(p *page) { p.text(0, "Rehearsals are not available here.", p.th.Text) }})
			return nil
		}
		m.push(m.newDrill(wish.Source))
		return nil
	case intake.Quit:
		return m.quitNow()
	}
	return nil
}

// openWith opens a session outside the event loop.
func (m *Model) openWith(edit bool, open func() (*runbook.Session, error)) tea.Cmd {
	if m.begun {
		return nil // a second enter; two sessions would keep each other from writing
	}
	m.begun = true
	return func() tea.Msg {
		s, err := open()
		return openedMsg{s, err, edit}
	}
}

// atOnce begins to open the session that main asked for and returns what waits
// for it. Nothing else recovers what panics in there, and the terminal would
// stay as it is.
func atOnce(open func() (*runbook.Session, error)) func() openedMsg {
	wait := sync.OnceValue(func() (out openedMsg) {
		defer func() {
			if r := recover(); r != nil {
				out.err = fmt.Errorf("opening broke off: %v\n%s", r, debug.Stack())
			}
		}()
		s, err := open()
		return openedMsg{session: s, err: err}
	})
	go wait()
	return wait
}

// awaitSession waits for that session. Until it is there nothing is drawn,
// unless that takes long.
func (m *Model) awaitSession() tea.Cmd {
	wait := m.opening
	if wait == nil {
		return nil
	}
	return tea.Batch(func() tea.Msg { return wait() }, m.after(aMoment, func(time.Time) tea.Msg { return slowMsg{} }))
}

// tidy gives back what the start has used up, once the first frame is out.
func (m *Model) tidy() tea.Cmd {
	return m.after(aMoment, func(time.Time) tea.Msg {
		debug.FreeOSMemory()
		return nil
	})
}

// aMoment is how long opening may take before the screen says that it does.
const aMoment = 300 * time.Millisecond

// slowMsg tells that a moment has passed.
type slowMsg struct{}

func (m *Model) openedSession(msg openedMsg) tea.Cmd {
	m.begun = false
	if m.opening != nil {
		m.opening = nil
		if msg.err != nil {
			m.failed = msg.err
			return tea.Quit
		}
	}
	if msg.err != nil {
		m.push(&reader{title: "This migration can't be opened", write: func(p *page) { p.text(0, msg.err.Error(), p.th.Text) }})
		return nil
	}
	m.session = msg.session
	m.board(msg.session)
	if msg.edit {
		return tea.Batch(m.follow(), m.tidy(), m.performKey("E"))
	}
	return tea.Batch(m.follow(), m.absence(), m.tidy())
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
