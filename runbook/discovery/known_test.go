package discovery_test

import (
	"reflect"
	"strings"
	"testing"

	"coexist/checks/inventory"
	"coexist/runbook/discovery"
	"coexist/runbook/migration"
)

// seen is an inventory of one old server in a forest of two trees.
func seen(edit func(*inventory.Inventory)) *inventory.Inventory {
	i := &inventory.Inventory{
		Format: 1, Source: inventory.FromLDAP, From: "dc1.contoso.com", Forest: inventory.Forest{Name: "contoso.com"},
		Organization: &inventory.Organization{Name: "Contoso"},
		Domains:      []inventory.Domain{{Name: "contoso.com"}, {Name: "fab.com"}},
		Servers: []inventory.Server{{DN: "CN=EX10-01", Name: "EX10-01", FQDN: "ex10-01.contoso.com", Version: "2010", Site: "Redmond",
			Roles: []string{migration.ClientAccess, migration.HubTransport, migration.MailboxRole}}},
		MailDomains: []inventory.MailDomain{{Name: "contoso.com", Kind: "authoritative"}},
		Directories: []inventory.Directory{{Server: "EX10-01", Kind: "owa", External: "https://mail.contoso.com/owa"}},
	}
	if edit != nil {
		edit(i)
	}
	return i
}

// proposedServer is the first server of what a proposal makes of a migration.
func proposedServer(i *inventory.Inventory, typed migration.Server) migration.Server {
	m := &migration.Migration{Format: 1, Sites: []migration.Site{{Name: "Redmond", Servers: []migration.Server{typed}}}}
	m.Organization.Domains = []string{"contoso.com", "fab.com"}
	return discovery.Propose(i, "").Onto(m, nil).Sites[0].Servers[0]
}

// TestWhatIsNotShownWipesNothingTyped accepts a server of which this account is
// shown little: what was typed of it stays.
func TestWhatIsNotShownWipesNothingTyped(t *testing.T) {
	t.Parallel()
	typed := migration.Server{Name: "EX10-01", Version: "2010", Roles: []string{migration.MailboxRole}, FQDN: "ex10-01.corp.local", Domain: "fab.com"}
	hidden := seen(func(i *inventory.Inventory) { i.Servers[0].FQDN, i.Servers[0].Roles = "", nil })
	if got := proposedServer(hidden, typed); !reflect.DeepEqual(got, typed) {
		t.Errorf("neither name nor roles are shown: %+v, want %+v", got, typed)
	}
	disjoint := seen(func(i *inventory.Inventory) { i.Servers[0].FQDN = "EX10-01.corp.local" })
	if got := proposedServer(disjoint, typed); got.Domain != "fab.com" || got.FQDN != "EX10-01.corp.local" || len(got.Roles) != 3 {
		t.Errorf("a full name of no domain says nothing of the domain: %+v", got)
	}
	if got := proposedServer(seen(nil), typed); got.Domain != "" || got.FQDN != "" || len(got.Roles) != 3 {
		t.Errorf("a full name of the forest's root says all: %+v", got)
	}
}

// TestAServerOfAnotherTree wants the domain of a server to be the one that its
// full name lies in, however long the root's name is.
func TestAServerOfAnotherTree(t *testing.T) {
	t.Parallel()
	i := seen(func(i *inventory.Inventory) { i.Servers[0].FQDN = "ex10-01.fab.com" })
	if got := proposedServer(i, migration.Server{Name: "EX10-01", Version: "2010"}); got.Domain != "fab.com" || got.FQDN != "" {
		t.Errorf("%+v", got)
	}
}

// TestARenamedServerIsFoundByItsEarlierName wants no second server beside the one
// that was typed with its new name.
func TestARenamedServerIsFoundByItsEarlierName(t *testing.T) {
	t.Parallel()
	m := &migration.Migration{Sites: []migration.Site{{Name: "Redmond", Servers: []migration.Server{{Name: "EX10-OLD", Was: "EX10-01", Version: "2010"}}}}}
	if got := discovery.Propose(seen(nil), "").Onto(m, nil).Sites[0].Servers; len(got) != 1 || got[0].Name != "EX10-OLD" || len(got[0].Roles) != 3 || got[0].FQDN != "" {
		t.Errorf("%+v", got)
	}
}

