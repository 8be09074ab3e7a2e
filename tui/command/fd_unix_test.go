//go:build unix

package command

import (
	"fmt"
	"os"
	"syscall"
	"testing"
)

// passwordFD is a descriptor from which one line can be read. Whoever reads it
// closes it.
func passwordFD(t *testing.T, password string) string {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	fmt.Fprintln(w, password)
	w.Close()
	fd, err := syscall.Dup(int(r.Fd()))
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprint(fd)
}
