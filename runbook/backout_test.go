package runbook

import (
	"slices"
	"strings"
	"testing"

	"coexist/checks"
)

const (
	scpTask = "deploy.scp/ex13-0"
	scpURL  = "scp.url/ex13-0"
)

// retreating is a bench on which everything up to a phase was carried out and
// a backout declared.
func retreating(t *testing.T, phase string) *bench {
	t.Helper()
	b := newBench(t, 1)
	b.through(phase)
	b.must(b.DeclareBackout("mail stands still"))
	return b
}

func (b *bench) plan() *Retreat {
	s := b.Snapshot()
	return PlanBackout(s.Runbook, s.Progress)
}

func (b *bench) card(id string) *UndoCard {
	b.t.Helper()
	c := b.plan().Card(id)
	if c == nil {
		b.t.Fatalf("there is no card for %s", id)
	}
	return c
}

// settle takes back every card that comes before one.
func (b *bench) settleUntil(id string) {
	b.t.Helper()
	for _, c := range b.plan().Cards {
		if c.Task.ID == id {
			return
		}
		b.must(b.MarkUndone(c.Task.ID, Undoing{ByHand: "by the book"}))
	}
}

func TestTheBackoutIsTheReversedList(t *testing.T) {
	t.Parallel()
	b := retreating(t, "certificates")
	plan := b.plan()
	var order []string
	for _, c := range plan.Cards {
		order = append(order, c.Task.Name)
	}
	if i, j := slices.Index(order, "certificates.import"), slices.Index(order, "deploy.scp"); i < 0 || j < 0 || i > j {
		t.Errorf("the order is %q", order)
	}
	if len(plan.Final) != 1 || plan.Final[0].Task.ID != "prepare.schema/org" || plan.Final[0].Word() != "NO WAY BACK" {
		t.Errorf("what does not come back: %+v", plan.Final)
	}
	if plan.Complete() || plan.Next() != plan.Cards[0] {
		t.Errorf("complete %v, next %v", plan.Complete(), plan.Next())
	}
	b.refused(b.MarkUndone("prepare.schema/org", Undoing{}), "A schema extension stays.")
	b.refused(b.MarkUndone("switch.dns/site%200", Undoing{}), "was not carried out")
}

func TestUndoRendersFromWhatWasCapturedBeforeTheWork(t *testing.T) {
	t.Parallel()
	b := newBench(t, 1)
	b.through("certificates")
	b.must(b.SetValue(scpURL, "https://read-after-the-work.contoso.com/x"))
	b.must(b.DeclareBackout("mail stands still"))
	c := b.card(scpTask)
	if len(c.Commands) != 1 || !strings.HasSuffix(c.Commands[0].Lines[0], "-AutoDiscoverServiceInternalUri 'https://old.contoso.com/x'") {
		t.Errorf("the way back is %+v", c.Commands)
	}
	if len(c.Checks) != 1 || c.Checks[0].Expected != "https://old.contoso.com/x" || len(c.Checks[0].Lines) != 1 || !strings.HasSuffix(c.Checks[0].Lines[0], "| Format-List AutoDiscoverServiceInternalUri") {
		t.Errorf("its checks are %+v", c.Checks)
	}
	if c.Captured[0].Late {
		t.Error("what was captured in time is called late")
	}
}

func TestAValueThatWasNotCapturedIsAskedForAndNeverGuessed(t *testing.T) {
	t.Parallel()
	b := newBench(t, 1)
	b.through("prepare")
	for _, task := range b.runbook.Phase("deploy").Tasks {
		if task.ID != scpTask {
			if !task.Optional {
				b.do(task.ID)
			}
			continue
		}
		b.must(b.Waive(Waiver{Check: scpURL, Reason: "the shell is down", Name: "B. Weber"}))
		b.check(task, true)
		b.must(b.MarkDone(task.ID, ""))
	}
	b.must(b.Import(Imported{Path: "after.json"}, nil, map[string]string{scpURL: "https://new.contoso.com/x"}, nil)) // read after the change
	b.must(b.DeclareBackout("mail stands still"))
	b.settleUntil(scpTask)
	c := b.card(scpTask)
	if c.Word() != "VALUE MISSING" || len(c.Missing) != 1 || c.Missing[0].Key != scpURL {
		t.Fatalf("%s, missing %+v", c.Word(), c.Missing)
	}
	r := b.refused(b.MarkUndone(scpTask, Undoing{}), scpURL)
	if !strings.Contains(r.Blockers[0].Mend, "before the change") {
		t.Errorf("what to do: %q", r.Blockers[0].Mend)
	}
	b.must(b.SetValue(scpURL, "https://noted.contoso.com/x"))
	c = b.card(scpTask)
	if len(c.Missing) != 0 || !c.Captured[0].Late || !strings.Contains(c.Commands[0].Lines[0], "'https://noted.contoso.com/x'") {
		t.Errorf("filled in: %+v, %+v", c.Commands, c.Captured)
	}
	b.must(b.MarkUndone(scpTask, Undoing{}))
}

