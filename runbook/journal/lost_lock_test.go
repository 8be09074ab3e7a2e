package journal

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// lockless is a file server that grants every lock.
type lockless struct {
	Disk
	before func() // runs once, right before the next write
}

func (lockless) Lock(string) (func() error, bool, error) {
	return func() error { return nil }, true, nil
}

type locklessFile struct {
	File
	d *lockless
}

func (d *lockless) OpenFile(name string, flag int, perm os.FileMode) (File, error) {
	f, err := d.Disk.OpenFile(name, flag, perm)
	if err != nil || !strings.HasSuffix(name, ".journal") {
		return f, err
	}
	return locklessFile{f, d}, nil
}

func (f locklessFile) Write(p []byte) (int, error) {
	if do := f.d.before; do != nil {
		f.d.before = nil
		do()
	}
	return f.File.Write(p)
}

func locklessOptions(host string) (Options, *lockless) {
	o := options()
	d := &lockless{}
	o.FS, o.Host = d, host
	return o, d
}

func TestALostLockIsNoticedBeforeAnythingIsWritten(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "x.journal")
	mine, _ := locklessOptions("jump01")
	theirs, _ := locklessOptions("jump02")
	first := mustOpen(t, path, mine)
	if _, err := first.Append("note", 1); err != nil {
		t.Fatal(err)
	}
	second := mustOpen(t, path, theirs)
	if _, err := first.Append("note", 2); !errors.Is(err, ErrReadOnly) || !strings.Contains(err.Error(), "lock was lost") || !strings.Contains(err.Error(), "jump02") {
		t.Errorf("got %v", err)
	}
	first.Close()
	if _, err := second.Append("note", 3); err != nil {
		t.Errorf("the one that came second: %v", err)
	}
	if r, _ := Verify(path); r.Entries != 2 || r.Broken != nil {
		t.Errorf("left: %+v", r)
	}
}

func TestTwoWritersAtTheSameMomentLoseNothing(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "x.journal")
	mine, disk := locklessOptions("jump01")
	theirs, _ := locklessOptions("jump02")
	second := mustOpen(t, path, theirs)
	first := mustOpen(t, path, mine)
	if _, err := first.Append("note", "before"); err != nil {
		t.Fatal(err)
	}
	os.Remove(holderPath(path)) // the claim is lost too
	second.Close()
	second = mustOpen(t, path, theirs)
	os.Remove(holderPath(path))
	disk.before = func() {
		if _, err := second.Append("note", "theirs"); err != nil {
			t.Errorf("theirs: %v", err)
		}
	}
	if _, err := first.Append("note", "mine"); !errors.Is(err, ErrReadOnly) || !strings.Contains(err.Error(), "this was not recorded") || !strings.Contains(err.Error(), "find out who") {
		t.Errorf("mine: %v", err)
	}
	if len(first.Events()) != 1 {
		t.Errorf("%d events are shown of which one was accepted", len(first.Events()))
	}
	data, _ := os.ReadFile(path)
	if !strings.Contains(string(data), "theirs") {
		t.Error("what was accepted is gone")
	}
	if r, _ := Verify(path); r.Entries != 2 || r.Broken == nil || r.Broken.Line != 3 {
		t.Errorf("left: %+v", r)
	}
}
