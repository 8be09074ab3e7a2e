package discovery

import (
	"fmt"
	"slices"
	"sort"
	"strings"

	"coexist/checks/inventory"
	"coexist/runbook/migration"
)

// usable tells whether a server can stand in a migration.
func usable(s inventory.Server) bool {
	return s.Version == migration.Source2007 || s.Version == migration.Source2010 || s.Version == "2013"
}

// sitesInOrder lists the sites with servers that can stand in a migration: those
// that face the Internet first, then by name.
func (p *proposer) sitesInOrder() []string {
	var list []string
	for _, s := range p.i.Servers {
		if usable(s) && s.Site != "" && !slices.ContainsFunc(list, func(n string) bool { return strings.EqualFold(n, s.Site) }) {
			list = append(list, s.Site)
		}
	}
	slices.SortStableFunc(list, func(a, b string) int {
		fa, fb := p.faces(a), p.faces(b)
		switch {
		case fa && !fb:
			return -1
		case fb && !fa:
			return 1
		}
		return strings.Compare(strings.ToLower(a), strings.ToLower(b))
	})
	return list
}

func (p *proposer) faces(site string) bool {
	t := p.external(site)
	return len(t.count) > 0
}

func (p *proposer) sites() {
	list := p.sitesInOrder()
	if len(list) == 0 {
		p.ask("site", "Which sites hold Exchange servers?", p.unread(inventory.SectionServers), "")
		return
	}
	primary := ""
	for _, l := range p.Lines {
		if l.Key == "namespace.primary" {
			primary = l.Value
		}
	}
	for n, name := range list {
		if err := migration.ValidateSiteName(name); err != nil {
			p.ask(siteKey(name), "How shall the site "+inventory.Printable(name)+" be called in the file?", fmt.Sprintf("its name cannot stand there: %v", err), "")
			continue
		}
		p.site(name, primary, n == 0)
	}
	p.leftOut()
}

func (p *proposer) site(name, primary string, first bool) {
	from := []Origin{}
	for _, s := range p.i.Sites {
		if strings.EqualFold(s.Name, name) {
			from = append(from, p.origin(s.DN, "cn"))
		}
	}
	key := siteKey(name)
	p.line(Line{Key: key, Value: name, From: from, site: name, set: func(*migration.Migration, *migration.Site) {}})
	seen := p.external(name)
	if host, others := seen.best(); host != "" {
		p.line(Line{Key: key + ".internet_facing", Value: "yes", From: some(seen.from[host]), Note: "an external URL stands in the site", site: name,
			set: func(_ *migration.Migration, s *migration.Site) { s.InternetFacing = true }})
		if host != primary && primary != "" && migration.ValidateHost(host) == nil && !slices.Contains(others, primary) {
			p.line(Line{Key: key + ".primary", Value: host, From: some(seen.from[host]), Note: besides(others), Unsure: len(others) > 0, site: name,
				set: func(_ *migration.Migration, s *migration.Site) { s.Primary = host }})
		}
	} else if !p.i.Shown(inventory.SectionDirectories, "msExchExternalHostName", "") || !p.i.Whole(inventory.SectionDirectories) {
		p.ask(key+".internet_facing", "Does the site "+name+" face the Internet?", "no external URL is shown anywhere: there may be none, or it may not be read", "no")
	}
	inside := p.internal(name)
	if host, others := inside.best(); host != "" && host != primary && seen.count[host] == 0 && migration.ValidateHost(host) == nil {
		p.line(Line{Key: key + ".internal_name", Value: host, From: some(inside.from[host]), Note: besides(others), Unsure: len(others) > 0, site: name,
			set: func(_ *migration.Migration, s *migration.Site) { s.InternalName = host }})
	}
	for _, a := range p.i.Arrays {
		if h := strings.ToLower(a.FQDN); !first && strings.EqualFold(a.Site, name) && migration.ValidateHost(h) == nil {
			p.line(Line{Key: key + ".rpc", Value: h, From: []Origin{p.origin(a.DN, "networkAddress")}, site: name,
				set: func(_ *migration.Migration, s *migration.Site) { s.RPC = h }})
		}
	}
	p.servers(name, first)
}

func (p *proposer) servers(site string, first bool) {
	var list []inventory.Server
	for _, s := range p.i.Servers {
		if usable(s) && strings.EqualFold(s.Site, site) {
			list = append(list, s)
		}
	}
	sort.SliceStable(list, func(i, j int) bool { return list[i].Version < list[j].Version })
	young := false
	for _, s := range list {
		young = young || s.Version == "2013"
		p.server(site, s)
	}
	if !young {
		why := "new servers are a decision"
		if first {
			why += "; the first site needs one with each role"
		}
		p.ask(siteKey(site)+".server", "Which Exchange 2013 servers come to "+site+", with which roles and Windows version?", why, "")
	}
	p.ask(siteKey(site)+".entry", "Where shall the names point in "+site+": the address of the new server or its load balancer?", "that is a decision", "")
}

