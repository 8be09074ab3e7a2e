package discovery

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"coexist/checks/inventory"
)

// points finds connection points of servers that are gone, and those that lead
// clients to names which were not typed.
func (c *comparer) points() {
	for _, p := range c.i.Points {
		from := c.origin(p.DN, "serviceBindingInformation")
		host := hostOf(p.URL)
		server := inventory.Printable(p.Server)
		switch {
		case p.Pointer:
			c.say(Finding{Severity: Note, Code: "scp.pointer", Text: "a connection point leads to another directory, which was not followed", Found: inventory.Printable(p.URL), From: from})
		case c.i.Whole(inventory.SectionServers) && c.i.Server(p.Server) == nil:
			c.say(Finding{Severity: Blocker, Code: "scp.orphan", Text: "the connection point of " + server + " is still there, but the server is not", Found: inventory.Printable(p.URL),
				Mend: "remove the leftover: Outlook asks " + inventory.Printable(host) + " and waits for it", From: from})
		case p.URL == "" && !c.i.Shown(inventory.SectionPoints, "serviceBindingInformation", ""):
		case p.URL == "":
			c.say(Finding{Severity: Note, Code: "scp.empty", Text: "the connection point of " + server + " holds no address", From: from})
		case host == "":
			c.say(Finding{Severity: Drift, Code: "scp.bad", Text: "the connection point of " + server + " holds no web address", Found: inventory.Printable(p.URL), From: from,
				Mend: "set AutoDiscoverServiceInternalUri of that server"})
		case !c.names.isServer(host) && !c.known(host) && !c.i.Whole(inventory.SectionServers):
			c.say(Finding{Severity: Unread, Code: "scp.unread", Text: "the connection point of " + server + " names " + host + ", and not all servers could be read", From: from})
		case !c.names.isServer(host) && !c.known(host):
			c.say(Finding{Severity: Drift, Code: "scp.foreign", Text: "the connection point of " + server + " names " + host + ", which is neither a server nor a name of this migration",
				Found: inventory.Printable(p.URL), Mend: "a server that was removed, or a name to be typed: correct the address or the file", From: from})
		}
	}
}

// known tells whether a name is one of the migration.
func (c *comparer) known(host string) bool {
	return slices.ContainsFunc(c.m.Hosts(), func(h string) bool { return strings.EqualFold(h, host) })
}

// hosts compares the names in the URLs with those typed.
func (c *comparer) hosts() {
	seen := map[string]bool{}
	for _, d := range c.i.Directories {
		for _, one := range []struct{ url, attribute, side string }{{d.External, "msExchExternalHostName", "external"}, {d.Internal, "msExchInternalHostName", "internal"}} {
			host := hostOf(one.url)
			if host == "" || seen[one.side+host] || c.names.isServer(host) || c.known(host) || !slices.Contains(clientKinds, d.Kind) {
				continue
			}
			seen[one.side+host] = true
			c.say(Finding{Severity: Drift, Code: "url." + one.side, Key: "namespace", Text: "the " + one.side + " URL of " + d.Kind + " on " + inventory.Printable(d.Server) + " names " + host + ", which was not typed",
				Found: one.url, Mend: "a second name of the clients: type it for its site, or clear the URL", From: c.origin(d.DN, one.attribute)})
		}
	}
	if p := c.m.Namespace.Primary; !seen["external"+p] && len(c.i.Directories) > 0 && c.i.Shown(inventory.SectionDirectories, "msExchExternalHostName", "") && c.i.Whole(inventory.SectionDirectories) && c.m.Organization.Internet {
		if !slices.ContainsFunc(c.i.Directories, func(d inventory.Directory) bool { return hostOf(d.External) == strings.ToLower(p) }) {
			c.say(Finding{Severity: Drift, Code: "namespace.primary", Key: "namespace.primary", Text: "no external URL names " + p, Typed: p, Mend: "see which name the clients use; correct the file"})
		}
	}
	c.arrays()
}

