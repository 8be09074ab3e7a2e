package checks_test

import (
	"context"
	"crypto/tls"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf16"

	"coexist/checks"
	"coexist/checks/lab"
)

const (
	probeUser   = `CONTOSO\probe`
	canaryInLab = `Kanarie%&\"'+ 7x`
)

func at(s string) netip.Addr { return netip.MustParseAddr(s) }

// site is an organisation in coexistence with a probe in it.
type site struct {
	*lab.Lab
	t    *testing.T
	env  *checks.Env
	mu   sync.Mutex
	kept []string // every transcript line
}

// newSite starts Exchange 2007, 2010 and 2013, the names pointing to 2013, and
// a probe mailbox on each.
func newSite(t *testing.T) *site {
	t.Helper()
	cas := []string{"client-access"}
	names := []string{"mail.contoso.com", "autodiscover.contoso.com", "legacy.contoso.com", "ex07.contoso.com", "ex10.contoso.com", "ex13.contoso.com"}
	cert := lab.Certificate{Names: names}
	l, err := lab.New(lab.Config{Forest: "contoso.com", Servers: []lab.Server{
		{Name: "EX07", FQDN: "ex07.contoso.com", Version: "2007", Build: "8.3.485.1", Address: at("10.0.0.7"), Roles: cas, Certificate: cert},
		{Name: "EX10", FQDN: "ex10.contoso.com", Version: "2010", Build: "14.3.496.0", Address: at("10.0.0.10"), Roles: cas, Certificate: cert},
		{Name: "EX13", FQDN: "ex13.contoso.com", Version: "2013", Build: "15.0.1497.48", Address: at("10.0.0.13"), Roles: cas, Certificate: cert},
	}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	for _, n := range names[:2] {
		l.SetAddresses(checks.Inside, n, 300, at("10.0.0.13"))
	}
	l.SetAddresses(checks.Inside, "legacy.contoso.com", 300, at("10.0.0.7"))
	l.Publish(lab.Published{Primary: "mail.contoso.com", Legacy: "legacy.contoso.com"})
	for _, v := range []string{"07", "10", "13"} {
		l.SetMailbox(lab.Mailbox{Address: "probe" + v + "@contoso.com", User: probeUser + v, Password: canaryInLab, Version: "20" + v})
	}
	s := &site{Lab: l, t: t, env: l.Env()}
	s.env.Logon = func(_ context.Context, account string) (checks.Credential, error) {
		user, _, _ := strings.Cut(account, "@")
		return checks.Credential{Username: `CONTOSO\` + user, Password: checks.NewSecret(canaryInLab)}, nil
	}
	s.env.Store = func(lines []string) (string, error) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.kept = append(s.kept, lines...)
		return "sha", nil
	}
	t.Cleanup(s.noSecretKept)
	return s
}

// credential makes the environment answer with one user.
func (s *site) credential(user, password string) {
	s.env.Logon = func(context.Context, string) (checks.Credential, error) {
		return checks.Credential{Username: user, Password: checks.NewSecret(password)}, nil
	}
}

// Refused and Accepted count what the servers saw of a user's logons.
func (s *site) Refused(user string) int  { return s.tried(user, false) }
func (s *site) Accepted(user string) int { return s.tried(user, true) }

func (s *site) tried(user string, ok bool) int {
	n := 0
	for _, l := range s.Logons() {
		if strings.EqualFold(l.User, user) && l.OK == ok {
			n++
		}
		if l.Clear {
			s.t.Errorf("a password went over %s without TLS", l.Service)
		}
	}
	return n
}

// run runs one check, sees that it keeps its time and that the result holds no
// password.
func (s *site) run(kind string, p checks.Params, expect ...checks.Expectation) checks.Result {
	s.t.Helper()
	began := time.Now()
	c := checks.Check{ID: kind, Kind: kind, Params: p, Timeout: 5 * time.Second, Expect: expect}
	r := checks.Run(s.t.Context(), s.env, []checks.Check{c}, nil)[0]
	if took := time.Since(began); took > 8*time.Second {
		s.t.Errorf("%s took %s", kind, took)
	}
	if _, known := checks.Reasons()[r.Reason]; r.Reason != "" && !known {
		s.t.Errorf("reason %q is not in the table", r.Reason)
	}
	if r.Verdict != checks.Pass && r.Reason == "" || r.Summary == "" {
		s.t.Errorf("result without a reason or summary: %+v", r)
	}
	raw, err := json.Marshal(r)
	if err != nil {
		s.t.Fatal(err)
	}
	noSecret(s.t, kind, string(raw))
	var all strings.Builder
	for _, row := range r.Rows {
		for _, v := range row {
			all.WriteString(strings.Join(v, "\n") + "\n")
		}
	}
	for k, v := range r.Evidence {
		all.WriteString(k + v + "\n")
	}
	noSecret(s.t, kind, all.String()+r.Summary+r.Found+r.Expected)
	return r
}

func (s *site) noSecretKept() {
	s.mu.Lock()
	defer s.mu.Unlock()
	noSecret(s.t, "transcripts", strings.Join(s.kept, "\n"))
}

// noSecret looks for the password in the forms in which it goes over the wire
// or comes back.
func noSecret(t *testing.T, what, text string) {
	t.Helper()
	var wide []byte
	for _, u := range utf16.Encode([]rune(canaryInLab)) {
		wide = append(wide, byte(u), byte(u>>8))
	}
	forms := map[string]string{
		"plain": canaryInLab, "url": url.QueryEscape(canaryInLab), "path": url.PathEscape(canaryInLab), "utf-16": string(wide),
		"json": strings.Trim(string(must(json.Marshal(canaryInLab))), `"`), "html": "Kanarie%&amp;",
		"base64": base64.StdEncoding.EncodeToString([]byte(canaryInLab))[:18], "utf-16 base64": base64.StdEncoding.EncodeToString(wide)[:40],
		"session": "TlRMTVNTUAADAAAA",
	}
	for _, v := range []string{"07", "10", "13"} {
		forms["basic"+v] = base64.StdEncoding.EncodeToString([]byte(probeUser + v + ":" + canaryInLab))
	}
	for name, form := range forms {
		if strings.Contains(text, form) {
			t.Errorf("%s holds the password (%s): …%s", what, name, clipAround(text, form))
		}
	}
}

func must(b []byte, err error) []byte {
	if err != nil {
		panic(err)
	}
	return b
}

func clipAround(text, form string) string {
	i := strings.Index(text, form)
	return text[max(0, i-60):min(len(text), i+60)]
}

func expectVerdict(t *testing.T, name string, r checks.Result, v checks.Verdict, reason string) {
	t.Helper()
	if r.Verdict != v || r.Reason != reason {
		t.Errorf("%s: got %s %q (%s; found %s), want %s %q", name, r.Verdict, r.Reason, r.Summary, r.Found, v, reason)
	}
}

func values(r checks.Result, property string) []string {
	var out []string
	for _, row := range r.Rows {
		out = append(out, row[property]...)
	}
	return out
}

func expectValues(t *testing.T, name string, r checks.Result, property string, want ...string) {
	t.Helper()
	if got := values(r, property); !slices.Equal(got, want) {
		t.Errorf("%s: %s is %q, want %q", name, property, got, want)
	}
}

func TestVersionOfEachGeneration(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for host, want := range map[string][4]string{
		"ex07.contoso.com": {"2007", "8.3.485.1", "medium", ""},
		"ex10.contoso.com": {"2010", "14.3.496.0", "high", ""},
		"ex13.contoso.com": {"2013", "15.0.1497.48", "high", "EX13"},
	} {
		r := s.run("version", checks.Params{"host": host})
		expectVerdict(t, host, r, checks.Pass, "")
		expectValues(t, host, r, "version", want[0])
		expectValues(t, host, r, "build", want[1])
		expectValues(t, host, r, "confidence", want[2])
		if want[3] != "" {
			expectValues(t, host, r, "fe_server", want[3])
		}
		if r.Evidence["ntlm_computer"] != host || r.Evidence["ntlm_forest"] != "contoso.com" {
			t.Errorf("%s: names of the half logon: %v", host, r.Evidence)
		}
	}
	for _, v := range []string{"07", "10", "13"} {
		if n := s.Refused(probeUser + v); n != 0 {
			t.Errorf("looking at the version cost %d tries", n)
		}
	}
}

// signs answers every path with the same headers and body.
func signs(status int, body string, headers ...string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for i := 0; i < len(headers); i += 2 {
			w.Header().Set(headers[i], headers[i+1])
		}
		w.WriteHeader(status)
		fmt.Fprint(w, body)
	})
}

func (s *site) dress(h http.Handler) {
	s.t.Helper()
	if err := s.Change("EX13", func(x *lab.Server) { x.Web = lab.Serve(h) }); err != nil {
		s.t.Fatal(err)
	}
}

// behaves lets EWS and Autodiscover ask for a logon, as they do on every
// Exchange, and leaves the rest to h.
func behaves(h http.Handler, headers ...string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if p := strings.ToLower(r.URL.Path); strings.HasPrefix(p, "/ews/") || strings.HasPrefix(p, "/autodiscover/") {
			for i := 0; i < len(headers); i += 2 {
				w.Header().Set(headers[i], headers[i+1])
			}
			w.Header().Set("WWW-Authenticate", "Negotiate")
			w.WriteHeader(401)
			return
		}
		h.ServeHTTP(w, r)
	})
}

