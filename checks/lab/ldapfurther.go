package lab

import "github.com/go-ldap/ldap/v3"

// What the directory keeps of an organisation beside its servers: what a
// migration is proposed from.

func (d *Directory) acceptedDN(name string) string {
	return "CN=" + ldap.EscapeDN(name) + ",CN=Accepted Domains,CN=Transport Settings," + d.org
}

// PutAcceptedDomain adds or replaces an accepted domain; flags 0 is
// authoritative, 1 an external and 2 an internal relay domain.
func (d *Directory) PutAcceptedDomain(name, flags string) {
	d.Put(d.acceptedDN(name), Entry{"objectClass": {"top", "msExchAcceptedDomain"}, "msExchAcceptedDomainName": {name}, "msExchAcceptedDomainFlags": {flags}})
}

// PutPublicDatabase adds or replaces a public folder database.
func (d *Directory) PutPublicDatabase(name, server string) {
	d.Put(d.DatabaseDN(name), Entry{"objectClass": {"top", "msExchMDB", "msExchPublicMDB"}, "msExchOwningServer": {d.ServerDN(server)}})
}

// PutArray adds or replaces a Client Access array of Exchange 2010.
func (d *Directory) PutArray(name, fqdn, site string) {
	d.Put("CN="+ldap.EscapeDN(name)+",CN=Arrays,"+adminGroup+d.org, Entry{"objectClass": {"top", "server", "msExchExchangeServer", "msExchClientAccessArray"},
		"networkAddress": {"ncacn_ip_tcp:" + fqdn}, "msExchServerSite": {d.siteDN(site)}})
}

// PutDialPlan adds or replaces a dial plan of Unified Messaging.
func (d *Directory) PutDialPlan(name string) {
	d.Put("CN="+ldap.EscapeDN(name)+",CN=UM DialPlan Container,"+d.org, Entry{"objectClass": {"top", "msExchUMDialPlan"}})
}

// PutHybrid adds the configuration that the hybrid wizard leaves.
func (d *Directory) PutHybrid() {
	d.Put("CN=Hybrid Configuration,CN=Hybrid Configuration,"+d.org, Entry{"objectClass": {"top", "msExchCoexistenceRelationship"}})
}

// PutFolderPlan adds a mailbox policy of managed folders; without a name only
// their container.
func (d *Directory) PutFolderPlan(name string) {
	base := "CN=ELC Mailbox Policies," + d.org
	d.Put(base, Entry{"objectClass": {"top", "msExchRecipientPolicies"}})
	if name != "" {
		d.Put("CN="+ldap.EscapeDN(name)+","+base, Entry{"objectClass": {"top", "msExchMailboxRecipientTemplate"}})
	}
}

// publishFurther writes what an organisation has beside its servers.
func (o *Organization) publishFurther(put func(dn string, write func())) {
	d := o.directory
	for _, name := range o.plan.MailDomains {
		put(d.acceptedDN(name), func() { d.PutAcceptedDomain(name, "0") })
	}
	for _, v := range o.objects["publicfolderdatabase"] {
		put(d.DatabaseDN(v.text("Name")), func() { d.PutPublicDatabase(v.text("Name"), v.text("Server")) })
	}
	for _, v := range o.objects["outlookanywhere"] {
		host := v.text("ExternalHostname")
		if host != "" {
			host = "https://" + host + "/rpc"
		}
		put("rpc "+v.text("Identity"), func() { d.PutVirtualDirectory(v.text("Server"), "rpc", "", "", host) })
	}
	for _, v := range o.objects["umdialplan"] {
		put("dial plan "+v.text("Name"), func() { d.PutDialPlan(v.text("Name")) })
	}
	put("managed folders", func() { d.PutFolderPlan("") })
}
