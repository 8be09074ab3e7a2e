package export

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/yuin/goldmark/ast"
	east "github.com/yuin/goldmark/extension/ast"

	"coexist/checks"
	"coexist/runbook"
	"coexist/runbook/journal"
	"coexist/runbook/migration"
)

var update = flag.Bool("update", false, "write the golden files anew")

// golden compares with a file in testdata.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(want, got) {
		t.Errorf("%s differs: %s", name, firstDifference(want, got))
	}
}

func write(t *testing.T, r *runbook.Runbook, events []journal.Event, o Options) string {
	t.Helper()
	out, err := Write(r, events, o)
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

func TestGolden(t *testing.T) {
	t.Parallel()
	r := compileFixture(t, fixtureMigration())
	events := lived(t, r, "")
	for name, o := range map[string]Options{
		"full.md": {}, "plan.md": {Plan: true}, "manager.md": {Profile: "manager"}, "auditor.md": {Profile: "auditor"}, "engineer.md": {Profile: "engineer"},
		"redacted.md": {Redact: true}, "full.json": {Format: "json"},
	} {
		golden(t, name, []byte(write(t, r, events, o)))
	}
	p := foldAll(r, events)
	golden(t, "status.txt", []byte(Status(r, p)))
	golden(t, "commands.txt", []byte(Commands(r, p, Filter{})))
	diff, err := Compare(r, events[:14], r, events)
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "diff.txt", []byte(diff.Text()))
}

func TestSameBytes(t *testing.T) {
	t.Parallel()
	for range 5 {
		a, b := compileFixture(t, fixtureMigration()), compileFixture(t, fixtureMigration())
		for _, o := range []Options{{}, {Plan: true}, {Redact: true}, {Format: "json"}, {Format: "json", Redact: true}} {
			if write(t, a, lived(t, a, ""), o) != write(t, b, lived(t, b, ""), o) {
				t.Fatalf("%+v gives other bytes the second time", o)
			}
		}
	}
}

// skeleton is the structure of a page: its blocks, and the cells of its rows.
func skeleton(source string) []string {
	var out []string
	_ = ast.Walk(parse([]byte(source)), func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if entering && n.Type() == ast.TypeBlock {
			out = append(out, n.Kind().String())
		}
		return ast.WalkContinue, nil
	})
	return out
}

func TestHostileTextKeepsThePage(t *testing.T) {
	t.Parallel()
	tame := strings.Join(skeleton(page2(t, "tame")), " ")
	for _, s := range hostile {
		if strings.TrimSpace(s) == "" {
			continue
		}
		source := page2(t, s)
		if got := strings.Join(skeleton(source), " "); got != tame {
			t.Errorf("%q changes the page's blocks", s)
		}
		checkPage(t, source)
		for _, bad := range []string{"\x1b", "\u202e", "\u200b", "\x00"} {
			if strings.Contains(source, bad) {
				t.Errorf("%q brings %q into the page", s, bad)
			}
		}
	}
}

// checkPage fails where a page holds what nothing in it may bring about.
func checkPage(t *testing.T, source string) {
	t.Helper()
	_ = ast.Walk(parse([]byte(source)), func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		switch n.Kind() {
		case ast.KindRawHTML, ast.KindHTMLBlock, ast.KindLink, ast.KindAutoLink, ast.KindImage, east.KindStrikethrough, east.KindTaskCheckBox:
			t.Errorf("a %s got into the page", n.Kind())
		}
		return ast.WalkContinue, nil
	})
}

