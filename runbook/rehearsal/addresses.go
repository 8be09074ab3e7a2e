package rehearsal

import (
	"net/netip"

	"coexist/runbook/migration"
)

// addresses gives every machine of a simulated organisation one of its own.
type addresses struct {
	taken map[netip.Addr]bool
}

// addressesOf keeps what the migration gives away itself, and what the laboratory
// gives to its name server and to the domain controllers.
func addressesOf(m *migration.Migration) *addresses {
	a := &addresses{taken: map[netip.Addr]bool{netip.AddrFrom4([4]byte{10, 0, 0, 53}): true}}
	for i, s := range m.Sites {
		a.taken[netip.AddrFrom4([4]byte{10, byte(i), 0, 10})] = true
		for _, text := range []string{s.Entry, s.ExternalEntry} {
			a.keep(text)
		}
		for _, v := range s.Servers {
			a.keep(v.Address)
		}
	}
	for i := range m.Organization.Domains {
		a.taken[netip.AddrFrom4([4]byte{10, 0, 1, byte(10 + i)})] = true
	}
	return a
}

func (a *addresses) keep(text string) {
	if one, err := netip.ParseAddr(text); err == nil {
		a.taken[one] = true
	}
}

// next is the first free address of a site's network from a number on.
func (a *addresses) next(site int, from byte) netip.Addr {
	one := netip.AddrFrom4([4]byte{10, byte(site), 0, from})
	for last := one.As4()[3]; a.taken[one] || last == 0 || last == 255; last = one.As4()[3] {
		one = one.Next()
	}
	a.taken[one] = true
	return one
}
