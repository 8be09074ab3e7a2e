package checks

import (
	"context"
	"net/url"
	"slices"
	"sort"
	"strings"

	"github.com/go-ldap/ldap/v3"
)

// autodiscover connection points carry one of these keywords: the first kind
// holds an address, the second points to another directory.
const (
	scpAddress = "77378F46-2C66-4aa9-A6A6-3E7A48B19596"
	scpPointer = "67661d7F-8FC4-4fa7-BFAC-E1D7794C1F68"
)

// listing is a search below the Exchange organisation that must find at least
// one object: an organisation has servers, directories and databases, so that
// nothing found means nothing may be read.
func (d *controller) listing(ctx context.Context, what, filter string, attrs ...string) ([]*ldap.Entry, *Finding, *Finding) {
	org, f := d.organization(ctx)
	if f != nil {
		f.Rows = nil
		return nil, nil, f
	}
	a, t := d.ask(ctx, subtree(org.DN, filter, attrs))
	if t != nil {
		f := d.unreadList(t)
		return nil, nil, &f
	}
	if len(a.entries) == 0 {
		f := undecidable("ldap.not_readable", "%s shows this account no %s at all: nothing can be said about one", d.name(), what)
		return nil, nil, &f
	}
	return a.entries, partly(a, what), nil
}

// subtree is a search of everything below a base.
func subtree(base, filter string, attrs []string) ldapQuestion {
	return ldapQuestion{base: base, scope: ldap.ScopeWholeSubtree, filter: filter, attrs: attrs}
}

// partly is the finding of a list that was cut; nil when it is whole. What is
// missing from a cut list proves nothing, so it cannot be judged.
func partly(a ldapAnswer, what string) *Finding {
	if !a.partial {
		return nil
	}
	f := undecidable("ldap.partial", "only %d %s could be read; there are more", a.count, what)
	return &f
}

// concludeList is the finding of rows with what was found on the way.
func concludeList(rows []Row, further ...*Finding) Finding {
	parts := []Finding{observed(rows)}
	for _, f := range further {
		if f != nil {
			parts = append(parts, *f)
		}
	}
	return merge(parts)
}

// onlyServer keeps the rows of the check's server; the name may be given short
// or long.
func (p *ldapProbe) onlyServer(rows []Row, property string) []Row {
	want := shortName(p.c.Params.String("server"))
	if want == "" {
		return rows
	}
	return slices.DeleteFunc(rows, func(r Row) bool {
		return !slices.ContainsFunc(r[property], func(v string) bool { return strings.EqualFold(shortName(v), want) })
	})
}

func (p *ldapProbe) onlySite(rows []Row, property string) []Row {
	want := strings.TrimSpace(p.c.Params.String("site"))
	if want == "" {
		return rows
	}
	return slices.DeleteFunc(rows, func(r Row) bool {
		v, _ := r.Get(property)
		return !strings.EqualFold(v, want)
	})
}

// shortName is the first label of a host name.
func shortName(s string) string {
	s, _, _ = strings.Cut(plainHost(s), ".")
	return s
}

// exchangeServer is one server of the organisation.
type exchangeServer struct {
	dn      string
	name    string
	fqdn    string
	version string
	build   string
	raw     string // serialNumber as it stands there
	roles   []string
	site    string
	dag     string // DN
}

var serverAttributes = []string{"cn", "objectClass", "serialNumber", "msExchCurrentServerRoles", "msExchServerSite", "networkAddress", "msExchMDBAvailabilityGroupLink"}

// exchangeServers reads every server of the organisation.
func (d *controller) exchangeServers(ctx context.Context) ([]exchangeServer, *Finding, *Finding) {
	entries, cut, f := d.listing(ctx, "Exchange server", "(objectClass=msExchExchangeServer)", serverAttributes...)
	if f != nil {
		return nil, nil, f
	}
	var out []exchangeServer
	for _, e := range entries {
		if isArray(e) {
			continue
		}
		s := exchangeServer{dn: e.DN, name: e.GetEqualFoldAttributeValue("cn"), raw: e.GetEqualFoldAttributeValue("serialNumber"),
			site: firstName(e.GetEqualFoldAttributeValue("msExchServerSite")), dag: e.GetEqualFoldAttributeValue("msExchMDBAvailabilityGroupLink")}
		if s.name == "" {
			s.name = firstName(e.DN)
		}
		s.version, s.build, _ = decodeSerial(s.raw)
		if bits, ok := ldapInt(e.GetEqualFoldAttributeValue("msExchCurrentServerRoles")); ok && s.version != unreadVersion {
			s.roles = serverRoles(bits, s.version)
		}
		for _, a := range e.GetEqualFoldAttributeValues("networkAddress") {
			if host, ok := strings.CutPrefix(strings.ToLower(a), "ncacn_ip_tcp:"); ok {
				s.fqdn = plainHost(host)
			}
		}
		out = append(out, s)
	}
	return out, cut, nil
}

// isArray tells the arrays of Client Access servers of Exchange 2010: names for
// clients, kept as objects of the servers' class. They are told apart here, as
// a filter by a class that the schema does not know matches nothing.
func isArray(e *ldap.Entry) bool {
	return hasFold(e.GetEqualFoldAttributeValues("objectClass"), "msExchClientAccessArray") || below(e.DN, "Arrays") != ""
}

