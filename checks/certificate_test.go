package checks

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/pem"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"
)

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
		{"expired before its authority was renewed", leaf(t, root, nil, func(c *x509.Certificate) {
			c.NotBefore, c.NotAfter = testNow.AddDate(-40, 0, 0), testNow.AddDate(-39, 0, 0)
		}), nil, Fail, "tls.expired"},
		{"not yet valid", leaf(t, root, nil, func(c *x509.Certificate) { c.NotBefore = testNow.AddDate(0, 0, 1) }), nil, Fail, "tls.not_yet_valid"},
		{"29 days left", leaf(t, root, nil, func(c *x509.Certificate) { c.NotAfter = testNow.AddDate(0, 0, 29) }), nil, Warn, "tls.expiring"},
		{"29 days are enough", leaf(t, root, nil, func(c *x509.Certificate) { c.NotAfter = testNow.AddDate(0, 0, 29) }), Params{"min_days": int64(20)}, Pass, ""},
		{"expired intermediate", expiredIntermediate(t, root), nil, Fail, "tls.chain_expired"},
		{"wrong name", leaf(t, root, nil, sans("www.example.com")), nil, Fail, "tls.name_missing"},
		{"one name missing", leaf(t, root, nil, nil), Params{"names": []any{"mail.example.com", "autodiscover.example.com"}}, Fail, "tls.name_missing"},
		{"names asked instead of host", leaf(t, root, nil, sans("legacy.example.com")), Params{"names": []any{"legacy.example.com"}}, Pass, ""},
		{"common name alone", leaf(t, root, nil, sans()), nil, Fail, "tls.cn_only"},
		{"wildcard", leaf(t, root, nil, sans("*.example.com")), nil, Pass, ""},
		{"wildcard too deep", leaf(t, root, nil, sans("*.com")), nil, Fail, "tls.wildcard_depth"},
		{"wildcard for a deeper name", leaf(t, root, nil, sans("*.example.com")), Params{"names": []any{"a.mail.example.com"}}, Fail, "tls.wildcard_depth"},
		{"hostile names", leaf(t, root, nil, sans("mail.example.com\x00.evil.net", "*", "*.*.com", "a\x1b[31m")), nil, Fail, "tls.name_missing"},
		{"an address as a name", leaf(t, root, nil, sans("10.1.0.1", "mail.example.com\n")), nil, Fail, "tls.name_missing"},
		{"five thousand names", leaf(t, root, nil, sans(thousands()...)), nil, Warn, "tls.many_names"},
		{"RSA 1024", leaf(t, root, small, nil), nil, Fail, "tls.weak_key"},
		{"client certificate", leaf(t, root, nil, func(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth} }), nil, Fail, "tls.not_for_servers"},
		{"no usage", leaf(t, root, nil, func(c *x509.Certificate) { c.ExtKeyUsage = nil }), nil, Warn, "tls.no_usage"},
		{"long chain", leaf(t, root, nil, nil, repeated(middle, 40)...), nil, Warn, "tls.long_chain"},
		{"long chain of a stranger", leaf(t, stranger, nil, nil, repeated(stranger, 40)...), nil, Warn, "tls.untrusted"},
		{"self-signed with a long chain", leaf(t, nil, nil, nil, repeated(middle, 40)...), nil, Fail, "tls.self_signed"},
		{"SHA-1", leaf(t, root.rsa(t), rsaKey(t, 2048), func(c *x509.Certificate) { c.SignatureAlgorithm = x509.SHA1WithRSA }), nil, Warn, "tls.sha1"},
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
			if c.reason == "tls.expired" && strings.Contains(r.Summary, "above") {
				t.Errorf("a chain in order is blamed too: %s", r.Summary)
			}
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

// TestTLSSHA1IsCalledByItsName sees that SHA-1 is named, though the verifier
// only says that it does not know the issuer.
func TestTLSSHA1IsCalledByItsName(t *testing.T) {
	t.Parallel()
	cert := leaf(t, testCA().rsa(t), rsaKey(t, 2048), func(c *x509.Certificate) { c.SignatureAlgorithm = x509.SHA1WithRSA })
	for _, side := range []Vantage{Inside, Outside} {
		w := mailWorld(t)
		w.env.Vantage = side
		w.serveTLS("10.1.0.1:443", &tls.Config{Certificates: []tls.Certificate{cert}})
		want := map[Vantage]Verdict{Inside: Warn, Outside: Fail}[side]
		r := w.run(tlsCheck)
		expectResult(t, string(side), r, want, "tls.sha1")
		if got := r.Rows[0]["signature"]; len(got) != 1 || got[0] != "SHA1-RSA" {
			t.Errorf("signature %q", got)
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

// TestTLSWrongClockIsBlamedFirst has a computer whose clock is a year and more
// off: the web server's own clock, or the authority's age, tells.
func TestTLSWrongClockIsBlamedFirst(t *testing.T) {
	t.Parallel()
	middle := testCA().sub(t, func(c *x509.Certificate) { c.NotBefore = testNow.AddDate(0, -6, 0) })
	for _, c := range []struct {
		name    string
		years   int
		date    string // the server's; empty: it does not tell
		issuer  *ca
		verdict Verdict
		reason  string
	}{
		{"two years ahead", 2, "now", testCA(), Warn, "clock.skew"},
		{"a year behind", -1, "now", testCA(), Warn, "clock.skew"},
		{"the server has the same wrong time", 2, "wrong", testCA(), Fail, "tls.expired"},
		{"the server tells nothing", 2, "", testCA(), Fail, "tls.expired"},
		{"behind the authority's first day", -1, "", middle, Warn, "clock.skew"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := mailWorld(t)
			cert := leaf(t, c.issuer, nil, nil, c.issuer)
			w.env.Now = func() time.Time { return testNow.AddDate(c.years, 0, 0) }
			date := map[string]time.Time{"now": testNow, "wrong": testNow.AddDate(c.years, 0, 0)}[c.date]
			w.serve("10.1.0.1:443", func(conn net.Conn) {
				s := tls.Server(conn, &tls.Config{Certificates: []tls.Certificate{cert}})
				buf := make([]byte, 1024)
				s.Read(buf)
				io.WriteString(s, "HTTP/1.1 200 OK\r\n")
				if !date.IsZero() {
					fmt.Fprintf(s, "Date: %s\r\n", date.Format("Mon, 02 Jan 2006 15:04:05 GMT"))
				}
				io.WriteString(s, "\r\n")
				s.Close()
			})
			expectResult(t, c.name, w.run(tlsCheck), c.verdict, c.reason)
		})
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
		if tooDeep(cert, name) && len(missing) > 0 && !strings.HasPrefix(s, "*.") {
			t.Errorf("%q counts as a wildcard above %q", san, name)
		}
		if strings.ContainsAny(Escape(san), "\x00\x1b\n\r") {
			t.Errorf("Escape(%q) = %q", san, Escape(san))
		}
	})
}