func TestVersionContradictedStrippedForged(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name    string
		handler http.Handler
		verdict checks.Verdict
		reason  string
		version string
	}{
		{"2013 before 2010", signs(200, "", "X-FEServer", "EX13", "X-OWA-Version", "14.3.496.0"), checks.Warn, "version.contradiction", "2013"},
		{"forged header over a 2007 page", signs(200, `<img src="/owa/8.3.485.1/themes/base/x.gif">`, "X-OWA-Version", "15.0.1497.2"), checks.Warn, "version.contradiction", "unknown"},
		{"back end of 2013 named", behaves(signs(200, "", "X-CalculatedBETarget", "mbx13.contoso.com", "X-DiagInfo", "MBX13"), "X-SOAP-Enabled", "True"), checks.Pass, "", "2013"},
		{"2013 before a named 2010", behaves(signs(200, "", "X-CalculatedBETarget", "ex10.contoso.com", "X-OWA-Version", "14.3.496.0")), checks.Warn, "version.contradiction", "2013"},
		{"2013 on ASP.NET 2.0", signs(200, "", "X-FEServer", "EX13", "X-AspNet-Version", "2.0.50727"), checks.Warn, "version.contradiction", "2013"},
		{"stripped", signs(200, "<html>hello</html>"), checks.Unknown, "version.unknown", "unknown"},
		{"only weak", signs(200, "", "Server", "Microsoft-IIS/6.0"), checks.Warn, "version.weak", "2007"},
		{"shared weak sign", signs(200, "", "X-AspNet-Version", "4.0.30319"), checks.Unknown, "version.unknown", "unknown"},
		{"2016", behaves(signs(200, `<link href="/owa/auth/15.1.2507/themes/resources/favicon.ico">`, "X-FEServer", "EX16"), "X-SOAP-Enabled", "True"), checks.Pass, "", "2016"},
		{"forged persona", signs(200, `<link href="/owa/auth/15.0.1497/themes/resources/favicon.ico">`, "X-FEServer", "EX13", "X-OWA-Version", "15.0.1497.48"), checks.Warn, "version.contradiction", "2013"},
		{"SharePoint", signs(200, "", "MicrosoftSharePointTeamServices", "14.0", "X-OWA-Version", "14.3.1.0"), checks.Warn, "version.contradiction", "2010"},
		{"no number", signs(200, "", "X-OWA-Version", "15.0.abc"), checks.Unknown, "version.unknown", "unknown"},
		{"huge header", signs(200, "", "X-Fill", strings.Repeat("a", 200<<10)), checks.Fail, "http.huge_header", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			s.dress(c.handler)
			r := s.run("version", checks.Params{"host": "mail.contoso.com"})
			expectVerdict(t, c.name, r, c.verdict, c.reason)
			if c.version != "" {
				expectValues(t, c.name, r, "version", c.version)
			}
		})
	}
	s := newSite(t)
	s.RemoveServer("EX13")
	r := s.run("version", checks.Params{"host": "mail.contoso.com"})
	if r.Verdict != checks.Unknown || !strings.HasPrefix(r.Reason, "tcp.") {
		t.Errorf("a server that is away: %s %s", r.Verdict, r.Reason)
	}
}

