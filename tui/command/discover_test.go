package command

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"coexist/assets"
	"coexist/checks"
	"coexist/checks/inventory"
	"coexist/checks/lab"
	"coexist/runbook/discovery"
	"coexist/runbook/migration"
	"coexist/runbook/procedure"
	"coexist/runbook/rehearsal"
	"coexist/runbook/script"
	"coexist/tui/intake/answers"
)

// field is the sample organisation behind the commands.
type field struct {
	*lab.Organization
	dir   string
	typed string // at the keyboard
}

func newField(t *testing.T, source string) *field {
	t.Helper()
	lib, err := procedure.Load(assets.FS)
	if err != nil {
		t.Fatal(err)
	}
	m, err := migration.Parse("contoso.toml", migration.Sample(source), migration.Known{})
	if err != nil {
		t.Fatal(err)
	}
	o, err := lab.NewOrganization(rehearsal.Describe(m, lib.Releases, &rehearsal.Rehearsal{Seed: "s", Started: time.Now()}, time.Now))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { o.Close() })
	return &field{Organization: o, dir: t.TempDir()}
}

const fieldUser, fieldPassword = `CONTOSO\reader`, "rehearsal-Reader1"

// run carries out a command line; "PASSWORD" stands for the descriptor that
// holds the password.
func (f *field) run(t *testing.T, password string, args ...string) (out, talk string, err error) {
	t.Helper()
	for n, arg := range args {
		if arg == "PASSWORD" {
			args[n] = passwordFD(t, password)
		}
	}
	var stdout, stderr bytes.Buffer
	env := Environment{In: strings.NewReader(f.typed), Out: &stdout, Err: &stderr, Dir: f.dir, Now: time.Now, User: "meyer", Host: "jump", Assets: assets.FS,
		Getenv: func(name string) string { return map[string]string{"HTTPS_PROXY": "http://u:secret@proxy:8080"}[name] },
		Network: func(s checks.FieldSettings) (*checks.Env, error) {
			door := f.Env(checks.Inside)
			door.Logon, door.Directory = nil, s.Directory
			return door, nil
		}}
	err = Run(context.Background(), args, env)
	return stdout.String(), stderr.String(), err
}

func TestDiscoverProposesAndCompares(t *testing.T) {
	t.Parallel()
	f := newField(t, "mixed")
	out, talk, err := f.run(t, fieldPassword, "discover", "--dc", "dc1.contoso.com", "--user", fieldUser, "--password-fd", "PASSWORD", "--release", "2013 CU23",
		"--save", "found.json", "-o", "contoso.toml", "--reject", "site[Lyon].server[EX07-11]")
	if err != nil {
		t.Fatal(err, talk)
	}
	for _, want := range []string{
		"organization.source = mixed", "site[Redmond].server[EX10-01] = 2010 client-access, hub-transport, mailbox",
		"from serialNumber, msExchCurrentServerRoles, msExchServerSite of CN=EX10-01,CN=Servers,CN=Exchange", "namespace.legacy: By which new name", "namespace.primary = mail.contoso.com",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("the proposal lacks %q:\n%s", want, out)
		}
	}
	if strings.Contains(out+talk, "secret") || strings.Contains(out+talk, fieldPassword) {
		t.Error("a password is shown")
	}
	if !strings.Contains(talk, "HTTPS_PROXY") {
		t.Errorf("the proxy variable is not told: %s", talk)
	}
	f.draftHolds(t, "contoso.toml.draft", "EX10-11", "EX07-11")
	if _, _, err := f.run(t, fieldPassword, "discover", "--inventory", "found.json", "-o", "contoso.toml"); !errors.Is(err, os.ErrExist) {
		t.Errorf("a draft was overwritten: %v", err)
	}
	if err := os.WriteFile(filepath.Join(f.dir, "typed.toml"), migration.Sample("mixed"), 0o600); err != nil {
		t.Fatal(err)
	}
	out, talk, err = f.run(t, fieldPassword, "discover", "typed.toml", "--user", fieldUser, "--password-fd", "PASSWORD", "--json")
	var list []map[string]any
	if err != nil || json.Unmarshal([]byte(out), &list) != nil || !strings.Contains(out, "server.to_come") || !strings.Contains(out, "machine.proxy") {
		t.Errorf("compare: %v\n%s%s", err, out, talk)
	}
	f.unread(t, "found.json", "servers")
	typed := strings.Replace(string(migration.Sample("mixed")), `name = "EX10-11"`, `name = "EX10-99"`, 1)
	if err := os.WriteFile(filepath.Join(f.dir, "wrong.toml"), []byte(typed), 0o600); err != nil {
		t.Fatal(err)
	}
	out, _, err = f.run(t, fieldPassword, "discover", "wrong.toml", "--inventory", "found.json")
	if code := ExitCode(err, &bytes.Buffer{}); code != 1 || !strings.Contains(out, "EX10-99 was typed as Exchange 2010 and is not in the organisation") || !strings.Contains(out, "EX10-11 (Exchange 2010, Lyon) is there and was not typed") {
		t.Errorf("drift: exit %d\n%s", code, out)
	}
}

