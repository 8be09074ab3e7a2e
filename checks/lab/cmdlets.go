package lab

import (
	"fmt"
	"maps"
	"strings"
)

// cmdlet answers one reading command.
type cmdlet func(*invocation) ([]any, error)

// cmdlets are the reading commands of the shell, by lower-case name.
var cmdlets = map[string]cmdlet{
	"get-exchangeserver":              get("ExchangeServer"),
	"get-mailboxdatabase":             getDatabase,
	"get-publicfolderdatabase":        get("PublicFolderDatabase"),
	"get-mailbox":                     getMailbox,
	"get-owavirtualdirectory":         get("OwaVirtualDirectory"),
	"get-ecpvirtualdirectory":         get("EcpVirtualDirectory"),
	"get-activesyncvirtualdirectory":  get("ActiveSyncVirtualDirectory"),
	"get-webservicesvirtualdirectory": get("WebServicesVirtualDirectory"),
	"get-oabvirtualdirectory":         get("OabVirtualDirectory"),
	"get-mapivirtualdirectory":        get("MapiVirtualDirectory"),
	"get-umvirtualdirectory":          get("UMVirtualDirectory"),
	"get-outlookanywhere":             get("OutlookAnywhere"),
	"get-clientaccessserver":          get("ClientAccessServer"),
	"get-clientaccessarray":           get("ClientAccessArray"),
	"get-mailboxserver":               get("MailboxServer"),
	"get-exchangecertificate":         getCertificate,
	"get-sendconnector":               get("SendConnector"),
	"get-receiveconnector":            get("ReceiveConnector"),
	"get-offlineaddressbook":          get("OfflineAddressBook"),
	"get-organizationconfig":          get("OrganizationConfig"),
	"get-transportconfig":             get("TransportConfig"),
	"get-databaseavailabilitygroup":   get("DatabaseAvailabilityGroup"),
	"get-mailboxdatabasecopystatus":   get("MailboxDatabaseCopyStatus"),
	"get-moverequest":                 getMoveRequest,
	"get-migrationbatch":              get("MigrationBatch"),
	"get-rolegroupmember":             get("RoleGroupMember"),
	"get-queue":                       get("Queue"),
	"get-healthreport":                getHealth,
	"get-servercomponentstate":        getComponents,
	"get-windowsfeature":              getFeatures,
	"get-itemproperty":                getRegistry,
	"get-command":                     getCommand,
	"get-edgesubscription":            get("EdgeSubscription"),
	"test-edgesynchronization":        get("EdgeSynchronization"),
	"get-outlookprovider":             get("OutlookProvider"),
	"get-umserver":                    get("UMServer"),
	"get-umservice":                   get("UMService"),
	"get-umdialplan":                  get("UMDialPlan"),
	"get-service":                     getService,
	"get-accepteddomain":              get("AcceptedDomain"),
	"get-hybridconfiguration":         get("HybridConfiguration"),
	"get-managedfoldermailboxpolicy":  get("ManagedFolderMailboxPolicy"),
	"search-adminauditlog":            searchAudit,
	"test-path":                       testPath,
	"test-servicehealth":              testServices,
	"test-owaconnectivity":            testWeb,
	"test-activesyncconnectivity":     testWeb,
	"test-webservicesconnectivity":    testWeb,
	"test-mapiconnectivity":           testStores,
	"test-mailflow":                   testMailflow,
	"test-smtpconnectivity":           testSMTP,
	"test-mrshealth":                  testMRS,
	"test-replicationhealth":          testReplication,
}

// get returns the kept objects of a noun, narrowed by -Identity and -Server.
func get(noun string) cmdlet {
	return func(c *invocation) ([]any, error) { return c.find(noun) }
}

