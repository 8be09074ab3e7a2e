package intake

import (
	"image"

	"coexist/tui/paint"
)

// helping lists every key of the intake over the page.
type helping struct{}

func helpKeys() []Key {
	return []Key{
		{"enter", "next question; open an item; press a button"},
		{"tab  shift+tab", "next and previous question, also ↓ and ↑"},
		{"space", "yes or no"},
		{"← →", "choose; on features the other column"},
		{"pgdn  pgup", "next and previous page; in an item: done"},
		{"esc", "one level up; what was typed is kept"},
		{"ctrl+s", "keep the draft now"},
		{"ctrl+r", "read from Active Directory, accept line by line"},
		{"ctrl+u  ctrl+k", "delete to the start or end of the line"},
		{"s  a", "add a site, a server or a test mailbox"},
		{"d  x", "duplicate, remove (asks first)"},
		{"p", "paste a list of servers"},
		{"J  K", "move down or up; the first is upgraded first"},
		{"?", "this, wherever no text is typed"},
	}
}

func (*helping) key(m *Model, name, _ string) {
	switch name {
	case "esc", "enter", "?", "q", "space":
		m.dialog = nil
	}
}

func (*helping) paste(*Model, string) {}
func (*helping) typing() bool         { return false }
func (*helping) keys() []Key          { return []Key{{"esc", "close"}} }

func (h *helping) draw(m *Model, c *paint.Canvas) (image.Point, bool) {
	list := helpKeys()
	v := m.panel(c, "Keys of the intake", 76, len(list)+5)
	w, _ := v.Size()
	for i, k := range list {
		v.Text(0, i+1, 18, k.Key, m.theme.Keys)
		v.Text(19, i+1, w-19, k.Does, m.theme.Text)
	}
	m.drawKeys(v, 0, len(list)+2, h.keys())
	return image.Point{}, false
}
