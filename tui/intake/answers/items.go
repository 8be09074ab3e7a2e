package answers

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"coexist/runbook/migration"
)

func (f *Form) siteFields(i int) []Field {
	const facing, own = "Ways in", "Names of its own, where they differ"
	s := &f.Sites[i]
	k := func(name string) string { return fmt.Sprintf("site[%d].%s", i+1, name) }
	list := []Field{{Key: k("name"), Label: "Site name", Text: &s.Name, check: f.siteName(i),
		Hint: "As in Active Directory Sites and Services.", Example: "Redmond"}}
	if f.Internet {
		list = append(list, Field{Key: k("internet_facing"), Label: "Faces the Internet", Kind: Toggle, On: &s.InternetFacing,
			Hint: "Clients on the Internet come in here. At least one site must; they are upgraded first."})
	}
	list = append(list,
		Field{Key: k("entry"), Label: "Inside entry", Group: facing, Text: &s.Entry, Optional: true, check: migration.ValidateAddress,
			Hint: "Where the names shall point after the switch: the new Client Access server or its load balancer.", Example: "10.0.0.80"},
		Field{Key: k("external_entry"), Label: "Outside entry", Group: facing, Text: &s.ExternalEntry, Optional: true, check: migration.ValidateAddress,
			Hint: "The public address that leads to the inside entry.", Example: "203.0.113.80"},
		Field{Key: k("internal_name"), Label: "Inside name", Group: own, Text: &s.InternalName, Optional: true, check: migration.ValidateHost,
			Hint: "The name that inside clients use here, if it is not the outside one.", Example: "mail-int.contoso.com"},
		Field{Key: k("primary"), Label: "Primary name", Group: own, Text: &s.Primary, Optional: true, check: migration.ValidateHost,
			Hint: "A regional name of a second Internet-facing site. Empty: the organisation's.", Example: "mail.emea.contoso.com"})
	if f.Has2007() {
		list = append(list, Field{Key: k("legacy"), Label: "Legacy name", Group: own, Text: &s.Legacy, Optional: true, check: migration.ValidateHost,
			Hint: "The legacy name that goes with a primary name of its own.", Example: "legacy.emea.contoso.com"})
	}
	if f.Has2010() {
		list = append(list, Field{Key: k("rpc"), Label: "Client Access array", Group: own, Text: &s.RPC, Optional: true, check: migration.ValidateHost,
			Hint: "The site's own 2010 client access array. It never moves.", Example: "outlook.emea.contoso.com"})
	}
	return append(list, f.dagFields(k("dag"), "DAG of its own", &s.DAG)...)
}

func (f *Form) serverFields(i, j int) []Field {
	const roles, more = "Roles", "Where the defaults do not hold"
	v := &f.Sites[i].Servers[j]
	k := func(name string) string { return fmt.Sprintf("site[%d].server[%d].%s", i+1, j+1, name) }
	role := func(label, hint string, on *bool) Field {
		return Field{Key: k("roles"), Label: label, Group: roles, Kind: Toggle, On: on, Hint: hint}
	}
	list := []Field{
		{Key: k("name"), Label: "Server name", Text: &v.Name, check: f.serverName(i, j),
			Hint: "The computer's name, without a domain.", Example: "EX13-01"},
		{Key: k("version"), Label: "Version", Kind: Choice, Text: &v.Version, Options: f.versionOptions(),
			Hint: "Exchange 2013 for a server that will be installed."},
	}
	list = append(list, Field{Key: k("os"), Label: "Windows Server", Kind: Choice, Text: &v.OS, Optional: true, Options: systems(v.Version),
		Hint: "For Exchange 2013 it picks the Windows features that are installed beforehand."})
	list = append(list, role("Client Access", "Answers clients.", &v.ClientAccess))
	if v.Version != "2013" {
		list = append(list, role("Hub Transport", "Carries mail inside the organisation.", &v.HubTransport))
	}
	list = append(list, role("Mailbox", "Holds databases.", &v.Mailbox))
	if v.Version != "2013" {
		list = append(list, role("Unified Messaging", "Answers calls.", &v.Unified))
	}
	list = append(list, role("Edge Transport", "Stands in the perimeter, alone and outside the domain.", &v.Edge),
		Field{Key: k("fqdn"), Label: "Full name", Group: more, Text: &v.FQDN, Optional: true, check: migration.ValidateHost,
			Hint: "Empty: " + orName(v.Name) + "." + orExample(trim(f.Forest)), Example: "ex13-01.emea.contoso.com"},
		Field{Key: k("domain"), Label: "Domain", Group: more, Text: &v.Domain, Optional: true, check: migration.ValidateDomain,
			Hint: "Its Active Directory domain, if it is not the forest root.", Example: "emea.contoso.com"},
		Field{Key: k("address"), Label: "Address", Group: more, Text: &v.Address, Optional: true, check: migration.ValidateAddress,
			Hint: "Empty: found by name.", Example: "10.0.0.21"})
	return append(list, v.rareFields(f, k)...)
}

