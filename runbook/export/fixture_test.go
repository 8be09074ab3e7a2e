package export

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"testing"
	"testing/fstest"
	"time"

	"coexist/checks"
	"coexist/runbook"
	"coexist/runbook/journal"
	"coexist/runbook/migration"
	"coexist/runbook/procedure"
)

const fixtureTasks = `
format = 1

[[task]]
name = "prepare.schema"
title = "Extend the schema of {{text .Org.Forest}}"
slide = ["Prepare AD with Exchange 2013 schema"]
scope = "org"
confirm = "{{text .Org.Forest}}"
no_return = "A schema extension cannot be taken back."
why = "Exchange 2013 needs its own attributes."
run_on = "{{text (first (fqdns (.Site.New \"mailbox\")))}}"
rights = "Schema Admins"
duration = "30m"
wait = "15m"
wait_for = "replication"
pitfalls = ["Without replication a|b <b>later</b> steps fail."]
notes = ["Ask the directory team."]
sources = ["https://learn.microsoft.com/exchange"]
  [[task.command]]
  shell = "cmd"
  about = "extend the schema"
  text = "Setup.exe /PrepareSchema /IAcceptExchangeServerLicenseTerms"
  [[task.check]]
  name = "version"
  title = "Every domain controller has the new schema"
  kind = "ldap"
  gate = "hard"
  params = { query = "schema" }
  expect = [ { property = "range_upper", op = "at_least", value = "{{num .Release.RangeUpper}}" } ]
  remedy = "Force replication with repadmin /syncall."
  [[task.effect]]
  kind = "schema.extend"
  params = { range_upper = "{{num .Release.RangeUpper}}" }

[[task]]
name = "deploy.install"
title = "Install Exchange 2013 on {{text .Server.Name}}"
scope = "server"
servers = { versions = ["2013"] }
why = "New servers join the organisation."
run_on = "{{text .Server.FQDN}}"
rights = "Organization Management"
duration = "1h"
undo_time = "40m"
undo_text = "Uninstall it in Programs and Features."
  [[task.capture]]
  name = "old.url"
  type = "url"
  scope = "org"
  shell = "2010"
  command = "Get-OwaVirtualDirectory"
  property = "ExternalUrl"
  prompt = "External URL of OWA before the change"
  [[task.command]]
  shell = "cmd"
  text = "Setup.exe /mode:install /roles:ClientAccess,Mailbox /IAcceptExchangeServerLicenseTerms"
  [[task.undo]]
  shell = "ems2013"
  text = "Set-OwaVirtualDirectory -ExternalUrl {{ps (value \"old.url\")}}"
  [[task.check]]
  name = "answers"
  title = "{{text .Server.Name}} answers as Exchange 2013"
  kind = "version"
  gate = "soft"
  params = { host = "{{host .Server.FQDN}}" }
  expect = [ { property = "version", op = "eq", value = "2013" } ]
  [[task.check]]
  name = "manual"
  title = "The server's event log is clean"
  kind = "attest"
  gate = "soft"
  params = { question = "Is the event log free of errors?" }
  [[task.effect]]
  kind = "server.install"
  params = { server = "{{plain .Server.Name}}", roles = "client-access,mailbox", build = "{{plain .Release.Build}}" }

[[task]]
name = "switch.dns"
title = "Point {{text .Names.Primary}} at Exchange 2013"
scope = "site"
reach = "site"
why = "Clients shall reach Exchange 2013."
run_on = "DNS console"
rights = "DnsAdmins"
duration = "10m"
undo_time = "10m"
undo_text = "Set the old address again."
  [[task.ask]]
  name = "dns.old"
  type = "address"
  scope = "site"
  prompt = "Address of the name before the switch"
  [[task.command]]
  shell = "console"
  on = "{{text (first (fqdns (.Site.New \"client-access\")))}}"
  text = "{{plain .Names.Primary}} A {{plain .Site.Entry}} was {{plain (value \"dns.old\")}}"
  [[task.check]]
  name = "dns"
  title = "{{text .Names.Primary}} leads to Exchange 2013"
  kind = "dns"
  gate = "dual"
  params = { name = "{{host .Names.Primary}}" }
  expect = [ { property = "value", op = "same_set", values = ["{{plain .Site.Entry}}"] } ]
  [[task.check]]
  name = "answers"
  title = "Exchange 2013 answers {{text .Names.Primary}}"
  kind = "version"
  gate = "soft"
  params = { host = "{{host .Names.Primary}}" }
  expect = [ { property = "version", op = "eq", value = "2013" } ]
  [[task.effect]]
  kind = "dns.set"
  params = { name = "{{plain .Names.Primary}}", view = "inside", addresses = "{{plain .Site.Entry}}" }

[[task]]
name = "close.remove"
title = "Remove {{text .Server.Name}}"
scope = "server"
servers = { versions = ["old"] }
class = "optional"
why = "The old servers have done their work."
run_on = "{{text .Server.FQDN}}"
rights = "Organization Management"
no_return = "A removed server does not come back."
  [[task.command]]
  shell = "cmd"
  text = "Setup.com /mode:uninstall"
  [[task.effect]]
  kind = "server.remove"
  params = { server = "{{plain .Server.Name}}" }
`

