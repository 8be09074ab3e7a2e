package lab_test

import (
	"encoding/base64"
	"encoding/json"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"unicode/utf16"

	"coexist/checks"
	"coexist/checks/lab"
)

func mailLab(t *testing.T) *lab.Lab {
	t.Helper()
	l, err := lab.New(lab.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	l.SetAddresses(checks.Inside, "mail.contoso.com", 300, addr("10.0.0.25"))
	l.SetAddresses(checks.Outside, "mail.contoso.com", 300, addr("203.0.113.25"))
	l.Forward(addr("203.0.113.25"), addr("10.0.0.25"))
	return l
}

func at(port uint16) netip.AddrPort { return netip.AddrPortFrom(addr("10.0.0.25"), port) }

func smtpCheck(extra ...any) checks.Check {
	p := checks.Params{"host": "mail.contoso.com"}
	for i := 0; i+1 < len(extra); i += 2 {
		p[extra[i].(string)] = extra[i+1]
	}
	return checks.Check{ID: "smtp", Kind: "smtp", Params: p}
}

func TestSMTP(t *testing.T) {
	t.Parallel()
	relay := []any{"relay_from", "outsider@example.net", "relay_to", "stranger@example.org"}
	control := append([]any{"relay_control", "info@contoso.com"}, relay...)
	must := []any{"starttls", true}
	contoso := []string{"contoso.com"}
	for name, c := range map[string]struct {
		spec     lab.SMTP
		params   []any
		outside  bool
		verdict  checks.Verdict
		reason   string
		property string
		want     string
	}{
		"healthy":             {lab.SMTP{Version: "2013"}, must, false, checks.Pass, "", "starttls", "works"},
		"no tls, not asked":   {lab.SMTP{Features: []string{"SIZE"}}, nil, false, checks.Pass, "", "starttls", "none"},
		"no tls, asked":       {lab.SMTP{Features: []string{"SIZE"}}, must, false, checks.Fail, "starttls.not_offered", "starttls", "none"},
		"454 on starttls":     {lab.SMTP{Version: "2010", NoTLS: true}, must, false, checks.Fail, "starttls.refused", "starttls", "offered"},
		"454, not asked":      {lab.SMTP{Version: "2010", NoTLS: true}, nil, false, checks.Warn, "starttls.refused", "starttls", "offered"},
		"relay refused":       {lab.SMTP{Version: "2013", Domains: contoso}, relay, false, checks.Pass, "", "relay", "refused"},
		"refused, controlled": {lab.SMTP{Version: "2013", Domains: contoso}, control, false, checks.Pass, "", "relay", "refused"},
		"refuses all":         {lab.SMTP{Version: "2013"}, control, false, checks.Unknown, "smtp.relay_undecided", "relay", "untested"},
		"open outside":        {lab.SMTP{Version: "2013", Relay: true}, relay, true, checks.Fail, "smtp.relay_open", "relay", "accepted"},
		"takes everything":    {lab.SMTP{Banner: "220 gateway ESMTP", Features: []string{"SIZE"}, Relay: true}, relay, true, checks.Warn, "smtp.relay_unproven", "relay", "accepted"},
		"open, no Exchange":   {lab.SMTP{Banner: "220 relay ESMTP", Features: []string{"SIZE"}, Domains: []string{"example.org"}}, relay, true, checks.Fail, "smtp.relay_open", "relay", "accepted"},
		"refuses all senders": {lab.SMTP{Version: "2013", Answer: map[string]string{"MAIL": "550 5.7.1 no"}}, control, false, checks.Unknown, "smtp.relay_undecided", "relay", "untested"},
		"logon before TLS":    {lab.SMTP{Features: []string{"AUTH NTLM LOGIN"}}, nil, false, checks.Warn, "smtp.clear_logon", "", ""},
		"the same outside":    {lab.SMTP{Features: []string{"AUTH=LOGIN"}}, nil, true, checks.Fail, "smtp.clear_logon", "", ""},
		"open inside":         {lab.SMTP{Version: "2013", Relay: true}, relay, false, checks.Warn, "smtp.relay_local", "relay", "accepted"},
		"relay despite 454":   {lab.SMTP{Version: "2010", NoTLS: true, Domains: contoso}, relay, false, checks.Warn, "starttls.refused", "relay", "refused"},
		"reserved domain":     {lab.SMTP{Version: "2013", Answer: map[string]string{"RCPT": "501 5.1.3 Invalid address"}}, relay, false, checks.Unknown, "smtp.relay_undecided", "relay", "untested"},
		"greylisted":          {lab.SMTP{Version: "2013", Answer: map[string]string{"RCPT": "451 4.7.0 Try later"}}, relay, true, checks.Unknown, "smtp.relay_undecided", "relay", "untested"},
		"must authenticate":   {lab.SMTP{Version: "2013", Answer: map[string]string{"MAIL": "530 5.7.1 Client was not authenticated"}}, relay, false, checks.Pass, "", "relay", "refused"},
		"dies after rcpt":     {lab.SMTP{Version: "2013", Relay: true, Answer: map[string]string{"RSET": "close"}}, relay, true, checks.Fail, "smtp.relay_open", "relay", "accepted"},
		"dies at rcpt":        {lab.SMTP{Version: "2013", Answer: map[string]string{"RCPT": "close"}}, relay, true, checks.Unknown, "smtp.relay_undecided", "relay", "untested"},
		"component offline":   {lab.SMTP{Banner: "421 4.3.2 Service not active"}, nil, false, checks.Fail, "smtp.unavailable", "banner", "4.3.2 Service not active"},
		"no service":          {lab.SMTP{Banner: "554 No SMTP service here"}, nil, false, checks.Fail, "smtp.unavailable", "", ""},
		"only HELO":           {lab.SMTP{Answer: map[string]string{"EHLO": "502 5.5.1 what"}}, nil, false, checks.Warn, "smtp.no_ehlo", "features", ""},
		"fixup":               {lab.SMTP{Banner: "220 **************"}, nil, false, checks.Warn, "smtp.fixup", "", ""},
		"fixup of features":   {lab.SMTP{Features: []string{"XXXXXXXA"}}, nil, false, checks.Warn, "smtp.fixup", "starttls", "none"},
		"other service":       {lab.SMTP{Banner: "SSH-2.0-OpenSSH_9.9"}, nil, false, checks.Fail, "smtp.malformed", "", ""},
		"control characters":  {lab.SMTP{Banner: "220 \x1b[2J ready"}, nil, false, checks.Fail, "smtp.malformed", "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := mailLab(t)
			c.spec.FQDN = "mail.contoso.com"
			heard, err := l.ServeSMTP(at(25), c.spec)
			if err != nil {
				t.Fatal(err)
			}
			env := l.Env()
			if c.outside {
				env = l.EnvFrom(checks.Outside)
			}
			r := run(t, env, smtpCheck(c.params...))
			want(t, r, c.verdict, c.reason)
			if c.property != "" && column(r, c.property) != c.want {
				t.Errorf("%s = %q, want %q", c.property, column(r, c.property), c.want)
			}
			for _, line := range heard.Commands() {
				if verb, _, _ := strings.Cut(strings.ToUpper(line), " "); verb == "DATA" || verb == "BDAT" || verb == "AUTH" {
					t.Errorf("sent %s", line)
				}
			}
		})
	}
}

