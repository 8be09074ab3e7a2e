package lab

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"slices"
	"strings"
	"time"

	"coexist/checks/blueprint"
)

// The ports on which Exchange 2013 takes calls: the call router of the Client
// Access role and the service of the Mailbox role, each plain and with TLS.
const (
	routerPort, routerTLSPort = 5060, 5061
	voicePort, voiceTLSPort   = 5062, 5063
)

// addVoice makes what Unified Messaging of an Exchange 2013 server consists of.
// It takes connections from the start, encrypted ones when it has a
// certificate. No call is ever answered.
func (o *Organization) addVoice(s blueprint.Server, roles []string) error {
	if !o.plan.UnifiedMessaging || s.Version != "2013" {
		return nil
	}
	if slices.Contains(roles, "client-access") {
		if err := o.lab.AddPort(s.Name, routerPort, silentPort); err != nil {
			return err
		}
	}
	if !slices.Contains(roles, "mailbox") {
		return nil
	}
	o.add(newItem("UMService", "Name", s.Name, "Identity", s.Name, "Server", s.Name, "Languages", []any{"en-US"}, "DialPlans", nil,
		"Status", "Enabled", "UMStartupMode", "TCP"))
	return o.lab.AddPort(s.Name, voicePort, silentPort)
}

// bindVoice lets a server take encrypted calls, with a certificate of the
// authority for its own name, which is what gateways ask for.
func (o *Organization) bindVoice(v *item) error {
	planned, _ := o.planned(v.text("Name"))
	if planned == nil || !is2013(v) {
		return nil
	}
	c := o.issuedFor([]string{strings.ToLower(v.text("Fqdn"))})
	if err := o.listCertificate(v.text("Name"), c, "Valid", "UM, UMCallRouter"); err != nil {
		return err
	}
	cert, err := o.lab.Issue(c)
	if err != nil {
		return err
	}
	for role, port := range map[string]uint16{"client-access": routerTLSPort, "mailbox": voiceTLSPort} {
		if !hasRole(v, role) {
			continue
		}
		cfg := &tls.Config{Certificates: []tls.Certificate{*cert}, MinVersion: tls.VersionTLS10, MaxVersion: newestTLS}
		if err := o.lab.replaceService(*planned, port, func(ctx context.Context, c net.Conn) { silentPort(ctx, tls.Server(c, cfg)) }); err != nil {
			return err
		}
	}
	return nil
}

// The Windows services that people start by hand on the way; Exchange 2013
// brings them stopped.
var handServices = map[string]string{
	"MSExchangePOP3": "client-access", "MSExchangeIMAP4": "client-access", "MSExchangePOP3BE": "mailbox", "MSExchangeIMAP4BE": "mailbox",
}

// addServices lists the services of a server that are started by hand.
func (o *Organization) addServices(s blueprint.Server, roles []string) {
	if s.Version != "2013" {
		return
	}
	for _, name := range []string{"MSExchangePOP3", "MSExchangeIMAP4", "MSExchangePOP3BE", "MSExchangeIMAP4BE"} {
		if slices.Contains(roles, handServices[name]) {
			o.add(newItem("Service", "Name", name, "Identity", s.Name+`\`+name, "Server", s.Name, "Status", "Stopped"))
		}
	}
}

// runs tells whether a service of a server was started; those of old servers
// always were.
func (o *Organization) runs(s blueprint.Server, service string) bool {
	if s.Version != "2013" {
		return true
	}
	return len(o.pick("Service", func(v *item) bool {
		return sameText(v.get("Server"), s.Name) && sameText(v.get("Name"), service) && v.text("Status") == "Running"
	})) > 0
}

// startServices starts services of a server, with the ports that they answer.
func (o *Organization) startServices(p map[string]string, _ time.Time) error {
	v, err := o.installedServer(p["server"])
	if err != nil {
		return err
	}
	for _, name := range split(p["services"]) {
		role, known := handServices[name]
		if !known {
			return fmt.Errorf("there is no service %s to be started by hand", name)
		}
		for _, s := range o.pick("Service", func(s *item) bool { return sameText(s.get("Server"), v.text("Name")) && sameText(s.get("Name"), name) }) {
			s.set("Status", "Running")
		}
		if role == "client-access" && !hasRole(v, role) {
			return fmt.Errorf("%s has no service %s: it has not the role", v.text("Name"), name)
		}
	}
	planned, _ := o.planned(v.text("Name"))
	if planned == nil {
		return nil
	}
	return o.serveMail(*planned, texts(v.get("Roles")))
}

// getService returns Windows services of a computer.
func getService(c *invocation) ([]any, error) {
	at, err := c.onServer("computername")
	if err != nil {
		return nil, err
	}
	c.used["name"] = true
	var wanted []string
	for _, v := range c.named["name"] {
		for _, name := range list(v) {
			wanted = append(wanted, text(name))
		}
	}
	var out []any
	for _, name := range wanted {
		found := keep(c.org.all("Service"), func(s *item) bool {
			return sameText(s.get("Server"), at.text("Name")) && wildcard(name, s.text("Name"))
		})
		if len(found) == 0 && !strings.ContainsAny(name, "*?") {
			return nil, fmt.Errorf("cannot find any service with service name %q", name)
		}
		out = append(out, found...)
	}
	return out, nil
}
