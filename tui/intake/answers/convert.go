package answers

import (
	"reflect"
	"time"

	"coexist/runbook/migration"
)

// Migration returns the facts as far as they can be understood. Fields that
// cannot are left out; Problems names them.
func (f *Form) Migration() *migration.Migration {
	m := &migration.Migration{
		Format: 1,
		Organization: migration.Organization{
			Name:        trim(f.Name),
			Source:      f.Source,
			Forest:      trim(f.Forest),
			Domains:     splitWords(f.domainsOr()),
			MailDomains: splitWords(f.mailDomainsOr()),
			Internet:    f.Internet,
		},
		Target: migration.Target{Release: or(f.Release, f.release()), Media: or(f.Media, defaultMedia)},
		Namespace: migration.Namespace{
			Primary:      or(f.Primary, f.clientName("mail")),
			Autodiscover: or(f.Autodiscover, f.clientName("autodiscover")),
		},
		Features:    f.Features,
		DAG:         f.DAG.migration(),
		Certificate: migration.Certificate{Wildcard: f.Wildcard, Reuse: f.Reuse},
		Network: migration.Network{
			InternalResolver:  trim(f.Network.InternalResolver),
			ExternalResolver:  trim(f.Network.ExternalResolver),
			DomainControllers: splitWords(f.Network.DomainControllers),
			Proxy:             trim(f.Network.Proxy),
			Trust:             SplitList(f.Network.Trust),
			Loopback:          f.Network.Loopback,
			LogonOverOldTLS:   f.Network.LogonOverOldTLS,
		},
		Change: f.change(),
	}
	m.Features.UMTLS = f.Features.UMTLS && f.Features.UnifiedMessaging
	if f.Has2007() {
		m.Namespace.Legacy = or(f.Legacy, f.clientName("legacy"))
	}
	if f.Has2010() {
		m.Namespace.RPC = trim(f.RPC)
	}
	for _, p := range f.Probes {
		m.Probes = append(m.Probes, migration.Probe{Mailbox: trim(p.Mailbox), Username: trim(p.Username), Version: p.Version, Site: trim(p.Site)})
	}
	for _, s := range f.Sites {
		m.Sites = append(m.Sites, f.site(s))
	}
	return m
}

func (f *Form) site(s Site) migration.Site {
	out := migration.Site{
		Name:           trim(s.Name),
		InternetFacing: s.InternetFacing && f.Internet,
		Entry:          trim(s.Entry),
		ExternalEntry:  trim(s.ExternalEntry),
		Primary:        trim(s.Primary),
		InternalName:   trim(s.InternalName),
		DAG:            s.DAG.migration(),
	}
	if f.Has2007() {
		out.Legacy = trim(s.Legacy)
	}
	if f.Has2010() {
		out.RPC = trim(s.RPC)
	}
	for _, v := range s.Servers {
		out.Servers = append(out.Servers, v.migration())
	}
	return out
}

// migration leaves out what the server's version or roles rule out, such as
// the cluster nodes of a server that is no longer a 2007 mailbox server; the
// answers keep it.
func (v Server) migration() migration.Server {
	out := migration.Server{
		Name:    trim(v.Name),
		Version: v.Version,
		Roles:   v.Roles(),
		FQDN:    trim(v.FQDN),
		Domain:  trim(v.Domain),
		Address: trim(v.Address),
		OS:      v.OS,
		Was:     trim(v.Was),
	}
	if v.clustered() {
		out.Nodes = splitWords(v.Nodes)
	}
	if v.Edge {
		out.SubscribedSite = trim(v.SubscribedSite)
	}
	return out
}

func (v Server) clustered() bool { return v.Version == "2007" && v.Mailbox }

// Roles lists the roles that are ticked and that the version knows.
func (v Server) Roles() []string {
	var out []string
	add := func(on bool, role string) {
		if on {
			out = append(out, role)
		}
	}
	old := v.Version != "2013"
	add(v.ClientAccess, migration.ClientAccess)
	add(v.HubTransport && old, migration.HubTransport)
	add(v.Mailbox, migration.MailboxRole)
	add(v.Unified && old, migration.UnifiedMessaging)
	add(v.Edge, migration.EdgeTransport)
	return out
}

// setRoles ticks exactly these roles.
func (v *Server) setRoles(roles []string) {
	has := migration.Server{Roles: roles}.Has
	v.ClientAccess, v.HubTransport, v.Mailbox = has(migration.ClientAccess), has(migration.HubTransport), has(migration.MailboxRole)
	v.Unified, v.Edge = has(migration.UnifiedMessaging), has(migration.EdgeTransport)
}

