package target

import (
	"strings"
	"testing"

	"coexist/checks"
)

func TestChecks(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		kind, target string
		options      Options
		want         string // kind and decisive parameters
		why          string // part of the refusal
	}{
		{kind: "dns", target: "mail.contoso.com", want: "dns name=mail.contoso.com type=A"},
		{kind: "dns", target: "contoso.com", options: Options{Types: []string{"mx"}}, want: "dns name=contoso.com type=MX"},
		{kind: "tcp", target: "mail.contoso.com:443", want: "tcp host=mail.contoso.com port=443"},
		{kind: "tcp", target: "mail.contoso.com", why: "names no port"},
		{kind: "tcp", target: "mail.contoso.com:https", why: "not a number"},
		{kind: "tcp", target: "mail.contoso.com:70000", why: "1 to 65535"},
		{kind: "tls", target: "mail.contoso.com", want: "tls host=mail.contoso.com port=443"},
		{kind: "tls", target: "mail.contoso.com", options: Options{StartTLS: "smtp"}, want: "tls host=mail.contoso.com port=25"},
		{kind: "tls", target: "mail.contoso.com", options: Options{StartTLS: "ftp"}, why: "--starttls"},
		{kind: "http", target: "https://mail.contoso.com/owa/", options: Options{Role: "owa"}, want: "http url=https://mail.contoso.com/owa/"},
		{kind: "http", target: "mail.contoso.com", why: "is no URL"},
		{kind: "http", target: "https://user:pw@mail.contoso.com/", why: "without a user name"},
		{kind: "autodiscover", target: "a@contoso.com", want: "autodiscover mailbox=a@contoso.com"},
		{kind: "autodiscover", target: "contoso.com", why: "mail address"},
		{kind: "owaform", target: "mail.contoso.com", why: "--user"},
		{kind: "owaform", target: "mail.contoso.com", options: Options{Account: `CONTOSO\a`}, want: `owaform mailbox=CONTOSO\a`},
		{kind: "rpch", target: "mail.contoso.com", options: Options{Account: `CONTOSO\a`}, want: `rpch mailbox=CONTOSO\a`},
		{kind: "owaform", target: "mail.contoso.com", options: Options{Account: `CONTOSO\a\b`}, why: "is no user"},
		{kind: "ldap", target: "dc1.contoso.com", options: Options{Query: []string{"rootdse"}}, want: "ldap query=rootdse port=0"},
		{kind: "ldap", target: "dc1.contoso.com:3268", options: Options{Query: []string{"rootdse"}}, want: "ldap port=3268"},
		{kind: "ldap", target: "[2001:db8::1]:636", options: Options{Query: []string{"rootdse"}}, want: "ldap port=636"},
		{kind: "owaform", target: "mail.contoso.com:8443", options: Options{Account: "a@contoso.com"}, why: "port 443 alone"},
		{kind: "rpch", target: "mail.contoso.com:8443", why: "port 443 alone"},
		{kind: "rpch", target: "mail.contoso.com:443", want: "rpch host=mail.contoso.com"},
		{kind: "dns", target: "mail.contoso.com", options: Options{Role: "owa"}, why: "--role means nothing to kind dns: it is for http"},
		{kind: "http", target: "https://mail.contoso.com/owa/", options: Options{Names: []string{"legacy.contoso.com"}}, why: "--name means nothing"},
		{kind: "smtp", target: "mail.contoso.com", options: Options{Account: "a@contoso.com"}, why: "--user means nothing"},
		{kind: "tls", target: "mail.contoso.com", options: Options{OrgVersion: 16133}, why: "--release means nothing"},
		{kind: "tls", target: "mail.contoso.com", options: Options{Timeout: -1}, why: "--timeout"},
		{kind: "imap", target: "mail.contoso.com:993", want: "mailbox host=mail.contoso.com port=993"},
		{kind: "ldap", target: "dc1.contoso.com", options: Options{Query: []string{"schema"}, RangeUpper: 15312}, want: "ldap query=schema"},
		{kind: "gopher", target: "x", why: "unknown kind"},
		{kind: "tcp", target: "a b:1", why: "no target"},
		{kind: "tcp", target: "x:1\x1b[2J", why: "no target"},
		{kind: "tls", target: "mail.contoso.com", options: Options{IP: "mail"}, why: "--ip"},
	} {
		list, err := Checks(c.kind, c.target, c.options)
		if c.why != "" {
			if err == nil || !strings.Contains(err.Error(), c.why) {
				t.Errorf("%s %s: got %v, want a refusal that names %q", c.kind, c.target, err, c.why)
			}
			continue
		}
		if err != nil || len(list) != 1 {
			t.Errorf("%s %s: %v, %v", c.kind, c.target, list, err)
			continue
		}
		words := strings.Fields(c.want)
		if list[0].Kind != words[0] {
			t.Errorf("%s %s: kind %s", c.kind, c.target, list[0].Kind)
		}
		for _, w := range words[1:] {
			name, value, _ := strings.Cut(w, "=")
			got := list[0].Params.String(name)
			if name == "port" {
				if list[0].Params.Int("port", 0) != atoi(value) {
					t.Errorf("%s %s: port %v, want %s", c.kind, c.target, list[0].Params["port"], value)
				}
			} else if got != value {
				t.Errorf("%s %s: %s = %q, want %q", c.kind, c.target, name, got, value)
			}
		}
	}
}

func atoi(s string) int {
	n := 0
	for _, r := range s {
		n = n*10 + int(r-'0')
	}
	return n
}

func TestReleaseIsJudged(t *testing.T) {
	t.Parallel()
	list, err := Checks("ldap", "dc1.contoso.com", Options{Query: []string{"schema", "organization"}, RangeUpper: 15312, OrgVersion: 16133})
	if err != nil || len(list) != 2 {
		t.Fatalf("%v, %v", list, err)
	}
	for i, want := range []checks.Expectation{
		{Property: "range_upper", Op: "at_least", Value: "15312"}, {Property: "object_version", Op: "at_least", Value: "16133"},
	} {
		if len(list[i].Expect) != 1 || list[i].Expect[0].Property != want.Property || list[i].Expect[0].Value != want.Value {
			t.Errorf("%s: %+v, want %+v", list[i].ID, list[i].Expect, want)
		}
	}
}

func TestHosts(t *testing.T) {
	t.Parallel()
	for target, want := range map[string]string{
		"https://mail.contoso.com/ews": "mail.contoso.com", "a@contoso.com": "contoso.com autodiscover.contoso.com",
		"mail.contoso.com:993": "mail.contoso.com", "dc1.contoso.com": "dc1.contoso.com",
	} {
		if got := strings.Join(Hosts(target), " "); got != want {
			t.Errorf("%s: %s, want %s", target, got, want)
		}
	}
}
