package checks_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"coexist/checks"
	"coexist/checks/lab"
)

func discover(mailbox, mode string) checks.Params {
	return checks.Params{"mailbox": mailbox + "@contoso.com", "mode": mode}
}

func TestDiscoverEachGeneration(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for _, c := range []struct{ mailbox, major, build, ews string }{
		{"probe07", "2007", "8.3.485", "https://legacy.contoso.com/EWS/Exchange.asmx"},
		{"probe10", "2010", "14.3.496", "https://mail.contoso.com/EWS/Exchange.asmx"},
		{"probe13", "2013", "15.0.1497", "https://mail.contoso.com/EWS/Exchange.asmx"},
	} {
		r := s.run("autodiscover", discover(c.mailbox, "pox"),
			checks.Expectation{Property: "major", Op: "eq", Value: c.major, Rows: "any"},
			checks.Expectation{Property: "oab_url", Op: "not_empty", Rows: "any"})
		expectVerdict(t, c.mailbox, r, checks.Pass, "")
		expectValues(t, c.mailbox, r, "type", "EXCH", "EXPR", "WEB")
		expectValues(t, c.mailbox, r, "server_version", c.build)
		expectValues(t, c.mailbox, r, "ews_url", c.ews, c.ews)
		expectValues(t, c.mailbox, r, "auth_package", "Anonymous", "Ntlm")
		expectValues(t, c.mailbox, r, "ssl", "on")
		expectValues(t, c.mailbox, r, "step", "autodiscover", "autodiscover", "autodiscover")
	}
	// another generation is not found where it was expected
	r := s.run("autodiscover", discover("probe10", "pox"), checks.Expectation{Property: "major", Op: "eq", Value: "2013", Rows: "any"})
	expectVerdict(t, "still on 2010", r, checks.Fail, "expect.not_met")
	r = s.run("autodiscover", discover("probe13", "soap"))
	expectVerdict(t, "soap", r, checks.Pass, "")
	expectValues(t, "soap", r, "major", "2013")
	r = s.run("autodiscover", checks.Params{"mailbox": "probe07@contoso.com", "mode": "soap", "url": "https://ex07.contoso.com/autodiscover/autodiscover.xml"})
	expectVerdict(t, "soap on 2007", r, checks.Fail, "http.not_found")
	r = s.run("autodiscover", checks.Params{"mailbox": "probe10@contoso.com", "mode": "pox", "url": "https://autodiscover.contoso.com/Autodiscover/Autodiscover.xml", "address": "10.0.0.10"})
	expectVerdict(t, "one address", r, checks.Pass, "")
	expectValues(t, "one address", r, "step", "url", "url", "url")
	s.SetMailbox(lab.Mailbox{Address: "other@contoso.com", User: probeUser + "99", Password: canaryInLab, Version: "2013"})
	r = s.run("autodiscover", checks.Params{"mailbox": "probe13@contoso.com", "mode": "walk"})
	expectVerdict(t, "walk", r, checks.Pass, "")
	for _, want := range []string{"domain", "autodiscover", "redirect"} {
		if !slices.Contains(values(r, "step"), want) {
			t.Errorf("step %s was not walked: %v", want, values(r, "step"))
		}
	}
}

func TestDiscoverWithoutPassword(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.env.Logon = nil
	expectVerdict(t, "anonymous", s.run("autodiscover", discover("probe13", "anonymous")), checks.Pass, "")
	expectVerdict(t, "walk", s.run("autodiscover", discover("probe13", "walk")), checks.Skip, "credentials.none")
	expectVerdict(t, "pox", s.run("autodiscover", discover("probe13", "pox")), checks.Skip, "credentials.none")
	s.RemoveName(checks.Inside, "autodiscover.contoso.com")
	expectVerdict(t, "no record", s.run("autodiscover", discover("probe13", "anonymous")), checks.Fail, "autodiscover.not_found")
	// the service record leads there, and its target may have the password
	const service = "_autodiscover._tcp.contoso.com"
	s.AddSRV(checks.Inside, service, checks.Record{Value: "evil.contoso.com", Port: 8443})
	s.AddSRV(checks.Inside, service, checks.Record{Value: "mail.contoso.com", Preference: 10, Port: 443})
	r := s.run("autodiscover", discover("probe13", "anonymous"))
	expectVerdict(t, "service record", r, checks.Pass, "")
	if !slices.Contains(values(r, "step"), "srv") {
		t.Errorf("%v", r.Rows)
	}
	s.credential(probeUser+"13", canaryInLab)
	expectVerdict(t, "settings by the service record", s.run("autodiscover", discover("probe13", "pox")), checks.Pass, "")
}

