package linear

import (
	"errors"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"coexist/checks"
	"coexist/runbook"
	"coexist/runbook/journal"
	"coexist/runbook/migration"
)

// TestSigningIn asks in every session who works here, and offers the last one.
func TestSigningIn(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	path := b.contoso(t, "2010")
	for _, c := range []struct{ script, by string }{
		{"A. Meyer\nnote first\nquit", "A. Meyer"},
		{"\nnote second\nquit", "A. Meyer"},
		{"B. Okafor\nnote third\nquit", "B. Okafor"},
		{".\nnote lost\noperator C. Ito\nnote fourth\nquit", "C. Ito"},
	} {
		s, err := b.open(path)
		if err != nil {
			t.Fatal(err)
		}
		b.out.Reset()
		cfg := b.config(c.script)
		cfg.Session = s
		got := b.talk(t, cfg)
		events := s.Snapshot().Events
		if last := events[len(events)-1]; last.Kind != runbook.EventNote || last.Operator != c.by {
			t.Errorf("%q recorded %s by %s:\n%s", c.script, last.Kind, last.Operator, got)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
}

// TestNextGoesWhereTheBoardGoes wants what went wrong before what can be done,
// and the undo card in a backout.
func TestNextGoesWhereTheBoardGoes(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.verdicts["prepare.service-pack/ex10-11/version"] = checks.Result{Verdict: checks.Fail, Reason: "expect.not_met", Summary: "too old"}
	s, err := b.open(b.contoso(t, "2010"))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	cfg := b.config("A. Meyer\nstep 1\n2\nDone\nyes\nrun\nnext\nback\n3\n1\nnext\nbackout no more time\nContoso\nback\nnext\nquit")
	cfg.Session = s
	got := b.talk(t, cfg)
	if n := strings.Count(got, "\nTask: Service pack on EX10-11\n"); n != 4 {
		t.Errorf("opened %d times:\n%s", n, got)
	}
	if !strings.Contains(got, "type attest 1.\nIt has no answer yet.") {
		t.Errorf("a check that a person answers is to be run:\n%s", got)
	}
}

// TestAFollowerHearsOfAnEdit edits the migration elsewhere while somebody reads
// along.
func TestAFollowerHearsOfAnEdit(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	path := b.contoso(t, "2010")
	writer, err := b.open(path)
	if err == nil {
		err = writer.SetOperator("A. Meyer")
	}
	if err != nil {
		t.Fatal(err)
	}
	reader, err := b.open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	edit := func(time.Duration) {
		edited := strings.Replace(string(migration.Sample("2010")), "EX13-02", "EX13-03", 1)
		err := errors.Join(writer.Close(), os.WriteFile(path, []byte(edited), 0o600))
		again, opening := b.open(path)
		if err = errors.Join(err, opening); err == nil {
			writer, err = again, again.SetOperator("B. Okafor")
		}
		if err != nil {
			t.Error(err)
			return
		}
		for !slices.ContainsFunc(reader.Snapshot().Events, func(e journal.Event) bool { return e.Kind == runbook.EventMigration }) {
			select {
			case <-reader.(*runbook.Session).Changed():
			case <-time.After(20 * time.Second):
				t.Error("the reader never heard of the edit")
				return
			}
		}
	}
	cfg := b.config("steps\n@1s\nsteps\nquit")
	cfg.In.(*typist).pass = edit
	cfg.Session = reader
	got := b.talk(t, cfg)
	if n := strings.Count(got, "the migration was edited elsewhere"); n != 1 {
		t.Errorf("told %d times:\n%s", n, got)
	}
	if err := writer.Close(); err != nil {
		t.Error(err)
	}
}

// TestComingBack tells on opening what fell back, and shows the attempts and
// the stored talk of a check.
func TestComingBack(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	s, err := b.open(b.contoso(t, "2010"))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	const check = "prepare.service-pack/ex10-01/version"
	b.verdicts[check] = checks.Result{Verdict: checks.Fail, Reason: "ldap.build_old", Summary: "older", Found: "build 14.2.247.5", Transcript: "abc123"}
	cfg := b.config("A. Meyer\nnext\ndone\nyes\nrun\nrun\nquit")
	cfg.Session = s
	b.talk(t, cfg)
	b.out.Reset()
	b.pass(31 * time.Hour)
	cfg = b.config("\nstep 1\n1\n1\nquit")
	cfg.Session = s
	cfg.Transcript = func(_ Session, sum string) (string, error) { return "asked " + sum + "\nanswered", nil }
	got := b.talk(t, cfg)
	for _, want := range []string{"Since you left: 31h since the last entry", "by A. Meyer.", "Earlier: fail at ", "ldap.build_old, build 14.2.247.5", "Transcript:", "   asked abc123", "   answered"} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is missing in:\n%s", want, got)
		}
	}
}
