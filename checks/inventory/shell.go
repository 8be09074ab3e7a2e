package inventory

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"coexist/checks"
)

// Answers are what a management shell said to the questions.
type Answers struct {
	Shell          string
	Computer       string
	Started, Ended time.Time
	Rows           map[string][]checks.Row // by question
	Errors         map[string]string       // by question: why it was not answered
}

// mostRows is how many objects a script writes of one question.
const mostRows = 5000

// FromAnswers makes an inventory of what a shell said. Schema and object
// versions are not among it: a shell does not show what each domain
// controller's copy holds.
func FromAnswers(a Answers) *Inventory {
	s := &shellReader{a: a, inv: &Inventory{Format: 1, Source: FromShell, Shell: a.Shell, From: a.Computer, Started: a.Started.UTC(), Ended: a.Ended.UTC()}}
	for _, q := range questions() {
		s.take(q)
	}
	for _, section := range []string{SectionControllers, SectionRoleHolders, SectionSites} {
		s.inv.miss(section, "", "", "shell.not_shown", "a management shell does not show the "+strings.ReplaceAll(section, "_", " ")+": read them with --dc")
	}
	if a.Shell == "2007" {
		s.inv.Notes = append(s.inv.Notes, "the Exchange 2007 shell shows little of newer servers: in a mixed organisation use that of Exchange 2010")
	}
	for n := range s.inv.Groups {
		for m := range s.inv.Servers {
			if slices.ContainsFunc(s.inv.Groups[n].Members, func(name string) bool { return strings.EqualFold(name, s.inv.Servers[m].Name) }) {
				s.inv.Servers[m].Group = s.inv.Groups[n].Name
			}
		}
	}
	return s.inv
}

type shellReader struct {
	a   Answers
	inv *Inventory
}

func (s *shellReader) take(q question) {
	id := "inventory." + q.id
	rows, asked := s.a.Rows[id]
	why, failed := s.a.Errors[id]
	switch {
	case failed:
		s.inv.miss(q.section, "", "", "shell.failed", q.all+" failed: "+Printable(why))
		return
	case !asked && (q.id == "arrays" || q.id == "groups" || q.id == "hybrid" || q.id == "ecp" || q.id == "mapi") && s.a.Shell == "2007":
		if q.section != SectionDirectories {
			s.inv.miss(q.section, "", "", "shell.not_shown", "the shell of Exchange 2007 has no command for "+strings.ReplaceAll(q.section, "_", " "))
		}
		return
	case !asked && q.id == "mapi": // a directory of Exchange 2013, which other shells do not know
		return
	case !asked:
		s.inv.miss(q.section, "", "", "shell.not_shown", "the shell of Exchange "+s.a.Shell+" was not asked, or has no command, for "+q.id)
		return
	case len(rows) >= mostRows:
		s.inv.miss(q.section, "", "", "ldap.partial", fmt.Sprintf("the script writes %d objects of a kind; there may be more", mostRows))
	}
	for _, r := range rows {
		s.row(q, r)
	}
}

// one is a property's only value; what the object does not have at all is a
// gap, unlike what is empty.
func (s *shellReader) one(q question, r checks.Row, property string) string {
	list, there := r[property]
	if !there {
		s.inv.miss(q.section, property, first(r, "Identity"), "shell.not_shown", property+" of "+Printable(first(r, "Identity"))+" was not shown")
		return ""
	}
	if len(list) == 0 {
		return ""
	}
	return strings.TrimSpace(list[0])
}

func first(r checks.Row, property string) string {
	v, _ := r.Get(property)
	return v
}

