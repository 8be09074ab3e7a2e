package answers

import (
	"fmt"
	"strings"

	"coexist/runbook/migration"
)

func (f *Form) sourceFields() []Field {
	return []Field{{
		Key: "organization.source", Label: "Source version", Kind: Choice, Text: &f.Source,
		Hint: "Which Exchange versions hold mailboxes or serve clients today?",
		Options: []Option{
			{migration.Source2010, "Exchange 2010", "Six steps. 2010 servers stay behind the same names; Exchange 2013 proxies to them."},
			{migration.Source2007, "Exchange 2007", "Seven steps. 2007 users are redirected to a legacy name, so certificates and DNS gain one."},
			{migration.Mixed, "Exchange 2007 and 2010", "Seven steps. 2010 is proxied, 2007 is redirected to the legacy name."},
		},
	}}
}

func (f *Form) nameFields() []Field {
	const org, names = "Organisation", "Client names"
	list := []Field{
		{Key: "organization.name", Label: "Organisation name", Group: org, Text: &f.Name, check: migration.ValidateOrganizationName,
			Hint: "The Exchange organisation's name, as Get-OrganizationConfig shows it.", Example: "Contoso"},
		{Key: "organization.forest", Label: "Forest root domain", Group: org, Text: &f.Forest, check: migration.ValidateDomain,
			Hint: "The Active Directory forest's root domain. The other names are derived from it.", Example: "contoso.com"},
		{Key: "organization.domains", Label: "Domains", Group: org, Text: &f.Domains, Fallback: trim(f.Forest), check: each(migration.ValidateDomain),
			Hint: "Active Directory domains with Exchange servers or mail users, set apart by commas.", Example: "contoso.com, emea.contoso.com"},
		{Key: "organization.mail_domains", Label: "Mail domains", Group: org, Text: &f.MailDomains, Fallback: trim(f.Forest), check: each(migration.ValidateDomain),
			Hint: "Accepted SMTP domains, the main one first. Client names are derived from the first.", Example: "contoso.com"},
		{Key: "organization.internet", Label: "Reached from the Internet", Group: org, Kind: Toggle, On: &f.Internet,
			Hint: "Off: no site faces the Internet; then the first site owns the names."},
		{Key: "namespace.primary", Label: "Primary name", Group: names, Text: &f.Primary, Fallback: f.clientName("mail"), check: migration.ValidateHost,
			Hint: "The name that Outlook, OWA and phones use. It moves to Exchange 2013.", Example: "mail.contoso.com"},
		{Key: "namespace.autodiscover", Label: "Autodiscover name", Group: names, Text: &f.Autodiscover, Fallback: f.clientName("autodiscover"), check: migration.ValidateHost,
			Hint: "Where clients look for their settings. It moves together with the primary name.", Example: "autodiscover.contoso.com"},
	}
	if f.Has2007() {
		list = append(list, Field{Key: "namespace.legacy", Label: "Legacy name", Group: names, Text: &f.Legacy, Fallback: f.clientName("legacy"), check: migration.ValidateHost,
			Hint: "A new name for the Exchange 2007 servers, to which their users are redirected.", Example: "legacy.contoso.com"})
	}
	if f.Has2010() {
		list = append(list, Field{Key: "namespace.rpc", Label: "Client Access array", Group: names, Text: &f.RPC, Optional: true, check: migration.ValidateHost,
			Hint: "The 2010 RPC client access array's name, if there is one. It never moves; it must not be the primary name.", Example: "outlook.contoso.com"})
	}
	return list
}

func (f *Form) featureFields() []Field {
	const clients, mail, ground = "Clients and mailboxes", "Mail flow and telephony", "Surroundings"
	v := &f.Features
	toggle := func(group, name, label, hint string, on *bool) Field {
		return Field{Key: "features." + name, Label: label, Group: group, Kind: Toggle, On: on, Hint: hint}
	}
	list := []Field{
		toggle(clients, "outlook_anywhere", "Outlook Anywhere", "Outlook over HTTPS is in use on the old servers. Exchange 2013 speaks nothing else.", &v.OutlookAnywhere),
		toggle(clients, "public_folders", "Public folders", "Public folders stay on the old servers until every mailbox is moved, then move at once.", &v.PublicFolders),
		toggle(clients, "pop_imap", "POP and IMAP", "Clients use POP3 or IMAP4; their services and certificates are set up too.", &v.POPIMAP),
		toggle(clients, "mapi_http", "MAPI over HTTP", "To be switched on at the end; needs Exchange 2013 SP1 or later and recent Outlook.", &v.MAPIHTTP),
		toggle(clients, "kerberos_asa", "Kerberos with a shared account", "Clients inside use Kerberos through an alternate service account.", &v.KerberosASA),
		toggle(clients, "managed_folders", "Managed folders", "Exchange 2013 has none; they are replaced by retention tags before the moves.", &v.ManagedFolders),
		toggle(mail, "relay_connectors", "Relay connectors", "Devices and applications send through receive connectors that must be recreated.", &v.RelayConnectors),
		toggle(mail, "edge_transport", "Edge Transport", "Edge servers are subscribed; the subscription is renewed after the new servers.", &v.EdgeTransport),
		toggle(mail, "unified_messaging", "Unified Messaging", "Voice mail is in use; dial plans and gateways follow to Exchange 2013.", &v.UnifiedMessaging),
	}
	if v.UnifiedMessaging {
		list = append(list, toggle(mail, "um_tls", "Unified Messaging over TLS", "Dial plans are secured, so the services need certificates of their own.", &v.UMTLS))
	}
	list = append(list, toggle(mail, "hybrid", "Hybrid with Exchange Online", "A hybrid configuration exists and is run again through the new servers.", &v.Hybrid),
		toggle(ground, "split_dns", "Split DNS", "The same names resolve differently inside and outside; both sides are switched and checked.", &v.SplitDNS),
		toggle(ground, "load_balancer", "Load balancer", "A load balancer stands before the Client Access servers.", &v.LoadBalancer),
		toggle(ground, "reverse_proxy", "Reverse proxy", "TMG, UAG, ARR or the like publishes the names; its rules are switched too.", &v.ReverseProxy),
		toggle(ground, "split_ad_team", "Separate directory team", "Another team prepares schema and domains; their commands are kept apart.", &v.SplitADTeam),
		toggle(ground, "disjoint_namespace", "Disjoint namespace", "Servers' DNS suffix differs from their domain's name.", &v.DisjointNamespace))
	return list
}

