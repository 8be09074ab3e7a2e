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
	root := os.DirFS(path.Join(from, "testdata/small"))
	files := fstest.MapFS{}
	err := fs.WalkDir(root, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := fs.ReadFile(root, name)
		if path.Dir(name) == "procedures" {
			listed := `tasks = ["` + strings.Join(tasks, `", "`) + `"]`
			data = []byte(strings.Replace(string(data), `tasks = ["prepare.name", "prepare.port"]`, listed, 1))
		}
		files[name] = &fstest.MapFile{Data: data}
		return err
	})
	return files, err
}
