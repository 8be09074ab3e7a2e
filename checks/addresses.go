package checks

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"syscall"
	"time"
)

// maxAddresses bounds how many addresses of one name are tested.
const maxAddresses = 16

// addressesOf tells which addresses a check must connect to: those of the
// override when there is one, else all of the name's. On trouble the finding
// says so and nothing may be connected to.
func addressesOf(ctx context.Context, env *Env, host, override string) ([]netip.Addr, *Finding) {
	target := host
	if override != "" {
		target = override
	}
	if a, err := netip.ParseAddr(target); err == nil {
		if forbidden(env, a) {
			f := undecidable("value.loopback", "%s is an address of this computer itself: not connected to", a)
			return nil, &f
		}
		return []netip.Addr{a}, nil
	}
	if env.Lookup == nil {
		f := undecidable("vantage.no_network", "names cannot be looked up here")
		return nil, &f
	}
	ctx, cancel := context.WithTimeout(ctx, share(ctx, 10*time.Second, 0.5))
	defer cancel()
	list, err := env.Lookup(ctx, target)
	if err != nil {
		f := lookupTrouble(target, err)
		return nil, &f
	}
	return usable(env, target, list)
}

// usable drops repetitions and refuses answers that must not be connected to.
func usable(env *Env, name string, list []netip.Addr) ([]netip.Addr, *Finding) {
	var out []netip.Addr
	for _, a := range list {
		a = a.Unmap()
		if forbidden(env, a) {
			f := failed("dns.loopback_answer", "%s points to %s, which is no server's address: not connected to", name, a)
			f.Expected, f.Found = "the address of a server", a.String()
			return nil, &f
		}
		if !slices.Contains(out, a) {
			out = append(out, a)
		}
	}
	if len(out) == 0 {
		f := failed("dns.not_found", "%s has no address", name)
		return nil, &f
	}
	return out, nil
}

// forbidden tells addresses that a name of an Exchange organisation never
// rightly has: this computer's own, link-local (and with them the metadata
// services of clouds), unspecified, multicast.
func forbidden(env *Env, a netip.Addr) bool {
	a = a.Unmap()
	if a.IsLoopback() {
		return !env.Loopback
	}
	return a.IsUnspecified() || a.IsLinkLocalUnicast() || a.IsMulticast() || !a.IsValid() || a == netip.AddrFrom4([4]byte{255, 255, 255, 255})
}

// lookupTrouble classifies what this computer's resolver reports.
func lookupTrouble(name string, err error) Finding {
	var at *lookupError
	if errors.As(err, &at) {
		return at.finding
	}
	var d *net.DNSError
	if errors.As(err, &d) {
		switch {
		case isErrno(err, syscall.ENETUNREACH, 10051), isErrno(err, syscall.ENETDOWN, 10050):
			return undecidable("vantage.no_network", "%s cannot be looked up: this computer has no network", name)
		case d.IsNotFound:
			f := failed("dns.not_found", "%s is not known to the resolver of this computer", name)
			f.Expected, f.Found = "an address", "no such host"
			return f
		case d.IsTimeout:
			return undecidable("dns.timeout", "the resolver of this computer did not answer for %s", name)
		}
		return undecidable("dns.servfail", "the resolver of this computer could not answer for %s", name)
	}
	switch {
	case errors.Is(err, context.Canceled):
		return undecidable("run.cancelled", "cancelled")
	case isTimeout(err):
		return undecidable("dns.timeout", "the resolver of this computer did not answer for %s", name)
	}
	return undecidable("dns.servfail", "the resolver of this computer could not answer for %s", name)
}

// endpoint is one address of a tested host.
type endpoint struct {
	host string // as named; equals addr's text when the check names an address
	addr netip.Addr
	port int
}

func (e endpoint) String() string {
	return netip.AddrPortFrom(e.addr, uint16(e.port)).String()
}

// where names the endpoint for people.
func (e endpoint) where() string {
	if e.host == e.addr.String() || e.host == "" {
		return e.String()
	}
	return fmt.Sprintf("%s (%s)", net.JoinHostPort(e.host, fmt.Sprint(e.port)), e.addr)
}

