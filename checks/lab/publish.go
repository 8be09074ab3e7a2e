package lab

import (
	"strconv"
	"strings"
)

// publish writes the state into the directory, as the domain controllers show
// it. What was there and is no longer is taken out.
func (o *Organization) publish() {
	d := o.directory
	now := map[string]bool{}
	put := func(dn string, write func()) {
		now[dn] = true
		write()
	}
	for _, v := range o.objects["databaseavailabilitygroup"] {
		put(d.dagDN(v.text("Name")), func() { d.PutDAG(v.text("Name"), v.text("WitnessServer")) })
	}
	for _, v := range o.objects["offlineaddressbook"] {
		put(d.bookDN(v.text("Name")), func() { d.PutAddressBook(v.text("Name"), truth(v.get("IsDefault"))) })
	}
	for _, v := range o.objects["exchangeserver"] {
		put(d.ServerDN(v.text("Name")), func() { o.publishServer(v) })
	}
	for _, v := range o.objects["mailboxdatabase"] {
		book := strings.TrimPrefix(v.text("OfflineAddressBook"), `\`)
		put(d.DatabaseDN(v.text("Name")), func() { d.PutDatabase(v.text("Name"), v.text("Server"), book, v.text("RpcClientAccessServer")) })
	}
	for _, v := range o.objects["mailbox"] {
		name := v.text("Name")
		put("CN="+name+",CN=Users,"+domainDN(o.plan.Forest), func() {
			d.PutMailbox(o.plan.Forest, name, v.text("Database"), "", truth(v.get("Arbitration")))
		})
	}
	for _, v := range o.objects["sendconnector"] {
		name := v.text("Name")
		put("send "+name, func() {
			d.PutSendConnector(name, texts(v.get("AddressSpaces")), texts(v.get("SourceTransportServers"))...)
		})
	}
	o.publishFurther(put)
	for dn := range o.published {
		if !now[dn] {
			d.Delete(dn)
		}
	}
	o.published = now
	o.publishWeb()
}

// publishWeb tells the web directories which mailboxes there are and which
// names they hand out.
func (o *Organization) publishWeb() {
	names := Published{Primary: o.plan.Primary}
	legacy := []string{o.plan.Legacy}
	for _, site := range o.plan.Sites {
		legacy = append(legacy, site.Legacy)
	}
	for _, name := range nonEmpty(legacy...) { // the organisation's before those of sites
		for _, v := range o.objects["webservicesvirtualdirectory"] {
			if names.Legacy == "" && strings.Contains(v.text("ExternalUrl"), "//"+name+"/") {
				names.Legacy = name
			}
		}
	}
	o.lab.Publish(names)
	for _, m := range o.plan.Mailboxes {
		for _, v := range o.objects["mailbox"] {
			if s := o.server(v.text("ServerName")); s != nil && sameText(v.get("PrimarySmtpAddress"), m.Address) {
				o.lab.SetMailbox(Mailbox{Address: m.Address, User: m.Username, Password: m.Password, Version: s.text("Version")})
			}
		}
	}
}

// publishServer writes a server with what stands below it.
func (o *Organization) publishServer(v *item) {
	d, name := o.directory, v.text("Name")
	dag := ""
	for _, g := range o.objects["databaseavailabilitygroup"] {
		if contains(g.get("Servers"), name) {
			dag = g.text("Name")
		}
	}
	d.PutServer(ExchangeServer{Name: name, FQDN: v.text("Fqdn"), Serial: serial(v.text("DirectoryBuild")), Roles: roleBits(v), Site: v.text("SiteName"), DAG: dag})
	for _, dir := range virtualDirectories {
		if vdirClasses[dir.key] == "" {
			continue // the persona has no class for it
		}
		for _, w := range o.objects[strings.ToLower(dir.noun)] {
			if sameText(w.get("Server"), name) {
				d.PutVirtualDirectory(name, dir.key, "", w.text("InternalUrl"), w.text("ExternalUrl"))
			}
		}
	}
	for _, c := range o.objects["clientaccessserver"] {
		if sameText(c.get("Server"), name) {
			d.PutConnectionPoint(name, c.text("AutoDiscoverServiceInternalUri"), texts(c.get("AutoDiscoverSiteScope"))...)
		}
	}
	for _, c := range o.objects["receiveconnector"] {
		if sameText(c.get("Server"), name) {
			d.PutReceiveConnector(name, c.text("Name"))
		}
	}
}

// serial writes a build as the directory keeps it: 30000 above its third part.
func serial(build string) string {
	p := strings.Split(build, ".")
	if len(p) != 4 {
		return build
	}
	n, _ := strconv.Atoi(p[2])
	return "Version " + p[0] + "." + p[1] + " (Build " + strconv.Itoa(30000+n) + "." + p[3] + ")"
}

// roleBits are a server's roles as the directory counts them.
func roleBits(v *item) int {
	bits := map[string]int{"mailbox": 2, "client-access": 4, "unified-messaging": 16, "hub-transport": 32, "edge-transport": 64}
	if is2013(v) {
		bits = map[string]int{"mailbox": 2 + 4 + 16 + 32, "client-access": 1 + 16384, "edge-transport": 64}
	}
	n := 0
	for _, role := range texts(v.get("Roles")) {
		n |= bits[role]
	}
	return n
}
