package discovery

import (
	"fmt"
	"slices"
	"sort"
	"strings"

	"coexist/checks/inventory"
	"coexist/runbook/migration"
	"coexist/runbook/procedure"
)

// Severity says how much a finding matters.
type Severity int

// The severities.
const (
	Note    Severity = iota + 1 // worth knowing
	Unread                      // could not be read: nothing can be said
	Drift                       // typed and found differ: one of them is wrong
	Blocker                     // the upgrade goes wrong with it
)

func (s Severity) String() string {
	return [...]string{"", "note", "not readable", "drift", "blocker"}[s]
}

// MarshalText writes the severity as a word.
func (s Severity) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// Finding is one difference between what was typed and what was found, or one
// thing found that matters to the upgrade.
type Finding struct {
	Severity Severity `json:"severity"`
	Code     string   `json:"code"`
	Key      string   `json:"key,omitempty"` // of the migration file
	Text     string   `json:"text"`
	Typed    string   `json:"typed,omitempty"`
	Found    string   `json:"found,omitempty"`
	Mend     string   `json:"mend,omitempty"`
	From     []Origin `json:"from,omitempty"`
}

// Options is what a comparison must be told beside the two.
type Options struct {
	Releases procedure.Releases
}

// Worst is the gravest severity of a list; zero for an empty one.
func Worst(list []Finding) Severity {
	var worst Severity
	for _, f := range list {
		worst = max(worst, f.Severity)
	}
	return worst
}

// Compare holds a migration against an inventory. The gravest findings come
// first.
func Compare(m *migration.Migration, i *inventory.Inventory, o Options) []Finding {
	c := &comparer{m: m, i: i, o: o, names: namesOf(i)}
	c.machine()
	c.organization()
	c.servers()
	c.foreign()
	c.points()
	c.hosts()
	c.facing()
	c.leftovers()
	c.featuresTyped()
	c.halfDone()
	c.controllers()
	c.gaps()
	sort.SliceStable(c.list, func(i, j int) bool { return c.list[i].Severity > c.list[j].Severity })
	return c.list
}

type comparer struct {
	m     *migration.Migration
	i     *inventory.Inventory
	o     Options
	names names
	list  []Finding
}

//go:noinline
func (c *comparer) say(f Finding) { c.list = append(c.list, f) }

func (c *comparer) origin(object, attribute string) []Origin {
	return []Origin{originIn(c.i, object, attribute)}
}

// machine tells what bears on everything else: the computer that read, and how
// it was read.
func (c *comparer) machine() {
	for _, n := range c.i.Notes {
		c.say(Finding{Severity: Note, Code: "read.note", Text: inventory.Printable(n)})
	}
	for _, r := range c.i.Machine {
		if r.Bad {
			c.say(Finding{Severity: Note, Code: "machine." + r.Name, Text: "this computer: " + r.Text, Mend: "read on with that in mind, or repeat from a computer without it"})
		}
	}
}

func (c *comparer) organization() {
	o := c.m.Organization
	if found := c.i.Organization; found != nil && found.Name != o.Name {
		c.say(Finding{Severity: Drift, Code: "organization.name", Key: "organization.name", Text: "the organisation has another name", Typed: o.Name, Found: found.Name,
			Mend: "correct the file: Setup refuses another name", From: c.origin(found.DN, "cn")})
	}
	if c.i.Organization == nil && c.i.Whole(inventory.SectionOrganization) && c.i.Source == inventory.FromLDAP {
		c.say(Finding{Severity: Blocker, Code: "organization.none", Text: "there is no Exchange organisation in this forest", Typed: o.Name, Mend: "see whether the right forest was asked"})
	}
	if f := c.i.Forest.Name; f != "" && !strings.EqualFold(f, o.Forest) {
		c.say(Finding{Severity: Drift, Code: "forest", Key: "organization.forest", Text: "the forest's root domain is another one", Typed: o.Forest, Found: f, Mend: "correct the file, or ask a domain controller of the right forest"})
	}
	c.set("domains", "organization.domains", "domain", inventory.SectionDomains, o.Domains, c.domainsFound())
	c.set("mail_domains", "organization.mail_domains", "mail domain", inventory.SectionMailDomains, o.MailDomains, c.mailFound())
}

