// Package effect names the changes that a task makes to an organisation, as
// data: which kinds there are and which parameters each takes. It simulates
// nothing; the laboratory applies effects, and procedures are linted by them.
package effect

// Effect is one declared change. Parameters are texts; lists are separated by
// commas.
type Effect struct {
	Kind   string            `toml:"kind" json:"kind"`
	Params map[string]string `toml:"params" json:"params,omitempty"`
}

// Kind describes one kind of effect.
type Kind struct {
	Name     string
	Doc      string
	Required []string
	Optional []string
}

// Kinds are all kinds of effect, in the order a migration meets them.
var Kinds = []Kind{
	{"server.build", "sets the build that an old or new server runs", []string{"server", "build"}, []string{"admin_display_version"}},
	{"schema.extend", "raises rangeUpper on the schema master; the other domain controllers follow by replication", []string{"range_upper"}, nil},
	{"organization.prepare", "raises the organisation's objectVersion", []string{"object_version"}, nil},
	{"domain.prepare", "raises a domain's objectVersion", []string{"domain", "object_version"}, nil},
	{"replicate", "lets every domain controller catch up", nil, nil},
	{"server.install", "a new Exchange 2013 server appears in the directory and answers", []string{"server", "roles", "build"}, nil},
	{"server.remove", "a server leaves the directory and falls silent", []string{"server"}, nil},
	{"scp.set", "sets the Autodiscover service connection point of a Client Access server", []string{"server", "url"}, nil},
	{"vdir.set", "sets properties of a virtual directory", []string{"server", "directory"}, []string{"internal_url", "external_url", "authentication"}},
	{"outlook_anywhere.set", "sets Outlook Anywhere on a Client Access server", []string{"server"}, []string{"external_host", "internal_host", "iis_methods", "external_method", "internal_method", "ssl_offloading"}},
	{"certificate.install", "puts a certificate on a server", []string{"server", "names"}, nil},
	{"certificate.bind", "binds the installed certificate to services of a server", []string{"server", "services"}, nil},
	{"dns.set", "sets the addresses of a name in a view (inside, outside)", []string{"name", "view", "addresses"}, []string{"ttl"}},
	{"dns.remove", "takes a name out of a view (inside, outside)", []string{"name", "view"}, nil},
	{"dns.ttl", "sets the time to live of a name", []string{"name", "ttl"}, nil},
	{"publish", "the firewall or reverse proxy forwards a name to an address", []string{"name", "address"}, nil},
	{"dag.create", "creates a database availability group", []string{"dag"}, []string{"witness", "addresses"}},
	{"dag.add_member", "adds a Mailbox server to a database availability group", []string{"dag", "server"}, nil},
	{"database.copy", "adds and seeds a database copy", []string{"server"}, []string{"database"}},
	{"mailbox.move", "moves mailboxes to Exchange 2013: arbitration, pilot, site or all", []string{"which"}, []string{"site"}},
	{"public_folders.migrate", "moves the public folders to Exchange 2013", nil, nil},
	{"object.set", "sets one property of a directory object that a cmdlet returns", []string{"object", "identity", "property", "value"}, nil},
	{"object.remove", "removes what a cmdlet returned: the objects of that kind with that name or on that server, all of them for *", []string{"object", "identity"}, nil},
	{"service.start", "starts services that Exchange 2013 brings stopped, with the ports that they answer", []string{"server", "services"}, nil},
	{"mend", "puts right what a fault broke: the task that finds it does so when it is carried out once more", []string{"fault"}, nil},
}
