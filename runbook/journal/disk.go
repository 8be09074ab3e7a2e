package journal

import (
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"

	"github.com/gofrs/flock"
)

// FS is the disk as the journal needs it. The zero Options take the real one;
// tests put a failing one in its place.
type FS interface {
	OpenFile(name string, flag int, perm fs.FileMode) (File, error)
	Stat(name string) (fs.FileInfo, error)
	Rename(from, to string) error
	Remove(name string) error
	// SyncDir makes names in a folder last.
	SyncDir(name string) error
	// Lock takes an exclusive lock without waiting; ok is false when another
	// holds it.
	Lock(name string) (release func() error, ok bool, err error)
}

// File is an open file.
type File interface {
	io.Reader
	io.ReaderAt
	io.Writer
	io.Closer
	Stat() (fs.FileInfo, error)
	Sync() error
	Truncate(size int64) error
}

// Disk is the real FS.
type Disk struct{}

// OpenFile opens a file as os.OpenFile does.
func (Disk) OpenFile(name string, flag int, perm fs.FileMode) (File, error) {
	f, err := os.OpenFile(name, flag, perm)
	if err != nil {
		return nil, err // a nil *os.File must not become a File
	}
	return f, nil
}

// Stat describes a file.
func (Disk) Stat(name string) (fs.FileInfo, error) { return os.Stat(name) }

// Rename moves a file, replacing what is there.
func (Disk) Rename(from, to string) error { return os.Rename(from, to) }

// Remove deletes a file.
func (Disk) Remove(name string) error { return os.Remove(name) }

// SyncDir puts a folder's names on the disk. Windows has no such call.
func (Disk) SyncDir(name string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	d, err := os.Open(name)
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}

// Lock takes the lock of the operating system, which goes with the process that
// holds it, however that ends.
func (Disk) Lock(name string) (func() error, bool, error) {
	l := flock.New(name, flock.SetPermissions(0o666))
	ok, err := l.TryLock()
	return l.Unlock, ok, err
}

// readAll reads a whole file; a file that is not there is empty.
func readAll(disk FS, path string) ([]byte, error) {
	f, err := disk.OpenFile(path, os.O_RDONLY, 0)
	if err != nil {
		if os.IsNotExist(err) {
			return nil, nil
		}
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if info.IsDir() {
		return nil, &fs.PathError{Op: "read", Path: path, Err: fs.ErrInvalid}
	}
	data := make([]byte, info.Size())
	n, err := io.ReadFull(f, data)
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		err = nil // it shrank meanwhile; what is there counts
	}
	return data[:n], err
}

// writeFile creates a file and puts its contents on the disk. With os.O_EXCL in
// flag it never overwrites.
func writeFile(disk FS, path string, flag int, data []byte) error {
	f, err := disk.OpenFile(path, os.O_WRONLY|os.O_CREATE|flag, 0o644)
	if err != nil {
		return err
	}
	n, err := f.Write(data)
	if err == nil && n < len(data) {
		err = io.ErrShortWrite
	}
	if err == nil {
		err = f.Sync()
	}
	if closed := f.Close(); err == nil {
		err = closed
	}
	if err != nil {
		disk.Remove(path)
		return err
	}
	return disk.SyncDir(filepath.Dir(path))
}
