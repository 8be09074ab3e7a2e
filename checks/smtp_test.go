package checks

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"
)

// scripted says something, then answers each line with the next text; after
// the last it is silent.
func scripted(texts ...string) func(net.Conn) {
	return func(c net.Conn) {
		r := bufio.NewReader(c)
		for _, text := range texts {
			if _, err := io.WriteString(c, text); err != nil {
				return
			}
			if _, err := r.ReadString('\n'); err != nil {
				return
			}
		}
		hold(c)
	}
}

func TestHostileMailServers(t *testing.T) {
	t.Parallel()
	smtp := Params{"host": "mail.contoso.com", "starttls": true}
	imap := Params{"proto": "imap", "host": "mail.contoso.com", "port": 25, "tls": "starttls"}
	pop := Params{"proto": "pop", "host": "mail.contoso.com", "port": 25, "tls": "starttls"}
	for name, c := range map[string]struct {
		kind    string
		params  Params
		handle  func(net.Conn)
		verdict Verdict
		reason  string
	}{
		"10 000 banner lines":  {"smtp", smtp, scripted(strings.Repeat("220-x\r\n", 10000)), Fail, "smtp.malformed"},
		"1 MB line":            {"smtp", smtp, scripted(strings.Repeat("2", 1<<20)), Fail, "smtp.malformed"},
		"bare CR":              {"smtp", smtp, scripted("220 a\rb\r\n"), Fail, "smtp.malformed"},
		"NUL":                  {"smtp", smtp, scripted("220 \x00\r\n"), Fail, "smtp.malformed"},
		"8 bit is let through": {"smtp", Params{"host": "mail.contoso.com"}, scripted("220 gr\xfc\xdfe\r\n", "250 x\r\n"), Pass, ""},
		"silence":              {"smtp", smtp, hold, Unknown, "proto.silent"},
		"220 then silence":     {"smtp", smtp, scripted("220 x\r\n"), Unknown, "smtp.slow"},
		"220- never ended":     {"smtp", smtp, scripted("220-x\r\n"), Unknown, "smtp.slow"},
		"codes differ":         {"smtp", smtp, scripted("220 x\r\n", "250-x\r\n550 y\r\n"), Fail, "smtp.malformed"},
		"hangs up":             {"smtp", smtp, func(net.Conn) {}, Fail, "smtp.closed"},
		"injected":             {"smtp", smtp, scripted("220 x\r\n", "250-x\r\n250 STARTTLS\r\n", "220 go\r\n250 injected\r\n"), Fail, "starttls.injected"},
		"no TLS after 220":     {"smtp", smtp, scripted("220 x\r\n", "250-x\r\n250 STARTTLS\r\n", "220 go\r\n"), Unknown, "tls.timeout"},
		"imap literal":         {"mailbox", imap, scripted("* OK x\r\n", "* X {2147483647}\r\n"), Unknown, "mailbox.slow"},
		"imap tag mismatch":    {"mailbox", imap, scripted("* OK x\r\n", "b7 OK done\r\n"), Fail, "mailbox.malformed"},
		"imap bye":             {"mailbox", imap, scripted("* OK x\r\n", "* BYE x\r\n"), Fail, "mailbox.closed"},
		"imap flood":           {"mailbox", imap, scripted("* OK x\r\n", strings.Repeat("* 1 EXISTS\r\n", 100000)), Fail, "mailbox.malformed"},
		"imap injected":        {"mailbox", imap, scripted("* OK x\r\n", "* CAPABILITY STARTTLS LOGINDISABLED\r\na1 OK\r\n", "a2 OK go\r\n* OK more\r\n"), Fail, "starttls.injected"},
		"pop never ended":      {"mailbox", pop, scripted("+OK x\r\n", "+OK\r\nUIDL\r\n"), Unknown, "mailbox.slow"},
		"pop flood":            {"mailbox", pop, scripted("+OK x\r\n", "+OK\r\n"+strings.Repeat("X\r\n", 100000)), Fail, "mailbox.malformed"},
		"pop injected":         {"mailbox", pop, scripted("+OK x\r\n", "+OK\r\nSTLS\r\n.\r\n", "+OK go\r\n+OK more\r\n"), Fail, "starttls.injected"},
		"pop without CAPA":     {"mailbox", pop, scripted("+OK x\r\n", "-ERR what\r\n"), Fail, "starttls.not_offered"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.name("mail.contoso.com", "10.0.0.25")
			w.serve("10.0.0.25:25", c.handle)
			expectResult(t, name, w.run(Check{Kind: c.kind, Params: c.params, Timeout: 2 * time.Second}), c.verdict, c.reason)
		})
	}
}

