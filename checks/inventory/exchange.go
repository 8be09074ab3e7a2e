package inventory

import (
	"context"
	"fmt"
	"slices"
	"sort"
	"strconv"
	"strings"

	"coexist/checks"
)

// exchange reads everything below the organisation. Servers come first: an
// organisation has at least one, so that an account which is shown none may not
// see the others either.
func (r *reader) exchange(ctx context.Context) {
	r.servers(ctx)
	r.directories(ctx)
	r.points(ctx)
	r.mailDomains(ctx)
	r.arrays(ctx)
	r.connectors(ctx)
	r.addressBooks(ctx)
	r.databases(ctx)
	r.groups(ctx)
	for _, one := range []struct {
		section, filter string
		to              *[]Object
	}{
		{SectionDialPlans, "(objectClass=msExchUMDialPlan)", &r.inv.DialPlans},
		{SectionHybrid, "(objectClass=msExchCoexistenceRelationship)", &r.inv.Hybrid},
	} {
		for _, o := range r.below(ctx, one.section, one.filter, "cn") {
			*one.to = append(*one.to, Object{o.DN, o.Name()})
		}
	}
	r.folderPlans(ctx)
}

const noneProves = "none is shown, but this account is shown no Exchange server either: nothing can be said"

// below reads a list below the organisation. When not even servers are shown,
// an empty list proves nothing.
func (r *reader) below(ctx context.Context, section, filter string, attrs ...string) []checks.DirectoryObject {
	list := r.search(ctx, section, r.org, filter, attrs...)
	if len(list) == 0 && r.inv.Whole(section) && len(r.inv.Servers) == 0 {
		r.inv.miss(section, "", "", "ldap.not_readable", noneProves)
	}
	return list
}

func (r *reader) servers(ctx context.Context) {
	list := r.search(ctx, SectionServers, r.org, "(&(objectClass=msExchExchangeServer)(!(objectClass=msExchClientAccessArray)))",
		"cn", "serialNumber", "msExchCurrentServerRoles", "msExchServerSite", "networkAddress", "msExchMDBAvailabilityGroupLink")
	for _, o := range list {
		r.inv.Servers = append(r.inv.Servers, r.server(o))
	}
	if len(list) == 0 && r.inv.Whole(SectionServers) {
		r.inv.miss(SectionServers, "", "", "ldap.not_readable", "no Exchange server is shown to this account; an organisation whose servers were all removed looks the same")
	}
	servers := r.inv.Servers
	sort.SliceStable(servers, func(i, j int) bool { return strings.ToLower(servers[i].Name) < strings.ToLower(servers[j].Name) })
}

func (r *reader) server(o checks.DirectoryObject) Server {
	s := Server{DN: o.DN, Name: o.Name(), Raw: r.want(SectionServers, o, "serialNumber")}
	s.Version, s.Build = checks.ReadSerial(s.Raw)
	if s.Version != "2003" {
		bits := r.want(SectionServers, o, "msExchCurrentServerRoles")
		roles, ok := checks.ReadRoles(bits, s.Version)
		if ok && s.Version != "unknown" {
			s.Roles = roles
		}
		if !ok && bits != "" {
			r.inv.miss(SectionServers, "msExchCurrentServerRoles", o.DN, "ldap.bad_value", "the roles of "+s.Name+" cannot be read from "+checks.Escape(bits))
		}
		s.Site = checks.NameInDN(r.want(SectionServers, o, "msExchServerSite"))
	}
	for _, a := range o.All("networkAddress") {
		if host, ok := strings.CutPrefix(strings.ToLower(a), "ncacn_ip_tcp:"); ok {
			s.FQDN = strings.TrimSuffix(strings.TrimSpace(host), ".")
		}
	}
	if s.FQDN == "" {
		r.inv.miss(SectionServers, "networkAddress", o.DN, "ldap.not_readable", "the full name of "+s.Name+" is not shown to this account")
	}
	if group, ok := o.Get("msExchMDBAvailabilityGroupLink"); ok {
		s.Group = checks.NameInDN(group)
	}
	return s
}

