package migration

// Sample writes the migration of Contoso, a made-up organisation with one site
// that faces the Internet and one that does not, for a source: "2007", "2010" or
// "mixed". It is complete and without problems, to start from.
func Sample(source string) []byte { return Format(sample(source)) }

func sample(source string) *Migration {
	m := &Migration{
		Format: 1,
		Organization: Organization{Name: "Contoso", Source: source, Forest: "contoso.com",
			Domains: []string{"contoso.com"}, MailDomains: []string{"contoso.com"}, Internet: true},
		Target:    Target{Release: "2013 CU23", Media: `D:\`},
		Namespace: Namespace{Primary: "mail.contoso.com", Autodiscover: "autodiscover.contoso.com"},
		Features:  Features{PublicFolders: true, OutlookAnywhere: true, SplitDNS: true},
		DAG: &DAG{Name: "DAG01", WitnessServer: "FS01", WitnessDirectory: `C:\DAG01`,
			Addresses: []string{"10.0.0.50"}},
	}
	if source != Source2010 {
		m.Namespace.Legacy = "legacy.contoso.com"
	}
	first := Site{Name: "Redmond", InternetFacing: true, Entry: "10.0.0.80", ExternalEntry: "203.0.113.80"}
	further := Site{Name: "Lyon", Entry: "10.1.0.80"}
	old := []string{ClientAccess, HubTransport, MailboxRole}
	for _, version := range versions(source) {
		if version == version2013 {
			continue
		}
		short := "EX" + version[2:]
		first.Servers = append(first.Servers, Server{Name: short + "-01", Version: version, Roles: old})
		further.Servers = append(further.Servers, Server{Name: short + "-11", Version: version, Roles: old})
		m.Probes = append(m.Probes, sampleProbe(version))
	}
	m.Probes = append(m.Probes, sampleProbe(version2013))
	first.Servers = append(first.Servers, newServer("EX13-01"), newServer("EX13-02"))
	further.Servers = append(further.Servers, newServer("EX13-11"))
	further.DAG = &DAG{Name: "DAG02", WitnessServer: "FS11", WitnessDirectory: `C:\DAG02`, Addresses: []string{"10.1.0.50"}}
	m.Sites = []Site{first, further}
	return m
}

func newServer(name string) Server {
	return Server{Name: name, Version: version2013, Roles: []string{ClientAccess, MailboxRole}, OS: "2012R2"}
}

func sampleProbe(version string) Probe {
	name := "probe" + version[2:]
	return Probe{Mailbox: name + "@contoso.com", Username: `CONTOSO\` + name, Version: version, Site: "Redmond"}
}
