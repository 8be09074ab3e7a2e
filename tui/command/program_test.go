package command

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"coexist/assets"
	"coexist/checks"
	"coexist/runbook/journal"
	"coexist/runbook/migration"
	"coexist/tui/tuitest"
)

// TestFromEmptyFolderToRunbook takes a migration from the first question to
// the exported runbook as an engineer would, with a failing check that closes
// the gate, its repair, a waiver, and the power cut in between.
func TestFromEmptyFolderToRunbook(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	world := func(address string) {
		if err := os.WriteFile(filepath.Join(dir, "world"), []byte(address), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	world("10.0.0.10")
	term := start(t, dir, 120, 40)

	answerQuestions(term)
	term.WaitText("Publish the name")

	// Carried out, but the name still points elsewhere: the gate stays closed.
	term.Type(" ")
	term.WaitText("Who is working here?")
	term.Press("ctrl+u")
	term.Type("A. Meyer")
	term.Press("enter", "enter")
	term.WaitText("Open the port")
	term.WaitGone("Who is working here?")
	waitJournal(t, dir, `"task.done"`)
	term.Type("r")
	term.WaitText("expected")
	term.WaitText("10.0.0.10")
	status := headless(t, dir, 1, "status", "contoso.toml")
	if !strings.Contains(status, "gate closed") || !strings.Contains(status, "10.0.0.10") {
		t.Fatalf("the failing check does not close the gate:\n%s", status)
	}

	// The power goes. What was shown is still there.
	term.Kill()
	term = start(t, dir, 120, 40, "contoso.toml")
	term.WaitText("Publish the name")
	term.WaitText("failed")

	// Mended outside: the check passes.
	world("10.0.0.80")
	term.Type("r")
	term.WaitText("Who is working here?") // each session signs in anew; the last name is offered
	term.WaitText("A. Meyer")
	term.Press("enter", "enter")
	term.WaitGone("failed")

	// The next task's check fails for good; it is waived with a reason.
	term.Press("down")
	term.WaitText("1.2 Open the port")
	term.Type(" ")
	waitJournal(t, dir, `"task":"prepare.port/org"`)
	term.Type("r")
	term.WaitText("The port answers")
	waitJournal(t, dir, `"prepare.port/org/smtp"`)
	term.WaitText("failed")
	term.Type("w")
	term.WaitText("Why may it go on regardless?")
	term.Type("Mail comes in through the provider")
	term.Press("tab", "tab", "enter")
	term.WaitText("waived")
	if status := headless(t, dir, 0, "status", "contoso.toml"); strings.Count(status, "gate open") < 2 {
		t.Fatalf("the gate to step 2 did not open:\n%s", status)
	}

	// The record.
	headless(t, dir, 0, "export", "contoso.toml")
	text, err := os.ReadFile(filepath.Join(dir, "contoso-runbook.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"Contoso", "Mail comes in through the provider", "A. Meyer", "10.0.0.10", "Prepare AD with Exchange 2013 schema"} {
		if !bytes.Contains(text, []byte(want)) {
			t.Errorf("the runbook does not hold %q", want)
		}
	}
	headless(t, dir, 0, "export", "contoso.toml", "--check")
	term.Type("q")
	if code := term.WaitExit(); code != 0 {
		t.Errorf("exit code %d", code)
	}
	for _, off := range []string{"\x1b[?1049l", "\x1b[?25h"} {
		if !strings.Contains(term.Raw(), off) {
			t.Errorf("the terminal was not restored: %q is missing", off)
		}
	}
	if r, err := journal.Verify(filepath.Join(dir, "contoso.journal")); err != nil || r.Broken != nil {
		t.Errorf("journal: %+v, %v", r, err)
	}
}

// answerQuestions fills the intake in: one site with an old and a new server.
func answerQuestions(term *tuitest.Terminal) {
	say := func(text string, keys ...string) {
		term.Type(text)
		term.Press(keys...)
	}
	term.WaitText("New migration")
	term.Type("n")
	term.WaitText("What is there today")
	term.Press("enter")
	term.WaitText("Organisation name")
	say("Contoso", "enter")
	say("contoso.com", "enter", "enter", "enter", "enter", "enter", "enter", "enter")
	term.WaitText("Add a site")
	term.Press("enter")
	say("Redmond", "enter", "enter")
	say("10.0.0.80", "enter")
	say("203.0.113.80", "pgdown")
	term.Press("enter")
	say("EX10-01", "pgdown")
	term.Press("enter")
	say("EX13-01", "enter", "right", "pgdown")
	for _, page := range []string{"Features", "Target", "Network", "Change", "Review"} {
		term.Press("pgdown")
		term.WaitText("▸ " + page)
	}
	term.Press("enter", "enter")
}

// headless runs a command of the program and returns what it answered.
func headless(t *testing.T, dir string, code int, args ...string) string {
	t.Helper()
	cmd := exec.Command(os.Args[0], args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "COEXIST_TEST_WORLD="+filepath.Join(dir, "world"))
	out, err := cmd.CombinedOutput()
	if got := cmd.ProcessState.ExitCode(); got != code {
		t.Fatalf("coexist %s: exit code %d, want %d (%v)\n%s", strings.Join(args, " "), got, code, err, out)
	}
	return string(out)
}

// TestPasswordsComeFromADescriptor hands passwords over as a program that starts
// this one does: none of them may be shown, whatever is wrong with the lines.
func TestPasswordsComeFromADescriptor(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "contoso.toml"), migration.Sample("2010"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		lines, want string
		code        int
	}{
		{"probe10@contoso.com\thunter2\n", "prepare.name/org/address", 1},
		{"hunter2\nhunter3\n", "line 1 has no tab", 2},
		{"", "nothing was given", 2},
	} {
		r, w, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		_, err = w.WriteString(c.lines)
		if err := errors.Join(err, w.Close()); err != nil {
			t.Fatal(err)
		}
		cmd := exec.Command(os.Args[0], "check", "contoso.toml", "--no-record", "--password-fd", "3")
		cmd.Dir, cmd.ExtraFiles = dir, []*os.File{r}
		cmd.Env = append(os.Environ(), "COEXIST_TEST_WORLD="+filepath.Join(dir, "world"))
		out, _ := cmd.CombinedOutput()
		r.Close()
		if code := cmd.ProcessState.ExitCode(); code != c.code || !strings.Contains(string(out), c.want) || strings.Contains(string(out), "hunter") {
			t.Errorf("%q: exit code %d, want %d and %q:\n%s", c.lines, code, c.code, c.want, out)
		}
	}
}

// waitJournal returns once the journal holds a text.
func waitJournal(t *testing.T, dir, text string) {
	t.Helper()
	limit := time.After(20 * time.Second)
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for {
		data, _ := os.ReadFile(filepath.Join(dir, "contoso.journal"))
		if bytes.Contains(data, []byte(text)) {
			return
		}
		select {
		case <-tick.C:
		case <-limit:
			t.Fatalf("the journal never held %s:\n%s", text, data)
		}
	}
}

// TestRehearseHeadless trains without anybody: to the end, past faults
// that it names.
func TestRehearseHeadless(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		args []string
		code int
		want []string
	}{
		"to the end":       {nil, 0, []string{`"finished": true`, `"stuck": []`, `"source": "2010"`}},
		"fault":            {[]string{"--fault", "stale-dns"}, 0, []string{`"finished": true`, `"cleared": true`, "switch.dns-internal/redmond/primary-address"}},
		"unknown fault":    {[]string{"--fault", "gremlins"}, 2, nil},
		"unknown source":   {[]string{"--source", "2003"}, 2, nil},
		"unknown drill":    {[]string{"--scenario", "doomsday"}, 2, nil},
		"scenario by name": {[]string{"--scenario", "slow-forest"}, 0, []string{`"finished": true`, `"cleared": true`, "prepare.schema/org/version"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var out, talk bytes.Buffer
			env := Environment{Out: &out, Err: &talk, In: strings.NewReader(""), Dir: t.TempDir(), Getenv: func(string) string { return "" }, Now: time.Now,
				User: "meyer", Host: "jumphost", Assets: assets.FS, Network: func(checks.FieldSettings) (*checks.Env, error) {
					t.Error("a rehearsal asked for the real network")
					return nil, os.ErrPermission
				}}
			err := Run(t.Context(), append([]string{"rehearse", "--headless", "--json"}, c.args...), env)
			if code := ExitCode(err, &talk); code != c.code {
				t.Fatalf("exit code %d, want %d: %v\n%s", code, c.code, err, out.String())
			}
			for _, want := range c.want {
				if !strings.Contains(out.String(), want) {
					t.Errorf("the answer lacks %s:\n%s", want, out.String())
				}
			}
			if c.code == 2 && out.Len() > 0 {
				t.Errorf("answered %s", out.String())
			}
			if c.code != 0 {
				return
			}
			found, err := filepath.Glob(filepath.Join(env.Dir, "rehearsal-*", "*.toml"))
			if err != nil || len(found) != 1 {
				t.Fatalf("expected one migration, found %v, %v", found, err)
			}
			out.Reset() // its clock is ahead of this computer's
			env.Network = func(checks.FieldSettings) (*checks.Env, error) { return &checks.Env{}, nil }
			if err := Run(t.Context(), []string{"status", found[0]}, env); err != nil || strings.Contains(out.String(), "STALE") {
				t.Errorf("the finished rehearsal stands at (%v)\n%s", err, out.String())
			}
		})
	}
}

// TestRehearsalOnScreen opens rehearsals by command and from the start screen,
// in a terminal: the word stands there, a task can be carried out, and the
// field's commands do not open the journal.
func TestRehearsalOnScreen(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	term := start(t, dir, 120, 40, "rehearse", "--operator", "A. Meyer")
	term.WaitText("REHEARSAL")
	term.WaitText("Publish the name")
	term.Type(" ")
	made := filepath.Join(dir, "rehearsal-plain-2010")
	waitJournal(t, made, `"task.done"`)
	waitJournal(t, made, `"rehearsal":"plain-2010"`)
	term.Type("q")
	if code := term.WaitExit(); code != 0 {
		t.Errorf("exit code %d", code)
	}
	if said := headless(t, made, 2, "check", "contoso.toml"); !strings.Contains(said, "coexist rehearse") {
		t.Errorf("the field worked on a rehearsal: %s", said)
	}
	if said := headless(t, made, 0, "status", "contoso.toml"); !strings.Contains(strings.ToUpper(said), "REHEARSAL") {
		t.Errorf("the status of a rehearsal does not say that it is one: %s", said)
	}

	term = start(t, dir, 120, 40)
	term.WaitText("Rehearse with the built-in organisation")
	term.Type("a")
	term.WaitText("Which organisation?")
	term.Press("enter")
	term.WaitText("What goes wrong?")
	term.Press("enter")
	term.WaitText("REHEARSAL")
	term.Type("q")
	if code := term.WaitExit(); code != 0 {
		t.Errorf("exit code %d", code)
	}
}
