package checks_test

import (
	"encoding/base64"
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"coexist/checks"
	"coexist/checks/lab"
)

// TestPasswordReachesEveryServiceExactly sends awkward passwords to mailbox and
// directory services; those of the web stand in TestPasswordIsSentExactly.
func TestPasswordReachesEveryServiceExactly(t *testing.T) {
	t.Parallel()
	for _, password := range []string{` lead"ing'`, "ends with blank ", strings.Repeat("x", 127), `a:b\c%41+&=;{3}`, "größe", "p😀w✓", `"`, `%s%n`} {
		t.Run(fmt.Sprintf("%.12q", password), func(t *testing.T) {
			t.Parallel()
			for _, noTLS := range []bool{false, true} {
				s := newSite(t)
				if _, err := s.AddDirectory(4, []string{"contoso.com"}, lab.Controller{Name: "DC1", FQDN: "dc1.contoso.com", Site: "Basel", Address: at("10.0.0.1"), NoTLS: noTLS}); err != nil {
					t.Fatal(err)
				}
				s.SetAccount(lab.Account{User: `CONTOSO\reader`, Password: password})
				s.credential(`CONTOSO\reader`, password)
				want, reason := checks.Pass, ""
				if noTLS { // by NTLM
					want, reason = checks.Warn, "ldap.unsigned"
				}
				expectVerdict(t, "directory", s.run("ldap", checks.Params{"query": "sites"}), want, reason)
				for proto, serve := range map[string]func(netip.AddrPort, lab.MailService) (*lab.Recorder, error){"imap": s.ServeIMAP, "pop": s.ServePOP} {
					port := map[string]uint16{"imap": 993, "pop": 995}[proto]
					if _, err := serve(portOf("10.0.0.13", port), lab.MailService{FQDN: "mail.contoso.com", Implicit: true, Cert: lab.Certificate{Names: []string{"mail.contoso.com"}}}); err != nil {
						t.Fatal(err)
					}
					r := s.run("mailbox", checks.Params{"proto": proto, "host": "mail.contoso.com", "account": "probe13@contoso.com"})
					expectVerdict(t, proto, r, checks.Pass, "")
					expectValues(t, proto, r, "login", "ok")
				}
				if n := s.Refused(`CONTOSO\reader`); n != 0 {
					t.Errorf("%d tries were refused", n)
				}
				kept := strings.Join(s.kept, "\n")
				if len(password) > 2 && (strings.Contains(kept, password) || strings.Contains(kept, base64.StdEncoding.EncodeToString([]byte(password)))) {
					t.Error("the password stands in a transcript")
				}
			}
		})
	}
}

// TestMailAddressesAreJudgedBeforeAnyPacket gives Autodiscover what is no mail
// address of a mailbox.
func TestMailAddressesAreJudgedBeforeAnyPacket(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.env.Dial = nil
	for name, address := range map[string]string{
		"no at": "probe.contoso.com", "two at": "a@b@contoso.com", "quotes": `"a b"@contoso.com`, "500 characters": strings.Repeat("a", 488) + "@contoso.com",
		"markup": "<script>@contoso.com", "unicode": "größe@contoso.com", "trailing blank": "probe@contoso.com ", "line break": "probe@contoso.com\r\nX: y",
		"no domain": "probe@", "no user": "@contoso.com", "address literal": "probe@[10.0.0.1]", "control": "probe\x1b[2J@contoso.com",
	} {
		r := s.run("autodiscover", checks.Params{"mailbox": address, "mode": "pox"})
		expectVerdict(t, name, r, checks.Unknown, "value.invalid")
		if strings.ContainsAny(checks.Escape(r.Summary), "\x1b\r\n") {
			t.Errorf("%s: %q", name, r.Summary)
		}
	}
	// what a real address may hold is escaped in the request
	s = newSite(t)
	s.SetMailbox(lab.Mailbox{Address: "o'brien&co@contoso.com", User: probeUser + "13", Password: canaryInLab, Version: "2013"})
	s.credential(probeUser+"13", canaryInLab)
	expectVerdict(t, "apostrophe and ampersand", s.run("autodiscover", checks.Params{"mailbox": "o'brien&co@contoso.com", "mode": "pox"}), checks.Pass, "")
}

// TestOddOrganizations takes names from the directory as they stand there.
func TestOddOrganizations(t *testing.T) {
	t.Parallel()
	for _, name := range []string{`Contoso, "Ltd" + Söhne`, `a<b>;c=#d`, " leading blank", `back\slash`, "(*)&|", strings.Repeat("very long ", 800) + "x"} {
		s := newSite(t)
		d, err := s.AddDirectory(4, []string{"contoso.com"}, lab.Controller{Name: "DC1", FQDN: "dc1.contoso.com", Site: "Basel", Address: at("10.0.0.1")})
		if err != nil {
			t.Fatal(err)
		}
		s.SetAccount(lab.Account{User: `CONTOSO\reader`, Password: canaryInLab})
		s.credential(`CONTOSO\reader`, canaryInLab)
		d.SetOrganization(name, 16133)
		d.PutServer(lab.ExchangeServer{Name: "EX13", FQDN: "ex13.contoso.com", Serial: "Version 15.0 (Build 31497.2)", Roles: 54, Site: "Basel"})
		r := s.run("ldap", checks.Params{"query": "organization"})
		expectVerdict(t, name, r, checks.Pass, "")
		expectValues(t, name, r, "object_version", "16133")
		if got := values(r, "name"); len(name) < 100 && (len(got) != 1 || got[0] != name) {
			t.Errorf("%q became %q", name, got)
		}
		r = s.run("ldap", checks.Params{"query": "servers"})
		expectVerdict(t, name, r, checks.Pass, "")
		expectValues(t, name, r, "name", "EX13")
	}
}
