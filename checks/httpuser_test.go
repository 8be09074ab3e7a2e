package checks_test

import (
	"context"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"coexist/checks"
	"coexist/checks/lab"
)

func webCheck(path string, more ...any) checks.Params {
	p := checks.Params{"url": "https://mail.contoso.com" + path, "account": "probe13@contoso.com"}
	for i := 0; i < len(more); i += 2 {
		p[more[i].(string)] = more[i+1]
	}
	return p
}

// type2 is a second NTLM message that change may break.
func type2(change func(m []byte) []byte) string {
	m := append([]byte("NTLMSSP\x00"), 2, 0, 0, 0)
	m = append(m, 4, 0, 4, 0, 48, 0, 0, 0)
	m = binary.LittleEndian.AppendUint32(m, 0x00828205)
	m = append(m, 1, 2, 3, 4, 5, 6, 7, 8)
	m = append(m, make([]byte, 8)...)
	m = append(m, 4, 0, 4, 0, 52, 0, 0, 0)
	m = append(m, 'A', 0, 'B', 0, 0, 0, 0, 0)
	return base64.StdEncoding.EncodeToString(change(m))
}

// TestBrokenNTLM sees that a broken second message ends the logon before
// anything that depends on the password is sent.
func TestBrokenNTLM(t *testing.T) {
	t.Parallel()
	set := func(at int, b ...byte) func([]byte) []byte {
		return func(m []byte) []byte { copy(m[at:], b); return m }
	}
	for name, token := range map[string]string{
		"offset behind the end": type2(set(16, 0xff, 0, 0, 0)), "length behind the end": type2(set(12, 0xff, 0xff)),
		"4 GB offset": type2(set(44, 0xff, 0xff, 0xff, 0xff)), "wrong signature": type2(set(0, 'X')),
		"type 3": type2(set(8, 3)), "OEM strings": type2(set(20, 2)), "cut": type2(func(m []byte) []byte { return m[:20] }),
		"names without an end": type2(set(52, 1)), "name longer than the list": type2(set(52, 1, 0, 9, 0)),
		"empty": "", "no base64": "!!!", "NTLM v1": type2(set(20, 0x85)), "64 KiB": base64.StdEncoding.EncodeToString(make([]byte, 40<<10)),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			proofs := atomic.Int32{}
			s.dress(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				_, given, _ := strings.Cut(r.Header.Get("Authorization"), " ")
				switch {
				case given == "":
					w.Header().Set("WWW-Authenticate", "NTLM")
				case strings.HasPrefix(given, "TlRMTVNTUAAB"):
					w.Header().Set("WWW-Authenticate", strings.TrimSpace("NTLM "+token))
				default:
					proofs.Add(1)
				}
				w.WriteHeader(401)
			}))
			r := s.run("http", webCheck("/x", "auth", "ntlm"))
			if name == "64 KiB" && r.Reason == "http.huge_header" {
				return
			}
			expectVerdict(t, name, r, checks.Fail, "ntlm.malformed")
			if proofs.Load() != 0 {
				t.Error("a proof of the password was sent")
			}
			if s := s.env.Logons.Stopped("probe13@contoso.com"); s != "" {
				t.Errorf("the account was stopped: %s", s)
			}
		})
	}
}

func TestNTLMOverOneConnectionOnly(t *testing.T) {
	t.Parallel()
	for _, announced := range []bool{true, false} {
		s := newSite(t)
		proofs := atomic.Int32{}
		s.dress(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			_, given, _ := strings.Cut(r.Header.Get("Authorization"), " ")
			switch {
			case given == "":
				w.Header().Set("WWW-Authenticate", "NTLM")
			case strings.HasPrefix(given, "TlRMTVNTUAAB"):
				w.Header().Set("WWW-Authenticate", "NTLM "+type2(func(m []byte) []byte { return m }))
				if announced {
					w.Header().Set("Connection", "close")
				}
			default:
				proofs.Add(1)
				panic(http.ErrAbortHandler)
			}
			w.WriteHeader(401)
		}))
		expectVerdict(t, fmt.Sprint(announced), s.run("http", webCheck("/x", "auth", "ntlm")), checks.Fail, "ntlm.connection_dropped")
		if announced && proofs.Load() > 0 {
			t.Error("the proof was sent over another connection")
		}
	}
}

