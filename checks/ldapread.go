package checks

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/go-ldap/ldap/v3"
)

// ldapProbe is one check of the directory.
type ldapProbe struct {
	env *Env
	c   Check
	cut bool // more controllers than are asked

	mu   sync.Mutex
	said []string
}

func (p *ldapProbe) note(format string, args ...any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.said = append(p.said, fmt.Sprintf(format, args...))
}

// domain is the domain asked about, else the forest's root.
func (p *ldapProbe) domain() string {
	if d := plainHost(p.c.Params.String("domain")); d != "" {
		return d
	}
	return plainHost(p.env.Directory.Forest)
}

func (p *ldapProbe) account() string {
	if a := p.c.Params.String("account"); a != "" {
		return a
	}
	return DirectoryAccount
}

// ldapQuery is one thing that can be read.
type ldapQuery struct {
	every     bool   // of every domain controller, as each has its own copy
	anonymous bool   // without logging on
	compare   string // property that must be alike on all controllers
	read      func(p *ldapProbe, ctx context.Context, d *controller) Finding
}

func ldapQueryNamed(name string) (ldapQuery, bool) {
	q, ok := map[string]ldapQuery{
		"rootdse":             {every: true, anonymous: true, read: (*ldapProbe).readRootDSE},
		"schema":              {every: true, compare: "range_upper", read: (*ldapProbe).readSchema},
		"organization":        {every: true, compare: "object_version", read: (*ldapProbe).readOrganization},
		"domain":              {every: true, compare: "object_version", read: (*ldapProbe).readDomain},
		"servers":             {read: (*ldapProbe).readServers},
		"virtual_directories": {read: (*ldapProbe).readVirtualDirectories},
		"scp":                 {read: (*ldapProbe).readConnectionPoints},
		"sites":               {read: (*ldapProbe).readSites},
		"fsmo":                {read: (*ldapProbe).readRoleHolders},
		"lockout":             {read: (*ldapProbe).readLockout},
		"arbitration":         {read: (*ldapProbe).readArbitration},
		"mailbox_counts":      {read: (*ldapProbe).readMailboxCounts},
		"dags":                {read: (*ldapProbe).readDAGs},
		"databases":           {read: (*ldapProbe).readDatabases},
		"oabs":                {read: (*ldapProbe).readAddressBooks},
		"connectors":          {read: (*ldapProbe).readConnectors},
	}[name]
	return q, ok
}

func observeLDAP(ctx context.Context, env *Env, c Check) Finding {
	p := &ldapProbe{env: env, c: c}
	q, ok := ldapQueryNamed(c.Params.String("query"))
	if !ok {
		return notBuilt(c)
	}
	if !q.anonymous && (env.Logon == nil || env.Logons == nil) {
		return decided(Skip, "credentials.none", "no password was given: the directory answers only after logging on")
	}
	hosts, trouble := p.seeds(ctx)
	var f Finding
	switch {
	case trouble != nil:
		f = *trouble
	case q.every:
		f = p.everywhere(ctx, q, hosts)
	default:
		f = p.somewhere(ctx, q, hosts)
	}
	f.Transcript = append(slices.Clone(p.said), f.Transcript...)
	return f
}

// somewhere reads from the first controller that answers; the configuration
// is the same on all. A refused logon ends the search.
func (p *ldapProbe) somewhere(ctx context.Context, q ldapQuery, hosts []string) Finding {
	var silent []Finding
	began := time.Now()
	ctx, steps := withTrail(ctx)
	for _, h := range hosts[:min(len(hosts), 5)] {
		tryCtx, cancel := context.WithTimeout(ctx, share(ctx, 20*time.Second, 0.6))
		d, f := p.open(tryCtx, h, directoryPorts)
		cancel()
		if f != nil {
			f.Rows = nil
			silent = append(silent, *f)
			if strings.HasPrefix(f.Reason, "ldap.") && f.Reason != "ldap.bind_refused" && ctx.Err() == nil {
				continue
			}
			return merge(silent)
		}
		out := p.using(ctx, q, d)
		if out.Verdict == Pass && out.Summary == "" {
			out.Summary = fmt.Sprintf("%d read from %s", len(out.Rows), d.name())
		}
		for _, s := range silent {
			out.Evidence = with(out.Evidence, "unreachable", s.Summary)
			out.Transcript = append(s.Transcript, out.Transcript...)
		}
		whole := out
		whole.Sub = append(steps.taken(), out.Sub...)
		out.Sub = []Result{part("domain controller", d.name(), whole, time.Since(began))}
		return out
	}
	return merge(silent)
}

