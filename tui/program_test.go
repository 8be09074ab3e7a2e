package tui

import (
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"
	"github.com/charmbracelet/x/vt"

	"coexist/runbook"
	"coexist/runbook/migration"
)

// terminal is a terminal in memory: what the program writes goes into it, what
// it answers goes back as input.
type terminal struct {
	t   *testing.T
	mu  sync.Mutex
	emu *vt.Emulator
	all bytes.Buffer
}

// Write takes output; without a real terminal below it the program leaves it
// to the terminal to return the carriage.
func (s *terminal) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.all.Write(p)
	_, err := s.emu.Write(bytes.ReplaceAll(p, []byte("\n"), []byte("\r\n")))
	return len(p), err
}

func (s *terminal) text() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var b strings.Builder
	for y := range s.emu.Height() {
		for x := range s.emu.Width() {
			if c := s.emu.CellAt(x, y); c != nil && c.Content != "" {
				b.WriteString(c.Content)
			} else if c == nil || c.Width == 1 {
				b.WriteByte(' ')
			}
		}
		b.WriteByte('\n')
	}
	return b.String()
}

func (s *terminal) wait(text string) {
	s.t.Helper()
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); {
		if strings.Contains(s.text(), text) {
			return
		}
		time.Sleep(3 * time.Millisecond)
	}
	s.t.Fatalf("%q does not appear:\n%s", text, s.text())
}

func (s *terminal) press(code rune, text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.emu.SendKey(vt.KeyPressEvent{Code: code, Text: text})
}

// TestRunInATerminal runs the whole program: real renderer, real input.
func TestRunInATerminal(t *testing.T) {
	t.Parallel()
	s := &terminal{t: t, emu: vt.NewEmulator(100, 30)}
	in, out, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	go io.Copy(out, s.emu)
	path := filepath.Join(t.TempDir(), "contoso.toml")
	if err := os.WriteFile(path, migration.Format(organization(2)), 0o600); err != nil {
		t.Fatal(err)
	}
	session, err := runbook.Open(path, runbook.Options{Assets: assetsOnDisk(), Operator: "A. Meyer", Host: "jump"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { session.Close() })
	ended := make(chan error, 1)
	go func() {
		ended <- Run(context.Background(), Config{Session: session, Operator: "A. Meyer", Input: in, Output: s, Environ: []string{"TERM=xterm-256color"},
			Options: []tea.ProgramOption{tea.WithWindowSize(100, 30), tea.WithoutSignals(), tea.WithColorProfile(colorprofile.TrueColor)}})
	}()
	s.wait("next carry out 1.1 Service pack on EX10-01")
	s.press(' ', " ")
	s.wait("Recorded: Service pack on EX10-01 is carried out.")
	s.press('?', "?")
	s.wait("You are on the steps and tasks")
	s.press(tea.KeyEscape, "")
	s.wait("1.3 Extend the schema")
	s.press('q', "q")
	select {
	case err := <-ended:
		if err != nil {
			t.Fatal(err)
		}
	case <-time.After(20 * time.Second):
		t.Fatalf("q does not quit:\n%s", s.text())
	}
	if !strings.Contains(s.all.String(), "\x1b[?1049h") || !strings.Contains(s.all.String(), "\x1b[?1049l") {
		t.Error("the alternate screen was not entered and left")
	}
	if st := session.Snapshot().Progress.Tasks["prepare.service-pack/ex10-01"]; st.DoneAt.IsZero() {
		t.Error("the journal does not have what the screen said")
	}
}

func TestNoColorOfAnyValue(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]bool{"NO_COLOR=1": true, "NO_COLOR=yes": true, "NO_COLOR=": false, "OTHER=1": false} {
		if _, got := find([]string{"TERM=xterm", value}, "NO_COLOR"); got != want {
			t.Errorf("%s: got %v", value, got)
		}
	}
}
