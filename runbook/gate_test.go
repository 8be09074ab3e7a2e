package runbook

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"coexist/checks"
)

// run runs one check with a verdict.
func (b *bench) run(id string, v checks.Verdict) {
	b.t.Helper()
	b.mu.Lock()
	b.verdicts[id] = v
	b.mu.Unlock()
	_, err := b.RunChecks(context.Background(), []string{id}, nil)
	b.must(err)
}

func (b *bench) wantOpen(phase string, want bool, when string) {
	b.t.Helper()
	s := b.Snapshot().Progress.Phases[phase]
	if s.Open != want {
		b.t.Errorf("%s: %s is open: %v, want %v; blockers %+v", when, phase, s.Open, want, s.Blockers)
	}
	if s.Open != (len(s.Blockers) == 0) {
		b.t.Errorf("%s: %s is open: %v with blockers %+v", when, phase, s.Open, s.Blockers)
	}
}

func (b *bench) status(check string) Status {
	b.t.Helper()
	return b.Snapshot().Progress.Checks[check].Status
}

const (
	hardCheck = "prepare.schema/org/version"               // hard, holds until sites
	softCheck = "deploy.scp/ex13-0/scp"                    // soft, holds until switch
	dualCheck = "certificates.import/ex13-0/names"         // dual, holds until sites
	infoCheck = "switch.dns/site%200/speed"                // info
	oldCheck  = "prepare.service-pack/ex10-0/version"      // hard, fresh for a day, holds until move
	answer    = "switch.dns/site%200/answer"               // hard, its own step
	attested  = "prepare.schema/org/replicated"            // attest, before the work
	emptied   = "move.mailboxes/site%200/empty"            // soft, its own step
	survey    = "prepare.survey/org/asked"                 // of an optional task
	thumb     = "certificate.thumbprint/site%200"          // a value
	oneThumb  = "0123456789ABCDEF0123456789ABCDEF01234567" // for it
	other     = "FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF"
)

func TestGateAsksForEveryVerdict(t *testing.T) {
	t.Parallel()
	tests := []struct {
		verdict checks.Verdict
		open    bool
		status  Status
	}{
		{checks.Pass, true, Done},
		{checks.Skip, true, Done},
		{checks.Warn, false, Waiting},
		{checks.Fail, false, Failed},
		{checks.Unknown, false, Failed},
	}
	for _, tt := range tests {
		t.Run(string(tt.verdict), func(t *testing.T) {
			t.Parallel()
			b := newBench(t, 1)
			b.through("prepare")
			b.wantOpen("deploy", true, "all passed")
			b.run(hardCheck, tt.verdict)
			b.wantOpen("deploy", tt.open, "after "+string(tt.verdict))
			if got := b.status(hardCheck); got != tt.status {
				t.Errorf("status %s, want %s", got, tt.status)
			}
		})
	}
}

func TestSkipForWantOfAPasswordBlocks(t *testing.T) {
	t.Parallel()
	b := newBench(t, 1)
	b.through("prepare")
	r := b.resultOf(b.runbook.Check(hardCheck), b.clock.Now())
	r.Verdict, r.Reason, r.Source = checks.Skip, "credentials.none", checks.FromProbe
	b.must(b.recordResults([]Recorded{{Result: r}}))
	b.wantOpen("deploy", false, "nothing was logged on")
}

func TestWarningCountsOnceItWasRead(t *testing.T) {
	t.Parallel()
	b := newBench(t, 1)
	b.through("prepare")
	b.run(hardCheck, checks.Warn)
	b.must(b.ReadWarning(hardCheck, 0))
	b.wantOpen("deploy", true, "read")
	b.run(hardCheck, checks.Warn)
	b.wantOpen("deploy", false, "another warning, not read")
	b.run(hardCheck, checks.Pass)
	b.refused(b.ReadWarning(hardCheck, 0), "not a warning")
}