// perAddress tests every address of a host at the same time and merges what
// was found. An address that does not answer while others do is a warning
// that lists it: behind round robin it takes its share of the clients down.
func perAddress(ctx context.Context, env *Env, host, override string, port int, test func(ctx context.Context, at endpoint) Finding) Finding {
	named, names := withTrail(ctx)
	asked := time.Now()
	list, trouble := addressesOf(ctx, env, host, override)
	if trouble != nil {
		return *trouble
	}
	untested := max(0, len(list)-maxAddresses)
	list = list[:len(list)-untested]
	nameStep(named, env, asked, host, override, list)
	parts, took := make([]Finding, len(list)), make([]time.Duration, len(list))
	one := func(i int) {
		began := time.Now()
		ctx, steps := withTrail(ctx)
		parts[i] = test(ctx, endpoint{host, list[i], port})
		parts[i].Sub = append(append(names.taken(), steps.taken()...), parts[i].Sub...)
		took[i] = time.Since(began)
	}
	allAtOnce(len(list), one)
	out := softenPartial(parts, list)
	if untested > 0 {
		out = merge([]Finding{out, tooMany(host, untested)})
	}
	out.Sub = nil
	for i, a := range list {
		out.Sub = append(out.Sub, part("address", a.String(), parts[i], took[i]))
	}
	return out
}

// tooMany tells of addresses that were left out: a dead one may be among them.
func tooMany(host string, untested int) Finding {
	f := undecidable("dns.too_many", "%s has %d addresses, of which %d were tested", host, maxAddresses+untested, maxAddresses)
	f.Expected, f.Found = fmt.Sprintf("at most %d addresses", maxAddresses), fmt.Sprint(maxAddresses+untested)
	return f
}

// allAtOnce does a number of things at the same time. When one of them breaks,
// that is told after all have ended.
func allAtOnce(count int, one func(i int)) {
	if count == 1 {
		one(0)
		return
	}
	var all together
	for i := range count {
		all.Go(func() { one(i) })
	}
	all.Wait()
}

// nameStep notes how the addresses were come by, where there was a choice.
func nameStep(ctx context.Context, env *Env, began time.Time, host, override string, list []netip.Addr) {
	switch {
	case override != "":
		stage(ctx, "dns", began, nil, "%s is not looked up: %s was named", host, override)
	case !isAddress(host):
		stage(ctx, "dns", began, nil, "%s is %s by %s", host, joinClipped(texts(list), maxAddresses), env.namesBy())
	}
}

func texts(list []netip.Addr) []string {
	out := make([]string, len(list))
	for i, a := range list {
		out[i] = a.String()
	}
	return out
}

// silentReasons are those of an address that cannot be reached at all.
var silentReasons = []string{"tcp.refused", "tcp.filtered", "tcp.unreachable", "tcp.error", "tcp.accepted_then_reset"}

func softenPartial(parts []Finding, list []netip.Addr) Finding {
	var dead []string
	var rest []Finding
	for i, p := range parts {
		if slices.Contains(silentReasons, p.Reason) {
			dead = append(dead, list[i].String())
			continue
		}
		rest = append(rest, p)
	}
	if len(dead) == 0 || len(rest) == 0 {
		return merge(parts)
	}
	f := warned("tcp.partial", "%d of %d addresses do not answer: %s", len(dead), len(parts), joinClipped(dead, maxAddresses))
	f.Expected, f.Found = "every address of the name answers", "silent: "+joinClipped(dead, maxAddresses)
	f.Evidence = map[string]string{"silent_addresses": joinClipped(dead, maxAddresses)}
	for i, p := range parts {
		if slices.Contains(silentReasons, p.Reason) {
			f.Transcript = append(f.Transcript, fmt.Sprintf("%s: %s", list[i], p.Summary))
			f.Rows = append(f.Rows, p.Rows...)
		}
	}
	return merge(append(rest, f))
}

// connect opens a TCP connection within its share of the time.
func connect(ctx context.Context, env *Env, at endpoint) (net.Conn, *trouble) {
	if env.Dial == nil {
		t := dialTrouble(errNoNetwork)
		return nil, &t
	}
	dialCtx, cancel := context.WithTimeout(ctx, share(ctx, 5*time.Second, 0.4))
	defer cancel()
	began := time.Now()
	c, err := env.Dial(dialCtx, "tcp", at.String())
	if err != nil {
		t := dialTrouble(err)
		stage(ctx, "tcp", began, &t, "")
		return nil, &t
	}
	stage(ctx, "tcp", began, nil, "connected to %s", at)
	return c, nil
}

// share is a stage's time: at most want, and at most a part of what is left,
// so that small budgets leave something for the stages after it.
func share(ctx context.Context, want time.Duration, part float64) time.Duration {
	deadline, ok := ctx.Deadline()
	if !ok {
		return want
	}
	left := time.Duration(float64(time.Until(deadline)) * part)
	return max(min(want, left), time.Millisecond)
}