// TestVersionOfMembers finds the one among many: the dead one, the old one.
func TestVersionOfMembers(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name    string
		members []string
		verdict checks.Verdict
		reason  string
		says    string
	}{
		{"three alike", []string{"10.0.0.13", "10.0.0.14", "10.0.0.15"}, checks.Pass, "", ""},
		{"an old one among many", []string{"10.0.0.13", "10.0.0.14", "10.0.0.10", "10.0.0.15"}, checks.Warn, "version.members_differ", "10.0.0.10 is Exchange 2010"},
		{"a dead one among many", []string{"10.0.0.13", "10.0.0.99", "10.0.0.14", "10.0.0.15"}, checks.Warn, "tcp.partial", "10.0.0.99"},
		{"an old and a dead one", []string{"10.0.0.13", "10.0.0.99", "10.0.0.14", "10.0.0.7"}, checks.Warn, "tcp.partial", "10.0.0.7 is Exchange 2007"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			for _, n := range []string{"14", "15"} {
				if err := s.AddServer(lab.Server{Name: "EX13-" + n, FQDN: "ex13-" + n + ".contoso.com", Version: "2013", Build: "15.0.1497.48", Address: at("10.0.0." + n),
					Roles: []string{"client-access"}, Certificate: lab.Certificate{Names: []string{"mail.contoso.com"}}}); err != nil {
					t.Fatal(err)
				}
			}
			var list []netip.Addr
			for _, m := range c.members {
				list = append(list, at(m))
			}
			s.SetAddresses(checks.Inside, "mail.contoso.com", 300, list...)
			r := s.run("version", checks.Params{"host": "mail.contoso.com"})
			expectVerdict(t, c.name, r, c.verdict, c.reason)
			if !strings.Contains(r.Summary, c.says) {
				t.Errorf("%q does not name %q", r.Summary, c.says)
			}
			answered := 0
			for _, m := range c.members {
				if m != "10.0.0.99" {
					answered++
				}
			}
			if len(r.Rows) != answered {
				t.Errorf("%d rows for %d members that answer", len(r.Rows), answered)
			}
		})
	}
}