// TestExtendedProtection refuses NTLM though the password is right.
func TestExtendedProtection(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	tries := atomic.Int32{}
	protected := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		token := type2(func(m []byte) []byte { return m })
		switch _, given, _ := strings.Cut(r.Header.Get("Authorization"), " "); {
		case strings.HasPrefix(given, "TlRMTVNTUAAB"):
			w.Header().Set("WWW-Authenticate", "NTLM "+token)
		case given != "":
			tries.Add(1)
			fallthrough
		default:
			w.Header().Set("WWW-Authenticate", "NTLM")
		}
		w.WriteHeader(401)
	})
	expectVerdict(t, "proven elsewhere", s.run("http", webCheck("/Autodiscover/Autodiscover.xml", "auth", "basic", "role", "autodiscover")), checks.Pass, "")
	s.dress(protected)
	expectVerdict(t, "refused here", s.run("http", webCheck("/EWS/Exchange.asmx", "role", "ews")), checks.Unknown, "auth.extended_protection")
	if tries.Load() != 1 {
		t.Errorf("%d tries", tries.Load())
	}
	if why := s.env.Logons.Stopped("probe13@contoso.com"); why != "" {
		t.Errorf("an account that is known to be good was stopped: %s", why)
	}
	other := newSite(t)
	other.dress(protected)
	expectVerdict(t, "never proven", other.run("http", webCheck("/EWS/Exchange.asmx", "role", "ews")), checks.Unknown, "auth.ntlm_refused")
	expectVerdict(t, "not tried again", other.run("http", webCheck("/EWS/Exchange.asmx", "role", "ews")), checks.Unknown, "credentials.stopped")
	if tries.Load() != 2 {
		t.Errorf("%d tries, want one for each", tries.Load())
	}
}

// TestOnlySuccessProvesAPassword meets a filter that answers whoever has a
// password without looking at it: a refusal elsewhere is then no riddle.
func TestOnlySuccessProvesAPassword(t *testing.T) {
	t.Parallel()
	for _, status := range []int{302, 403, 404} {
		s := newSite(t)
		s.dress(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("Authorization") == "" {
				w.Header().Set("WWW-Authenticate", "Basic")
				w.WriteHeader(401)
				return
			}
			w.Header().Set("Location", "/login")
			w.WriteHeader(status)
		}))
		s.run("http", webCheck("/EWS/Exchange.asmx", "auth", "basic"))
		s.dress(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("WWW-Authenticate", "NTLM")
			if strings.HasPrefix(r.Header.Get("Authorization"), "NTLM TlRMTVNTUAAB") {
				w.Header().Set("WWW-Authenticate", "NTLM "+type2(func(m []byte) []byte { return m }))
			}
			w.WriteHeader(401)
		}))
		expectVerdict(t, fmt.Sprint(status), s.run("http", webCheck("/EWS/Exchange.asmx", "auth", "ntlm")), checks.Unknown, "auth.ntlm_refused")
	}
}

