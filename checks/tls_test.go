package checks

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net"
	"strings"
	"sync"
	"testing"
	"time"
)

// ca issues certificates for the tests; making it once saves time.
type ca struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
	pool *x509.CertPool
}

var testCA = sync.OnceValue(func() *ca {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(err)
	}
	template := caTemplate("Test Root")
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		panic(err)
	}
	cert, _ := x509.ParseCertificate(der)
	pool := x509.NewCertPool()
	pool.AddCert(cert)
	return &ca{cert, key, pool}
})

func caTemplate(name string) *x509.Certificate {
	return &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: name},
		NotBefore: testNow.AddDate(-5, 0, 0), NotAfter: testNow.AddDate(10, 0, 0),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
}

// sub makes an intermediate authority below c.
func (c *ca) sub(t *testing.T, change func(*x509.Certificate)) *ca {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := caTemplate("Test Intermediate")
	if change != nil {
		change(template)
	}
	der, err := x509.CreateCertificate(rand.Reader, template, c.cert, &key.PublicKey, c.key)
	if err != nil {
		t.Fatal(err)
	}
	cert, _ := x509.ParseCertificate(der)
	return &ca{cert: cert, key: key}
}

// leaf issues a certificate for mail.example.com, changed as wanted; without
// an issuer it signs itself.
func leaf(t *testing.T, issuer *ca, key any, change func(*x509.Certificate), more ...*ca) tls.Certificate {
	t.Helper()
	if key == nil {
		k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		key = k
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: "mail.example.com"},
		NotBefore: testNow.AddDate(0, -1, 0), NotAfter: testNow.AddDate(1, 0, 0), DNSNames: []string{"mail.example.com"},
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageKeyEncipherment, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	if change != nil {
		change(template)
	}
	var public any
	switch k := key.(type) {
	case *rsa.PrivateKey:
		public = &k.PublicKey
	case *ecdsa.PrivateKey:
		public = &k.PublicKey
	}
	parent, signer := template, key
	if issuer != nil {
		parent, signer = issuer.cert, issuer.key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, public, signer)
	if err != nil {
		t.Fatal(err)
	}
	out := tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
	for _, m := range more {
		out.Certificate = append(out.Certificate, m.cert.Raw)
	}
	return out
}

