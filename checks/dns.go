package checks

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"
)

// dnsKind asks name servers.
var dnsKind = Kind{
	Name: "dns",
	Doc: "Asks one question of a name server, or of all of them to compare their views. It proves what that server answers now, not what " +
		"every client has cached.",
	Source: FromProbe,
	Budget: 15 * time.Second,
	Params: []Param{
		{Name: "name", Type: TextParam, Required: true, Doc: "name to ask for; for PTR also an IP address"},
		{Name: "type", Type: TextParam, Choices: dnsTypes, Doc: "record type; default A"},
		{Name: "resolver", Type: TextParam, Choices: []string{"internal", "external", "system", "all"}, Doc: "whom to ask; default internal where one is configured, else system; outside: external. all compares every view"},
		{Name: "absent", Type: BoolParam, Doc: "true: the name must have no such record"},
	},
	Rows: []Field{
		{"resolver", "name server that was asked"},
		{"view", "inside or outside"},
		{"name", "name asked for"},
		{"type", "record type"},
		{"value", "address, target or text"},
		{"ttl", "seconds; not known from this computer's own resolver"},
		{"preference", "MX preference or SRV priority"},
		{"weight", "SRV weight"},
		{"port", "SRV port"},
		{"serial", "SOA serial; also of each name server of the zone"},
		{"chain", "aliases on the way"},
	},
	Validate:   validDNS,
	Identities: nil, // questions to name servers are no load
	Observe:    observeDNS,
}

var dnsTypes = []string{"A", "AAAA", "CNAME", "MX", "SRV", "TXT", "PTR", "NS", "SOA"}

func validDNS(p Params) error {
	name := p.String("name")
	if _, err := netip.ParseAddr(name); err == nil {
		if p.String("type") != "PTR" {
			return fmt.Errorf("name %q is an address; only type PTR asks for one", name)
		}
		return nil
	}
	return validName("name", strings.TrimSuffix(name, "."))
}

func dnsType(p Params) string {
	if t := p.String("type"); t != "" {
		return t
	}
	return "A"
}

func observeDNS(ctx context.Context, env *Env, c Check) Finding {
	servers, trouble := resolversFor(env, c)
	if trouble != nil {
		return *trouble
	}
	name, rtype := plainName(c.Params.String("name")), dnsType(c.Params)
	views := make([]dnsView, len(servers))
	var wg together
	for i, s := range servers {
		wg.Go(func() {
			began := time.Now()
			views[i] = lookAt(ctx, env, s, name, rtype, c.Params.Bool("absent"))
			views[i].took = time.Since(began)
		})
	}
	wg.Wait()
	compared := Finding{Verdict: Pass}
	comparing := c.Params.String("resolver") == "all" && !c.Params.Bool("absent")
	if comparing {
		compared = compareViews(name, rtype, c.Vantage, views)
	}
	parts := make([]Finding, 0, len(views)+1)
	var cells []Result
	for _, v := range views {
		cell := v.finding
		if comparing && v.missing {
			// Whether a missing record is wrong is what the comparison tells.
			v.finding.Verdict, v.finding.Reason = Pass, ""
			if compared.Verdict != Pass || !slices.ContainsFunc(views, undecidedView) {
				cell.Verdict, cell.Reason = compared.Verdict, compared.Reason
			} // else there was too little to compare: what this server says stands by itself
		}
		cells = append(cells, part("resolver", v.server.Label, cell, v.took))
		v.finding.Sub = nil
		parts = append(parts, v.finding)
	}
	f := merge(append(parts, compared))
	f.Sub = cells
	if len(views) > 1 { // every cell of the comparison, whatever its verdict
		for _, v := range views {
			f.Evidence = with(f.Evidence, "answer of "+v.server.describe(), v.cell())
		}
	}
	return f
}

func undecidedView(v dnsView) bool { return v.finding.Verdict == Unknown }

// cell is what one view says, in a few words.
func (v dnsView) cell() string {
	switch {
	case v.missing && v.finding.Reason == "dns.nxdomain":
		return "no such name"
	case v.missing:
		return "no such record"
	case len(v.finding.Rows) == 0:
		return orNothing(v.finding.Found)
	}
	text := valuesOf(v.finding.Rows)
	if ttl, ok := v.finding.Rows[0].Get("ttl"); ok {
		text += " (ttl " + ttl + " s)"
	}
	return text
}

