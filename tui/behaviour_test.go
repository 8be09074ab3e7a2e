package tui

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"coexist/checks"
	"coexist/runbook"
	"coexist/tui/paint"
)

func TestArrangeTilesTheScreen(t *testing.T) {
	t.Parallel()
	for w := 1; w <= 250; w += 3 {
		for h := 1; h <= 80; h += 3 {
			for focus := diagramRegion; focus <= detailRegion; focus++ {
				for _, zoom := range []bool{false, true} {
					checkTiles(t, w, h, focus, zoom)
				}
			}
		}
	}
}

func checkTiles(t *testing.T, w, h int, focus region, zoom bool) {
	t.Helper()
	f := arrange(w, h, focus, zoom)
	if f.fits != (w >= 60 && h >= 20) {
		t.Fatalf("%dx%d: fits is %v", w, h, f.fits)
	}
	if !f.fits {
		return
	}
	if !f.shown(focus) {
		t.Fatalf("%dx%d: the focused region %d is not shown", w, h, focus)
	}
	all := append([]paint.Rect{f.status, f.tabs, f.message, f.keys}, f.rules...)
	all = append(all, f.regions[:]...)
	cells := 0
	for i, a := range all {
		if a.Empty() {
			continue
		}
		cells += a.Dx() * a.Dy()
		if !a.In(paint.R(0, 0, w, h)) {
			t.Fatalf("%dx%d: %v leaves the screen", w, h, a)
		}
		for j, b := range all {
			// Dividers may cross each other; nothing else overlaps.
			if i < j && a.Overlaps(b) && !(a.Dx() == 1 && b.Dy() == 1) {
				t.Fatalf("%dx%d focus %d: %v and %v overlap", w, h, focus, a, b)
			}
		}
	}
	if cells < w*h || cells > w*h+2 {
		t.Fatalf("%dx%d focus %d zoom %v: %d of %d cells are used", w, h, focus, zoom, cells, w*h)
	}
}

func TestMarkDoneIsRecordedBeforeItIsShown(t *testing.T) {
	t.Parallel()
	b := newBench(t, 1, 120, 40)
	b.keys("space")
	b.see("Recorded: Service pack on EX10-01 is carried out.")
	st := b.s.Snapshot().Progress.Tasks["prepare.service-pack/ex10-01"]
	if st.DoneAt.IsZero() || st.DoneBy != "A. Meyer" {
		t.Fatalf("the journal does not have it: %+v", st)
	}
	b.keys("space")
	b.see("Carried out already; o reopens it.")
}

func TestConfirmRefusesAnotherName(t *testing.T) {
	t.Parallel()
	b := newBench(t, 2, 80, 24)
	schemaReady(b)
	b.reload()
	b.keys(".", "space", "=contoso.net", "ctrl+s")
	b.see(`Expected contoso.com, found "contoso.net".`)
	if st := b.s.Snapshot().Progress.Tasks["prepare.schema/org"]; !st.DoneAt.IsZero() {
		t.Fatal("it was recorded all the same")
	}
	b.keys("backspace", "backspace", "backspace", "=com", "enter", "enter")
	b.see("Recorded: Extend the schema is carried out.")
	b.keys("up")
	b.see("wait for 1.3 Extend the schema, until 22:17")
}

func TestLockedTaskIsNeitherCopiedNorMarked(t *testing.T) {
	t.Parallel()
	b := newBench(t, 2, 120, 40)
	b.keys("down", "down", "y")
	b.see("Not yet to be copied")
	b.keys("space")
	b.see("Not yet to be carried out")
	if len(b.copied) > 0 {
		t.Fatalf("%q was copied", b.copied)
	}
	b.keys("home", "down", "y")
	b.see("Copied, the clipboard: Setup.com /mode:Upgrade")
	if len(b.copied) != 1 || b.copied[0] != "Setup.com /mode:Upgrade" {
		t.Fatalf("%q was copied", b.copied)
	}
}

func TestHardCheckIsNotWaived(t *testing.T) {
	t.Parallel()
	b := newBench(t, 1, 120, 40)
	failing(b)
	b.reload()
	b.keys(".", "w")
	b.see("is hard: the procedure allows no waiver")
}

