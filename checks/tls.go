package checks

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"time"
)

// tlsKind looks at certificates and protocols.
var tlsKind = Kind{
	Name: "tls",
	Doc: "Fetches the certificate of every address of a host and judges its names, dates, issuer and key, and the protocol spoken. No secret " +
		"is sent on these connections. Trust is that of this computer and of the roots given for the run.",
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

// inspection is what a handshake that trusts nothing showed.
type inspection struct {
	chain         []*x509.Certificate
	version       uint16
	suite         uint16
	clientCert    bool // the server asked for a client certificate
	refusedAfter  bool // it then refused the handshake without one
	legacyRetry   bool // only worked with protocols up to TLS 1.1
	serverDate    time.Time
	starttlsLines []string
}

// inspect fetches a server's certificates. It accepts everything, so nothing
// secret may ever be sent on such a connection.
func inspect(ctx context.Context, env *Env, at endpoint, upgrade string) (inspection, *trouble) {
	seen, t := inspectOnce(ctx, env, at, upgrade, 0)
	if t != nil && t.reason == "tls.alert" && strings.Contains(t.text, "handshake failure") {
		// A server may sign its TLS 1.2 key exchange with SHA-1 alone.
		if again, t2 := inspectOnce(ctx, env, at, upgrade, tls.VersionTLS11); t2 == nil {
			again.legacyRetry = true
			return again, nil
		}
	}
	return seen, t
}

func inspectOnce(ctx context.Context, env *Env, at endpoint, upgrade string, most uint16) (inspection, *trouble) {
	var seen inspection
	conn, t := connect(ctx, env, at)
	if t != nil {
		return seen, t
	}
	defer conn.Close()
	if upgrade != "" {
		lines, t := startTLS(ctx, conn, upgrade)
		seen.starttlsLines = lines
		if t != nil {
			return seen, t
		}
	}
	cfg := legacyConfig(at.host)
	cfg.MaxVersion = most
	cfg.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
		seen.clientCert = true
		return &tls.Certificate{}, nil
	}
	cfg.VerifyConnection = func(s tls.ConnectionState) error {
		seen.chain, seen.version, seen.suite = s.PeerCertificates, s.Version, s.CipherSuite
		return nil
	}
	secured := tls.Client(conn, cfg)
	shakeCtx, cancel := context.WithTimeout(ctx, share(ctx, 10*time.Second, 0.6))
	defer cancel()
	if err := secured.HandshakeContext(shakeCtx); err != nil {
		if len(seen.chain) > 0 && seen.clientCert {
			seen.refusedAfter = true
			return seen, nil
		}
		t := tlsTrouble(err)
		return seen, &t
	}
	if upgrade == "" && at.port == 443 && outOfDate(env.now(), seen.chain) {
		seen.serverDate = dateOver(ctx, secured, at.host)
	}
	return seen, nil
}

// legacyConfig speaks everything down to TLS 1.0 with every cipher Go has:
// Windows Server 2008 and 2008 R2 offer no more. It verifies nothing.
func legacyConfig(host string) *tls.Config {
	cfg := &tls.Config{InsecureSkipVerify: true, MinVersion: tls.VersionTLS10}
	for _, s := range tls.CipherSuites() {
		cfg.CipherSuites = append(cfg.CipherSuites, s.ID)
	}
	for _, s := range tls.InsecureCipherSuites() {
		cfg.CipherSuites = append(cfg.CipherSuites, s.ID)
	}
	if _, err := netip.ParseAddr(host); err != nil {
		cfg.ServerName = strings.TrimSuffix(host, ".")
	}
	return cfg
}

var errPinChanged = errors.New("the certificate is not the one that was inspected")

// securedConfig is for connections that carry a secret: it verifies the chain
// and the name, and refuses a certificate other than the inspected one.
func securedConfig(env *Env, host string, leaf *x509.Certificate) *tls.Config {
	cfg := legacyConfig(host)
	cfg.InsecureSkipVerify = false
	cfg.RootCAs = env.Roots
	cfg.Time = env.now
	cfg.ServerName = strings.TrimSuffix(host, ".")
	cfg.VerifyConnection = func(s tls.ConnectionState) error {
		if leaf != nil && (len(s.PeerCertificates) == 0 || !s.PeerCertificates[0].Equal(leaf)) {
			return errPinChanged
		}
		return nil
	}
	return cfg
}

func outOfDate(now time.Time, chain []*x509.Certificate) bool {
	return len(chain) > 0 && (now.After(chain[0].NotAfter) || now.Before(chain[0].NotBefore))
}

// dateOver asks a web server for its clock, to tell a wrong clock here from a
// certificate that has run out.
func dateOver(ctx context.Context, conn net.Conn, host string) time.Time {
	conn.SetDeadline(time.Now().Add(share(ctx, 5*time.Second, 0.5)))
	fmt.Fprintf(conn, "HEAD / HTTP/1.0\r\nHost: %s\r\nConnection: close\r\n\r\n", host)
	r := newLineReader(conn)
	for range 60 {
		line, err := r.line()
		if err != nil || line == "" {
			break
		}
		if name, value, ok := strings.Cut(line, ":"); ok && strings.EqualFold(name, "Date") {
			at, _ := time.Parse(time.RFC1123, strings.TrimSpace(value))
			return at
		}
	}
	return time.Time{}
}

func protocolName(v uint16) string {
	if v == 0 {
		return "unknown"
	}
	return tls.VersionName(v)
}
