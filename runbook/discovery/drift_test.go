package discovery_test

import (
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"coexist/checks"
	"coexist/checks/inventory"
	"coexist/checks/lab"
	"coexist/runbook"
	"coexist/runbook/discovery"
	"coexist/runbook/migration"
	"coexist/runbook/procedure"
)

// builds of the versions as the directory writes them.
const (
	serial2003 = "Version 6.5 (Build 7638.2: Service Pack 2)"
	serial2007 = "Version 8.3 (Build 30083.6)"
	serial2010 = "Version 14.3 (Build 30123.4)"
	serial2013 = "Version 15.0 (Build 31497.2)"
)

// forest is the directory of Contoso with one domain controller a site and
// nothing of Exchange but the organisation and the versions of a release.
func forest(t *testing.T, r procedure.Release, sites ...string) (*lab.Lab, *lab.Directory) {
	t.Helper()
	l, err := lab.New(lab.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	var list []lab.Controller
	for n, s := range sites {
		list = append(list, lab.Controller{Name: fmt.Sprintf("DC%d", n+1), FQDN: fmt.Sprintf("dc%d.contoso.com", n+1), Site: s,
			Address: netip.AddrFrom4([4]byte{10, byte(n), 0, 10}), Catalog: true})
	}
	d, err := l.AddDirectory(4, []string{"contoso.com"}, list...)
	if err != nil {
		t.Fatal(err)
	}
	l.SetAccount(lab.Account{User: `CONTOSO\reader`, Password: "Canary-1"}, checks.DirectoryAccount)
	d.SetSchema(r.RangeUpper)
	d.SetOrganization("Contoso", r.OrgVersion)
	d.SetDomain("contoso.com", r.DomainVersion)
	d.PutAcceptedDomain("contoso.com", "4")
	d.PutFolderPlan("")
	return l, d
}

// server puts an old multi-role server with its web directories.
func server(d *lab.Directory, name, serial, site, external string) {
	fqdn := strings.ToLower(name) + ".contoso.com"
	d.PutServer(lab.ExchangeServer{Name: name, FQDN: fqdn, Serial: serial, Roles: 38, Site: site})
	d.PutVirtualDirectory(name, "owa", "", "https://"+fqdn+"/owa", external)
	d.PutConnectionPoint(name, "https://"+fqdn+"/Autodiscover/Autodiscover.xml", site)
	d.PutDatabase("DB "+name, name, "Default Offline Address Book", fqdn)
}

// half is the sample's organisation with an upgrade that somebody began:
// Active Directory is prepared and the first new server is installed.
func half(t *testing.T, lib *procedure.Library) (*lab.Lab, *lab.Directory) {
	t.Helper()
	cu23, ok := lib.Release("2013 CU23")
	if !ok {
		t.Fatal("no CU23")
	}
	l, d := forest(t, cu23, "Redmond", "Lyon")
	server(d, "EX10-01", serial2010, "Redmond", "https://mail.contoso.com/owa")
	server(d, "EX10-11", serial2010, "Lyon", "")
	d.PutServer(lab.ExchangeServer{Name: "EX13-01", FQDN: "ex13-01.contoso.com", Serial: serial2013, Roles: 16439, Site: "Redmond"})
	d.PutPublicDatabase("PF", "EX10-01")
	d.PutVirtualDirectory("EX10-01", "rpc", "", "", "https://mail.contoso.com/rpc")
	return l, d
}

func inventoryOf(t *testing.T, l *lab.Lab) *inventory.Inventory {
	t.Helper()
	env := l.Env()
	inv, err := inventory.Read(t.Context(), env, inventory.Request{})
	if err != nil {
		t.Fatal(err)
	}
	return inv
}

// codes lists what is found, by code.
func codes(list []discovery.Finding) map[string]discovery.Finding {
	out := map[string]discovery.Finding{}
	for _, f := range list {
		if _, seen := out[f.Code]; !seen {
			out[f.Code] = f
		}
	}
	return out
}

func TestDriftIsFound(t *testing.T) {
	t.Parallel()
	lib := library(t)
	for name, c := range map[string]struct {
		change   func(d *lab.Directory, m *migration.Migration)
		code     string
		severity discovery.Severity
		says     string
	}{
		"nothing more than typed":   {func(*lab.Directory, *migration.Migration) {}, "found.2013", discovery.Note, "EX13-01 runs Exchange 2013 already"},
		"a server appeared":         {func(d *lab.Directory, _ *migration.Migration) { server(d, "EX10-77", serial2010, "Lyon", "") }, "server.extra", discovery.Drift, "EX10-77"},
		"a server is gone":          {func(d *lab.Directory, _ *migration.Migration) { d.Delete(d.ServerDN("EX10-11")) }, "server.gone", discovery.Drift, "EX10-11"},
		"a database lost its owner": {func(d *lab.Directory, _ *migration.Migration) { d.Delete(d.ServerDN("EX10-11")) }, "database.orphan", discovery.Drift, "DB EX10-11"},
		"an SCP of a removed server": {func(d *lab.Directory, _ *migration.Migration) {
			d.Put("CN=EX08,CN=Autodiscover,CN=Protocols,CN=EX08,CN=Servers,"+d.Organization(), lab.Entry{"objectClass": {"serviceConnectionPoint"},
				"keywords": {"77378F46-2C66-4aa9-A6A6-3E7A48B19596"}, "serviceBindingInformation": {"https://ex08.contoso.com/Autodiscover/Autodiscover.xml"}})
		}, "scp.orphan", discovery.Blocker, "EX08"},
		"an SCP that names a removed server": {func(d *lab.Directory, _ *migration.Migration) {
			d.PutConnectionPoint("EX10-01", "https://ex08.contoso.com/Autodiscover/Autodiscover.xml")
		}, "scp.foreign", discovery.Drift, "ex08.contoso.com"},
		"a 2003 leftover": {func(d *lab.Directory, _ *migration.Migration) {
			d.PutServer(lab.ExchangeServer{Name: "EX03", FQDN: "ex03.contoso.com", Serial: serial2003})
		}, "server.2003", discovery.Blocker, "EX03"},
		"a version nobody knows": {func(d *lab.Directory, _ *migration.Migration) {
			d.Change(d.ServerDN("EX10-11"), func(e lab.Entry) { e["serialNumber"] = []string{"Version 15.2 (Build 31497.2)"} })
		}, "server.version", discovery.Drift, "EX10-11"},
		"another site": {func(d *lab.Directory, _ *migration.Migration) { server(d, "EX10-11", serial2010, "Redmond", "") }, "server.site", discovery.Drift, "EX10-11"},
		"another name outside": {func(d *lab.Directory, _ *migration.Migration) {
			server(d, "EX10-11", serial2010, "Lyon", "https://webmail.contoso.com/owa")
		}, "url.external", discovery.Drift, "webmail.contoso.com"},
		"a site that faces the Internet": {func(d *lab.Directory, _ *migration.Migration) {
			server(d, "EX10-11", serial2010, "Lyon", "https://mail.contoso.com/owa")
		}, "site.facing", discovery.Drift, "Lyon was not typed"},
		"a site that does not": {func(_ *lab.Directory, m *migration.Migration) { m.Sites[1].InternetFacing = true }, "site.facing", discovery.Drift, "Lyon was typed as facing"},
		"an array":             {func(d *lab.Directory, _ *migration.Migration) { d.PutArray("array", "outlook.contoso.com", "Redmond") }, "array.extra", discovery.Drift, "outlook.contoso.com"},
		"another mail domain":  {func(d *lab.Directory, _ *migration.Migration) { d.PutAcceptedDomain("fabrikam.com", "0") }, "mail_domains.extra", discovery.Drift, "fabrikam.com"},
		"another organisation": {func(_ *lab.Directory, m *migration.Migration) { m.Organization.Name = "Fabrikam" }, "organization.name", discovery.Drift, "another name"},
		"a feature not typed":  {func(_ *lab.Directory, m *migration.Migration) { m.Features.PublicFolders = false }, "feature.public_folders", discovery.Drift, "public folder"},
		"a connector's old source": {func(d *lab.Directory, _ *migration.Migration) {
			d.PutSendConnector("Internet", []string{"smtp:*;1"}, "EX08")
		}, "connector.orphan", discovery.Drift, "EX08"},
		"a schema of later": {func(d *lab.Directory, _ *migration.Migration) { d.SetSchema(15332) }, "schema.newer", discovery.Drift, "15332"},
		"replication behind": {func(d *lab.Directory, _ *migration.Migration) {
			d.ChangeAt("DC2", "CN=ms-Exch-Schema-Version-Pt,CN=Schema,"+d.Config(), func(e lab.Entry) { e["rangeUpper"] = []string{"14734"} })
		}, "replication", discovery.Drift, "the schema"},
		"nothing may be read": {func(d *lab.Directory, _ *migration.Migration) { d.Blind("DC1", true) }, "ldap.not_readable", discovery.Unread, "shown"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l, d := half(t, lib)
			m := sample(t, lib, migration.Source2010)
			c.change(d, m)
			env := l.Env()
			inv, err := inventory.Read(t.Context(), env, inventory.Request{Controllers: []string{"dc1.contoso.com"}})
			if err != nil {
				t.Fatal(err)
			}
			list := discovery.Compare(m, inv, discovery.Options{Releases: lib.Releases})
			f, ok := codes(list)[c.code]
			if !ok || f.Severity != c.severity || !strings.Contains(f.Text+f.Found, c.says) {
				t.Fatalf("%s: want %s saying %q; found:\n%s", c.code, c.severity, c.says, discovery.FindingsText(list))
			}
			for _, f := range list {
				if name == "nothing may be read" && f.Severity > discovery.Unread {
					t.Errorf("what is not shown is taken for absent: %+v", f)
				}
				if name == "nothing more than typed" && f.Severity > discovery.Unread {
					t.Errorf("drift where there is none: %+v", f)
				}
			}
			if name == "nothing may be read" && !discovery.Blind(list) {
				t.Error("a comparison that saw nothing does not say so")
			}
		})
	}
}

