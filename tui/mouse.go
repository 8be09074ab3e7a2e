package tui

import (
	tea "charm.land/bubbletea/v2"

	"coexist/tui/paint"
)

// clickMsg is a click on something that was recorded while drawing. do is what
// it means: a key press, a message of the dialog on top, or one of the board's
// below.
type clickMsg struct{ do any }

// What clicks on the board mean.
type (
	focusHit struct{ region region }
	rowHit   struct{ key string }
	itemHit  struct{ item int }
	panelHit struct{ id string }
	keyHit   struct{ key string }
	viewHit  struct{ view int }
	nextHit  struct{}
)

// onMouse answers a click from the very frame that is seen.
func (m *Model) onMouse(msg tea.MouseMsg) tea.Cmd {
	c, ok := msg.(tea.MouseClickMsg)
	if !ok || c.Button != tea.MouseLeft {
		return nil
	}
	found := m.canvas.At(c.X, c.Y)
	if found == nil {
		return nil
	}
	if inner, ok := found.(clickMsg); ok {
		found = inner.do
	}
	return func() tea.Msg { return clickMsg{found} }
}

func (m *Model) click(msg clickMsg) tea.Cmd {
	if k, ok := msg.do.(tea.KeyPressMsg); ok {
		return m.key(k)
	}
	if m.start != nil {
		return m.toStart(msg.do)
	}
	if d := m.top(); d != nil {
		return m.toDialog(d, msg.do)
	}
	if m.engine == nil {
		return nil
	}
	m.message = ""
	switch hit := msg.do.(type) {
	case focusHit:
		m.setFocus(hit.region)
	case rowHit:
		m.setFocus(tasksRegion)
		if m.cursor == hit.key {
			return m.open()
		}
		m.selectRow(hit.key)
	case itemHit:
		again := m.focus == detailRegion && m.item == hit.item
		m.setFocus(detailRegion)
		m.item = hit.item
		if again {
			return m.openItem()
		}
	case panelHit:
		again := m.focus == diagramRegion && m.panel == hit.id
		m.panel = hit.id
		m.setFocus(diagramRegion)
		if again {
			m.showOnly(hit.id)
		}
	case viewHit:
		m.setFocus(diagramRegion)
		return moment(hit.view - int(m.view))(m)
	case keyHit:
		return m.performKey(hit.key)
	case nextHit:
		m.toNext()
	}
	return nil
}

// wheel scrolls what is under the pointer.
func (m *Model) wheel(msg tea.MouseWheelMsg) tea.Cmd {
	if m.start != nil {
		return m.toStart(msg)
	}
	if d := m.top(); d != nil {
		return m.toDialog(d, msg)
	}
	if m.engine == nil {
		return nil
	}
	d := 3
	if msg.Button == tea.MouseWheelUp {
		d = -3
	} else if msg.Button != tea.MouseWheelDown {
		return nil
	}
	f := m.layout()
	for r := range f.regions {
		if !(paint.R(msg.X, msg.Y, 1, 1)).In(f.regions[r]) {
			continue
		}
		switch region(r) {
		case diagramRegion:
			m.tops[diagramRegion] += d
			m.loose()
		case tasksRegion:
			m.moveRow(d)
		case detailRegion:
			m.scrollDetail(d)
		}
	}
	return nil
}

func (m *Model) paste(msg tea.PasteMsg) tea.Cmd {
	switch {
	case m.h > 0 && !m.layout().fits: // nothing is shown that it could go into
	case m.start != nil:
		return m.toStart(msg)
	case m.top() != nil:
		return m.toDialog(m.top(), msg)
	case m.typing:
		m.filter.Insert(msg.Content)
		m.keepCursor()
	}
	return nil
}
