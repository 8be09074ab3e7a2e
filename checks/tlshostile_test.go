package checks

import (
	"crypto/tls"
	"io"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

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
		{"small records that stop", func(c net.Conn) {
			c.Write([]byte{22, 3, 3, 0, 4, 2, 0, 0, 200})
			for range 100 {
				c.Write([]byte{22, 3, 3, 0, 1, 0})
			}
			hold(c)
		}, Unknown, "tls.timeout", ""},
		{"oversized certificate", hello(func(c net.Conn) {
			body := append([]byte{3, 3}, make([]byte, 32)...)
			body = append(body, 0, 0, 0x9c, 0)
			c.Write(append([]byte{22, 3, 3, 0, byte(len(body) + 4), 2, 0, 0, byte(len(body))}, body...))
			c.Write([]byte{22, 3, 3, 0, 4, 11, 0xff, 0xff, 0xff})
			hold(c)
		}), Fail, "tls.bad_message", "16777215 bytes"},
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

// TestTLSSlowAfterwards meets a server that is silent after its first
// handshake: the certificate is judged all the same.
func TestTLSSlowAfterwards(t *testing.T) {
	t.Parallel()
	w := mailWorld(t)
	cert := leaf(t, testCA(), nil, nil)
	var served atomic.Int32
	w.serve("10.1.0.1:443", func(c net.Conn) {
		if served.Add(1) > 1 {
			hold(c)
			return
		}
		s := tls.Server(c, &tls.Config{Certificates: []tls.Certificate{cert}})
		if s.Handshake() == nil {
			hold(s)
		}
	})
	check := tlsCheck
	check.Timeout = 1500 * time.Millisecond
	r := w.run(check)
	expectResult(t, "slow", r, Pass, "")
	if !strings.Contains(r.Evidence["TLS 1.0"], "not decided") {
		t.Errorf("evidence %v", r.Evidence)
	}
}
