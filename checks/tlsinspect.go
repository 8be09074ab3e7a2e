package checks

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"time"
)

// inspection is what a handshake that trusts nothing showed, and what the
// handshakes after it added.
type inspection struct {
	chain         []*x509.Certificate
	version       uint16
	suite         uint16
	clientCert    bool // the server asked for a client certificate
	refusedAfter  bool // it then refused the handshake without one
	serverDate    time.Time
	starttlsLines []string

	firstTry    string // why the usual greeting failed; empty: it did not
	nameRefused bool   // the server answers only when no name is given
	tries       int
	matrix      tlsMatrix
}

// hello is how a handshake greets. The zero value offers everything.
type hello struct {
	least, most uint16
	suites      []uint16 // nil: all that Go has
	name        string   // sent instead of the host's; see noName
	noName      bool
}

// inspect fetches a server's certificates. It accepts everything, so nothing
// secret may ever be sent on such a connection. A server that breaks off is
// greeted again as older clients do it: some choke on what they do not know,
// some sign their TLS 1.2 key exchange with SHA-1 alone.
func inspect(ctx context.Context, env *Env, at endpoint, upgrade string) (inspection, *trouble) {
	seen, t := inspectOnce(ctx, env, at, upgrade, hello{})
	seen.tries = 1
	if t == nil || !slices.Contains([]string{"tls.alert", "tls.closed", "tls.reset", "tls.bad_message"}, t.reason) {
		return seen, t
	}
	older := []hello{{most: tls.VersionTLS12}, {most: tls.VersionTLS11}, {most: tls.VersionTLS10}}
	if strings.Contains(t.text, "unrecognized name") {
		older = []hello{{noName: true}}
	}
	for i, h := range older {
		again, t2 := inspectOnce(ctx, env, at, upgrade, h)
		if t2 == nil {
			again.firstTry, again.nameRefused, again.tries = t.text, h.noName, 2+i
			return again, nil
		}
		if ctx.Err() != nil || strings.HasPrefix(t2.reason, "tcp.") || t2.reason == "tls.timeout" {
			break
		}
	}
	return seen, t
}

// inspectOnce connects and shakes hands with one greeting.
func inspectOnce(ctx context.Context, env *Env, at endpoint, upgrade string, h hello) (inspection, *trouble) {
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
	began := time.Now()
	secured := tls.Client(conn, h.config(at.host, &seen))
	shakeCtx, cancel := context.WithTimeout(ctx, share(ctx, 10*time.Second, 0.6))
	defer cancel()
	if err := secured.HandshakeContext(shakeCtx); err != nil {
		if len(seen.chain) > 0 && seen.clientCert {
			seen.refusedAfter = true
			return seen, nil
		}
		t := tlsTrouble(err)
		stage(ctx, "tls", began, &t, "")
		return seen, &t
	}
	stage(ctx, "tls", began, nil, "%s", handshakeText(seen.version, seen.suite, seen.chain))
	if upgrade == "" && at.port == 443 && outOfDate(env.now(), seen.chain) {
		seen.serverDate = dateOver(ctx, secured, at.host)
	}
	return seen, nil
}

// config is the greeting; what the handshake shows goes into seen.
func (h hello) config(host string, seen *inspection) *tls.Config {
	cfg := legacyConfig(host)
	cfg.MaxVersion = h.most
	if h.least != 0 {
		cfg.MinVersion = h.least
	}
	if h.suites != nil {
		cfg.CipherSuites = h.suites
	}
	if h.name != "" || h.noName {
		cfg.ServerName = h.name
	}
	cfg.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
		seen.clientCert = true
		return &tls.Certificate{}, nil
	}
	cfg.VerifyConnection = func(s tls.ConnectionState) error {
		seen.chain, seen.version, seen.suite = s.PeerCertificates, s.Version, s.CipherSuite
		return nil
	}
	return cfg
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
