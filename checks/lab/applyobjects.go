package lab

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"coexist/checks/blueprint"
)

func (o *Organization) createDAG(p map[string]string, _ time.Time) error {
	if len(o.pick("DatabaseAvailabilityGroup", func(v *item) bool { return v.named(p["dag"]) })) > 0 {
		return nil
	}
	o.add(newItem("DatabaseAvailabilityGroup", "Name", p["dag"], "Identity", p["dag"], "Servers", nil, "WitnessServer", nilIfEmpty(p["witness"]),
		"DatacenterActivationMode", "Off"))
	return nil
}

// addMember lets a server join a group, and its replication listen.
func (o *Organization) addMember(p map[string]string, _ time.Time) error {
	v, err := o.installedServer(p["server"])
	if err != nil {
		return err
	}
	groups := o.pick("DatabaseAvailabilityGroup", func(g *item) bool { return g.named(p["dag"]) })
	if len(groups) == 0 {
		return fmt.Errorf("there is no availability group %s", p["dag"])
	}
	name := v.text("Name")
	if contains(groups[0].get("Servers"), name) {
		return nil
	}
	groups[0].set("Servers", append(list(groups[0].get("Servers")), name))
	for _, m := range o.pick("MailboxServer", func(m *item) bool { return sameText(m.get("Name"), name) }) {
		m.set("DatabaseAvailabilityGroup", p["dag"])
	}
	return o.lab.AddPort(name, replicationPort, silentPort)
}

const replicationPort = 64327

// silentPort answers a connection and says nothing.
func silentPort(ctx context.Context, c net.Conn) {
	stop := context.AfterFunc(ctx, func() { c.Close() })
	defer stop()
	buf := make([]byte, 256)
	for {
		if _, err := c.Read(buf); err != nil {
			return
		}
	}
}

// copyDatabases adds copies of the other members' databases to a server, or of
// the one that is named.
func (o *Organization) copyDatabases(p map[string]string, _ time.Time) error {
	v, err := o.installedServer(p["server"])
	if err != nil {
		return err
	}
	name, status := v.text("Name"), "Healthy"
	if o.slips(FaultCopy) {
		status = "FailedAndSuspended"
	}
	for _, d := range o.pick("MailboxDatabase", func(d *item) bool { return o.sameGroup(d.text("Server"), name) }) {
		database := d.text("Name")
		if p["database"] != "" && !strings.EqualFold(p["database"], database) || sameText(d.get("Server"), name) {
			continue
		}
		copied := copyStatus(database, name, status)
		o.remove("MailboxDatabaseCopyStatus", func(c *item) bool { return c.text("Identity") == copied.text("Identity") })
		o.add(copied)
	}
	return nil
}

func (o *Organization) sameGroup(a, b string) bool {
	return slices.ContainsFunc(o.objects["databaseavailabilitygroup"], func(g *item) bool {
		return contains(g.get("Servers"), a) && contains(g.get("Servers"), b)
	})
}

// moveMailboxes moves mailboxes to Exchange 2013 servers of their site.
func (o *Organization) moveMailboxes(p map[string]string, at time.Time) error {
	var batch string
	var chosen []*item
	old := func(site string, arbitration bool) []*item {
		return o.pick("Mailbox", func(m *item) bool {
			s := o.server(m.text("ServerName"))
			return s != nil && !is2013(s) && truth(m.get("Arbitration")) == arbitration && (site == "" || strings.EqualFold(s.text("SiteName"), site))
		})
	}
	switch p["which"] {
	case "arbitration":
		batch, chosen = "Arbitration", old("", true)
	case "pilot":
		batch = "Pilot " + p["site"]
		if len(o.pick("MoveRequest", func(r *item) bool { return r.text("BatchName") == batch })) > 0 {
			return nil // the same people, carried out once more
		}
		if chosen = people(old(p["site"], false), o.plan.Mailboxes); len(chosen) > 2 {
			chosen = chosen[:2]
		}
	case "site":
		batch, chosen = "MigrationService:"+p["site"], old(p["site"], false)
	case "all":
		batch, chosen = "MigrationService:All", append(old("", false), old("", true)...)
	default:
		return fmt.Errorf("which mailboxes are %q? expected arbitration, pilot, site or all", p["which"])
	}
	for _, m := range chosen {
		from := o.server(m.text("ServerName"))
		to := o.mailboxServer("2013", from.text("SiteName"))
		if to == nil {
			return fmt.Errorf("there is no Exchange 2013 Mailbox server for %s", m.text("Name"))
		}
		o.house(m, to)
		o.remove("MoveRequest", func(r *item) bool { return r.text("Identity") == m.text("Identity") })
		o.add(newItem("MoveRequest", "Identity", m.text("Identity"), "DisplayName", m.text("DisplayName"), "Status", "Completed", "BatchName", batch))
	}
	return nil
}

