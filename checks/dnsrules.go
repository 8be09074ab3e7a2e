package checks

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
)

// sharpen applies what mail needs of the records missingIn being there.
func (v dnsView) sharpen(ctx context.Context, env *Env, name, rtype string, a dnsAnswer) Finding {
	f := v.finding
	parts := []Finding{f}
	switch rtype {
	case "A", "AAAA":
		parts = append(parts, v.judgeAddresses(env, name), v.judgeWildcard(ctx, env, name, rtype, a))
	case "MX":
		parts = append(parts, v.judgeMX(ctx, env, name, a))
	case "SRV":
		parts = append(parts, v.judgeSRV(ctx, env, name, a))
	case "PTR":
		parts = append(parts, v.judgePTR(ctx, env, name, a))
	case "SOA", "NS":
		parts = append(parts, v.judgeZone(ctx, env, name))
	case "TXT":
		parts = append(parts, judgeSPF(ctx, env, v.server, name, textsOf(a.records)))
	}
	return merge(parts)
}

func (v dnsView) judgeAddresses(env *Env, name string) Finding {
	for _, a := range v.addrs {
		if forbidden(env, a) {
			f := failed("dns.loopback_answer", "%s points to %s at %s, which is no server's address", name, a, v.server.describe())
			f.Expected, f.Found = "the address of a server", a.String()
			return f
		}
		if v.server.View == Outside && isPrivate(a) {
			f := failed("dns.external_private", "%s points to the private address %s in the outside view", name, a)
			f.Expected, f.Found = "a public address outside", a.String()
			return f
		}
	}
	return Finding{Verdict: Pass}
}

// judgeWildcard asks for a name beside the tested one that nobody made: if it
// answers the same, the tested name may not exist at all.
func (v dnsView) judgeWildcard(ctx context.Context, env *Env, name, rtype string, a dnsAnswer) Finding {
	_, parent, ok := strings.Cut(name, ".")
	if !ok || !strings.Contains(parent, ".") || ctx.Err() != nil {
		return Finding{Verdict: Pass}
	}
	random := nobody() + "." + parent
	b, problem := ask(ctx, env, v.server, random, recordTypeNamed(rtype))
	if problem != nil || len(b.records) == 0 {
		return Finding{Verdict: Pass}
	}
	mine, _ := addressesIn(a.records)
	theirs, _ := addressesIn(b.records)
	if !sameAddresses(mine, theirs) {
		return Finding{Verdict: Pass}
	}
	f := warned("dns.wildcard", "every name below %s answers the same at %s: a misspelt name would look right", parent, v.server.describe())
	f.Found = "a name that nobody made answers too"
	return f
}

// compareViews judges what inside and outside answer for the same name.
func compareViews(name, rtype string, wanted Vantage, views []dnsView) Finding {
	if rtype != "A" && rtype != "AAAA" {
		return compareTexts(name, rtype, views)
	}
	var inside, outside []dnsView
	for _, v := range views {
		switch {
		case v.finding.Verdict == Unknown:
		case v.server.View == Outside:
			outside = append(outside, v)
		default:
			inside = append(inside, v)
		}
	}
	if f, differ := sidesDiffer(name, inside); differ {
		return f
	}
	if f, differ := sidesDiffer(name, outside); differ {
		return f
	}
	if len(inside) == 0 || len(outside) == 0 {
		if len(inside)+len(outside) > 0 && views[0].finding.Verdict != Unknown && allMissing(views) {
			return nowhere(name, rtype, views)
		}
		return Finding{Verdict: Pass}
	}
	return compareSides(name, rtype, wanted, inside[0], outside[0])
}

func compareSides(name, rtype string, wanted Vantage, in, out dnsView) Finding {
	said := fmt.Sprintf("inside %s, outside %s", addressText(in.addrs), addressText(out.addrs))
	with := func(f Finding) Finding { f.Found = said; return f }
	switch {
	case in.missing && out.missing:
		return nowhere(name, rtype, []dnsView{in, out})
	case out.missing && (wanted == Outside || wanted == Any):
		return with(failed("dns.external_missing", "%s answers inside but not outside", name))
	case out.missing:
		return with(Finding{Verdict: Pass, Summary: name + " answers inside alone"})
	case in.missing:
		return with(warned("dns.split_hole", "%s answers outside but not inside", name))
	case slices.ContainsFunc(out.addrs, isPrivate):
		return with(failed("dns.external_private", "%s has a private address in the outside view", name))
	case sameAddresses(in.addrs, out.addrs):
		return with(warned("dns.hairpin", "%s has the same public address inside and outside: inside clients go through the firewall", name))
	case !slices.ContainsFunc(in.addrs, isPrivate):
		return with(warned("dns.split", "%s has different public addresses inside and outside", name))
	}
	return with(Finding{Verdict: Pass, Summary: name + ": " + said})
}

// sidesDiffer tells whether name servers of one side disagree.
func sidesDiffer(name string, views []dnsView) (Finding, bool) {
	for i := 1; i < len(views); i++ {
		if views[i].missing == views[0].missing && sameAddresses(views[i].addrs, views[0].addrs) {
			continue
		}
		var said []string
		for _, v := range views {
			text := addressText(v.addrs)
			if len(v.addrs) > 0 && v.server.Addr != "" {
				text += fmt.Sprintf(" for %d s more", v.ttl)
			}
			said = append(said, v.server.Label+": "+text)
		}
		f := warned("dns.split", "name servers of the same side disagree about %s", name)
		f.Found = joinClipped(said, 8)
		return f, true
	}
	return Finding{}, false
}

