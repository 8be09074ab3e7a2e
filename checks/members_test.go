package checks

import (
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
)

// TestEveryMemberSeesTheName goes to every address behind a name by itself and
// sees that each is greeted with the name: in TLS and in HTTP.
func TestEveryMemberSeesTheName(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		kind   string
		params Params
		http   bool
	}{
		{"tls", Params{"host": "mail.example.com"}, false},
		{"http", Params{"url": "https://mail.example.com/owa/"}, true},
		{"version", Params{"host": "mail.example.com"}, true},
		{"rpch", Params{"host": "mail.example.com"}, true},
	} {
		t.Run(c.kind, func(t *testing.T) {
			t.Parallel()
			w := mailWorld(t)
			w.name("mail.example.com", "10.1.0.2", "10.1.0.3", "10.1.0.4")
			var mu sync.Mutex
			seen := map[string]bool{}
			note := func(format string, args ...any) {
				mu.Lock()
				defer mu.Unlock()
				seen[fmt.Sprintf(format, args...)] = true
			}
			cert := leaf(t, testCA(), nil, nil)
			for i := 1; i <= 3; i++ { // the fourth is dead
				w.serve(fmt.Sprintf("10.1.0.%d:443", i), func(conn net.Conn) {
					s := tls.Server(conn, &tls.Config{GetCertificate: func(h *tls.ClientHelloInfo) (*tls.Certificate, error) {
						if h.ServerName != "" && !strings.HasSuffix(h.ServerName, ".invalid") {
							note("%d greeted as %s", i, h.ServerName)
						}
						return &cert, nil
					}})
					defer s.Close()
					_, head, ok := readRequest(s)
					if !ok {
						return
					}
					_, host, _ := strings.Cut(head, "Host: ")
					host, _, _ = strings.Cut(host, "\n")
					note("%d asked for %s", i, host)
					io.WriteString(s, status(401, "WWW-Authenticate: NTLM"))
				})
			}
			r := w.run(Check{Kind: c.kind, Params: c.params})
			want := map[string]bool{}
			for i := 1; i <= 3; i++ {
				want[fmt.Sprintf("%d greeted as mail.example.com", i)] = true
				if c.http {
					want[fmt.Sprintf("%d asked for mail.example.com", i)] = true
				}
			}
			mu.Lock()
			defer mu.Unlock()
			if got, want := sortedKeys(seen), sortedKeys(want); !slices.Equal(got, want) {
				t.Errorf("got %q, want %q", got, want)
			}
			var dead []string
			for _, s := range r.Sub {
				if strings.HasPrefix(s.Reason, "tcp.") {
					dead = append(dead, s.Target)
				}
			}
			if !slices.Equal(dead, []string{"10.1.0.4"}) || !strings.Contains(r.Summary+r.Found, "10.1.0.4") && c.kind != "version" {
				t.Errorf("dead %q, summary %q", dead, r.Summary)
			}
		})
	}
}
