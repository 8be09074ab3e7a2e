package export

import (
	"cmp"
	"maps"
	"net/netip"
	"reflect"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"coexist/checks"
	"coexist/runbook"
	"coexist/runbook/journal"
	"coexist/runbook/migration"
)

// redactor replaces names by pseudonyms. What the migration names comes first,
// in its order; then persons and computers in the order of the journal; then
// addresses, mailboxes and hosts as the journal mentions them. A journal only
// grows, so a name keeps its pseudonym from one export to the next.
type redactor struct {
	names   map[string]string // lower-case name → pseudonym
	persons map[string]string
	counts  map[string]int
	own     []string          // domains of the organisation
	domains []string          // all known domains, for hosts that were not listed
	longest map[rune][]string // the names by their first letter, longest first
	places  bool              // names alone are replaced, by their places; nothing is hidden
}

// vocabulary are words of the document itself; a name that is one of them says
// nothing of whose it is, and stays.
var vocabulary = []string{
	"exchange", "microsoft", "windows", "server", "servers", "client", "clients", "mail", "mailbox", "outlook", "owa", "www", "autodiscover", "legacy", "webmail", "smtp", "imap", "pop",
	"site", "sites", "org", "organization", "domain", "forest", "ad", "corp", "local", "internal", "external", "intranet", "internet", "test", "lab",
	"admin", "administrator", "operator", "root", "user", "the", "an", "is", "it", "to", "in", "on", "by", "no", "or", "of", "as", "at", "be", "do", "and",
	"pass", "fail", "warn", "done", "old", "new", "inside", "outside", "example", "com", "net", "name", "names", "service", "services",
}

// public are domains that belong to nobody's organisation.
var public = []string{"microsoft.com", "exrca.com", "example"}

func isPublic(host string) bool {
	for _, d := range public {
		if host == d || strings.HasSuffix(host, "."+d) {
			return true
		}
	}
	return false
}

var (
	mailPattern   = checks.Pattern(`[A-Za-z0-9._%+'-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+`)
	ip4Pattern    = checks.Pattern(`\d{1,3}(?:\.\d{1,3}){3}`)
	ip6Pattern    = checks.Pattern(`(?i)[0-9a-f]{0,4}(?::[0-9a-f]{0,4}){2,7}(?:\.\d{1,3}){0,3}`)
	urlPattern    = checks.Pattern(`(?i)[a-z]+://[^\s/"'<>|]+`)
	logonPattern  = checks.Pattern(`^[A-Za-z0-9._-]+\\[A-Za-z0-9._$-]+$`)
	buildPattern  = checks.Pattern(`^(?:8\.[0-3]|14\.[0-3]|15\.[0-2])\.\d+\.\d+$`)
	hostPattern   = checks.Pattern(`^[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]*[A-Za-z][A-Za-z0-9-]*)+$`)
	addressFields = []string{"address", "addresses", "value", "ip"}
)

func newRedactor(r *runbook.Runbook, p *runbook.Progress, events []journal.Event) *redactor {
	x := &redactor{names: map[string]string{}, persons: map[string]string{}, counts: map[string]int{}}
	if r.Migration != nil {
		x.migration(r.Migration)
	}
	for _, e := range events {
		x.person(e.Operator)
		x.computer(e.Host)
		x.event(e)
	}
	for _, w := range p.Notes {
		x.person(w.By)
	}
	x.compile()
	for _, e := range events {
		x.discover(e)
	}
	x.compile()
	return x
}

// migration enters everything that the file names.
func (x *redactor) migration(m *migration.Migration) {
	x.enter("ORGANIZATION", m.Organization.Name)
	for _, d := range append(append([]string{m.Organization.Forest}, m.Organization.Domains...), m.Organization.MailDomains...) {
		x.ownDomain(d)
	}
	for _, n := range []string{m.Namespace.Primary, m.Namespace.Autodiscover, m.Namespace.Legacy, m.Namespace.RPC} {
		x.host(n)
	}
	for _, s := range m.Sites {
		x.enter("SITE", s.Name)
		for _, v := range s.Servers {
			x.server(v)
		}
	}
	for _, s := range m.Sites {
		for _, n := range []string{s.Primary, s.Legacy, s.RPC, s.InternalName} {
			x.host(n)
		}
		x.address(s.Entry)
		x.address(s.ExternalEntry)
		x.dag(s.DAG)
	}
	x.dag(m.DAG)
	for _, n := range append([]string{m.Network.InternalResolver, m.Network.ExternalResolver, m.Network.Proxy}, m.Network.DomainControllers...) {
		x.hostOrAddress(n)
	}
	x.path(m.Target.Media)
	for _, p := range m.Probes {
		x.mailbox(p.Mailbox)
		x.account(p.Username)
	}
	if c := m.Change; c != nil {
		x.enter("CHANGE", c.Number)
		x.person(c.Approver)
		for _, n := range c.Contacts {
			x.person(n)
		}
	}
}