// TestNoWithoutHavingSeenTheServers wants facts that are told by old servers to be
// asked where not all servers are shown.
func TestNoWithoutHavingSeenTheServers(t *testing.T) {
	t.Parallel()
	gap := inventory.Gap{Section: inventory.SectionServers, Reason: "ldap.partial", Text: "only some were read"}
	p := discovery.Propose(seen(func(i *inventory.Inventory) { i.Gaps = append(i.Gaps, gap) }), "")
	asked := map[string]bool{}
	for _, a := range p.Asks {
		asked[a.Key] = true
	}
	for _, key := range []string{"features.outlook_anywhere", "features.relay_connectors", "features.disjoint_namespace", "features.edge_transport"} {
		if !asked[key] {
			t.Errorf("%s is not asked", key)
		}
		for _, l := range p.Lines {
			if l.Key == key {
				t.Errorf("%s = %s is proposed", key, l.Value)
			}
		}
	}
	for _, l := range discovery.Propose(seen(nil), "").Lines {
		if l.Key == "features.outlook_anywhere" && l.Value != "no" {
			t.Errorf("with all servers seen: %+v", l)
		}
	}
}

// TestArraysThatCannotBeTheOne wants one line for the array's name, to be looked at
// where there are several readings, and none where the name is that of the web.
func TestArraysThatCannotBeTheOne(t *testing.T) {
	t.Parallel()
	rpc := func(list ...inventory.Array) (out []discovery.Line) {
		for _, l := range discovery.Propose(seen(func(i *inventory.Inventory) { i.Arrays = list }), "").Lines {
			if l.Key == "namespace.rpc" {
				out = append(out, l)
			}
		}
		return out
	}
	if got := rpc(inventory.Array{Name: "A", FQDN: "a.contoso.com"}, inventory.Array{Name: "B", FQDN: "b.contoso.com"}); len(got) != 1 || !got[0].Unsure || got[0].Value != "a.contoso.com" || !strings.Contains(got[0].Note, "b.contoso.com") {
		t.Errorf("two arrays of no site: %+v", got)
	}
	if got := rpc(inventory.Array{Name: "A", FQDN: "a.contoso.com", Site: "Redmond"}, inventory.Array{Name: "B", FQDN: "b.contoso.com", Site: "Lyon"}); len(got) != 1 || got[0].Unsure || got[0].Value != "a.contoso.com" {
		t.Errorf("one array a site: %+v", got)
	}
	if got := rpc(inventory.Array{Name: "A", FQDN: "mail.contoso.com", Site: "Redmond"}); len(got) != 0 {
		t.Errorf("the array has the web's name: %+v", got)
	}
}

// TestDriftThatWasNotFound holds migrations against what contradicts them.
func TestDriftThatWasNotFound(t *testing.T) {
	t.Parallel()
	lib := library(t)
	for _, c := range []struct {
		code  string
		edit  func(*inventory.Inventory)
		typed func(*migration.Migration)
	}{
		{"feature.relay_connectors", func(i *inventory.Inventory) {
			i.Connectors = []inventory.Connector{{Name: "Printers", Kind: "receive", Servers: []string{"EX10-01"}}}
		}, nil},
		{"feature.disjoint_namespace", func(i *inventory.Inventory) { i.Servers[0].FQDN = "ex10-01.corp.local" }, nil},
		{"array.gone", nil, func(m *migration.Migration) { m.Namespace.RPC = "outlook.contoso.com" }},
		{"mail_domains.gone", func(i *inventory.Inventory) { i.MailDomains[0].Kind = "external-relay" }, nil},
	} {
		m := sample(t, lib, migration.Source2010)
		if c.typed != nil {
			c.typed(m)
		}
		i := seen(c.edit)
		f, found := codes(discovery.Compare(m, i, discovery.Options{Releases: lib.Releases}))[c.code]
		if !found || f.Severity != discovery.Drift {
			t.Errorf("%s: %+v", c.code, f)
		}
	}
	for code := range codes(discovery.Compare(sample(t, lib, migration.Source2010), seen(nil), discovery.Options{Releases: lib.Releases})) {
		if strings.HasPrefix(code, "feature.relay") || strings.HasPrefix(code, "feature.disjoint") || strings.HasPrefix(code, "array.") || strings.HasPrefix(code, "mail_domains.") {
			t.Errorf("%s where nothing differs", code)
		}
	}
}
