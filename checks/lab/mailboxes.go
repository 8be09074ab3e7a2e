package lab

import (
	"fmt"
	"strings"

	"coexist/checks/blueprint"
)

// buildMailboxes makes the test mailboxes of the old versions, a few people
// in every site, and the system's own.
func (o *Organization) buildMailboxes() {
	for _, m := range o.plan.Mailboxes {
		if s := o.mailboxServer(m.Version, m.Site); s != nil {
			o.addMailbox(m.Address, s)
		}
	}
	for i, site := range o.plan.Sites {
		for _, s := range o.pick("ExchangeServer", func(v *item) bool { return v.text("SiteName") == site.Name && hasRole(v, "mailbox") }) {
			for n := range 4 {
				o.addMailbox(fmt.Sprintf("user%d-%s@%s", n+1, strings.ToLower(s.text("Name")), o.mailDomain()), s)
			}
			if i == 0 && s.text("Version") == "2010" && len(o.pick("Mailbox", func(v *item) bool { return truth(v.get("Arbitration")) })) == 0 {
				planned, _ := o.planned(s.text("Name"))
				o.addArbitration(*planned, "Mailbox Database "+planned.Name)
			}
		}
	}
}

func (o *Organization) mailDomain() string {
	if len(o.plan.MailDomains) > 0 {
		return o.plan.MailDomains[0]
	}
	return o.plan.Forest
}

// mailboxServer is an installed Mailbox server of a version, in a site if
// there is one.
func (o *Organization) mailboxServer(version, site string) *item {
	var any *item
	for _, v := range o.objects["exchangeserver"] {
		if !hasRole(v, "mailbox") || version != "" && v.text("Version") != version {
			continue
		}
		if site == "" || strings.EqualFold(v.text("SiteName"), site) {
			return v
		}
		if any == nil {
			any = v
		}
	}
	return any
}

func (o *Organization) addMailbox(address string, s *item) *item {
	name, _, _ := strings.Cut(address, "@")
	m := newItem("Mailbox", "Name", name, "Identity", name, "DisplayName", name, "PrimarySmtpAddress", address, "Arbitration", false,
		"HiddenFromAddressListsEnabled", false, "Archives", 0)
	o.house(m, s)
	o.add(m)
	return m
}

// house puts a mailbox on a server.
func (o *Organization) house(m, s *item) {
	m.set("ServerName", s.get("Name"))
	m.set("AdminDisplayVersion", s.get("AdminDisplayVersion"))
	m.set("Database", nil)
	for _, d := range o.pick("MailboxDatabase", func(v *item) bool { return v.get("Server") == s.get("Name") }) {
		m.set("Database", d.get("Name"))
		break
	}
}

func (o *Organization) addArbitration(s blueprint.Server, database string) {
	names := []string{"SystemMailbox{1f05a927-0000-4000-8000-000000000001}", "SystemMailbox{e0dc1c29-89c3-4034-b678-e6c29d823ed9}",
		"FederatedEmail.4c1f4d8b-8179-4148-93bf-00a95fa1e042"}
	if s.Version == "2013" {
		names = append(names, "Migration.8f3e7716-2011-43e4-96b1-aba62d229136")
	}
	for _, n := range names {
		m := o.addMailbox(n+"@"+o.mailDomain(), o.server(s.Name))
		m.set("Arbitration", true)
		m.set("Name", n)
		m.set("Identity", n)
	}
}
