package checks

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/go-ldap/ldap/v3"
)

// database is one mailbox database with the server that it belongs to.
type database struct {
	dn      string
	name    string
	server  string
	version string
	oab     string
	rpc     string
}

// databases reads every mailbox database and the servers behind them.
func (d *controller) databases(ctx context.Context) ([]database, *Finding, *Finding) {
	servers, cut, f := d.exchangeServers(ctx)
	if f != nil {
		return nil, nil, f
	}
	entries, cut2, f := d.listing(ctx, "mailbox database", "(objectClass=msExchPrivateMDB)", "cn", "msExchOwningServer", "msExchUseOAB", "legacyExchangeDN")
	if f != nil {
		return nil, nil, f
	}
	if cut == nil {
		cut = cut2
	}
	var out []database
	for _, e := range entries {
		db := database{dn: e.DN, name: firstName(e.DN), oab: firstName(e.GetEqualFoldAttributeValue("msExchUseOAB")), rpc: rpcServer(e.GetEqualFoldAttributeValue("legacyExchangeDN"))}
		owner := e.GetEqualFoldAttributeValue("msExchOwningServer")
		if owner != "" && !isDeleted(owner) {
			db.server = firstName(owner)
		}
		if db.server == "" {
			db.server = serverOf(e.DN) // Exchange 2007 keeps databases below their server
		}
		for _, s := range servers {
			if strings.EqualFold(s.name, db.server) {
				db.server = s.name
				if s.version != unreadVersion {
					db.version = s.version
				}
			}
		}
		out = append(out, db)
	}
	return out, cut, nil
}

// rpcServer is the RPC Client Access server of a database, which its legacy
// name carries.
func rpcServer(legacy string) string {
	lower := strings.ToLower(legacy)
	const before = "/cn=configuration/cn=servers/cn="
	i := strings.Index(lower, before)
	if i < 0 {
		return ""
	}
	name, _, _ := strings.Cut(lower[i+len(before):], "/")
	return name
}

func (db database) row() Row {
	row := Row{}
	for name, v := range map[string]string{"server": db.server, "version": db.version} {
		if v != "" {
			row[name] = []string{v}
		}
	}
	return row
}

func (p *ldapProbe) readDatabases(ctx context.Context, d *controller) Finding {
	list, cut, f := d.databases(ctx)
	if f != nil {
		return *f
	}
	var rows []Row
	for _, db := range list {
		row := db.row()
		row["name"] = []string{db.name}
		rows = append(rows, row.withKnown("oab", db.oab).withKnown("rpc", db.rpc))
	}
	return concludeList(p.onlyServer(rows, "server"), cut)
}

// catalog is where mailboxes of all domains are seen: in a forest of one
// domain the controller itself, else a global catalogue.
func (p *ldapProbe) catalog(ctx context.Context, d *controller) (c *controller, base string, close func(), f *Finding) {
	none := func() {}
	a, t := d.ask(ctx, subtree("CN=Partitions,"+d.root.configNC, "(&(objectClass=crossRef)(systemFlags:1.2.840.113556.1.4.803:=3))", []string{"nCName"}))
	if t != nil {
		f := d.unreadList(t)
		return nil, "", none, &f
	}
	switch len(a.entries) {
	case 0:
		f := undecidable("ldap.not_readable", "%s does not list the domains of the forest", d.name())
		return nil, "", none, &f
	case 1:
		return d, d.root.defaultNC, none, nil
	}
	all, t := d.settings(ctx)
	if t != nil {
		f := d.unreadList(t)
		return nil, "", none, &f
	}
	var hosts []string
	if strings.EqualFold(d.root.catalogReady, "TRUE") {
		hosts = append(hosts, d.host)
	}
	for _, s := range all {
		if s.catalog {
			hosts = append(hosts, s.host)
		}
	}
	hosts = p.accept(hosts)
	for _, h := range hosts[:min(len(hosts), 4)] {
		gc, trouble := p.open(ctx, h, catalogPorts)
		if trouble == nil {
			return gc, "", func() { d.said = append(d.said, gc.said...); gc.close() }, nil
		}
		f = trouble
	}
	if f == nil {
		u := undecidable("ldap.no_dc", "no global catalogue was found")
		f = &u
	}
	f.Rows = nil
	return nil, "", none, f
}

