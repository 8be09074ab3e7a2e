package runbook

import (
	"slices"
	"strings"

	"coexist/runbook/migration"
	"coexist/runbook/procedure"
)

// Data is what a procedure's templates see: the migration from where one task
// stands. Every field is always there; conditions read it too, and never read
// values.
type Data struct {
	Org         migration.Organization
	Target      migration.Target
	Release     procedure.Release   // of Target.Release
	Releases    []procedure.Release // all known ones
	Names       Names               // client host names of Site
	Features    migration.Features
	DAG         migration.DAG // Site's own, else the organisation's; Name is empty when there is none
	DAGEarlier  []Server      // members of DAG in sites that come before Site
	Certificate migration.Certificate
	Network     migration.Network
	Probes      []migration.Probe
	Sites       []Site // all sites, the first one first
	First       Site   // the site that owns the organisation's namespaces
	Site        Site   // the phase's site, or the target's; First in organisation-wide tasks
	Server      Server // scope "server" alone
	Domain      string // scope "domain" alone; the forest root elsewhere
	Round       bool   // in the round of a further site

	servers map[serverGroup][]Server // of the whole organisation, picked once
}

// serverGroup is what Old, New and Of pick servers by.
type serverGroup struct {
	old           bool // any version before 2013
	version, role string
}

// groups picks the organisation's servers by every version and role they have.
func groups(sites []Site) map[serverGroup][]Server {
	out := map[serverGroup][]Server{}
	for _, site := range sites {
		for _, s := range site.Servers {
			for i, role := range append([]string{""}, s.Roles...) {
				if i > 0 && (role == "" || slices.Contains(s.Roles[:i-1], role)) {
					continue
				}
				keys := []serverGroup{{version: s.Version, role: role}, {old: true, role: role}}
				if s.Version == "2013" {
					keys = keys[:1]
				}
				for _, key := range keys {
					out[key] = append(out[key], s)
				}
			}
		}
	}
	return out
}

// Names are the client host names that count in a site.
type Names struct {
	Primary      string
	Autodiscover string
	Legacy       string // empty where no Exchange 2007 server answers one
	RPC          string // the 2010 Client Access array, if there is one
	Internal     string // the name for inside clients; Primary where inside and outside do not differ
}

// Site is a site as templates see it.
type Site struct {
	Name           string
	InternetFacing bool
	First          bool // owns the organisation's namespaces
	HoldsLegacy    bool // its Exchange 2007 servers answer the legacy name of its Names
	OwnsLegacy     bool // it is the first of those: its servers are where the record leads
	Entry          string
	ExternalEntry  string
	Names          Names
	Servers        []Server
}

// Server is a server as templates see it.
type Server struct {
	Name           string
	FQDN           string
	Version        string
	Roles          []string
	OS             string
	Domain         string
	Address        string
	Nodes          []string
	SubscribedSite string
	Site           string
}

// Shares tells whether a site has no client names of its own beside another's.
func (s Site) Shares(other Site) bool {
	return s.Names.Primary == other.Names.Primary && (s.Names.Internal == other.Names.Internal || s.Names.Internal == s.Names.Primary)
}

// Has tells whether the server carries a role.
func (s Server) Has(role string) bool {
	for _, r := range s.Roles {
		if r == role {
			return true
		}
	}
	return false
}

// Old lists the site's servers of any version before 2013 that carry a role;
// an empty role means any.
func (s Site) Old(role string) []Server {
	return pick(s.Servers, func(v Server) bool { return v.Version != "2013" }, role)
}

// New lists the site's Exchange 2013 servers that carry a role.
func (s Site) New(role string) []Server { return s.Of("2013", role) }

// Of lists the site's servers of one version that carry a role.
func (s Site) Of(version, role string) []Server {
	return pick(s.Servers, func(v Server) bool { return v.Version == version }, role)
}

// Old lists the organisation's servers of any version before 2013 that carry a
// role.
func (d *Data) Old(role string) []Server { return d.servers[serverGroup{old: true, role: role}] }

