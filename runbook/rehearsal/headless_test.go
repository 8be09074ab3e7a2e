package rehearsal_test

import (
	"context"
	"errors"
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

var loaded = sync.OnceValues(func() (*rehearsal.Content, error) { return rehearsal.LoadContent(assets) })

func content(t *testing.T) *rehearsal.Content {
	t.Helper()
	c, err := loaded()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

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
	all := content(t)
	s := &stage{clock: rehearsal.NewClock(now)}
	q.Known = migration.Known{Releases: lib.Releases.Targets()}
	if s.Rehearsal, err = all.Prepare(q, now()); err != nil {
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
	inherited, err := s.Inherited(lib, m)
	if err == nil {
		err = s.org.Apply(inherited, s.Started)
	}
	if err != nil {
		t.Fatal(err)
	}
	o := runbook.Options{Assets: assets, Clock: s.clock.Now, Operator: rehearsal.Operator, Host: "test", Apply: s.org.Apply, Waits: s.clock.Skip,
		Run: rehearsal.Runner(s.org.Env(checks.Inside), s.org.Env(checks.Outside)), Rehearsal: s.Name(), Extra: s.Recorded(), Library: lib,
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
			noFindings(t, talk.String())
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

// TestReopen closes a rehearsal half way: the organisation comes back as it
// was, with the same certificates and a clock that does not go back.
func TestReopen(t *testing.T) {
	t.Parallel()
	dir := folder(t)
	first := open(t, rehearsal.Request{Dir: dir, Faults: []string{"oa-without-ntlm"}}, nil)
	left, leave := context.WithCancel(context.Background())
	_, err := rehearsal.Headless(left, first.session, first.org, first.Rehearsal, when("carried out switch.scp-old/ex10-01", leave))
	if !errors.Is(err, context.Canceled) {
		t.Fatalf("not left half way: %v", err)
	}
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
	if sum := second.run(t, io.Discard); !sum.Finished || len(sum.Faults) != 1 || !sum.Faults[0].Cleared {
		t.Errorf("%+v\n%s", sum.Faults, sum.Text())
	}
	second.close()

	third := open(t, rehearsal.Request{Dir: dir}, nil) // what is mended stays mended
	if sum := third.run(t, io.Discard); !sum.Finished || sum.Faults[0].Check != "switch.oa-old/ex10-01/offered" {
		t.Errorf("%+v\n%s", sum.Faults, sum.Text())
	}
}

// when calls do once a text is written.
func when(text string, do func()) io.Writer { return &watcher{text, do} }

type watcher struct {
	text string
	do   func()
}

func (w *watcher) Write(p []byte) (int, error) {
	if strings.Contains(string(p), w.text) {
		w.do()
	}
	return len(p), nil
}

func TestPrepareRefuses(t *testing.T) {
	t.Parallel()
	used := t.TempDir()
	if _, err := content(t).Prepare(rehearsal.Request{Dir: used, Scenario: "bad-night"}, time.Now()); err != nil {
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
		if r, err := content(t).Prepare(q, time.Now()); err == nil {
			t.Errorf("%+v gave %+v", q, r)
		}
	}
	r, err := content(t).Prepare(rehearsal.Request{Dir: begun}, time.Now())
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