func TestTheOrderOfTheWayBackIsKept(t *testing.T) {
	t.Parallel()
	b := retreating(t, "certificates")
	c := b.card(scpTask)
	if c.Word() != "LATER" || c.Held() == 0 {
		t.Fatalf("%s behind %d", c.Word(), c.Held())
	}
	r := b.refused(b.MarkUndone(scpTask, Undoing{}), "comes first")
	if len(r.Blockers) != c.Held() {
		t.Errorf("blockers %+v", r.Blockers)
	}
	b.must(b.MarkUndone(scpTask, Undoing{Left: "the name stays, on purpose"}))
	if c = b.card(scpTask); c.Word() != "LEFT IN PLACE" || !c.Settled() {
		t.Errorf("%s", c.Word())
	}
	if st := b.Snapshot().Progress.Tasks[scpTask]; st.DoneAt.IsZero() {
		t.Error("what stays in place counts as taken back")
	}
}

func TestATaskThatWasTakenBackIsNotCarriedOut(t *testing.T) {
	t.Parallel()
	b := retreating(t, "certificates")
	b.settleUntil(scpTask)
	b.must(b.MarkUndone(scpTask, Undoing{}))
	s := b.Snapshot().Progress
	if st := s.Tasks[scpTask]; st.Status != TakenBack || !st.DoneAt.IsZero() || !strings.Contains(st.Why, "A. Meyer") {
		t.Errorf("the task is %+v", st)
	}
	if s.Phases["deploy"].Complete {
		t.Error("its step is complete all the same")
	}
	if u := s.Undo[scpTask]; len(u.Lines) != 1 || u.DoneAt.IsZero() {
		t.Errorf("recorded: %+v", u)
	}
	b.refused(b.MarkUndone(scpTask, Undoing{}), "already")
	what, err := b.UndoLast()
	if err != nil || what != "undo card: "+scpTask {
		t.Fatalf("%q, %v", what, err)
	}
	if st := b.Snapshot().Progress.Tasks[scpTask]; st.DoneAt.IsZero() || st.Status == TakenBack {
		t.Errorf("after the mistake was taken back the task is %+v", st)
	}
}

func TestTheChecksOfAnUndoCard(t *testing.T) {
	t.Parallel()
	tests := []struct {
		found, word, settled, refuse string
	}{
		{"https://old.contoso.com/x", "PASS", "TAKEN BACK", ""},
		{"HTTPS://OLD.contoso.com/x/", "PASS", "TAKEN BACK", ""},
		{"AutoDiscoverServiceInternalUri : https://old.contoso.com/x", "PASS", "TAKEN BACK", ""},
		{"https://new.contoso.com/x", "FAIL", "TAKEN BACK, NOT AS BEFORE", ""},
		{"none", "FAIL", "TAKEN BACK, NOT AS BEFORE", ""},
		{"no url", "NOT RUN", "TAKEN BACK, NOT CHECKED", "url"},
	}
	for _, tt := range tests {
		t.Run(tt.found, func(t *testing.T) {
			t.Parallel()
			b := retreating(t, "deploy")
			_, err := b.CheckUndone(scpTask, scpURL, tt.found, "")
			b.refused(err, "take it back first")
			b.settleUntil(scpTask)
			b.must(b.MarkUndone(scpTask, Undoing{}))
			if _, err = b.CheckUndone(scpTask, scpURL, tt.found, ""); tt.refuse != "" {
				b.refused(err, tt.refuse)
			} else {
				b.must(err)
			}
			c := b.card(scpTask)
			if c.Checks[0].Word() != tt.word || c.Word() != tt.settled {
				t.Errorf("the check is %s and the card %s", c.Checks[0].Word(), c.Word())
			}
		})
	}
}

