package checks

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// maxZoneServers bounds how many name servers of one zone are asked.
const maxZoneServers = 12

// zoneServer is one name server of a zone with what it says of the zone.
type zoneServer struct {
	name    string
	addr    netip.Addr
	serial  uint32
	mname   string
	finding Finding
	took    time.Duration
}

// judgeZone asks every name server of a zone itself for the zone's serial: a
// server that does not serve the zone loses every question that comes to it,
// and one that lags behind answers from before the change.
func (v dnsView) judgeZone(ctx context.Context, env *Env, name string) Finding {
	servers, parts := v.zoneServers(ctx, env, name)
	var wg sync.WaitGroup
	for i := range servers {
		wg.Go(func() { servers[i].ask(ctx, env, v.server, name) })
	}
	wg.Wait()
	out := Finding{Verdict: Pass}
	serials := map[uint32][]string{}
	for _, s := range servers {
		who := s.name + " " + s.addr.String()
		out.Sub = append(out.Sub, part("name server", who, s.finding, s.took))
		parts = append(parts, s.finding)
		if s.finding.Verdict != Pass {
			continue
		}
		serials[s.serial] = append(serials[s.serial], s.name)
		row := newDNSRow(Resolver{Label: who, View: v.server.View}, name, "SOA")
		row["value"], row["serial"] = []string{s.mname}, []string{strconv.FormatUint(uint64(s.serial), 10)}
		out.Rows = append(out.Rows, row)
	}
	if len(serials) > 1 {
		f := warned("dns.serial", "the name servers of %s are not at the same serial", name)
		var said []string
		for serial, who := range serials {
			said = append(said, fmt.Sprintf("%d: %s", serial, strings.Join(who, ", ")))
		}
		slices.Sort(said)
		f.Expected, f.Found = "the same serial everywhere", joinClipped(said, maxZoneServers)
		parts = append(parts, f)
	}
	return merge(append(parts, out))
}

// zoneServers finds the name servers of a zone, as the resolver knows them.
func (v dnsView) zoneServers(ctx context.Context, env *Env, name string) ([]zoneServer, []Finding) {
	a, problem := ask(ctx, env, v.server, name, typeNS)
	if problem != nil {
		return nil, []Finding{problem.finding(v.server, name, "NS")}
	}
	if len(a.records) == 0 {
		f := failed("dns.no_zone", "%s has no name servers of its own at %s: it is no zone", name, v.server.describe())
		f.Expected, f.Found = "NS records", "none"
		return nil, []Finding{f}
	}
	var out []zoneServer
	var parts []Finding
	for _, rr := range a.records {
		if len(out) >= maxZoneServers {
			break
		}
		host := strings.ToLower(plainName(rr.target))
		found, f := v.hostAddresses(ctx, env, host)
		if f != nil {
			parts = append(parts, *f)
			continue
		}
		for _, addr := range found {
			out = append(out, zoneServer{name: host, addr: addr})
		}
	}
	return out[:min(len(out), maxZoneServers)], parts
}

// hostAddresses looks a name server up at the same resolver.
func (v dnsView) hostAddresses(ctx context.Context, env *Env, host string) ([]netip.Addr, *Finding) {
	var found []netip.Addr
	for _, kind := range []recordType{typeA, typeAAAA} {
		a, problem := askChased(ctx, env, v.server, host, kind)
		if problem != nil && problem.verdict == Unknown {
			f := problem.finding(v.server, host, "A")
			return nil, &f
		}
		list, _ := addressesIn(a.records)
		found = append(found, list...)
	}
	if len(found) == 0 {
		f := failed("dns.ns_target", "the name server %s has no address at %s", host, v.server.describe())
		f.Expected, f.Found = "a name server with an address", host+" has none"
		return nil, &f
	}
	if slices.ContainsFunc(found, func(a netip.Addr) bool { return forbidden(env, a) }) {
		f := failed("dns.loopback_answer", "the name server %s has an address that no server has: not asked", host)
		f.Expected, f.Found = "the address of a server", addressText(found)
		return nil, &f
	}
	return found, nil
}

// ask asks one server for the start of the zone. Only an authoritative answer
// tells that it serves the zone.
func (s *zoneServer) ask(ctx context.Context, env *Env, from Resolver, name string) {
	began := time.Now()
	defer func() { s.took = time.Since(began) }()
	server := Resolver{Label: s.name, Addr: netip.AddrPortFrom(s.addr, 53).String(), View: from.View}
	a, problem := ask(ctx, env, server, name, typeSOA)
	switch {
	case problem != nil && slices.Contains([]string{"dns.refused", "dns.servfail", "dns.rcode"}, problem.reason):
		s.lame(name, problem.text)
		return
	case problem != nil:
		s.finding = problem.finding(server, name, "SOA")
		return
	}
	soa, err := startOfZone(a)
	if err != nil {
		s.lame(name, err.Error())
		return
	}
	s.serial, s.mname = soa.serial, plainName(soa.target)
	s.finding = Finding{Verdict: Pass, Summary: fmt.Sprintf("%s has serial %d", server.describe(), s.serial)}
}

func (s *zoneServer) lame(name, why string) {
	s.finding = failed("dns.lame", "%s (%s) is named as a name server of %s and does not serve it: %s", s.name, s.addr, name, why)
	s.finding.Expected, s.finding.Found = "an authoritative answer", why
}

func startOfZone(a dnsAnswer) (dnsRecord, error) {
	switch {
	case len(a.records) == 0:
		return dnsRecord{}, errors.New("it has no such zone")
	case !slices.Contains(strings.Fields(a.flags), "aa"):
		return dnsRecord{}, errors.New("it answers from memory, not as the zone's own server")
	}
	return a.records[0], nil
}
