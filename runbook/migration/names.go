package migration

import (
	"fmt"
	"net/netip"
	"strings"
)

// clientName is one host name of the file that clients use.
type clientName struct {
	key, name string
}

// clientNames lists the host names of the file by their fate: those that move to
// Exchange 2013, and those that stay with the old servers until the close-out
// takes them away.
func (v *validator) clientNames() (move, legacy, arrays []clientName) {
	n := v.m.Namespace
	move = []clientName{{"namespace.primary", n.Primary}, {"namespace.autodiscover", n.Autodiscover}}
	legacy, arrays = []clientName{{"namespace.legacy", n.Legacy}}, []clientName{{"namespace.rpc", n.RPC}}
	for i, s := range v.m.Sites {
		key := siteKey(i)
		move = append(move, clientName{key + ".primary", s.Primary}, clientName{key + ".internal_name", s.InternalName})
		legacy, arrays = append(legacy, clientName{key + ".legacy", s.Legacy}), append(arrays, clientName{key + ".rpc", s.RPC})
	}
	return move, legacy, arrays
}

// names wants every client name to have one fate, and to be no machine's: the
// records of client names are moved and deleted, those of machines must stay.
func (v *validator) names() {
	move, legacy, arrays := v.clientNames()
	for _, stays := range legacy {
		v.apart(stays, move, "a host name of its own", "that name moves to Exchange 2013, this one stays with Exchange 2007")
	}
	for _, stays := range arrays {
		if !v.apart(stays, move, "the array's own name, or no such key until it has one",
			"that name moves to Exchange 2013, which does not speak the array's protocol, and every Outlook that uses it is cut off; give the array or the web another name first") {
			v.apart(stays, legacy, "a host name of its own", "that one leads to Exchange 2007, this one to Exchange 2010")
		}
	}
	if !v.sound("site", "organization.forest", "organization.domains") {
		return
	}
	machines := map[string]string{}
	for _, site := range v.m.Sites {
		for _, s := range site.Servers {
			if s.Name != "" {
				machines[strings.ToLower(v.m.FQDN(s))] = s.Name
			}
		}
	}
	for _, list := range [][]clientName{move, legacy, arrays} {
		for _, one := range list {
			if server := machines[strings.ToLower(one.name)]; one.name != "" && server != "" {
				v.say(one.key, `a host name that belongs to no machine, such as "mail.contoso.com"`,
					"%q is the full name of %s: the record of a client name is moved or deleted on the way, and a server's own must stay", one.name, server)
			}
		}
	}
}

// apart refuses a name that is one of others too. What its own rule tells of it
// already is not told twice.
func (v *validator) apart(one clientName, others []clientName, expected, why string) bool {
	for _, other := range others {
		if one.name == "" || !same(one.name, other.name) {
			continue
		}
		for _, told := range v.list {
			if told.Key == one.key {
				return true
			}
		}
		v.put(Problem{Key: one.key, Expected: expected, Message: fmt.Sprintf("%q is %s too: %s", one.name, other.key, why)})
		return true
	}
	return false
}

// addresses wants each machine to have an address of its own, and the names to
// be led to no old server.
func (v *validator) addresses() {
	taken := map[netip.Addr]Server{}
	for i, site := range v.m.Sites {
		for j, s := range site.Servers {
			a, err := netip.ParseAddr(s.Address)
			if err != nil {
				continue // empty, or told with the server
			}
			if before, there := taken[a.Unmap()]; there {
				v.say(serverKey(i, j)+".address", "an address of its own", "%q is the address of %s", s.Address, before.Name)
				continue
			}
			taken[a.Unmap()] = s
		}
	}
	for i, site := range v.m.Sites {
		for _, entry := range []clientName{{siteKey(i) + ".entry", site.Entry}, {siteKey(i) + ".external_entry", site.ExternalEntry}} {
			a, err := netip.ParseAddr(entry.name)
			if s, there := taken[a.Unmap()]; err == nil && there && s.Old() {
				v.say(entry.key, "the address of an Exchange 2013 server or of its load balancer",
					"%q is the address of %s, which runs Exchange %s: the names would not move at all", entry.name, s.Name, s.Version)
			}
		}
	}
}
