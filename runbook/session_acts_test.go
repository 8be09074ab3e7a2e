package runbook

import (
	"context"
	"errors"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"coexist/checks"
	"coexist/checks/effect"
	"coexist/runbook/journal"
	"coexist/runbook/migration"
)

func kinds(events []journal.Event) []string {
	var out []string
	for _, e := range events {
		out = append(out, e.Kind)
	}
	return out
}

func TestOpenStartsTheRunOnce(t *testing.T) {
	t.Parallel()
	b := newBench(t, 1)
	b.reopen()
	b.reopen()
	s := b.Snapshot()
	if got := kinds(s.Events); !slices.Equal(got, []string{EventStarted}) {
		t.Errorf("the journal holds %q", got)
	}
	payload, err := Decode(s.Events[0])
	if err != nil {
		t.Fatal(err)
	}
	if p := payload.(*RunStarted); p.File != "contoso.toml" || len(p.Procedure.Tasks) != 14 || p.Migration.Text == "" {
		t.Errorf("the run starts with file %q and %d tasks", p.File, len(p.Procedure.Tasks))
	}
}

func TestNothingIsRecordedWithoutAName(t *testing.T) {
	t.Parallel()
	b := newBench(t, 1)
	b.must(b.Close())
	if err := os.Remove(JournalPath(b.path)); err != nil {
		t.Fatal(err)
	}
	b.opts.Operator = ""
	b.open()
	b.refused(b.Note("", "hello"), "who you are")
	if _, err := b.RunChecks(context.Background(), []string{hardCheck}, nil); err == nil {
		t.Error("a check ran without a name to record it under")
	}
	if n := len(b.Snapshot().Events); n != 0 {
		t.Errorf("%d events", n)
	}
	b.must(b.SetOperator("  B.  Braun "))
	b.must(b.Note("", "hello"))
	s := b.Snapshot()
	if got := kinds(s.Events); !slices.Equal(got, []string{EventStarted, EventOperator, EventNote}) || s.Progress.Operator != "B. Braun" {
		t.Errorf("the journal holds %q, operator %q", got, s.Progress.Operator)
	}
}

func TestResultsAreRecordedBeforeTheyAreTold(t *testing.T) {
	t.Parallel()
	b := newBench(t, 9)
	var ids []string
	for _, task := range b.runbook.Phase("prepare").Tasks {
		for _, c := range task.Checks {
			ids = append(ids, c.ID)
		}
	}
	began, told := map[int]bool{}, map[int]bool{}
	var inside atomic.Int32
	results, err := b.RunChecks(context.Background(), ids, func(u checks.Update) {
		if inside.Add(1) != 1 {
			t.Error("two updates were told at the same time")
		}
		defer inside.Add(-1)
		if !u.Done {
			began[u.Index] = true
			return
		}
		told[u.Index] = true
		if u.Result.ID != ids[u.Index] {
			t.Errorf("update %d is of %s, want %s", u.Index, u.Result.ID, ids[u.Index])
		}
		raw, err := os.ReadFile(JournalPath(b.path))
		if err != nil || !strings.Contains(string(raw), `"id":"`+u.Result.ID+`"`) {
			t.Errorf("%s was told before it was recorded", u.Result.ID)
		}
	})
	b.must(err)
	if len(told) != len(ids) || len(began) != len(ids) || len(results) != len(ids) {
		t.Errorf("%d began, %d told, %d results for %d checks", len(began), len(told), len(results), len(ids))
	}
	for i, r := range results {
		if r.ID != ids[i] || r.Operator != "A. Meyer" || r.Host != "jump" || r.Step != 1 || r.Format != 1 {
			t.Errorf("result %d is %+v", i, r)
		}
	}
}

func TestPendingCheckIsUnknown(t *testing.T) {
	t.Parallel()
	b := newBench(t, 1)
	results, err := b.RunChecks(context.Background(), []string{dualCheck, hardCheck}, nil)
	b.must(err)
	if r := results[0]; r.Verdict != checks.Unknown || r.Reason != "value.missing" || !strings.Contains(r.Summary, thumb) {
		t.Errorf("got %+v", r)
	}
	if results[1].Verdict != checks.Pass || len(b.ran) != 1 {
		t.Errorf("the other check: %+v; %d ran", results[1], len(b.ran))
	}
}

