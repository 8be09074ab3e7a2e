package checks

import (
	"bytes"
	"context"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strings"
	"time"
)

// FieldSettings are what the migration says about reaching the organisation.
type FieldSettings struct {
	InternalResolver string     // IP or IP:port; empty: none
	ExternalResolver string     // IP or IP:port; empty: none
	Resolvers        []Resolver // further name servers: label, and IP or IP:port
	TrustPEM         [][]byte   // further roots: certificates in PEM, never keys
	TrustNames       []string   // the files that they were read from, for messages
	Loopback         bool
	OldTLS           bool   // see Env.OldTLS
	Proxy            string // http://host:port; empty: none
	Now              func() time.Time
	Timeout          time.Duration // longest single connection attempt; zero: 5 s
	Vantage          Vantage       // zero: Inside
	UserAgent        string
	Directory        Directory // the forest, and domain controllers to begin with
	Hosts            []string  // the organisation's hosts and names, which passwords may go to
}

// FieldEnv is the environment on the real network.
func FieldEnv(s FieldSettings) (*Env, error) {
	env := &Env{Now: s.Now, Vantage: s.Vantage, Loopback: s.Loopback, OldTLS: s.OldTLS, Proxy: s.Proxy, UserAgent: s.UserAgent,
		Directory: s.Directory, Logons: NewLogons(append(s.Hosts, s.Directory.Controllers...)...)}
	if env.Now == nil {
		env.Now = time.Now
	}
	if env.Vantage == "" {
		env.Vantage = Inside
	}
	dialer := net.Dialer{Timeout: s.Timeout}
	if dialer.Timeout <= 0 {
		dialer.Timeout = 5 * time.Second
	}
	env.Dial = dialer.DialContext
	env.Lookup = func(ctx context.Context, host string) ([]netip.Addr, error) {
		return net.DefaultResolver.LookupNetIP(ctx, "ip", host)
	}
	env.Records = systemRecords
	var problems []error
	for _, r := range []struct {
		addr, label string
		view        Vantage
	}{{s.InternalResolver, "internal", Inside}, {s.ExternalResolver, "external", Outside}} {
		if strings.TrimSpace(r.addr) == "" {
			continue
		}
		addr, err := resolverAddress(r.addr, s.Loopback)
		if err != nil {
			problems = append(problems, fmt.Errorf("%s_resolver: %w", r.label, err))
			continue
		}
		env.Resolvers = append(env.Resolvers, Resolver{Label: r.label, Addr: addr, View: r.view})
	}
	for _, r := range s.Resolvers {
		addr, err := resolverAddress(r.Addr, s.Loopback)
		if err != nil {
			problems = append(problems, fmt.Errorf("resolver %s: %w", r.Label, err))
			continue
		}
		env.Resolvers = append(env.Resolvers, Resolver{Label: r.Label, Addr: addr, View: r.View})
	}
	if s.Proxy != "" {
		problems = append(problems, validProxy(s.Proxy))
	}
	roots, err := trustedRoots(s.TrustPEM, s.TrustNames)
	env.Roots = roots
	problems = append(problems, err)
	if err := errors.Join(problems...); err != nil {
		return nil, err
	}
	return env, nil
}

// resolverAddress reads an IP address with an optional port.
func resolverAddress(s string, loopback bool) (string, error) {
	s = strings.TrimSpace(s)
	at, err := netip.ParseAddrPort(s)
	if err != nil {
		a, err := netip.ParseAddr(strings.TrimSuffix(strings.TrimPrefix(s, "["), "]"))
		if err != nil {
			return "", fmt.Errorf("%q is not the address of a name server; write an IP address such as 10.0.0.53, or [2001:db8::53]:53 with a port", clip(Escape(s), 80))
		}
		at = netip.AddrPortFrom(a, 53)
	}
	switch {
	case at.Port() == 0:
		return "", fmt.Errorf("%q has port 0", s)
	case at.Addr().IsLoopback() && !loopback:
		return "", fmt.Errorf("%q is this computer itself; that is allowed in laboratories only", s)
	case at.Addr().IsUnspecified() || at.Addr().IsMulticast():
		return "", fmt.Errorf("%q is no address of a name server", s)
	}
	return at.String(), nil
}

