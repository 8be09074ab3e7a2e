package lab_test

import (
	"runtime"
	"strings"
	"testing"
	"time"

	"coexist/checks"
	"coexist/checks/blueprint"
	"coexist/checks/effect"
	"coexist/checks/lab"
)

// see is one observation of an organisation: a shell command or a check.
type see struct {
	server, command string
	kind            string
	params          checks.Params
	outside         bool
	property        string
}

func shell(command, property string) see {
	return see{server: "EX10-01", command: command, property: property}
}

func probe(kind, property string, pairs ...any) see {
	s := see{kind: kind, property: property, params: checks.Params{}}
	for i := 0; i+1 < len(pairs); i += 2 {
		s.params[pairs[i].(string)] = pairs[i+1]
	}
	return s
}

func (s see) from(outside bool) see { s.outside = outside; return s }

// at gives what is seen, or the reason why nothing is.
func (s see) at(t *testing.T, o *lab.Organization) string {
	t.Helper()
	if s.command != "" {
		got, err := read(t, o, s.server, s.command, s.property)
		if err != nil {
			return "error"
		}
		return got
	}
	side := checks.Inside
	if s.outside {
		side = checks.Outside
	}
	r := checks.Run(t.Context(), o.Env(side), []checks.Check{{ID: "x", Kind: s.kind, Params: s.params}}, nil)[0]
	if len(r.Rows) == 0 {
		return r.Reason
	}
	return column(r, s.property)
}

func eff(kind string, pairs ...string) effect.Effect {
	e := effect.Effect{Kind: kind, Params: map[string]string{}}
	for i := 0; i+1 < len(pairs); i += 2 {
		e.Params[pairs[i]] = pairs[i+1]
	}
	return e
}

const owa = `-Identity 'EX10-01\owa (Default Web Site)'`

