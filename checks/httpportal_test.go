package checks

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
)

func htmlPage(code int, body string, headers ...string) string {
	return fmt.Sprintf("HTTP/1.1 %d X\r\nContent-Type: text/html\r\n%sContent-Length: %d\r\n\r\n%s", code, strings.Join(append(headers, ""), "\r\n"), len(body), body)
}

// TestAnswersForEveryPath meets those that answer everything alike.
func TestAnswersForEveryPath(t *testing.T) {
	t.Parallel()
	portal := func(path string) string {
		return htmlPage(200, "<html>Welcome to the hotel. You wanted "+path+" and http://www.example.com"+path+"</html>")
	}
	for _, c := range []struct {
		name    string
		answer  func(path string) string
		role    string
		secure  bool
		trusted bool
		verdict Verdict
		reason  string
	}{
		{"guest network", portal, "owa", false, false, Unknown, "vantage.captive_portal"},
		{"guest network, EWS", portal, "ews", false, false, Unknown, "vantage.captive_portal"},
		{"guest network with its own certificate", portal, "autodiscover", true, false, Unknown, "vantage.captive_portal"},
		{"redirect for all", func(string) string { return status(302, "Location: http://login.hotel.example/start") }, "owa", false, false, Unknown, "vantage.captive_portal"},
		{"company's web site", portal, "autodiscover", true, true, Fail, "http.wrong_server"},
		{"pages that differ", func(path string) string {
			return htmlPage(200, "<html>"+strings.Repeat("x", len(path))+path[:2]+"</html>")
		}, "ews", true, true, Warn, "http.anonymous"},
		{"EWS open, the rest missing", func(path string) string {
			if path == "/x" {
				return htmlPage(200, "<html>service</html>")
			}
			return status(404)
		}, "ews", true, true, Warn, "http.anonymous"},
		{"something else than a page for every path", func(string) string { return htmlPage(200, "<x/>") }, "owa", true, true, Fail, "http.wrong_server"},
		{"a page of somebody else's", func(path string) string {
			if path == "/x" {
				return htmlPage(200, "<html>Log on to the gateway</html>")
			}
			return status(404)
		}, "owa", true, true, Warn, "http.not_exchange"},
		{"OWA's own page", func(string) string {
			return htmlPage(200, `<html><link href="/owa/14.3.169.1/themes/x.ico"></html>`)
		}, "owa", true, true, Pass, ""},
		{"no directory of Exchange asked", portal, "", false, false, Pass, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := mailWorld(t)
			w.name("www.example.com", "10.1.0.1")
			issuer := testStranger(t)
			if c.trusted {
				issuer = testCA()
			}
			cert := leaf(t, issuer, nil, func(x *x509.Certificate) { x.DNSNames = []string{"www.example.com"} })
			peer := func(conn net.Conn) {
				if path, _, ok := readRequest(conn); ok {
					io.WriteString(conn, c.answer(path))
				}
			}
			scheme := "http"
			if c.secure {
				scheme = "https"
				w.serve("10.1.0.1:443", func(conn net.Conn) {
					s := tls.Server(conn, &tls.Config{Certificates: []tls.Certificate{cert}})
					defer s.Close()
					peer(s)
				})
			} else {
				w.serve("10.1.0.1:80", peer)
			}
			check := httpCheck("/x", Params{"url": scheme + "://www.example.com/x"})
			if c.role != "" {
				check.Params["role"] = c.role
			}
			expectResult(t, c.name, w.run(check), c.verdict, c.reason)
		})
	}
}

// TestFilterWantsOutlook meets filters that look at who asks.
func TestFilterWantsOutlook(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name     string
		first    string // to the program under its own name
		outlook  string // to Outlook
		role     string
		verdict  Verdict
		reason   string
		requests int
	}{
		{"403 for strangers", status(403), status(401, "WWW-Authenticate: NTLM"), "ews", Pass, "", 2},
		{"406 for strangers", status(406), status(401, "WWW-Authenticate: NTLM"), "ews", Pass, "", 2},
		{"403 for all", status(403), status(403), "ews", Fail, "http.forbidden", 2},
		{"https wanted", htmlPage(403, "403.4"), ok200, "owa", Fail, "http.ssl_required", 1},
		{"404 is not asked again", status(404), ok200, "owa", Fail, "http.not_found", 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.name("www.example.com", "10.1.0.1")
			var mu sync.Mutex
			var agents []string
			w.serve("10.1.0.1:80", func(conn net.Conn) {
				_, head, ok := readRequest(conn)
				if !ok {
					return
				}
				_, agent, _ := strings.Cut(head, "User-Agent: ")
				agent, _, _ = strings.Cut(agent, "\n")
				mu.Lock()
				agents = append(agents, agent)
				mu.Unlock()
				if strings.Contains(agent, "Outlook") {
					io.WriteString(conn, c.outlook)
					return
				}
				io.WriteString(conn, c.first)
			})
			r := w.run(httpCheck("/x", Params{"role": c.role}))
			expectResult(t, c.name, r, c.verdict, c.reason)
			if len(agents) != c.requests || agents[0] != "test" {
				t.Errorf("agents %q, want %d requests and the own name first", agents, c.requests)
			}
			if told := r.Evidence["user_agent"] != ""; told != (c.verdict == Pass) {
				t.Errorf("evidence %v", r.Evidence)
			}
		})
	}
}
