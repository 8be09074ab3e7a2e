package inventory

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"coexist/checks"
)

// Request says what is to be read.
type Request struct {
	Controllers []string // to begin with; empty: those of the environment, or that DNS names
	Account     string   // empty: the directory account of the run
	// Patience bounds the talk with each domain controller; zero: a minute
	// with the one that everything is read from, 20 s with each of the others.
	Patience time.Duration
}

// Bounds on what is taken of one kind of object.
const (
	mostObjects     = 20_000
	mostControllers = 64
)

// Read reads the organisation out of Active Directory. An error means that
// nothing could be read at all; what was not readable otherwise is a gap.
func Read(ctx context.Context, env *checks.Env, q Request) (*Inventory, error) {
	hosts := q.Controllers
	if len(hosts) == 0 {
		found, t := checks.FindControllers(ctx, env)
		if t != nil {
			return nil, t
		}
		hosts = found
	}
	var passed []string
	for {
		r := &reader{env: env, q: q, inv: &Inventory{Format: 1, Source: FromLDAP, Started: env.Now().UTC()}}
		left, err := r.read(ctx, hosts)
		if err != nil {
			return nil, err
		}
		if ctx.Err() != nil {
			return nil, errors.New("reading was ended before everything was read")
		}
		if why := r.gaveUp(); why != "" && len(left) > 0 {
			passed, hosts = append(passed, fmt.Sprintf("passed over: %s: %s", r.inv.From, why)), left
			continue
		}
		r.everywhere(ctx)
		r.inv.Notes = append(r.inv.Notes, passed...)
		r.inv.Ended = env.Now().UTC()
		return r.inv, nil
	}
}

// read reads everything but versions from the first domain controller that
// answers, and returns those that were not tried.
func (r *reader) read(ctx context.Context, hosts []string) (left []string, err error) {
	open, left, err := r.first(ctx, hosts)
	if err != nil {
		return nil, err
	}
	defer open.Close()
	within, cancel := context.WithTimeout(ctx, r.patience(time.Minute))
	defer cancel()
	r.d, r.root = open, open.Root()
	r.all(within)
	return left, nil
}

// gaveUp says why the organisation could not be looked for although somebody
// else may show it: the controller fell silent, or sends its askers elsewhere.
func (r *reader) gaveUp() string {
	g := r.inv.gap(SectionOrganization, "", "")
	if g == nil || g.Reason == "ldap.not_readable" || g.Reason == "ldap.ambiguous" {
		return ""
	}
	return g.Text
}

// reader fills an inventory from one domain controller, and versions from all.
type reader struct {
	env  *checks.Env
	q    Request
	inv  *Inventory
	d    *checks.DirectoryReader
	root checks.DirectoryRoot
	org  string // DN of the Exchange organisation

	listed    []checks.ListedController
	referrals int
}

func (r *reader) patience(usual time.Duration) time.Duration {
	if r.q.Patience > 0 {
		return r.q.Patience
	}
	return usual
}

// first opens the first domain controller that answers. A refused logon ends
// the search: the next controller would count it as a further wrong try.
func (r *reader) first(ctx context.Context, hosts []string) (d *checks.DirectoryReader, left []string, err error) {
	var said []string
	for n, h := range hosts[:min(len(hosts), 5)] {
		within, cancel := context.WithTimeout(ctx, r.patience(20*time.Second))
		d, t := checks.OpenDirectory(within, r.env, h, r.q.Account)
		cancel()
		if t == nil {
			r.inv.From = d.Root().Host
			if how, why := d.Way(); how == "plain" {
				r.inv.Notes = append(r.inv.Notes, fmt.Sprintf("%s was read without TLS (%s): somebody on the way could have changed what was read", d.Root().Host, why))
			}
			if old := d.OverOldTLS(); old != "" {
				r.inv.Notes = append(r.inv.Notes, fmt.Sprintf("the password went to %s over %s, as allowed for this run", d.Root().Host, old))
			}
			for _, s := range said {
				r.inv.Notes = append(r.inv.Notes, "passed over: "+s)
			}
			return d, hosts[n+1:], nil
		}
		said = append(said, t.Text)
		if !strings.HasPrefix(t.Reason, "ldap.") || t.Reason == "ldap.bind_refused" || ctx.Err() != nil {
			return nil, nil, t
		}
	}
	return nil, nil, fmt.Errorf("no domain controller could be read: %s; name one with --dc, and see whether 636 or 389 is open to it", strings.Join(said, "; "))
}