func TestNotRunAndNotYetBlock(t *testing.T) {
	t.Parallel()
	b := newBench(t, 1)
	b.run(hardCheck, checks.Pass)
	b.run(hardCheck, checks.Fail)
	if s := b.Snapshot().Progress.Checks[hardCheck]; s.Status != NotYet || s.FirstRed != nil {
		t.Errorf("before the work: %s, was red %v", s.Status, s.FirstRed)
	}
	for _, id := range []string{"prepare.service-pack/ex10-0", "prepare.domain/contoso.com", "prepare.domain/emea.contoso.com"} {
		if !strings.HasPrefix(id, "prepare.domain") {
			b.do(id)
		}
	}
	b.must(b.Attest(attested, Attestation{Answer: "yes", Name: "A"}))
	b.must(b.MarkDone("prepare.schema/org", "contoso.com"))
	b.clock.pass(time.Hour)
	if got := b.status(hardCheck); got != NotYet {
		t.Errorf("a result from before the work is %s", got)
	}
	s := b.Snapshot().Progress.Phases["deploy"]
	if !slices.ContainsFunc(s.Blockers, func(x Blocker) bool { return x.Check == hardCheck && x.Status == NotYet && x.Mend != "" }) {
		t.Errorf("the gate does not say so: %+v", s.Blockers)
	}
}

func TestRegression(t *testing.T) {
	t.Parallel()
	b := newBench(t, 1)
	b.through("deploy")
	b.do("certificates.import/ex13-0") // work of the next phase has begun
	b.run(softCheck, checks.Fail)      // holds until switch
	b.run("deploy.mailbox/ex13-0/installed", checks.Fail)
	s := b.Snapshot().Progress
	if !s.Phases["certificates"].Open || !s.Phases["certificates"].Complete {
		t.Errorf("work under way is locked: %+v", s.Phases["certificates"])
	}
	blockers := s.Phases["switch"].Blockers
	if len(blockers) != 1 || blockers[0].Check != softCheck || blockers[0].LastGreen.IsZero() || !strings.Contains(blockers[0].Text, "last green") {
		t.Errorf("the gate of switch says %+v", blockers)
	}
	if over := s.Checks["deploy.mailbox/ex13-0/installed"]; !over.Over || over.Status != Failed {
		t.Errorf("a check of a step that is past: %+v", over)
	}
	if s.Tasks["deploy.scp/ex13-0"].Status != Failed {
		t.Errorf("the task of the regressed check is %s", s.Tasks["deploy.scp/ex13-0"].Status)
	}
	b.run(softCheck, checks.Pass)
	b.wantOpen("switch", true, "mended")
	b.do("switch.urls/site%200")
	b.run(softCheck, checks.Fail) // its step is reached
	b.do("switch.dns/site%200")
	b.wantOpen("move", true, "held long enough")
}

func TestStaleIsComputed(t *testing.T) {
	t.Parallel()
	b := newBench(t, 1)
	b.through("prepare")
	b.clock.pass(25 * time.Hour)
	b.wantOpen("deploy", false, "a day later")
	if got := b.status(oldCheck); got != Stale {
		t.Errorf("status %s", got)
	}
	b.run(oldCheck, checks.Pass)
	b.wantOpen("deploy", true, "checked again")
	b.do("deploy.mailbox/ex13-0")
	b.clock.pass(25 * time.Hour)
	b.wantOpen("deploy", true, "work under way")
	b.through2("deploy")
	b.wantOpen("certificates", false, "the check must hold and is stale")
	b.run(oldCheck, checks.Pass)
	b.wantOpen("certificates", true, "checked again")
}

// TestAClockThatWasSetBackMakesOldResultsStale: how old a result is can no
// longer be told from the clock, whichever of the two times was wrong.
func TestAClockThatWasSetBackMakesOldResultsStale(t *testing.T) {
	t.Parallel()
	for name, ahead := range map[string]time.Duration{"by a month": 30 * 24 * time.Hour, "by an hour": time.Hour} {
		b := newBench(t, 1)
		b.clock.pass(ahead)
		b.through("prepare")
		b.wantOpen("deploy", true, "nobody knows that the clock is ahead")
		b.clock.pass(-ahead)
		if got := b.status(oldCheck); got != Stale {
			t.Errorf("%s: nothing is recorded since: status %s", name, got)
		}
		b.must(b.Note("", "the clock is right now"))
		b.wantOpen("deploy", false, name)
		b.clock.pass(ahead)
		if got := b.status(oldCheck); got != Stale {
			t.Errorf("%s: the clock is where it was: status %s", name, got)
		}
		b.reopen()
		b.wantOpen("deploy", false, name+", read anew")
		b.run(oldCheck, checks.Pass)
		b.wantOpen("deploy", true, name+", checked again")
	}
	b := newBench(t, 1) // what time servers correct is nothing to speak of
	b.through("prepare")
	b.clock.pass(-time.Minute)
	b.must(b.Note("", "x"))
	b.wantOpen("deploy", true, "a minute")
}