func TestMailboxServices(t *testing.T) {
	t.Parallel()
	trusted := lab.Certificate{Names: []string{"mail.contoso.com"}}
	const user = `CONTOSO\reader`
	for name, c := range map[string]struct {
		proto, tls string
		port       uint16
		spec       lab.MailService
		account    string
		password   string // what the engineer gave; empty: the right one
		verdict    checks.Verdict
		reason     string
		login      string
	}{
		"imap implicit":        {"imap", "", 993, lab.MailService{Implicit: true}, "", "", checks.Pass, "", "untested"},
		"imap starttls":        {"imap", "starttls", 143, lab.MailService{}, "", "", checks.Pass, "", "untested"},
		"imap no starttls":     {"imap", "starttls", 143, lab.MailService{NoTLS: true}, "", "", checks.Fail, "starttls.not_offered", "untested"},
		"imap plain logon":     {"imap", "starttls", 143, lab.MailService{Plain: true}, "", "", checks.Warn, "mailbox.plain_login", "untested"},
		"imap bye":             {"imap", "implicit", 993, lab.MailService{Implicit: true, Greeting: "* BYE Connection is closed. 14"}, "", "", checks.Fail, "mailbox.closed", "untested"},
		"imap is pop":          {"imap", "implicit", 993, lab.MailService{Implicit: true, Greeting: "+OK hello"}, "", "", checks.Fail, "mailbox.malformed", "untested"},
		"imap logon":           {"imap", "implicit", 993, lab.MailService{Implicit: true, Cert: trusted}, user, "", checks.Pass, "", "ok"},
		"imap logon starttls":  {"imap", "starttls", 143, lab.MailService{Cert: trusted}, user, "", checks.Pass, "", "ok"},
		"imap wrong":           {"imap", "implicit", 993, lab.MailService{Implicit: true, Cert: trusted}, user, "other", checks.Fail, "credentials.refused", "refused"},
		"imap untrusted":       {"imap", "implicit", 993, lab.MailService{Implicit: true}, user, "", checks.Unknown, "credentials.unsafe", "untested"},
		"imap without tls":     {"imap", "none", 143, lab.MailService{Plain: true, Cert: trusted}, user, "", checks.Unknown, "credentials.unsafe", "untested"},
		"imap back end away":   {"imap", "implicit", 993, lab.MailService{Implicit: true, Cert: trusted, Backend: "NO Server Unavailable. 15"}, user, "", checks.Fail, "mailbox.backend", "untested"},
		"imap mistakes it":     {"imap", "implicit", 993, lab.MailService{Implicit: true, Cert: trusted, Backend: "BAD Command Argument Error. 11"}, user, "", checks.Fail, "mailbox.login_disabled", "untested"},
		"pop back end away":    {"pop", "implicit", 995, lab.MailService{Implicit: true, Cert: trusted, Backend: "-ERR [SYS/TEMP] try later"}, user, "", checks.Fail, "mailbox.backend", "untested"},
		"pop implicit":         {"pop", "implicit", 995, lab.MailService{Implicit: true}, "", "", checks.Pass, "", "untested"},
		"pop starttls":         {"pop", "starttls", 110, lab.MailService{}, "", "", checks.Pass, "", "untested"},
		"pop plain logon":      {"pop", "none", 110, lab.MailService{Plain: true}, "", "", checks.Warn, "mailbox.plain_login", "untested"},
		"pop logon":            {"pop", "starttls", 110, lab.MailService{Cert: trusted}, user, "", checks.Pass, "", "ok"},
		"pop wrong":            {"pop", "implicit", 995, lab.MailService{Implicit: true, Cert: trusted}, user, "other", checks.Fail, "credentials.refused", "refused"},
		"pop untrusted":        {"pop", "starttls", 110, lab.MailService{}, user, "", checks.Unknown, "credentials.unsafe", "untested"},
		"pop refuses greeting": {"pop", "implicit", 995, lab.MailService{Implicit: true, Greeting: "-ERR not now"}, "", "", checks.Fail, "mailbox.closed", "untested"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := mailLab(t)
			c.spec.FQDN = "mail.contoso.com"
			serve := map[string]func(netip.AddrPort, lab.MailService) (*lab.Recorder, error){"imap": l.ServeIMAP, "pop": l.ServePOP}[c.proto]
			heard, err := serve(at(c.port), c.spec)
			if err != nil {
				t.Fatal(err)
			}
			l.SetAccount(lab.Account{User: user, Password: directoryPassword})
			env := l.Env()
			if c.password == "" {
				c.password = directoryPassword
			}
			env.Logon = fixed(checks.Credential{Username: user, Password: checks.NewSecret(c.password)})
			var kept []string
			env.Store = func(lines []string) (string, error) {
				kept = append(kept, lines...)
				return "x", nil
			}
			p := checks.Params{"proto": c.proto, "host": "mail.contoso.com"}
			if c.tls != "" {
				p["tls"] = c.tls
			}
			if c.account != "" {
				p["account"] = "probe@contoso.com"
			}
			r := run(t, env, checks.Check{ID: name, Kind: "mailbox", Params: p})
			want(t, r, c.verdict, c.reason)
			if got := column(r, "login"); got != c.login {
				t.Errorf("login %q, want %q", got, c.login)
			}
			for _, a := range l.Logons() {
				if a.Clear {
					t.Errorf("password in the clear: %+v", a)
				}
			}
			if c.reason == "credentials.unsafe" && len(l.Logons()) > 0 {
				t.Errorf("logged on: %v", l.Logons())
			}
			raw, _ := json.Marshal(r)
			if len(kept) == 0 || leaks(string(raw)+strings.Join(kept, "\n")) || strings.Contains(strings.Join(heard.Commands(), " "), "RETR") {
				t.Errorf("secret shown or mail read: %s", raw)
			}
		})
	}
}

// leaks tells whether the canary stands in a text in any usual form.
func leaks(text string) bool {
	var wide []byte
	for _, u := range utf16.Encode([]rune(directoryPassword)) {
		wide = append(wide, byte(u), byte(u>>8))
	}
	for _, form := range []string{
		directoryPassword, "Kanarie", url.QueryEscape(directoryPassword), string(wide), string(wide[:14]),
		base64.StdEncoding.EncodeToString([]byte(directoryPassword)), base64.StdEncoding.EncodeToString(wide),
	} {
		if strings.Contains(text, form) {
			return true
		}
	}
	return false
}
