package tuitest

import (
	"bytes"
	"image"

	"github.com/charmbracelet/colorprofile"
	uv "github.com/charmbracelet/ultraviolet"
	"github.com/charmbracelet/x/ansi"
)

// Wire counts what a frame costs on the line to a terminal: it draws frames as
// the renderer of the wizard does on xterm, each as its difference from the one
// before.
type Wire struct {
	out    bytes.Buffer
	screen *uv.TerminalRenderer
	cells  uv.ScreenBuffer
	shown  bool // the cursor
}

// NewWire is the line to a terminal of w by h cells that shows nothing yet.
func NewWire(w, h int) *Wire {
	l := &Wire{cells: uv.NewScreenBuffer(w, h)}
	l.screen = uv.NewTerminalRenderer(&l.out, []string{"TERM=xterm-256color", "COLORTERM=truecolor"})
	l.screen.SetColorProfile(colorprofile.TrueColor)
	l.screen.SetTabStops(w)
	l.screen.SetBackspace(true)
	l.screen.SetScrollOptim(true)
	l.screen.EnterAltScreen()
	return l
}

// Send draws a frame, its cursor at a cell or hidden, and returns what went over
// the line.
func (l *Wire) Send(content string, cursor *image.Point) []byte {
	l.out.Reset()
	l.cells.Clear()
	uv.NewStyledString(content).Draw(l.cells, l.cells.Bounds())
	l.screen.Render(l.cells.RenderBuffer)
	if cursor != nil {
		l.screen.MoveTo(cursor.X, cursor.Y)
	}
	_ = l.screen.Flush() // into memory
	sent := bytes.Clone(l.out.Bytes())
	if cursor != nil && l.shown && len(sent) > 0 { // it is hidden while the rest is drawn
		sent = append([]byte(ansi.ResetModeTextCursorEnable), append(sent, ansi.SetModeTextCursorEnable...)...)
	} else if (cursor != nil) != l.shown {
		sent = append(sent, ansi.SetModeTextCursorEnable...)
	}
	l.shown = cursor != nil
	return sent
}
