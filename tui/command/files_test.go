package command

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestFilesFollowTheUmask lets a shell that keeps its files to itself start the
// program: nothing it writes may be read by anybody else. With the usual umask
// others may read and not write, but for the lock, which they must take.
func TestFilesFollowTheUmask(t *testing.T) {
	t.Parallel()
	for umask, allowed := range map[string]fs.FileMode{"077": 0o700, "022": 0o755} {
		dir := board(t, "10.0.0.10")
		for _, args := range [][]string{
			{"new", "other.toml"}, {"--plain", "--operator", "A. Meyer", "contoso.toml"}, {"--plain"}, {"check", "contoso.toml"},
			{"export", "contoso.toml"}, {"export", "contoso.toml", "-o", "plan.json", "--format", "json"}, {"handover", "contoso.toml", "--operator", "A. Meyer"},
			{"discover", "--script", "inventory.ps1"},
		} {
			cmd := inFolder(exec.Command("sh", append([]string{"-c", "umask " + umask + `; exec "$0" "$@"`, os.Args[0]}, args...)...), dir)
			cmd.Stdin = strings.NewReader("1\n1\nFabrikam\n.\nquit\n")
			if out, err := cmd.CombinedOutput(); err != nil && cmd.ProcessState.ExitCode() != 1 {
				t.Fatalf("%v: %v\n%s", args, err, out)
			}
		}
		seen := map[string]bool{}
		err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
			if err != nil || path == dir {
				return err
			}
			info, err := d.Info()
			name := strings.TrimPrefix(path, dir+"/")
			seen[filepath.Ext(name)] = true
			limit := allowed
			if strings.HasSuffix(name, ".lock") && umask == "022" {
				limit = 0o644 // 0666 less the umask
			}
			if err == nil && info.Mode().Perm()&^limit != 0 {
				t.Errorf("umask %s: %s has mode %o", umask, name, info.Mode().Perm())
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		for _, ext := range []string{".toml", ".journal", ".lock", ".md", ".json", ".zip", ".ps1", ".draft"} {
			if !seen[ext] {
				t.Errorf("umask %s: no file %s was written: %v", umask, ext, seen)
			}
		}
	}
}

// TestCopyingFollowsNoLink wants the file that stands for a clipboard to be its
// own: somebody else may have left a link of its name in the folder.
func TestCopyingFollowsNoLink(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	kept := filepath.Join(dir, "kept.txt")
	if err := os.WriteFile(kept, []byte("kept"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(kept, filepath.Join(dir, "coexist-copied.txt")); err != nil {
		t.Skip("no links here")
	}
	a := &app{Environment: Environment{Dir: dir}}
	if _, err := a.copyToFile("Get-Mailbox"); err == nil || !strings.Contains(err.Error(), "is a link") {
		t.Errorf("error is %v", err)
	}
	if text, err := os.ReadFile(kept); err != nil || string(text) != "kept" {
		t.Errorf("the file behind the link holds %q, %v", text, err)
	}
}
