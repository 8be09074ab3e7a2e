package checks

import (
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"
)

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
