package discovery

import (
	"slices"
	"strings"

	"coexist/checks/inventory"
	"coexist/runbook/migration"
)

// fact is something that objects of the directory show of an organisation.
type fact struct {
	key      string   // of the features
	sections []string // that must be seen as a whole to say that there is none
	one      string   // what shows it
	many     string
	of       func(*migration.Features) *bool
	from     []Origin // the objects
}

// facts are those that the directory shows, in the order of the file.
func (p *proposer) facts() []fact {
	const servers = inventory.SectionServers
	return []fact{
		{"public_folders", []string{inventory.SectionDatabases}, "public folder database", "public folder databases",
			func(f *migration.Features) *bool { return &f.PublicFolders }, p.publicDatabases()},
		{"unified_messaging", []string{inventory.SectionDialPlans}, "dial plan", "dial plans",
			func(f *migration.Features) *bool { return &f.UnifiedMessaging }, p.objects(p.i.DialPlans)},
		{"edge_transport", []string{servers}, "Edge Transport server", "Edge Transport servers",
			func(f *migration.Features) *bool { return &f.EdgeTransport }, p.edges()},
		{"outlook_anywhere", []string{inventory.SectionDirectories, servers}, "Outlook Anywhere of an old server", "Outlook Anywhere on old servers",
			func(f *migration.Features) *bool { return &f.OutlookAnywhere }, p.outlookAnywhere()},
		{"relay_connectors", []string{inventory.SectionConnectors, servers}, "receive connector beyond those of Setup", "receive connectors beyond those of Setup",
			func(f *migration.Features) *bool { return &f.RelayConnectors }, p.relays()},
		{"hybrid", []string{inventory.SectionHybrid}, "hybrid configuration", "hybrid configurations",
			func(f *migration.Features) *bool { return &f.Hybrid }, p.objects(p.i.Hybrid)},
		{"managed_folders", []string{inventory.SectionFolderPlans}, "policy of managed folders", "policies of managed folders",
			func(f *migration.Features) *bool { return &f.ManagedFolders }, p.objects(p.i.FolderPlans)},
		{"disjoint_namespace", []string{inventory.SectionDomains, servers}, "server whose full name is of no domain of the forest", "servers whose full names are of no domain of the forest",
			func(f *migration.Features) *bool { return &f.DisjointNamespace }, p.disjoint()},
	}
}

// unseen is the first section without which it cannot be said that there is
// none; empty where all were seen.
func (f fact) unseen(i *inventory.Inventory) string {
	for _, section := range f.sections {
		if !i.Whole(section) {
			return section
		}
	}
	return ""
}

// feature proposes a fact from the objects that show it. With none it is
// proposed as absent only where what would show it was seen as a whole.
func (p *proposer) feature(f fact) {
	key := "features." + f.key
	set := func(on bool) func(*migration.Migration, *migration.Site) {
		return func(m *migration.Migration, _ *migration.Site) { *f.of(&m.Features) = on }
	}
	switch unseen := f.unseen(p.i); {
	case len(f.from) > 0:
		p.line(Line{Key: key, Value: "yes", From: some(f.from), Note: countOf(len(f.from), "object", "objects") + ": " + f.one, set: set(true)})
	case unseen == "":
		p.line(Line{Key: key, Value: "no", From: []Origin{{Object: p.base()}}, Note: "no " + f.one + " below it", set: set(false)})
	default:
		p.ask(key, "Is there any "+f.one+"?", p.i.Why(unseen), "")
	}
}

func (p *proposer) base() string {
	if p.i.Organization != nil && p.i.Organization.DN != "" {
		return p.i.Organization.DN
	}
	return p.i.From
}

func (p *proposer) features() {
	for _, f := range p.facts() {
		p.feature(f)
		if f.key == "unified_messaging" && len(f.from) > 0 {
			p.ask("features.um_tls", "Do the UM servers talk to gateways by TLS?", "it depends on the gateways too", "no")
		}
	}
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
	if len(p.i.Domains) == 0 || !p.i.Whole(inventory.SectionDomains) {
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
