package discovery_test

import (
	"reflect"
	"strings"
	"testing"

	"coexist/checks/machine"
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

// TestAProposalCarriesItsLabel wants what bears on a reading to stand before
// everything else, in the proposal and in a comparison.
func TestAProposalCarriesItsLabel(t *testing.T) {
	t.Parallel()
	lib := library(t)
	l, _ := half(t, lib)
	inv := inventoryOf(t, l)
	inv.Machine = []machine.Remark{{Name: "clock", Text: "agrees"}, {Name: "hosts", Bad: true, Text: "the hosts file sends mail.contoso.com to 10.0.0.99"}}
	inv.Notes = []string{"dc1.contoso.com was read without TLS"}
	p := discovery.Propose(inv, "")
	if len(p.Remarks) < 2 || !strings.Contains(p.Remarks[0], "10.0.0.99") || !strings.Contains(p.Remarks[1], "without TLS") || strings.Contains(strings.Join(p.Remarks, " "), "agrees") {
		t.Errorf("remarks: %q", p.Remarks)
	}
	found := codes(discovery.Compare(sample(t, lib, migration.Source2010), inv, discovery.Options{Releases: lib.Releases}))
	if !strings.Contains(found["machine.hosts"].Text, "10.0.0.99") || !strings.Contains(found["read.note"].Text, "without TLS") {
		t.Errorf("findings: %+v", found)
	}
}
