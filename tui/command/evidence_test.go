package command

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"coexist/runbook/handover"
)

// told fails unless a command ends with a code and says something.
func told(t *testing.T, dir string, code int, says string, args ...string) string {
	t.Helper()
	out, talk, got := commandLine(t, dir, args...)
	if got != code || !strings.Contains(out+talk, says) {
		t.Fatalf("coexist %s: exit code %d, want %d, and %q in\n%s%s", strings.Join(args, " "), got, code, says, out, talk)
	}
	return out
}

// A finished rehearsal is taken back, exported, compared and handed over by
// commands alone, as an engineer without the wizard does it.
func TestEvidenceByCommands(t *testing.T) {
	if testing.Short() {
		t.Skip("walks the whole upgrade")
	}
	t.Parallel()
	dir := t.TempDir()
	told(t, dir, 0, "finished", "rehearse", "night", "--headless")
	file := filepath.Join("night", "rehearsal-plain-2010", "contoso.toml")
	const task = "close.negotiate/ex13-02"

	told(t, dir, 0, "No backout is declared", "backout", file)
	told(t, dir, 2, "no backout is declared", "backout", file, "--task", task, "--done")
	told(t, dir, 2, `--type "Contoso"`, "backout", file, "--declare", "mail stands still")
	told(t, dir, 0, ">  1  TO DO", "backout", file, "--declare", "mail stands still", "--type", "Contoso", "--operator", "A. Meyer")
	told(t, dir, 2, "comes first", "backout", file, "--task", "deploy.scp/ex13-01", "--done")
	told(t, dir, 0, "TAKEN BACK, NOT CHECKED", "backout", file, "--task", task, "--done")
	told(t, dir, 1, "not as before", "backout", file, "--task", task, "--check", "1", "--found", "Basic")
	told(t, dir, 0, "recorded: as before", "backout", file, "--task", task, "--check", "1", "--found", "Ntlm")
	told(t, dir, 2, "one thing at a time", "backout", file, "--task", task, "--done", "--leave", "x")
	var card struct{ Word string }
	if err := json.Unmarshal([]byte(told(t, dir, 0, "", "backout", file, "--task", task, "--json")), &card); err != nil || card.Word != "TAKEN BACK, NOT CHECKED" {
		t.Errorf("as JSON: %+v, %v", card, err)
	}

	told(t, dir, 0, "wrote", "export", file, "-o", "full.md")
	told(t, dir, 0, "recorded with its SHA-256", "export", file, "-o", "page.md", "--profile", "manager", "--redact", "--record")
	told(t, dir, 0, "records it", "export", file, "-o", "page.md", "--check")
	told(t, dir, 0, "records it", "export", file, "--check", "page.md")
	told(t, dir, 2, "goes with --check", "export", file, "page.md")
	told(t, dir, 0, "added to the journal since: 1", "export", file, "-o", "full.md", "--check")
	full := filepath.Join(dir, "full.md")
	data, _ := os.ReadFile(full)
	if err := os.WriteFile(full, []byte(strings.Replace(string(data), "BACKING OUT", "FINAL", 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	told(t, dir, 1, "found another document", "export", file, "-o", "full.md", "--check")

	var packed struct {
		SHA256   string `json:"sha256"`
		Manifest handover.Manifest
	}
	if err := json.Unmarshal([]byte(told(t, dir, 0, "", "handover", file, "-o", "p.zip", "--to", "B. Weber", "--json")), &packed); err != nil || len(packed.SHA256) != 64 || packed.Manifest.Entries == 0 {
		t.Errorf("packed: %+v, %v", packed, err)
	}
	told(t, dir, 2, "cannot be saved", "handover", file, "-o", filepath.Join("nowhere", "p.zip"))
	if record, err := os.ReadFile(filepath.Join(dir, strings.TrimSuffix(file, ".toml")+".journal")); err != nil || strings.Count(string(record), `"kind":"handover"`) != 1 {
		t.Errorf("the journal tells of %d packings, and one packet was written (%v)", strings.Count(string(record), `"kind":"handover"`), err)
	}
	told(t, dir, 0, "undo cards settled", "handover", "p.zip")
	told(t, dir, 0, "recorded: B. Weber took over from A. Meyer", "handover", "p.zip", "--open", "taken", "--operator", "B. Weber")
	told(t, dir, 2, "not empty", "handover", "p.zip", "--open", "taken")
	told(t, dir, 0, "the chain holds", "journal", "verify", filepath.Join("taken", "contoso.toml"))
	told(t, dir, 0, "operators: A rehearsal, A. Meyer | B rehearsal, A. Meyer, B. Weber", "diff", file, filepath.Join("taken", "contoso.toml"))
	told(t, dir, 0, "site Redmond", "diff", file, "--sites", "redmond,lyon")
	told(t, dir, 2, "the sites are Redmond, Lyon", "diff", file, "--sites", "redmond,nowhere")
	told(t, dir, 2, "expected two migrations", "diff", file)

	zip := filepath.Join(dir, "p.zip")
	data, _ = os.ReadFile(zip)
	data[len(data)/2] ^= 1
	if err := os.WriteFile(zip, data, 0o600); err != nil {
		t.Fatal(err)
	}
	told(t, dir, 1, "nothing was unpacked", "handover", "p.zip", "--open", "other")
	if _, err := os.Stat(filepath.Join(dir, "other")); err == nil {
		t.Error("a damaged packet left a folder")
	}
}