// rareFields are questions for renamed, clustered and Edge servers alone.
func (v *Server) rareFields(f *Form, k func(string) string) []Field {
	const more = "Where the defaults do not hold"
	var list []Field
	list = append(list, Field{Key: k("was"), Label: "Was called", Group: more, Text: &v.Was, Optional: true, check: migration.ValidateServerName,
		Hint: "Its former name, so that what the journal holds about it still counts.", Example: "EX10-1"})
	if v.clustered() {
		list = append(list, Field{Key: k("nodes"), Label: "Cluster nodes", Group: more, Text: &v.Nodes, Optional: true, check: each(migration.ValidateServerName),
			Hint: "The machines, if the server's name is a clustered mailbox server's.", Example: "NODE1, NODE2"})
	}
	if v.Edge {
		list = append(list, Field{Key: k("subscribed_site"), Label: "Subscribed to", Group: more, Kind: Choice, Text: &v.SubscribedSite, Optional: true,
			Options: f.siteOptions("not subscribed"), Hint: "The site that the Edge server exchanges mail with."})
	}
	return list
}

// systems lists the Windows versions that a version of Exchange runs on.
func systems(version string) []Option {
	names := []string{"2012R2", "2012", "2008R2"}
	switch version {
	case "2007":
		names = []string{"2008R2", "2008", "2003R2", "2003"}
	case "2010":
		names = []string{"2012R2", "2012", "2008R2", "2008"}
	}
	var out []Option
	for _, n := range names {
		out = append(out, Option{n, strings.Replace(n, "R2", " R2", 1), ""})
	}
	return append(out, Option{"", "not known yet", ""})
}

func orName(name string) string { return or(name, "the server name") }

// AddSite puts a new site behind place at and returns its index.
func (f *Form) AddSite(at int) int {
	i := min(max(at+1, 0), len(f.Sites))
	s := Site{InternetFacing: f.Internet && len(f.Sites) == 0}
	f.Sites = slices.Insert(f.Sites, i, s)
	return i
}

// AddServer puts a new server behind place at of a site and returns its index.
// It starts as what is missing most: an old server first, then new ones.
func (f *Form) AddServer(site, at int) int {
	s := &f.Sites[site]
	j := min(max(at+1, 0), len(s.Servers))
	s.Servers = slices.Insert(s.Servers, j, f.fresh(*s, j))
	return j
}

// Like is a usual server of a version: the roles that most have.
func (f *Form) Like(version string) Server {
	v := Server{Version: version}
	if version == "2013" {
		v.OS = "2012R2"
		v.setRoles([]string{migration.ClientAccess, migration.MailboxRole})
		return v
	}
	v.setRoles([]string{migration.ClientAccess, migration.HubTransport, migration.MailboxRole})
	return v
}

func (f *Form) fresh(s Site, at int) Server {
	if at > 0 && s.Servers[at-1].Version == "2013" {
		v := f.Like("2013")
		v.OS = s.Servers[at-1].OS
		return v
	}
	return f.Like(f.OldVersions()[0])
}

