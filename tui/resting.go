package tui

import (
	"time"

	tea "charm.land/bubbletea/v2"
)

// While the cursor moves through a list, the region of the task stays as it is
// and follows once the cursor rests: on a slow line a held key then costs two
// rows a step, not a page. Whatever else happens shows the right page at once,
// so that no act is ever done beside a page of another task.

// toRest is how long the cursor stands still before the page follows.
const toRest = 150 * time.Millisecond

// lag is the page that is still shown while the cursor moves on.
type lag struct {
	page  *detailPage
	title string
	top   int
	item  int
	seq   int
}

// restMsg tells that the cursor had time to rest since move number seq.
type restMsg struct{ seq int }

// movesOn are the keys that move the cursor and do nothing else.
var movesOn = map[string]bool{"up": true, "down": true, "left": true, "right": true, "k": true, "j": true, "h": true, "l": true, "pgup": true, "pgdown": true}

// onMove carries out a key or a turn of the wheel that may move the cursor. was
// is the page that lagged behind until then.
func (m *Model) onMove(was *lag, do func() tea.Cmd) tea.Cmd {
	if m.engine == nil || m.start != nil || m.top() != nil || m.typing || m.layout().regions[detailRegion].Empty() {
		return do()
	}
	if was == nil {
		was = &lag{page: m.detail(), title: m.detailTitle(), top: m.tops[detailRegion], item: m.item}
	}
	focus, cursor, panel := m.focus, m.cursor, m.panel
	cmd := do()
	if m.focus != focus || m.focus == detailRegion || m.top() != nil || m.cursor == cursor && m.panel == panel {
		return cmd
	}
	m.moves++
	seq := m.moves
	timer := m.after(toRest, func(time.Time) tea.Msg { return restMsg{seq} })
	if timer == nil {
		return cmd
	}
	m.lag = &lag{was.page, was.title, was.top, was.item, seq}
	return tea.Batch(cmd, timer)
}

// rested drops the lagging page, unless the cursor has moved again since.
func (m *Model) rested(was *lag, msg restMsg) {
	if was == nil || was.seq != msg.seq {
		m.lag = was
		m.rev--
	}
}

// shownDetail is the page in the region of the task, with its first row and the
// item that has the focus.
func (m *Model) shownDetail(h int) (page *detailPage, top, item int) {
	if m.lag != nil {
		return m.lag.page, m.lag.page.clamp(m.lag.top, h), m.lag.item
	}
	page = m.detail()
	m.tops[detailRegion] = page.clamp(m.tops[detailRegion], h)
	return page, m.tops[detailRegion], m.item
}

// itemOf is what a click on an item of the shown page means; of a page that
// lags behind it means the region alone.
func (m *Model) itemOf(i int) any {
	if m.lag != nil {
		return focusHit{detailRegion}
	}
	return itemHit{i}
}

// detailTitle is the head of the region of the task.
func (m *Model) detailTitle() string {
	if m.lag != nil {
		return m.lag.title
	}
	if m.focus == diagramRegion {
		return "Panel"
	}
	if row, ok := m.row(); ok && row.task == nil {
		return "Step"
	}
	return regionNames[detailRegion]
}
