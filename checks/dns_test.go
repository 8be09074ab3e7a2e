package checks

import (
	"context"
	"fmt"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"
)

const resolverAt = "10.0.0.53:53"

// zoneOf answers from a table of "name TYPE" to records; what is missing does
// not exist.
func zoneOf(table map[string][]string) func(*dnsmessage.Message, string) *dnsmessage.Message {
	return func(q *dnsmessage.Message, _ string) *dnsmessage.Message {
		name := strings.ToLower(asked(q))
		if list, ok := table[name+" "+recordType(q.Questions[0].Type).String()]; ok {
			return reply(q, dnsmessage.RCodeSuccess, list...)
		}
		for k := range table {
			if strings.HasPrefix(k, name+" ") {
				return reply(q, dnsmessage.RCodeSuccess)
			}
		}
		return reply(q, dnsmessage.RCodeNameError)
	}
}

func TestDNSAnswers(t *testing.T) {
	t.Parallel()
	chain := func(n int) []string {
		var out []string
		for i := range n {
			out = append(out, fmt.Sprintf("c%d.example.com. 60 IN CNAME c%d.example.com.", i, i+1))
		}
		return append(out, fmt.Sprintf("c%d.example.com. 60 IN A 10.1.0.1", n))
	}
	const a = "www.example.com. 300 IN A 10.1.0.1"
	for _, c := range []struct {
		name    string
		params  Params
		answer  func(q *dnsmessage.Message, network string) *dnsmessage.Message
		verdict Verdict
		reason  string
	}{
		{"answer", nil, zoneOf(map[string][]string{"www.example.com. A": {a}}), Pass, ""},
		{"nxdomain", nil, zoneOf(nil), Fail, "dns.nxdomain"},
		{"nxdomain wanted", Params{"absent": true}, zoneOf(nil), Pass, ""},
		{"present though unwanted", Params{"absent": true}, zoneOf(map[string][]string{"www.example.com. A": {a}}), Fail, "dns.present"},
		{"nodata", nil, zoneOf(map[string][]string{"www.example.com. MX": {"www.example.com. 60 IN MX 1 a.example.com."}}), Fail, "dns.nodata"},
		{"servfail", nil, func(q *dnsmessage.Message, _ string) *dnsmessage.Message {
			return reply(q, dnsmessage.RCodeServerFailure)
		}, Unknown, "dns.servfail"},
		{"servfail is no proof of absence", Params{"absent": true}, func(q *dnsmessage.Message, _ string) *dnsmessage.Message {
			return reply(q, dnsmessage.RCodeServerFailure)
		}, Unknown, "dns.servfail"},
		{"refused", nil, func(q *dnsmessage.Message, _ string) *dnsmessage.Message { return reply(q, dnsmessage.RCodeRefused) }, Unknown, "dns.refused"},
		{"other rcode", nil, func(q *dnsmessage.Message, _ string) *dnsmessage.Message { return reply(q, 9) }, Unknown, "dns.rcode"},
		{"cname loop", nil, zoneOf(map[string][]string{"www.example.com. A": {"www.example.com. 60 IN CNAME b.example.com.", "b.example.com. 60 IN CNAME www.example.com."}}), Fail, "dns.cname_loop"},
		{"cname to itself", nil, zoneOf(map[string][]string{"www.example.com. A": {"www.example.com. 60 IN CNAME WWW.example.com."}}), Fail, "dns.cname_loop"},
		{"cname chain of 50", Params{"name": "c0.example.com"}, zoneOf(map[string][]string{"c0.example.com. A": chain(50)}), Fail, "dns.cname_too_long"},
		{"cname chain of 8", Params{"name": "c0.example.com"}, zoneOf(map[string][]string{"c0.example.com. A": chain(8)}), Pass, ""},
		{"dangling cname", nil, zoneOf(map[string][]string{"www.example.com. A": {"www.example.com. 60 IN CNAME gone.example.com."}}), Fail, "dns.cname_dangling"},
		{"unchased cname", nil, zoneOf(map[string][]string{"www.example.com. A": {"www.example.com. 60 IN CNAME b.example.org."}, "b.example.org. A": {"b.example.org. 60 IN A 10.1.0.1"}}), Pass, ""},
		{"cname beside others", nil, zoneOf(map[string][]string{"www.example.com. A": {"www.example.com. 60 IN CNAME b.example.com.", a}}), Fail, "dns.cname_conflict"},
		{"cname asked for", Params{"type": "CNAME"}, zoneOf(map[string][]string{"www.example.com. CNAME": {"www.example.com. 60 IN CNAME b.example.com."}}), Pass, ""},
		{"loopback", nil, zoneOf(map[string][]string{"www.example.com. A": {"www.example.com. 60 IN A 127.0.0.1"}}), Fail, "dns.loopback_answer"},
		{"zero address", nil, zoneOf(map[string][]string{"www.example.com. A": {"www.example.com. 60 IN A 0.0.0.0"}}), Fail, "dns.loopback_answer"},
		{"metadata address", nil, zoneOf(map[string][]string{"www.example.com. A": {a, "www.example.com. 60 IN A 169.254.169.254"}}), Fail, "dns.loopback_answer"},
		{"six loopback", Params{"type": "AAAA"}, zoneOf(map[string][]string{"www.example.com. AAAA": {"www.example.com. 60 IN AAAA ::1"}}), Fail, "dns.loopback_answer"},
		{"wildcard", nil, func(q *dnsmessage.Message, _ string) *dnsmessage.Message {
			return reply(q, dnsmessage.RCodeSuccess, asked(q)+" 60 IN A 10.1.0.1")
		}, Warn, "dns.wildcard"},
		{"mx", Params{"type": "MX", "name": "example.com"}, zoneOf(map[string][]string{"example.com. MX": {"example.com. 60 IN MX 10 mail.example.com.", "example.com. 60 IN MX 20 mail.example.com."}, "mail.example.com. A": {"mail.example.com. 60 IN A 10.1.0.1"}}), Pass, ""},
		{"one mx", Params{"type": "MX", "name": "example.com"}, zoneOf(map[string][]string{"example.com. MX": {"example.com. 60 IN MX 10 mail.example.com."}, "mail.example.com. A": {"mail.example.com. 60 IN A 10.1.0.1"}}), Warn, "dns.mx_single"},
		{"equal mx", Params{"type": "MX", "name": "example.com"}, zoneOf(map[string][]string{"example.com. MX": {"example.com. 60 IN MX 10 mail.example.com.", "example.com. 60 IN MX 10 mx2.example.com."}, "mail.example.com. A": {"mail.example.com. 60 IN A 10.1.0.1"}, "mx2.example.com. A": {"mx2.example.com. 60 IN A 10.1.0.2"}}), Warn, "dns.mx_equal"},
		{"null mx", Params{"type": "MX", "name": "example.com"}, zoneOf(map[string][]string{"example.com. MX": {"example.com. 60 IN MX 0 ."}}), Fail, "dns.null_mx"},
		{"mx literal", Params{"type": "MX", "name": "example.com"}, zoneOf(map[string][]string{"example.com. MX": {"example.com. 60 IN MX 10 10.1.0.1."}}), Fail, "dns.mx_literal"},
		{"mx gone", Params{"type": "MX", "name": "example.com"}, zoneOf(map[string][]string{"example.com. MX": {"example.com. 60 IN MX 10 mail.example.com."}}), Fail, "dns.mx_target"},
		{"mx alias", Params{"type": "MX", "name": "example.com"}, zoneOf(map[string][]string{"example.com. MX": {"example.com. 60 IN MX 10 mail.example.com."}, "mail.example.com. A": {"mail.example.com. 60 IN CNAME m.example.com.", "m.example.com. 60 IN A 10.1.0.1"}}), Warn, "dns.mx_cname"},
		{"srv none", srv, zoneOf(map[string][]string{"_autodiscover._tcp.example.com. SRV": {"_autodiscover._tcp.example.com. 60 IN SRV 0 0 443 ."}}), Fail, "dns.srv_none"},
		{"srv port", srv, zoneOf(map[string][]string{"_autodiscover._tcp.example.com. SRV": {"_autodiscover._tcp.example.com. 60 IN SRV 0 0 80 mail.example.com."}}), Fail, "dns.srv_port"},
		{"srv gone", srv, zoneOf(map[string][]string{"_autodiscover._tcp.example.com. SRV": {"_autodiscover._tcp.example.com. 60 IN SRV 0 0 443 mail.example.com."}}), Fail, "dns.srv_target"},
		{"srv alias", srv, zoneOf(map[string][]string{"_autodiscover._tcp.example.com. SRV": {"_autodiscover._tcp.example.com. 60 IN SRV 0 0 443 mail.example.com."}, "mail.example.com. A": {"mail.example.com. 60 IN CNAME m.example.com.", "m.example.com. 60 IN A 10.1.0.1"}}), Fail, "dns.srv_cname"},
		{"srv of another service", Params{"type": "SRV", "name": "_ldap._tcp.example.com"}, zoneOf(map[string][]string{"_ldap._tcp.example.com. SRV": {"_ldap._tcp.example.com. 60 IN SRV 0 0 389 dc.example.com."}, "dc.example.com. A": {"dc.example.com. 60 IN A 10.1.0.1"}}), Pass, ""},
		{"ptr", Params{"type": "PTR", "name": "10.1.0.1"}, zoneOf(map[string][]string{"1.0.1.10.in-addr.arpa. PTR": {"1.0.1.10.in-addr.arpa. 60 IN PTR mail.example.com."}, "mail.example.com. A": {"mail.example.com. 60 IN A 10.1.0.1"}}), Pass, ""},
		{"ptr leads elsewhere", Params{"type": "PTR", "name": "10.1.0.1"}, zoneOf(map[string][]string{"1.0.1.10.in-addr.arpa. PTR": {"1.0.1.10.in-addr.arpa. 60 IN PTR mail.example.com."}, "mail.example.com. A": {"mail.example.com. 60 IN A 10.1.0.9"}}), Warn, "dns.ptr_forward"},
		{"ptr of a provider", Params{"type": "PTR", "name": "10.1.0.1"}, zoneOf(map[string][]string{"1.0.1.10.in-addr.arpa. PTR": {"1.0.1.10.in-addr.arpa. 60 IN PTR host-10-1-0-1.isp.net."}, "host-10-1-0-1.isp.net. A": {"host-10-1-0-1.isp.net. 60 IN A 10.1.0.1"}}), Warn, "dns.ptr_generic"},
		{"ptr missing", Params{"type": "PTR", "name": "10.1.0.1"}, zoneOf(nil), Fail, "dns.nxdomain"},
		{"spf", spfAt("v=spf1 mx -all"), zoneOf(spfZone("v=spf1 mx -all")), Pass, ""},
		{"two spf", spfAt(""), zoneOf(spfZone("v=spf1 mx -all", "v=spf1 -all")), Fail, "spf.multiple"},
		{"spf loop", spfAt(""), zoneOf(spfZone("v=spf1 include:example.com -all")), Fail, "spf.loop"},
		{"spf plus all", spfAt(""), zoneOf(spfZone("v=spf1 +all")), Fail, "spf.all_allowed"},
		{"spf neutral", spfAt(""), zoneOf(spfZone("v=spf1 mx ?all")), Warn, "spf.neutral"},
		{"spf without end", spfAt(""), zoneOf(spfZone("v=spf1 mx")), Warn, "spf.no_end"},
		{"spf eleven", spfAt(""), zoneOf(spfZone("v=spf1 a:1.x a:2.x a:3.x a:4.x a:5.x a:6.x a:7.x a:8.x a:9.x a:10.x a:11.x -all")), Fail, "spf.too_many"},
		{"spf missing include", spfAt(""), zoneOf(spfZone("v=spf1 include:gone.example.com -all")), Fail, "spf.include_missing"},
		{"texts that are no spf", spfAt(""), zoneOf(spfZone("google-site-verification=x", "v=spf10 x")), Pass, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.env.Resolvers = []Resolver{{Label: "internal", Addr: resolverAt, View: Inside}}
			w.resolver(resolverAt, c.answer)
			params := Params{"name": "www.example.com"}
			for k, v := range c.params {
				params[k] = v
			}
			expectResult(t, c.name, w.run(Check{Kind: "dns", Params: params}), c.verdict, c.reason)
		})
	}
}