// people leaves out the test mailboxes, which stay where they are to the end.
func people(all []*item, tests []blueprint.Mailbox) []*item {
	return slices.DeleteFunc(all, func(m *item) bool {
		return slices.ContainsFunc(tests, func(t blueprint.Mailbox) bool { return sameText(m.get("PrimarySmtpAddress"), t.Address) })
	})
}

func (o *Organization) migrateFolders(map[string]string, time.Time) error {
	for _, c := range o.objects["organizationconfig"] {
		c.set("PublicFolderMigrationComplete", true)
	}
	return nil
}

// listProperties hold several values, separated by commas in an effect.
var listProperties = map[string]bool{
	"sourcetransportservers": true, "certificatedomains": true, "remotepublicfoldermailboxes": true, "iisauthenticationmethods": true,
	"autodiscoversitescope": true, "addressspaces": true, "languages": true, "remoteipranges": true,
}

// effectValue gives a text of an effect the form that a cmdlet returns.
func effectValue(property, text string) any {
	switch {
	case text == "":
		return nil
	case listProperties[strings.ToLower(property)]:
		return anyList(split(text))
	case strings.EqualFold(text, "true"), strings.EqualFold(text, "false"):
		return strings.EqualFold(text, "true")
	}
	if t, err := time.Parse("01/02/2006 15:04:05", text); err == nil {
		return t
	}
	return text
}

// setObject sets a property of what a cmdlet returns: of the object with that
// name, of those on that server, or of all for *. What is not there yet and
// can be made by hand is made.
func (o *Organization) setObject(p map[string]string, _ time.Time) error {
	noun, id, property := p["object"], strings.TrimSpace(p["identity"]), p["property"]
	if id == "" {
		return nil // an optional value that was left out: there is nothing to change
	}
	value := effectValue(property, p["value"])
	switch {
	case noun == "ReceiveConnector" && property == "Megabytes":
		n, err := strconv.Atoi(p["value"])
		if err != nil {
			return err
		}
		property, value = "MaxMessageSize", megabytes(n)
	case noun == "RoleGroupMember":
		o.remove(noun, func(v *item) bool { return v.named(id) && v.text("Name") == p["value"] })
		o.add(newItem(noun, "Identity", id, "Name", p["value"]))
		return nil
	case noun == "ExchangeCertificate" && property == "CertificateDomains":
		return o.requestCertificate(id, split(p["value"]))
	}
	found, err := o.meantOrMade(noun, id)
	if err != nil {
		return err
	}
	if property == "LastFullBackup" && p["value"] == "nightly" {
		value = lazy(func() any { return o.lastNight() })
	}
	for _, v := range found {
		if noun == "MailboxDatabase" && property == "Name" {
			o.renameDatabase(v, p["value"])
			continue
		}
		v.set(property, value)
	}
	return nil
}

// made are the kinds of object that people make on the way.
var made = []string{"Mailbox", "MigrationBatch", "OfflineAddressBook", "SendConnector", "ReceiveConnector"}

// meantOrMade are the objects that an effect names, as a list of names; what is
// not there yet and can be made is made.
func (o *Organization) meantOrMade(noun, id string) ([]*item, error) {
	var all []*item
	for _, name := range split(id) {
		found := o.meant(noun, name)
		if len(found) == 0 && !slices.Contains(made, noun) {
			return nil, fmt.Errorf("there is no %s %s", noun, name)
		}
		if len(found) == 0 && name != "*" {
			v, err := o.create(noun, name)
			if err != nil {
				return nil, err
			}
			found = []*item{v}
		}
		all = append(all, found...)
	}
	return all, nil
}

