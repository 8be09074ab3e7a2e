package command

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"testing/fstest"
	"time"
	"unicode/utf16"

	"coexist/checks"
	"coexist/checks/lab"
	"coexist/runbook"
	"coexist/runbook/migration"
	"coexist/runbook/procedure"
	"coexist/runbook/runbooktest"
)

// canary is a password that must never be found again.
const canary = `Kanarie%&\"'+ 7x✓`

// canaryForms are the ways in which it could stand in a file or on a screen.
func canaryForms() map[string][]byte {
	var le, be []byte
	for _, u := range utf16.Encode([]rune(canary)) {
		le, be = append(le, byte(u), byte(u>>8)), append(be, byte(u>>8), byte(u))
	}
	quoted, _ := json.Marshal(canary)
	forms := map[string][]byte{
		"plain": []byte(canary), "url": []byte(url.QueryEscape(canary)), "url path": []byte(url.PathEscape(canary)),
		"url, lower case": []byte(strings.ToLower(url.QueryEscape(canary))), "json": bytes.Trim(quoted, `"`), "go": []byte(strings.Trim(fmt.Sprintf("%q", canary), `"`)),
		"utf-16le": le, "utf-16be": be,
	}
	for name, raw := range map[string][]byte{"base64": []byte(canary), "base64 of utf-16le": le, "base64 of utf-16be": be} {
		for shift := range 3 { // wherever it begins in a longer text
			padded := append(make([]byte, shift), raw...)
			text := base64.RawStdEncoding.EncodeToString(padded)
			forms[fmt.Sprintf("%s, shifted by %d", name, shift)] = []byte(text[(shift*8+5)/6 : len(padded)*8/6])
		}
	}
	return forms
}

func noCanary(t *testing.T, what string, data []byte) {
	t.Helper()
	for name, form := range canaryForms() {
		if i := bytes.Index(data, form); i >= 0 {
			t.Errorf("%s holds the password (%s): …%q", what, name, data[max(0, i-80):min(len(data), i+40)])
		}
	}
}

// canaryWorld is an organisation whose servers take the canary, and some that
// send back what they were sent.
func canaryWorld(t *testing.T) *lab.Lab {
	t.Helper()
	names := []string{"mail.contoso.com", "autodiscover.contoso.com", "echo.contoso.com", "ex13.contoso.com"}
	at := netip.MustParseAddr
	l, err := lab.New(lab.Config{Forest: "contoso.com", Servers: []lab.Server{{Name: "EX13", FQDN: "ex13.contoso.com", Version: "2013", Build: "15.0.1497.48",
		Address: at("10.0.0.13"), Roles: []string{"client-access"}, Certificate: lab.Certificate{Names: names}}}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, n := range names {
		l.SetAddresses(checks.Inside, n, 300, at("10.0.0.13"))
	}
	l.SetAddresses(checks.Inside, "echo.contoso.com", 300, at("10.0.0.66"))
	must(l.AddServer(lab.Server{Name: "ECHO", Address: at("10.0.0.66"), Certificate: lab.Certificate{Names: names}, Web: lab.Serve(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		user, password, ok := r.BasicAuth()
		if !ok {
			w.Header().Set("WWW-Authenticate", `Basic realm="echo"`)
			w.WriteHeader(401)
			return
		}
		w.Header().Set("X-Echo", r.Header.Get("Authorization"))
		w.Header().Set("X-OWA-Version", password)
		w.WriteHeader(500)
		fmt.Fprintf(w, "<html>%s %s %s %s</html>", r.Header.Get("Authorization"), user, password, url.QueryEscape(password))
		for _, u := range utf16.Encode([]rune(password)) {
			w.Write([]byte{byte(u >> 8), byte(u)})
		}
	}))}))
	d, err := l.AddDirectory(4, []string{"contoso.com"}, lab.Controller{Name: "DC1", FQDN: "dc1.contoso.com", Site: "Redmond", Address: at("10.0.0.1"), Catalog: true})
	must(err)
	d.SetSchema(15312)
	d.SetOrganization("Contoso", 16133)
	d.PutServer(lab.ExchangeServer{Name: "EX13", FQDN: "ex13.contoso.com", Serial: "Version 15.0 (Build 31497.2)", Roles: 54, Site: "Redmond"})
	d.PutConnectionPoint("EX13", "https://autodiscover.contoso.com/Autodiscover/Autodiscover.xml")
	l.Publish(lab.Published{Primary: "mail.contoso.com"})
	l.SetMailbox(lab.Mailbox{Address: "probe13@contoso.com", User: `CONTOSO\probe13`, Password: canary, Version: "2013"})
	l.SetAccount(lab.Account{User: `CONTOSO\reader`, Password: canary}, checks.DirectoryAccount)
	l.SetAccount(lab.Account{User: `CONTOSO\wrong`, Password: "another"})
	_, err = l.ServeSMTP(netip.AddrPortFrom(at("10.0.0.13"), 25), lab.SMTP{FQDN: "mail.contoso.com", Version: "2013"})
	must(err)
	for port, serve := range map[uint16]func(netip.AddrPort, lab.MailService) (*lab.Recorder, error){993: l.ServeIMAP, 995: l.ServePOP} {
		_, err = serve(netip.AddrPortFrom(at("10.0.0.13"), port), lab.MailService{FQDN: "mail.contoso.com", Implicit: true, Cert: lab.Certificate{Names: names}})
		must(err)
	}
	_, err = l.ServeIMAP(netip.AddrPortFrom(at("10.0.0.66"), 993), lab.MailService{FQDN: "echo.contoso.com", Implicit: true, Cert: lab.Certificate{Names: names},
		Backend: "NO Server Unavailable: " + canary})
	must(err)
	return l
}