const fixtureProcedure = `
format = 1
source = "2010"
title = "Exchange 2010"
diagram = ["Clients", "Internet-facing site - upgrade first", "Intranet site", "Exchange 2010 Servers", "SP3"]

[[step]]
number = 1
id = "prepare"
title = "Prepare"
slide = ["Install Exchange 2010 SP3 across the ORG", "Prepare AD with Exchange 2013 schema"]
facts = ["In-place upgrades not supported"]
reach = "organization"
tasks = ["prepare.schema"]

[[step]]
number = 2
id = "deploy"
title = "Deploy Exchange 2013 servers"
slide = ["Install both Exchange 2013 MBX and CAS servers"]
reach = "site"
tasks = ["deploy.install"]

[[step]]
number = 3
id = "switch"
title = "Switch primary namespace to Exchange 2013 CAS"
slide = ["Exchange 2013 fields all traffic"]
reach = "site"
tasks = ["switch.dns"]

[[step]]
number = 4
id = "sites"
title = "Repeat for additional sites"
slide = ["Repeat for additional sites"]
reach = "organization"
tasks = []
close_out = ["close.remove"]
`

const fixtureReleases = `
format = 1
[[release]]
name = "2013 CU23"
version = "2013"
build = "15.0.1497.2"
range_upper = 15312
org_version = 16133
domain_version = 13237
dotnet = ["4.8"]
coexists = true
support_end = "2023-04-11"
notes = []
sources = ["https://learn.microsoft.com/exchange"]
`

