// Package answers holds the facts of a migration while a person is still
// giving them: every field as it was typed, right or wrong, page by page.
//
// It knows neither screen nor keys. The full-screen intake draws its fields and
// the linear mode asks them one by one; both refuse a wrong answer with the
// same words. A field left empty takes its fallback (the value shown in its
// place), so that a default follows the answers it was derived from until
// somebody types over it.
package answers

import (
	"time"

	"coexist/runbook/migration"
	"coexist/runbook/procedure"
)

// Answers is what was typed. It is what a draft keeps.
type Answers struct {
	Page         string             `toml:"page"`    // id of the page that was open last
	Reached      string             `toml:"reached"` // id of the furthest page seen
	Edits        string             `toml:"edits"`   // the file that is being edited; empty for a new migration
	File         string             `toml:"file"`    // file name to save to
	Source       string             `toml:"source"`
	Name         string             `toml:"name"`
	Forest       string             `toml:"forest"`
	Domains      string             `toml:"domains"`
	MailDomains  string             `toml:"mail_domains"`
	Internet     bool               `toml:"internet"`
	Primary      string             `toml:"primary"`
	Autodiscover string             `toml:"autodiscover"`
	Legacy       string             `toml:"legacy"`
	RPC          string             `toml:"rpc"`
	Release      string             `toml:"release"`
	Media        string             `toml:"media"`
	Wildcard     bool               `toml:"wildcard"`
	Reuse        bool               `toml:"reuse"`
	Features     migration.Features `toml:"features"`
	DAG          DAG                `toml:"dag"`
	Network      Network            `toml:"network"`
	Change       Change             `toml:"change"`
	Probes       []Probe            `toml:"probe"`
	Sites        []Site             `toml:"site"`
}

// DAG is a database availability group as typed.
type DAG struct {
	Wanted           bool   `toml:"wanted"`
	Name             string `toml:"name"`
	WitnessServer    string `toml:"witness_server"`
	WitnessDirectory string `toml:"witness_directory"`
	Addresses        string `toml:"addresses"`
	IPLess           bool   `toml:"ip_less"`
}

// Network is how checks reach the organisation, as typed.
type Network struct {
	InternalResolver  string `toml:"internal_resolver"`
	ExternalResolver  string `toml:"external_resolver"`
	DomainControllers string `toml:"domain_controllers"`
	Proxy             string `toml:"proxy"`
	Trust             string `toml:"trust"`
	Loopback          bool   `toml:"loopback"`
	LogonOverOldTLS   bool   `toml:"logon_over_old_tls"`
}

// Change is the change record as typed.
type Change struct {
	Number      string `toml:"number"`
	Approver    string `toml:"approver"`
	WindowStart string `toml:"window_start"`
	WindowEnd   string `toml:"window_end"`
	Contacts    string `toml:"contacts"`
}

// Probe is a test mailbox as typed.
type Probe struct {
	Mailbox  string `toml:"mailbox"`
	Username string `toml:"username"`
	Version  string `toml:"version"`
	Site     string `toml:"site"`
}

// Site is a site as typed.
type Site struct {
	Name           string   `toml:"name"`
	InternetFacing bool     `toml:"internet_facing"`
	Entry          string   `toml:"entry"`
	ExternalEntry  string   `toml:"external_entry"`
	Primary        string   `toml:"primary"`
	Legacy         string   `toml:"legacy"`
	RPC            string   `toml:"rpc"`
	InternalName   string   `toml:"internal_name"`
	DAG            DAG      `toml:"dag"`
	Servers        []Server `toml:"server"`
}

// Server is a server as typed.
type Server struct {
	Name           string `toml:"name"`
	Version        string `toml:"version"`
	ClientAccess   bool   `toml:"client_access"`
	HubTransport   bool   `toml:"hub_transport"`
	Mailbox        bool   `toml:"mailbox"`
	Unified        bool   `toml:"unified_messaging"`
	Edge           bool   `toml:"edge_transport"`
	OS             string `toml:"os"`
	FQDN           string `toml:"fqdn"`
	Domain         string `toml:"domain"`
	Address        string `toml:"address"`
	Nodes          string `toml:"nodes"`
	SubscribedSite string `toml:"subscribed_site"`
	Was            string `toml:"was"`
}

// Form is the answers with what is needed to judge them.
type Form struct {
	Answers
	Known    migration.Known
	Releases []procedure.Release // all known ones; those of 2013 can be chosen
	Zone     *time.Location      // of times typed without an offset
}

// New returns the form before the first answer.
func New(known migration.Known, releases []procedure.Release, zone *time.Location) *Form {
	if zone == nil {
		zone = time.UTC
	}
	return &Form{
		Answers:  Answers{Page: PageSource, Reached: PageSource, Source: migration.Source2010, Internet: true},
		Known:    known,
		Releases: releases,
		Zone:     zone,
	}
}
