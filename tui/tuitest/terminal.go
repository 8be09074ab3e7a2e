// Package tuitest runs a program in a real pseudo terminal with an emulator
// behind it, so that tests see the screen a person would see.
package tuitest

import (
	"io"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/charmbracelet/x/vt"
	"github.com/creack/pty"
)

// patience bounds every wait for the screen; it decides how long a broken test
// takes, never how long a good one does.
const patience = 20 * time.Second

// Terminal is a program on a pseudo terminal.
type Terminal struct {
	t    testing.TB
	cmd  *exec.Cmd
	file io.ReadWriteCloser
	done chan struct{}

	mu      sync.Mutex
	emu     *vt.Emulator
	changed chan struct{} // closed and replaced at each write
	raw     []byte
}

// Start runs cmd on a terminal of w by h cells. The program is killed when the
// test ends.
func Start(t testing.TB, cmd *exec.Cmd, w, h int) *Terminal {
	t.Helper()
	f, err := pty.StartWithSize(cmd, &pty.Winsize{Cols: uint16(w), Rows: uint16(h)})
	if err != nil {
		t.Fatalf("start %s on a pseudo terminal: %v", cmd.Path, err)
	}
	term := &Terminal{t: t, cmd: cmd, file: f, done: make(chan struct{}), emu: vt.NewEmulator(w, h), changed: make(chan struct{})}
	go func() { _, _ = io.Copy(f, term.emu) }() // what the emulator answers goes back in
	go func() {
		_, _ = io.Copy(term, f)
		_ = cmd.Wait()
		close(term.done)
	}()
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		<-term.done
		_ = f.Close()
		if c, ok := term.emu.InputPipe().(io.Closer); ok {
			_ = c.Close()
		}
	})
	return term
}

// Write feeds the emulator; it is how the program's output arrives.
func (t *Terminal) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.raw = append(t.raw, p...)
	n, err := t.emu.Write(p)
	close(t.changed)
	t.changed = make(chan struct{})
	return n, err
}

// Screen returns the lines now shown, without trailing blanks.
func (t *Terminal) Screen() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.screen()
}

func (t *Terminal) screen() string {
	var out strings.Builder
	for y := 0; y < t.emu.Height(); y++ {
		var line strings.Builder
		for x := 0; x < t.emu.Width(); x++ {
			switch c := t.emu.CellAt(x, y); {
			case c == nil || c.Content == "" && c.Width == 1:
				line.WriteByte(' ')
			case c.Width == 0:
			default:
				line.WriteString(c.Content)
			}
		}
		out.WriteString(strings.TrimRight(line.String(), " "))
		out.WriteByte('\n')
	}
	return out.String()
}

// Raw returns everything the program has written so far.
func (t *Terminal) Raw() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(t.raw)
}

// Wait returns once the screen satisfies ok, or fails the test with the screen.
func (t *Terminal) Wait(what string, ok func(screen string) bool) {
	t.t.Helper()
	limit := time.NewTimer(patience)
	defer limit.Stop()
	for {
		t.mu.Lock()
		s, changed := t.screen(), t.changed
		t.mu.Unlock()
		if ok(s) {
			return
		}
		select {
		case <-changed:
		case <-t.done:
			if s := t.Screen(); !ok(s) {
				t.t.Fatalf("the program ended before %s; last screen:\n%s", what, s)
			}
			return
		case <-limit.C:
			t.t.Fatalf("no %s within %s; screen:\n%s", what, patience, s)
		}
	}
}

// WaitText waits for a text on the screen.
func (t *Terminal) WaitText(text string) {
	t.t.Helper()
	t.Wait("text "+text, func(s string) bool { return strings.Contains(s, text) })
}

// WaitGone waits until a text is no longer on the screen.
func (t *Terminal) WaitGone(text string) {
	t.t.Helper()
	t.Wait("end of text "+text, func(s string) bool { return !strings.Contains(s, text) })
}

// Type sends text as typed.
func (t *Terminal) Type(text string) {
	t.t.Helper()
	if _, err := io.WriteString(t.file, text); err != nil {
		t.t.Fatalf("type %q: %v", text, err)
	}
}

// keys are the sequences that terminals send for named keys.
var keys = map[string]string{
	"enter": "\r", "tab": "\t", "shift+tab": "\x1b[Z", "esc": "\x1b", "space": " ", "backspace": "\x7f",
	"up": "\x1b[A", "down": "\x1b[B", "right": "\x1b[C", "left": "\x1b[D", "pgdown": "\x1b[6~", "pgup": "\x1b[5~",
	"home": "\x1b[H", "end": "\x1b[F", "ctrl+c": "\x03", "ctrl+p": "\x10", "ctrl+s": "\x13", "ctrl+u": "\x15",
}

// Press sends named keys.
func (t *Terminal) Press(names ...string) {
	t.t.Helper()
	for _, n := range names {
		seq, ok := keys[n]
		if !ok {
			t.t.Fatalf("no key named %q", n)
		}
		t.Type(seq)
	}
}

// Kill ends the program as a power cut would (SIGKILL) and waits for its end.
func (t *Terminal) Kill() {
	_ = t.cmd.Process.Kill()
	<-t.done
}

// WaitExit waits for the program's own end and returns its exit code.
func (t *Terminal) WaitExit() int {
	t.t.Helper()
	limit := time.NewTimer(patience)
	defer limit.Stop()
	select {
	case <-t.done:
		return t.cmd.ProcessState.ExitCode()
	case <-limit.C:
		t.t.Fatalf("the program did not end within %s; screen:\n%s", patience, t.Screen())
		return -1
	}
}