// effects holds, for every kind, what is seen before and after.
var effects = []struct {
	name          string
	first         []effect.Effect // before the first look
	then          []effect.Effect
	see           see
	before, after string
}{
	{"server.build", nil, []effect.Effect{eff("server.build", "server", "EX10-01", "build", "14.3.513.0")},
		shell("Get-Command ExSetup.exe | ForEach-Object { $_.FileVersionInfo } | Select-Object FileVersion", "FileVersion"), "14.03.0123.004", "14.03.0513.000"},
	{"server.build", nil, []effect.Effect{eff("server.build", "server", "EX10-01", "build", "14.3.513.0")},
		probe("ldap", "build", "query", "servers", "server", "EX10-01"), "14.3.123.4", "14.3.123.4"}, // a rollup is not in the directory
	{"server.build", nil, []effect.Effect{eff("server.build", "server", "EX10-01", "build", "14.3.266.4", "admin_display_version", "Version 14.3 (Build 266.4)")},
		probe("ldap", "build", "query", "servers", "server", "EX10-01"), "14.3.123.4", "14.3.266.4"},
	{"schema.extend", nil, []effect.Effect{eff("schema.extend", "range_upper", "15312")}, probe("ldap", "range_upper", "query", "schema"), "14734,14734", "14734,15312"},
	{"replicate", []effect.Effect{eff("schema.extend", "range_upper", "15312")}, []effect.Effect{eff("replicate")},
		probe("ldap", "range_upper", "query", "schema"), "14734,15312", "15312,15312"},
	{"organization.prepare", nil, []effect.Effect{eff("organization.prepare", "object_version", "16133"), eff("replicate")},
		probe("ldap", "object_version", "query", "organization"), "13214,13214", "16133,16133"},
	{"domain.prepare", nil, []effect.Effect{eff("domain.prepare", "domain", "contoso.com", "object_version", "13237"), eff("replicate")},
		probe("ldap", "object_version", "query", "domain"), "13040,13040", "13237,13237"},
	{"server.install", nil, []effect.Effect{install2013}, probe("version", "version", "host", "ex13-01.contoso.com"), "dns.not_found", "2013"},
	{"server.install", nil, []effect.Effect{install2013}, probe("ldap", "roles", "query", "servers", "server", "EX13-01"), "", "client-access+mailbox"},
	{"server.remove", nil, []effect.Effect{eff("server.remove", "server", "EX10-01")}, probe("ldap", "name", "query", "servers"), "EX10-01,EX10-11", "EX10-11"},
	{"server.remove", nil, []effect.Effect{eff("server.remove", "server", "EX10-01")}, probe("version", "version", "host", "ex10-01.contoso.com"), "2010", "dns.not_found"},
	{"scp.set", nil, []effect.Effect{eff("scp.set", "server", "EX10-01", "url", "https://autodiscover.contoso.com/Autodiscover/Autodiscover.xml")},
		probe("ldap", "host", "query", "scp", "server", "EX10-01"), "ex10-01.contoso.com", "autodiscover.contoso.com"},
	{"vdir.set", nil, []effect.Effect{eff("vdir.set", "server", "EX10-01", "directory", "owa", "external_url", "")},
		shell("Get-OwaVirtualDirectory "+owa, "ExternalUrl"), "https://mail.contoso.com/owa", ""},
	{"vdir.set", nil, []effect.Effect{eff("vdir.set", "server", "EX10-01", "directory", "owa", "authentication", "Windows")},
		shell("Get-OwaVirtualDirectory "+owa, "WindowsAuthentication"), "False", "True"},
	{"outlook_anywhere.set", nil, []effect.Effect{eff("outlook_anywhere.set", "server", "EX10-01", "iis_methods", "Basic,Ntlm", "ssl_offloading", "false")},
		probe("rpch", "auth", "host", "ex10-01.contoso.com"), "Basic", "Basic+NTLM"},
	{"certificate.install", []effect.Effect{install2013}, []effect.Effect{eff("certificate.install", "server", "EX13-01", "names", "mail.contoso.com,autodiscover.contoso.com")},
		shell("Get-ExchangeCertificate -Server 'EX13-01' | Where-Object { -not $_.IsSelfSigned }", "CertificateDomains"), "", "mail.contoso.com+autodiscover.contoso.com"},
	{"certificate.bind", []effect.Effect{install2013, eff("certificate.install", "server", "EX13-01", "names", "mail.contoso.com")},
		[]effect.Effect{eff("certificate.bind", "server", "EX13-01", "services", "IIS,SMTP")},
		probe("tls", "trusted", "host", "mail.contoso.com", "address", "ex13-01.contoso.com", "allow_untrusted", true), "false", "true"},
	{"certificate.bind", []effect.Effect{install2013, eff("certificate.install", "server", "EX13-01", "names", "mail.contoso.com")},
		[]effect.Effect{eff("certificate.bind", "server", "EX13-01", "services", "IIS,SMTP")},
		probe("smtp", "names", "host", "ex13-01.contoso.com"), "EX13-01+ex13-01.contoso.com", "mail.contoso.com"},
	{"dns.set", nil, []effect.Effect{eff("dns.set", "name", "mail.contoso.com", "view", "inside", "addresses", "10.0.0.80", "ttl", "300")},
		probe("dns", "value", "name", "mail.contoso.com", "resolver", "internal", "type", "A"), "10.0.0.20", "10.0.0.80"},
	{"dns.remove", nil, []effect.Effect{eff("dns.remove", "name", "mail.contoso.com", "view", "inside")},
		probe("dns", "value", "name", "mail.contoso.com", "resolver", "internal", "type", "A"), "10.0.0.20", "dns.nxdomain"},
	{"dns.ttl", nil, []effect.Effect{eff("dns.ttl", "name", "mail.contoso.com", "ttl", "300")},
		probe("dns", "ttl", "name", "mail.contoso.com", "resolver", "internal", "type", "A"), "3600", "300"},
	{"publish", []effect.Effect{install2013}, []effect.Effect{eff("publish", "name", "mail.contoso.com", "address", "10.0.0.80")},
		probe("version", "version", "host", "mail.contoso.com").from(true), "2010", "2013"},
	{"dag.create", nil, []effect.Effect{eff("dag.create", "dag", "DAG01", "witness", "FS01")}, probe("ldap", "name", "query", "dags"), "", "DAG01"},
	{"dag.add_member", []effect.Effect{install2013, eff("dag.create", "dag", "DAG01")}, []effect.Effect{eff("dag.add_member", "dag", "DAG01", "server", "EX13-01")},
		probe("ldap", "members", "query", "dags"), "", "EX13-01"},
	{"dag.add_member", []effect.Effect{install2013, eff("dag.create", "dag", "DAG01")}, []effect.Effect{eff("dag.add_member", "dag", "DAG01", "server", "EX13-01")},
		probe("tcp", "outcome", "host", "ex13-01.contoso.com", "port", 64327), "refused", "open"},
	{"mailbox.move", []effect.Effect{install2013}, []effect.Effect{eff("mailbox.move", "which", "site", "site", "Redmond")},
		probe("ldap", "count", "query", "mailbox_counts", "server", "EX10-01"), "8", "3"}, // the system's own are moved apart,
	{"mailbox.move", []effect.Effect{install2013}, []effect.Effect{eff("mailbox.move", "which", "arbitration")}, probe("ldap", "version", "query", "arbitration"), "2010,2010,2010", "2013,2013,2013"},
	{"mailbox.move", []effect.Effect{install2013}, []effect.Effect{eff("mailbox.move", "which", "pilot", "site", "Redmond")},
		shell("Get-MoveRequest -BatchName 'Pilot Redmond'", "Status"), "", "Completed,Completed"},
	{"service.start", []effect.Effect{install2013}, []effect.Effect{eff("service.start", "server", "EX13-01", "services", "MSExchangePOP3,MSExchangePOP3BE")},
		shell("Get-Service -ComputerName 'ex13-01.contoso.com' -Name MSExchangePOP3BE,MSExchangeIMAP4BE", "Status"), "Stopped,Stopped", "Running,Stopped"},
	{"public_folders.migrate", nil, []effect.Effect{eff("public_folders.migrate")}, shell("Get-OrganizationConfig", "PublicFolderMigrationComplete"), "False", "True"},
	{"object.set", nil, []effect.Effect{eff("object.set", "object", "OrganizationConfig", "identity", "Contoso", "property", "PublicFoldersEnabled", "value", "Remote")},
		shell("Get-OrganizationConfig", "PublicFoldersEnabled"), "Local", "Remote"},
	{"object.set", nil, []effect.Effect{eff("object.set", "object", "SendConnector", "identity", "*", "property", "SourceTransportServers", "value", "EX13-01,EX13-02")},
		shell("Get-SendConnector", "SourceTransportServers"), "EX10-01+EX10-11", "EX13-01+EX13-02"},
	{"object.set", []effect.Effect{install2013}, []effect.Effect{eff("object.set", "object", "MailboxDatabase", "identity", "EX13-01", "property", "Name", "value", "DB01")},
		shell("Get-MailboxDatabaseCopyStatus -Server 'EX13-01'", "Name"), `Mailbox Database EX13-01\EX13-01`, `DB01\EX13-01`},
	{"object.set", nil, []effect.Effect{eff("object.set", "object", "MigrationBatch", "identity", "W1,W2", "property", "Status", "value", "Completed")},
		shell("'W1','W2' | ForEach-Object {Get-MigrationBatch -Identity $_}", "Status"), "error", "Completed,Completed"},
	{"object.remove", nil, []effect.Effect{eff("object.remove", "object", "PublicFolderDatabase", "identity", "EX10-01")},
		shell("Get-PublicFolderDatabase", "Server"), "EX10-01,EX10-11", "EX10-11"},
	{"object.remove", nil, []effect.Effect{eff("object.remove", "object", "OfflineAddressBook", "identity", "*")}, shell("Get-OfflineAddressBook", "Name"), "Default Offline Address Book", ""},
}

