package tui

import (
	tea "charm.land/bubbletea/v2"

	"coexist/checks"
	"coexist/runbook"
)

// Where nothing can be recorded, checks are tried: run all the same, shown, and
// gone. They count for no gate.

// trying tells that checks would run without being recorded.
func (m *Model) trying() bool { return m.whyReadOnly() != "" }

// newTried shows the results of checks that were not recorded.
func (m *Model) newTried(results []checks.Result) dialog {
	snap, why := m.snap, m.whyReadOnly()
	return &reader{title: "Tried, not recorded", extra: []hint{{key: "ctrl+g", does: "gate"}}, on: map[string]func(*Model) tea.Cmd{"ctrl+g": (*Model).gate},
		write: func(p *page) {
			p.text(0, "These results are not in the record and count for no gate. "+trimDot(why)+".", p.th.Warn)
			p.text(0, tally(results)+".", p.th.Text)
			for _, v := range verdictsByNeed {
				p.verdictGroup(withoutStates(snap), v, results)
			}
		}}
}

// withoutStates is a snapshot that tells nothing of earlier results.
func withoutStates(s runbook.Snapshot) runbook.Snapshot {
	s.Progress = &runbook.Progress{}
	return s
}