// withWeb starts a further web server under a name.
func (s *site) withWeb(name, address string, c lab.Certificate, h http.Handler) {
	s.t.Helper()
	s.SetAddresses(checks.Inside, name, 300, at(address))
	if err := s.AddServer(lab.Server{Name: strings.ReplaceAll(name, ".", "-"), Address: at(address), Certificate: c, Web: lab.Serve(h)}); err != nil {
		s.t.Fatal(err)
	}
}

func TestStepsBeforeExchange(t *testing.T) {
	t.Parallel()
	site := signs(200, "<!DOCTYPE html><html>Welcome to Contoso</html>", "Content-Type", "text/html")
	for _, c := range []struct {
		name    string
		cert    lab.Certificate
		handler http.Handler
		verdict checks.Verdict
		reason  string
	}{
		{"company site", lab.Certificate{Names: []string{"contoso.com"}}, site, checks.Warn, "autodiscover.other_answers"},
		{"company site, wrong certificate", lab.Certificate{Names: []string{"hoster.net"}}, site, checks.Fail, "autodiscover.certificate"},
		{"company site answers 404", lab.Certificate{Names: []string{"contoso.com"}}, signs(404, ""), checks.Pass, ""},
		{"company site leads home", lab.Certificate{Names: []string{"contoso.com"}}, signs(302, "", "Location", "https://www.contoso.com/"), checks.Pass, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			s.withWeb("contoso.com", "10.0.0.99", c.cert, c.handler)
			expectVerdict(t, c.name, s.run("autodiscover", discover("probe13", "walk")), c.verdict, c.reason)
			expectVerdict(t, c.name, s.run("autodiscover", discover("probe13", "pox")), checks.Pass, "")
		})
	}
	s := newSite(t)
	if err := s.Bind("EX13", lab.Certificate{Names: []string{"mail.contoso.com"}}); err != nil {
		t.Fatal(err)
	}
	expectVerdict(t, "name not on the certificate", s.run("autodiscover", discover("probe13", "anonymous")), checks.Fail, "autodiscover.certificate")
	expectVerdict(t, "and no password goes there", s.run("autodiscover", discover("probe13", "pox")), checks.Unknown, "credentials.unsafe")
	if n := s.Accepted(probeUser + "13"); n != 0 {
		t.Errorf("%d logons", n)
	}
}

// afterLogon asks for a logon by Basic and then answers with handle, given the
// body of the request.
func afterLogon(handle func(w http.ResponseWriter, r *http.Request, body string)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, _, ok := r.BasicAuth(); !ok {
			w.Header().Set("WWW-Authenticate", `Basic realm="x"`)
			w.WriteHeader(401)
			return
		}
		body, _ := io.ReadAll(r.Body)
		handle(w, r, string(body))
	})
}

const (
	poxHead = `<?xml version="1.0" encoding="utf-8"?><Autodiscover xmlns="http://schemas.microsoft.com/exchange/autodiscover/responseschema/2006"><Response xmlns="http://schemas.microsoft.com/exchange/autodiscover/outlook/responseschema/2006a">`
	poxTail = `</Response></Autodiscover>`
	oneEXCH = `<Account><Action>settings</Action><Protocol><Type>EXCH</Type><Server>a.contoso.com</Server><ServerVersion>73C085D9</ServerVersion><EwsUrl>https://mail.contoso.com/EWS/Exchange.asmx</EwsUrl></Protocol></Account>`
	goodPOX = poxHead + oneEXCH + poxTail
)

func account(inside string) string { return poxHead + "<Account>" + inside + "</Account>" + poxTail }