// using reads by an open controller and closes it.
func (p *ldapProbe) using(ctx context.Context, q ldapQuery, d *controller) Finding {
	defer d.close()
	f := q.read(p, ctx, d)
	f.Transcript = append(slices.Clone(d.said), f.Transcript...)
	f.Evidence = with(f.Evidence, "dc", d.name()+" ("+d.how+")")
	if d.clear != "" {
		w := warned("ldap.unsigned", "%s was read without TLS", d.name())
		w.Evidence = map[string]string{"without_tls": d.host + ": " + d.clear}
		f = merge([]Finding{f, w})
	}
	return f
}

// everywhere reads from every controller: those to begin with and, unless the
// check names its own, all that the directory itself lists.
func (p *ldapProbe) everywhere(ctx context.Context, q ldapQuery, hosts []string) Finding {
	own := len(p.c.Params.Strings("targets")) > 0
	wave := p.wave(ctx, q, hosts, !own && !q.anonymous)
	parts := wave.parts
	if wave.listed != nil {
		var more []string
		for _, h := range p.accept(wave.listed) {
			if !slices.Contains(hosts, h) && !slices.Contains(wave.names, h) {
				more = append(more, h)
			}
		}
		if len(more) > 0 {
			p.note("listed in the directory and asked as well: %s", strings.Join(more, ", "))
			parts = append(parts, p.wave(ctx, q, more, false).parts...)
		}
	} else if wave.opened && !own && !q.anonymous {
		parts = append(parts, undecidable("ldap.not_readable", "the list of domain controllers cannot be read: some may be missing here"))
	}
	if p.cut {
		parts = append(parts, undecidable("ldap.partial", "there are more than %d domain controllers; not all were asked", maxControllers))
	}
	return p.compared(q, merge(parts))
}

// compared warns when controllers tell different values.
func (p *ldapProbe) compared(q ldapQuery, f Finding) Finding {
	if q.compare == "" {
		return f
	}
	var said []string
	seen := map[string]bool{}
	for _, r := range f.Rows {
		if v, ok := r.Get(q.compare); ok {
			seen[v] = true
			dc, _ := r.Get("dc")
			said = append(said, dc+" "+v)
		}
	}
	if len(seen) < 2 {
		return f
	}
	w := warned("ldap.replication", "domain controllers disagree on %s", q.compare)
	w.Expected, w.Found = "the same value everywhere", joinClipped(said, 12)
	return merge([]Finding{f, w})
}

type ldapWave struct {
	parts  []Finding
	opened bool     // at least one controller was logged on to
	listed []string // controllers that the directory lists; nil: not read
	names  []string // own names of those asked
}

// wave asks several controllers at the same time.
func (p *ldapProbe) wave(ctx context.Context, q ldapQuery, hosts []string, list bool) ldapWave {
	out := ldapWave{parts: make([]Finding, len(hosts))}
	slots := make(chan struct{}, 8)
	var wg together
	for i, h := range hosts {
		wg.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			began := time.Now()
			ctx, steps := withTrail(ctx)
			f := p.one(ctx, q, h, list, &out)
			f.Sub = append(steps.taken(), f.Sub...)
			name := h
			if len(f.Rows) > 0 && len(f.Rows[0]["dc"]) > 0 {
				name = f.Rows[0]["dc"][0]
			}
			if f.Summary == "" && len(f.Rows) > 0 {
				f.Summary = rowSummary(f.Rows[0], q.compare)
			}
			f.Sub = []Result{part("domain controller", name, f, time.Since(began))}
			out.parts[i] = f
		})
	}
	wg.Wait()
	return out
}

