package rehearsal_test

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"coexist/runbook/rehearsal"
)

// TestFaultsAreFound lets everything go wrong that can, for every source: each
// fault is found by the check that the table names, which says what is wrong
// and gives the remedy; the remedy clears it, and the upgrade gets to its end.
func TestFaultsAreFound(t *testing.T) {
	t.Parallel()
	for _, source := range []string{"2010", "2007", "mixed"} {
		t.Run(source, func(t *testing.T) {
			t.Parallel()
			var want []rehearsal.Fault
			var names []string
			for _, f := range content(t).Faults {
				// Both spoil the same certificate; the one below has it to itself.
				if f.Name != "legacy-missing-from-cert" && (len(f.Sources) == 0 || slices.Contains(f.Sources, source)) {
					want, names = append(want, f), append(names, f.Name)
				}
			}
			var talk strings.Builder
			sum := open(t, rehearsal.Request{Dir: folder(t), Source: source, Faults: names}, nil).run(t, &talk)
			if !sum.Finished || len(sum.Faults) != len(want) {
				t.Errorf("%d faults, of %d\n%s\n%s", len(sum.Faults), len(want), sum.Text(), talk.String())
			}
			for i, f := range sum.Faults {
				expectFound(t, want[i], f)
			}
		})
	}
}

func expectFound(t *testing.T, want rehearsal.Fault, f rehearsal.FaultSummary) {
	t.Helper()
	task, check := "", ""
	if parts := strings.Split(f.Check, "/"); len(parts) == 3 {
		task, check = parts[0], parts[2]
	}
	switch {
	case f.Name != want.Name || !slices.Contains(want.Found, task+"/"+check):
		t.Errorf("%s was found by %q, want one of %v", f.Name, f.Check, want.Found)
	case !strings.Contains(f.Found, want.Names):
		t.Errorf("%s: the check says %q, want %q in it", f.Name, f.Found, want.Names)
	case !strings.Contains(f.Remedy, want.Remedy):
		t.Errorf("%s: the remedy is %q, want %q in it", f.Name, f.Remedy, want.Remedy)
	case !f.Cleared:
		t.Errorf("%s: the remedy did not clear it", f.Name)
	}
}

// TestLegacyNameMissing has the certificate ordered anew.
func TestLegacyNameMissing(t *testing.T) {
	t.Parallel()
	all := content(t).Faults
	i := slices.IndexFunc(all, func(f rehearsal.Fault) bool { return f.Name == "legacy-missing-from-cert" })
	s := open(t, rehearsal.Request{Dir: folder(t), Source: "2007", Faults: []string{all[i].Name}}, nil)
	sum := s.run(t, io.Discard)
	if !sum.Finished || len(sum.Faults) != 1 {
		t.Fatal(sum.Text())
	}
	expectFound(t, all[i], sum.Faults[0])
}

// noFindings is the other side: where nothing goes wrong, none of the checks
// that find faults says so. A check that always fails finds nothing.
func noFindings(t *testing.T, talk string) {
	t.Helper()
	for _, f := range content(t).Faults {
		for _, found := range f.Found {
			task, check, _ := strings.Cut(found, "/")
			for line := range strings.Lines(talk) {
				if strings.Contains(line, "fail "+task+"/") && strings.Contains(line, "/"+check+":") {
					t.Errorf("without %s: %s", f.Name, line)
				}
			}
		}
	}
}

// TestRemedyNeedsTheTask leaves a fault as it is: without the task being done
// once more it does not go away.
func TestRemedyNeedsTheTask(t *testing.T) {
	t.Parallel()
	s := open(t, rehearsal.Request{Dir: folder(t), Faults: []string{"stale-dns"}}, nil)
	left, leave := context.WithCancel(context.Background())
	rehearsal.Headless(left, s.session, s.org, s.Rehearsal, when("found stale-dns", leave))
	const check = "switch.dns-internal/redmond/primary-address"
	for range 2 {
		s.clock.Skip(time.Hour)
		got, err := s.session.RunChecks(context.Background(), []string{check}, nil)
		if err != nil || got[0].Verdict != "fail" {
			t.Fatalf("%v, %v", got, err)
		}
	}
	if p := s.session.Snapshot().Progress.Phases["move"]; p.Open {
		t.Error("the gate to the moves is open although the name leads to the old servers")
	}
}

