package export

import (
	"cmp"
	"net/url"
	"slices"
	"sort"
	"strings"
	"time"

	"coexist/checks"
	"coexist/runbook"
	"coexist/runbook/migration"
)

// scope gathers the diagrams, the servers, the names and the DNS.
func (g *gatherer) scope(rename func(string) string) {
	views := []View{Before, Now, After}
	if g.o.Plan {
		views = []View{Before, After}
	}
	for _, v := range views {
		g.d.Scope.Diagrams = append(g.d.Scope.Diagrams, Diagram{string(v), drawDiagram(g.r, g.p, v, rename)})
	}
	if g.r.Migration == nil {
		return
	}
	seen := g.builds()
	for _, site := range g.r.Migration.Sites {
		for _, s := range site.Servers {
			g.d.Scope.Servers = append(g.d.Scope.Servers, g.server(site, s, seen))
		}
	}
	g.namespaces()
	g.dns()
}

func (g *gatherer) server(site migration.Site, s migration.Server, seen builds) Server {
	out := Server{Name: s.Name, Site: site.Name, Version: s.Version, Roles: roleNames(s.Roles), Planned: "removed at close-out"}
	if s.Version == "2013" {
		out.Planned = "installed, " + g.r.Release.Name
	}
	for _, b := range seen.of(s) {
		if out.Before == "" {
			out.Before = b.build
		}
		out.Build, out.Seen, out.Source = b.build, b.time, b.source
	}
	return out
}

// build is a build that a row showed.
type build struct {
	at     int // place among all rows, in order of the journal
	build  string
	time   time.Time
	source string
}

// builds are the builds that were seen, by what the rows call the server.
type builds struct {
	byLabel  map[string][]build // first part of the name in the row
	byName   map[string][]build // the whole name in the row
	byTarget map[string][]build // of rows without a name: the check's target
}

// builds finds every row that shows a build, once for all servers.
func (g *gatherer) builds() builds {
	out := builds{map[string][]build{}, map[string][]build{}, map[string][]build{}}
	n := 0
	for _, r := range g.results {
		for _, row := range r.result.Rows {
			text := property(row, "build", "admindisplayversion", "admin_display_version")
			if text == "" {
				continue
			}
			n++
			b := build{n, text, r.time, truth(r.result.Source)}
			named := strings.ToLower(property(row, "name", "fqdn", "server", "identity"))
			if named == "" {
				target := strings.ToLower(r.result.Target)
				out.byTarget[target] = append(out.byTarget[target], b)
				continue
			}
			label, _, _ := strings.Cut(named, ".")
			out.byLabel[label] = append(out.byLabel[label], b)
			out.byName[named] = append(out.byName[named], b)
		}
	}
	return out
}

// of lists what was seen of a server, oldest first.
func (b builds) of(s migration.Server) []build {
	name := strings.ToLower(s.Name)
	list := slices.Concat(b.byLabel[name], b.byTarget[name])
	if s.FQDN != "" {
		list = append(list, b.byName[strings.ToLower(s.FQDN)]...)
	}
	sort.Slice(list, func(i, j int) bool { return list[i].at < list[j].at })
	return slices.CompactFunc(list, func(x, y build) bool { return x.at == y.at })
}

// property reads a property whatever the case of its name.
func property(row checks.Row, names ...string) string {
	for _, n := range names {
		for key := range row {
			if v, _ := row.Get(key); strings.EqualFold(key, n) && v != "" {
				return v
			}
		}
	}
	return ""
}

func (g *gatherer) namespaces() {
	m := g.r.Migration
	first, entry := "", ""
	for i, s := range m.Sites {
		if s.InternetFacing || i == 0 {
			if first == "" || s.InternetFacing {
				first, entry = s.Name, s.Entry
			}
			if s.InternetFacing {
				break
			}
		}
	}
	add := func(name, use, site, target string) {
		if name != "" {
			g.d.Scope.Namespaces = append(g.d.Scope.Namespaces, Namespace{name, use, site, target, g.certificateOn(name)})
		}
	}
	add(m.Namespace.Autodiscover, "autodiscover", first, entry)
	add(m.Namespace.Primary, "primary", first, entry)
	add(m.Namespace.Legacy, "legacy", first, "stays with the old servers")
	add(m.Namespace.RPC, "Client Access array", first, "stays with the old servers")
	for _, s := range m.Sites {
		add(s.Primary, "primary", s.Name, s.Entry)
		add(s.InternalName, "inside", s.Name, s.Entry)
		add(s.Legacy, "legacy", s.Name, "stays with the old servers")
		add(s.RPC, "Client Access array", s.Name, "stays with the old servers")
	}
}

