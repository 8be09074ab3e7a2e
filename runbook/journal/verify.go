package journal

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// Report is what Verify found.
type Report struct {
	Path    string
	Entries int    // that are sound, from the first on
	Head    string // hash of the last of them
	Size    int64  // of the file
	Broken  *Break // nil: the chain holds
	Torn    int    // bytes of an unfinished last line
}

// Verify checks a journal without changing anything or taking the lock.
func Verify(path string) (Report, error) { return verify(Disk{}, path) }

func verify(disk FS, path string) (Report, error) {
	if _, err := disk.Stat(path); err != nil {
		return Report{}, fmt.Errorf("the journal cannot be read: %w", err)
	}
	data, err := readAll(disk, path)
	if err != nil {
		return Report{}, fmt.Errorf("the journal cannot be read: %w", err)
	}
	r := VerifyBytes(data)
	r.Path = path
	return r, nil
}

// VerifyBytes checks a journal that was read already.
func VerifyBytes(data []byte) Report {
	var c chain
	c.read(data)
	if c.completes() { // it lacks its line end alone
		c.take(c.tail)
		c.tail = nil
	}
	return Report{Entries: len(c.events), Head: c.head, Size: int64(len(data)), Broken: c.broken, Torn: len(c.tail)}
}

// KindContinued is the kind of the event with which a continued journal goes
// on; its data is a Continuation.
const KindContinued = "journal.continued"

// Continuation tells how a new file goes on after a broken one.
type Continuation struct {
	Old     string `json:"old"`     // name of the file that holds the broken journal
	SHA256  string `json:"sha256"`  // of that whole file
	Head    string `json:"head"`    // hash of its last sound line; empty: it had none
	Entries int    `json:"entries"` // sound ones, which the new file begins with, byte for byte
	Line    int    `json:"line"`    // where the chain breaks
	Reason  string `json:"reason"`
	Dropped int    `json:"dropped"` // lines from there on, which no longer count
}

// Continue goes on after a broken chain: the broken journal is kept under
// another name, and a new file takes its place that begins with the sound lines
// and an event that names the old head and the break.
func Continue(path string, o Options) (Continuation, error) {
	o = o.filled()
	j := &Journal{path: path, o: o}
	if j.lock(); j.release == nil {
		return Continuation{}, fmt.Errorf("%w: %s", ErrReadOnly, j.why)
	}
	defer j.unlock()
	data, err := readAll(o.FS, path)
	if err != nil {
		return Continuation{}, fmt.Errorf("the journal cannot be read: %w", err)
	}
	j.chain.read(data)
	if j.chain.broken == nil {
		return Continuation{}, errors.New("the chain holds: there is nothing to continue after")
	}
	if j.chain.broken.saved {
		return Continuation{}, fmt.Errorf("nothing was changed, as no line need be lost (%s): %s", j.chain.broken, j.chain.broken.Advice(path))
	}
	kept, err := keep(o.FS, path+".broken-", data)
	if err != nil {
		return Continuation{}, fmt.Errorf("the broken journal cannot be kept, and nothing was changed: %w", err)
	}
	c := Continuation{Old: filepath.Base(kept), SHA256: hash(data), Head: j.chain.head, Entries: len(j.chain.events),
		Line: j.chain.broken.Line, Reason: j.chain.broken.Reason, Dropped: j.chain.broken.After}
	switch moved, err := j.restart(data[:j.chain.good], c); {
	case moved && err != nil:
		return c, fmt.Errorf("the new journal is in its place, but the disk does not confirm that the name will last (%w): the broken one is kept as %s; "+
			"look after the disk, then run coexist journal verify, and continue once more if the old one should be back", err, c.Old)
	case err != nil:
		return Continuation{}, fmt.Errorf("the new journal cannot be written, and the old one is unchanged: %w", err)
	}
	return c, nil
}

// restart puts a new file in the journal's place in one move, and tells whether
// it got there.
func (j *Journal) restart(sound []byte, c Continuation) (moved bool, err error) {
	j.chain.broken = nil
	lines, _, err := j.lines([]Entry{{KindContinued, c}})
	if err != nil {
		return false, err
	}
	fresh := j.path + ".new"
	if err := j.o.FS.Remove(fresh); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return false, err
	}
	if err := writeFile(j.o.FS, fresh, os.O_EXCL, append(sound[:len(sound):len(sound)], lines...)); err != nil {
		return false, err
	}
	if err := j.o.FS.Rename(fresh, j.path); err != nil {
		j.o.FS.Remove(fresh)
		return false, err
	}
	return true, j.o.FS.SyncDir(filepath.Dir(j.path))
}
