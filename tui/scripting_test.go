package tui

import (
	"encoding/json"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"

	"coexist/checks"
	"coexist/runbook"
	"coexist/runbook/script"
)

// saveScript writes a script into nowhere.
func (b *bench) saveScript(s *runbook.Session, o script.Options) (string, script.Manifest, error) {
	m, err := script.Save(s, o, "contoso-step.ps1", func(string, []byte) error { return nil })
	if err == nil {
		b.scripts = append(b.scripts, m)
	}
	return "/runs/contoso-step.ps1", m, err
}

// shellAnswers is the file that a script saves where nothing is left to move.
func (b *bench) shellAnswers(m script.Manifest) []byte {
	b.t.Helper()
	r := script.Results{Format: 1, Nonce: m.Nonce, Content: m.Content, Step: m.Step, Shell: m.Shell, Server: m.Server, Computer: "EX13-01",
		Started: b.clock.Now(), Ended: b.clock.Now()}
	for _, id := range m.Checks {
		r.Observations = append(r.Observations, script.Observation{Kind: "check", ID: id, Rows: []checks.Row{}})
	}
	if b.edit != nil {
		b.edit(&r)
	}
	data, err := json.Marshal(r)
	b.must(err)
	return data
}

func kinds(s runbook.Snapshot) map[string]int {
	out := map[string]int{}
	for _, e := range s.Events {
		out[e.Kind]++
	}
	return out
}

const leftBehind = "move.mailboxes/redmond/empty"

func TestScriptOutAndBack(t *testing.T) {
	t.Parallel()
	b := newBench(t, 2, 80, 24)
	mailboxesMoved(b)
	b.reload()
	b.keys(".", "s", "ctrl+s")
	b.see("Run the script, import what it saves", "/runs/contoso-step.ps1", `.\contoso-step.ps1`)
	m := b.scripts[0]
	b.see(m.ResultName())
	if m.Step != 5 || m.Shell != "2013" || m.Server != "" || m.Capture {
		t.Fatalf("written: %+v", m)
	}
	b.keys("y")
	if len(b.copied) != 1 || b.copied[0] != `.\contoso-step.ps1` {
		t.Errorf("copied: %q", b.copied)
	}
	b.keys("i")
	b.see("Path of the result file", m.ResultName())
	b.keys("ctrl+s")
	b.see("Imported: "+m.ResultName(), "2 results: 2 pass; 0 values were captured.", "No mailbox is left behind")
	snap := b.s.Snapshot()
	if k := kinds(snap); k[runbook.EventScript] != 1 || k[runbook.EventImport] != 1 {
		t.Errorf("recorded: %v", k)
	}
	if st := snap.Progress.Checks[leftBehind]; !st.Satisfied || st.Result.Source != checks.FromShell {
		t.Errorf("the check stands at %+v", st)
	}
	b.keys("esc", "I", "f", "="+`"`+m.ResultName()+`"`, "ctrl+s")
	b.see("This file was imported already")
	if n := len(b.s.Snapshot().Events); n != len(snap.Events) {
		t.Errorf("a second import recorded %d events", n-len(snap.Events))
	}
}

func TestImportShowsWhatIsWrong(t *testing.T) {
	t.Parallel()
	b := newBench(t, 2, 120, 40)
	mailboxesMoved(b)
	b.reload()
	b.edit = func(r *script.Results) {
		r.Observations[0].Rows = []checks.Row{{"Name": {"Otto\x1b[2J"}}}
	}
	b.keys(".", "s", "ctrl+s", "i", "ctrl+s")
	b.see("2 results: 1 fail, 1 pass", "expected", "found", "Move the rest.")
	if strings.Contains(b.m.View().Content, "\x1b[2J") {
		t.Error("a mailbox name reached the terminal")
	}
}

func TestImportRefusesAndStays(t *testing.T) {
	t.Parallel()
	b := newBench(t, 2, 80, 24)
	mailboxesMoved(b)
	b.reload()
	n := len(b.s.Snapshot().Events)
	b.keys(".", "i", "t", "=hello", "ctrl+s")
	b.see("Paste a result file", "this is no result file")
	b.keys("esc", ".", "s", "ctrl+s", "t")
	data := b.shellAnswers(b.scripts[0])
	b.send(tea.PasteMsg{Content: string(data)})
	b.keys("ctrl+s")
	b.see("Imported: pasted text", "2 results: 2 pass")
	if k := len(b.s.Snapshot().Events) - n; k != 4 { // the script, the import, two results
		t.Errorf("%d events were recorded, want 4", k)
	}
}

func TestCapturedValuesComeBack(t *testing.T) {
	t.Parallel()
	q := &scriptQuestions{offers: []script.Offer{{Shell: "2010", Checks: 2, Captures: 3}, {Shell: "2010", Server: "EX10-01", Checks: 1}, {Shell: "2013", Checks: 4}},
		shell: &field{choices: []string{"2010", "2013"}}, server: &field{}, values: &field{}}
	q.settle()
	if q.on() != "" || q.values.value() != capture || q.offer().Checks != 2 {
		t.Fatalf("first: %q, %q, %+v", q.on(), q.values.value(), q.offer())
	}
	q.server.choose("ex10-01")
	q.settle()
	if q.on() != "EX10-01" || q.values.value() != nothingLeft {
		t.Errorf("on its own server: %q, %q", q.on(), q.values.value())
	}
	q.shell.choose("2013")
	q.settle()
	if q.on() != "" || q.offer().Checks != 4 || len(q.server.choices) != 1 {
		t.Errorf("of another shell: %q, %+v", q.on(), q.offer())
	}
	q.shell.choose("2010")
	q.settle()
	if q.values.value() != capture {
		t.Errorf("back: %q", q.values.value())
	}
}

func TestManyAnswersScroll(t *testing.T) {
	t.Parallel()
	f := &field{}
	for range 40 {
		f.choices = append(f.choices, "EX10-01")
	}
	for _, at := range []int{0, 3, 20, 39} {
		f.chosen = at
		from := f.firstShown(60)
		end := (at-from)*12 + 9 // cells from the first shown to the end of the chosen one
		if from > at || end > 60 {
			t.Errorf("chosen %d: the row begins with %d", at, from)
		}
		if at == 0 && from != 0 {
			t.Errorf("the row begins with %d without need", from)
		}
	}
}

func TestGateLeadsToTheScript(t *testing.T) {
	t.Parallel()
	b := newBench(t, 2, 120, 40)
	mailboxesMoved(b)
	b.reload()
	b.keys(".", "ctrl+g")
	d := b.m.top().(*chooser)
	for i, c := range d.all {
		if strings.Contains(c.hint, "write the step's script (s)") {
			d.at = i
			b.keys("s")
			b.see("Script for the shell: step 5")
			return
		}
	}
	t.Fatalf("no line names the script:\n%s", b.screen())
}

func TestNoScriptWhereNoShellIsNeeded(t *testing.T) {
	t.Parallel()
	b := newBench(t, 1, 80, 24)
	b.keys("s")
	b.see("Nothing of step 1 is read in an Exchange Management Shell.")
}
