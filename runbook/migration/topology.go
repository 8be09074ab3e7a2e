package migration

import (
	"fmt"
	"strings"
)

func siteKey(i int) string      { return element("site", i) }
func serverKey(i, j int) string { return element(siteKey(i)+".server", j) }

// sites checks each site's own keys.
func (v *validator) sites() {
	seen := map[string]bool{}
	for i, s := range v.m.Sites {
		key := siteKey(i)
		v.must(key+".name", s.Name, ValidateSiteName)
		if low := strings.ToLower(s.Name); low != "" && seen[low] {
			v.say(key+".name", "each site once", "there are two sites named %q", s.Name)
		} else {
			seen[low] = true
		}
		v.may(key+".entry", s.Entry, entryAddress)
		v.may(key+".external_entry", s.ExternalEntry, entryAddress)
		v.may(key+".primary", s.Primary, ValidateHost)
		v.may(key+".internal_name", s.InternalName, ValidateHost)
		primary := s.Primary
		if primary == "" {
			primary = v.m.Namespace.Primary
		}
		v.legacy(key+".legacy", s.Legacy, primary)
		v.rpc(key+".rpc", s.RPC)
		if len(s.Servers) == 0 {
			v.say(key+".server", "at least one [[site.server]]", "the site %q has no server", s.Name)
		}
	}
}

// roles of each version, in the order in which they are listed.
func rolesOf(version string) []string {
	if version == version2013 {
		return []string{ClientAccess, MailboxRole, EdgeTransport}
	}
	return []string{ClientAccess, HubTransport, MailboxRole, UnifiedMessaging, EdgeTransport}
}

func systemsOf(version string) []string {
	switch version {
	case Source2007:
		return []string{"2003", "2003R2", "2008", "2008R2"}
	case Source2010:
		return []string{"2008", "2008R2", "2012", "2012R2"}
	default:
		return []string{"2008R2", "2012", "2012R2"}
	}
}

// servers checks each server's own keys, and that no two share a name.
func (v *validator) servers() {
	names := map[string]seenServer{}
	for i, site := range v.m.Sites {
		for j, s := range site.Servers {
			key := serverKey(i, j)
			v.server(key, s)
			v.unique(names, key+".name", s.Name, s, site)
			for k, node := range s.Nodes {
				v.unique(names, element(key+".nodes", k), node, s, site)
			}
		}
	}
}

func (v *validator) server(key string, s Server) {
	v.must(key+".name", s.Name, ValidateServerName)
	v.version(key, s)
	v.roles(key, s)
	if s.OS != "" {
		v.choice(key+".os", s.OS, systemsOf(s.Version))
	}
	v.may(key+".fqdn", s.FQDN, ValidateHost)
	if head, _, _ := strings.Cut(s.FQDN, "."); s.FQDN != "" && s.Name != "" && !same(head, s.Name) {
		v.say(key+".fqdn", fmt.Sprintf("a name that begins with %q", s.Name+"."), "%q is not the full name of %s", s.FQDN, s.Name)
	}
	v.may(key+".address", s.Address, ValidateAddress)
	v.may(key+".was", s.Was, ValidateServerName)
	if s.Was != "" && same(s.Was, s.Name) {
		v.say(key+".was", "the name before the rename, or no such key", "%q is the name of today", s.Was)
	}
	v.home(key, s)
	v.nodes(key, s)
	if s.SubscribedSite != "" {
		v.subscription(key+".subscribed_site", s)
	}
}

func (v *validator) version(key string, s Server) {
	known := []string{Source2007, Source2010, version2013}
	if !v.choice(key+".version", s.Version, known) {
		return
	}
	source := v.m.Organization.Source
	if fit := versions(source); !contains(fit, s.Version) {
		v.say(key+".version", oneOf(quoted(fit))+`, or organization.source = "mixed"`,
			"%s runs Exchange %s, which does not fit an organisation whose source is %q", s.Name, s.Version, source)
	}
}

