package linear

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"coexist/checks"
	"coexist/runbook"
	"coexist/runbook/script"
)

// withScripts lets a talk write scripts into nowhere; what they would save is
// answered for them, with nothing left to move.
func (b *bench) withScripts(t *testing.T, cfg *Config) {
	var last script.Manifest
	kept := runbook.Evidence(t.TempDir())
	answers := func() []byte {
		r := script.Results{Format: 1, Nonce: last.Nonce, Content: last.Content, Step: last.Step, Shell: last.Shell, Server: last.Server,
			Computer: "EX13-01", Started: b.clock(), Ended: b.clock()}
		for i, id := range last.Checks {
			o := script.Observation{Kind: "check", ID: id, Rows: []checks.Row{}}
			if i > 0 {
				o.Rows = []checks.Row{{"Name": {"Otto"}}}
			}
			r.Observations = append(r.Observations, o)
		}
		data, err := json.Marshal(r)
		if err != nil {
			t.Error(err)
		}
		return data
	}
	var saved []byte
	cfg.SaveScript = func(s Session, o script.Options) (string, script.Manifest, error) {
		m, err := script.Save(s.(*runbook.Session), o, "x.ps1", func(string, []byte) error { return nil })
		last, saved = m, nil
		return "FOLDER/contoso-step.ps1", m, err
	}
	cfg.ImportFile = func(s Session, path string) (script.Outcome, error) {
		if path != "result.json" {
			return script.Outcome{}, errors.New(path + ": no such file")
		}
		if saved == nil {
			saved = answers()
		}
		return script.Import(s.(*runbook.Session), path, saved, kept.Keep)
	}
	cfg.ImportText = func(s Session, data []byte) (script.Outcome, error) {
		return script.Import(s.(*runbook.Session), "pasted text", data, kept.Keep)
	}
}

// TestScripts goes out with a script and comes back with its results.
func TestScripts(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	s, err := b.open(b.contoso(t, "2010"))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	cfg := b.config(`A. Meyer
step 1
script
step 5
script
9
1
import other.json
import "result.json"
import
result.json
import paste
hello
.
I
.
2
fill
quit`)
	cfg.Session = s
	b.withScripts(t, &cfg)
	got := b.talk(t, cfg)
	var nonce string
	for _, e := range s.Snapshot().Events {
		if e.Kind == runbook.EventScript {
			if p, err := runbook.Decode(e); err == nil {
				nonce = p.(*runbook.ScriptWritten).Nonce[:8]
			}
		}
	}
	if nonce == "" {
		t.Fatalf("no script was recorded:\n%s", got)
	}
	golden(t, "scripts", strings.ReplaceAll(got, nonce, "NONCE"))
	kinds := map[string]int{}
	for _, e := range s.Snapshot().Events {
		kinds[e.Kind]++
	}
	if kinds[runbook.EventScript] != 1 || kinds[runbook.EventImport] != 1 {
		t.Errorf("recorded: %v", kinds)
	}
	for _, want := range []string{"Not done: nothing of step 1 is read", "Refused: expected a number from 1 to", "Second: run it there", "import coexist-NONCE.json",
		"Not done: other.json: no such file", "This was imported already", "1 fail", "this is no result file"} {
		if !strings.Contains(strings.ReplaceAll(got, nonce, "NONCE"), want) {
			t.Errorf("%q was not said", want)
		}
	}
}

// TestReadOnlyTries runs checks where nothing can be recorded.
func TestReadOnlyTries(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	path := b.contoso(t, "2010")
	s, err := b.open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	second, err := b.open(path) // the journal is held by the first
	if err != nil {
		t.Fatal(err)
	}
	defer second.Close()
	cfg := b.config("step 1\n1\nrun\nquit")
	cfg.Session = second
	got := b.talk(t, cfg)
	if !strings.Contains(got, "without recording") || !strings.Contains(got, "1 of 1: pass") || !strings.Contains(got, "counts for no gate") {
		t.Errorf("said:\n%s", got)
	}
	if n := len(second.Snapshot().Events); n != 0 {
		t.Errorf("%d events were recorded", n)
	}
}