func TestAnswersToAUser(t *testing.T) {
	t.Parallel()
	const soap = `<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>%s</s:Body></s:Envelope>`
	ews := func(class, code string) string {
		return fmt.Sprintf(soap, `<m:GetFolderResponseMessage xmlns:m="m" ResponseClass="`+class+`"><m:ResponseCode>`+code+`</m:ResponseCode></m:GetFolderResponseMessage>`)
	}
	for _, c := range []struct {
		name, role string
		status     int
		headers    []string
		body       string
		verdict    checks.Verdict
		reason     string
	}{
		{"password comes back", "rpc", 200, []string{"X-Echo", canaryInLab}, canaryInLab, checks.Pass, ""},
		{"forbidden", "oab", 401, nil, "", checks.Fail, "credentials.refused"},
		{"no mailbox", "ews", 200, nil, ews("Error", "ErrorNonExistentMailbox"), checks.Fail, "ews.error"},
		{"busy", "ews", 200, nil, ews("Error", "ErrorServerBusy"), checks.Warn, "ews.busy"},
		{"fault", "ews", 500, nil, fmt.Sprintf(soap, `<s:Fault><faultcode>a</faultcode></s:Fault>`), checks.Fail, "http.server_error"},
		{"no XML", "ews", 200, nil, "hello", checks.Fail, "xml.malformed"},
		{"web page", "ews", 200, nil, "<html>log on</html>", checks.Fail, "autodiscover.wrong_server"},
		{"protocol off", "eas", 403, nil, "", checks.Fail, "auth.forbidden"},
		{"eas elsewhere", "eas", 451, []string{"X-MS-Location", "https://other.contoso.com/"}, "", checks.Fail, "eas.redirected"},
		{"device blocked", "eas", 456, nil, "", checks.Fail, "eas.refused"},
		{"not eas", "eas", 200, nil, "", checks.Fail, "eas.no_versions"},
		{"gateway", "eas", 502, nil, "", checks.Fail, "http.bad_gateway"},
		{"redirect to a look-alike", "owa", 302, []string{"Location", "https://mail.contoso.com.evil.net/"}, "", checks.Warn, "http.redirect_other_host"},
		{"redirect to plain http", "owa", 302, []string{"Location", "http://mail.contoso.com/"}, "", checks.Fail, "http.redirect_downgrade"},
		{"redirect with a user", "owa", 302, []string{"Location", "https://a:b@mail.contoso.com/"}, "", checks.Fail, "http.redirect_refused"},
		{"redirect to a port", "owa", 302, []string{"Location", "https://mail.contoso.com:8443/"}, "", checks.Warn, "http.redirect_port"},
		{"redirect to a file", "owa", 302, []string{"Location", "file:///etc/passwd"}, "", checks.Fail, "http.redirect_refused"},
		{"redirect to nowhere", "owa", 302, nil, "", checks.Fail, "http.redirect_nowhere"},
		{"redirect beside the host", "owa", 302, []string{"Location", "//evil/"}, "", checks.Warn, "http.redirect_other_host"},
		{"redirect of 8 KiB", "owa", 302, []string{"Location", "/" + strings.Repeat("a", 8<<10)}, "", checks.Fail, "http.redirect_refused"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			logons := atomic.Int32{}
			s.dress(afterLogon(func(w http.ResponseWriter, r *http.Request, _ string) {
				logons.Add(1)
				for i := 0; i < len(c.headers); i += 2 {
					w.Header().Set(c.headers[i], c.headers[i+1])
				}
				w.Header().Set("X-Authorization", r.Header.Get("Authorization")) // an echo server
				w.WriteHeader(c.status)
				io.WriteString(w, c.body+r.Header.Get("Authorization"))
			}))
			if c.role == "ews" { // the echo would spoil the document
				s.dress(afterLogon(func(w http.ResponseWriter, r *http.Request, _ string) {
					logons.Add(1)
					w.WriteHeader(c.status)
					io.WriteString(w, c.body)
				}))
			}
			expectVerdict(t, c.name, s.run("http", webCheck("/x", "role", c.role, "auth", "basic")), c.verdict, c.reason)
			if logons.Load() != 1 {
				t.Errorf("%d requests with a password, want one", logons.Load())
			}
		})
	}
}