// canAskOutside tells whether an outside dns check can be answered from here,
// by asking a name server with the outside view.
func canAskOutside(env *Env, c Check) bool {
	if c.Params.String("resolver") == "internal" || c.Params.String("resolver") == "system" {
		return false
	}
	for _, r := range env.Resolvers {
		if r.View == Outside {
			return true
		}
	}
	return false
}

// resolversFor picks whom to ask. A Resolver without address stands for this
// computer's own.
func resolversFor(env *Env, c Check) ([]Resolver, *Finding) {
	system := Resolver{Label: "system", View: env.side()}
	want := c.Params.String("resolver")
	if want == "" {
		want = defaultResolver(env, c)
	}
	var out []Resolver
	for _, r := range env.Resolvers {
		inside := r.View != Outside
		if want == "all" || want == "internal" && inside || want == "external" && !inside {
			out = append(out, r)
		}
	}
	switch {
	case want == "system":
		return []Resolver{system}, nil
	case want == "all" && len(out) > 0 && (dnsType(c.Params) == "SOA" || env.Records == nil && !isAddressType(dnsType(c.Params))):
		return out, nil // this computer's resolver cannot be asked for such records at all
	case want == "all":
		return append(out, system), nil
	case want == "external" && len(out) == 0 && env.Vantage == Outside:
		return []Resolver{system}, nil
	case len(out) > 0:
		return out, nil
	case want == "external":
		f := undecidable("vantage.none_outside", "no name server with the outside view is configured")
		return nil, &f
	}
	f := undecidable("dns.no_resolver", "no internal name server is configured")
	return nil, &f
}

func isAddressType(rtype string) bool { return rtype == "A" || rtype == "AAAA" }

func defaultResolver(env *Env, c Check) string {
	if c.Vantage == Outside || env.Vantage == Outside {
		return "external"
	}
	for _, r := range env.Resolvers {
		if r.View != Outside {
			return "internal"
		}
	}
	return "system"
}

// dnsView is what one name server's view of the name is.
type dnsView struct {
	server  Resolver
	finding Finding
	missing bool         // it answered that there is no such record
	addrs   []netip.Addr // of A and AAAA answers
	ttl     uint32
	took    time.Duration
}

func lookAt(ctx context.Context, env *Env, server Resolver, name, rtype string, absent bool) dnsView {
	if server.Addr == "" {
		return lookAtSystem(ctx, env, server, name, rtype, absent)
	}
	v := dnsView{server: server}
	a, problem := askChased(ctx, env, server, reverseName(name), recordTypeNamed(rtype))
	if problem == nil && len(a.records) == 0 && a.rcode != rcodeSuccess && a.rcode != rcodeNameError {
		problem = noAnswer("dns.rcode", "the server answered %s", rcodeName(a.rcode))
	}
	line := fmt.Sprintf("%s %s at %s", name, rtype, server.describe())
	if problem != nil {
		v.finding = problem.finding(server, name, rtype)
		v.finding.Transcript = []string{line + ": " + problem.text}
		return v
	}
	rows := rowsOf(server, name, rtype, a)
	v.addrs, v.ttl = addressesIn(a.records)
	v.finding = verdictOnAnswer(server, name, rtype, a.rcode == rcodeNameError, absent, rows)
	v.missing = len(rows) == 0
	v.finding.Transcript = append([]string{fmt.Sprintf("%s: %s over %s in %d ms, flags %s", line, rcodeName(a.rcode), a.transport, a.rtt.Milliseconds(), a.flags)}, recordLines(a.records)...)
	if a.truncated {
		v.finding.Evidence = map[string]string{"truncated": "the answer came over TCP because it did not fit into UDP"}
	}
	if v.finding.Verdict == Pass && len(rows) > 0 && !absent {
		v.finding = v.sharpen(ctx, env, name, rtype, a)
	}
	return v
}

