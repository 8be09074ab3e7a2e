package lab

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/go-ldap/ldap/v3"
)

const adminGroup = "CN=Exchange Administrative Group (FYDIBOHF23SPDLT),CN=Administrative Groups,"

// SetSchema is what preparing the schema leaves.
func (d *Directory) SetSchema(rangeUpper int) {
	d.Put("CN=ms-Exch-Schema-Version-Pt,CN=Schema,"+d.config, Entry{"objectClass": {"top", "attributeSchema"}, "rangeUpper": {strconv.Itoa(rangeUpper)}})
}

// SetOrganization is what preparing Active Directory leaves.
func (d *Directory) SetOrganization(name string, version int) {
	base := "CN=Microsoft Exchange,CN=Services," + d.config
	d.Put(base, Entry{"objectClass": {"top", "container", "msExchConfigurationContainer"}})
	d.org = "CN=" + ldap.EscapeDN(name) + "," + base
	d.Put(d.org, Entry{"objectClass": {"top", "container", "msExchOrganizationContainer"}, "objectVersion": {strconv.Itoa(version)}})
	for _, c := range []string{"CN=Administrative Groups,", adminGroup, "CN=Servers," + adminGroup, "CN=Databases," + adminGroup} {
		d.Put(c+d.org, Entry{"objectClass": {"top", "container"}})
	}
}

// SetDomain is what preparing a domain leaves.
func (d *Directory) SetDomain(domain string, version int) {
	d.Put("CN=Microsoft Exchange System Objects,"+domainDN(domain), Entry{"objectClass": {"top", "container", "msExchSystemObjectsContainer"}, "objectVersion": {strconv.Itoa(version)}})
}

// ExchangeServer is a server as the directory knows it.
type ExchangeServer struct {
	Name, FQDN string
	Serial     string // such as "Version 15.0 (Build 31497.2)"
	Roles      int    // bits
	Site       string
	DAG        string // name
}

// ServerDN is the distinguished name of an Exchange server.
func (d *Directory) ServerDN(name string) string {
	return "CN=" + ldap.EscapeDN(name) + ",CN=Servers," + adminGroup + d.org
}

// PutServer adds or replaces an Exchange server.
func (d *Directory) PutServer(s ExchangeServer) {
	e := Entry{"objectClass": {"top", "server", "msExchExchangeServer"}, "serialNumber": {s.Serial},
		"msExchCurrentServerRoles": {strconv.Itoa(s.Roles)}, "msExchServerSite": {d.siteDN(s.Site)},
		"networkAddress": {"ncacn_vns_spp:" + s.Name, "netbios:" + s.Name, "ncacn_np:" + s.Name, "ncacn_spx:" + s.Name, "ncacn_ip_tcp:" + s.FQDN}}
	if s.DAG != "" {
		e["msExchMDBAvailabilityGroupLink"] = []string{d.dagDN(s.DAG)}
	}
	d.Put(d.ServerDN(s.Name), e)
}

var vdirClasses = map[string]string{
	"owa": "msExchOWAVirtualDirectory", "ecp": "msExchECPVirtualDirectory", "ews": "msExchWebServicesVirtualDirectory",
	"eas": "msExchMobileVirtualDirectory", "oab": "msExchOABVirtualDirectory", "autodiscover": "msExchAutodiscoverVirtualDirectory",
	"powershell": "msExchPowerShellVirtualDirectory", "mapi": "msExchMapiVirtualDirectory", "rpc": "msExchRpcHttpVirtualDirectory",
}

// PutVirtualDirectory adds or replaces a web directory of a server; the back
// end's stand in another web site.
func (d *Directory) PutVirtualDirectory(server, kind, site, internal, external string) {
	if site == "" {
		site = "Default Web Site"
	}
	d.Put(fmt.Sprintf("CN=%s (%s),CN=HTTP,CN=Protocols,%s", kind, site, d.ServerDN(server)), Entry{
		"objectClass":            {"top", "msExchVirtualDirectory", vdirClasses[kind]},
		"msExchInternalHostName": filled(internal), "msExchExternalHostName": filled(external),
	})
}

func filled(s string) []string {
	if s == "" {
		return nil
	}
	return []string{s}
}

