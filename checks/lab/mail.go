package lab

import (
	"context"
	"net"
	"net/netip"
	"slices"
	"strings"

	"coexist/checks/blueprint"
)

// serveMail starts, or starts anew with another certificate, the mail services
// of a server.
func (o *Organization) serveMail(s blueprint.Server, roles []string) error {
	cert, given := o.mailCert[strings.ToLower(s.Name)]
	if !given {
		cert = selfSigned(s)
	}
	front := "hub-transport"
	if s.Version == "2013" {
		front = "client-access"
	}
	if slices.Contains(roles, front) || slices.Contains(roles, "edge-transport") {
		if err := o.lab.replace(s, 25, func(at netip.AddrPort) error {
			_, err := o.lab.ServeSMTP(at, SMTP{FQDN: s.FQDN, Version: s.Version, Cert: cert, Domains: o.plan.MailDomains})
			return err
		}); err != nil {
			return err
		}
	}
	if !o.plan.POPIMAP || !slices.Contains(roles, "client-access") {
		return nil
	}
	for port, implicit := range map[uint16]bool{143: false, 993: true, 110: false, 995: true} {
		serve := o.lab.ServeIMAP
		service := "MSExchangeIMAP4"
		if port == 110 || port == 995 {
			serve, service = o.lab.ServePOP, "MSExchangePOP3"
		}
		if !o.runs(s, service) {
			continue
		}
		if err := o.lab.replace(s, port, func(at netip.AddrPort) error {
			_, err := serve(at, MailService{FQDN: s.FQDN, Cert: cert, Implicit: implicit})
			return err
		}); err != nil {
			return err
		}
	}
	return nil
}

// replace ends what a server serves on a port and starts it anew.
func (l *Lab) replace(s blueprint.Server, port uint16, serve func(netip.AddrPort) error) error {
	at := netip.AddrPortFrom(s.Address, port)
	l.Silence(at)
	if err := serve(at); err != nil {
		return err
	}
	l.keepPort(s.Name, at)
	return nil
}

// replaceService is replace for a service that is one function.
func (l *Lab) replaceService(s blueprint.Server, port uint16, handle func(context.Context, net.Conn)) error {
	return l.replace(s, port, func(at netip.AddrPort) error { return l.Serve(at, handle) })
}

// keepPort lets a service end with its server.
func (l *Lab) keepPort(name string, at netip.AddrPort) {
	if r := l.server(name); r != nil {
		r.keepPort(at)
	}
}

func (r *running) keepPort(at netip.AddrPort) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !slices.Contains(r.ports, at) {
		r.ports = append(r.ports, at)
	}
}