// seesMailboxes makes sure that this account can see mailboxes at all, so that
// none found means that there are none.
func (d *controller) seesMailboxes(ctx context.Context, base string) *Finding {
	a, t := d.ask(ctx, ldapQuestion{base: base, scope: ldap.ScopeWholeSubtree, most: 1, countOnly: true,
		filter: "(&(objectCategory=person)(objectClass=user)(homeMDB=*))"})
	var f Finding
	switch {
	case t != nil:
		f = d.unreadList(t)
	case a.count == 0:
		f = undecidable("ldap.not_readable", "%s shows this account no mailbox at all: nothing can be counted", d.name())
	default:
		return nil
	}
	return &f
}

// mailboxView is where mailboxes are looked for, with the databases that may
// hold them.
type mailboxView struct {
	*controller // a catalogue that shows this account mailboxes
	base        string
	databases   []database
	notes       []*Finding // what keeps the lists from being whole or safe
	done        func()
}

// mailboxes opens the view; it has to be done with after use.
func (p *ldapProbe) mailboxes(ctx context.Context, d *controller) (*mailboxView, *Finding) {
	list, cut, f := d.databases(ctx)
	if f != nil {
		return nil, f
	}
	gc, base, done, f := p.catalog(ctx, d)
	if f == nil {
		f = gc.seesMailboxes(ctx, base)
	}
	if f != nil {
		done()
		return nil, f
	}
	return &mailboxView{gc, base, list, []*Finding{cut, inTheClear(d, gc)}, done}, nil
}

func (p *ldapProbe) readMailboxCounts(ctx context.Context, d *controller) Finding {
	m, f := p.mailboxes(ctx, d)
	if f != nil {
		return *f
	}
	defer m.done()
	want := shortName(p.c.Params.String("server"))
	var rows []Row
	parts := m.notes
	for _, db := range m.databases {
		if want != "" && !strings.EqualFold(db.server, want) {
			continue
		}
		row := db.row()
		row["database"] = []string{db.name}
		dn := ldap.EscapeFilter(db.dn)
		for _, q := range []struct{ property, filter string }{
			{"count", "(&(objectCategory=person)(objectClass=user)(homeMDB=" + dn + "))"},
			{"archives", "(msExchArchiveDatabaseLink=" + dn + ")"},
		} {
			a, t := m.ask(ctx, ldapQuestion{base: m.base, scope: ldap.ScopeWholeSubtree, filter: q.filter, countOnly: true})
			if t == nil && a.partial {
				t = &trouble{Unknown, "ldap.partial", "the mailboxes of " + db.name + " could not all be counted"}
			}
			if t != nil {
				f := m.unreadList(t)
				parts = append(parts, &f)
				continue
			}
			row[q.property] = []string{strconv.Itoa(a.count)}
		}
		rows = append(rows, row)
	}
	return concludeList(rows, parts...)
}

// inTheClear is the warning of a catalogue that was read without TLS.
func inTheClear(d, gc *controller) *Finding {
	if gc == d || gc.clear == "" {
		return nil
	}
	f := warned("ldap.unsigned", "the global catalogue %s was read without TLS", gc.name())
	return &f
}

// arbitrationMailbox is the recipient type of system mailboxes from Exchange
// 2010 on; Exchange 2007 has none.
const arbitrationMailbox = "8388608"

