package command

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"coexist/runbook/migration"
	"coexist/tui/tuitest"
)

// board makes a folder with a migration and the laboratory's world.
func board(t *testing.T, world string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{"contoso.toml": string(migration.Sample("2010")), "world": world} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// inShell runs the program from a shell that shows the terminal's settings
// after it.
func inShell(t *testing.T, dir string, more ...string) *tuitest.Terminal {
	t.Helper()
	cmd := exec.Command("sh", "-c", `"$0" --operator "A. Meyer" contoso.toml; echo "ended with $?"; stty -a`, os.Args[0])
	return tuitest.Start(t, inFolder(cmd, dir, append(more, quietRaces(dir))...), 120, 40)
}

// quietRaces keeps what the race detector says of the framework off the screen
// and out of the exit code: ended from outside or by a panic, it closes its
// input while it is read.
func quietRaces(dir string) string {
	return "GORACE=exitcode=0 log_path=" + filepath.Join(dir, "race")
}

// atPeace wants the terminal to be as it was before the program.
func atPeace(t *testing.T, term *tuitest.Terminal) {
	t.Helper()
	if left := tuitest.LeftOn(term.Raw()); len(left) > 0 {
		t.Errorf("left on: %s", strings.Join(left, ", "))
	}
	settings := term.Raw()[strings.LastIndex(term.Raw(), "ended with"):]
	for _, off := range []string{"-icanon", "-echo ", "-isig", "-opost"} {
		if strings.Contains(settings, off) {
			t.Errorf("the terminal was left in raw mode (%s)", off)
		}
	}
}

// TestTheTerminalIsGivenBack ends the program in every way but a power cut.
func TestTheTerminalIsGivenBack(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, world string
		more        []string
		end         func(*tuitest.Terminal)
		said        string
	}{
		{name: "q", world: "10.0.0.10", end: func(term *tuitest.Terminal) { term.Type("q") }, said: "ended with 0"},
		{name: "ctrl+c", world: "10.0.0.10", end: func(term *tuitest.Terminal) { term.Press("ctrl+c") }, said: "ended with 0"},
		{name: "q while checks run", world: "silent", end: func(term *tuitest.Terminal) {
			term.Type("r")
			term.WaitText("running")
			term.Type("q")
			term.WaitText("Checks are running")
			term.Press("down", "enter")
		}, said: "ended with 0"},
		{name: "a panic of a command", world: "10.0.0.10", more: []string{"COEXIST_TEST_CLIPBOARD=broken"}, end: func(term *tuitest.Terminal) { term.Type("y") },
			said: "the clipboard caught fire"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			term := inShell(t, board(t, c.world), c.more...)
			term.WaitText("Publish the name")
			c.end(term)
			term.WaitText(c.said)
			term.WaitExit()
			atPeace(t, term)
		})
	}
}

// TestSignalsGiveTheTerminalBack ends the program from outside, at rest and
// while checks run.
func TestSignalsGiveTheTerminalBack(t *testing.T) {
	t.Parallel()
	for _, s := range []syscall.Signal{syscall.SIGTERM, syscall.SIGINT} {
		for _, world := range []string{"10.0.0.10", "silent"} {
			t.Run(fmt.Sprint(s, " ", world), func(t *testing.T) {
				t.Parallel()
				program, dir := exec.Command(os.Args[0], "--operator", "A. Meyer", "contoso.toml"), board(t, world)
				term := tuitest.Start(t, inFolder(program, dir, quietRaces(dir)), 120, 40)
				term.WaitText("Publish the name")
				if world == "silent" {
					term.Type("r")
					term.WaitText("running")
				}
				term.Signal(s)
				if code := term.WaitExit(); code != 0 {
					t.Errorf("exit code %d", code)
				}
				if left := tuitest.LeftOn(term.Raw()); len(left) > 0 {
					t.Errorf("left on: %s", strings.Join(left, ", "))
				}
			})
		}
	}
}

// TestInterruptingTheLinearMode cancels checks and goes on, then ends at a
// prompt.
func TestInterruptingTheLinearMode(t *testing.T) {
	t.Parallel()
	dir := board(t, "silent")
	term := start(t, dir, 100, 40, "--plain", "--operator", "A. Meyer", "contoso.toml")
	term.WaitText("coexist>")
	term.Type("next\r")
	term.WaitText("task Publish the name")
	term.Type("run\r")
	term.WaitText("Running 1 check.")
	term.Press("ctrl+c")
	term.WaitText("Cancelled: 1 check.")
	if err := os.WriteFile(filepath.Join(dir, "world"), []byte("10.0.0.80"), 0o600); err != nil {
		t.Fatal(err)
	}
	term.Type("run\r") // one interruption cancels one run
	term.WaitText("Finished: 1 pass.")
	term.Wait("the next prompt", func(s string) bool { return strings.HasSuffix(strings.TrimSpace(s), "(Contoso)>") })
	term.Press("ctrl+c")
	term.WaitText("Bye.")
	if code := term.WaitExit(); code != 0 {
		t.Errorf("exit code %d", code)
	}
}

