package rehearsal_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"coexist/checks"
	"coexist/checks/lab"
	"coexist/runbook"
	"coexist/runbook/migration"
	"coexist/runbook/procedure"
	"coexist/runbook/rehearsal"
)

// stage opens a rehearsal in a folder of its own.
func stage(t *testing.T, q rehearsal.Request) (*rehearsal.Rehearsal, *lab.Organization, *runbook.Session) {
	t.Helper()
	assets := os.DirFS("../../assets")
	lib, err := procedure.Load(assets)
	if err != nil {
		t.Fatal(err)
	}
	r, err := rehearsal.Prepare(q, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	m, err := migration.Load(r.Migration(), migration.Known{Releases: lib.Releases.Targets()})
	if err != nil {
		t.Fatal(err)
	}
	clock := rehearsal.NewClock(time.Now)
	clock.NotBefore(r.LastEvent())
	org, err := lab.NewOrganization(rehearsal.Describe(m, lib.Releases, r, clock.Now))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { org.Close() })
	s, err := runbook.Open(r.Migration(), runbook.Options{Assets: assets, Clock: clock.Now, Operator: rehearsal.Operator, Host: "test",
		Run: rehearsal.Runner(org.Env(checks.Inside), org.Env(checks.Outside)), Apply: org.Apply, Waits: clock.Skip, Rehearsal: r.Name()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return r, org, s
}

func headless(t *testing.T, q rehearsal.Request) *rehearsal.Summary {
	t.Helper()
	q.Dir = filepath.Join(t.TempDir(), "rehearsal-test")
	r, org, s := stage(t, q)
	var talk strings.Builder
	sum, err := rehearsal.Headless(context.Background(), s, org, r, &talk)
	if err != nil {
		t.Fatalf("%v\n%s", err, talk.String())
	}
	if testing.Verbose() {
		t.Log(talk.String())
	}
	return sum
}

func TestHeadless(t *testing.T) {
	t.Parallel()
	for _, source := range []string{migration.Source2010, migration.Source2007, migration.Mixed} {
		t.Run(source, func(t *testing.T) {
			t.Parallel()
			sum := headless(t, rehearsal.Request{Source: source})
			for _, p := range sum.Phases {
				t.Logf("%-28s complete %-5v %d/%d", p.ID, p.Complete, p.Done, p.Total)
			}
			t.Logf("%d of %d tasks, results %v, waived %v", sum.Done, sum.Tasks, sum.Results, sum.Waived)
			for _, s := range sum.Stuck {
				t.Logf("blocking %-5v %s %s %s %s %s", s.Blocking, s.Task, s.Check, s.Verdict, s.Reason, strings.ReplaceAll(s.Text, "\n", " / "))
			}
			if !sum.Finished {
				t.Errorf("not finished")
			}
		})
	}
}