// TestHostileHTTP feeds raw bytes to requests with and without an account:
// each is classified within its time, and no password is sent.
func TestHostileHTTP(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, answer string
		verdict      checks.Verdict
		reasons      []string
	}{
		{"endless headers", "HTTP/1.1 200 OK\r\n" + strings.Repeat("X-A: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n", 6000), checks.Fail, []string{"http.huge_header"}},
		{"1xx flood", strings.Repeat("HTTP/1.1 102 Processing\r\nX: "+strings.Repeat("a", 500)+"\r\n\r\n", 400), checks.Fail, []string{"http.huge_header"}},
		{"two lengths", "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 5\r\n\r\nabc", checks.Fail, []string{"http.not_http"}},
		{"negative length", "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\nabc", checks.Fail, []string{"http.not_http"}},
		{"chunked garbage", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzzz\r\n", checks.Fail, []string{"http.not_http"}},
		{"short body", "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc", checks.Fail, []string{"http.body_short"}},
		{"HTTP/2", "\x00\x00\x12\x04\x00\x00\x00\x00\x00", checks.Fail, []string{"http.not_http", "http.closed"}},
		{"banner of mail", "220 mail.contoso.com ready\r\n", checks.Fail, []string{"http.not_http", "http.closed"}},
		{"nothing", "", checks.Fail, []string{"http.closed"}},
		{"401 without challenge", "HTTP/1.1 401 No\r\nContent-Length: 0\r\n\r\n", checks.Fail, []string{"auth.scheme_missing"}},
		{"30 challenges", "HTTP/1.1 401 No\r\n" + strings.Repeat("WWW-Authenticate: Foo\r\n", 30) + "Content-Length: 0\r\n\r\n", checks.Fail, []string{"auth.scheme_missing"}},
		{"realm with an escape", "HTTP/1.1 401 No\r\nWWW-Authenticate: Digest realm=\"\xc2\x9b]0;x\"\r\nContent-Length: 0\r\n\r\n", checks.Fail, []string{"auth.scheme_missing"}},
		{"challenge of 60 KiB", "HTTP/1.1 401 No\r\nWWW-Authenticate: Foo " + strings.Repeat("A", 60<<10) + "\r\nContent-Length: 0\r\n\r\n", checks.Fail, []string{"auth.scheme_missing"}},
		{"proxy", "HTTP/1.1 407 No\r\nContent-Length: 0\r\n\r\n", checks.Unknown, []string{"http.proxy"}},
		{"page for every path", "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 11\r\n\r\n<html>\x00\x1b[31", checks.Fail, []string{"http.wrong_server"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			seen := s.raw(c.answer)
			r := s.run("http", webCheck("/EWS/Exchange.asmx", "role", "ews"))
			if r.Verdict != c.verdict || !contains(c.reasons, r.Reason) {
				t.Errorf("got %s %q (%s), want %s %q", r.Verdict, r.Reason, r.Summary, c.verdict, c.reasons)
			}
			for _, kind := range []string{"version", "rpch"} {
				if r := s.run(kind, checks.Params{"host": "mail.contoso.com"}); r.Verdict == checks.Pass {
					t.Errorf("%s passes: %s", kind, r.Summary)
				}
			}
			if r := s.run("owaform", formCheck("probe13")); r.Verdict == checks.Pass {
				t.Errorf("owaform passes: %s", r.Summary)
			}
			if r := s.run("autodiscover", discover("probe13", "pox")); r.Verdict == checks.Pass {
				t.Errorf("autodiscover passes: %s", r.Summary)
			}
			if seen.Load() > 0 {
				t.Error("a password was sent")
			}
		})
	}
}

func contains(list []string, s string) bool {
	for _, e := range list {
		if e == s {
			return true
		}
	}
	return false
}

// raw puts a server in front that answers every request with the same bytes;
// it counts requests that carry a logon.
func (s *site) raw(answer string) *atomic.Int32 {
	s.t.Helper()
	var seen atomic.Int32
	cert, err := s.Issue(lab.Certificate{Names: []string{"mail.contoso.com", "autodiscover.contoso.com"}})
	if err != nil {
		s.t.Fatal(err)
	}
	for _, n := range []string{"mail.contoso.com", "autodiscover.contoso.com"} {
		s.SetAddresses(checks.Inside, n, 300, at("10.0.0.50"))
	}
	err = s.ServeTLS(portOf("10.0.0.50", 443), serverConfig(cert), func(_ context.Context, c net.Conn) {
		defer c.Close()
		buf := make([]byte, 16<<10)
		n, _ := c.Read(buf)
		if text := string(buf[:n]); strings.Contains(text, "\r\nAuthorization: Basic") || strings.Contains(text, "TlRMTVNTUAAD") || strings.Contains(text, "Kanarie") {
			seen.Add(1)
		}
		io.WriteString(c, answer)
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return &seen
}