// New lists the organisation's Exchange 2013 servers that carry a role.
func (d *Data) New(role string) []Server { return d.Of("2013", role) }

// Of lists the organisation's servers of one version that carry a role.
func (d *Data) Of(version, role string) []Server {
	return d.servers[serverGroup{version: version, role: role}]
}

// Probe returns the test mailbox of a version ("2007", "2010", "2013"): one of
// the site that the task is for, else one that names no site, else the first in
// the file; none where there is none.
func (d *Data) Probe(version string) migration.Probe {
	var out migration.Probe
	rank := 0
	for _, p := range d.Probes {
		if p.Version != version {
			continue
		}
		fits := 1
		switch {
		case d.Site.Name != "" && strings.EqualFold(p.Site, d.Site.Name):
			fits = 3
		case p.Site == "":
			fits = 2
		}
		if fits > rank {
			out, rank = p, fits
		}
	}
	return out
}

// Near is Probe, but none where the test mailbox is of a site with other client
// names: what it meets there is not what this site's names promise. One that
// names no site is taken to be in the first that has mailboxes of its version.
func (d *Data) Near(version string) migration.Probe {
	p := d.Probe(version)
	for _, s := range d.Sites {
		home := strings.EqualFold(s.Name, p.Site) || p.Site == "" && len(s.Of(version, "mailbox")) > 0
		switch {
		case home && (s.Names.Primary != d.Names.Primary || s.Names.Legacy != d.Names.Legacy):
			return migration.Probe{}
		case home:
			return p
		}
	}
	return p
}

// MultiDomain tells whether there is more than one Active Directory domain.
func (d *Data) MultiDomain() bool { return len(d.Org.Domains) > 1 }

// MultiSite tells whether there is more than one site.
func (d *Data) MultiSite() bool { return len(d.Sites) > 1 }

// Has2007 and Has2010 tell which old versions the organisation has.
func (d *Data) Has2007() bool { return d.Org.Source != migration.Source2010 }

// Has2010 is true for 2010 and mixed organisations.
func (d *Data) Has2010() bool { return d.Org.Source != migration.Source2007 }

func pick(list []Server, keep func(Server) bool, role string) []Server {
	var out []Server
	for _, s := range list {
		if keep(s) && (role == "" || s.Has(role)) {
			out = append(out, s)
		}
	}
	return out
}

// Call answers a method that a template calls on the data; see
// procedure.Methods. Calls by hand let the linker drop what nothing calls.
func (d *Data) Call(name string, args []string) (any, bool, error) {
	switch {
	case name == "Old" && len(args) == 1:
		return d.Old(args[0]), true, nil
	case name == "New" && len(args) == 1:
		return d.New(args[0]), true, nil
	case name == "Of" && len(args) == 2:
		return d.Of(args[0], args[1]), true, nil
	case name == "Probe" && len(args) == 1:
		return d.Probe(args[0]), true, nil
	case name == "Near" && len(args) == 1:
		return d.Near(args[0]), true, nil
	case name == "MultiDomain" && len(args) == 0:
		return d.MultiDomain(), true, nil
	case name == "MultiSite" && len(args) == 0:
		return d.MultiSite(), true, nil
	case name == "Has2007" && len(args) == 0:
		return d.Has2007(), true, nil
	case name == "Has2010" && len(args) == 0:
		return d.Has2010(), true, nil
	}
	return nil, false, nil
}

// Call answers a method that a template calls on a site.
func (s Site) Call(name string, args []string) (any, bool, error) {
	switch {
	case name == "Old" && len(args) == 1:
		return s.Old(args[0]), true, nil
	case name == "New" && len(args) == 1:
		return s.New(args[0]), true, nil
	case name == "Of" && len(args) == 2:
		return s.Of(args[0], args[1]), true, nil
	}
	return nil, false, nil
}

// Call answers a method that a template calls on a server.
func (s Server) Call(name string, args []string) (any, bool, error) {
	if name == "Has" && len(args) == 1 {
		return s.Has(args[0]), true, nil
	}
	return nil, false, nil
}
