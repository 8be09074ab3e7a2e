package tui

import (
	"fmt"
	"strings"

	"coexist/runbook"
	"coexist/tui/diagram"
	"coexist/tui/paint"
)

// phasePage writes out a step or phase: its words and its gate.
func phasePage(th *paint.Theme, width int, v detailView, row outlineRow) *detailPage {
	d := &detailPage{page: newPage(th, width-3)}
	title := row.title
	if row.number != "" {
		title = row.number + "  " + title
	}
	d.text(0, title, th.Strong)
	if row.phase == nil {
		d.roundsSummary(v, row)
		d.slide(row)
		return d
	}
	st := v.snap.Progress.Phases[row.phase.ID]
	if st == nil {
		return d
	}
	g, style := look(th, st.Status)
	d.pair([]span{{fmt.Sprintf("%d of %d required tasks done", st.Done, st.Total), th.Dim}}, span{g + " " + string(st.Status), style})
	if s := toDo(runbook.Remaining(row.phase, v.snap.Progress, v.now)); s != "" && !st.Complete {
		d.text(0, s, th.Dim)
	}
	if !st.Open {
		d.head("The gate before it is closed", span{"enter", th.Keys}, span{" to work through it", th.Dim})
		d.begin(item{gate: true})
		d.blockers(st.Blockers, 12)
		d.end()
	} else if len(st.Remaining) > 0 {
		d.head("Still needed for the next step", span{plural(len(st.Remaining), "line", "lines"), th.Dim})
		d.begin(item{gate: true})
		d.blockers(st.Remaining, 12)
		d.end()
	} else if st.Complete {
		d.blank()
		d.text(0, "Everything the next gate asks for is there.", th.Good)
	}
	d.slide(row)
	return d
}

func (d *detailPage) roundsSummary(v detailView, row outlineRow) {
	if row.step == nil {
		return
	}
	d.blank()
	for _, p := range row.step.Phases {
		if row.round != "" && p.Round != row.round {
			continue
		}
		if st := v.snap.Progress.Phases[p.ID]; st != nil {
			g, style := look(d.th, st.Status)
			d.pair([]span{{g + " ", style}, {phaseTitle(p), d.th.Text}}, span{fmt.Sprintf("%d/%d  %s", st.Done, st.Total, st.Status), style})
		}
	}
}

func (d *detailPage) slide(row outlineRow) {
	if row.step == nil || row.depth > 0 {
		return
	}
	for _, part := range []struct {
		title string
		lines []string
	}{{"From the slide", row.step.Slide}, {"Facts", row.step.Facts}} {
		if len(part.lines) == 0 {
			continue
		}
		d.head(part.title)
		for _, s := range part.lines {
			d.labelled(1, 2, d.th.Glyphs.Dot, s, d.th.Dim, d.th.Text)
		}
	}
}

func (p *page) blockers(list []runbook.Blocker, most int) {
	for i, b := range list {
		if i == most {
			p.text(1, fmt.Sprintf("and %d more", len(list)-most), p.th.Dim)
			return
		}
		g, style := look(p.th, b.Status)
		p.labelled(1, 2, g, b.Text, style, p.th.Text)
	}
}

// panelPage writes out a panel of the picture.
func panelPage(th *paint.Theme, width int, panel *diagram.Panel) *detailPage {
	d := &detailPage{page: newPage(th, width-3)}
	title := panel.Title
	switch panel.Kind {
	case diagram.OldPanel:
		title = strings.Replace(title, "E20", "Exchange 20", 1)
	case diagram.CASPanel:
		title = "Exchange 2013 Client Access"
	case diagram.MBXPanel:
		title = "Exchange 2013 Mailbox"
	}
	if panel.Site != "" && !strings.Contains(title, panel.Site) {
		title += " · " + panel.Site
	}
	d.text(0, title, th.Strong)
	d.blank()
	for _, f := range panel.Facts() {
		if f == panel.Title || f == "Name: "+panel.Title {
			continue // said already
		}
		d.labelled(0, 2, th.Glyphs.Dot, f, th.Dim, th.Text)
	}
	d.blank()
	d.add(span{"enter", th.Keys}, span{" shows its tasks alone", th.Dim})
	return d
}
