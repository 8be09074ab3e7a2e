package command

import (
	"bufio"
	"context"
	"errors"
	"os"
	"runtime"
	"testing"

	"github.com/creack/pty"
	"golang.org/x/term"
)

// TestWhatIsTypedAfterAnInterruptedPassword goes to the next prompt, and is
// shown.
func TestWhatIsTypedAfterAnInterruptedPassword(t *testing.T) {
	t.Parallel()
	person, tty, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer person.Close()
	defer tty.Close()
	before, err := term.GetState(int(tty.Fd()))
	if err != nil {
		t.Fatal(err)
	}
	k := &keyboard{in: tty}
	ctx, cancel := context.WithCancel(t.Context())
	go func() { // interrupts once the terminal shows nothing any more
		for s, err := term.GetState(int(person.Fd())); err == nil && *s == *before; s, err = term.GetState(int(person.Fd())) {
			runtime.Gosched()
		}
		cancel()
	}()
	if _, err := k.hidden(ctx); !errors.Is(err, context.Canceled) {
		t.Fatalf("error is %v", err)
	}
	write(t, person, "status\n")
	line, err := bufio.NewReaderSize(k, 16).ReadString('\n')
	if line != "status\n" || err != nil {
		t.Errorf("read %q, %v", line, err)
	}
	if after, err := term.GetState(int(tty.Fd())); err != nil || *after != *before {
		t.Errorf("the terminal was not given back: %v", err)
	}
	write(t, person, "hunter2\n")
	if text, err := k.hidden(t.Context()); text != "hunter2" || err != nil {
		t.Errorf("read %q, %v", text, err)
	}
}

func write(t *testing.T, f *os.File, text string) {
	t.Helper()
	if _, err := f.WriteString(text); err != nil {
		t.Fatal(err)
	}
}
