package lab

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"sync"

	"coexist/checks"
)

// Server is an Exchange server as the network sees it.
type Server struct {
	Name        string // NetBIOS
	FQDN        string
	Version     string // "2007", "2010", "2013"
	Build       string // as headers show it: "15.0.1497.48", "14.3.496.0", "8.3.485.1"
	Address     netip.Addr
	Roles       []string
	Certificate Certificate // zero: self-signed for Name and FQDN, as Exchange installs it
	TLSMax      uint16      // newest protocol; zero: TLS 1.2
	// Auth replaces the logon schemes of a directory ("ews", "rpc", …).
	Auth map[string][]string
	// Web serves connections instead of the version's own directories.
	Web func(c net.Conn)
	// Ports are further services: port to handler.
	Ports map[uint16]func(ctx context.Context, c net.Conn)
}

// running is a server with what may change while it runs.
type running struct {
	lab   *Lab
	ports []netip.AddrPort

	mu   sync.Mutex
	spec Server
	cert *tls.Certificate
}

// AddServer starts a server: its web directories on 443 and 80 when it has
// the Client Access role, its further ports, and its own name inside.
func (l *Lab) AddServer(s Server) error {
	if s.Name == "" || !s.Address.IsValid() {
		return errors.New("lab: a server needs a name and an address")
	}
	if len(s.Certificate.Names) == 0 {
		s.Certificate = Certificate{Names: nonEmpty(s.Name, s.FQDN), SelfSigned: true}
	}
	cert, err := l.authority.issue(s.Certificate)
	if err != nil {
		return err
	}
	r := &running{lab: l, spec: s, cert: cert}
	l.mu.Lock()
	if _, there := l.servers[strings.ToLower(s.Name)]; there {
		l.mu.Unlock()
		return fmt.Errorf("lab: there is a server %s already", s.Name)
	}
	l.servers[strings.ToLower(s.Name)] = r
	l.mu.Unlock()
	if s.FQDN != "" {
		l.SetAddresses(checks.Inside, s.FQDN, 3600, s.Address)
	}
	if err := r.start(); err != nil {
		l.RemoveServer(s.Name)
		return err
	}
	return nil
}

func (r *running) start() error {
	s, _ := r.now()
	if s.Web != nil || has(s.Roles, "client-access") {
		if err := r.serveWeb(443, true); err != nil {
			return err
		}
		if err := r.serveWeb(80, false); err != nil {
			return err
		}
	}
	for port, handle := range s.Ports {
		at := netip.AddrPortFrom(s.Address, port)
		if err := r.lab.Serve(at, handle); err != nil {
			return err
		}
		r.keepPort(at)
	}
	return nil
}

// RemoveServer takes a server off the network, with its own name inside.
func (l *Lab) RemoveServer(name string) {
	l.mu.Lock()
	r := l.servers[strings.ToLower(name)]
	delete(l.servers, strings.ToLower(name))
	l.mu.Unlock()
	if r == nil {
		return
	}
	r.mu.Lock()
	ports, fqdn := slices.Clone(r.ports), r.spec.FQDN
	r.mu.Unlock()
	for _, at := range ports {
		l.Silence(at)
	}
	if fqdn != "" {
		l.RemoveName(checks.Inside, fqdn)
	}
}

// Change alters a running server: its build, its logon schemes, its web
// handler. Address, roles and ports stay as they are.
func (l *Lab) Change(name string, change func(*Server)) error {
	r := l.server(name)
	if r == nil {
		return fmt.Errorf("lab: there is no server %s", name)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	s := r.spec
	change(&s)
	s.Address, s.Name, s.Roles = r.spec.Address, r.spec.Name, r.spec.Roles
	r.spec = s
	return nil
}

// Bind puts another certificate on a server.
func (l *Lab) Bind(name string, c Certificate) error {
	r := l.server(name)
	if r == nil {
		return fmt.Errorf("lab: there is no server %s", name)
	}
	cert, err := l.authority.issue(c)
	if err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.cert, r.spec.Certificate = cert, c
	return nil
}

func (l *Lab) server(name string) *running {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.servers[strings.ToLower(name)]
}

func (r *running) now() (Server, *tls.Certificate) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.spec, r.cert
}

// tlsConfig presents whatever certificate is bound at the moment.
func (r *running) tlsConfig() *tls.Config {
	return &tls.Config{GetConfigForClient: func(*tls.ClientHelloInfo) (*tls.Config, error) {
		s, cert := r.now()
		cfg := &tls.Config{Certificates: []tls.Certificate{*cert}, MinVersion: tls.VersionTLS10, MaxVersion: s.TLSMax}
		if cfg.MaxVersion == 0 {
			cfg.MaxVersion = newestTLS
		}
		return cfg, nil
	}}
}

// serveWeb answers HTTP/1 on a port.
func (r *running) serveWeb(port uint16, secure bool) error {
	s, _ := r.now()
	at := netip.AddrPortFrom(s.Address, port)
	err := r.lab.listen(at, func(c net.Conn) {
		if secure {
			c = tls.Server(c, r.tlsConfig())
		}
		if s, _ := r.now(); s.Web != nil {
			s.Web(c)
			return
		}
		serveRequests(c, http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
			w.Header().Set("Date", r.lab.now().UTC().Format(http.TimeFormat)) // the clock of a rehearsal jumps
			s, _ := r.now()
			persona{r.lab, s, secure}.ServeHTTP(w, req)
		}))
	})
	if err == nil {
		r.keepPort(at)
	}
	return err
}

func has(list []string, s string) bool {
	for _, e := range list {
		if e == s {
			return true
		}
	}
	return false
}

func nonEmpty(list ...string) []string {
	var out []string
	for _, s := range list {
		if s != "" {
			out = append(out, s)
		}
	}
	return out
}
