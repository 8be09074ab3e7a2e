package checks

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/go-ldap/ldap/v3"
)

// ldapPorts are the ports of a directory: the domain controller's own, or the
// global catalogue's.
type ldapPorts struct{ plain, secure int }

var (
	directoryPorts = ldapPorts{389, 636}
	catalogPorts   = ldapPorts{3268, 3269}
)

// portsOf are the ports of a host: those that are usual, but for a named target
// whose port the check gives. That port then is the only one to be asked.
func (p *ldapProbe) portsOf(host string, usual ldapPorts) ldapPorts {
	port := p.c.Params.Int("port", 0)
	named := func(t string) bool { return strings.EqualFold(plainHost(t), host) }
	switch {
	case port == 0 || !slices.ContainsFunc(p.c.Params.Strings("targets"), named):
		return usual
	case port == directoryPorts.secure || port == catalogPorts.secure:
		return ldapPorts{secure: port}
	}
	return ldapPorts{plain: port}
}

const maxControllers = 64

// seeds are the domain controllers to begin with: those the check names, else
// those of the migration, else those that DNS names for the domain.
func (p *ldapProbe) seeds(ctx context.Context) ([]string, *Finding) {
	list := p.c.Params.Strings("targets")
	if len(list) == 0 {
		list = p.env.Directory.Controllers
	}
	if len(list) > 0 {
		return p.acceptSome(list, "the list of domain controllers")
	}
	domain := p.domain()
	if domain == "" {
		f := undecidable("ldap.no_dc", "no domain controller is named and no domain to look them up")
		return nil, &f
	}
	name := "_ldap._tcp.dc._msdcs." + domain
	list, problem := p.service(ctx, name)
	if len(list) == 0 {
		f := undecidable("ldap.no_dc", "no domain controller of %s was found: %s", domain, problem)
		f.Expected, f.Found = "SRV records at "+name, problem
		return nil, &f
	}
	p.note("service record %s: %s", name, strings.Join(list, ", "))
	return p.acceptSome(list, name)
}

// acceptSome is accept where at least one name must be fit to be asked: what
// nobody was asked for is not absent.
func (p *ldapProbe) acceptSome(list []string, from string) ([]string, *Finding) {
	if hosts := p.accept(list); len(hosts) > 0 {
		return hosts, nil
	}
	shown := Escape(joinClipped(list, 4))
	f := undecidable("ldap.no_dc", "no host that can be asked stands in %s: %s", from, shown)
	f.Expected, f.Found = "names such as dc1.contoso.com", shown
	return nil, &f
}

// accept keeps each name once and lets its host have the password.
func (p *ldapProbe) accept(list []string) []string {
	var out []string
	for _, h := range list {
		h = plainHost(h)
		if h == "" || slices.Contains(out, h) || validTarget("domain controller", h) != nil {
			continue
		}
		p.env.allowHost(h)
		out = append(out, h)
	}
	if len(out) > maxControllers {
		p.note("%d domain controllers, of which %d are asked", len(out), maxControllers)
		p.cut = true
	}
	return out[:min(len(out), maxControllers)]
}

// service looks a service record up: at the inside name servers, then as this
// computer does. It says why nothing was found.
func (p *ldapProbe) service(ctx context.Context, name string) (hosts []string, problem string) {
	for _, r := range p.env.Resolvers {
		if r.View == Outside && p.env.side() == Inside {
			continue
		}
		a, t := ask(ctx, p.env, r, name, typeSRV)
		if t != nil {
			problem = t.text
			continue
		}
		for _, rr := range a.records {
			if rr.target != "." {
				hosts = append(hosts, rr.target)
			}
		}
		if len(hosts) > 0 {
			return hosts, ""
		}
		problem = "the name server " + r.Addr + " has no such record"
	}
	if p.env.Records == nil {
		if problem == "" {
			problem = "no name server can be asked"
		}
		return nil, problem
	}
	list, err := p.env.Records(ctx, "SRV", name)
	for _, r := range list {
		if t := plainName(r.Value); t != "" {
			hosts = append(hosts, t)
		}
	}
	if err != nil && problem == "" {
		problem = p.env.namesBy() + " has no such record"
	}
	return hosts, problem
}

