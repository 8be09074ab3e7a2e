package checks

import (
	"context"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"
)

func (v dnsView) judgeMX(ctx context.Context, env *Env, name string, a dnsAnswer) Finding {
	parts := []Finding{{Verdict: Pass}}
	preferences := map[uint16][]string{}
	for _, rr := range a.records[:min(len(a.records), 10)] {
		target := plainName(rr.target)
		if target == "" {
			f := failed("dns.null_mx", "%s says that it takes no mail (null MX)", name)
			f.Expected, f.Found = "a mail server", "null MX"
			return f
		}
		if _, err := netip.ParseAddr(target); err == nil {
			f := failed("dns.mx_literal", "an MX record of %s names the address %s instead of a host", name, target)
			f.Expected, f.Found = "a host name", target
			return f
		}
		preferences[rr.preference] = append(preferences[rr.preference], target)
		parts = append(parts, v.judgeTarget(ctx, env, "mx", name, target))
	}
	return merge(append(parts, judgePreferences(name, preferences)))
}

// judgePreferences looks how mail goes on when a server is down: with one there
// is no other, and of two with the same number neither is the second.
func judgePreferences(name string, preferences map[uint16][]string) Finding {
	for _, number := range slices.Sorted(maps.Keys(preferences)) {
		targets := preferences[number]
		switch {
		case len(targets) > 1:
			f := warned("dns.mx_equal", "%d mail servers of %s have the same preference %d: senders pick any of them", len(targets), name, number)
			f.Found = joinClipped(targets, 8)
			return f
		case len(preferences) == 1:
			f := warned("dns.mx_single", "%s names a single mail server", name)
			f.Found = targets[0]
			return f
		}
	}
	return Finding{Verdict: Pass}
}

func (v dnsView) judgeSRV(ctx context.Context, env *Env, name string, a dnsAnswer) Finding {
	parts := []Finding{{Verdict: Pass}}
	autodiscover := strings.HasPrefix(strings.ToLower(name), "_autodiscover._tcp.")
	for _, rr := range a.records[:min(len(a.records), 10)] {
		target := plainName(rr.target)
		switch {
		case target == "":
			f := failed("dns.srv_none", "%s says that the service is not offered", name)
			f.Expected, f.Found = "a target host", "the target is a dot"
			return f
		case autodiscover && rr.port != 443:
			f := failed("dns.srv_port", "%s names port %d: clients use 443 alone", name, rr.port)
			f.Expected, f.Found = "port 443", fmt.Sprintf("port %d", rr.port)
			return f
		}
		parts = append(parts, v.judgeTarget(ctx, env, "srv", name, target))
	}
	if autodiscover && len(a.records) > 1 {
		parts = append(parts, warned("dns.srv_several", "%s has %d records: clients pick by priority and weight", name, len(a.records)))
	}
	return merge(parts)
}

// judgeTarget looks whether a record's target has an address of its own.
func (v dnsView) judgeTarget(ctx context.Context, env *Env, what, name, target string) Finding {
	a, problem := ask(ctx, env, v.server, target, typeA)
	if problem != nil && problem.verdict == Unknown {
		return undecidable(problem.reason, "whether %s, named by %s, has an address: %s", target, name, problem.text)
	}
	if problem == nil && len(a.records) == 0 && len(a.chain) == 0 {
		if six, p6 := ask(ctx, env, v.server, target, typeAAAA); p6 == nil {
			a = six
		}
	}
	switch {
	case len(a.chain) > 0 && what == "srv":
		f := failed("dns.srv_cname", "%s leads to %s, which is an alias", name, target)
		f.Expected, f.Found = "a host with an address of its own", "an alias"
		return f
	case len(a.chain) > 0:
		return warned("dns.mx_cname", "%s leads to %s, which is an alias: some senders refuse that", name, target)
	case problem != nil || len(a.records) == 0:
		f := failed("dns."+what+"_target", "%s leads to %s, which has no address", name, target)
		f.Expected, f.Found = "a host with an address", target+" has none"
		return f
	}
	return Finding{Verdict: Pass}
}

// judgePTR follows the name of an address back: receivers of mail refuse a
// sender whose name does not lead to it again.
func (v dnsView) judgePTR(ctx context.Context, env *Env, name string, a dnsAnswer) Finding {
	addr, err := netip.ParseAddr(name)
	if err != nil {
		return Finding{Verdict: Pass} // a name below in-addr.arpa: the records are all that can be judged
	}
	rtype := typeA
	if addr.Unmap().Is6() {
		rtype = typeAAAA
	}
	parts := []Finding{{Verdict: Pass}}
	for _, rr := range a.records[:min(len(a.records), 5)] {
		target := plainName(rr.target)
		forward, problem := askChased(ctx, env, v.server, target, rtype)
		if problem != nil && problem.verdict == Unknown {
			parts = append(parts, problem.finding(v.server, target, rtype.String()))
			continue
		}
		back, _ := addressesIn(forward.records)
		switch {
		case !slices.Contains(back, addr.Unmap()):
			f := warned("dns.ptr_forward", "%s is called %s, which does not lead back to it", addr, clip(target, 260))
			f.Expected, f.Found = addr.String(), addressText(back)
			parts = append(parts, f)
		case genericName(target, addr.Unmap()):
			f := warned("dns.ptr_generic", "%s has a name that its provider made up: %s", addr, clip(target, 260))
			f.Found = clip(target, 260)
			parts = append(parts, f)
		}
	}
	return merge(parts)
}

// genericName tells names that providers make of the address itself.
func genericName(name string, addr netip.Addr) bool {
	name = strings.ToLower(name)
	for _, word := range []string{"dynamic", "dyn.", "dhcp", "dsl", "pool", "ppp", "dialup", "unassigned"} {
		if strings.Contains(name, word) {
			return true
		}
	}
	if !addr.Is4() {
		return false
	}
	o := addr.As4()
	for _, sep := range []string{"-", "."} {
		forth := fmt.Sprintf("%d%s%d%s%d", o[1], sep, o[2], sep, o[3])
		back := fmt.Sprintf("%d%s%d%s%d", o[3], sep, o[2], sep, o[1])
		if strings.Contains(name, forth) || strings.Contains(name, back) {
			return true
		}
	}
	return false
}