func (r *reader) all(ctx context.Context) {
	i := r.inv
	i.Forest = Forest{Name: checks.DomainOfDN(r.root.Forest), Configuration: r.root.Configuration, Level: r.root.ForestLevel}
	if r.root.Configuration == "" {
		i.miss(SectionForest, "", "", "ldap.bad_value", r.root.Host+" does not name its configuration: nothing below it can be read")
		for _, s := range []string{SectionOrganization, SectionServers, SectionDomains, SectionSites} {
			i.miss(s, "", "", "ldap.bad_value", "the configuration is not known")
		}
		return
	}
	r.domains(ctx)
	r.sites(ctx)
	r.roles(ctx)
	if !r.organization(ctx) {
		return
	}
	r.exchange(ctx)
	if r.referrals > 0 {
		i.Notes = append(i.Notes, fmt.Sprintf("%d referrals to elsewhere were not followed", r.referrals))
	}
}

// search reads a list below a base and notes what could not be read.
func (r *reader) search(ctx context.Context, section, base, filter string, attrs ...string) []checks.DirectoryObject {
	a, t := r.d.Search(ctx, checks.DirectorySearch{Base: base, Scope: checks.ScopeBelow, Filter: filter, Attributes: attrs, Most: mostObjects})
	if t != nil {
		r.inv.miss(section, "", "", reasonOf(t), t.Text)
		return nil
	}
	r.referrals += a.Referrals
	if a.Partial {
		r.inv.miss(section, "", "", "ldap.partial", fmt.Sprintf("only %d objects were read; there are more", len(a.Objects)))
	}
	return slices.DeleteFunc(a.Objects, checks.DirectoryObject.Deleted)
}

func reasonOf(t *checks.DirectoryTrouble) string {
	if t.Missing() {
		return "ldap.not_readable"
	}
	return t.Reason
}

// seen notes which attributes no object of a section shows: either none has
// one, or this account may not read it.
func (r *reader) seen(section string, list []checks.DirectoryObject, attrs ...string) {
	if len(list) == 0 {
		return
	}
	for _, attr := range attrs {
		if !slices.ContainsFunc(list, func(o checks.DirectoryObject) bool { return len(o.All(attr)) > 0 }) {
			r.inv.miss(section, attr, "", "ldap.not_readable",
				fmt.Sprintf("none of %d objects shows %s: none has one, or this account may not read it", len(list), attr))
		}
	}
}

// want reads an attribute that every such object has: one that is not shown may
// not be read.
func (r *reader) want(section string, o checks.DirectoryObject, attr string) string {
	v, ok := o.Get(attr)
	if !ok {
		r.inv.miss(section, attr, o.DN, "ldap.not_readable", attr+" of "+o.DN+" is not shown to this account")
	}
	return v
}

func (r *reader) domains(ctx context.Context) {
	list := r.search(ctx, SectionDomains, "CN=Partitions,"+r.root.Configuration,
		"(&(objectClass=crossRef)(systemFlags:1.2.840.113556.1.4.803:=3))", "nCName", "dnsRoot", "nETBIOSName", "msDS-Behavior-Version")
	for _, o := range list {
		d := Domain{DN: o.DN}
		nc := r.want(SectionDomains, o, "nCName")
		if d.Name = checks.DomainOfDN(nc); d.Name == "" {
			d.Name, _ = o.Get("dnsRoot")
		}
		d.NetBIOS, _ = o.Get("nETBIOSName")
		d.Level, _ = o.Get("msDS-Behavior-Version")
		if d.Name != "" {
			r.inv.Domains = append(r.inv.Domains, d)
		}
	}
	if len(list) == 0 && r.inv.Whole(SectionDomains) {
		r.inv.miss(SectionDomains, "", "", "ldap.not_readable", "no domain is shown to this account, and every forest has one")
	}
}

