package lab

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"golang.org/x/net/dns/dnsmessage"

	"coexist/checks"
)

// TestNameServerAnswers asks a zone with a library's questions and reads what
// it answers with the library.
func TestNameServerAnswers(t *testing.T) {
	t.Parallel()
	l := &Lab{zones: map[checks.Vantage]*zone{checks.Inside: newZone()}}
	l.SetAddresses(checks.Inside, "mail.contoso.com", 300, netip.MustParseAddr("10.0.0.1"), netip.MustParseAddr("2001:db8::1"))
	l.SetAddresses(checks.Inside, "*.wild.contoso.com", 60, netip.MustParseAddr("10.0.0.2"))
	l.AddMX(checks.Inside, "contoso.com", 10, "mail.contoso.com")
	l.AddText(checks.Inside, "contoso.com", "v=spf1 mx -all")
	l.AddSRV(checks.Inside, "_ldap._tcp.contoso.com", checks.Record{Value: "dc1.contoso.com", Preference: 1, Weight: 100, Port: 389})
	for i := range 60 {
		l.AddText(checks.Inside, "long.contoso.com", fmt.Sprintf("%d %s", i, strings.Repeat("x", 100)))
	}
	for _, c := range []struct {
		name  string
		rtype dnsmessage.Type
		udp   bool
		want  string // flags, code and records in words
	}{
		{"MAIL.contoso.com.", dnsmessage.TypeA, true, "RCodeSuccess MAIL.contoso.com. 300 [10 0 0 1]"},
		{"mail.contoso.com.", dnsmessage.TypeAAAA, true, "RCodeSuccess mail.contoso.com. 300 [32 1 13 184 0 0 0 0 0 0 0 0 0 0 0 1]"},
		{"mail.contoso.com.", dnsmessage.TypeMX, true, "RCodeSuccess"},
		{"x.wild.contoso.com.", dnsmessage.TypeA, true, "RCodeSuccess x.wild.contoso.com. 60 [10 0 0 2]"},
		{"gone.contoso.com.", dnsmessage.TypeA, true, "RCodeNameError"},
		{"_tcp.contoso.com.", dnsmessage.TypeA, true, "RCodeSuccess"},
		{"contoso.com.", dnsmessage.TypeMX, true, "RCodeSuccess contoso.com. 3600 10 mail.contoso.com."},
		{"contoso.com.", dnsmessage.TypeTXT, true, "RCodeSuccess contoso.com. 3600 v=spf1 mx -all"},
		{"_ldap._tcp.contoso.com.", dnsmessage.TypeSRV, true, "RCodeSuccess _ldap._tcp.contoso.com. 600 1 100 389 dc1.contoso.com."},
		{"long.contoso.com.", dnsmessage.TypeTXT, true, "truncated RCodeSuccess"},
		{"long.contoso.com.", dnsmessage.TypeTXT, false, "RCodeSuccess 60 records"},
	} {
		q := dnsmessage.Message{Header: dnsmessage.Header{ID: 4711, RecursionDesired: true},
			Questions: []dnsmessage.Question{{Name: dnsmessage.MustNewName(c.name), Type: c.rtype, Class: dnsmessage.ClassINET}}}
		raw, err := q.Pack()
		if err != nil {
			t.Fatal(err)
		}
		var m dnsmessage.Message
		if err := m.Unpack(l.zones[checks.Inside].reply(raw, c.udp)); err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if !m.Response || m.ID != 4711 || !m.RecursionDesired || !m.RecursionAvailable || len(m.Questions) != 1 || m.Questions[0] != q.Questions[0] {
			t.Errorf("%s: %+v", c.name, m.Header)
		}
		if got := said(m); got != c.want {
			t.Errorf("%s %s: %q, want %q", c.name, c.rtype, got, c.want)
		}
		for cut := range raw {
			l.zones[checks.Inside].reply(raw[:cut], true) // no text makes it fall over
		}
	}
}

func said(m dnsmessage.Message) string {
	words := []string{m.RCode.String()}
	if m.Truncated {
		words = []string{"truncated", m.RCode.String()}
	}
	if len(m.Answers) > 5 {
		return fmt.Sprintf("%s %d records", strings.Join(words, " "), len(m.Answers))
	}
	for _, r := range m.Answers {
		words = append(words, r.Header.Name.String(), fmt.Sprint(r.Header.TTL))
		switch b := r.Body.(type) {
		case *dnsmessage.AResource:
			words = append(words, fmt.Sprint(b.A))
		case *dnsmessage.AAAAResource:
			words = append(words, fmt.Sprint(b.AAAA))
		case *dnsmessage.MXResource:
			words = append(words, fmt.Sprint(b.Pref), b.MX.String())
		case *dnsmessage.SRVResource:
			words = append(words, fmt.Sprint(b.Priority, b.Weight, b.Port), b.Target.String())
		case *dnsmessage.TXTResource:
			words = append(words, b.TXT...)
		}
	}
	return strings.Join(words, " ")
}
