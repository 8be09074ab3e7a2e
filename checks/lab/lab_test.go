package lab_test

import (
	"context"
	"net"
	"net/netip"
	"runtime"
	"testing"
	"time"

	"coexist/checks"
	"coexist/checks/lab"
)

func addr(s string) netip.Addr { return netip.MustParseAddr(s) }

// contoso is an organisation with one server of every version, the names
// pointing to the new one.
func contoso(t *testing.T) *lab.Lab {
	t.Helper()
	cas := []string{"client-access"}
	names := []string{"mail.contoso.com", "autodiscover.contoso.com"}
	l, err := lab.New(lab.Config{Servers: []lab.Server{
		{Name: "EX07", FQDN: "ex07.contoso.com", Version: "2007", Build: "8.3.485.1", Address: addr("10.0.0.7"), Roles: cas},
		{Name: "EX10", FQDN: "ex10.contoso.com", Version: "2010", Build: "14.3.496.0", Address: addr("10.0.0.10"), Roles: cas},
		{Name: "EX13", FQDN: "ex13.contoso.com", Version: "2013", Build: "15.0.1497.48", Address: addr("10.0.0.13"), Roles: cas, Certificate: lab.Certificate{Names: names}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	for _, n := range names {
		l.SetAddresses(checks.Inside, n, 300, addr("10.0.0.13"))
		l.SetAddresses(checks.Outside, n, 300, addr("203.0.113.13"))
	}
	l.Forward(addr("203.0.113.13"), addr("10.0.0.13"))
	return l
}

func run(t *testing.T, env *checks.Env, c checks.Check) checks.Result {
	t.Helper()
	return checks.Run(t.Context(), env, []checks.Check{c}, nil)[0]
}

func want(t *testing.T, r checks.Result, v checks.Verdict, reason string) {
	t.Helper()
	if r.Verdict != v || r.Reason != reason {
		t.Errorf("%s %v: got %s %s (%s), want %s %s", r.Kind, r.ID, r.Verdict, r.Reason, r.Summary, v, reason)
	}
}

func first(t *testing.T, r checks.Result, property string) string {
	t.Helper()
	if len(r.Rows) == 0 {
		t.Fatalf("%s %s: no rows", r.Kind, r.Summary)
	}
	v, _ := r.Rows[0].Get(property)
	return v
}

func TestProbesReachTheLab(t *testing.T) {
	t.Parallel()
	env := contoso(t).Env()
	r := run(t, env, checks.Check{Kind: "dns", Params: checks.Params{"name": "mail.contoso.com"}})
	want(t, r, checks.Pass, "")
	if got := first(t, r, "value"); got != "10.0.0.13" {
		t.Errorf("dns value = %q", got)
	}
	r = run(t, env, checks.Check{Kind: "tcp", Params: checks.Params{"host": "mail.contoso.com", "port": int64(443)}})
	want(t, r, checks.Pass, "")
	r = run(t, env, checks.Check{Kind: "tls", Params: checks.Params{"host": "mail.contoso.com", "names": []any{"mail.contoso.com", "autodiscover.contoso.com"}}})
	want(t, r, checks.Pass, "")
	r = run(t, env, checks.Check{Kind: "http", Params: checks.Params{"url": "https://mail.contoso.com/owa/", "role": "owa"}})
	want(t, r, checks.Pass, "")
	if got := first(t, r, "fe_server"); got != "EX13" {
		t.Errorf("fe_server = %q", got)
	}
}

func TestPersonasAnswerLikeTheirVersion(t *testing.T) {
	t.Parallel()
	env := contoso(t).Env()
	for _, c := range []struct {
		host, path, role string
		verdict          checks.Verdict
		reason           string
	}{
		{"ex13", "/owa/healthcheck.htm", "healthcheck", checks.Pass, ""},
		{"ex10", "/owa/healthcheck.htm", "healthcheck", checks.Fail, "http.redirected"},
		{"ex07", "/ecp/", "ecp", checks.Fail, "http.not_found"},
		{"ex10", "/ecp/", "ecp", checks.Pass, ""},
		{"ex10", "/mapi/emsmdb", "mapi", checks.Fail, "http.not_found"},
		{"ex13", "/mapi/emsmdb", "mapi", checks.Pass, ""},
		{"ex07", "/EWS/Exchange.asmx", "ews", checks.Pass, ""},
		{"ex07", "/Autodiscover/Autodiscover.xml", "autodiscover", checks.Pass, ""},
		{"ex10", "/Microsoft-Server-ActiveSync", "eas", checks.Pass, ""},
		{"ex10", "/rpc/rpcproxy.dll", "rpc", checks.Pass, ""},
	} {
		r := run(t, env, checks.Check{ID: c.host + c.path, Kind: "http", Params: checks.Params{"url": "https://" + c.host + ".contoso.com" + c.path, "role": c.role}})
		want(t, r, c.verdict, c.reason)
	}
}

func TestOutsideSeesForwardedAddressesOnly(t *testing.T) {
	t.Parallel()
	env := contoso(t).EnvFrom(checks.Outside)
	r := run(t, env, checks.Check{Kind: "http", Vantage: checks.Outside, Params: checks.Params{"url": "https://mail.contoso.com/owa/", "role": "owa"}})
	want(t, r, checks.Pass, "")
	if r.Vantage != checks.Outside {
		t.Errorf("vantage = %q", r.Vantage)
	}
	r = run(t, env, checks.Check{Kind: "tcp", Vantage: checks.Outside, Params: checks.Params{"host": "mail.contoso.com", "address": "10.0.0.13", "port": int64(443)}})
	want(t, r, checks.Unknown, "tcp.filtered")
}

func TestChangesShowAtOnce(t *testing.T) {
	t.Parallel()
	l := contoso(t)
	env := l.Env()
	tls := checks.Check{Kind: "tls", Params: checks.Params{"host": "ex10.contoso.com"}}
	want(t, run(t, env, tls), checks.Fail, "tls.self_signed")
	if err := l.Bind("EX10", lab.Certificate{Names: []string{"ex10.contoso.com"}}); err != nil {
		t.Fatal(err)
	}
	want(t, run(t, env, tls), checks.Pass, "")

	ews := checks.Check{Kind: "http", Params: checks.Params{"url": "https://ex10.contoso.com/rpc/rpcproxy.dll", "role": "rpc"},
		Expect: []checks.Expectation{{Property: "auth", Op: "contains", Value: "NTLM"}}}
	want(t, run(t, env, ews), checks.Pass, "")
	if err := l.Change("EX10", func(s *lab.Server) { s.Auth = map[string][]string{"rpc": {"Basic"}} }); err != nil {
		t.Fatal(err)
	}
	want(t, run(t, env, ews), checks.Fail, "expect.not_met")

	port := checks.Check{Kind: "tcp", Params: checks.Params{"host": "10.0.0.10", "port": int64(443)}}
	l.Filter(netip.MustParseAddrPort("10.0.0.10:443"), true)
	want(t, run(t, env, port), checks.Unknown, "tcp.filtered")
	l.Filter(netip.MustParseAddrPort("10.0.0.10:443"), false)
	want(t, run(t, env, port), checks.Pass, "")
	l.Silence(netip.MustParseAddrPort("10.0.0.10:443"))
	want(t, run(t, env, port), checks.Fail, "tcp.refused")
	l.RemoveServer("EX10")
	want(t, run(t, env, port), checks.Unknown, "tcp.filtered")
	r := run(t, env, checks.Check{Kind: "dns", Params: checks.Params{"name": "ex10.contoso.com"}})
	want(t, r, checks.Fail, "dns.nxdomain")
}

func TestViewsAreCompared(t *testing.T) {
	t.Parallel()
	l := contoso(t)
	all := checks.Check{Kind: "dns", Params: checks.Params{"name": "mail.contoso.com", "resolver": "all"}}
	for _, c := range []struct {
		name            string
		inside, outside []netip.Addr
		verdict         checks.Verdict
		reason          string
	}{
		{"split as designed", []netip.Addr{addr("10.0.0.13")}, []netip.Addr{addr("203.0.113.13")}, checks.Pass, ""},
		{"hairpin", []netip.Addr{addr("203.0.113.13")}, []netip.Addr{addr("203.0.113.13")}, checks.Warn, "dns.hairpin"},
		{"leak", []netip.Addr{addr("10.0.0.13")}, []netip.Addr{addr("10.0.0.13")}, checks.Fail, "dns.external_private"},
		{"hole", nil, []netip.Addr{addr("203.0.113.13")}, checks.Warn, "dns.split_hole"},
		{"inside alone", []netip.Addr{addr("10.0.0.13")}, nil, checks.Pass, ""},
		{"two publics", []netip.Addr{addr("203.0.113.9")}, []netip.Addr{addr("203.0.113.13")}, checks.Warn, "dns.split"},
		{"nowhere", nil, nil, checks.Fail, "dns.nxdomain"},
	} {
		l.SetAddresses(checks.Inside, "mail.contoso.com", 300, c.inside...)
		l.SetAddresses(checks.Outside, "mail.contoso.com", 300, c.outside...)
		r := run(t, l.Env(), all)
		if r.Verdict != c.verdict || r.Reason != c.reason {
			t.Errorf("%s: got %s %s (%s; %s), want %s %s", c.name, r.Verdict, r.Reason, r.Summary, r.Found, c.verdict, c.reason)
		}
	}
	all.Vantage = checks.Any
	l.SetAddresses(checks.Inside, "mail.contoso.com", 300, addr("10.0.0.13"))
	want(t, run(t, l.Env(), all), checks.Fail, "dns.external_missing")
}

// Not parallel: it counts goroutines.
func TestCloseLeavesNothing(t *testing.T) {
	before := runtime.NumGoroutine()
	l, err := lab.New(lab.Config{Servers: []lab.Server{{
		Name: "EX13", FQDN: "ex13.contoso.com", Version: "2013", Build: "15.0.1497.48", Address: addr("10.0.0.13"), Roles: []string{"client-access"},
		Ports: map[uint16]func(context.Context, net.Conn){25: func(ctx context.Context, c net.Conn) {
			<-ctx.Done()
		}},
	}}})
	if err != nil {
		t.Fatal(err)
	}
	env := l.Env()
	var open []net.Conn
	for _, port := range []string{"443", "80", "25"} {
		c, err := env.Dial(t.Context(), "tcp", "10.0.0.13:"+port)
		if err != nil {
			t.Fatal(err)
		}
		open = append(open, c)
	}
	want(t, run(t, env, checks.Check{Kind: "http", Params: checks.Params{"url": "https://ex13.contoso.com/owa/"}}), checks.Pass, "")
	l.Close()
	for _, c := range open {
		c.Close()
	}
	if _, err := env.Dial(t.Context(), "tcp", "10.0.0.13:443"); err == nil {
		t.Error("a closed lab still answers")
	}
	deadline := time.Now().Add(5 * time.Second)
	for runtime.NumGoroutine() > before && time.Now().Before(deadline) {
		runtime.Gosched()
	}
	if n := runtime.NumGoroutine(); n > before {
		buf := make([]byte, 1<<16)
		t.Errorf("%d goroutines before, %d after:\n%s", before, n, buf[:runtime.Stack(buf, true)])
	}
}

// fixed hands out one credential for every account.
func fixed(c checks.Credential) func(context.Context, string) (checks.Credential, error) {
	return func(context.Context, string) (checks.Credential, error) { return c, nil }
}
