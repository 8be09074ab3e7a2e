package tui

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"

	"coexist/runbook"
)

// What comes by itself while something is typed waits: a letter of a note must
// not write the export that just arrived, nor end up in a password.
func TestWhatComesByItselfWaitsForWhatIsTyped(t *testing.T) {
	t.Parallel()
	b := newBench(t, 1, 80, 24)
	b.m.cfg.Export = func(*runbook.Session) (string, []byte, error) { t.Error("it was written"); return "", nil, nil }
	b.keys("n", "=ne")
	b.send(exportedMsg{markdown: []byte("# Runbook")}, askMsg{&ask{account: "probe", from: NewAsker(), done: make(chan struct{})}})
	b.see("Something waits behind this")
	b.keys("=w", "ctrl+s")
	notes := b.s.Snapshot().Progress.Tasks["prepare.service-pack/ex10-01"].Notes
	if len(notes) != 1 || notes[0].Text != "new" {
		t.Fatalf("the note reads %+v", notes)
	}
	b.see("Checks need to log on")
	b.keys("esc")
	b.see("Export preview")
}

func TestAFormThatWaitsIsNotLeftBehind(t *testing.T) {
	t.Parallel()
	b := newBench(t, 1, 80, 24)
	b.keys("n", "=x")
	_, record := b.m.Update(press("ctrl+s"))
	b.m.push(newAlerts([]string{"came meanwhile"}))
	b.drain(record)
	if n := len(b.m.dialogs); n != 1 || b.m.waiting() != nil {
		t.Errorf("%d windows are open, and one still waits for the journal: %v", n, b.m.waiting())
	}
}

func TestWhatIsSaidIsSeenBelowAWindow(t *testing.T) {
	t.Parallel()
	for _, size := range [][2]int{{60, 20}, {80, 24}, {120, 40}} {
		b := newBench(t, 1, size[0], size[1])
		b.keys("?")
		b.m.say("Copied, the clipboard: Setup.com")
		b.reload()
		b.see("Copied, the clipboard: Setup.com")
		b.keys("down")
		b.unseen("Copied, the clipboard")
	}
}

func TestKeysDoNothingWhereNothingIsShown(t *testing.T) {
	t.Parallel()
	b := newBench(t, 1, 80, 24)
	b.keys("n", "=a")
	b.send(tea.WindowSizeMsg{Width: 40, Height: 10})
	b.keys("=b", "esc", "ctrl+s")
	b.send(tea.PasteMsg{Content: "c"})
	b.send(tea.WindowSizeMsg{Width: 80, Height: 24})
	f, ok := b.m.top().(*form)
	if !ok || f.fields[0].value() != "a" {
		t.Fatalf("what nobody could see was typed into:\n%s", b.screen())
	}
	b.hold = make(chan struct{})
	b.keys("esc")
	b.m.active = []*checkRun{{ids: []string{"x"}, cancel: func() {}}}
	b.send(tea.WindowSizeMsg{Width: 40, Height: 10})
	b.see("q cancels them")
	if _, cmd := b.m.Update(press("q")); cmd == nil {
		t.Error("q did nothing")
	} else if _, quits := cmd().(tea.QuitMsg); !quits {
		t.Error("q asked where no question can be shown")
	}
}

func TestALetterChoosesItsAnswer(t *testing.T) {
	t.Parallel()
	f := &field{choices: []string{"yes", "no", "n/a"}, chosen: -1}
	for _, step := range []struct{ letter, want string }{{"n", "no"}, {"n", "n/a"}, {"N", "no"}, {"y", "yes"}, {"q", "yes"}, {"", "yes"}} {
		f.next(step.letter)
		if f.value() != step.want {
			t.Errorf("%q chose %q, expected %q", step.letter, f.value(), step.want)
		}
	}
}

func TestPlainViewTellsWhatIsBelow(t *testing.T) {
	t.Parallel()
	b := newBench(t, 1, 80, 24)
	v := &plain{note: "Not to be run yet."}
	for i := range 60 {
		v.lines = append(v.lines, fmt.Sprintf("line %d %s.", i, strings.Repeat("x", 100)))
	}
	b.m.push(v)
	b.reload()
	b.see("line 0 ", "rows 1–21 of 120", "Not to be run yet.", "scroll")
	b.keys("end")
	b.see("line 59 ", "rows 100–120 of 120")
	b.keys("pgup", "up")
	b.see("rows 78–98 of 120")
	if got := strings.Join(v.rows(80), ""); got != strings.Join(v.lines, "") {
		t.Error("breaking the lines changed them")
	}
}

