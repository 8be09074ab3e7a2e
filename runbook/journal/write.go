package journal

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// What a message says is to be done.
const (
	mendDisk   = "free or mend the disk, then open it anew"
	mendFolder = "give yourself the right to write there, or copy the migration with its journal and evidence to a folder of your own and open it there"
	lookWho    = "nobody else may write it: find out who did, then open it anew"
)

// writable opens the file for appending, and makes sure that it is still the
// one that was read and that the lock is still ours.
func (j *Journal) writable() error {
	if j.file == nil {
		if err := j.openFile(); err != nil {
			return err
		}
	}
	if h := j.usurper(); h != nil {
		j.holder = h
		return j.giveUp("the lock was lost, as some file servers lose it: the journal is now open in " + h.instance() + "; go on there, or close it there and open it here anew")
	}
	opened, err := j.file.Stat()
	if err != nil {
		return err
	}
	named, err := j.o.FS.Stat(j.path)
	switch {
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return err
	case err != nil || !os.SameFile(opened, named):
		return j.giveUp("another program replaced or removed the file; put it back, then open it anew")
	case opened.Size() != j.chain.good+int64(len(j.chain.tail)):
		return j.giveUp("another program changed the file; " + lookWho)
	}
	return nil
}

// openFile opens the file so that every write goes to its end: two writers who
// do not know of each other then never overwrite what the other was promised.
func (j *Journal) openFile() error {
	f, err := j.o.FS.OpenFile(j.path, os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o644)
	if err != nil {
		return err
	}
	if j.chain.good == 0 {
		if err := j.o.FS.SyncDir(filepath.Dir(j.path)); err != nil {
			f.Close()
			return err
		}
	}
	j.file = f
	return nil
}

// giveUp makes the journal read-only and returns why.
func (j *Journal) giveUp(why string) error {
	j.turnReadOnly(why)
	return fmt.Errorf("%w: %s", ErrReadOnly, j.why)
}

// put writes at the end and waits until the disk has it.
func (j *Journal) put(data []byte) error {
	n, err := j.file.Write(data)
	if err == nil && n < len(data) {
		err = fmt.Errorf("only %d of %d bytes were written", n, len(data))
	}
	if err == nil {
		err = j.file.Sync()
	}
	return err
}

// alone makes sure that nobody else wrote at the same moment, which a lock
// prevents where locks are kept. Whose line came first counts; the journal
// takes no more in either case.
func (j *Journal) alone(batch []byte) error {
	info, err := j.file.Stat()
	if err != nil || info.Size() == j.chain.good+int64(len(batch)) {
		return nil // what cannot be asked is no reason to doubt what is on the disk
	}
	first := make([]byte, len(batch))
	n, err := j.file.ReadAt(first, j.chain.good)
	j.turnReadOnly("another program wrote to the file at the same moment; " + lookWho)
	if (err == nil || err == io.EOF) && bytes.Equal(first[:n], batch) {
		return nil
	}
	return fmt.Errorf("this was not recorded, although its text is in the file: %w: %s", ErrReadOnly, j.why)
}

// cut takes a file back to its last good line, if what follows is no more than
// what this journal put there. A handle that appends cannot shorten a file on
// every system.
func (j *Journal) cut(own int64) error {
	f, err := j.o.FS.OpenFile(j.path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	switch {
	case err != nil:
		return err
	case info.Size() > j.chain.good+own || info.Size() < j.chain.good:
		return errors.New("another program changed the file")
	}
	if err := f.Truncate(j.chain.good); err != nil {
		return err
	}
	return f.Sync()
}

// takeBack undoes a failed append. Where that fails too, nobody knows what is on
// the disk, and the journal takes no more.
func (j *Journal) takeBack(cause error, own int) error {
	if err := j.cut(int64(own)); err != nil {
		j.turnReadOnly(fmt.Sprintf("writing failed (%v), and so did taking it back (%v); mend the disk, open it anew and look whether the last act is there", cause, err))
		return fmt.Errorf("it is not known whether this was recorded: %w; %w: %s", cause, ErrReadOnly, j.why)
	}
	return fmt.Errorf("nothing was recorded: %w; free or mend the disk and try again", cause)
}
