package checks

import (
	"context"
	"fmt"
	"io"
	"net"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"
)

// sockets counts connections that were opened and not closed.
func sockets(w *world) *atomic.Int32 {
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
	return &open
}

// settled waits until no more goroutines run than before.
func settled(t *testing.T, before int) {
	t.Helper()
	deadline := time.Now().Add(5 * time.Second)
	for runtime.NumGoroutine() > before && time.Now().Before(deadline) {
		runtime.Gosched()
	}
	if n := runtime.NumGoroutine(); n > before {
		buf := make([]byte, 1<<16)
		t.Errorf("%d goroutines before, %d after:\n%s", before, n, buf[:runtime.Stack(buf, true)])
	}
}

// TestCancelInEveryPhase stops checks at each point where a peer can keep them
// waiting: every socket is closed, the result says so, nothing goes on running.
func TestCancelInEveryPhase(t *testing.T) {
	const host = "10.1.0.1"
	// upTo answers the client's lines from a script and then tells that the
	// check has come to the point where it waits.
	upTo := func(reached chan<- bool, texts ...string) func(net.Conn) {
		return func(c net.Conn) {
			scriptedThen(texts, c, func() { reached <- true })
		}
	}
	at := func(reached chan<- bool) func(net.Conn) {
		return func(c net.Conn) { reached <- true; hold(c) }
	}
	afterFirst := func(reached chan<- bool) func(net.Conn) {
		return func(c net.Conn) { c.Read(make([]byte, 4096)); reached <- true; hold(c) }
	}
	imap := Params{"proto": "imap", "host": host, "port": int64(143), "tls": "starttls"}
	for _, c := range []struct {
		name   string
		check  Check
		port   int
		handle func(reached chan<- bool) func(net.Conn)
	}{
		{"connecting", tcpCheck("10.1.0.9", 25), 0, nil},
		{"asking a name server", Check{Kind: "dns", Params: Params{"name": "www.example.com"}}, 0, nil},
		{"TLS handshake", Check{Kind: "tls", Params: Params{"host": host}}, 443, afterFirst},
		{"HTTP headers", Check{Kind: "http", Params: Params{"url": "http://" + host + "/owa/"}}, 80, afterFirst},
		{"HTTP body", Check{Kind: "http", Params: Params{"url": "http://" + host + "/owa/"}}, 80, func(reached chan<- bool) func(net.Conn) {
			return func(c net.Conn) {
				c.Read(make([]byte, 4096))
				io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nx")
				reached <- true
				hold(c)
			}
		}},
		{"version", Check{Kind: "version", Params: Params{"host": host}}, 443, afterFirst},
		{"owaform", Check{Kind: "owaform", Params: Params{"host": host, "mailbox": "a@contoso.com"}}, 443, afterFirst},
		{"rpch", Check{Kind: "rpch", Params: Params{"host": host}}, 443, afterFirst},
		{"autodiscover", Check{Kind: "autodiscover", Params: Params{"mailbox": "a@contoso.com", "mode": "anonymous", "address": host}}, 443, afterFirst},
		{"SMTP banner", Check{Kind: "smtp", Params: Params{"host": host}}, 25, at},
		{"SMTP greeting", Check{Kind: "smtp", Params: Params{"host": host}}, 25, func(r chan<- bool) func(net.Conn) { return upTo(r, "220 x\r\n") }},
		{"SMTP after STARTTLS", Check{Kind: "smtp", Params: Params{"host": host}}, 25, func(r chan<- bool) func(net.Conn) {
			return upTo(r, "220 x\r\n", "250-x\r\n250 STARTTLS\r\n", "220 go\r\n")
		}},
		{"IMAP greeting", Check{Kind: "mailbox", Params: imap}, 143, at},
		{"IMAP capabilities", Check{Kind: "mailbox", Params: imap}, 143, func(r chan<- bool) func(net.Conn) { return upTo(r, "* OK x\r\n") }},
		{"LDAP root", Check{Kind: "ldap", Params: Params{"query": "rootdse", "targets": []any{host}}}, 389, afterFirst},
		{"a shell", Check{Kind: "cmdlet", Params: Params{"command": "Get-Mailbox", "properties": []any{"Name"}}}, 0, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t)
			w.to["tcp 10.1.0.9:25"] = "dropped"
			reached := make(chan bool, 16)
			w.env.Resolvers = []Resolver{{Label: "internal", Addr: resolverAt, View: Inside}}
			w.resolver(resolverAt, func(*dnsmessage.Message, string) *dnsmessage.Message { reached <- true; return nil })
			w.env.Logon, w.env.Logons = nil, NewLogons()
			if c.check.Kind == "owaform" {
				withLogon(w.env, "a", canary)
			}
			w.env.Shell = func(ctx context.Context, _ Check) ([]Row, error) {
				reached <- true
				<-ctx.Done()
				return nil, ctx.Err()
			}
			if c.handle != nil {
				w.serve(fmt.Sprintf("%s:%d", host, c.port), c.handle(reached))
			}
			dial := w.env.Dial
			w.env.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
				if strings.HasPrefix(address, "10.1.0.9") {
					reached <- true
				}
				return dial(ctx, network, address)
			}
			open := sockets(w)
			before := runtime.NumGoroutine()
			ctx, cancel := context.WithCancel(t.Context())
			var once sync.Once
			stop := make(chan struct{})
			go func() {
				defer close(stop)
				select {
				case <-reached:
				case <-ctx.Done():
				}
				once.Do(cancel)
			}()
			c.check.Timeout = time.Minute
			r := Run(ctx, w.env, []Check{c.check}, nil)[0]
			cancel()
			<-stop
			expectResult(t, c.name, r, Unknown, "run.cancelled")
			if n := open.Load(); n != 0 {
				t.Errorf("%d sockets are left open", n)
			}
			for _, conn := range w.taken() {
				conn.Close()
			}
			settled(t, before)
		})
	}
}

