package tui

import (
	"fmt"
	"image"

	tea "charm.land/bubbletea/v2"

	"coexist/tui/paint"
)

// View returns the frame; the last one when nothing changed since.
func (m *Model) View() tea.View {
	if m.memo.framed && m.memo.frameRev == m.rev {
		return m.memo.frame
	}
	m.memo.frame, m.memo.frameRev, m.memo.framed = m.makeView(), m.rev, true
	return m.memo.frame
}

func (m *Model) makeView() tea.View {
	if m.opening != nil && !m.waited || m.failed != nil {
		return tea.NewView("") // the terminal stays as it is: opening may fail
	}
	cursor := m.paint()
	v := tea.NewView(m.canvas.Render())
	v.AltScreen = true
	v.WindowTitle = m.title()
	v.OnMouse = m.onMouse
	if m.mouse {
		v.MouseMode = tea.MouseModeCellMotion
	}
	if _, ok := m.top().(*plain); ok {
		v.MouseMode = tea.MouseModeNone
	}
	if cursor != nil {
		v.Cursor = tea.NewCursor(cursor.X, cursor.Y)
		v.Cursor.Blink = false
	}
	if _, done, total := m.runCount(); total > 0 {
		state := tea.ProgressBarDefault
		for _, r := range m.active {
			if r.failed > 0 {
				state = tea.ProgressBarError
			}
		}
		v.ProgressBar = tea.NewProgressBar(state, done*100/total)
	}
	return v
}

func (m *Model) title() string {
	if m.engine == nil || m.snap.Runbook == nil {
		return "coexist"
	}
	t := "coexist – " + paint.Escape(m.snap.Runbook.Migration.Organization.Name)
	if n := m.stepNow(); n > 0 {
		t += fmt.Sprintf(" – step %d of %d", n, len(m.snap.Runbook.Steps))
	}
	if m.snap.Progress.Rehearsal != "" {
		t += " – REHEARSAL"
	}
	return t
}

// stepNow is the number of the step where work goes on.
func (m *Model) stepNow() int {
	if m.memo.stepData == m.data {
		return m.memo.step
	}
	m.memo.step, m.memo.stepData = m.findStep(), m.data
	return m.memo.step
}

func (m *Model) findStep() int {
	id := currentPhase(m.snap.Runbook, m.snap.Progress)
	for _, s := range m.snap.Runbook.Steps {
		if ownsPhase(s, id) {
			return s.Number
		}
	}
	return 0
}

// paint draws the whole screen and returns where the cursor stands.
func (m *Model) paint() *image.Point {
	c := m.canvas
	c.Reset(m.w, m.h, m.cfg.ASCII)
	if m.w == 0 || m.h == 0 {
		return nil
	}
	var cursor *image.Point
	switch f := m.layout(); {
	case !f.fits:
		m.tooSmall(c)
		return nil
	case m.start != nil:
		if at, shown := m.start.Draw(c, paint.R(0, 0, m.w, m.h)); shown {
			cursor = &at
		}
	case m.opening != nil:
		c.Text(2, 1, -1, "Opening …  q gives up", m.th.Dim)
	case m.snap.Runbook == nil:
		c.Text(2, 1, -1, "Nothing is open.", m.th.Text)
	default:
		cursor = m.drawBoard(c, f)
	}
	if m.top() != nil { // its keys are on its frame; those below would do nothing
		c.Fill(paint.R(0, m.h-1, m.w, 1), paint.Style{})
	}
	for i, d := range m.dialogs {
		at := d.draw(c, m.th)
		if i == len(m.dialogs)-1 {
			cursor = at
		}
	}
	if m.top() != nil && m.message != "" { // the lowest line is the one that no dialog takes
		m.drawMessage(c, paint.R(0, m.h-1, m.w, 1))
	}
	return cursor
}

