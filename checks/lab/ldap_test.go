package lab_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/netip"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"coexist/checks"
	"coexist/checks/lab"
)

const directoryPassword = `Kanarie%&\"' 7✓ü`

// forest is two domains, three domain controllers in two sites, and servers of
// three versions.
func forest(t *testing.T) (*lab.Lab, *lab.Directory) {
	t.Helper()
	return forestOf(t, false)
}

func forestOf(t *testing.T, noTLS bool) (*lab.Lab, *lab.Directory) {
	t.Helper()
	l, err := lab.New(lab.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	d, err := l.AddDirectory(4, []string{"contoso.com", "emea.contoso.com"},
		lab.Controller{Name: "DC1", FQDN: "dc1.contoso.com", Site: "Zurich", Address: addr("10.0.0.1"), Catalog: true, NoTLS: noTLS},
		lab.Controller{Name: "DC2", FQDN: "dc2.contoso.com", Site: "Basel", Address: addr("10.0.0.2"), NoTLS: noTLS},
		lab.Controller{Name: "DC3", FQDN: "dc3.emea.contoso.com", Domain: "emea.contoso.com", Site: "Basel", Address: addr("10.0.0.3"), NoTLS: noTLS})
	if err != nil {
		t.Fatal(err)
	}
	l.SetAccount(lab.Account{User: `CONTOSO\reader`, Password: directoryPassword}, checks.DirectoryAccount)
	d.SetSchema(15312)
	d.SetOrganization("Contoso, Ltd+", 16133)
	d.SetDomain("contoso.com", 13237)
	d.SetDomain("emea.contoso.com", 13237)
	d.PutServer(lab.ExchangeServer{Name: "EX07", FQDN: "ex07.contoso.com", Serial: "Version 8.3 (Build 30083.6)", Roles: 38, Site: "Zurich"})
	d.PutServer(lab.ExchangeServer{Name: "EX10", FQDN: "ex10.contoso.com", Serial: "Version 14.3 (Build 30123.4)", Roles: 54, Site: "Zurich"})
	d.PutDAG("DAG1", `\\fs1.contoso.com\DAG1`)
	d.PutServer(lab.ExchangeServer{Name: "CAS13", FQDN: "cas13.contoso.com", Serial: "Version 15.0 (Build 31497.2)", Roles: 16385, Site: "Basel"})
	d.PutServer(lab.ExchangeServer{Name: "MBX13", FQDN: "mbx13.contoso.com", Serial: "Version 15.0 (Build 31497.2)", Roles: 54, Site: "Basel", DAG: "DAG1"})
	d.PutVirtualDirectory("CAS13", "owa", "", "https://mail.contoso.com/owa", "https://mail.contoso.com/owa")
	d.PutVirtualDirectory("CAS13", "ews", "", "https://mail.contoso.com/EWS/Exchange.asmx", "")
	d.PutVirtualDirectory("MBX13", "owa", "Exchange Back End", "", "")
	d.PutConnectionPoint("CAS13", "https://autodiscover.contoso.com/Autodiscover/Autodiscover.xml", "Basel", "Zurich")
	d.PutConnectionPoint("EX10", "https://ex10.contoso.com/Autodiscover/Autodiscover.xml")
	d.PutAddressBook("Default Offline Address Book", false)
	d.PutAddressBook("Default Offline Address Book (Ex2013)", true)
	d.PutDatabase("DB10", "EX10", "Default Offline Address Book", "outlook.contoso.com")
	d.PutDatabase("DB13", "MBX13", "", "mbx13.contoso.com")
	for i := range 1203 {
		d.PutMailbox("contoso.com", fmt.Sprintf("user%04d", i), "DB10", "", false)
	}
	d.PutMailbox("emea.contoso.com", "away", "DB10", "DB13", false)
	d.PutMailbox("contoso.com", "SystemMailbox{1f05a927}", "DB13", "", true)
	d.PutSendConnector("Internet", []string{"smtp:*;1"}, "EX10", "MBX13")
	d.PutReceiveConnector("CAS13", "Default Frontend CAS13")
	return l, d
}

func ldapCheck(query string, extra ...any) checks.Check {
	p := checks.Params{"query": query}
	for i := 0; i+1 < len(extra); i += 2 {
		p[extra[i].(string)] = extra[i+1]
	}
	return checks.Check{ID: "ldap/" + query, Kind: "ldap", Params: p}
}

// column lists a property of all rows as "a,b".
func column(r checks.Result, property string) string {
	var out []string
	for _, row := range r.Rows {
		out = append(out, strings.Join(row[property], "+"))
	}
	slices.Sort(out)
	return strings.Join(out, ",")
}

func TestDirectoryIsReadCompletely(t *testing.T) {
	t.Parallel()
	l, d := forest(t)
	d.PutArray("outlook", "outlook.contoso.com", "Zurich") // of the servers' class, and none
	env := l.Env()
	for _, c := range []struct {
		check    checks.Check
		property string
		want     string
	}{
		{ldapCheck("rootdse"), "dc", "dc1.contoso.com,dc2.contoso.com"},
		{ldapCheck("rootdse"), "synchronized", "true,true"},
		{ldapCheck("rootdse"), "forest_level", "4,4"},
		{ldapCheck("schema"), "dc", "dc1.contoso.com,dc2.contoso.com,dc3.emea.contoso.com"},
		{ldapCheck("schema"), "range_upper", "15312,15312,15312"},
		{ldapCheck("organization"), "name", "Contoso, Ltd+,Contoso, Ltd+,Contoso, Ltd+"},
		{ldapCheck("organization"), "object_version", "16133,16133,16133"},
		{ldapCheck("domain"), "dc", "dc1.contoso.com,dc2.contoso.com"},
		{ldapCheck("domain", "domain", "emea.contoso.com"), "dc", "dc3.emea.contoso.com"},
		{ldapCheck("domain", "domain", "emea.contoso.com"), "object_version", "13237"},
		{ldapCheck("servers"), "name", "CAS13,EX07,EX10,MBX13"},
		{ldapCheck("servers"), "version", "2007,2010,2013,2013"},
		{ldapCheck("servers", "server", "ex07.contoso.com"), "build", "8.3.83.6"},
		{ldapCheck("servers", "server", "EX10"), "roles", "client-access+hub-transport+mailbox+unified-messaging"},
		{ldapCheck("servers", "server", "cas13"), "roles", "client-access"},
		{ldapCheck("servers", "server", "mbx13"), "roles", "mailbox"},
		{ldapCheck("servers", "site", "basel"), "fqdn", "cas13.contoso.com,mbx13.contoso.com"},
		{ldapCheck("virtual_directories"), "kind", "ews,owa"},
		{ldapCheck("virtual_directories", "server", "CAS13"), "external_url", ",https://mail.contoso.com/owa"},
		{ldapCheck("scp"), "server", "CAS13,EX10"},
		{ldapCheck("scp", "server", "cas13"), "host", "autodiscover.contoso.com"},
		{ldapCheck("scp", "site", "zurich"), "sites", "Basel+Zurich"},
		{ldapCheck("sites", "site", "zurich"), "gcs", "dc1.contoso.com"},
		{ldapCheck("sites", "site", "Basel"), "dcs", "dc2.contoso.com+dc3.emea.contoso.com"},
		{ldapCheck("fsmo"), "dc", "dc1.contoso.com,dc1.contoso.com,dc1.contoso.com,dc1.contoso.com,dc1.contoso.com"},
		{ldapCheck("lockout"), "duration", "30"},
		{ldapCheck("arbitration"), "version", "2013"},
		{ldapCheck("mailbox_counts", "server", "EX10"), "count", "1204"},
		{ldapCheck("mailbox_counts", "server", "MBX13"), "archives", "1"},
		{ldapCheck("dags"), "members", "MBX13"},
		{ldapCheck("databases", "server", "ex10"), "rpc", "outlook.contoso.com"},
		{ldapCheck("databases", "server", "mbx13"), "oab", ""},
		{ldapCheck("oabs"), "default", "false,true"},
		{ldapCheck("connectors"), "servers", "CAS13,EX10+MBX13"},
	} {
		r := run(t, env, c.check)
		want(t, r, checks.Pass, "")
		if got := column(r, c.property); got != c.want {
			t.Errorf("%v %s = %q, want %q", c.check.Params, c.property, got, c.want)
		}
	}
	if w := d.Writes(); len(w) > 0 {
		t.Errorf("the directory was written to: %v", w)
	}
	for _, a := range l.Logons() {
		if !a.OK || a.Clear || a.Service != "ldaps" {
			t.Errorf("logon %+v", a)
		}
	}
	if len(l.Logons()) == 0 {
		t.Error("nobody logged on")
	}
}

func TestReplicationIsWaitedFor(t *testing.T) {
	t.Parallel()
	l, d := forest(t)
	env := l.Env()
	check := ldapCheck("schema")
	check.Expect = []checks.Expectation{{Property: "range_upper", Op: "at_least", Value: "15313"}}
	d.Hold("DC3", true)
	d.SetSchema(15313)
	want(t, run(t, env, check), checks.Fail, "expect.not_met")
	want(t, run(t, env, ldapCheck("schema")), checks.Warn, "ldap.replication")
	d.Hold("DC3", false)
	want(t, run(t, env, check), checks.Pass, "")
}

func TestSilentControllerIsNamed(t *testing.T) {
	t.Parallel()
	l, _ := forest(t)
	env := l.Env()
	for _, port := range []uint16{389, 636} {
		l.Silence(netip.AddrPortFrom(addr("10.0.0.3"), port))
	}
	r := run(t, env, ldapCheck("schema"))
	want(t, r, checks.Unknown, "ldap.dc_unreachable")
	if !strings.Contains(r.Summary, "dc3.emea.contoso.com") || column(r, "dc") != "dc1.contoso.com,dc2.contoso.com,dc3.emea.contoso.com" {
		t.Errorf("%s: %v", r.Summary, r.Rows)
	}
	// what is the same everywhere is read elsewhere
	for _, port := range []uint16{389, 636, 3268, 3269} {
		l.Silence(netip.AddrPortFrom(addr("10.0.0.1"), port))
	}
	want(t, run(t, env, ldapCheck("servers")), checks.Pass, "")
	// without a global catalogue nothing is counted
	r = run(t, env, ldapCheck("mailbox_counts"))
	want(t, r, checks.Unknown, "ldap.dc_unreachable")
}

func TestUnreadableProvesNothing(t *testing.T) {
	t.Parallel()
	l, d := forest(t)
	env := l.Env()
	for _, dc := range []string{"DC1", "DC2", "DC3"} {
		d.Blind(dc, true)
	}
	for _, q := range []string{"schema", "organization", "domain", "servers", "virtual_directories", "scp", "sites", "arbitration",
		"mailbox_counts", "dags", "databases", "oabs", "connectors", "fsmo", "lockout"} {
		r := run(t, env, ldapCheck(q))
		want(t, r, checks.Unknown, "ldap.not_readable")
	}
}

func TestAbsenceIsFoundWhereItCanBeSeen(t *testing.T) {
	t.Parallel()
	l, d := forest(t)
	env := l.Env()
	d.Delete("CN=ms-Exch-Schema-Version-Pt,CN=Schema," + d.Config())
	d.Delete("CN=Microsoft Exchange System Objects,DC=emea,DC=contoso,DC=com")
	want(t, run(t, env, ldapCheck("schema")), checks.Fail, "ldap.schema_missing")
	want(t, run(t, env, ldapCheck("domain", "domain", "emea.contoso.com")), checks.Fail, "ldap.domain_missing")
	d.Delete("CN=Microsoft Exchange,CN=Services," + d.Config())
	want(t, run(t, env, ldapCheck("organization")), checks.Fail, "ldap.no_organization")
	want(t, run(t, env, ldapCheck("servers")), checks.Fail, "ldap.no_organization")
}

func TestOddValuesAreUnknown(t *testing.T) {
	t.Parallel()
	l, d := forest(t)
	env := l.Env()
	for _, v := range []string{"", "-1", "x", "9223372036854775808", "0"} {
		d.Change("CN=ms-Exch-Schema-Version-Pt,CN=Schema,"+d.Config(), func(e lab.Entry) { e["rangeUpper"] = []string{v} })
		want(t, run(t, env, ldapCheck("schema", "targets", []any{"dc1.contoso.com"})), checks.Unknown, "ldap.bad_value")
	}
	d.PutServer(lab.ExchangeServer{Name: "ODD", FQDN: "odd.contoso.com", Serial: "Version fifteen\x1b[2J", Roles: 2, Site: "Basel"})
	r := run(t, env, ldapCheck("servers", "server", "odd"))
	if _, read := r.Rows[0]["version"]; read || !strings.Contains(r.Evidence["unread_versions"], "fifteen") || strings.Contains(r.Evidence["unread_versions"], "\x1b") {
		t.Errorf("%+v %v", r.Rows, r.Evidence)
	}
	want(t, r, checks.Warn, "ldap.bad_value")
	for _, e := range []checks.Expectation{
		{Property: "version", Op: "eq", Value: "2013"}, {Property: "version", Op: "ne", Value: "2007"}, {Property: "version", Op: "not_in", Values: []string{"2007", "2010"}},
		{Property: "build", Op: "version_at_least", Value: "15.0.712"}, {Property: "version", Op: "eq", Value: "2010", Rows: "none"},
	} {
		c := ldapCheck("servers", "server", "odd")
		c.Expect = []checks.Expectation{e}
		want(t, run(t, env, c), checks.Unknown, "expect.missing_property")
	}
	d.PutDatabase("DB9", "ODD", "", "")
	c := ldapCheck("databases", "server", "odd")
	c.Expect = []checks.Expectation{{Property: "version", Op: "ne", Value: "2007"}}
	want(t, run(t, env, c), checks.Unknown, "expect.missing_property")
	d.Put("CN=Second,CN=Microsoft Exchange,CN=Services,"+d.Config(), lab.Entry{"objectClass": {"msExchOrganizationContainer"}})
	want(t, run(t, env, ldapCheck("organization")), checks.Unknown, "ldap.ambiguous")
	d.SetRoot("DC1", lab.Entry{"schemaNamingContext": nil, "currentTime": {"20010101000000.0Z"}})
	want(t, run(t, env, ldapCheck("rootdse", "targets", []any{"dc1.contoso.com"})), checks.Unknown, "ldap.bad_value")
	d.SetRoot("DC1", lab.Entry{"currentTime": {"20010101000000.0Z"}})
	want(t, run(t, env, ldapCheck("rootdse", "targets", []any{"dc1.contoso.com"})), checks.Warn, "clock.skew")
}

func TestPlainDirectoryIsReadByNTLMWithAWarning(t *testing.T) {
	t.Parallel()
	l, _ := forestOf(t, true)
	r := run(t, l.Env(), ldapCheck("servers"))
	want(t, r, checks.Warn, "ldap.unsigned")
	if column(r, "name") != "CAS13,EX07,EX10,MBX13" {
		t.Errorf("rows: %v", r.Rows)
	}
	for _, a := range l.Logons() {
		if !a.OK || a.Clear || a.Service != "ldap" {
			t.Errorf("logon %+v", a)
		}
	}
}

func TestUntrustedControllerNeverGetsThePassword(t *testing.T) {
	t.Parallel()
	for name, cert := range map[string]lab.Certificate{
		"self-signed": {Names: []string{"dc1.contoso.com"}, SelfSigned: true},
		"other name":  {Names: []string{"dc9.contoso.com"}},
	} {
		l, err := lab.New(lab.Config{})
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		d, err := l.AddDirectory(4, []string{"contoso.com"}, lab.Controller{Name: "DC1", FQDN: "dc1.contoso.com", Site: "Zurich", Address: addr("10.0.0.1"), Cert: cert})
		if err != nil {
			t.Fatal(err)
		}
		d.SetSchema(15312)
		l.SetAccount(lab.Account{User: `CONTOSO\reader`, Password: directoryPassword}, checks.DirectoryAccount)
		want(t, run(t, l.Env(), ldapCheck("schema")), checks.Warn, "ldap.unsigned")
		for _, a := range l.Logons() {
			if a.Service != "ldap" || a.Clear {
				t.Errorf("%s: logon %+v", name, a)
			}
		}
	}
}

func TestOneRefusalStopsTheAccount(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		account lab.Account
		reason  string
	}{
		"wrong":  {lab.Account{User: `CONTOSO\reader`, Password: "other"}, "ldap.bind_refused"},
		"locked": {lab.Account{User: `CONTOSO\reader`, Password: directoryPassword, Locked: true}, "auth.locked"},
	} {
		for _, noTLS := range []bool{false, true} {
			l, _ := forestOf(t, noTLS)
			env := l.Env()
			cred := checks.Credential{Username: `CONTOSO\reader`, Password: checks.NewSecret(directoryPassword)}
			l.SetAccount(c.account, checks.DirectoryAccount)
			env.Logon = fixed(cred)
			list := []checks.Check{ldapCheck("schema"), ldapCheck("servers"), ldapCheck("organization"), ldapCheck("scp")}
			results := checks.Run(t.Context(), env, list, nil)
			refused := 0
			for _, r := range results {
				switch r.Reason {
				case c.reason:
					refused++
				case "credentials.stopped":
				default:
					t.Errorf("%s: %s %s %s", name, r.Verdict, r.Reason, r.Summary)
				}
			}
			if n := len(l.Logons()); n != 1 || refused != 1 {
				t.Errorf("%s (no TLS %v): %d tries, %d refusals shown", name, noTLS, n, refused)
			}
		}
	}
}

