package command

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"coexist/assets"
	"coexist/checks"
	"coexist/runbook"
	"coexist/runbook/journal"
	"coexist/runbook/migration"
	"coexist/runbook/procedure"
	"coexist/runbook/script"
	"coexist/tui/tuitest"
)

// shipped runs the program as it is delivered.
func shipped() int {
	dir, _ := os.Getwd()
	err := Run(context.Background(), os.Args[1:], Environment{In: os.Stdin, Out: os.Stdout, Err: os.Stderr, Dir: dir, Getenv: os.Getenv,
		Now: time.Now, User: "meyer", Host: "jumphost", Assets: assets.FS, Network: checks.FieldEnv})
	return ExitCode(err, os.Stderr)
}

// program starts the program on a terminal, or without one.
func program(dir string, args ...string) *exec.Cmd {
	cmd := exec.Command(os.Args[0], args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "COEXIST_TEST_PROGRAM=1", "TERM=xterm-256color", "COLORTERM=truecolor", "TMUX=", "NO_COLOR=", "ACCESSIBLE=",
		"COEXIST_ASCII=", "SSH_TTY=", "SSH_CONNECTION=")
	return cmd
}

// TestRehearsalByHand takes each source from the empty folder to the exported
// record as an engineer would: the questions of the intake, its migration
// rehearsed, every task with its values, checks and statements typed in a
// terminal, each gate closed before its step and open after, the export.
func TestRehearsalByHand(t *testing.T) {
	if testing.Short() {
		t.Skip("types several hundred keys for each source")
	}
	t.Parallel()
	for _, source := range []string{"2010", "2007", "mixed"} {
		t.Run(source, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			describeSite(t, dir, source)
			h := newHand(t, dir, source)
			h.walk()
			h.export()
		})
	}
}

// describeSite fills the intake in: one site with an old server of each version
// and a new one.
func describeSite(t *testing.T, dir, source string) {
	t.Helper()
	term := tuitest.Start(t, program(dir), 120, 40)
	say := func(text string, keys ...string) {
		term.Type(text)
		term.Press(keys...)
	}
	term.WaitText("New migration")
	term.Type("n")
	term.WaitText("What is there today")
	for range map[string]int{"2010": 0, "2007": 1, "mixed": 2}[source] {
		term.Press("down")
	}
	term.Press("enter")
	term.WaitText("Organisation name")
	say("Contoso", "enter")
	say("contoso.com", "enter", "enter", "enter", "pgdown")
	term.WaitText("Add a site")
	term.Press("enter")
	say("Redmond", "enter", "enter")
	say("10.0.0.80", "enter")
	say("203.0.113.80", "pgdown")
	for _, version := range []string{"2007", "2010", "2013"} {
		if version == "2007" && source == "2010" || version == "2010" && source == "2007" {
			continue
		}
		term.WaitText("Add a server to Redmond")
		term.Press("enter")
		term.WaitText("Server name")
		say("EX"+version[2:]+"-01", "enter")
		term.WaitText("◀ Exchange ")
		for range 2 { // at most two choices lie behind the one that is offered
			if seen := term.Screen(); !strings.Contains(seen, "◀ Exchange "+version) {
				term.Press("right")
				term.Wait("another version", func(s string) bool { return s != seen && strings.Contains(s, "◀ Exchange ") })
			}
		}
		term.WaitText("◀ Exchange " + version)
		term.Press("pgdown")
		term.WaitText("Add a server to Redmond")
	}
	for _, page := range []string{"Features", "Target", "Network", "Change", "Review"} {
		term.Press("pgdown")
		term.WaitText("▸ " + page)
	}
	term.Press("enter", "enter")
	term.WaitText("step 1 of")
	term.Type("q")
	if code := term.WaitExit(); code != 0 {
		t.Fatalf("the intake ended with exit code %d", code)
	}
}

// hand types what an engineer types, and knows the runbook that is on the
// screen. What came of it is read in the journal.
type hand struct {
	t    *testing.T
	term *tuitest.Terminal
	dir  string
	book *runbook.Runbook
}