func (v *validator) roles(key string, s Server) {
	key += ".roles"
	known := rolesOf(s.Version)
	if len(s.Roles) == 0 {
		v.say(key, "a list of "+strings.Join(quoted(known), ", "), "is required and missing")
	}
	seen := map[string]bool{}
	for i, r := range s.Roles {
		at := element(key, i)
		switch {
		case seen[r]:
			v.say(at, "", "%q stands in the list twice", r)
		case s.Version == version2013 && (r == HubTransport || r == UnifiedMessaging):
			v.say(at, oneOf(quoted(known)), "Exchange 2013 has no role %q: its mailbox role does that work", r)
		default:
			v.choice(at, r, known)
		}
		seen[r] = true
	}
	if s.Has(EdgeTransport) && len(seen) > 1 {
		v.say(key, `roles = ["edge-transport"] alone`, "an Edge Transport server carries no other role")
	}
}

// home checks the domain: a server in a domain that is not listed would be
// forgotten when the domains are prepared.
func (v *validator) home(key string, s Server) {
	v.may(key+".domain", s.Domain, ValidateDomain)
	if s.Has(EdgeTransport) || !v.sound("organization.domains", "organization.forest") || len(v.m.Organization.Domains) == 0 {
		return
	}
	home := v.m.Domain(s)
	for _, d := range v.m.Organization.Domains {
		if same(d, home) {
			return
		}
	}
	if s.Domain == "" && home != "" {
		v.say(key+".domain", "the server's domain, or the forest root in organization.domains",
			"is missing, so %s belongs to the forest root %q, which organization.domains does not list", s.Name, home)
	} else if s.Domain != "" {
		v.put(Problem{Key: key + ".domain", Message: fmt.Sprintf("%q is not listed in organization.domains", s.Domain),
			Expected: oneOf(quoted(v.m.Organization.Domains)), Nearest: nearest(s.Domain, v.m.Organization.Domains)})
	}
}

func (v *validator) nodes(key string, s Server) {
	if len(s.Nodes) == 0 {
		return
	}
	v.each(key+".nodes", s.Nodes, ValidateServerName)
	switch {
	case s.Version != Source2007:
		v.say(key+".nodes", "no such key", "only a clustered mailbox server of Exchange 2007 has nodes")
	case len(s.Roles) > 0 && (len(s.Roles) != 1 || !s.Has(MailboxRole)):
		v.say(key+".nodes", `roles = ["mailbox"]`, "a clustered mailbox server carries the mailbox role alone")
	}
}

func (v *validator) subscription(key string, s Server) {
	if !s.Has(EdgeTransport) {
		v.say(key, "no such key", "only an Edge Transport server is subscribed to a site")
		return
	}
	v.site(key, s.SubscribedSite)
}

// site checks a reference to a site.
func (v *validator) site(key, name string) {
	if !v.sound("site") {
		return
	}
	known := make([]string, len(v.m.Sites))
	for i, s := range v.m.Sites {
		known[i] = s.Name
	}
	if !contains(known, name) {
		v.put(Problem{Key: key, Message: fmt.Sprintf("there is no site %q", name), Expected: oneOf(quoted(known)), Nearest: nearest(name, known)})
	}
}

func (v *validator) hasSite(name string) bool {
	for _, s := range v.m.Sites {
		if s.Name == name {
			return true
		}
	}
	return false
}

type seenServer struct {
	server Server
	site   string
}

// unique refuses a name that another server has; an old and a new server of one
// name mean an upgrade in place, which Exchange does not know.
func (v *validator) unique(seen map[string]seenServer, key, name string, s Server, site Site) {
	low := strings.ToLower(name)
	before, taken := seen[low]
	switch {
	case low == "":
	case !taken:
		seen[low] = seenServer{s, site.Name}
	case before.server.Old() != s.Old():
		v.say(key, "a machine and a name of its own for Exchange 2013",
			"%q is both an old server and an Exchange 2013 server: Exchange 2013 cannot be installed over an older version, and the old server must keep its name until it is removed", name)
	default:
		v.say(key, "each server once", "%q is already a server of the site %q", name, before.site)
	}
}