// addresses looks a controller's addresses up where its name is known: at the
// inside name servers first, as this computer may use others.
func (p *ldapProbe) addresses(ctx context.Context, host string) ([]netip.Addr, *trouble) {
	if !isAddress(host) {
		for _, r := range p.env.Resolvers {
			if r.View != Inside {
				continue
			}
			var found []netip.Addr
			for _, kind := range []recordType{typeA, typeAAAA} {
				if a, t := ask(ctx, p.env, r, host, kind); t == nil {
					list, _ := addressesIn(a.records)
					found = append(found, list...)
				}
			}
			if len(found) > 0 {
				return answered(usable(p.env, host, found))
			}
		}
	}
	return answered(addressesOf(ctx, p.env, host, ""))
}

func answered(list []netip.Addr, f *Finding) ([]netip.Addr, *trouble) {
	if f != nil {
		return nil, &trouble{f.Verdict, f.Reason, f.Summary}
	}
	return list, nil
}

// reach connects to the first address of a host that answers on a port.
func (p *ldapProbe) reach(ctx context.Context, host string, addrs []netip.Addr, port int) (net.Conn, endpoint, *trouble) {
	var last *trouble
	at := endpoint{host: host, port: port}
	for _, a := range addrs {
		at.addr = a
		conn, t := connect(ctx, p.env, at)
		if t == nil {
			return conn, at, nil
		}
		last = t
	}
	return nil, at, last
}

// open connects to a controller and logs on: over LDAPS, else over StartTLS,
// both with a certificate that proves the host; else in the clear by NTLM,
// which does not send the password.
func (p *ldapProbe) open(ctx context.Context, host string, ports ldapPorts) (*controller, *Finding) {
	addrs, t := p.addresses(ctx, host)
	if t != nil {
		return nil, p.unreachable(host, t)
	}
	ports = p.portsOf(host, ports)
	var why []string
	var d *controller
	if ports.secure != 0 {
		if d, t = p.overLDAPS(ctx, host, addrs, ports); t != nil {
			why = append(why, fmt.Sprintf("LDAPS on %d: %s", ports.secure, t.text))
		}
	}
	if d == nil && ports.plain != 0 {
		if d, t = p.overStartTLS(ctx, host, addrs, ports); t != nil {
			why = append(why, fmt.Sprintf("StartTLS on %d: %s", ports.plain, t.text))
			d, t = p.overPlain(ctx, host, addrs, ports)
		}
	}
	if t != nil {
		f := p.unreachable(host, t)
		f.Transcript = append(f.Transcript, host+": "+strings.Join(why, "; "))
		return nil, f
	}
	if d.how == "plain" {
		d.clear = strings.Join(why, "; ")
	}
	if f := p.enter(ctx, d); f != nil {
		d.close()
		return nil, f
	}
	return d, nil
}

// enter logs on to an open connection and reads the controller's root.
func (p *ldapProbe) enter(ctx context.Context, d *controller) *Finding {
	if f := p.bind(ctx, d); f != nil {
		f.Transcript = append(d.said, f.Transcript...)
		return f
	}
	if t := d.readRoot(ctx); t != nil {
		f := p.unreachable(d.host, t)
		f.Transcript = append(d.said, f.Transcript...)
		return f
	}
	return nil
}