// page2 is a record in which one text is everywhere where text comes from
// outside.
func page2(t *testing.T, s string) string {
	m := fixtureMigration()
	m.Change.Number, m.Change.Approver, m.Change.Contacts = s, s, []string{s}
	r := compileFixture(t, m)
	d := newDiary(t)
	d.who = s
	d.add("run.started", runbook.RunStarted{Tool: s})
	d.add("task.done", runbook.TaskDone{Task: "prepare.schema/org", Lines: []string{s}})
	seq := d.result(r, schemaCheck, checks.Result{Verdict: checks.Fail, Reason: "x." + s, Summary: s + "2", Expected: s, Found: s, Causes: []string{s}, Remedy: s, Evidence: map[string]string{s: s},
		Sub:  []checks.Result{{ID: s, Verdict: checks.Fail, Expected: s, Found: s, Reason: s, Sub: []checks.Result{{Kind: s, Found: s}}}},
		Rows: []checks.Row{{"name": {"EX10-01"}, "build": {s}}}})
	d.add("waiver", runbook.Waiver{Check: schemaCheck, Reason: s, Name: s, Second: s, Result: seq})
	d.result(r, "switch.dns/redmond/dns", checks.Result{Verdict: checks.Warn, Found: s, Rows: []checks.Row{{"name": {s}, "type": {s}, "value": {s}}}})
	d.result(r, "gone/"+s, checks.Result{Task: "gone", Verdict: checks.Fail, Found: s})
	d.add("note", runbook.NoteWritten{Task: "prepare.schema/org", Text: s})
	d.add("note", runbook.NoteWritten{Text: s})
	d.add("value", runbook.ValueSet{Key: "dns.old/redmond", Value: "10.0.0.1", How: s})
	d.add("import", runbook.Imported{Path: "a" + s, SHA256: importHash})
	d.add("task.reopened", runbook.TaskReopened{Task: "prepare.schema/org", Why: s})
	d.add("task.done", runbook.TaskDone{Task: "deploy.install/ex13-01", Lines: []string{s}})
	d.add("value", runbook.ValueSet{Key: "old.url/org", Value: "https://x.test/" + strings.Map(printable, s), How: "asked"})
	d.add("task.done", runbook.TaskDone{Task: "switch.dns/redmond", Lines: []string{s}})
	d.add("backout", runbook.BackedOut{Reason: s})
	d.add("task.undone", runbook.TaskUndone{Task: "switch.dns/redmond", ByHand: s})
	d.add("undo.checked", runbook.UndoChecked{Task: "switch.dns/redmond", Check: runbook.AsBefore, Expected: s, Found: s, Note: s})
	d.add("task.undone", runbook.TaskUndone{Task: "deploy.install/ex13-01", Left: s, Lines: []string{s}})
	return write(t, r, d.events, Options{})
}

// printable keeps what a template may put between quotes.
func printable(r rune) rune {
	if r > ' ' && r < 0x7f {
		return r
	}
	return 'x'
}

func TestMegabytesAreBounded(t *testing.T) {
	t.Parallel()
	out := page2(t, strings.Repeat("A very long answer | with `marks`\n", 1<<15))
	if len(out) > 1<<19 {
		t.Errorf("a megabyte from a server makes a page of %d bytes", len(out))
	}
	if !strings.Contains(out, "[cut, ") {
		t.Error("the page does not say that it cut")
	}
}

// countCell is a kind of deviation with its chapter, or its number.
var countCell = regexp.MustCompile(`^(3\.\d+ .*|Kind|Number|\d+)$`)

func TestProfilesOnlyHide(t *testing.T) {
	t.Parallel()
	r := compileFixture(t, fixtureMigration())
	events := lived(t, r, "")
	full := sections(write(t, r, events, Options{}))
	all := write(t, r, events, Options{})
	for profile, gone := range map[string]int{"manager": 5, "engineer": 2, "auditor": 0} {
		out := write(t, r, events, Options{Profile: profile})
		own := sections(out)
		if len(own) != len(full)-gone {
			t.Errorf("profile %s has %d chapters, want %d", profile, len(own), len(full)-gone)
		}
		if !strings.Contains(out, "Profile "+profile) {
			t.Errorf("profile %s is not named", profile)
		}
		for title, text := range own {
			if profile == "auditor" && strings.HasPrefix(title, "6 ") {
				for _, line := range strings.Split(text, "\n") {
					if !strings.Contains(full[title], line) {
						t.Errorf("profile %s has a line that the full record has not: %q", profile, line)
					}
				}
				continue
			}
			if profile == "manager" && full[title] != text {
				for _, cell := range strings.Split(strings.ReplaceAll(text, "\n", " | "), " | ") {
					cell = strings.Trim(cell, "| ")
					if strings.HasPrefix(cell, "### ") || strings.HasPrefix(cell, "Journal of ") || strings.Contains(cell, " without a way back, such as: ") || cell == "Status" || countCell.MatchString(cell) {
						continue // a heading with its count, and two sentences made of what is elsewhere
					}
					if !strings.Contains(all, cell) {
						t.Errorf("profile manager has %q in chapter %q, and the full record has not", cell, title)
					}
				}
				continue
			}
			if full[title] != text {
				t.Errorf("profile %s alters chapter %q", profile, title)
			}
		}
	}
}

