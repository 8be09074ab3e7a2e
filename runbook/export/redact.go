package export

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"net/netip"
	"net/url"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

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
	domains []string // known domains, for hosts that were not listed
	longest []string // the names, longest first
	pattern *regexp.Regexp
}

// vocabulary are words of the document itself; a name that is one of them says
// nothing of whose it is, and stays.
var vocabulary = []string{
	"exchange", "server", "servers", "client", "clients", "mail", "mailbox", "outlook", "owa", "www", "autodiscover", "legacy", "webmail", "smtp", "imap", "pop",
	"site", "sites", "org", "organization", "domain", "forest", "ad", "corp", "local", "internal", "external", "intranet", "internet", "test", "lab",
	"admin", "administrator", "operator", "root", "user", "the", "an", "is", "it", "to", "in", "on", "by", "no", "or", "of", "as", "at", "be", "do", "and",
	"pass", "fail", "warn", "done", "old", "new", "inside", "outside", "example", "com", "net", "name", "names", "service", "services",
}

var (
	mailPattern   = regexp.MustCompile(`[A-Za-z0-9._%+'-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+`)
	ip4Pattern    = regexp.MustCompile(`\d{1,3}(?:\.\d{1,3}){3}`)
	ip6Pattern    = regexp.MustCompile(`(?i)[0-9a-f]{0,4}(?::[0-9a-f]{0,4}){2,7}(?:\.\d{1,3}){0,3}`)
	urlPattern    = regexp.MustCompile(`(?i)[a-z]+://[^\s/"'<>|]+`)
	logonPattern  = regexp.MustCompile(`^[A-Za-z0-9._-]+\\[A-Za-z0-9._$-]+$`)
	buildPattern  = regexp.MustCompile(`^(?:8\.[0-3]|14\.[0-3]|15\.[0-2])\.\d+\.\d+$`)
	hostPattern   = regexp.MustCompile(`^[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]*[A-Za-z][A-Za-z0-9-]*)+$`)
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
		x.domain(d)
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
	x.domain(v.Domain)
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
	for _, a := range d.Addresses {
		x.address(a)
	}
}

// event enters the persons that an entry names.
func (x *redactor) event(e journal.Event) {
	p := payloadOf(e)
	switch e.Kind {
	case "result", "attest":
		x.person(p.text("operator"))
		x.computer(p.text("host"))
	case "waiver", "operator":
		x.person(p.text("name"))
		x.person(p.text("second"))
	}
}

// enter gives a name a pseudonym unless it has one.
func (x *redactor) enter(kind, name string) string {
	name = strings.TrimSpace(name)
	if name == "" {
		return ""
	}
	key := strings.ToLower(name)
	if known := x.names[key]; known != "" {
		return known
	}
	if slices.Contains(vocabulary, key) {
		return name
	}
	x.counts[kind]++
	pseudonym := fmt.Sprintf("%s-%02d", kind, x.counts[kind])
	x.names[key] = pseudonym
	if encoded := runbook.Encode(key); encoded != key {
		x.names[strings.ToLower(encoded)] = pseudonym
	}
	return pseudonym
}

// domain enters a domain, its NetBIOS-like first label and its DN form.
func (x *redactor) domain(d string) {
	d = strings.ToLower(strings.Trim(strings.TrimSpace(d), "."))
	if d == "" || x.names[d] != "" {
		return
	}
	x.counts["domain"]++
	pseudonym := fmt.Sprintf("domain-%02d.example", x.counts["domain"])
	x.names[d] = pseudonym
	x.domains = append(x.domains, d)
	slices.SortStableFunc(x.domains, func(a, b string) int { return len(b) - len(a) })
	labels := strings.Split(d, ".")
	x.names["dc="+strings.Join(labels, ",dc=")] = "DC=" + strings.ReplaceAll(pseudonym, ".", ",DC=")
	if x.names[labels[0]] == "" && !slices.Contains(vocabulary, labels[0]) {
		x.names[labels[0]] = fmt.Sprintf("DOMAIN-%02d", x.counts["domain"])
	}
}

// host enters a host name; its domain keeps its own pseudonym.
func (x *redactor) host(h string) string {
	h = strings.ToLower(strings.Trim(strings.TrimSpace(h), "."))
	if h == "" || !strings.Contains(h, ".") {
		return x.enter("HOST", h)
	}
	if known := x.names[h]; known != "" {
		return known
	}
	label, rest, _ := strings.Cut(h, ".")
	domain := x.names[rest]
	if domain == "" {
		for _, d := range x.domains {
			if strings.HasSuffix(rest, "."+d) {
				domain = x.names[d]
				break
			}
		}
	}
	if domain == "" {
		x.domain(rest)
		domain = x.names[rest]
	}
	if label != "*" {
		label = strings.ToLower(x.enter("HOST", label))
	}
	x.names[h] = label + "." + domain
	return x.names[h]
}

