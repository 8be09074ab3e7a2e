package tui

import (
	"context"
	"errors"

	tea "charm.land/bubbletea/v2"

	"coexist/checks"
	"coexist/runbook"
)

// engine is what the screens need of a session.
type engine interface {
	Snapshot() runbook.Snapshot
	Since(runbook.Snapshot) runbook.Absence
	Changed() <-chan struct{}
	Close() error
	SetOperator(name string) error
	RunChecks(ctx context.Context, ids []string, each func(checks.Update)) ([]checks.Result, error)
	TryChecks(ctx context.Context, ids []string, each func(checks.Update)) ([]checks.Result, error)
	MarkDone(taskID, typed string) error
	Reopen(taskID, why string) error
	Attest(checkID string, a runbook.Attestation) error
	Paste(checkID, text string) (checks.Result, error)
	Waive(w runbook.Waiver) error
	ReadWarning(checkID string, result int64) error
	Note(taskID, text string) error
	SetValue(key, value string) error
	UndoLast() (string, error)
	DeclareBackout(reason string) error
	Preview(text []byte) (*runbook.Change, error)
	MarkUndone(taskID string, how runbook.Undoing) error
	CheckUndone(taskID, check, found, note string) (runbook.UndoAnswer, error)
}

// snapMsg brings a new snapshot.
type snapMsg struct{ snap runbook.Snapshot }

// actedMsg tells how an act on the session ended, with the snapshot after it.
type actedMsg struct {
	said string
	err  error
	snap runbook.Snapshot
}

// act does one thing with the session outside the event loop and brings its
// outcome back.
func (m *Model) act(said string, do func(engine) error) tea.Cmd {
	e := m.engine
	if e == nil {
		return nil
	}
	return func() tea.Msg {
		err := do(e)
		return actedMsg{said: said, err: err, snap: e.Snapshot()}
	}
}

// acted shows the outcome of an act.
func (m *Model) acted(msg actedMsg) {
	forward := m.snap.Progress == nil || m.snap.Progress.Backout == nil
	m.take(msg.snap)
	if msg.err == nil {
		m.closeForm()
		m.say(msg.said)
		if forward && m.snap.Progress.Backout != nil { // just declared
			m.push(m.newRetreat())
		}
		return
	}
	if f := m.waiting(); f != nil {
		f.busy = false
		var refused *runbook.Refused
		if !errors.As(msg.err, &refused) || len(refused.Blockers) == 0 {
			f.problem = msg.err.Error()
			return
		}
		m.remove(f)
	}
	m.refuse(msg.err)
}

// refuse shows why something was not done.
func (m *Model) refuse(err error) {
	var refused *runbook.Refused
	if errors.As(err, &refused) && len(refused.Blockers) > 0 {
		m.bring(newGate(m, "Not yet: "+refused.Why, refused.Blockers))
		return
	}
	m.warn(err.Error())
}

// follow waits for another instance to write.
func (m *Model) follow() tea.Cmd {
	if m.engine == nil {
		return nil
	}
	return m.watch(m.ctx, m.engine)
}

func watch(ctx context.Context, e engine) tea.Cmd {
	ch := e.Changed()
	if ch == nil {
		return nil
	}
	return func() tea.Msg {
		select {
		case _, ok := <-ch:
			if !ok {
				return nil
			}
			return changedMsg{e.Snapshot()}
		case <-ctx.Done():
			return nil
		}
	}
}

// changedMsg brings what another instance wrote.
type changedMsg struct{ snap runbook.Snapshot }
