package discovery_test

import (
	"reflect"
	"testing"

	"coexist/runbook/discovery"
	"coexist/runbook/migration"
)

// TestOntoKeepsWhatTheDirectoryDoesNotKnow puts what was found over a typed
// migration in which a server stands in the wrong site.
func TestOntoKeepsWhatTheDirectoryDoesNotKnow(t *testing.T) {
	t.Parallel()
	lib := library(t)
	l, _ := half(t, lib)
	p := discovery.Propose(inventoryOf(t, l), "2013 CU23")
	typed := sample(t, lib, migration.Source2010)
	want := string(migration.Format(typed))
	first, last := &typed.Sites[0], &typed.Sites[1]
	first.Servers[0].Address = "10.0.0.20"
	last.Servers = append(last.Servers, first.Servers[0]) // EX10-01 in Lyon
	first.Servers = first.Servers[1:]
	got := p.Onto(typed, nil)
	if n := len(got.Sites); n != 2 {
		t.Fatalf("%d sites", n)
	}
	var moved *migration.Server
	seen := 0
	for a := range got.Sites {
		for b := range got.Sites[a].Servers {
			if s := &got.Sites[a].Servers[b]; s.Name == "EX10-01" {
				seen++
				moved = s
				if got.Sites[a].Name != "Redmond" {
					t.Errorf("it stays in %s", got.Sites[a].Name)
				}
			}
		}
	}
	if seen != 1 || moved.Address != "10.0.0.20" {
		t.Errorf("%d servers named EX10-01, %+v", seen, moved)
	}
	if got.DAG == nil || len(got.Probes) != 2 || got.Target.Media != `D:\` || !got.Features.SplitDNS {
		t.Errorf("what the directory does not know is gone: %s", migration.Format(got))
	}
	for _, s := range got.Sites[0].Servers {
		if s.Name == "EX13-01" && s.OS != "2012R2" {
			t.Errorf("the Windows version of EX13-01 is gone: %+v", s)
		}
	}
	// Nothing accepted changes nothing.
	same := sample(t, lib, migration.Source2010)
	if after := p.Onto(same, func(discovery.Line) bool { return false }); !reflect.DeepEqual(after, same) || string(migration.Format(after)) != want {
		t.Error("rejected lines changed something")
	}
}