func validProxy(s string) error {
	u, err := url.Parse(s)
	switch {
	case err != nil || u.Scheme != "http" || u.Hostname() == "" || validTarget("proxy", u.Hostname()) != nil:
		return errors.New("proxy must be an address such as http://proxy.contoso.com:8080")
	case u.User != nil:
		return errors.New("proxy must not hold a user name")
	}
	return nil
}

// trustedRoots are the system's roots and the given ones; nil stands for the
// system's alone. Nothing but certificates is accepted: a file with a key in
// it is refused, as it has no business here.
func trustedRoots(files [][]byte, names []string) (*x509.CertPool, error) {
	if len(files) == 0 {
		return nil, nil
	}
	pool, err := x509.SystemCertPool()
	if err != nil || pool == nil {
		pool = x509.NewCertPool()
	}
	for i, data := range files {
		certs, err := certificatesIn(data)
		if err != nil {
			name := fmt.Sprintf("trust file %d", i+1)
			if i < len(names) {
				name = names[i]
			}
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		for _, c := range certs {
			pool.AddCert(c)
		}
	}
	return pool, nil
}

// certificatesIn reads PEM (or one DER certificate) that holds certificates
// and nothing else.
func certificatesIn(data []byte) ([]*x509.Certificate, error) {
	if len(data) > 4<<20 {
		return nil, errors.New("is larger than 4 MiB")
	}
	if bytes.Contains(data, []byte("PRIVATE KEY")) {
		return nil, errors.New("holds a private key; give a file with certificates alone, and treat that key as exposed")
	}
	if c, err := x509.ParseCertificate(data); err == nil {
		return []*x509.Certificate{c}, nil
	}
	var out []*x509.Certificate
	for rest := data; ; {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			break
		}
		if block.Type != "CERTIFICATE" {
			return nil, fmt.Errorf("holds a block of type %q; only certificates are wanted", clip(Escape(block.Type), 40))
		}
		c, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, errors.New("holds a certificate that cannot be read")
		}
		out = append(out, c)
	}
	if len(out) == 0 {
		return nil, errors.New("holds no certificate")
	}
	return out, nil
}

// systemRecords asks this computer's resolver.
func systemRecords(ctx context.Context, rtype, name string) ([]Record, error) {
	r := net.DefaultResolver
	one := func(v string, err error) ([]Record, error) {
		if err != nil {
			return nil, err
		}
		return []Record{{Value: v}}, nil
	}
	var out []Record
	switch rtype {
	case "CNAME":
		v, err := r.LookupCNAME(ctx, name)
		if err == nil && strings.EqualFold(plainName(v), plainName(name)) {
			return nil, nil // the name itself: no alias
		}
		return one(v, err)
	case "MX":
		list, err := r.LookupMX(ctx, name)
		for _, m := range list {
			out = append(out, Record{Value: m.Host, Preference: m.Pref})
		}
		return out, err
	case "SRV":
		_, list, err := r.LookupSRV(ctx, "", "", name)
		for _, s := range list {
			out = append(out, Record{Value: s.Target, Preference: s.Priority, Weight: s.Weight, Port: s.Port})
		}
		return out, err
	case "NS":
		list, err := r.LookupNS(ctx, name)
		for _, n := range list {
			out = append(out, Record{Value: n.Host})
		}
		return out, err
	}
	var list []string
	var err error
	switch rtype {
	case "TXT":
		list, err = r.LookupTXT(ctx, name)
	case "PTR":
		list, err = r.LookupAddr(ctx, name)
	default:
		return nil, errNoSystemRecords
	}
	for _, v := range list {
		out = append(out, Record{Value: v})
	}
	return out, err
}
