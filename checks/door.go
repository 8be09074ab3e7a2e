package checks

import (
	"context"
	"errors"
	"net"
	"sync"
	"sync/atomic"
)

// errNoNetwork is what the zero Env answers.
var errNoNetwork = errors.New("no network: this environment cannot dial")

// throughDoor returns the environment as one check sees it: its connections
// count against the limit per address, die with the check's context, and never
// outlive the check. The returned function closes what is still open.
func throughDoor(ctx context.Context, env *Env, g *gate, k *Kind) (*Env, func()) {
	d := &door{env: env, gate: g, kind: k.Name, limit: k.Limit, ctx: ctx, open: map[*guarded]bool{}, held: map[string]int{}, slots: map[string]bool{}}
	inner := *env
	inner.Dial = d.dial
	return &inner, d.closeAll
}

type door struct {
	env   *Env
	gate  *gate
	kind  string
	limit int
	ctx   context.Context // the check's: whatever a probe passes, this one ends it

	mu     sync.Mutex
	open   map[*guarded]bool
	held   map[string]int  // connections of this check per address
	slots  map[string]bool // addresses at which one of them has the check's slot
	closed bool
}

func (d *door) dial(ctx context.Context, network, address string) (net.Conn, error) {
	if d.env.Dial == nil {
		return nil, errNoNetwork
	}
	if err := d.ctx.Err(); err != nil {
		return nil, err
	}
	identity := ""
	if network != "udp" { // a question to a name server is no load
		if host, _, err := net.SplitHostPort(address); err == nil {
			identity = host
		}
	}
	if err := d.take(ctx, identity); err != nil {
		return nil, err
	}
	c, err := d.env.Dial(ctx, network, address)
	if err != nil {
		d.release(identity)
		return nil, err
	}
	g := &guarded{Conn: c, door: d, identity: identity}
	d.mu.Lock()
	if d.closed {
		d.mu.Unlock()
		d.release(identity)
		c.Close()
		return nil, context.Canceled
	}
	d.open[g] = true
	g.stop = context.AfterFunc(d.ctx, func() { g.Close() }) // it may run at once, in a goroutine of its own
	d.mu.Unlock()
	return g, nil
}

// take waits for a free slot. A check that already holds a connection to the
// address gets a further one at once, so that it cannot wait for itself.
func (d *door) take(ctx context.Context, identity string) error {
	if identity == "" {
		return nil
	}
	d.mu.Lock()
	d.held[identity]++
	first := d.held[identity] == 1
	d.mu.Unlock()
	if !first {
		return nil
	}
	if err := d.gate.wait(ctx, []string{identity}, d.kind, d.limit); err != nil {
		d.release(identity)
		return err
	}
	d.mu.Lock()
	d.slots[identity] = true
	d.mu.Unlock()
	return nil
}

func (d *door) release(identity string) {
	if identity == "" {
		return
	}
	d.mu.Lock()
	drop(d.held, identity)
	last := d.held[identity] == 0 && d.slots[identity]
	if last {
		delete(d.slots, identity)
	}
	d.mu.Unlock()
	if last {
		d.gate.give([]string{identity}, d.kind)
	}
}

func (d *door) closeAll() {
	d.mu.Lock()
	d.closed = true
	var left []*guarded
	for g := range d.open {
		left = append(left, g)
	}
	d.mu.Unlock()
	for _, g := range left {
		g.Close()
	}
}

// guarded is a connection that gives its slot back when it is closed.
type guarded struct {
	net.Conn
	door     *door
	identity string
	stop     func() bool // guarded by the door's mutex
	done     atomic.Bool
}

func (g *guarded) Close() error {
	if !g.done.CompareAndSwap(false, true) {
		return net.ErrClosed
	}
	err := g.Conn.Close()
	g.door.mu.Lock()
	delete(g.door.open, g)
	stop := g.stop
	g.door.mu.Unlock()
	stop()
	g.door.release(g.identity)
	return err
}
