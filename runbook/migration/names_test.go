package migration

import (
	"strings"
	"testing"
)

// TestNamesThatMoveAreNamesThatStayNowhere refuses one name with two fates: what
// moves to Exchange 2013 cannot stay with old servers, and the close-out takes the
// legacy name and the array's name away.
func TestNamesThatMoveAreNamesThatStayNowhere(t *testing.T) {
	t.Parallel()
	own := func(m *Migration) *Site { // a further site with names of its own
		s := &m.Sites[1]
		s.Primary, s.Entry = "mail-emea.contoso.com", "10.1.0.80"
		if m.Organization.Source != Source2010 {
			s.Legacy = "legacy-emea.contoso.com"
		}
		return s
	}
	for _, c := range []struct {
		name, source string
		edit         func(*Migration)
		want         string // a part of the one problem; empty: none
	}{
		{"own names", Mixed, func(m *Migration) { own(m).RPC = "outlook-emea.contoso.com" }, ""},
		{"one name for the web and Autodiscover", Source2010, func(m *Migration) { m.Namespace.Autodiscover = m.Namespace.Primary }, ""},
		{"one array name in two sites", Source2010, func(m *Migration) {
			m.Namespace.RPC = "outlook.contoso.com"
			m.Sites[1].RPC = "Outlook.contoso.com"
		}, ""},
		{"a site's legacy name is another's primary", Source2007, func(m *Migration) { own(m).Legacy = "MAIL.contoso.com" },
			`site[2].legacy: "MAIL.contoso.com" is namespace.primary too`},
		{"a site's legacy name is autodiscover", Source2007, func(m *Migration) { own(m).Legacy = m.Namespace.Autodiscover },
			`site[2].legacy: "autodiscover.contoso.com" is namespace.autodiscover too`},
		{"the legacy name is a site's primary", Source2007, func(m *Migration) { own(m).Primary = m.Namespace.Legacy },
			`namespace.legacy: "legacy.contoso.com" is site[2].primary too`},
		{"the legacy name is a site's inside name", Source2007, func(m *Migration) { m.Sites[1].InternalName = "legacy.contoso.com" },
			`namespace.legacy: "legacy.contoso.com" is site[2].internal_name too`},
		{"the array is the primary name", Source2010, func(m *Migration) { m.Namespace.RPC = "Mail.contoso.com" },
			`namespace.rpc: "Mail.contoso.com" is namespace.primary too`},
		{"a site's array is the primary name", Source2010, func(m *Migration) { m.Sites[1].RPC = "mail.contoso.com" },
			`site[2].rpc: "mail.contoso.com" is namespace.primary too`},
		{"the array is the legacy name", Mixed, func(m *Migration) { m.Namespace.RPC = m.Namespace.Legacy },
			`namespace.rpc: "legacy.contoso.com" is namespace.legacy too`},
		{"the primary name is an old server's", Source2010, func(m *Migration) { m.Namespace.Primary = "ex10-01.contoso.com" },
			`namespace.primary: "ex10-01.contoso.com" is the full name of EX10-01`},
		{"autodiscover is a new server's", Source2010, func(m *Migration) { m.Namespace.Autodiscover = "EX13-01.contoso.com" },
			`namespace.autodiscover: "EX13-01.contoso.com" is the full name of EX13-01`},
		{"an inside name is a server's in its domain", Source2010, func(m *Migration) {
			m.Organization.Domains = append(m.Organization.Domains, "emea.contoso.com")
			m.Sites[1].Servers[0].Domain = "emea.contoso.com"
			m.Sites[1].InternalName = "ex10-11.emea.contoso.com"
		}, `site[2].internal_name: "ex10-11.emea.contoso.com" is the full name of EX10-11`},
		{"the legacy name is a server's", Source2007, func(m *Migration) { m.Namespace.Legacy = "ex07-01.contoso.com" },
			`namespace.legacy: "ex07-01.contoso.com" is the full name of EX07-01`},
		{"the array is a server", Source2010, func(m *Migration) { m.Namespace.RPC = "ex10-01.contoso.com" },
			`namespace.rpc: "ex10-01.contoso.com" is the full name of EX10-01`},
	} {
		m := sample(c.source)
		c.edit(m)
		var got []string
		for _, p := range Validate(m, Known{}) {
			got = append(got, p.String())
		}
		if text := strings.Join(got, "\n"); c.want == "" && text != "" || c.want != "" && (len(got) != 1 || !strings.Contains(text, c.want)) {
			t.Errorf("%s: want %q, found:\n%s", c.name, c.want, text)
		}
	}
}

// TestAddressesBelongToOneMachine refuses a server's address given to another,
// and an entry that leads back to an old server.
func TestAddressesBelongToOneMachine(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		edit func(*Migration)
		want string
	}{
		{"apart", func(m *Migration) {
			m.Sites[0].Servers[0].Address, m.Sites[0].Servers[1].Address = "10.0.0.20", m.Sites[0].Entry
		}, ""},
		{"one address for two", func(m *Migration) {
			m.Sites[0].Servers[0].Address, m.Sites[1].Servers[0].Address = "10.0.0.20", "10.0.0.20"
		}, `site[2].server[1].address: "10.0.0.20" is the address of EX10-01`},
		{"IPv6 in two spellings", func(m *Migration) {
			m.Sites[0].Servers[0].Address, m.Sites[1].Servers[0].Address = "2001:db8::20", "2001:DB8:0::20"
		}, `site[2].server[1].address: "2001:DB8:0::20" is the address of EX10-01`},
		{"the entry is an old server", func(m *Migration) { m.Sites[0].Servers[0].Address = m.Sites[0].Entry },
			`site[1].entry: "10.0.0.80" is the address of EX10-01`},
	} {
		m := sample(Source2010)
		c.edit(m)
		var got []string
		for _, p := range Validate(m, Known{}) {
			got = append(got, p.String())
		}
		if text := strings.Join(got, "\n"); c.want == "" && text != "" || c.want != "" && (len(got) != 1 || !strings.Contains(text, c.want)) {
			t.Errorf("%s: want %q, found:\n%s", c.name, c.want, text)
		}
	}
}
