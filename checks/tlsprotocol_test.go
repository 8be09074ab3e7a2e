package checks

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"net"
	"slices"
	"strings"
	"testing"
)

// only lets a server agree to nothing but the listed suites.
func only(least, most uint16, suites ...uint16) *tls.Config {
	return &tls.Config{MinVersion: least, MaxVersion: most, CipherSuites: suites}
}

func TestTLSProtocolsAndCiphers(t *testing.T) {
	t.Parallel()
	const v10, v11, v12, v13 = tls.VersionTLS10, tls.VersionTLS11, tls.VersionTLS12, tls.VersionTLS13
	cert := leaf(t, testCA(), rsaKey(t, 2048), nil)
	sha1Only := cert
	sha1Only.SupportedSignatureAlgorithms = []tls.SignatureScheme{tls.PKCS1WithSHA1}
	des := tls.TLS_RSA_WITH_3DES_EDE_CBC_SHA
	rc4 := tls.TLS_RSA_WITH_RC4_128_SHA
	rsaAES := []uint16{tls.TLS_RSA_WITH_AES_128_CBC_SHA, tls.TLS_RSA_WITH_AES_256_CBC_SHA}
	// prefers is a server with an order of its own, as Windows has.
	prefers := func(first, second *tls.Config) *tls.Config {
		return &tls.Config{MinVersion: v10, GetConfigForClient: func(h *tls.ClientHelloInfo) (*tls.Config, error) {
			for _, s := range first.CipherSuites {
				if slices.Contains(h.CipherSuites, s) {
					return first, nil
				}
			}
			return second, nil
		}}
	}
	breaksOff := func(newest uint16) *tls.Config {
		return &tls.Config{MinVersion: v10, GetConfigForClient: func(h *tls.ClientHelloInfo) (*tls.Config, error) {
			if slices.Max(h.SupportedVersions) > newest {
				h.Conn.Close()
			}
			return nil, nil
		}}
	}
	for _, c := range []struct {
		name      string
		cfg       *tls.Config
		verdict   Verdict
		reason    string
		protocols string
		says      string
	}{
		{"TLS 1.0 only", only(v10, v10), Warn, "tls.old_protocol", "TLS 1.0", "nothing newer than TLS 1.0"},
		{"TLS 1.1 at most", only(v10, v11), Warn, "tls.old_protocol", "TLS 1.0 TLS 1.1", "nothing newer than TLS 1.1"},
		{"as Windows Server 2012 R2", only(v10, v12), Pass, "", "TLS 1.0 TLS 1.1 TLS 1.2", ""},
		{"TLS 1.2 alone", only(v12, v12), Pass, "", "TLS 1.2", ""},
		{"TLS 1.3 too", only(v12, v13), Pass, "", "TLS 1.2 TLS 1.3", ""},
		{"everything", only(v10, v13), Pass, "", "TLS 1.0 TLS 1.1 TLS 1.2 TLS 1.3", ""},
		{"TLS 1.0 and RSA key exchange only", only(v10, v10, rsaAES...), Warn, "tls.old_protocol", "TLS 1.0", ""},
		{"RSA key exchange only", only(v12, v12, rsaAES...), Warn, "tls.rsa_exchange", "TLS 1.2", "no key exchange but the one by RSA"},
		{"RSA key exchange preferred", prefers(only(v10, v12, rsaAES...), only(v10, v12)), Pass, "", "TLS 1.0 TLS 1.1 TLS 1.2", ""},
		{"RC4 only", only(v10, v10, rc4), Warn, "tls.weak_cipher", "TLS 1.0", "nothing better than TLS_RSA_WITH_RC4"},
		{"RC4 and 3DES only", only(v10, v12, rc4, des), Warn, "tls.weak_cipher", "TLS 1.0 TLS 1.1 TLS 1.2", "nothing better than"},
		{"3DES preferred", prefers(only(v10, v12, des), only(v10, v12)), Warn, "tls.weak_cipher", "TLS 1.0 TLS 1.1 TLS 1.2", "though it agrees to better"},
		{"3DES before AES, both with RSA", prefers(only(v10, v12, des), only(v10, v12, rsaAES...)), Warn, "tls.weak_cipher", "TLS 1.0 TLS 1.1 TLS 1.2", "though it agrees to better"},
		{"SHA-1 signatures only", &tls.Config{MinVersion: v10, MaxVersion: v12, Certificates: []tls.Certificate{sha1Only}}, Warn, "tls.old_protocol", "TLS 1.0 TLS 1.1", ""},
		{"breaks off at TLS 1.3", breaksOff(v12), Warn, "tls.intolerant", "TLS 1.0 TLS 1.1 TLS 1.2", ""},
		{"breaks off at TLS 1.2", breaksOff(v11), Warn, "tls.old_protocol", "TLS 1.0 TLS 1.1", ""},
		{"breaks off at TLS 1.1", breaksOff(v10), Warn, "tls.old_protocol", "TLS 1.0", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := mailWorld(t)
			cfg := c.cfg.Clone()
			if inner := cfg.GetConfigForClient; inner != nil {
				cfg.GetConfigForClient = func(h *tls.ClientHelloInfo) (*tls.Config, error) {
					got, err := inner(h)
					if got != nil {
						got = got.Clone()
						got.Certificates = []tls.Certificate{cert}
					}
					return got, err
				}
			}
			if cfg.Certificates == nil {
				cfg.Certificates = []tls.Certificate{cert}
			}
			w.serveTLS("10.1.0.1:443", cfg)
			r := w.run(tlsCheck)
			expectResult(t, c.name, r, c.verdict, c.reason)
			if len(r.Rows) != 1 || strings.Join(r.Rows[0]["protocols"], " ") != c.protocols {
				t.Errorf("protocols %q, want %q", r.Rows[0]["protocols"], c.protocols)
			}
			if !strings.Contains(r.Summary, c.says) {
				t.Errorf("%q does not say %q", r.Summary, c.says)
			}
			if c.name == "SHA-1 signatures only" && !strings.Contains(r.Found, "SHA-1") {
				t.Errorf("found %q does not tell of SHA-1", r.Found)
			}
		})
	}
}