func fixtureMigration() *migration.Migration {
	zone := time.FixedZone("", 3600)
	return &migration.Migration{
		Format:       1,
		Organization: migration.Organization{Name: "Fabrikam", Source: "2010", Forest: "fabrikam.test", Domains: []string{"fabrikam.test"}, MailDomains: []string{"fabrikam.test"}, Internet: true},
		Target:       migration.Target{Release: "2013 CU23", Media: `D:\`},
		Namespace:    migration.Namespace{Primary: "mail.fabrikam.test", Autodiscover: "autodiscover.fabrikam.test"},
		DAG:          &migration.DAG{Name: "DAG01", WitnessServer: "FS01"},
		Change:       &migration.Change{Number: "CHG0012345", Approver: "Rita Board", WindowStart: time.Date(2026, 11, 28, 22, 0, 0, 0, zone), WindowEnd: time.Date(2026, 11, 29, 6, 0, 0, 0, zone), Contacts: []string{"Ola Nordmann"}},
		Probes:       []migration.Probe{{Mailbox: "probe10@fabrikam.test", Username: `FABRIKAM\svc-probe`, Version: "2010"}},
		Sites: []migration.Site{
			{Name: "Redmond", InternetFacing: true, Entry: "10.20.0.80", ExternalEntry: "203.0.113.80", Servers: []migration.Server{
				{Name: "EX10-01", Version: "2010", Roles: []string{"client-access", "hub-transport", "mailbox"}, FQDN: "EX10-01.fabrikam.test"},
				{Name: "EX13-01", Version: "2013", Roles: []string{"client-access", "mailbox"}, OS: "2012R2", FQDN: "EX13-01.fabrikam.test"},
			}},
			{Name: "Lyon Sud", Servers: []migration.Server{
				{Name: "EX10-11", Version: "2010", Roles: []string{"client-access", "hub-transport", "mailbox"}, FQDN: "EX10-11.fabrikam.test"},
				{Name: "EX13-11", Version: "2013", Roles: []string{"client-access", "mailbox"}, OS: "2012R2", FQDN: "EX13-11.fabrikam.test"},
			}},
		},
	}
}

func compileFixture(t testing.TB, m *migration.Migration) *runbook.Runbook {
	t.Helper()
	lib, err := procedure.Load(fstest.MapFS{
		"tasks/all.toml": {Data: []byte(fixtureTasks)}, "procedures/2010.toml": {Data: []byte(fixtureProcedure)}, "releases.toml": {Data: []byte(fixtureReleases)},
	})
	if err != nil {
		t.Fatal(err)
	}
	r, err := runbook.Compile(lib, m)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// diary writes a chained journal in memory.
type diary struct {
	t      testing.TB
	at     time.Time
	who    string
	events []journal.Event
}

func newDiary(t testing.TB) *diary {
	return &diary{t: t, at: time.Date(2026, 11, 28, 21, 0, 0, 0, time.UTC), who: "Anna Meyer"}
}

func (d *diary) add(kind string, data any) int64 {
	d.t.Helper()
	raw, err := json.Marshal(data)
	if err != nil {
		d.t.Fatal(err)
	}
	d.at = d.at.Add(5 * time.Minute)
	e := journal.Event{V: 1, Seq: int64(len(d.events)) + 1, Time: d.at, Operator: d.who, Host: "JUMP-7", Kind: kind, Data: raw}
	if n := len(d.events); n > 0 {
		e.Prev = d.events[n-1].Hash()
	}
	d.events = append(d.events, e)
	return e.Seq
}

// result records a result of the runbook's check, as asked.
func (d *diary) result(r *runbook.Runbook, id string, res checks.Result) int64 {
	d.t.Helper()
	c := r.Check(id)
	if c == nil && res.Task == "" {
		d.t.Fatalf("no check %s", id)
	}
	res.Format, res.ID, res.Operator, res.Host, res.Attempts = 1, id, d.who, "JUMP-7", max(1, res.Attempts)
	if c != nil {
		res.Kind, res.Task, res.Target = c.Kind, c.Task.Name, c.Task.Target
	}
	if res.Source == "" {
		res.Source = checks.FromProbe
	}
	if res.Vantage == "" {
		res.Vantage = checks.Inside
	}
	res.Started = d.at.Add(5 * time.Minute)
	return d.add("result", res)
}

const (
	transcriptHash = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	importHash     = "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
	schemaCheck    = "prepare.schema/org/version"
)

// lived is a run in which everything went a little wrong.
func lived(t testing.TB, r *runbook.Runbook, rehearsal string) []journal.Event {
	d := newDiary(t)
	d.add("run.started", runbook.RunStarted{Tool: "coexist 1.0", File: "fabrikam.toml", Organization: "Fabrikam", Source: "2010", Release: "2013 CU23", Rehearsal: rehearsal})
	d.add("task.done", runbook.TaskDone{Task: "prepare.schema/org", Typed: "fabrikam.test", Lines: []string{"Setup.exe /PrepareSchema /IAcceptExchangeServerLicenseTerms"}})
	d.result(r, schemaCheck, checks.Result{Verdict: checks.Fail, Reason: "ldap.schema_old", Summary: "dc2.fabrikam.test still has the old schema", Expected: "rangeUpper 15312", Found: "rangeUpper 14734", Causes: []string{"replication"}, Remedy: "wait"})
	d.result(r, schemaCheck, checks.Result{Verdict: checks.Pass, Expected: "rangeUpper 15312", Found: "rangeUpper 15312 on 10.20.0.5", Transcript: transcriptHash, Attempts: 3})
	d.add("note", runbook.NoteWritten{Task: "prepare.schema/org", Text: "dc2 was slow | <b>very</b>"})
	d.add("value", runbook.ValueSet{Key: "old.url/org", Value: "https://mail.fabrikam.test/owa", How: "captured"})
	d.add("task.done", runbook.TaskDone{Task: "deploy.install/ex13-01", Lines: []string{"Setup.exe /mode:install /roles:ClientAccess,Mailbox /IAcceptExchangeServerLicenseTerms"}})
	d.add("task.reopened", runbook.TaskReopened{Task: "deploy.install/ex13-01", Why: "wrong media"})
	d.add("task.done", runbook.TaskDone{Task: "deploy.install/ex13-01", Lines: []string{"Setup.exe /mode:install /roles:Mailbox /IAcceptExchangeServerLicenseTerms"}})
	d.add("import", runbook.Imported{Path: `C:\Users\anna\results.json`, SHA256: importHash, Count: 1})
	d.result(r, "deploy.install/ex13-01/answers", checks.Result{Verdict: checks.Fail, Reason: "version.other", Source: checks.FromShell, Summary: "an older build answers", Expected: "version 2013", Found: "version 2010\n| evil | `row` | <script>alert(1)</script> \x1b[31m", Rows: []checks.Row{{"build": {"15.0.847.32"}, "address": {"15.0.12.34"}}}})
	waived := int64(len(d.events))
	d.add("waiver", runbook.Waiver{Check: "deploy.install/ex13-01/answers", Reason: "answers later", Name: "Bo Chef", Result: waived, Expires: time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC)})
	d.result(r, "deploy.install/ex13-01/manual", checks.Result{Verdict: checks.Pass, Source: checks.FromPerson, Found: "yes, looked at by Ann Other", Summary: "stated"})
	d.result(r, "switch.dns/redmond/dns", checks.Result{Verdict: checks.Fail, Reason: "expect.same_set", Found: "10.20.0.10", Rows: []checks.Row{{"name": {"mail.fabrikam.test"}, "type": {"A"}, "view": {"inside"}, "value": {"10.20.0.10"}}}})
	d.result(r, "old.task/org/check", checks.Result{Task: "old.task", Kind: "tcp", Verdict: checks.Pass, Found: "open on ghost.fabrikam.test"})
	d.at = time.Date(2026, 11, 29, 7, 0, 0, 0, time.UTC)
	d.who = "Per Hansen"
	d.add("task.done", runbook.TaskDone{Task: "switch.dns/redmond", Lines: []string{"x"}})
	d.result(r, "switch.dns/redmond/dns", checks.Result{Verdict: checks.Pass, Found: "10.20.0.80", Rows: []checks.Row{{"name": {"mail.fabrikam.test"}, "type": {"A"}, "view": {"inside"}, "value": {"10.20.0.80"}}}})
	d.result(r, "switch.dns/redmond/answers", checks.Result{Verdict: checks.Pass, Found: "Exchange 2013", Rows: []checks.Row{{"address": {"10.20.0.80"}, "version": {"2013"}, "build": {"15.0.1497.2"}}}})
	return d.events
}

func foldAll(r *runbook.Runbook, events []journal.Event) *runbook.Progress {
	return runbook.Fold(r, events, lastTime(events))
}

func sum(data []byte) string {
	s := sha256.Sum256(data)
	return hex.EncodeToString(s[:])
}