func newHand(t *testing.T, dir, source string) *hand {
	t.Helper()
	h := &hand{t: t, dir: filepath.Join(dir, "rehearsal-own-"+source)}
	h.term = tuitest.Start(t, program(dir, "rehearse", "--migration", "contoso.toml", "--operator", "A. Meyer"), 240, 60)
	h.term.WaitText("REHEARSAL")
	lib, err := procedure.Load(assets.FS)
	if err != nil {
		t.Fatal(err)
	}
	m, err := migration.Load(h.path("contoso.toml"), migration.Known{Releases: lib.Releases.Targets()})
	if err != nil {
		t.Fatal(err)
	}
	if h.book, err = runbook.Compile(lib, m); err != nil {
		t.Fatal(err)
	}
	return h
}

func (h *hand) path(name string) string { return filepath.Join(h.dir, name) }

// progress folds the journal as it is on the disk.
func (h *hand) progress() *runbook.Progress {
	h.t.Helper()
	j, err := journal.Open(h.path("contoso.journal"), journal.Options{ReadOnly: true})
	if err != nil {
		h.t.Fatal(err)
	}
	defer j.Close()
	events := j.Events()
	return runbook.Fold(h.book, events, events[len(events)-1].Time)
}

// walk carries all steps out.
func (h *hand) walk() {
	for i, p := range h.book.Phases {
		if i > 0 {
			h.expectGate(p, false)
			h.phase(h.book.Phases[i-1])
			h.freshen(p)
			h.expectGate(p, true)
		}
	}
	h.phase(h.book.Phases[len(h.book.Phases)-1])
	for _, p := range h.book.Phases {
		if s := h.progress().Phases[p.ID]; !s.Complete {
			h.t.Errorf("%s is not complete: %d of %d, %v", p.ID, s.Done, s.Total, s.Remaining)
		}
	}
}

func (h *hand) expectGate(p *runbook.Phase, open bool) {
	h.t.Helper()
	if len(h.events()) == 0 && !open {
		return // nothing was recorded: all but the first are closed
	}
	if s := h.progress().Phases[p.ID]; s.Open != open {
		h.t.Fatalf("the gate of %s: open %v, want %v; in its way: %v\n%s", p.ID, s.Open, open, s.Blockers, h.term.Screen())
	}
}

// events are the journal's lines.
func (h *hand) events() []string {
	text, _ := os.ReadFile(h.path("contoso.journal"))
	return slices.DeleteFunc(strings.Split(string(text), "\n"), func(s string) bool { return s == "" })
}

func (h *hand) phase(p *runbook.Phase) {
	for _, t := range p.Tasks {
		h.task(t)
	}
}

// task does all of a task.
func (h *hand) task(t *runbook.Task) {
	h.goTo(t)
	for _, a := range t.Asks {
		h.fill(t, a)
	}
	h.check(t, true)
	h.term.Type(" ")
	if t.Confirm != "" {
		h.term.WaitText("to confirm")
		h.term.Type(t.Confirm)
		h.term.Press("ctrl+s")
	}
	h.said("carried out")
	if t.Wait > 0 {
		h.term.Type(" ")
		h.said("is over")
	}
	h.check(t, false)
}

// said waits for what the wizard answers to an act, in the line for it.
func (h *hand) said(text string) {
	h.t.Helper()
	h.term.Wait("answer "+text, func(s string) bool { return strings.Contains(answer(s), text) })
}

// answer is the line in which the wizard answers, or says what comes next.
func answer(screen string) string {
	lines := strings.Split(strings.TrimRight(screen, "\n"), "\n")
	return lines[max(len(lines)-2, 0)]
}

// check runs and answers the checks of a task that belong before its work, or
// after.
func (h *hand) check(t *runbook.Task, before bool) {
	run, ask := 0, 0
	for _, c := range t.Checks {
		switch {
		case c.Kind != "attest":
			if c.Before == before || !before {
				run++
			}
		case c.Before == before:
			ask++
		}
	}
	seen := len(h.events())
	if run > 0 {
		h.term.Type("r")
		h.said(" pass")
	}
	for _, line := range h.events()[seen:] {
		ask += strings.Count(line, `"verdict":"warn"`)
	}
	for range ask {
		h.term.Type("a")
		const nothing = "Nothing here is to be attested" // a warning that was read before the work does not block after it
		h.term.Wait("a question", func(s string) bool {
			return strings.Contains(s, "Attest: ") || strings.Contains(s, "Warning: ") || strings.Contains(answer(s), nothing)
		})
		if strings.Contains(answer(h.term.Screen()), nothing) {
			return
		}
		if strings.Contains(h.term.Screen(), "Attest: ") {
			h.term.Type("y")
			h.term.Press("ctrl+s")
			h.said("Attested: ")
			continue
		}
		h.term.Press("ctrl+s")
		h.said("the warning was read")
	}
}

