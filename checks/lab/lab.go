// Package lab is a simulated organisation for rehearsals and tests: name
// servers with an inside and an outside view, Exchange servers with their web
// directories and certificates, and plain TCP services, all on loopback ports
// that nobody fixed. Its servers have addresses such as 10.0.0.80 and
// 203.0.113.80 that only its own dialer knows; probes reach them through the
// [checks.Env] of [Lab.Env] exactly as they reach the real network.
//
// A Lab is a state that may be changed at any time: servers come and go,
// records and certificates change. What drives the changes lies outside.
package lab

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"sync"
	"syscall"
	"time"

	"coexist/checks"
)

// Config is what a lab starts with. The zero value is an organisation without
// servers.
type Config struct {
	Now             func() time.Time // zero: the system's clock
	InsideResolver  netip.AddrPort   // zero: 10.0.0.53:53
	OutsideResolver netip.AddrPort   // zero: 198.51.100.53:53
	Servers         []Server
	Forest          string // DNS name of the forest's root domain
	// Seed makes certificates the same wherever it and Start are the same;
	// empty: they are new every time.
	Seed  string
	Start time.Time // from when certificates count; zero: now
}

// Lab is a running organisation. Its methods may be called from several
// goroutines.
type Lab struct {
	now       func() time.Time
	authority *authority
	accounts  *accounts
	inside    netip.AddrPort
	outside   netip.AddrPort
	forest    string
	web       web
	zones     map[checks.Vantage]*zone
	ctx       context.Context // ends with Close
	stop      context.CancelFunc
	work      sync.WaitGroup

	mu       sync.Mutex
	closed   bool
	services map[netip.AddrPort]*service
	udp      map[netip.AddrPort]string // datagram services: lab address to loopback address
	hosts    map[netip.Addr]int        // addresses that answer at all, with how many services
	forwards map[netip.Addr]netip.Addr // outside address to inside address
	servers  map[string]*running
}

// New starts an organisation.
func New(c Config) (*Lab, error) {
	l := &Lab{
		now: c.Now, accounts: newAccounts(), inside: c.InsideResolver, outside: c.OutsideResolver, forest: c.Forest,
		zones:    map[checks.Vantage]*zone{checks.Inside: newZone(), checks.Outside: newZone()},
		services: map[netip.AddrPort]*service{}, udp: map[netip.AddrPort]string{}, hosts: map[netip.Addr]int{},
		forwards: map[netip.Addr]netip.Addr{}, servers: map[string]*running{},
	}
	l.web.sessions = map[string]string{}
	if l.now == nil {
		l.now = time.Now
	}
	if !l.inside.IsValid() {
		l.inside = netip.MustParseAddrPort("10.0.0.53:53")
	}
	if !l.outside.IsValid() {
		l.outside = netip.MustParseAddrPort("198.51.100.53:53")
	}
	l.ctx, l.stop = context.WithCancel(context.Background())
	if err := l.start(c); err != nil {
		return nil, errors.Join(err, l.Close())
	}
	return l, nil
}

func (l *Lab) start(c Config) error {
	var err error
	start := c.Start
	if start.IsZero() {
		start = l.now()
	}
	if l.authority, err = newAuthority(start, c.Seed); err != nil {
		return err
	}
	for view, at := range map[checks.Vantage]netip.AddrPort{checks.Inside: l.inside, checks.Outside: l.outside} {
		if err := l.serveDNS(at, l.zones[view]); err != nil {
			return err
		}
	}
	for _, s := range c.Servers {
		if err := l.AddServer(s); err != nil {
			return err
		}
	}
	return nil
}

// Close ends every service and connection and waits until nothing is left.
func (l *Lab) Close() error {
	l.mu.Lock()
	l.closed = true
	all := make([]*service, 0, len(l.services))
	for _, s := range l.services {
		all = append(all, s)
	}
	l.mu.Unlock()
	l.stop()
	for _, s := range all {
		s.close()
	}
	l.work.Wait()
	return nil
}

// Env is the door to the organisation from inside.
func (l *Lab) Env() *checks.Env { return l.EnvFrom(checks.Inside) }

