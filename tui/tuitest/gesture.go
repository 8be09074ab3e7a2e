package tuitest

import (
	"fmt"
	"os"
	"strings"

	"github.com/charmbracelet/x/ansi"
	"github.com/creack/pty"
)

// Resize changes the size of the terminal, as dragging the window's corner
// does.
func (t *Terminal) Resize(w, h int) {
	t.t.Helper()
	t.mu.Lock()
	t.emu.Resize(w, h)
	t.mu.Unlock()
	f, ok := t.file.(*os.File)
	if !ok {
		t.t.Fatal("this terminal has no size to change")
	}
	if err := pty.Setsize(f, &pty.Winsize{Cols: uint16(w), Rows: uint16(h)}); err != nil {
		t.t.Fatalf("resize to %dx%d: %v", w, h, err)
	}
}

// Signal sends a signal to the program.
func (t *Terminal) Signal(s os.Signal) {
	t.t.Helper()
	if err := t.cmd.Process.Signal(s); err != nil {
		t.t.Fatalf("signal %v: %v", s, err)
	}
}

// Paste sends text as a terminal does that brackets what is pasted.
func (t *Terminal) Paste(text string) {
	t.t.Helper()
	t.Type("\x1b[200~" + text + "\x1b[201~")
}

// Click presses and releases the left button where a text is shown.
func (t *Terminal) Click(text string) {
	t.t.Helper()
	t.WaitText(text)
	for y, line := range strings.Split(t.Screen(), "\n") {
		if before, _, ok := strings.Cut(line, text); ok {
			x := ansi.StringWidth(before) + 1
			t.Type(fmt.Sprintf("\x1b[<0;%d;%dM\x1b[<0;%d;%dm", x, y+1, x, y+1))
			return
		}
	}
	t.t.Fatalf("%q was shown and is gone; screen:\n%s", text, t.Screen())
}

// Wheel turns the wheel over a cell, down for positive steps.
func (t *Terminal) Wheel(x, y, steps int) {
	t.t.Helper()
	button := 65
	if steps < 0 {
		button, steps = 64, -steps
	}
	for range steps {
		t.Type(fmt.Sprintf("\x1b[<%d;%d;%dM", button, x+1, y+1))
	}
}

// modes are what a full-screen program turns on, and what turns it off again.
var modes = []struct{ what, on, off string }{
	{"the alternate screen", "\x1b[?1049h", "\x1b[?1049l"},
	{"the hidden cursor", "\x1b[?25l", "\x1b[?25h"},
	{"the mouse (1002)", "\x1b[?1002h", "\x1b[?1002l"},
	{"the mouse (1003)", "\x1b[?1003h", "\x1b[?1003l"},
	{"the mouse (1006)", "\x1b[?1006h", "\x1b[?1006l"},
	{"bracketed paste", "\x1b[?2004h", "\x1b[?2004l"},
	{"reports of the focus", "\x1b[?1004h", "\x1b[?1004l"},
	{"key reports", "\x1b[>1u", "\x1b[<1u"},
}

// LeftOn lists what output has turned on and not off again: modes, a window
// title and a progress bar that stay.
func LeftOn(raw string) []string {
	var left []string
	for _, m := range modes {
		if on := strings.LastIndex(raw, m.on); on >= 0 && strings.LastIndex(raw, m.off) < on {
			left = append(left, m.what)
		}
	}
	for _, osc := range []struct{ what, start, none string }{
		{"the title", "\x1b]2;", ""}, {"the progress bar", "\x1b]9;4;", "0"},
	} {
		at := strings.LastIndex(raw, osc.start)
		if at < 0 {
			continue
		}
		value, _, _ := strings.Cut(raw[at+len(osc.start):], "\x07")
		value, _, _ = strings.Cut(value, "\x1b")
		if strings.TrimRight(value, ";") != osc.none {
			left = append(left, osc.what+" "+value)
		}
	}
	return left
}
