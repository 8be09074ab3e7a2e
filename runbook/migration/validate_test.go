package migration

import (
	"reflect"
	"strings"
	"testing"
	"time"
)

func TestValidateInMemory(t *testing.T) {
	t.Parallel()
	edge := Server{Name: "EDGE01", Version: "2010", Roles: []string{EdgeTransport}}
	tests := []struct {
		name   string
		source string
		edit   func(*Migration)
		want   string // a part of the one problem; empty: none
	}{
		{"sample 2007", Source2007, func(*Migration) {}, ""},
		{"no DAG", Source2010, func(m *Migration) { m.DAG, m.Sites[1].DAG = nil, nil }, ""},
		{"DHCP", Source2010, func(m *Migration) { m.DAG.Addresses = []string{} }, ""},
		{"cluster", Source2007, func(m *Migration) {
			m.Sites[0].Servers = append(m.Sites[0].Servers, Server{Name: "CMS01", Version: "2007", Roles: []string{MailboxRole}, Nodes: []string{"N1", "N2"}})
		}, ""},
		{"cluster in 2010", Source2010, func(m *Migration) { m.Sites[0].Servers[0].Nodes = []string{"N1"} },
			`site[1].server[1].nodes: only a clustered mailbox server of Exchange 2007 has nodes`},
		{"node is a new server", Source2007, func(m *Migration) {
			m.Sites[0].Servers = append(m.Sites[0].Servers, Server{Name: "CMS01", Version: "2007", Roles: []string{MailboxRole}, Nodes: []string{"ex13-01"}})
		}, `site[1].server[4].nodes[1]: "ex13-01" is both an old server and an Exchange 2013 server`},
		{"edge", Source2010, func(m *Migration) {
			m.Features.EdgeTransport = true
			m.Sites[0].Servers = append(m.Sites[0].Servers, edge)
		}, ""},
		{"edge nowhere", Source2010, func(m *Migration) { m.Features.EdgeTransport = true },
			"features.edge_transport: is true, but no server is an Edge Transport server"},
		{"edge to no site", Source2010, func(m *Migration) {
			m.Features.EdgeTransport = true
			e := edge
			e.SubscribedSite = "Lion"
			m.Sites[0].Servers = append(m.Sites[0].Servers, e)
		}, `site[1].server[4].subscribed_site: there is no site "Lion"; expected one of "Redmond", "Lyon"; did you mean "Lyon"?`},
		{"subscribed without edge", Source2010, func(m *Migration) { m.Sites[0].Servers[0].SubscribedSite = "Lyon" },
			"site[1].server[1].subscribed_site: only an Edge Transport server is subscribed to a site"},
		{"legacy is primary", Source2007, func(m *Migration) { m.Namespace.Legacy = "MAIL.contoso.com" },
			`namespace.legacy: "MAIL.contoso.com" is the primary name too`},
		{"legacy is autodiscover", Source2007, func(m *Migration) { m.Namespace.Legacy = m.Namespace.Autodiscover },
			`namespace.legacy: "autodiscover.contoso.com" is the autodiscover name too`},
		{"2007 where nobody can be sent", Source2007, func(m *Migration) {
			m.Sites[0].Servers = m.Sites[0].Servers[1:] // the first site's old server
			m.Probes = m.Probes[1:]
		}, `namespace.legacy: "legacy.contoso.com" can lead nowhere: the Client Access servers of Exchange 2007 stand in Lyon`},
		{"2007 inside alone", Source2007, func(m *Migration) {
			m.Sites[0].Servers = m.Sites[0].Servers[1:]
			m.Probes = m.Probes[1:]
			m.Organization.Internet, m.Sites[0].InternetFacing, m.Sites[0].ExternalEntry = false, false, ""
		}, ""},
		{"one legacy name for two moves", Source2007, func(m *Migration) {
			m.Sites[1].InternetFacing, m.Sites[1].Primary = true, "mail-emea.contoso.com"
		}, `site[2].legacy: "legacy.contoso.com" belongs to mail.contoso.com already`},
		{"a name that cannot move", Source2010, func(m *Migration) {
			m.Sites[1].InternalName = "mail-lyon.contoso.com"
			m.Sites[1].DAG, m.Sites[1].Servers = nil, m.Sites[1].Servers[:1]
		}, `site[2].internal_name: "mail-lyon.contoso.com" has nowhere to move to: the site "Lyon" has no Exchange 2013`},
		{"IPv6 entry", Source2010, func(m *Migration) { m.Sites[0].Entry = "2001:db8::80" }, `site[1].entry: "2001:db8::80" is not IPv4`},
		{"array in 2007", Source2007, func(m *Migration) { m.Namespace.RPC = "outlook.contoso.com" }, "namespace.rpc: Exchange 2007 has no Client Access array"},
		{"site's legacy in 2010", Source2010, func(m *Migration) { m.Sites[1].Legacy = "legacy.lyon.contoso.com" }, "site[2].legacy: an organisation without Exchange 2007"},
		{"no sites", Source2010, func(m *Migration) { m.Sites, m.Probes, m.DAG = nil, nil, nil }, "site: is required and missing"},
		{"no servers", Source2010, func(m *Migration) { m.Sites[1].Servers, m.Sites[1].DAG = nil, nil }, `site[2].server: the site "Lyon" has no server`},
		{"no old server", Source2010, func(m *Migration) {
			m.Probes = nil
			for i := range m.Sites {
				m.Sites[i].Servers = m.Sites[i].Servers[1:]
			}
		}, "organization.source: there is no server of an older version"},
		{"mixed without 2010", Mixed, func(m *Migration) {
			m.Probes = nil
			for i := range m.Sites {
				m.Sites[i].Servers = append(m.Sites[i].Servers[:1:1], m.Sites[i].Servers[2:]...)
			}
		}, `organization.source: is "mixed", but no server runs Exchange 2010`},
		{"fqdn of another", Source2010, func(m *Migration) { m.Sites[0].Servers[0].FQDN = "ex99.contoso.com" },
			`site[1].server[1].fqdn: "ex99.contoso.com" is not the full name of EX10-01`},
		{"renamed to itself", Source2010, func(m *Migration) { m.Sites[0].Servers[0].Was = "ex10-01" }, "site[1].server[1].was"},
		{"unlisted domain", Source2010, func(m *Migration) { m.Sites[0].Servers[0].Domain = "contoso.co" },
			`site[1].server[1].domain: "contoso.co" is not listed in organization.domains; expected "contoso.com"; did you mean "contoso.com"?`},
		{"unknown system", Source2010, func(m *Migration) { m.Sites[0].Servers[1].OS = "2016" }, `site[1].server[2].os: "2016" is not known; expected one of "2008R2", "2012", "2012R2"`},
		{"witness in the DAG", Source2010, func(m *Migration) { m.DAG.WitnessServer = "ex13-02.contoso.com" }, "dag.witness_server: \"ex13-02.contoso.com\" is a member"},
		{"witness on a share", Source2010, func(m *Migration) { m.DAG.WitnessDirectory = `\\FS01\DAG` }, "dag.witness_directory"},
		{"two DAGs of one name", Source2010, func(m *Migration) { m.DAG.Name = "dag02" }, "dag.name: there are two DAGs"},
		{"DAG named as a server", Source2010, func(m *Migration) { m.DAG.Name = "EX13-01" }, `dag.name: "EX13-01" is the name of a server`},
		{"DAG without members", Source2010, func(m *Migration) { m.Sites[0].DAG = &DAG{Name: "D3", WitnessServer: "F", WitnessDirectory: `C:\D`} }, `dag: the DAG "DAG01" has no server that could join it`},
		{"IPv6 for a DAG", Source2010, func(m *Migration) { m.DAG.Addresses = []string{"2001:db8::1"} }, "dag.addresses[1]"},
		{"no access point, but addresses", Source2010, func(m *Migration) { m.DAG.IPLess = true }, "dag.addresses: a DAG without an administrative access point"},
		{"no access point on 2012", Source2010, func(m *Migration) {
			m.DAG.IPLess, m.DAG.Addresses = true, nil
			m.Sites[0].Servers[1].OS = "2012"
		}, "dag.ip_less: EX13-01 runs Windows Server 2012;"},
		{"probe twice", Source2010, func(m *Migration) { m.Probes[1].Mailbox = "PROBE10@contoso.com" }, "probe[2].mailbox"},
		{"probe without an account", Source2010, func(m *Migration) { m.Probes[0].Username = "" }, "probe[1].username: is required and missing"},
		{"proxy with credentials", Source2010, func(m *Migration) { m.Network.Proxy = "http://a:secret@proxy:8080" }, "network.proxy: the proxy's URL holds credentials"},
		{"resolver with a port", Source2010, func(m *Migration) { m.Network.InternalResolver = "127.0.0.1:5353" }, ""},
		{"resolver by name", Source2010, func(m *Migration) { m.Network.InternalResolver = "dns.contoso.com" }, "network.internal_resolver"},
		{"UM TLS without UM", Source2010, func(m *Migration) { m.Features.UMTLS = true }, "features.um_tls"},
		{"invisible approver", Source2010, func(m *Migration) { m.Change = &Change{Approver: "A\u202eB"} }, "change.approver: \"A\\u202eB\" holds the invisible character U+202E"},
		{"window of no length", Source2010, func(m *Migration) {
			at := time.Date(2026, 11, 28, 22, 0, 0, 0, time.UTC)
			m.Change = &Change{WindowStart: at, WindowEnd: at}
		}, "change.window_end"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			m := sample(tt.source)
			tt.edit(m)
			before := Format(m)
			got := Validate(m, known)
			switch {
			case tt.want == "" && len(got) > 0:
				t.Errorf("got %v", got)
			case tt.want != "" && (len(got) != 1 || !strings.Contains(got[0].String(), tt.want)):
				t.Errorf("got %v, want one: %s", got, tt.want)
			case tt.want != "" && (got[0].Line != 0 || got[0].File != ""):
				t.Errorf("got a place: %+v", got[0])
			}
			if string(before) != string(Format(m)) {
				t.Error("Validate changed the migration")
			}
			if tt.want == "" {
				if again, err := Parse("x", before, known); err != nil || !reflect.DeepEqual(again, m) {
					t.Errorf("it does not come back from its file: %v", err)
				}
			}
		})
	}
}

