package tui

import (
	"fmt"
	"slices"
	"time"

	tea "charm.land/bubbletea/v2"

	"coexist/runbook"
	"coexist/tui/diagram"
	"coexist/tui/paint"
)

type startTime = time.Time

// rowState returns glyph, word and style of an outline row.
func (m *Model) rowState(r outlineRow, running map[string]time.Time) (glyph, word string, st paint.Style) {
	if r.task == nil {
		status := m.rowStatus(r)
		glyph, st = look(m.th, status)
		word = string(status)
		if r.phase != nil {
			if ps := m.snap.Progress.Phases[r.phase.ID]; ps != nil && ps.Total > 0 && status != runbook.Done && status != runbook.Locked {
				word = fmt.Sprintf("%d/%d %s", ps.Done, ps.Total, word)
			}
		}
		return glyph, word, st
	}
	ts := m.snap.Progress.Tasks[r.task.ID]
	if ts == nil {
		g, s := look(m.th, runbook.Locked)
		return g, string(runbook.Locked), s
	}
	var first time.Time
	n := 0
	for _, c := range r.task.Checks {
		if at, ok := running[c.ID]; ok {
			n++
			if first.IsZero() || at.Before(first) {
				first = at
			}
		}
	}
	if n > 0 {
		return m.th.Glyphs.Running, fmt.Sprintf("checking %d s", int(m.now().Sub(first).Seconds())), m.th.Info
	}
	glyph, st = look(m.th, ts.Status)
	word = string(ts.Status)
	if ts.Total > 0 && (ts.Status == runbook.Running || ts.Status == runbook.Waiting) {
		word = fmt.Sprintf("%d/%d %s", ts.Pass, ts.Total, word)
	}
	if left := ts.WaitUntil.Sub(m.snap.Progress.Now); ts.Status == runbook.Waiting && left > 0 {
		word = string(ts.Status) + " " + toWait(left)
	}
	return glyph, word, st
}

func (m *Model) rowStatus(r outlineRow) runbook.Status {
	switch {
	case r.phase != nil:
		if st := m.snap.Progress.Phases[r.phase.ID]; st != nil {
			return st.Status
		}
	case r.round != "":
		part := &runbook.Step{}
		for _, p := range r.step.Phases {
			if p.Round == r.round {
				part.Phases = append(part.Phases, p)
			}
		}
		return diagram.StepStatus(part, m.snap.Progress)
	case r.step != nil:
		return diagram.StepStatus(r.step, m.snap.Progress)
	}
	return runbook.Locked
}

// piece is a part of the status line; the least important go first when there
// is no room.
type piece struct {
	text  string
	style paint.Style
	rank  int  // 0 stays always
	cut   bool // may be shortened
}

// drawStatus writes the one line that is always true.
func (m *Model) drawStatus(c *paint.Canvas) {
	w, _ := c.Size()
	c.Fill(paint.R(0, 0, w, 1), m.th.Bar)
	left, right := m.statusPieces()
	for fits(left, right) > w-2 {
		if !dropLeast(&left, &right) {
			break
		}
	}
	for i := range left { // the name gives way to what is in force
		if over := fits(left, right) - (w - 2); over > 0 && left[i].cut {
			left[i].text = paint.Cut(left[i].text, max(paint.Width(left[i].text)-over, 8))
		}
	}
	x := 1
	for i, p := range left {
		if i > 0 {
			x += c.Text(x, 0, -1, "  ", m.th.Bar)
		}
		x += c.Text(x, 0, w-x, p.text, p.style)
	}
	x = w - 1
	for i := len(right) - 1; i >= 0; i-- {
		n := paint.Width(right[i].text)
		c.Text(x-n, 0, n, right[i].text, right[i].style)
		x -= n + 2
	}
}

func fits(lists ...[]piece) int {
	n := 0
	for _, l := range lists {
		for _, p := range l {
			n += paint.Width(p.text) + 2
		}
	}
	return n
}

func dropLeast(lists ...*[]piece) bool {
	var from *[]piece
	at, rank := 0, 0
	for _, l := range lists {
		for i, p := range *l {
			if p.rank > rank {
				from, at, rank = l, i, p.rank
			}
		}
	}
	if from == nil {
		return false
	}
	*from = append((*from)[:at:at], (*from)[at+1:]...)
	return true
}

func (m *Model) statusPieces() (left, right []piece) {
	r, p := m.snap.Runbook, m.snap.Progress
	bar := m.th.Bar
	text, dim := m.th.Strong.On(bar), m.th.Dim.On(bar)
	if p.Rehearsal != "" {
		left = append(left, piece{" REHEARSAL ", m.th.Alarm, 0, false})
	}
	if m.snap.Broken != "" {
		left = append(left, piece{" JOURNAL BROKEN ", m.th.Danger, 0, false})
	} else if m.snap.ReadOnly {
		left = append(left, piece{" READ-ONLY ", m.th.Alarm, 0, false})
	}
	if p.Backout != nil {
		left = append(left, piece{" BACKING OUT ", m.th.Danger, 0, false})
	}
	left = append(left, piece{text: r.Migration.Organization.Name, style: text, cut: true},
		piece{r.Source + " " + m.th.Glyphs.To + " " + r.Migration.Target.Release, dim, 5, false},
		piece{fmt.Sprintf("step %d of %d", m.stepNow(), len(r.Steps)), text, 0, false})
	left = append(left, m.timePieces()...)
	if begun, done, total := m.runCount(); total > 0 {
		word := fmt.Sprintf("%d running %d/%d", begun, done, total)
		word += fmt.Sprintf(" %d s", int(m.now().Sub(m.active[0].started).Seconds()))
		left = append(left, piece{word, m.th.Info.On(bar), 0, false})
	}
	if m.operator != "" {
		right = append(right, piece{m.operator, dim, 3, false})
	} else {
		right = append(right, piece{"no operator yet", dim, 6, false})
	}
	if !p.Last.IsZero() {
		right = append(right, piece{"saved " + clock(p.Last, m.now()), dim, 2, false})
	} else {
		right = append(right, piece{"nothing recorded yet", dim, 2, false})
	}
	return left, right
}

