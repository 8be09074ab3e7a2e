package lab

import (
	"encoding/binary"
	"errors"
	"io"
	"net"
	"net/netip"
	"strings"
	"sync"

	"coexist/checks"
)

// Types of records that the laboratory has.
const (
	typeA    = 1
	typeMX   = 15
	typeTXT  = 16
	typeAAAA = 28
	typeSRV  = 33
)

// record is one record of a name: an address, or what a computer's own
// resolver says of it.
type record struct {
	rtype uint16
	ttl   uint32
	addr  netip.Addr // A, AAAA
	checks.Record
}

// zone is one view of the names: every record by lower-case name without the
// final dot.
type zone struct {
	mu    sync.Mutex
	names map[string][]record
}

func newZone() *zone {
	return &zone{names: map[string][]record{}}
}

func key(name string) string { return strings.ToLower(strings.TrimSuffix(name, ".")) }

func (z *zone) add(name string, r record) {
	z.mu.Lock()
	defer z.mu.Unlock()
	z.names[key(name)] = append(z.names[key(name)], r)
}

// SetAddresses replaces all records of a name in a view by A and AAAA records;
// without addresses the name is gone.
func (l *Lab) SetAddresses(view checks.Vantage, name string, ttl uint32, addrs ...netip.Addr) {
	l.RemoveName(view, name)
	for _, a := range addrs {
		rtype := uint16(typeAAAA)
		if a.Is4() {
			rtype = typeA
		}
		l.zones[view].add(name, record{rtype: rtype, ttl: ttl, addr: a})
	}
}

// AddMX adds a mail server of a domain.
func (l *Lab) AddMX(view checks.Vantage, domain string, preference uint16, host string) {
	l.zones[view].add(domain, record{rtype: typeMX, ttl: 3600, Record: checks.Record{Value: host, Preference: preference}})
}

// AddSRV adds where a service is.
func (l *Lab) AddSRV(view checks.Vantage, service string, r checks.Record) {
	l.zones[view].add(service, record{rtype: typeSRV, ttl: 600, Record: r})
}

// AddText adds a text of at most 255 bytes to a name.
func (l *Lab) AddText(view checks.Vantage, name, text string) {
	l.zones[view].add(name, record{rtype: typeTXT, ttl: 3600, Record: checks.Record{Value: text}})
}

// SetTTL changes the time to live of a name's records in a view.
func (l *Lab) SetTTL(view checks.Vantage, name string, ttl uint32) {
	z := l.zones[view]
	z.mu.Lock()
	defer z.mu.Unlock()
	list := z.names[key(name)]
	for i := range list {
		list[i].ttl = ttl
	}
}

// RemoveName removes all records of a name in a view.
func (l *Lab) RemoveName(view checks.Vantage, name string) {
	z := l.zones[view]
	z.mu.Lock()
	defer z.mu.Unlock()
	delete(z.names, key(name))
}

// answer is what the zone says to a question; known tells whether there is the
// name at all.
func (z *zone) answer(name string, rtype uint16) (out []record, known bool) {
	z.mu.Lock()
	defer z.mu.Unlock()
	all := z.lookup(key(name))
	for _, r := range all {
		if r.rtype == rtype {
			out = append(out, r)
		}
	}
	return out, len(all) > 0 || z.hasBelow(key(name))
}

// lookup finds a name's records, or those of a wildcard above it.
func (z *zone) lookup(at string) []record {
	if list, ok := z.names[at]; ok {
		return list
	}
	_, parent, _ := strings.Cut(at, ".")
	return z.names["*."+parent]
}

func (z *zone) hasBelow(at string) bool {
	for n := range z.names {
		if strings.HasSuffix(n, "."+at) {
			return true
		}
	}
	return false
}

// serveDNS starts a name server on UDP and TCP.
func (l *Lab) serveDNS(at netip.AddrPort, z *zone) error {
	pc, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	l.work.Go(func() {
		<-l.ctx.Done()
		pc.Close()
	})
	l.work.Go(func() { z.serveUDP(pc) })
	l.mu.Lock()
	l.udp[at] = pc.LocalAddr().String()
	l.mu.Unlock()
	return l.listen(at, z.serveTCP)
}

func (z *zone) serveUDP(pc net.PacketConn) {
	buf := make([]byte, 64<<10)
	for {
		n, from, err := pc.ReadFrom(buf)
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if out := z.reply(buf[:n], true); out != nil {
			pc.WriteTo(out, from)
		}
	}
}

func (z *zone) serveTCP(c net.Conn) {
	for {
		var size [2]byte
		if _, err := io.ReadFull(c, size[:]); err != nil {
			return
		}
		raw := make([]byte, binary.BigEndian.Uint16(size[:]))
		if _, err := io.ReadFull(c, raw); err != nil {
			return
		}
		out := z.reply(raw, false)
		if out == nil {
			return
		}
		if _, err := c.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(out))), out...)); err != nil {
			return
		}
	}
}

// addresses is what a computer's own resolver answers in this view.
func (z *zone) addresses(host string) ([]netip.Addr, error) {
	if a, err := netip.ParseAddr(host); err == nil {
		return []netip.Addr{a}, nil
	}
	var out []netip.Addr
	for _, rtype := range []uint16{typeA, typeAAAA} {
		list, _ := z.answer(host, rtype)
		for _, r := range list {
			out = append(out, r.addr)
		}
	}
	if len(out) == 0 {
		return nil, &net.DNSError{Err: "no such host", Name: host, IsNotFound: true}
	}
	return out, nil
}

// records is what a computer's own resolver answers of what has more than an
// address.
func (z *zone) records(rtype, name string) ([]checks.Record, error) {
	list, _ := z.answer(name, map[string]uint16{"MX": typeMX, "SRV": typeSRV, "TXT": typeTXT}[rtype])
	var out []checks.Record
	for _, r := range list {
		out = append(out, r.Record)
	}
	if len(out) == 0 {
		return nil, &net.DNSError{Err: "no such host", Name: name, IsNotFound: true}
	}
	return out, nil
}
