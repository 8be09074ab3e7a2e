package runbook

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"coexist/checks"
	"coexist/runbook/migration"
)

// clock is a clock that tests move.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func newClock() *clock { return &clock{now: time.Date(2026, 11, 28, 22, 0, 0, 0, time.UTC)} }

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(time.Millisecond)
	return c.now
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// bench is a session with everything around it that tests turn.
type bench struct {
	*Session
	t        *testing.T
	path     string
	opts     Options
	clock    *clock
	mu       sync.Mutex
	verdicts map[string]checks.Verdict // by check id; pass where nothing else is said
	ran      []checks.Check
}

func newBench(t *testing.T, sites int) *bench {
	t.Helper()
	return newBenchOn(t, "testdata/assets", migration.Format(organization(sites)))
}

func newBenchOn(t *testing.T, assets string, text []byte) *bench {
	t.Helper()
	b := &bench{t: t, path: filepath.Join(t.TempDir(), "contoso.toml"), clock: newClock(), verdicts: map[string]checks.Verdict{}}
	if err := os.WriteFile(b.path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	b.opts = Options{
		Assets: os.DirFS(assets), Clock: b.clock.Now, Run: b.runAll, Operator: "A. Meyer", Host: "jump", Tool: "test",
	}
	b.open()
	t.Cleanup(func() { b.Close() })
	return b
}

func (b *bench) open() {
	b.t.Helper()
	s, err := Open(b.path, b.opts)
	if err != nil {
		b.t.Fatal(err)
	}
	b.Session = s
}

func (b *bench) reopen() {
	b.t.Helper()
	if err := b.Close(); err != nil {
		b.t.Fatal(err)
	}
	b.open()
}

func (b *bench) runAll(_ context.Context, list []checks.Check, each func(checks.Update)) []checks.Result {
	var out []checks.Result
	for i, c := range list {
		b.mu.Lock()
		v := b.verdicts[c.ID]
		b.ran = append(b.ran, c)
		b.mu.Unlock()
		r := checks.Result{ID: c.ID, Kind: c.Kind, Source: checks.FromProbe, Verdict: v, Summary: "observed", Started: b.clock.Now()}
		if v == "" {
			r.Verdict = checks.Pass
		}
		if r.Verdict != checks.Pass {
			r.Reason = "expect.not_met"
		}
		out = append(out, r)
		each(checks.Update{Index: i})
		each(checks.Update{Index: i, Done: true, Result: &out[i]})
	}
	return out
}

func (b *bench) must(err error) {
	b.t.Helper()
	if err != nil {
		b.t.Fatal(err)
	}
}

// refused fails unless err is a refusal that speaks of text.
func (b *bench) refused(err error, text string) *Refused {
	b.t.Helper()
	var r *Refused
	if !errors.As(err, &r) || !strings.Contains(r.Error(), text) {
		b.t.Fatalf("expected a refusal that speaks of %q, got %v", text, err)
	}
	return r
}

// exampleValues has a value of every type.
var exampleValues = map[string]string{
	"text": "some text", "host": "host.contoso.com", "url": "https://old.contoso.com/x", "thumbprint": oneThumb,
	"guid": "2d6fa2d3-6f14-4f0e-9c06-1c1f7c5c8a70", "path": `C:\Install\a file.msp`, "integer": "7", "bool": "true", "list": "a, b",
	"address": "10.0.0.9", "mailbox": "probe@contoso.com", "date": "2026-11-28",
}

// do carries a task out with everything it needs: values, checks before it,
// its wait, checks after it.
func (b *bench) do(id string) {
	b.t.Helper()
	t := b.runbook.Task(id)
	if t == nil {
		b.t.Fatalf("no task %s", id)
	}
	for _, a := range t.Asks {
		b.must(b.SetValue(a.Key, exampleValues[a.Type]))
	}
	for _, c := range t.Captures {
		b.must(b.SetValue(c.Key, exampleValues[c.Type]))
	}
	b.check(t, true)
	b.must(b.MarkDone(id, t.Confirm))
	b.clock.pass(t.Wait)
	b.check(t, false)
	if t.Wait > 0 && b.Snapshot().Progress.Tasks[id].Status == Waiting {
		b.must(b.MarkDone(id, ""))
	}
}

func (b *bench) check(t *Task, before bool) {
	b.t.Helper()
	for _, c := range t.Checks {
		if c.Before != before {
			continue
		}
		if c.Kind == "attest" {
			b.must(b.Attest(c.ID, Attestation{Answer: "yes", Name: "A. Meyer"}))
			continue
		}
		_, err := b.RunChecks(context.Background(), []string{c.ID}, nil)
		b.must(err)
	}
}

// through carries out every required task up to the end of a phase.
func (b *bench) through(phase string) {
	b.t.Helper()
	for _, p := range b.runbook.Phases {
		for _, t := range p.Tasks {
			if !t.Optional {
				b.do(t.ID)
			}
		}
		if p.ID == phase {
			return
		}
	}
	b.t.Fatalf("no phase %s", phase)
}

func TestSessionFromStartToEnd(t *testing.T) {
	t.Parallel()
	for _, sites := range []int{1, 2, 3} {
		b := newBench(t, sites)
		b.through("sites/close-out")
		p := b.Snapshot().Progress
		for id, s := range p.Phases {
			if s.Status != Done || !s.Complete {
				t.Errorf("%d sites: phase %s is %s, remaining %+v, blockers %+v", sites, id, s.Status, s.Remaining, s.Blockers)
			}
		}
	}
}

// TestCancelledChecksAreNotRecorded keeps what was known of a check that was
// cancelled while it ran again.
func TestCancelledChecksAreNotRecorded(t *testing.T) {
	t.Parallel()
	b := newBench(t, 1)
	b.do("prepare.service-pack/ex10-0")
	before := len(b.Snapshot().Events)
	b.opts.Run = func(_ context.Context, list []checks.Check, each func(checks.Update)) []checks.Result {
		return []checks.Result{{ID: list[0].ID, Verdict: checks.Unknown, Reason: checks.Cancelled}}
	}
	b.reopen()
	got, err := b.RunChecks(context.Background(), []string{oldCheck}, nil)
	b.must(err)
	if len(got) != 1 || got[0].Reason != checks.Cancelled {
		t.Errorf("told: %+v", got)
	}
	if n := len(b.Snapshot().Events); n != before || b.status(oldCheck) != Done {
		t.Errorf("%d events after %d, and the check is %s", n, before, b.status(oldCheck))
	}
}

// TestTheMigrationIsRecordedAsItWasRead edits the file after it was loaded and
// before the session opens: what is recorded is what was compiled.
func TestTheMigrationIsRecordedAsItWasRead(t *testing.T) {
	t.Parallel()
	b := newBench(t, 1)
	b.must(b.Close())
	b.must(os.Remove(JournalPath(b.path)))
	m, text, err := migration.LoadText(b.path, migration.Known{})
	b.must(err)
	b.must(os.WriteFile(b.path, append(append([]byte{}, text...), "# edited\n"...), 0o600))
	b.opts.Migration, b.opts.Text = m, text
	b.open()
	payload, err := Decode(b.Snapshot().Events[0])
	b.must(err)
	if got := payload.(*RunStarted).Migration; got.Text != string(text) {
		t.Errorf("recorded is another text than was compiled; it ends with %q", got.Text[max(0, len(got.Text)-20):])
	}
}