func TestWhatAScriptReadsAgainAnswersTheCard(t *testing.T) {
	t.Parallel()
	for text, good := range map[string]bool{"https://old.contoso.com/x": true, "https://new.contoso.com/x": false} {
		b := retreating(t, "deploy")
		b.settleUntil(scpTask)
		b.must(b.MarkUndone(scpTask, Undoing{}))
		b.must(b.Import(Imported{Path: "again.json"}, nil, map[string]string{scpURL: text}, nil))
		c := b.card(scpTask)
		if a := c.Checks[0].Answer; a == nil || a.Good != good || a.Stated || c.Checks[0].Expected != "https://old.contoso.com/x" {
			t.Errorf("%s: %+v", text, c.Checks)
		}
	}
}

func TestACardWithoutCapturedValuesAsksAPerson(t *testing.T) {
	t.Parallel()
	b := retreating(t, "certificates")
	first := b.plan().Cards[0]
	b.must(b.MarkUndone(first.Task.ID, Undoing{ByHand: "removed the certificate in the console"}))
	_, err := b.CheckUndone(first.Task.ID, AsBefore, "maybe", "")
	b.refused(err, "neither yes nor no")
	if _, err := b.CheckUndone(first.Task.ID, AsBefore, "yes", "looked at it"); err != nil {
		t.Fatal(err)
	}
	if c := b.card(first.Task.ID); c.Word() != "TAKEN BACK" || c.Checks[0].Word() != "ATTESTED" {
		t.Errorf("%s, %s", c.Word(), c.Checks[0].Word())
	}
}

func TestABackoutCanBeFinished(t *testing.T) {
	t.Parallel()
	b := retreating(t, "certificates")
	for _, c := range b.plan().Cards {
		b.must(b.MarkUndone(c.Task.ID, Undoing{ByHand: "by the book"}))
		for _, k := range c.Checks {
			found := k.Expected
			if _, err := b.CheckUndone(c.Task.ID, k.Name, found, ""); err != nil {
				t.Fatal(err)
			}
		}
	}
	b.reopen()
	if plan := b.plan(); !plan.Complete() || plan.Next() != nil || plan.Left != 0 {
		t.Errorf("settled %d of %d", plan.Settled, len(plan.Cards))
	}
}

func TestNothingIsTakenBackWithoutADeclaredBackout(t *testing.T) {
	t.Parallel()
	b := newBench(t, 1)
	b.refused(b.DeclareBackout("too early"), "nothing was carried out")
	b.through("deploy")
	b.refused(b.MarkUndone(scpTask, Undoing{}), "declare it first")
	b.refused(b.DeclareBackout("  "), "reason")
	if plan := b.plan(); plan.Declared != nil || len(plan.Cards) == 0 || plan.Complete() {
		t.Errorf("before a backout the cards tell how ready it is: %+v", plan)
	}
	b.run(hardCheck, checks.Fail)
	b.must(b.DeclareBackout("it failed"))
	b.refused(b.DeclareBackout("again"), "A. Meyer")
}

// TestWhatStaysIsConfirmedAfterTheBackout leaves one change in place, takes
// back what it was built on, and lifts the backout: the former counts no more
// until somebody looked at it.
func TestWhatStaysIsConfirmedAfterTheBackout(t *testing.T) {
	t.Parallel()
	b := newBench(t, 1)
	b.through("certificates")
	b.must(b.SetOperator("B. Weber"))
	b.must(b.DeclareBackout("mail stands still"))
	b.must(b.SetOperator("A. Meyer"))
	var under *Task
	for _, c := range b.plan().Cards {
		if c.Task.ID == scpTask {
			b.must(b.MarkUndone(scpTask, Undoing{Left: "the name stays, on purpose"}))
			continue
		}
		if c.Task.Name == "deploy.client-access" {
			under = c.Task
			b.must(b.MarkUndone(c.Task.ID, Undoing{ByHand: "uninstalled"}))
			break
		}
		b.must(b.MarkUndone(c.Task.ID, Undoing{ByHand: "by the book"}))
	}
	if under == nil {
		t.Fatal("nothing that the name is built on was taken back")
	}
	b.must(b.SetOperator("B. Weber"))
	if what, err := b.UndoLast(); err != nil || !strings.HasPrefix(what, "backout") {
		t.Fatalf("%q, %v", what, err)
	}
	b.do(under.ID)
	if st := b.Snapshot().Progress.Tasks[scpTask]; st.Status != Stale {
		t.Errorf("%s is %s (%s) although what it is built on was done anew", scpTask, st.Status, st.Why)
	}
}