func rsaKey(t *testing.T, bits int) *rsa.PrivateKey {
	t.Helper()
	k, err := rsa.GenerateKey(rand.Reader, bits)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// serveTLS answers TLS at 10.1.0.1:443 with a configuration.
func (w *world) serveTLS(address string, cfg *tls.Config) {
	w.serve(address, func(c net.Conn) {
		s := tls.Server(c, cfg)
		if s.Handshake() != nil {
			return
		}
		hold(s)
	})
}

func mailWorld(t *testing.T) *world {
	w := newWorld(t)
	w.env.Roots = testCA().pool
	w.name("mail.example.com", "10.1.0.1")
	return w
}

var tlsCheck = Check{Kind: "tls", Params: Params{"host": "mail.example.com"}}

func TestTLSCertificates(t *testing.T) {
	t.Parallel()
	root := testCA()
	small := rsaKey(t, 1024)
	middle := root.sub(t, nil)
	aia := func(c *x509.Certificate) { c.IssuingCertificateURL = []string{"http://ca.example.com/i.crt"} }
	stranger := testStranger(t)
	sans := func(names ...string) func(*x509.Certificate) {
		return func(c *x509.Certificate) { c.DNSNames = names }
	}
	for _, c := range []struct {
		name    string
		cert    tls.Certificate
		params  Params
		verdict Verdict
		reason  string
	}{
		{"good", leaf(t, root, nil, nil), nil, Pass, ""},
		{"good with intermediate", leaf(t, middle, nil, nil, middle), nil, Pass, ""},
		{"good RSA", leaf(t, root, rsaKey(t, 2048), nil), nil, Pass, ""},
		{"missing intermediate", leaf(t, middle, nil, aia), nil, Warn, "tls.chain_incomplete"},
		{"unknown issuer", leaf(t, stranger, nil, nil), nil, Warn, "tls.untrusted"},
		{"unknown issuer allowed", leaf(t, stranger, nil, nil), Params{"allow_untrusted": true}, Pass, ""},
		{"self-signed", leaf(t, nil, nil, nil), nil, Fail, "tls.self_signed"},
		{"self-signed allowed", leaf(t, nil, nil, nil), Params{"allow_untrusted": true}, Pass, ""},
		{"expired", leaf(t, root, nil, func(c *x509.Certificate) { c.NotAfter = testNow.AddDate(0, 0, -1) }), nil, Fail, "tls.expired"},
		{"not yet valid", leaf(t, root, nil, func(c *x509.Certificate) { c.NotBefore = testNow.AddDate(0, 0, 1) }), nil, Fail, "tls.not_yet_valid"},
		{"29 days left", leaf(t, root, nil, func(c *x509.Certificate) { c.NotAfter = testNow.AddDate(0, 0, 29) }), nil, Warn, "tls.expiring"},
		{"29 days are enough", leaf(t, root, nil, func(c *x509.Certificate) { c.NotAfter = testNow.AddDate(0, 0, 29) }), Params{"min_days": int64(20)}, Pass, ""},
		{"expired intermediate", expiredIntermediate(t, root), nil, Fail, "tls.chain_expired"},
		{"wrong name", leaf(t, root, nil, sans("www.example.com")), nil, Fail, "tls.name_missing"},
		{"one name missing", leaf(t, root, nil, nil), Params{"names": []any{"mail.example.com", "autodiscover.example.com"}}, Fail, "tls.name_missing"},
		{"names asked instead of host", leaf(t, root, nil, sans("legacy.example.com")), Params{"names": []any{"legacy.example.com"}}, Pass, ""},
		{"common name alone", leaf(t, root, nil, sans()), nil, Fail, "tls.cn_only"},
		{"wildcard", leaf(t, root, nil, sans("*.example.com")), nil, Pass, ""},
		{"wildcard too deep", leaf(t, root, nil, sans("*.com")), nil, Fail, "tls.name_missing"},
		{"wildcard for a deeper name", leaf(t, root, nil, sans("*.example.com")), Params{"names": []any{"a.mail.example.com"}}, Fail, "tls.name_missing"},
		{"hostile names", leaf(t, root, nil, sans("mail.example.com\x00.evil.net", "*", "*.*.com", "a\x1b[31m")), nil, Fail, "tls.name_missing"},
		{"five thousand names", leaf(t, root, nil, sans(thousands()...)), nil, Pass, ""},
		{"RSA 1024", leaf(t, root, small, nil), nil, Fail, "tls.weak_key"},
		{"client certificate", leaf(t, root, nil, func(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth} }), nil, Fail, "tls.not_for_servers"},
		{"no usage", leaf(t, root, nil, func(c *x509.Certificate) { c.ExtKeyUsage = nil }), nil, Warn, "tls.no_usage"},
		{"long chain", leaf(t, root, nil, nil, repeated(middle, 40)...), nil, Warn, "tls.long_chain"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := mailWorld(t)
			w.serveTLS("10.1.0.1:443", &tls.Config{Certificates: []tls.Certificate{c.cert}})
			check := tlsCheck
			check.Params = Params{"host": "mail.example.com"}
			for k, v := range c.params {
				check.Params[k] = v
			}
			r := w.run(check)
			expectResult(t, c.name, r, c.verdict, c.reason)
			if len(r.Rows) != 1 || len(r.Rows[0]["thumbprint"]) != 1 {
				t.Fatalf("the certificate must be shown whatever the verdict: %v", r.Rows)
			}
			for _, n := range r.Rows[0]["names"] {
				if strings.ContainsAny(Escape(n), "\x00\x1b\n") {
					t.Errorf("escaped name %q", Escape(n))
				}
			}
		})
	}
}