// tarpit answers each line from a script, as slowly as Exchange answers those
// whom it mistrusts.
func tarpit(pause time.Duration, texts ...string) func(net.Conn) {
	return func(c net.Conn) {
		r := bufio.NewReader(c)
		for _, text := range texts {
			<-time.After(pause)
			if _, err := io.WriteString(c, text); err != nil {
				return
			}
			if _, err := r.ReadString('\n'); err != nil {
				return
			}
		}
	}
}

// TestTarpit gives a slow server its time, and no more than that.
func TestTarpit(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name    string
		pause   time.Duration
		verdict Verdict
		reason  string
	}{
		{"within the time", 50 * time.Millisecond, Pass, ""},
		{"beyond it", 500 * time.Millisecond, Unknown, "smtp.slow"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.name("mail.contoso.com", "10.0.0.25")
			w.serve("10.0.0.25:25", tarpit(c.pause, "220 x\r\n", "250-x\r\n250 SIZE\r\n", "250 ok\r\n", "550 5.7.1 Unable to relay\r\n", "250 ok\r\n", "221 bye\r\n"))
			check := Check{Kind: "smtp", Timeout: 1200 * time.Millisecond, Params: Params{"host": "mail.contoso.com"}}
			if c.verdict == Pass {
				check.Timeout = 4 * time.Second
				check.Params["relay_from"], check.Params["relay_to"] = "a@example.net", "b@example.org"
			}
			expectResult(t, c.name, w.run(check), c.verdict, c.reason)
		})
	}
}

func FuzzMailReplies(f *testing.F) {
	f.Add([]byte("220 mail.contoso.com Microsoft ESMTP MAIL Service ready\r\n"))
	f.Add([]byte("250-x\r\n550 y\r\n"))
	f.Add([]byte("* CAPABILITY IMAP4 {99999999}\r\na1 OK\r\n"))
	f.Add([]byte("+OK\r\nUIDL\r\n.\r\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		fresh := func() *talk {
			return newTalk(t.Context(), readOnly{bytes.NewReader(data)}, "smtp", time.Second)
		}
		if code, lines, why := fresh().reply(); why == nil && (len(code) != 3 || len(lines) == 0) {
			t.Errorf("%q: code %q, %d lines", data, code, len(lines))
		}
		i := &imapTalk{talk: fresh()}
		if _, why := i.greeting(); why == nil {
			if caps, why := i.capabilities(); why == nil && caps == nil {
				t.Error("no capabilities and no trouble")
			}
		}
		p := &popTalk{fresh()}
		if _, why := p.greeting(); why == nil {
			p.capabilities()
		}
		for _, l := range append(fresh().said, i.said...) {
			if Escape(l) != l {
				t.Errorf("transcript holds %q", l)
			}
		}
	})
}

// TestConversationsAreToldInSteps reads how far a conversation came.
func TestConversationsAreToldInSteps(t *testing.T) {
	t.Parallel()
	w := mailWorld(t)
	cert := leaf(t, testCA(), nil, nil)
	w.serve("10.1.0.1:25", func(c net.Conn) {
		in := bufio.NewReader(c)
		say := func(text string) { io.WriteString(c, text+"\r\n"); in.ReadString('\n') }
		say("220 mail.example.com ready")
		say("250-mail.example.com\r\n250-SIZE\r\n250 STARTTLS")
		io.WriteString(c, "220 go\r\n")
		s := tls.Server(c, &tls.Config{Certificates: []tls.Certificate{cert}})
		c, in = s, bufio.NewReader(s)
		in.ReadString('\n')
		say("250-mail.example.com\r\n250 8BITMIME")
	})
	r := w.run(Check{Kind: "smtp", Params: Params{"host": "mail.example.com", "address": "10.1.0.1"}})
	var steps []string
	for _, s := range r.Sub[0].Sub {
		steps = append(steps, s.Kind+" "+s.Summary)
	}
	all := strings.Join(steps, "\n")
	for _, want := range []string{"smtp greets with 220 mail.example.com ready", "smtp EHLO before TLS: SIZE, STARTTLS", "tls TLS 1.", "smtp EHLO over TLS: 8BITMIME"} {
		if !strings.Contains(all, want) {
			t.Errorf("no step %q:\n%s", want, all)
		}
	}
}

