package migration

// alwaysWritten are the keys that stand in the file even when they are empty.
var alwaysWritten = map[string]bool{
	"organization.name": true, "organization.source": true, "organization.forest": true,
	"organization.domains": true, "organization.mail_domains": true,
	"target.release": true, "target.media": true,
	"namespace.primary": true, "namespace.autodiscover": true,
	"dag.name": true, "dag.witness_server": true, "dag.witness_directory": true,
	"probe.mailbox": true, "probe.username": true, "probe.version": true,
	"site.name": true, "site.server.name": true, "site.server.version": true, "site.server.roles": true,
}

// comments explain keys and tables in a written file.
var comments = map[string]string{
	"organization.name":         "the Exchange organisation",
	"organization.source":       `"2007", "2010" or "mixed"`,
	"organization.forest":       "the forest's root domain",
	"organization.domains":      "Active Directory domains with Exchange servers or mail users",
	"organization.mail_domains": "accepted SMTP domains",
	"organization.internet":     "false: no site faces the Internet",

	"target.release": "what is installed",
	"target.media":   "the folder that holds Setup.exe",

	"namespace":              "the names that clients use",
	"namespace.primary":      "moves to Exchange 2013",
	"namespace.autodiscover": "moves to Exchange 2013",
	"namespace.legacy":       "source 2007 or mixed: stays with Exchange 2007",
	"namespace.rpc":          "the 2010 Client Access array, if there is one; never moves",

	"features":                    "facts that add or drop tasks",
	"features.um_tls":             "Unified Messaging with TLS",
	"features.outlook_anywhere":   "in use on the old servers",
	"features.mapi_http":          "wanted on the new servers",
	"features.kerberos_asa":       "alternate service account for Kerberos",
	"features.relay_connectors":   "devices and applications send through Exchange",
	"features.hybrid":             "joined with Exchange Online",
	"features.split_ad_team":      "another team changes Active Directory",
	"features.disjoint_namespace": "DNS suffixes differ from the domains",
	"features.split_dns":          "one name, other addresses inside than outside",
	"features.managed_folders":    "messaging records management of 2007",

	"dag":                   "the new database availability group; [site.dag] for a site's own",
	"dag.name":              "at most 15 characters",
	"dag.witness_server":    "outside the DAG",
	"dag.witness_directory": "on the witness server",
	"dag.addresses":         "[]: from DHCP",
	"dag.ip_less":           "true: no administrative access point, no addresses",

	"certificate.wildcard": "*.domain instead of the single names",
	"certificate.reuse":    "keep the one that the old servers carry",

	"change":              "printed in the change record",
	"change.window_start": "with the offset from UTC",

	"network":                    "how checks reach the organisation; all may be left out",
	"network.internal_resolver":  "DNS server inside; default: this machine's",
	"network.external_resolver":  "DNS server that sees what the Internet sees",
	"network.domain_controllers": "default: found through DNS",
	"network.proxy":              "HTTP proxy, recorded with what used it",
	"network.trust":              "extra roots, PEM; relative to this file",
	"network.loopback":           "laboratories only: checks may reach this machine",
	"network.logon_over_old_tls": "true: test passwords may go over verified TLS 1.0 and 1.1",

	"probe":          "test mailboxes; passwords are asked, never stored",
	"probe.version":  "where the mailbox is today",
	"probe.username": "how it logs on",

	"site":                 "an Active Directory site with Exchange servers",
	"site.entry":           "where the names point after the switch: new CAS or its load balancer",
	"site.external_entry":  "the same, seen from the Internet",
	"site.internal_name":   "where inside and outside names differ",
	"site.dag":             "of this site alone",
	"site.server.nodes":    "the cluster's machines",
	"site.server.was":      "before it was renamed",
	"site.server.os":       "picks the Windows prerequisites",
	"site.internet_facing": "upgraded first",
}

// examples stand in commented-out keys.
var examples = map[string]string{
	"namespace.legacy":           `"legacy.contoso.com"`,
	"namespace.rpc":              `"outlook.contoso.com"`,
	"dag.name":                   `"DAG01"`,
	"dag.witness_server":         `"FS01"`,
	"dag.witness_directory":      `'C:\DAG01'`,
	"dag.addresses":              `["10.0.0.50"]`,
	"change.number":              `"CHG0012345"`,
	"change.approver":            `"name"`,
	"change.window_start":        "2026-11-28T22:00:00+01:00",
	"change.window_end":          "2026-11-29T06:00:00+01:00",
	"change.contacts":            `["name, telephone"]`,
	"network.internal_resolver":  `"10.0.0.53"`,
	"network.external_resolver":  `"198.51.100.53"`,
	"network.domain_controllers": `["dc1.contoso.com"]`,
	"network.proxy":              `"http://proxy.contoso.com:8080"`,
	"network.trust":              `["contoso-ca.pem"]`,
}