// unread proposes from an inventory in which a section could not be read.
func (f *field) unread(t *testing.T, name, section string) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(f.dir, name))
	if err != nil {
		t.Fatal(err)
	}
	var inv map[string]any
	if err := json.Unmarshal(data, &inv); err != nil {
		t.Fatal(err)
	}
	gaps, _ := inv["gaps"].([]any)
	inv["gaps"] = append(gaps, map[string]any{"section": section, "reason": "ldap.denied", "text": "may not be read"})
	if data, err = json.Marshal(inv); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(f.dir, "unread.json"), data, 0o600); err != nil {
		t.Fatal(err)
	}
	_, _, err = f.run(t, "", "discover", "--inventory", "unread.json", "-o", "unread.toml")
	if code := ExitCode(err, &bytes.Buffer{}); code != 1 {
		t.Errorf("a proposal without the servers ends with %d (%v), want 1", code, err)
	}
	if _, err := os.Stat(filepath.Join(f.dir, "unread.toml.draft")); err != nil {
		t.Errorf("the draft was not written: %v", err)
	}
}

func (f *field) draftHolds(t *testing.T, name, in, notIn string) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(f.dir, name))
	if err != nil {
		t.Fatal(err)
	}
	form := answers.New(migration.Known{}, nil, time.UTC)
	if err := form.Resume(data); err != nil {
		t.Fatal(err)
	}
	if text := string(migration.Format(form.Migration())); !strings.Contains(text, in) || strings.Contains(text, notIn) {
		t.Errorf("the draft should hold %s and not %s:\n%s", in, notIn, text)
	}
}

func TestDiscoverRefuses(t *testing.T) {
	t.Parallel()
	f := newField(t, "2010")
	for name, c := range map[string]struct {
		args []string
		code int
		says string
	}{
		"no account":     {[]string{"discover", "--dc", "dc1.contoso.com"}, 2, "--user"},
		"no controller":  {[]string{"discover", "--user", fieldUser, "--password-fd", "PASSWORD"}, 2, "--dc"},
		"no release":     {[]string{"discover", "--release", "2013 CU99", "--dc", "x"}, 2, "2013 CU23"},
		"wrong password": {[]string{"discover", "--dc", "dc1.contoso.com", "--user", fieldUser, "--password-fd", "PASSWORD"}, 1, "password is wrong"},
		"no such line":   {[]string{"discover", "--dc", "dc1.contoso.com", "--user", fieldUser, "--password-fd", "PASSWORD", "--reject", "site[Paris]"}, 2, "no line with this key"},
		"no file":        {[]string{"discover", "--inventory", "none.json", "--inherit", "A. Meyer"}, 2, "name its FILE"},
		"nobody":         {[]string{"discover", "typed.toml", "--inventory", "none.json", "--inherit", " "}, 2, "names the person"},
		"a draft of it":  {[]string{"discover", "typed.toml", "--inventory", "none.json", "-o", "new.toml"}, 2, "belongs to a proposal"},
		"roots of it":    {[]string{"discover", "typed.toml", "--inventory", "none.json", "--ca", "root.pem"}, 2, "the migration says it"},
		"two sources":    {[]string{"discover", "--dc", "dc1", "--inventory", "none.json"}, 2, "not read from the network"},
		"two errands":    {[]string{"discover", "--script", "x.ps1", "-o", "new.toml"}, 2, "only writes the script"},
		"script of FILE": {[]string{"discover", "typed.toml", "--script", "x.ps1"}, 2, "name no FILE"},
		"no script":      {[]string{"discover", "--inventory", "none.json", "--shell", "2007"}, 2, "belongs to --script"},
		"no inventory":   {[]string{"discover", "--inventory", "none.json"}, 2, "none.json"},
		"no shell":       {[]string{"discover", "--script", "x.ps1", "--shell", "2016"}, 2, "2007, 2010 or 2013"},
	} {
		password := fieldPassword
		if name == "wrong password" {
			password = "no"
		}
		_, _, err := f.run(t, password, c.args...)
		var said bytes.Buffer
		if code := ExitCode(err, &said); code != c.code || !strings.Contains(said.String(), c.says) {
			t.Errorf("%s: exit %d, %s", name, code, said.String())
		}
	}
}