func TestNoCredentialsSkips(t *testing.T) {
	t.Parallel()
	l, _ := forest(t)
	env := l.Env()
	env.Logon = nil
	want(t, run(t, env, ldapCheck("schema")), checks.Skip, "credentials.none")
	want(t, run(t, env, ldapCheck("rootdse")), checks.Pass, "")
	env = l.Env()
	env.Logon = fixed(checks.Credential{Username: "x"})
	want(t, run(t, env, ldapCheck("schema")), checks.Skip, "credentials.none")
	if len(l.Logons()) != 0 {
		t.Errorf("logons: %v", l.Logons())
	}
}

func TestNoControllers(t *testing.T) {
	t.Parallel()
	l, err := lab.New(lab.Config{Forest: "contoso.com"})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	want(t, run(t, l.Env(), ldapCheck("rootdse")), checks.Unknown, "ldap.no_dc")
}

func TestDirectorySecretNeverLeaves(t *testing.T) {
	t.Parallel()
	for _, noTLS := range []bool{false, true} {
		l, _ := forestOf(t, noTLS)
		env := l.Env()
		var mu sync.Mutex
		var kept []string
		env.Store = func(lines []string) (string, error) {
			mu.Lock()
			defer mu.Unlock()
			kept = append(kept, lines...)
			return "x", nil
		}
		r := run(t, env, ldapCheck("servers"))
		raw, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		text := string(raw) + strings.Join(kept, "\n")
		if len(kept) == 0 || leaks(text) || strings.Contains(text, `\reader`) {
			t.Errorf("%d lines: %s", len(kept), text)
		}
	}
}

