package checks

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// web answers every request at 10.1.0.1:80 with raw bytes chosen by path.
func (w *world) web(answer func(path string) string) {
	w.name("www.example.com", "10.1.0.1")
	w.serve("10.1.0.1:80", func(c net.Conn) {
		if path, _, ok := readRequest(c); ok {
			io.WriteString(c, answer(path))
		}
	})
}

// readRequest reads a request's head and, as announced, its body.
func readRequest(c net.Conn) (path, head string, ok bool) {
	in := newLineReader(c)
	first, err := in.line()
	if err != nil {
		return "", "", false
	}
	head = first + "\n"
	length := 0
	for {
		l, err := in.line()
		if err != nil {
			return "", "", false
		}
		if l == "" {
			break
		}
		head += l + "\n"
		fmt.Sscanf(strings.ToLower(l), "content-length: %d", &length)
	}
	io.CopyN(io.Discard, in.r, int64(length))
	parts := strings.Fields(first)
	if len(parts) < 2 {
		return "", "", false
	}
	return parts[1], head, true
}

func httpCheck(path string, more Params) Check {
	p := Params{"url": "http://www.example.com" + path}
	for k, v := range more {
		p[k] = v
	}
	return Check{Kind: "http", Params: p, Timeout: 3 * time.Second}
}

const ok200 = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

func status(code int, headers ...string) string {
	h := strings.Join(headers, "\r\n")
	if h != "" {
		h += "\r\n"
	}
	return fmt.Sprintf("HTTP/1.1 %d X\r\n%sContent-Length: 0\r\n\r\n", code, h)
}

