package lab

import (
	"fmt"
	"net"
	"net/netip"
	"strings"
	"sync"

	"github.com/miekg/dns"

	"coexist/checks"
)

// zone is one view of the names: every record by lower-case name with the
// final dot.
type zone struct {
	mu    sync.Mutex
	names map[string][]dns.RR
	fault map[string]int // names answered with an error code
}

func newZone() *zone {
	return &zone{names: map[string][]dns.RR{}, fault: map[string]int{}}
}

func key(name string) string { return strings.ToLower(dns.Fqdn(name)) }

// SetAddresses replaces the A and AAAA records of a name in a view; without
// addresses the name is gone.
func (l *Lab) SetAddresses(view checks.Vantage, name string, ttl uint32, addrs ...netip.Addr) {
	z := l.zones[view]
	z.mu.Lock()
	defer z.mu.Unlock()
	delete(z.names, key(name))
	for _, a := range addrs {
		h := dns.RR_Header{Name: key(name), Class: dns.ClassINET, Ttl: ttl}
		if a.Is4() {
			h.Rrtype = dns.TypeA
			z.names[key(name)] = append(z.names[key(name)], &dns.A{Hdr: h, A: a.AsSlice()})
			continue
		}
		h.Rrtype = dns.TypeAAAA
		z.names[key(name)] = append(z.names[key(name)], &dns.AAAA{Hdr: h, AAAA: a.AsSlice()})
	}
}

// SetTTL changes the time to live of a name's records in a view.
func (l *Lab) SetTTL(view checks.Vantage, name string, ttl uint32) {
	z := l.zones[view]
	z.mu.Lock()
	defer z.mu.Unlock()
	for i, rr := range z.names[key(name)] {
		changed := dns.Copy(rr)
		changed.Header().Ttl = ttl
		z.names[key(name)][i] = changed
	}
}

// AddRecords adds records in zone-file form, such as
// "contoso.com. 300 IN MX 10 mail.contoso.com.".
func (l *Lab) AddRecords(view checks.Vantage, lines ...string) error {
	z := l.zones[view]
	for _, line := range lines {
		rr, err := dns.NewRR(line)
		if err != nil || rr == nil {
			return fmt.Errorf("lab: record %q: %v", line, err)
		}
		z.mu.Lock()
		z.names[key(rr.Header().Name)] = append(z.names[key(rr.Header().Name)], rr)
		z.mu.Unlock()
	}
	return nil
}

// RemoveName removes all records of a name in a view.
func (l *Lab) RemoveName(view checks.Vantage, name string) {
	z := l.zones[view]
	z.mu.Lock()
	defer z.mu.Unlock()
	delete(z.names, key(name))
}

// FailName answers a name with an error code such as dns.RcodeServerFailure;
// dns.RcodeSuccess ends it.
func (l *Lab) FailName(view checks.Vantage, name string, rcode int) {
	z := l.zones[view]
	z.mu.Lock()
	defer z.mu.Unlock()
	z.fault[key(name)] = rcode
}

// answer is what the zone says to a question.
func (z *zone) answer(q dns.Question) ([]dns.RR, int) {
	z.mu.Lock()
	defer z.mu.Unlock()
	var out []dns.RR
	at := key(q.Name)
	for range 10 {
		if code := z.fault[at]; code != dns.RcodeSuccess {
			return nil, code
		}
		alias := ""
		matched := false
		for _, rr := range z.lookup(at) {
			if rr.Header().Rrtype == q.Qtype {
				out, matched = append(out, rr), true
			} else if c, ok := rr.(*dns.CNAME); ok {
				out, alias = append(out, rr), key(c.Target)
			}
		}
		if matched || alias == "" {
			if !matched && len(out) == 0 && !z.exists(at) {
				return nil, dns.RcodeNameError
			}
			return out, dns.RcodeSuccess
		}
		at = alias
	}
	return out, dns.RcodeSuccess
}

// lookup finds a name's records, or those of a wildcard above it.
func (z *zone) lookup(at string) []dns.RR {
	if rrs, ok := z.names[at]; ok {
		return rrs
	}
	_, parent, ok := strings.Cut(at, ".")
	if !ok {
		return nil
	}
	var out []dns.RR
	for _, rr := range z.names["*."+parent] {
		c := dns.Copy(rr)
		c.Header().Name = at
		out = append(out, c)
	}
	return out
}

// exists tells whether the name or anything below it has records.
func (z *zone) exists(at string) bool {
	if len(z.lookup(at)) > 0 {
		return true
	}
	for n := range z.names {
		if strings.HasSuffix(n, "."+at) {
			return true
		}
	}
	return false
}