// arrays compares the names of Client Access arrays with those typed.
func (c *comparer) arrays() {
	found := map[string]bool{}
	for _, a := range c.i.Arrays {
		found[strings.ToLower(a.FQDN)] = true
	}
	typed := map[string]bool{}
	type place struct{ key, name string }
	list := []place{{"namespace.rpc", c.m.Namespace.RPC}}
	for n, s := range c.m.Sites {
		list = append(list, place{fmt.Sprintf("site[%d].rpc", n+1), s.RPC})
	}
	for _, one := range list {
		low := strings.ToLower(one.name)
		if low != "" && !typed[low] && !found[low] && !found[""] && c.i.Whole(inventory.SectionArrays) {
			c.say(Finding{Severity: Drift, Code: "array.gone", Key: one.key, Text: "no Client Access array hands out " + one.name, Typed: one.name,
				Mend: "see what the databases hand out (RpcClientAccessServer); correct the name, or take the key out where there is no array any more"})
		}
		typed[low] = true
	}
	for _, a := range c.i.Arrays {
		if a.FQDN != "" && !typed[strings.ToLower(a.FQDN)] {
			c.say(Finding{Severity: Drift, Code: "array.extra", Key: "namespace.rpc", Text: "the Client Access array " + inventory.Printable(a.Name) + " hands out " + inventory.Printable(a.FQDN) + ", which was not typed",
				Found: a.FQDN, Mend: "type it as rpc: that name never moves to Exchange 2013", From: c.origin(a.DN, "networkAddress")})
		}
	}
}

// facing compares which sites face the Internet with where external URLs stand.
func (c *comparer) facing() {
	if !c.i.Whole(inventory.SectionDirectories) || !c.i.Whole(inventory.SectionServers) || !c.i.Shown(inventory.SectionDirectories, "msExchExternalHostName", "") {
		return
	}
	found := map[string][]Origin{}
	for _, d := range c.i.Directories {
		if facing(d) {
			site := strings.ToLower(c.names.site[strings.ToLower(d.Server)])
			found[site] = append(found[site], c.origin(d.DN, "msExchExternalHostName")...)
		}
	}
	for n, site := range c.m.Sites {
		key := fmt.Sprintf("site[%d].internet_facing", n+1)
		from := found[strings.ToLower(site.Name)]
		switch {
		case site.InternetFacing && len(from) == 0:
			c.say(Finding{Severity: Drift, Code: "site.facing", Key: key, Text: "the site " + site.Name + " was typed as facing the Internet, and no external URL stands there", Typed: "true", Found: "no external URL",
				Mend: "see which site the outside names lead to; correct the file or set the URLs"})
		case !site.InternetFacing && len(from) > 0:
			c.say(Finding{Severity: Drift, Code: "site.facing", Key: key, Text: "the site " + site.Name + " was not typed as facing the Internet, and external URLs stand there", Typed: "false",
				Found: countOf(len(from), "external URL", "external URLs"), Mend: "clear the URLs, or let the site face the Internet: 2013 redirects to it as it stands", From: some(from)})
		}
	}
}

// leftovers finds objects that name servers which are gone.
func (c *comparer) leftovers() {
	if !c.i.Whole(inventory.SectionServers) {
		return
	}
	gone := func(name string) bool { return name != "" && c.i.Server(name) == nil }
	for _, k := range c.i.Connectors {
		for _, s := range k.Servers {
			if gone(s) {
				c.say(Finding{Severity: Drift, Code: "connector.orphan", Text: fmt.Sprintf("the %s connector %s names %s, which is no longer there", k.Kind, inventory.Printable(k.Name), inventory.Printable(s)),
					Mend: "take the server out of its sources", From: c.origin(k.DN, "msExchSourceBridgeheadServersDN")})
			}
		}
	}
	for _, d := range c.i.Databases {
		if gone(d.Server) {
			c.say(Finding{Severity: Drift, Code: "database.orphan", Text: "the database " + inventory.Printable(d.Name) + " belongs to " + inventory.Printable(d.Server) + ", which is no longer there",
				Mend: "see whether mailboxes point to it before its object is removed", From: c.origin(d.DN, "msExchOwningServer")})
		}
	}
	for _, g := range c.i.RoleHolders {
		if g.Host == "" {
			c.say(Finding{Severity: Blocker, Code: "fsmo.gone", Text: "the holder of the role " + g.Role + " was removed", Mend: "seize the role on a domain controller that stays", From: c.origin(g.DN, "fSMORoleOwner")})
		}
	}
}

func (c *comparer) featuresTyped() {
	p := &proposer{i: c.i, names: c.names, Proposal: &Proposal{}}
	for _, one := range p.facts() {
		key, typed := "features."+one.key, *one.of(&c.m.Features)
		switch {
		case !typed && len(one.from) > 0:
			c.say(Finding{Severity: Drift, Code: "feature." + one.key, Key: key, Text: "there are " + one.many + ", but " + key + " is not true",
				Typed: "false", Found: countOf(len(one.from), "object", "objects"), Mend: "set it: its tasks are missing from the runbook", From: some(one.from)})
		case typed && len(one.from) == 0 && one.unseen(c.i) == "":
			c.say(Finding{Severity: Note, Code: "feature." + one.key, Key: key, Text: key + " is true, but there are no " + one.many, Typed: "true", Found: "none",
				Mend: "take it out if that was always so; it is right if the upgrade has removed them"})
		}
	}
}

