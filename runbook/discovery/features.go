package discovery

import (
	"slices"
	"strings"

	"coexist/checks/inventory"
	"coexist/runbook/migration"
)

// feature proposes a fact from the objects that show it. With none it is
// proposed as absent only where the section was seen as a whole.
func (p *proposer) feature(key string, set func(*migration.Features, bool), section, what string, from []Origin) {
	key = "features." + key
	switch {
	case len(from) > 0:
		p.line(Line{Key: key, Value: "yes", From: some(from), Note: countOf(len(from), "object", "objects") + ": " + what,
			set: func(m *migration.Migration, _ *migration.Site) { set(&m.Features, true) }})
	case p.i.Whole(section):
		p.line(Line{Key: key, Value: "no", From: []Origin{{Object: p.base()}}, Note: "no " + what + " below it", set: func(m *migration.Migration, _ *migration.Site) { set(&m.Features, false) }})
	default:
		p.ask(key, "Is there any "+what+"?", p.i.Why(section), "")
	}
}

func (p *proposer) base() string {
	if p.i.Organization != nil && p.i.Organization.DN != "" {
		return p.i.Organization.DN
	}
	return p.i.From
}

func (p *proposer) features() {
	p.feature("public_folders", func(f *migration.Features, on bool) { f.PublicFolders = on }, inventory.SectionDatabases, "public folder database", p.publicDatabases())
	p.feature("unified_messaging", func(f *migration.Features, on bool) { f.UnifiedMessaging = on }, inventory.SectionDialPlans, "dial plan", p.objects(p.i.DialPlans))
	if len(p.i.DialPlans) > 0 {
		p.ask("features.um_tls", "Do the UM servers talk to gateways by TLS?", "it depends on the gateways too", "no")
	}
	p.feature("edge_transport", func(f *migration.Features, on bool) { f.EdgeTransport = on }, inventory.SectionServers, "Edge Transport server", p.edges())
	p.feature("outlook_anywhere", func(f *migration.Features, on bool) { f.OutlookAnywhere = on }, inventory.SectionDirectories, "Outlook Anywhere of an old server", p.outlookAnywhere())
	p.feature("relay_connectors", func(f *migration.Features, on bool) { f.RelayConnectors = on }, inventory.SectionConnectors, "receive connector beyond those of Setup", p.relays())
	p.feature("hybrid", func(f *migration.Features, on bool) { f.Hybrid = on }, inventory.SectionHybrid, "hybrid configuration", p.objects(p.i.Hybrid))
	p.feature("managed_folders", func(f *migration.Features, on bool) { f.ManagedFolders = on }, inventory.SectionFolderPlans, "policy of managed folders", p.objects(p.i.FolderPlans))
	p.feature("disjoint_namespace", func(f *migration.Features, on bool) { f.DisjointNamespace = on }, inventory.SectionDomains, "server whose full name is of no domain of the forest", p.disjoint())
	const not = "the directory does not show it"
	for _, a := range []struct{ key, question string }{
		{"pop_imap", "Do people use POP or IMAP?"}, {"kerberos_asa", "Is there an alternate service account for Kerberos?"},
		{"load_balancer", "Does a load balancer stand before the Client Access servers?"}, {"reverse_proxy", "Does a reverse proxy publish Exchange?"},
		{"split_ad_team", "Is Active Directory another team's?"}, {"split_dns", "Do the client names resolve differently inside and outside?"},
		{"mapi_http", "Shall MAPI over HTTP be switched on?"},
	} {
		p.ask("features."+a.key, a.question, not, "no")
	}
}

func (p *proposer) objects(list []inventory.Object) []Origin {
	var out []Origin
	for _, o := range list {
		out = append(out, p.origin(o.DN, "cn"))
	}
	return out
}

func (p *proposer) publicDatabases() []Origin {
	var out []Origin
	for _, d := range p.i.Databases {
		if d.Public {
			out = append(out, p.origin(d.DN, "objectClass"))
		}
	}
	return out
}

func (p *proposer) edges() []Origin {
	var out []Origin
	for _, s := range p.i.Servers {
		if slices.Contains(s.Roles, migration.EdgeTransport) {
			out = append(out, p.origin(s.DN, "msExchCurrentServerRoles"))
		}
	}
	return out
}

// outlookAnywhere lists the RPC directories of old servers: there the object is
// made when Outlook Anywhere is enabled, while Exchange 2013 always has it.
func (p *proposer) outlookAnywhere() []Origin {
	var out []Origin
	for _, d := range p.i.Directories {
		if s := p.i.Server(d.Server); d.Kind == "rpc" && s != nil && (s.Version == "2007" || s.Version == "2010") {
			out = append(out, p.origin(d.DN, "msExchExternalHostName"))
		}
	}
	return out
}

// relays lists receive connectors of old servers whose names do not carry the
// server's: Setup's own do.
func (p *proposer) relays() []Origin {
	var out []Origin
	for _, c := range p.i.Connectors {
		if c.Kind != "receive" || len(c.Servers) != 1 {
			continue
		}
		s := p.i.Server(c.Servers[0])
		if s == nil || s.Version == "2013" || strings.Contains(strings.ToLower(c.Name), strings.ToLower(s.Name)) || slices.Contains(s.Roles, migration.EdgeTransport) {
			continue
		}
		out = append(out, p.origin(c.DN, "cn"))
	}
	return out
}

func (p *proposer) disjoint() []Origin {
	var out []Origin
	if len(p.i.Domains) == 0 {
		return nil
	}
	for _, s := range p.i.Servers {
		_, suffix, ok := strings.Cut(strings.ToLower(s.FQDN), ".")
		if !ok || slices.Contains(s.Roles, migration.EdgeTransport) {
			continue
		}
		if !slices.ContainsFunc(p.i.Domains, func(d inventory.Domain) bool { return strings.EqualFold(d.Name, suffix) }) {
			out = append(out, p.origin(s.DN, "networkAddress"))
		}
	}
	return out
}