// Duplicate copies what stands at a place behind itself, under the next free
// name, and returns where the copy is.
func (f *Form) Duplicate(p Place) Place {
	switch {
	case !f.Exists(p):
		return p
	case p.IsServer():
		s := &f.Sites[p.Site]
		v := s.Servers[p.Server]
		v.Name, v.FQDN, v.Address, v.Was = f.nextName(v.Name), "", "", ""
		s.Servers = slices.Insert(s.Servers, p.Server+1, v)
		return OnServer(p.Site, p.Server+1)
	case p.IsSite():
		s := f.Sites[p.Site]
		s.Name, s.InternetFacing = s.Name+" copy", false
		s.Entry, s.ExternalEntry, s.Primary, s.Legacy, s.RPC, s.InternalName = "", "", "", "", "", ""
		s.DAG = DAG{}
		s.Servers = slices.Clone(s.Servers)
		f.Sites = slices.Insert(f.Sites, p.Site+1, s)
		for j := range f.Sites[p.Site+1].Servers {
			v := &f.Sites[p.Site+1].Servers[j]
			v.Name, v.FQDN, v.Address, v.Was = f.nextName(v.Name), "", "", ""
		}
		return OnSite(p.Site + 1)
	case p.IsProbe():
		f.Probes = slices.Insert(f.Probes, p.Probe+1, f.Probes[p.Probe])
		return OnProbe(p.Probe + 1)
	}
	return p
}

// Remove takes away what stands at a place.
func (f *Form) Remove(p Place) {
	switch {
	case !f.Exists(p):
	case p.IsServer():
		f.Sites[p.Site].Servers = slices.Delete(f.Sites[p.Site].Servers, p.Server, p.Server+1)
	case p.IsSite():
		f.Sites = slices.Delete(f.Sites, p.Site, p.Site+1)
	case p.IsProbe():
		f.Probes = slices.Delete(f.Probes, p.Probe, p.Probe+1)
	}
}

// Move shifts a site, or a server within its site, by one and returns where it
// is now.
func (f *Form) Move(p Place, by int) Place {
	if !f.Exists(p) {
		return p
	}
	if p.IsServer() {
		list, to := f.Sites[p.Site].Servers, p.Server+by
		if to >= 0 && to < len(list) {
			list[p.Server], list[to] = list[to], list[p.Server]
			p.Server = to
		}
		return p
	}
	if to := p.Site + by; p.IsSite() && to >= 0 && to < len(f.Sites) {
		f.Sites[p.Site], f.Sites[to] = f.Sites[to], f.Sites[p.Site]
		p.Site = to
	}
	return p
}

// Settle makes answers follow that leave no choice: who lists an Edge server has
// Edge Transport in use.
func (f *Form) Settle() {
	for _, s := range f.Sites {
		for _, v := range s.Servers {
			f.Features.EdgeTransport = f.Features.EdgeTransport || v.Edge
		}
	}
}

// Chosen makes the system follow a server's version that was just chosen.
func (f *Form) Chosen(p Place) {
	if !p.IsServer() || !f.Exists(p) {
		return
	}
	v := &f.Sites[p.Site].Servers[p.Server]
	fits := v.OS == ""
	for _, o := range systems(v.Version) {
		fits = fits || o.Value == v.OS
	}
	if !fits {
		v.OS = ""
	}
	if v.OS == "" && v.Version == "2013" {
		v.OS = f.Like("2013").OS
	}
}

// Blank tells whether nothing was ever typed at a place, so that leaving it
// may drop it again.
func (f *Form) Blank(p Place) bool {
	for _, fd := range f.Fields(p) {
		if fd.Kind == Text && fd.Typed() {
			return false
		}
	}
	return !p.IsSite() || len(f.Sites[p.Site].Servers) == 0
}

// nextName counts a server's name up to one that is free: EX13-01, EX13-02.
func (f *Form) nextName(name string) string {
	stem := strings.TrimRight(trim(name), "0123456789")
	digits := trim(name)[len(stem):]
	n, _ := strconv.Atoi(digits)
	for range 10000 {
		n++
		next := strconv.Itoa(n)
		for len(next) < len(digits) {
			next = "0" + next
		}
		if f.serverNamed(stem+next, -1, -1) == "" {
			return stem + next
		}
	}
	return name
}

// serverNamed returns the site that already has a server of that name, leaving
// out one place.
func (f *Form) serverNamed(name string, site, server int) string {
	for i, s := range f.Sites {
		for j, v := range s.Servers {
			if (i != site || j != server) && strings.EqualFold(trim(v.Name), trim(name)) {
				return or(s.Name, "another site")
			}
		}
	}
	return ""
}

// First is the site that is upgraded first: the first that faces the Internet,
// else the first; -1 when there is none.
func (f *Form) First() int {
	for i, s := range f.Sites {
		if s.InternetFacing && f.Internet {
			return i
		}
	}
	if len(f.Sites) > 0 {
		return 0
	}
	return -1
}