func TestHTTPAnswers(t *testing.T) {
	t.Parallel()
	to := func(where string) string { return status(302, "Location: "+where) }
	iis := "Server: Microsoft-HTTPAPI/2.0"
	page := func(code int, body string) string {
		return fmt.Sprintf("HTTP/1.1 %d X\r\nContent-Length: %d\r\n\r\n%s", code, len(body), body)
	}
	for _, c := range []struct {
		name    string
		answer  string
		params  Params
		verdict Verdict
		reason  string
	}{
		{"200", ok200, nil, Pass, ""},
		{"401 with schemes", status(401, "WWW-Authenticate: Negotiate", "WWW-Authenticate: NTLM"), Params{"role": "ews"}, Pass, ""},
		{"401 without challenge", status(401), Params{"role": "ews"}, Warn, "http.no_challenge"},
		{"EWS open to strangers", ok200, Params{"role": "ews"}, Warn, "http.anonymous"},
		{"403.4", page(403, "403.4 SSL required"), Params{"role": "owa"}, Fail, "http.ssl_required"},
		{"403.7", page(403, "403.7"), Params{"role": "owa"}, Fail, "http.client_certificate"},
		{"403", status(403), Params{"role": "owa"}, Fail, "http.forbidden"},
		{"404", status(404), Params{"role": "owa"}, Fail, "http.not_found"},
		{"405", status(405), Params{"role": "eas"}, Fail, "http.verb_refused"},
		{"407", status(407), nil, Unknown, "http.proxy"},
		{"440", status(440), nil, Fail, "http.session_expired"},
		{"500", status(500), nil, Fail, "http.server_error"},
		{"502", status(502), nil, Fail, "http.bad_gateway"},
		{"503 by the system", status(503, iis), nil, Fail, "http.pool_stopped"},
		{"503", status(503), nil, Fail, "http.unavailable"},
		{"400 by the system", status(400, iis), nil, Fail, "http.bad_host"},
		{"status asked for", status(404), Params{"status": []any{"404"}}, Pass, ""},
		{"status asked for, another", ok200, Params{"status": []any{"404"}}, Fail, "http.status"},
		{"health page of another", page(200, "welcome"), Params{"role": "healthcheck", "body_has": "200 OK"}, Fail, "http.body_lacks"},
		{"health page without a server", page(200, "200 OK"), Params{"role": "healthcheck"}, Pass, ""},
		{"no health page", page(200, "welcome"), Params{"role": "healthcheck"}, Fail, "http.body_lacks"},
		{"a page where the health page should be", page(200, "<html>welcome</html>"), Params{"role": "healthcheck", "url": "http://www.example.com/owa/healthcheck.htm"}, Unknown, "vantage.captive_portal"},
		{"Basic alone on EWS", status(401, "WWW-Authenticate: Basic realm=x"), Params{"role": "ews"}, Warn, "auth.scheme_unusual"},
		{"NTLM alone for telephones", status(401, "WWW-Authenticate: NTLM"), Params{"role": "eas"}, Warn, "auth.scheme_unusual"},
		{"Basic for telephones", status(401, "WWW-Authenticate: Basic realm=x"), Params{"role": "eas"}, Pass, ""},
		{"Kerberos alone on Autodiscover", status(401, "WWW-Authenticate: Kerberos"), Params{"role": "autodiscover"}, Warn, "auth.scheme_unusual"},
		{"health page", page(200, "200 OK<br/>ex13"), Params{"role": "healthcheck", "body_has": "200 OK"}, Pass, ""},
		{"redirect on the host", to("/owa/"), nil, Pass, ""},
		{"redirect to another host", to("http://evil.example.net/"), nil, Warn, "http.redirect_other_host"},
		{"redirect to a look-alike", to("http://www.example.com.evil.net/"), nil, Warn, "http.redirect_other_host"},
		{"redirect without scheme", to("//evil.example.net/"), nil, Warn, "http.redirect_other_host"},
		{"redirect to another port", to("http://www.example.com:8443/"), nil, Warn, "http.redirect_port"},
		{"redirect to an address", to("http://203.0.113.5/"), nil, Warn, "http.redirect_address"},
		{"redirect with a user", to("http://a:b@www.example.com/"), nil, Fail, "http.redirect_refused"},
		{"redirect to script", to("javascript:alert(1)"), nil, Fail, "http.redirect_refused"},
		{"redirect to a file", to("file:///etc/passwd"), nil, Fail, "http.redirect_refused"},
		{"redirect by backslashes", to(`\\evil.example.net\`), nil, Fail, "http.redirect_refused"},
		{"redirect of 8 KiB", to("/" + strings.Repeat("a", 8<<10)), nil, Fail, "http.redirect_refused"},
		{"redirect nowhere", status(302), nil, Fail, "http.redirect_nowhere"},
		{"redirect to the error page", to("/owa/auth/errorFE.aspx?httpCode=500"), Params{"role": "owa"}, Fail, "http.error_page"},
		{"headers of 200 KiB", "HTTP/1.1 200 OK\r\nX: " + strings.Repeat("a", 200<<10) + "\r\n\r\n", nil, Fail, "http.huge_header"},
		{"a flood of 100 Continue", strings.Repeat("HTTP/1.1 100 Continue\r\nX: "+strings.Repeat("a", 1000)+"\r\n\r\n", 1000) + ok200, nil, Fail, "http.huge_header"},
		{"malformed status", "HTTP/1.1 abc OK\r\n\r\n", nil, Fail, "http.not_http"},
		{"SMTP", "220 mail.example.com ESMTP\r\n", nil, Fail, "http.not_http"},
		{"two lengths", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nok", nil, Fail, "http.not_http"},
		{"negative length", "HTTP/1.1 200 OK\r\nContent-Length: -2\r\n\r\nok", nil, Fail, "http.not_http"},
		{"short body", "HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\nok", nil, Fail, "http.body_short"},
		{"longer body", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok and more", nil, Pass, ""},
		{"a cookie of 1 MB", status(200, "Set-Cookie: a="+strings.Repeat("b", 1<<20)), nil, Fail, "http.huge_header"},
		{"five thousand cookies", status(200, strings.TrimSuffix(strings.Repeat("Set-Cookie: a=secretvalue\r\n", 5000), "\r\n")), nil, Fail, "http.huge_header"},
		{"token of 1 MB", status(401, "WWW-Authenticate: Negotiate "+strings.Repeat("A", 1<<20)), nil, Fail, "http.huge_header"},
		{"invalid UTF-8", page(200, "\xff\xfe<html>\xc0\x80"), nil, Pass, ""},
		{"h2c upgrade", "HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n\x00\x00\x12\x04", nil, Fail, "http.not_http"},
		{"chunked garbage", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nok\r\n", nil, Fail, "http.not_http"},
		{"HTTP/2 preface", "\x00\x00\x12\x04\x00\x00\x00\x00\x00\x00\x03\x00\x00\x00\x64", nil, Fail, "http.not_http"},
		{"escape in a header", status(401, "WWW-Authenticate: Basic realm=\"\x1b]0;x\""), nil, Fail, "http.not_http"},
		{"reordering in a header", status(401, "WWW-Authenticate: Basic realm=\"\u202e\""), nil, Pass, ""},
		{"closed", "", nil, Fail, "http.closed"},
		{"binary body", page(200, "\x00\xff\x1b]0;x\a"+strings.Repeat("\x00", 1000)), nil, Pass, ""},
		{"a cookie of 50 KB", status(200, "Set-Cookie: a="+strings.Repeat("b", 50000)), nil, Pass, ""},
		{"five hundred cookies", status(200, strings.TrimSuffix(strings.Repeat("Set-Cookie: a=secretvalue\r\n", 500), "\r\n")), nil, Pass, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.web(func(string) string { return c.answer })
			var kept []string
			w.env.Store = func(lines []string) (string, error) { kept = lines; return "x", nil }
			r := w.run(httpCheck("/", c.params))
			expectResult(t, c.name, r, c.verdict, c.reason)
			if all := strings.Join(kept, "\n") + fmt.Sprint(r); strings.Contains(all, "secretvalue") {
				t.Error("a cookie's value is kept")
			} else if len(all) > 256<<10 {
				t.Errorf("%d bytes are kept", len(all))
			}
			if strings.ContainsAny(strings.Join(kept, ""), "\x1b\x00") {
				t.Error("the transcript holds control characters")
			}
		})
	}
}

func TestHTTPSlowPeers(t *testing.T) {
	t.Parallel()
	drip := func(head string) func(c net.Conn) {
		return func(c net.Conn) {
			if _, _, ok := readRequest(c); !ok {
				return
			}
			io.WriteString(c, head)
			hold(c)
		}
	}
	for _, c := range []struct {
		name   string
		peer   func(c net.Conn)
		reason string
	}{
		{"no header", drip(""), "http.slow"},
		{"half a header", drip("HTTP/1.1 200 OK\r\nX: "), "http.slow"},
		{"no body", drip("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n"), "http.body_slow"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.name("www.example.com", "10.1.0.1")
			w.serve("10.1.0.1:80", c.peer)
			check := httpCheck("/", nil)
			check.Timeout = time.Second
			expectResult(t, c.name, w.run(check), Unknown, c.reason)
		})
	}
	t.Run("woken by the second try", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		w.name("www.example.com", "10.1.0.1")
		var tries atomic.Int32
		w.serve("10.1.0.1:80", func(c net.Conn) {
			readRequest(c)
			if tries.Add(1) == 1 {
				hold(c)
				return
			}
			io.WriteString(c, ok200)
		})
		check := httpCheck("/", nil)
		check.Timeout = 2 * time.Second
		r := w.run(check)
		expectResult(t, "second try", r, Pass, "")
		if r.Attempts != 2 {
			t.Errorf("%d attempts", r.Attempts)
		}
	})
}

func TestHTTPBodiesAreBounded(t *testing.T) {
	t.Parallel()
	var bomb bytes.Buffer
	z := gzip.NewWriter(&bomb)
	io.CopyN(z, zeros{}, 64<<20)
	z.Close()
	w := newWorld(t)
	w.env.Limits.BodyBytes = 256 << 10
	w.web(func(path string) string {
		switch path {
		case "/bomb":
			return fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n%s", bomb.Len(), bomb.String())
		case "/long":
			return "HTTP/1.1 200 OK\r\nContent-Length: 5242880\r\n\r\n" + strings.Repeat("x", 5<<20)
		}
		return "HTTP/1.1 200 OK\r\n\r\n" + strings.Repeat("x", 5<<20) // until closed
	})
	r := w.run(httpCheck("/bomb", nil))
	expectResult(t, "bomb", r, Pass, "")
	if r.Evidence["body_truncated"] != "" {
		t.Error("the bomb was inflated")
	}
	for _, path := range []string{"/long", "/endless"} {
		r = w.run(httpCheck(path, nil))
		expectResult(t, path, r, Pass, "")
		if r.Evidence["body_truncated"] != "true" {
			t.Errorf("%s: the cut is not told", path)
		}
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

func TestHTTPFollows(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var hits atomic.Int32
	w.web(func(path string) string {
		hits.Add(1)
		switch {
		case path == "/a":
			return status(302, "Location: /b")
		case path == "/b":
			return status(302, "Location: /a")
		case path == "/self":
			return status(302, "Location: /self")
		case path == "/cookie":
			return status(302, "Location: /cookie", "Set-Cookie: seen=1")
		case path == "/home":
			return status(302, "Location: /final")
		case path == "/away":
			return status(302, "Location: http://elsewhere.example.com/")
		case strings.HasPrefix(path, "/n"):
			return status(302, "Location: "+path+"1")
		}
		return ok200
	})
	follow := Params{"follow": "same_host"}
	expectResult(t, "none", w.run(httpCheck("/home", nil)), Pass, "")
	r := w.run(httpCheck("/home", follow))
	expectResult(t, "followed", r, Pass, "")
	if got, _ := r.Rows[0].Get("status"); got != "200" {
		t.Errorf("status %s after following", got)
	}
	expectResult(t, "circle of two", w.run(httpCheck("/a", follow)), Fail, "http.redirect_loop")
	expectResult(t, "to itself", w.run(httpCheck("/self", follow)), Fail, "http.redirect_loop")
	expectResult(t, "to itself, not followed", w.run(httpCheck("/self", nil)), Fail, "http.redirect_loop")
	expectResult(t, "to itself with a cookie", w.run(httpCheck("/cookie", nil)), Pass, "")
	expectResult(t, "away", w.run(httpCheck("/away", follow)), Warn, "http.redirect_other_host")
	hits.Store(0)
	check := httpCheck("/n", follow)
	check.Timeout = 30 * time.Second
	expectResult(t, "endless", w.run(check), Fail, "http.redirect_limit")
	if n := hits.Load(); n > 11 {
		t.Errorf("%d requests", n)
	}
}

func TestHTTPRowAndRequest(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.env.Roots = testCA().pool
	cert := leaf(t, testCA(), nil, nil)
	var head atomic.Value
	w.serve("10.1.0.9:443", func(c net.Conn) {
		s := tls.Server(c, &tls.Config{Certificates: []tls.Certificate{cert}})
		if _, h, ok := readRequest(s); ok {
			head.Store(h)
			io.WriteString(s, status(302, "Location: https://legacy.example.com/owa/", "Server: Microsoft-IIS/8.5", "X-FEServer: EX13", "X-OWA-Version: 15.0.1497.48",
				"WWW-Authenticate: Basic realm=\"mail\", NTLM", "WWW-Authenticate: negotiate", "Set-Cookie: secret=value; path=/"))
		}
	})
	check := Check{Kind: "http", Params: Params{"url": "https://mail.example.com/owa/", "address": "10.1.0.9", "headers": []any{"X-Test: yes: and no", " X-Other:b"}},
		Expect: []Expectation{
			{Property: "location_host", Op: "eq", Value: "legacy.example.com"}, {Property: "status", Op: "eq", Value: "302"},
			{Property: "auth", Op: "same_set", Values: []string{"Basic", "NTLM", "Negotiate"}}, {Property: "fe_server", Op: "eq", Value: "EX13"},
			{Property: "owa_version", Op: "version_at_least", Value: "15.0"}, {Property: "server", Op: "has_text", Value: "IIS/8.5"},
			{Property: "trusted", Op: "eq", Value: "true"}, {Property: "headers", Op: "contains", Value: "X-Feserver: EX13"},
			{Property: "address", Op: "eq", Value: "10.1.0.9"},
		}}
	r := w.run(check)
	expectResult(t, "row", r, Pass, "")
	got, _ := head.Load().(string)
	for _, s := range []string{"GET /owa/ HTTP/1.1\n", "Host: mail.example.com\n", "X-Test: yes: and no\n", "X-Other: b\n", "Accept-Encoding: identity\n", "User-Agent: test\n"} {
		if !strings.Contains(got, s) {
			t.Errorf("request without %q:\n%s", s, got)
		}
	}
	if strings.Contains(strings.ToLower(got), "authorization") {
		t.Error("a request without account carries an Authorization header")
	}
	check.Params = Params{"url": "https://mail.example.com/owa/", "address": "10.1.0.9", "account": "probe@example.com", "auth": "basic"}
	expectResult(t, "no credentials", w.run(check), Skip, "credentials.none")
}

func TestHTTPMembers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.web(func(string) string { return ok200 })
	w.name("www.example.com", "10.1.0.2", "10.1.0.3")
	w.serve("10.1.0.2:80", func(c net.Conn) { readRequest(c); io.WriteString(c, status(503)) })
	r := w.run(httpCheck("/", nil))
	expectResult(t, "one sick, one dead", r, Fail, "http.unavailable")
	if len(r.Rows) != 2 || !strings.Contains(r.Summary, "10.1.0.2") {
		t.Errorf("%s, %d rows", r.Summary, len(r.Rows))
	}
}

func TestHTTPThroughAProxy(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.name("proxy.example.com", "10.9.0.1")
	w.env.Proxy = "http://proxy.example.com:8080"
	w.serve("10.9.0.1:8080", func(c net.Conn) {
		path, _, ok := readRequest(c)
		switch {
		case !ok:
		case strings.HasPrefix(path, "http://www.example.com/"), strings.HasPrefix(path, "http://10.1.0.5:80/"):
			io.WriteString(c, ok200)
		default:
			io.WriteString(c, "HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")
		}
	})
	r := w.run(httpCheck("/x", nil))
	expectResult(t, "by name", r, Pass, "")
	if r.Evidence["proxy"] != w.env.Proxy || r.Rows[0]["address"][0] != "proxy" {
		t.Errorf("the proxy must be told: %v %v", r.Evidence, r.Rows)
	}
	expectResult(t, "by address", w.run(httpCheck("/x", Params{"address": "10.1.0.5"})), Pass, "")
	expectResult(t, "https refused", w.run(Check{Kind: "http", Params: Params{"url": "https://www.example.com/"}}), Unknown, "http.proxy")
}

func TestChallenges(t *testing.T) {
	t.Parallel()
	for header, want := range map[string]string{
		"Negotiate":                       "Negotiate",
		"Negotiate, NTLM":                 "Negotiate NTLM",
		`Basic realm="a, NTLM b"`:         "Basic",
		`Basic realm="x", Digest qop="a"`: "Basic Digest",
		`NTLM TlRMTVNTUAAC==`:             "NTLM",
		`NTLM TlRM, basic realm=x`:        "NTLM Basic",
		`Basic realm="open`:               "Basic",
		`Basic realm="\"", NTLM`:          "Basic NTLM",
		``:                                "",
		`, ,`:                             "",
		`"`:                               "",
		"bearer":                          "Bearer",
		"Basic realm=\"\x1b]0;x\"":        "Basic",
	} {
		if got := strings.Join(schemesOf(parseChallenges([]string{header})), " "); got != want {
			t.Errorf("%q: %q, want %q", header, got, want)
		}
	}
	many := make([]string, 30)
	for i := range many {
		many[i] = fmt.Sprintf("X%d", i)
	}
	if got := parseChallenges(many); len(got) != maxChallenges {
		t.Errorf("%d challenges are kept", len(got))
	}
	c := parseChallenges([]string{"Negotiate " + strings.Repeat("A", 1<<20)})
	if len(c) != 1 || len(c[0].token) > maxChallengeBytes {
		t.Errorf("a token of a megabyte: %d challenges", len(c))
	}
	if c = parseChallenges([]string{`NTLM TlRMTVNTUAAC==`}); c[0].token != "TlRMTVNTUAAC==" {
		t.Errorf("token %q", c[0].token)
	}
	if c = parseChallenges([]string{`Basic realm="a\"b", charset=UTF-8`}); c[0].params["realm"] != `a"b` || c[0].params["charset"] != "UTF-8" {
		t.Errorf("parameters %v", c[0].params)
	}
}

func FuzzChallenges(f *testing.F) {
	for _, s := range []string{"Negotiate, NTLM", `Basic realm="a\"b", Digest x=y`, "NTLM TlRM==", `"=,=`, "a=b=c", "A B C"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, header string) {
		list := parseChallenges([]string{header, header})
		if len(list) > maxChallenges {
			t.Errorf("%d challenges", len(list))
		}
		for _, c := range list {
			if c.scheme == "" {
				t.Error("a challenge without scheme")
			}
			for i := range len(c.scheme) {
				if !isTokenByte(c.scheme[i]) {
					t.Errorf("scheme %q", c.scheme)
				}
			}
		}
	})
}

func TestConnectionsAreClosed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.web(func(string) string { return ok200 })
	var open atomic.Int32
	inner := w.env.Dial
	w.env.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
		c, err := inner(ctx, network, address)
		if err != nil {
			return nil, err
		}
		open.Add(1)
		return &closeCounter{Conn: c, closed: func() { open.Add(-1) }}, nil
	}
	for range 5 {
		w.run(httpCheck("/", nil))
	}
	if n := open.Load(); n != 0 {
		t.Errorf("%d connections are left open", n)
	}
}
