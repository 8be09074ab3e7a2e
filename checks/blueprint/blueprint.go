// Package blueprint describes an organisation to be simulated, as data. It is
// what lies between those who know migrations and the laboratory, which knows
// none.
package blueprint

import (
	"net/netip"
	"time"
)

// Organization describes an organisation before its upgrade, and the servers
// that the upgrade will bring.
type Organization struct {
	Name            string // of the Exchange organisation
	Forest          string
	Domains         []string
	MailDomains     []string
	Primary         string // client host names
	Autodiscover    string
	Legacy          string
	RPC             string // the Client Access array's name, inside alone
	OutlookAnywhere bool   // in use on the old servers
	PublicFolders   bool
	POPIMAP         bool
	// UnifiedMessaging lets new servers listen for calls.
	UnifiedMessaging bool
	Sites            []Site
	Mailboxes        []Mailbox
	RangeUpper       int // versions in the directory to begin with
	OrgVersion       int
	DomainVersion    int // 0: no domain was prepared

	Seed   string           // equal seeds give equal certificates; empty: random ones
	Start  time.Time        // when the organisation came to be; certificates count from it
	Now    func() time.Time // zero: the system's clock
	Faults []Fault          // what goes wrong
}

// Fault is something that goes wrong.
type Fault struct {
	Name string
	// Kind and Params are those of effects that do not take the first time that
	// a task brings them: all of Params must be equal, whatever the case. Without
	// a kind the laboratory knows the fault by its name.
	Kind   string
	Params map[string]string
}

// Site is a site with its servers, old and to come.
type Site struct {
	Name           string
	InternetFacing bool
	Primary        string // its own client host name; empty: it has none
	Legacy         string
	RPC            string
	External       netip.Addr // where the names point outside after the switch
	Servers        []Server
}

// Server is an Exchange server. One of version 2013 appears when it is
// installed.
type Server struct {
	Name    string
	FQDN    string
	Version string // "2007", "2010", "2013"
	Build   string
	Roles   []string
	Address netip.Addr
}

// Mailbox is a test mailbox with an account whose password is known.
type Mailbox struct {
	Address  string
	Username string
	Password string
	Version  string
	Site     string
}