func testStranger(t *testing.T) *ca {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := caTemplate("Stranger")
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	cert, _ := x509.ParseCertificate(der)
	return &ca{cert: cert, key: key}
}

func expiredIntermediate(t *testing.T, root *ca) tls.Certificate {
	old := root.sub(t, func(c *x509.Certificate) { c.NotAfter = testNow.AddDate(0, 0, -1) })
	return leaf(t, old, nil, nil, old)
}

func thousands() []string {
	out := []string{"mail.example.com"}
	for i := range 5000 {
		out = append(out, fmt.Sprintf("host%d.example.com", i))
	}
	return out
}

func repeated(c *ca, n int) []*ca {
	out := make([]*ca, n)
	for i := range out {
		out[i] = c
	}
	return out
}

func TestTLSSHA1IsCalledByItsName(t *testing.T) {
	t.Parallel()
	// Go signs nothing with SHA-1 any more; the algorithm is written into the
	// certificate by hand. The signature need not verify for the verdict.
	cert := leaf(t, testCA(), rsaKey(t, 2048), nil)
	parsed, err := x509.ParseCertificate(cert.Certificate[0])
	if err != nil {
		t.Fatal(err)
	}
	parsed.SignatureAlgorithm = x509.SHA1WithRSA
	for _, outside := range []bool{false, true} {
		f := trustFinding([]*x509.Certificate{parsed}, x509.UnknownAuthorityError{Cert: parsed}, certificateRules{outside: outside})
		want := Warn
		if outside {
			want = Fail
		}
		if f.Verdict != want || f.Reason != "tls.sha1" {
			t.Errorf("outside %v: %s %s", outside, f.Verdict, f.Reason)
		}
	}
}

func TestTLSRow(t *testing.T) {
	t.Parallel()
	w := mailWorld(t)
	cert := leaf(t, testCA(), nil, nil)
	w.serveTLS("10.1.0.1:443", &tls.Config{Certificates: []tls.Certificate{cert}, MaxVersion: tls.VersionTLS12})
	check := tlsCheck
	check.Expect = []Expectation{
		{Property: "protocol", Op: "eq", Value: "TLS 1.2"}, {Property: "trusted", Op: "eq", Value: "true"},
		{Property: "names", Op: "contains", Value: "mail.example.com"}, {Property: "missing", Op: "empty"},
		{Property: "not_after", Op: "valid_for", Value: "300d"}, {Property: "thumbprint", Op: "matches", Value: "^[0-9A-F]{40}$"},
		{Property: "sha256", Op: "matches", Value: "^[0-9a-f]{64}$"}, {Property: "subject", Op: "has_text", Value: "mail.example.com"},
		{Property: "issuer", Op: "has_text", Value: "Test Root"}, {Property: "self_signed", Op: "eq", Value: "false"},
	}
	var kept []string
	w.env.Store = func(lines []string) (string, error) { kept = lines; return "x", nil }
	expectResult(t, "row", w.run(check), Pass, "")
	block, _ := pem.Decode([]byte(strings.Join(kept, "\n")))
	if block == nil || !bytes.Equal(block.Bytes, cert.Certificate[0]) {
		t.Error("the transcript must hold the certificate")
	}
}