// TestTheScriptGivesTheSameProposal writes the script, lets the laboratory's
// shell answer its questions, and takes the result back.
func TestTheScriptGivesTheSameProposal(t *testing.T) {
	t.Parallel()
	f := newField(t, "mixed")
	if _, _, err := f.run(t, "", "discover", "--script", "inventory.ps1", "--shell", "2010"); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(f.dir, "inventory.ps1"))
	if err != nil {
		t.Fatal(err)
	}
	f.answerScript(t, string(text), "2010", "result.json")
	shell, _, err := f.run(t, "", "discover", "--inventory", "result.json", "--json")
	if err != nil {
		t.Fatal(err)
	}
	ldap, talk, err := f.run(t, fieldPassword, "discover", "--dc", "dc1.contoso.com", "--user", fieldUser, "--password-fd", "PASSWORD", "--json")
	if err != nil {
		t.Fatal(err, talk)
	}
	a, b := valuesOf(t, shell), valuesOf(t, ldap)
	for key, want := range b {
		if a[key] != want {
			t.Errorf("%s: the script gives %q, LDAP %q", key, a[key], want)
		}
	}
	for key := range a {
		if _, ok := b[key]; !ok {
			t.Errorf("%s is proposed from the script alone", key)
		}
	}
	if len(b) < 20 {
		t.Errorf("only %d lines are compared", len(b))
	}
	changed := strings.Replace(string(text), "Get-ExchangeServer", "Get-ExchangeServer -Status", 1)
	f.answerScript(t, changed, "2010", "changed.json")
	if _, _, err := f.run(t, "", "discover", "--inventory", "changed.json"); err == nil || !strings.Contains(err.Error(), "changed before it ran") {
		t.Errorf("the result of a changed script was taken: %v", err)
	}
}

func valuesOf(t *testing.T, text string) map[string]string {
	t.Helper()
	var p discovery.Proposal
	if err := json.Unmarshal([]byte(text), &p); err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for _, l := range p.Lines {
		out[l.Key] = l.Value
	}
	return out
}

// answerScript saves what a script would have saved, with the hash of the part
// that reads as it stands in the script.
func (f *field) answerScript(t *testing.T, text, shell, name string) {
	t.Helper()
	r := script.Results{Format: 1, Nonce: between(t, text, "# nonce ", "\r\n"), Content: contentOf(t, text), Shell: shell, Computer: "EX10-01", Started: time.Now(), Ended: time.Now()}
	for _, q := range inventory.Questions(shell) {
		o := script.Observation{Kind: "check", ID: q.ID}
		rows, err := f.Read(t.Context(), "", q.Command, q.Properties)
		if err != nil {
			why := err.Error()
			o.Error = &why
		}
		o.Rows = rows
		r.Observations = append(r.Observations, o)
	}
	data, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(f.dir, name), data, 0o600); err != nil {
		t.Fatal(err)
	}
}

func between(t *testing.T, text, before, after string) string {
	t.Helper()
	_, rest, ok := strings.Cut(text, before)
	found, _, ok2 := strings.Cut(rest, after)
	if !ok || !ok2 {
		t.Fatalf("there is no %q", before)
	}
	return found
}

// contentOf hashes what stands between the script's marks, as the script does.
func contentOf(t *testing.T, text string) string {
	t.Helper()
	sum := sha256.Sum256([]byte(strings.ReplaceAll(between(t, text, "# reads from here\r\n", "# reads to here"), "\r", "")))
	return hex.EncodeToString(sum[:])
}

// TestResultsAreLabelled runs a probe and the checks of a step on a computer
// with a proxy variable.
func TestResultsAreLabelled(t *testing.T) {
	t.Parallel()
	f := newField(t, "2010")
	for _, args := range [][]string{
		{"probe", "tcp", "mail.contoso.com:443", "--json"},
		{"check", "contoso.toml", "--task", "prepare.ad-health", "--json", "--no-record"},
	} {
		if err := os.WriteFile(filepath.Join(f.dir, "contoso.toml"), migration.Sample("2010"), 0o600); err != nil {
			t.Fatal(err)
		}
		out, talk, _ := f.run(t, "", args...)
		var list []checks.Result
		if err := json.Unmarshal([]byte(out), &list); err != nil || len(list) == 0 {
			t.Fatalf("%v: %v\n%s%s", args, err, out, talk)
		}
		for _, r := range list {
			if !strings.Contains(r.Evidence["machine"], "HTTPS_PROXY=http://proxy:8080") || strings.Contains(out, "secret") {
				t.Errorf("%s: %s carries %v", args[0], r.ID, r.Evidence)
			}
		}
	}
	out, _, err := f.run(t, "", "probe", "machine", "mail.contoso.com")
	if ExitCode(err, &bytes.Buffer{}) != 1 || !strings.Contains(out, "look proxy") || !strings.Contains(out, "ok   portal") {
		t.Errorf("probe machine: %v\n%s", err, out)
	}
}