// TestZoneServersAreCompared asks every name server of a zone itself.
func TestZoneServersAreCompared(t *testing.T) {
	t.Parallel()
	soa := func(serial int) string {
		return fmt.Sprintf("example.com. 60 IN SOA ns1.example.com. h.example.com. %d 1 1 1 1", serial)
	}
	serves := func(serial int, authoritative bool) func(*dnsmessage.Message, string) *dnsmessage.Message {
		return func(q *dnsmessage.Message, _ string) *dnsmessage.Message {
			m := reply(q, dnsmessage.RCodeSuccess, soa(serial))
			m.Authoritative = authoritative
			return m
		}
	}
	zone := map[string][]string{
		"example.com. SOA": {soa(7)}, "example.com. NS": {"example.com. 60 IN NS ns1.example.com.", "example.com. 60 IN NS ns2.example.com."},
		"ns1.example.com. A": {"ns1.example.com. 60 IN A 10.2.0.1"}, "ns2.example.com. A": {"ns2.example.com. 60 IN A 10.2.0.2"},
	}
	for _, c := range []struct {
		name    string
		second  func(*dnsmessage.Message, string) *dnsmessage.Message
		verdict Verdict
		reason  string
	}{
		{"alike", serves(7, true), Pass, ""},
		{"one lags behind", serves(6, true), Warn, "dns.serial"},
		{"one answers from memory", serves(7, false), Fail, "dns.lame"},
		{"one refuses", func(q *dnsmessage.Message, _ string) *dnsmessage.Message { return reply(q, dnsmessage.RCodeRefused) }, Fail, "dns.lame"},
		{"one does not know the zone", func(q *dnsmessage.Message, _ string) *dnsmessage.Message { return reply(q, dnsmessage.RCodeNameError) }, Fail, "dns.lame"},
		{"one does not answer", nil, Unknown, "dns.no_server"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			for _, rtype := range []string{"SOA", "NS"} {
				w := newWorld(t)
				w.env.Resolvers = []Resolver{{Label: "internal", Addr: resolverAt, View: Inside}}
				w.resolver(resolverAt, zoneOf(zone))
				w.resolver("10.2.0.1:53", serves(7, true))
				if c.second != nil {
					w.resolver("10.2.0.2:53", c.second)
				}
				r := w.run(Check{Kind: "dns", Params: Params{"name": "example.com", "type": rtype}})
				expectResult(t, c.name+" "+rtype, r, c.verdict, c.reason)
				if len(r.Sub) != 1 || len(r.Sub[0].Sub) != 2 || r.Sub[0].Sub[1].Verdict == Pass != (c.verdict != Fail && c.verdict != Unknown) {
					t.Errorf("%s: the name servers are not told apart: %+v", rtype, r.Sub)
				}
			}
		})
	}
	w := newWorld(t)
	w.env.Resolvers = []Resolver{{Label: "internal", Addr: resolverAt, View: Inside}}
	w.resolver(resolverAt, zoneOf(map[string][]string{"example.com. SOA": {soa(7)}}))
	w2 := newWorld(t)
	w2.env.Resolvers = []Resolver{{Label: "dc1", Addr: "10.0.0.53:53", View: Inside}}
	w2.env.Records = func(context.Context, string, string) ([]Record, error) { return nil, nil }
	w2.resolver("10.0.0.53:53", zoneOf(map[string][]string{"example.com. SOA": {soa(7)}}))
	r := w2.run(Check{Kind: "dns", Params: Params{"name": "example.com", "type": "SOA", "resolver": "all"}})
	for _, view := range r.Sub {
		if view.Reason == "dns.no_resolver" {
			t.Errorf("this computer, which cannot be asked for such records, is asked: %s", view.Summary)
		}
	}
	expectResult(t, "no zone", w.run(Check{Kind: "dns", Params: Params{"name": "example.com", "type": "SOA"}}), Fail, "dns.no_zone")
}

