package runbook

import (
	"cmp"
	"slices"
	"sort"
	"strings"

	"coexist/runbook/migration"
	"coexist/runbook/procedure"
)

// baseData is what every task of a migration sees alike; Site is the first.
func baseData(m *migration.Migration, lib *procedure.Library, release procedure.Release) Data {
	d := Data{
		Org: m.Organization, Target: m.Target, Release: release, Releases: lib.Releases.List,
		Features: m.Features, Certificate: m.Certificate, Network: m.Network, Probes: m.Probes,
		Domain: m.Organization.Forest, Sites: sites(m),
	}
	d.First = d.Sites[0]
	d.servers = groups(d.Sites)
	d.Site, d.Names = d.First, d.First.Names
	d.DAG = dagOf(m, d.First.Name)
	return d
}

// sites lists the sites in the order of the work: the one that owns the
// organisation's namespaces, further Internet-facing ones, then the rest, each
// group as the file has it.
func sites(m *migration.Migration) []Site {
	out := make([]Site, 0, len(m.Sites))
	for _, s := range m.Sites {
		out = append(out, Site{
			Name: s.Name, InternetFacing: s.InternetFacing, Entry: s.Entry, ExternalEntry: s.ExternalEntry,
			Servers: servers(m, s),
		})
	}
	sort.SliceStable(out, func(i, j int) bool { return out[i].InternetFacing && !out[j].InternetFacing })
	if len(out) == 0 {
		return []Site{{First: true}}
	}
	out[0].First = true
	written := map[string]migration.Site{}
	for _, s := range m.Sites {
		written[s.Name] = s
	}
	spelt := spelling{}
	for _, name := range []string{m.Namespace.Primary, m.Namespace.Legacy, m.Namespace.RPC} {
		spelt.of(name)
	}
	for i := range out {
		out[i].Names = siteNames(m.Namespace, written[out[i].Name], spelt)
	}
	markLegacy(out)
	return out
}

// markLegacy tells which sites answer a legacy name, and which of them brings
// it: users of Exchange 2007 are sent to a Client Access server of the first
// site or of another that faces the Internet, or, where no site does, to the
// first that has one. A name that nobody answers is no name.
func markLegacy(sites []Site) {
	owned, facing := map[string]bool{}, false
	hold := func(s *Site) {
		name := strings.ToLower(s.Names.Legacy)
		s.HoldsLegacy, s.OwnsLegacy = true, !owned[name]
		owned[name] = true
	}
	for i := range sites {
		s := &sites[i]
		facing = facing || s.InternetFacing
		if (s.First || s.InternetFacing) && s.Names.Legacy != "" && len(s.Of(migration.Source2007, "client-access")) > 0 {
			hold(s)
		}
	}
	for i := 0; i < len(sites) && len(owned) == 0 && !facing; i++ {
		if s := &sites[i]; s.Names.Legacy != "" && len(s.Of(migration.Source2007, "client-access")) > 0 {
			hold(s)
		}
	}
	var silent []int
	answered := func(at Site) bool {
		return slices.ContainsFunc(sites, func(s Site) bool {
			return s.HoldsLegacy && strings.EqualFold(s.Names.Legacy, at.Names.Legacy) && (s.Name == at.Name || s.Names.Primary == at.Names.Primary)
		})
	}
	for i := range sites {
		if !answered(sites[i]) {
			silent = append(silent, i)
		}
	}
	for _, i := range silent {
		sites[i].Names.Legacy = ""
	}
}

// dagEarlier lists the members of a site's group that stand in sites before it.
func dagEarlier(m *migration.Migration, sites []Site, name string) []Server {
	var out []Server
	group := dagOf(m, name).Name
	for _, s := range sites {
		if s.Name == name {
			break
		}
		if group != "" && dagOf(m, s.Name).Name == group {
			out = append(out, s.New("mailbox")...)
		}
	}
	return out
}

// spelling writes a name as it was first met: DNS looks at no case, and names
// that differ in nothing else are one name to templates too.
type spelling map[string]string

func (s spelling) of(name string) string {
	low := strings.ToLower(name)
	if _, met := s[low]; !met {
		s[low] = name
	}
	return s[low]
}

// siteNames are the organisation's names with a site's own put in their place.
func siteNames(n migration.Namespace, s migration.Site, spelt spelling) Names {
	names := Names{
		Primary: spelt.of(cmp.Or(s.Primary, n.Primary)), Autodiscover: n.Autodiscover,
		Legacy: spelt.of(cmp.Or(s.Legacy, n.Legacy)), RPC: spelt.of(cmp.Or(s.RPC, n.RPC)),
	}
	names.Internal = spelt.of(cmp.Or(s.InternalName, names.Primary))
	return names
}

func servers(m *migration.Migration, s migration.Site) []Server {
	out := make([]Server, 0, len(s.Servers))
	for _, v := range s.Servers {
		server := Server{
			Name: v.Name, FQDN: v.FQDN, Version: v.Version, Roles: v.Roles, OS: v.OS, Domain: m.Domain(v),
			Address: v.Address, Nodes: v.Nodes, SubscribedSite: v.SubscribedSite, Site: s.Name,
		}
		if server.FQDN == "" {
			server.FQDN = strings.ToLower(v.Name) + "." + server.Domain
		}
		out = append(out, server)
	}
	return out
}

func dagOf(m *migration.Migration, site string) migration.DAG {
	for _, s := range m.Sites {
		if s.Name == site && s.DAG != nil {
			return *s.DAG
		}
	}
	if m.DAG != nil {
		return *m.DAG
	}
	return migration.DAG{}
}
