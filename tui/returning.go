package tui

import (
	"fmt"
	"slices"
	"time"

	tea "charm.land/bubbletea/v2"

	"coexist/runbook"
)

// absenceMsg brings what happened to a run while nobody worked on it.
type absenceMsg struct {
	of   runbook.Snapshot
	gone runbook.Absence
}

// absence looks, behind the first frame, what happened to the run since its
// last entry.
func (m *Model) absence() tea.Cmd {
	snap, e := m.snap, m.engine
	if p := snap.Progress; p == nil || p.Last.IsZero() || p.Now.Sub(p.Last) < time.Minute {
		return nil
	}
	return func() tea.Msg { return absenceMsg{snap, e.Since(snap)} }
}

// welcome shows it: first what must be read, then what does not count any more,
// then what comes next. Where a dialog is open already it waits below.
func (m *Model) welcome(msg absenceMsg) {
	if m.snap.Path != msg.of.Path || !msg.gone.Worth() || m.start != nil {
		return
	}
	if m.alerts != nil {
		m.remove(m.alerts)
	}
	m.dialogs = append([]dialog{m.newWelcome(msg.gone, msg.of.Progress.Alerts)}, m.dialogs...)
}

func (m *Model) newWelcome(a runbook.Absence, alerts []string) dialog {
	d := &reader{title: "Since you left", back: "go on"}
	d.write = func(p *page) { m.writeAbsence(p, a, alerts) }
	var again []string
	for _, c := range slices.Concat(a.Stale, a.Regressed) {
		if runnable(c) {
			again = append(again, c.ID)
		}
	}
	if len(again) > 0 {
		d.on = map[string]func(*Model) tea.Cmd{"r": func(m *Model) tea.Cmd {
			return m.perform(action{records: true, why: (*Model).whyReadOnly, do: func(m *Model) tea.Cmd { return m.startRun(again) }})
		}}
		d.extra = []hint{{key: "r", does: "check " + plural(len(again), "result", "results") + " again"}}
	}
	return d
}

// mostNamed is how many of a kind are named before the rest is counted.
const mostNamed = 6

func (m *Model) writeAbsence(p *page, a runbook.Absence, alerts []string) {
	th, now := p.th, m.snap.Progress.Now
	s := longTime(a.Away) + " since the last entry, " + clock(a.Last, now)
	if a.By != "" {
		s += " by " + a.By
	}
	p.text(0, s+".", th.Dim)
	for _, text := range alerts {
		p.blank()
		p.labelled(0, 2, th.Glyphs.Warn, text, th.Warn, th.Text)
	}
	p.checkList("Not green any more", "passed once, and fail now", a.Regressed, runbook.Failed)
	p.checkList("Too old to count", "to be checked again before the gates that rest on them", a.Stale, runbook.Stale)
	p.checkList("Waivers that expired", "the checks count again as they were found", a.Lapsed, runbook.Failed)
	if len(a.Closed) > 0 {
		p.head("Gates closed again", span{plural(len(a.Closed), "gate", "gates"), th.Dim})
		for _, ph := range a.Closed {
			p.labelled(1, 2, th.Glyphs.Locked, fmt.Sprintf("%d %s", ph.Step, phaseTitle(ph)), th.Warn, th.Text)
		}
	}
	if len(a.WaitsOver) > 0 {
		p.head("Waits that are over")
		for _, t := range a.WaitsOver {
			p.labelled(1, 2, th.Glyphs.Waiting, onTarget(t), th.Good, th.Text)
		}
	}
	if len(a.Stale)+len(a.Regressed)+len(a.Lapsed)+len(a.Closed)+len(a.WaitsOver) == 0 {
		p.blank()
		p.labelled(0, 2, th.Glyphs.Done, "Nothing fell back meanwhile: every result that counted still does.", th.Good, th.Text)
	}
	p.head("Next")
	p.text(1, m.advice().text, th.Strong)
	for _, one := range m.timePieces() {
		p.text(1, one.text, th.Dim)
	}
}

// checkList names checks of one kind, the first of them each in a line.
func (p *page) checkList(title, about string, list []*runbook.Check, as runbook.Status) {
	if len(list) == 0 {
		return
	}
	g, st := look(p.th, as)
	p.head(title, span{plural(len(list), "check", "checks"), p.th.Dim})
	p.text(1, about, p.th.Dim)
	for i, c := range list {
		if i == mostNamed && len(list) > mostNamed+1 {
			p.text(3, fmt.Sprintf("and %d more", len(list)-i), p.th.Dim)
			return
		}
		p.pair([]span{{" " + g + " ", st}, {c.Title, p.th.Text}}, span{c.Task.Label, p.th.Dim})
	}
}
