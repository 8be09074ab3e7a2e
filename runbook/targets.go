package runbook

import (
	"slices"

	"coexist/runbook/procedure"
)

// Reaches of steps and tasks.
const (
	reachOrganization = "organization" // every site at once, never in rounds
	reachSite         = "site"         // the phase's site
	reachRounds       = "rounds"       // the site of a round; nothing for the first site
	reachNames        = "names"        // the phase's site, and with the first all that share its client names
)

// target is what one instance of a task is done on.
type target struct {
	id    string // encoded
	label string // as people write it
	site  string // name of its site, empty outside sites
	data  *Data
}

// effectiveReach is a task's own reach, else its step's. What is done on the
// organisation or on a domain is done once, whatever the step.
func effectiveReach(t *procedure.Task, step string) string {
	switch {
	case t.Scope == "org" || t.Scope == "domain":
		return reachOrganization
	case t.Reach != "":
		return t.Reach
	case step == "":
		return reachSite
	}
	return step
}

// targets lists what a task is done on in a phase, in order of the sites.
func (c *compiler) targets(s stretch, t *procedure.Task) []target {
	reach := effectiveReach(t, s.reach)
	var in []Site
	switch {
	case reach == reachOrganization && s.round, reach == reachRounds && !s.round:
		return nil
	case reach == reachNames:
		in = c.sharing(s)
	case reach == reachOrganization, s.close:
		in = c.base.Sites
		if s.close && t.Scope == "server" {
			in = slices.Clone(in)
			slices.Reverse(in) // the site that the others come in through is taken down last
		}
	default:
		in = []Site{*s.site}
	}
	switch t.Scope {
	case "org":
		d := c.dataAt(c.base.First, s.round)
		return []target{{id: Org, label: c.m.Organization.Name, data: d}}
	case "domain":
		return c.domains()
	case "site":
		var out []target
		for _, site := range in {
			out = append(out, target{id: Encode(site.Name), label: site.Name, site: site.Name, data: c.dataAt(site, s.round)})
		}
		return out
	}
	return c.serverTargets(t.Servers, in, s.round)
}

// sharing lists the sites whose client names move in a stretch: with the first
// site's go those of every site that has no names of its own, which its own
// round then leaves out.
func (c *compiler) sharing(s stretch) []Site {
	if s.round {
		if s.site.Shares(c.base.First) {
			return nil
		}
		return []Site{*s.site}
	}
	var out []Site
	for _, site := range c.base.Sites {
		if site.Name == s.site.Name || site.Shares(c.base.First) {
			out = append(out, site)
		}
	}
	return out
}

func (c *compiler) domains() []target {
	names := c.m.Organization.Domains
	if len(names) == 0 {
		names = []string{c.m.Organization.Forest}
	}
	var out []target
	for _, name := range names {
		d := c.dataOf(viewKey{site: c.base.First.Name, domain: name}, c.base.First, Server{})
		out = append(out, target{id: Encode(name), label: name, data: d})
	}
	return out
}

func (c *compiler) serverTargets(pick procedure.Selector, in []Site, round bool) []target {
	var out []target
	for _, site := range in {
		for _, server := range inRoleOrder(pick, site.Servers) {
			if !selected(pick, server) {
				continue
			}
			d := c.dataOf(viewKey{site: site.Name, server: server.Name, domain: server.Domain, round: round}, site, server)
			out = append(out, target{id: Encode(server.Name), label: server.Name, site: site.Name, data: d})
		}
	}
	switch {
	case pick.First && len(out) > 1:
		return out[:1]
	case pick.Rest && len(out) > 0:
		return out[1:]
	}
	return out
}

// inRoleOrder puts old servers into the order in which service packs and
// rollups reach their roles (Exchange 2010 help, "Upgrade to service pack 3"):
// Client Access first, Mailbox last, and Edge servers after all others.
func inRoleOrder(pick procedure.Selector, all []Server) []Server {
	if len(pick.Versions) == 0 || slices.Contains(pick.Versions, "2013") {
		return all
	}
	rank := func(s Server) int {
		return slices.IndexFunc([]string{"client-access", "hub-transport", "unified-messaging", "mailbox", "edge-transport"}, s.Has)
	}
	all = slices.Clone(all)
	slices.SortStableFunc(all, func(a, b Server) int { return rank(a) - rank(b) })
	return all
}

func selected(pick procedure.Selector, s Server) bool {
	version := len(pick.Versions) == 0
	for _, v := range pick.Versions {
		version = version || v == s.Version || v == "old" && s.Version != "2013"
	}
	role := len(pick.Roles) == 0
	for _, r := range pick.Roles {
		role = role || s.Has(r)
	}
	return version && role
}

// viewKey tells the places apart from which the base is seen.
type viewKey struct {
	site, server, domain string
	round                bool
}

// dataAt is the base as seen from a site.
func (c *compiler) dataAt(site Site, round bool) *Data {
	return c.dataOf(viewKey{site: site.Name, domain: c.base.Domain, round: round}, site, Server{})
}

// dataOf is the base as seen from a place. Tasks on the same place share it;
// nothing changes it.
func (c *compiler) dataOf(key viewKey, site Site, server Server) *Data {
	c.mu.Lock()
	defer c.mu.Unlock()
	if d := c.views[key]; d != nil {
		return d
	}
	d := c.base
	d.Site, d.Names, d.DAG, d.Round = site, site.Names, dagOf(c.m, site.Name), key.round
	d.DAGEarlier = dagEarlier(c.m, c.base.Sites, site.Name)
	d.Server, d.Domain = server, key.domain
	c.views[key] = &d
	return &d
}

// resolveAfter turns the names a task waits for into instances: the one on the
// same target, else those of its site, else all. What reaches beyond the
// phase's site by its own word is waited for wherever it is done. What belongs
// to a round is waited for in that round and in the close-out alone.
func (c *compiler) resolveAfter() {
	for _, s := range c.work {
		for _, t := range s.phase.Tasks {
			for _, name := range c.lib.Tasks[t.Name].After {
				t.After = append(t.After, c.instancesFor(t, s, name)...)
			}
		}
	}
}

func (c *compiler) instancesFor(t *Task, s stretch, name string) []string {
	reaches := func(other *Task) bool {
		return other.Phase.Round == "" || other.Phase.Round == t.Phase.Round || s.close
	}
	var places []string
	if other := c.lib.Tasks[name]; other != nil && other.Scope == c.lib.Tasks[t.Name].Scope { // a site may be called like a server or a domain
		places = append(places, "@"+t.Target)
	}
	if t.Site != "" && !beyond(c.lib.Tasks[name]) {
		places = append(places, "/"+t.Site)
	}
	for _, place := range append(places, "") {
		var ids []string
		for _, other := range c.byName[name+place] {
			if reaches(other) {
				ids = append(ids, other.ID)
			}
		}
		if len(ids) > 0 {
			return ids
		}
	}
	return nil
}

// beyond tells whether a task is done in more sites than the phase's by its own
// word.
func beyond(t *procedure.Task) bool {
	return t != nil && t.Scope == "server" && (t.Reach == reachOrganization || t.Reach == reachNames)
}
