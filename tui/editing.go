package tui

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"

	"coexist/runbook"
	"coexist/runbook/journal"
	"coexist/tui/intake"
)

// Editing the migration of a run: the forms of the intake on the present
// answers, a preview of what that changes in the runbook, and only then the
// file, a new session and the entry in the journal.

// editMsg brings the forms, or why there are none.
type editMsg struct {
	forms Start
	err   error
}

func (m *Model) whyNoEdit() string {
	switch why := m.whyReadOnly(); {
	case why != "":
		return why
	case m.cfg.Edit == nil || m.cfg.Reopen == nil || m.session == nil:
		return "The migration can't be edited from here; edit its file and open it again."
	case len(m.active) > 0:
		return "Checks are running on these facts; x cancels them, then E edits."
	}
	return ""
}

func (m *Model) edit() tea.Cmd {
	path, edit, sketch := m.snap.Path, m.cfg.Edit, m.sketch
	return func() tea.Msg {
		forms, err := edit(path, sketch)
		return editMsg{forms, err}
	}
}

func (m *Model) editing(msg editMsg) {
	if msg.err != nil {
		m.warn("Not to be edited: " + msg.err.Error())
		return
	}
	m.start = msg.forms
	m.start.SetTheme(m.th)
	m.start.SetSize(m.w, m.h)
}

// endEdit goes back to the board; what was typed is kept as a draft.
func (m *Model) endEdit() {
	err := m.start.KeepDraft()
	m.start = nil
	if err != nil {
		m.warn("Back on the board; the draft was not kept: " + err.Error())
		return
	}
	m.say("Back on the board; the migration is as it was. E goes on with what you typed.")
}

// previewMsg brings what an edit would change.
type previewMsg struct {
	wait   dialog // shown meanwhile
	change *runbook.Change
	err    error
}

func (m *Model) preview(wish intake.Review) tea.Cmd {
	e := m.engine
	if e == nil {
		return nil
	}
	wait := &reader{title: previewTitle, write: func(p *page) { p.text(0, "Working out what the answers change …", p.th.Dim) }, back: "back to the answers"}
	m.push(wait)
	return func() tea.Msg {
		change, err := e.Preview(wish.Data)
		return previewMsg{wait, change, err}
	}
}

const previewTitle = "What this changes in the runbook"

// previewed shows what an edit would change; s writes it.
func (m *Model) previewed(msg previewMsg) {
	if m.start == nil || !slices.Contains(m.dialogs, msg.wait) {
		return // gone back meanwhile
	}
	m.remove(msg.wait)
	if msg.err != nil {
		m.push(&reader{title: "These answers can't be used", write: func(p *page) { p.text(0, msg.err.Error(), p.th.Bad) }})
		return
	}
	m.edits = msg.change.String()
	save := func(m *Model) tea.Cmd {
		if m.start == nil {
			return nil
		}
		cmd, wish := m.start.Update(intake.Confirm{})
		return tea.Batch(cmd, m.fulfil(wish))
	}
	m.push(&reader{title: previewTitle, write: func(p *page) { writeChange(p, msg.change) },
		extra: []hint{{key: "s", does: "save it"}}, on: map[string]func(*Model) tea.Cmd{"s": save, "ctrl+s": save}, back: "back to the answers"})
}

// reopenedMsg brings the session on the edited migration, or the one on the
// old text where the edited one can't be used.
type reopenedMsg struct {
	session *runbook.Session
	err     error
}

// rewritten opens the migration anew after its file was written. Where that
// fails the file is put back, and work goes on as before.
func (m *Model) rewritten(wish intake.Rewritten) tea.Cmd {
	old, was, reopen, operator := m.session, m.snap, m.cfg.Reopen, m.operator
	if old == nil {
		return nil
	}
	return func() tea.Msg {
		closing := old.Close() // the lock is given back all the same: what is recorded is on the disk
		if closing != nil {
			closing = fmt.Errorf("close the journal: %w", closing)
		}
		s, err := reopen(was)
		if err != nil {
			err = errors.Join(fmt.Errorf("the edited migration can't be opened, so the file is as it was: %w", err), wish.Undo())
			var again error
			s, again = reopen(was)
			return reopenedMsg{session: s, err: errors.Join(closing, err, again, sign(s, operator))}
		}
		return reopenedMsg{session: s, err: errors.Join(closing, sign(s, operator), wish.Settle())}
	}
}

// changed takes in what another instance wrote. When that was an edit of the
// migration, this one reads the edited file as well.
func (m *Model) changed(snap runbook.Snapshot) tea.Cmd {
	known := len(m.snap.Events)
	m.take(snap)
	if len(snap.Events) < known || !slices.ContainsFunc(snap.Events[known:], func(e journal.Event) bool { return e.Kind == runbook.EventMigration }) {
		return m.follow()
	}
	old, was, reopen := m.session, m.snap, m.cfg.Reopen
	if old == nil || reopen == nil || was.Progress.Rehearsal != "" || len(m.active) > 0 {
		m.warn("The migration was edited elsewhere: leave and open it again to see the new plan.")
		return m.follow()
	}
	m.edits = "the migration was edited elsewhere"
	return func() tea.Msg {
		closing := old.Close()
		s, err := reopen(was)
		return reopenedMsg{session: s, err: errors.Join(closing, err)}
	}
}