func TestApply(t *testing.T) {
	t.Parallel()
	for _, c := range effects {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			o := organization(t)
			apply(t, o, c.first...)
			if got := c.see.at(t, o); got != c.before {
				t.Errorf("before: %q, want %q", got, c.before)
			}
			apply(t, o, c.then...)
			if got := c.see.at(t, o); got != c.after {
				t.Errorf("after: %q, want %q", got, c.after)
			}
			apply(t, o, c.then...) // carried out once more, as when a task is reopened
			if got := c.see.at(t, o); got != c.after {
				t.Errorf("after the second time: %q, want %q", got, c.after)
			}
		})
	}
}

func TestDatabaseCopies(t *testing.T) {
	t.Parallel()
	p := plan("2010")
	second := p.Sites[0].Servers[1]
	second.Name, second.FQDN, second.Address = "EX13-02", "ex13-02.contoso.com", addr("10.0.0.81")
	p.Sites[0].Servers = append(p.Sites[0].Servers, second)
	o := build(t, p)
	apply(t, o, install2013, eff("server.install", "server", "EX13-02", "roles", "client-access,mailbox", "build", "15.0.1497.2"), eff("dag.create", "dag", "DAG01"),
		eff("dag.add_member", "dag", "DAG01", "server", "EX13-01"), eff("dag.add_member", "dag", "DAG01", "server", "EX13-02"))
	look := shell("Get-MailboxDatabaseCopyStatus -Server 'EX13-02'", "Status")
	if got := look.at(t, o); got != "Mounted" {
		t.Errorf("before: %q", got)
	}
	apply(t, o, eff("database.copy", "server", "EX13-02"))
	if got := look.at(t, o); got != "Mounted,Healthy" {
		t.Errorf("after: %q", got)
	}
}

