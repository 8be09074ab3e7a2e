package machine_test

import (
	"context"
	"net"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"coexist/checks"
	"coexist/checks/lab"
	"coexist/checks/machine"
)

func addr(s string) netip.Addr { return netip.MustParseAddr(s) }

// world is a laboratory with one web server and one domain controller.
func world(t *testing.T) *lab.Lab {
	t.Helper()
	l, err := lab.New(lab.Config{Servers: []lab.Server{{Name: "EX10", Version: "2010", Roles: []string{"client-access"}, Address: addr("10.0.0.20"), Certificate: lab.Certificate{Names: []string{"mail.contoso.com"}}}}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	if _, err := l.AddDirectory(4, []string{"contoso.com"}, lab.Controller{Name: "DC1", FQDN: "dc1.contoso.com", Site: "Zurich", Address: addr("10.0.0.10")}); err != nil {
		t.Fatal(err)
	}
	l.SetAddresses(checks.Inside, "mail.contoso.com", 60, addr("10.0.0.20"))
	return l
}

func named(list []machine.Remark, name string) []machine.Remark {
	return slices.DeleteFunc(slices.Clone(list), func(r machine.Remark) bool { return r.Name != name })
}

func TestASoundComputerHasNoLabel(t *testing.T) {
	t.Parallel()
	l := world(t)
	list := machine.Test(t.Context(), l.Env(), machine.Questions{Web: "mail.contoso.com", Names: []string{"mail.contoso.com"}, Controllers: []string{"dc1.contoso.com"},
		Getenv: func(string) string { return "" }, Hosts: []byte("127.0.0.1 localhost\n")})
	if label := machine.Label(list); label != "" {
		t.Errorf("label: %s", label)
	}
	for _, name := range []string{"clock", "proxy", "hosts", "resolver", "tls", "portal"} {
		if len(named(list, name)) == 0 {
			t.Errorf("%s was not looked at: %+v", name, list)
		}
	}
	if c := named(list, "tls"); len(c) != 1 || !strings.Contains(c[0].Text, "shows no sign") {
		t.Errorf("tls: %+v", c)
	}
	if c := named(list, "clock"); len(c) < 1 || !strings.Contains(c[0].Text, "agrees with domain controller dc1.contoso.com") {
		t.Errorf("clock: %+v", c)
	}
}

func TestWhatFalsifiesResultsIsFound(t *testing.T) {
	t.Parallel()
	base := machine.Questions{Web: "mail.contoso.com", Names: []string{"mail.contoso.com"}, Controllers: []string{"dc1.contoso.com"}, Hosts: []byte{}}
	for name, c := range map[string]struct {
		change func(l *lab.Lab, env *checks.Env, q *machine.Questions)
		remark string
		says   string
		hides  string
	}{
		"a clock an hour ahead": {func(_ *lab.Lab, env *checks.Env, _ *machine.Questions) {
			now := env.Now
			env.Now = func() time.Time { return now().Add(time.Hour) }
		}, "clock", "1h0m", ""},
		"a clock behind": {func(_ *lab.Lab, env *checks.Env, _ *machine.Questions) {
			now := env.Now
			env.Now = func() time.Time { return now().Add(-10 * time.Minute) }
		}, "clock", "behind domain controller", ""},
		"a proxy with a password": {func(_ *lab.Lab, _ *checks.Env, q *machine.Questions) {
			q.Getenv = func(n string) string {
				return map[string]string{"https_proxy": "http://meyer:Canary-7@proxy.contoso.com:8080"}[n]
			}
		}, "proxy", "https_proxy=http://proxy.contoso.com:8080 (with a logon)", "Canary-7"},
		"a proxy without a scheme": {func(_ *lab.Lab, _ *checks.Env, q *machine.Questions) {
			q.Getenv = func(n string) string { return map[string]string{"ALL_PROXY": "meyer:Canary-7@proxy:8080"}[n] }
		}, "proxy", "proxy:8080", "Canary-7"},
		"a line in the hosts file": {func(_ *lab.Lab, _ *checks.Env, q *machine.Questions) {
			q.Hosts = []byte("# pilot\r\n10.0.0.99\tpilot MAIL.contoso.com # test\r\n")
		}, "hosts", "mail.contoso.com to 10.0.0.99", ""},
		"a resolver that answers everything": {func(_ *lab.Lab, env *checks.Env, _ *machine.Questions) {
			env.Lookup = func(context.Context, string) ([]netip.Addr, error) { return []netip.Addr{addr("10.0.0.20")}, nil }
		}, "resolver", "10.0.0.20", ""},
		"TLS opened on the way": {func(l *lab.Lab, env *checks.Env, q *machine.Questions) {
			if err := l.AddServer(lab.Server{Name: "BOX", Version: "2010", Roles: []string{"client-access"}, Address: addr("10.0.0.30"),
				Certificate: lab.Certificate{Names: []string{"Zscaler Intermediate Root", "inspected.contoso.com"}, SelfSigned: true}}); err != nil {
				panic(err)
			}
			l.SetAddresses(checks.Inside, "inspected.contoso.com", 60, addr("10.0.0.30"))
			q.Web = "inspected.contoso.com"
		}, "tls", "opens TLS", ""},
		"a portal that answers everything": {func(l *lab.Lab, _ *checks.Env, q *machine.Questions) {
			portal(l, "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 5\r\nConnection: close\r\n\r\nlogin")
			q.Web = "walled.contoso.com"
		}, "portal", "status 200", ""},
		"a portal that leads away": {func(l *lab.Lab, _ *checks.Env, q *machine.Questions) {
			portal(l, "HTTP/1.1 302 Found\r\nLocation: http://login.hotel.example/\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
			q.Web = "walled.contoso.com"
		}, "portal", "login.hotel.example", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := world(t)
			env, q := l.Env(), base
			c.change(l, env, &q)
			list := machine.Test(t.Context(), env, q)
			found := named(list, c.remark)
			text := ""
			for _, r := range found {
				if r.Bad {
					text += r.Text
				}
			}
			if !strings.Contains(strings.ToLower(text), strings.ToLower(c.says)) {
				t.Errorf("found %+v, want %q", found, c.says)
			}
			if label := machine.Label(list); c.hides != "" && strings.Contains(label, c.hides) {
				t.Errorf("the label shows a password: %s", label)
			}
		})
	}
}

// portal answers every request on port 80 of walled.contoso.com.
func portal(l *lab.Lab, answer string) {
	if err := l.Serve(netip.MustParseAddrPort("10.0.0.40:80"), func(_ context.Context, c net.Conn) {
		c.Read(make([]byte, 4096))
		c.Write([]byte(answer))
	}); err != nil {
		panic(err)
	}
	l.SetAddresses(checks.Inside, "walled.contoso.com", 60, addr("10.0.0.40"))
}

// TestEveryResultCarriesTheLabel runs a check on a labelled computer.
func TestEveryResultCarriesTheLabel(t *testing.T) {
	t.Parallel()
	env := world(t).Env()
	env.Machine = "clock: an hour ahead"
	r := checks.Run(t.Context(), env, []checks.Check{{ID: "a", Kind: "tcp", Params: checks.Params{"host": "mail.contoso.com", "port": "443"}}, {ID: "b", Kind: "nonsense"}}, nil)
	for _, one := range r {
		if one.Evidence["machine"] != "clock: an hour ahead" {
			t.Errorf("%s carries %v", one.ID, one.Evidence)
		}
	}
}

func FuzzOverrides(f *testing.F) {
	f.Add([]byte("10.0.0.1 mail.contoso.com\n"))
	f.Add([]byte("\ufeff#\x00\r\n 1 2 3"))
	f.Fuzz(func(t *testing.T, file []byte) {
		for _, r := range machine.Overrides(file, []string{"mail.contoso.com"}) {
			if strings.ContainsAny(r.Text, "\x00\x1b\n\r") {
				t.Errorf("%q reaches the terminal", r.Text)
			}
		}
	})
}

// TestABrokenTestEndsNothing has two of the tests panic: the others still tell
// what they found.
func TestABrokenTestEndsNothing(t *testing.T) {
	t.Parallel()
	env := world(t).Env()
	env.Lookup = func(context.Context, string) ([]netip.Addr, error) { panic("lookup") }
	list := machine.Test(t.Context(), env, machine.Questions{Hosts: []byte("127.0.0.1 localhost\n"), Getenv: func(string) string { panic("environment") }})
	for name, says := range map[string]string{"proxy": "environment", "resolver": "lookup"} {
		if c := named(list, name); len(c) != 1 || !c[0].Open || c[0].Bad || !strings.Contains(c[0].Text, says) {
			t.Errorf("%s: %+v", name, c)
		}
	}
	if len(named(list, "hosts")) == 0 || len(named(list, "clock")) == 0 {
		t.Errorf("%+v", list)
	}
}