func (c *invocation) find(noun string) ([]any, error) {
	for _, harmless := range []string{"adpropertiesonly", "resultsize", "status", "includealternateserviceaccountcredentialstatus", "ignoredefaultscope", "includepreexchange2010", "includepreexchange2013"} {
		c.used[harmless] = true
	}
	found := c.org.all(noun)
	if server, ok := c.arg("server"); ok {
		at := c.org.server(server)
		if at == nil {
			return nil, notFound(server)
		}
		found = keep(found, func(o *item) bool { return sameText(o.get("Server"), at.text("Name")) })
	}
	if id, ok := c.identity(); ok {
		found = keep(found, func(o *item) bool { return o.named(id) })
		if len(found) == 0 && !strings.ContainsAny(id, "*?") {
			return nil, notFound(id)
		}
	}
	return found, nil
}

func notFound(id string) error {
	return fmt.Errorf("the operation could not be performed because object %q could not be found", id)
}

func keep(in []any, want func(*item) bool) []any {
	var out []any
	for _, v := range in {
		if o, ok := v.(*item); ok && want(o) {
			out = append(out, v)
		}
	}
	return out
}

func sameText(v any, s string) bool { return strings.EqualFold(text(v), s) }

// named tells whether an identity, perhaps with a wildcard, means the object.
func (o *item) named(id string) bool {
	for _, property := range []string{"Identity", "Name", "PrimarySmtpAddress", "Fqdn"} {
		if v := o.text(property); v != "" && wildcard(id, v) {
			return true
		}
	}
	return false
}

// getDatabase asks the servers themselves how their databases stand only with
// -Status; without it the shell shows that as empty.
func getDatabase(c *invocation) ([]any, error) {
	_, asked := c.arg("status")
	found, err := c.find("MailboxDatabase")
	if err != nil || asked {
		return found, err
	}
	var out []any
	for _, v := range found {
		d := &item{noun: "MailboxDatabase", props: maps.Clone(v.(*item).props)}
		d.set("Mounted", nil)
		d.set("LastFullBackup", nil)
		out = append(out, d)
	}
	return out, nil
}

func getMailbox(c *invocation) ([]any, error) {
	_, arbitration := c.arg("arbitration")
	server, narrowed := c.arg("server")
	delete(c.named, "server")
	found, err := c.find("Mailbox")
	if err != nil {
		return nil, err
	}
	if narrowed && c.org.server(server) == nil {
		return nil, notFound(server)
	}
	return keep(found, func(o *item) bool {
		return truth(o.get("Arbitration")) == arbitration && (!narrowed || sameText(o.get("ServerName"), server))
	}), nil
}

func getCertificate(c *invocation) ([]any, error) {
	server, given := c.arg("server")
	at := c.at
	if given {
		if at = c.org.server(server); at == nil {
			return nil, notFound(server)
		}
	}
	delete(c.named, "server")
	thumbprint, one := c.arg("thumbprint")
	found := keep(c.org.all("ExchangeCertificate"), func(o *item) bool {
		return sameText(o.get("Server"), at.text("Name")) && (!one || sameText(o.get("Thumbprint"), thumbprint))
	})
	if one && len(found) == 0 {
		return nil, fmt.Errorf("there is no certificate with thumbprint %s on %s", thumbprint, at.text("Name"))
	}
	return found, nil
}

func getMoveRequest(c *invocation) ([]any, error) {
	batch, inBatch := c.arg("batchname")
	status, withStatus := c.arg("movestatus")
	found, err := c.find("MoveRequest")
	return keep(found, func(o *item) bool {
		return (!inBatch || wildcard(batch, o.text("BatchName"))) && (!withStatus || sameText(o.get("Status"), status))
	}), err
}

// onServer is the installed server that an argument names.
func (c *invocation) onServer(parameters ...string) (*item, error) {
	for _, p := range parameters {
		name, ok := c.arg(p)
		if p == "identity" {
			name, ok = c.identity()
		}
		if !ok {
			continue
		}
		if at := c.org.server(name); at != nil {
			return at, nil
		}
		return nil, notFound(name)
	}
	return c.at, nil
}