func TestWaiverNeedsASecondPerson(t *testing.T) {
	t.Parallel()
	b := newBench(t, 2, 120, 40)
	certificatesFailed(b)
	b.keys(".", "w", "=the probe can't reach it", "tab", "tab", "=a. meyer", "ctrl+s")
	b.see("The second person must be somebody else.")
	for range 8 {
		b.keys("backspace")
	}
	b.keys("=B. Novak", "ctrl+s")
	b.see("Waived and recorded")
	w := b.s.Snapshot().Progress.Checks["certificates.import/ex13-01/names"].Waiver
	if w == nil || w.Second != "B. Novak" || w.Reason != "the probe can't reach it" {
		t.Fatalf("recorded: %+v", w)
	}
}

func TestEscKeepsWhatWasTyped(t *testing.T) {
	t.Parallel()
	b := newBench(t, 1, 80, 24)
	b.keys("n", "=half a note", "esc")
	b.unseen("half a note")
	b.keys("n")
	b.see("half a note")
	b.keys("ctrl+s")
	b.see("The note is recorded.")
	if n := b.s.Snapshot().Progress.Tasks["prepare.service-pack/ex10-01"].Notes; len(n) != 1 || n[0].Text != "half a note" {
		t.Fatalf("recorded: %+v", n)
	}
	b.keys("n")
	b.unseen("half a note")
}

func TestAttestation(t *testing.T) {
	t.Parallel()
	b := newBench(t, 2, 120, 40)
	b.carryOut("prepare.service-pack/ex10-01")
	b.carryOut("prepare.service-pack/ex10-02")
	b.reload()
	b.keys(".", "a", "ctrl+s")
	b.see("Choose yes, no or n/a.")
	b.keys("n", "ctrl+s")
	b.see("With \"no\" and \"n/a\" the record needs a word on why.")
	b.keys("shift+tab", "shift+tab", "y", "ctrl+s")
	b.see("Attested: Replication is well", "attested")
	b.unseen("verified")
}

func TestRunStreamsCancelsAndIgnoresStaleMessages(t *testing.T) {
	t.Parallel()
	b := newBench(t, 2, 120, 40)
	b.hold = make(chan struct{})
	cmd := b.m.startRun(b.m.phaseChecks())
	if cmd == nil || len(b.m.active) != 1 {
		t.Fatal("no run was started")
	}
	finished := make(chan struct{})
	go func() { b.drain(cmd); close(finished) }()
	b.hold <- struct{}{} // one check ends; the next waits
	run := b.m.active[0]
	run.cancel()
	<-finished
	if len(b.m.active) != 0 {
		t.Fatal("the run is still listed")
	}
	b.see("checks:")
	rev := b.m.data
	b.m.progressed(runMsg{run: run.id, updates: []checks.Update{{Index: 0}}, snap: runbook.Snapshot{}})
	if len(b.m.running()) != 0 || b.m.data != rev {
		t.Fatal("a message of a run that is over changed something")
	}
}

func TestRunAllRecordsEveryResult(t *testing.T) {
	t.Parallel()
	b := newBench(t, 2, 120, 40)
	b.answer("prepare.service-pack/ex10-02", unknown)
	b.keys("R")
	b.see("3 checks: 2 pass, 1 unknown")
	for _, id := range []string{"prepare.service-pack/ex10-01/version", "prepare.service-pack/ex10-02/version", "prepare.schema/org/version"} {
		if st := b.s.Snapshot().Progress.Checks[id]; st.Result == nil {
			t.Errorf("%s has no result", id)
		}
	}
}

func TestQuitAsksOnlyWhileChecksRun(t *testing.T) {
	t.Parallel()
	b := newBench(t, 1, 80, 24)
	if cmd := b.m.key(press("q")); cmd == nil {
		t.Fatal("q did not quit")
	} else if _, ok := cmd().(tea.QuitMsg); !ok {
		t.Fatal("q did not quit")
	}
	b.m.active = []*checkRun{{id: 1, ids: []string{"x"}, cancel: func() {}, started: b.clock.Now()}}
	b.m.key(press("q"))
	b.see("Checks are running")
	b.keys("enter")
	b.unseen("Checks are running")
}