func TestTLSHostilePeers(t *testing.T) {
	t.Parallel()
	alert := func(code byte) func(net.Conn) {
		return func(c net.Conn) {
			buf := make([]byte, 4096)
			c.Read(buf)
			c.Write([]byte{21, 3, 1, 0, 2, 2, code})
			hold(c)
		}
	}
	hello := func(then func(net.Conn)) func(net.Conn) {
		return func(c net.Conn) {
			buf := make([]byte, 4096)
			c.Read(buf)
			then(c)
		}
	}
	for _, c := range []struct {
		name    string
		peer    func(net.Conn)
		verdict Verdict
		reason  string
		text    string
	}{
		{"plain HTTP", func(c net.Conn) {
			io.WriteString(c, "HTTP/1.1 400 Bad Request\r\n\r\n")
			hold(c)
		}, Fail, "tls.not_tls", ""},
		{"closed at once", hello(func(net.Conn) {}), Fail, "tls.closed", ""},
		{"reset", hello(reset), Fail, "tls.reset", ""},
		{"protocol version", alert(70), Fail, "tls.alert", "protocol version"},
		{"handshake failure", alert(40), Fail, "tls.alert", "handshake failure"},
		{"unrecognized name", alert(112), Fail, "tls.alert", "unrecognized name"},
		{"internal error", alert(80), Fail, "tls.alert", "internal error"},
		{"silence", hold, Unknown, "tls.timeout", ""},
		{"endless small records", func(c net.Conn) {
			go hold(c)
			c.Write([]byte{22, 3, 3, 0, 4, 2, 0xff, 0xff, 0xff}) // a ServerHello of 16 MiB begins
			for {
				if _, err := c.Write([]byte{22, 3, 3, 0, 1, 0}); err != nil {
					return
				}
			}
		}, Fail, "tls.bad_message", ""},
		{"SSL 3.0", hello(func(c net.Conn) {
			body := append([]byte{3, 0}, make([]byte, 32)...)
			body = append(body, 0, 0, 5, 0)
			c.Write(append([]byte{22, 3, 0, 0, byte(len(body) + 4), 2, 0, 0, byte(len(body))}, body...))
			hold(c)
		}), Fail, "tls.no_common_version", ""},
		{"garbage certificate", nil, Fail, "tls.bad_certificate", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := mailWorld(t)
			if c.peer == nil {
				broken := leaf(t, testCA(), nil, nil)
				broken.Certificate = [][]byte{{0x30, 0x03, 1, 2, 3}}
				w.serveTLS("10.1.0.1:443", &tls.Config{Certificates: []tls.Certificate{broken}})
			} else {
				w.serve("10.1.0.1:443", c.peer)
			}
			check := tlsCheck
			check.Timeout = 1500 * time.Millisecond
			r := w.run(check)
			expectResult(t, c.name, r, c.verdict, c.reason)
			if !strings.Contains(r.Summary, c.text) {
				t.Errorf("summary %q does not tell %q", r.Summary, c.text)
			}
		})
	}
}

func TestTLSOldServersAreRead(t *testing.T) {
	t.Parallel()
	cert := leaf(t, testCA(), rsaKey(t, 2048), nil)
	for _, c := range []struct {
		name   string
		cfg    *tls.Config
		reason string
	}{
		{"TLS 1.0", &tls.Config{MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS10}, "tls.old_protocol"},
		{"TLS 1.1", &tls.Config{MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11}, "tls.old_protocol"},
		{"RSA key exchange", &tls.Config{MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS10, CipherSuites: []uint16{tls.TLS_RSA_WITH_AES_128_CBC_SHA}}, "tls.old_protocol"},
		{"3DES", &tls.Config{MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS12, CipherSuites: []uint16{tls.TLS_RSA_WITH_3DES_EDE_CBC_SHA}}, "tls.weak_cipher"},
		{"RC4", &tls.Config{MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS10, CipherSuites: []uint16{tls.TLS_RSA_WITH_RC4_128_SHA}}, "tls.weak_cipher"},
	} {
		w := mailWorld(t)
		c.cfg.Certificates = []tls.Certificate{cert}
		w.serveTLS("10.1.0.1:443", c.cfg)
		expectResult(t, c.name, w.run(tlsCheck), Warn, c.reason)
	}
}

func TestTLSClientCertificates(t *testing.T) {
	t.Parallel()
	for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		for mode, said := range map[tls.ClientAuthType]string{tls.RequestClientCert: "asked for", tls.RequireAnyClientCert: "required"} {
			w := mailWorld(t)
			w.serveTLS("10.1.0.1:443", &tls.Config{Certificates: []tls.Certificate{leaf(t, testCA(), nil, nil)}, ClientAuth: mode, MaxVersion: version})
			r := w.run(tlsCheck)
			expectResult(t, tls.VersionName(version)+" "+said, r, Pass, "")
			if got := r.Evidence["client_certificate"]; got != said && !(version == tls.VersionTLS13 && got == "asked for") {
				t.Errorf("%s: client certificate %q, want %q", tls.VersionName(version), got, said)
			}
		}
	}
}

