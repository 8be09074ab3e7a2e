package lab

import (
	"crypto/sha1"
	"crypto/sha256"
	"crypto/tls"
	"encoding/hex"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"coexist/checks"

	"coexist/checks/blueprint"
)

// buildControllers makes one domain controller per site; further domains have
// one of their own in the first site.
func (o *Organization) buildControllers() error {
	add := func(domain, site string, at netip.Addr) {
		n := len(o.controllers) + 1
		o.controllers = append(o.controllers, Controller{Name: fmt.Sprintf("DC%d", n), FQDN: fmt.Sprintf("dc%d.%s", n, domain),
			Domain: domain, Site: site, Address: at, Catalog: true})
	}
	domains := []string{o.plan.Forest}
	for i, s := range o.plan.Sites {
		add(o.plan.Forest, s.Name, netip.AddrFrom4([4]byte{10, byte(i), 0, 10}))
	}
	for i, d := range o.plan.Domains {
		if !strings.EqualFold(d, o.plan.Forest) {
			domains = append(domains, d)
			add(d, o.plan.Sites[0].Name, netip.AddrFrom4([4]byte{10, 0, 1, byte(10 + i)}))
		}
	}
	var err error
	if o.directory, err = o.lab.AddDirectory(4, domains, o.controllers...); err != nil {
		return err
	}
	o.directory.SetSchema(o.plan.RangeUpper)
	o.directory.SetOrganization(o.plan.Name, o.plan.OrgVersion)
	for _, d := range domains {
		if o.plan.DomainVersion > 0 {
			o.directory.SetDomain(d, o.plan.DomainVersion)
		}
	}
	return nil
}

// domains are the forest's domains as the shell shows them.
func (o *Organization) domains() []any {
	var out []any
	for _, d := range o.plan.Domains {
		var dcs []any
		for _, c := range o.controllers {
			if strings.EqualFold(c.Domain, d) {
				dcs = append(dcs, newItem("DomainController", "Name", c.FQDN, "OSVersion", "Windows Server 2012 R2 Standard", "SiteName", c.Site))
			}
		}
		out = append(out, newItem("Domain", "Name", d, "DomainControllers", dcs))
	}
	return out
}

// install puts a server into the directory and on the network.
func (o *Organization) install(site blueprint.Site, s blueprint.Server, roles []string, build string) error {
	admin := displayVersion(build)
	o.add(newItem("ExchangeServer", "Name", s.Name, "Identity", s.Name, "Server", s.Name, "Fqdn", s.FQDN, "Domain", o.plan.Forest,
		"Site", o.plan.Forest+"/Configuration/Sites/"+site.Name, "SiteName", site.Name, "Address", s.Address.String(),
		"AdminDisplayVersion", admin, "ServerRole", roleNames(s.Version, roles), "Roles", anyList(roles), "Version", s.Version, "Build", build,
		"DirectoryBuild", build, "Edition", "Standard", "IsExchangeTrialEdition", s.Version == "2013",
		"IsMailboxServer", slices.Contains(roles, "mailbox"), "IsClientAccessServer", slices.Contains(roles, "client-access"),
		"IsHubTransportServer", slices.Contains(roles, "hub-transport") || s.Version == "2013" && slices.Contains(roles, "mailbox"),
		"IsUnifiedMessagingServer", slices.Contains(roles, "unified-messaging"), "IsEdgeServer", slices.Contains(roles, "edge-transport")))
	if slices.Contains(roles, "client-access") {
		o.addClientAccess(site, s)
	}
	if slices.Contains(roles, "mailbox") {
		o.addStores(s, site)
	}
	o.addConnectors(s, roles)
	if slices.Contains(roles, "edge-transport") {
		o.add(newItem("EdgeSubscription", "Name", s.Name, "Identity", s.Name, "Server", s.Name, "Site", site.Name))
		status := "Normal"
		if s.Version == "2013" {
			status = "Inconclusive" // not subscribed yet
		}
		o.add(newItem("EdgeSynchronization", "Name", s.Name, "Identity", s.Name, "Server", s.Name, "SyncStatus", status, "LastSynchronizedUtc", o.now().UTC()))
	}
	if s.Version != "2013" && slices.Contains(roles, "unified-messaging") {
		o.add(newItem("UMServer", "Name", s.Name, "Identity", s.Name, "Server", s.Name, "DialPlans", []any{dialPlan}, "Status", "Enabled"))
	}
	cert := o.firstCertificate(site, s, roles)
	if err := o.lab.AddServer(o.onNetwork(s, roles, build, cert)); err != nil {
		return err
	}
	o.bound[strings.ToLower(s.Name)] = cert
	o.addServices(s, roles)
	if err := o.addVoice(s, roles); err != nil {
		return err
	}
	if err := o.serveMail(s, roles); err != nil {
		return err
	}
	return o.listCertificates(s, cert)
}

