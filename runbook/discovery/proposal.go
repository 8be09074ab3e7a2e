// Package discovery turns what was read of an organisation into a migration
// that is proposed line by line, and holds a migration that was typed against
// what is found. It is pure: inventory in, proposal or findings out.
package discovery

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"coexist/checks/inventory"
	"coexist/runbook/migration"
)

// Origin is the place that something was read from.
type Origin struct {
	Object    string `json:"object"`
	Attribute string `json:"attribute,omitempty"`
}

// Line is one thing that is proposed. The engineer accepts or rejects it.
type Line struct {
	Key    string   `json:"key"` // "organization.name", "site[Redmond].server[EX10-01]"
	Value  string   `json:"value"`
	From   []Origin `json:"from"`
	Note   string   `json:"note,omitempty"`   // what it was concluded from, where that is not plain
	Unsure bool     `json:"unsure,omitempty"` // there is more than one reading; look before accepting

	site   string // what it belongs to
	server *found
	set    func(m *migration.Migration, s *migration.Site)
}

// found is a server as the directory shows it.
type found struct {
	migration.Server
	named bool // its full name is shown, and can stand in the file
	homed bool // its full name tells its domain
}

// Ask is something that Active Directory cannot tell, or did not show.
type Ask struct {
	Key      string `json:"key"`
	Question string `json:"question"`
	Why      string `json:"why"`               // why it was not proposed
	Suggest  string `json:"suggest,omitempty"` // what is usual
}

// Proposal is a migration as far as it can be read off.
type Proposal struct {
	Format  int       `json:"format"` // 1
	From    string    `json:"from"`
	Read    time.Time `json:"read"`
	Lines   []Line    `json:"lines"`
	Asks    []Ask     `json:"asks"`
	Remarks []string  `json:"remarks,omitempty"`
}

// Propose reads a migration off an inventory; release is the one to be
// installed, or "" to ask for it.
func Propose(i *inventory.Inventory, release string) *Proposal {
	p := &proposer{i: i, names: namesOf(i), Proposal: &Proposal{Format: 1, From: i.From, Read: i.Started}}
	for _, r := range i.Machine {
		if r.Bad {
			p.remark("this computer: %s", inventory.Printable(r.Text))
		}
	}
	for _, n := range i.Notes {
		p.remark("%s", inventory.Printable(n))
	}
	p.organization()
	p.target(release)
	p.namespace()
	p.features()
	p.sites()
	p.further()
	return p.Proposal
}

// Migration is what the accepted lines say; nil accepts all. It is not complete
// before the asks are answered.
func (p *Proposal) Migration(accepted func(Line) bool) *migration.Migration {
	return p.Onto(&migration.Migration{Format: 1}, accepted)
}

// Onto puts the accepted lines into a migration that exists already: what they
// name is changed, and what they do not name stays.
func (p *Proposal) Onto(m *migration.Migration, accepted func(Line) bool) *migration.Migration {
	for _, l := range p.Lines {
		if accepted != nil && !accepted(l) {
			continue
		}
		if l.site == "" {
			l.set(m, nil)
			continue
		}
		n := slices.IndexFunc(m.Sites, func(s migration.Site) bool { return strings.EqualFold(s.Name, l.site) })
		switch {
		case n >= 0 && l.server != nil:
			put(m, &m.Sites[n], *l.server)
		case n >= 0:
			l.set(m, &m.Sites[n])
		case l.Key == siteKey(l.site):
			m.Sites = append(m.Sites, migration.Site{Name: l.site})
		} // else its site was rejected
	}
	return m
}

// put changes a server to what was found, in the site where it was found, or
// adds it. What the directory does not know of it, or did not show, stays.
func put(m *migration.Migration, site *migration.Site, f found) {
	other, at := typedAs(m, f.Name)
	if other == nil {
		site.Servers = append(site.Servers, f.Server)
		return
	}
	kept := other.Servers[at]
	kept.Version = f.Version
	if len(f.Roles) > 0 {
		kept.Roles = f.Roles
	}
	if f.named && strings.EqualFold(kept.Name, f.Name) {
		kept.FQDN = f.FQDN
	}
	if f.homed {
		kept.Domain = f.Domain
	}
	if other == site {
		site.Servers[at] = kept
		return
	}
	other.Servers = slices.Delete(other.Servers, at, at+1)
	site.Servers = append(site.Servers, kept)
}