// Numbers that every release of Exchange 2013 reaches, and no older version.
const (
	schema2013       = 15137 // rangeUpper
	organization2013 = 15449 // objectVersion of the organisation
	prepared2013     = 13236 // objectVersion of a domain
)

// halfDone tells what of Exchange 2013 is there already.
func (c *comparer) halfDone() {
	servers := c.i.Of("2013")
	for _, s := range servers {
		c.say(Finding{Severity: Note, Code: "found.2013", Text: inventory.Printable(s.Name) + " runs Exchange 2013 already", Found: s.Build, From: c.origin(s.DN, "serialNumber")})
	}
	schema := 0
	for _, d := range c.i.Controllers {
		schema = max(schema, d.Schema)
	}
	release := c.release()
	switch {
	case schema == 0 || schema < schema2013:
	case release != nil && schema > release.RangeUpper && schema != release.SchemaWithUpdate:
		c.say(Finding{Severity: Drift, Code: "schema.newer", Key: "target.release", Text: fmt.Sprintf("the schema is newer (%d) than that of %s (%d)", schema, release.Name, release.RangeUpper),
			Typed: release.Name, Found: strconv.Itoa(schema), Mend: "somebody prepared it for a later release: find out which one is to be installed"})
	case len(servers) == 0:
		c.say(Finding{Severity: Note, Code: "schema.prepared", Text: fmt.Sprintf("the schema is prepared for Exchange 2013 already (%d), and no server is installed", schema),
			Mend: "an upgrade was begun before: coexist discover FILE --inherit marks what is true already"})
	}
	for _, b := range c.i.AddressBooks {
		if b.Default {
			return
		}
	}
	if len(c.i.AddressBooks) > 0 {
		c.say(Finding{Severity: Note, Code: "oab.no_default", Text: "no offline address book is the default one"})
	}
}

func (c *comparer) controllers() {
	said := map[string]map[int][]string{}
	add := func(what string, n int, host string) {
		if n == 0 {
			return
		}
		if said[what] == nil {
			said[what] = map[int][]string{}
		}
		said[what][n] = append(said[what][n], host)
	}
	for _, d := range c.i.Controllers {
		add("the schema", d.Schema, d.Host)
		add("the organisation", d.Organization, d.Host)
		add("the domain "+d.Domain, d.Prepared, d.Host)
		if d.ClockSeconds > 300 || d.ClockSeconds < -300 {
			c.say(Finding{Severity: Drift, Code: "clock.skew", Text: fmt.Sprintf("the clock of %s is %d s away from this computer's: Kerberos allows 300", d.Host, d.ClockSeconds), From: c.origin("rootDSE of "+d.Host, "currentTime"),
				Mend: "set the clock that is wrong before anything else"})
		}
		if n, err := strconv.Atoi(d.ForestLevel); err == nil && n < 2 {
			c.say(Finding{Severity: Blocker, Code: "forest.level", Text: "the forest's functional level is below Windows Server 2003", Found: d.ForestLevel, From: c.origin("rootDSE of "+d.Host, "forestFunctionality"),
				Mend: "raise it: Exchange 2013 is not installed below it"})
		}
		if d.Synchronized == "false" {
			c.say(Finding{Severity: Drift, Code: "dc.unsynchronized", Text: d.Host + " says that it has not caught up with the others", From: c.origin("rootDSE of "+d.Host, "isSynchronized")})
		}
	}
	var what []string
	for w := range said {
		what = append(what, w)
	}
	slices.Sort(what)
	for _, w := range what {
		if len(said[w]) < 2 {
			continue
		}
		var parts []string
		for n, hosts := range said[w] {
			slices.Sort(hosts)
			parts = append(parts, fmt.Sprintf("%d on %s", n, strings.Join(hosts[:min(len(hosts), 4)], ", ")))
		}
		slices.Sort(parts)
		c.say(Finding{Severity: Drift, Code: "replication", Text: "domain controllers disagree on " + w, Found: strings.Join(parts, "; "), Mend: "wait for replication, or look for what stops it, before the next step"})
	}
}

// release is the row of what is to be installed.
func (c *comparer) release() *releaseRow {
	for _, r := range c.o.Releases.List {
		if r.Name == c.m.Target.Release {
			return &releaseRow{r.Name, r.RangeUpper, r.SchemaWithUpdate, r.OrgVersion, r.DomainVersion}
		}
	}
	return nil
}

type releaseRow struct {
	Name                                                    string
	RangeUpper, SchemaWithUpdate, OrgVersion, DomainVersion int
}