// TestInheritIsRecorded takes an upgrade over by the command.
func TestInheritIsRecorded(t *testing.T) {
	t.Parallel()
	f := newField(t, "2010")
	if err := os.WriteFile(filepath.Join(f.dir, "contoso.toml"), migration.Sample("2010"), 0o600); err != nil {
		t.Fatal(err)
	}
	out, talk, err := f.run(t, fieldPassword, "discover", "contoso.toml", "--user", fieldUser, "--password-fd", "PASSWORD", "--inherit", "A. Meyer")
	if err != nil || !strings.Contains(out, "Nothing of the upgrade is shown to be done already") || !strings.Contains(talk, "0 tasks recorded") {
		t.Errorf("an upgrade that has not begun: %v\n%s%s", err, out, talk)
	}
	out, _, err = f.run(t, fieldPassword, "discover", "contoso.toml", "--user", fieldUser, "--password-fd", "PASSWORD", "--inherit", "A. Meyer", "--json")
	if err != nil || strings.TrimSpace(out) != "[]" {
		t.Errorf("as JSON: %v\n%s", err, out)
	}
}

// TestLinesReadTheDirectory proposes, compares and takes over in lines, from an
// inventory that was saved.
func TestLinesReadTheDirectory(t *testing.T) {
	t.Parallel()
	f := newField(t, "2010")
	if _, talk, err := f.run(t, fieldPassword, "discover", "--dc", "dc1.contoso.com", "--user", fieldUser, "--password-fd", "PASSWORD", "--save", "found.json"); err != nil {
		t.Fatal(err, talk)
	}
	f.typed = "2\nfound.json\ntake\n.\nquit\n"
	out, _, err := f.run(t, "", "--plain")
	if err != nil || !strings.Contains(out, "[accepted] organization.name: Contoso. From cn of CN=Contoso") {
		t.Errorf("%v\n%s", err, out)
	}
	f.draftHolds(t, "contoso.toml.draft", "EX10-11", "EX07-11")

	f.prepare(t, "found.json", "prepared.json")
	typed := strings.Replace(string(migration.Sample("2010")), `name = "EX10-11"`, `name = "EX10-99"`, 1)
	if err := os.WriteFile(filepath.Join(f.dir, "contoso.toml"), []byte(typed), 0o600); err != nil {
		t.Fatal(err)
	}
	f.typed = "A. Meyer\ncompare\nprepared.json\ninherit\nprepared.json\n\nyes\ncompare\n\nquit\n"
	out, _, err = f.run(t, "", "--plain", "contoso.toml")
	for _, want := range []string{"EX10-99 was typed as Exchange 2010 and is not in the organisation", "Extend the schema for 2013 CU23, Contoso: the schema is at 15312", "Recorded: 1 task carried out before our time",
		"Not done: there is no terminal to ask for the password on"} {
		if err != nil || !strings.Contains(out, want) {
			t.Errorf("%v; %q is missing:\n%s", err, want, out)
		}
	}
	if journal, err := os.ReadFile(filepath.Join(f.dir, "contoso.journal")); err != nil || !strings.Contains(string(journal), `"task":"prepare.schema/org"`) {
		t.Errorf("not recorded: %v\n%s", err, journal)
	}
}

// prepare writes an inventory in which every controller has the schema of
// Exchange 2013 CU23.
func (f *field) prepare(t *testing.T, from, to string) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(f.dir, from))
	if err != nil {
		t.Fatal(err)
	}
	inv, err := inventory.Parse(data)
	if err != nil {
		t.Fatal(err)
	}
	for n := range inv.Controllers {
		inv.Controllers[n].Schema = 15312
	}
	data, err = inventory.Format(inv)
	if err := errors.Join(err, os.WriteFile(filepath.Join(f.dir, to), data, 0o600)); err != nil {
		t.Fatal(err)
	}
}