var srv = Params{"type": "SRV", "name": "_autodiscover._tcp.example.com"}

func spfAt(string) Params { return Params{"type": "TXT", "name": "example.com"} }

func spfZone(texts ...string) map[string][]string {
	var out []string
	for _, s := range texts {
		out = append(out, fmt.Sprintf("example.com. 60 IN TXT %q", s))
	}
	return map[string][]string{"example.com. TXT": out}
}

func TestDNSTransport(t *testing.T) {
	t.Parallel()
	start := func(t *testing.T) *world {
		w := newWorld(t)
		w.env.Resolvers = []Resolver{{Label: "internal", Addr: resolverAt, View: Inside}}
		return w
	}
	check := Check{Kind: "dns", Params: Params{"name": "www.example.com"}, Timeout: 2 * time.Second}
	const a = "www.example.com. 300 IN A 10.1.0.1"

	t.Run("silence", func(t *testing.T) {
		t.Parallel()
		w := start(t)
		var udp, tcp atomic.Int32
		w.resolver(resolverAt, func(_ *dnsmessage.Message, network string) *dnsmessage.Message {
			if network == "udp" {
				udp.Add(1)
			} else {
				tcp.Add(1)
			}
			return nil
		})
		expectResult(t, "silence", w.run(check), Unknown, "dns.timeout")
		if udp.Load() != 2 || tcp.Load() != 1 {
			t.Errorf("%d tries over UDP and %d over TCP, want 2 and 1", udp.Load(), tcp.Load())
		}
	})
	t.Run("nothing listens", func(t *testing.T) {
		t.Parallel()
		expectResult(t, "refused", start(t).run(check), Unknown, "dns.no_server")
	})
	t.Run("truncated, TCP good", func(t *testing.T) {
		t.Parallel()
		w := start(t)
		w.resolver(resolverAt, func(q *dnsmessage.Message, network string) *dnsmessage.Message {
			if strings.HasPrefix(asked(q), "coexist-") {
				return reply(q, dnsmessage.RCodeNameError)
			}
			if network == "udp" {
				m := reply(q, dnsmessage.RCodeSuccess)
				m.Truncated = true
				return m
			}
			return reply(q, dnsmessage.RCodeSuccess, a)
		})
		r := w.run(check)
		expectResult(t, "truncated", r, Pass, "")
		if r.Evidence["truncated"] == "" {
			t.Errorf("the truncation is not told: %v", r.Evidence)
		}
	})
	t.Run("truncated, TCP closed", func(t *testing.T) {
		t.Parallel()
		w := start(t)
		w.resolver(resolverAt, func(q *dnsmessage.Message, _ string) *dnsmessage.Message {
			m := reply(q, dnsmessage.RCodeSuccess)
			m.Truncated = true
			return m
		})
		delete(w.to, "tcp "+resolverAt)
		expectResult(t, "truncated", w.run(check), Unknown, "dns.truncated")
	})
	t.Run("wrong ID", func(t *testing.T) {
		t.Parallel()
		w := start(t)
		w.resolver(resolverAt, func(q *dnsmessage.Message, _ string) *dnsmessage.Message {
			m := reply(q, dnsmessage.RCodeSuccess, a)
			m.ID++
			return m
		})
		expectResult(t, "wrong ID", w.run(check), Unknown, "dns.timeout")
	})
	t.Run("another question", func(t *testing.T) {
		t.Parallel()
		w := start(t)
		w.resolver(resolverAt, func(q *dnsmessage.Message, _ string) *dnsmessage.Message {
			q.Questions[0].Name = dnsmessage.MustNewName("evil.example.com.")
			return reply(q, dnsmessage.RCodeSuccess, "evil.example.com. 60 IN A 10.6.6.6")
		})
		expectResult(t, "another question", w.run(check), Unknown, "dns.mismatch")
	})
	t.Run("answer for another name", func(t *testing.T) {
		t.Parallel()
		w := start(t)
		w.resolver(resolverAt, func(q *dnsmessage.Message, _ string) *dnsmessage.Message {
			return reply(q, dnsmessage.RCodeSuccess, "evil.example.com. 60 IN A 10.6.6.6")
		})
		expectResult(t, "records of another name do not count", w.run(check), Fail, "dns.nodata")
	})
	t.Run("garbage", func(t *testing.T) {
		t.Parallel()
		w := start(t)
		w.rawResolver(resolverAt, func(q *dnsmessage.Message, _ string) []byte {
			return []byte{byte(q.ID >> 8), byte(q.ID), 0x80, 0, 0xff, 0xff, 0xff, 0xff}
		})
		expectResult(t, "garbage", w.run(check), Unknown, "dns.malformed")
	})
	t.Run("question echoed", func(t *testing.T) {
		t.Parallel()
		w := start(t)
		w.resolver(resolverAt, func(q *dnsmessage.Message, _ string) *dnsmessage.Message { return q })
		expectResult(t, "echo", w.run(check), Unknown, "dns.malformed")
	})
	t.Run("old server without EDNS", func(t *testing.T) {
		t.Parallel()
		w := start(t)
		w.resolver(resolverAt, func(q *dnsmessage.Message, _ string) *dnsmessage.Message {
			if len(q.Additionals) > 0 {
				return reply(q, dnsmessage.RCodeFormatError)
			}
			if strings.HasPrefix(asked(q), "coexist-") {
				return reply(q, dnsmessage.RCodeNameError)
			}
			return reply(q, dnsmessage.RCodeSuccess, a)
		})
		expectResult(t, "no EDNS", w.run(check), Pass, "")
	})
	t.Run("format error for ever", func(t *testing.T) {
		t.Parallel()
		w := start(t)
		w.resolver(resolverAt, func(q *dnsmessage.Message, _ string) *dnsmessage.Message {
			return reply(q, dnsmessage.RCodeFormatError)
		})
		expectResult(t, "formerr", w.run(check), Unknown, "dns.rcode")
	})
	t.Run("hostile text", func(t *testing.T) {
		t.Parallel()
		w := start(t)
		w.resolver(resolverAt, func(q *dnsmessage.Message, network string) *dnsmessage.Message {
			m := reply(q, dnsmessage.RCodeSuccess)
			if network == "udp" {
				m.Truncated = true
				return m
			}
			var parts []string
			for range 17 {
				parts = append(parts, strings.Repeat("\x1b]0;x\a", 25))
			}
			h := dnsmessage.ResourceHeader{Name: q.Questions[0].Name, Type: dnsmessage.TypeTXT, Class: dnsmessage.ClassINET}
			m.Answers = []dnsmessage.Resource{{Header: h, Body: &dnsmessage.TXTResource{TXT: parts}}}
			return m
		})
		r := w.run(Check{Kind: "dns", Params: Params{"name": "www.example.com", "type": "TXT"}})
		expectResult(t, "text", r, Pass, "")
		if v, _ := r.Rows[0].Get("value"); !strings.Contains(v, "\x1b]0;x\a") || len(v) > maxText+4 {
			t.Errorf("a text must be kept as received and bounded: %d bytes", len(v))
		}
		if strings.ContainsRune(Escape(r.Summary), '\x1b') {
			t.Error("the escaped summary holds an escape character")
		}
	})
}

