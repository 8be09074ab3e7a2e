package inventory

import "slices"

// Question is one command that a management shell is asked.
type Question struct {
	ID         string // "inventory.servers"
	Command    string
	Properties []string
}

// question knows which shells have its cmdlet.
type question struct {
	id       string
	section  string
	command  map[string]string // by shell; "" there: as under "all"
	all      string
	versions []string
	props    []string
}

var everyShell = []string{"2007", "2010", "2013"}

// questions lists what is asked, in order. Sections that no shell can answer
// have none: they are gaps.
func questions() []question {
	from2010 := everyShell[1:]
	web := func(id, noun string, versions []string) question {
		// Without ADPropertiesOnly every server's IIS would be asked, and the one
		// that is down waited for. Exchange 2007 does not have the parameter in
		// all of its service packs.
		return question{id: id, section: SectionDirectories, versions: versions, all: "Get-" + noun + " -ADPropertiesOnly",
			command: map[string]string{"2007": "Get-" + noun}, props: []string{"Identity", "Name", "Server", "InternalUrl", "ExternalUrl"}}
	}
	return []question{
		{id: "forest", section: SectionForest, versions: everyShell, all: "[System.DirectoryServices.ActiveDirectory.Forest]::GetCurrentForest() | Select-Object Name", props: []string{"Name"}},
		{id: "domains", section: SectionDomains, versions: everyShell, all: "[System.DirectoryServices.ActiveDirectory.Forest]::GetCurrentForest().Domains | Select-Object Name", props: []string{"Name"}},
		{id: "organization", section: SectionOrganization, versions: everyShell, all: "Get-OrganizationConfig", props: []string{"Identity", "Name"}},
		{id: "servers", section: SectionServers, versions: everyShell, all: "Get-ExchangeServer", props: []string{"Identity", "Name", "Fqdn", "Site", "AdminDisplayVersion", "ServerRole"}},
		web("owa", "OwaVirtualDirectory", everyShell),
		web("ecp", "EcpVirtualDirectory", from2010),
		web("ews", "WebServicesVirtualDirectory", everyShell),
		web("eas", "ActiveSyncVirtualDirectory", everyShell),
		web("oab", "OabVirtualDirectory", everyShell),
		web("mapi", "MapiVirtualDirectory", []string{"2013"}),
		{id: "rpc", section: SectionDirectories, versions: everyShell, all: "Get-OutlookAnywhere -ADPropertiesOnly", command: map[string]string{"2007": "Get-OutlookAnywhere"},
			props: []string{"Identity", "Name", "Server", "ExternalHostname"}},
		{id: "points", section: SectionPoints, versions: everyShell, all: "Get-ClientAccessServer", props: []string{"Identity", "Name", "AutoDiscoverServiceInternalUri", "AutoDiscoverSiteScope"}},
		{id: "mail_domains", section: SectionMailDomains, versions: everyShell, all: "Get-AcceptedDomain", props: []string{"Identity", "Name", "DomainName", "DomainType"}},
		{id: "arrays", section: SectionArrays, versions: from2010, all: "Get-ClientAccessArray", props: []string{"Identity", "Name", "Fqdn", "Site"}},
		{id: "send", section: SectionConnectors, versions: everyShell, all: "Get-SendConnector", props: []string{"Identity", "Name", "AddressSpaces", "SourceTransportServers"}},
		{id: "receive", section: SectionConnectors, versions: everyShell, all: "Get-ReceiveConnector", props: []string{"Identity", "Name", "Server"}},
		{id: "address_books", section: SectionAddressBooks, versions: everyShell, all: "Get-OfflineAddressBook", props: []string{"Identity", "Name", "IsDefault"}},
		{id: "databases", section: SectionDatabases, versions: everyShell, all: "Get-MailboxDatabase", command: older("Get-MailboxDatabase"),
			props: []string{"Identity", "Name", "Server", "OfflineAddressBook", "RpcClientAccessServer"}},
		{id: "public", section: SectionDatabases, versions: everyShell, all: "Get-PublicFolderDatabase", command: older("Get-PublicFolderDatabase"), props: []string{"Identity", "Name", "Server"}},
		{id: "groups", section: SectionGroups, versions: from2010, all: "Get-DatabaseAvailabilityGroup", props: []string{"Identity", "Name", "Servers", "WitnessServer"}},
		{id: "dial_plans", section: SectionDialPlans, versions: everyShell, all: "Get-UMDialPlan", props: []string{"Identity", "Name"}},
		{id: "hybrid", section: SectionHybrid, versions: from2010, all: "Get-HybridConfiguration", props: []string{"Identity", "Name"}},
		{id: "folder_plans", section: SectionFolderPlans, versions: []string{"2007", "2010"}, all: "Get-ManagedFolderMailboxPolicy", props: []string{"Identity", "Name"}},
	}
}

// older lets a newer shell list what belongs to older versions too. For public
// folders Exchange 2013 has no such switch and no databases of its own.
func older(command string) map[string]string {
	m := map[string]string{"2010": command + " -IncludePreExchange2010"}
	if command == "Get-MailboxDatabase" {
		m["2013"] = command + " -IncludePreExchange2013"
	}
	return m
}

// Questions lists what a shell of an Exchange version is asked.
func Questions(shell string) []Question {
	var out []Question
	for _, q := range questions() {
		if !slices.Contains(q.versions, shell) {
			continue
		}
		command := q.command[shell]
		if command == "" {
			command = q.all
		}
		out = append(out, Question{"inventory." + q.id, command, q.props})
	}
	return out
}
