package discovery

import (
	"fmt"
	"net/url"
	"slices"
	"strings"

	"coexist/checks/inventory"
	"coexist/runbook/migration"
)

// names are the hosts of the organisation's servers, to tell them from names
// that clients use.
type names struct {
	servers map[string]string // host, lower case → server
	site    map[string]string // server, lower case → site
}

func namesOf(i *inventory.Inventory) names {
	n := names{map[string]string{}, map[string]string{}}
	for _, s := range i.Servers {
		low := strings.ToLower(s.Name)
		n.servers[low], n.site[low] = s.Name, s.Site
		if s.FQDN != "" {
			n.servers[strings.ToLower(s.FQDN)] = s.Name
		}
	}
	return n
}

func (n names) isServer(host string) bool { return n.servers[strings.ToLower(host)] != "" }

// hostOf is the host of a URL, or of a bare host name.
func hostOf(text string) string {
	text = strings.TrimSpace(text)
	if !strings.Contains(text, "://") {
		if migration.ValidateHost(text) == nil {
			return strings.ToLower(text)
		}
		return ""
	}
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" {
		return ""
	}
	return strings.ToLower(u.Hostname())
}

// clientKinds are the directories that people's clients use by name.
var clientKinds = []string{"owa", "ecp", "ews", "eas", "oab", "mapi"}

// facing tells whether a directory has an external URL of the kind that makes
// its site face the Internet.
func facing(d inventory.Directory) bool {
	return slices.Contains(clientKinds, d.Kind) && hostOf(d.External) != ""
}

// tally counts hosts with where they were read.
type tally struct {
	count map[string]int
	from  map[string][]Origin
}

func (t *tally) add(host string, o Origin) {
	if host == "" {
		return
	}
	if t.count == nil {
		t.count, t.from = map[string]int{}, map[string][]Origin{}
	}
	t.count[host]++
	t.from[host] = append(t.from[host], o)
}

// best is the host that stands most often, and the others.
func (t *tally) best() (host string, others []string) {
	for h := range t.count {
		others = append(others, h)
	}
	slices.SortFunc(others, func(a, b string) int {
		if by := t.count[b] - t.count[a]; by != 0 {
			return by
		}
		return strings.Compare(a, b)
	})
	if len(others) == 0 {
		return "", nil
	}
	return others[0], others[1:]
}

func besides(others []string) string {
	if len(others) == 0 {
		return ""
	}
	return "also found: " + strings.Join(others[:min(len(others), 6)], ", ")
}

// external counts the external hosts of a site's directories, or of all.
func (p *proposer) external(site string) tally {
	var t tally
	for _, d := range p.i.Directories {
		if facing(d) && (site == "" || strings.EqualFold(p.names.site[strings.ToLower(d.Server)], site)) {
			t.add(hostOf(d.External), p.origin(d.DN, "msExchExternalHostName"))
		}
	}
	return t
}

// internal counts the internal hosts of a site's directories that are not the
// name of a server.
func (p *proposer) internal(site string) tally {
	var t tally
	for _, d := range p.i.Directories {
		h := hostOf(d.Internal)
		if slices.Contains(clientKinds, d.Kind) && h != "" && !p.names.isServer(h) && (site == "" || strings.EqualFold(p.names.site[strings.ToLower(d.Server)], site)) {
			t.add(h, p.origin(d.DN, "msExchInternalHostName"))
		}
	}
	return t
}

func (p *proposer) namespace() {
	seen := p.external("")
	note := ""
	host, others := seen.best()
	if legacy := p.legacyIn(seen, host); legacy != "" {
		others = slices.DeleteFunc(others, func(h string) bool { return h == legacy })
	}
	if host == "" {
		seen = p.internal("")
		host, others = seen.best()
		note = "no external URL is shown; this one is internal"
	}
	if host == "" {
		p.ask("namespace.primary", "Under which name do clients reach Exchange?", "no URL that was read names anything but single servers", p.usual("mail"))
	} else {
		p.text("namespace.primary", host, migration.ValidateHost, func(m *migration.Migration, v string) { m.Namespace.Primary = v },
			strings.TrimSpace(strings.Join(nonEmpty(note, besides(others)), "; ")), some(seen.from[host])...)
		p.Lines[len(p.Lines)-1].Unsure = len(others) > 0
	}
	p.autodiscover()
	p.legacy(seen, host)
	p.arrayNames(host)
}