func (p *proposer) server(site string, s inventory.Server) {
	key := serverKey(site, s.Name)
	if err := migration.ValidateServerName(s.Name); err != nil {
		p.ask(key, "How shall the server "+inventory.Printable(s.Name)+" be called in the file?", fmt.Sprintf("its name cannot stand there: %v", err), "")
		return
	}
	v := found{Server: migration.Server{Name: s.Name, Version: s.Version, Roles: slices.Clone(s.Roles)}}
	home := p.home(s)
	if v.homed = home != ""; !v.homed {
		home = p.i.Forest.Name
	}
	if !strings.EqualFold(home, p.i.Forest.Name) {
		v.Domain = home
	}
	head, _, _ := strings.Cut(s.FQDN, ".")
	switch {
	case s.FQDN == "": // not shown
	case strings.EqualFold(s.FQDN, s.Name+"."+home):
		v.named = true
	case strings.EqualFold(head, s.Name) && migration.ValidateHost(s.FQDN) == nil:
		v.FQDN, v.named = s.FQDN, true
	default:
		p.remark("%s: its full name in the directory is %s, which the file cannot take for it", s.Name, inventory.Printable(s.FQDN))
	}
	note := "build " + s.Build
	if len(v.Roles) == 0 {
		p.ask(key+".roles", "Which roles does "+s.Name+" have?", "its roles are not shown to this account", "")
	}
	if s.Version == "2007" && slices.Equal(s.Roles, []string{migration.MailboxRole}) {
		p.ask(key+".nodes", s.Name+" holds mailboxes alone: is it a cluster, and which machines are its nodes?", "the directory lists the cluster as one server", "no cluster")
	}
	if s.Version == "2013" {
		note += "; installed already"
		p.ask(key+".os", "Which Windows version does "+s.Name+" run?", "Exchange's part of the directory does not say", "2012R2")
	}
	from := []Origin{p.origin(s.DN, "serialNumber"), p.origin(s.DN, "msExchCurrentServerRoles"), p.origin(s.DN, "msExchServerSite")}
	p.line(Line{Key: key, Value: s.Version + " " + strings.Join(v.Roles, ", "), From: from, Note: note, site: site, server: &v})
}

// home is the domain that a server's full name lies in; empty where it tells none.
func (p *proposer) home(s inventory.Server) string {
	home := ""
	for _, d := range append([]inventory.Domain{{Name: p.i.Forest.Name}}, p.i.Domains...) {
		if d.Name != "" && len(d.Name) > len(home) && strings.HasSuffix(strings.ToLower(s.FQDN), "."+strings.ToLower(d.Name)) {
			home = d.Name
		}
	}
	return home
}

// leftOut says which servers cannot stand in a migration.
func (p *proposer) leftOut() {
	for _, s := range p.i.Servers {
		name := inventory.Printable(s.Name)
		switch {
		case s.Version == "2003":
			p.remark("%s runs Exchange 2003: Exchange 2013 cannot be installed while it is there; remove it first", name)
		case s.Version == "unknown":
			p.remark("%s is left out: its version reads %q, which is none that is known", name, inventory.Printable(s.Raw))
		case !usable(s):
			p.remark("%s is left out: it runs Exchange %s, which this program does not upgrade from", name, s.Version)
		case s.Site == "":
			p.remark("%s is left out: its site is not shown", name)
		}
	}
}

// further asks what comes with every upgrade.
func (p *proposer) further() {
	p.ask("dag", "Shall the new mailbox servers form a DAG: name, witness, addresses?", "that is a decision", "")
	p.ask("certificate", "Is the certificate a wildcard, and is the old one used again?", "that is a decision", "no")
	p.ask("probe", "Which mailboxes may be used for tests, one on each version?", "that is a decision", "")
	p.ask("network", "Which name servers answer inside and outside?", "the directory does not know it", "")
	for _, g := range p.i.Groups {
		p.remark("there is a DAG %s of %s: it stays with the version of its members; the new servers need one of their own",
			inventory.Printable(g.Name), strings.Join(nonEmpty(g.Members...), ", "))
	}
	for _, g := range grouped(p.i.Gaps) {
		p.remark("not readable: %s", inventory.Printable(g.Text))
	}
}