// TestAResultIsNoYoungerThanItsEntry: another computer's clock may be ahead.
func TestAResultIsNoYoungerThanItsEntry(t *testing.T) {
	t.Parallel()
	b := newBench(t, 1)
	b.through("prepare")
	r := b.resultOf(b.runbook.Check(oldCheck), b.clock.Now().Add(72*time.Hour))
	r.Verdict, r.Source = checks.Pass, checks.FromShell
	b.must(b.Import(Imported{Path: "x"}, []checks.Result{r}, nil, nil))
	b.clock.pass(25 * time.Hour)
	if got := b.status(oldCheck); got != Stale {
		t.Errorf("status %s", got)
	}
}

// through2 does what is left of one phase.
func (b *bench) through2(phase string) {
	b.t.Helper()
	for _, task := range b.runbook.Phase(phase).Tasks {
		if tf := b.fold.tasks[task.ID]; !task.Optional && (tf == nil || tf.seq == 0) {
			b.do(task.ID)
		}
	}
}

func TestWaitNeedsMoreThanTime(t *testing.T) {
	t.Parallel()
	b := newBench(t, 1)
	b.do("prepare.service-pack/ex10-0")
	b.must(b.Attest(attested, Attestation{Answer: "yes", Name: "A"}))
	b.must(b.MarkDone("prepare.schema/org", "contoso.com"))
	b.run(hardCheck, checks.Pass)
	b.refused(b.MarkDone("prepare.domain/contoso.com", ""), "waits until")
	b.refused(b.MarkDone("prepare.schema/org", ""), "to go")
	b.clock.pass(16 * time.Minute)
	if s := b.Snapshot().Progress.Tasks["prepare.schema/org"]; s.Status != Waiting || s.WaitUntil.IsZero() {
		t.Errorf("the time has passed and nobody said so: %s", s.Status)
	}
	b.must(b.MarkDone("prepare.schema/org", ""))
	if s := b.Snapshot().Progress.Tasks["prepare.schema/org"]; s.Status != Done {
		t.Errorf("confirmed: %s, %s", s.Status, s.Why)
	}
	b.refused(b.MarkDone("prepare.schema/org", ""), "already")
}

func TestReopenMarksWhatIsBuiltOnIt(t *testing.T) {
	t.Parallel()
	b := newBench(t, 1)
	b.through("deploy")
	b.must(b.Reopen("deploy.mailbox/ex13-0", "wrong disk"))
	b.wantOpen("certificates", false, "reopened")
	s := b.Snapshot().Progress
	for _, id := range []string{"deploy.client-access/ex13-0", "deploy.scp/ex13-0"} {
		if s.Tasks[id].Status != Stale {
			t.Errorf("%s is %s", id, s.Tasks[id].Status)
		}
	}
	if s.Checks[softCheck].Status != Stale {
		t.Errorf("a result built on it is %s", s.Checks[softCheck].Status)
	}
	if s.Tasks["deploy.mailbox/ex13-0"].Reopened != 1 {
		t.Errorf("reopened %d times", s.Tasks["deploy.mailbox/ex13-0"].Reopened)
	}
	for _, id := range []string{"deploy.mailbox/ex13-0", "deploy.client-access/ex13-0", "deploy.scp/ex13-0"} {
		b.do(id)
	}
	b.wantOpen("certificates", true, "done again")
}

func TestReopenAfterTheNextStepBegan(t *testing.T) {
	t.Parallel()
	b := newBench(t, 1)
	b.through("certificates")
	b.must(b.Reopen("deploy.scp/ex13-0", ""))
	b.wantOpen("certificates", false, "an earlier task is reopened")
	b.wantOpen("switch", false, "an earlier task is reopened")
	b.must(b.MarkDone("deploy.scp/ex13-0", ""))
	b.wantOpen("switch", false, "its check is from before")
	b.run(softCheck, checks.Pass)
	b.wantOpen("switch", true, "done and checked")
}