func TestAnswersOfAutodiscover(t *testing.T) {
	t.Parallel()
	url := func(u string) string {
		return account("<Action>redirectUrl</Action><RedirectUrl>" + u + "</RedirectUrl>")
	}
	address := func(a string) string {
		return account("<Action>redirectAddr</Action><RedirectAddr>" + a + "</RedirectAddr>")
	}
	section := func(inside string) string {
		return account("<Action>settings</Action><Protocol><Type>EXCH</Type>" + inside + "</Protocol>")
	}
	fault := func(code string) string {
		return poxHead + "<Error><ErrorCode>" + code + "</ErrorCode><Message>no</Message></Error>" + poxTail
	}
	for _, c := range []struct {
		name, body string
		verdict    checks.Verdict
		reason     string
	}{
		{"good", goodPOX, checks.Pass, ""},
		{"byte order mark", "\xef\xbb\xbf" + goodPOX, checks.Pass, ""},
		{"no declaration", strings.TrimPrefix(goodPOX, `<?xml version="1.0" encoding="utf-8"?>`), checks.Pass, ""},
		{"https namespace", strings.ReplaceAll(goodPOX, "http://schemas", "https://schemas"), checks.Pass, ""},
		{"external entity", `<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>` + goodPOX[38:], checks.Fail, "xml.malformed"},
		{"external document type", `<!DOCTYPE a SYSTEM "http://evil.net/x.dtd">` + goodPOX[38:], checks.Fail, "xml.malformed"},
		{"billion laughs", `<!DOCTYPE a [<!ENTITY a "b"><!ENTITY c "&a;&a;">]><Autodiscover>&c;</Autodiscover>`, checks.Fail, "xml.malformed"},
		{"entity after an error code", poxHead + "<Error><ErrorCode>600</ErrorCode>&x;</Error>" + poxTail, checks.Fail, "xml.malformed"},
		{"utf-16 declared", strings.Replace(goodPOX, "utf-8", "utf-16", 1), checks.Fail, "xml.charset"},
		{"utf-16", "\xff\xfe<\x00a\x00", checks.Fail, "xml.charset"},
		{"latin 1", strings.Replace(goodPOX, "a.contoso", "\xe4.contoso", 1), checks.Fail, "xml.charset"},
		{"wrong root", strings.ReplaceAll(goodPOX, "Autodiscover>", "Other>"), checks.Fail, "xml.malformed"},
		{"wrong namespace", strings.ReplaceAll(goodPOX, "autodiscover/responseschema", "x"), checks.Fail, "xml.malformed"},
		{"second document", goodPOX + "<a/>", checks.Fail, "xml.malformed"},
		{"the same document twice", goodPOX + strings.TrimPrefix(goodPOX, `<?xml version="1.0" encoding="utf-8"?>`), checks.Fail, "xml.malformed"},
		{"trailing text", goodPOX + "boo", checks.Fail, "xml.malformed"},
		{"cut", goodPOX[:len(goodPOX)-9], checks.Fail, "xml.malformed"},
		{"nested 20000 deep", poxHead + strings.Repeat("<a>", 20000), checks.Fail, "xml.malformed"},
		{"200000 texts", account("<Action>" + strings.Repeat("x<!---->", 200000) + "</Action>"), checks.Fail, "xml.malformed"},
		{"1000 protocols", account("<Action>settings</Action>" + strings.Repeat("<Protocol><Type>EXCH</Type></Protocol>", 1000)), checks.Fail, "xml.malformed"},
		{"no protocol", account("<Action>settings</Action>"), checks.Fail, "xml.malformed"},
		{"no action", account(""), checks.Fail, "xml.malformed"},
		{"empty", "", checks.Fail, "xml.malformed"},
		{"web page", "<!DOCTYPE html><html>log on</html>", checks.Fail, "autodiscover.wrong_server"},
		{"file address", section("<EwsUrl>file:///c:/x</EwsUrl>"), checks.Warn, "autodiscover.settings"},
		{"share", section(`<OABUrl>\\server\oab</OABUrl>`), checks.Warn, "autodiscover.settings"},
		{"plain http", section("<EwsUrl>http://mail.contoso.com/</EwsUrl>"), checks.Warn, "autodiscover.settings"},
		{"blank in the host", section("<EwsUrl>https://mail contoso.com/</EwsUrl>"), checks.Warn, "autodiscover.settings"},
		{"empty address", section("<EwsUrl></EwsUrl>"), checks.Warn, "autodiscover.settings"},
		{"unknown host", section("<EwsUrl>https://gone.contoso.com/</EwsUrl>"), checks.Warn, "autodiscover.settings"},
		{"bad version", section("<ServerVersion>zzz</ServerVersion>"), checks.Warn, "autodiscover.settings"},
		{"public folders hold the address book", section("<OABUrl>Public Folder</OABUrl>"), checks.Pass, ""},
		{"unknown address", fault("500"), checks.Fail, "autodiscover.address_unknown"},
		{"invalid request", fault("600"), checks.Fail, "autodiscover.error"},
		{"internal error", fault("603"), checks.Fail, "autodiscover.error"},
		{"to itself", url("https://autodiscover.contoso.com/autodiscover/autodiscover.xml"), checks.Fail, "autodiscover.redirect_loop"},
		{"to http", url("http://autodiscover.contoso.com/autodiscover/autodiscover.xml"), checks.Fail, "autodiscover.redirect_refused"},
		{"to a port", url("https://mail.contoso.com:8443/autodiscover/autodiscover.xml"), checks.Fail, "autodiscover.redirect_refused"},
		{"to an address", url("https://10.0.0.13/autodiscover/autodiscover.xml"), checks.Fail, "autodiscover.redirect_refused"},
		{"to another path", url("https://mail.contoso.com/owa/"), checks.Fail, "autodiscover.redirect_refused"},
		{"to a user", url("https://a:b@mail.contoso.com/autodiscover/autodiscover.xml"), checks.Fail, "autodiscover.redirect_refused"},
		{"to a foreign host", url("https://evil.example.net/autodiscover/autodiscover.xml"), checks.Unknown, "autodiscover.redirect_unconfirmed"},
		{"to the same mailbox", address("probe13@contoso.com"), checks.Fail, "autodiscover.redirect_loop"},
		{"to another domain", address("a@example.net"), checks.Unknown, "autodiscover.redirect_unconfirmed"},
		{"to no address", address("x"), checks.Fail, "autodiscover.redirect_refused"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			foreign := atomic.Int32{}
			s.withWeb("evil.example.net", "10.0.0.66", lab.Certificate{Names: []string{"evil.example.net"}}, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				foreign.Add(1)
				w.Header().Set("WWW-Authenticate", `Basic realm="x"`)
				w.WriteHeader(401)
			}))
			s.dress(afterLogon(func(w http.ResponseWriter, r *http.Request, _ string) { io.WriteString(w, c.body) }))
			r := s.run("autodiscover", discover("probe13", "pox"))
			expectVerdict(t, c.name, r, c.verdict, c.reason)
			if foreign.Load() > 0 {
				t.Error("a foreign host was asked")
			}
		})
	}
}

