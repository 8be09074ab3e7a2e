package rehearsal_test

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"coexist/checks"
	"coexist/checks/effect"
	"coexist/checks/lab"
	"coexist/runbook"
	"coexist/runbook/migration"
	"coexist/runbook/procedure"
	"coexist/runbook/rehearsal"
)

var assets = os.DirFS("../../assets")

var library = sync.OnceValues(func() (*procedure.Library, error) { return procedure.Load(assets) })

// stage is a rehearsal that is open.
type stage struct {
	*rehearsal.Rehearsal
	org     *lab.Organization
	session *runbook.Session
	clock   *rehearsal.Clock
}

// open opens a rehearsal; spoil may change the settings of its session.
func open(t *testing.T, q rehearsal.Request, spoil func(*runbook.Options)) *stage {
	t.Helper()
	return openAt(t, q, time.Now, spoil)
}

// openAt is open at a clock of its own.
func openAt(t *testing.T, q rehearsal.Request, now func() time.Time, spoil func(*runbook.Options)) *stage {
	t.Helper()
	lib, err := library()
	if err != nil {
		t.Fatal(err)
	}
	s := &stage{clock: rehearsal.NewClock(now)}
	if s.Rehearsal, err = rehearsal.Prepare(q, now()); err != nil {
		t.Fatal(err)
	}
	m, err := migration.Load(s.Migration(), migration.Known{Releases: lib.Releases.Targets()})
	if err != nil {
		t.Fatal(err)
	}
	s.clock.NotBefore(s.LastEvent())
	if s.org, err = lab.NewOrganization(rehearsal.Describe(m, lib.Releases, s.Rehearsal, s.clock.Now)); err != nil {
		t.Fatal(err)
	}
	o := runbook.Options{Assets: assets, Clock: s.clock.Now, Operator: rehearsal.Operator, Host: "test", Apply: s.org.Apply, Waits: s.clock.Skip,
		Run: rehearsal.Runner(s.org.Env(checks.Inside), s.org.Env(checks.Outside)), Rehearsal: s.Name(),
		Capture: rehearsal.Capture(s.org)}
	if spoil != nil {
		spoil(&o)
	}
	if s.session, err = runbook.Open(s.Migration(), o); err != nil {
		s.org.Close()
		t.Fatal(err)
	}
	t.Cleanup(s.close)
	return s
}

func (s *stage) close() {
	s.session.Close()
	s.org.Close()
}

func (s *stage) run(t *testing.T, talk io.Writer) *rehearsal.Summary {
	t.Helper()
	sum, err := rehearsal.Headless(context.Background(), s.session, s.org, s.Rehearsal, talk)
	if err != nil {
		t.Fatal(err)
	}
	return sum
}

func folder(t *testing.T) string { return filepath.Join(t.TempDir(), "rehearsal-test") }

// TestHeadless carries out the whole upgrade of every source. What the
// simulated organisation cannot answer would be stuck here.
func TestHeadless(t *testing.T) {
	t.Parallel()
	for source, phases := range map[string]int{migration.Source2010: 10, migration.Source2007: 11, migration.Mixed: 11} {
		t.Run(source, func(t *testing.T) {
			t.Parallel()
			var talk strings.Builder
			sum := open(t, rehearsal.Request{Dir: folder(t), Source: source}, nil).run(t, &talk)
			complete := 0
			for _, p := range sum.Phases {
				if p.Complete {
					complete++
				}
			}
			if !sum.Finished || complete != phases || sum.Done != sum.Tasks || sum.Results["unknown"]+sum.Results["fail"]+sum.Results["not run"] > 0 {
				t.Errorf("%d of %d phases complete; %s\n%s", complete, phases, sum.Text(), talk.String())
			}
			if sum.Stated == 0 {
				t.Error("no attestation was counted")
			}
		})
	}
}

// TestNothingComesOfItself leaves out the effects of one task at a time: what
// it should have brought about must be missed by a check, or the check says
// nothing.
func TestNothingComesOfItself(t *testing.T) {
	if testing.Short() {
		t.Skip("walks the whole upgrade many times")
	}
	t.Parallel()
	for kind, want := range map[string]string{
		"schema.extend":        "prepare.schema/org/version",
		"organization.prepare": "prepare.ad/org/version",
		"scp.set":              "deploy.scp/ex13-01/entry",
		"vdir.set":             "deploy.urls/ex13-01/owa",
		"dns.set":              "switch.dns-internal/redmond/primary-address",
		"certificate.bind":     "certificates.enable/ex13-01/served",
		"outlook_anywhere.set": "deploy.outlook-anywhere/ex13-01/settings",
		"mailbox.move":         "deploy.arbitration/org/version",
		"publish":              "switch.publish/redmond/health",
		"dag.add_member":       "dag.members/ex13-01/member",
	} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			s := open(t, rehearsal.Request{Dir: folder(t)}, func(o *runbook.Options) {
				apply := o.Apply
				o.Apply = func(list []effect.Effect, at time.Time) error {
					return apply(slices.DeleteFunc(slices.Clone(list), func(e effect.Effect) bool { return e.Kind == kind }), at)
				}
			})
			sum := s.run(t, io.Discard)
			if sum.Finished || !stuckAt(sum, want) {
				t.Errorf("without %s: finished %v; expected %s to fail\n%s", kind, sum.Finished, want, sum.Text())
			}
		})
	}
}

func stuckAt(sum *rehearsal.Summary, check string) bool {
	return slices.ContainsFunc(sum.Stuck, func(s rehearsal.Stuck) bool { return s.Check == check && s.Verdict == "fail" })
}