func compareTexts(name, rtype string, views []dnsView) Finding {
	if allMissing(views) {
		return nowhere(name, rtype, views)
	}
	firstOf := map[Vantage]*dnsView{}
	for i := range views {
		side := Any
		if rtype == "NS" || rtype == "SOA" {
			side = views[i].server.View // inside and outside are zones of their own
		}
		if views[i].finding.Verdict == Unknown {
			continue
		}
		first := firstOf[side]
		if first == nil {
			firstOf[side] = &views[i]
			continue
		}
		if !sameValues(first.finding.Rows, views[i].finding.Rows) {
			f := warned("dns.split", "%s and %s answer differently for %s %s", first.server.Label, views[i].server.Label, name, rtype)
			f.Found = valuesOf(first.finding.Rows) + " / " + valuesOf(views[i].finding.Rows)
			return f
		}
	}
	return Finding{Verdict: Pass}
}

func sameValues(a, b []Row) bool {
	set := func(rows []Row) []string {
		var out []string
		for _, r := range rows {
			v, _ := r.Get("value")
			out = append(out, strings.ToLower(v))
		}
		slices.Sort(out)
		return slices.Compact(out)
	}
	return slices.Equal(set(a), set(b))
}

func allMissing(views []dnsView) bool {
	return !slices.ContainsFunc(views, func(v dnsView) bool { return !v.missing })
}

// nowhere is a record that no view has. Where one name server knows the name,
// nobody mistyped it.
func nowhere(name, rtype string, views []dnsView) Finding {
	f := failed("dns.nxdomain", "%s has no %s record in any view", name, rtype)
	if slices.ContainsFunc(views, func(v dnsView) bool { return v.finding.Reason == "dns.nodata" }) {
		f = failed("dns.nodata", "%s exists, but has no %s record in any view", name, rtype)
	}
	f.Expected, f.Found = rtype+" record", "none in any view"
	return f
}

func addressText(list []netip.Addr) string {
	if len(list) == 0 {
		return "nothing"
	}
	out := make([]string, len(list))
	for i, a := range list {
		out[i] = a.String()
	}
	slices.Sort(out)
	return joinClipped(out, 8)
}

func sameAddresses(a, b []netip.Addr) bool {
	missingIn := func(all []netip.Addr) func(netip.Addr) bool {
		return func(a netip.Addr) bool { return !slices.Contains(all, a) }
	}
	return !slices.ContainsFunc(a, missingIn(b)) && !slices.ContainsFunc(b, missingIn(a))
}

var carrierNAT = netip.MustParsePrefix("100.64.0.0/10")

func isPrivate(a netip.Addr) bool {
	return a.IsPrivate() || carrierNAT.Contains(a)
}

// lookAtSystem asks this computer's own resolver, which cannot tell a missing
// name from a missing record.
func lookAtSystem(ctx context.Context, env *Env, server Resolver, name, rtype string, absent bool) dnsView {
	v := dnsView{server: server}
	var rows []Row
	var err error
	if rtype == "A" || rtype == "AAAA" {
		rows, err = v.systemAddresses(ctx, env, name, rtype)
	} else {
		rows, err = v.systemRecords(ctx, env, name, rtype)
	}
	var d *net.DNSError
	switch {
	case errors.Is(err, errNoSystemRecords):
		v.finding = undecidable("dns.no_resolver", "%s records cannot be asked of this computer's resolver; name a resolver to ask", rtype)
		return v
	case err != nil && !(errors.As(err, &d) && d.IsNotFound):
		v.finding = lookupTrouble(name, err)
		return v
	}
	v.missing = len(rows) == 0
	v.finding = verdictOnAnswer(server, name, rtype, false, absent, rows)
	if v.missing && !absent {
		v.finding.Reason = "dns.not_found"
		v.finding.Summary = fmt.Sprintf("%s has no %s record for the resolver of this computer", name, rtype)
		v.finding.Found = "no such name or record"
	}
	v.finding.Transcript = []string{fmt.Sprintf("%s %s at %s: %s", name, rtype, server.describe(), orNothing(valuesOf(rows)))}
	if v.finding.Verdict == Pass && !absent {
		v.finding = merge([]Finding{v.finding, v.judgeAddresses(env, name)})
	}
	return v
}

var errNoSystemRecords = errors.New("this computer's resolver cannot be asked for such records")

func (v *dnsView) systemAddresses(ctx context.Context, env *Env, name, rtype string) ([]Row, error) {
	if env.Lookup == nil {
		return nil, errNoSystemRecords
	}
	list, err := env.Lookup(ctx, name)
	var rows []Row
	for _, a := range list {
		a = a.Unmap()
		if a.Is4() != (rtype == "A") || slices.Contains(v.addrs, a) {
			continue
		}
		v.addrs = append(v.addrs, a)
		row := newDNSRow(v.server, name, rtype)
		row["value"] = []string{a.String()}
		rows = append(rows, row)
	}
	return rows, err
}

func (v *dnsView) systemRecords(ctx context.Context, env *Env, name, rtype string) ([]Row, error) {
	if env.Records == nil || rtype == "SOA" {
		return nil, errNoSystemRecords
	}
	list, err := env.Records(ctx, rtype, name)
	var rows []Row
	for _, r := range list {
		row := newDNSRow(v.server, name, rtype)
		row["value"] = []string{plainName(r.Value)}
		if rtype == "MX" || rtype == "SRV" {
			row["preference"] = []string{fmt.Sprint(r.Preference)}
		}
		if rtype == "SRV" {
			row["port"], row["weight"] = []string{fmt.Sprint(r.Port)}, []string{fmt.Sprint(r.Weight)}
		}
		rows = append(rows, row)
	}
	return rows, err
}

func textsOf(records []dnsRecord) []string {
	var out []string
	for _, r := range records {
		out = append(out, r.text)
	}
	return out
}
