package checks

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"net/netip"
	"os"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"
)

// world is a network of hostile peers on loopback, under addresses of its own.
type world struct {
	t     *testing.T
	env   *Env
	mu    sync.Mutex
	to    map[string]string
	names map[string][]netip.Addr
	conns []net.Conn
	dials int
}

func newWorld(t *testing.T) *world {
	w := &world{t: t, to: map[string]string{}, names: map[string][]netip.Addr{}}
	w.env = &Env{
		Dial: w.dial, Lookup: w.lookup, Vantage: Inside, UserAgent: "test",
		Now: func() time.Time { return testNow },
	}
	t.Cleanup(func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		for _, c := range w.conns {
			c.Close()
		}
	})
	return w
}

func (w *world) dial(ctx context.Context, network, address string) (net.Conn, error) {
	w.mu.Lock()
	to, ok := w.to[network+" "+address]
	w.dials++
	w.mu.Unlock()
	fail := func(err error) (net.Conn, error) { return nil, &net.OpError{Op: "dial", Net: network, Err: err} }
	switch {
	case !ok:
		return fail(os.NewSyscallError("connect", syscall.ECONNREFUSED))
	case to == "dropped":
		<-ctx.Done()
		return fail(ctx.Err())
	case to == "unreachable":
		return fail(os.NewSyscallError("connect", syscall.EHOSTUNREACH))
	case to == "no port left":
		return fail(os.NewSyscallError("connect", syscall.EADDRNOTAVAIL))
	case to == "no network":
		return fail(os.NewSyscallError("connect", syscall.ENETUNREACH))
	}
	var d net.Dialer
	return d.DialContext(ctx, network, to)
}

func (w *world) lookup(_ context.Context, host string) ([]netip.Addr, error) {
	if host == "airplane.example.com" {
		return nil, &net.DNSError{Err: "dial udp 10.0.0.53:53", UnwrapErr: os.NewSyscallError("connect", syscall.ENETUNREACH), Name: host}
	}
	if list, ok := w.names[host]; ok {
		return list, nil
	}
	return nil, &net.DNSError{Err: "no such host", Name: host, IsNotFound: true}
}

func (w *world) name(host string, addrs ...string) {
	for _, a := range addrs {
		w.names[host] = append(w.names[host], netip.MustParseAddr(a))
	}
}

// serve hands every connection to address to handle and closes it after.
func (w *world) serve(address string, handle func(c net.Conn)) {
	w.t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		w.t.Fatal(err)
	}
	w.to["tcp "+address] = ln.Addr().String()
	w.t.Cleanup(func() { ln.Close() })
	go func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			w.mu.Lock()
			w.conns = append(w.conns, c)
			w.mu.Unlock()
			go func() {
				defer c.Close()
				handle(c)
			}()
		}
	}()
}

// resolver answers DNS over UDP and TCP with handle; a nil message is silence.
func (w *world) resolver(address string, handle func(q *dnsmessage.Message, network string) *dnsmessage.Message) {
	w.rawResolver(address, func(q *dnsmessage.Message, network string) []byte {
		m := handle(q, network)
		if m == nil {
			return nil
		}
		raw, err := m.Pack()
		if err != nil {
			w.t.Error(err)
		}
		return raw
	})
}

func (w *world) rawResolver(address string, handle func(q *dnsmessage.Message, network string) []byte) {
	w.t.Helper()
	pc, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		w.t.Fatal(err)
	}
	w.to["udp "+address] = pc.LocalAddr().String()
	w.t.Cleanup(func() { pc.Close() })
	go func() {
		buf := make([]byte, 4096)
		for {
			n, from, err := pc.ReadFrom(buf)
			if err != nil {
				return
			}
			q := new(dnsmessage.Message)
			if q.Unpack(buf[:n]) == nil {
				if raw := handle(q, "udp"); raw != nil {
					pc.WriteTo(raw, from)
				}
			}
		}
	}()
	w.serve(address, func(c net.Conn) {
		for {
			raw, err := readMessage(c, "tcp")
			q := new(dnsmessage.Message)
			if err != nil || q.Unpack(raw) != nil {
				return
			}
			if raw = handle(q, "tcp"); raw == nil {
				continue
			}
			if _, err := c.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(raw))), raw...)); err != nil {
				return
			}
		}
	})
}

// run runs one check with a small budget and sees that it keeps it.
func (w *world) run(c Check) Result {
	w.t.Helper()
	if c.Timeout == 0 {
		c.Timeout = 4 * time.Second
	}
	began := time.Now()
	r := Run(w.t.Context(), w.env, []Check{c}, nil)[0]
	if took := time.Since(began); took > c.Timeout+3*time.Second {
		w.t.Errorf("%s took %s with a budget of %s", c.Kind, took, c.Timeout)
	}
	if r.Verdict != Pass && r.Reason == "" {
		w.t.Errorf("%s without a reason: %+v", r.Verdict, r)
	}
	if _, known := Reasons()[r.Reason]; r.Reason != "" && !known {
		w.t.Errorf("reason %q is not in the table", r.Reason)
	}
	if r.Summary == "" {
		w.t.Errorf("no summary: %+v", r)
	}
	return r
}

func expectResult(t *testing.T, name string, r Result, v Verdict, reason string) {
	t.Helper()
	if r.Verdict != v || r.Reason != reason {
		t.Errorf("%s: got %s %q (%s), want %s %q", name, r.Verdict, r.Reason, r.Summary, v, reason)
	}
}

// reset closes a connection with RST.
func reset(c net.Conn) {
	if t, ok := c.(*net.TCPConn); ok {
		t.SetLinger(0)
	}
	c.Close()
}

// hold keeps a connection open, reading whatever comes, until it is closed.
func hold(c net.Conn) { io.Copy(io.Discard, c) }

var errBroken = errors.New("broken")