func TestTLSNames(t *testing.T) {
	t.Parallel()
	own, other := leaf(t, testCA(), nil, nil), leaf(t, testCA(), nil, func(c *x509.Certificate) { c.DNSNames = []string{"default.example.com"} })
	zscaler := testCA().sub(t, func(c *x509.Certificate) { c.Subject = pkix.Name{CommonName: "Zscaler Intermediate Root CA"} })
	byName := func(h *tls.ClientHelloInfo) (*tls.Certificate, error) {
		if h.ServerName == "" {
			return &other, nil
		}
		return &own, nil
	}
	mint := func(h *tls.ClientHelloInfo) (*tls.Certificate, error) {
		name := h.ServerName
		if name == "" {
			name = "mail.example.com"
		}
		c := leaf(t, testCA(), nil, func(c *x509.Certificate) { c.DNSNames = []string{name} })
		return &c, nil
	}
	for _, c := range []struct {
		name    string
		peer    func(w *world)
		verdict Verdict
		reason  string
		says    string
	}{
		{"one certificate", func(w *world) { w.serveTLS("10.1.0.1:443", &tls.Config{Certificates: []tls.Certificate{own}}) }, Pass, "", ""},
		{"another without a name", func(w *world) { w.serveTLS("10.1.0.1:443", &tls.Config{GetCertificate: byName}) }, Warn, "tls.sni_differs", "default.example.com"},
		{"refused without a name", func(w *world) {
			w.serveTLS("10.1.0.1:443", &tls.Config{GetCertificate: func(h *tls.ClientHelloInfo) (*tls.Certificate, error) {
				if h.ServerName == "" {
					return nil, errBroken
				}
				return &own, nil
			}})
		}, Warn, "tls.sni_required", ""},
		{"refused with the name", func(w *world) {
			w.serve("10.1.0.1:443", func(c net.Conn) {
				first := make([]byte, 4096)
				n, _ := c.Read(first)
				if bytes.Contains(first[:n], []byte("mail.example.com")) || bytes.Contains(first[:n], []byte(".invalid")) {
					c.Write([]byte{21, 3, 1, 0, 2, 2, 112})
					hold(c)
					return
				}
				s := tls.Server(&readAgain{c, bytes.NewReader(first[:n])}, &tls.Config{Certificates: []tls.Certificate{own}})
				if s.Handshake() == nil {
					hold(s)
				}
			})
		}, Fail, "tls.name_refused", ""},
		{"made for every name", func(w *world) { w.serveTLS("10.1.0.1:443", &tls.Config{GetCertificate: mint}) }, Warn, "vantage.tls_intercept", "a name that nobody has"},
		{"issued by a device", func(w *world) {
			w.serveTLS("10.1.0.1:443", &tls.Config{Certificates: []tls.Certificate{leaf(t, zscaler, nil, nil, zscaler)}})
		}, Warn, "vantage.tls_intercept", "issuer"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := mailWorld(t)
			c.peer(w)
			r := w.run(tlsCheck)
			expectResult(t, c.name, r, c.verdict, c.reason)
			if !strings.Contains(r.Summary, c.says) {
				t.Errorf("%q does not say %q", r.Summary, c.says)
			}
			if len(r.Rows) != 1 || len(r.Rows[0]["thumbprint"]) != 1 {
				t.Errorf("the certificate is not shown: %v", r.Rows)
			}
		})
	}
}

// readAgain is a connection of which something was read already.
type readAgain struct {
	net.Conn
	first *bytes.Reader
}

func (r *readAgain) Read(p []byte) (int, error) {
	if r.first.Len() > 0 {
		return r.first.Read(p)
	}
	return r.Conn.Read(p)
}
