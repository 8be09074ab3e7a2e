// Package migration holds the facts of one organisation's upgrade: the file
// that the engineer owns. It loads, validates and writes format 1.
package migration

import "time"

// Migration is the decoded file. Field comments name units and rules; the
// rules themselves are kept by Validate.
type Migration struct {
	Format       int          `toml:"format"` // 1
	Organization Organization `toml:"organization"`
	Target       Target       `toml:"target"`
	Namespace    Namespace    `toml:"namespace"`
	Features     Features     `toml:"features"`
	DAG          *DAG         `toml:"dag"`
	Certificate  Certificate  `toml:"certificate"`
	Change       *Change      `toml:"change"`
	Network      Network      `toml:"network"`
	Probes       []Probe      `toml:"probe"`
	Sites        []Site       `toml:"site"`
}

// Source versions of an organisation.
const (
	Source2007 = "2007"
	Source2010 = "2010"
	Mixed      = "mixed"
)

// Organization is the Exchange organisation and its forest.
type Organization struct {
	Name        string   `toml:"name"`
	Source      string   `toml:"source"`
	Forest      string   `toml:"forest"`
	Domains     []string `toml:"domains"`
	MailDomains []string `toml:"mail_domains"`
	Internet    bool     `toml:"internet"`
}

// Target is what is installed.
type Target struct {
	Release string `toml:"release"` // a name of the releases table, e.g. "2013 CU23"
	Media   string `toml:"media"`   // folder that holds Setup.exe
}

// Namespace holds the client host names of the first site.
type Namespace struct {
	Primary      string `toml:"primary"`
	Autodiscover string `toml:"autodiscover"`
	Legacy       string `toml:"legacy"`
	RPC          string `toml:"rpc"`
}

// Features are facts that add or drop tasks.
type Features struct {
	PublicFolders     bool `toml:"public_folders"`
	UnifiedMessaging  bool `toml:"unified_messaging"`
	UMTLS             bool `toml:"um_tls"`
	EdgeTransport     bool `toml:"edge_transport"`
	OutlookAnywhere   bool `toml:"outlook_anywhere"`
	POPIMAP           bool `toml:"pop_imap"`
	MAPIHTTP          bool `toml:"mapi_http"`
	KerberosASA       bool `toml:"kerberos_asa"`
	RelayConnectors   bool `toml:"relay_connectors"`
	LoadBalancer      bool `toml:"load_balancer"`
	ReverseProxy      bool `toml:"reverse_proxy"`
	Hybrid            bool `toml:"hybrid"`
	SplitADTeam       bool `toml:"split_ad_team"`
	DisjointNamespace bool `toml:"disjoint_namespace"`
	SplitDNS          bool `toml:"split_dns"`
	ManagedFolders    bool `toml:"managed_folders"`
}

// DAG is a database availability group to be built.
type DAG struct {
	Name             string   `toml:"name"` // at most 15 characters
	WitnessServer    string   `toml:"witness_server"`
	WitnessDirectory string   `toml:"witness_directory"`
	Addresses        []string `toml:"addresses"` // empty: DHCP
	IPLess           bool     `toml:"ip_less"`   // no administrative access point
}

// Certificate says how the names are covered.
type Certificate struct {
	Wildcard bool `toml:"wildcard"`
	Reuse    bool `toml:"reuse"`
}

// Change is the change record printed in the export.
type Change struct {
	Number      string    `toml:"number"`
	Approver    string    `toml:"approver"`
	WindowStart time.Time `toml:"window_start"`
	WindowEnd   time.Time `toml:"window_end"`
	Contacts    []string  `toml:"contacts"`
}

// Network says how checks reach the organisation.
type Network struct {
	InternalResolver  string   `toml:"internal_resolver"`
	ExternalResolver  string   `toml:"external_resolver"`
	DomainControllers []string `toml:"domain_controllers"`
	Proxy             string   `toml:"proxy"`
	Trust             []string `toml:"trust"`
	Loopback          bool     `toml:"loopback"`
	LogonOverOldTLS   bool     `toml:"logon_over_old_tls"`
}

// Probe is a test mailbox; its password is asked, never stored.
type Probe struct {
	Mailbox  string `toml:"mailbox"`
	Username string `toml:"username"`
	Version  string `toml:"version"`
	Site     string `toml:"site"`
}

// Site is an Active Directory site with Exchange servers.
type Site struct {
	Name           string   `toml:"name"`
	InternetFacing bool     `toml:"internet_facing"`
	Entry          string   `toml:"entry"`
	ExternalEntry  string   `toml:"external_entry"`
	Primary        string   `toml:"primary"`
	Legacy         string   `toml:"legacy"`
	RPC            string   `toml:"rpc"`
	InternalName   string   `toml:"internal_name"`
	DAG            *DAG     `toml:"dag"`
	Servers        []Server `toml:"server"`
}

// Server roles.
const (
	ClientAccess     = "client-access"
	HubTransport     = "hub-transport"
	MailboxRole      = "mailbox"
	UnifiedMessaging = "unified-messaging"
	EdgeTransport    = "edge-transport"
)

// Server is one Exchange server, old or new.
type Server struct {
	Name           string   `toml:"name"`
	Version        string   `toml:"version"` // "2007", "2010", "2013"
	Roles          []string `toml:"roles"`
	OS             string   `toml:"os"` // "2008R2", "2012", "2012R2"
	FQDN           string   `toml:"fqdn"`
	Domain         string   `toml:"domain"`
	Address        string   `toml:"address"`
	Nodes          []string `toml:"nodes"`           // a 2007 cluster's machines
	SubscribedSite string   `toml:"subscribed_site"` // Edge only
	Was            string   `toml:"was"`             // its name before a rename
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