// unreachable is the finding of a controller that could not be asked: it
// proves nothing about what the controller holds.
func (p *ldapProbe) unreachable(host string, t *trouble) *Finding {
	reason := t.reason
	if strings.HasPrefix(reason, "tcp.") || strings.HasPrefix(reason, "dns.") || strings.HasPrefix(reason, "tls.") || strings.HasPrefix(reason, "starttls.") {
		reason = "ldap.dc_unreachable"
	}
	v := Unknown
	if t.verdict == Fail && t.reason == "ldap.not_ldap" {
		v = Fail
	}
	f := decided(v, reason, "domain controller %s: %s", host, t.text)
	f.Expected, f.Found = "an answer of "+host, t.text
	f.Rows = []Row{{"dc": {host}}}
	return &f
}

func (p *ldapProbe) overLDAPS(ctx context.Context, host string, addrs []netip.Addr, ports ldapPorts) (*controller, *trouble) {
	conn, at, t := p.reach(ctx, host, addrs, ports.secure)
	if t != nil {
		return nil, t
	}
	return p.secured(ctx, host, at, "ldaps", conn)
}

func (p *ldapProbe) overStartTLS(ctx context.Context, host string, addrs []netip.Addr, ports ldapPorts) (*controller, *trouble) {
	conn, at, t := p.reach(ctx, host, addrs, ports.plain)
	if t != nil {
		return nil, t
	}
	if _, t := startTLS(ctx, conn, "ldap"); t != nil {
		conn.Close()
		return nil, t
	}
	return p.secured(ctx, host, at, "starttls", conn)
}

// secured finishes a TLS handshake that verifies chain and name.
func (p *ldapProbe) secured(ctx context.Context, host string, at endpoint, how string, conn net.Conn) (*controller, *trouble) {
	shake := tls.Client(conn, securedConfig(p.env, host, nil))
	ctx, cancel := context.WithTimeout(ctx, share(ctx, 10*time.Second, 0.4))
	defer cancel()
	began := time.Now()
	if err := shake.HandshakeContext(ctx); err != nil {
		conn.Close()
		t := tlsTrouble(err)
		stage(ctx, "tls", began, &t, "")
		return nil, &t
	}
	state := shake.ConnectionState()
	stage(ctx, "tls", began, nil, "%s", handshakeText(state.Version, state.CipherSuite, state.PeerCertificates))
	return newController(host, at, how, shake), nil
}

func (p *ldapProbe) overPlain(ctx context.Context, host string, addrs []netip.Addr, ports ldapPorts) (*controller, *trouble) {
	conn, at, t := p.reach(ctx, host, addrs, ports.plain)
	if t != nil {
		return nil, t
	}
	return newController(host, at, "plain", conn), nil
}

// bind logs on once: with the password itself where TLS proved the host, by
// NTLM otherwise.
func (p *ldapProbe) bind(ctx context.Context, d *controller) *Finding {
	s := signing{account: p.account(), host: d.host, safe: true, free: true}
	var other *trouble
	err := p.env.signIn(ctx, s, func(c Credential) (bool, error) {
		d.conn.SetTimeout(share(ctx, 15*time.Second, 0.7))
		began := time.Now()
		err := d.logOn(c)
		if err == nil {
			stage(ctx, "ldap", began, nil, "logged on as %s over %s", mask(c.Username), d.how)
			d.said = append(d.said, fmt.Sprintf("%s: %s: logged on as %s", d.at, d.how, mask(c.Username)))
			return false, nil
		}
		if refused := refusal(err); refused != nil {
			d.said = append(d.said, fmt.Sprintf("%s: %s: logon refused: %s", d.at, d.how, refused))
			return true, refused
		}
		if strings.Contains(err.Error(), "NTLM") {
			other = &trouble{Fail, "ntlm.malformed", "the NTLM answer of the domain controller is broken"}
		} else {
			other = d.trouble(ctx, err)
		}
		return false, errNotBound
	})
	switch {
	case err == nil:
		p.env.Logons.setBudget(budgetFrom(p.account(), d.host, p.domain()))
		return nil
	case other != nil:
		return p.unreachable(d.host, other)
	case ctx.Err() != nil:
		return p.unreachable(d.host, d.trouble(ctx, ctx.Err()))
	}
	f, ok := logonFinding("domain controller "+d.host, err)
	if !ok {
		return p.unreachable(d.host, d.trouble(ctx, err))
	}
	if f.Verdict != Skip {
		f.Rows = []Row{{"dc": {d.host}}}
	}
	return &f
}