func TestRedirectsBetweenMailboxesEnd(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	asked := atomic.Int32{}
	s.dress(afterLogon(func(w http.ResponseWriter, r *http.Request, body string) {
		asked.Add(1)
		other := "a@contoso.com"
		if strings.Contains(body, "a@contoso.com") {
			other = "B@contoso.com"
		}
		io.WriteString(w, account("<Action>redirectAddr</Action><RedirectAddr>"+other+"</RedirectAddr>"))
	}))
	expectVerdict(t, "ping-pong", s.run("autodiscover", discover("probe13", "pox")), checks.Fail, "autodiscover.redirect_loop")
	if asked.Load() > 10 {
		t.Errorf("asked %d times", asked.Load())
	}
	n := 0
	s.dress(afterLogon(func(w http.ResponseWriter, r *http.Request, body string) {
		n++
		fmt.Fprint(w, account(fmt.Sprintf("<Action>redirectAddr</Action><RedirectAddr>m%d@contoso.com</RedirectAddr>", n)))
	}))
	expectVerdict(t, "always another", s.run("autodiscover", discover("probe13", "pox")), checks.Fail, "autodiscover.redirect_loop")
}

func TestSOAPAnswers(t *testing.T) {
	t.Parallel()
	soap := func(body string) string {
		return `<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>` + body + `</s:Body></s:Envelope>`
	}
	settings := func(code, user string) string {
		return soap(`<GetUserSettingsResponseMessage xmlns="http://schemas.microsoft.com/exchange/2010/Autodiscover"><Response><ErrorCode>` + code + `</ErrorCode><UserResponses>` + user + `</UserResponses></Response></GetUserSettingsResponseMessage>`)
	}
	good := `<UserResponse><ErrorCode>NoError</ErrorCode><UserSettings><UserSetting><Name>MailboxVersion</Name><Value>15.0.1497.2</Value></UserSetting></UserSettings></UserResponse>`
	for _, c := range []struct {
		name, body string
		status     int
		verdict    checks.Verdict
		reason     string
	}{
		{"good, no declaration", settings("NoError", good), 200, checks.Pass, ""},
		{"invalid user", settings("NoError", `<UserResponse><ErrorCode>InvalidUser</ErrorCode></UserResponse>`), 200, checks.Fail, "autodiscover.address_unknown"},
		{"busy", settings("ServerBusy", ""), 200, checks.Unknown, "autodiscover.error"},
		{"fault", soap(`<s:Fault><faultcode>s:Client</faultcode><faultstring>no</faultstring></s:Fault>`), 500, checks.Fail, "autodiscover.error"},
		{"fault as a page", "<html>error</html>", 500, checks.Fail, "http.server_error"},
		{"multipart", "--uuid\r\nContent-Type: application/xop+xml\r\n\r\n<s/>", 200, checks.Fail, "xml.malformed"},
		{"two users", settings("NoError", good+good), 200, checks.Fail, "xml.malformed"},
		{"redirect", settings("NoError", `<UserResponse><ErrorCode>RedirectUrl</ErrorCode><RedirectTarget>http://evil.net/</RedirectTarget></UserResponse>`), 200, checks.Fail, "autodiscover.redirect_refused"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			s.dress(afterLogon(func(w http.ResponseWriter, r *http.Request, _ string) {
				w.WriteHeader(c.status)
				io.WriteString(w, c.body)
			}))
			expectVerdict(t, c.name, s.run("autodiscover", discover("probe13", "soap")), c.verdict, c.reason)
		})
	}
}