func TestDNSViews(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.name("www.example.com", "10.1.0.1", "2001:db8::1")
	w.name("local.example.com", "127.0.0.1")
	ask := func(params Params, v Vantage) Result {
		return w.run(Check{Kind: "dns", Params: params, Vantage: v})
	}
	r := ask(Params{"name": "www.example.com"}, "")
	expectResult(t, "system by default", r, Pass, "")
	if len(r.Rows) != 1 || r.Rows[0]["resolver"][0] != "system" {
		t.Errorf("rows %v: want one IPv4 address of the system resolver", r.Rows)
	}
	expectResult(t, "system AAAA", ask(Params{"name": "www.example.com", "type": "AAAA"}, ""), Pass, "")
	expectResult(t, "system missing", ask(Params{"name": "gone.example.com"}, ""), Fail, "dns.not_found")
	expectResult(t, "system absent", ask(Params{"name": "gone.example.com", "absent": true}, ""), Pass, "")
	expectResult(t, "system loopback", ask(Params{"name": "local.example.com"}, ""), Fail, "dns.loopback_answer")
	expectResult(t, "system MX", ask(Params{"name": "example.com", "type": "MX"}, ""), Unknown, "dns.no_resolver")
	expectResult(t, "internal, none configured", ask(Params{"name": "www.example.com", "resolver": "internal"}, ""), Unknown, "dns.no_resolver")
	expectResult(t, "external, none configured", ask(Params{"name": "www.example.com", "resolver": "external"}, ""), Unknown, "vantage.none_outside")
	expectResult(t, "outside, none configured", ask(Params{"name": "www.example.com"}, Outside), Unknown, "vantage.none_outside")
	w.env.Resolvers = []Resolver{{Label: "external", Addr: "198.51.100.53:53", View: Outside}}
	w.resolver("198.51.100.53:53", zoneOf(map[string][]string{
		"www.example.com. A":  {"www.example.com. 60 IN A 203.0.113.1"},
		"leak.example.com. A": {"leak.example.com. 60 IN A 10.1.0.1"},
	}))
	r = ask(Params{"name": "www.example.com"}, Outside)
	expectResult(t, "outside by an outside name server", r, Pass, "")
	if v, _ := r.Rows[0].Get("view"); v != "outside" {
		t.Errorf("view %q", v)
	}
	expectResult(t, "private outside", ask(Params{"name": "leak.example.com"}, Outside), Fail, "dns.external_private")
	w.env.Loopback = true
	expectResult(t, "loopback in a laboratory", ask(Params{"name": "local.example.com", "resolver": "system"}, ""), Pass, "")
}

