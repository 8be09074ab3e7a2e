package outside

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"syscall"

	"coexist/checks"
	"coexist/runbook/migration"
)

// inside are the names that only mean something inside the organisation; by
// lower-cased name, what they are.
type inside map[string]string

// insideOf lists the organisation's inside names. A client name stays one even
// if a server carries it too.
func insideOf(m *migration.Migration) inside {
	names := inside{}
	add := func(what string, list ...string) {
		for _, n := range list {
			if n != "" {
				names[strings.ToLower(n)] = what
			}
		}
	}
	add("a domain controller", m.Network.DomainControllers...)
	for _, s := range m.Sites {
		add("the inside name of "+s.Name, s.InternalName)
		add("the inside entry of "+s.Name, s.Entry)
		for _, v := range s.Servers {
			add("a server", v.Name, m.FQDN(v), v.Address)
			add("a server", v.Nodes...)
		}
	}
	public := []string{m.Namespace.Primary, m.Namespace.Autodiscover, m.Namespace.Legacy}
	for _, s := range m.Sites {
		public = append(public, s.Primary, s.Legacy, s.ExternalEntry)
	}
	for _, n := range public {
		delete(names, strings.ToLower(n))
	}
	return names
}

// named tells why a check must not be made from outside: it would go to
// something inside. Empty when it may.
func (n inside) named(c checks.Check) string {
	if c.Kind == "dns" {
		switch c.Params.String("resolver") {
		case "internal":
			return "it asks the inside name server"
		case "all":
			return "it compares inside with outside, which takes an inside name server"
		}
	}
	if c.Kind == "ldap" {
		return "the directory is only reached inside"
	}
	k := checks.KindNamed(c.Kind)
	if k.Identities == nil {
		return ""
	}
	for _, host := range k.Identities(c.Params) {
		host = strings.ToLower(strings.TrimSpace(host))
		if what := n[host]; what != "" {
			return fmt.Sprintf("it goes to %s, which is %s", host, what)
		}
		if a, err := netip.ParseAddr(host); err == nil && a.Unmap().IsPrivate() {
			return fmt.Sprintf("it goes to %s, which is a private address", host)
		}
	}
	return ""
}

// Shield keeps an environment from private networks: what a name leads to there
// is somebody else's, wherever the computer outside stands. The name servers
// that the migration lists may still be asked.
func Shield(env *checks.Env) {
	dial, asked := env.Dial, map[string]bool{}
	for _, r := range env.Resolvers {
		asked[r.Addr] = true
	}
	env.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
		if to, err := netip.ParseAddrPort(address); err == nil && to.Addr().Unmap().IsPrivate() && !asked[address] {
			return nil, fmt.Errorf("%s is a private address, which is not connected to from outside: %w", to.Addr(), syscall.ENETUNREACH)
		}
		return dial(ctx, network, address)
	}
}

// Here are the networks that this computer stands in.
func Here() []netip.Prefix {
	var out []netip.Prefix
	list, _ := net.InterfaceAddrs() // none known: no doubt raised
	for _, a := range list {
		if p, err := netip.ParsePrefix(a.String()); err == nil {
			out = append(out, p)
		}
	}
	return out
}

// doubt tells why a computer may not be outside: one of its own networks holds
// an inside address of the organisation. Private networks are used in many
// places, so it is no proof.
func doubt(m *migration.Migration, here []netip.Prefix) string {
	addresses := []string{m.Network.InternalResolver}
	addresses = append(addresses, m.Network.DomainControllers...)
	for _, s := range m.Sites {
		addresses = append(addresses, s.Entry)
		for _, v := range s.Servers {
			addresses = append(addresses, v.Address)
		}
	}
	for _, text := range addresses {
		a, err := netip.ParseAddr(text)
		if at, withPort := netip.ParseAddrPort(text); withPort == nil {
			a, err = at.Addr(), nil
		}
		if err != nil {
			continue
		}
		for _, p := range here {
			if p.Contains(a) {
				return fmt.Sprintf("this computer is %s, and %s of the organisation lies in the same network", p, a)
			}
		}
	}
	return ""
}