func (r *reader) sites(ctx context.Context) {
	list := r.search(ctx, SectionSites, "CN=Sites,"+r.root.Configuration, "(objectClass=site)", "cn")
	for _, o := range list {
		r.inv.Sites = append(r.inv.Sites, Object{o.DN, o.Name()})
	}
	if len(list) == 0 && r.inv.Whole(SectionSites) {
		r.inv.miss(SectionSites, "", "", "ldap.not_readable", "no site is shown to this account, and every forest has one")
	}
	var t *checks.DirectoryTrouble
	if r.listed, t = r.d.Controllers(ctx); t != nil {
		r.inv.miss(SectionControllers, "", "", reasonOf(t), t.Text)
	} else if len(r.listed) == 0 {
		r.inv.miss(SectionControllers, "", "", "ldap.not_readable", "no domain controller is listed to this account, and every domain has one")
	}
}

// roles reads who holds the single-master roles: two of the forest, three of
// each domain that this domain controller has a copy of.
func (r *reader) roles(ctx context.Context) {
	own := r.root.Default
	for _, one := range []struct{ role, dn, domain string }{
		{"schema", r.root.Schema, ""}, {"naming", "CN=Partitions," + r.root.Configuration, ""},
		{"pdc", own, own}, {"rid", "CN=RID Manager$,CN=System," + own, own}, {"infrastructure", "CN=Infrastructure," + own, own},
	} {
		host, t := r.d.RoleHolder(ctx, one.dn)
		if t != nil {
			r.inv.miss(SectionRoleHolders, "fSMORoleOwner", one.dn, reasonOf(t), "the holder of the role "+one.role+" cannot be read: "+t.Text)
			continue
		}
		r.inv.RoleHolders = append(r.inv.RoleHolders, RoleHolder{DN: one.dn, Role: one.role, Domain: checks.DomainOfDN(one.domain), Host: host})
	}
}

// organization finds the Exchange organisation; false when there is none to
// read below.
func (r *reader) organization(ctx context.Context) bool {
	i := r.inv
	services := "CN=Services," + r.root.Configuration
	a, t := r.d.Search(ctx, checks.DirectorySearch{Base: "CN=Microsoft Exchange," + services, Scope: checks.ScopeChildren,
		Filter: "(objectClass=msExchOrganizationContainer)", Attributes: []string{"cn"}})
	if t != nil && !t.Missing() {
		i.miss(SectionOrganization, "", "", t.Reason, t.Text)
		return false
	}
	switch n := len(a.Objects); {
	case n == 1:
		r.org = a.Objects[0].DN
		i.Organization = &Organization{DN: r.org, Name: a.Objects[0].Name()}
		return true
	case n > 1:
		i.miss(SectionOrganization, "", "", "ldap.ambiguous", fmt.Sprintf("the directory holds %d Exchange organisations; one is expected", n))
		return false
	}
	beside, t := r.d.Search(ctx, checks.DirectorySearch{Base: services, Scope: checks.ScopeChildren, Attributes: []string{"cn"}, Most: 10})
	if t != nil || len(beside.Objects) == 0 {
		i.miss(SectionOrganization, "", "", "ldap.not_readable", "this account is shown nothing below "+services+": an Exchange organisation may be there all the same")
		return false
	}
	i.Notes = append(i.Notes, "there is no Exchange organisation in this forest: "+services+" is readable and holds none")
	return false
}

// everywhere reads from every listed domain controller which versions its own
// copy shows.
func (r *reader) everywhere(ctx context.Context) {
	list := r.listed
	if len(list) == 0 {
		list = []checks.ListedController{{Host: r.root.Host}}
	}
	if len(list) > mostControllers {
		r.inv.miss(SectionControllers, "", "", "ldap.partial", fmt.Sprintf("there are %d domain controllers; %d were asked", len(list), mostControllers))
		list = list[:mostControllers]
	}
	found, gaps := make([]Controller, len(list)), make([][]Gap, len(list))
	slots := make(chan struct{}, 8)
	var wg sync.WaitGroup
	for n, c := range list {
		wg.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			if why := checks.Broke(func() { found[n], gaps[n] = r.controller(ctx, c) }); why != "" {
				found[n] = Controller{DN: c.DN, Host: c.Host, Site: c.Site, Catalog: c.Catalog, ReadOnly: c.ReadOnly}
				gaps[n] = []Gap{{SectionControllers, "rangeUpper", c.Host, "probe.panic", "reading " + c.Host + " broke: " + why}}
			}
		})
	}
	wg.Wait()
	for n := range found {
		r.inv.Controllers = append(r.inv.Controllers, found[n])
		r.inv.Gaps = append(r.inv.Gaps, gaps[n]...)
	}
}

