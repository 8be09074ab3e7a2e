package outside

import (
	"context"
	"errors"
	"net"
	"strings"
	"testing"

	"coexist/checks"
	"coexist/runbook/migration"
)

func TestNothingInsideIsLookedAtFromOutside(t *testing.T) {
	t.Parallel()
	names := insideOf(&migration.Migration{
		Organization: migration.Organization{Forest: "contoso.com"},
		Namespace:    migration.Namespace{Primary: "mail.contoso.com", Legacy: "ex07.contoso.com"},
		Network:      migration.Network{DomainControllers: []string{"dc1.contoso.com"}},
		Sites: []migration.Site{{Name: "Lyon", InternalName: "mail-int.contoso.com", Entry: "192.0.2.80", ExternalEntry: "203.0.113.80", Servers: []migration.Server{
			{Name: "EX13", Address: "192.0.2.13"}, {Name: "CLU", Nodes: []string{"NODE1"}}, {Name: "EX07"}, // the legacy name is a server's own
		}}},
	})
	for _, c := range []struct{ kind, param, value, want string }{
		{"tcp", "host", "EX13.contoso.com", "which is a server"},
		{"tcp", "host", "ex13", "which is a server"},
		{"tcp", "host", "192.0.2.13", "which is a server"},
		{"tls", "host", "node1", "which is a server"},
		{"tls", "host", "mail-int.contoso.com", "the inside name of Lyon"},
		{"tcp", "host", "192.0.2.80", "the inside entry of Lyon"},
		{"tcp", "host", "dc1.contoso.com", "a domain controller"},
		{"http", "url", "https://ex13.contoso.com/owa/", "which is a server"},
		{"tcp", "host", "172.16.3.4", "a private address"},
		{"tcp", "host", "fd00::1", "a private address"},
		{"ldap", "query", "schema", "only reached inside"},
		{"dns", "resolver", "internal", "inside name server"},
		{"dns", "resolver", "all", "compares"},
		{"dns", "resolver", "external", ""},
		{"tcp", "host", "mail.contoso.com", ""},
		{"tcp", "host", "ex07.contoso.com", ""},
		{"tcp", "host", "203.0.113.80", ""},
	} {
		got := names.named(checks.Check{Kind: c.kind, Params: checks.Params{c.param: c.value}})
		if (got == "") != (c.want == "") || !strings.Contains(got, c.want) {
			t.Errorf("%s %s: %q, want %q", c.kind, c.value, got, c.want)
		}
	}
}

func TestShieldKeepsFromPrivateNetworks(t *testing.T) {
	t.Parallel()
	var dialled []string
	reached := errors.New("reached")
	env := &checks.Env{Resolvers: []checks.Resolver{{Addr: "10.0.0.53:53"}}, Dial: func(_ context.Context, _, address string) (net.Conn, error) {
		dialled = append(dialled, address)
		return nil, reached
	}}
	Shield(env)
	for address, passes := range map[string]bool{
		"203.0.113.80:443": true, "10.0.0.53:53": true, "[2001:db8::1]:443": true,
		"10.0.0.53:443": false, "192.168.1.9:443": false, "[fd00::1]:443": false, "[::ffff:10.0.0.1]:443": false,
	} {
		if _, err := env.Dial(t.Context(), "tcp", address); errors.Is(err, reached) != passes {
			t.Errorf("%s: %v", address, err)
		}
	}
	if len(dialled) != 3 {
		t.Errorf("dialled %v", dialled)
	}
}
