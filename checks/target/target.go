// Package target turns what an engineer types after `coexist probe KIND` into
// a check.
package target

import (
	"fmt"
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"coexist/checks"
)

// Options are the flags of `coexist probe`; a kind refuses those that mean
// nothing to it.
type Options struct {
	Types         []string // dns
	StartTLS      string   // tls
	Role          string   // http
	IP            string   // connect here, keep the name
	Names         []string // names that the certificate must cover
	Query         []string // ldap
	Account       string   // the mailbox or account to sign in as
	RangeUpper    int      // ldap schema: smallest wanted version
	OrgVersion    int
	DomainVersion int
	Timeout       time.Duration
}

// defaultPorts are the ports of kinds whose target may leave it out.
var defaultPorts = map[string]int{"tls": 443, "smtp": 25, "imap": 143, "pop": 110, "ldap": 389}

// Checks returns the checks that a kind and target stand for; several where a
// flag lists several record types or queries.
func Checks(kind, target string, o Options) ([]checks.Check, error) {
	if strings.ContainsAny(target, "\n\r\t\x00\x1b ") || target == "" {
		return nil, fmt.Errorf("%q is no target: expected a name, an address or a URL without blanks", target)
	}
	build, ok := builders[kind]
	if !ok {
		return nil, fmt.Errorf("unknown kind %q: expected one of %s", kind, strings.Join(Kinds(), ", "))
	}
	if err := o.Meant(kind); err != nil {
		return nil, err
	}
	list, err := build(target, o)
	if err != nil {
		return nil, err
	}
	for i := range list {
		c := &list[i]
		if c.ID == "" {
			c.ID = kind + "/" + target
		}
		c.Task, c.Target, c.Timeout = "probe", target, o.Timeout
		if o.IP != "" {
			if net.ParseIP(o.IP) == nil {
				return nil, fmt.Errorf("--ip %s: expected an IP address", o.IP)
			}
			c.Params["address"] = o.IP
		}
		k := checks.KindNamed(c.Kind)
		if k == nil {
			return nil, fmt.Errorf("kind %q is not built in", c.Kind)
		}
		if err := checks.ValidateParams(k, c.Params, false); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// Meant refuses flags that a kind does not take: what a flag asked for and the
// probe left out would look as if it had been tested.
func (o Options) Meant(kind string) error {
	for _, f := range []struct {
		flag  string
		given bool
		kinds []string
	}{
		{"type", len(o.Types) > 0, []string{"dns"}},
		{"starttls", o.StartTLS != "", []string{"tls"}},
		{"name", len(o.Names) > 0, []string{"tls"}},
		{"role", o.Role != "", []string{"http"}},
		{"query", len(o.Query) > 0, []string{"ldap"}},
		{"release", o.RangeUpper+o.OrgVersion+o.DomainVersion > 0, []string{"ldap"}},
		{"user", o.Account != "", []string{"http", "autodiscover", "owaform", "rpch", "imap", "pop", "ldap"}},
		{"ip", o.IP != "", []string{"tcp", "tls", "http", "version", "autodiscover", "owaform", "rpch", "smtp", "imap", "pop"}},
	} {
		if f.given && !slices.Contains(f.kinds, kind) {
			return fmt.Errorf("--%s means nothing to kind %s: it is for %s", f.flag, kind, strings.Join(f.kinds, ", "))
		}
	}
	if o.Timeout < 0 {
		return fmt.Errorf("--timeout %s: expected a time such as 30s", o.Timeout)
	}
	return nil
}

// Kinds lists what may stand after `coexist probe`.
func Kinds() []string {
	return []string{"dns", "tcp", "tls", "http", "version", "autodiscover", "owaform", "rpch", "smtp", "imap", "pop", "ldap"}
}

var builders = map[string]func(string, Options) ([]checks.Check, error){
	"dns":          dns,
	"tcp":          tcp,
	"tls":          tls,
	"http":         http,
	"version":      host("version", "host"),
	"autodiscover": autodiscover,
	"owaform":      owaform,
	"rpch":         rpch,
	"smtp":         smtp,
	"imap":         mailbox("imap"),
	"pop":          mailbox("pop"),
	"ldap":         ldap,
}

// Hosts lists the hosts that a target names: those that a password may go to.
func Hosts(target string) []string {
	if u, err := url.Parse(target); err == nil && u.Host != "" {
		return []string{u.Hostname()}
	}
	if _, domain, ok := strings.Cut(target, "@"); ok {
		return []string{domain, "autodiscover." + domain}
	}
	if h, _, err := hostPort(target, 1); err == nil {
		return []string{h}
	}
	return nil
}

func one(kind string, p checks.Params) []checks.Check { return []checks.Check{{Kind: kind, Params: p}} }

func dns(target string, o Options) ([]checks.Check, error) {
	types := o.Types
	if len(types) == 0 {
		types = []string{"A"}
	}
	var list []checks.Check
	for _, t := range types {
		t = strings.ToUpper(strings.TrimSpace(t))
		list = append(list, checks.Check{ID: "dns/" + target + "/" + t, Kind: "dns", Params: checks.Params{"name": target, "type": t, "resolver": "all"}})
	}
	return list, nil
}

func tcp(target string, o Options) ([]checks.Check, error) {
	h, port, err := hostPort(target, 0)
	if err != nil {
		return nil, err
	}
	return one("tcp", checks.Params{"host": h, "port": port}), nil
}

func tls(target string, o Options) ([]checks.Check, error) {
	def := 443
	switch o.StartTLS {
	case "smtp":
		def = 25
	case "imap", "pop", "ldap":
		def = defaultPorts[o.StartTLS]
	case "":
	default:
		return nil, fmt.Errorf("--starttls %s: expected smtp, imap, pop or ldap", o.StartTLS)
	}
	h, port, err := hostPort(target, def)
	if err != nil {
		return nil, err
	}
	p := checks.Params{"host": h, "port": port}
	if o.StartTLS != "" {
		p["starttls"] = o.StartTLS
	}
	if len(o.Names) > 0 {
		p["names"] = anyList(o.Names)
	}
	return one("tls", p), nil
}

func http(target string, o Options) ([]checks.Check, error) {
	u, err := url.Parse(target)
	if err != nil || u.Host == "" || (u.Scheme != "https" && u.Scheme != "http") || u.User != nil {
		return nil, fmt.Errorf("%q is no URL: expected https://HOST/PATH without a user name in it", target)
	}
	p := checks.Params{"url": target}
	if o.Role != "" {
		p["role"] = o.Role
	}
	if o.Account != "" {
		p["account"] = o.Account
	}
	return one("http", p), nil
}

func host(kind, param string) func(string, Options) ([]checks.Check, error) {
	return func(target string, o Options) ([]checks.Check, error) {
		h, port, err := hostPort(target, 443)
		if err != nil {
			return nil, err
		}
		return one(kind, checks.Params{param: h, "port": port}), nil
	}
}

func autodiscover(target string, o Options) ([]checks.Check, error) {
	if at := strings.Index(target, "@"); at < 1 || at == len(target)-1 || strings.Count(target, "@") != 1 {
		return nil, fmt.Errorf("%q is no mail address: expected name@domain", target)
	}
	return one("autodiscover", checks.Params{"mailbox": target, "mode": "walk"}), nil
}

func owaform(target string, o Options) ([]checks.Check, error) {
	h, err := hostOn443(target)
	if err != nil {
		return nil, err
	}
	if o.Account == "" {
		return nil, fmt.Errorf("owaform signs in: name the account with --user")
	}
	return one("owaform", checks.Params{"host": h, "mailbox": o.Account}), nil
}

func rpch(target string, o Options) ([]checks.Check, error) {
	h, err := hostOn443(target)
	if err != nil {
		return nil, err
	}
	p := checks.Params{"host": h}
	if o.Account != "" {
		p["mailbox"] = o.Account
	}
	return one("rpch", p), nil
}

func smtp(target string, o Options) ([]checks.Check, error) {
	h, port, err := hostPort(target, 25)
	if err != nil {
		return nil, err
	}
	return one("smtp", checks.Params{"host": h, "port": port}), nil
}

func mailbox(proto string) func(string, Options) ([]checks.Check, error) {
	return func(target string, o Options) ([]checks.Check, error) {
		h, port, err := hostPort(target, defaultPorts[proto])
		if err != nil {
			return nil, err
		}
		p := checks.Params{"proto": proto, "host": h, "port": port, "tls": "starttls"}
		if port == 993 || port == 995 {
			p["tls"] = "implicit"
		}
		if o.Account != "" {
			p["account"] = o.Account
		}
		return one("mailbox", p), nil
	}
}

func ldap(target string, o Options) ([]checks.Check, error) {
	h, port, err := hostPort(target, 389)
	if err != nil {
		return nil, err
	}
	queries := o.Query
	if len(queries) == 0 {
		queries = []string{"rootdse", "schema"}
	}
	var list []checks.Check
	for _, q := range queries {
		q = strings.TrimSpace(q)
		p := checks.Params{"query": q, "targets": []any{h}}
		if h != strings.Trim(target, "[]") { // a port was named: none other is asked
			p["port"] = port
		}
		if o.Account != "" {
			p["account"] = o.Account
		}
		c := checks.Check{ID: "ldap/" + target + "/" + q, Kind: "ldap", Params: p}
		if want, property := wanted(q, o); want > 0 {
			c.Expect = []checks.Expectation{{Property: property, Op: "at_least", Value: strconv.Itoa(want)}}
		}
		list = append(list, c)
	}
	return list, nil
}

// wanted is the smallest directory version that a release asks for in a query.
func wanted(query string, o Options) (int, string) {
	switch query {
	case "schema":
		return o.RangeUpper, "range_upper"
	case "organization":
		return o.OrgVersion, "object_version"
	case "domain":
		return o.DomainVersion, "object_version"
	}
	return 0, ""
}

// hostOn443 takes a target whose clients know no other port.
func hostOn443(target string) (string, error) {
	h, port, err := hostPort(target, 443)
	if err == nil && port != 443 {
		err = fmt.Errorf("%q: clients use port 443 alone: expected HOST", target)
	}
	return h, err
}

// hostPort takes HOST or HOST:PORT apart; without a port it returns def, and
// refuses when def is 0.
func hostPort(target string, def int) (string, int, error) {
	if strings.Contains(target, "://") {
		return "", 0, fmt.Errorf("%q is a URL: expected HOST or HOST:PORT", target)
	}
	h, p, err := net.SplitHostPort(target)
	if err != nil {
		if def == 0 {
			return "", 0, fmt.Errorf("%q names no port: expected HOST:PORT", target)
		}
		return strings.Trim(target, "[]"), def, nil
	}
	port, err := strconv.Atoi(p)
	if err != nil || port < 1 || port > 65535 {
		return "", 0, fmt.Errorf("%q: port %q is not a number from 1 to 65535", target, p)
	}
	return h, port, nil
}

func anyList(texts []string) []any {
	out := make([]any, len(texts))
	for i, s := range texts {
		out[i] = s
	}
	return out
}