// askChased asks, and asks once more for the end of a chain of aliases that
// the server did not follow to its end.
func askChased(ctx context.Context, env *Env, server Resolver, name string, rtype recordType) (dnsAnswer, *dnsTrouble) {
	a, problem := ask(ctx, env, server, name, rtype)
	if problem != nil || len(a.chain) == 0 || len(a.records) > 0 {
		return a, problem
	}
	if a.rcode == rcodeSuccess {
		end, problem := ask(ctx, env, server, a.at, rtype)
		if problem != nil {
			return a, problem
		}
		if len(end.records) > 0 {
			end.chain = append(a.chain, end.chain...)
			return end, nil
		}
	}
	return a, &dnsTrouble{Fail, "dns.cname_dangling", "the alias leads to " + plainName(a.at) + ", which has no such record"}
}

// verdictOnAnswer is what an answer means by itself.
func verdictOnAnswer(server Resolver, name, rtype string, nxdomain, absent bool, rows []Row) Finding {
	at := server.describe()
	switch {
	case len(rows) > 0 && absent:
		f := failed("dns.present", "%s has %s records at %s although it must have none", name, rtype, at)
		f.Expected, f.Found, f.Rows = "no "+rtype+" record", valuesOf(rows), rows
		return f
	case len(rows) > 0:
		f := observed(rows)
		f.Summary = fmt.Sprintf("%s %s is %s at %s", name, rtype, valuesOf(rows), at)
		return f
	case absent:
		return Finding{Verdict: Pass, Summary: fmt.Sprintf("%s has no %s record at %s", name, rtype, at)}
	case nxdomain:
		f := failed("dns.nxdomain", "%s does not exist at %s", name, at)
		f.Expected, f.Found = rtype+" record", "no such name (NXDOMAIN)"
		return f
	}
	f := failed("dns.nodata", "%s exists at %s but has no %s record", name, at, rtype)
	f.Expected, f.Found = rtype+" record", "the name without such a record"
	return f
}

func rowsOf(server Resolver, name, rtype string, a dnsAnswer) []Row {
	var rows []Row
	for _, rr := range a.records {
		row := newDNSRow(server, name, rtype)
		row["ttl"] = []string{strconv.FormatUint(uint64(rr.ttl), 10)}
		row["chain"] = a.chain
		if !fillRow(row, rr) {
			continue
		}
		rows = append(rows, row)
	}
	return rows
}

func newDNSRow(server Resolver, name, rtype string) Row {
	return Row{
		"resolver": {server.Label}, "view": {string(server.View)}, "name": {name}, "type": {rtype}, "chain": nil,
	}
}

// fillRow writes down what a record says; false: its type is none that is asked for.
func fillRow(row Row, r dnsRecord) bool {
	set := func(k, v string) { row[k] = []string{v} }
	number := func(n uint16) string { return strconv.Itoa(int(n)) }
	switch r.rtype {
	case typeA, typeAAAA:
		set("value", r.addr.String())
	case typeCNAME, typePTR, typeNS:
		set("value", plainName(r.target))
	case typeMX:
		set("value", plainName(r.target))
		set("preference", number(r.preference))
	case typeSRV:
		set("value", plainName(r.target))
		set("preference", number(r.preference))
		set("weight", number(r.weight))
		set("port", number(r.port))
	case typeTXT:
		set("value", r.text)
	case typeSOA:
		set("value", plainName(r.target))
		set("serial", strconv.FormatUint(uint64(r.serial), 10))
	default:
		return false
	}
	return true
}

func addressesIn(records []dnsRecord) ([]netip.Addr, uint32) {
	var out []netip.Addr
	ttl := ^uint32(0)
	for _, rr := range records {
		ttl = min(ttl, rr.ttl)
		if rr.addr.IsValid() {
			out = append(out, rr.addr.Unmap())
		}
	}
	return out, ttl
}

func recordLines(records []dnsRecord) []string {
	var out []string
	for _, rr := range records[:min(len(records), 50)] {
		out = append(out, "  "+clip(rr.String(), 500))
	}
	return out
}

func valuesOf(rows []Row) string {
	var out []string
	for _, r := range rows {
		v, _ := r.Get("value")
		out = append(out, orNothing(v))
	}
	return joinClipped(distinct(out), 8)
}