// rowSummary tells in a few words what one controller holds.
func rowSummary(row Row, property string) string {
	if v, ok := row.Get(property); ok {
		return strings.ReplaceAll(property, "_", " ") + " " + v
	}
	var said []string
	for _, k := range sortedKeys(row) {
		if v, ok := row.Get(k); ok && k != "dc" {
			said = append(said, strings.ReplaceAll(k, "_", " ")+" "+v)
		}
	}
	return strings.Join(said, ", ")
}

func (p *ldapProbe) one(ctx context.Context, q ldapQuery, host string, list bool, out *ldapWave) Finding {
	open := func() (*controller, *Finding) { return p.open(ctx, host, directoryPorts) }
	if q.anonymous {
		open = func() (*controller, *Finding) { return p.openAnonymous(ctx, host) }
	}
	d, f := open()
	if f != nil {
		return *f
	}
	p.mu.Lock()
	first := !out.opened
	out.opened = true
	out.names = append(out.names, d.name())
	p.mu.Unlock()
	if list && first {
		said := len(d.said)
		names, t := p.listControllers(withoutTrail(ctx), d)
		d.said = d.said[:said] // who answers first must not show: equal states give equal records
		if t == nil {
			p.mu.Lock()
			out.listed = names
			p.mu.Unlock()
		}
	}
	return p.using(ctx, q, d)
}

// listControllers reads every domain controller from the configuration: of
// the whole forest, or for the query domain those that hold it.
func (p *ldapProbe) listControllers(ctx context.Context, d *controller) ([]string, *trouble) {
	all, t := d.settings(ctx)
	if t != nil {
		return nil, t
	}
	var out []string
	want := ""
	if p.c.Params.String("query") == "domain" {
		want = domainDN(p.domain())
	}
	for _, s := range all {
		if want != "" && !slices.ContainsFunc(s.holds, func(h string) bool { return sameDN(h, want) }) {
			continue
		}
		if s.host != "" {
			out = append(out, s.host)
		}
	}
	if len(all) == 0 {
		return nil, &trouble{Unknown, "ldap.not_readable", "no domain controller is listed"}
	}
	return out, nil
}

// ntdsSettings is what the configuration says of one domain controller.
type ntdsSettings struct {
	dn       string
	site     string
	host     string
	catalog  bool
	readOnly bool
	holds    []string // domains, configuration and schema of which it has a copy
}

// settings reads all domain controllers of the forest.
func (d *controller) settings(ctx context.Context) ([]ntdsSettings, *trouble) {
	base := "CN=Sites," + d.root.configNC
	a, t := d.ask(ctx, ldapQuestion{base: base, scope: ldap.ScopeWholeSubtree, filter: "(objectClass=nTDSDSA)",
		attrs: []string{"objectClass", "options", "hasMasterNCs", "msDS-hasMasterNCs", "msDS-hasFullReplicaNCs"}})
	if t != nil {
		return nil, t
	}
	servers, t := d.ask(ctx, ldapQuestion{base: base, scope: ldap.ScopeWholeSubtree, filter: "(objectClass=server)", attrs: []string{"dNSHostName"}})
	if t != nil {
		return nil, t
	}
	hosts := map[string]string{}
	for _, s := range servers.entries {
		hosts[foldDN(s.DN)] = strings.ToLower(s.GetEqualFoldAttributeValue("dNSHostName"))
	}
	var out []ntdsSettings
	for _, e := range a.entries {
		names := dnNames(e.DN)
		if len(names) < 4 || isDeleted(e.DN) {
			continue
		}
		options, _ := ldapInt(e.GetEqualFoldAttributeValue("options"))
		s := ntdsSettings{dn: e.DN, site: names[3], host: hosts[foldDN(parentDN(e.DN))], catalog: options&1 != 0}
		s.readOnly = hasFold(e.GetEqualFoldAttributeValues("objectClass"), "nTDSDSARO")
		for _, attr := range []string{"hasMasterNCs", "msDS-hasMasterNCs", "msDS-hasFullReplicaNCs"} {
			s.holds = append(s.holds, e.GetEqualFoldAttributeValues(attr)...)
		}
		out = append(out, s)
	}
	if a.partial || servers.partial {
		return out, &trouble{Unknown, "ldap.partial", "not every domain controller could be listed"}
	}
	return out, nil
}