// certificateOn describes the certificate last seen on a name.
func (g *gatherer) certificateOn(name string) string {
	out := ""
	for _, r := range g.results {
		if r.result.Kind != "tls" || !strings.EqualFold(g.param(r.result.ID, "host"), name) {
			continue
		}
		for _, row := range r.result.Rows {
			subject, until, print := property(row, "subject"), property(row, "not_after"), property(row, "thumbprint")
			if subject != "" {
				out = strings.Join(unique([]string{subject, "until " + until, print}), ", ")
			}
		}
	}
	return out
}

// param reads a text parameter of a check as it renders now.
func (g *gatherer) param(check, name string) string {
	return checkParam(g.index.checks[check], g.p, name)
}

func checkParam(c *runbook.Check, p *runbook.Progress, name string) string {
	if c == nil {
		return ""
	}
	ready, pending, err := c.Ready(p.Values)
	if err != nil || len(pending) > 0 {
		return ""
	}
	return ready.Params.String(name)
}

// dns holds for every question what it answered first and last.
func (g *gatherer) dns() {
	type key struct{ name, kind, view string }
	facts := map[key]*DNSFact{}
	var order []key
	see := func(k key, answer string, at time.Time) {
		f := facts[k]
		if f == nil {
			f = &DNSFact{Name: k.name, Type: k.kind, View: k.view, Before: answer, First: at}
			facts[k] = f
			order = append(order, k)
		}
		f.After, f.Last = answer, at
	}
	for _, r := range g.results {
		if r.result.Kind != "dns" {
			continue
		}
		answers := map[key][]string{}
		for _, row := range r.result.Rows {
			k := key{property(row, "name"), cmp.Or(property(row, "type"), "A"), cmp.Or(property(row, "view"), property(row, "resolver"), string(r.result.Vantage))}
			answers[k] = append(answers[k], property(row, "value"))
		}
		if len(answers) == 0 && strings.HasPrefix(r.result.Reason, "dns.no") {
			if name := g.param(r.result.ID, "name"); name != "" {
				k := key{name, cmp.Or(g.param(r.result.ID, "type"), "A"), cmp.Or(g.param(r.result.ID, "resolver"), string(r.result.Vantage))}
				answers[k] = []string{"no answer (" + r.result.Reason + ")"}
			}
		}
		var keys []key
		for k := range answers {
			keys = append(keys, k)
		}
		said := func(k key) string { return k.name + k.kind + k.view }
		sort.Slice(keys, func(i, j int) bool { return said(keys[i]) < said(keys[j]) })
		for _, k := range keys {
			slices.Sort(answers[k])
			see(k, strings.Join(unique(answers[k]), ", "), r.time)
		}
	}
	for _, k := range order {
		g.d.Scope.DNS = append(g.d.Scope.DNS, *facts[k])
	}
}

// measuredVersion is the Exchange version that last answered a name, and when.
func measuredVersion(r *runbook.Runbook, p *runbook.Progress, name string) (version, at string) {
	var last time.Time
	for _, ph := range r.Phases {
		for _, t := range ph.Tasks {
			for _, c := range t.Checks {
				st := checkState(p, c.ID)
				if st.Result == nil || st.Result.Source != checks.FromProbe || !st.Result.Started.After(last) {
					continue
				}
				if v := answeringVersion(st.Result); v != "" && asksName(c, p, name) {
					version, last = v, st.Result.Started
				}
			}
		}
	}
	return version, stamp(last)
}

// answeringVersion is the one Exchange version that all rows agree on; rows
// that differ are said.
func answeringVersion(res *checks.Result) string {
	var found []string
	for _, row := range res.Rows {
		v := property(row, "version")
		if v == "2007" || v == "2010" || v == "2013" {
			found = append(found, v)
		}
	}
	return strings.Join(unique(found), " and ")
}

func asksName(c *runbook.Check, p *runbook.Progress, name string) bool {
	if strings.EqualFold(checkParam(c, p, "host"), name) {
		return checkParam(c, p, "address") == ""
	}
	u, err := url.Parse(checkParam(c, p, "url"))
	return err == nil && strings.EqualFold(u.Hostname(), name)
}