func (c *comparer) domainsFound() map[string][]Origin {
	out := map[string][]Origin{}
	for _, d := range c.i.Domains {
		out[strings.ToLower(d.Name)] = c.origin(d.DN, "nCName")
	}
	return out
}

func (c *comparer) mailFound() map[string][]Origin {
	out := map[string][]Origin{}
	for _, d := range c.i.MailDomains {
		if d.Kind != "external-relay" && migration.ValidateDomain(d.Name) == nil {
			out[strings.ToLower(d.Name)] = c.origin(d.DN, "msExchAcceptedDomainName")
		}
	}
	return out
}

// set compares a list that was typed with what was found.
func (c *comparer) set(code, key, what, section string, typed []string, found map[string][]Origin) {
	if len(found) == 0 && !c.i.Whole(section) {
		return // told with the gaps
	}
	for _, t := range typed {
		if _, ok := found[strings.ToLower(t)]; !ok && c.i.Whole(section) {
			c.say(Finding{Severity: Drift, Code: code + ".gone", Key: key, Text: "the " + what + " " + t + " was typed and is not there", Typed: t, Mend: "take it out of the file, or see why it is gone"})
		}
	}
	var extra []string
	for f := range found {
		if !slices.ContainsFunc(typed, func(t string) bool { return strings.EqualFold(t, f) }) {
			extra = append(extra, f)
		}
	}
	slices.Sort(extra)
	for n, e := range extra {
		if n == 10 {
			c.say(Finding{Severity: Drift, Code: code + ".extra", Key: key, Text: fmt.Sprintf("and %d more that were not typed", len(extra)-n)})
			return
		}
		severity, mend := Drift, "add it to the file, so that its checks are made"
		if code == "domains" {
			severity, mend = Note, "add it to the file if it holds mail-enabled users: it must be prepared then"
		}
		c.say(Finding{Severity: severity, Code: code + ".extra", Key: key, Text: "the " + what + " " + inventory.Printable(e) + " is there and was not typed", Found: e, Mend: mend, From: found[e]})
	}
}

func (c *comparer) servers() {
	typed := map[string]bool{}
	for a, site := range c.m.Sites {
		for b, s := range site.Servers {
			key := fmt.Sprintf("site[%d].server[%d]", a+1, b+1)
			typed[strings.ToLower(s.Name)] = true
			found := c.i.Server(s.Name)
			if found == nil && s.Was != "" {
				found = c.i.Server(s.Was)
				typed[strings.ToLower(s.Was)] = true
			}
			if found == nil {
				c.absent(key, s)
				continue
			}
			c.server(key, site.Name, s, *found)
		}
	}
	for _, s := range c.i.Servers {
		if typed[strings.ToLower(s.Name)] || !usable(s) {
			continue
		}
		c.say(Finding{Severity: Drift, Code: "server.extra", Key: "site", Text: fmt.Sprintf("the server %s (Exchange %s, %s) is there and was not typed", inventory.Printable(s.Name), s.Version, orNone(s.Site)),
			Found: s.Name, Mend: "add it to its site: nothing is planned or checked for it", From: c.origin(s.DN, "serialNumber")})
	}
}

func (c *comparer) absent(key string, s migration.Server) {
	switch {
	case !c.i.Whole(inventory.SectionServers):
		c.say(Finding{Severity: Unread, Code: "server.unread", Key: key, Text: s.Name + " was not seen, and not all servers could be read", Typed: s.Name})
	case s.Version == "2013":
		c.say(Finding{Severity: Note, Code: "server.to_come", Key: key, Text: s.Name + " is not installed yet"})
	default:
		c.say(Finding{Severity: Drift, Code: "server.gone", Key: key, Text: s.Name + " was typed as Exchange " + s.Version + " and is not in the organisation", Typed: s.Name,
			Mend: "correct its name, or take it out if it was removed; it may also have been removed by this upgrade"})
	}
}

