package diagram

import (
	"net/url"
	"strconv"
	"strings"
	"time"

	"coexist/checks"
	"coexist/runbook"
	"coexist/runbook/migration"
)

// Answer is who serves a name, as last seen by a check.
type Answer struct {
	Server  string // name of a server of the plan, or "" when it is none of them
	Version string // "2007", "2010", "2013" or ""
	Address string
	Kind    string // of the check that saw it
	At      time.Time
}

// Known tells whether anything was seen at all.
func (a Answer) Known() bool { return a.Server != "" || a.Version != "" || a.Address != "" }

// Build is what a server was seen to run.
type Build struct {
	Version string // "2007", "2010", "2013"
	Build   string // "14.3.513.0"
	Kind    string // of the check that saw it
	At      time.Time
}

// ServicePack is the short badge of a build: "SP3" for the old versions, or
// the bare number where the build says nothing more.
func (b Build) ServicePack() string {
	part := strings.Split(b.Build, ".")
	if len(part) < 2 {
		return ""
	}
	minor, err := strconv.Atoi(part[1])
	if err != nil {
		return ""
	}
	switch part[0] {
	case "8", "14":
		if minor == 0 {
			return "RTM"
		}
		return "SP" + strconv.Itoa(minor)
	}
	return ""
}

// branch is the part of a build that an update does not change: version and
// service pack.
func (b Build) branch() string {
	part := strings.SplitN(b.Build, ".", 3)
	if len(part) < 3 {
		return b.Build
	}
	return part[0] + "." + part[1]
}

// Badge is the short word for a build: the update where the build is that of a
// known release ("SP3 RU32", "CU23"), with a question mark where only the
// directory was read, which does not tell the rollup. names are the releases
// by their builds.
func (b Build) Badge(names map[string]string) string {
	name, known := names[b.Build]
	_, short, _ := strings.Cut(name, " ")
	short, more, _ := strings.Cut(short, " + ")
	sp := b.ServicePack()
	switch {
	case sp != "" && b.Kind == "ldap" && (!known || short == sp):
		return sp + " RU?"
	case !known && sp != "":
		return sp
	case !known:
		return b.Build
	case more != "":
		return short + "+SU"
	}
	return short
}

// Facts are what the checks recorded so far say about the picture, and how far
// the work has come. They are gathered once for a state of the journal and
// serve every layout of it. Nothing is assumed: what no check saw is not in
// here.
type Facts struct {
	Answers map[string]Answer // by lower-cased name
	Builds  map[string]Build  // by lower-cased server name

	board *board
	sites []migration.Site // the first one first
	steps steps
}

// Learn reads the facts out of the recorded results.
func Learn(r *runbook.Runbook, p *runbook.Progress) Facts {
	f := Facts{Answers: map[string]Answer{}, Builds: map[string]Build{}}
	if r == nil || r.Migration == nil {
		return f
	}
	f.board, f.steps, f.sites = survey(r, p), numberSteps(r, p), order(r.Migration)
	if p == nil {
		return f
	}
	where := newIndex(r.Migration)
	for _, phase := range r.Phases {
		for _, task := range phase.Tasks {
			for _, c := range task.Checks {
				st := p.Checks[c.ID]
				if st == nil || st.Result == nil || len(st.Result.Rows) == 0 {
					continue
				}
				f.learn(where, c, st.Result, p.Values)
			}
		}
	}
	return f
}

func (f Facts) learn(where index, c *runbook.Check, res *checks.Result, values runbook.Values) {
	switch c.Kind {
	case "dns", "http", "version", "ldap":
	default:
		return
	}
	ready, pending, err := c.Ready(values)
	if err != nil || len(pending) > 0 {
		return
	}
	aimed := ready.Params.String("address") != "" // at one server: it tells nothing of where the name leads
	switch c.Kind {
	case "dns":
		if t := strings.ToUpper(ready.Params.String("type")); t == "" || t == "A" || t == "AAAA" {
			f.dns(where, ready.Params.String("name"), res)
		}
	case "http":
		if u, err := url.Parse(ready.Params.String("url")); err == nil && !aimed {
			f.answer(where, u.Hostname(), "fe_server", "owa_version", res)
		}
	case "version":
		host := ready.Params.String("host")
		if !aimed {
			f.answer(where, host, "fe_server", "version", res)
		}
		if s, ok := where.byName[lower(host)]; ok {
			row := res.Rows[0]
			v, _ := row.Get("version")
			b, _ := row.Get("build")
			f.build(s.Name, Build{major(v, b), b, c.Kind, res.Started})
		}
	case "ldap":
		if ready.Params.String("query") != "servers" {
			return
		}
		for _, row := range res.Rows {
			name, _ := row.Get("name")
			v, _ := row.Get("version")
			b, _ := row.Get("build")
			f.build(name, Build{major(v, b), b, c.Kind, res.Started})
		}
	}
}

