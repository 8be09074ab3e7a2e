package script

import (
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"coexist/checks"
	"coexist/runbook"
	"coexist/runbook/migration"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// procedureWithShell has one check and one capture that a script reads, and one
// check that must run on its own server.
var procedureWithShell = fstest.MapFS{
	"releases.toml": {Data: []byte(`format = 1
[[release]]
name = "2013 CU23"
version = "2013"
build = "15.0.1497.2"
range_upper = 15312
org_version = 16133
domain_version = 13237
coexists = true
support_end = "2023-04-11"
sources = ["build numbers"]
`)},
	"procedures/2010.toml": {Data: []byte(`format = 1
source = "2010"
title = "Exchange 2010 to Exchange 2013"
revision = "2026-11-01"
diagram = ["Clients"]
[[step]]
number = 1
id = "prepare"
title = "Prepare"
reach = "organization"
tasks = ["prepare.url"]
[[step]]
number = 2
id = "sites"
title = "Repeat for additional sites"
close_out = ["close.remove"]
`)},
	"tasks/all.toml": {Data: []byte(`format = 1
[[task]]
name = "prepare.url"
title = "Change the URL"
scope = "server"
servers = { versions = ["2010"], roles = ["client-access"] }
why = "x"
run_on = "x"
rights = "x"
sources = ["x"]
no_effect = "x"
[[task.capture]]
name = "url.former"
type = "url"
scope = "server"
shell = "2010"
command = "Get-OwaVirtualDirectory -Server {{ps .Server.Name}} -ADPropertiesOnly"
property = "ExternalUrl"
prompt = "x"
[[task.command]]
shell = "ems2010"
text = "Set-OwaVirtualDirectory -Identity {{ps (print .Server.Name \"\\\\owa (Default Web Site)\")}} -ExternalUrl 'https://legacy.contoso.com/owa'"
[[task.check]]
name = "url"
title = "The URL is set"
kind = "cmdlet"
shell = "2010"
gate = "soft"
params = { command = "Get-OwaVirtualDirectory -Server {{ps .Server.Name}} -ADPropertiesOnly", properties = ["Server", "ExternalUrl"] }
expect = [ { property = "ExternalUrl", op = "eq", value = "https://legacy.contoso.com/owa" } ]
[[task.check]]
name = "file"
title = "The file version"
kind = "cmdlet"
shell = "2010"
gate = "soft"
params = { local = true, command = "Get-Command ExSetup.exe | ForEach-Object { $_.FileVersionInfo }", properties = ["FileVersion"] }
expect = [ { property = "FileVersion", op = "not_empty" } ]
[[task]]
name = "close.remove"
title = "Remove"
scope = "org"
why = "x"
run_on = "x"
rights = "x"
sources = ["x"]
no_effect = "x"
[[task.command]]
shell = "cmd"
text = "echo removed"
`)},
}

// clock stands still until it is set.
type clock struct{ now time.Time }

func (c *clock) read() time.Time { return c.now }

func open(t *testing.T) (*runbook.Session, *clock) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "contoso.toml")
	if err := os.WriteFile(path, migration.Sample(migration.Source2010), 0o600); err != nil {
		t.Fatal(err)
	}
	c := &clock{time.Date(2026, 11, 28, 22, 0, 0, 0, time.UTC)}
	s, err := runbook.Open(path, runbook.Options{Assets: procedureWithShell, Clock: c.read, Operator: "A. Meyer", Host: "jump"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s, c
}

func keepIn(t *testing.T) func([]byte) (string, error) {
	t.Helper()
	return runbook.Evidence(t.TempDir()).Keep
}

// answer makes the result file of a script, as its server would.
func answer(t *testing.T, m Manifest, computer string, edit func(*Results)) []byte {
	t.Helper()
	r := Results{Format: 1, Nonce: m.Nonce, Content: m.Content, Step: m.Step, Shell: m.Shell, Server: m.Server, Computer: computer,
		Started: time.Date(2026, 11, 28, 22, 5, 0, 0, time.UTC), Ended: time.Date(2026, 11, 28, 22, 6, 0, 0, time.UTC)}
	for _, id := range m.Checks {
		r.Observations = append(r.Observations, Observation{Kind: "check", ID: id, Rows: []checks.Row{{"Server": {"EX10-01"}, "ExternalUrl": {"https://legacy.contoso.com/owa"}}}})
	}
	for key := range m.Captures {
		r.Observations = append(r.Observations, Observation{Kind: "capture", ID: key, Rows: []checks.Row{{"ExternalUrl": {}}}})
	}
	if edit != nil {
		edit(&r)
	}
	data, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func save(t *testing.T, s *runbook.Session, o Options) (Manifest, string) {
	t.Helper()
	var text []byte
	m, err := Save(s, o, "s.ps1", func(_ string, data []byte) error { text = data; return nil })
	if err != nil {
		t.Fatal(err)
	}
	return m, string(text)
}

func TestOutAndBack(t *testing.T) {
	t.Parallel()
	s, c := open(t)
	m, text := save(t, s, Options{Step: 1, Shell: "2010", Capture: true})
	if len(m.Checks) != 2 || len(m.Captures) != 2 {
		t.Fatalf("the script reads %v and %v; a check of its own server must stay out", m.Checks, m.Captures)
	}
	for _, secret := range []string{"-Password", "-Credential", "Get-Credential", "Set-Owa"} {
		if strings.Contains(text, secret) {
			t.Errorf("the script holds %q", secret)
		}
	}
	c.now = c.now.Add(10 * time.Minute)
	data := answer(t, m, "EX10-01", nil)
	keep := keepIn(t)
	out, err := Import(s, "r.json", data, keep)
	if err != nil || len(out.Results) != 2 || len(out.Values) != 2 {
		t.Fatalf("import: %+v, %v", out, err)
	}
	for _, r := range out.Results {
		if r.Verdict != checks.Pass || r.Source != checks.FromShell || r.Host != "EX10-01" {
			t.Errorf("%s: %s from %s on %s", r.ID, r.Verdict, r.Source, r.Host)
		}
	}
	p := s.Snapshot().Progress
	if v, ok := p.Values["url.former/ex10-01"]; !ok || v != "" {
		t.Errorf("the empty URL was not captured: %q, %v", v, ok)
	}
	if p.Truth.Imported != 0 && p.Checks["prepare.url/ex10-01/url"].Satisfied {
		t.Error("a result from before the work satisfies its check")
	}
	n := len(s.Snapshot().Events)
	again, err := Import(s, "r.json", data, keep)
	if err != nil || again.Already.IsZero() || len(s.Snapshot().Events) != n {
		t.Errorf("a second import: %+v, %v, %d events more", again, err, len(s.Snapshot().Events)-n)
	}
}

func TestOwnServerOnly(t *testing.T) {
	t.Parallel()
	s, c := open(t)
	m, _ := save(t, s, Options{Step: 1, Shell: "2010", Server: "EX10-01"})
	if strings.Join(m.Checks, " ") != "prepare.url/ex10-01/url prepare.url/ex10-01/file" {
		t.Fatalf("the server's script reads %v", m.Checks)
	}
	c.now = c.now.Add(10 * time.Minute)
	if _, err := Import(s, "r.json", answer(t, m, "EX10-11", nil), keepIn(t)); err == nil || !strings.Contains(err.Error(), "EX10-11") {
		t.Errorf("the answer of another server: %v", err)
	}
}

func TestImportJudges(t *testing.T) {
	t.Parallel()
	s, c := open(t)
	m, _ := save(t, s, Options{Step: 1, Shell: "2010"})
	c.now = c.now.Add(10 * time.Minute)
	failed := "access denied\x1b[2J"
	out, err := Import(s, "r.json", answer(t, m, "EX10-01", func(r *Results) {
		r.Observations[0].Rows[0]["ExternalUrl"] = []string{"https://mail.contoso.com/owa"}
		r.Observations[1].Rows, r.Observations[1].Error = nil, &failed
	}), keepIn(t))
	if err != nil {
		t.Fatal(err)
	}
	if r := out.Results[0]; r.Verdict != checks.Fail || !strings.Contains(r.Found, "mail.contoso.com") {
		t.Errorf("another URL: %s, found %q", r.Verdict, r.Found)
	}
	if r := out.Results[1]; r.Verdict != checks.Unknown || strings.Contains(r.Summary, "\x1b") {
		t.Errorf("an error: %s, %q", r.Verdict, r.Summary)
	}
}

func TestOtherRunsChangeNothing(t *testing.T) {
	t.Parallel()
	a, c := open(t)
	b, _ := open(t)
	m, _ := save(t, a, Options{Step: 1, Shell: "2010"})
	c.now = c.now.Add(10 * time.Minute)
	n := len(b.Snapshot().Events)
	if _, err := Import(b, "r.json", answer(t, m, "EX10-01", nil), keepIn(t)); err == nil || !strings.Contains(err.Error(), "another run") {
		t.Errorf("another run's file: %v", err)
	}
	if len(b.Snapshot().Events) != n {
		t.Error("a refused file changed the journal")
	}
}

// TestGolden keeps the written script; only its nonce is its own.
func TestGolden(t *testing.T) {
	t.Parallel()
	s, _ := open(t)
	snap := s.Snapshot()
	data, _, err := Write(snap.Runbook, Options{Step: 1, Shell: "2010", Capture: true, Nonce: nonce, Tool: "test", Values: snap.Progress.Values})
	if err != nil {
		t.Fatal(err)
	}
	golden := filepath.Join("testdata", "step1-2010.ps1.golden")
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(golden, data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if string(data) != string(want) {
		t.Errorf("the script changed; compare with %s and run with -update when it is meant:\n%s", golden, data)
	}
}
