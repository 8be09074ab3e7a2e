package checks

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"sort"
	"strings"

	"github.com/go-ldap/ldap/v3"
)

// Bounds on the connection points that are followed: as many pointers as
// clients follow, and no more addresses than an engineer can read.
const (
	maxPointers = 10
	maxSCPSteps = 12
)

// connectionPoint is one entry of the directory that leads clients of the
// inside to Autodiscover, or points to another directory.
type connectionPoint struct {
	server  string
	binding []string // addresses, or LDAP paths of a pointer
	sites   []string
	domains []string // mail domains that a pointer is for
	pointer bool
}

// connectionPoints reads all of them.
func (d *controller) connectionPoints(ctx context.Context) ([]connectionPoint, ldapAnswer, *trouble) {
	if d.root.configNC == "" {
		return nil, ldapAnswer{}, &trouble{Unknown, "ldap.bad_value", "the controller does not name its configuration"}
	}
	a, t := d.ask(ctx, subtree(d.root.configNC, AutodiscoverPoints(), []string{"cn", "serviceBindingInformation", "keywords"}))
	if t != nil {
		return nil, a, t
	}
	var out []connectionPoint
	for _, e := range a.entries {
		keywords := e.GetEqualFoldAttributeValues("keywords")
		c := connectionPoint{server: serverOf(e.DN), binding: e.GetEqualFoldAttributeValues("serviceBindingInformation"),
			sites: keywordValues(keywords, "Site="), domains: keywordValues(keywords, "Domain="), pointer: hasFold(keywords, scpPointer)}
		if c.server == "" {
			c.server = firstName(e.DN)
		}
		out = append(out, c)
	}
	return out, a, nil
}

// scopes of connection points, in the order in which clients use them.
const (
	scpOwnSite = iota
	scpNoSite
	scpOtherSite
)

var scpScopes = []string{"of the own site", "of no site", "of another site"}

// scpWalk reads the connection points as a client of the inside does.
type scpWalk struct {
	d       *discovery
	probe   *ldapProbe
	visited map[string]bool // directories asked, by host
	notes   []Finding
}

// connectionSteps are the steps that the directory gives, in the order of
// clients; the findings tell what could not be read or was not followed.
func (d *discovery) connectionSteps(ctx context.Context) ([]discoveryStep, []Finding) {
	if !d.readsDirectory() {
		return nil, nil
	}
	w := &scpWalk{d: d, visited: map[string]bool{}}
	w.probe = &ldapProbe{env: d.env, c: Check{Params: Params{"account": DirectoryAccount}}}
	defer func() { d.lines = append(d.lines, w.probe.said...) }()
	seeds, trouble := w.probe.seeds(ctx)
	if trouble != nil {
		if trouble.Reason == "ldap.no_dc" { // this network has no directory to ask
			d.lines = append(d.lines, "scp: "+trouble.Summary)
			return nil, nil
		}
		return nil, []Finding{w.unread(*trouble)}
	}
	steps := w.follow(ctx, seeds, 0)
	sort.SliceStable(steps, func(i, j int) bool { return steps[i].scope < steps[j].scope })
	var out []discoveryStep
	seen := map[string]bool{}
	for _, s := range steps {
		if key := strings.ToLower(s.url.String()); !seen[key] {
			seen[key] = true
			out = append(out, s)
		}
	}
	if len(out) > maxSCPSteps {
		w.notes = append(w.notes, warned("autodiscover.scp_unread", "scp: %d different addresses stand in the directory; the first %d are looked at", len(out), maxSCPSteps))
		out = out[:maxSCPSteps]
	}
	return out, w.notes
}

// readsDirectory tells whether this walk looks like one of a domain computer:
// inside, of a whole mail domain, with an account that reads the directory.
func (d *discovery) readsDirectory() bool {
	e := d.env
	if d.outside || d.address != "" || e.Logon == nil || e.Logons == nil || e.Directory.Forest == "" && len(e.Directory.Controllers) == 0 {
		return false
	}
	return e.given == nil || e.given[DirectoryAccount]
}

// unread keeps a directory that does not answer from ending the walk: clients
// go on as well. A refused logon is told as such.
func (w *scpWalk) unread(f Finding) Finding {
	if f.Verdict != Fail || !strings.HasPrefix(f.Reason, "credentials.") && !strings.HasPrefix(f.Reason, "auth.") {
		f.Verdict, f.Reason = Warn, "autodiscover.scp_unread"
	}
	f.Summary, f.Rows = "scp: the connection points could not be read: "+f.Summary, nil
	return f
}

// follow reads the connection points of one directory, and of those it points
// to for this mail domain.
func (w *scpWalk) follow(ctx context.Context, hosts []string, depth int) []discoveryStep {
	var last *Finding
	for _, h := range hosts[:min(len(hosts), 5)] {
		w.visited[h] = true
		c, f := w.probe.open(ctx, h, directoryPorts)
		if f != nil {
			last = f
			if strings.HasPrefix(f.Reason, "ldap.") && f.Reason != "ldap.bind_refused" && ctx.Err() == nil {
				continue
			}
			break
		}
		defer c.close()
		steps, pointers := w.read(ctx, c)
		w.d.lines = append(w.d.lines, c.said...)
		for _, to := range pointers {
			steps = append(steps, w.pointer(ctx, to, depth)...)
		}
		return steps
	}
	if last != nil {
		w.notes = append(w.notes, w.unread(*last))
	}
	return nil
}