// meant are the objects that an effect names.
func (o *Organization) meant(noun, id string) []*item {
	return o.pick(noun, func(v *item) bool {
		return id == "*" || v.named(id) || v.named(`\`+id) || sameText(v.get("Server"), id)
	})
}

// create makes what people make with a New- command on the way.
func (o *Organization) create(noun, name string) (*item, error) {
	var v *item
	switch noun {
	case "Mailbox":
		return o.createMailbox(name)
	case "MigrationBatch":
		v = newItem(noun, "Identity", name, "Name", name, "Status", "Created", "FailedCount", 0)
	case "OfflineAddressBook":
		v = newItem(noun, "Name", name, "Identity", `\`+name, "IsDefault", false, "ExchangeVersion", "0.20 (15.0.0.0)", "GlobalWebDistributionEnabled", true)
	case "ReceiveConnector":
		server, own, ok := strings.Cut(name, `\`)
		if !ok || o.server(server) == nil {
			return nil, fmt.Errorf("there is no server for the connector %s", name)
		}
		v = newItem(noun, "Name", own, "Identity", name, "Server", server, "MaxMessageSize", megabytes(36),
			"Enabled", true, "TransportRole", "HubTransport", "RemoteIPRanges", nil)
	default:
		v = newItem(noun, "Name", name, "Identity", name, "AddressSpaces", []any{"smtp:*;1"}, "SourceTransportServers", nil)
	}
	o.add(v)
	return v, nil
}

// createMailbox makes a mailbox in the first site: on Exchange 2013 when it is
// a test mailbox of that version, else on an old server.
func (o *Organization) createMailbox(name string) (*item, error) {
	version := ""
	for _, m := range o.plan.Mailboxes {
		if strings.EqualFold(m.Address, name) {
			version = m.Version
		}
	}
	s := o.mailboxServer(version, o.plan.Sites[0].Name)
	if s == nil {
		return nil, fmt.Errorf("there is no Mailbox server for %s", name)
	}
	if !strings.Contains(name, "@") {
		name += "@" + o.mailDomain()
	}
	return o.addMailbox(name, s), nil
}

// renameDatabase keeps what refers to a database with it.
func (o *Organization) renameDatabase(v *item, name string) {
	old := v.text("Name")
	v.set("Name", name)
	v.set("Identity", name)
	for _, m := range o.pick("Mailbox", func(m *item) bool { return sameText(m.get("Database"), old) }) {
		m.set("Database", name)
	}
	for _, c := range o.pick("MailboxDatabaseCopyStatus", func(c *item) bool { return sameText(c.get("DatabaseName"), old) }) {
		c.set("DatabaseName", name)
		c.set("Name", name+`\`+c.text("Server"))
		c.set("Identity", c.get("Name"))
	}
}

// requestCertificate leaves a pending request. It carries the thumbprint that
// the certificate will have: a rehearsal installs the answer of the authority
// when the task is marked, and the value is read before.
func (o *Organization) requestCertificate(server string, names []string) error {
	v, err := o.installedServer(server)
	if err != nil {
		return err
	}
	return o.listCertificate(v.text("Name"), o.issuedFor(names), "PendingRequest", "None")
}

// removeObject removes what a cmdlet returned.
func (o *Organization) removeObject(p map[string]string, _ time.Time) error {
	for _, id := range split(p["identity"]) {
		for _, v := range o.meant(p["object"], id) {
			o.remove(p["object"], func(i *item) bool { return i == v })
		}
	}
	return nil
}

// onNetwork is a server as the network sees it.
func (o *Organization) onNetwork(s blueprint.Server, roles []string, build string, cert Certificate) Server {
	n := Server{Name: s.Name, FQDN: s.FQDN, Version: s.Version, Build: build, Address: s.Address, Roles: roles, Certificate: cert,
		Ports: map[uint16]func(context.Context, net.Conn){135: silentPort}}
	if s.Version != "2013" {
		n.TLSMax = oldTLS
	}
	for _, oa := range o.pick("OutlookAnywhere", func(v *item) bool { return sameText(v.get("Server"), s.Name) }) {
		n.Auth = withSchemes(nil, "rpc", texts(oa.get("IISAuthenticationMethods")))
	}
	return n
}

// AddPort starts a further service on a running server.
func (l *Lab) AddPort(name string, port uint16, handle func(context.Context, net.Conn)) error {
	r := l.server(name)
	if r == nil {
		return fmt.Errorf("lab: there is no server %s", name)
	}
	r.mu.Lock()
	at := netip.AddrPortFrom(r.spec.Address, port)
	r.mu.Unlock()
	if err := l.Serve(at, handle); err != nil {
		return err
	}
	l.keepPort(name, at)
	return nil
}