func getHealth(c *invocation) ([]any, error) {
	at, err := c.onServer("identity", "server")
	if err != nil {
		return nil, err
	}
	if !is2013(at) {
		return nil, fmt.Errorf("%s runs no managed availability: it is not Exchange 2013", at.text("Name"))
	}
	var out []any
	for _, set := range []string{"OWA.Protocol", "ActiveSync.Protocol", "EWS.Protocol", "Outlook.Protocol", "Autodiscover.Protocol", "FrontendTransport", "Store"} {
		value := "Healthy"
		if bad := c.org.unhealthy[strings.ToLower(at.text("Name"))]; bad == set {
			value = "Unhealthy"
		}
		out = append(out, newItem("HealthReport", "Server", at.text("Name"), "HealthSet", set, "AlertValue", value))
	}
	return out, nil
}

func getComponents(c *invocation) ([]any, error) {
	at, err := c.onServer("identity")
	if err != nil {
		return nil, err
	}
	if !is2013(at) {
		return nil, fmt.Errorf("%s has no component states: it is not Exchange 2013", at.text("Name"))
	}
	var out []any
	for _, name := range []string{"ServerWideOffline", "HubTransport", "FrontendTransport", "Monitoring", "RecoveryActionsEnabled", "AutoDiscoverProxy",
		"ActiveSyncProxy", "EcpProxy", "EwsProxy", "ImapProxy", "OabProxy", "OwaProxy", "PopProxy", "RpcProxy"} {
		out = append(out, newItem("ServerComponentState", "Component", name, "State", "Active"))
	}
	for _, name := range []string{"ForwardSyncDaemon", "ProvisioningRps"} {
		out = append(out, newItem("ServerComponentState", "Component", name, "State", "Inactive"))
	}
	return out, nil
}

func getFeatures(c *invocation) ([]any, error) {
	c.used["name"] = true
	var out []any
	for _, name := range c.named["name"] {
		out = append(out, newItem("WindowsFeature", "Name", text(name), "Installed", true))
	}
	return out, nil
}

// getRegistry knows the one key by which the version of .NET is told.
func getRegistry(c *invocation) ([]any, error) {
	key, _ := c.identity()
	if !strings.EqualFold(key, `HKLM:\SOFTWARE\Microsoft\NET Framework Setup\NDP\v4\Full`) {
		return nil, fmt.Errorf("the rehearsal's registry has no key %s", key)
	}
	return []any{newItem("RegistryKey", "Release", 528049, "Version", "4.8.03761")}, nil
}

func testPath(c *invocation) ([]any, error) {
	path, _ := c.identity()
	if !strings.HasPrefix(strings.ToUpper(path), "HKLM:") {
		return nil, fmt.Errorf("the rehearsal keeps no files: %s", path)
	}
	return []any{false}, nil // nothing waits for a restart
}

func getCommand(c *invocation) ([]any, error) {
	name, _ := c.identity()
	switch strings.ToLower(name) {
	case "exsetup.exe":
		build := c.at.text("Build")
		file := newItem("FileVersionInfo", "FileVersion", dotted(build), "ProductVersion", dotted(build))
		return []any{newItem("Command", "Name", "ExSetup.exe", "FileVersionInfo", file)}, nil
	case "get-serverhealth":
		if c.org.installed2013() {
			return []any{newItem("Command", "Name", "Get-ServerHealth")}, nil
		}
	}
	return nil, fmt.Errorf("the term %q is not recognized as a cmdlet here", name)
}

// dotted writes a build as the file version does: 15.00.1497.048.
func dotted(build string) string {
	parts := strings.Split(build, ".")
	if len(parts) != 4 {
		return build
	}
	return fmt.Sprintf("%s.%s.%s.%s", pad(parts[0], 2), pad(parts[1], 2), pad(parts[2], 4), pad(parts[3], 3))
}

func pad(s string, n int) string {
	for len(s) < n {
		s = "0" + s
	}
	return s
}

func searchAudit(c *invocation) ([]any, error) {
	c.used["resultsize"] = true
	return []any{newItem("AdminAuditLogEvent", "CmdletName", "New-MoveRequest", "RunDate", c.org.now())}, nil
}
