package checks

import (
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"
)

// TestLookUpAt takes addresses from name servers instead of from this computer,
// which knows the name by another address.
func TestLookUpAt(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, host, verdict, reason, says string
		addresses                         []string
	}{
		{"the server's own answer", "mail.example.com", "pass", "", "10.1.0.1 by inside (10.0.0.53:53), other (10.0.0.54:53)", []string{"10.1.0.1"}},
		{"addresses of both servers", "both.example.com", "warn", "tcp.partial", "", []string{"10.1.0.1", "10.1.0.2"}},
		{"a name neither knows", "nowhere.example.com", "fail", "dns.not_found", "inside (10.0.0.53:53)", nil},
		{"servers that refuse", "refused.example.com", "unknown", "dns.refused", "inside (10.0.0.53:53)", nil},
		{"an address of this computer", "self.example.com", "fail", "dns.loopback_answer", "127.0.0.1", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.name("mail.example.com", "10.9.9.9")
			w.serve("10.1.0.1:443", func(c net.Conn) { io.Copy(io.Discard, c) })
			zone := func(table map[string]string) func(*dnsmessage.Message, string) *dnsmessage.Message {
				return func(q *dnsmessage.Message, _ string) *dnsmessage.Message {
					name := strings.TrimSuffix(q.Questions[0].Name.String(), ".")
					if name == "refused.example.com" {
						return reply(q, dnsmessage.RCodeRefused)
					}
					if a, ok := table[name]; ok && q.Questions[0].Type == dnsmessage.TypeA {
						return reply(q, dnsmessage.RCodeSuccess, name+". 60 IN A "+a)
					}
					return reply(q, dnsmessage.RCodeNameError)
				}
			}
			w.resolver("10.0.0.53:53", zone(map[string]string{"mail.example.com": "10.1.0.1", "both.example.com": "10.1.0.1", "self.example.com": "127.0.0.1"}))
			w.resolver("10.0.0.54:53", zone(map[string]string{"both.example.com": "10.1.0.2"}))
			w.env.LookUpAt([]Resolver{{Label: "inside", Addr: "10.0.0.53:53"}, {Label: "other", Addr: "10.0.0.54:53"}})
			r := w.run(Check{Kind: "tcp", Params: Params{"host": c.host, "port": 443}})
			if string(r.Verdict) != c.verdict || r.Reason != c.reason {
				t.Errorf("%s %s %q, want %s %s", r.Verdict, r.Reason, r.Summary, c.verdict, c.reason)
			}
			text := r.Summary
			for _, s := range r.Sub {
				text += "\n" + s.Summary
				for _, s := range s.Sub {
					text += "\n" + s.Summary
				}
			}
			if !strings.Contains(text, c.says) {
				t.Errorf("nothing says %q:\n%s", c.says, text)
			}
			var got []string
			for _, row := range r.Rows {
				got = append(got, row["address"]...)
			}
			if strings.Join(got, " ") != strings.Join(c.addresses, " ") {
				t.Errorf("asked %v, want %v", got, c.addresses)
			}
		})
	}
}

// TestLookUpAtTakesServiceRecords has the walk of Autodiscover read its service
// record from the same servers.
func TestLookUpAtTakesServiceRecords(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.resolver("10.0.0.53:53", func(q *dnsmessage.Message, _ string) *dnsmessage.Message {
		return reply(q, dnsmessage.RCodeSuccess, "_autodiscover._tcp.example.com. 60 IN SRV 5 7 443 mail.example.com.")
	})
	w.env.LookUpAt([]Resolver{{Label: "inside", Addr: "10.0.0.53:53"}})
	list, err := w.env.Records(t.Context(), "SRV", "_autodiscover._tcp.example.com")
	want := Record{Value: "mail.example.com", Preference: 5, Weight: 7, Port: 443}
	if err != nil || len(list) != 1 || list[0] != want {
		t.Errorf("%+v, %v, want %+v", list, err, want)
	}
}

// TestInsideChecksUseInsideNameServers has a name lead elsewhere by this
// computer's resolver than by the inside one.
func TestInsideChecksUseInsideNameServers(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name    string
		vantage Vantage
		servers []Resolver
		want    string
	}{
		{"inside", Inside, []Resolver{{Label: "external", Addr: "198.51.100.53:53", View: Outside}, {Label: "internal", Addr: "10.0.0.53:53", View: Inside}}, "10.1.0.1"},
		{"no inside server", Inside, []Resolver{{Label: "external", Addr: "198.51.100.53:53", View: Outside}}, "10.9.9.9"},
		{"outside", Outside, []Resolver{{Label: "internal", Addr: "10.0.0.53:53", View: Inside}}, "10.9.9.9"},
		{"a server that is silent", Inside, []Resolver{{Label: "internal", Addr: "10.0.0.99:53", View: Inside}}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.name("mail.example.com", "10.9.9.9")
			for _, a := range []string{"10.1.0.1:443", "10.9.9.9:443"} {
				w.serve(a, func(c net.Conn) { io.Copy(io.Discard, c) })
			}
			for at, value := range map[string]string{"10.0.0.53:53": "10.1.0.1", "198.51.100.53:53": "192.0.2.1"} {
				w.resolver(at, func(q *dnsmessage.Message, _ string) *dnsmessage.Message {
					if q.Questions[0].Type != dnsmessage.TypeA {
						return reply(q, dnsmessage.RCodeSuccess)
					}
					return reply(q, dnsmessage.RCodeSuccess, "mail.example.com. 60 IN A "+value)
				})
			}
			w.env.Resolvers, w.env.Vantage = c.servers, c.vantage
			r := w.run(Check{Kind: "tcp", Params: Params{"host": "mail.example.com", "port": 443}, Timeout: 2 * time.Second})
			var got []string
			for _, row := range r.Rows {
				got = append(got, row["address"]...)
			}
			if strings.Join(got, " ") != c.want || (r.Verdict == Pass) != (c.want != "") || r.Verdict == Fail {
				t.Errorf("%s %s: asked %v, want %s", r.Verdict, r.Reason, got, c.want)
			}
			// what this computer itself sees is still asked of it
			if c.vantage == Inside {
				r = w.run(Check{Kind: "dns", Params: Params{"name": "mail.example.com", "resolver": "system"}})
				if v, _ := r.Rows[0].Get("value"); v != "10.9.9.9" {
					t.Errorf("resolver system gives %v", r.Rows)
				}
			}
		})
	}
}
