// Package inventory reads what an Exchange organisation consists of, out of
// Active Directory or out of what a script saved in the Exchange Management
// Shell, into one plain value.
//
// It tells three things apart: what is there, what is not there, and what could
// not be read. The last is kept as a [Gap]: an account that may not see an
// object or attribute gets the same answer as one for whom there is none, so
// nothing is taken for absent unless the account proved that it can see its
// like.
package inventory

import (
	"slices"
	"strings"
	"time"

	"coexist/checks/machine"
)

// Where an inventory comes from.
const (
	FromLDAP  = "ldap"
	FromShell = "shell"
)

// Inventory is what an organisation consists of, format 1.
type Inventory struct {
	Format       int              `json:"format"` // 1
	Source       string           `json:"source"` // FromLDAP or FromShell
	Shell        string           `json:"shell,omitempty"`
	From         string           `json:"from"` // domain controller, or the computer whose shell was used
	Started      time.Time        `json:"started"`
	Ended        time.Time        `json:"ended"`
	Machine      []machine.Remark `json:"machine,omitempty"` // what was found about the computer that read it
	Notes        []string         `json:"notes,omitempty"`   // what a reader must know: read without TLS, referrals not followed
	Forest       Forest           `json:"forest"`
	Organization *Organization    `json:"organization,omitempty"`
	Domains      []Domain         `json:"domains,omitempty"`
	Controllers  []Controller     `json:"controllers,omitempty"`
	RoleHolders  []RoleHolder     `json:"role_holders,omitempty"`
	Sites        []Object         `json:"sites,omitempty"`
	Servers      []Server         `json:"servers,omitempty"`
	Directories  []Directory      `json:"directories,omitempty"`
	Points       []Point          `json:"points,omitempty"`
	MailDomains  []MailDomain     `json:"mail_domains,omitempty"`
	Arrays       []Array          `json:"arrays,omitempty"`
	Connectors   []Connector      `json:"connectors,omitempty"`
	AddressBooks []AddressBook    `json:"address_books,omitempty"`
	Databases    []Database       `json:"databases,omitempty"`
	Groups       []Group          `json:"groups,omitempty"`
	DialPlans    []Object         `json:"dial_plans,omitempty"`
	Hybrid       []Object         `json:"hybrid,omitempty"`
	FolderPlans  []Object         `json:"folder_plans,omitempty"` // policies of managed folders
	Gaps         []Gap            `json:"gaps,omitempty"`
}

// Sections of an inventory, as gaps name them.
const (
	SectionForest       = "forest"
	SectionOrganization = "organization"
	SectionDomains      = "domains"
	SectionControllers  = "controllers"
	SectionRoleHolders  = "role_holders"
	SectionSites        = "sites"
	SectionServers      = "servers"
	SectionDirectories  = "directories"
	SectionPoints       = "points"
	SectionMailDomains  = "mail_domains"
	SectionArrays       = "arrays"
	SectionConnectors   = "connectors"
	SectionAddressBooks = "address_books"
	SectionDatabases    = "databases"
	SectionGroups       = "groups"
	SectionDialPlans    = "dial_plans"
	SectionHybrid       = "hybrid"
	SectionFolderPlans  = "folder_plans"
)

// Gap is something that could not be read, or may not have been shown.
type Gap struct {
	Section   string `json:"section"`
	Attribute string `json:"attribute,omitempty"` // empty: the section itself is not whole
	Object    string `json:"object,omitempty"`    // empty: of all its objects
	Reason    string `json:"reason"`              // code, as results have it
	Text      string `json:"text"`
}

// Forest is the forest as its configuration shows it.
type Forest struct {
	Name          string `json:"name,omitempty"` // DNS name of the root domain
	Configuration string `json:"configuration,omitempty"`
	Level         string `json:"level,omitempty"` // functional level as the directory counts it
}

// Organization is the Exchange organisation.
type Organization struct {
	DN   string `json:"dn,omitempty"`
	Name string `json:"name"`
}

// Domain is an Active Directory domain.
type Domain struct {
	DN      string `json:"dn,omitempty"` // of its cross reference
	Name    string `json:"name"`
	NetBIOS string `json:"netbios,omitempty"`
	Level   string `json:"level,omitempty"`
}

// Controller is a domain controller with the versions that its own copy shows;
// zero is not known, and a gap says why.
type Controller struct {
	DN           string `json:"dn,omitempty"`
	Host         string `json:"host"`
	Site         string `json:"site,omitempty"`
	Domain       string `json:"domain,omitempty"`
	Catalog      bool   `json:"catalog,omitempty"`
	ReadOnly     bool   `json:"read_only,omitempty"`
	Synchronized string `json:"synchronized,omitempty"`
	ForestLevel  string `json:"forest_level,omitempty"`
	DomainLevel  string `json:"domain_level,omitempty"`
	Schema       int    `json:"schema,omitempty"`       // rangeUpper
	Organization int    `json:"organization,omitempty"` // objectVersion
	Prepared     int    `json:"prepared,omitempty"`     // objectVersion of its domain
	Bare         Bare   `json:"bare,omitzero"`
	ClockSeconds int    `json:"clock_seconds,omitempty"` // how far its clock is ahead of this computer's
}

// Bare tells which preparations a domain controller shows not to have been
// made: the container is visible and holds no such object.
type Bare struct {
	Schema   bool `json:"schema,omitempty"`
	Prepared bool `json:"prepared,omitempty"`
}