// TestFaultsAreFound runs into each fault, mends it as an engineer would, and
// goes on to the end.
func TestFaultsAreFound(t *testing.T) {
	if testing.Short() {
		t.Skip("walks the whole upgrade many times")
	}
	t.Parallel()
	for _, c := range []struct {
		fault, source, check, task string // task is done once more; empty: it cannot be mended
	}{
		{lab.FaultDNS, "2010", "switch.dns-internal/redmond/primary-address", "switch.dns-internal/redmond"},
		{lab.FaultCertificate, "2010", "certificates.enable/ex13-01/served", "certificates.enable/ex13-01"},
		{lab.FaultReplication, "2010", "prepare.schema/org/version", "prepare.schema/org"},
		{lab.FaultOutlookAnywhere, "2010", "switch.oa-old/ex10-01/offered", "switch.oa-old/ex10-01"},
		{lab.FaultSCP, "2010", "switch.scp-old/ex10-01/scp", "switch.scp-old/ex10-01"},
		{lab.FaultExpired, "2010", "prepare.baseline-names/redmond/certificate", ""},
		{lab.FaultLegacyName, "2007", "certificates.enable/ex13-01/served", ""},
		{lab.FaultUnhealthy, "2010", "deploy.verify/ex13-01/unhealthy", ""},
	} {
		t.Run(c.fault, func(t *testing.T) {
			t.Parallel()
			s := open(t, rehearsal.Request{Dir: folder(t), Source: c.source, Faults: []string{c.fault}}, nil)
			sum := s.run(t, io.Discard)
			if sum.Finished || !stuckAt(sum, c.check) {
				t.Fatalf("finished %v; expected %s to fail\n%s", sum.Finished, c.check, sum.Text())
			}
			if c.task == "" {
				return
			}
			if err := s.session.Reopen(c.task, "it did not take"); err != nil {
				t.Fatal(err)
			}
			s.clock.Skip(time.Minute)
			if sum = s.run(t, io.Discard); !sum.Finished {
				t.Errorf("mended, and not finished:\n%s", sum.Text())
			}
		})
	}
}

// TestReopen closes a rehearsal half way: the organisation comes back as it
// was, with the same certificates and a clock that does not go back.
func TestReopen(t *testing.T) {
	t.Parallel()
	dir := folder(t)
	first := open(t, rehearsal.Request{Dir: dir, Faults: []string{lab.FaultOutlookAnywhere}}, nil)
	sum := first.run(t, io.Discard)
	want := []string{first.org.Thumbprint("EX10-01"), first.org.Thumbprint("EX13-01")}
	last := first.clock.Now()
	first.close()

	second := open(t, rehearsal.Request{Dir: dir}, nil)
	if got := []string{second.org.Thumbprint("EX10-01"), second.org.Thumbprint("EX13-01")}; !slices.Equal(got, want) {
		t.Errorf("certificates %v, were %v", got, want)
	}
	if at := second.clock.Now(); at.Before(last.Add(-time.Minute)) {
		t.Errorf("the clock went back from %s to %s", last, at)
	}
	if got := second.session.Snapshot(); len(got.Progress.Clock) > 0 || got.Progress.Rehearsal != "plain-2010" {
		t.Errorf("rehearsal %q, clock jumps %v", got.Progress.Rehearsal, got.Progress.Clock)
	}
	again := second.run(t, io.Discard)
	if sum.Finished || again.Finished || len(again.Stuck) != len(sum.Stuck) {
		t.Errorf("then:\n%s\nnow:\n%s", sum.Text(), again.Text())
	}
}

func TestPrepareRefuses(t *testing.T) {
	t.Parallel()
	used := t.TempDir()
	if _, err := rehearsal.Prepare(rehearsal.Request{Dir: used, Scenario: "bad-night"}, time.Now()); err != nil {
		t.Fatal(err)
	}
	begun := filepath.Join(used, "rehearsal-bad-night-2010")
	foreign := filepath.Join(t.TempDir(), "rehearsal-x")
	if err := os.MkdirAll(filepath.Join(foreign, "notes"), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, q := range []rehearsal.Request{
		{Dir: used, Source: "2003"}, {Dir: used, Scenario: "doomsday"}, {Dir: foreign},
		{Dir: begun, Source: "2007"}, {Dir: begun, Scenario: "plain"}, {Dir: begun, Faults: []string{"expired-cert"}},
	} {
		if r, err := rehearsal.Prepare(q, time.Now()); err == nil {
			t.Errorf("%+v gave %+v", q, r)
		}
	}
	r, err := rehearsal.Prepare(rehearsal.Request{Dir: begun}, time.Now())
	if err != nil || r.Scenario != "bad-night" || len(r.Faults) != 4 {
		t.Errorf("taken up: %+v, %v", r, err)
	}
}

func TestClock(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)
	c := rehearsal.NewClock(func() time.Time { return now })
	c.Skip(15 * time.Minute)
	if got := c.Now().Sub(now); got < 15*time.Minute || got > 16*time.Minute {
		t.Errorf("jumped %s", got)
	}
	c.NotBefore(now.Add(-time.Hour))
	c.Skip(-time.Hour)
	if got := c.Now().Sub(now); got < 15*time.Minute {
		t.Errorf("went back to %s", got)
	}
	c.NotBefore(now.Add(24 * time.Hour))
	if got := c.Now(); !got.Equal(now.Add(24 * time.Hour)) {
		t.Errorf("set forward to %s", got)
	}
}