// TestNineSitesAndFortyServers proposes a large organisation whose names need
// escaping, and everything of it stands in the file.
func TestNineSitesAndFortyServers(t *testing.T) {
	t.Parallel()
	lib := library(t)
	sp3, _ := lib.Release("2010 SP3")
	sites := []string{"Zurich", "Basel", "Geneva", "Lyon", "Milan", "Vienna", "Graz", "Linz", "Bern"}
	l, d := forest(t, sp3, sites...)
	for n := range 40 {
		site := sites[n%len(sites)]
		external := ""
		if n%len(sites) < 2 { // two sites face the Internet, the second under a name of its own
			external = []string{"https://mail.contoso.com/owa", "https://mail-basel.contoso.com/owa"}[n%len(sites)]
		}
		serial := serial2010
		if n >= 27 {
			serial = serial2007
		}
		server(d, fmt.Sprintf("EX-%02d", n), serial, site, external)
	}
	d.PutSite(`München, "West"`)
	server(d, "EX-90", serial2010, `München, "West"`, "")
	p := discovery.Propose(inventoryOf(t, l), "2013 CU23")
	m := p.Migration(nil)
	servers := 0
	for _, s := range m.Sites {
		servers += len(s.Servers)
	}
	if m.Organization.Source != migration.Mixed || servers < 40 || len(m.Sites) < 9 {
		t.Errorf("%s, %d servers in %d sites", m.Organization.Source, servers, len(m.Sites))
	}
	if m.Sites[0].Name != "Basel" && m.Sites[0].Name != "Zurich" || !m.Sites[0].InternetFacing || !m.Sites[1].InternetFacing || m.Sites[2].InternetFacing {
		t.Errorf("the Internet-facing sites do not come first: %+v", m.Sites[:3])
	}
	if m.Namespace.Primary != "mail.contoso.com" && m.Namespace.Primary != "mail-basel.contoso.com" {
		t.Errorf("primary name: %s", m.Namespace.Primary)
	}
	own := 0
	for _, s := range m.Sites[:2] {
		if s.Primary != "" && s.Primary != m.Namespace.Primary {
			own++
		}
	}
	if own != 1 {
		t.Errorf("the second name is not kept for its site: %+v", m.Sites[:2])
	}
	// Whatever is proposed passes the rules of the file; what would not is asked.
	for _, problem := range migration.Validate(m, migration.Known{Releases: lib.Releases.Targets()}) {
		if !strings.Contains(problem.Message, "missing") && !strings.Contains(problem.Message, "no Exchange 2013") { // new servers are asked for
			t.Errorf("proposed, and refused by the file: %s: %s", problem.Key, problem.Message)
		}
	}
	if !slices.ContainsFunc(m.Sites, func(s migration.Site) bool { return strings.HasPrefix(s.Name, "M\u00fcnchen") }) &&
		!slices.ContainsFunc(p.Asks, func(a discovery.Ask) bool { return strings.Contains(a.Key, "M\u00fcnchen") }) {
		t.Error("a site whose name needs thought is neither proposed nor asked")
	}
}