// TestDNSMissingRecord tells a name that nobody made from one without such a
// record, also where this computer's resolver cannot tell them apart.
func TestDNSMissingRecord(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.env.Resolvers = []Resolver{{Label: "dc1", Addr: "10.0.0.53:53", View: Inside}}
	w.resolver("10.0.0.53:53", func(q *dnsmessage.Message, _ string) *dnsmessage.Message {
		if strings.HasPrefix(q.Questions[0].Name.String(), "www.") {
			return reply(q, dnsmessage.RCodeSuccess)
		}
		return reply(q, dnsmessage.RCodeNameError)
	})
	for name, want := range map[string][2]string{"www.example.com": {"dns.nodata", "no such record"}, "gone.example.com": {"dns.nxdomain", "no such name"}} {
		r := w.run(Check{Kind: "dns", Params: Params{"name": name, "resolver": "all"}})
		expectResult(t, name, r, Fail, want[0])
		if got := r.Evidence["answer of dc1 (10.0.0.53:53)"]; got != want[1] {
			t.Errorf("%s: the evidence is %q, want %q", name, got, want[1])
		}
	}
}

// TestDNSComparison holds inside and outside against each other: every cell is
// shown, and the verdict is that of the pair.
func TestDNSComparison(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name                    string
		inside, second, outside string // addresses; empty: no such name; - : the server is silent
		vantage                 Vantage
		verdict                 Verdict
		reason                  string
	}{
		{"private inside, public outside", "10.1.0.1", "10.1.0.1", "203.0.113.1", Any, Pass, ""},
		{"the same public address", "203.0.113.1", "203.0.113.1", "203.0.113.1", Any, Warn, "dns.hairpin"},
		{"private on both sides", "10.1.0.1", "10.1.0.1", "10.1.0.1", Any, Fail, "dns.external_private"},
		{"missing inside", "", "", "203.0.113.1", Any, Warn, "dns.split_hole"},
		{"missing outside, wanted there", "10.1.0.1", "10.1.0.1", "", Outside, Fail, "dns.external_missing"},
		{"missing outside, inside alone", "10.1.0.1", "10.1.0.1", "", Inside, Pass, ""},
		{"missing everywhere", "", "", "", Any, Fail, "dns.nxdomain"},
		{"half switched inside", "10.1.0.1", "10.1.0.80", "203.0.113.1", Any, Warn, "dns.split"},
		{"one inside server lacks it", "10.1.0.1", "", "203.0.113.1", Any, Warn, "dns.split"},
		{"two public addresses", "203.0.113.7", "203.0.113.7", "203.0.113.1", Any, Warn, "dns.split"},
		{"missing inside, outside cannot be asked", "", "", "-", Any, Unknown, "dns.no_server"},
		{"outside cannot be asked", "10.1.0.1", "10.1.0.1", "-", Any, Unknown, "dns.no_server"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			for i, cell := range []string{c.inside, c.second, c.outside} {
				at := fmt.Sprintf("10.0.0.5%d:53", i)
				r := Resolver{Label: fmt.Sprintf("dc%d", i+1), Addr: at, View: Inside}
				if i == 2 {
					r.Label, r.View = "provider", Outside
				}
				w.env.Resolvers = append(w.env.Resolvers, r)
				switch cell {
				case "-":
				case "":
					w.resolver(at, zoneOf(nil))
				default:
					w.resolver(at, zoneOf(map[string][]string{"www.example.com. A": {"www.example.com. 240 IN A " + cell}}))
				}
			}
			if c.inside != "" {
				w.name("www.example.com", c.inside)
			}
			r := w.run(Check{Kind: "dns", Vantage: c.vantage, Params: Params{"name": "www.example.com", "resolver": "all"}})
			expectResult(t, c.name, r, c.verdict, c.reason)
			for i, at := range []string{"dc1 (10.0.0.50:53)", "dc2 (10.0.0.51:53)", "provider (198.51.100.53:53)"} {
				cell := []string{c.inside, c.second, c.outside}[i]
				if cell != "" && cell != "-" && i < 2 && r.Evidence["answer of "+at] != cell+" (ttl 240 s)" {
					t.Errorf("the cell of %s is %q", at, r.Evidence["answer of "+at])
				}
			}
			if c.verdict == Unknown && c.inside == "" {
				for _, cell := range r.Sub {
					if cell.Verdict == Pass {
						t.Errorf("a view without the record passes while the comparison is open: %s", cell.Summary)
					}
				}
			}
			if len(r.Sub) != 4 {
				t.Errorf("%d views are shown, want 4", len(r.Sub))
			}
			if c.reason == "dns.split" && c.second != "" && c.inside != c.second && !strings.Contains(r.Found, "for 240 s more") {
				t.Errorf("the remaining time to live is not told: %s", r.Found)
			}
		})
	}
}