func TestPlainRedirectStep(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		location string
		verdict  checks.Verdict
		reason   string
	}{
		{"https://mail.contoso.com/autodiscover/autodiscover.xml", checks.Warn, "tcp.refused"}, // the https step before it is silent
		{"http://mail.contoso.com/autodiscover/autodiscover.xml", checks.Fail, "autodiscover.not_found"},
		{"https://mail.contoso.com/", checks.Fail, "autodiscover.not_found"},
		{"//evil/autodiscover/autodiscover.xml", checks.Fail, "autodiscover.not_found"},
		{"", checks.Fail, "autodiscover.not_found"},
	} {
		s := newSite(t)
		s.SetAddresses(checks.Inside, "autodiscover.contoso.com", 300, at("10.0.0.90"))
		if err := s.AddServer(lab.Server{Name: "HOP", Address: at("10.0.0.90"), Web: lab.Serve(signs(302, "", "Location", c.location))}); err != nil {
			t.Fatal(err)
		}
		s.Silence(netip.MustParseAddrPort("10.0.0.90:443"))
		expectVerdict(t, c.location, s.run("autodiscover", discover("probe13", "anonymous")), c.verdict, c.reason)
	}
}

// TestDeclinedPasswordHidesNoStep declines the password: a step that breaks
// clients is told all the same.
func TestDeclinedPasswordHidesNoStep(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.env.Logon = func(context.Context, string) (checks.Credential, error) {
		return checks.Credential{}, errors.New("declined")
	}
	r := s.run("autodiscover", discover("probe13", "walk"))
	expectVerdict(t, "good steps", r, checks.Skip, "credentials.none")
	if !slices.Contains(values(r, "step"), "autodiscover") {
		t.Errorf("what was seen of the steps is lost: %v", r.Rows)
	}
	s.withWeb("contoso.com", "10.0.0.99", lab.Certificate{Names: []string{"hoster.net"}},
		signs(200, "<!DOCTYPE html><html>Welcome to Contoso</html>", "Content-Type", "text/html"))
	expectVerdict(t, "a bad step", s.run("autodiscover", discover("probe13", "walk")), checks.Fail, "autodiscover.certificate")
}

// TestUnknownServiceRecord cannot look the service record up: no step there is
// not the same as not knowing.
func TestUnknownServiceRecord(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.env.Resolvers = nil // this computer is asked
	s.env.Records = func(context.Context, string, string) ([]checks.Record, error) {
		return nil, &net.DNSError{Err: "i/o timeout", IsTimeout: true}
	}
	expectVerdict(t, "Exchange is reached before", s.run("autodiscover", discover("probe13", "anonymous")), checks.Warn, "dns.timeout")
	lookup := s.env.Lookup
	s.env.Lookup = func(ctx context.Context, host string) ([]netip.Addr, error) {
		if host == "contoso.com" {
			return nil, &net.DNSError{Err: "i/o timeout", IsTimeout: true}
		}
		return lookup(ctx, host)
	}
	r := s.run("autodiscover", discover("probe13", "anonymous"))
	if got, _ := r.Rows[0].Get("outcome"); got != "trouble" || r.Rows[0]["step"][0] != "domain" {
		t.Errorf("a step that cannot be looked up: %v", r.Rows[0])
	}
	s.env.Lookup = lookup
	s.RemoveName(checks.Inside, "autodiscover.contoso.com")
	expectVerdict(t, "nothing else leads there", s.run("autodiscover", discover("probe13", "anonymous")), checks.Unknown, "dns.timeout")
}

// TestProxyInFrontIsNoServer is answered by a proxy that wants a logon of its
// own: the server behind it was not seen.
func TestProxyInFrontIsNoServer(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.dress(signs(407, "", "Proxy-Authenticate", "Basic"))
	for kind, p := range map[string]checks.Params{
		"rpch":         {"host": "mail.contoso.com"},
		"autodiscover": {"mailbox": "probe13@contoso.com", "mode": "anonymous", "url": "https://mail.contoso.com/Autodiscover/Autodiscover.xml"},
		"http":         webCheck("/EWS/Exchange.asmx", "role", "ews"),
	} {
		expectVerdict(t, kind, s.run(kind, p), checks.Unknown, "http.proxy")
	}
}
