package checks

import (
	"encoding/pem"
	"net"
	"strconv"
	"strings"
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

func TestTrustFiles(t *testing.T) {
	t.Parallel()
	good := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: testCA().cert.Raw})
	key := pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: []byte{1}})
	for _, c := range []struct {
		name string
		data []byte
		has  string // of the error; empty: accepted
	}{
		{"PEM", good, ""}, {"two", append(append([]byte("comment\n"), good...), good...), ""}, {"DER", testCA().cert.Raw, ""},
		{"empty", nil, "no certificate"}, {"garbage", []byte("hello"), "no certificate"},
		{"key beside it", append(append([]byte{}, good...), key...), "private key"},
		{"request", pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE REQUEST", Bytes: []byte{1}}), "only certificates"},
		{"broken", pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: []byte{1}}), "cannot be read"},
		{"huge", make([]byte, 5<<20), "4 MiB"},
	} {
		_, err := FieldEnv(FieldSettings{TrustPEM: [][]byte{c.data}})
		if (err == nil) != (c.has == "") || err != nil && !strings.Contains(err.Error(), c.has) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
	if _, err := FieldEnv(FieldSettings{TrustPEM: [][]byte{good, []byte("hello")}, TrustNames: []string{"ca.pem", "notes.txt"}}); err == nil || !strings.Contains(err.Error(), "notes.txt: ") {
		t.Errorf("the file is not named: %v", err)
	}
	for _, proxy := range []string{"proxy:8080", "http://u:p@proxy:8080", "https://proxy", "http://a b"} {
		if _, err := FieldEnv(FieldSettings{Proxy: proxy}); err == nil || strings.Contains(err.Error(), "u:p") {
			t.Errorf("proxy %q: %v", proxy, err)
		}
	}
	env, err := FieldEnv(FieldSettings{InternalResolver: "10.0.0.53", ExternalResolver: "198.51.100.53", Proxy: "http://proxy.contoso.com:8080"})
	if err != nil || len(env.Resolvers) != 2 || env.Resolvers[1].View != Outside || env.Roots != nil {
		t.Errorf("%+v, %v", env, err)
	}
}