// TestInterruptingAtThePassword wants the program to end and the terminal to
// show again what is typed.
func TestInterruptingAtThePassword(t *testing.T) {
	t.Parallel()
	cmd := exec.Command("sh", "-c", `trap : INT; "$0" discover --dc dc1.contoso.com --user meyer@contoso.com; echo "ended with $?"; stty -a`, os.Args[0])
	term := tuitest.Start(t, inFolder(cmd, board(t, "10.0.0.10")), 120, 40)
	term.WaitText("Password of meyer@contoso.com:")
	term.Press("ctrl+c")
	term.WaitText("ended with 2")
	term.WaitExit()
	atPeace(t, term)
}

// TestTakingOverAsksWhoWorks opens a packet on a terminal: by a name, and by
// somebody who interrupts instead.
func TestTakingOverAsksWhoWorks(t *testing.T) {
	t.Parallel()
	dir := board(t, "10.0.0.10")
	headless(t, dir, 0, "handover", "contoso.toml", "-o", "packet.zip", "--operator", "A. Meyer")
	term := start(t, dir, 120, 40, "handover", "packet.zip", "--open", "night2")
	term.WaitText("Who works from here on?")
	term.Type("B. Okafor\r")
	term.WaitText("B. Okafor took over from A. Meyer")
	if code := term.WaitExit(); code != 0 {
		t.Errorf("exit code %d", code)
	}
	term = start(t, dir, 120, 40, "handover", "packet.zip", "--open", "night3")
	term.WaitText("Who works from here on?")
	term.Press("ctrl+c")
	term.WaitText("nobody has signed in")
	term.WaitExit()
}

// TestABrokenProbeIsAResult wants a panic inside a check to end as a result,
// not the program.
func TestABrokenProbeIsAResult(t *testing.T) {
	t.Parallel()
	term := start(t, board(t, "broken"), 120, 40, "--operator", "A. Meyer", "contoso.toml")
	term.WaitText("Publish the name")
	term.Type(" r")
	term.WaitText("unknown")
	term.Type("q")
	if code := term.WaitExit(); code != 0 {
		t.Errorf("exit code %d", code)
	}
}

// TestSuspendAndResume leaves the program to a shell and comes back.
func TestSuspendAndResume(t *testing.T) {
	t.Parallel()
	bash, err := exec.LookPath("bash")
	if err != nil {
		t.Skip("no shell with job control here")
	}
	dir := board(t, "10.0.0.10")
	term := tuitest.Start(t, inFolder(exec.Command(bash, "--norc", "--noprofile", "--noediting", "-i"), dir), 120, 40)
	term.WaitText("$")
	term.Type("'" + os.Args[0] + "' --operator 'A. Meyer' contoso.toml\r")
	term.WaitText("Publish the name")
	term.Press("down")
	term.Type("\x1a")
	term.WaitText("Stopped")
	if left := tuitest.LeftOn(term.Raw()); len(left) > 0 {
		t.Errorf("left on while suspended: %s", strings.Join(left, ", "))
	}
	term.Type("stty -a; echo here $((40+2))\r")
	term.WaitText("here 42")
	if s := term.Screen(); strings.Contains(s, "-icanon") {
		t.Errorf("the shell got a raw terminal:\n%s", s)
	}
	term.Type("fg\r")
	term.WaitText("Publish the name")
	term.WaitText("? help")
	term.Type("q")
	term.Wait("the shell's prompt", func(s string) bool { // until then the program may still read what is typed
		return strings.HasSuffix(strings.TrimSpace(s), "\n$")
	})
	term.Type("exit\r")
	term.WaitExit()
	if left := tuitest.LeftOn(term.Raw()); len(left) > 0 {
		t.Errorf("left on: %s", strings.Join(left, ", "))
	}
}