func TestAnotherValueMarksItsUsers(t *testing.T) {
	t.Parallel()
	b := newBench(t, 1)
	b.through("certificates")
	b.wantOpen("switch", true, "complete")
	b.must(b.SetValue(thumb, other))
	s := b.Snapshot().Progress
	if got := s.Tasks["certificates.import/ex13-0"].Status; got != Changed {
		t.Errorf("the task is %s", got)
	}
	if got := s.Checks[dualCheck].Status; got != Stale {
		t.Errorf("its result is %s", got)
	}
	b.wantOpen("switch", false, "changed")
	b.must(b.MarkDone("certificates.import/ex13-0", ""))
	b.run(dualCheck, checks.Pass)
	b.wantOpen("switch", true, "confirmed and checked")
	b.must(b.SetValue(thumb, oneThumb))
	if _, err := b.UndoLast(); err != nil {
		t.Fatal(err)
	}
	if s := b.Snapshot().Progress; s.Values[thumb] != other || s.Tasks["certificates.import/ex13-0"].Status != Done {
		t.Errorf("the value taken back: %s, task %s", s.Values[thumb], s.Tasks["certificates.import/ex13-0"].Status)
	}
}

func TestMarkDoneRefuses(t *testing.T) {
	t.Parallel()
	b := newBench(t, 1)
	b.refused(b.MarkDone("deploy.mailbox/ex13-0", ""), "gate")
	b.refused(b.MarkDone("prepare.schema/org", "contoso.com"), "come first")
	b.do("prepare.service-pack/ex10-0")
	b.refused(b.MarkDone("prepare.schema/org", "contoso.com"), "before the work")
	b.must(b.Attest(attested, Attestation{Answer: "no", Name: "A"}))
	b.refused(b.MarkDone("prepare.schema/org", "contoso.com"), "before the work")
	b.must(b.Attest(attested, Attestation{Answer: "yes", Name: "A"}))
	b.refused(b.MarkDone("prepare.schema/org", "contoso.org"), "type contoso.com")
	b.must(b.MarkDone("prepare.schema/org", " Contoso.com"))
	b.refused(b.MarkDone("prepare.schema/org", "contoso.com"), "wait")
	if err := b.MarkDone("nonsense/org", ""); err == nil || !strings.Contains(err.Error(), "no task") {
		t.Errorf("an unknown task: %v", err)
	}
}

func TestMarkDoneWantsCapturedValues(t *testing.T) {
	t.Parallel()
	b := newBench(t, 1)
	b.through("prepare")
	b.do("deploy.mailbox/ex13-0")
	b.do("deploy.client-access/ex13-0")
	r := b.refused(b.MarkDone("deploy.scp/ex13-0", ""), "values are missing")
	if len(r.Blockers) != 1 || !strings.Contains(r.Blockers[0].Text, "scp.url/ex13-0") {
		t.Errorf("blockers %+v", r.Blockers)
	}
	b.refused(b.Waive(Waiver{Check: "scp.url/ex13-0"}), "reason")
	b.must(b.Waive(Waiver{Check: "scp.url/ex13-0", Reason: "a new server has none", Name: "B"}))
	b.must(b.MarkDone("deploy.scp/ex13-0", ""))
}

func TestHardFailureStopsWhatComesAfter(t *testing.T) {
	t.Parallel()
	b := newBench(t, 1)
	b.through("prepare")
	b.must(b.MarkDone("deploy.mailbox/ex13-0", ""))
	b.run("deploy.mailbox/ex13-0/installed", checks.Fail)
	b.refused(b.MarkDone("deploy.client-access/ex13-0", ""), "failed")
}

func TestOptionalTasksNeverBlock(t *testing.T) {
	t.Parallel()
	b := newBench(t, 1)
	b.do("prepare.survey/org")
	b.must(b.Attest(survey, Attestation{Answer: "no", Name: "A"}))
	b.through("prepare")
	b.wantOpen("deploy", true, "an optional task failed")
}

func TestBackoutStopsEverything(t *testing.T) {
	t.Parallel()
	b := newBench(t, 2)
	b.through("deploy")
	b.must(b.DeclareBackout("the window is over"))
	s := b.Snapshot().Progress
	if s.Backout == nil || s.Phases["certificates"].Open {
		t.Errorf("after a backout: %+v", s.Phases["certificates"])
	}
	b.refused(b.MarkDone("certificates.import/ex13-1", ""), "backout")
	if what, err := b.UndoLast(); err != nil || !strings.Contains(what, "backout") {
		t.Fatalf("undo: %s, %v", what, err)
	}
	b.wantOpen("certificates", true, "taken back")
}

