package checks

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

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

// TestNoPasswordOverOldTLS logs on to a trusted server of the right name that
// speaks old TLS: no password leaves without consent, and none at all over RC4
// and 3DES.
func TestNoPasswordOverOldTLS(t *testing.T) {
	t.Parallel()
	const v10, v12 = tls.VersionTLS10, tls.VersionTLS12
	cert := leaf(t, testCA(), rsaKey(t, 2048), nil)
	aes, des, rc4 := tls.TLS_RSA_WITH_AES_128_CBC_SHA, tls.TLS_RSA_WITH_3DES_EDE_CBC_SHA, tls.TLS_RSA_WITH_RC4_128_SHA
	for _, c := range []struct {
		name    string
		cfg     *tls.Config
		allowed bool
		verdict Verdict
		reason  string
	}{
		{"TLS 1.2", only(v10, v12), false, Pass, ""},
		{"TLS 1.2, allowed", only(v10, v12), true, Pass, ""},
		{"TLS 1.0 only", only(v10, v10), false, Unknown, "credentials.old_tls"},
		{"TLS 1.0 only, allowed", only(v10, v10), true, Warn, "credentials.over_old_tls"},
		{"RSA key exchange only", only(v12, v12, aes), false, Unknown, "credentials.old_tls"},
		{"RSA key exchange only, allowed", only(v12, v12, aes), true, Warn, "credentials.over_old_tls"},
		{"TLS 1.0 and RSA key exchange only, allowed", only(v10, v10, aes), true, Warn, "credentials.over_old_tls"},
		{"RC4 and 3DES only", only(v10, v10, rc4, des), false, Unknown, "credentials.old_tls"},
		{"RC4 and 3DES only, allowed", only(v10, v10, rc4, des), true, Unknown, "credentials.weak_cipher"},
		{"3DES with TLS 1.2", only(v12, v12, des), false, Unknown, "credentials.weak_cipher"},
		{"3DES with TLS 1.2, allowed", only(v12, v12, des), true, Unknown, "credentials.weak_cipher"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := mailWorld(t)
			w.env.OldTLS = c.allowed
			w.env.Logons = NewLogons()
			asked := atomic.Int32{}
			w.env.Logon = func(context.Context, string) (Credential, error) {
				asked.Add(1)
				return Credential{"user", NewSecret("password")}, nil
			}
			cfg := c.cfg.Clone()
			cfg.Certificates = []tls.Certificate{cert}
			sent := atomic.Int32{}
			w.serve("10.1.0.1:443", func(conn net.Conn) {
				s := tls.Server(conn, cfg)
				defer s.Close()
				_, head, ok := readRequest(s)
				switch {
				case !ok:
				case strings.Contains(head, "Authorization"):
					sent.Add(1)
					io.WriteString(s, ok200)
				default:
					io.WriteString(s, status(401, "WWW-Authenticate: Basic realm=x"))
				}
			})
			r := w.run(Check{Kind: "http", Params: Params{"url": "https://mail.example.com/x", "account": "user", "auth": "basic"}})
			expectResult(t, c.name, r, c.verdict, c.reason)
			if want := c.verdict != Unknown; want != (sent.Load() == 1) || sent.Load() > 1 {
				t.Errorf("the password was sent %d times", sent.Load())
			}
			if c.reason == "credentials.old_tls" && c.cfg.MaxVersion == v10 && asked.Load() > 0 {
				t.Error("somebody was asked for a password that could not be used")
			}
			if r.Verdict != Pass && r.Remedy == "" {
				t.Error("nothing says what to do")
			}
		})
	}
}

