package migration

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
)

// Known is what the validation must be told from outside.
type Known struct {
	Releases []string // names of the releases table, e.g. "2013 CU23"; empty: any is taken
}

// Validate lists everything that is wrong with a migration in memory. The
// problems carry keys, and neither file nor line.
func Validate(m *Migration, known Known) []Problem {
	v := &validator{m: m, known: known}
	v.all()
	return v.list
}

// validator gathers problems. Keys that could not be decoded are broken: what
// is missing there is already told, and rules that look across keys rest.
type validator struct {
	m      *Migration
	known  Known
	list   []Problem
	broken []string
}

func (v *validator) all() {
	v.format()
	v.organization()
	v.target()
	v.namespace()
	v.features()
	v.change()
	v.network()
	v.sites()
	v.servers()
	v.names()
	v.addresses()
	v.topology()
	v.dags()
	v.probes()
}

// say records a problem unless its key is known to be broken.
func (v *validator) say(key, expected, format string, args ...any) {
	v.put(Problem{Key: key, Expected: expected, Message: fmt.Sprintf(format, showing(args)...)})
}

func (v *validator) put(p Problem) {
	for _, b := range v.broken {
		if within(p.Key, b) {
			return
		}
	}
	v.list = append(v.list, p)
}

// sound tells whether all that stands below the keys could be decoded.
func (v *validator) sound(keys ...string) bool {
	for _, k := range keys {
		for _, b := range v.broken {
			if within(b, k) || within(k, b) {
				return false
			}
		}
	}
	return true
}

// within tells whether key is parent or something below it.
func within(key, parent string) bool {
	if parent == "" {
		return true
	}
	rest, ok := strings.CutPrefix(key, parent)
	return ok && (rest == "" || rest[0] == '.' || rest[0] == '[')
}

// must applies a rule to a required value.
func (v *validator) must(key, value string, rule func(string) error) {
	if value == "" {
		var bad *Invalid
		expected := ""
		if errors.As(rule(""), &bad) {
			expected = bad.Expected
		}
		v.say(key, expected, "is required and missing")
		return
	}
	v.refuse(key, rule(value))
}

// may applies a rule to a value that may be left out.
func (v *validator) may(key, value string, rule func(string) error) {
	if value != "" {
		v.refuse(key, rule(value))
	}
}

func (v *validator) refuse(key string, err error) {
	var bad *Invalid
	switch {
	case err == nil:
	case errors.As(err, &bad):
		v.put(Problem{Key: key, Message: bad.Reason, Expected: bad.Expected})
	default:
		v.put(Problem{Key: key, Message: err.Error()})
	}
}

// choice checks a required word against the known ones.
func (v *validator) choice(key, value string, known []string) bool {
	for _, k := range known {
		if value == k {
			return true
		}
	}
	if value == "" {
		v.say(key, oneOf(quoted(known)), "is required and missing")
		return false
	}
	v.put(Problem{Key: key, Message: fmt.Sprintf("%q is not known", value), Expected: oneOf(quoted(known)), Nearest: nearest(value, known)})
	return false
}

// each applies a rule to a list and refuses repetitions.
func (v *validator) each(key string, values []string, rule func(string) error) {
	seen := map[string]bool{}
	for i, s := range values {
		at := element(key, i)
		v.refuse(at, rule(s))
		if low := strings.ToLower(s); seen[low] {
			v.say(at, "", "%q stands in the list twice", s)
		} else {
			seen[low] = true
		}
	}
}

func element(key string, i int) string { return key + "[" + strconv.Itoa(i+1) + "]" }

func (v *validator) format() {
	switch f := v.m.Format; {
	case f == 1:
	case f > 1:
		v.say("format", "format = 1, or a newer coexist", "the file has format %d, written by a newer coexist; this one reads format 1", f)
	case f == 0:
		v.say("format", "format = 1", "is required and missing")
	default:
		v.say("format", "format = 1", "%d is no format", f)
	}
}

func (v *validator) organization() {
	o := v.m.Organization
	v.must("organization.name", o.Name, ValidateOrganizationName)
	v.choice("organization.source", o.Source, []string{Source2007, Source2010, Mixed})
	v.must("organization.forest", o.Forest, ValidateDomain)
	v.domains("organization.domains", o.Domains)
	v.domains("organization.mail_domains", o.MailDomains)
}

func (v *validator) domains(key string, list []string) {
	if len(list) == 0 {
		v.say(key, `at least one DNS domain, such as ["contoso.com"]`, "is required and missing")
	}
	v.each(key, list, ValidateDomain)
}

func (v *validator) target() {
	t := v.m.Target
	var releases []string
	for _, r := range v.known.Releases {
		if strings.HasPrefix(r, version2013+" ") {
			releases = append(releases, r)
		}
	}
	if len(releases) > 0 {
		v.choice("target.release", t.Release, releases)
	} else {
		v.must("target.release", t.Release, release)
	}
	v.must("target.media", t.Media, ValidatePath)
}