func (s *shellReader) row(q question, r checks.Row) {
	i, id := s.inv, first(r, "Identity")
	name := first(r, "Name")
	switch q.id {
	case "forest":
		i.Forest.Name = strings.ToLower(name)
	case "domains":
		i.Domains = append(i.Domains, Domain{DN: name, Name: strings.ToLower(name)})
	case "organization":
		if name == "" {
			name = id
		}
		i.Organization = &Organization{DN: id, Name: name}
	case "servers":
		i.Servers = append(i.Servers, s.server(q, r))
	case "owa", "ecp", "ews", "eas", "oab", "mapi":
		if !strings.HasSuffix(strings.ToLower(name), "(exchange back end)") {
			i.Directories = append(i.Directories, Directory{DN: id, Server: ownName(s.one(q, r, "Server")), Kind: q.id, Name: name,
				Internal: s.one(q, r, "InternalUrl"), External: s.one(q, r, "ExternalUrl")})
		}
	case "rpc":
		i.Directories = append(i.Directories, Directory{DN: id, Server: ownName(s.one(q, r, "Server")), Kind: "rpc", Name: name, External: s.one(q, r, "ExternalHostname")})
	case "points":
		i.Points = append(i.Points, Point{DN: id, Server: name, URL: s.one(q, r, "AutoDiscoverServiceInternalUri"), Sites: r["AutoDiscoverSiteScope"]})
	case "mail_domains":
		kinds := map[string]string{"authoritative": "authoritative", "internalrelay": "internal-relay", "externalrelay": "external-relay"}
		i.MailDomains = append(i.MailDomains, MailDomain{DN: id, Name: s.one(q, r, "DomainName"), Kind: kinds[strings.ToLower(first(r, "DomainType"))]})
	case "arrays":
		i.Arrays = append(i.Arrays, Array{DN: id, Name: name, FQDN: strings.ToLower(s.one(q, r, "Fqdn")), Site: siteIn(first(r, "Site"))})
	case "send":
		i.Connectors = append(i.Connectors, Connector{DN: id, Name: name, Kind: "send", Servers: ownNames(r["SourceTransportServers"]), Spaces: r["AddressSpaces"]})
	case "receive":
		i.Connectors = append(i.Connectors, Connector{DN: id, Name: name, Kind: "receive", Servers: []string{ownName(s.one(q, r, "Server"))}})
	case "address_books":
		i.AddressBooks = append(i.AddressBooks, AddressBook{DN: id, Name: name, Default: strings.EqualFold(first(r, "IsDefault"), "true")})
	case "databases":
		i.Databases = append(i.Databases, Database{DN: id, Name: name, Server: ownName(s.one(q, r, "Server")), Book: ownName(first(r, "OfflineAddressBook")), RPC: strings.ToLower(ownName(first(r, "RpcClientAccessServer")))})
	case "public":
		i.Databases = append(i.Databases, Database{DN: id, Name: name, Public: true, Server: ownName(s.one(q, r, "Server"))})
	case "groups":
		i.Groups = append(i.Groups, Group{DN: id, Name: name, Members: ownNames(r["Servers"]), Witness: first(r, "WitnessServer")})
	case "dial_plans":
		i.DialPlans = append(i.DialPlans, Object{id, name})
	case "hybrid":
		i.Hybrid = append(i.Hybrid, Object{id, name})
	case "folder_plans":
		i.FolderPlans = append(i.FolderPlans, Object{id, name})
	}
}

// shellRoles are the roles as a shell names them.
var shellRoles = []struct{ word, role string }{
	{"clientaccess", "client-access"}, {"hubtransport", "hub-transport"}, {"mailbox", "mailbox"}, {"unifiedmessaging", "unified-messaging"}, {"edge", "edge-transport"},
}

func (s *shellReader) server(q question, r checks.Row) Server {
	v := Server{DN: first(r, "Identity"), Name: first(r, "Name"), FQDN: strings.ToLower(s.one(q, r, "Fqdn")), Raw: s.one(q, r, "AdminDisplayVersion"), Site: siteIn(s.one(q, r, "Site"))}
	v.Version, v.Build = checks.ReadSerial(v.Raw)
	var words []string
	for _, text := range r["ServerRole"] {
		for _, w := range strings.Split(text, ",") {
			words = append(words, strings.ToLower(strings.TrimSpace(w)))
		}
	}
	for _, one := range shellRoles {
		if !slices.Contains(words, one.word) || v.Version == "2013" && (one.role == "hub-transport" || one.role == "unified-messaging") {
			continue // Exchange 2013 does their work in its mailbox role
		}
		v.Roles = append(v.Roles, one.role)
	}
	if len(v.Roles) == 0 && v.Version != "2003" {
		s.inv.miss(SectionServers, "ServerRole", v.DN, "shell.not_shown", "the roles of "+Printable(v.Name)+" were not shown")
	}
	return v
}

// ownName is the last part of a name that a shell may show with its whole path.
func ownName(s string) string {
	s = strings.TrimPrefix(s, `\`)
	return strings.TrimSpace(s[strings.LastIndexByte(s, '/')+1:])
}

func ownNames(list []string) []string {
	var out []string
	for _, s := range list {
		out = append(out, ownName(s))
	}
	return out
}

// siteIn is the site's own name in the canonical name that a shell shows.
func siteIn(canonical string) string {
	if _, name, ok := strings.Cut(canonical, "/Configuration/Sites/"); ok {
		return name
	}
	return canonical
}