// usual is a client name in the first mail domain.
func (p *proposer) usual(label string) string {
	for _, l := range p.Lines {
		if l.Key == "organization.mail_domains" {
			first, _, _ := strings.Cut(l.Value, ",")
			return label + "." + first
		}
	}
	if p.i.Forest.Name != "" {
		return label + "." + p.i.Forest.Name
	}
	return ""
}

func (p *proposer) autodiscover() {
	var t tally
	for _, point := range p.i.Points {
		if h := hostOf(point.URL); h != "" && !point.Pointer && !p.names.isServer(h) && strings.HasPrefix(h, "autodiscover.") {
			t.add(h, p.origin(point.DN, "serviceBindingInformation"))
		}
	}
	host, others := t.best()
	note, from := besides(others), t.from[host]
	if host == "" {
		if host = p.usual("autodiscover"); host == "" {
			p.ask("namespace.autodiscover", "Which name serves Autodiscover?", "no mail domain is known", "")
			return
		}
		note = "what Outlook asks for outside, by the mail domain; no connection point names it"
		from = []Origin{{Object: "organization.mail_domains"}}
	}
	p.text("namespace.autodiscover", host, migration.ValidateHost, func(m *migration.Migration, v string) { m.Namespace.Autodiscover = v }, note, some(from)...)
}

// legacyIn is the external name of the 2007 servers where the newer ones have
// another: an upgrade that has got so far.
func (p *proposer) legacyIn(seen tally, primary string) string {
	if len(p.i.Of("2013")) == 0 {
		return ""
	}
	for _, d := range p.i.Directories {
		s := p.i.Server(d.Server)
		if h := hostOf(d.External); facing(d) && s != nil && s.Version == "2007" && h != primary && seen.count[h] > 0 {
			return h
		}
	}
	return ""
}

func (p *proposer) legacy(seen tally, primary string) {
	if len(p.i.Of("2007")) == 0 {
		return
	}
	if h := p.legacyIn(seen, primary); h != "" {
		p.text("namespace.legacy", h, migration.ValidateHost, func(m *migration.Migration, v string) { m.Namespace.Legacy = v },
			"the 2007 servers are reached by another name than the 2013 servers already", some(seen.from[h])...)
		return
	}
	p.ask("namespace.legacy", "By which new name shall the 2007 servers be reached?", "the name does not exist before the upgrade", p.usual("legacy"))
}

// arrayNames proposes the names of Client Access arrays: that of the first
// site for the organisation, others for their sites. Where no site of theirs is
// shown, several may be it.
func (p *proposer) arrayNames(primary string) {
	first := ""
	if list := p.sitesInOrder(); len(list) > 0 {
		first = list[0]
	}
	said := map[string]bool{}
	var hosts []string
	var from []Origin
	for _, a := range p.i.Arrays {
		h := strings.ToLower(a.FQDN)
		if h == "" {
			continue
		}
		said[h] = true
		switch {
		case h == strings.ToLower(primary):
			p.remark("the array %s hands out %s, the name of the web, which moves: give the array a name of its own before the switch", inventory.Printable(a.Name), inventory.Printable(h))
		case a.Site == "" || strings.EqualFold(a.Site, first):
			hosts, from = append(hosts, h), append(from, p.origin(a.DN, "networkAddress"))
		}
	}
	if len(hosts) > 0 {
		before := len(p.Lines)
		p.text("namespace.rpc", hosts[0], migration.ValidateHost, func(m *migration.Migration, v string) { m.Namespace.RPC = v }, besides(hosts[1:]), from[0])
		if len(p.Lines) > before {
			p.Lines[before].Unsure = len(hosts) > 1
		}
	}
	if !p.i.Whole(inventory.SectionArrays) && len(p.i.Of("2010")) > 0 {
		p.ask("namespace.rpc", "Is there a Client Access array, and under which name?", p.i.Why(inventory.SectionArrays), "")
	}
	for _, d := range p.i.Databases {
		if h := strings.ToLower(d.RPC); h != "" && !p.names.isServer(h) && !said[h] {
			said[h] = true
			p.remark("the database %s hands out %s, which is neither a server nor an array that was read", inventory.Printable(d.Name), inventory.Printable(h))
		}
	}
}

func nonEmpty(list ...string) []string {
	return slices.DeleteFunc(list, func(s string) bool { return s == "" })
}

func countOf(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}