// fill types a value.
func (h *hand) fill(t *runbook.Task, a runbook.Ask) {
	if slices.ContainsFunc(h.events(), func(s string) bool { return strings.Contains(s, fmt.Sprintf(`"key":%q`, a.Key)) }) {
		return // it is known from another task
	}
	h.term.Type("i")
	if script.ForTask(t) {
		h.term.WaitText("Take in: ")
		h.term.Type("v")
	}
	h.term.WaitText("Fill in a value")
	h.term.Press("ctrl+u")
	h.term.Type(h.value(t, a))
	h.term.Press("ctrl+s")
	h.said("Recorded: " + a.Key)
}

// value is what an engineer would have looked up.
func (h *hand) value(t *runbook.Task, a runbook.Ask) string {
	switch a.Name {
	case "database.name":
		return "DB-" + strings.ToUpper(t.Target)
	case "legacy.address":
		return "10.0.0.20"
	case "switch.primary-old", "switch.autodiscover-old":
		if h.book.Source == "mixed" {
			return "10.0.0.21" // the newer of the old servers answers for both
		}
		return "10.0.0.20"
	}
	return a.Example
}

// goTo selects a task by a filter, as far as that goes, and by the arrow from
// there.
func (h *hand) goTo(t *runbook.Task) {
	words := strings.ToLower(t.Name + " " + t.Label)
	rows, at := 0, -1
	for _, p := range h.book.Phases {
		first := true
		for _, o := range p.Tasks {
			hay := strings.ToLower(o.Title + " " + o.Label + " " + o.Name + " " + o.Site)
			if slices.ContainsFunc(strings.Fields(words), func(w string) bool { return !strings.Contains(hay, w) }) {
				continue
			}
			if first {
				rows, first = rows+1, false
			}
			if o == t {
				at = rows
			}
			rows++
		}
	}
	if at < 0 {
		h.t.Fatalf("the filter %q does not find %s", words, t.ID)
	}
	h.term.Type("/")
	h.term.Press("ctrl+u")
	h.term.Type(words)
	h.term.Press("enter", "home")
	for range at {
		h.term.Press("down")
	}
	h.term.Wait("selection of "+t.ID, func(s string) bool {
		return strings.Contains(s, "/ "+words) && strings.HasPrefix(answer(s), " . next ")
	})
}

// freshen runs again what became too old on the way to a gate.
func (h *hand) freshen(p *runbook.Phase) {
	for _, b := range h.progress().Phases[p.ID].Blockers {
		if c := h.book.Check(b.Check); c != nil && c.Kind != "attest" && b.Status == runbook.Stale {
			h.goTo(c.Task)
			h.term.Type("r")
			h.said(" pass")
		}
	}
}

// export writes the record with the wizard and has it checked.
func (h *hand) export() {
	h.term.Type("e")
	h.term.WaitText("Export preview")
	h.term.Type("w")
	h.term.Wait("the record", func(s string) bool { return strings.Contains(s, "Exported to") && strings.Contains(s, "esc close") })
	h.term.Type("q")
	h.term.WaitGone("esc close")
	h.term.Type("q")
	if code := h.term.WaitExit(); code != 0 {
		h.t.Errorf("exit code %d", code)
	}
	text, err := os.ReadFile(h.path("contoso-runbook.md"))
	if err != nil {
		h.t.Fatal(err)
	}
	head, _, _ := strings.Cut(string(text), "\n## ")
	if !strings.Contains(head, "REHEARSAL") || !strings.Contains(string(text), "A. Meyer") {
		h.t.Errorf("the head of the export:\n%s", head)
	}
	if out, err := program(h.dir, "export", "contoso.toml", "--check").CombinedOutput(); err != nil {
		h.t.Errorf("export --check: %v\n%s", err, out)
	}
}
