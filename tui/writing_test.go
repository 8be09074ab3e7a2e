//go:build !windows

package tui

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/creack/pty"

	"coexist/runbook"
	"coexist/runbook/migration"
	"coexist/tui/tuitest"
)

// hurried is an open file that another program has switched to not waiting
// behind the back of this one.
func hurried(t *testing.T, f *os.File) *os.File {
	t.Helper()
	fd, err := syscall.Dup(int(f.Fd())) // Fd makes it wait, so that the file below knows nothing of it
	if err != nil {
		t.Fatal(err)
	}
	own := os.NewFile(uintptr(fd), f.Name())
	t.Cleanup(func() { own.Close() })
	if err := syscall.SetNonblock(fd, true); err != nil {
		t.Fatal(err)
	}
	return own
}

// sip reads up to seven bytes; 0 at the end.
func sip(t *testing.T, r io.Reader, into *bytes.Buffer) int {
	t.Helper()
	buf := make([]byte, 1+into.Len()%7)
	n, err := r.Read(buf)
	if err != nil && err != io.EOF && !errors.Is(err, syscall.EIO) {
		t.Fatal(err)
	}
	into.Write(buf[:n])
	return n
}

// full waits until the line is full again.
func full(t *testing.T, out *whole, ended chan error) {
	t.Helper()
	before := out.stood.Load()
	look, limit := time.NewTicker(time.Millisecond), time.After(20*time.Second)
	defer look.Stop()
	for out.stood.Load() == before {
		select {
		case <-look.C:
		case err := <-ended:
			t.Fatalf("it ended before the line was full: %v", err)
		case <-limit:
			t.Fatal("the line is not full")
		}
	}
}

func TestAFullLineGetsTheRest(t *testing.T) {
	t.Parallel()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	want := bytes.Repeat([]byte("\x1b[38;2;158;167;186mlocked\x1b[m "), 10_000)
	out := &whole{file: hurried(t, w)}
	w.Close()
	wrote := make(chan error, 1)
	go func() {
		n, err := out.Write(want)
		if err == nil && n != len(want) {
			err = io.ErrShortWrite
		}
		out.Close()
		wrote <- err
	}()
	var got bytes.Buffer
	for sip(t, r, &got) > 0 {
	}
	if err := <-wrote; err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got.Bytes(), want) {
		t.Errorf("%d bytes arrived of %d, or in another order", got.Len(), len(want))
	}
	if out.stood.Load() == 0 {
		t.Error("the line was never full: nothing was tested")
	}
}

// TestNoSequenceIsTorn runs the wizard under a storm of keys on a terminal that
// takes nothing until its line is full, and then a few bytes at a time.
func TestNoSequenceIsTorn(t *testing.T) {
	t.Parallel()
	master, tty, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer master.Close()
	if err := pty.Setsize(tty, &pty.Winsize{Rows: 24, Cols: 80}); err != nil {
		t.Fatal(err)
	}
	out := &whole{file: hurried(t, tty)}
	tty.Close()
	in, keys := io.Pipe() // holds nothing: no key is left over at the end
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
		ended <- Run(context.Background(), Config{Session: session, Operator: "A. Meyer", Input: in, Output: out, Environ: []string{"TERM=xterm-256color", "COLORTERM=truecolor"}})
		out.Close()
	}()
	// Regions, moves, the palette and its end, before and after, copies that go
	// to the terminal (OSC 52): whatever writes.
	storm := strings.Repeat("\tjk\t\x1b[B\x1b[A:\x1b[B\x1b[27u\tyz]z[", 4)
	enough := make(chan struct{})
	go func() {
		for {
			select {
			case <-enough:
				_, _ = io.WriteString(keys, "\x1b[27u\x1b[27uq")
				_ = keys.Close()
				return
			default:
				_, _ = io.WriteString(keys, storm)
			}
		}
	}()
	var got bytes.Buffer
	for range 8 {
		full(t, out, ended)
		for room := 4096; room > 0; {
			room -= sip(t, master, &got)
		}
	}
	close(enough)
	for sip(t, master, &got) > 0 {
	}
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	if torn := tuitest.Torn(got.String()); torn != "" {
		t.Error(torn)
	}
	if left := tuitest.LeftOn(got.String()); len(left) > 0 {
		t.Errorf("left on: %s", strings.Join(left, ", "))
	}
}