func TestHostileTextIsShownEscaped(t *testing.T) {
	t.Parallel()
	b := newBench(t, 1, 120, 40)
	b.answer("prepare.service-pack", checks.Result{Verdict: checks.Fail, Reason: "x", Summary: "a\x1b[2Jb", Expected: "x\u202ey", Found: "\x07bell\r\nnext"})
	b.keys("space", "R", ".", "enter")
	raw := b.m.View().Content
	for _, bad := range []string{"\x1b[2J", "\u202e", "\x07", "\r"} {
		if strings.Contains(raw, bad) {
			t.Errorf("the frame holds %q", bad)
		}
	}
	b.see(`x\u{202e}y`, `\x07bell`)
	b.keys("t")
	b.see(`a\x1b[2Jb`)
}

func TestReadOnlySaysWhy(t *testing.T) {
	t.Parallel()
	b := newBench(t, 1, 80, 24)
	other, err := runbook.Open(b.path, runbook.Options{Assets: assetsOnDisk(), Clock: b.clock.Now, Operator: "B. Novak", Host: "other"})
	b.must(err)
	t.Cleanup(func() { other.Close() })
	b.m = newModel(t.Context(), Config{Session: other, Clock: b.clock.Now, Operator: "B. Novak"}, other)
	b.send(tea.WindowSizeMsg{Width: 80, Height: 24})
	b.see("READ-ONLY")
	b.keys("space")
	b.see("Read-only:")
}

func TestClicksMeanTheSameAsKeys(t *testing.T) {
	t.Parallel()
	b := newBench(t, 2, 120, 40)
	b.click("1.3 Extend the schema")
	b.see("1.3 Extend the schema", "A schema extension stays.")
	b.click("autodiscover.contoso.com")
	b.see("Panel", "Nobody has checked yet who answers it")
	b.click("after")
	b.see("removed")
	b.click("? help")
	b.see("Help", "Working")
	b.click("esc close")
	b.unseen("Run all checks of the step")
	b.click("2 Deploy Exchange 2013 servers")
	b.click("2 Deploy Exchange 2013 servers")
	b.see("What keeps Deploy Exchange 2013 servers locked")
}

// click clicks on the first place where a text is shown.
func (b *bench) click(text string) {
	b.t.Helper()
	for y, line := range strings.Split(b.screen(), "\n") {
		if i := strings.Index(line, text); i >= 0 {
			cmd := b.m.View().OnMouse(tea.MouseClickMsg{X: ansi.StringWidth(line[:i]), Y: y, Button: tea.MouseLeft})
			if cmd == nil {
				b.t.Fatalf("a click on %q means nothing", text)
			}
			b.send(cmd())
			return
		}
	}
	b.t.Fatalf("%q is not on the screen:\n%s", text, b.screen())
}

func TestViewIsKeptUntilSomethingChanges(t *testing.T) {
	t.Parallel()
	b := newBench(t, 1, 80, 24)
	b.m.View()
	rev := b.m.memo.frameRev
	b.send(tea.KeyReleaseMsg{Code: 'x'}, struct{}{})
	b.m.View()
	if b.m.memo.frameRev != rev {
		t.Error("a message that changes nothing made a new frame")
	}
	b.keys("down")
	b.m.View()
	if b.m.memo.frameRev == rev {
		t.Error("a key made no new frame")
	}
}

