package migration

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
)

// WriteNew creates a file. It never overwrites one: the error then wraps
// fs.ErrExist.
func WriteNew(path string, data []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return fmt.Errorf("%s cannot be created: %w", path, err)
	}
	if err := writeAndClose(f, data); err != nil {
		os.Remove(path)
		return fmt.Errorf("%s cannot be written: %w", path, err)
	}
	syncFolder(filepath.Dir(path))
	return nil
}

// SaveAtomic replaces a file, or creates it: at any moment, even when the power
// fails, the path holds either the old contents or the new, whole. A link is
// followed, and the file's permissions stay; those of a new one are what the
// umask leaves.
func SaveAtomic(path string, data []byte) error {
	if target, err := filepath.EvalSymlinks(path); err == nil {
		path = target
	}
	f, err := aside(path)
	if err != nil {
		return fmt.Errorf("%s cannot be saved: %w", path, err)
	}
	if info, statErr := os.Stat(path); statErr == nil && runtime.GOOS != "windows" { // there permissions are lists that the folder hands down
		err = f.Chmod(info.Mode().Perm())
	}
	if err != nil {
		f.Close()
	} else {
		err = writeAndClose(f, data)
	}
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		os.Remove(f.Name())
		return fmt.Errorf("%s cannot be saved, and is unchanged: %w", path, err)
	}
	syncFolder(filepath.Dir(path))
	return nil
}

// aside creates a file of a name that nothing has, beside the one that it is to
// replace.
func aside(path string) (*os.File, error) {
	for {
		f, err := os.OpenFile(path+".tmp-"+rand.Text(), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
		if !errors.Is(err, fs.ErrExist) {
			return f, err
		}
	}
}

// writeAndClose puts data on the disk, not only into its cache.
func writeAndClose(f *os.File, data []byte) error {
	_, err := f.Write(data)
	if err == nil {
		err = f.Sync()
	}
	if closed := f.Close(); err == nil {
		err = closed
	}
	return err
}

// syncFolder makes a new name last. Windows has no such call, and file systems
// that refuse it keep names by themselves.
func syncFolder(path string) {
	if runtime.GOOS == "windows" {
		return
	}
	if d, err := os.Open(path); err == nil {
		_ = d.Sync()
		d.Close()
	}
}