func TestWhatIsNotReadableIsAsked(t *testing.T) {
	t.Parallel()
	lib := library(t)
	l, d := half(t, lib)
	d.Blind("DC1", true)
	d.Blind("DC2", true)
	p := discovery.Propose(inventoryOf(t, l), "")
	for _, l := range p.Lines {
		if strings.HasPrefix(l.Key, "features.") || strings.HasPrefix(l.Key, "site") || l.Key == "organization.name" || l.Key == "organization.source" {
			t.Errorf("%s = %s is proposed although nothing was shown", l.Key, l.Value)
		}
	}
	var asked []string
	for _, a := range p.Asks {
		asked = append(asked, a.Key)
	}
	for _, key := range []string{"organization.name", "organization.source", "organization.domains", "organization.mail_domains", "site", "features.public_folders", "features.hybrid"} {
		if !slices.Contains(asked, key) {
			t.Errorf("%s is neither proposed nor asked: %v", key, asked)
		}
	}
}

func TestAnInheritedUpgradeBeginsWithWhatIsTrue(t *testing.T) {
	t.Parallel()
	lib := library(t)
	l, d := half(t, lib)
	path := filepath.Join(t.TempDir(), "contoso.toml")
	if err := os.WriteFile(path, migration.Sample(migration.Source2010), 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := runbook.Open(path, runbook.Options{Library: lib, Clock: time.Now, Operator: "A. Meyer", Host: "jump", Tool: "test"})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	r := s.Snapshot().Runbook
	claims := discovery.AlreadyTrue(r, inventoryOf(t, l), lib.Releases)
	measured := map[string]bool{}
	for _, c := range claims {
		measured[c.Task] = c.Measured
	}
	for _, id := range []string{"prepare.schema/org", "prepare.ad/org", "deploy.install-both/ex13-01"} {
		if !measured[id] {
			t.Errorf("%s is shown by the directory and not claimed: %v", id, measured)
		}
	}
	if _, claimed := measured["deploy.install-both/ex13-02"]; claimed {
		t.Error("a server that is not installed is claimed")
	}
	if _, err := s.Inherit(discovery.InheritedOf(claims), " "); err == nil {
		t.Error("taken over by nobody")
	}
	ids, err := s.Inherit(discovery.InheritedOf(claims), "B. Keller")
	if err != nil || len(ids) != len(claims) {
		t.Fatalf("%d of %d recorded: %v", len(ids), len(claims), err)
	}
	p := s.Snapshot().Progress
	schema := p.Tasks["prepare.schema/org"]
	if schema.DoneAt.IsZero() || len(schema.Notes) != 1 || !strings.Contains(schema.Notes[0].Text, runbook.BeforeOurTime) {
		t.Errorf("the schema: %+v", schema)
	}
	if st := p.Checks["prepare.schema/org/version"]; st != nil && st.Satisfied {
		t.Errorf("what can be measured counts without having been: %+v", st)
	}
	backup := p.Checks["prepare.schema/org/backup"]
	if backup == nil || backup.Result == nil || backup.Result.Verdict != checks.Skip || backup.Result.Evidence["name"] != "B. Keller" || backup.Result.Source != checks.FromPerson {
		t.Errorf("what cannot be measured: %+v", backup)
	}
	for _, phase := range r.Phases {
		if st := p.Phases[phase.ID]; st != nil && phase.Step > 1 && st.Open {
			t.Errorf("the gate of %s opened without a measurement", phase.ID)
		}
	}
	again, err := s.Inherit(discovery.InheritedOf(claims), "B. Keller")
	if err != nil || len(again) != 0 {
		t.Errorf("recorded twice: %v %v", again, err)
	}
	// A controller that cannot be read proves nothing about the others.
	d.Blind("DC2", true)
	for _, c := range discovery.AlreadyTrue(r, inventoryOf(t, l), lib.Releases) {
		if c.Task == "prepare.schema/org" {
			t.Errorf("claimed although a controller was not read: %+v", c)
		}
	}
}