// controller reads the versions of one domain controller's copy.
func (r *reader) controller(ctx context.Context, listed checks.ListedController) (Controller, []Gap) {
	c := Controller{DN: listed.DN, Host: listed.Host, Site: listed.Site, Catalog: listed.Catalog, ReadOnly: listed.ReadOnly}
	if c.Host == "" {
		return c, []Gap{{SectionControllers, "dNSHostName", listed.DN, "ldap.not_readable", "the host name of " + listed.DN + " is not shown: the controller cannot be asked"}}
	}
	ctx, cancel := context.WithTimeout(ctx, r.patience(20*time.Second))
	defer cancel()
	d, t := checks.OpenDirectory(ctx, r.env, c.Host, r.q.Account)
	if t != nil {
		return c, []Gap{{SectionControllers, "rangeUpper", c.Host, t.Reason, t.Text}}
	}
	defer d.Close()
	root := d.Root()
	c.Synchronized, c.ForestLevel, c.DomainLevel, c.Domain = strings.ToLower(root.Synchronized), root.ForestLevel, root.DomainLevel, checks.DomainOfDN(root.Default)
	if at, ok := checks.ReadDirectoryTime(root.ServerTime); ok {
		c.ClockSeconds = int(at.Sub(r.env.Now()).Round(time.Second) / time.Second)
	}
	v := versions{ctx: ctx, d: d, host: c.Host}
	c.Schema, c.Bare.Schema = v.read("CN=ms-Exch-Schema-Version-Pt,"+root.Schema, root.Schema, "rangeUpper")
	if r.org != "" {
		c.Organization, _ = v.read(r.org, "", "objectVersion")
	}
	c.Prepared, c.Bare.Prepared = v.read("CN=Microsoft Exchange System Objects,"+root.Default, root.Default, "objectVersion")
	return c, v.gaps
}

// versions reads version numbers from one domain controller.
type versions struct {
	ctx  context.Context
	d    *checks.DirectoryReader
	host string
	gaps []Gap
}

// read returns a number, or that the object is not there although its
// container can be read.
func (v *versions) read(dn, container, attr string) (n int, bare bool) {
	a, t := v.d.Search(v.ctx, checks.DirectorySearch{Base: dn, Scope: checks.ScopeObject, Attributes: []string{attr}})
	miss := func(reason, format string, args ...any) (int, bool) {
		v.gaps = append(v.gaps, Gap{SectionControllers, attr, v.host, reason, v.host + ": " + fmt.Sprintf(format, args...)})
		return 0, false
	}
	switch {
	case t != nil && t.Missing() && container != "":
		c, t := v.d.Search(v.ctx, checks.DirectorySearch{Base: container, Scope: checks.ScopeObject, Attributes: []string{"objectClass"}})
		if t == nil && len(c.Objects) == 1 && len(c.Objects[0].All("objectClass")) > 0 {
			return 0, true
		}
		return miss("ldap.not_readable", "%s cannot be read", container)
	case t != nil:
		return miss(reasonOf(t), "%s of %s: %s", attr, dn, t.Text)
	case len(a.Objects) != 1:
		return miss("ldap.not_readable", "%s is not shown to this account", dn)
	}
	text, ok := a.Objects[0].Get(attr)
	if !ok {
		return miss("ldap.not_readable", "%s of %s is not shown to this account", attr, dn)
	}
	if n, ok = checks.ReadVersionNumber(text); !ok {
		return miss("ldap.bad_value", "%s of %s is no version number: %s", attr, dn, checks.Escape(text))
	}
	return n, false
}