func TestHTTPAsUser(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for _, c := range []struct {
		name, path, role, auth, mailbox string
		verdict                         checks.Verdict
		reason                          string
		major                           []string
	}{
		{"ews 2013", "/EWS/Exchange.asmx", "ews", "ntlm", "probe13", checks.Pass, "", []string{"2013"}},
		{"ews 2010 through 2013", "/EWS/Exchange.asmx", "ews", "ntlm", "probe10", checks.Pass, "", []string{"2010"}},
		{"ews 2010, scheme chosen", "/EWS/Exchange.asmx", "ews", "", "probe10", checks.Pass, "", []string{"2010"}},
		{"ews 2007 through 2013", "/EWS/Exchange.asmx", "ews", "ntlm", "probe07", checks.Fail, "ews.error", []string{"2013"}},
		{"ews by a scheme not offered", "/EWS/Exchange.asmx", "ews", "basic", "probe13", checks.Fail, "auth.scheme_missing", nil},
		{"eas 2010", "/Microsoft-Server-ActiveSync", "eas", "basic", "probe10", checks.Pass, "", []string{"2010"}},
		{"eas 2007", "/Microsoft-Server-ActiveSync", "eas", "basic", "probe07", checks.Pass, "", []string{"2007"}},
		{"oab", "/OAB/", "oab", "ntlm", "probe13", checks.Pass, "", nil},
		{"autodiscover", "/Autodiscover/Autodiscover.xml", "autodiscover", "basic", "probe13", checks.Pass, "", nil},
		{"owa asks no logon", "/owa/auth/logon.aspx", "owa", "basic", "probe13", checks.Warn, "http.anonymous", nil},
	} {
		r := s.run("http", checks.Params{"url": "https://mail.contoso.com" + c.path, "role": c.role, "auth": c.auth, "account": c.mailbox + "@contoso.com"})
		expectVerdict(t, c.name, r, c.verdict, c.reason)
		if c.major != nil {
			expectValues(t, c.name, r, "major", c.major...)
		}
	}
	for _, v := range []string{"07", "10", "13"} {
		if n := s.Refused(probeUser + v); n != 0 {
			t.Errorf("%d logons of %s were refused", n, v)
		}
	}
}