// PutConnectionPoint adds or replaces the Autodiscover address of a server.
func (d *Directory) PutConnectionPoint(server, url string, sites ...string) {
	keywords := []string{"77378F46-2C66-4aa9-A6A6-3E7A48B19596"}
	for _, s := range sites {
		keywords = append(keywords, "Site="+s)
	}
	d.Put(fmt.Sprintf("CN=%s,CN=Autodiscover,CN=Protocols,%s", server, d.ServerDN(server)), Entry{
		"objectClass": {"top", "leaf", "connectionPoint", "serviceConnectionPoint"}, "keywords": keywords, "serviceBindingInformation": filled(url)})
}

// DatabaseDN is the distinguished name of a database of Exchange 2010 or 2013.
func (d *Directory) DatabaseDN(name string) string {
	return "CN=" + ldap.EscapeDN(name) + ",CN=Databases," + adminGroup + d.org
}

// PutDatabase adds or replaces a mailbox database.
func (d *Directory) PutDatabase(name, server, book, rpc string) {
	legacy := "/o=Lab/ou=Exchange Administrative Group (FYDIBOHF23SPDLT)/cn=Configuration/cn=Servers/cn=" + rpc + "/cn=Microsoft Private MDB"
	e := Entry{"objectClass": {"top", "msExchMDB", "msExchPrivateMDB"}, "msExchOwningServer": {d.ServerDN(server)}, "legacyExchangeDN": {legacy}}
	if book != "" {
		e["msExchUseOAB"] = []string{d.bookDN(book)}
	}
	d.Put(d.DatabaseDN(name), e)
}

// PutMailbox adds or replaces a mailbox; arbitration marks the system's own.
func (d *Directory) PutMailbox(domain, name, database, archive string, arbitration bool) {
	e := Entry{"objectClass": {"top", "person", "organizationalPerson", "user"}, "objectCategory": {"person"}, "sAMAccountName": {name},
		"userPrincipalName": {name + "@" + domain}, "homeMDB": {d.DatabaseDN(database)}, "msExchRecipientTypeDetails": {"1"}, "badPwdCount": {"0"}}
	if arbitration {
		e["msExchRecipientTypeDetails"] = []string{"8388608"}
	}
	if archive != "" {
		e["msExchArchiveDatabaseLink"] = []string{d.DatabaseDN(archive)}
	}
	d.Put("CN="+name+",CN=Users,"+domainDN(domain), e)
}

func (d *Directory) dagDN(name string) string {
	return "CN=" + ldap.EscapeDN(name) + ",CN=Database Availability Groups," + adminGroup + d.org
}

// PutDAG adds or replaces an availability group; servers name it themselves.
func (d *Directory) PutDAG(name, witness string) {
	d.Put(d.dagDN(name), Entry{"objectClass": {"top", "msExchMDBAvailabilityGroup"}, "msExchFileShareWitness": filled(witness)})
}

func (d *Directory) bookDN(name string) string {
	return "CN=" + ldap.EscapeDN(name) + ",CN=Offline Address Lists,CN=Address Lists Container," + d.org
}

// PutAddressBook adds or replaces an offline address book.
func (d *Directory) PutAddressBook(name string, isDefault bool) {
	d.Put(d.bookDN(name), Entry{"objectClass": {"top", "msExchOAB"}, "msExchOABDefault": {strings.ToUpper(strconv.FormatBool(isDefault))}})
}

// PutSendConnector adds or replaces a connector to elsewhere.
func (d *Directory) PutSendConnector(name string, spaces []string, servers ...string) {
	e := Entry{"objectClass": {"top", "msExchConnector", "mailGateway", "msExchRoutingSMTPConnector"}, "routingList": spaces}
	for _, s := range servers {
		e["msExchSourceBridgeheadServersDN"] = append(e["msExchSourceBridgeheadServersDN"], "CN=1,CN=SMTP,CN=Protocols,"+d.ServerDN(s))
	}
	d.Put("CN="+ldap.EscapeDN(name)+",CN=Connections,CN=Exchange Routing Group (DWBGZMFD01QNBJR),CN=Routing Groups,"+adminGroup+d.org, e)
}

// PutReceiveConnector adds or replaces a connector of a server.
func (d *Directory) PutReceiveConnector(server, name string) {
	d.Put("CN="+name+",CN=SMTP Receive Connectors,CN=Protocols,"+d.ServerDN(server), Entry{"objectClass": {"top", "msExchSmtpReceiveConnector"}})
}
