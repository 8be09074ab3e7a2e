package rehearsal_test

import (
	"bytes"
	"context"
	"flag"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"coexist/checks"
	"coexist/runbook"
	"coexist/runbook/export"
	"coexist/runbook/migration"
	"coexist/runbook/rehearsal"
)

var update = flag.Bool("update", false, "write the golden records anew")

// evening is when every recorded rehearsal begins.
var evening = time.Date(2026, 11, 28, 21, 0, 0, 0, time.UTC)

// orderly runs checks one after the other, so that a journal is in the same
// order each time.
func orderly(run func(context.Context, []checks.Check, func(checks.Update)) []checks.Result) func(context.Context, []checks.Check, func(checks.Update)) []checks.Result {
	return func(ctx context.Context, list []checks.Check, each func(checks.Update)) []checks.Result {
		var out []checks.Result
		for i := range list {
			got := run(ctx, list[i:i+1], nil)
			for again := 0; again < 2 && (got[0].Verdict != checks.Pass || got[0].Attempts > 1); again++ {
				got = run(ctx, list[i:i+1], nil) // on a busy machine a probe may have run out of time; what is really wrong stays wrong
			}
			timeless(&got[0])
			out = append(out, got[0])
			each(checks.Update{Index: i, Done: true, Result: &got[0]})
		}
		return out
	}
}

// timeless takes out of a result what is another at every run: the loopback's
// ports, the date a server gives, and how long it took.
func timeless(r *checks.Result) {
	r.MS = 0
	delete(r.Evidence, "local_address")
	for _, row := range r.Rows {
		if row["headers"] != nil {
			row["headers"] = slices.DeleteFunc(row["headers"], func(h string) bool { return strings.HasPrefix(h, "Date: ") })
		}
		if row["ms"] != nil {
			row["ms"] = []string{"0"}
		}
	}
	for i := range r.Sub {
		timeless(&r.Sub[i])
		r.Sub[i].Started = time.Time{}
	}
}

// finished is the snapshot of a rehearsal that was carried out to its end at a
// clock that stands still but for the waits.
func finished(t *testing.T, source string) runbook.Snapshot {
	t.Helper()
	s := openAt(t, rehearsal.Request{Dir: folder(t), Source: source}, func() time.Time { return evening }, func(o *runbook.Options) { o.Run = orderly(o.Run) })
	if sum := s.run(t, io.Discard); !sum.Finished {
		t.Fatalf("not finished: %s", sum.Text())
	}
	return s.session.Snapshot()
}

// The record of a finished rehearsal is the same, byte for byte, whenever it is
// run. A change of what is kept here is a change of the product and is to be
// read: the manager's page whole, the auditor's by its outline, both without
// their hashes.
func TestTheRecordOfAFinishedRehearsal(t *testing.T) {
	if testing.Short() {
		t.Skip("walks the whole upgrade")
	}
	t.Parallel()
	for _, source := range []string{migration.Source2007, migration.Source2010} {
		t.Run(source, func(t *testing.T) {
			t.Parallel()
			snap := finished(t, source)
			if source == migration.Source2010 {
				sameAgain(t, snap, finished(t, source))
			}
			for _, profile := range []string{"manager", "auditor"} {
				got, err := export.Write(snap.Runbook, snap.Events, export.Options{Profile: profile})
				if err != nil {
					t.Fatal(err)
				}
				kept := got
				if profile != "manager" {
					kept = outline(got)
				}
				golden(t, filepath.Join("testdata", source+"-"+profile+".md"), hashes.ReplaceAll(kept, []byte("${1}…")))
			}
			hidesEveryName(t, snap)
		})
	}
}

// hashes are the parts of a record that any change of any text changes.
var hashes = regexp.MustCompile(`(head )?\b[0-9a-f]{8}\b|\b[0-9a-f]{64}\b`)

// sameAgain holds two runs of the same rehearsal against each other.
func sameAgain(t *testing.T, a, b runbook.Snapshot) {
	t.Helper()
	for _, o := range []export.Options{{}, {Format: "json"}, {Redact: true}} {
		first, err := export.Write(a.Runbook, a.Events, o)
		if err != nil {
			t.Fatal(err)
		}
		second, err := export.Write(b.Runbook, b.Events, o)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(first, second) {
			t.Errorf("%+v: two runs of one rehearsal give two records", o)
		}
	}
}