// read sorts what one directory holds into steps and pointers.
func (w *scpWalk) read(ctx context.Context, c *controller) (steps []discoveryStep, pointers []string) {
	points, a, t := c.connectionPoints(ctx)
	if t != nil {
		w.notes = append(w.notes, w.unread(c.unread(t)))
		return nil, nil
	}
	if f := partly(a, "connection points"); f != nil {
		w.notes = append(w.notes, w.unread(*f))
	}
	site := c.siteOf(ctx, c.localAddress())
	w.d.lines = append(w.d.lines, "scp: this computer's site is "+orUnknown(site))
	for _, p := range points {
		if p.pointer {
			if len(p.domains) == 0 || hasFold(p.domains, mailDomain(w.d.mailbox)) {
				pointers = append(pointers, p.binding...)
			}
			continue
		}
		for _, b := range p.binding {
			if s, ok := w.step(p, b, site); ok {
				steps = append(steps, s)
			}
		}
	}
	return steps, pointers
}

// step makes a step of an address in the directory. Its host may have the
// password: the organisation itself names it.
func (w *scpWalk) step(p connectionPoint, address, site string) (discoveryStep, bool) {
	scope := scpOtherSite
	switch {
	case len(p.sites) == 0:
		scope = scpNoSite
	case site != "" && hasFold(p.sites, site):
		scope = scpOwnSite
	}
	u, err := parseURL(strings.TrimSpace(address))
	if err != nil || u.Scheme != "https" {
		why := "is not https"
		if err != nil {
			why = err.Error()
		}
		f := failed("autodiscover.scp_address", "scp: the connection point of %s holds an address that %s", p.server, why)
		f.Expected, f.Found = "https://HOST/Autodiscover/Autodiscover.xml", clip(Escape(address), 300)
		w.notes = append(w.notes, f)
		return discoveryStep{}, false
	}
	w.d.env.allowHost(u.Hostname())
	w.d.lines = append(w.d.lines, Escape(fmt.Sprintf("scp of %s (%s): %s", p.server, scpScopes[scope], clip(address, 300))))
	return discoveryStep{name: "scp", url: u, scope: scope, lenient: scope == scpOtherSite, of: p.server}, true
}

// pointer follows a pointer to another directory, when that is one of the
// organisation's hosts: the account is sent there.
func (w *scpWalk) pointer(ctx context.Context, to string, depth int) []discoveryStep {
	host, ok := pointerHost(to)
	shown := clip(Escape(to), 200)
	switch {
	case !ok:
		w.notes = append(w.notes, warned("autodiscover.scp_pointer", "scp: a pointer cannot be read: %s", shown))
	case w.visited[host]:
		w.notes = append(w.notes, warned("autodiscover.scp_pointer", "scp: the pointers turn in a circle at %s", host))
	case depth >= maxPointers:
		w.notes = append(w.notes, warned("autodiscover.scp_pointer", "scp: more than %d pointers in a row; the rest is not followed", maxPointers))
	case !w.d.known(host):
		w.notes = append(w.notes, warned("autodiscover.scp_pointer", "scp: a pointer to %s is not followed: it is no host of this organisation", host))
	default:
		w.d.lines = append(w.d.lines, "scp: pointer to "+host)
		return w.follow(ctx, []string{host}, depth+1)
	}
	return nil
}

// pointerHost reads the host of LDAP://host[:port][/path].
func pointerHost(s string) (string, bool) {
	u, err := url.Parse(strings.TrimSpace(s))
	if err != nil || !strings.EqualFold(u.Scheme, "ldap") && !strings.EqualFold(u.Scheme, "ldaps") || u.User != nil {
		return "", false
	}
	host := plainHost(u.Hostname())
	return host, validTarget("pointer", host) == nil
}

// localAddress is this computer's address as the controller sees it.
func (d *controller) localAddress() netip.Addr {
	if a, ok := d.stream.LocalAddr().(*net.TCPAddr); ok {
		return a.AddrPort().Addr().Unmap()
	}
	return netip.Addr{}
}

// siteOf finds the site whose subnet holds an address; none when no subnet
// does, or the subnets cannot be read.
func (d *controller) siteOf(ctx context.Context, addr netip.Addr) string {
	a, t := d.ask(ctx, ldapQuestion{base: "CN=Subnets,CN=Sites," + d.root.configNC, scope: ldap.ScopeSingleLevel,
		filter: "(objectClass=subnet)", attrs: []string{"cn", "siteObject"}})
	if t != nil || !addr.IsValid() {
		return ""
	}
	best, site := -1, ""
	for _, e := range a.entries {
		p, err := netip.ParsePrefix(e.GetEqualFoldAttributeValue("cn"))
		if err == nil && p.Contains(addr) && p.Bits() > best {
			best, site = p.Bits(), firstName(e.GetEqualFoldAttributeValue("siteObject"))
		}
	}
	return site
}

func orUnknown(s string) string {
	if s == "" {
		return "not known: no subnet of the directory holds its address"
	}
	return Escape(s)
}