func TestTLSAddressesAndMembers(t *testing.T) {
	t.Parallel()
	w := mailWorld(t)
	w.name("mail.example.com", "10.1.0.2")
	one := leaf(t, testCA(), nil, nil)
	w.serveTLS("10.1.0.1:443", &tls.Config{Certificates: []tls.Certificate{one}})
	expectResult(t, "one dead", w.run(tlsCheck), Warn, "tcp.partial")
	w.serveTLS("10.1.0.2:443", &tls.Config{Certificates: []tls.Certificate{leaf(t, testCA(), nil, nil)}})
	r := w.run(tlsCheck)
	expectResult(t, "members differ", r, Warn, "tls.members_differ")
	if len(r.Rows) != 2 {
		t.Errorf("%d rows", len(r.Rows))
	}
	w.serveTLS("10.1.0.3:443", &tls.Config{Certificates: []tls.Certificate{one}})
	check := Check{Kind: "tls", Params: Params{"host": "mail.example.com", "address": "10.1.0.3"}}
	expectResult(t, "before the switch", w.run(check), Pass, "")
	bare := Check{Kind: "tls", Params: Params{"host": "10.1.0.3"}}
	expectResult(t, "by address no name is required", w.run(bare), Pass, "")
}

func TestTLSWrongClockIsBlamedFirst(t *testing.T) {
	t.Parallel()
	w := mailWorld(t)
	cert := leaf(t, testCA(), nil, nil)
	w.serve("10.1.0.1:443", func(c net.Conn) {
		s := tls.Server(c, &tls.Config{Certificates: []tls.Certificate{cert}})
		buf := make([]byte, 1024)
		s.Read(buf)
		fmt.Fprintf(s, "HTTP/1.1 200 OK\r\nDate: %s\r\n\r\n", testNow.Format("Mon, 02 Jan 2006 15:04:05 GMT"))
	})
	w.env.Now = func() time.Time { return testNow.AddDate(2, 0, 0) }
	expectResult(t, "clock", w.run(tlsCheck), Warn, "clock.skew")
}