func TestRunThatCannotBeRecordedIsAnError(t *testing.T) {
	t.Parallel()
	b := newBench(t, 1)
	run := b.opts.Run
	b.Session.opts.Run = func(ctx context.Context, list []checks.Check, each func(checks.Update)) []checks.Result {
		b.must(os.Remove(JournalPath(b.path)))
		return run(ctx, list, each)
	}
	told := 0
	_, err := b.RunChecks(context.Background(), []string{hardCheck}, func(u checks.Update) {
		if u.Done {
			told++
		}
	})
	if err == nil || told != 0 {
		t.Errorf("error %v, %d results told", err, told)
	}
}

func TestTryChecksRecordsNothing(t *testing.T) {
	t.Parallel()
	b := newBench(t, 1)
	n := len(b.Snapshot().Events)
	results, err := b.TryChecks(context.Background(), []string{hardCheck}, nil)
	b.must(err)
	if len(results) != 1 || results[0].Verdict != checks.Pass || len(b.Snapshot().Events) != n {
		t.Errorf("results %+v, %d events", results, len(b.Snapshot().Events)-n)
	}
}

func TestSecondSessionReadsAlong(t *testing.T) {
	t.Parallel()
	b := newBench(t, 1)
	second, err := Open(b.path, b.opts)
	b.must(err)
	defer second.Close()
	s := second.Snapshot()
	if !s.ReadOnly || !strings.Contains(s.Holder, "A. Meyer") {
		t.Errorf("read-only %v, holder %q", s.ReadOnly, s.Holder)
	}
	b.refused(second.Note("", "x"), "recorded")
	b.must(b.Note("", "from the first"))
	select {
	case <-second.Changed():
	case <-time.After(20 * time.Second):
		t.Fatal("the second session was not told")
	}
	if notes := second.Snapshot().Progress.Notes; len(notes) != 1 || notes[0].Text != "from the first" {
		t.Errorf("it sees %+v", notes)
	}
}

func TestEditedMigrationIsToldTaskByTask(t *testing.T) {
	t.Parallel()
	b := newBench(t, 2)
	b.through("prepare")
	b.do("deploy.mailbox/ex13-1")
	m := organization(3)
	m.Namespace.Primary = "post.contoso.com"
	b.must(os.WriteFile(b.path, migration.Format(m), 0o600))
	b.reopen()
	s := b.Snapshot()
	last := s.Events[len(s.Events)-1]
	payload, err := Decode(last)
	b.must(err)
	change, is := payload.(*MigrationChanged)
	if !is {
		t.Fatalf("the last event is %s", last.Kind)
	}
	if !slices.Contains(change.Summary.Added, "deploy.mailbox/ex13-2") || !slices.Contains(change.Summary.Changed, "switch.dns/site%201") ||
		slices.Contains(change.Summary.Changed, "deploy.mailbox/ex13-1") || len(change.Summary.Removed) > 0 {
		t.Errorf("the summary is %+v", change.Summary)
	}
	if len(s.Progress.Alerts) == 0 || !strings.Contains(s.Progress.Alerts[0], "edited") {
		t.Errorf("alerts %q", s.Progress.Alerts)
	}
	if s.Progress.Phases["deploy"].Open {
		t.Error("a new server without its service pack, and the gate is open")
	}
	if s.Progress.Tasks["deploy.mailbox/ex13-1"].Status != Done {
		t.Errorf("a task that did not change is %s", s.Progress.Tasks["deploy.mailbox/ex13-1"].Status)
	}
}

func TestVanishedChecksStayInTheRecord(t *testing.T) {
	t.Parallel()
	b := newBench(t, 2)
	b.through("prepare")
	b.must(os.WriteFile(b.path, migration.Format(func() *migration.Migration {
		m := organization(2)
		m.Sites = m.Sites[1:]
		return m
	}()), 0o600))
	b.reopen()
	p := b.Snapshot().Progress
	if len(p.Gone) != 1 || p.Gone[0].ID != "prepare.service-pack/ex10-0/version" {
		t.Errorf("gone: %+v", p.Gone)
	}
}

func TestEditOfAnAddressMakesResultsStale(t *testing.T) {
	t.Parallel()
	b := newBench(t, 1)
	b.through("switch")
	m := organization(1)
	m.Sites[0].Entry = "10.0.0.81"
	b.must(os.WriteFile(b.path, migration.Format(m), 0o600))
	b.reopen()
	if got := b.status(answer); got != Stale {
		t.Errorf("a result for another address is %s", got)
	}
	b.wantOpen("move", false, "the address was edited")
}