func TestLogonsThatMustNotHappen(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	run := func(u string, more ...string) checks.Result {
		p := checks.Params{"url": u, "role": "autodiscover", "account": "probe13@contoso.com"}
		for i := 0; i < len(more); i += 2 {
			p[more[i]] = more[i+1]
		}
		return s.run("http", p)
	}
	expectVerdict(t, "plain http", run("http://mail.contoso.com/Autodiscover/Autodiscover.xml"), checks.Unknown, "credentials.unsafe")
	if err := s.Bind("EX13", lab.Certificate{Names: []string{"mail.contoso.com"}, SelfSigned: true}); err != nil {
		t.Fatal(err)
	}
	expectVerdict(t, "untrusted", run("https://mail.contoso.com/Autodiscover/Autodiscover.xml"), checks.Unknown, "credentials.unsafe")
	if err := s.Bind("EX13", lab.Certificate{Names: []string{"other.contoso.com"}}); err != nil {
		t.Fatal(err)
	}
	expectVerdict(t, "wrong name", run("https://mail.contoso.com/Autodiscover/Autodiscover.xml", "auth", "basic"), checks.Unknown, "credentials.unsafe")
	env := *s.env
	env.Logon = nil
	s.env = &env
	expectVerdict(t, "nobody to ask", run("https://mail.contoso.com/Autodiscover/Autodiscover.xml"), checks.Skip, "credentials.none")
	if n := s.Accepted(probeUser+"13") + s.Refused(probeUser+"13"); n != 0 {
		t.Errorf("%d logons reached the server", n)
	}
}

func TestRefusedLogonStopsTheAccount(t *testing.T) {
	t.Parallel()
	for scheme, want := range map[string]struct {
		verdict checks.Verdict
		reason  string
	}{"basic": {checks.Fail, "credentials.refused"}, "ntlm": {checks.Unknown, "auth.ntlm_refused"}} {
		t.Run(scheme, func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			s.SetMailbox(lab.Mailbox{Address: "probe13@contoso.com", User: probeUser + "13", Password: "another", Version: "2013"})
			p := checks.Params{"url": "https://mail.contoso.com/Autodiscover/Autodiscover.xml", "auth": scheme, "account": "probe13@contoso.com"}
			expectVerdict(t, "first", s.run("http", p), want.verdict, want.reason)
			expectVerdict(t, "second", s.run("http", p), checks.Unknown, "credentials.stopped")
			expectVerdict(t, "form", s.run("owaform", checks.Params{"host": "mail.contoso.com", "mailbox": "probe13@contoso.com"}), checks.Unknown, "credentials.stopped")
			if n := s.Refused(probeUser + "13"); n != 1 {
				t.Errorf("%d wrong tries, want one", n)
			}
		})
	}
}

