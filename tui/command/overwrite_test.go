package command

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"coexist/runbook/migration"
)

// TestNothingOverwritesTheRecord names the migration or a journal as the file
// to be written.
func TestNothingOverwritesTheRecord(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	kept := map[string]string{"contoso.toml": string(migration.Sample("2010")), "other.toml": "another one", "other.journal": "its journal"}
	for name, text := range kept {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink("contoso.toml", filepath.Join(dir, "link.md")); err != nil {
		t.Logf("without a link: %v", err)
	}
	for _, out := range []string{"contoso.toml", "./contoso.toml", "link.md", "other.toml", "other.journal"} {
		if _, err := os.Stat(filepath.Join(dir, out)); err != nil {
			continue
		}
		told(t, dir, 2, "name another file", "export", "contoso.toml", "-o", out)
		told(t, dir, 2, "name another file", "handover", "contoso.toml", "-o", out, "--operator", "A. Meyer")
	}
	f := newField(t, "2010")
	f.dir, f.typed = dir, "A. Meyer\nexport contoso.toml\nexport contoso.journal\nexport other.journal\nquit\n"
	if out, _, err := f.run(t, "", "--plain", "contoso.toml"); err != nil || strings.Count(out, "name another file") != 3 {
		t.Errorf("in lines: %v\n%s", err, out)
	}
	for name, text := range kept {
		if now, _ := os.ReadFile(filepath.Join(dir, name)); string(now) != text {
			t.Errorf("%s was overwritten", name)
		}
	}
	told(t, dir, 0, "wrote", "export", "contoso.toml", "-o", "out.md")
	told(t, dir, 0, "wrote", "export", "contoso.toml", "-o", "out.md")
}