// typedAs finds a server by its name, else by the one that it had before it was
// renamed.
func typedAs(m *migration.Migration, name string) (*migration.Site, int) {
	for _, called := range []func(migration.Server) string{
		func(s migration.Server) string { return s.Name },
		func(s migration.Server) string { return s.Was },
	} {
		for n := range m.Sites {
			if at := slices.IndexFunc(m.Sites[n].Servers, func(s migration.Server) bool { return strings.EqualFold(called(s), name) }); at >= 0 {
				return &m.Sites[n], at
			}
		}
	}
	return nil, 0
}

func siteKey(name string) string           { return "site[" + name + "]" }
func serverKey(site, server string) string { return siteKey(site) + ".server[" + server + "]" }

// proposer gathers lines and asks.
type proposer struct {
	*Proposal
	i     *inventory.Inventory
	names names
	old   []inventory.Server
}

func (p *proposer) line(l Line) { p.Lines = append(p.Lines, l) }

//go:noinline
func (p *proposer) ask(key, question, why, suggest string) {
	p.Asks = append(p.Asks, Ask{key, question, why, suggest})
}

func (p *proposer) remark(format string, args ...any) {
	p.Remarks = append(p.Remarks, inventory.Printable(fmt.Sprintf(format, args...)))
}

// text proposes one text, unless the file would refuse it: then it is asked.
func (p *proposer) text(key, value string, rule func(string) error, set func(*migration.Migration, string), note string, from ...Origin) {
	if err := rule(value); err != nil {
		p.ask(key, "What shall stand here?", fmt.Sprintf("what was found cannot stand in the file: %v", err), "")
		return
	}
	p.line(Line{Key: key, Value: value, Note: note, From: from, set: func(m *migration.Migration, _ *migration.Site) { set(m, value) }})
}

// texts proposes a list of those that the file takes.
func (p *proposer) texts(key string, values []string, rule func(string) error, set func(*migration.Migration, []string), note string, from []Origin) {
	var good []string
	for _, v := range values {
		if err := rule(v); err != nil {
			p.remark("%s: %s is left out: %v", key, inventory.Printable(v), err)
			continue
		}
		if !slices.ContainsFunc(good, func(g string) bool { return strings.EqualFold(g, v) }) {
			good = append(good, v)
		}
	}
	if len(good) == 0 {
		p.ask(key, "What shall stand here?", "nothing that was found can stand in the file", "")
		return
	}
	p.line(Line{Key: key, Value: strings.Join(good, ", "), Note: note, From: from,
		set: func(m *migration.Migration, _ *migration.Site) { set(m, slices.Clone(good)) }})
}

func (p *proposer) organization() {
	i := p.i
	if i.Organization == nil {
		why := i.Why(inventory.SectionOrganization)
		if why == "" {
			why = "there is no Exchange organisation in this forest"
		}
		p.ask("organization.name", "What is the Exchange organisation called?", why, "")
	} else {
		p.text("organization.name", i.Organization.Name, migration.ValidateOrganizationName,
			func(m *migration.Migration, v string) { m.Organization.Name = v }, "", p.origin(i.Organization.DN, "cn"))
	}
	p.source()
	if i.Forest.Name != "" {
		p.text("organization.forest", i.Forest.Name, migration.ValidateDomain,
			func(m *migration.Migration, v string) { m.Organization.Forest = v }, "", p.origin("rootDSE of "+i.From, "rootDomainNamingContext"))
	} else {
		p.ask("organization.forest", "What is the forest's root domain?", p.unread(inventory.SectionForest), "")
	}
	if len(i.Domains) > 0 && i.Whole(inventory.SectionDomains) {
		var list []string
		var from []Origin
		for _, d := range p.domainsInOrder() {
			list, from = append(list, d.Name), append(from, p.origin(d.DN, "nCName"))
		}
		p.texts("organization.domains", list, migration.ValidateDomain, func(m *migration.Migration, v []string) { m.Organization.Domains = v },
			"every domain of the forest; drop those without mail-enabled users", from)
	} else {
		p.ask("organization.domains", "Which domains hold Exchange servers or mail-enabled users?", p.unread(inventory.SectionDomains), i.Forest.Name)
	}
	p.mailDomains()
	p.internet()
}

// domainsInOrder lists the forest's root first.
func (p *proposer) domainsInOrder() []inventory.Domain {
	list := slices.Clone(p.i.Domains)
	slices.SortStableFunc(list, func(a, b inventory.Domain) int {
		root := func(d inventory.Domain) int {
			if strings.EqualFold(d.Name, p.i.Forest.Name) {
				return 0
			}
			return 1
		}
		if by := root(a) - root(b); by != 0 {
			return by
		}
		return strings.Compare(a.Name, b.Name)
	})
	return list
}

// unread says why a section gave nothing.
func (p *proposer) unread(section string) string {
	if why := p.i.Why(section); why != "" {
		return why
	}
	return "nothing was found"
}