func (p *ldapProbe) readServers(ctx context.Context, d *controller) Finding {
	list, cut, f := d.exchangeServers(ctx)
	if f != nil {
		return *f
	}
	var rows []Row
	raw := map[string]string{} // by name, where the version cannot be read
	for _, s := range list {
		row := Row{"name": {s.name}}
		if s.version == unreadVersion {
			raw[s.name], s.version, s.build = s.raw, "", ""
		}
		for name, v := range map[string]string{"fqdn": s.fqdn, "version": s.version, "build": s.build, "site": s.site} {
			if v != "" {
				row[name] = []string{v}
			}
		}
		if s.roles != nil {
			row["roles"] = s.roles
		}
		rows = append(rows, row)
	}
	rows = p.onlySite(p.onlyServer(rows, "name"), "site")
	return concludeList(rows, cut, d.unreadVersions(rows, raw))
}

// unreadVersions warns of servers that show no version that can be read: their
// rows have none, so that what is expected of it stays unknown.
func (d *controller) unreadVersions(rows []Row, raw map[string]string) *Finding {
	var odd []string
	for _, r := range rows {
		name, _ := r.Get("name")
		if text, unread := raw[name]; unread {
			odd = append(odd, name+": "+clip(Escape(text), 100))
		}
	}
	if len(odd) == 0 {
		return nil
	}
	f := warned("ldap.bad_value", "%s: the version of %d servers cannot be read", d.name(), len(odd))
	f.Expected, f.Found = "Version 15.0 (Build 31497.2) and the like", joinClipped(odd, 8)
	f.Evidence = map[string]string{"unread_versions": joinClipped(odd, 8)}
	return &f
}

// directoryKinds are the classes of virtual directories.
var directoryKinds = map[string]string{
	"msexchowavirtualdirectory": "owa", "msexchecpvirtualdirectory": "ecp", "msexchwebservicesvirtualdirectory": "ews",
	"msexchmobilevirtualdirectory": "eas", "msexchoabvirtualdirectory": "oab", "msexchautodiscovervirtualdirectory": "autodiscover",
	"msexchpowershellvirtualdirectory": "powershell", "msexchmapivirtualdirectory": "mapi", "msexchrpchttpvirtualdirectory": "rpc",
	"msexchumvirtualdirectory": "um", "msexchavailabilityforeignconnectorvirtualdirectory": "availability",
}

func (p *ldapProbe) readVirtualDirectories(ctx context.Context, d *controller) Finding {
	entries, cut, f := d.listing(ctx, "virtual directory", "(objectClass=msExchVirtualDirectory)",
		"cn", "objectClass", "msExchInternalHostName", "msExchExternalHostName")
	if f != nil {
		return *f
	}
	var rows []Row
	for _, e := range entries {
		kind := DirectoryKind(e.GetEqualFoldAttributeValues("objectClass"))
		name, server := firstName(e.DN), serverOf(e.DN)
		if server == "" || strings.HasSuffix(strings.ToLower(name), "(exchange back end)") {
			continue // no client's address: servers talk to each other there
		}
		row := Row{"server": {server}, "kind": {kind}, "name": {name}}
		row.withKnown("internal_url", e.GetEqualFoldAttributeValues("msExchInternalHostName")...)
		row.withKnown("external_url", e.GetEqualFoldAttributeValues("msExchExternalHostName")...)
		rows = append(rows, row)
	}
	return concludeList(p.onlyServer(rows, "server"), cut)
}

func (p *ldapProbe) readConnectionPoints(ctx context.Context, d *controller) Finding {
	points, a, t := d.connectionPoints(ctx)
	if t != nil {
		return d.unreadList(t)
	}
	if len(points) == 0 {
		return undecidable("ldap.not_readable", "%s shows this account no connection point at all: nothing can be said about one", d.name())
	}
	var rows []Row
	var pointers []string
	for _, c := range points {
		if c.pointer {
			pointers = append(pointers, c.binding...)
			continue
		}
		row := Row{"server": {c.server}}
		row.withKnown("url", c.binding...).withKnown("host", hostsOf(c.binding)...).withKnown("sites", c.sites...)
		rows = append(rows, row)
	}
	out := concludeList(p.onlySCPSite(p.onlyServer(rows, "server")), partly(a, "connection points"))
	if len(pointers) > 0 {
		out.Evidence = with(out.Evidence, "pointers_not_followed", joinClipped(pointers, 10))
	}
	return out
}

func (p *ldapProbe) onlySCPSite(rows []Row) []Row {
	want := p.c.Params.String("site")
	if want == "" {
		return rows
	}
	return slices.DeleteFunc(rows, func(r Row) bool { return !hasFold(r["sites"], want) })
}

// hostsOf are the hosts of addresses; what is no web address has none.
func hostsOf(list []string) []string {
	var out []string
	for _, s := range list {
		if u, err := url.Parse(strings.TrimSpace(s)); err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Hostname() != "" {
			out = append(out, strings.ToLower(u.Hostname()))
		}
	}
	return out
}

// keywordValues are the values of the keywords that begin with a prefix.
func keywordValues(keywords []string, prefix string) []string {
	var out []string
	for _, k := range keywords {
		if v, ok := cutFold(k, prefix); ok && v != "" {
			out = append(out, v)
		}
	}
	sort.Strings(out)
	return out
}