// TestAnyKeysAtAnySize presses keys at random: nothing panics, no line is wider
// than the window, and esc leads back to the board.
func TestAnyKeysAtAnySize(t *testing.T) {
	t.Parallel()
	names := []string{"up", "down", "left", "right", "tab", "shift+tab", "enter", "esc", "space", "1", "2", "4", "6", "9", "r", "R", "x", "y", "Y", "v", "a", "i", "w", "n", "u", "o",
		"D", "t", "b", "[", "]", "/", "z", "e", ":", "?", "m", ".", "pgup", "pgdown", "home", "end", "ctrl+g", "ctrl+s", "k", "j", "h", "l", "=äx", "backspace", "O", "N", "s", "I"}
	for seed := range uint64(6) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			r := rand.New(rand.NewPCG(seed, 7))
			b := newBench(t, 3, 80, 24)
			b.answer("ex10-02", failed)
			b.answer("ex10-01", warned)
			var pressed []string
			for range 250 {
				if r.IntN(8) == 0 {
					b.send(tea.WindowSizeMsg{Width: 1 + r.IntN(220), Height: 1 + r.IntN(70)})
				}
				if r.IntN(10) == 0 {
					if cmd := b.m.View().OnMouse(tea.MouseClickMsg{X: r.IntN(100), Y: r.IntN(40), Button: tea.MouseLeft}); cmd != nil {
						b.send(cmd())
					}
				}
				name := names[r.IntN(len(names))]
				pressed = append(pressed, name)
				b.keys(name)
				checkFrame(t, b.m, pressed)
			}
			b.escLeadsBack(t, pressed)
		})
	}
}

// escLeadsBack wants esc to end on the board, wherever keys led.
func (b *bench) escLeadsBack(t *testing.T, pressed []string) {
	t.Helper()
	b.send(tea.WindowSizeMsg{Width: 80, Height: 24})
	for range 20 {
		b.keys("esc")
	}
	if len(b.m.dialogs) > 0 || b.m.focus != tasksRegion || b.m.filtered() || b.m.typing {
		t.Fatalf("esc does not lead back to the board after %v:\n%s", pressed, b.screen())
	}
}

func checkFrame(t *testing.T, m *Model, pressed []string) {
	t.Helper()
	lines := strings.Split(m.View().Content, "\n")
	if len(lines) > max(m.h, 1) {
		t.Fatalf("%d lines in %d rows after %v", len(lines), m.h, pressed)
	}
	for _, l := range lines {
		if n := ansi.StringWidth(l); n > m.w {
			t.Fatalf("a line of %d cells in %d columns after %v: %q", n, m.w, pressed, ansi.Strip(l))
		}
	}
}

func TestAskerAsksOnce(t *testing.T) {
	t.Parallel()
	a := NewAsker()
	b := newBench(t, 1, 80, 24)
	b.m.cfg.Asker = a
	got := make(chan string, 3)
	for range 3 {
		go func() {
			c, err := a.Logon(t.Context(), "probe10@contoso.com")
			got <- c.Username + "/" + c.Password.Reveal() + fmt.Sprint(err)
		}()
	}
	msg := a.listen(t.Context())().(askMsg)
	b.m.push(b.m.newPassword(msg.ask))
	b.see("Password of probe10@contoso.com")
	b.keys("=geheim")
	b.unseen("geheim")
	b.keys("ctrl+s")
	for range 3 {
		if g := <-got; g != "probe10@contoso.com/geheim<nil>" {
			t.Errorf("got %q", g)
		}
	}
	select {
	case q := <-a.queue:
		t.Errorf("asked again for %s", q.account)
	case <-time.After(time.Millisecond):
	}
}

func BenchmarkView(b *testing.B) {
	for _, sites := range []int{10, 100, 1000} {
		x := newBench(b, sites, 120, 40)
		b.Run(fmt.Sprintf("%d/move", sites), func(b *testing.B) {
			for i := 0; b.Loop(); i++ {
				x.m.Update(press([]string{"down", "up"}[i%2]))
				x.m.View()
			}
		})
		b.Run(fmt.Sprintf("%d/diagram", sites), func(b *testing.B) {
			x.m.setFocus(diagramRegion)
			for i := 0; b.Loop(); i++ {
				x.m.Update(press([]string{"down", "up"}[i%2]))
				x.m.View()
			}
			x.m.setFocus(tasksRegion)
		})
		b.Run(fmt.Sprintf("%d/sites", sites), func(b *testing.B) {
			x.m.setFocus(diagramRegion)
			for i := 0; b.Loop(); i++ {
				x.m.Update(press([]string{"end", "home"}[i%2]))
				x.m.View()
			}
			x.m.setFocus(tasksRegion)
		})
		b.Run(fmt.Sprintf("%d/cached", sites), func(b *testing.B) {
			for b.Loop() {
				x.m.View()
			}
		})
	}
}

