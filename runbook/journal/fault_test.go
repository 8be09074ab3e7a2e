package journal

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
)

// faulty is the real disk with faults that can be switched on.
type faulty struct {
	Disk
	mu       sync.Mutex
	write    error // of Write to the journal
	short    int   // bytes that are written all the same; -1: all
	quiet    bool  // a short write without an error
	sync     int   // how many Syncs fail
	truncate error
	open     error // for writing
	lock     error
	create   error // of new files
}

type faultyFile struct {
	File
	d *faulty
}

func (d *faulty) OpenFile(name string, flag int, perm fs.FileMode) (File, error) {
	if flag&(os.O_RDWR|os.O_WRONLY) != 0 && d.open != nil {
		return nil, &fs.PathError{Op: "open", Path: name, Err: d.open}
	}
	if flag&os.O_EXCL != 0 && d.create != nil {
		return nil, &fs.PathError{Op: "open", Path: name, Err: d.create}
	}
	f, err := d.Disk.OpenFile(name, flag, perm)
	if err != nil || !strings.HasSuffix(name, ".journal") {
		return f, err
	}
	return faultyFile{f, d}, nil
}

func (d *faulty) Lock(name string) (func() error, bool, error) {
	if d.lock != nil {
		return nil, false, d.lock
	}
	return d.Disk.Lock(name)
}

func (f faultyFile) Write(p []byte) (int, error) {
	f.d.mu.Lock()
	defer f.d.mu.Unlock()
	if f.d.write == nil && !f.d.quiet {
		return f.File.Write(p)
	}
	n := len(p)
	if f.d.short >= 0 {
		n = min(n, f.d.short)
	}
	if n, err := f.File.Write(p[:n]); err != nil {
		return n, err
	}
	return n, f.d.write
}

func (f faultyFile) Sync() error {
	f.d.mu.Lock()
	defer f.d.mu.Unlock()
	if f.d.sync > 0 {
		f.d.sync--
		return syscall.EIO
	}
	return f.File.Sync()
}

func (f faultyFile) Truncate(size int64) error {
	if f.d.truncate != nil {
		return f.d.truncate
	}
	return f.File.Truncate(size)
}

func TestAFailedAppendRecordsNothingAndLosesNothing(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name     string
		fault    func(*faulty)
		is       error
		readOnly bool
	}{
		{"disk full", func(d *faulty) { d.write, d.short = syscall.ENOSPC, 0 }, syscall.ENOSPC, false},
		{"disk full half-way", func(d *faulty) { d.write, d.short = syscall.ENOSPC, 200 }, syscall.ENOSPC, false},
		{"error after all was written", func(d *faulty) { d.write, d.short = syscall.EIO, -1 }, syscall.EIO, false},
		{"short without an error", func(d *faulty) { d.quiet, d.short = true, 100 }, nil, false},
		{"sync", func(d *faulty) { d.sync = 1 }, syscall.EIO, false},
		{"sync twice", func(d *faulty) { d.sync = 2 }, syscall.EIO, true},
		{"cannot be taken back", func(d *faulty) { d.write, d.short, d.truncate = syscall.ENOSPC, 300, syscall.EIO }, syscall.ENOSPC, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "x.journal")
			disk := &faulty{}
			o := options()
			o.FS = disk
			j := mustOpen(t, path, o)
			if _, err := j.Append("note", "kept"); err != nil {
				t.Fatal(err)
			}
			before, _ := os.ReadFile(path)
			tt.fault(disk)
			_, err := j.Append("note", "one", "two")
			if err == nil || tt.is != nil && !errors.Is(err, tt.is) || !strings.Contains(err.Error(), map[bool]string{false: "nothing was recorded", true: "it is not known whether"}[tt.readOnly]) {
				t.Fatalf("got %v", err)
			}
			if len(j.Events()) != 1 || j.ReadOnly() != tt.readOnly {
				t.Errorf("%d events are shown, read-only %q", len(j.Events()), j.Why())
			}
			if now, _ := os.ReadFile(path); !tt.readOnly && !bytes.Equal(now, before) {
				t.Errorf("the file holds %q", now)
			} else if !bytes.HasPrefix(now, before) {
				t.Error("what was accepted is gone")
			}
			*disk = faulty{}
			_, err = j.Append("note", "three")
			if (err != nil) != tt.readOnly {
				t.Errorf("after the fault: %v", err)
			}
			j.Close()
			again := mustOpen(t, path, options())
			if again.ReadOnly() || string(again.Events()[0].Data) != `"kept"` {
				t.Errorf("opened anew: read-only %q, %d events", again.Why(), len(again.Events()))
			}
		})
	}
}

