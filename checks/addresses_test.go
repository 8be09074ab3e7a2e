package checks

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"runtime"
	"testing"
)

// TestEveryAddressOrNoPass gives a name more addresses than are tested: those
// that were left out may be dead.
func TestEveryAddressOrNoPass(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for i := range maxAddresses + 1 {
		at := fmt.Sprintf("10.1.0.%d", i+1)
		w.name("many.example.com", at)
		if i < maxAddresses {
			w.name("enough.example.com", at)
			w.serve(at+":25", hold)
		}
	}
	expectResult(t, "as many as are tested", w.run(tcpCheck("enough.example.com", 25)), Pass, "")
	r := w.run(tcpCheck("many.example.com", 25))
	expectResult(t, "one more", r, Unknown, "dns.too_many")
	if len(r.Rows) != maxAddresses {
		t.Errorf("%d rows, want those of the addresses that were tested", len(r.Rows))
	}
}

// TestAddressesAsHosts names IPv6 addresses as people write them.
func TestAddressesAsHosts(t *testing.T) {
	t.Parallel()
	for host, want := range map[string]string{
		"2001:DB8::1": "https://[2001:DB8::1]/owa/", "2001:db8::1": "https://[2001:db8::1]/owa/", "10.0.0.1": "https://10.0.0.1/owa/", "mail.contoso.com": "https://mail.contoso.com/owa/",
	} {
		at := endpoint{host: host, addr: netip.MustParseAddr("2001:db8::1"), port: 443}
		if got := hostURL(at, "/owa/").String(); got != want {
			t.Errorf("%s: %s, want %s", host, got, want)
		}
		at.port = 8443
		if got := hostURL(at, "/").Port(); got != "8443" {
			t.Errorf("%s: port %q", host, got)
		}
	}
	for _, host := range []string{"2001:db8::1%eth0", "2001:db8::1%\r\nX-Evil: 1", "fe80::1%a/../b"} {
		if err := validTarget("host", host); err == nil {
			t.Errorf("%q is taken for a host", host)
		}
	}
}

// TestSlotsAreCountedOnce lets a check that waits for a slot end another
// connection meanwhile, and give up: nobody else's slot may be given away.
func TestSlotsAreCountedOnce(t *testing.T) {
	t.Parallel()
	g := newGate(1)
	if g.try([]string{"10.1.0.1"}, "tcp", 0) != "" { // another check's
		t.Fatal("no slot")
	}
	env := &Env{Dial: func(context.Context, string, string) (net.Conn, error) {
		c, other := net.Pipe()
		t.Cleanup(func() { other.Close() })
		return c, nil
	}}
	inner, closeAll := throughDoor(t.Context(), env, g, &tcpKind)
	defer closeAll()
	done := make(chan struct{})
	patient, giveUp := context.WithCancel(t.Context())
	go func() {
		defer close(done)
		inner.Dial(patient, "tcp", "10.1.0.1:443")
	}()
	for waiting := false; !waiting; {
		g.mu.Lock()
		waiting = g.waiters > 0
		g.mu.Unlock()
		runtime.Gosched()
	}
	second, err := inner.Dial(t.Context(), "tcp", "10.1.0.1:443")
	if err != nil {
		t.Fatal(err)
	}
	giveUp()
	<-done
	second.Close()
	if g.room("10.1.0.1") {
		t.Error("the slot of another check was given away")
	}
}