func (x *redactor) server(v migration.Server) {
	x.enter("SERVER", v.Name)
	x.ownDomain(v.Domain)
	if v.FQDN != "" {
		x.host(v.FQDN)
	}
	x.enter("SERVER", v.Was)
	for _, n := range v.Nodes {
		x.enter("SERVER", n)
	}
	x.address(v.Address)
	x.enter("SITE", v.SubscribedSite)
}

func (x *redactor) dag(d *migration.DAG) {
	if d == nil {
		return
	}
	x.enter("DAG", d.Name)
	x.hostOrAddress(d.WitnessServer)
	x.path(d.WitnessDirectory)
	for _, a := range d.Addresses {
		x.address(a)
	}
}

// event enters the persons that an entry names.
func (x *redactor) event(e journal.Event) {
	p := payloadOf(e)
	switch e.Kind {
	case runbook.EventResult:
		x.person(p.text("operator"))
		x.computer(p.text("host"))
	case runbook.EventHandover:
		x.person(p.text("from"))
		x.person(p.text("to"))
	case "waiver", "operator":
		x.person(p.text("name"))
		x.person(p.text("second"))
	}
}

// compile puts the names below their first letters, longest first, so that
// text is searched once whatever the number of names.
func (x *redactor) compile() {
	x.longest = map[rune][]string{}
	for _, name := range slices.Sorted(maps.Keys(x.names)) {
		first, _ := utf8.DecodeRuneInString(name)
		x.longest[first] = append(x.longest[first], name)
	}
	for _, list := range x.longest {
		slices.SortStableFunc(list, func(a, b string) int { return cmp.Compare(len(b), len(a)) })
	}
}

// text replaces every name that stands as a word of its own.
func (x *redactor) text(s string) string {
	var b strings.Builder
	from := 0
	before := ' '
	for at := 0; at < len(s); {
		r, size := utf8.DecodeRuneInString(s[at:])
		name := ""
		if !wordy(before) {
			name = x.nameAt(s, at, r)
		}
		if name == "" {
			before, at = r, at+size
			continue
		}
		b.WriteString(s[from:at] + x.names[name])
		at += len(name)
		from = at
		before, _ = utf8.DecodeLastRuneInString(name)
	}
	b.WriteString(s[from:])
	if x.places {
		return b.String()
	}
	return x.rest(b.String())
}

// nameAt returns the longest name that begins at a place with a letter and
// ends with a word.
func (x *redactor) nameAt(s string, at int, first rune) string {
	for _, name := range x.longest[unicode.ToLower(first)] {
		end := at + len(name)
		if end <= len(s) && strings.EqualFold(s[at:end], name) && boundary(s, at, end) {
			return name
		}
	}
	return ""
}

// rest replaces what was in no journal entry, as in texts that only the
// runbook has.
func (x *redactor) rest(s string) string {
	s = mailPattern().ReplaceAllStringFunc(s, func(m string) string {
		if strings.HasSuffix(m, ".example") {
			return m
		}
		return x.mailbox(m)
	})
	address := func(a string) string {
		if _, err := netip.ParseAddr(a); err != nil || a == "::" || buildPattern().MatchString(a) {
			return a
		}
		return x.address(a)
	}
	return ip6Pattern().ReplaceAllStringFunc(ip4Pattern().ReplaceAllStringFunc(s, address), address)
}

// document replaces names in every text of a document, by the tags of its
// fields.
func (x *redactor) document(d *Document) { x.value(reflect.ValueOf(d).Elem(), "") }

func (x *redactor) value(v reflect.Value, how string) {
	switch v.Kind() {
	case reflect.String:
		if v.CanSet() {
			v.SetString(x.field(v.String(), how))
		}
	case reflect.Slice:
		if how == "keep" {
			return
		}
		fresh := reflect.MakeSlice(v.Type(), v.Len(), v.Len()) // never writes into the runbook's own lists
		reflect.Copy(fresh, v)
		for i := range fresh.Len() {
			x.value(fresh.Index(i), how)
		}
		if v.Len() > 0 {
			v.Set(fresh)
		}
	case reflect.Pointer:
		if !v.IsNil() {
			x.value(v.Elem(), how)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if f := v.Type().Field(i); f.IsExported() {
				x.value(v.Field(i), f.Tag.Get("redact"))
			}
		}
	}
}

func (x *redactor) field(s, how string) string {
	if x.places && how != "" {
		return s
	}
	switch how {
	case "keep":
		return s
	case "person":
		var out []string
		for _, name := range strings.Split(s, ", ") {
			out = append(out, x.person(name))
		}
		return strings.Join(out, ", ")
	case "host":
		x.computer(s)
		if known := x.names[strings.ToLower(s)]; known != "" {
			return known
		}
	}
	return x.text(s)
}