func TestWhereNothingCanBeWrittenTheJournalIsReadOnly(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		fault func(*faulty)
		tail  string
		why   string
	}{
		{"lock", func(d *faulty) { d.lock = fs.ErrPermission }, "", "its lock cannot be taken: permission denied"},
		{"torn and no space", func(d *faulty) { d.create = syscall.ENOSPC }, "{", "its last line is torn and cannot be set aside"},
		{"read-only file", func(d *faulty) { d.open = fs.ErrPermission }, "", "it cannot be written: open"},
		{"torn and read-only", func(d *faulty) { d.open = fs.ErrPermission }, "{", "it cannot be written: open"},
		{"torn and no truncate", func(d *faulty) { d.truncate = syscall.EIO }, "{", "its last line is torn and cannot be set aside"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "x.journal")
			data := append(written(t, path, 2), tt.tail...)
			os.WriteFile(path, data, 0o644)
			disk := &faulty{}
			tt.fault(disk)
			o := options()
			o.FS = disk
			j := mustOpen(t, path, o)
			if !strings.Contains(j.Why(), tt.why) || len(j.Events()) != 2 {
				t.Errorf("read-only %q, want %q; %d events", j.Why(), tt.why, len(j.Events()))
			}
			if now, _ := os.ReadFile(path); !bytes.Equal(now, data) {
				t.Error("the file was changed")
			}
		})
	}
}

func TestAFolderThatTakesNoNewFileSaysSo(t *testing.T) {
	t.Parallel()
	o := options()
	o.FS = &faulty{open: fs.ErrPermission}
	j := mustOpen(t, filepath.Join(t.TempDir(), "x.journal"), o)
	if _, err := j.Append("note", 1); !errors.Is(err, fs.ErrPermission) || len(j.Events()) != 0 {
		t.Errorf("got %v with %d events", err, len(j.Events()))
	}
}

func TestContinueLeavesTheOldFileWhenItFails(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "x.journal")
	data := append(written(t, path, 2), "broken\n"...)
	os.WriteFile(path, data, 0o644)
	o := options()
	o.FS = &faulty{create: syscall.ENOSPC}
	if _, err := Continue(path, o); !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("got %v", err)
	}
	if now, _ := os.ReadFile(path); !bytes.Equal(now, data) {
		t.Error("the file was changed")
	}
}

// unsynced is a disk on which no folder can be made to last once a journal was
// moved.
type unsynced struct {
	Disk
	moved bool
}

func (d *unsynced) Rename(from, to string) error {
	d.moved = d.moved || strings.HasSuffix(to, ".journal")
	return d.Disk.Rename(from, to)
}

func (d *unsynced) SyncDir(name string) error {
	if d.moved {
		return syscall.EIO
	}
	return d.Disk.SyncDir(name)
}

// TestAContinuationThatMayNotLastIsToldAsThat: the new journal is in place when
// the folder cannot be synced.
func TestAContinuationThatMayNotLastIsToldAsThat(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "x.journal")
	j := mustOpen(t, path, options())
	for _, note := range []string{"one", "two"} {
		if _, err := j.Append("note", note); err != nil {
			t.Fatal(err)
		}
	}
	j.Close()
	data, _ := os.ReadFile(path)
	if err := os.WriteFile(path, bytes.Replace(data, []byte("one"), []byte("won"), 1), 0o600); err != nil {
		t.Fatal(err)
	}
	o := options()
	o.FS = &unsynced{}
	c, err := Continue(path, o)
	if err == nil || !errors.Is(err, syscall.EIO) || strings.Contains(err.Error(), "unchanged") || !strings.Contains(err.Error(), "is in its place") || !strings.Contains(err.Error(), c.Old) || c.Old == "" {
		t.Errorf("%+v, %v", c, err)
	}
	if r, err := Verify(path); err != nil || r.Broken != nil {
		t.Errorf("the new journal: %+v, %v", r, err)
	}
}
