package command

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"coexist/checks"
	"coexist/checks/lab"
	"coexist/runbook/migration"
	"coexist/runbook/runbooktest"
)

// place is a computer with the program, inside or outside of a laboratory.
type place struct {
	t        *testing.T
	env      Environment
	out, err bytes.Buffer
	settings []checks.FieldSettings // of the networks that were asked for
}

func newPlace(t *testing.T, l *lab.Lab, dir, user string) *place {
	p := &place{t: t}
	p.env = Environment{Out: &p.out, Err: &p.err, In: strings.NewReader(""), Dir: dir, Getenv: func(string) string { return "" }, Now: time.Now, User: user, Host: user + "-pc",
		Assets: runbooktest.Small(t, "../../runbook", "publish.name"), Network: func(s checks.FieldSettings) (*checks.Env, error) {
			p.settings = append(p.settings, s)
			side := s.Vantage
			if side == "" {
				side = checks.Inside
			}
			return l.EnvFrom(side), nil
		}}
	return p
}

// run carries out one command line and wants its exit code.
func (p *place) run(code int, args ...string) (out, said string) {
	p.t.Helper()
	p.out.Reset()
	p.err.Reset()
	if got := ExitCode(Run(p.t.Context(), args, p.env), &p.err); got != code {
		p.t.Fatalf("coexist %s: exit code %d, want %d\n%s%s", strings.Join(args, " "), got, code, p.out.String(), p.err.String())
	}
	return p.out.String(), p.err.String()
}