// RoleHolder is the holder of a single-master role.
type RoleHolder struct {
	DN     string `json:"dn"` // object that names the holder
	Role   string `json:"role"`
	Domain string `json:"domain,omitempty"`
	Host   string `json:"host"` // empty: it was removed
}

// Object is something of which only the name matters.
type Object struct {
	DN   string `json:"dn,omitempty"`
	Name string `json:"name"`
}

// Server is an Exchange server.
type Server struct {
	DN      string   `json:"dn,omitempty"`
	Name    string   `json:"name"`
	FQDN    string   `json:"fqdn,omitempty"`
	Version string   `json:"version"` // "2007", "2010", "2013" … or "unknown"
	Build   string   `json:"build,omitempty"`
	Raw     string   `json:"raw,omitempty"` // as it stands there
	Roles   []string `json:"roles,omitempty"`
	Site    string   `json:"site,omitempty"`
	Group   string   `json:"group,omitempty"` // availability group
}

// Directory is a virtual directory that clients use.
type Directory struct {
	DN       string `json:"dn,omitempty"`
	Server   string `json:"server"`
	Kind     string `json:"kind"` // owa, ecp, ews, eas, oab, mapi, rpc, autodiscover, powershell, um, other
	Name     string `json:"name,omitempty"`
	Internal string `json:"internal,omitempty"`
	External string `json:"external,omitempty"`
}

// Point is an Autodiscover service connection point.
type Point struct {
	DN      string   `json:"dn,omitempty"`
	Server  string   `json:"server"`
	URL     string   `json:"url,omitempty"`
	Sites   []string `json:"sites,omitempty"`
	Pointer bool     `json:"pointer,omitempty"` // leads to another directory; not followed
}

// MailDomain is an accepted domain.
type MailDomain struct {
	DN   string `json:"dn,omitempty"`
	Name string `json:"name"`
	Kind string `json:"kind,omitempty"` // authoritative, internal-relay, external-relay
}

// Array is a Client Access array of Exchange 2010.
type Array struct {
	DN   string `json:"dn,omitempty"`
	Name string `json:"name"`
	FQDN string `json:"fqdn,omitempty"`
	Site string `json:"site,omitempty"`
}

// Connector is a send or receive connector.
type Connector struct {
	DN      string   `json:"dn,omitempty"`
	Name    string   `json:"name"`
	Kind    string   `json:"kind"` // send, receive
	Servers []string `json:"servers,omitempty"`
	Spaces  []string `json:"spaces,omitempty"`
}

// AddressBook is an offline address book.
type AddressBook struct {
	DN      string `json:"dn,omitempty"`
	Name    string `json:"name"`
	Default bool   `json:"default,omitempty"`
}

// Database is a mailbox or public folder database.
type Database struct {
	DN     string `json:"dn,omitempty"`
	Name   string `json:"name"`
	Public bool   `json:"public,omitempty"`
	Server string `json:"server,omitempty"`
	Book   string `json:"book,omitempty"` // offline address book
	RPC    string `json:"rpc,omitempty"`  // RPC Client Access server or array
}

// Group is a database availability group.
type Group struct {
	DN      string   `json:"dn,omitempty"`
	Name    string   `json:"name"`
	Members []string `json:"members,omitempty"`
	Witness string   `json:"witness,omitempty"`
}

// Whole tells whether all objects of a section were seen, so that what is not
// among them is not there.
func (i *Inventory) Whole(section string) bool { return i.missing(section) == nil }

// missing is why a section is not whole; nil when it is. Without the
// organisation nothing below it was looked for.
func (i *Inventory) missing(section string) *Gap {
	if g := i.gap(section, "", ""); g != nil {
		return g
	}
	if i.Source == FromLDAP && i.Organization == nil && !slices.Contains(outside, section) {
		return i.gap(SectionOrganization, "", "")
	}
	return nil
}

// outside are the sections that do not lie below the organisation.
var outside = []string{SectionForest, SectionOrganization, SectionDomains, SectionControllers, SectionRoleHolders, SectionSites}

// Shown tells whether an attribute is one that the reader can see, so that an
// object without it has none.
func (i *Inventory) Shown(section, attribute, object string) bool {
	return i.gap(section, attribute, object) == nil
}

func (i *Inventory) gap(section, attribute, object string) *Gap {
	for n, g := range i.Gaps {
		if g.Section == section && g.Attribute == attribute && (g.Object == "" || object != "" && g.Object == object) {
			return &i.Gaps[n]
		}
	}
	return nil
}

// Why says why a section is not whole; "" when it is.
func (i *Inventory) Why(section string) string {
	if g := i.missing(section); g != nil {
		return g.Text
	}
	return ""
}

// Server finds a server by its short or full name.
func (i *Inventory) Server(name string) *Server {
	short, _, _ := strings.Cut(name, ".")
	for n, s := range i.Servers {
		if strings.EqualFold(s.Name, short) || strings.EqualFold(s.FQDN, name) {
			return &i.Servers[n]
		}
	}
	return nil
}

// Of lists the servers of a version.
func (i *Inventory) Of(version string) []Server {
	return slices.DeleteFunc(slices.Clone(i.Servers), func(s Server) bool { return s.Version != version })
}

//go:noinline
func (i *Inventory) miss(section, attribute, object, reason, text string) {
	i.Gaps = append(i.Gaps, Gap{section, attribute, object, reason, text})
}