// scriptedThen is scripted with a word when the script is at its end.
func scriptedThen(texts []string, c net.Conn, then func()) {
	buf := make([]byte, 4096)
	for _, text := range texts {
		if _, err := io.WriteString(c, text); err != nil {
			return
		}
		if _, err := c.Read(buf); err != nil {
			return
		}
	}
	then()
	hold(c)
}

// taken are the connections that peers have accepted so far.
func (w *world) taken() []net.Conn {
	w.mu.Lock()
	defer w.mu.Unlock()
	return append([]net.Conn{}, w.conns...)
}

// TestSuspendIsLookedAtOnceMore lets the computer sleep while checks run.
func TestSuspendIsLookedAtOnceMore(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name    string
		sleeps  int
		wall    time.Duration
		running time.Duration
		reason  string
		looked  int
	}{
		{"awake", 0, 0, 0, "", 1},
		{"clock set by a second", 9, time.Second, 0, "", 1},
		{"slept once", 1, time.Hour, 0, "", 2},
		{"slept twice", 2, time.Hour, 0, "run.suspended", 2},
		{"stood still twice", 9, time.Hour, time.Hour, "run.suspended", 2},
	} {
		w := newWorld(t)
		looked := 0
		w.env.Shell = func(context.Context, Check) ([]Row, error) {
			looked++
			return []Row{{"Name": {"x"}}}, nil
		}
		asked := 0
		w.env.elapsed = func(time.Time) (time.Duration, time.Duration) {
			if asked++; asked > c.sleeps {
				return time.Second, time.Second
			}
			return time.Second + c.wall, time.Second + c.running
		}
		r := w.run(Check{Kind: "cmdlet", Params: Params{"command": "Get-Mailbox", "properties": []any{"Name"}}})
		want := Pass
		if c.reason != "" {
			want = Unknown
		}
		expectResult(t, c.name, r, want, c.reason)
		if looked != c.looked || r.Attempts != c.looked {
			t.Errorf("%s: looked %d times and told %d, want %d", c.name, looked, r.Attempts, c.looked)
		}
	}
	// a logon that was refused meanwhile is not tried again
	w := newWorld(t)
	withLogon(w.env, "probe", canary)
	w.env.Logons.Allow("dc1.contoso.com")
	w.env.elapsed = func(time.Time) (time.Duration, time.Duration) { return time.Hour, time.Second }
	w.name("dc1.contoso.com", "10.0.0.1")
	tries := atomic.Int32{}
	w.serve("10.0.0.1:389", ldapRefusing(&tries))
	r := w.run(Check{Kind: "ldap", Params: Params{"query": "schema", "targets": []any{"dc1.contoso.com"}}})
	if r.Verdict != Fail || tries.Load() != 1 {
		t.Errorf("a refused logon while asleep: %s %s after %d tries", r.Verdict, r.Reason, tries.Load())
	}
}

// TestAWriteThatFailsStopsNothing has a disk that takes every other transcript:
// each result is told all the same, with what could not be kept.
func TestAWriteThatFailsStopsNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.serve("10.1.0.1:25", hold)
	var writes atomic.Int32
	w.env.Store = func([]string) (string, error) {
		if writes.Add(1)%2 == 0 {
			return "", fmt.Errorf("write evidence: %w", errBroken)
		}
		return "sha", nil
	}
	var list []Check
	for range 10 {
		list = append(list, tcpCheck("10.1.0.1", 25))
	}
	told := 0
	results := Run(t.Context(), w.env, list, func(u Update) {
		if u.Done {
			told++
		}
	})
	kept, lost := 0, 0
	for _, r := range results {
		expectResult(t, r.ID, r, Pass, "")
		switch {
		case r.Transcript == "sha":
			kept++
		case strings.Contains(r.Evidence["transcript_not_kept"], errBroken.Error()):
			lost++
		}
	}
	if told != 10 || kept != 5 || lost != 5 {
		t.Errorf("%d told, %d kept, %d told as lost", told, kept, lost)
	}
}
