package checks

import (
	"net"
	"strconv"
	"testing"
)

// The real network is only as far away as this computer's own loopback.
func TestFieldEnvDials(t *testing.T) {
	t.Parallel()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ln.Close() })
	go func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			c.Write([]byte("hello"))
			c.Close()
		}
	}()
	_, port, _ := net.SplitHostPort(ln.Addr().String())
	number, _ := strconv.Atoi(port)
	for loopback, want := range map[bool]string{true: "", false: "value.loopback"} {
		env, err := FieldEnv(FieldSettings{Loopback: loopback})
		if err != nil {
			t.Fatal(err)
		}
		r := Run(t.Context(), env, []Check{tcpCheck("127.0.0.1", number)}, nil)[0]
		if r.Reason != want || want == "" && r.Verdict != Pass {
			t.Errorf("loopback %v: %s %s", loopback, r.Verdict, r.Reason)
		}
	}
}