// build takes the newer sight; the directory's does not replace what a server
// told of itself, as long as the service pack is the same.
func (f Facts) build(server string, b Build) {
	was := f.Builds[lower(server)]
	if b.Build == "" || was.At.After(b.At) {
		return
	}
	if b.Kind == "ldap" && was.Build != "" && was.Kind != "ldap" && was.branch() == b.branch() {
		return
	}
	f.Builds[lower(server)] = b
}

func (f Facts) dns(where index, name string, res *checks.Result) {
	for _, row := range res.Rows {
		if t, ok := row.Get("type"); ok && t != "A" && t != "AAAA" {
			continue
		}
		address, ok := row.Get("value")
		if !ok {
			continue
		}
		s := where.byAddress[address]
		f.keep(name, Answer{Server: s.Name, Version: s.Version, Address: address, Kind: "dns", At: res.Started})
		return
	}
}

func (f Facts) answer(where index, host, server, version string, res *checks.Result) {
	row := res.Rows[0]
	a := Answer{Kind: res.Kind, At: res.Started}
	a.Address, _ = row.Get("address")
	s, known := where.byAddress[a.Address]
	if n, ok := row.Get(server); ok {
		if t, ok := where.byName[lower(n)]; ok {
			s, known = t, true
		} else {
			a.Server = n
		}
	}
	if known {
		a.Server, a.Version = s.Name, s.Version
	}
	if v, ok := row.Get(version); ok {
		if m := major(v, v); m != "" {
			a.Version = m
		}
	}
	if a.Known() {
		f.keep(host, a)
	}
}

// keep takes the newer sight; of the same moment, the one that spoke to the
// server rather than the one that only looked up an address.
func (f Facts) keep(name string, a Answer) {
	old, ok := f.Answers[lower(name)]
	if ok && (old.At.After(a.At) || old.At.Equal(a.At) && old.Kind != "dns") {
		return
	}
	f.Answers[lower(name)] = a
}

// major tells the version of Exchange behind a version word or a build.
func major(version, build string) string {
	switch version {
	case "2007", "2010", "2013":
		return version
	}
	switch strings.SplitN(build, ".", 2)[0] {
	case "8":
		return "2007"
	case "14":
		return "2010"
	case "15":
		return "2013"
	}
	return ""
}

// index finds the servers of the plan by name and address. An entry address of
// a site stands for its Exchange 2013 Client Access servers.
type index struct {
	byName    map[string]migration.Server
	byAddress map[string]migration.Server
}

func newIndex(m *migration.Migration) index {
	x := index{map[string]migration.Server{}, map[string]migration.Server{}}
	for _, site := range m.Sites {
		entry := migration.Server{}
		for _, s := range site.Servers {
			x.byName[lower(s.Name)] = s
			fqdn := s.FQDN
			if fqdn == "" {
				fqdn = s.Name + "." + m.Organization.Forest
			}
			x.byName[lower(fqdn)] = s
			if s.Address != "" {
				x.byAddress[s.Address] = s
			}
			if s.Version == "2013" && s.Has(migration.ClientAccess) && entry.Name == "" {
				entry = s
			}
		}
		for _, a := range []string{site.Entry, site.ExternalEntry} {
			if _, taken := x.byAddress[a]; a != "" && !taken && entry.Name != "" {
				x.byAddress[a] = entry
			}
		}
	}
	return x
}

func lower(s string) string { return strings.ToLower(s) }
