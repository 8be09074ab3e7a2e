package tui

import (
	"image"
	"slices"

	tea "charm.land/bubbletea/v2"

	"coexist/tui/paint"
)

// dialog is a window over the board. It never touches the board: it hands back
// what is to be done as an outcome.
type dialog interface {
	// handle takes a key, a paste or a click on one of its own hits.
	handle(msg tea.Msg) outcome
	// draw draws it somewhere on the canvas and returns the cursor, or nil.
	draw(c *paint.Canvas, th *paint.Theme) *image.Point
}

// outcome is what a dialog wants: to be closed, and something to be done with
// the board. The zero value is to stay.
type outcome struct {
	close bool
	then  func(*Model) tea.Cmd
}

var closed = outcome{close: true}

func do(then func(*Model) tea.Cmd) outcome         { return outcome{then: then} }
func closeAndDo(then func(*Model) tea.Cmd) outcome { return outcome{close: true, then: then} }

//go:noinline
func (m *Model) push(d dialog) { m.dialogs = append(m.dialogs, d) }

// bring shows a dialog that nobody just asked for. What is being typed goes on
// first: letters meant for a note must not answer a question, or act.
func (m *Model) bring(d dialog) {
	for i, open := range m.dialogs {
		if typing(open) {
			m.dialogs = slices.Insert(m.dialogs, i, d)
			m.say("Something waits behind this, and is shown next.")
			return
		}
	}
	m.push(d)
}

func typing(d dialog) bool {
	switch d := d.(type) {
	case *form:
		return true
	case *chooser:
		return d.typing
	}
	return false
}

func (m *Model) top() dialog {
	if n := len(m.dialogs); n > 0 {
		return m.dialogs[n-1]
	}
	return nil
}

func (m *Model) remove(d dialog) {
	for i := range m.dialogs {
		if m.dialogs[i] == d {
			m.dialogs = append(m.dialogs[:i:i], m.dialogs[i+1:]...)
			return
		}
	}
}

// waiting is the form that waits for an act to be recorded; nil when none does.
func (m *Model) waiting() *form {
	for _, d := range m.dialogs {
		if f, ok := d.(*form); ok && f.busy {
			return f
		}
	}
	return nil
}

// closeForm closes the form that waited for an act to be recorded.
func (m *Model) closeForm() {
	if f := m.waiting(); f != nil {
		m.remove(f)
		if f.forget != nil {
			f.forget()
		}
	}
}

// toDialog gives a message to the dialog on top. Ctrl+c leaves the program
// from anywhere.
func (m *Model) toDialog(d dialog, msg tea.Msg) tea.Cmd {
	if k, ok := msg.(tea.KeyPressMsg); ok {
		if k.String() == "ctrl+c" {
			return m.quit()
		}
		m.message = ""
	}
	out := d.handle(msg)
	if out.close {
		m.remove(d)
	}
	if out.then != nil {
		return out.then(m)
	}
	return nil
}

// window draws the frame of a dialog with a title and its keys on the lower
// edge, and returns the canvas inside. Everything below is out of reach for
// clicks.
func window(c *paint.Canvas, th *paint.Theme, w, h int, title string, keys []hint) *paint.Canvas {
	cw, ch := c.Size()
	c.Hit(paint.R(0, 0, cw, ch), nil)
	w, h = min(w, cw-2), min(h, ch-2)
	at := paint.R((cw-w)/2, max((ch-h)/2-1, 1), w, h) // the status line stays in sight
	if cw-w <= narrowMargin {                         // scraps of the board beside it would say nothing
		c.Fill(paint.R(0, at.Min.Y, cw, h), paint.Style{})
	}
	c.Fill(at, paint.Style{})
	c.Box(at, paint.Solid, th.Accent)
	c.Text(at.Min.X+2, at.Min.Y, w-4, " "+title+" ", th.Strong)
	drawHints(c.In(paint.R(at.Min.X+2, at.Max.Y-1, w-4, 1)), th, keys, true)
	return c.In(paint.R(at.Min.X+2, at.Min.Y+1, w-4, h-2))
}

// narrowMargin is how many columns beside a window, both sides together, are too
// few to show the board.
const narrowMargin = 8

// hint is a key and what it does here.
type hint struct {
	key, does string
	off       bool // can't be done right now
	msg       any  // what a click on it means
}

// drawHints writes keys in a row, as many as there is room for.
func drawHints(c *paint.Canvas, th *paint.Theme, list []hint, framed bool) int {
	w, _ := c.Size()
	x := 0
	for _, h := range list {
		need := paint.Width(h.key) + 1 + paint.Width(h.does)
		if framed {
			need += 2
		}
		if x+need > w {
			break
		}
		start := x
		if framed {
			x += c.Text(x, 0, -1, " ", th.Text)
		}
		key := th.Keys
		if h.off {
			key = th.Dim
		}
		x += c.Text(x, 0, -1, h.key, key)
		x += c.Text(x, 0, -1, " "+h.does, th.Dim)
		if framed {
			x += c.Text(x, 0, -1, " ", th.Text)
		}
		if h.msg != nil {
			c.Hit(paint.R(start, 0, x-start, 1), clickMsg{do: h.msg})
		}
		if !framed {
			x += 2
		} else {
			x++
		}
	}
	return x
}