func release(s string) error {
	const expected = `a release of Exchange 2013, such as "2013 CU23"`
	if !strings.HasPrefix(s, version2013+" ") {
		return invalid(expected, "%q is no release of Exchange 2013", s)
	}
	return commandSafe(s, expected)
}

func (v *validator) namespace() {
	n, source := v.m.Namespace, v.m.Organization.Source
	v.must("namespace.primary", n.Primary, ValidateHost)
	v.must("namespace.autodiscover", n.Autodiscover, ValidateHost)
	v.legacy("namespace.legacy", n.Legacy, n.Primary)
	v.rpc("namespace.rpc", n.RPC)
	if source == Source2007 || source == Mixed {
		if n.Legacy == "" {
			v.say("namespace.legacy", `a host name of its own, such as "legacy.contoso.com"`,
				"is required and missing: mailboxes on Exchange 2007 are redirected to this name")
		} else if same(n.Legacy, n.Autodiscover) {
			v.say("namespace.legacy", "a host name of its own", "%q is the autodiscover name too: that name moves to Exchange 2013", n.Legacy)
		}
	}
}

func (v *validator) legacy(key, name, primary string) {
	v.may(key, name, ValidateHost)
	switch {
	case name == "":
	case v.m.Organization.Source == Source2010:
		v.say(key, "no such key", "an organisation without Exchange 2007 has no legacy name: Exchange 2010 is reached through Exchange 2013")
	case same(name, primary):
		v.say(key, "a host name of its own", "%q is the primary name too: that name moves to Exchange 2013, this one stays with Exchange 2007", name)
	}
}

func (v *validator) rpc(key, name string) {
	v.may(key, name, ValidateHost)
	if name != "" && v.m.Organization.Source == Source2007 {
		v.say(key, "no such key", "Exchange 2007 has no Client Access array")
	}
}

func (v *validator) features() {
	f := v.m.Features
	if f.UMTLS && !f.UnifiedMessaging {
		v.say("features.um_tls", "unified_messaging = true beside it", "is true without Unified Messaging")
	}
	if !v.sound("site") {
		return
	}
	edge := 0
	for i, site := range v.m.Sites {
		for j, s := range site.Servers {
			if !s.Has(EdgeTransport) {
				continue
			}
			edge++
			if !f.EdgeTransport {
				v.say(serverKey(i, j)+".roles", "edge_transport = true in [features]", "%s is an Edge Transport server, but features.edge_transport is not true", s.Name)
			}
		}
	}
	if f.EdgeTransport && edge == 0 {
		v.say("features.edge_transport", `a server with roles = ["edge-transport"], or false`, "is true, but no server is an Edge Transport server")
	}
}

func (v *validator) change() {
	c := v.m.Change
	if c == nil {
		return
	}
	text := func(s string) error { return validateText(s, expectText) }
	v.may("change.number", c.Number, text)
	v.may("change.approver", c.Approver, text)
	for i, s := range c.Contacts {
		v.refuse(element("change.contacts", i), text(s))
	}
	const both = "both window_start and window_end, or neither"
	switch start, end := c.WindowStart, c.WindowEnd; {
	case start.IsZero() && !end.IsZero():
		v.say("change.window_start", both, "is missing beside window_end")
	case !start.IsZero() && end.IsZero():
		v.say("change.window_end", both, "is missing beside window_start")
	case !start.IsZero() && !end.After(start):
		v.say("change.window_end", "a time after window_start", "the window ends at %s, not after its start at %s",
			end.Format(timeLayout), start.Format(timeLayout))
	}
}

const timeLayout = "2006-01-02T15:04:05.999999999Z07:00"

func (v *validator) network() {
	n := v.m.Network
	v.may("network.internal_resolver", n.InternalResolver, resolver)
	v.may("network.external_resolver", n.ExternalResolver, resolver)
	v.each("network.domain_controllers", n.DomainControllers, ValidateHost)
	v.may("network.proxy", n.Proxy, proxy)
	v.each("network.trust", n.Trust, func(s string) error {
		return validateText(s, `the path of a PEM file, such as "contoso-ca.pem"`)
	})
}

func resolver(s string) error {
	const expected = `the address of a DNS server, such as "10.0.0.53" or "10.0.0.53:5353"`
	if a, err := netip.ParseAddrPort(s); err == nil && a.Port() > 0 {
		s = a.Addr().String()
	}
	if err := ValidateAddress(s); err != nil {
		return invalid(expected, "%s", err.(*Invalid).Reason)
	}
	return nil
}

func proxy(s string) error {
	const expected = `the URL of an HTTP proxy without credentials, such as "http://proxy.contoso.com:8080"`
	if err := commandSafe(s, expected); err != nil {
		return err
	}
	u, err := url.Parse(s)
	switch {
	case err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Hostname() == "":
		return invalid(expected, "%q is no URL of an HTTP proxy", s)
	case u.User != nil:
		return invalid(expected, "the proxy's URL holds credentials, which are never stored")
	case u.Path != "" && u.Path != "/" || u.RawQuery != "" || u.Fragment != "":
		return invalid(expected, "%q holds more than a host and a port", s)
	}
	return nil
}
