package checks

import (
	"context"
	"fmt"
	"net/netip"
	"time"
)

// tlsKind looks at certificates and protocols.
var tlsKind = Kind{
	Name: "tls",
	Doc: "Fetches the certificate of every address of a host and judges its names, dates, issuer and key. Further handshakes try each protocol " +
		"from TLS 1.0 to 1.3 by itself, ask for something better where an old cipher or key exchange was agreed to, and, outside of STARTTLS, give " +
		"no name and then one that no server has, to find a second certificate and a device that makes certificates up on the way. Where a server " +
		"breaks a handshake off, older greetings follow. No secret is sent on these connections. Trust is that of this computer and of the roots " +
		"given for the run. SSL 3.0 and older cannot be spoken; whether phones trust the issuer cannot be seen from here.",
	Source: FromProbe,
	Budget: 40 * time.Second,
	Params: []Param{
		hostParam, portParam("443, or that of starttls"), addressParam,
		{Name: "names", Type: ListParam, Doc: "names that the certificate must cover; default: host"},
		{Name: "starttls", Type: TextParam, Choices: []string{"smtp", "imap", "pop", "ldap"}, Doc: "speak this protocol first and upgrade"},
		{Name: "min_days", Type: IntParam, Doc: "warn when fewer days are left; default 30"},
		{Name: "allow_untrusted", Type: BoolParam, Doc: "true: the issuer need not be trusted (servers' own certificates)"},
	},
	Rows: []Field{
		{"address", "IP address"},
		{"subject", "subject"},
		{"issuer", "issuer"},
		{"names", "names that the certificate is for"},
		{"not_before", "valid from (RFC 3339)"},
		{"not_after", "valid until (RFC 3339)"},
		{"thumbprint", "SHA-1 in upper-case hex, as Exchange shows it"},
		{"sha256", "SHA-256 in lower-case hex"},
		{"protocol", "protocol negotiated, such as TLS 1.2"},
		{"protocols", "every protocol from TLS 1.0 to 1.3 that the server agrees to, each tried by itself"},
		{"trusted", "true or false"},
		{"missing", "required names that the certificate does not cover"},
		{"key", "kind and size of the key"},
		{"signature", "signature algorithm"},
		{"self_signed", "true or false"},
	},
	Validate:   validTLS,
	Identities: hostAndAddress,
	Observe:    observeTLS,
}

func validTLS(p Params) error {
	errs := []error{
		validTarget("host", p.String("host")),
		validOptional("address", p.String("address"), validTarget),
		validPort("port", p, 443),
	}
	for _, n := range p.Strings("names") {
		errs = append(errs, validTarget("names", n))
	}
	if d := p.Int("min_days", 30); d < 0 || d > 3650 {
		errs = append(errs, fmt.Errorf("min_days is %d; it must be 0 to 3650", d))
	}
	return allErrors(errs...)
}

var startTLSPorts = map[string]int{"": 443, "smtp": 25, "imap": 143, "pop": 110, "ldap": 389}

func observeTLS(ctx context.Context, env *Env, c Check) Finding {
	p := c.Params
	want := certificateRules{
		host: p.String("host"), names: p.Strings("names"), minDays: p.Int("min_days", 30),
		allowUntrusted: p.Bool("allow_untrusted"), outside: c.Vantage == Outside || env.Vantage == Outside,
	}
	if len(want.names) == 0 {
		if _, err := netip.ParseAddr(want.host); err != nil {
			want.names = []string{want.host}
		}
	}
	upgrade := p.String("starttls")
	f := perAddress(ctx, env, want.host, p.String("address"), p.Int("port", startTLSPorts[upgrade]), func(ctx context.Context, at endpoint) Finding {
		seen, t := inspect(ctx, env, at, upgrade)
		if t != nil {
			f := t.finding(at.where())
			f.Expected = "a TLS handshake"
			f.Transcript = []string{fmt.Sprintf("tls %s: %s", at, t.text)}
			return f
		}
		if len(seen.chain) > 0 {
			seen.matrix.look(ctx, env, at, upgrade, seen)
		}
		return judgeCertificate(ctx, env, at, seen, want)
	})
	return alikeEverywhere(f)
}

// alikeEverywhere warns when the members behind one name carry different
// certificates.
func alikeEverywhere(f Finding) Finding {
	seen := map[string]bool{}
	var said []string
	for _, r := range f.Rows {
		print, _ := r.Get("thumbprint")
		if print == "" || seen[print] {
			continue
		}
		seen[print] = true
		addr, _ := r.Get("address")
		said = append(said, addr+" "+print)
	}
	if len(seen) < 2 {
		return f
	}
	w := warned("tls.members_differ", "the addresses of this name carry %d different certificates", len(seen))
	w.Expected, w.Found = "one certificate", joinClipped(said, 8)
	return merge([]Finding{f, w})
}
