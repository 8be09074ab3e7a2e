package runbook

import (
	"os"
	"path/filepath"
	"testing"
)

func TestEvidence(t *testing.T) {
	t.Parallel()
	e := EvidenceOf(filepath.Join(t.TempDir(), "contoso.toml"))
	name, err := e.Keep([]byte("220 mail"))
	if err != nil {
		t.Fatal(err)
	}
	if again, err := e.Keep([]byte("220 mail")); err != nil || again != name {
		t.Errorf("kept twice: %q, %v", again, err)
	}
	if data, err := e.Load(name); err != nil || string(data) != "220 mail" {
		t.Errorf("loaded %q, %v", data, err)
	}
	if err := os.WriteFile(filepath.Join(string(e), name), []byte("220 other"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := e.Load(name); err == nil {
		t.Error("a changed file was accepted")
	}
	if _, err := e.Load("../contoso.toml"); err == nil {
		t.Error("a path was accepted as a hash")
	}
}