func (z *zone) ServeDNS(w dns.ResponseWriter, m *dns.Msg) {
	r := new(dns.Msg)
	r.SetReply(m)
	r.RecursionAvailable = true
	if len(m.Question) != 1 {
		r.Rcode = dns.RcodeFormatError
	} else {
		r.Answer, r.Rcode = z.answer(m.Question[0])
	}
	if w.RemoteAddr().Network() == "udp" {
		size := dns.MinMsgSize
		if o := m.IsEdns0(); o != nil {
			size = int(o.UDPSize())
		}
		r.Truncate(size)
	}
	w.WriteMsg(r)
}

// serveDNS starts a name server on UDP and TCP.
func (l *Lab) serveDNS(at netip.AddrPort, z *zone) error {
	pc, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	ready := make(chan struct{})
	server := &dns.Server{PacketConn: pc, Handler: z, NotifyStartedFunc: func() { close(ready) }}
	l.work.Go(func() { server.ActivateAndServe() })
	<-ready
	l.work.Go(func() {
		<-l.ctx.Done()
		server.Shutdown()
	})
	l.mu.Lock()
	l.udp[at] = pc.LocalAddr().String()
	l.mu.Unlock()
	return l.listen(at, func(c net.Conn) {
		d := &dns.Conn{Conn: c}
		for {
			m, err := d.ReadMsg()
			if err != nil {
				return
			}
			z.ServeDNS(&tcpWriter{ResponseWriter: nil, conn: d}, m)
		}
	})
}

// tcpWriter lets a zone answer on a TCP connection.
type tcpWriter struct {
	dns.ResponseWriter
	conn *dns.Conn
}

func (t *tcpWriter) RemoteAddr() net.Addr        { return t.conn.RemoteAddr() }
func (t *tcpWriter) WriteMsg(m *dns.Msg) error   { return t.conn.WriteMsg(m) }
func (t *tcpWriter) Write(b []byte) (int, error) { return t.conn.Write(b) }

// addresses is what a computer's own resolver answers in this view.
func (z *zone) addresses(host string) ([]netip.Addr, error) {
	if a, err := netip.ParseAddr(host); err == nil {
		return []netip.Addr{a}, nil
	}
	var out []netip.Addr
	for _, t := range []uint16{dns.TypeA, dns.TypeAAAA} {
		rrs, code := z.answer(dns.Question{Name: host, Qtype: t, Qclass: dns.ClassINET})
		if code != dns.RcodeSuccess && code != dns.RcodeNameError {
			return nil, &net.DNSError{Err: "server misbehaving", Name: host, IsTemporary: true}
		}
		for _, rr := range rrs {
			switch r := rr.(type) {
			case *dns.A:
				a, _ := netip.AddrFromSlice(r.A)
				out = append(out, a.Unmap())
			case *dns.AAAA:
				a, _ := netip.AddrFromSlice(r.AAAA)
				out = append(out, a)
			}
		}
	}
	if len(out) == 0 {
		return nil, &net.DNSError{Err: "no such host", Name: host, IsNotFound: true}
	}
	return out, nil
}

func (z *zone) records(rtype, name string) ([]checks.Record, error) {
	t, ok := dns.StringToType[rtype]
	if !ok {
		return nil, fmt.Errorf("lab: unknown record type %q", rtype)
	}
	if a, err := netip.ParseAddr(name); err == nil && t == dns.TypePTR {
		name, _ = dns.ReverseAddr(a.String())
	}
	rrs, code := z.answer(dns.Question{Name: name, Qtype: t, Qclass: dns.ClassINET})
	if code != dns.RcodeSuccess && code != dns.RcodeNameError {
		return nil, &net.DNSError{Err: "server misbehaving", Name: name, IsTemporary: true}
	}
	var out []checks.Record
	for _, rr := range rrs {
		switch r := rr.(type) {
		case *dns.CNAME:
			if t == dns.TypeCNAME {
				out = append(out, checks.Record{Value: r.Target})
			}
		case *dns.MX:
			out = append(out, checks.Record{Value: r.Mx, Preference: r.Preference})
		case *dns.SRV:
			out = append(out, checks.Record{Value: r.Target, Preference: r.Priority, Weight: r.Weight, Port: r.Port})
		case *dns.TXT:
			out = append(out, checks.Record{Value: strings.Join(r.Txt, "")})
		case *dns.PTR:
			out = append(out, checks.Record{Value: r.Ptr})
		case *dns.NS:
			out = append(out, checks.Record{Value: r.Ns})
		}
	}
	if len(out) == 0 {
		return nil, &net.DNSError{Err: "no such host", Name: name, IsNotFound: true}
	}
	return out, nil
}