// TestDraw draws faults: equal seeds draw the same, the seed is kept in the
// folder and recorded, and the journal does not give them away.
func TestDraw(t *testing.T) {
	t.Parallel()
	prepare := func(seed string, faults ...string) *rehearsal.Rehearsal {
		r, err := content(t).Prepare(rehearsal.Request{Dir: folder(t), Source: "2010", Faults: faults, Draw: seed}, time.Now())
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	first := prepare("5eed", "random:4")
	if len(first.Faults) != 4 || !slices.Equal(first.Faults, prepare("5eed", "random:4").Faults) {
		t.Errorf("drawn %v", first.Faults)
	}
	different := false
	for _, seed := range []string{"a", "b", "c", "d"} {
		different = different || !slices.Equal(first.Faults, prepare(seed, "random:4").Faults)
	}
	if !different {
		t.Error("every seed draws the same")
	}
	again, err := content(t).Prepare(rehearsal.Request{Dir: first.Dir, Faults: []string{"random:4"}}, time.Now())
	if err != nil || !slices.Equal(again.Faults, first.Faults) || again.Draw != "5eed" {
		t.Errorf("taken up: %v %q, %v", again.Faults, again.Draw, err)
	}
	if r := prepare("", "random", "stale-dns"); len(r.Faults) != 2 || r.Draw == "" || r.Recorded()["draw"] != r.Draw || r.Recorded()["faults"] != "" {
		t.Errorf("%v, seed %q, recorded %v", r.Faults, r.Draw, r.Recorded())
	}
	if r := prepare("", "stale-dns"); r.Draw != "" || r.Recorded()["faults"] != "stale-dns" {
		t.Errorf("nothing was drawn: seed %q, recorded %v", r.Draw, r.Recorded())
	}

	s := open(t, rehearsal.Request{Dir: folder(t), Faults: []string{"random:2"}, Draw: "5eed"}, nil)
	if err := s.session.SetOperator("A. Meyer"); err != nil {
		t.Fatal(err)
	}
	if err := s.session.Note("", "begun"); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(s.Dir, "contoso.journal"))
	if err != nil || !strings.Contains(string(text), `"extra":{"draw":"5eed"}`) || strings.Contains(string(text), `"faults"`) {
		t.Errorf("the journal holds %.400s, %v", text, err)
	}
}

// TestContentRefuses reads scenarios and faults that do not fit.
func TestContentRefuses(t *testing.T) {
	t.Parallel()
	good := map[string]string{
		"scenarios/a.toml": "format = 1\nname = \"a\"\ndoc = \"d\"\nsources = [\"2010\"]\nfaults = [\"f\"]\n",
		"faults.toml":      "format = 1\n[[fault]]\nname = \"f\"\ndoc = \"d\"\nfound = [\"t/c\"]\nnames = \"n\"\nremedy = \"r\"\n",
	}
	load := func(file, old, new string) error {
		fsys := fstest.MapFS{}
		for name, text := range good {
			if name == file {
				text = strings.Replace(text, old, new, 1)
			}
			fsys[name] = &fstest.MapFile{Data: []byte(text)}
		}
		_, err := rehearsal.LoadContent(fsys)
		return err
	}
	if err := load("", "", ""); err != nil {
		t.Fatal(err)
	}
	for _, c := range [][4]string{
		{"scenarios/a.toml", `name = "a"`, `name = "b"`, "as the file is named"},
		{"scenarios/a.toml", `"2010"`, `"2003"`, "2007, 2010 or mixed"},
		{"scenarios/a.toml", `["f"]`, `["g"]`, `no fault "g"`},
		{"scenarios/a.toml", "doc", "dok", "dok"},
		{"faults.toml", "t/c", "t", "task/check"},
		{"faults.toml", `remedy = "r"`, "", "remedy"},
		{"faults.toml", "format", "sources = [\"2007\"]\nformat", "sources"},
	} {
		if err := load(c[0], c[1], c[2]); err == nil || !strings.Contains(err.Error(), c[3]) {
			t.Errorf("%s: %q for %q: %v", c[0], c[2], c[1], err)
		}
	}
}