func TestRehearsal(t *testing.T) {
	t.Parallel()
	b := newBench(t, 1)
	b.must(b.Close())
	b.must(os.Remove(JournalPath(b.path)))
	var applied []effect.Effect
	b.opts.Rehearsal = "first"
	b.opts.Apply = func(list []effect.Effect, _ time.Time) error {
		applied = append(applied, list...)
		return nil
	}
	b.open()
	b.through("certificates")
	first := slices.Clone(applied)
	want := []string{"schema.extend", "domain.prepare", "domain.prepare", "server.install", "scp.set", "certificate.install"}
	var got []string
	for _, e := range first {
		got = append(got, e.Kind)
	}
	if !slices.Equal(got, want) {
		t.Errorf("applied %q, want %q", got, want)
	}
	applied = nil
	b.reopen()
	if len(applied) != len(first) {
		t.Errorf("%d effects are replayed, want %d", len(applied), len(first))
	}
	if b.Snapshot().Progress.Rehearsal != "first" {
		t.Error("the progress does not say that it is a rehearsal")
	}
	b.must(b.Close())
	b.opts.Rehearsal = ""
	if _, err := Open(b.path, b.opts); err == nil || !strings.Contains(err.Error(), "rehearsal") {
		t.Errorf("real work opened a rehearsal: %v", err)
	}
	b.opts.Rehearsal = "first"
	b.open()
	b.Session.opts.Apply = func([]effect.Effect, time.Time) error { return errors.New("no") }
	if err := b.MarkDone("switch.dns/site%200", "mail.contoso.com"); err == nil {
		t.Error("a task before others")
	}
}

func TestUndoLast(t *testing.T) {
	t.Parallel()
	b := newBench(t, 1)
	b.through("prepare")
	b.must(b.Note("", "a"))
	b.must(b.SetOperator("Somebody else"))
	b.must(b.Note("", "b"))
	for _, want := range []string{"note: b", ""} {
		what, err := b.UndoLast()
		if want == "" {
			b.refused(err, "nothing of your own")
		} else if b.must(err); what != want {
			t.Errorf("undone %q, want %q", what, want)
		}
	}
	b.must(b.SetOperator("A. Meyer"))
	var undone []string
	for range 3 {
		what, err := b.UndoLast()
		b.must(err)
		undone = append(undone, what)
	}
	if want := []string{"note: a", "carried out: prepare.domain/emea.contoso.com", "carried out: prepare.domain/contoso.com"}; !slices.Equal(undone, want) {
		t.Errorf("undone %q, want %q", undone, want)
	}
	s := b.Snapshot().Progress
	if len(s.Notes) != 0 || s.Tasks["prepare.domain/contoso.com"].Status != Ready || s.Tasks["prepare.domain/contoso.com"].Reopened != 1 {
		t.Errorf("left: %+v, %+v", s.Notes, s.Tasks["prepare.domain/contoso.com"])
	}
}

func TestSetValueChecksTheType(t *testing.T) {
	t.Parallel()
	b := newBench(t, 1)
	b.refused(b.SetValue(thumb, "12"), "thumbprint")
	b.refused(b.SetValue("certificate.thumbprint/nowhere", oneThumb), "none")
	b.refused(b.SetValue("nothing/org", "x"), "no value named")
	b.must(b.SetValue(thumb, "\u200e01 23 45 67 89 ab cd ef 01 23 45 67 89 ab cd ef 01 23 45 67"))
	s := b.Snapshot().Progress
	if s.Values[thumb] != oneThumb || s.Sources[thumb].How != "asked" || s.Sources[thumb].By != "A. Meyer" {
		t.Errorf("value %q from %+v", s.Values[thumb], s.Sources[thumb])
	}
}

func TestPaste(t *testing.T) {
	t.Parallel()
	tests := []struct {
		text    string
		verdict checks.Verdict
		refuse  string
	}{
		{"", "", "nothing was pasted"},
		{"none", checks.Pass, ""},
		{"Name : Alice\n\nName : Bob\n", checks.Fail, ""},
		{"Name\n----\nAlice\n", "", "Name : value"},
		{"Database : DB1\n", "", "none of the properties"},
		{"Name : Alice and a very long...", "", "cut off"},
	}
	for _, tt := range tests {
		b := newBench(t, 1)
		r, err := b.Paste(emptied, tt.text)
		if tt.refuse != "" {
			b.refused(err, tt.refuse)
			continue
		}
		b.must(err)
		if r.Verdict != tt.verdict || r.Source != checks.FromShell {
			t.Errorf("%q: %s from %s: %s", tt.text, r.Verdict, r.Source, r.Summary)
		}
		if got := b.Snapshot().Progress.Checks[emptied].Result; got == nil || got.Verdict != tt.verdict {
			t.Errorf("%q: recorded %+v", tt.text, got)
		}
	}
}

