package lab

import (
	"bufio"
	"crypto/tls"
	"fmt"
	"net"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"testing"

	"coexist/checks"
)

// What no Exchange server would say must not let a check pass in a rehearsal.

func dialed(t *testing.T, l *Lab, address string) net.Conn {
	t.Helper()
	c, err := l.Env().Dial(t.Context(), "tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

func running2013(t *testing.T) *Lab {
	t.Helper()
	l, err := New(Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}

func TestMailServersKeepTheOrderOfTheirCommands(t *testing.T) {
	t.Parallel()
	l := running2013(t)
	if _, err := l.ServeSMTP(netip.MustParseAddrPort("10.0.0.25:25"), SMTP{FQDN: "ex.contoso.com", Version: "2013", Domains: []string{"contoso.com"}}); err != nil {
		t.Fatal(err)
	}
	c := dialed(t, l, "10.0.0.25:25")
	in := bufio.NewReader(c)
	say := func(line, want string) {
		t.Helper()
		if line != "" {
			fmt.Fprintf(c, "%s\r\n", line)
		}
		for {
			got, err := in.ReadString('\n')
			if err != nil {
				t.Fatal(err)
			}
			if len(got) > 3 && got[3] == '-' {
				continue
			}
			if !strings.HasPrefix(got, want) {
				t.Errorf("%s was answered with %q, expected %s", line, got, want)
			}
			return
		}
	}
	say("", "220")
	say("STARTTLS", "503")
	say("MAIL FROM:<a@contoso.com>", "503")
	say("EHLO probe", "250")
	say("RCPT TO:<a@contoso.com>", "503")
	say("MAIL FROM:<a@contoso.com>", "250")
	say("RCPT TO:<a@contoso.com>", "250")
	say("RSET", "250")
	say("RCPT TO:<a@contoso.com>", "503")
	say("STARTTLS", "220")
	secure := tls.Client(c, &tls.Config{InsecureSkipVerify: true})
	if err := secure.Handshake(); err != nil {
		t.Fatal(err)
	}
	if v := secure.ConnectionState().Version; v > tls.VersionTLS12 {
		t.Errorf("the connector speaks %s, which its Windows does not know", tls.VersionName(v))
	}
	c, in = secure, bufio.NewReader(secure)
	say("MAIL FROM:<a@contoso.com>", "503")
	say("EHLO probe", "250")
	say("STARTTLS", "503")
}

func TestOldConnectorsSpeakOldTLSAlone(t *testing.T) {
	t.Parallel()
	l := running2013(t)
	if _, err := l.ServeSMTP(netip.MustParseAddrPort("10.0.0.25:25"), SMTP{FQDN: "ex.contoso.com", Version: "2010"}); err != nil {
		t.Fatal(err)
	}
	c := dialed(t, l, "10.0.0.25:25")
	in := bufio.NewReader(c)
	for _, line := range []string{"", "HELO probe", "STARTTLS"} {
		if line != "" {
			fmt.Fprintf(c, "%s\r\n", line)
		}
		if _, err := in.ReadString('\n'); err != nil {
			t.Fatal(err)
		}
	}
	secure := tls.Client(c, &tls.Config{InsecureSkipVerify: true, MinVersion: tls.VersionTLS10})
	if err := secure.Handshake(); err != nil {
		t.Fatal(err)
	}
	if v := secure.ConnectionState().Version; v != tls.VersionTLS10 {
		t.Errorf("it speaks %s", tls.VersionName(v))
	}
}

func TestHealthPagesAreThoseOfDirectories(t *testing.T) {
	t.Parallel()
	l := running2013(t)
	p := persona{lab: l, server: Server{Name: "EX13", FQDN: "ex13.contoso.com", Version: "2013", Build: "15.0.1497.48"}, secure: true}
	for path, want := range map[string]int{"/owa/healthcheck.htm": 200, "/EWS/healthcheck.htm": 200, "/powershell/healthcheck.htm": 200,
		"/healthcheck.htm": 404, "/nothing/healthcheck.htm": 404, "/ews/deeper/healthcheck.htm": 401} {
		w := httptest.NewRecorder()
		r := httptest.NewRequest("GET", "https://mail.contoso.com"+path, nil)
		p.ServeHTTP(w, r.WithContext(withLogon(t.Context(), nil)))
		if w.Code != want {
			t.Errorf("%s is answered with %d, expected %d", path, w.Code, want)
		}
	}
}

func TestSOAPAnswersTellTheirOwnVersion(t *testing.T) {
	t.Parallel()
	l := running2013(t)
	l.SetMailbox(Mailbox{Address: "new@contoso.com", User: `CONTOSO\new`, Version: "2013"})
	l.SetMailbox(Mailbox{Address: "old@contoso.com", User: `CONTOSO\old`, Version: "2010"})
	p := persona{lab: l, server: Server{Name: "EX10", FQDN: "ex10.contoso.com", Version: "2010", Build: "14.3.496.0"}, secure: true}
	for address, want := range map[string]string{"old@contoso.com": "NoError</ErrorCode><ErrorMessage/><UserSettings>", "new@contoso.com": "InvalidUser"} {
		w := httptest.NewRecorder()
		m, _ := l.web.mailbox(address)
		p.discoverSOAP(w, m, true)
		if got := w.Body.String(); !strings.Contains(got, "<MajorVersion>14</MajorVersion><MinorVersion>3</MinorVersion><MajorBuildNumber>496<") || !strings.Contains(got, want) {
			t.Errorf("%s: %s", address, got)
		}
	}
}

func TestTheLogonFormLeadsWhereItsVersionListens(t *testing.T) {
	t.Parallel()
	l := running2013(t)
	l.SetMailbox(Mailbox{Address: "a@contoso.com", User: `CONTOSO\a`, Password: "right", Version: "2007"})
	for version, paths := range map[string][2]string{"2007": {"/owa/auth/owaauth.dll", "/owa/auth.owa"}, "2010": {"/owa/auth.owa", "/owa/auth/owaauth.dll"}} {
		p := persona{lab: l, server: Server{Version: version, Build: usualBuilds[version]}, secure: true}
		for i, path := range paths {
			w := httptest.NewRecorder()
			r := httptest.NewRequest("POST", "https://mail.contoso.com"+path, strings.NewReader(`username=CONTOSO%5Ca&password=right`))
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			if got := p.signIn(w, r, path); got != (i == 0) {
				t.Errorf("%s takes the form at %s: %v", version, path, got)
			}
		}
	}
}

// TestServersComeAndGoWhileTheyAreAsked is for the race detector.
func TestServersComeAndGoWhileTheyAreAsked(t *testing.T) {
	t.Parallel()
	l := running2013(t)
	at := netip.MustParseAddr("10.0.0.80")
	if err := l.AddServer(Server{Name: "EX13", FQDN: "ex13.contoso.com", Version: "2013", Address: at, Roles: []string{"client-access"}}); err != nil {
		t.Fatal(err)
	}
	var work sync.WaitGroup
	work.Go(func() {
		for range 50 {
			l.Filter(netip.AddrPortFrom(at, 443), true)
			l.Filter(netip.AddrPortFrom(at, 443), false)
		}
	})
	work.Go(func() {
		for range 50 {
			if c, err := l.EnvFrom(checks.Inside).Dial(t.Context(), "tcp", "10.0.0.80:443"); err == nil {
				c.Close()
			}
		}
	})
	work.Go(func() {
		for n := range 20 {
			l.keepPort("EX13", netip.AddrPortFrom(at, uint16(1000+n)))
		}
	})
	work.Go(func() { l.RemoveServer("EX13") })
	work.Wait()
	if c, err := l.Env().Dial(t.Context(), "tcp", "10.0.0.80:443"); err == nil {
		c.Close()
		t.Error("a server that was removed answers")
	}
}
