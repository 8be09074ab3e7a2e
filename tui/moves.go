package tui

import (
	tea "charm.land/bubbletea/v2"

	"coexist/tui/diagram"
)

// move goes one step in the focused region.
func move(dx, dy int) func(*Model) tea.Cmd {
	return func(m *Model) tea.Cmd {
		switch m.focus {
		case diagramRegion:
			pic := m.picture()
			m.panel = pic.Move(dx, dy)
		case tasksRegion:
			switch {
			case dy != 0:
				m.moveRow(dy)
			case dx > 0:
				m.setFocus(detailRegion)
			default:
				m.setFocus(diagramRegion)
			}
		case detailRegion:
			if dx < 0 {
				m.setFocus(tasksRegion)
			}
			m.moveItem(dy)
		}
		return nil
	}
}

func (m *Model) setFocus(r region) {
	m.focus = r
	m.typing = m.typing && r == tasksRegion // the filter is typed where it is shown
	if r == diagramRegion && m.panel == "" {
		m.panel = m.picture().Focus
	}
}

func (m *Model) moveRow(d int) {
	o := m.outline()
	if len(o.rows) == 0 {
		return
	}
	i := o.at[m.cursor] + d
	m.selectRow(o.rows[max(min(i, len(o.rows)-1), 0)].key)
}

func (m *Model) selectRow(key string) {
	if m.cursor != key {
		m.cursor, m.item, m.tops[detailRegion] = key, 0, 0
	}
}

// moveItem goes to the next item of the task; where the text between is
// longer than the region it scrolls instead, so that nothing is jumped over.
func (m *Model) moveItem(d int) {
	if d == 0 {
		return
	}
	page := m.detail()
	h := m.detailHeight()
	next := m.item + d
	if next >= 0 && next < len(page.items) {
		first, last := page.span(next)
		top := m.tops[detailRegion]
		if d > 0 && first < top+h+2 || d < 0 && last >= top-2 {
			m.item = next
			m.tops[detailRegion] = page.follow(top, next, h)
			return
		}
	}
	m.tops[detailRegion] = page.clamp(m.tops[detailRegion]+d*max(h/2, 3), h)
}

func (m *Model) detailHeight() int {
	if h := m.bodyHeight(detailRegion); h > 0 {
		return h
	}
	return 18
}

// bodyHeight is the height of a region without its head.
func (m *Model) bodyHeight(r region) int {
	f := m.layout()
	h := f.regions[r].Dy()
	if f.tabs.Empty() {
		h--
	}
	return h
}

func (m *Model) pageUp() tea.Cmd   { return m.pageBy(-1) }
func (m *Model) pageDown() tea.Cmd { return m.pageBy(1) }

func (m *Model) pageBy(d int) tea.Cmd {
	h := max(m.layout().regions[m.focus].Dy()-3, 3)
	switch m.focus {
	case diagramRegion:
		m.tops[diagramRegion] += d * h
		m.loose()
	case tasksRegion:
		m.moveRow(d * h)
	case detailRegion:
		m.scrollDetail(d * h)
	}
	return nil
}

// scrollDetail scrolls the task and takes the focus along to an item in view.
func (m *Model) scrollDetail(d int) {
	page, h := m.detail(), m.detailHeight()
	top := page.clamp(m.tops[detailRegion]+d, h)
	m.tops[detailRegion] = top
	if first, last := page.span(m.item); first >= 0 && last >= top && first < top+h {
		return
	}
	for i := top; i < min(top+h, len(page.lines)); i++ {
		if it := page.lines[i].item; it >= 0 {
			m.item = it
			return
		}
	}
}

// loose moves the focus of the picture to a panel that is in view after the
// picture was scrolled.
func (m *Model) loose() {
	pic := m.picture()
	h := m.bodyHeight(diagramRegion)
	top := max(min(m.tops[diagramRegion], pic.H-h), 0)
	m.tops[diagramRegion] = top
	if f := pic.Panel(pic.Focus); f != nil && f.At.Min.Y >= top && f.At.Max.Y <= top+h {
		return
	}
	for _, p := range pic.Panels {
		if p.At.Min.Y >= top && p.At.Max.Y <= top+h {
			m.panel = p.ID
			return
		}
	}
}

func (m *Model) toFirst() tea.Cmd { return m.toEdge(false) }
func (m *Model) toLast() tea.Cmd  { return m.toEdge(true) }

func (m *Model) toEdge(last bool) tea.Cmd {
	switch m.focus {
	case diagramRegion:
		panels := m.picture().Panels
		if len(panels) > 0 {
			m.panel = panels[0].ID
			if last {
				m.panel = panels[len(panels)-1].ID
			}
		}
	case tasksRegion:
		d := -len(m.outline().rows)
		if last {
			d = -d
		}
		m.moveRow(d)
	case detailRegion:
		page := m.detail()
		m.item, m.tops[detailRegion] = 0, 0
		if last {
			m.item = max(len(page.items)-1, 0)
			m.tops[detailRegion] = page.clamp(len(page.lines), m.detailHeight())
		}
	}
	return nil
}

func cycle(d int) func(*Model) tea.Cmd {
	return func(m *Model) tea.Cmd {
		m.setFocus(region((int(m.focus) + d + 3) % 3))
		return nil
	}
}

func moment(d int) func(*Model) tea.Cmd {
	return func(m *Model) tea.Cmd {
		m.view = diagram.View(max(min(int(m.view)+d, int(diagram.After)), int(diagram.Before)))
		return nil
	}
}

func (m *Model) toggleZoom() tea.Cmd { m.zoom = !m.zoom; return nil }

func (m *Model) toggleMouse() tea.Cmd {
	m.mouse = !m.mouse
	if m.mouse {
		m.say("The mouse works here again.")
	} else {
		m.say("The mouse is the terminal's again: select text with it. m takes it back.")
	}
	return nil
}

func (m *Model) startFilter() tea.Cmd {
	m.typing = true
	m.setFocus(tasksRegion)
	return nil
}

// filterKey edits the filter: enter keeps it, esc drops it.
func (m *Model) filterKey(name, text string) tea.Cmd {
	switch name {
	case "enter":
		m.typing = false
	case "esc":
		m.typing = false
		m.filter.Set("")
		m.revealCursor()
	case "ctrl+c":
		return m.quit()
	case "up", "down":
		m.moveRow(map[string]int{"up": -1, "down": 1}[name])
	default:
		m.filter.Key(name, text)
		m.keepCursor()
	}
	return nil
}