func (r *reader) directories(ctx context.Context) {
	list := r.below(ctx, SectionDirectories, "(objectClass=msExchVirtualDirectory)",
		"cn", "objectClass", "msExchInternalHostName", "msExchExternalHostName")
	list = slices.DeleteFunc(list, func(o checks.DirectoryObject) bool {
		return checks.ServerInDN(o.DN) == "" || strings.HasSuffix(strings.ToLower(o.Name()), "(exchange back end)")
	})
	for _, o := range list {
		d := Directory{DN: o.DN, Server: checks.ServerInDN(o.DN), Kind: checks.DirectoryKind(o.All("objectClass")), Name: o.Name()}
		d.Internal, _ = o.Get("msExchInternalHostName")
		d.External, _ = o.Get("msExchExternalHostName")
		r.inv.Directories = append(r.inv.Directories, d)
	}
	r.seen(SectionDirectories, list, "msExchInternalHostName", "msExchExternalHostName")
}

func (r *reader) points(ctx context.Context) {
	list := r.search(ctx, SectionPoints, r.root.Configuration, checks.AutodiscoverPoints(), "cn", "serviceBindingInformation", "keywords")
	for _, o := range list {
		keywords := o.All("keywords")
		p := Point{DN: o.DN, Server: checks.ServerInDN(o.DN), Sites: checks.PointSites(keywords), Pointer: checks.IsPointer(keywords)}
		if p.Server == "" {
			p.Server = o.Name()
		}
		p.URL, _ = o.Get("serviceBindingInformation")
		r.inv.Points = append(r.inv.Points, p)
	}
	if len(list) == 0 && r.inv.Whole(SectionPoints) {
		r.inv.miss(SectionPoints, "", "", "ldap.not_readable", "no Autodiscover connection point is shown: there is none, or this account may not see it")
	}
	r.seen(SectionPoints, list, "serviceBindingInformation")
}

// domainKinds are the kinds of accepted domains by the lower bits of their
// flags.
var domainKinds = map[int]string{0: "authoritative", 1: "external-relay", 2: "internal-relay"}

func (r *reader) mailDomains(ctx context.Context) {
	list := r.below(ctx, SectionMailDomains, "(objectClass=msExchAcceptedDomain)", "cn", "msExchAcceptedDomainName", "msExchAcceptedDomainFlags")
	for _, o := range list {
		d := MailDomain{DN: o.DN, Name: r.want(SectionMailDomains, o, "msExchAcceptedDomainName")}
		if flags, ok := o.Get("msExchAcceptedDomainFlags"); ok {
			if n, err := strconv.Atoi(flags); err == nil {
				d.Kind = domainKinds[n&3]
			}
		}
		if d.Name != "" {
			r.inv.MailDomains = append(r.inv.MailDomains, d)
		}
	}
	if len(list) == 0 && r.inv.Whole(SectionMailDomains) {
		r.inv.miss(SectionMailDomains, "", "", "ldap.not_readable", "no accepted domain is shown to this account, and every organisation has one")
	}
}

func (r *reader) arrays(ctx context.Context) {
	for _, o := range r.below(ctx, SectionArrays, "(objectClass=msExchClientAccessArray)", "cn", "networkAddress", "msExchServerSite") {
		a := Array{DN: o.DN, Name: o.Name()}
		for _, n := range o.All("networkAddress") {
			if host, ok := strings.CutPrefix(strings.ToLower(n), "ncacn_ip_tcp:"); ok {
				a.FQDN = host
			}
		}
		if a.FQDN == "" {
			r.inv.miss(SectionArrays, "networkAddress", o.DN, "ldap.not_readable", "the name that clients use for the array "+a.Name+" is not shown")
		}
		if site, ok := o.Get("msExchServerSite"); ok {
			a.Site = checks.NameInDN(site)
		}
		r.inv.Arrays = append(r.inv.Arrays, a)
	}
}

func (r *reader) connectors(ctx context.Context) {
	list := r.below(ctx, SectionConnectors, "(|(objectClass=msExchRoutingSMTPConnector)(objectClass=msExchSmtpReceiveConnector))",
		"cn", "objectClass", "routingList", "msExchSourceBridgeheadServersDN", "homeMTA")
	var sending []checks.DirectoryObject
	for _, o := range list {
		c := Connector{DN: o.DN, Name: o.Name(), Kind: "send", Spaces: slices.Clone(o.All("routingList"))}
		if slices.ContainsFunc(o.All("objectClass"), func(s string) bool { return strings.EqualFold(s, "msExchSmtpReceiveConnector") }) {
			c.Kind, c.Servers = "receive", []string{checks.ServerInDN(o.DN)}
		} else {
			sending = append(sending, o)
		}
		for _, dn := range append(slices.Clone(o.All("msExchSourceBridgeheadServersDN")), o.All("homeMTA")...) {
			if s := checks.ServerInDN(dn); s != "" && !slices.Contains(c.Servers, s) {
				c.Servers = append(c.Servers, s)
			}
		}
		slices.Sort(c.Servers)
		r.inv.Connectors = append(r.inv.Connectors, c)
	}
	r.seen(SectionConnectors, sending, "msExchSourceBridgeheadServersDN")
}