func TestResolverAddresses(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"10.0.0.53": "10.0.0.53:53", "10.0.0.53:5353": "10.0.0.53:5353", "2001:db8::53": "[2001:db8::53]:53", "[2001:db8::53]:54": "[2001:db8::53]:54",
		"": "", "dc1.contoso.com": "", "10.0.0.53:0": "", "10.0.0.53:x": "", "127.0.0.1": "", "::1": "", "0.0.0.0": "", "10.0.0.53 ; rm": "",
	} {
		got, err := resolverAddress(text, false)
		if got != want || (err == nil) != (want != "") {
			t.Errorf("%q: %q, %v", text, got, err)
		}
	}
	if got, err := resolverAddress("127.0.0.1:5353", true); err != nil || got != "127.0.0.1:5353" {
		t.Errorf("in a laboratory: %q, %v", got, err)
	}
}

func TestForbiddenAddresses(t *testing.T) {
	t.Parallel()
	env := &Env{}
	for text, want := range map[string]bool{
		"127.0.0.1": true, "127.9.9.9": true, "::1": true, "::ffff:127.0.0.1": true, "169.254.1.1": true, "fe80::1": true, "0.0.0.0": true, "::": true,
		"224.0.0.1": true, "255.255.255.255": true, "10.0.0.1": false, "203.0.113.1": false, "2001:db8::1": false, "fd00::1": false,
	} {
		if got := forbidden(env, netip.MustParseAddr(text)); got != want {
			t.Errorf("%s: %v", text, got)
		}
	}
}

func FuzzSenderPolicy(f *testing.F) {
	for _, s := range []string{"v=spf1 mx -all", "v=spf1 include:example.com ?all", "v=spf1 a/24 ptr:x redirect=y", "v=spf1  +all", "v=spf1 include:%{i} exists:%", "V=SPF1"} {
		f.Add(s, "v=spf10")
	}
	f.Fuzz(func(t *testing.T, one, two string) {
		env := &Env{} // nobody can be asked
		got := judgeSPF(t.Context(), env, Resolver{Addr: resolverAt}, "example.com", []string{one, two})
		if _, known := Reasons()[got.Reason]; got.Verdict != Pass && !known {
			t.Fatalf("%q %q: %s %q", one, two, got.Verdict, got.Reason)
		}
		if len(spfIn([]string{one, two})) == 2 && got.Reason != "spf.multiple" {
			t.Fatalf("%q %q: %s", one, two, got.Reason)
		}
		genericName(one, netip.MustParseAddr("10.1.2.3"))
	})
}
