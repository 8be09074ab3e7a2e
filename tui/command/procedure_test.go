package command

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"coexist/assets"
	"coexist/checks"
	"coexist/runbook/migration"
)

// houseRules is an overlay: one task before all others, and a check that must
// be younger than the shipped one.
const houseRules = `format = 1

[[task]]
name = "acme.approval"
title = "Approval of the change"
scope = "org"
why = "House rule 7."
run_on = "the service desk"
rights = "none"
sources = ["ACME house rules"]
no_effect = "the laboratory has no service desk"

[[task.check]]
name = "approved"
title = "The change is approved"
kind = "attest"
gate = "soft"
params = { question = "Is the change approved?" }

[[place]]
task = "acme.approval"
step = "prepare"
first = true
`

// commandLine carries out one command line in a folder with a sample migration
// and an overlay, and returns both streams and the exit code.
func commandLine(t *testing.T, dir string, args ...string) (string, string, int) {
	t.Helper()
	var out, talk bytes.Buffer
	env := Environment{In: strings.NewReader(""), Out: &out, Err: &talk, Dir: dir, Getenv: func(string) string { return "" }, Now: time.Now,
		User: "A. Meyer", Host: "jump", Assets: assets.FS, Network: checks.FieldEnv}
	code := ExitCode(Run(t.Context(), args, env), &talk)
	return out.String(), talk.String(), code
}

// scratch is a folder with contoso.toml and the overlay house/rules.toml.
func scratch(t *testing.T, overlay string) string {
	t.Helper()
	dir := t.TempDir()
	for name, data := range map[string]string{"contoso.toml": string(migration.Sample("2010")), "house/rules.toml": overlay} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(data), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestOverlayReachesRunJournalAndExport(t *testing.T) {
	t.Parallel()
	dir := scratch(t, houseRules)
	out, talk, code := commandLine(t, dir, "status", "contoso.toml", "--procedures", "house")
	if code != 0 || !strings.Contains(out, "acme.approval") && !strings.Contains(out, "Approval of the change") {
		t.Fatalf("status: %d\n%s%s", code, out, talk)
	}
	// Recording anything puts the overlay's hash into the journal.
	if _, talk, code := commandLine(t, dir, "check", "contoso.toml", "--procedures", "house", "--task", "acme.approval", "--operator", "A. Meyer"); code != 1 {
		t.Fatalf("check of what nobody attested: %d, %s", code, talk)
	}
	journal, err := os.ReadFile(filepath.Join(dir, "contoso.journal"))
	if err != nil || !strings.Contains(string(journal), `"overlay":"`) {
		t.Fatalf("the journal does not name the overlay: %v", err)
	}
	for _, args := range [][]string{{"status", "contoso.toml"}, {"export", "contoso.toml", "-o", "-"}} {
		if _, talk, code := commandLine(t, dir, args...); code != 2 || !strings.Contains(talk, "--procedures DIR") {
			t.Errorf("%v without the overlay: %d, %s", args, code, talk)
		}
	}
	if out, talk, code := commandLine(t, dir, "status", "contoso.toml", "--procedures", "none"); code != 0 || strings.Contains(out, "Approval of the change") {
		t.Errorf("without it on purpose: %d, %s%s", code, out, talk)
	}
	if out, _, code := commandLine(t, dir, "export", "contoso.toml", "--procedures", "house", "-o", "-"); code != 0 || !strings.Contains(out, "Approval of the change") {
		t.Errorf("export: %d", code)
	}
}

// TestHandoverBringsTheOverlay packs with an overlay and opens where there is
// none: it is the same runbook.
func TestHandoverBringsTheOverlay(t *testing.T) {
	t.Parallel()
	dir := scratch(t, houseRules)
	commandLine(t, dir, "check", "contoso.toml", "--procedures", "house", "--task", "acme.approval", "--operator", "A. Meyer")
	told(t, dir, 0, "SHA-256", "handover", "contoso.toml", "--procedures", "house", "-o", "p.zip", "--operator", "A. Meyer")
	if err := os.RemoveAll(filepath.Join(dir, "house")); err != nil {
		t.Fatal(err)
	}
	if out := told(t, dir, 0, "Approval of the change", "handover", "p.zip"); strings.Contains(out, "was made with the procedure") {
		t.Errorf("it is another procedure:\n%s", out)
	}
	folder := filepath.Join(dir, "night 2")
	told(t, dir, 0, `coexist --procedures "`+filepath.Join(folder, "procedures")+`" "`+filepath.Join(folder, "contoso.toml")+`"`, "handover", "p.zip", "--open", "night 2", "--operator", "B. Weber")
	told(t, dir, 0, "Approval of the change", "status", filepath.Join(folder, "contoso.toml"), "--procedures", filepath.Join(folder, "procedures"))
}

func TestProcedureCommands(t *testing.T) {
	t.Parallel()
	dir := scratch(t, houseRules)
	loose := strings.Replace(houseRules, "[[place]]", "[[change]]\ntask = \"prepare.schema\"\n[[change.tighten]]\ncheck = \"version\"\ngate = \"info\"\n\n[[place]]", 1)
	if err := os.Mkdir(filepath.Join(dir, "loose"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "loose", "rules.toml"), []byte(loose), 0o600); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		args []string
		code int
		want string
	}{
		{[]string{"procedure", "lint", "house"}, 0, "nothing to mend"},
		{[]string{"procedure", "lint", "loose"}, 1, "never looser"},
		{[]string{"procedure", "lint", "nowhere"}, 2, "expected a folder"},
		{[]string{"status", "contoso.toml", "--procedures", "loose"}, 2, "never looser"},
		{[]string{"procedure", "show", "--procedures", "house"}, 0, "acme.approval"},
		{[]string{"procedure", "show", "acme.approval", "--procedures", "house"}, 0, "# rules.toml:3, step 1 of 2007"},
		{[]string{"procedure", "show", "schema"}, 2, "prepare.schema"},
		{[]string{"procedure", "show", "--source", "2003"}, 2, "2007, 2010, mixed"},
		{[]string{"version", "--procedures", "house"}, 0, "overlay sha256:"},
		{[]string{"procedure", "export", "shipped"}, 0, "wrote shipped"},
	}
	for _, tt := range tests {
		out, talk, code := commandLine(t, dir, tt.args...)
		if code != tt.code || !strings.Contains(out+talk, tt.want) {
			t.Errorf("%v: exit code %d, expected %d and %q:\n%s%s", tt.args, code, tt.code, tt.want, out, talk)
		}
	}
	if out, talk, code := commandLine(t, dir, "procedure", "lint", "shipped"); code != 0 {
		t.Errorf("what was exported: %d, %s%s", code, out, talk)
	}
	if _, talk, code := commandLine(t, dir, "procedure", "export", "shipped"); code != 2 || !strings.Contains(talk, "is there already") {
		t.Errorf("exported twice: %d, %s", code, talk)
	}
}