func TestAllChecksAreThoseOfTheSelectedStep(t *testing.T) {
	t.Parallel()
	b := newBench(t, 2, 120, 40)
	for _, r := range b.m.outline().rows {
		if r.task != nil {
			continue
		}
		b.m.selectRow(r.key)
		tasks := b.m.phaseTasks()
		if len(tasks) == 0 {
			t.Errorf("%s has no task", r.key)
		}
		for _, task := range tasks {
			if r.step != nil && !slices.Contains(r.step.Phases, task.Phase) || r.phase != nil && task.Phase != r.phase {
				t.Errorf("on %s the check of %s would run", r.key, task.ID)
			}
		}
	}
}

func TestNoKeyOfTheGateActsUnseen(t *testing.T) {
	t.Parallel()
	b := newBench(t, 2, 120, 40)
	n := 0
	for _, p := range b.m.snap.Runbook.Phases {
		for _, k := range b.m.snap.Progress.Phases[p.ID].Remaining {
			shown := map[string]bool{"t": k.Check != ""}
			for _, h := range b.m.blockerKeys(k) {
				shown[h.key] = true
			}
			for key := range b.m.blockerChoice(k).keys {
				if n++; !shown[key] {
					t.Errorf("%s acts on %q without being named", key, k.Text)
				}
			}
		}
	}
	if n == 0 {
		t.Fatal("no gate has a key")
	}
}

func TestTheDiagramKeepsItsTaskInHand(t *testing.T) {
	t.Parallel()
	for _, size := range [][2]int{{80, 24}, {120, 40}} {
		b := newBench(t, 1, size[0], size[1])
		b.m.setFocus(diagramRegion)
		events := len(b.s.Snapshot().Events)
		for _, key := range onTask {
			b.keys(key)
			b.see("The diagram has the focus")
		}
		if len(b.s.Snapshot().Events) != events || b.m.top() != nil || len(b.copied) > 0 {
			t.Errorf("a key acted on a task that is not what is looked at:\n%s", b.screen())
		}
		b.keys("tab", "space")
		b.see("Recorded: Service pack on EX10-01 is carried out.")
	}
}

func TestALongWarningTellsItsRest(t *testing.T) {
	t.Parallel()
	b := newBench(t, 1, 80, 24)
	b.m.push(&form{title: "Warning", button: "I have read it", intro: func(p *page) {
		for i := range 50 {
			p.text(0, fmt.Sprintf("finding %d.", i), p.th.Text)
		}
	}})
	b.reload()
	b.see("finding 0.", "of 51; pgup and pgdn show the others")
	for range 20 {
		b.keys("pgdown")
	}
	b.see("finding 49.", "I have read it")
	b.keys("pgup")
	b.unseen("finding 49.")
}

func TestALongNameLeavesRoomForWhatIsInForce(t *testing.T) {
	t.Parallel()
	b := newBench(t, 1, 60, 20)
	b.m.snap.Runbook.Migration.Organization.Name = strings.Repeat("Contoso ", 8)
	b.m.snap.ReadOnly = true
	b.reload()
	b.m.snap.ReadOnly = true
	line, _, _ := strings.Cut(b.screen(), "\n")
	if !strings.Contains(line, "READ-ONLY") || !strings.Contains(line, "…") || !strings.Contains(line, "step 1 of") {
		t.Errorf("the status line reads %q", line)
	}
}

func TestWhatWasRecordedIsNotOfferedAgain(t *testing.T) {
	t.Parallel()
	b := newBench(t, 1, 80, 24)
	b.keys("space", "o", "=wrong server", "ctrl+s")
	b.see("Reopened: Service pack")
	b.keys("space", "o")
	b.see("Reopen: Service pack")
	b.unseen("wrong server")
}

func TestASecondEnterOpensNothing(t *testing.T) {
	t.Parallel()
	m := newModel(t.Context(), Config{}, nil)
	open := func() (*runbook.Session, error) { return nil, fmt.Errorf("not there") }
	first, second := m.openWith(false, open), m.openWith(false, open)
	if first == nil || second != nil {
		t.Fatalf("opened twice: %v %v", first != nil, second != nil)
	}
	m.Update(first())
	if m.openWith(false, open) == nil {
		t.Error("after a failure nothing can be opened any more")
	}
}