// sections splits a record into its chapters by their headings.
func sections(source string) map[string]string {
	out := map[string]string{}
	for _, part := range strings.Split(source, "\n## ")[1:] {
		title, text, _ := strings.Cut(part, "\n")
		out[title] = strings.TrimSpace(text)
	}
	return out
}

func TestThreeKindsOfTruth(t *testing.T) {
	t.Parallel()
	r := compileFixture(t, fixtureMigration())
	out := write(t, r, lived(t, r, ""), Options{})
	for _, want := range []string{
		"3 results measured by a probe, 1 imported from a shell, 1 stated by a person",
		"| The server's event log is clean (soft) | The server's event log is clean | yes, looked at by Ann Other | ATTESTED |",
		"| WAIVED (FAIL) |", "| NOT RUN |", "1 attested",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("the record lacks %q", want)
		}
	}
	if strings.Contains(strings.ToLower(out), "verified") {
		t.Error("the record calls something verified")
	}
}

func TestVerdictWords(t *testing.T) {
	t.Parallel()
	result := func(v checks.Verdict, s checks.Source) *checks.Result { return &checks.Result{Verdict: v, Source: s} }
	for _, c := range []struct {
		state runbook.CheckState
		want  string
	}{
		{runbook.CheckState{Status: runbook.NotRun}, "NOT RUN"},
		{runbook.CheckState{Status: runbook.Done, Result: result(checks.Pass, checks.FromProbe)}, "PASS"},
		{runbook.CheckState{Status: runbook.Attested, Result: result(checks.Pass, checks.FromPerson)}, "ATTESTED"},
		{runbook.CheckState{Status: runbook.Failed, Result: result(checks.Fail, checks.FromPerson)}, "FAIL (stated)"},
		{runbook.CheckState{Status: runbook.Stale, Result: result(checks.Pass, checks.FromProbe)}, "STALE (PASS)"},
		{runbook.CheckState{Status: runbook.NotYet, Result: result(checks.Pass, checks.FromProbe)}, "NOT YET (PASS)"},
		{runbook.CheckState{Status: runbook.Waived, Result: result(checks.Fail, checks.FromProbe)}, "WAIVED (FAIL)"},
		{runbook.CheckState{Status: runbook.Waived}, "WAIVED (NOT RUN)"},
		{runbook.CheckState{Status: runbook.Done, Result: result(checks.Warn, checks.FromShell), Read: true}, "WARN (read)"},
		{runbook.CheckState{Status: runbook.Failed, Result: result(checks.Unknown, checks.FromProbe)}, "UNKNOWN"},
	} {
		if got := verdictWord(&c.state); got != c.want {
			t.Errorf("%v of %v is %q, want %q", c.state.Status, c.state.Result, got, c.want)
		}
	}
}

func TestPlanHoldsNothingDone(t *testing.T) {
	t.Parallel()
	r := compileFixture(t, fixtureMigration())
	events := lived(t, r, "")
	plan := write(t, r, events, Options{Plan: true})
	for _, bad := range []string{"14734", "wrong media", "Bo Chef", "| ATTESTED | 2026", "10.20.0.10", "dc2 was slow", "ghost", "| PASS | 2026", "done |"} {
		if strings.Contains(plan, bad) {
			t.Errorf("the plan holds %q", bad)
		}
	}
	if !strings.Contains(plan, "**Status: PLAN**") || !strings.Contains(plan, "range_upper is at least 15312") {
		t.Error("the plan does not say what it is, or what it expects")
	}
	if a, b := sections(plan), sections(write(t, r, events[:1], Options{Plan: true})); a["7 Rollback"] != b["7 Rollback"] {
		t.Error("the plan's rollback depends on what was done")
	}
}

func TestRehearsalIsOnEveryChapter(t *testing.T) {
	t.Parallel()
	r := compileFixture(t, fixtureMigration())
	out := write(t, r, lived(t, r, "happy"), Options{})
	if !strings.Contains(out, "**Status: REHEARSAL, PROVISIONAL**") {
		t.Error("the status line does not say that this is a rehearsal")
	}
	for title := range sections(out) {
		if !strings.HasSuffix(title, "(REHEARSAL)") {
			t.Errorf("chapter %q does not say that this is a rehearsal", title)
		}
	}
	if strings.Contains(write(t, r, lived(t, r, ""), Options{}), "REHEARSAL") {
		t.Error("a real run says REHEARSAL")
	}
}