// canaryChecks are checks of every kind, those with an account also against
// servers that refuse it or send it back.
var canaryChecks = []struct{ name, kind, params string }{
	{"dns", "dns", `name = "mail.contoso.com"`},
	{"tcp", "tcp", `host = "mail.contoso.com", port = 443`},
	{"tls", "tls", `host = "mail.contoso.com"`},
	{"ews", "http", `url = "https://mail.contoso.com/EWS/Exchange.asmx", role = "ews", auth = "basic", account = "probe13@contoso.com"`},
	{"ews-ntlm", "http", `url = "https://mail.contoso.com/EWS/Exchange.asmx", role = "ews", auth = "ntlm", account = "probe13@contoso.com"`},
	{"echo", "http", `url = "https://echo.contoso.com/x", auth = "basic", account = "probe13@contoso.com"`},
	{"version", "version", `host = "mail.contoso.com"`},
	{"walk", "autodiscover", `mailbox = "probe13@contoso.com"`},
	{"pox-echo", "autodiscover", `mailbox = "probe13@contoso.com", mode = "pox", url = "https://echo.contoso.com/Autodiscover/Autodiscover.xml"`},
	{"form", "owaform", `host = "mail.contoso.com", mailbox = "probe13@contoso.com"`},
	{"rpc", "rpch", `host = "mail.contoso.com", mailbox = "probe13@contoso.com"`},
	{"smtp", "smtp", `host = "mail.contoso.com", starttls = true`},
	{"imap", "mailbox", `proto = "imap", host = "mail.contoso.com", account = "probe13@contoso.com"`},
	{"imap-echo", "mailbox", `proto = "imap", host = "echo.contoso.com", account = "probe13@contoso.com"`},
	{"pop", "mailbox", `proto = "pop", host = "mail.contoso.com", account = "probe13@contoso.com"`},
	{"pop-wrong", "mailbox", `proto = "pop", host = "mail.contoso.com", account = "wrong@contoso.com"`},
	{"servers", "ldap", `query = "servers"`},
	{"shell", "cmdlet", `command = "Get-Mailbox", properties = ["Name"]`},
	{"attest", "attest", `question = "Is it so?"`},
}

// canaryProcedure has them all in one task of the small procedure.
func canaryProcedure(t *testing.T) fs.FS {
	t.Helper()
	files, ok := runbooktest.Small(t, "../../runbook", "prepare.name", "prepare.port").(fstest.MapFS)
	if !ok {
		t.Fatal("the small procedure is no map of files")
	}
	const name = "tasks/names.toml"
	before, rest, _ := strings.Cut(string(files[name].Data), "[[task.check]]")
	var b strings.Builder
	b.WriteString(before)
	for _, c := range canaryChecks {
		shell := map[bool]string{true: "shell = \"2013\"\n"}[c.kind == "cmdlet"]
		side := map[bool]string{true: "vantage = \"any\"\n"}[strings.Contains(c.params, "echo.contoso.com")]
		fmt.Fprintf(&b, "[[task.check]]\nname = %q\ntitle = \"Look at %s\"\nkind = %q\ngate = \"soft\"\nparams = { %s }\nremedy = \"Mend it.\"\n%s%s", c.name, c.name, c.kind, c.params, shell, side)
	}
	b.WriteString(rest[strings.Index(rest, "[[task]]"):])
	files[name] = &fstest.MapFile{Data: []byte(b.String())}
	return files
}