// drawMessage writes what the last key did, and the next action where there is
// room for both; otherwise the next action alone. What does not fit one line
// takes lines of the board above it until the next key: a refusal that is cut
// is no answer.
func (m *Model) drawMessage(c *paint.Canvas, at paint.Rect) {
	w := at.Dx()
	if m.message == "" {
		m.drawNext(c.In(at), 1)
		return
	}
	st, g := m.th.Text, m.th.Glyphs.Dot
	if m.alarming {
		st, g = m.th.Warn, m.th.Glyphs.Warn
	}
	lines := paint.Wrap(m.message, w-4)
	at.Min.Y = max(at.Max.Y-len(lines), 0)
	v := c.In(at)
	v.Fill(paint.R(0, 0, w, at.Dy()), paint.Style{})
	v.Text(1, 0, 1, g, st)
	used := 0
	for i, l := range lines {
		used = 3 + v.Text(3, i, w-4, l, st)
	}
	if last := v.In(paint.R(0, len(lines)-1, w, 1)); used+nextRoom <= w && m.top() == nil {
		m.drawNext(last, used+2)
	}
}

// nextRoom is what the next action needs behind a message to say anything.
const nextRoom = 32

// drawNext writes the next action behind the key that goes there; so does a
// click.
func (m *Model) drawNext(c *paint.Canvas, x int) {
	w, _ := c.Size()
	n := c.Text(x, 0, -1, ".", m.th.Keys)
	n += c.Text(x+n, 0, -1, " next ", m.th.Dim)
	n += c.Text(x+n, 0, w-x-n-1, m.advice().text, m.th.Strong)
	c.Hit(paint.R(x, 0, n, 1), nextHit{})
}

// drawKeys writes the keys that make sense here. One that can't act now stays,
// dimmed; pressing it says why.
func (m *Model) drawKeys(c *paint.Canvas) {
	w, _ := c.Size()
	if m.typing {
		drawHints(c.In(paint.R(1, 0, w-2, 1)), m.th, []hint{{key: "enter", does: "keep the filter"}, {key: "esc", does: "drop it"}, {key: "↑↓", does: "select"}}, false)
		return
	}
	tail := []hint{{key: "?", does: "help", msg: keyHit{"?"}}, {key: "q", does: "quit", msg: keyHit{"q"}}}
	room := 0
	for _, h := range tail {
		room += paint.Width(h.key+h.does) + 3
	}
	drawHints(c.In(paint.R(1, 0, w-room-3, 1)), m.th, m.hints(), false)
	drawHints(c.In(paint.R(w-room, 0, room, 1)), m.th, tail, false)
}

// hints are the keys for the focused region, the likeliest first.
func (m *Model) hints() []hint {
	var keys []string
	switch m.focus {
	case diagramRegion:
		keys = []string{"enter", "tab", "[", "]", "R", "z", ":"}
	case tasksRegion:
		keys = []string{"enter", "space", "r", "y", "tab", "R", "n", "/", "ctrl+g", ":"}
		if t := m.task(); t == nil {
			keys = []string{"enter", "R", "ctrl+g", "tab", "/", "z", ":"}
		} else {
			keys = slices.Insert(keys, 1, m.wanted()...)
		}
	case detailRegion:
		keys = m.detailKeys()
	}
	if len(m.active) > 0 {
		keys = append([]string{"x"}, keys...)
	}
	var out []hint
	for _, k := range keys {
		for _, a := range m.actions {
			for _, own := range a.keys {
				if own == k {
					out = append(out, hint{key: k, does: a.brief, off: a.why(m) != "", msg: keyHit{k}})
				}
			}
		}
	}
	return out
}

// wanted are the keys that bring an open task on besides marking it: what a
// person has to state, what has to be filled in.
func (m *Model) wanted() []string {
	var keys []string
	if ts := m.snap.Progress.Tasks[m.task().ID]; ts == nil || ts.Status == runbook.Locked {
		return nil
	}
	if m.whyNoAttest() == "" {
		keys = append(keys, "a")
	}
	if m.whyNoFill() == "" {
		keys = append(keys, "i")
	}
	return keys
}

func (m *Model) detailKeys() []string {
	it, _ := m.focusedItem()
	switch {
	case it.command != nil:
		return []string{"y", "v", "space", "r", "b", "n", "tab", ":"}
	case it.check != nil && it.check.Kind == "attest":
		return []string{"a", "t", "w", "space", "n", "tab", ":"}
	case it.check != nil && it.check.Kind == "cmdlet":
		return []string{"s", "i", "t", "w", "a", "space", "tab", ":"}
	case it.check != nil:
		return []string{"r", "t", "w", "a", "space", "y", "tab", ":"}
	case it.capture != nil:
		return []string{"i", "s", "y", "w", "space", "tab", ":"}
	case it.ask != nil:
		return []string{"i", "space", "tab", ":"}
	case it.undo:
		return []string{"b", "n", "tab", ":"}
	}
	return []string{"enter", "R", "ctrl+g", "tab", ":"}
}

var _ tea.Model = (*Model)(nil)