// sign records who works in a session that was just opened.
func sign(s *runbook.Session, operator string) error {
	if s == nil || operator == "" {
		return nil
	}
	return s.SetOperator(operator)
}

// reopened goes on with the board where it was left.
func (m *Model) reopened(msg reopenedMsg) tea.Cmd {
	if msg.session == nil {
		m.push(&reader{title: "This migration can't be opened", write: func(p *page) { p.text(0, msg.err.Error(), p.th.Bad) }})
		return nil
	}
	m.session, m.engine, m.start = msg.session, msg.session, nil
	m.cfg.Session = nil // the one at work is closed when the wizard is left
	m.panel, m.only = "", ""
	m.take(msg.session.Snapshot())
	if msg.err != nil {
		m.push(&reader{title: "Not saved", write: func(p *page) { p.text(0, msg.err.Error(), p.th.Bad) }})
		return m.follow()
	}
	if m.snap.ReadOnly {
		m.say("Read anew: " + m.edits + ".")
		return m.follow()
	}
	m.say("Saved and recorded; " + m.edits + ".")
	return m.follow()
}

// writeChange writes what an edit would make of the run.
func writeChange(p *page, c *runbook.Change) {
	th := p.th
	if c.Nothing() {
		p.text(0, "No task and no check changes: only facts that none of them rests on.", th.Text)
		return
	}
	if c.Kept > 0 {
		p.labelled(0, 2, th.Glyphs.Done, plural(c.Kept, "finished task stays", "finished tasks stay")+" finished, with all evidence.", th.Good, th.Text)
	}
	if c.Results > 0 {
		p.labelled(0, 2, th.Glyphs.Dot, plural(c.Results, "recorded result belongs", "recorded results belong")+" to no check any more. They stay in the journal and in the export, as no longer in the plan.", th.Dim, th.Text)
	}
	section := func(title, about string, list []runbook.TaskChange, one func(runbook.TaskChange)) {
		if len(list) == 0 {
			return
		}
		p.head(title, span{plural(len(list), "task", "tasks"), th.Dim})
		p.text(0, about, th.Dim)
		phase := ""
		for _, t := range list {
			if name := phaseTitle(t.Task().Phase); name != phase {
				phase = name
				p.text(1, name, th.Dim)
			}
			one(t)
		}
	}
	section("Changed, confirm", "Carried out already, and the commands are others now: look at what is different, then mark them again.", c.Confirm, p.taskDiffers)
	section("Open again", "Finished until now. Other checks or other work stand before them now.", c.Again, func(t runbook.TaskChange) {
		p.taskMoves(t)
		p.text(5, t.Why, th.Dim)
	})
	if len(c.Closed) > 0 {
		p.head("Gates that close again")
		for _, ph := range c.Closed {
			p.labelled(1, 2, th.Glyphs.Locked, phaseTitle(ph), th.Warn, th.Text)
		}
	}
	section("No longer in the plan", "What was recorded of them stays in the journal.", c.Removed, p.taskGoes)
	section("Added", "New work.", c.Added, p.taskMoves)
	section("Reads differently", "Not carried out yet, or not touched in what was.", c.Changed, p.taskDiffers)
}

func (p *page) taskMoves(t runbook.TaskChange) {
	g, st := look(p.th, t.After)
	p.pair([]span{{"   " + g + " ", st}, {onTarget(t.Task()), p.th.Text}}, span{string(t.After), st})
}

func (p *page) taskGoes(t runbook.TaskChange) {
	g, st := look(p.th, t.Before)
	right := []span{{string(t.Before), st}}
	if t.Results > 0 {
		right = append([]span{{plural(t.Results, "result", "results") + " kept  ", p.th.Dim}}, right...)
	}
	p.pair([]span{{"   " + g + " ", st}, {onTarget(t.Task()), p.th.Text}}, right...)
}

// mostLines is how many lines of a command that changes are shown.
const mostLines = 4

func (p *page) taskDiffers(t runbook.TaskChange) {
	p.taskMoves(t)
	side := func(mark string, list []string) {
		for i, l := range list {
			if i == mostLines {
				p.text(7, fmt.Sprintf("and %s", plural(len(list)-i, "more line", "more lines")), p.th.Dim)
				return
			}
			p.labelled(5, 2, mark, strings.TrimSpace(l), p.th.Dim, p.th.Code)
		}
	}
	side("-", t.Gone)
	side("+", t.Come)
}