// Every kind of effect is applied, and each is tried above.
func TestEveryEffectIsTried(t *testing.T) {
	t.Parallel()
	tried := map[string]bool{"database.copy": true, "mend": true} // the latter with the faults
	for _, c := range effects {
		tried[c.name] = true
	}
	for _, k := range effect.Kinds {
		if !tried[k.Name] {
			t.Errorf("effect %s is tried nowhere", k.Name)
		}
	}
}

func TestApplyRefuses(t *testing.T) {
	t.Parallel()
	o := organization(t)
	for _, e := range []effect.Effect{
		eff("server.explode"), eff("server.build", "server", "EX13-01", "build", "15.0.1.1"), eff("server.install", "server", "NOBODY"),
		eff("scp.set", "server", "NOBODY"), eff("vdir.set", "server", "EX10-01", "directory", "attic"), eff("certificate.bind", "server", "EX10-01", "services", "IIS"),
		eff("dns.set", "name", "mail.contoso.com", "view", "inside", "addresses", "ten"), eff("publish", "name", "mail.contoso.com", "address", ""),
		eff("dag.add_member", "dag", "DAG01", "server", "EX10-01"), eff("mailbox.move", "which", "some"), eff("mailbox.move", "which", "site", "site", "Redmond"),
		eff("schema.extend", "range_upper", "much"), eff("object.set", "object", "Dragon", "identity", "Smaug", "property", "Name", "value", "x"),
		eff("object.set", "object", "MailboxDatabase", "identity", "EX13-01", "property", "Name", "value", "x"),
	} {
		if err := o.Apply([]effect.Effect{e}, time.Now()); err == nil {
			t.Errorf("%v was taken", e)
		}
	}
}

