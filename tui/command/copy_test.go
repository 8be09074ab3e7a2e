package command

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestCopyGoesFromTheClipboardToTheTerminalToAFile tries every link of the
// chain, and that what is said of it is true.
func TestCopyGoesFromTheClipboardToTheTerminalToAFile(t *testing.T) {
	t.Parallel()
	none := func(string) error { return errors.New("no clipboard") }
	for _, test := range []struct {
		name  string
		env   map[string]string
		local func(string) error
		how   string // "" is the terminal
		file  bool
	}{
		{"at the desk", map[string]string{"TERM": "xterm-256color"}, func(string) error { return nil }, "the clipboard", false},
		{"over ssh", map[string]string{"TERM": "xterm-256color", "SSH_TTY": "/dev/pts/1"}, func(string) error { t.Error("the wrong machine's clipboard"); return nil }, "", false},
		{"without one", map[string]string{"TERM": "xterm-256color"}, none, "", false},
		{"on a console", map[string]string{"TERM": "linux"}, none, "into the file", true},
		{"on a console over ssh", map[string]string{"TERM": "vt220", "SSH_CONNECTION": "x"}, nil, "into the file", true},
	} {
		dir := t.TempDir()
		a := &app{}
		a.Dir, a.Copy = dir, test.local
		a.Getenv = func(name string) string { return test.env[name] }
		how, err := a.copyText("Get-Mailbox")
		if err != nil || !strings.Contains(how, test.how) || (how == "") != (test.how == "") {
			t.Errorf("%s: said %q, %v", test.name, how, err)
		}
		data, err := os.ReadFile(filepath.Join(dir, "coexist-copied.txt"))
		if test.file != (err == nil) || test.file && (string(data) != "Get-Mailbox" || !strings.Contains(how, dir)) {
			t.Errorf("%s: the file holds %q, %v; said %q", test.name, data, err, how)
		}
	}
}
