package checks_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"coexist/checks"
	"coexist/checks/lab"
)

// TestCertificateChangesBeforeTheLogon presents another certificate, trusted
// and for the right name, to the connection that should carry the password.
func TestCertificateChangesBeforeTheLogon(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.SetAddresses(checks.Inside, "mail.contoso.com", 300, at("10.0.0.51"))
	var connections, requests atomic.Int32
	err := s.Serve(portOf("10.0.0.51", 443), func(_ context.Context, c net.Conn) {
		n := connections.Add(1)
		cert, err := s.Issue(lab.Certificate{Names: []string{"mail.contoso.com", fmt.Sprintf("n%d.contoso.com", n)}})
		if err != nil {
			t.Error(err)
			return
		}
		secured := tlsServer(c, cert)
		defer secured.Close()
		if _, err := http.ReadRequest(bufio.NewReader(secured)); err == nil {
			requests.Add(1)
		}
		io.WriteString(secured, "HTTP/1.1 401 No\r\nWWW-Authenticate: Basic realm=x\r\nContent-Length: 0\r\n\r\n")
	})
	if err != nil {
		t.Fatal(err)
	}
	expectVerdict(t, "pin", s.run("http", webCheck("/x", "auth", "basic")), checks.Fail, "tls.pin_changed")
	if connections.Load() != 2 || requests.Load() != 1 {
		t.Errorf("%d connections, %d requests; want two and one", connections.Load(), requests.Load())
	}
}

// TestLogonThroughAProxy sees that the proxy gets a tunnel's address and
// nothing else.
func TestLogonThroughAProxy(t *testing.T) {
	t.Parallel()
	for _, refuse := range []bool{false, true} {
		s := newSite(t)
		s.SetAddresses(checks.Inside, "proxy.contoso.com", 300, at("10.0.0.52"))
		s.env.Proxy = "http://proxy.contoso.com:8080"
		var mu sync.Mutex
		var heads []string
		direct := s.Env().Dial
		err := s.Serve(portOf("10.0.0.52", 8080), func(ctx context.Context, c net.Conn) {
			defer c.Close()
			r := bufio.NewReader(c)
			req, err := http.ReadRequest(r)
			if err != nil {
				return
			}
			mu.Lock()
			heads = append(heads, fmt.Sprintf("%s %s %v", req.Method, req.Host, req.Header))
			mu.Unlock()
			if refuse {
				io.WriteString(c, "HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n")
				return
			}
			to, err := direct(ctx, "tcp", "10.0.0.13:443")
			if err != nil {
				t.Error(err)
				return
			}
			defer to.Close()
			io.WriteString(c, "HTTP/1.1 200 OK\r\n\r\n")
			var both sync.WaitGroup
			both.Go(func() { io.Copy(to, r); to.Close() })
			both.Go(func() { io.Copy(c, to); c.Close() })
			both.Wait()
		})
		if err != nil {
			t.Fatal(err)
		}
		r := s.run("http", webCheck("/EWS/Exchange.asmx", "role", "ews", "auth", "ntlm"))
		if refuse {
			expectVerdict(t, "refusing proxy", r, checks.Unknown, "http.proxy")
			continue
		}
		expectVerdict(t, "proxy", r, checks.Pass, "")
		expectValues(t, "proxy", r, "major", "2013")
		for _, h := range heads {
			if !strings.HasPrefix(h, "CONNECT mail.contoso.com:443") || strings.Contains(h, "Authorization") {
				t.Errorf("the proxy saw %q", h)
			}
		}
		if len(heads) != 2 {
			t.Errorf("%d tunnels, want two", len(heads))
		}
	}
}

// TestSlowPeersAsUser meets servers that stop in the midst of a logon.
func TestSlowPeersAsUser(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]http.HandlerFunc{
		"no answer to the password": func(w http.ResponseWriter, r *http.Request) { <-r.Context().Done() },
		"body never ends": func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Length", "100")
			w.WriteHeader(200)
			w.(http.Flusher).Flush()
			<-r.Context().Done()
		},
		"endless body": func(w http.ResponseWriter, r *http.Request) {
			for r.Context().Err() == nil {
				if _, err := w.Write(make([]byte, 64<<10)); err != nil {
					return
				}
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			tries := atomic.Int32{}
			s.dress(afterLogon(func(w http.ResponseWriter, r *http.Request, _ string) { tries.Add(1); answer(w, r) }))
			began := time.Now()
			r := s.run("http", webCheck("/x", "auth", "basic", "role", "rpc"))
			switch {
			case name == "endless body":
				expectVerdict(t, name, r, checks.Pass, "")
			case r.Verdict != checks.Unknown || r.Reason != "http.slow" && r.Reason != "http.body_slow":
				t.Errorf("got %s %q (%s)", r.Verdict, r.Reason, r.Summary)
			}
			if took := time.Since(began); took > 6*time.Second {
				t.Errorf("took %s", took)
			}
			if tries.Load() != 1 {
				t.Errorf("%d tries", tries.Load())
			}
		})
	}
}

// TestOneAccountManyChecks runs every kind with one account at the same time:
// no logon is refused and all come to an end.
func TestOneAccountManyChecks(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	var list []checks.Check
	for i := range 24 {
		c := []checks.Check{
			{Kind: "http", Params: webCheck("/EWS/Exchange.asmx", "role", "ews")},
			{Kind: "owaform", Params: formCheck("probe13")},
			{Kind: "autodiscover", Params: discover("probe13", "pox")},
			{Kind: "rpch", Params: checks.Params{"host": "mail.contoso.com", "mailbox": "probe13@contoso.com"}},
		}[i%4]
		c.ID = fmt.Sprint(i)
		list = append(list, c)
	}
	for _, r := range checks.Run(t.Context(), s.env, list, nil) {
		expectVerdict(t, r.ID+" "+r.Kind, r, checks.Pass, "")
	}
	if n := s.Refused(probeUser + "13"); n != 0 {
		t.Errorf("%d logons were refused", n)
	}
	// with a wrong password exactly one try is made by all of them together
	wrong := newSite(t)
	wrong.SetMailbox(lab.Mailbox{Address: "probe13@contoso.com", User: probeUser + "13", Password: "another", Version: "2013"})
	for _, r := range checks.Run(t.Context(), wrong.env, list, nil) {
		if r.Verdict == checks.Pass {
			t.Errorf("%s %s passes with a wrong password", r.ID, r.Kind)
		}
	}
	if n := wrong.Refused(probeUser + "13"); n != 1 {
		t.Errorf("%d wrong tries, want one", n)
	}
}