func (x *redactor) computer(h string) {
	if h == "" || x.names[strings.ToLower(h)] != "" {
		return
	}
	if strings.Contains(h, ".") {
		x.host(h)
		return
	}
	x.enter("COMPUTER", h)
}

func (x *redactor) hostOrAddress(s string) {
	if u, err := url.Parse(s); err == nil && u.Host != "" {
		s = u.Host
	}
	if ap, err := netip.ParseAddrPort(s); err == nil {
		s = ap.Addr().String()
	}
	if _, err := netip.ParseAddr(s); err == nil {
		x.address(s)
		return
	}
	if host, _, found := strings.Cut(s, ":"); found {
		s = host
	}
	if s != "" {
		x.host(s)
	}
}

// address enters an IP address in every way it may be written.
func (x *redactor) address(a string) string {
	ip, err := netip.ParseAddr(strings.TrimSpace(a))
	if err != nil {
		if hostPattern.MatchString(a) {
			return x.host(a)
		}
		return a
	}
	key := ip.WithZone("").String()
	if known := x.names[key]; known != "" {
		return known
	}
	pseudonym := x.enter("ADDRESS", key)
	x.names[strings.ToLower(strings.TrimSpace(a))] = pseudonym
	x.names[ip.WithZone("").StringExpanded()] = pseudonym
	return pseudonym
}

func (x *redactor) mailbox(m string) string {
	m = strings.ToLower(strings.TrimSpace(m))
	if m == "" {
		return ""
	}
	if known := x.names[m]; known != "" {
		return known
	}
	local, domain, found := strings.Cut(m, "@")
	x.counts["mailbox"]++
	pseudonym := fmt.Sprintf("mailbox-%02d", x.counts["mailbox"])
	if found {
		x.domainOf(domain)
		pseudonym += "@" + x.names[domain]
	}
	x.names[m] = pseudonym
	if utf8.RuneCountInString(local) >= 3 && x.names[local] == "" {
		x.names[local] = fmt.Sprintf("mailbox-%02d", x.counts["mailbox"])
	}
	return pseudonym
}

// domainOf makes sure that a mail domain has a pseudonym.
func (x *redactor) domainOf(d string) {
	if x.names[d] != "" {
		return
	}
	for _, known := range x.domains {
		if strings.HasSuffix(d, "."+known) {
			x.host(d)
			return
		}
	}
	x.domain(d)
}

