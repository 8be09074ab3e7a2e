package discovery_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"coexist/checks/effect"
	"coexist/checks/inventory"
	"coexist/runbook"
	"coexist/runbook/discovery"
	"coexist/runbook/migration"
)

// TestADomainIsDoneWhenAllItsControllersSayso works on inventories made by
// hand.
func TestADomainIsDoneWhenAllItsControllersSayso(t *testing.T) {
	t.Parallel()
	lib := library(t)
	m := sample(t, lib, migration.Source2010)
	m.Organization.Domains = append(m.Organization.Domains, "emea.contoso.com")
	r, err := runbook.Compile(lib, m)
	if err != nil {
		t.Fatal(err)
	}
	const id = "prepare.domains/emea.contoso.com"
	if r.Task(id) == nil {
		t.Fatalf("there is no task %s", id)
	}
	root := inventory.Controller{Host: "dc1.contoso.com", Domain: "contoso.com", Schema: 15312, Organization: 16133, Prepared: 13237}
	emea := inventory.Controller{Host: "dc2.emea.contoso.com", Domain: "emea.contoso.com", Schema: 15312, Organization: 16133, Prepared: 13237}
	behind := emea
	behind.Host, behind.Prepared = "dc3.emea.contoso.com", 13040
	mute := inventory.Controller{Host: "dc4.contoso.com"}
	for name, c := range map[string]struct {
		controllers []inventory.Controller
		gaps        []inventory.Gap
		domain      bool
		schema      bool
	}{
		"both":              {[]inventory.Controller{root, emea}, nil, true, true},
		"one is behind":     {[]inventory.Controller{root, emea, behind}, nil, false, true},
		"one did not say":   {[]inventory.Controller{root, emea, mute}, nil, false, false},
		"none of it":        {[]inventory.Controller{root}, nil, false, true},
		"not all are known": {[]inventory.Controller{root, emea}, []inventory.Gap{{Section: inventory.SectionControllers, Reason: "ldap.partial"}}, false, false},
		"no controller":     {nil, nil, false, false},
	} {
		inv := &inventory.Inventory{Format: 1, Source: inventory.FromLDAP, Organization: &inventory.Organization{Name: "Contoso"}, Controllers: c.controllers, Gaps: c.gaps}
		claimed := map[string]bool{}
		for _, one := range discovery.AlreadyTrue(r, inv, lib.Releases) {
			claimed[one.Task] = one.Measured
		}
		if claimed[id] != c.domain || claimed["prepare.schema/org"] != c.schema {
			t.Errorf("%s: claimed %v", name, claimed)
		}
		for task := range claimed {
			if !strings.HasPrefix(task, "prepare.") || task == "prepare.backup/org" {
				t.Errorf("%s: %s is claimed although no server of Exchange 2013 is there", name, task)
			}
		}
	}
}

func TestInheritRefuses(t *testing.T) {
	t.Parallel()
	lib := library(t)
	open := func(o runbook.Options) *runbook.Session {
		path := filepath.Join(t.TempDir(), "contoso.toml")
		if err := os.WriteFile(path, migration.Sample(migration.Source2010), 0o600); err != nil {
			t.Fatal(err)
		}
		o.Library, o.Clock, o.Operator, o.Host, o.Tool = lib, time.Now, "A. Meyer", "jump", "test"
		s, err := runbook.Open(path, o)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { s.Close() })
		return s
	}
	one := []runbook.Inherited{{Task: "prepare.schema/org", Why: "the schema is there"}}
	rehearsal := open(runbook.Options{Apply: func([]effect.Effect, time.Time) error { return nil }, Rehearsal: "plain"})
	if _, err := rehearsal.Inherit(one, "B. Keller"); err == nil || !strings.Contains(err.Error(), "rehearsal") {
		t.Errorf("a rehearsal inherits: %v", err)
	}
	s := open(runbook.Options{})
	if _, err := s.Inherit([]runbook.Inherited{{Task: "prepare.nothing/org"}}, "B. Keller"); err == nil {
		t.Error("a task that does not exist was taken over")
	}
	var capturing *runbook.Task
	for _, p := range s.Snapshot().Runbook.Phases {
		for _, task := range p.Tasks {
			if capturing == nil && len(task.Captures) > 0 {
				capturing = task
			}
		}
	}
	if capturing == nil {
		t.Fatal("no task captures anything")
	}
	if _, err := s.Inherit([]runbook.Inherited{{Task: capturing.ID, Why: "it was done in spring"}}, "B. Keller"); err != nil {
		t.Fatal(err)
	}
	waived := 0
	for _, e := range s.Snapshot().Events {
		if payload, err := runbook.Decode(e); err == nil {
			if w, ok := payload.(*runbook.Waiver); ok && w.Name == "B. Keller" && strings.HasPrefix(w.Reason, runbook.BeforeOurTime) {
				waived++
			}
		}
	}
	if waived != len(capturing.Captures) {
		t.Errorf("%d of %d values that nobody can read any more are waived", waived, len(capturing.Captures))
	}
	if err := s.DeclareBackout("it went wrong"); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Inherit(one, "B. Keller"); err == nil {
		t.Error("taken over after a backout was declared")
	}
}

// TestInheritLeavesWhatAPersonSaid takes over what was answered with no, and
// what was reopened: neither becomes green by it.
func TestInheritLeavesWhatAPersonSaid(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "contoso.toml")
	if err := os.WriteFile(path, migration.Sample(migration.Source2010), 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := runbook.Open(path, runbook.Options{Library: library(t), Clock: time.Now, Operator: "A. Meyer", Host: "jump", Tool: "test"})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	const task, backup = "prepare.schema/org", "prepare.schema/org/backup"
	if err := s.Attest(backup, runbook.Attestation{Answer: "no", Name: "C. Novak"}); err != nil {
		t.Fatal(err)
	}
	one := []runbook.Inherited{{Task: task, Why: "the schema is there"}}
	if ids, err := s.Inherit(one, "B. Keller"); err != nil || len(ids) != 1 {
		t.Fatalf("%v, %v", ids, err)
	}
	if st := s.Snapshot().Progress.Checks[backup]; st.Satisfied || st.Result.Reason != "attest.no" {
		t.Errorf("a no became %s: %+v", st.Status, st.Result)
	}
	if err := s.Reopen(task, "it was another forest"); err != nil {
		t.Fatal(err)
	}
	if ids, err := s.Inherit(one, "B. Keller"); err != nil || len(ids) != 0 {
		t.Errorf("what was reopened was taken over again: %v, %v", ids, err)
	}
}