func twoPlaces(t *testing.T) (within, without *place) {
	t.Helper()
	l, err := lab.New(lab.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	public, private := netip.MustParseAddr("203.0.113.80"), netip.MustParseAddr("10.0.0.80")
	l.SetAddresses(checks.Outside, "mail.contoso.com", 300, public)
	l.SetAddresses(checks.Inside, "mail.contoso.com", 300, private)
	l.Forward(public, private)
	dirs := [2]string{t.TempDir(), t.TempDir()}
	for _, dir := range dirs {
		if err := os.WriteFile(filepath.Join(dir, "contoso.toml"), migration.Sample("2010"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return newPlace(t, l, dirs[0], "meyer"), newPlace(t, l, dirs[1], "outer")
}

func files(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, e := range entries {
		out = append(out, e.Name())
	}
	return out
}

// TestOutsideAndBack runs the checks on a computer outside that has the
// migration alone, and takes the file in where the journal is.
func TestOutsideAndBack(t *testing.T) {
	t.Parallel()
	within, without := twoPlaces(t)
	out, said := without.run(1, "check", "contoso.toml", "--from", "outside", "--out", "seen.json", "--json")
	var results []checks.Result
	if err := json.Unmarshal([]byte(out), &results); err != nil || len(results) != 3 {
		t.Fatalf("%d results, %v\n%s", len(results), err, out)
	}
	for _, want := range []string{"looking from outside: 3 checks, 2 left out", "left out: publish.name/org/server", "coexist import contoso.toml seen.json"} {
		if !strings.Contains(said, want) {
			t.Errorf("it did not say %q:\n%s", want, said)
		}
	}
	if got := strings.Join(files(t, without.env.Dir), " "); got != "contoso.toml seen.json" {
		t.Errorf("outside there are now %s", got)
	}
	if s := without.settings[0]; s.Vantage != checks.Outside || s.InternalResolver != "" || s.Proxy != "" || len(s.Directory.Controllers)+len(s.Directory.Forest) > 0 {
		t.Errorf("asked for the network %+v", s)
	}
	data, err := os.ReadFile(filepath.Join(without.env.Dir, "seen.json"))
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(data), "10.0.0.") {
		t.Errorf("the file holds an inside address:\n%s", data)
	}

	within.run(1, "check", "contoso.toml", "--task", "publish.name")
	if _, said := within.run(0, "import", "contoso.toml", filepath.Join(without.env.Dir, "seen.json")); !strings.Contains(said, "1 result and") || !strings.Contains(said, "later result") || !strings.Contains(said, "publish.address/org") {
		t.Errorf("the import said:\n%s", said)
	}
	if _, said := within.run(0, "import", "contoso.toml", filepath.Join(without.env.Dir, "seen.json")); !strings.Contains(said, "imported already") || !strings.Contains(said, "publish.address/org") {
		t.Errorf("the second import said:\n%s", said)
	}
	journal, err := os.ReadFile(filepath.Join(within.env.Dir, "contoso.journal"))
	if err != nil || strings.Count(string(journal), `"kind":"import"`) != 1 {
		t.Errorf("the journal has other than one import: %v\n%s", err, journal)
	}
}

// TestTheWizardsImportTakesBoth hands the import dialog's functions a file of a
// run outside.
func TestTheWizardsImportTakesBoth(t *testing.T) {
	t.Parallel()
	within, without := twoPlaces(t)
	without.run(1, "check", "contoso.toml", "--from", "outside", "--out", "seen.json", "--operator", "B. Outer")
	a := &app{Environment: within.env, operator: "A. Meyer"}
	s, err := a.open("contoso.toml")
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	path := filepath.Join(without.env.Dir, "seen.json")
	out, err := a.importFile(s, path)
	if err != nil || len(out.Results) != 2 || out.Results[0].Operator != "B. Outer" {
		t.Fatalf("%+v, %v", out, err)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.SetValue("publish.address/org", "203.0.113.80"); err != nil {
		t.Fatal(err)
	}
	if out, err := importText(s, data); err != nil || len(out.Results) != 1 {
		t.Errorf("pasted: %+v, %v", out, err)
	}
}

func TestOutsideRefuses(t *testing.T) {
	t.Parallel()
	_, without := twoPlaces(t)
	for name, c := range map[string]struct {
		args []string
		want string
	}{
		"no file":      {[]string{"--from", "outside"}, "--out"},
		"inside":       {[]string{"--out", "x.json"}, "--from outside"},
		"elsewhere":    {[]string{"--from", "above"}, "inside or outside"},
		"watch":        {[]string{"--from", "outside", "--out", "x.json", "--watch"}, "--watch"},
		"overwrite":    {[]string{"--from", "outside", "--out", "contoso.toml"}, "not overwritten"},
		"nothing here": {[]string{"--from", "outside", "--out", "x.json", "--task", "close.remove"}, "nothing here can be looked at from outside"},
	} {
		if _, said := without.run(2, append([]string{"check", "contoso.toml"}, c.args...)...); !strings.Contains(said, c.want) {
			t.Errorf("%s: %s", name, said)
		}
	}
	if got := strings.Join(files(t, without.env.Dir), " "); got != "contoso.toml" {
		t.Errorf("left: %s", got)
	}
}

func TestPasswordsOfSeveralAccounts(t *testing.T) {
	t.Parallel()
	two := &migration.Migration{Probes: []migration.Probe{{Mailbox: "a@contoso.com", Username: `CONTOSO\a`}, {Mailbox: "b@contoso.com", Username: `CONTOSO\b`}}}
	one := &migration.Migration{Probes: two.Probes[:1]}
	for name, c := range map[string]struct {
		m    *migration.Migration
		text string
		want map[string]string
		err  string
	}{
		"by mailbox and user":  {two, "a@contoso.com\tse cret\nCONTOSO\\B\tp\tw \r\n", map[string]string{`contoso\a`: "se cret", `contoso\b`: "p\tw "}, ""},
		"of one, alone":        {one, "secret\n", map[string]string{`contoso\a`: "secret"}, ""},
		"of one, without end":  {one, "secret", map[string]string{`contoso\a`: "secret"}, ""},
		"some of several":      {two, "b@contoso.com\tx\n", map[string]string{`contoso\b`: "x"}, ""},
		"by order is refused":  {two, "hunter2\nhunter3\n", nil, "line 1 has no tab"},
		"one line for two":     {two, "hunter2\n", nil, "line 1 has no tab"},
		"stranger":             {two, "c@contoso.com\thunter2\n", nil, "one of a@contoso.com, b@contoso.com"},
		"twice":                {two, "a@contoso.com\thunter2\nCONTOSO\\a\thunter2\n", nil, "second time"},
		"empty":                {two, "a@contoso.com\t\n", nil, "no password behind"},
		"nothing":              {two, "\n", nil, "nothing was given"},
		"no mailboxes at all":  {&migration.Migration{}, "hunter2\n", nil, "names no test mailbox"},
		"more than a password": {one, strings.Repeat("hunter2", 20000), nil, "more than"},
	} {
		a := &app{Environment: Environment{In: strings.NewReader(c.text), Err: io.Discard}}
		got, err := a.passwords(c.m, 0)
		if c.err != "" {
			if err == nil || !strings.Contains(err.Error(), c.err) || strings.Contains(err.Error(), "hunter") {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		if err != nil || len(got) != len(c.want) {
			t.Errorf("%s: %d passwords, %v", name, len(got), err)
		}
		for user, want := range c.want {
			cred, err := got.logon(t.Context(), strings.ToUpper(user))
			if err != nil || cred.Password.Reveal() != want {
				t.Errorf("%s: %s has %q, %v", name, user, cred.Password.Reveal(), err)
			}
		}
		if _, err := got.logon(t.Context(), "nobody"); err == nil {
			t.Errorf("%s: a password for nobody", name)
		}
	}
}

// TestAWatchLeavesOutWhatNeverGetsClean wants a watch to take up only what this
// computer can look at by itself.
func TestAWatchLeavesOutWhatNeverGetsClean(t *testing.T) {
	t.Parallel()
	within, _ := twoPlaces(t)
	a := &app{Environment: within.env, operator: "A. Meyer"}
	_, _, r, err := a.plan(a.path("contoso.toml"))
	if err != nil {
		t.Fatal(err)
	}
	ids, err := r.Select(1, "")
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(watchable(r, ids), " "); got != "publish.name/org/anywhere publish.name/org/server" {
		t.Errorf("watched: %s", got)
	}
	if _, said := within.run(2, "check", "contoso.toml", "--watch", "--task", "close.remove"); !strings.Contains(said, "by itself") {
		t.Errorf("nothing to watch: %s", said)
	}
}

// interrupter cancels when a text is written through it.
type interrupter struct {
	io.Writer
	at     string
	cancel func()
}

func (i interrupter) Write(p []byte) (int, error) {
	if bytes.Contains(p, []byte(i.at)) {
		i.cancel()
	}
	return i.Writer.Write(p)
}

// TestACancelledRunOutsideIsNoSuccess interrupts a run when its first check has
// ended: what was seen is kept, and the command fails.
func TestACancelledRunOutsideIsNoSuccess(t *testing.T) {
	t.Parallel()
	_, without := twoPlaces(t)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	without.env.Err = interrupter{&without.err, "1/3 ", cancel}
	err := Run(ctx, []string{"check", "contoso.toml", "--from", "outside", "--out", "seen.json"}, without.env)
	if ExitCode(err, io.Discard) != 1 || !strings.Contains(err.Error(), "cancelled") {
		t.Errorf("it ended with %v", err)
	}
	if _, err := os.Stat(filepath.Join(without.env.Dir, "seen.json")); err != nil {
		t.Errorf("what was seen is lost: %v", err)
	}
}

// TestNothingCheckedIsNoSuccess asks for the checks of a task that has none.
func TestNothingCheckedIsNoSuccess(t *testing.T) {
	t.Parallel()
	within, _ := twoPlaces(t)
	if _, said := within.run(2, "check", "contoso.toml", "--task", "close.remove"); !strings.Contains(said, "nothing was looked at") {
		t.Errorf("it said: %s", said)
	}
	if _, said := within.run(2, "check", "contoso.toml", "--watch", "--every", "0s"); !strings.Contains(said, "1s or more") {
		t.Errorf("it said: %s", said)
	}
}
