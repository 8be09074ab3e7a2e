// Package runbooktest holds what the tests of several packages work on.
package runbooktest

import (
	"io/fs"
	"os"
	"path"
	"strings"
	"testing"
	"testing/fstest"
)

// Small is the smallest way to 2013, below runbook/testdata/small, with these
// tasks as its first step. from is the path from the caller's folder to the
// runbook package.
func Small(t testing.TB, from string, tasks ...string) fs.FS {
	t.Helper()
	files, err := SmallFiles(from, tasks...)
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// SmallFiles is Small for where no test runs.
func SmallFiles(from string, tasks ...string) (fs.FS, error) {
	files := fstest.MapFS{}
	for _, root := range []fs.FS{os.DirFS(path.Join(from, "../assets")), os.DirFS(path.Join(from, "testdata/small"))} {
		if err := gather(files, root); err != nil {
			return nil, err
		}
	}
	for name, f := range files {
		if path.Dir(name) == "procedures" {
			listed := `tasks = ["` + strings.Join(tasks, `", "`) + `"]`
			f.Data = []byte(strings.Replace(string(f.Data), `tasks = ["prepare.name", "prepare.port"]`, listed, 1))
		}
	}
	return files, nil
}

// gather adds the data files of a folder. Of the shipped content only what
// rehearsals need is taken: the small procedure has its own tasks.
func gather(files fstest.MapFS, root fs.FS) error {
	_, err := fs.Stat(root, "scenarios")
	shipped := err == nil
	return fs.WalkDir(root, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || shipped && name != "faults.toml" && path.Dir(name) != "scenarios" {
			return err
		}
		data, err := fs.ReadFile(root, name)
		files[name] = &fstest.MapFile{Data: data}
		return err
	})
}