func (p *proposer) source() {
	found := map[string]bool{}
	var from []Origin
	for _, s := range p.i.Servers {
		found[s.Version] = true
		switch s.Version {
		case migration.Source2007, migration.Source2010:
			p.old = append(p.old, s)
			from = append(from, p.origin(s.DN, "serialNumber"))
		}
	}
	value := ""
	switch {
	case found["2007"] && found["2010"]:
		value = migration.Mixed
	case found["2007"]:
		value = migration.Source2007
	case found["2010"]:
		value = migration.Source2010
	}
	switch why := p.i.Why(inventory.SectionServers); {
	case value == "":
		if why == "" {
			why = "no server of Exchange 2007 or 2010 was found"
		}
		p.ask("organization.source", "Which version is replaced: 2007, 2010 or mixed?", why, "")
	default:
		p.line(Line{Key: "organization.source", Value: value, From: from, Note: why, Unsure: why != "",
			set: func(m *migration.Migration, _ *migration.Site) { m.Organization.Source = value }})
	}
}

func (p *proposer) mailDomains() {
	i := p.i
	if len(i.MailDomains) == 0 || !i.Whole(inventory.SectionMailDomains) {
		p.ask("organization.mail_domains", "For which domains is mail accepted?", p.unread(inventory.SectionMailDomains), i.Forest.Name)
		return
	}
	var list []string
	var from []Origin
	for _, d := range i.MailDomains {
		if d.Kind == "external-relay" {
			p.remark("organization.mail_domains: %s is relayed to elsewhere and left out", inventory.Printable(d.Name))
			continue
		}
		list, from = append(list, strings.ToLower(d.Name)), append(from, p.origin(d.DN, "msExchAcceptedDomainName"))
	}
	slices.Sort(list)
	if n := slices.Index(list, strings.ToLower(i.Forest.Name)); n > 0 { // client names are derived from the first
		list = append([]string{list[n]}, slices.Delete(list, n, n+1)...)
	}
	p.texts("organization.mail_domains", list, migration.ValidateDomain, func(m *migration.Migration, v []string) { m.Organization.MailDomains = v }, "", from)
}

func (p *proposer) internet() {
	var from []Origin
	for _, d := range p.i.Directories {
		if facing(d) {
			from = append(from, p.origin(d.DN, "msExchExternalHostName"))
		}
	}
	if len(from) == 0 {
		why := "no virtual directory shows an external URL: none has one, or it may not be read"
		if !p.i.Whole(inventory.SectionDirectories) {
			why = p.i.Why(inventory.SectionDirectories)
		}
		p.ask("organization.internet", "Does any site face the Internet?", why, "no")
		return
	}
	p.line(Line{Key: "organization.internet", Value: "yes", From: some(from), set: func(m *migration.Migration, _ *migration.Site) { m.Organization.Internet = true }})
}

func (p *proposer) target(release string) {
	if release == "" {
		p.ask("target.release", "Which release of Exchange 2013 is installed?", "that is a decision", "")
	} else {
		p.line(Line{Key: "target.release", Value: release, From: []Origin{{Object: "--release"}}, set: func(m *migration.Migration, _ *migration.Site) { m.Target.Release = release }})
	}
	p.ask("target.media", "In which folder does Setup.exe lie?", "the directory does not know it", `D:\`)
}

// origin names an object and its attribute as the inventory's source calls it.
func (p *proposer) origin(object, attribute string) Origin { return originIn(p.i, object, attribute) }

// shellNames are the properties that show in a shell what an attribute holds.
var shellNames = map[string]string{
	"cn": "Name", "serialNumber": "AdminDisplayVersion", "msExchCurrentServerRoles": "ServerRole", "msExchServerSite": "Site",
	"msExchExternalHostName": "ExternalUrl", "msExchInternalHostName": "InternalUrl", "serviceBindingInformation": "AutoDiscoverServiceInternalUri",
	"msExchAcceptedDomainName": "DomainName", "networkAddress": "Fqdn", "objectClass": "ObjectClass", "legacyExchangeDN": "RpcClientAccessServer",
	"nCName": "Domain",
}

//go:noinline
func originIn(i *inventory.Inventory, object, attribute string) Origin {
	if i.Source == inventory.FromShell {
		if name, ok := shellNames[attribute]; ok {
			attribute = name
		}
	}
	return Origin{object, attribute}
}

// some shortens a long list of origins to what can be looked at.
func some(list []Origin) []Origin {
	const most = 12
	if len(list) <= most {
		return list
	}
	return append(slices.Clone(list[:most]), Origin{Object: fmt.Sprintf("and %d more", len(list)-most)})
}