func TestLockoutBudgetIsLookedAt(t *testing.T) {
	t.Parallel()
	ago := func(d time.Duration) string {
		return fmt.Sprint(time.Now().Add(-d).UnixNano()/100 + 116444736000000000)
	}
	for name, c := range map[string]struct {
		bad, last, locked string
		asked             bool // the directory was not read before: its account is only given
		reason            string
	}{
		"fresh":                    {"0", "", "", false, ""},
		"used up":                  {"8", "", "", false, "credentials.stopped"},
		"used up just now":         {"8", ago(time.Minute), "", false, "credentials.stopped"},
		"used up long ago":         {"8", ago(24 * time.Hour), "", false, ""},
		"locked":                   {"0", "", ago(time.Minute), false, "credentials.stopped"},
		"locked long ago":          {"0", "", ago(24 * time.Hour), false, ""},
		"released":                 {"7", "", "0", false, ""},
		"used up, first of all":    {"8", "", "", true, "credentials.stopped"},
		"tries left, first of all": {"7", "", "", true, ""},
	} {
		l, d := forest(t)
		d.Put("CN=probe,CN=Users,DC=contoso,DC=com", lab.Entry{"objectClass": {"user"}, "objectCategory": {"person"},
			"sAMAccountName": {"probe"}, "badPwdCount": {c.bad}, "badPasswordTime": {c.last}, "lockoutTime": {c.locked}})
		if _, err := l.ServeIMAP(netip.MustParseAddrPort("10.0.0.25:993"), lab.MailService{FQDN: "mail.contoso.com", Implicit: true,
			Cert: lab.Certificate{Names: []string{"mail.contoso.com"}}}); err != nil {
			t.Fatal(err)
		}
		l.SetAddresses(checks.Inside, "mail.contoso.com", 300, addr("10.0.0.25"))
		l.SetAccount(lab.Account{User: `CONTOSO\probe`, Password: directoryPassword}, "probe@contoso.com")
		env := l.Env()
		if c.asked {
			env.Directory.Forest = "contoso.com"
			env = env.Asked(t.Context(), []checks.Check{ldapCheck("servers")})
		} else {
			want(t, run(t, env, ldapCheck("servers")), checks.Pass, "") // the directory account proves good
		}
		r := run(t, env, checks.Check{Kind: "mailbox", Params: checks.Params{"proto": "imap", "host": "mail.contoso.com", "account": "probe@contoso.com"}})
		verdict := checks.Pass
		if c.reason != "" {
			verdict = checks.Unknown
		}
		want(t, r, verdict, c.reason)
		tried := slices.ContainsFunc(l.Logons(), func(a lab.Logon) bool { return a.User == `CONTOSO\probe` })
		if tried != (c.reason == "") {
			t.Errorf("%s: tried %v", name, tried)
		}
	}
}

func TestCancelledDirectoryCheckLeavesNothing(t *testing.T) {
	before := runtime.NumGoroutine()
	l, _ := forestOf(t, false)
	env := l.Env()
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		for len(l.Logons()) == 0 {
			runtime.Gosched()
		}
		cancel()
	}()
	for _, r := range checks.Run(ctx, env, []checks.Check{ldapCheck("mailbox_counts"), ldapCheck("schema")}, nil) {
		if r.Verdict == checks.Fail {
			t.Errorf("cancelled: %s %s", r.Reason, r.Summary)
		}
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	deadline := time.Now().Add(5 * time.Second)
	for runtime.NumGoroutine() > before && time.Now().Before(deadline) {
		time.Sleep(5 * time.Millisecond)
	}
	if n := runtime.NumGoroutine(); n > before {
		buf := make([]byte, 1<<16)
		t.Errorf("%d goroutines, %d before:\n%s", n, before, buf[:runtime.Stack(buf, true)])
	}
}