// account enters a logon name, DOMAIN\user or user@domain.
func (x *redactor) account(u string) {
	if domain, user, found := strings.Cut(u, `\`); found {
		if x.names[strings.ToLower(domain)] == "" {
			x.enter("DOMAIN", domain)
		}
		x.accountName(user)
		return
	}
	if strings.Contains(u, "@") {
		x.mailbox(u)
		return
	}
	x.accountName(u)
}

func (x *redactor) accountName(u string) {
	if len(u) >= 2 {
		x.enter("ACCOUNT", u)
	}
}

// person enters a person, and the last word of the name where it stands alone.
func (x *redactor) person(name string) string {
	name = strings.TrimSpace(name)
	if name == "" {
		return ""
	}
	key := strings.ToLower(name)
	if known := x.persons[key]; known != "" {
		return known
	}
	x.counts["PERSON"]++
	pseudonym := fmt.Sprintf("PERSON-%02d", x.counts["PERSON"])
	x.persons[key] = pseudonym
	x.account(accountOnly(name))
	if utf8.RuneCountInString(name) >= 2 && x.names[key] == "" && !slices.Contains(vocabulary, key) {
		x.names[key] = pseudonym
	}
	for _, m := range mailPattern.FindAllString(name, -1) {
		x.mailbox(m)
	}
	words := strings.FieldsFunc(name, func(r rune) bool { return !unicode.IsLetter(r) && r != '-' && r != '\'' })
	if n := len(words); n > 1 {
		last := strings.ToLower(words[n-1])
		if utf8.RuneCountInString(last) >= 4 && x.names[last] == "" && !slices.Contains(vocabulary, last) {
			x.names[last] = pseudonym
		}
	}
	return pseudonym
}

// accountOnly returns a name only when it is a logon name.
func accountOnly(name string) string {
	if logonPattern.MatchString(name) && !strings.Contains(name, " ") {
		return name
	}
	return ""
}

// discover enters the addresses, mailboxes and hosts that an entry mentions.
func (x *redactor) discover(e journal.Event) {
	var data any
	if json.Unmarshal(e.Data, &data) == nil {
		x.walk(data, "")
	}
}

// walk visits every text of decoded JSON, members in the order of their names.
func (x *redactor) walk(v any, field string) {
	switch v := v.(type) {
	case string:
		x.mentions(v, slices.Contains(addressFields, field))
	case []any:
		for _, e := range v {
			x.walk(e, field)
		}
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(v)) {
			x.mentions(key, false)
			x.walk(v[key], strings.ToLower(key))
		}
	}
}

// mentions enters what a text names; where an address is told, a number like
// a build of Exchange is one too.
func (x *redactor) mentions(s string, address bool) {
	for _, m := range mailPattern.FindAllString(s, -1) {
		x.mailbox(m)
	}
	for _, u := range urlPattern.FindAllString(s, -1) {
		if parsed, err := url.Parse(u); err == nil && parsed.Hostname() != "" {
			x.addressOrHost(parsed.Hostname())
		}
	}
	for _, d := range slices.Clone(x.domains) {
		for _, h := range hostsBelow(s, d) {
			x.host(h)
		}
	}
	if address {
		x.addressOrHost(s)
	}
	for _, a := range addressesIn(s) {
		x.address(a)
	}
}

// addressOrHost enters what is written where an address or a host name is
// expected; anything else is left alone.
func (x *redactor) addressOrHost(s string) {
	if _, err := netip.ParseAddr(s); err == nil {
		x.address(s)
		return
	}
	if hostPattern.MatchString(s) {
		x.host(s)
	}
}

// hostsBelow finds host names below a domain.
func hostsBelow(s, domain string) []string {
	var out []string
	lower := strings.ToLower(s)
	for at := 0; ; {
		i := strings.Index(lower[at:], "."+domain)
		if i < 0 {
			return out
		}
		end := at + i
		begin := end
		for begin > 0 && nameByte(lower[begin-1]) {
			begin--
		}
		if h := strings.Trim(lower[begin:end], ".-"); h != "" {
			out = append(out, h+"."+domain)
		}
		at = end + 1 + len(domain)
	}
}

// addressesIn finds IP addresses; builds of Exchange only look like ones.
func addressesIn(s string) []string {
	var out []string
	for _, span := range ip4Pattern.FindAllStringIndex(s, -1) {
		a := s[span[0]:span[1]]
		if _, err := netip.ParseAddr(a); err == nil && boundary(s, span[0], span[1]) && !buildPattern.MatchString(a) {
			out = append(out, a)
		}
	}
	for _, a := range ip6Pattern.FindAllString(s, -1) {
		if _, err := netip.ParseAddr(a); err == nil && a != "::" {
			out = append(out, a)
		}
	}
	return out
}

// compile orders the names, longest first, and builds the pattern that finds
// where any of them begins.
func (x *redactor) compile() {
	x.longest = slices.Collect(maps.Keys(x.names))
	slices.SortFunc(x.longest, func(a, b string) int { return cmp.Or(cmp.Compare(len(b), len(a)), strings.Compare(a, b)) })
	quoted := make([]string, len(x.longest))
	for i, k := range x.longest {
		quoted[i] = regexp.QuoteMeta(k)
	}
	if len(quoted) > 0 {
		x.pattern = regexp.MustCompile(`(?i)(?:` + strings.Join(quoted, "|") + `)`)
	}
}

// text replaces every name that stands as a word of its own.
func (x *redactor) text(s string) string {
	if s == "" || x.pattern == nil {
		return s
	}
	var b strings.Builder
	at := 0
	for at < len(s) {
		span := x.pattern.FindStringIndex(s[at:])
		if span == nil {
			break
		}
		begin := at + span[0]
		name := x.nameAt(s, begin)
		if name == "" {
			_, size := utf8.DecodeRuneInString(s[begin:])
			b.WriteString(s[at : begin+size])
			at = begin + size
			continue
		}
		b.WriteString(s[at:begin] + x.names[name])
		at = begin + len(name)
	}
	b.WriteString(s[at:])
	return x.rest(b.String())
}

// nameAt returns the longest name that stands as a word of its own at a place.
func (x *redactor) nameAt(s string, at int) string {
	for _, name := range x.longest {
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
	s = mailPattern.ReplaceAllStringFunc(s, func(m string) string {
		if strings.HasSuffix(m, ".example") {
			return m
		}
		return x.mailbox(m)
	})
	return ip4Pattern.ReplaceAllStringFunc(s, func(a string) string {
		if _, err := netip.ParseAddr(a); err != nil || buildPattern.MatchString(a) {
			return a
		}
		return x.address(a)
	})
}

// boundary tells whether a stretch of text is a word of its own, so that a
// short name does not tear longer words apart.
func boundary(s string, begin, end int) bool {
	before, _ := utf8.DecodeLastRuneInString(s[:begin])
	after, _ := utf8.DecodeRuneInString(s[end:])
	return (begin == 0 || !wordy(before)) && (end == len(s) || !wordy(after))
}

func nameByte(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '-' || c == '.' || c == '_'
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