// TestWrongClockKeepsThePasswordBack blames the clock before the certificate
// when a logon is given up.
func TestWrongClockKeepsThePasswordBack(t *testing.T) {
	t.Parallel()
	cert := leaf(t, testCA(), nil, nil)
	for _, c := range []struct {
		name   string
		server time.Time
		reason string
	}{
		{"the server is right", testNow, "clock.skew"},
		{"the certificate has run out", testNow.AddDate(2, 0, 0), "credentials.unsafe"},
	} {
		for _, kind := range []string{"http", "owaform"} {
			w := mailWorld(t)
			w.env.Logons = NewLogons()
			w.env.Now = func() time.Time { return testNow.AddDate(2, 0, 0) }
			w.env.Logon = func(context.Context, string) (Credential, error) {
				t.Errorf("%s: a password was asked for", c.name)
				return Credential{}, errBroken
			}
			date := "Date: " + c.server.UTC().Format(http.TimeFormat)
			w.serve("10.1.0.1:443", func(conn net.Conn) {
				s := tls.Server(conn, &tls.Config{Certificates: []tls.Certificate{cert}})
				defer s.Close()
				if path, _, ok := readRequest(s); ok && path == "/owa/" {
					io.WriteString(s, htmlPage(200, `<form name="logonForm" method="post" action="/owa/auth.owa"><input name="username"><input name="password"></form>`, date))
				} else if ok {
					io.WriteString(s, status(401, "WWW-Authenticate: NTLM", date))
				}
			})
			p := Params{"url": "https://mail.example.com/x", "account": "user@example.com"}
			if kind == "owaform" {
				p = Params{"host": "mail.example.com", "mailbox": "user@example.com"}
			}
			expectResult(t, kind+": "+c.name, w.run(Check{Kind: kind, Params: p}), Unknown, c.reason)
		}
	}
}

// TestNoMailPasswordOverOldTLS holds the same for protocols other than HTTP,
// which share the door for secrets.
func TestNoMailPasswordOverOldTLS(t *testing.T) {
	t.Parallel()
	cert := leaf(t, testCA(), nil, nil)
	for _, c := range []struct {
		name    string
		most    uint16
		allowed bool
		verdict Verdict
		reason  string
	}{
		{"TLS 1.2", tls.VersionTLS12, false, Pass, ""},
		{"TLS 1.0", tls.VersionTLS10, false, Unknown, "credentials.old_tls"},
		{"TLS 1.0, allowed", tls.VersionTLS10, true, Warn, "credentials.over_old_tls"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := mailWorld(t)
			w.env.OldTLS, w.env.Logons = c.allowed, NewLogons()
			w.env.Logon = func(context.Context, string) (Credential, error) {
				return Credential{"user", NewSecret("password")}, nil
			}
			sent := atomic.Int32{}
			w.serve("10.1.0.1:993", func(conn net.Conn) {
				s := tls.Server(conn, &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS10, MaxVersion: c.most})
				defer s.Close()
				io.WriteString(s, "* OK The Microsoft Exchange IMAP4 service is ready.\r\n")
				tag := ""
				for in := newLineReader(s); ; {
					line, err := in.line()
					if err != nil {
						return
					}
					if first, rest, _ := strings.Cut(line, " "); strings.HasPrefix(first, "a") {
						tag = first
						if strings.EqualFold(rest, "CAPABILITY") {
							io.WriteString(s, "* CAPABILITY IMAP4 IMAP4rev1\r\n")
						}
					}
					switch { // user and password come as literals
					case strings.HasSuffix(line, "}"):
						io.WriteString(s, "+ go on\r\n")
						continue
					case line == "password":
						sent.Add(1)
					}
					io.WriteString(s, tag+" OK done.\r\n")
				}
			})
			r := w.run(Check{Kind: "mailbox", Params: Params{"proto": "imap", "host": "mail.example.com", "port": int64(993), "tls": "implicit", "account": "user@example.com"}})
			expectResult(t, c.name, r, c.verdict, c.reason)
			if want := c.verdict != Unknown; want != (sent.Load() > 0) {
				t.Errorf("the password was sent %d times", sent.Load())
			}
		})
	}
}