func (p *ldapProbe) readArbitration(ctx context.Context, d *controller) Finding {
	m, f := p.mailboxes(ctx, d)
	if f != nil {
		return *f
	}
	defer m.done()
	a, t := m.ask(ctx, subtree(m.base, "(&(objectCategory=person)(objectClass=user)(msExchRecipientTypeDetails="+arbitrationMailbox+"))", []string{"cn", "homeMDB"}))
	if t != nil {
		return m.unreadList(t)
	}
	var rows []Row
	for _, e := range a.entries {
		row := Row{"name": {firstName(e.DN)}}
		home := e.GetEqualFoldAttributeValue("homeMDB")
		for _, db := range m.databases {
			if sameDN(db.dn, home) {
				row["database"] = []string{db.name}
				for name, v := range db.row() {
					row[name] = v
				}
			}
		}
		rows = append(rows, row)
	}
	return concludeList(p.onlyServer(rows, "server"), append(m.notes, partly(a, "system mailboxes"))...)
}

func (p *ldapProbe) readDAGs(ctx context.Context, d *controller) Finding {
	servers, cut, f := d.exchangeServers(ctx) // also the proof that the organisation can be read
	if f != nil {
		return *f
	}
	org, f := d.organization(ctx)
	if f != nil {
		return *f
	}
	a, t := d.ask(ctx, subtree(org.DN, "(objectClass=msExchMDBAvailabilityGroup)", []string{"cn", "msExchFileShareWitness"}))
	if t != nil {
		return d.unreadList(t)
	}
	var rows []Row
	for _, e := range a.entries {
		var members []string
		for _, s := range servers {
			if sameDN(s.dag, e.DN) {
				members = append(members, s.name)
			}
		}
		slices.Sort(members)
		row := Row{"name": {firstName(e.DN)}}
		rows = append(rows, row.withKnown("members", members...).withKnown("witness", e.GetEqualFoldAttributeValues("msExchFileShareWitness")...))
	}
	return concludeList(p.onlyServer(rows, "members"), cut, partly(a, "availability groups"))
}

func (p *ldapProbe) readAddressBooks(ctx context.Context, d *controller) Finding {
	entries, cut, f := d.listing(ctx, "offline address book", "(objectClass=msExchOAB)", "cn", "msExchOABDefault")
	if f != nil {
		return *f
	}
	var rows []Row
	for _, e := range entries {
		row := Row{"name": {firstName(e.DN)}, "default": {"false"}}
		if v, ok := ldapTruth(e.GetEqualFoldAttributeValue("msExchOABDefault")); ok {
			row["default"] = []string{v}
		}
		rows = append(rows, row)
	}
	return concludeList(rows, cut)
}

// connectorKinds are the classes of connectors.
var connectorKinds = map[string]string{
	"msexchroutingsmtpconnector": "send", "msexchsmtpreceiveconnector": "receive",
	"mailgateway": "foreign", "msexchroutinggroupconnector": "routing-group",
}

func (p *ldapProbe) readConnectors(ctx context.Context, d *controller) Finding {
	entries, cut, f := d.listing(ctx, "connector",
		"(|(objectClass=msExchRoutingSMTPConnector)(objectClass=msExchSmtpReceiveConnector)(objectClass=mailGateway)(objectClass=msExchRoutingGroupConnector))",
		"cn", "objectClass", "routingList", "msExchSourceBridgeheadServersDN", "homeMTA")
	if f != nil {
		return *f
	}
	var rows []Row
	for _, e := range entries {
		kind := "other"
		for _, c := range e.GetEqualFoldAttributeValues("objectClass") { // the most general class comes first
			if k, known := connectorKinds[strings.ToLower(c)]; known {
				kind = k
			}
		}
		var servers []string
		if kind == "receive" {
			servers = append(servers, serverOf(e.DN))
		}
		for _, dn := range append(e.GetEqualFoldAttributeValues("msExchSourceBridgeheadServersDN"), e.GetEqualFoldAttributeValues("homeMTA")...) {
			if s := serverOf(dn); s != "" && !hasFold(servers, s) {
				servers = append(servers, s)
			}
		}
		slices.Sort(servers)
		row := Row{"name": {firstName(e.DN)}, "kind": {kind}}
		rows = append(rows, row.withKnown("servers", servers...).withKnown("spaces", e.GetEqualFoldAttributeValues("routingList")...))
	}
	return concludeList(p.onlyServer(rows, "servers"), cut)
}