func (d DAG) migration() *migration.DAG {
	if !d.Wanted {
		return nil
	}
	out := &migration.DAG{
		Name:             trim(d.Name),
		WitnessServer:    trim(d.WitnessServer),
		WitnessDirectory: or(d.WitnessDirectory, witnessDirectory(d)),
		IPLess:           d.IPLess,
	}
	if !d.IPLess {
		out.Addresses = splitWords(d.Addresses)
	}
	return out
}

func (f *Form) change() *migration.Change {
	if f.Change == (Change{}) {
		return nil
	}
	moment := func(s string) time.Time {
		t, _ := parseMoment(s, f.Zone)
		return t
	}
	return &migration.Change{
		Number:      trim(f.Change.Number),
		Approver:    trim(f.Change.Approver),
		WindowStart: moment(f.Change.WindowStart),
		WindowEnd:   moment(f.Change.WindowEnd),
		Contacts:    SplitList(f.Change.Contacts),
	}
}

// Has2007 tells whether the organisation has Exchange 2007.
func (a *Answers) Has2007() bool {
	return a.Source == migration.Source2007 || a.Source == migration.Mixed
}

// Has2010 tells whether the organisation has Exchange 2010.
func (a *Answers) Has2010() bool {
	return a.Source == migration.Source2010 || a.Source == migration.Mixed
}

// From returns the answers that lead to a migration.
func From(m *migration.Migration) Answers {
	a := Answers{
		Page:         PageReview,
		Reached:      PageReview,
		Source:       m.Organization.Source,
		Name:         m.Organization.Name,
		Forest:       m.Organization.Forest,
		Domains:      joinList(m.Organization.Domains),
		MailDomains:  joinList(m.Organization.MailDomains),
		Internet:     m.Organization.Internet,
		Primary:      m.Namespace.Primary,
		Autodiscover: m.Namespace.Autodiscover,
		Legacy:       m.Namespace.Legacy,
		RPC:          m.Namespace.RPC,
		Release:      m.Target.Release,
		Media:        m.Target.Media,
		Wildcard:     m.Certificate.Wildcard,
		Reuse:        m.Certificate.Reuse,
		Features:     m.Features,
		DAG:          fromDAG(m.DAG),
		Network: Network{
			InternalResolver:  m.Network.InternalResolver,
			ExternalResolver:  m.Network.ExternalResolver,
			DomainControllers: joinList(m.Network.DomainControllers),
			Proxy:             m.Network.Proxy,
			Trust:             joinList(m.Network.Trust),
			Loopback:          m.Network.Loopback,
			LogonOverOldTLS:   m.Network.LogonOverOldTLS,
		},
	}
	if c := m.Change; c != nil {
		a.Change = Change{
			Number: c.Number, Approver: c.Approver, Contacts: joinList(c.Contacts),
			WindowStart: formatMoment(c.WindowStart), WindowEnd: formatMoment(c.WindowEnd),
		}
	}
	for _, p := range m.Probes {
		a.Probes = append(a.Probes, Probe(p))
	}
	for _, s := range m.Sites {
		a.Sites = append(a.Sites, fromSite(s))
	}
	return a
}

// TakeOver puts into the form what a change makes of its migration; what the
// change leaves alone stays as it was typed, right or wrong.
func (f *Form) TakeOver(change func(*migration.Migration) *migration.Migration) {
	before := From(f.Migration())
	f.Replace(before, From(change(f.Migration())))
}

// Replace takes over what differs between two states of the facts; whatever is
// the same in both stays as it was typed, right or wrong.
func (a *Answers) Replace(before, after Answers) {
	was, is, to := reflect.ValueOf(before), reflect.ValueOf(after), reflect.ValueOf(a).Elem()
	for i := range is.NumField() {
		if !reflect.DeepEqual(was.Field(i).Interface(), is.Field(i).Interface()) {
			to.Field(i).Set(is.Field(i))
		}
	}
}

func fromSite(s migration.Site) Site {
	out := Site{
		Name: s.Name, InternetFacing: s.InternetFacing, Entry: s.Entry, ExternalEntry: s.ExternalEntry,
		Primary: s.Primary, Legacy: s.Legacy, RPC: s.RPC, InternalName: s.InternalName, DAG: fromDAG(s.DAG),
	}
	for _, v := range s.Servers {
		to := Server{
			Name: v.Name, Version: v.Version, OS: v.OS, FQDN: v.FQDN, Domain: v.Domain, Address: v.Address,
			Nodes: joinList(v.Nodes), SubscribedSite: v.SubscribedSite, Was: v.Was,
		}
		to.setRoles(v.Roles)
		out.Servers = append(out.Servers, to)
	}
	return out
}

func fromDAG(d *migration.DAG) DAG {
	if d == nil {
		return DAG{}
	}
	return DAG{
		Wanted: true, Name: d.Name, WitnessServer: d.WitnessServer, WitnessDirectory: d.WitnessDirectory,
		Addresses: joinList(d.Addresses), IPLess: d.IPLess,
	}
}
