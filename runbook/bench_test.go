package runbook

import (
	"fmt"
	"os"
	"testing"
	"time"

	"coexist/checks"
	"coexist/runbook/journal"
	"coexist/runbook/migration"
	"coexist/runbook/procedure"
)

// The sizes of benchmarks: the program's own procedures up to a hundred sites,
// the small one of the tests beyond.
var benchSizes = []struct {
	name  string
	sites int
	real  bool
}{{"real/1", 1, true}, {"real/10", 10, true}, {"real/100", 100, true}, {"small/10", 10, false}, {"small/100", 100, false}, {"small/1000", 1000, false}}

// benchLibrary is the procedures for a size.
func benchLibrary(b *testing.B, real bool) *procedure.Library {
	b.Helper()
	if !real {
		return library(b)
	}
	lib, err := realLibrary()
	if err != nil {
		b.Fatal(err)
	}
	return lib
}

func benchRunbook(b *testing.B, sites int, real bool) *Runbook {
	b.Helper()
	r, err := Compile(benchLibrary(b, real), organization(sites))
	if err != nil {
		b.Fatal(err)
	}
	return r
}

// BenchmarkLoad decodes all procedures, as every start does.
func BenchmarkLoad(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := procedure.Load(os.DirFS("../assets")); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkCompile(b *testing.B) {
	for _, size := range benchSizes {
		lib, m := benchLibrary(b, size.real), organization(size.sites)
		b.Run(size.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := Compile(lib, m); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// carriedOut is the history of a run in which everything was done and passed.
func carriedOut(b *testing.B, r *Runbook) *history {
	b.Helper()
	h := newHistory(r, 1)
	for _, t := range h.tasks {
		h.add(EventDone, TaskDone{Task: t.ID, Hash: t.changes(nil)})
		for _, c := range t.Checks {
			h.result(c, checks.Pass)
		}
		if t.Wait > 0 {
			h.now = h.now.Add(time.Hour)
			h.add(EventWaitOver, WaitOver{Task: t.ID})
		}
	}
	return h
}

// BenchmarkFold reads a whole journal; BenchmarkOneMoreEvent takes one entry
// more and concludes the state, as after every act.
func BenchmarkFold(b *testing.B) {
	for _, size := range benchSizes {
		h := carriedOut(b, benchRunbook(b, size.sites, size.real))
		b.Run(fmt.Sprintf("%s/%d-events", size.name, len(h.events)), func(b *testing.B) {
			for b.Loop() {
				Fold(h.r, h.events, h.now)
			}
		})
	}
}

func BenchmarkOneMoreEvent(b *testing.B) {
	for _, size := range benchSizes {
		h := carriedOut(b, benchRunbook(b, size.sites, size.real))
		f := newFold(h.r)
		for _, e := range h.events {
			f.applyAll([]journal.Event{e})
		}
		b.Run(size.name, func(b *testing.B) {
			for b.Loop() {
				f.applyAll([]journal.Event{h.events[len(h.events)-1]})
				f.progress(h.now)
			}
		})
	}
}

// BenchmarkOpen opens a session on the sample with an empty journal, procedures
// loaded.
func BenchmarkOpen(b *testing.B) {
	lib := benchLibrary(b, true)
	path := b.TempDir() + "/contoso.toml"
	if err := os.WriteFile(path, migration.Sample("2010"), 0o600); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		s, err := Open(path, Options{Library: lib, Host: "jump"})
		if err != nil {
			b.Fatal(err)
		}
		s.Snapshot()
		if err := s.Close(); err != nil {
			b.Fatal(err)
		}
	}
}