func (f *Form) targetFields() []Field {
	const target, cert, dag = "Target", "Certificate", "New database availability group"
	list := []Field{
		{Key: "target.release", Label: "Release", Group: target, Kind: Choice, Text: &f.Release, Fallback: f.release(), Options: f.releaseOptions(),
			Hint: "What is installed: the last one, unless something forbids it.", Example: "2013 CU23"},
		{Key: "target.media", Label: "Setup folder", Group: target, Text: &f.Media, Fallback: defaultMedia, check: migration.ValidatePath,
			Hint: "The folder that holds Setup.exe, as the new servers see it.", Example: `D:\`},
		{Key: "certificate.wildcard", Label: "Wildcard certificate", Group: cert, Kind: Toggle, On: &f.Wildcard,
			Hint: "One certificate for *.domain. Outlook Anywhere, POP and IMAP need extra settings with it."},
		{Key: "certificate.reuse", Label: "Keep the old certificate", Group: cert, Kind: Toggle, On: &f.Reuse,
			Hint: "The certificate on the old servers is exported to the new ones instead of a new request."},
	}
	return append(list, f.dagFields("dag", dag, &f.DAG)...)
}

func (f *Form) releaseOptions() []Option {
	var out []Option
	for _, r := range f.Targets() {
		about := "build " + r.Build
		if r.SupportEnd != "" {
			about += ", support ended " + r.SupportEnd
		}
		out = append(out, Option{r.Name, r.Name, about})
	}
	if len(out) == 0 { // the releases table says nothing: take what validation knows
		for _, name := range f.Known.Releases {
			if strings.HasPrefix(name, "2013 ") {
				out = append(out, Option{name, name, ""})
			}
		}
	}
	return out
}

func (f *Form) dagFields(prefix, group string, d *DAG) []Field {
	list := []Field{{Key: prefix, Label: "Build a DAG", Group: group, Kind: Toggle, On: &d.Wanted,
		Hint: "Mailbox databases are replicated between the new Mailbox servers."}}
	if !d.Wanted {
		return list
	}
	list = append(list,
		Field{Key: prefix + ".name", Label: "DAG name", Group: group, Text: &d.Name, check: migration.ValidateDAGName,
			Hint: "A computer name of at most 15 characters that does not exist yet.", Example: "DAG01"},
		Field{Key: prefix + ".witness_server", Label: "Witness server", Group: group, Text: &d.WitnessServer,
			Hint: "A server outside the DAG with room for a small share; not a domain controller.", Example: "FS01"},
		Field{Key: prefix + ".witness_directory", Label: "Witness folder", Group: group, Text: &d.WitnessDirectory, Fallback: witnessDirectory(*d), check: migration.ValidatePath,
			Hint: "A folder on the witness server; it is created.", Example: `C:\DAG01`},
		Field{Key: prefix + ".ip_less", Label: "Without an address", Group: group, Kind: Toggle, On: &d.IPLess,
			Hint: "No administrative access point. Needs Windows Server 2012 R2 and Exchange 2013 SP1 or later."})
	if !d.IPLess {
		list = append(list, Field{Key: prefix + ".addresses", Label: "DAG addresses", Group: group, Text: &d.Addresses, Optional: true, check: each(migration.ValidateAddress),
			Hint: "One address per subnet, set apart by commas. Empty: DHCP.", Example: "10.0.0.50"})
	}
	return list
}

func (f *Form) networkFields() []Field {
	const reach = "Reaching the organisation"
	n := &f.Network
	return []Field{
		{Key: "network.internal_resolver", Label: "Inside resolver", Group: reach, Text: &n.InternalResolver, Optional: true,
			Hint: "DNS server that answers as inside clients see it. Empty: this machine's.", Example: "10.0.0.53"},
		{Key: "network.external_resolver", Label: "Outside resolver", Group: reach, Text: &n.ExternalResolver, Optional: true,
			Hint: "DNS server that answers as the Internet sees it, if this machine may ask it.", Example: "198.51.100.53"},
		{Key: "network.domain_controllers", Label: "Domain controllers", Group: reach, Text: &n.DomainControllers, Optional: true, check: each(migration.ValidateHost),
			Hint: "Asked over LDAP. Empty: found by their SRV records below the domains.", Example: "dc1.contoso.com, dc2.contoso.com"},
		{Key: "network.proxy", Label: "HTTP proxy", Group: reach, Text: &n.Proxy, Optional: true,
			Hint: "Recorded with every result that went through it. Empty: none.", Example: "http://proxy.contoso.com:8080"},
		{Key: "network.trust", Label: "Extra roots", Group: reach, Text: &n.Trust, Optional: true, check: eachItem(checkLine),
			Hint: "PEM files with the roots of your own authority, beside the migration's file.", Example: "contoso-ca.pem"},
		{Key: "network.loopback", Label: "Reach this machine itself", Group: reach, Kind: Toggle, On: &n.Loopback,
			Hint: "Laboratories only: checks may talk to 127.0.0.0/8 and ::1. Otherwise such an answer is a failure."},
		{Key: "network.logon_over_old_tls", Label: "Logons over old TLS", Group: reach, Kind: Toggle, On: &n.LogonOverOldTLS,
			Hint: "Test passwords may go to old servers with verified TLS 1.0 or 1.1. Such a check ends at best in a warning."},
	}
}

func (f *Form) changeFields() []Field {
	c := &f.Change
	return []Field{
		{Key: "change.number", Label: "Change number", Text: &c.Number, Optional: true, check: checkLine, Hint: "As in your change system.", Example: "CHG0012345"},
		{Key: "change.approver", Label: "Approved by", Text: &c.Approver, Optional: true, check: checkLine, Hint: "Who approved it.", Example: "B. Okafor"},
		{Key: "change.window_start", Label: "Window opens", Text: &c.WindowStart, Optional: true, check: f.checkMoment,
			Hint: "Without an offset it is this machine's time.", Example: "2026-11-28 22:00 +01:00"},
		{Key: "change.window_end", Label: "Window closes", Text: &c.WindowEnd, Optional: true, check: f.checkWindowEnd,
			Hint: "After this the status line counts the overrun.", Example: "2026-11-29 06:00 +01:00"},
		{Key: "change.contacts", Label: "Contacts", Text: &c.Contacts, Optional: true, check: eachItem(checkLine),
			Hint: "Whom to call, set apart by commas.", Example: `Service desk +49 30 1234, "Kim, network"`},
	}
}

func (f *Form) probeFields(i int) []Field {
	p := &f.Probes[i]
	k := func(name string) string { return fmt.Sprintf("probe[%d].%s", i+1, name) }
	return []Field{
		{Key: k("mailbox"), Label: "Mailbox address", Text: &p.Mailbox, check: migration.ValidateMailbox,
			Hint: "A mailbox made for testing. Never a person's.", Example: "probe10@" + orExample(f.clientDomain())},
		{Key: k("username"), Label: "Logs on as", Text: &p.Username, check: checkUser,
			Hint: "DOMAIN\\name or name@domain. The password is asked when a check needs it.", Example: `CONTOSO\probe10`},
		{Key: k("version"), Label: "Held by", Kind: Choice, Text: &p.Version, Options: f.versionOptions(),
			Hint: "The Exchange version that holds the mailbox today."},
		{Key: k("site"), Label: "Site", Kind: Choice, Text: &p.Site, Optional: true, Options: f.siteOptions("any site"),
			Hint: "Where the mailbox is, if there are several sites."},
	}
}

func (f *Form) siteOptions(none string) []Option {
	out := []Option{{"", none, ""}}
	for _, s := range f.Sites {
		if n := trim(s.Name); n != "" {
			out = append(out, Option{n, n, ""})
		}
	}
	return out
}

// OldVersions lists the versions the organisation comes from.
func (f *Form) OldVersions() []string {
	switch f.Source {
	case migration.Source2007:
		return []string{"2007"}
	case migration.Mixed:
		return []string{"2010", "2007"}
	}
	return []string{"2010"}
}

func (f *Form) versionOptions() []Option {
	var out []Option
	for _, v := range append(f.OldVersions(), "2013") {
		out = append(out, Option{v, "Exchange " + v, ""})
	}
	return out
}

func orExample(domain string) string {
	if domain == "" {
		return "contoso.com"
	}
	return domain
}

// Count says a number with its noun.
func Count(n int, one, many string) string {
	if n == 1 {
		return fmt.Sprint("1 ", one)
	}
	return fmt.Sprint(n, " ", many)
}