func TestDefaults(t *testing.T) {
	t.Parallel()
	m := sample(Source2010)
	m.Sites[0].InternetFacing, m.Sites[1].InternetFacing = false, true
	if got := m.FirstSite().Name; got != "Lyon" {
		t.Errorf("the first site is %s", got)
	}
	if s := m.SitesInOrder(); s[0].Name != "Lyon" || s[1].Name != "Redmond" || m.Sites[0].Name != "Redmond" {
		t.Errorf("the order is %s, %s", s[0].Name, s[1].Name)
	}
	m.Sites[1].InternetFacing = false
	if got := m.FirstSite().Name; got != "Redmond" {
		t.Errorf("without the Internet the first site is %s", got)
	}
	for want, s := range map[string]Server{
		"EX1.contoso.com":      {Name: "EX1"},
		"EX1.emea.contoso.com": {Name: "EX1", Domain: "emea.contoso.com"},
		"ex1.dmz.example":      {Name: "EX1", Domain: "emea.contoso.com", FQDN: "ex1.dmz.example"},
	} {
		if got := m.FQDN(s); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	if m.SiteDAG(m.Sites[0]).Name != "DAG01" || m.SiteDAG(m.Sites[1]).Name != "DAG02" {
		t.Error("the sites have other DAGs")
	}
	if (&Migration{}).FirstSite().Name != "" {
		t.Error("a migration without sites has a first one")
	}
}