// addClientAccess makes the virtual directories and settings of a Client
// Access server.
func (o *Organization) addClientAccess(site blueprint.Site, s blueprint.Server) {
	for _, d := range virtualDirectories {
		if !strings.Contains(d.versions, s.Version) {
			continue
		}
		v := newItem(d.noun, "Name", d.web+" (Default Web Site)", "Identity", s.Name+`\`+d.web+" (Default Web Site)", "Server", s.Name,
			"Kind", d.key, "InternalUrl", "https://"+strings.ToLower(s.FQDN)+d.path, "ExternalUrl", nil)
		if s.Version != "2013" && d.key != "um" && o.public(site) {
			v.set("ExternalUrl", "https://"+o.plan.Primary+d.path)
		}
		if d.key == "owa" || d.key == "ecp" {
			setAuthentication(v, "Fba")
		}
		if d.key == "mapi" {
			v.set("IISAuthenticationMethods", []any{"Ntlm", "OAuth", "Negotiate"})
		}
		if d.key == "ews" {
			v.set("MRSProxyEnabled", false)
			v.set("InternalNLBBypassUrl", "https://"+strings.ToLower(s.FQDN)+"/ews/exchange.asmx")
		}
		o.add(v)
	}
	o.add(newItem("ClientAccessServer", "Name", s.Name, "Identity", s.Name, "Server", s.Name, "Fqdn", s.FQDN,
		"AutoDiscoverServiceInternalUri", "https://"+strings.ToLower(s.FQDN)+"/Autodiscover/Autodiscover.xml", "AutoDiscoverSiteScope", []any{site.Name},
		"AlternateServiceAccountConfiguration", nil))
	oa := newItem("OutlookAnywhere", "Name", "Rpc (Default Web Site)", "Identity", s.Name+`\Rpc (Default Web Site)`, "Server", s.Name,
		"ExternalHostname", nil, "SSLOffloading", true)
	switch {
	case s.Version == "2013":
		oa.set("InternalHostname", strings.ToLower(s.FQDN))
		oa.set("InternalClientAuthenticationMethod", "Ntlm")
		oa.set("ExternalClientAuthenticationMethod", "Negotiate")
		oa.set("InternalClientsRequireSsl", false)
		oa.set("ExternalClientsRequireSsl", true)
		oa.set("IISAuthenticationMethods", []any{"Basic", "Ntlm", "Negotiate"})
	case !o.plan.OutlookAnywhere:
		return
	default:
		oa.set("ExternalHostname", o.plan.Primary)
		oa.set("ClientAuthenticationMethod", "Basic")
		oa.set("IISAuthenticationMethods", []any{"Basic"})
	}
	o.add(oa)
}

// public tells whether the servers of a site carry external URLs: where a site
// faces the Internet, those of the others have none.
func (o *Organization) public(site blueprint.Site) bool {
	return site.InternetFacing || !slices.ContainsFunc(o.plan.Sites, func(s blueprint.Site) bool { return s.InternetFacing })
}

// virtualDirectories of the versions; key is what effects call them.
var virtualDirectories = []struct{ key, noun, web, path, versions string }{
	{"owa", "OwaVirtualDirectory", "owa", "/owa", "2007 2010 2013"},
	{"ecp", "EcpVirtualDirectory", "ecp", "/ecp", "2010 2013"},
	{"eas", "ActiveSyncVirtualDirectory", "Microsoft-Server-ActiveSync", "/Microsoft-Server-ActiveSync", "2007 2010 2013"},
	{"ews", "WebServicesVirtualDirectory", "EWS", "/EWS/Exchange.asmx", "2007 2010 2013"},
	{"oab", "OabVirtualDirectory", "OAB", "/OAB", "2007 2010 2013"},
	{"mapi", "MapiVirtualDirectory", "mapi", "/mapi", "2013"},
	{"um", "UMVirtualDirectory", "UnifiedMessaging", "/UnifiedMessaging/Service.asmx", "2007"},
}

// addStores makes a mailbox server's databases.
func (o *Organization) addStores(s blueprint.Server, site blueprint.Site) {
	o.add(newItem("MailboxServer", "Name", s.Name, "Identity", s.Name, "Server", s.Name, "DatabaseAvailabilityGroup", nil))
	name := "Mailbox Database " + s.Name
	d := newItem("MailboxDatabase", "Name", name, "Identity", name, "Server", s.Name, "Guid", guid(o.plan.Seed, name), "Mounted", true, "Recovery", false,
		"OfflineAddressBook", nil, "IsExcludedFromProvisioning", false, "RpcClientAccessServer", strings.ToLower(s.FQDN), "Version", s.Version,
		"EdbFilePath", `C:\Program Files\Microsoft\Exchange Server\V15\Mailbox\`+name+`\`+name+`.edb`, "LastFullBackup", nil)
	if s.Version != "2013" {
		d.set("LastFullBackup", lazy(func() any { return o.lastBackup(s.Name) }))
	}
	if s.Version == "2007" {
		d.set("Identity", s.Name+`\First Storage Group\`+name)
		d.set("RpcClientAccessServer", nil)
	}
	o.add(d)
	if s.Version == "2013" {
		o.add(copyStatus(name, s.Name, "Mounted"))
		o.addFor2013(s, name)
		return
	}
	if o.plan.PublicFolders {
		o.add(newItem("PublicFolderDatabase", "Name", "Public Folder Database "+s.Name, "Identity", "Public Folder Database "+s.Name, "Server", s.Name))
	}
}

// addFor2013 makes what the first Exchange 2013 Mailbox server brings along.
func (o *Organization) addFor2013(s blueprint.Server, database string) {
	const book = "Default Offline Address Book (Ex2013)"
	if len(o.pick("OfflineAddressBook", func(v *item) bool { return v.named(book) })) == 0 {
		o.add(newItem("OfflineAddressBook", "Name", book, "Identity", `\`+book, "IsDefault", false, "ExchangeVersion", "0.20 (15.0.0.0)",
			"GlobalWebDistributionEnabled", false))
	}
	if len(o.pick("Mailbox", func(v *item) bool { return truth(v.get("Arbitration")) })) == 0 {
		o.addArbitration(s, database)
	}
}

// lazy is a property that is worked out when it is read.
type lazy func() any

// lastBackup is when a server's databases were last backed up.
func (o *Organization) lastBackup(server string) time.Time {
	if first := o.plan.Sites[0].Servers; o.faults[FaultBackup] && len(first) > 0 && strings.EqualFold(first[0].Name, server) {
		return o.lastNight().AddDate(0, 0, -9)
	}
	return o.lastNight()
}

// lastNight is when the nightly backup ended.
func (o *Organization) lastNight() time.Time {
	now := o.now().UTC()
	last := time.Date(now.Year(), now.Month(), now.Day(), 1, 30, 0, 0, time.UTC)
	if last.After(now) {
		last = last.AddDate(0, 0, -1)
	}
	return last
}

func copyStatus(database, server, status string) *item {
	return newItem("MailboxDatabaseCopyStatus", "Name", database+`\`+server, "Identity", database+`\`+server, "DatabaseName", database, "Server", server,
		"Status", status, "CopyQueueLength", 0, "ReplayQueueLength", 0, "ContentIndexState", "Healthy")
}

// addConnectors makes the receive connectors of a server that takes mail.
func (o *Organization) addConnectors(s blueprint.Server, roles []string) {
	names := []string{}
	switch {
	case s.Version == "2013" && slices.Contains(roles, "client-access"):
		names = append(names, "Default Frontend "+s.Name)
	case slices.Contains(roles, "hub-transport"):
		names = append(names, "Default "+s.Name)
	}
	for _, n := range names {
		o.add(newItem("ReceiveConnector", "Name", n, "Identity", s.Name+`\`+n, "Server", s.Name, "MaxMessageSize", megabytes(36),
			"Enabled", true, "TransportRole", transportRole(s), "RemoteIPRanges", []any{"0.0.0.0-255.255.255.255"}))
	}
}

func transportRole(s blueprint.Server) string {
	if s.Version == "2013" {
		return "FrontendTransport"
	}
	return "HubTransport"
}

// firstCertificate is what a server presents to begin with: the company's on
// the old Client Access servers, Exchange's own elsewhere.
func (o *Organization) firstCertificate(site blueprint.Site, s blueprint.Server, roles []string) Certificate {
	if s.Version == "2013" || !slices.Contains(roles, "client-access") {
		return selfSigned(s)
	}
	names := nonEmpty(o.plan.Primary, o.plan.Autodiscover, site.Primary, strings.ToLower(s.FQDN))
	return Certificate{Names: names, NotBefore: o.plan.Start.AddDate(0, -10, 0), NotAfter: o.plan.Start.AddDate(1, 2, 0)}
}

func selfSigned(s blueprint.Server) Certificate {
	return Certificate{Names: nonEmpty(s.Name, strings.ToLower(s.FQDN)), SelfSigned: true}
}

// listCertificates puts a server's certificates into the shell's view.
func (o *Organization) listCertificates(s blueprint.Server, bound Certificate) error {
	own := selfSigned(s)
	services := map[bool]string{true: "IIS, SMTP", false: "SMTP"}
	if err := o.listCertificate(s.Name, own, "Valid", services[bound.SelfSigned]); err != nil {
		return err
	}
	if bound.SelfSigned {
		return nil
	}
	return o.listCertificate(s.Name, bound, "Valid", "IIS")
}

func (o *Organization) listCertificate(server string, c Certificate, status, services string) error {
	cert, err := o.lab.Issue(c)
	if err != nil {
		return err
	}
	print := thumbprint(cert)
	o.remove("ExchangeCertificate", func(v *item) bool { return sameText(v.get("Server"), server) && sameText(v.get("Thumbprint"), print) })
	v := newItem("ExchangeCertificate", "Identity", server+`\`+print, "Server", server, "Thumbprint", print, "Status", status,
		"HasPrivateKey", true, "IsSelfSigned", c.SelfSigned, "Services", services, "CertificateDomains", anyList(c.Names),
		"NotBefore", cert.Leaf.NotBefore, "NotAfter", cert.Leaf.NotAfter, "Subject", "CN="+c.Names[0])
	o.add(v)
	return nil
}

func thumbprint(c *tls.Certificate) string {
	sum := sha1.Sum(c.Certificate[0])
	return strings.ToUpper(hex.EncodeToString(sum[:]))
}

// guid derives an identifier from names, so that it is the same on every open.
func guid(parts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	h := hex.EncodeToString(sum[:16])
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}

// megabytes is a size as Exchange shows it.
func megabytes(n int) string {
	digits := fmt.Sprint(n << 20)
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return fmt.Sprintf("%d MB (%s bytes)", n, digits)
}

// displayVersion writes a build as the directory does.
func displayVersion(build string) string {
	p := strings.Split(build, ".")
	if len(p) != 4 {
		return build
	}
	return fmt.Sprintf("Version %s.%s (Build %s.%s)", p[0], p[1], p[2], p[3])
}

func roleNames(version string, roles []string) string {
	names := map[string]string{"client-access": "ClientAccess", "mailbox": "Mailbox", "hub-transport": "HubTransport",
		"unified-messaging": "UnifiedMessaging", "edge-transport": "Edge"}
	var out []string
	for _, r := range roles {
		out = append(out, names[r])
	}
	if version == "2013" && len(roles) == 1 && roles[0] == "mailbox" {
		out = append(out, "HubTransport", "UnifiedMessaging")
	}
	return strings.Join(out, ", ")
}

func anyList(in []string) []any {
	out := make([]any, len(in))
	for i, s := range in {
		out[i] = s
	}
	return out
}

// setAuthentication sets how a web directory logs people on.
func setAuthentication(v *item, how string) {
	forms := strings.EqualFold(how, "Fba")
	v.set("FormsAuthentication", forms)
	v.set("WindowsAuthentication", strings.EqualFold(how, "Windows"))
	v.set("BasicAuthentication", forms)
	v.set("ExternalAuthenticationMethods", []any{how})
}

// buildNames points the client names of each site at one of its old Client
// Access servers: the newest version, which is the one that can serve all.
func (o *Organization) buildNames() {
	for i, site := range o.plan.Sites {
		front := entry(site)
		names := []string{site.Primary}
		outside := o.outside
		if front.IsValid() {
			for _, rpc := range nonEmpty(site.RPC, map[bool]string{true: o.plan.RPC}[i == 0]) {
				o.lab.SetAddresses(checks.Inside, rpc, 3600, front)
			}
		}
		if i == 0 {
			names = []string{o.plan.Primary, o.plan.Autodiscover}
		} else {
			outside = netip.AddrFrom4([4]byte{203, 0, 113, byte(20 + i)})
		}
		if !front.IsValid() || len(nonEmpty(names...)) == 0 {
			continue
		}
		for _, n := range nonEmpty(names...) {
			o.lab.SetAddresses(checks.Inside, n, 3600, front)
			if i == 0 || site.InternetFacing {
				o.lab.SetAddresses(checks.Outside, n, 3600, outside)
			}
		}
		o.lab.Forward(outside, front)
	}
}

// entry is the address of the old server that answers for a site.
func entry(site blueprint.Site) netip.Addr {
	var front netip.Addr
	version := ""
	for _, s := range site.Servers {
		if s.Version != "2013" && slices.Contains(s.Roles, "client-access") && s.Version > version {
			front, version = s.Address, s.Version
		}
	}
	return front
}

// buildMail publishes where mail comes in.
func (o *Organization) buildMail() {
	for _, d := range o.plan.MailDomains {
		for _, view := range []checks.Vantage{checks.Inside, checks.Outside} {
			o.lab.AddMX(view, d, 10, o.plan.Primary)
			o.lab.AddText(view, d, "v=spf1 mx -all")
		}
	}
}
