package tui

import (
	"context"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"coexist/checks"
	"coexist/runbook"
	"coexist/runbook/migration"
	"coexist/runbook/script"
)

var update = flag.Bool("update", false, "write the golden frames anew")

// testClock is a clock that tests move.
type testClock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *testClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *testClock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// bench is the wizard on a real session, with a network that answers as told.
type bench struct {
	t       testing.TB
	m       *Model
	s       *runbook.Session
	path    string
	clock   *testClock
	mu      sync.Mutex
	results map[string]checks.Result // by a part of the check's id; pass where nothing else is said
	hold    chan struct{}            // when set, checks wait for it
	copied  []string
	scripts []script.Manifest     // that were written
	edit    func(*script.Results) // what else the shell answers
	kept    runbook.Evidence
}

func organization(sites int) *migration.Migration {
	m := &migration.Migration{
		Format: 1,
		Organization: migration.Organization{Name: "Contoso", Source: "2010", Forest: "contoso.com", Domains: []string{"contoso.com", "emea.contoso.com"},
			MailDomains: []string{"contoso.com"}, Internet: true},
		Target:    migration.Target{Release: "2013 CU23", Media: `D:\`},
		Namespace: migration.Namespace{Primary: "mail.contoso.com", Autodiscover: "autodiscover.contoso.com"},
		DAG:       &migration.DAG{Name: "DAG01", WitnessServer: "FS01", WitnessDirectory: `C:\DAG01`, Addresses: []string{"10.0.0.50"}},
	}
	if sites > 16 { // more members than a DAG takes
		m.DAG = nil
	}
	for i := range sites {
		name := "Redmond"
		if i > 0 {
			name = fmt.Sprintf("Lyon %d", i)
		}
		m.Sites = append(m.Sites, migration.Site{Name: name, InternetFacing: i == 0, Entry: fmt.Sprintf("10.%d.%d.80", i/250, i%250), Servers: []migration.Server{
			{Name: fmt.Sprintf("EX10-%02d", i+1), Version: "2010", Roles: []string{"client-access", "hub-transport", "mailbox"}, Address: fmt.Sprintf("10.%d.%d.10", i/250, i%250)},
			{Name: fmt.Sprintf("EX13-%02d", i+1), Version: "2013", Roles: []string{"client-access", "mailbox"}, OS: "2012R2"},
		}})
	}
	return m
}

func newBench(t testing.TB, sites, w, h int) *bench {
	t.Helper()
	return benchOf(t, organization(sites), w, h)
}

// benchOf opens the wizard on a migration.
func benchOf(t testing.TB, migrated *migration.Migration, w, h int) *bench {
	t.Helper()
	return benchWith(t, assetsOnDisk(), migrated, w, h)
}

// benchWith opens the wizard on a migration and the procedures of assets.
func benchWith(t testing.TB, assets fs.FS, migrated *migration.Migration, w, h int) *bench {
	t.Helper()
	b := &bench{t: t, kept: runbook.Evidence(t.TempDir()), path: filepath.Join(t.TempDir(), "contoso.toml"), results: map[string]checks.Result{},
		clock: &testClock{now: time.Date(2026, 11, 28, 22, 0, 0, 0, time.UTC)}}
	if err := os.WriteFile(b.path, migration.Format(migrated), 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := runbook.Open(b.path, runbook.Options{Assets: assets, Clock: b.clock.Now, Run: b.run, Operator: "A. Meyer", Host: "jump", Tool: "test"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	b.s = s
	b.m = newModel(t.Context(), Config{Session: s, Clock: b.clock.Now, Operator: "A. Meyer", Version: "test",
		Copy: func(text string) (string, error) { b.copied = append(b.copied, text); return "the clipboard", nil },
		Export: func(*runbook.Session) (string, []byte, error) {
			return "contoso-runbook.md", []byte("# Contoso\n\n- one\n"), nil
		},
		Preview: func(*runbook.Session) ([]byte, error) {
			return []byte("# Contoso\n\n- one\n\n```\nSetup.exe\n```\n"), nil
		},
		SaveScript: b.saveScript,
		ImportFile: func(s *runbook.Session, path string) (script.Outcome, error) {
			if len(b.scripts) == 0 {
				return script.Outcome{}, fmt.Errorf("%s: no such file", path)
			}
			last := b.scripts[len(b.scripts)-1]
			if path != last.ResultName() {
				return script.Outcome{}, fmt.Errorf("%s: no such file", path)
			}
			return script.Import(s, path, b.shellAnswers(last), b.kept.Keep)
		},
		ImportText: func(s *runbook.Session, data []byte) (script.Outcome, error) {
			return script.Import(s, "pasted text", data, b.kept.Keep)
		},
	}, s)
	b.m.after = func(time.Duration, func(time.Time) tea.Msg) tea.Cmd { return nil }
	b.m.watch = func(context.Context, engine) tea.Cmd { return nil }
	b.send(tea.WindowSizeMsg{Width: w, Height: h})
	return b
}

// run answers checks: in order, one after the other.
func (b *bench) run(ctx context.Context, list []checks.Check, each func(checks.Update)) []checks.Result {
	out := make([]checks.Result, len(list))
	for i, c := range list {
		each(checks.Update{Index: i})
		if b.hold != nil {
			select {
			case <-b.hold:
			case <-ctx.Done():
			}
		}
		r := checks.Result{Verdict: checks.Pass, Summary: "as expected", Rows: observed(c)}
		b.mu.Lock()
		for part, told := range b.results {
			if strings.Contains(c.ID, part) {
				r = told
			}
		}
		b.mu.Unlock()
		if ctx.Err() != nil {
			r = checks.Result{Verdict: checks.Unknown, Reason: "run.cancelled", Summary: "cancelled"}
		}
		r.Format, r.ID, r.Step, r.Task, r.Target, r.Kind = 1, c.ID, c.Step, c.Task, c.Target, c.Kind
		r.Source, r.Vantage, r.Attempts, r.MS, r.Started = checks.FromProbe, checks.Inside, 1, 41, b.clock.Now()
		out[i] = r
		each(checks.Update{Index: i, Done: true, Result: &out[i]})
	}
	return out
}

// send gives a message to the model and carries out the commands it answers
// with, until nothing is left. Waiting commands (clocks, other writers) are
// left alone.
func (b *bench) send(msgs ...tea.Msg) {
	for _, msg := range msgs {
		_, cmd := b.m.Update(msg)
		b.drain(cmd)
	}
}

func (b *bench) drain(cmd tea.Cmd) {
	if cmd == nil {
		return
	}
	type reply struct{ msg tea.Msg }
	replies := make(chan reply, 256)
	running := 0
	start := func(c tea.Cmd) {
		if c == nil {
			return
		}
		running++
		go func() { replies <- reply{c()} }()
	}
	start(cmd)
	for running > 0 {
		var r reply
		select {
		case r = <-replies:
		case <-time.After(20 * time.Second):
			b.t.Fatal("a command of the wizard does not end")
		}
		running--
		if batch, ok := r.msg.(tea.BatchMsg); ok {
			for _, c := range batch {
				start(c)
			}
			continue
		}
		if r.msg == nil {
			continue
		}
		if _, quits := r.msg.(tea.QuitMsg); quits {
			continue
		}
		_, next := b.m.Update(r.msg)
		start(next)
	}
}

// keys presses keys by their names; "=text" types a text.
func (b *bench) keys(names ...string) {
	for _, name := range names {
		if text, ok := strings.CutPrefix(name, "="); ok {
			for _, r := range text {
				b.send(tea.KeyPressMsg{Code: r, Text: string(r)})
			}
			continue
		}
		b.send(press(name))
	}
}

func press(name string) tea.KeyPressMsg {
	special := map[string]rune{"enter": tea.KeyEnter, "esc": tea.KeyEscape, "tab": tea.KeyTab, "up": tea.KeyUp, "down": tea.KeyDown, "left": tea.KeyLeft,
		"right": tea.KeyRight, "pgup": tea.KeyPgUp, "pgdown": tea.KeyPgDown, "home": tea.KeyHome, "end": tea.KeyEnd, "backspace": tea.KeyBackspace}
	if name == "shift+tab" {
		return tea.KeyPressMsg{Code: tea.KeyTab, Mod: tea.ModShift}
	}
	if name == "space" {
		return tea.KeyPressMsg{Code: tea.KeySpace, Text: " "}
	}
	if r, ok := special[name]; ok {
		return tea.KeyPressMsg{Code: r}
	}
	if k, ok := strings.CutPrefix(name, "ctrl+"); ok {
		return tea.KeyPressMsg{Code: rune(k[0]), Mod: tea.ModCtrl}
	}
	return tea.KeyPressMsg{Code: []rune(name)[0], Text: name}
}

// screen returns the frame as plain text.
func (b *bench) screen() string {
	v := b.m.View()
	lines := strings.Split(ansi.Strip(v.Content), "\n")
	for i := range lines {
		lines[i] = strings.TrimRight(lines[i], " ")
	}
	return strings.Join(lines, "\n") + "\n"
}

// see fails unless every text is on the screen.
func (b *bench) see(texts ...string) {
	b.t.Helper()
	s := b.screen()
	for _, t := range texts {
		if !strings.Contains(s, t) {
			b.t.Fatalf("%q is not on the screen:\n%s", t, s)
		}
	}
}

func (b *bench) unseen(texts ...string) {
	b.t.Helper()
	s := b.screen()
	for _, t := range texts {
		if strings.Contains(s, t) {
			b.t.Fatalf("%q is on the screen:\n%s", t, s)
		}
	}
}

// golden compares the screen with testdata/NAME.golden.
func (b *bench) golden(name string) {
	b.t.Helper()
	path := filepath.Join("testdata", "golden", name+".txt")
	got := b.screen()
	if *update {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			b.t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			b.t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		b.t.Fatal(err)
	}
	if got != string(want) {
		b.t.Errorf("%s differs from its golden frame (go test ./tui -update writes it anew). got:\n%s\nwant:\n%s", name, got, want)
	}
}

func (b *bench) answer(part string, r checks.Result) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.results[part] = r
}

// must fails the test on an error of a session's act.
func (b *bench) must(err error) {
	b.t.Helper()
	if err != nil {
		b.t.Fatal(err)
	}
}

// reload takes the session's state into the model.
func (b *bench) reload() { b.send(snapMsg{b.s.Snapshot()}) }

// carryOut does a task with everything it needs.
func (b *bench) carryOut(id string) {
	b.t.Helper()
	snap := b.s.Snapshot()
	t := snap.Runbook.Task(id)
	if t == nil {
		b.t.Fatalf("there is no task %s", id)
	}
	for _, a := range t.Asks {
		b.must(b.s.SetValue(a.Key, "0123456789ABCDEF0123456789ABCDEF01234567"))
	}
	for _, c := range t.Captures {
		b.must(b.s.SetValue(c.Key, "https://old.contoso.com/x"))
	}
	b.check(t, true)
	b.must(b.s.MarkDone(id, t.Confirm))
	b.clock.pass(t.Wait + time.Minute)
	b.check(t, false)
	if t.Wait > 0 && b.s.Snapshot().Progress.Tasks[id].Status == runbook.Waiting {
		b.must(b.s.MarkDone(id, ""))
	}
}

func (b *bench) check(t *runbook.Task, before bool) {
	b.t.Helper()
	for _, c := range t.Checks {
		if c.Before != before {
			continue
		}
		if c.Kind == "attest" {
			b.must(b.s.Attest(c.ID, runbook.Attestation{Answer: "yes", Name: "A. Meyer"}))
			continue
		}
		_, err := b.s.RunChecks(b.t.Context(), []string{c.ID}, nil)
		b.must(err)
	}
}

// phase carries out all required tasks of a phase.
func (b *bench) phase(id string) {
	b.t.Helper()
	for _, t := range b.s.Snapshot().Runbook.Phase(id).Tasks {
		if !t.Optional {
			b.carryOut(t.ID)
		}
	}
	b.reload()
}

var attestation = runbook.Attestation{Answer: "yes", Name: "A. Meyer"}

// observed is what a healthy organisation would show a check.
func observed(c checks.Check) []checks.Row {
	switch {
	case c.Kind == "dns" && len(c.Expect) > 0 && len(c.Expect[0].Values) > 0:
		return []checks.Row{{"name": {c.Params.String("name")}, "type": {"A"}, "value": {c.Expect[0].Values[0]}}}
	case c.Kind == "ldap" && c.Params.String("query") == "servers":
		name, row := c.Params.String("server"), checks.Row{"version": {"2010"}, "build": {"14.3.513.0"}}
		if strings.HasPrefix(name, "EX13") {
			row = checks.Row{"version": {"2013"}, "build": {"15.0.1497.2"}}
		}
		row["name"] = []string{name}
		return []checks.Row{row}
	}
	return nil
}

func assetsOnDisk() fs.FS { return os.DirFS("testdata/assets") }
