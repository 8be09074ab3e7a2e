package export

import (
	"slices"
	"strings"
	"testing"

	"coexist/checks"
	"coexist/runbook"
)

func TestStatusNamesWhatMends(t *testing.T) {
	t.Parallel()
	r := compileFixture(t, fixtureMigration())
	d := newDiary(t)
	d.add("task.done", runbook.TaskDone{Task: "prepare.schema/org"})
	d.result(r, schemaCheck, checks.Result{Verdict: checks.Fail, Reason: "ldap.schema_old", Found: "rangeUpper \x1b[31m14734", Remedy: "wait"})
	report := StatusOf(r, foldAll(r, d.events))
	if !report.Bad || len(report.Failures) != 1 || report.Failures[0].Check != schemaCheck {
		t.Errorf("a failed check is not bad: %+v", report.Failures)
	}
	text := report.Text()
	for _, want := range []string{"coexist check FILE --task prepare.schema/org", "FAILED", `rangeUpper \x1b[31m14734`, "[2] Deploy Exchange 2013 servers (Redmond)", "gate closed", "Failed or undecided"} {
		if !strings.Contains(text, want) {
			t.Errorf("the status lacks %q:\n%s", want, text)
		}
	}
	if strings.Contains(text, "\x1b") {
		t.Error("the status holds an escape sequence from a server")
	}
}

func TestWorkToDoIsNotBad(t *testing.T) {
	t.Parallel()
	r := compileFixture(t, fixtureMigration())
	fresh := foldAll(r, nil)
	seen := map[string]int{}
	for _, phase := range StatusOf(r, fresh).Phases {
		for _, line := range append(phase.Remaining, phase.Blockers...) {
			if line.Task == "" || line.Check != "" { // a gate, or a check
				if line.Mend == "" {
					t.Errorf("%s: nothing says how to mend it", line.Text)
				}
				continue
			}
			if want := fresh.Tasks[line.Task]; line.Status != string(want.Status) || want.Status == runbook.Locked && line.Mend != want.Why {
				t.Errorf("%s is told as %s, %q; it is %s, %q", line.Task, line.Status, line.Mend, want.Status, want.Why)
			}
			seen[line.Status]++
		}
	}
	if seen["locked"] == 0 || seen["ready"] == 0 {
		t.Errorf("%v: expected tasks that can be done and tasks that wait for them", seen)
	}
	if report := StatusOf(r, foldAll(r, nil)); report.Bad || len(report.Phases) != 6 {
		t.Errorf("a run that has not begun is bad: %+v", report)
	}
}

func TestMendCommands(t *testing.T) {
	t.Parallel()
	task := &runbook.Task{ID: "a/b", Phase: &runbook.Phase{Step: 4}}
	for want, c := range map[string]*runbook.Check{
		"coexist check FILE --task a/b":          {Task: task, Kind: "dns"},
		"coexist FILE, then attest it there (a)": {Task: task, Kind: "attest"},
		"coexist script FILE --step 4 --shell 2010 -o FILE.ps1, then coexist import FILE RESULTS":             {Task: task, Kind: "cmdlet", Shell: "2010"},
		"coexist check FILE --step 4 --from outside --out RESULTS, outside, then coexist import FILE RESULTS": {Task: task, Kind: "tls", Vantage: checks.Outside},
	} {
		if got := mendCheck(c); got != want {
			t.Errorf("%s mends with %q, want %q", c.Kind, got, want)
		}
	}
}

func TestCommandsFilter(t *testing.T) {
	t.Parallel()
	r := compileFixture(t, fixtureMigration())
	p := foldAll(r, lived(t, r, ""))
	for _, c := range []struct {
		filter Filter
		want   []string
	}{
		{Filter{Step: 1}, []string{"prepare.schema/org"}},
		{Filter{Site: "lyon sud"}, []string{"deploy.install/ex13-11", "switch.dns/lyon%20sud", "close.remove/ex10-11"}},
		{Filter{Server: "EX13-01"}, []string{"prepare.schema/org", "deploy.install/ex13-01", "switch.dns/redmond"}},
		{Filter{Server: "EX13-0"}, nil},
		{Filter{Step: 2, Site: "Lyon Sud"}, []string{"deploy.install/ex13-11"}},
		{Filter{Step: 9}, nil},
	} {
		var got []string
		for _, task := range CommandsOf(r, p, c.filter).Tasks {
			got = append(got, task.ID)
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%+v gives %v, want %v", c.filter, got, c.want)
		}
	}
	if text := Commands(r, p, Filter{Step: 9}); text != "# no command matches\n" {
		t.Errorf("no match says %q", text)
	}
}

// A command that waits for a value must not be pasted by mistake.
func TestPendingCommandsAreNoCommands(t *testing.T) {
	t.Parallel()
	r := compileFixture(t, fixtureMigration())
	text := Commands(r, foldAll(r, nil), Filter{Step: 3, Site: "Redmond"})
	if !strings.Contains(text, "# PENDING: waits for dns.old/redmond, which comes with switch.dns/redmond") {
		t.Errorf("the task that brings the value is not named:\n%s", text)
	}
	for _, line := range strings.Split(text, "\n") {
		if strings.Contains(line, "‹") && !strings.HasPrefix(line, "# ") {
			t.Errorf("a pending command stands bare: %q", line)
		}
	}
	d := newDiary(t)
	d.add("value", runbook.ValueSet{Key: "dns.old/redmond", Value: "10.20.0.10", How: "asked"})
	if text := Commands(r, foldAll(r, d.events), Filter{Step: 3}); !strings.Contains(text, "\nmail.fabrikam.test A 10.20.0.80 was 10.20.0.10\n") {
		t.Errorf("a command whose value is known is not listed:\n%s", text)
	}
}

func TestDiff(t *testing.T) {
	t.Parallel()
	a := compileFixture(t, fixtureMigration())
	same, err := Compare(a, lived(t, a, ""), a, lived(t, a, ""))
	if err != nil || !strings.HasSuffix(same.Text(), "\nNo difference.\n") {
		t.Errorf("a run differs from itself (%v):\n%s", err, same.Text())
	}
	m := fixtureMigration()
	m.Namespace.Primary = "post.fabrikam.test"
	m.Sites = m.Sites[:1]
	b := compileFixture(t, m)
	d := newDiary(t)
	d.who = "Someone \x1b[31mElse"
	d.result(b, schemaCheck, checks.Result{Verdict: checks.Warn, Source: checks.FromShell, Found: "x"})
	got, err := Compare(a, lived(t, a, "happy"), b, d.events)
	if err != nil {
		t.Fatal(err)
	}
	out := got.Text()
	for _, want := range []string{
		"rehearsal: A happy | B none", "deploy.install/ex13-11: only in A: locked", "prepare.schema/org/version: A PASS | B NOT YET (WARN)", "prepare.schema/org/version rests on: A measured | B imported",
		"switch.dns/redmond command: only in B: post.fabrikam.test A", `Someone \x1b[31mElse`, "waivers: A 1 | B 0",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("the difference lacks %q:\n%s", want, out)
		}
	}
}