func TestSTARTTLS(t *testing.T) {
	t.Parallel()
	cert := leaf(t, testCA(), nil, nil)
	// talk plays a dialogue: lines to send, "?" to await a line, "TLS" to begin.
	talk := func(steps ...string) func(net.Conn) {
		return func(c net.Conn) {
			in := newLineReader(c)
			for _, s := range steps {
				switch s {
				case "?":
					if _, err := in.line(); err != nil {
						return
					}
				case "TLS":
					tc := tls.Server(c, &tls.Config{Certificates: []tls.Certificate{cert}})
					if tc.Handshake() == nil {
						hold(tc)
					}
					return
				default:
					io.WriteString(c, s)
				}
			}
			hold(c)
		}
	}
	ldapOK := "\x30\x0c\x02\x01\x01\x78\x07\x0a\x01\x00\x04\x00\x04\x00"
	ldapNo := "\x30\x0c\x02\x01\x01\x78\x07\x0a\x01\x02\x04\x00\x04\x00"
	ldapPeer := func(answer string, upgrade bool) func(net.Conn) {
		return func(c net.Conn) {
			if _, err := readBER(c, 4096); err != nil {
				return
			}
			io.WriteString(c, answer)
			if upgrade {
				talk("TLS")(c)
				return
			}
			hold(c)
		}
	}
	const ehlo = "250-ex.example.com Hello\r\n250-SIZE\r\n250 STARTTLS\r\n"
	for _, c := range []struct {
		name, proto string
		peer        func(net.Conn)
		verdict     Verdict
		reason      string
	}{
		{"smtp", "smtp", talk("220-a\r\n220 b\r\n", "?", ehlo, "?", "220 go\r\n", "TLS"), Pass, ""},
		{"smtp not offered", "smtp", talk("220 b\r\n", "?", "250 SIZE\r\n"), Fail, "starttls.not_offered"},
		{"smtp 454", "smtp", talk("220 b\r\n", "?", ehlo, "?", "454 later\r\n"), Fail, "starttls.refused"},
		{"smtp injected", "smtp", talk("220 b\r\n", "?", ehlo, "?", "220 go\r\n250 sneaked in\r\n"), Fail, "starttls.injected"},
		{"smtp 421", "smtp", talk("421 closing\r\n"), Fail, "starttls.refused"},
		{"smtp codes mixed", "smtp", talk("220 b\r\n", "?", "250-a\r\n550 b\r\n"), Fail, "starttls.malformed"},
		{"smtp banner without end", "smtp", talk(strings.Repeat("220-hello\r\n", 10000)), Fail, "starttls.malformed"},
		{"smtp line without end", "smtp", talk(strings.Repeat("2", 1<<20)), Fail, "starttls.malformed"},
		{"smtp garbage", "smtp", talk("\x00\xff\x1b]0;x\r\n"), Fail, "starttls.malformed"},
		{"smtp silent", "smtp", hold, Unknown, "proto.silent"},
		{"smtp closed", "smtp", func(net.Conn) {}, Fail, "starttls.closed"},
		{"imap", "imap", talk("* OK ready\r\n", "?", "* untagged\r\na1 OK begin\r\n", "TLS"), Pass, ""},
		{"imap bye", "imap", talk("* BYE closed\r\n"), Fail, "starttls.refused"},
		{"imap refused", "imap", talk("* OK ready\r\n", "?", "a1 NO\r\n"), Fail, "starttls.refused"},
		{"imap flood", "imap", talk("* OK ready\r\n", "?", strings.Repeat("* x\r\n", 10000)), Fail, "starttls.malformed"},
		{"pop", "pop", talk("+OK ready\r\n", "?", "+OK begin\r\n", "TLS"), Pass, ""},
		{"pop refused", "pop", talk("+OK ready\r\n", "?", "-ERR no\r\n"), Fail, "starttls.refused"},
		{"pop injected", "pop", talk("+OK ready\r\n", "?", "+OK begin\r\n+OK more\r\n"), Fail, "starttls.injected"},
		{"ldap", "ldap", ldapPeer(ldapOK, true), Pass, ""},
		{"ldap refused", "ldap", ldapPeer(ldapNo, false), Fail, "starttls.refused"},
		{"ldap garbage", "ldap", ldapPeer("HTTP/1.1 400\r\n", false), Fail, "starttls.malformed"},
		{"ldap huge", "ldap", ldapPeer("\x30\x84\x7f\xff\xff\xff", false), Fail, "starttls.malformed"},
		{"ldap silent", "ldap", hold, Unknown, "proto.silent"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := mailWorld(t)
			w.serve(fmt.Sprintf("10.1.0.1:%d", startTLSPorts[c.proto]), c.peer)
			check := Check{Kind: "tls", Params: Params{"host": "mail.example.com", "starttls": c.proto}, Timeout: 1500 * time.Millisecond}
			expectResult(t, c.name, w.run(check), c.verdict, c.reason)
		})
	}
}

