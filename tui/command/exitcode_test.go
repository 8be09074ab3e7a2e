package command

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"syscall"
	"testing"

	"coexist/runbook/journal"
)

func TestExitCodeOfAFullDiskIsNotThatOfBadInput(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		err  error
		want int
	}{
		{nil, 0},
		{failure{errors.New("a check failed")}, 1},
		{fmt.Errorf("nothing was recorded: %w", syscall.ENOSPC), 1},
		{fmt.Errorf("x cannot be saved: %w", &fs.PathError{Op: "write", Path: "x", Err: errors.New("There is not enough space on the disk.")}), 1},
		{&fs.PathError{Op: "open", Path: "x", Err: syscall.EDQUOT}, 1},
		{&fs.PathError{Op: "sync", Path: "x", Err: syscall.EIO}, 1},
		{&fs.PathError{Op: "open", Path: "x", Err: fs.ErrNotExist}, 2},
		{&fs.PathError{Op: "open", Path: "x", Err: fs.ErrPermission}, 2},
		{fmt.Errorf("a journal that another holds: %w", journal.ErrReadOnly), 2},
		{errors.New("unknown flag"), 2},
	} {
		if got := ExitCode(tt.err, io.Discard); got != tt.want {
			t.Errorf("%v: exit code %d, want %d", tt.err, got, tt.want)
		}
	}
}