func (m *Model) tooSmall(c *paint.Canvas) {
	lines := []string{
		"This window is a little small.",
		fmt.Sprintf("It has %d×%d cells; coexist needs %d×%d.", m.w, m.h, minWidth, minHeight),
		"Make it larger, or use --plain.",
	}
	if _, done, total := m.runCount(); total > 0 {
		lines = append(lines, fmt.Sprintf("Checks go on: %d of %d. q cancels them and quits.", done, total))
	}
	y := max((m.h-len(lines))/2, 0)
	for i, l := range lines {
		for _, part := range paint.Wrap(l, max(m.w-2, 1)) {
			c.Text(max((m.w-paint.Width(part))/2, 0), y, m.w, part, m.th.Text)
			y++
		}
		if i == 0 {
			y++
		}
	}
}

func (m *Model) drawBoard(c *paint.Canvas, f frame) *image.Point {
	m.drawStatus(c.In(f.status))
	for _, r := range f.rules {
		if r.Dx() == 1 {
			c.Path(paint.Solid, m.th.Line, r.Min, image.Pt(r.Min.X, r.Max.Y-1))
		} else {
			c.Path(paint.Solid, m.th.Line, r.Min, image.Pt(r.Max.X-1, r.Min.Y))
		}
	}
	if !f.tabs.Empty() {
		m.drawTabs(c.In(f.tabs))
	}
	var cursor *image.Point
	for r, at := range f.regions {
		if at.Empty() {
			continue
		}
		v := c.In(at)
		v.Hit(paint.R(0, 0, at.Dx(), at.Dy()), focusHit{region(r)})
		body := v
		if f.tabs.Empty() {
			m.drawTitle(v, region(r))
			body = v.In(paint.R(0, 1, at.Dx(), at.Dy()-1))
		}
		switch region(r) {
		case diagramRegion:
			m.drawDiagram(body)
		case tasksRegion:
			head := v
			if !f.tabs.Empty() {
				head = c.In(f.tabs)
			}
			if at := m.drawFilter(head); at != nil {
				cursor = at
			}
			m.drawTasks(body)
		case detailRegion:
			m.drawDetail(body)
		}
	}
	if m.top() != nil { // a dialog shows its own keys, and what is said stands below it
		m.drawNext(c.In(f.message), 1)
		return cursor
	}
	m.drawMessage(c, f.message)
	m.drawKeys(c.In(f.keys))
	return cursor
}

// drawTitle writes the head of a region; the focused one has the accent.
func (m *Model) drawTitle(c *paint.Canvas, r region) {
	w, _ := c.Size()
	st := m.th.Dim
	if m.focus == r {
		st = m.th.Accent.Bold()
		c.Text(0, 0, 1, m.th.Glyphs.Mark, m.th.Accent)
	}
	title := regionNames[r]
	switch {
	case r == tasksRegion && (m.typing || m.filtered()):
		return
	case r == detailRegion:
		title = m.detailTitle()
	}
	c.Text(1, 0, -1, title, st)
	m.drawAside(c, r, w)
}

// drawAside writes what stands at the right of a region's head.
func (m *Model) drawAside(c *paint.Canvas, r region, w int) {
	switch r {
	case diagramRegion:
		m.drawMoments(c, w-21)
	case tasksRegion:
		if !m.typing && !m.filtered() {
			c.TextRight(w-1, 0, 20, m.progressWord(), m.th.Dim)
		}
	case detailRegion:
		h := m.detailHeight()
		if d, top, _ := m.shownDetail(h); len(d.lines) > h {
			c.TextRight(w-1, 0, 20, fmt.Sprintf("%d–%d of %d", top+1, min(top+h, len(d.lines)), len(d.lines)), m.th.Dim)
		}
	}
}

// progressWord sums the required tasks up.
func (m *Model) progressWord() string {
	if m.memo.wordData == m.data {
		return m.memo.word
	}
	done, total := 0, 0
	for _, p := range m.snap.Runbook.Phases {
		if st := m.snap.Progress.Phases[p.ID]; st != nil {
			done += st.Done
			total += st.Total
		}
	}
	m.memo.word, m.memo.wordData = fmt.Sprintf("%d of %d done", done, total), m.data
	return m.memo.word
}