func TestRPC(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	r := s.run("rpch", checks.Params{"host": "ex10.contoso.com"})
	expectVerdict(t, "2010", r, checks.Pass, "")
	expectValues(t, "2010", r, "auth", "NTLM", "Basic")
	expectValues(t, "2010", r, "status", "401")
	expectValues(t, "2010", r, "echo", "none")
	for _, v := range []string{"probe07", "probe10", "probe13"} {
		r := s.run("rpch", checks.Params{"host": "mail.contoso.com", "mailbox": v + "@contoso.com"})
		expectVerdict(t, v, r, checks.Pass, "")
		expectValues(t, v, r, "echo", "ok")
		if !slices.Contains(values(r, "auth"), "NTLM") {
			t.Errorf("%s: the stranger's schemes are lost: %v", v, r.Rows)
		}
	}
	for status, reason := range map[int]string{404: "rpch.not_enabled", 501: "rpch.verb_refused", 503: "http.unavailable"} {
		s.dress(signs(status, ""))
		expectVerdict(t, fmt.Sprint(status), s.run("rpch", checks.Params{"host": "mail.contoso.com"}), checks.Fail, reason)
	}
}

func TestRPCProxyWithoutEcho(t *testing.T) {
	t.Parallel()
	echo := "\x05\x00\x14\x03\x10\x00\x00\x00\x14\x00\x00\x00\x00\x00\x00\x00\x40\x00\x00\x00"
	for _, c := range []struct {
		name, kind, body string
		status           int
		verdict          checks.Verdict
		reason           string
	}{
		{"echo", "application/rpc", echo, 200, checks.Pass, ""},
		{"other bytes", "application/rpc", strings.Replace(echo, "\x40", "\x41", 1), 200, checks.Fail, "rpch.no_echo"},
		{"a page", "text/html", "<html>", 200, checks.Fail, "rpch.no_echo"},
		{"unknown server", "text/html", "", 404, checks.Fail, "rpch.no_echo"},
		{"RPC error", "text/html", "", 503, checks.Fail, "rpch.no_echo"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			s.dress(afterLogon(func(w http.ResponseWriter, r *http.Request, _ string) {
				if strings.HasPrefix(r.URL.Path, "/autodiscover/") {
					fmt.Fprint(w, goodPOX)
					return
				}
				if r.URL.RawQuery != "a.contoso.com:6001" {
					t.Errorf("asked for %q", r.URL.RawQuery)
				}
				w.Header().Set("Content-Type", c.kind)
				w.WriteHeader(c.status)
				fmt.Fprint(w, c.body)
			}))
			expectVerdict(t, c.name, s.run("rpch", checks.Params{"host": "mail.contoso.com", "mailbox": "probe13@contoso.com"}), c.verdict, c.reason)
		})
	}
}

func TestNothingIsLeftRunning(t *testing.T) {
	before := runtime.NumGoroutine()
	func() {
		s := newSite(t)
		for _, c := range []checks.Params{
			{"kind": "version", "host": "mail.contoso.com"},
			{"kind": "http", "url": "https://mail.contoso.com/EWS/Exchange.asmx", "role": "ews", "account": "probe10@contoso.com"},
			{"kind": "owaform", "host": "mail.contoso.com", "mailbox": "probe13@contoso.com"},
			{"kind": "rpch", "host": "mail.contoso.com", "mailbox": "probe13@contoso.com"},
			{"kind": "autodiscover", "mailbox": "probe13@contoso.com"},
		} {
			kind := c["kind"].(string)
			delete(c, "kind")
			s.run(kind, c)
		}
		s.Close()
	}()
	deadline := time.Now().Add(5 * time.Second)
	for runtime.NumGoroutine() > before && time.Now().Before(deadline) {
		runtime.Gosched()
	}
	if n := runtime.NumGoroutine(); n > before {
		buf := make([]byte, 1<<16)
		t.Errorf("%d goroutines before, %d after:\n%s", before, n, buf[:runtime.Stack(buf, true)])
	}
}

func portOf(address string, port uint16) netip.AddrPort { return netip.AddrPortFrom(at(address), port) }

func serverConfig(cert *tls.Certificate) *tls.Config {
	return &tls.Config{Certificates: []tls.Certificate{*cert}, MaxVersion: tls.VersionTLS12}
}

func tlsServer(c net.Conn, cert *tls.Certificate) *tls.Conn { return tls.Server(c, serverConfig(cert)) }
