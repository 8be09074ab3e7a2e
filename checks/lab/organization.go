package lab

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"

	"coexist/checks"
	"coexist/checks/blueprint"
)

// Organization is a simulated organisation with everything that checks look
// at: names, web services, mail services, directory and shell. Effects change
// it.
type Organization struct {
	lab  *Lab
	plan blueprint.Organization
	now  func() time.Time

	mu          sync.Mutex
	objects     map[string][]*item // by lower-case noun
	controllers []Controller       // the first one is the schema master
	directory   *Directory
	published   map[string]bool        // what the directory holds of the objects
	outside     netip.Addr             // where the names point outside before the switch
	bound       map[string]Certificate // what a server presents, by lower-case name
	latest      map[string]Certificate // the one installed last, by lower-case server name
	mailCert    map[string]Certificate // what its mail services present; none: its own
	stopped     map[string]bool        // servers whose services stand still, by lower-case name
	unhealthy   map[string]string      // server → health set
	faults      map[string]bool        // those that the laboratory knows by name
	spoilers    []blueprint.Fault      // those that keep effects from taking
	slipped     map[string]bool        // faults that have had their day
}

// NewOrganization starts an organisation.
func NewOrganization(b blueprint.Organization) (*Organization, error) {
	if b.Now == nil {
		b.Now = time.Now
	}
	if b.Start.IsZero() {
		b.Start = b.Now()
	}
	l, err := New(Config{Now: b.Now, Forest: b.Forest, Seed: b.Seed, Start: b.Start})
	if err != nil {
		return nil, err
	}
	o := &Organization{
		lab: l, plan: b, now: b.Now, objects: map[string][]*item{}, outside: netip.MustParseAddr("203.0.113.20"),
		stopped: map[string]bool{}, unhealthy: map[string]string{}, faults: map[string]bool{},
		bound: map[string]Certificate{}, slipped: map[string]bool{}, latest: map[string]Certificate{}, mailCert: map[string]Certificate{},
	}
	if err := o.build(); err != nil {
		return nil, errors.Join(err, l.Close())
	}
	return o, nil
}

// Close ends everything that the organisation runs.
func (o *Organization) Close() error { return o.lab.Close() }

// build makes the organisation as it is before the upgrade.
func (o *Organization) build() error {
	if err := o.takeFaults(); err != nil {
		return err
	}
	if err := o.buildControllers(); err != nil {
		return err
	}
	o.buildSettings()
	for _, site := range o.plan.Sites {
		for _, s := range site.Servers {
			if s.Version == "2013" {
				continue
			}
			if err := o.install(site, s, s.Roles, s.Build); err != nil {
				return fmt.Errorf("%s: %w", s.Name, err)
			}
		}
	}
	o.buildMailboxes()
	o.buildAccounts()
	o.buildNames()
	o.buildMail()
	if err := o.breakThings(); err != nil {
		return err
	}
	o.publish()
	return nil
}

// buildSettings makes what belongs to the whole organisation.
func (o *Organization) buildSettings() {
	o.add(newItem("OrganizationConfig", "Name", o.plan.Name, "Identity", o.plan.Name, "PublicFoldersEnabled", "Local",
		"RemotePublicFolderMailboxes", nil, "PublicFoldersLockedForMigration", false, "PublicFolderMigrationComplete", false,
		"RootPublicFolderMailbox", nil, "MapiHttpEnabled", false))
	o.add(newItem("TransportConfig", "Name", "Transport Settings", "MaxSendSize", megabytes(35), "MaxReceiveSize", megabytes(35)))
	o.add(newItem("OfflineAddressBook", "Name", "Default Offline Address Book", "Identity", `\Default Offline Address Book`,
		"IsDefault", true, "ExchangeVersion", "0.1 (8.0.535.0)", "GlobalWebDistributionEnabled", false))
	o.buildSending()
	o.buildDialPlan()
	for _, d := range o.plan.MailDomains {
		o.add(newItem("AcceptedDomain", "Name", d, "Identity", d, "DomainName", d, "DomainType", "Authoritative"))
	}
	o.add(newItem("OutlookProvider", "Name", "EXPR", "Identity", "EXPR", "CertPrincipalName", nil))
	o.add(newItem("RoleGroupMember", "Identity", "Organization Management", "Name", "Administrator"))
}

// buildSending makes the connectors by which mail leaves: a subscribed Edge
// server brings automatic ones, else the old Hub Transport servers send.
func (o *Organization) buildSending() {
	with := func(role string) []any {
		return o.names(func(s blueprint.Server) bool { return s.Version != "2013" && slices.Contains(s.Roles, role) })
	}
	if edges := with("edge-transport"); len(edges) > 0 {
		site := o.plan.Sites[0].Name
		o.add(newItem("SendConnector", "Name", "EdgeSync - "+site+" to Internet", "Identity", "EdgeSync - "+site+" to Internet",
			"AddressSpaces", []any{"smtp:*;100"}, "SourceTransportServers", edges))
		return
	}
	o.add(newItem("SendConnector", "Name", "Internet", "Identity", "Internet", "AddressSpaces", []any{"smtp:*;1"},
		"SourceTransportServers", with("hub-transport")))
}

const dialPlan = "Contoso dial plan"

