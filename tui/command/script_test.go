package command

import (
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"coexist/assets"
	"coexist/checks"
	"coexist/checks/lab"
	"coexist/runbook"
	"coexist/runbook/migration"
	"coexist/runbook/script"
)

// scriptSession opens the sample organisation with the shipped procedures.
func scriptSession(t *testing.T, operator string) (*app, *runbook.Session, string) {
	t.Helper()
	l, err := lab.New(lab.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "contoso.toml"), migration.Sample("2010"), 0o600); err != nil {
		t.Fatal(err)
	}
	a := &app{operator: operator, Environment: Environment{Out: io.Discard, Err: io.Discard, Dir: filepath.Join(dir, "elsewhere"), Getenv: os.Getenv,
		Now: time.Now, Host: "jump", Assets: assets.FS, Network: func(checks.FieldSettings) (*checks.Env, error) { return l.Env(), nil }}}
	s, err := a.open(filepath.Join(dir, "contoso.toml"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return a, s, dir
}

// TestScriptsGoBesideTheMigration writes scripts as the wizard does and takes
// back what one of them saved.
func TestScriptsGoBesideTheMigration(t *testing.T) {
	t.Parallel()
	a, s, dir := scriptSession(t, "A. Meyer")
	var last script.Manifest
	for i, want := range []string{"contoso-step1-2010.ps1", "contoso-step1-2010-2.ps1", "contoso-step1-2010-3.ps1"} {
		path, m, err := a.saveScript(s, script.Options{Step: 1, Shell: "2010"})
		if err != nil || path != filepath.Join(dir, want) {
			t.Fatalf("script %d: %s, %v", i+1, path, err)
		}
		data, err := os.ReadFile(path)
		if err != nil || !strings.Contains(string(data), m.Nonce) {
			t.Fatalf("%s does not hold its nonce: %v", path, err)
		}
		last = m
	}
	path, _, err := a.saveScript(s, script.Options{Step: 1, Shell: "2010", Server: "EX10-01"})
	if err != nil || filepath.Base(path) != "contoso-step1-2010-EX10-01.ps1" {
		t.Errorf("of one server: %s, %v", path, err)
	}
	r := script.Results{Format: 1, Nonce: last.Nonce, Content: last.Content, Step: 1, Shell: "2010", Computer: "EX10-01", Started: time.Now(), Ended: time.Now()}
	for _, id := range last.Checks {
		r.Observations = append(r.Observations, script.Observation{Kind: "check", ID: id, Rows: []checks.Row{}})
	}
	data, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, last.ResultName()), data, 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := a.importFile(s, last.ResultName()) // beside the migration, not in the working folder
	if err != nil || len(out.Results) != len(last.Checks) {
		t.Fatalf("import: %d results, %v", len(out.Results), err)
	}
	again, err := importText(s, data)
	if err != nil || again.Already.IsZero() {
		t.Errorf("the same as text: %+v, %v", again, err)
	}
	for name, want := range map[string]string{"nothing.json": "expected the coexist-", dir: "is no file"} {
		if _, err := a.importFile(s, name); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("import of %s: %v", name, err)
		}
	}
}

// TestNoScriptIsLeftUnrecorded wants no file where nothing can be recorded: it
// could never be imported.
func TestNoScriptIsLeftUnrecorded(t *testing.T) {
	t.Parallel()
	a, s, dir := scriptSession(t, "")
	if _, _, err := a.saveScript(s, script.Options{Step: 1, Shell: "2010"}); err == nil {
		t.Fatal("a script was written without an operator")
	}
	if left, _ := filepath.Glob(filepath.Join(dir, "*.ps1")); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
}