// drawMoments writes before, now and after, the chosen one set off.
func (m *Model) drawMoments(c *paint.Canvas, x int) {
	x += c.Text(x, 0, -1, "[ ", m.th.Line)
	for i, word := range []string{"before", "now", "after"} {
		st := m.th.Dim
		if i == int(m.view) {
			st = m.th.Strong.Underlined()
		}
		n := c.Text(x, 0, -1, word, st)
		c.Hit(paint.R(x, 0, n, 1), viewHit{i})
		x += n + 1
	}
	c.Text(x, 0, -1, "]", m.th.Line)
}

func (m *Model) drawTabs(c *paint.Canvas) {
	if m.focus == tasksRegion && (m.typing || m.filtered()) {
		return // the filter takes the line
	}
	x := 1
	for r, name := range regionNames {
		st := m.th.Dim
		if region(r) == m.focus {
			st = m.th.Accent.Bold()
			if m.th.Profile != paint.FullColor {
				st = st.Underlined()
			}
		}
		n := c.Text(x, 0, -1, " "+name+" ", st)
		if region(r) == m.focus {
			c.Tint(paint.R(x, 0, n, 1), m.th.Inactive)
		}
		c.Hit(paint.R(x, 0, n, 1), focusHit{region(r)})
		x += n + 1
	}
	w, _ := c.Size()
	m.drawAside(c, m.focus, w)
}

func (m *Model) drawDiagram(c *paint.Canvas) {
	_, h := c.Size()
	pic := m.picture()
	m.tops[diagramRegion] = pic.Scroll(m.tops[diagramRegion], h)
	pic.Draw(c, m.th, m.tops[diagramRegion], m.focus == diagramRegion, func(id string) any { return panelHit{id} })
	drawBar(c, m.th, m.tops[diagramRegion], pic.H)
}

// drawFilter writes the filter in the head of the tasks.
func (m *Model) drawFilter(c *paint.Canvas) *image.Point {
	if !m.typing && !m.filtered() {
		return nil
	}
	w, _ := c.Size()
	x := 1
	if m.only != "" {
		title := m.only
		if p := m.picture().Panel(m.only); p != nil {
			title = p.Title
			if p.Site != "" && p.Site != p.Title && len(p.Servers) > 0 {
				title = list(p.Servers)
			}
		}
		x += c.Text(x, 0, w/2, "only "+title, m.th.Warn) + 2
	}
	hint := "esc shows all"
	if m.typing || m.filter.Value() != "" {
		x += c.Text(x, 0, -1, "/ ", m.th.Accent)
		at := m.filter.Draw(c.In(paint.R(x, 0, w-x-paint.Width(hint)-3, 1)), m.th.Text)
		c.TextRight(w-1, 0, -1, hint, m.th.Dim)
		if m.typing {
			return &at
		}
		return nil
	}
	c.TextRight(w-1, 0, w-x-1, hint, m.th.Dim)
	return nil
}

func (m *Model) drawTasks(c *paint.Canvas) {
	w, h := c.Size()
	o := m.outline()
	top := paint.Follow(m.tops[tasksRegion], o.at[m.cursor], h, len(o.rows))
	m.tops[tasksRegion] = top
	running := m.running()
	for y := range h {
		i := top + y
		if i >= len(o.rows) {
			break
		}
		line := c.In(paint.R(0, y, w, 1))
		if o.rows[i].key == m.cursor {
			ground := m.th.Inactive
			if m.focus == tasksRegion {
				ground = m.th.Select
			}
			line.Fill(paint.R(0, 0, w-2, 1), ground) // the bar and its gap stay as they are
			line.Text(0, 0, 1, m.th.Glyphs.Mark, m.th.Accent)
		}
		m.drawTaskRow(line, o.rows[i], running)
		line.Hit(paint.R(0, 0, w, 1), rowHit{o.rows[i].key})
	}
	if len(o.rows) == 0 {
		c.Text(2, 1, w-3, "No task fits. Esc shows all.", m.th.Dim)
	}
	drawBar(c, m.th, top, len(o.rows))
}

func (m *Model) drawDetail(c *paint.Canvas) {
	_, h := c.Size()
	d, top, item := m.shownDetail(h)
	d.draw(c, top, item, m.focus == detailRegion, m.itemOf)
	// How long a page is stands in the head. A thumb of one size stays where it is
	// when another page comes.
	drawThumb(c, m.th, top, len(d.lines), max(h/4, 1))
}
