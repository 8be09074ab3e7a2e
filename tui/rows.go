package tui

import (
	"coexist/runbook"
	"coexist/tui/paint"
)

// drawTaskRow writes one row of steps and tasks.
func (m *Model) drawTaskRow(c *paint.Canvas, r outlineRow, running map[string]startTime) {
	w, _ := c.Size()
	glyph, word, st := m.rowState(r, running)
	right := paint.Width(word)
	c.TextRight(w-2, 0, -1, word, st)
	x := 1 + r.depth*2
	if r.task == nil {
		fold := m.th.Glyphs.Folded
		if r.open {
			fold = m.th.Glyphs.Unfolded
		}
		c.Text(x, 0, 1, fold, m.th.Dim)
		c.Text(x+2, 0, 1, glyph, st)
		title := r.title
		if r.number != "" {
			title = r.number + " " + title
		}
		head := m.th.Strong
		if m.rowStatus(r) == runbook.Locked {
			head = m.th.Dim
		}
		c.Text(x+4, 0, w-x-right-8, title, head)
		return
	}
	c.Text(x, 0, 1, glyph, st)
	label := paint.Width(r.label)
	room := w - x - 2 - right - 4
	if label > 0 {
		room -= min(label, 14) + 2
	}
	title := m.th.Text
	if ts := m.snap.Progress.Tasks[r.task.ID]; ts == nil || ts.Status == runbook.Locked || ts.Status == runbook.Done {
		title = m.th.Dim
	}
	name := r.number + " " + r.title
	if r.task.Optional {
		name += " (optional)"
	}
	used := c.Text(x+2, 0, max(room, 8), name, title)
	if label == 0 {
		return
	}
	// Targets stand in a column of their own where there is room.
	at := max(x+2+used+2, w-2-max(right, 10)-2-min(label, 18))
	if w-at-right-3 > 3 {
		c.Text(at, 0, w-at-right-4, r.label, m.th.Dim)
	}
}