func TestBackedOut(t *testing.T) {
	t.Parallel()
	r := compileFixture(t, fixtureMigration())
	d := newDiary(t)
	d.events = lived(t, r, "")
	d.at = time.Date(2026, 11, 29, 8, 0, 0, 0, time.UTC)
	d.add("backout", runbook.BackedOut{Reason: "mail flow stopped"})
	out := write(t, r, d.events, Options{})
	for _, want := range []string{"**Status: BACKING OUT**", "0 of 2 undo cards settled. 1 task does not come back.", "Way back: Retreat declared at 2026-11-29 08:05:00Z by Anna Meyer: mail flow stopped", "| retreat declared: mail flow stopped |"} {
		if !strings.Contains(out, want) {
			t.Errorf("the record lacks %q", want)
		}
	}
}

func TestIntegrityMatchesARealJournal(t *testing.T) {
	t.Parallel()
	r := compileFixture(t, fixtureMigration())
	path := filepath.Join(t.TempDir(), "x.journal")
	at := time.Date(2026, 11, 28, 21, 0, 0, 123456789, time.UTC)
	j, err := journal.Open(path, journal.Options{Clock: func() time.Time { at = at.Add(time.Second); return at }, Operator: "Anna", Host: "JUMP"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := j.Append("note", runbook.NoteWritten{Text: "a <b> & \u2028 c"}, runbook.NoteWritten{Text: "é"}); err != nil {
		t.Fatal(err)
	}
	events := j.Events()
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	report, err := journal.Verify(path)
	if err != nil {
		t.Fatal(err)
	}
	d, err := gather(r, events, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if d.Integrity.Head != report.Head || d.Integrity.Entries != report.Entries || d.Integrity.Chain != "unbroken" {
		t.Errorf("the record says %+v, the journal %+v", d.Integrity, report)
	}
}

func TestBrokenChainIsSaid(t *testing.T) {
	t.Parallel()
	r := compileFixture(t, fixtureMigration())
	events := lived(t, r, "")
	events[3].Operator = "Someone Else"
	out := write(t, r, events, Options{})
	if !strings.Contains(out, "journal BROKEN") || !strings.Contains(out, "entry 5 does not name the entry before it") {
		t.Error("a changed entry is not told")
	}
	d := newDiary(t)
	d.events = lived(t, r, "")
	d.at = time.Date(2026, 11, 29, 8, 0, 0, 0, time.UTC)
	d.add(journal.KindContinued, journal.Continuation{Old: "x.broken-1", SHA256: importHash, Head: transcriptHash, Line: 19, Reason: "changed", Dropped: 2})
	if out := write(t, r, d.events, Options{}); !strings.Contains(out, "journal continued after a break") || !strings.Contains(out, "break at line 19: changed; 2 lines no longer count") {
		t.Error("a continued journal is not told")
	}
}

func TestWrongOptionsAreRefused(t *testing.T) {
	t.Parallel()
	r := compileFixture(t, fixtureMigration())
	for _, o := range []Options{{Profile: "boss"}, {Format: "pdf"}} {
		if _, err := Write(r, nil, o); err == nil || !strings.Contains(err.Error(), "expected") {
			t.Errorf("%+v gives %v", o, err)
		}
	}
}

func TestJSONIsWholeAndStable(t *testing.T) {
	t.Parallel()
	r := compileFixture(t, fixtureMigration())
	out := write(t, r, lived(t, r, ""), Options{Format: "json", Profile: "manager"})
	var d Document
	if err := json.Unmarshal([]byte(out), &d); err != nil {
		t.Fatal(err)
	}
	if d.Format != 1 || len(d.Phases) != 6 || len(d.Evidence) != 2 || d.Phases[0].Tasks[0].Checks[0].Word != "PASS" {
		t.Errorf("the JSON record lacks facts: %+v", d.Counts)
	}
	again, err := encode(d)
	if err != nil {
		t.Fatal(err)
	}
	if string(again) != out {
		t.Errorf("read and written again it differs: %s", firstDifference([]byte(out), again))
	}
}

func TestUnreadableEntryIsTold(t *testing.T) {
	t.Parallel()
	r := compileFixture(t, fixtureMigration())
	d := newDiary(t)
	d.add("result", []int{1})
	out := write(t, r, d.events, Options{})
	if !strings.Contains(out, "journal entry 1 (result) cannot be read") {
		t.Error("an entry that cannot be read is not told")
	}
}

func TestVerify(t *testing.T) {
	t.Parallel()
	r := compileFixture(t, fixtureMigration())
	d := newDiary(t)
	d.events = lived(t, r, "")
	have := []byte(write(t, r, d.events, Options{}))
	if _, err := Verify(r, d.events, Options{}, have); err != nil {
		t.Errorf("what was just written: %v", err)
	}
	all := d.events
	early := map[string][]byte{}
	for name, o := range map[string]Options{"full": {}, "manager": {Profile: "manager"}, "auditor": {Profile: "auditor", Redact: true}, "plan": {Plan: true}, "plan in brief": {Plan: true, Profile: "manager"}, "json": {Format: "json", Profile: "engineer"}} {
		early[name] = []byte(write(t, r, all[:9], o))
		v, err := Verify(r, all, OptionsOf(early[name]), early[name])
		if err != nil || v.Entries != 9 || v.Later != len(all)-9 {
			t.Errorf("%s, written nine entries into the journal: %+v, %v", name, v, err)
		}
	}
	d.at = time.Date(2026, 11, 29, 8, 0, 0, 0, time.UTC)
	d.add("exported", runbook.Exported{SHA256: sum(have), Path: "/home/anna/x.md"})
	d.add("note", runbook.NoteWritten{Text: "later"})
	if v, err := Verify(r, d.events, Options{}, have); err != nil || v.Recorded == 0 {
		t.Errorf("what the journal recorded: %+v, %v", v, err)
	}
	forged := bytes.Replace(have, []byte("1 waiver"), []byte("0 waiver"), 1)
	if _, err := Verify(r, d.events, Options{}, forged); err == nil || !regexp.MustCompile(`line \d+: expected`).MatchString(err.Error()) {
		t.Errorf("a forged record gives %v", err)
	}
	if out := write(t, r, d.events, Options{}); strings.Contains(out, "/home/anna") {
		t.Error("a path of the engineer's computer is in the record")
	}
}

func TestAWaiverTakenBackDoesNotCount(t *testing.T) {
	t.Parallel()
	r := compileFixture(t, fixtureMigration())
	d := newDiary(t)
	d.events = lived(t, r, "")
	d.at = time.Date(2026, 11, 29, 8, 0, 0, 0, time.UTC)
	d.add("undo", runbook.Undone{Seq: 12, Kind: "waiver", What: "the waiver"})
	out := write(t, r, d.events, Options{})
	if !strings.Contains(out, "· 0 waivers ·") || !strings.Contains(out, "answers later (taken back, entry 19)") {
		t.Error("a waiver that was taken back still counts, or is not told")
	}
}

func TestSegregationIsSaid(t *testing.T) {
	t.Parallel()
	m := fixtureMigration()
	m.Change.Approver = "anna meyer"
	r := compileFixture(t, m)
	if out := write(t, r, lived(t, r, ""), Options{}); !strings.Contains(out, "An operator is also the approver") {
		t.Error("an operator who approved the change is not told")
	}
}

func BenchmarkRedactedRecord(b *testing.B) {
	m := fixtureMigration()
	for i := range 300 {
		name := fmt.Sprintf("EX13-%03d", i)
		m.Sites[1].Servers = append(m.Sites[1].Servers, migration.Server{Name: name, Version: "2013", Roles: []string{"client-access", "mailbox"}, FQDN: name + ".fabrikam.test"})
	}
	r := compileFixture(b, m)
	d := newDiary(b)
	for i := range 2000 {
		d.result(r, fmt.Sprintf("deploy.install/ex13-%03d/answers", i%300), checks.Result{Verdict: checks.Pass, Found: "version 2013 on 10.1.2.3"})
	}
	for b.Loop() {
		if _, err := Markdown(r, d.events, Options{Redact: true}); err != nil {
			b.Fatal(err)
		}
	}
}

// A backout that was gone through to its end is told whole: what was taken
// back with which commands, what stays, what does not come back.
func TestABackoutIsToldToItsEnd(t *testing.T) {
	t.Parallel()
	r := compileFixture(t, fixtureMigration())
	d := newDiary(t)
	d.events = lived(t, r, "")
	d.at = time.Date(2026, 11, 29, 8, 0, 0, 0, time.UTC)
	d.add("backout", runbook.BackedOut{Reason: "mail flow stopped."})
	d.add("task.undone", runbook.TaskUndone{Task: "switch.dns/redmond", ByHand: "set the record in the console | <b>"})
	d.add("undo.checked", runbook.UndoChecked{Task: "switch.dns/redmond", Check: runbook.AsBefore, Expected: "yes", Found: "yes", Good: true, Stated: true})
	d.add("task.undone", runbook.TaskUndone{Task: "deploy.install/ex13-01", Left: "the server stays for the next attempt"})
	out := write(t, r, d.events, Options{})
	for _, want := range []string{
		"**Status: BACKED OUT**", "2 of 2 undo cards settled.", "took back 6.3.1", "left in place 6.2.1", "LEFT IN PLACE", "the server stays for the next attempt",
		"A schema extension cannot be taken back.", "| All that it changed is as it was before | yes | yes | ATTESTED |", "Not in force: carried out 2026-11-29 07:05:00Z by",
		"Set-OwaVirtualDirectory -ExternalUrl 'https://mail.fabrikam.test/owa'", "set the record in the console \\| \\<b>",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("the record lacks %q", want)
		}
	}
	if strings.Contains(out, "is to be carried out") {
		t.Error("a retreat leaves work of the plan open")
	}
	if brief := write(t, r, d.events, Options{Profile: "manager"}); !strings.Contains(brief, "2 of 2 undo cards settled.") {
		t.Error("the manager is not told how the retreat ended")
	}
	checkPage(t, out)
}

// A record of a journal that is damaged says so, wherever it speaks of the
// journal, and is found to be what the journal gives all the same.
func TestADamagedJournalIsNeverCalledUnbroken(t *testing.T) {
	t.Parallel()
	r := compileFixture(t, fixtureMigration())
	events := lived(t, r, "")
	o := Options{Broken: "the chain breaks at line 19: it was changed"}
	for _, profile := range Profiles {
		o.Profile = profile
		out := write(t, r, events, o)
		if strings.Contains(out, "unbroken") || !strings.Contains(out, "journal BROKEN") || !strings.Contains(out, "**Note:** The journal is damaged: the chain breaks at line 19") {
			t.Errorf("profile %s does not tell of the damage", profile)
		}
		if _, err := Verify(r, events, o, []byte(out)); err != nil {
			t.Errorf("profile %s: %v", profile, err)
		}
		whole := write(t, r, events[:9], Options{Profile: profile})
		if _, err := Verify(r, events, o, []byte(whole)); err != nil {
			t.Errorf("profile %s, written before the damage: %v", profile, err)
		}
	}
}

// What a result is made of is told part by part, each with its transcript.
func TestPartsOfAResultAreTold(t *testing.T) {
	t.Parallel()
	r := compileFixture(t, fixtureMigration())
	d := newDiary(t)
	below := strings.Repeat("cd", 32)
	d.add("task.done", runbook.TaskDone{Task: "prepare.schema/org"})
	d.result(r, schemaCheck, checks.Result{Verdict: checks.Fail, Found: "one of two", Sub: []checks.Result{
		{ID: "dc1", Verdict: checks.Pass, Found: "rangeUpper 15312"},
		{ID: "dc2", Verdict: checks.Fail, Expected: "15312", Found: "14734", Reason: "ldap.schema_old", Transcript: below, Sub: []checks.Result{{ID: "bind", Verdict: checks.Unknown, Found: "no answer"}}},
	}})
	out := write(t, r, d.events, Options{})
	for _, want := range []string{
		"part: dc1: PASS, found rangeUpper 15312", "part: dc2: FAIL, expected 15312, found 14734, reason ldap.schema\\_old, transcript E-001", "part: dc2, bind: UNKNOWN, found no answer",
		"| E-001 | transcript of " + schemaCheck + ", dc2 | measured |", below,
	} {
		if !strings.Contains(out, want) && !strings.Contains(strings.ReplaceAll(out, "\\_", "_"), strings.ReplaceAll(want, "\\_", "_")) {
			t.Errorf("the record lacks %q", want)
		}
	}
}