// TestRelayAfterBrokenTLS loses the server between the broken handshake and the
// relay test, which needs a connection of its own.
func TestRelayAfterBrokenTLS(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.name("mail.contoso.com", "10.0.0.25")
	w.serve("10.0.0.25:25", func(c net.Conn) {
		w.mu.Lock()
		w.to["tcp 10.0.0.25:25"] = "unreachable"
		w.mu.Unlock()
		scripted("220 x\r\n", "250-x\r\n250 STARTTLS\r\n", "454 4.7.0 no TLS\r\n")(c)
	})
	r := w.run(Check{Kind: "smtp", Params: Params{"host": "mail.contoso.com", "relay_from": "a@example.net", "relay_to": "b@example.org"}})
	expectResult(t, "gone", r, Unknown, "tcp.unreachable")
	if v := r.Rows[0]["starttls"]; len(v) != 1 || v[0] != "offered" {
		t.Errorf("what the first connection showed is lost: %v", r.Rows)
	}
}

// TestReplyAheadOfTheCommand answers a command that was not given yet: the
// answer must not be taken for that of the relay test.
func TestReplyAheadOfTheCommand(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.name("mail.contoso.com", "10.0.0.25")
	w.serve("10.0.0.25:25", scripted("220 x\r\n", "250 x\r\n", "250 2.1.0 ok\r\n550 5.7.1 Unable to relay\r\n", "250 2.1.5 ok\r\n", "250 ok\r\n"))
	r := w.run(Check{Kind: "smtp", Params: Params{"host": "mail.contoso.com", "relay_from": "a@example.net", "relay_to": "b@example.org"}})
	if v, _ := r.Rows[0].Get("relay"); v != "untested" || r.Verdict != Unknown {
		t.Errorf("relay %s, %s %s %s", v, r.Verdict, r.Reason, r.Summary)
	}
}

// TestStartTLSAskedFor meets servers with which TLS cannot be had: where the
// check asks for it none passes, and where it does not each is named.
func TestStartTLSAskedFor(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name    string
		handle  func(net.Conn)
		asked   Verdict
		unasked Verdict
		says    string
	}{
		{"not offered", scripted("220 x\r\n", "250-x\r\n250 SIZE\r\n", "221 bye\r\n"), Fail, Pass, "no STARTTLS"},
		{"only HELO", scripted("220 x\r\n", "502 what\r\n", "250 x\r\n", "221 bye\r\n"), Fail, Warn, "no STARTTLS"},
		{"refused", scripted("220 x\r\n", "250-x\r\n250 STARTTLS\r\n", "454 4.7.0 not now\r\n"), Fail, Warn, "454"},
		{"closed", scripted("220 x\r\n", "250-x\r\n250 STARTTLS\r\n", "220 go\r\n"), Unknown, Unknown, ""},
		{"blotted out", scripted("220 x\r\n", "250-x\r\n250 XXXXXXXA\r\n", "221 bye\r\n"), Fail, Warn, "no STARTTLS"},
	} {
		for _, asked := range []bool{true, false} {
			t.Run(fmt.Sprintf("%s %v", c.name, asked), func(t *testing.T) {
				t.Parallel()
				w := newWorld(t)
				w.name("mail.contoso.com", "10.0.0.25")
				w.serve("10.0.0.25:25", c.handle)
				want := c.unasked
				if asked {
					want = c.asked
				}
				r := w.run(Check{Kind: "smtp", Timeout: time.Second, Params: Params{"host": "mail.contoso.com", "starttls": asked}})
				if said := r.Summary + "\n" + r.Evidence["starttls"]; r.Verdict != want || !asked && !strings.Contains(said, c.says) {
					t.Errorf("%s %s, want %s with %q: %s", r.Verdict, r.Reason, want, c.says, said)
				}
			})
		}
	}
}