func (c *comparer) server(key, site string, typed migration.Server, found inventory.Server) {
	differs := func(what, a, b, attribute, mend string) {
		c.say(Finding{Severity: Drift, Code: "server." + what, Key: key + "." + what, Text: typed.Name + ": its " + what + " differs", Typed: a, Found: b, Mend: mend, From: c.origin(found.DN, attribute)})
	}
	if found.Version == "unknown" {
		c.say(Finding{Severity: Unread, Code: "server.version_unread", Key: key + ".version", Text: typed.Name + ": its version reads " + inventory.Printable(found.Raw), From: c.origin(found.DN, "serialNumber")})
	} else if found.Version != typed.Version {
		differs("version", typed.Version, found.Version, "serialNumber", "correct the file: other commands belong to another version")
	}
	if found.Site != "" && !strings.EqualFold(found.Site, site) && !typed.Has(migration.EdgeTransport) {
		differs("site", site, found.Site, "msExchServerSite", "move it in the file, or see which subnet its address belongs to")
	}
	if a, b := slices.Sorted(slices.Values(typed.Roles)), slices.Sorted(slices.Values(found.Roles)); found.Roles != nil && found.Version == typed.Version && !slices.Equal(a, b) {
		differs("roles", strings.Join(a, ", "), strings.Join(b, ", "), "msExchCurrentServerRoles", "correct the file, or finish the installation")
	}
	if found.FQDN != "" && !strings.EqualFold(found.FQDN, c.m.FQDN(typed)) {
		differs("fqdn", c.m.FQDN(typed), found.FQDN, "networkAddress", "write the full name into the file: checks dial it")
	}
}

// foreign tells about servers of versions that stand in no migration.
func (c *comparer) foreign() {
	for _, s := range c.i.Servers {
		name := inventory.Printable(s.Name)
		switch {
		case usable(s):
		case s.Version == "2003":
			c.say(Finding{Severity: Blocker, Code: "server.2003", Text: name + " runs Exchange 2003: Setup of Exchange 2013 stops while one is in the organisation", Found: s.Raw,
				Mend: "remove Exchange 2003 first; if the machine is long gone, its object is a leftover that has to be removed properly", From: c.origin(s.DN, "serialNumber")})
		case s.Version == "unknown":
			c.say(Finding{Severity: Unread, Code: "server.unknown", Text: name + ": its version reads \"" + inventory.Printable(s.Raw) + "\", which is none that is known", From: c.origin(s.DN, "serialNumber")})
		default:
			c.say(Finding{Severity: Drift, Code: "server.newer", Text: name + " runs Exchange " + s.Version + ": this upgrade does not know that version", Found: s.Build,
				Mend: "find out who installed it, and why, before anything else", From: c.origin(s.DN, "serialNumber")})
		}
	}
}

func orNone(s string) string {
	if s == "" {
		return "site not shown"
	}
	return inventory.Printable(s)
}

// gaps tells what could not be read; none of it counts as absent.
func (c *comparer) gaps() {
	for _, g := range grouped(c.i.Gaps) {
		c.say(Finding{Severity: Unread, Code: g.Reason, Text: inventory.Printable(g.Text), Mend: "read it with an account that may, or with the script in the management shell",
			From: []Origin{{Object: orNoneOf(g.Object, g.Section), Attribute: g.Attribute}}})
	}
}

// grouped tells the gaps of many objects once: the first of them, and how many
// more there are of its kind. Domain controllers are named one by one.
func grouped(list []inventory.Gap) []inventory.Gap {
	type kind struct{ section, attribute, reason string }
	at := map[kind]int{}
	more := map[kind]int{}
	var out []inventory.Gap
	for _, g := range list {
		k := kind{g.Section, g.Attribute, g.Reason}
		if _, seen := at[k]; seen && g.Object != "" && g.Section != inventory.SectionControllers {
			more[k]++
			continue
		}
		at[k] = len(out)
		out = append(out, g)
	}
	for k, n := range more {
		out[at[k]].Text += fmt.Sprintf(" (and of %s)", countOf(n, "further object", "further objects"))
	}
	return out
}

func orNoneOf(object, section string) string {
	if object == "" {
		return section
	}
	return object
}