func (r *reader) addressBooks(ctx context.Context) {
	for _, o := range r.below(ctx, SectionAddressBooks, "(objectClass=msExchOAB)", "cn", "msExchOABDefault") {
		v, _ := o.Get("msExchOABDefault")
		r.inv.AddressBooks = append(r.inv.AddressBooks, AddressBook{DN: o.DN, Name: o.Name(), Default: strings.EqualFold(v, "TRUE")})
	}
}

func (r *reader) databases(ctx context.Context) {
	list := r.below(ctx, SectionDatabases, "(|(objectClass=msExchPrivateMDB)(objectClass=msExchPublicMDB))",
		"cn", "objectClass", "msExchOwningServer", "msExchUseOAB", "legacyExchangeDN")
	for _, o := range list {
		d := Database{DN: o.DN, Name: o.Name()}
		d.Public = slices.ContainsFunc(o.All("objectClass"), func(s string) bool { return strings.EqualFold(s, "msExchPublicMDB") })
		if owner, ok := o.Get("msExchOwningServer"); ok {
			d.Server = checks.NameInDN(owner)
		}
		if d.Server == "" {
			d.Server = checks.ServerInDN(o.DN) // Exchange 2007 keeps databases below their server
		}
		if book, ok := o.Get("msExchUseOAB"); ok {
			d.Book = checks.NameInDN(book)
		}
		if legacy, ok := o.Get("legacyExchangeDN"); ok && !d.Public {
			d.RPC = checks.DatabaseRPC(legacy)
		}
		r.inv.Databases = append(r.inv.Databases, d)
	}
	r.seen(SectionDatabases, list, "msExchUseOAB", "legacyExchangeDN")
}

func (r *reader) groups(ctx context.Context) {
	for _, o := range r.below(ctx, SectionGroups, "(objectClass=msExchMDBAvailabilityGroup)", "cn", "msExchFileShareWitness") {
		g := Group{DN: o.DN, Name: o.Name()}
		g.Witness, _ = o.Get("msExchFileShareWitness")
		for _, s := range r.inv.Servers {
			if strings.EqualFold(s.Group, g.Name) {
				g.Members = append(g.Members, s.Name)
			}
		}
		if len(g.Members) == 0 {
			r.inv.miss(SectionGroups, "msExchMDBAvailabilityGroupLink", o.DN, "ldap.not_readable",
				"no server shows that it belongs to "+g.Name+": none does, or this account may not read it")
		}
		r.inv.Groups = append(r.inv.Groups, g)
	}
}

// folderPlans reads the policies of managed folders, which have a container of
// their own.
func (r *reader) folderPlans(ctx context.Context) {
	base := "CN=ELC Mailbox Policies," + r.org
	a, t := r.d.Search(ctx, checks.DirectorySearch{Base: base, Scope: checks.ScopeChildren, Attributes: []string{"cn"}, Most: mostObjects})
	switch {
	case t.Missing(): // told with what else is not shown; an organisation without them has no such container
		r.inv.miss(SectionFolderPlans, "", "", "ldap.not_readable", base+" is not there, or may not be seen")
	case t != nil:
		r.inv.miss(SectionFolderPlans, "", "", t.Reason, t.Text)
	case a.Partial:
		r.inv.miss(SectionFolderPlans, "", "", "ldap.partial", fmt.Sprintf("only %d objects were read; there are more", len(a.Objects)))
	case len(a.Objects) == 0 && len(r.inv.Servers) == 0:
		r.inv.miss(SectionFolderPlans, "", "", "ldap.not_readable", noneProves)
	}
	for _, o := range a.Objects {
		r.inv.FolderPlans = append(r.inv.FolderPlans, Object{o.DN, o.Name()})
	}
}
