package rehearsal_test

import (
	"context"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"coexist/checks"
	"coexist/checks/effect"
	"coexist/runbook"
	"coexist/runbook/migration"
	"coexist/runbook/rehearsal"
)

// TestScenarios walks the scenarios to their end, each from one source; the
// others of it are covered by the walks of plain Contoso and of the faults.
func TestScenarios(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ scenario, source string }{
		{"single-server", "2007"}, {"several-faces", "2007"}, {"inherited", "2010"},
		{"every-feature", "2010"}, {"every-feature", "2007"}, {"every-feature", "mixed"},
	} {
		t.Run(c.scenario+"-"+c.source, func(t *testing.T) {
			t.Parallel()
			sum := open(t, rehearsal.Request{Dir: folder(t), Scenario: c.scenario, Source: c.source}, nil).run(t, io.Discard)
			if !sum.Finished || sum.Done != sum.Tasks || len(sum.Problems) > 0 || sum.Results["unknown"]+sum.Results["fail"]+sum.Results["not run"] > 0 {
				t.Error(sum.Text())
			}
		})
	}
}

// TestEveryScenarioOpens opens all of them from all their sources: they are
// without problems, compile, and their checks can be asked.
func TestEveryScenarioOpens(t *testing.T) {
	t.Parallel()
	for _, scenario := range content(t).Scenarios {
		for _, source := range scenario.Sources {
			t.Run(scenario.Name+"-"+source, func(t *testing.T) {
				t.Parallel()
				s := open(t, rehearsal.Request{Dir: folder(t), Scenario: scenario.Name, Source: source}, nil)
				got, err := s.session.RunChecks(context.Background(), []string{"prepare.host/org/resolves"}, nil)
				if err == nil && len(got) == 1 && got[0].Verdict == checks.Unknown {
					t.Errorf("%+v", got[0])
				}
				if alerts := s.session.Snapshot().Progress.Alerts; len(alerts) > 0 {
					t.Error(alerts)
				}
			})
		}
	}
}

// TestLargeScenario counts what the large scenario is named for.
func TestLargeScenario(t *testing.T) {
	t.Parallel()
	large, err := content(t).Scenario("large")
	if err != nil {
		t.Fatal(err)
	}
	for _, source := range large.Sources {
		m, err := large.Migration(source)
		if err != nil {
			t.Fatal(err)
		}
		servers := 0
		for _, s := range m.Sites {
			servers += len(s.Servers)
		}
		if servers != 40 || len(m.Sites) != 9 {
			t.Errorf("from %s: %d servers in %d sites", source, servers, len(m.Sites))
		}
	}
}

// TestInherited takes an upgrade up that somebody else began: what he did is
// found to be so before anything is marked, and what he left is not.
func TestInherited(t *testing.T) {
	t.Parallel()
	s := open(t, rehearsal.Request{Dir: folder(t), Scenario: "inherited"}, nil)
	verdicts := func(task string) map[checks.Verdict]int {
		var ids []string
		for _, c := range s.session.Snapshot().Runbook.Task(task).Checks {
			if c.Kind != "attest" {
				ids = append(ids, c.ID)
			}
		}
		results, err := s.session.RunChecks(context.Background(), ids, nil)
		if err != nil {
			t.Fatal(err)
		}
		out := map[checks.Verdict]int{}
		for _, r := range results {
			out[r.Verdict]++
		}
		return out
	}
	for _, task := range []string{"prepare.schema/org", "prepare.ad/org", "deploy.scp/ex13-01", "deploy.urls/ex13-01"} {
		if got := verdicts(task); got[checks.Pass] == 0 || got[checks.Fail]+got[checks.Unknown] > 0 {
			t.Errorf("%s was done by somebody: %v", task, got)
		}
	}
	for _, task := range []string{"deploy.scp/ex13-02", "deploy.outlook-anywhere/ex13-01"} {
		if got := verdicts(task); got[checks.Fail]+got[checks.Unknown] == 0 {
			t.Errorf("%s was left undone: %v", task, got)
		}
	}
	if got := s.session.Snapshot().Progress.Tasks["prepare.schema/org"]; !got.DoneAt.IsZero() {
		t.Errorf("marked by nobody: %+v", got)
	}
}

// TestMissingObject opens a rehearsal whose journal has a task with an effect on
// something that is not there, as after an edit: it opens, says so, takes the
// other effects, and goes on.
func TestMissingObject(t *testing.T) {
	t.Parallel()
	dir := folder(t)
	first := open(t, rehearsal.Request{Dir: dir, Scenario: "single-server"}, nil)
	left, leave := context.WithCancel(context.Background())
	rehearsal.Headless(left, first.session, first.org, first.Rehearsal, when("carried out prepare.schema/org", leave))
	first.close()

	second := open(t, rehearsal.Request{Dir: dir}, func(o *runbook.Options) {
		apply := o.Apply
		o.Apply = func(list []effect.Effect, at time.Time) error {
			gone := effect.Effect{Kind: "scp.set", Params: map[string]string{"server": "EX99", "url": "https://x/y"}}
			return apply(append([]effect.Effect{gone}, list...), at)
		}
	})
	alerts := strings.Join(second.session.Snapshot().Progress.Alerts, "\n")
	if !strings.Contains(alerts, "EX99") || !strings.Contains(alerts, "prepare.schema/org") {
		t.Errorf("nobody says that something is missing: %q", alerts)
	}
	got, err := second.session.RunChecks(context.Background(), []string{"prepare.schema/org/version"}, nil)
	if err != nil || got[0].Verdict != checks.Pass {
		t.Errorf("the other effects were not taken: %+v, %v", got, err)
	}
	sum := second.run(t, io.Discard)
	if !sum.Finished || len(sum.Problems) == 0 {
		t.Errorf("%d problems\n%s", len(sum.Problems), sum.Text())
	}
}

// TestOwnMigration rehearses a migration that an engineer wrote.
func TestOwnMigration(t *testing.T) {
	t.Parallel()
	dir := folder(t)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	own := dir + "/../fabrikam.toml"
	text := strings.ReplaceAll(string(migration.Sample("2007")), "contoso.com", "fabrikam.example")
	if err := os.WriteFile(own, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	s := open(t, rehearsal.Request{Dir: dir, Own: own}, nil)
	if s.Name() != "own-2007" {
		t.Errorf("called %s", s.Name())
	}
	got, err := s.session.RunChecks(context.Background(), []string{"prepare.baseline-names/redmond/resolves"}, nil)
	if err != nil || got[0].Verdict != checks.Pass || !strings.Contains(got[0].Summary+got[0].Target, "fabrikam.example") {
		t.Errorf("%+v, %v", got, err)
	}
	for _, q := range []rehearsal.Request{{Dir: folder(t), Own: own, Source: "2010"}, {Dir: folder(t), Own: own, Scenario: "plain"}, {Dir: folder(t), Own: own + "x"}} {
		q.Known = migration.Known{Releases: []string{"2013 CU23"}}
		if r, err := content(t).Prepare(q, time.Now()); err == nil {
			t.Errorf("%+v gave %+v", q, r)
		}
	}
}