// A fault spoils what it names once; each is found by a check, and what can be
// mended is mended by carrying the task out again.
func TestFaults(t *testing.T) {
	t.Parallel()
	certificate := []effect.Effect{eff("certificate.install", "server", "EX13-01", "names", "mail.contoso.com,legacy.contoso.com"), eff("certificate.bind", "server", "EX13-01", "services", "IIS")}
	trusted := probe("tls", "trusted", "host", "mail.contoso.com", "address", "ex13-01.contoso.com", "allow_untrusted", true)
	for _, c := range []struct {
		fault         blueprint.Fault
		then          []effect.Effect
		see           see
		broken, whole string
	}{
		{blueprint.Fault{Name: "stale-dns", Kind: "dns.set", Params: map[string]string{"name": "MAIL.contoso.com", "view": "inside"}}, []effect.Effect{eff("dns.set", "name", "mail.contoso.com", "view", "inside", "addresses", "10.0.0.80")},
			probe("dns", "value", "name", "mail.contoso.com", "resolver", "internal", "type", "A"), "10.0.0.20", "10.0.0.80"},
		{blueprint.Fault{Name: lab.FaultCertificate}, certificate, trusted, "false", "true"},
		{blueprint.Fault{Name: lab.FaultReplication}, []effect.Effect{eff("schema.extend", "range_upper", "15312"), eff("replicate")}, probe("ldap", "range_upper", "query", "schema"), "14734,15312", "15312,15312"},
		{blueprint.Fault{Name: lab.FaultOutlookAnywhere}, []effect.Effect{eff("outlook_anywhere.set", "server", "EX10-01", "iis_methods", "Basic,Ntlm")}, probe("rpch", "auth", "host", "ex10-01.contoso.com"), "Basic", "Basic+NTLM"},
		{blueprint.Fault{Name: "scp-forgotten", Kind: "scp.set"}, []effect.Effect{eff("scp.set", "server", "EX10-01", "url", "https://autodiscover.contoso.com/x")}, probe("ldap", "host", "query", "scp", "server", "EX10-01"), "ex10-01.contoso.com", "autodiscover.contoso.com"},
		{blueprint.Fault{Name: lab.FaultLegacyName}, certificate, shell("Get-ExchangeCertificate -Server 'EX13-01' | Where-Object { [string]$_.Services -like '*IIS*' }", "CertificateDomains"), "mail.contoso.com", "mail.contoso.com+legacy.contoso.com"},
		{blueprint.Fault{Name: lab.FaultExpired}, []effect.Effect{eff("mend", "fault", "expired-cert")}, probe("tls", "not_after", "host", "mail.contoso.com"), "2026-11-17T09:00:00Z", "2028-11-20T09:00:00Z"},
		{blueprint.Fault{Name: lab.FaultUnhealthy}, []effect.Effect{eff("mend", "fault", "unhealthy-server")}, shell("Get-HealthReport -Identity 'EX13-01' | Where-Object {$_.AlertValue -eq 'Unhealthy'}", "HealthSet"), "OWA.Protocol", ""},
	} {
		t.Run(c.fault.Name, func(t *testing.T) {
			t.Parallel()
			for _, faults := range [][]blueprint.Fault{{c.fault}, nil} {
				p := plan("2010")
				p.Faults = faults
				o := build(t, p)
				apply(t, o, install2013)
				apply(t, o, c.then...)
				switch got := c.see.at(t, o); {
				case faults != nil && got != c.broken:
					t.Errorf("with the fault: %q, want %q", got, c.broken)
				case faults == nil && got == c.broken:
					t.Errorf("without the fault it looks the same: %q", got)
				}
				if faults == nil {
					continue
				}
				if err := o.Apply(c.then, rehearsalStart.Add(time.Hour)); err != nil {
					t.Fatal(err)
				}
				if got := c.see.at(t, o); got != c.whole {
					t.Errorf("carried out again: %q, want %q", got, c.whole)
				}
			}
		})
	}
	for _, bad := range []blueprint.Fault{{Name: "gremlins"}, {Name: "gremlins", Kind: "no.such"}} {
		p := plan("2010")
		p.Faults = []blueprint.Fault{bad}
		if o, err := lab.NewOrganization(p); err == nil || !strings.Contains(err.Error(), "gremlins") {
			t.Errorf("%+v: %v", bad, err)
			o.Close()
		}
	}
}

// Not parallel: it counts goroutines.
func TestCloseOfAnOrganizationLeavesNothing(t *testing.T) {
	before := runtime.NumGoroutine()
	o, err := lab.NewOrganization(plan("2010"))
	if err != nil {
		t.Fatal(err)
	}
	apply(t, o, install2013, eff("dag.create", "dag", "DAG01"), eff("dag.add_member", "dag", "DAG01", "server", "EX13-01"))
	probe("smtp", "banner", "host", "ex13-01.contoso.com").at(t, o)
	probe("ldap", "name", "query", "servers").at(t, o)
	o.Close()
	deadline := time.Now().Add(5 * time.Second)
	for runtime.NumGoroutine() > before && time.Now().Before(deadline) {
		runtime.Gosched()
	}
	if n := runtime.NumGoroutine(); n > before {
		buf := make([]byte, 1<<16)
		t.Errorf("%d goroutines before, %d after:\n%s", before, n, buf[:runtime.Stack(buf, true)])
	}
}