// outline keeps of a record its headings, and every chapter that is short.
func outline(record []byte) []byte {
	var b strings.Builder
	for _, chapter := range strings.SplitAfter("\n"+string(record), "\n## ") {
		lines := strings.Split(chapter, "\n")
		if len(lines) < 80 {
			b.WriteString(strings.TrimSuffix(chapter, "\n## "))
			continue
		}
		for i, l := range lines {
			if i == 0 || strings.HasPrefix(l, "### ") {
				b.WriteString(l + "\n")
			}
		}
		b.WriteString("(a long chapter)\n")
	}
	return []byte(b.String())
}

func golden(t *testing.T, path string, got []byte) {
	t.Helper()
	if *update {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	w, g := strings.Split(string(want), "\n"), strings.Split(string(got), "\n")
	for i := range max(len(w), len(g)) {
		if i >= len(w) || i >= len(g) || w[i] != g[i] {
			t.Fatalf("%s, line %d: expected\n%s\nfound\n%s\n(-update writes it anew; read what changed)", path, i+1, at(w, i), at(g, i))
		}
	}
}

func at(list []string, i int) string {
	if i < len(list) {
		return list[i]
	}
	return "the end"
}

// hidesEveryName searches a redacted record for every name of the migration.
func hidesEveryName(t *testing.T, snap runbook.Snapshot) {
	t.Helper()
	m := snap.Runbook.Migration
	names := []string{m.Organization.Name, m.Organization.Forest, m.Namespace.Primary, m.Namespace.Autodiscover, m.Namespace.Legacy, m.Namespace.RPC, rehearsal.Operator + "@"}
	names = append(append(names, m.Organization.Domains...), m.Organization.MailDomains...)
	for _, s := range m.Sites {
		names = append(names, s.Name, s.Entry, s.ExternalEntry)
		for _, v := range s.Servers {
			names = append(names, v.Name, v.FQDN, v.Address)
		}
		if s.DAG != nil {
			names = append(append(names, s.DAG.Name, s.DAG.WitnessServer), s.DAG.Addresses...)
		}
	}
	if m.DAG != nil {
		names = append(append(names, m.DAG.Name, m.DAG.WitnessServer), m.DAG.Addresses...)
	}
	for _, p := range m.Probes {
		_, user, _ := strings.Cut(p.Username, `\`)
		names = append(names, p.Mailbox, p.Username, user)
	}
	if c := m.Change; c != nil {
		names = append(append(names, c.Number, c.Approver), c.Contacts...)
	}
	names = append(names, particulars(t, snap)...)
	for _, format := range export.Formats {
		for _, plan := range []bool{false, true} {
			out, err := export.Write(snap.Runbook, snap.Events, export.Options{Format: format, Plan: plan, Redact: true})
			if err != nil {
				t.Fatal(err)
			}
			text := strings.ToLower(string(out))
			for _, name := range names {
				name = strings.ToLower(name)
				if i := strings.Index(text, name); name != "" && i >= 0 {
					t.Errorf("redacted %s, plan %v: %q is left: …%s…", format, plan, name, text[max(0, i-80):min(len(text), i+80)])
				}
			}
		}
	}
}

// particulars lists what a journal tells that is no name and gives away whose it
// is all the same.
func particulars(t *testing.T, snap runbook.Snapshot) []string {
	t.Helper()
	m := snap.Runbook.Migration
	var out []string
	add := func(list ...string) {
		for _, s := range list {
			if len(s) > 4 {
				out = append(out, s)
			}
		}
	}
	add(m.Target.Media)
	for _, s := range m.Sites {
		if s.DAG != nil {
			add(s.DAG.WitnessDirectory)
		}
	}
	if m.DAG != nil {
		add(m.DAG.WitnessDirectory)
	}
	telling := regexp.MustCompile(`(?i)^(?:[0-9a-f]{40}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|[a-z]:\\.+|\\\\.+)$`)
	counts := map[string]int{}
	for _, e := range snap.Events {
		data, err := runbook.Decode(e)
		if err != nil {
			t.Fatal(err)
		}
		switch d := data.(type) {
		case *runbook.Recorded:
			for _, row := range d.Rows {
				for _, property := range []string{"thumbprint", "sha256", "subject"} {
					add(row[property]...)
					counts[property] += len(row[property])
				}
			}
		case *runbook.ValueSet:
			if telling.MatchString(d.Value) {
				add(strings.TrimRight(d.Value, `\`))
				counts["value"]++
			}
		}
	}
	if counts["thumbprint"] == 0 || counts["sha256"] == 0 || counts["subject"] == 0 || counts["value"] == 0 {
		t.Errorf("the journal holds %v: nothing is proved", counts)
	}
	return out
}