func TestSecretsGoToTheInspectedCertificateOnly(t *testing.T) {
	t.Parallel()
	w := mailWorld(t)
	shown, other := leaf(t, testCA(), nil, nil), leaf(t, testCA(), nil, nil)
	first, err := x509.ParseCertificate(shown.Certificate[0])
	if err != nil {
		t.Fatal(err)
	}
	for i, c := range []struct {
		cert   tls.Certificate
		host   string
		reason string
	}{
		{shown, "mail.example.com", ""},
		{other, "mail.example.com", "tls.pin_changed"},
		{leaf(t, nil, nil, nil), "mail.example.com", "tls.untrusted"},
		{shown, "evil.example.com", "tls.untrusted"},
	} {
		address := fmt.Sprintf("10.1.0.%d:443", i+1)
		w.serveTLS(address, &tls.Config{Certificates: []tls.Certificate{c.cert}})
		conn, err := w.env.Dial(t.Context(), "tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		err = tls.Client(conn, securedConfig(w.env, c.host, first)).HandshakeContext(t.Context())
		conn.Close()
		got := ""
		if err != nil {
			got = tlsTrouble(err).reason
		}
		if got != c.reason {
			t.Errorf("%s: %v is %q, want %q", c.host, err, got, c.reason)
		}
	}
}

func TestTrustFiles(t *testing.T) {
	t.Parallel()
	good := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: testCA().cert.Raw})
	key := pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: []byte{1}})
	for _, c := range []struct {
		name string
		data []byte
		has  string // of the error; empty: accepted
	}{
		{"PEM", good, ""}, {"two", append(append([]byte("comment\n"), good...), good...), ""}, {"DER", testCA().cert.Raw, ""},
		{"empty", nil, "no certificate"}, {"garbage", []byte("hello"), "no certificate"},
		{"key beside it", append(append([]byte{}, good...), key...), "private key"},
		{"request", pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE REQUEST", Bytes: []byte{1}}), "only certificates"},
		{"broken", pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: []byte{1}}), "cannot be read"},
		{"huge", make([]byte, 5<<20), "4 MiB"},
	} {
		_, err := FieldEnv(FieldSettings{TrustPEM: [][]byte{c.data}})
		if (err == nil) != (c.has == "") || err != nil && !strings.Contains(err.Error(), c.has) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
	for _, proxy := range []string{"proxy:8080", "http://u:p@proxy:8080", "https://proxy", "http://a b"} {
		if _, err := FieldEnv(FieldSettings{Proxy: proxy}); err == nil || strings.Contains(err.Error(), "u:p") {
			t.Errorf("proxy %q: %v", proxy, err)
		}
	}
	env, err := FieldEnv(FieldSettings{InternalResolver: "10.0.0.53", ExternalResolver: "198.51.100.53", Proxy: "http://proxy.contoso.com:8080"})
	if err != nil || len(env.Resolvers) != 2 || env.Resolvers[1].View != Outside || env.Roots != nil {
		t.Errorf("%+v, %v", env, err)
	}
}

func FuzzCertificateNames(f *testing.F) {
	f.Add("mail.example.com", "mail.example.com")
	f.Add("*.example.com", "a.b.example.com")
	f.Add("\x00*", "*")
	f.Add("mail.example.com\n", "mail.example.com")
	f.Fuzz(func(t *testing.T, san, name string) {
		value, err := asn1.Marshal([]asn1.RawValue{{Tag: 2, Class: asn1.ClassContextSpecific, Bytes: []byte(san)}})
		if err != nil || len(value) == 0 {
			return
		}
		cert := &x509.Certificate{DNSNames: []string{san}, Extensions: []pkix.Extension{{Id: asn1.ObjectIdentifier{2, 5, 29, 17}, Value: value}}}
		missing := uncovered(cert, []string{name})
		if validName("name", strings.TrimSuffix(name, ".")) != nil {
			return
		}
		label, rest, _ := strings.Cut(strings.ToLower(strings.TrimSuffix(name, ".")), ".")
		s := strings.ToLower(strings.TrimSuffix(san, "."))
		exact := s == label+"."+rest || rest == "" && s == label
		wild := rest != "" && s == "*."+rest
		if len(missing) == 0 && !exact && !wild {
			t.Errorf("%q counts as covered by %q", name, san)
		}
		if strings.ContainsAny(Escape(san), "\x00\x1b\n\r") {
			t.Errorf("Escape(%q) = %q", san, Escape(san))
		}
	})
}