var errNotBound = fmt.Errorf("not logged on")

func (d *controller) logOn(c Credential) error {
	if d.how != "plain" {
		return d.conn.Bind(c.Username, c.Password.Reveal())
	}
	domain, _, ok := strings.Cut(c.Username, `\`)
	if !ok {
		domain = ""
	}
	return d.conn.NTLMBind(domain, c.Username, c.Password.Reveal())
}

// openAnonymous connects without logging on, for the root alone.
func (p *ldapProbe) openAnonymous(ctx context.Context, host string) (*controller, *Finding) {
	addrs, t := p.addresses(ctx, host)
	if t != nil {
		return nil, p.unreachable(host, t)
	}
	ports := p.portsOf(host, directoryPorts)
	var d *controller
	if ports.plain != 0 {
		d, t = p.overPlain(ctx, host, addrs, ports)
	}
	if d == nil && ports.secure != 0 {
		var why *trouble
		if d, why = p.overLDAPS(ctx, host, addrs, ports); why != nil && t == nil {
			t = why
		}
	}
	if d == nil {
		return nil, p.unreachable(host, t)
	}
	if t := d.readRoot(ctx); t != nil {
		f := p.unreachable(host, t)
		f.Transcript = d.said
		d.close()
		return nil, f
	}
	return d, nil
}

// rootDSE is what a controller says of itself.
type rootDSE struct {
	dnsHostName   string
	defaultNC     string
	configNC      string
	schemaNC      string
	rootDomainNC  string
	contexts      []string
	currentTime   string
	synchronized  string
	catalogReady  string
	forestLevel   string
	domainLevel   string
	missing       []string
	supportedSASL []string
}

var rootAttributes = []string{
	"dnsHostName", "defaultNamingContext", "configurationNamingContext", "schemaNamingContext", "rootDomainNamingContext",
	"namingContexts", "currentTime", "isSynchronized", "isGlobalCatalogReady", "forestFunctionality", "domainFunctionality",
	"supportedSASLMechanisms",
}

func (d *controller) readRoot(ctx context.Context) *trouble {
	a, t := d.ask(ctx, ldapQuestion{base: "", scope: ldap.ScopeBaseObject, attrs: rootAttributes})
	if t != nil {
		return t
	}
	if len(a.entries) != 1 {
		return &trouble{Unknown, "ldap.malformed", "the domain controller does not show its root"}
	}
	e := a.entries[0]
	one := e.GetEqualFoldAttributeValue
	d.root = rootDSE{
		dnsHostName: one("dnsHostName"), defaultNC: one("defaultNamingContext"), configNC: one("configurationNamingContext"),
		schemaNC: one("schemaNamingContext"), rootDomainNC: one("rootDomainNamingContext"), contexts: e.GetEqualFoldAttributeValues("namingContexts"),
		currentTime: one("currentTime"), synchronized: one("isSynchronized"), catalogReady: one("isGlobalCatalogReady"),
		forestLevel: one("forestFunctionality"), domainLevel: one("domainFunctionality"), supportedSASL: e.GetEqualFoldAttributeValues("supportedSASLMechanisms"),
	}
	if d.root.dnsHostName != "" && validTarget("dnsHostName", d.root.dnsHostName) != nil {
		d.root.dnsHostName = ""
	}
	for name, v := range map[string]string{
		"defaultNamingContext": d.root.defaultNC, "configurationNamingContext": d.root.configNC,
		"schemaNamingContext": d.root.schemaNC, "rootDomainNamingContext": d.root.rootDomainNC,
	} {
		if v == "" {
			d.root.missing = append(d.root.missing, name)
		}
	}
	slices.Sort(d.root.missing)
	return nil
}