// EnvFrom is the door from one side: from outside only forwarded addresses
// answer.
func (l *Lab) EnvFrom(side checks.Vantage) *checks.Env {
	env := &checks.Env{
		Logon: l.logon, Roots: l.authority.pool, Now: l.now, Vantage: side, UserAgent: "coexist/lab (connectivity probe)",
		Logons: checks.NewLogons(), Directory: checks.Directory{Forest: l.root()},
	}
	env.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
		return l.dial(ctx, side, network, address)
	}
	env.Lookup = func(_ context.Context, host string) ([]netip.Addr, error) {
		return l.zones[side].addresses(host)
	}
	env.Records = func(_ context.Context, rtype, name string) ([]checks.Record, error) {
		return l.zones[side].records(rtype, name)
	}
	env.Resolvers = []checks.Resolver{
		{Label: "internal", Addr: l.inside.String(), View: checks.Inside},
		{Label: "external", Addr: l.outside.String(), View: checks.Outside},
	}
	if side == checks.Outside {
		env.Resolvers = env.Resolvers[1:]
	}
	return env
}

// root is the DNS name of the forest's root domain.
func (l *Lab) root() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.forest
}

// dial finds the loopback port behind an address of the lab. An unknown host
// is silent, a known one refuses ports that nothing serves.
func (l *Lab) dial(ctx context.Context, side checks.Vantage, network, address string) (net.Conn, error) {
	at, err := netip.ParseAddrPort(address)
	if err != nil {
		return nil, fmt.Errorf("lab: dial wants IP:port: %w", err)
	}
	l.mu.Lock()
	to, forwarded := l.forwards[at.Addr()]
	if forwarded {
		at = netip.AddrPortFrom(to, at.Port())
	}
	visible := side != checks.Outside || forwarded || at == l.outside
	s, served := l.services[at]
	filtered := served && s.filtered
	datagrams, known := l.udp[at]
	alive := l.hosts[at.Addr()] > 0
	l.mu.Unlock()
	fail := func(err error) (net.Conn, error) {
		return nil, &net.OpError{Op: "dial", Net: network, Addr: net.TCPAddrFromAddrPort(at), Err: err}
	}
	var d net.Dialer
	switch {
	case ctx.Err() != nil:
		return fail(ctx.Err())
	case !visible || !alive || filtered:
		return fail(os.ErrDeadlineExceeded) // dropped packets, without the wait for them
	case network == "udp" && known:
		return d.DialContext(ctx, "udp", datagrams)
	case network == "udp" || !served:
		return fail(os.NewSyscallError("connect", syscall.ECONNREFUSED))
	}
	return d.DialContext(ctx, network, s.listener.Addr().String())
}

// Serve answers connections to an address with handle, which owns the
// connection and must end when it is closed or ctx is done.
func (l *Lab) Serve(at netip.AddrPort, handle func(ctx context.Context, c net.Conn)) error {
	return l.listen(at, func(c net.Conn) { handle(l.ctx, c) })
}

// ServeTLS is Serve behind a TLS handshake.
func (l *Lab) ServeTLS(at netip.AddrPort, cfg *tls.Config, handle func(ctx context.Context, c net.Conn)) error {
	return l.listen(at, func(c net.Conn) { handle(l.ctx, tls.Server(c, cfg)) })
}

// Silence ends the service at an address; the host then refuses that port. A
// host without any service is silent altogether.
func (l *Lab) Silence(at netip.AddrPort) {
	l.mu.Lock()
	s := l.services[at]
	delete(l.services, at)
	if s != nil {
		l.hosts[at.Addr()]--
	}
	l.mu.Unlock()
	if s != nil {
		s.close()
	}
}

// Filter drops, or lets through again, what goes to an address that is served.
func (l *Lab) Filter(at netip.AddrPort, drop bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if s := l.services[at]; s != nil {
		s.filtered = drop
	}
}

// Forward lets an outside address lead to an inside one, as a firewall or
// reverse proxy does; an invalid target ends it.
func (l *Lab) Forward(outside, inside netip.Addr) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !inside.IsValid() {
		delete(l.forwards, outside)
		return
	}
	l.forwards[outside] = inside
}