// topology checks what the servers and sites must make together.
func (v *validator) topology() {
	if len(v.m.Sites) == 0 {
		v.say("site", "at least one [[site]] with its servers", "is required and missing")
		return
	}
	if !v.sound("site", "organization.source") {
		return
	}
	v.facing()
	for i, s := range v.m.Sites {
		v.access(i, s)
	}
	v.population()
	v.firstSite()
	v.legacyHolders()
	v.ownNames()
}

func (v *validator) facing() {
	if !v.sound("organization.internet") {
		return
	}
	facing := false
	for i, s := range v.m.Sites {
		facing = facing || s.InternetFacing
		if s.InternetFacing && !v.m.Organization.Internet {
			v.say(siteKey(i)+".internet_facing", "internet = true in [organization], or false here",
				"the site %q faces the Internet, but organization.internet is not true", s.Name)
		}
	}
	if v.m.Organization.Internet && !facing {
		v.say("organization.internet", "internet_facing = true in one [[site]], or internet = false",
			"is true, but no site faces the Internet")
	}
}

// access wants a Client Access server of each version that has mailboxes in a
// site: clients and the newer servers reach them through it.
func (v *validator) access(i int, site Site) {
	for _, version := range []string{Source2007, Source2010, version2013} {
		mailbox, access := -1, false
		for j, s := range site.Servers {
			if s.Version != version {
				continue
			}
			if s.Has(MailboxRole) && mailbox < 0 {
				mailbox = j
			}
			access = access || s.Has(ClientAccess)
		}
		if mailbox >= 0 && !access {
			v.say(serverKey(i, mailbox)+".roles", fmt.Sprintf("a server of version %q with the role %q in the same site", version, ClientAccess),
				"%s holds mailboxes of Exchange %s, but the site %q has no Client Access server of that version", site.Servers[mailbox].Name, version, site.Name)
		}
	}
}

// population wants every old version that the source names, and no old version
// missing altogether.
func (v *validator) population() {
	count := map[string]int{}
	for _, site := range v.m.Sites {
		for _, s := range site.Servers {
			count[s.Version]++
		}
	}
	source := v.m.Organization.Source
	switch {
	case source != Source2007 && source != Source2010 && source != Mixed:
	case source == Mixed && count[Source2007]+count[Source2010] > 0:
		for _, version := range []string{Source2007, Source2010} {
			if count[version] == 0 {
				v.say("organization.source", `servers of both versions, or the source of those that are there`,
					`is "mixed", but no server runs Exchange %s`, version)
			}
		}
	case count[Source2007]+count[Source2010] == 0:
		v.say("organization.source", "the old servers among [[site.server]]", "there is no server of an older version to upgrade from")
	}
}

// firstSite wants Exchange 2013 where the namespaces go first.
func (v *validator) firstSite() {
	first := v.m.FirstSite()
	for i, s := range v.m.Sites {
		if s.Name != first.Name || len(s.Servers) == 0 {
			continue
		}
		for _, role := range []string{ClientAccess, MailboxRole} {
			if !siteHas(s, version2013, role) {
				v.say(siteKey(i)+".server", fmt.Sprintf("a [[site.server]] of version \"2013\" with the role %q", role),
					"the site %q is upgraded first and takes over the names, but has no Exchange 2013 server with the role %q", s.Name, role)
			}
		}
		return
	}
}

func siteHas(site Site, version, role string) bool {
	for _, s := range site.Servers {
		if s.Version == version && s.Has(role) {
			return true
		}
	}
	return false
}

func contains(list []string, s string) bool {
	for _, one := range list {
		if one == s {
			return true
		}
	}
	return false
}
