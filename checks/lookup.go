package checks

import (
	"context"
	"net/netip"
	"strconv"
	"strings"
)

// LookUpAt makes checks find a host's addresses by asking these name servers
// instead of this computer's resolver. Each is asked; what any of them gives is
// tested. Without servers nothing changes.
func (e *Env) LookUpAt(servers []Resolver) {
	if len(servers) == 0 {
		return
	}
	labels := make([]string, len(servers))
	for i, s := range servers {
		labels[i] = s.describe()
	}
	e.namesAt = strings.Join(labels, ", ")
	e.Lookup = func(ctx context.Context, host string) ([]netip.Addr, error) {
		return lookUpAt(ctx, e, servers, host)
	}
	e.Records = func(ctx context.Context, rtype, name string) ([]Record, error) {
		return recordsAt(ctx, e, servers, rtype, name)
	}
}

// lookUpInside makes a check that looks from inside find its addresses at the
// inside name servers, where there are any: this computer may be configured
// with others, which would lead it to another server than the clients' one.
func (e *Env) lookUpInside() {
	if e.namesAt != "" || e.Vantage == Outside {
		return
	}
	var inside []Resolver
	for _, r := range e.Resolvers {
		if r.View == Inside {
			inside = append(inside, r)
		}
	}
	e.LookUpAt(inside)
}

// namesBy says who told the addresses of names.
func (e *Env) namesBy() string {
	if e.namesAt != "" {
		return e.namesAt
	}
	return "the resolver of this computer"
}

// lookUpAt asks every server for both kinds of address. The first trouble is
// told only when no server gave an address.
func lookUpAt(ctx context.Context, env *Env, servers []Resolver, host string) ([]netip.Addr, error) {
	var found []netip.Addr
	var first *Finding
	for _, server := range servers {
		var here []netip.Addr
		var trouble *Finding
		for _, kind := range []recordType{typeA, typeAAAA} {
			a, t := askChased(ctx, env, server, host, kind)
			switch {
			case t != nil && trouble == nil:
				f := t.finding(server, host, kind.String())
				trouble = &f
			case t == nil:
				list, _ := addressesIn(a.records)
				here = append(here, list...)
			}
		}
		if len(here) == 0 && trouble == nil {
			f := failed("dns.not_found", "%s has no address at %s", host, server.describe())
			f.Expected, f.Found = "an address", "none"
			trouble = &f
		}
		if len(here) == 0 && first == nil {
			first = trouble
		}
		found = append(found, here...)
	}
	if len(found) == 0 {
		return nil, &lookupError{*first}
	}
	return found, nil
}

// recordsAt asks the servers for records; those of the first that has any.
func recordsAt(ctx context.Context, env *Env, servers []Resolver, rtype, name string) ([]Record, error) {
	var first error
	for _, server := range servers {
		a, t := ask(ctx, env, server, name, recordTypeNamed(rtype))
		if t != nil {
			if first == nil {
				first = &lookupError{t.finding(server, name, rtype)}
			}
			continue
		}
		var list []Record
		for _, row := range rowsOf(server, name, rtype, a) {
			value, _ := row.Get("value")
			list = append(list, Record{Value: value, Preference: row.small("preference"), Weight: row.small("weight"), Port: row.small("port")})
		}
		if len(list) > 0 {
			return list, nil
		}
	}
	return nil, first
}

// small is a property that is a number of 16 bits; 0 where it is absent, as in
// records of other types.
func (r Row) small(property string) uint16 {
	text, _ := r.Get(property)
	n, _ := strconv.ParseUint(text, 10, 16)
	return uint16(n)
}

// lookupError is why name servers that were asked directly gave no address.
type lookupError struct{ finding Finding }

func (e *lookupError) Error() string { return e.finding.Summary }
