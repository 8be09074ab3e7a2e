package migration

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestFind(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("contoso.toml", string(Sample(Source2010)))
	write("contoso.journal", "")
	write("broken.toml", "[organization]\nname = 1\n")
	write("unicode.toml", "\xff\xfe"+strings.Join(strings.Split("[organization]", ""), "\x00")+"\x00")
	write("pyproject.toml", "[build-system]\nrequires = []\n")
	write("half.toml.draft", "anything")
	write("notes.txt", "")
	got := map[string]Found{}
	for _, f := range Find(dir, Known{}) {
		got[filepath.Base(f.Path)] = f
	}
	if len(got) != 4 {
		t.Errorf("found %d files, want 4: %v", len(got), got)
	}
	if f := got["contoso.toml"]; f.Err != nil || f.Organization != "Contoso" || f.Source != Source2010 || !f.Started {
		t.Errorf("contoso.toml: %+v", f)
	}
	if f := got["broken.toml"]; f.Err == nil {
		t.Error("broken.toml: no error")
	}
	if f := got["unicode.toml"]; f.Err == nil || !strings.Contains(f.Err.Error(), "UTF-16") {
		t.Errorf("unicode.toml: %v", f.Err)
	}
	if f := got["half.toml.draft"]; !f.Draft {
		t.Errorf("half.toml.draft: %+v", f)
	}
}