func TestImportIsAllOrNothing(t *testing.T) {
	t.Parallel()
	b := newBench(t, 1)
	good := b.resultOf(b.runbook.Check(emptied), b.clock.Now())
	good.Source, good.Verdict = checks.FromShell, checks.Pass
	lost := good
	lost.ID = "nothing/org/x"
	n := len(b.Snapshot().Events)
	if err := b.Import(Imported{Path: "x"}, []checks.Result{good, lost}, nil, nil); err == nil {
		t.Error("a result without a check was imported")
	}
	if err := b.Import(Imported{Path: "x"}, []checks.Result{good}, map[string]string{"scp.url/ex13-0": "nonsense"}, nil); err == nil {
		t.Error("a value that is no URL was imported")
	}
	if got := len(b.Snapshot().Events); got != n {
		t.Errorf("%d events of imports that failed", got-n)
	}
	b.must(b.Import(Imported{Path: "x", Nonce: "n"}, []checks.Result{good}, map[string]string{"scp.url/ex13-0": "https://a.b/c"}, nil))
	s := b.Snapshot()
	if got := kinds(s.Events[n:]); !slices.Equal(got, []string{EventImport, EventValue, EventResult}) {
		t.Errorf("recorded %q", got)
	}
	if s.Progress.Sources["scp.url/ex13-0"].How != "captured" || s.Progress.Truth.Imported != 0 {
		t.Errorf("source %+v, truth %+v", s.Progress.Sources["scp.url/ex13-0"], s.Progress.Truth)
	}
}

// TestImportIsStampedWithWhatJudgedIt changes a value between the judging of a
// result and its recording: the result answers another question by now.
func TestImportIsStampedWithWhatJudgedIt(t *testing.T) {
	t.Parallel()
	b := newBench(t, 1)
	b.must(b.SetValue(thumb, oneThumb))
	judged := b.Snapshot().Progress.Values
	c := b.runbook.Check(dualCheck)
	r := b.resultOf(c, b.clock.Now())
	r.Source, r.Verdict = checks.FromShell, checks.Pass
	b.must(b.SetValue(thumb, strings.Repeat("AB", 20)))
	b.must(b.Import(Imported{Path: "x"}, []checks.Result{r}, nil, judged))
	events := b.Snapshot().Events
	payload, err := Decode(events[len(events)-1])
	b.must(err)
	switch got := payload.(*Recorded).Asked; got {
	case c.asks(judged):
	case c.asks(b.Snapshot().Progress.Values):
		t.Error("the result is stamped with values that it was not judged by")
	default:
		t.Errorf("stamped %q", got)
	}
}

func TestClockThatGoesBackwardsIsListed(t *testing.T) {
	t.Parallel()
	b := newBench(t, 1)
	b.must(b.Note("", "a"))
	b.clock.pass(-time.Hour)
	b.must(b.Note("", "b"))
	p := b.Snapshot().Progress
	if len(p.Clock) != 1 || p.Clock[0].Before.Sub(p.Clock[0].After) < 59*time.Minute {
		t.Errorf("clock jumps: %+v", p.Clock)
	}
}

func TestBrokenChainIsReadOnly(t *testing.T) {
	t.Parallel()
	b := newBench(t, 1)
	b.must(b.Note("", "first"))
	b.must(b.Note("", "second"))
	b.must(b.Close())
	raw, err := os.ReadFile(JournalPath(b.path))
	b.must(err)
	b.must(os.WriteFile(JournalPath(b.path), []byte(strings.Replace(string(raw), "first", "worst", 1)), 0o600))
	b.open()
	s := b.Snapshot()
	if !s.ReadOnly || s.Broken == "" {
		t.Errorf("read-only %v, broken %q", s.ReadOnly, s.Broken)
	}
	if !slices.ContainsFunc(s.Progress.Alerts, func(a string) bool { return strings.Contains(a, "damaged") }) {
		t.Errorf("alerts %q", s.Progress.Alerts)
	}
	b.refused(b.Note("", "x"), "recorded")
}

func TestManyAtOnce(t *testing.T) {
	t.Parallel()
	b := newBench(t, 2)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 5 {
				if err := b.Note("", "n"); err != nil {
					t.Error(err)
				}
				if _, err := b.RunChecks(context.Background(), []string{hardCheck, softCheck}, nil); err != nil {
					t.Error(err)
				}
				b.Snapshot()
			}
		})
	}
	wg.Wait()
	if n := len(b.Snapshot().Progress.Notes); n != 20 {
		t.Errorf("%d notes", n)
	}
}