func TestStatusLineStaysInSightBelowDialogs(t *testing.T) {
	t.Parallel()
	for _, key := range []string{"?", ":", "D", "n", "e", "2"} {
		b := newBench(t, 16, 80, 24)
		b.keys(key)
		if key == "2" {
			b.keys("enter")
		}
		if len(b.m.dialogs) != 1 {
			t.Fatalf("%s opened no dialog", key)
		}
		if first, _, _ := strings.Cut(b.screen(), "\n"); !strings.Contains(first, "step 1 of 6") {
			t.Errorf("%s: the first line is %q", key, first)
		}
	}
}

// TestClipboardOfTheTerminal wants the terminal to be asked where there is no
// other clipboard, and nothing claimed that is not known.
func TestClipboardOfTheTerminal(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, text, say string
		dialog          bool
	}{
		{"a command", "Get-Mailbox", "does not say whether it took it. If pasting brings nothing: v.", false},
		{"from a dialog", "Get-Mailbox", "shift and the mouse select it", true},
		{"too much", strings.Repeat("x", mostForTerminal+1), "many terminals refuse that much", false},
	} {
		b := newBench(t, 1, 160, 40)
		b.m.cfg.Copy = func(string) (string, error) { return "", nil }
		if c.dialog {
			b.keys("?")
		}
		msg := b.m.copyText(c.text)().(copiedMsg)
		cmd := b.m.copied(msg)
		if cmd == nil || fmt.Sprint(cmd()) != c.text {
			t.Errorf("%s: the terminal was not asked for the text", c.name)
		}
		if !strings.Contains(b.m.message, c.say) {
			t.Errorf("%s: said %q", c.name, b.m.message)
		}
	}
}

// TestUpInAFormWithoutQuestions stays on the button.
func TestUpInAFormWithoutQuestions(t *testing.T) {
	t.Parallel()
	b := newBench(t, 2, 80, 24)
	warning(b)
	b.reload()
	b.keys(".", "a", "up", "enter")
	b.see("Recorded: the warning was read.")
}

// TestALockedRoundShowsItsGate opens the step of the rounds before its time.
func TestALockedRoundShowsItsGate(t *testing.T) {
	t.Parallel()
	b := newBench(t, 2, 100, 30)
	b.keys("6", "enter")
	b.see("What keeps Deploy Exchange 2013 servers", "locked", "enter goes to where it is mended")
}

// TestCopyIntoAFile takes the lines of a task into a file where no clipboard
// works.
func TestCopyIntoAFile(t *testing.T) {
	t.Parallel()
	b := newBench(t, 1, 120, 40)
	var wrote string
	b.m.cfg.CopyFile = func(text string) (string, error) { wrote = text; return "/home/meyer/coexist-copied.txt", nil }
	b.keys("Y")
	b.see("Into a file: 1 line")
	b.keys("down", "enter")
	b.see("Copied, into the file /home/meyer/coexist-copied.txt: Setup.com /mode:Upgrade")
	if wrote != "Setup.com /mode:Upgrade\r\n" {
		t.Errorf("the file holds %q", wrote)
	}
}

// A refusal is the answer to a key: at the smallest design size it is whole,
// and where a message leaves room the next action stands behind it.
func TestMessageIsWholeAndLeavesTheNextAction(t *testing.T) {
	t.Parallel()
	b := newBench(t, 1, 80, 24)
	failing(b)
	b.reload()
	long := `"Every server in the directory is Exchange 2007 or later" is hard: the procedure allows no waiver.`
	b.m.warn(long)
	if got := strings.Join(strings.Fields(b.screen()), " "); !strings.Contains(got, long) {
		t.Errorf("the refusal is cut:\n%s", b.screen())
	}
	b.m.say("3 checks: 3 pass")
	b.reload()
	b.see("3 checks: 3 pass  . next fix")
}

func TestOfferedNameGivesWayToATypedOne(t *testing.T) {
	t.Parallel()
	b := newBench(t, 1, 80, 24)
	b.m.operator = ""
	b.keys("O", "=B. Novak")
	b.see(" B. Novak ")
	b.unseen("MeyerB.")
	b.keys("esc", "O", "backspace")
	b.see(" A. Meye ")
}
