package command

import (
	"bufio"
	"context"
	"errors"
	"io"
	"os"
	"strings"
	"sync"

	"golang.org/x/term"
)

// keyboard is the standard input of somebody who may interrupt. A read that has
// begun cannot be stopped: where it was given up, what it brings later goes to
// the next reader, so that nothing typed is lost.
type keyboard struct {
	in io.Reader

	mu      sync.Mutex
	pending chan typed // of a read that was given up; nil where there is none
}

// typed is what one read brought.
type typed struct {
	text string
	err  error
}

// Read reads as the input does; what a password that was given up brought comes
// first.
func (k *keyboard) Read(p []byte) (int, error) {
	k.mu.Lock()
	late := k.pending
	k.pending = nil
	k.mu.Unlock()
	if late == nil {
		return k.in.Read(p)
	}
	t := <-late
	if t.err != nil {
		return 0, t.err
	}
	line := t.text + "\n"
	n := copy(p, line)
	if rest := line[n:]; rest != "" {
		k.in = io.MultiReader(strings.NewReader(rest), k.in)
	}
	return n, nil
}

// terminal is the input where it is one.
func (k *keyboard) terminal() (*os.File, bool) {
	f, ok := k.in.(*os.File)
	return f, ok && isTerminal(f)
}

// hidden reads a line from the terminal without showing it. When ctx ends the
// terminal shows again what is typed.
func (k *keyboard) hidden(ctx context.Context) (string, error) {
	f, ok := k.terminal()
	if !ok {
		return "", errors.New("there is no terminal to ask on")
	}
	if err := ctx.Err(); err != nil {
		return "", err
	}
	fd := int(f.Fd())
	before, err := term.GetState(fd)
	if err != nil {
		return "", err
	}
	done := make(chan typed, 1)
	go func() {
		data, err := term.ReadPassword(fd)
		defer clear(data)
		done <- typed{string(data), err}
	}()
	select {
	case t := <-done:
		return t.text, t.err
	case <-ctx.Done():
		k.mu.Lock()
		k.pending = done
		k.mu.Unlock()
		return "", errors.Join(ctx.Err(), term.Restore(fd, before))
	}
}

// line reads a line that is shown.
func (k *keyboard) line(ctx context.Context) (string, error) {
	done := make(chan typed, 1)
	go func() {
		text, err := bufio.NewReader(k).ReadString('\n')
		done <- typed{strings.TrimRight(text, "\r\n"), err}
	}()
	select {
	case t := <-done:
		return t.text, t.err
	case <-ctx.Done():
		return "", ctx.Err()
	}
}