// TestMousePasteAndResizeStorm uses the program with hands that are not quiet.
func TestMousePasteAndResizeStorm(t *testing.T) {
	t.Parallel()
	dir := board(t, "10.0.0.10")
	term := start(t, dir, 120, 40, "--operator", "A. Meyer", "contoso.toml")
	term.WaitText("Publish the name")
	term.Click("1.2 Open the port")
	term.Wait("the task under the pointer", func(s string) bool { return strings.Count(s, "Open the port") >= 2 })
	term.Wheel(70, 5, -3)

	// What is pasted is text, whatever it holds: no key of it is pressed.
	term.Type("n")
	term.WaitText("Note")
	term.Paste("first q\rsecond \x03 R w\x07")
	term.WaitText("second")
	term.Press("ctrl+s")
	term.WaitText("recorded")
	waitJournal(t, dir, `first q\nsecond`)

	for i := range 60 {
		term.Resize(20+(i*37)%160, 5+(i*13)%55)
	}
	term.Resize(120, 40)
	whole := func(s string) bool {
		lines := strings.Split(strings.TrimRight(s, "\n"), "\n")
		return len(lines) == 40 && strings.Contains(lines[0], "Contoso") && strings.Contains(lines[39], "? help") && strings.Contains(s, "1.2 Open the port")
	}
	term.Wait("the whole board after the storm", whole)
	term.Type("q")
	if code := term.WaitExit(); code != 0 {
		t.Errorf("exit code %d", code)
	}
}

var (
	trueColor = regexp.MustCompile(`\x1b\[[0-9;]*[34]8;2;`)
	anyColor  = regexp.MustCompile(`\x1b\[(?:[0-9;]*;)?(?:3[0-8]|4[0-8]|9[0-7]|10[0-7])(?:;[0-9;]*)?m`)
)

// TestTerminalsOfEveryKind opens the board where little can be shown.
func TestTerminalsOfEveryKind(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		more  []string
		flags []string
		see   string
		check func(t *testing.T, raw, screen string)
	}{
		{name: "sixteen colours", more: []string{"TERM=xterm", "COLORTERM="}, see: "Publish the name", check: func(t *testing.T, raw, _ string) {
			if trueColor.MatchString(raw) || !anyColor.MatchString(raw) {
				t.Error("not the sixteen colours of the terminal")
			}
		}},
		{name: "NO_COLOR of any value", more: []string{"NO_COLOR=yes"}, see: "Publish the name", check: func(t *testing.T, raw, _ string) {
			if found := anyColor.FindString(raw); found != "" {
				t.Errorf("a colour: %q", found)
			}
		}},
		{name: "ascii", flags: []string{"--ascii"}, see: "Publish the name", check: func(t *testing.T, _, screen string) {
			for _, r := range screen {
				if r > 0x7e {
					t.Errorf("%q is on the screen:\n%s", r, screen)
					return
				}
			}
		}},
		{name: "dumb", more: []string{"TERM=dumb"}, see: "Publish the name", check: func(t *testing.T, raw, _ string) {
			if strings.Contains(raw, "\x1b") {
				t.Errorf("a dumb terminal got an escape: %q", raw)
			}
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			cmd := exec.Command(os.Args[0], append(c.flags, "--operator", "A. Meyer", "contoso.toml")...)
			term := tuitest.Start(t, inFolder(cmd, board(t, "10.0.0.10"), c.more...), 120, 40)
			term.WaitText(c.see)
			c.check(t, term.Raw(), term.Screen())
		})
	}
}

// TestWithoutATerminal wants a clear word instead of a screen nobody sees.
func TestWithoutATerminal(t *testing.T) {
	t.Parallel()
	cmd := inFolder(exec.Command(os.Args[0], "contoso.toml"), board(t, "10.0.0.10"))
	out, err := cmd.CombinedOutput()
	if code := cmd.ProcessState.ExitCode(); code != 2 || err == nil {
		t.Errorf("exit code %d", code)
	}
	if !strings.Contains(string(out), "--plain") || strings.Contains(string(out), "\x1b") {
		t.Errorf("said %q", out)
	}
}

// TestAnUnreadableMigrationLeavesTheScreenAlone wants an error where the
// session can't be opened: nothing drawn, exit code 2.
func TestAnUnreadableMigrationLeavesTheScreenAlone(t *testing.T) {
	t.Parallel()
	dir := board(t, "10.0.0.10")
	if err := os.WriteFile(filepath.Join(dir, "contoso.toml"), []byte("format = 7\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	term := start(t, dir, 120, 40, "contoso.toml")
	term.WaitText("contoso.toml:1")
	if code := term.WaitExit(); code != 2 {
		t.Errorf("exit code %d", code)
	}
	if strings.Contains(term.Raw(), "\x1b[?1049h") || len(tuitest.LeftOn(term.Raw())) > 0 {
		t.Errorf("the screen was touched: %q", term.Raw())
	}
}
