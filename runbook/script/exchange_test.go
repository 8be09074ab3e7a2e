package script

import (
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"coexist/checks"
	"coexist/runbook"
	"coexist/runbook/migration"
	"coexist/runbook/runbooktest"
)

var update = flag.Bool("update", false, "rewrite the golden files")

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
	s, err := runbook.Open(path, runbook.Options{Assets: runbooktest.Small(t, "..", "prepare.url"), Clock: c.read, Operator: "A. Meyer", Host: "jump"})
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

// TestAnOlderFileDoesNotTakeTheNewersPlace runs one script twice, and imports
// what it saved first after what it saved last.
func TestAnOlderFileDoesNotTakeTheNewersPlace(t *testing.T) {
	t.Parallel()
	s, c := open(t)
	m, _ := save(t, s, Options{Step: 1, Shell: "2010"})
	c.now = c.now.Add(30 * time.Minute)
	newer := answer(t, m, "EX10-01", func(r *Results) {
		r.Started, r.Ended = r.Started.Add(10*time.Minute), r.Ended.Add(10*time.Minute)
		r.Observations[0].Rows[0]["ExternalUrl"] = []string{"https://mail.contoso.com/owa"}
	})
	first, err := Import(s, "newer.json", newer, keepIn(t))
	if err != nil || first.Results[0].Verdict != checks.Fail || first.Results[0].MS != time.Minute.Milliseconds() {
		t.Fatalf("the newer file: %+v, %v", first, err)
	}
	out, err := Import(s, "older.json", answer(t, m, "EX10-01", nil), keepIn(t))
	if err != nil || len(out.Results) != 0 || len(out.Refused) != 2 || !strings.Contains(out.Refused[0], "a later result is recorded") {
		t.Fatalf("the older file: %+v, %v", out, err)
	}
	if st := s.Snapshot().Progress.Checks[m.Checks[0]]; st.Result.Verdict != checks.Fail {
		t.Errorf("the overtaken %s counts", st.Result.Verdict)
	}
}

// TestWhatAScriptNoLongerAsksIsNotTaken has the check of a script read something
// else by the time its result comes back.
func TestWhatAScriptNoLongerAsksIsNotTaken(t *testing.T) {
	t.Parallel()
	s, c := open(t)
	m, _ := save(t, s, Options{Step: 1, Shell: "2010"})
	if len(m.Asked) != len(m.Checks) {
		t.Fatalf("the script notes what it asks of %d of %d checks", len(m.Asked), len(m.Checks))
	}
	c.now = c.now.Add(10 * time.Minute)
	snap := s.Snapshot()
	j := judge{r: &Results{}, snap: snap, written: &runbook.ScriptWritten{Asked: map[string]string{m.Checks[0]: "another"}}, began: c.now}
	if why := j.outdated(snap.Runbook.Check(m.Checks[0]), snap.Progress.Values); !strings.Contains(why, "reads something else") {
		t.Errorf("refused because %q", why)
	}
	j.written = &runbook.ScriptWritten{Asked: m.Asked}
	if why := j.outdated(snap.Runbook.Check(m.Checks[0]), snap.Progress.Values); why != "" {
		t.Errorf("what the script still asks is refused: %s", why)
	}
}