// buildDialPlan makes the dial plan of the telephony, which lists the old
// servers that are linked to it.
func (o *Organization) buildDialPlan() {
	if !o.plan.UnifiedMessaging {
		return
	}
	o.add(newItem("UMDialPlan", "Name", dialPlan, "Identity", dialPlan, "UMServers", lazy(func() any {
		var linked []any
		for _, s := range o.pick("UMServer", func(s *item) bool { return contains(s.get("DialPlans"), dialPlan) }) {
			linked = append(linked, s.get("Name"))
		}
		return linked
	})))
}

// names lists servers of the plan.
func (o *Organization) names(want func(blueprint.Server) bool) []any {
	var out []any
	for _, site := range o.plan.Sites {
		for _, s := range site.Servers {
			if want(s) {
				out = append(out, s.Name)
			}
		}
	}
	return out
}

// Env is the door to the organisation from one side, with its own shell and
// accounts.
func (o *Organization) Env(side checks.Vantage) *checks.Env {
	env := o.lab.EnvFrom(side)
	env.Shell = o.Shell
	env.UserAgent = "coexist/rehearsal (connectivity probe)"
	env.OldTLS = true // the accounts are made up, and the old servers speak nothing newer than TLS 1.0
	env.Logons.Allow(o.hosts()...)
	if side != checks.Outside {
		for _, c := range o.controllers {
			env.Directory.Controllers = append(env.Directory.Controllers, c.FQDN)
		}
	}
	return env
}

// hosts are the names to which passwords may go.
func (o *Organization) hosts() []string {
	out := nonEmpty(o.plan.Primary, o.plan.Autodiscover, o.plan.Legacy)
	for _, site := range o.plan.Sites {
		out = append(out, nonEmpty(site.Primary, site.Legacy)...)
		for _, s := range site.Servers {
			out = append(out, s.FQDN)
		}
	}
	for _, c := range o.controllers {
		out = append(out, c.FQDN)
	}
	return out
}

// readerPassword belongs to the account that reads the directory. It opens
// nothing but the rehearsal.
const readerPassword = "rehearsal-Reader1"

// buildAccounts lets the reader of the directory and the test mailboxes log on.
func (o *Organization) buildAccounts() {
	short, _, _ := strings.Cut(o.plan.Forest, ".")
	o.lab.SetAccount(Account{User: strings.ToUpper(short) + `\reader`, Password: readerPassword}, checks.DirectoryAccount)
	for _, m := range o.plan.Mailboxes {
		if m.Username != "" && m.Password != "" {
			o.lab.SetAccount(Account{User: m.Username, Password: m.Password}, m.Address)
		}
	}
}

// all are the objects of a noun.
func (o *Organization) all(noun string) []any {
	var out []any
	for _, v := range o.objects[strings.ToLower(noun)] {
		out = append(out, v)
	}
	return out
}

//go:noinline
func (o *Organization) add(v *item) {
	key := strings.ToLower(v.noun)
	o.objects[key] = append(o.objects[key], v)
}

// remove drops the objects of a noun for which drop is true.
func (o *Organization) remove(noun string, drop func(*item) bool) {
	key := strings.ToLower(noun)
	o.objects[key] = slices.DeleteFunc(o.objects[key], drop)
}

// pick are the objects of a noun that fit.
func (o *Organization) pick(noun string, want func(*item) bool) []*item {
	var out []*item
	for _, v := range o.objects[strings.ToLower(noun)] {
		if want(v) {
			out = append(out, v)
		}
	}
	return out
}

// server is an installed server by its name, as it is or as ids hold it.
func (o *Organization) server(name string) *item {
	for _, v := range o.objects["exchangeserver"] {
		if sameText(v.get("Name"), name) || sameText(v.get("Fqdn"), name) {
			return v
		}
	}
	return nil
}

// shellHost is the server on which a shell opens: the one that is meant, else
// the newest.
func (o *Organization) shellHost(name string) *item {
	if v := o.server(name); v != nil {
		return v
	}
	if planned, _ := o.planned(name); planned != nil {
		// A server that is still being prepared has Windows, but no Exchange.
		return newItem("ExchangeServer", "Name", planned.Name, "Fqdn", planned.FQDN, "Build", "", "Version", planned.Version, "Roles", nil)
	}
	var best *item
	for _, v := range o.objects["exchangeserver"] {
		if best == nil || best.text("Version") < v.text("Version") {
			best = v
		}
	}
	return best
}

func (o *Organization) planned(name string) (*blueprint.Server, *blueprint.Site) {
	for i := range o.plan.Sites {
		for j := range o.plan.Sites[i].Servers {
			if strings.EqualFold(o.plan.Sites[i].Servers[j].Name, name) {
				return &o.plan.Sites[i].Servers[j], &o.plan.Sites[i]
			}
		}
	}
	return nil, nil
}

func (o *Organization) installed2013() bool {
	return len(o.pick("ExchangeServer", is2013)) > 0
}

func is2013(v *item) bool { return v.text("Version") == "2013" }

func hasRole(v *item, role string) bool { return contains(v.get("Roles"), role) }

// Thumbprint is that of the certificate which a server presents for https, in
// upper case.
func (o *Organization) Thumbprint(server string) string {
	r := o.lab.server(server)
	if r == nil {
		return ""
	}
	_, cert := r.now()
	return thumbprint(cert)
}
