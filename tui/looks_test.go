package tui

import (
	"fmt"
	"image/color"
	"regexp"
	"testing"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"

	"coexist/runbook"
)

func TestSizesBetween(t *testing.T) {
	t.Parallel()
	for _, size := range [][2]int{{60, 20}, {100, 30}, {200, 60}} {
		for _, focus := range []region{diagramRegion, tasksRegion, detailRegion} {
			b := newBench(t, 3, size[0], size[1])
			b.m.setFocus(focus)
			b.m.rev++
			b.golden(fmt.Sprintf("region-%d-%dx%d", focus, size[0], size[1]))
		}
	}
}

func TestASCII(t *testing.T) {
	t.Parallel()
	b := newBench(t, 2, 120, 40)
	b.m.cfg.ASCII = true
	b.m.retheme()
	b.keys("shift+tab")
	for _, r := range b.screen() {
		if r > 0x7e {
			t.Fatalf("%q is on the screen:\n%s", r, b.screen())
		}
	}
	b.golden("ascii-120x40")
}

var anyColor = regexp.MustCompile(`\x1b\[[0-9;]*(;|\[)(3[0-8]|4[0-8]|9[0-7]|10[0-7])[;m]`)

func TestWithoutColorNoColorIsSent(t *testing.T) {
	t.Parallel()
	b := newBench(t, 2, 120, 40)
	failing(b)
	b.send(tea.ColorProfileMsg{Profile: colorprofile.ASCII})
	b.reload()
	b.keys(".", "enter")
	if found := anyColor.FindString(b.m.View().Content); found != "" {
		t.Errorf("%q is in the frame", found)
	}
	b.send(tea.ColorProfileMsg{Profile: colorprofile.TrueColor})
	if !anyColor.MatchString(b.m.View().Content) {
		t.Error("with colours none is in the frame")
	}
}

func TestLightAndDarkDiffer(t *testing.T) {
	t.Parallel()
	b := newBench(t, 1, 80, 24)
	dark := b.m.View().Content
	b.send(tea.BackgroundColorMsg{Color: color.White})
	if b.m.View().Content == dark {
		t.Error("a light background changes nothing")
	}
}

func TestRehearsalIsAWord(t *testing.T) {
	t.Parallel()
	for _, size := range [][2]int{{60, 20}, {80, 24}, {120, 40}} {
		b := newBench(t, 1, size[0], size[1])
		b.m.snap.Progress.Rehearsal = "2010"
		b.m.data++
		b.see("REHEARSAL", "step 1 of 6")
		if got := b.m.View().WindowTitle; got != "coexist – Contoso – step 1 of 6 – REHEARSAL" {
			t.Errorf("title %q", got)
		}
	}
}

func TestProgressIsToldToTheTerminal(t *testing.T) {
	t.Parallel()
	b := newBench(t, 1, 120, 40)
	if b.m.View().ProgressBar != nil {
		t.Error("progress without a run")
	}
	b.m.active = []*checkRun{{id: 1, ids: []string{"a", "b", "c", "d"}, done: 1, failed: 1, started: b.clock.Now(), cancel: func() {}}}
	b.m.rev++
	v := b.m.View()
	if v.ProgressBar == nil || v.ProgressBar.Value != 25 || v.ProgressBar.State != tea.ProgressBarError {
		t.Errorf("got %+v", v.ProgressBar)
	}
	b.see("0 running 1/4")
}

// TestNextActionLeadsThroughTheWholeMigration follows the next action alone
// from the first task to the last.
func TestNextActionLeadsThroughTheWholeMigration(t *testing.T) {
	t.Parallel()
	b := newBench(t, 2, 120, 40)
	for range 400 {
		snap := b.s.Snapshot()
		a := nextAction(snap.Runbook, snap.Progress)
		if a.task == "" {
			b.reload()
			b.see("all steps are done: export the runbook with e")
			return
		}
		t.Log(a.text)
		task := snap.Runbook.Task(a.task)
		if st := snap.Progress.Tasks[a.task]; st.DoneAt.IsZero() {
			b.carryOut(a.task)
			continue
		}
		for _, c := range task.Checks {
			if c.Kind == "cmdlet" {
				_, err := b.s.Paste(c.ID, "none")
				b.must(err)
			}
		}
		if st := b.s.Snapshot().Progress.Tasks[a.task]; st.Status != runbook.Done {
			t.Fatalf("%s stays %s: %s", a.task, st.Status, st.Why)
		}
	}
	t.Fatal("it never ends")
}