func TestRoundsOpenWithTheSwitch(t *testing.T) {
	t.Parallel()
	b := newBench(t, 3)
	b.through("certificates")
	b.wantOpen("sites/site%200/deploy", false, "before the switch")
	b.through2("switch")
	b.wantOpen("sites/site%200/deploy", true, "after the switch")
	b.wantOpen("sites/site%202/deploy", true, "after the switch")
	b.wantOpen("sites/site%202/certificates", false, "deploy comes first")
	for _, phase := range []string{"deploy", "certificates", "switch"} {
		b.through2("sites/site%202/" + phase)
	}
	b.wantOpen("sites/site%202/move", true, "the round goes its own way")
	b.wantOpen("sites/site%200/certificates", false, "the other round has not begun")
	b.wantOpen("sites/close-out", false, "rounds and moves are open")
}

func TestPersonMayNotStateWhatMustBeChecked(t *testing.T) {
	t.Parallel()
	b := newBench(t, 1)
	b.through("deploy")
	b.refused(b.Attest(softCheck, Attestation{Answer: "yes", Name: "A"}), "must be checked")
	r := b.resultOf(b.runbook.Check(softCheck), b.clock.Now())
	r.Verdict, r.Source = checks.Pass, checks.FromPerson
	b.must(b.recordResults([]Recorded{{Result: r}}))
	b.wantOpen("certificates", false, "stated")
}

func TestAttestations(t *testing.T) {
	t.Parallel()
	tests := []struct {
		a      Attestation
		refuse string
		status Status
	}{
		{Attestation{Answer: "yes", Name: "B"}, "", Attested},
		{Attestation{Answer: "no", Name: "B"}, "", Failed},
		{Attestation{Answer: "n/a", Name: "B", Note: "one controller"}, "", Attested},
		{Attestation{Answer: "n/a", Name: "B"}, "note", ""},
		{Attestation{Answer: "yes"}, "name", ""},
		{Attestation{Answer: "perhaps", Name: "B"}, "none of", ""},
	}
	for _, tt := range tests {
		b := newBench(t, 1)
		err := b.Attest(attested, tt.a)
		if tt.refuse != "" {
			b.refused(err, tt.refuse)
			continue
		}
		b.must(err)
		if got := b.status(attested); got != tt.status {
			t.Errorf("%+v: %s, want %s", tt.a, got, tt.status)
		}
	}
}

// TestMendOfACmdletCheck names the script, since nothing here can run the
// check.
func TestMendOfACmdletCheck(t *testing.T) {
	t.Parallel()
	c := &Check{ID: "t/x/c", Kind: "cmdlet", Gate: "hard", Task: &Task{ID: "t/x", Phase: &Phase{ID: "p"}}}
	for status, want := range map[Status]string{
		NotRun:  "write the step's script (s), run it there, import what it saved (i)",
		NotYet:  "write the step's script (s), run it there, import what it saved (i)",
		Failed:  "mend it, then run the step's script again (s) and import what it saved (i)",
		Waiting: "read it (enter)",
	} {
		b := checkBlocker(c, CheckState{Status: status, Result: &checks.Result{Verdict: checks.Fail}})
		if b.Mend != want {
			t.Errorf("%s: mend is %q", status, b.Mend)
		}
	}
	c.Kind = "dns"
	if b := checkBlocker(c, CheckState{Status: NotRun}); b.Mend != "run it (r)" {
		t.Errorf("of a probe: %q", b.Mend)
	}
}

// TestAFailureIsToldAfterTheTaskWasDoneAgain keeps a check's first failure when
// its task is reopened and carried out anew.
func TestAFailureIsToldAfterTheTaskWasDoneAgain(t *testing.T) {
	t.Parallel()
	b := newBench(t, 1)
	b.through("prepare")
	b.run(hardCheck, checks.Fail)
	failed := b.Snapshot().Progress.Checks[hardCheck].Result.Started
	b.must(b.Reopen("prepare.schema/org", "the remedy"))
	b.run(hardCheck, checks.Fail) // expected while nothing is done: not the one that is told
	b.must(b.MarkDone("prepare.schema/org", "contoso.com"))
	b.run(hardCheck, checks.Pass)
	s := b.Snapshot().Progress.Checks[hardCheck]
	if s.Status != Done || s.FirstRed == nil || !s.FirstRed.Time.Equal(failed) {
		t.Errorf("%s, first failure %+v, want that of %s", s.Status, s.FirstRed, failed)
	}
}