// canaryMigration is the organisation that is searched.
func canaryMigration() *migration.Migration {
	return &migration.Migration{Format: 1,
		Organization: migration.Organization{Name: "Contoso", Source: "2010", Forest: "contoso.com", Domains: []string{"contoso.com"}, MailDomains: []string{"contoso.com"}, Internet: true},
		Target:       migration.Target{Release: "2013 CU23", Media: `D:\`},
		Namespace:    migration.Namespace{Primary: "mail.contoso.com", Autodiscover: "autodiscover.contoso.com"},
		Network:      migration.Network{Loopback: true, DomainControllers: []string{"dc1.contoso.com"}},
		Probes:       []migration.Probe{{Mailbox: "probe13@contoso.com", Username: `CONTOSO\probe13`, Version: "2013"}},
		Sites: []migration.Site{{Name: "Redmond", InternetFacing: true, Entry: "10.0.0.13", Servers: []migration.Server{
			{Name: "EX10", Version: "2010", Roles: []string{"client-access", "mailbox"}, Address: "10.0.0.10"},
			{Name: "EX13", Version: "2013", Roles: []string{"client-access", "mailbox"}, OS: "2012R2", Address: "10.0.0.13"}}}}}
}

// TestThePasswordIsNowhere runs checks of every kind with accounts, writes
// every kind of answer, and looks for the password in all of them.
func TestThePasswordIsNowhere(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "contoso.toml")
	if err := os.WriteFile(path, migration.Format(canaryMigration()), 0o600); err != nil {
		t.Fatal(err)
	}
	l, assets := canaryWorld(t), canaryProcedure(t)
	net := l.Env()
	net.Logons = checks.NewLogons("mail.contoso.com", "echo.contoso.com")
	net.Logon = func(_ context.Context, account string) (checks.Credential, error) {
		user := map[string]string{checks.DirectoryAccount: `CONTOSO\reader`, "wrong@contoso.com": `CONTOSO\wrong`}[account]
		if user == "" {
			user = `CONTOSO\probe13`
		}
		return checks.Credential{Username: user, Password: checks.NewSecret(canary)}, nil
	}
	evidence := runbook.EvidenceOf(path)
	var transcripts atomic.Int32 // checks end side by side
	net.Store = func(lines []string) (string, error) {
		transcripts.Add(1)
		return evidence.Keep([]byte(strings.Join(lines, "\n") + "\n"))
	}
	lib, err := procedure.Load(assets)
	if err != nil {
		t.Fatal(err)
	}
	s, err := runbook.Open(path, runbook.Options{Library: lib, Clock: time.Now, Operator: "A. Meyer", Host: "jump", Tool: "test",
		Run: func(ctx context.Context, list []checks.Check, each func(checks.Update)) []checks.Result {
			return checks.Run(ctx, net.Asked(ctx, list), list, each)
		}})
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, c := range canaryChecks {
		ids = append(ids, "prepare.name/org/"+c.name)
	}
	results, err := s.RunChecks(t.Context(), ids, nil)
	if err != nil {
		t.Fatal(err)
	}
	kinds, verdicts := map[string]bool{}, map[checks.Verdict]int{}
	for i, r := range results {
		kinds[r.Kind] = true
		verdicts[r.Verdict]++
		noCanary(t, canaryChecks[i].name, []byte(fmt.Sprintf("%+v", r)))
	}
	if len(kinds) != len(checks.Kinds()) || verdicts[checks.Pass] < 9 || verdicts[checks.Fail] < 3 || transcripts.Load() < 12 {
		for _, r := range results {
			t.Logf("%s %s %s %s", r.Verdict, r.ID, r.Reason, r.Summary)
		}
		t.Errorf("%d kinds, %v, %d transcripts: too little for a proof", len(kinds), verdicts, transcripts.Load())
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	accepted := 0
	for _, a := range l.Logons() {
		if a.OK {
			accepted++
		}
	}
	if accepted < 6 {
		t.Errorf("the password was accepted %d times only: it must have gone over the wire", accepted)
	}
	answers := canaryCommands(t, dir, assets, func(checks.FieldSettings) (*checks.Env, error) {
		e := l.Env()
		e.Logons.Allow("mail.contoso.com", "echo.contoso.com", "dc1.contoso.com")
		return e, nil
	})
	files := canaryFiles(t, dir)
	for _, name := range []string{"outside.json", "found.json", "found.toml.draft", "packet.zip"} {
		if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
			t.Errorf("not looked at: %v", err)
		}
	}
	if data, _ := os.ReadFile(filepath.Join(dir, "outside.json")); !bytes.Contains(data, []byte("http.status")) && !bytes.Contains(data, []byte("500")) {
		t.Error("the echo was not asked from outside")
	}
	if files < 12 || answers < 10 {
		t.Errorf("%d files and %d answers were looked at", files, answers)
	}
}

// canaryFiles looks at every file of a folder, and into packets.
func canaryFiles(t *testing.T, dir string) (files int) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		files++
		data, err := os.ReadFile(path)
		noCanary(t, strings.TrimPrefix(path, dir), data)
		if strings.HasSuffix(path, ".zip") {
			canaryPacket(t, path, data)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
	return files
}

func canaryPacket(t *testing.T, path string, data []byte) {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	for _, one := range z.File {
		r, err := one.Open()
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		noCanary(t, path+": "+one.Name, text)
	}
	if len(z.File) < 12 {
		t.Errorf("%d files are packed: too little for a proof", len(z.File))
	}
}

// canaryCommands gives every command that tells something of the run, and
// probes with the password, and looks at all they say.
func canaryCommands(t *testing.T, dir string, assets fs.FS, network func(checks.FieldSettings) (*checks.Env, error)) (answers int) {
	t.Helper()
	for _, args := range [][]string{
		{"status", "contoso.toml"}, {"status", "contoso.toml", "--json"}, {"export", "contoso.toml"}, {"export", "contoso.toml", "--format", "json"},
		{"export", "contoso.toml", "--profile", "engineer", "-o", "engineer.md"}, {"export", "contoso.toml", "--redact", "-o", "redacted.md"},
		{"journal", "verify", "contoso.toml"}, {"check", "contoso.toml", "--no-record"}, {"check", "contoso.toml", "--task", "nonsense"},
		{"check", "contoso.toml", "--operator", "A. Meyer", "--json"},
		{"check", "contoso.toml", "--from", "outside", "--out", "outside.json"},
		{"import", "contoso.toml", "outside.json", "--operator", "A. Meyer"},
		{"discover", "--dc", "dc1.contoso.com", "--user", `CONTOSO\reader`, "--save", "found.json", "-o", "found.toml", "--allow-loopback"},
		{"discover", "contoso.toml", "--user", `CONTOSO\reader`, "--json"},
		{"discover", "contoso.toml", "--user", `CONTOSO\wrong`},
		{"handover", "contoso.toml", "-o", "packet.zip", "--operator", "A. Meyer"}, {"handover", "packet.zip", "--json"},
		{"probe", "imap", "mail.contoso.com", "--user", `CONTOSO\probe13`, "--transcript", "--allow-loopback"},
		{"probe", "pop", "mail.contoso.com", "--user", `CONTOSO\wrong`, "--transcript", "--json", "--allow-loopback"},
		{"probe", "imap", "echo.contoso.com", "--user", `CONTOSO\probe13`, "--transcript", "--allow-loopback"},
		{"probe", "http", "https://echo.contoso.com/x", "--user", `CONTOSO\probe13`, "--transcript", "--allow-loopback"},
		{"probe", "ldap", "dc1.contoso.com", "--query", "servers", "--user", `CONTOSO\reader`, "--transcript", "--allow-loopback"},
		{"probe", "autodiscover", "probe13@contoso.com", "--user", `CONTOSO\probe13`, "--transcript", "--json", "--allow-loopback"},
	} {
		var out, problems bytes.Buffer
		env := Environment{In: strings.NewReader(""), Out: &out, Err: &problems, Dir: dir, Getenv: func(string) string { return "" }, Now: time.Now,
			User: "A. Meyer", Host: "jump", Assets: assets, Network: network}
		if args[0] == "probe" || args[0] == "discover" || args[0] == "check" && len(args) > 3 && args[2] != "--task" {
			env.In = strings.NewReader(canary + "\n")
			args = append(args, "--password-fd", "0")
		}
		ExitCode(Run(t.Context(), args, env), &problems)
		answers++
		name := strings.Join(args[:2], " ")
		if out.Len()+problems.Len() == 0 && args[0] != "export" {
			t.Errorf("%s says nothing", name)
		}
		noCanary(t, name+" (answer)", out.Bytes())
		noCanary(t, name+" (errors)", problems.Bytes())
		if strings.Contains(problems.String(), "unknown command") || strings.Contains(problems.String(), "unknown flag") {
			t.Errorf("%s: %s", name, problems.String())
		}
	}
	return answers
}
