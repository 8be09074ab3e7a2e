package inventory_test

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"net/netip"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	ber "github.com/go-asn1-ber/asn1-ber"
	"github.com/go-ldap/ldap/v3"

	"coexist/checks"
	"coexist/checks/inventory"
	"coexist/checks/lab"
)

const password = `Kanarie%&\"' 7✓ü`

func addr(s string) netip.Addr { return netip.MustParseAddr(s) }

// forest is one domain with two domain controllers and an organisation of
// Exchange 2010.
func forest(t *testing.T) (*lab.Lab, *lab.Directory) {
	t.Helper()
	l, err := lab.New(lab.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	d, err := l.AddDirectory(4, []string{"contoso.com", "emea.contoso.com"},
		lab.Controller{Name: "DC1", FQDN: "dc1.contoso.com", Site: "Zurich", Address: addr("10.0.0.1"), Catalog: true},
		lab.Controller{Name: "DC2", FQDN: "dc2.emea.contoso.com", Domain: "emea.contoso.com", Site: "Basel", Address: addr("10.0.0.2")})
	if err != nil {
		t.Fatal(err)
	}
	l.SetAccount(lab.Account{User: `CONTOSO\reader`, Password: password}, checks.DirectoryAccount)
	d.SetSchema(14734)
	d.SetOrganization("Contoso", 14322)
	d.SetDomain("contoso.com", 13040)
	d.PutAcceptedDomain("contoso.com", "4")
	d.PutServer(lab.ExchangeServer{Name: "EX10", FQDN: "ex10.contoso.com", Serial: "Version 14.3 (Build 30123.4)", Roles: 54, Site: "Zurich"})
	return l, d
}

func read(t *testing.T, env *checks.Env, hosts ...string) *inventory.Inventory {
	t.Helper()
	inv, err := inventory.Read(t.Context(), env, inventory.Request{Controllers: hosts, Patience: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	return inv
}

func TestEveryPartIsReadAndNothingWritten(t *testing.T) {
	t.Parallel()
	l, d := forest(t)
	d.PutVirtualDirectory("EX10", "owa", "", "https://ex10.contoso.com/owa", "https://mail.contoso.com/owa")
	d.PutVirtualDirectory("EX10", "rpc", "", "", "https://mail.contoso.com/rpc")
	d.PutConnectionPoint("EX10", "https://ex10.contoso.com/Autodiscover/Autodiscover.xml", "Zurich")
	d.PutArray("array", "outlook.contoso.com", "Zurich")
	d.PutDAG("DAG1", `\\fs1\DAG1`)
	d.PutServer(lab.ExchangeServer{Name: "MBX13", FQDN: "mbx13.contoso.com", Serial: "Version 15.0 (Build 31497.2)", Roles: 54, Site: "Basel", DAG: "DAG1"})
	d.PutDatabase("DB10", "EX10", "Default Offline Address Book", "outlook.contoso.com")
	d.PutPublicDatabase("PF10", "EX10")
	d.PutAddressBook("Default Offline Address Book", true)
	d.PutSendConnector("Internet", []string{"smtp:*;1"}, "EX10")
	d.PutReceiveConnector("EX10", "Relay")
	d.PutDialPlan("Zurich dial plan")
	d.PutHybrid()
	d.PutFolderPlan("Seven years")
	d.PutAcceptedDomain("relay.contoso.com", "1")
	inv := read(t, l.Env(), "dc1.contoso.com")
	for what, c := range map[string]struct{ got, want any }{
		"from":         {inv.From, "dc1.contoso.com"},
		"forest":       {inv.Forest.Name, "contoso.com"},
		"organization": {inv.Organization.Name, "Contoso"},
		"domains":      {len(inv.Domains), 2},
		"sites":        {len(inv.Sites), 2},
		"servers":      {[]string{inv.Servers[0].Name, inv.Servers[0].Version, inv.Servers[0].Build, inv.Servers[0].Site, inv.Servers[1].Name, inv.Servers[1].Group}, []string{"EX10", "2010", "14.3.123.4", "Zurich", "MBX13", "DAG1"}},
		"roles":        {inv.Servers[1].Roles, []string{"mailbox"}},
		"arrays":       {[]string{inv.Arrays[0].FQDN, inv.Arrays[0].Site}, []string{"outlook.contoso.com", "Zurich"}},
		"directories":  {len(inv.Directories), 2},
		"external":     {inv.Directories[0].External, "https://mail.contoso.com/owa"},
		"points":       {inv.Points[0].Sites, []string{"Zurich"}},
		"mail domains": {[]string{inv.MailDomains[0].Kind, inv.MailDomains[1].Kind}, []string{"authoritative", "external-relay"}},
		"databases":    {[]any{inv.Databases[0].RPC, inv.Databases[0].Book, inv.Databases[1].Public}, []any{"outlook.contoso.com", "Default Offline Address Book", true}},
		"groups":       {inv.Groups[0].Members, []string{"MBX13"}},
		"connectors":   {len(inv.Connectors), 2},
		"further":      {len(inv.DialPlans) + len(inv.Hybrid) + len(inv.FolderPlans) + len(inv.AddressBooks), 4},
		"role holders": {len(inv.RoleHolders), 5},
		"versions":     {[]int{inv.Controllers[0].Schema, inv.Controllers[0].Organization, inv.Controllers[0].Prepared, inv.Controllers[1].Schema}, []int{14734, 14322, 13040, 14734}},
		"bare":         {[]bool{inv.Controllers[0].Bare.Prepared, inv.Controllers[1].Bare.Prepared}, []bool{false, true}},
		"gaps":         {inv.Gaps, []inventory.Gap(nil)},
	} {
		if !reflect.DeepEqual(c.got, c.want) {
			t.Errorf("%s: %v, want %v", what, c.got, c.want)
		}
	}
	if w := d.Writes(); len(w) > 0 {
		t.Errorf("the directory was written to: %v", w)
	}
	for _, one := range l.Logons() {
		if one.Clear || !one.OK {
			t.Errorf("logon: %+v", one)
		}
	}
	data, err := inventory.Format(inv)
	if err != nil {
		t.Fatal(err)
	}
	back, err := inventory.Parse(data)
	if err != nil {
		t.Fatal(err)
	}
	if again, _ := inventory.Format(back); !bytes.Equal(again, data) {
		t.Errorf("the inventory does not come back as it was written:\n%s\n%s", data, again)
	}
}

func TestWhatIsNotShownIsNeverAbsent(t *testing.T) {
	t.Parallel()
	l, d := forest(t)
	d.Blind("DC1", true)
	d.Blind("DC2", true)
	inv := read(t, l.Env(), "dc1.contoso.com")
	for _, section := range []string{inventory.SectionOrganization, inventory.SectionDomains, inventory.SectionSites, inventory.SectionControllers} {
		if inv.Whole(section) {
			t.Errorf("%s counts as read although nothing is shown", section)
		}
	}
	if inv.Organization != nil || len(inv.Notes) > 0 && strings.Contains(strings.Join(inv.Notes, " "), "there is no Exchange organisation") {
		t.Errorf("an organisation that is not shown is taken for absent: %v", inv.Notes)
	}
	d.Blind("DC1", false)
	d.Change(d.ServerDN("EX10"), func(e lab.Entry) { delete(e, "serialNumber"); delete(e, "msExchServerSite") })
	inv = read(t, l.Env(), "dc1.contoso.com")
	s := inv.Server("EX10")
	if s == nil || s.Version != "unknown" || inv.Shown(inventory.SectionServers, "serialNumber", s.DN) || inv.Shown(inventory.SectionServers, "msExchServerSite", s.DN) ||
		!inv.Shown(inventory.SectionServers, "msExchCurrentServerRoles", s.DN) {
		t.Errorf("hidden attributes: %+v, %+v", s, inv.Gaps)
	}
	d.Delete(d.ServerDN("EX10"))
	inv = read(t, l.Env(), "dc1.contoso.com")
	for _, section := range []string{inventory.SectionServers, inventory.SectionDatabases, inventory.SectionHybrid, inventory.SectionArrays} {
		if inv.Whole(section) {
			t.Errorf("%s counts as whole although no server is shown", section)
		}
	}
}

func TestWhatCannotBeToldIsAGap(t *testing.T) {
	t.Parallel()
	l, d := forest(t)
	d.PutDAG("DAG1", "")
	d.PutFolderPlan("")
	inv := read(t, l.Env(), "dc1.contoso.com")
	if inv.Shown(inventory.SectionGroups, "msExchMDBAvailabilityGroupLink", inv.Groups[0].DN) {
		t.Error("a group that no server shows to belong to counts as one without members")
	}
	if !inv.Whole(inventory.SectionFolderPlans) || !inv.Shown(inventory.SectionServers, "msExchCurrentServerRoles", d.ServerDN("EX10")) {
		t.Errorf("what was read is a gap: %+v", inv.Gaps)
	}
	d.Change(d.ServerDN("EX10"), func(e lab.Entry) { e["msExchCurrentServerRoles"] = []string{"54 or so"} })
	inv = read(t, l.Env(), "dc1.contoso.com")
	if s := inv.Server("EX10"); len(s.Roles) > 0 || inv.Shown(inventory.SectionServers, "msExchCurrentServerRoles", s.DN) {
		t.Errorf("roles that cannot be read count as none: %+v", inv.Gaps)
	}
	d.Delete(d.ServerDN("EX10"))
	if inv = read(t, l.Env(), "dc1.contoso.com"); inv.Whole(inventory.SectionFolderPlans) {
		t.Error("no policy of managed folders counts as proved by an account that is shown nothing else")
	}
}

func TestThereIsNoOrganisation(t *testing.T) {
	t.Parallel()
	l, d := forest(t)
	d.Delete("CN=Microsoft Exchange,CN=Services," + d.Config())
	d.Put("CN=RRAS,CN=Services,"+d.Config(), lab.Entry{"objectClass": {"top", "container"}})
	inv := read(t, l.Env(), "dc1.contoso.com")
	if inv.Organization != nil || !inv.Whole(inventory.SectionOrganization) || !strings.Contains(strings.Join(inv.Notes, " "), "no Exchange organisation") {
		t.Errorf("no organisation: %+v %v", inv.Gaps, inv.Notes)
	}
}

func TestNamesWithSpecialAndForeignCharacters(t *testing.T) {
	t.Parallel()
	l, d := forest(t)
	d.SetOrganization(`Müller, "Söhne" + Co <#1>; a=b\c`, 14322)
	d.PutSite(`Zürich, West + Ost`)
	d.PutServer(lab.ExchangeServer{Name: "EX,10", FQDN: "ex10.contoso.com", Serial: "Version 14.3 (Build 30123.4)", Roles: 54, Site: `Zürich, West + Ost`})
	d.PutVirtualDirectory("EX,10", "owa", "", "", "https://mail.contoso.com/owa")
	d.PutDatabase(`DB "1", (alt)`, "EX,10", "", "")
	inv := read(t, l.Env(), "dc1.contoso.com")
	// Two organisations are there now: the first one must not be chosen by chance.
	if inv.Organization != nil || inv.Whole(inventory.SectionOrganization) {
		t.Errorf("one of two organisations was taken: %+v", inv.Organization)
	}
	d.Delete("CN=Contoso,CN=Microsoft Exchange,CN=Services," + d.Config())
	inv = read(t, l.Env(), "dc1.contoso.com")
	if inv.Organization == nil || inv.Organization.Name != `Müller, "Söhne" + Co <#1>; a=b\c` {
		t.Fatalf("organisation: %+v %v", inv.Organization, inv.Gaps)
	}
	s := inv.Server("EX,10")
	if s == nil || s.Site != `Zürich, West + Ost` || inv.Directories[0].Server != "EX,10" || inv.Databases[0].Name != `DB "1", (alt)` || inv.Databases[0].Server != "EX,10" {
		t.Errorf("names: %+v %+v %+v", inv.Servers, inv.Directories, inv.Databases)
	}
}

func TestTenThousandObjectsComeInPages(t *testing.T) {
	t.Parallel()
	l, d := forest(t)
	for n := range 10_000 {
		d.PutAcceptedDomain(fmt.Sprintf("d%05d.contoso.com", n), "0")
	}
	inv := read(t, l.Env(), "dc1.contoso.com")
	if len(inv.MailDomains) != 10_001 || !inv.Whole(inventory.SectionMailDomains) {
		t.Errorf("%d mail domains, %v", len(inv.MailDomains), inv.Gaps)
	}
}

func TestWithoutTLSThePasswordStaysHere(t *testing.T) {
	t.Parallel()
	l, err := lab.New(lab.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	d, err := l.AddDirectory(4, []string{"contoso.com"}, lab.Controller{Name: "DC1", FQDN: "dc1.contoso.com", Site: "Zurich", Address: addr("10.0.0.1"), NoTLS: true})
	if err != nil {
		t.Fatal(err)
	}
	l.SetAccount(lab.Account{User: `CONTOSO\reader`, Password: password}, checks.DirectoryAccount)
	d.SetOrganization("Contoso", 14322)
	inv := read(t, l.Env(), "dc1.contoso.com")
	if !strings.Contains(strings.Join(inv.Notes, " "), "without TLS") {
		t.Errorf("notes: %v", inv.Notes)
	}
	for _, one := range l.Logons() {
		if one.Clear {
			t.Errorf("the password went over an open line: %+v", one)
		}
	}
}

// peer is a broken domain controller: what it does with each request after the
// logon.
func peer(search func(c net.Conn, id int64, root bool)) func(context.Context, net.Conn) {
	return func(_ context.Context, c net.Conn) {
		for {
			m, err := ber.ReadPacket(c)
			if err != nil || len(m.Children) < 2 {
				return
			}
			id, _ := m.Children[0].Value.(int64)
			switch op := m.Children[1]; op.Tag {
			case ldap.ApplicationSearchRequest:
				search(c, id, op.Children[0].Data.Len() == 0)
			case ldap.ApplicationExtendedRequest:
				c.Write(done(id, ldap.ApplicationExtendedResponse, ldap.LDAPResultUnavailable))
			default:
				c.Write(done(id, ldap.ApplicationBindResponse, 0))
			}
		}
	}
}

func message(id int64, op *ber.Packet) []byte {
	m := ber.Encode(ber.ClassUniversal, ber.TypeConstructed, ber.TagSequence, nil, "")
	m.AppendChild(ber.NewInteger(ber.ClassUniversal, ber.TypePrimitive, ber.TagInteger, id, ""))
	m.AppendChild(op)
	return m.Bytes()
}

func octets(s string) *ber.Packet {
	return ber.NewString(ber.ClassUniversal, ber.TypePrimitive, ber.TagOctetString, s, "")
}

func done(id int64, tag ber.Tag, code int) []byte {
	op := ber.Encode(ber.ClassApplication, ber.TypeConstructed, tag, nil, "")
	op.AppendChild(ber.NewInteger(ber.ClassUniversal, ber.TypePrimitive, ber.TagEnumerated, int64(code), ""))
	op.AppendChild(octets(""))
	op.AppendChild(octets(""))
	return message(id, op)
}

// entry is a root with one attribute.
func entry(id int64, attribute, value string) []byte {
	op := ber.Encode(ber.ClassApplication, ber.TypeConstructed, ldap.ApplicationSearchResultEntry, nil, "")
	list := ber.Encode(ber.ClassUniversal, ber.TypeConstructed, ber.TagSequence, nil, "")
	one := ber.Encode(ber.ClassUniversal, ber.TypeConstructed, ber.TagSequence, nil, "")
	set := ber.Encode(ber.ClassUniversal, ber.TypeConstructed, ber.TagSet, nil, "")
	set.AppendChild(octets(value))
	one.AppendChild(octets(attribute))
	one.AppendChild(set)
	list.AppendChild(one)
	op.AppendChild(octets(""))
	op.AppendChild(list)
	return message(id, op)
}

// TestBrokenControllers puts a broken controller beside a good one: the good
// one is read, and the broken one is told as not readable.
func TestBrokenControllers(t *testing.T) {
	t.Parallel()
	around := func(c net.Conn, id int64) {
		for range 50 {
			op := ber.Encode(ber.ClassApplication, ber.TypeConstructed, ldap.ApplicationSearchResultReference, nil, "")
			op.AppendChild(octets("ldap://dc9.contoso.com/CN=Configuration,DC=contoso,DC=com"))
			c.Write(message(id, op))
		}
	}
	for name, handle := range map[string]func(context.Context, net.Conn){
		"silent":  func(ctx context.Context, c net.Conn) { <-ctx.Done() },
		"closes":  func(_ context.Context, c net.Conn) { c.Read(make([]byte, 64)) },
		"no LDAP": func(_ context.Context, c net.Conn) { c.Write([]byte("SSH-2.0-OpenSSH\r\n")); c.Read(make([]byte, 64)) },
		"2 GiB": func(ctx context.Context, c net.Conn) {
			c.Write([]byte{0x30, 0x84, 0x7f, 0xff, 0xff, 0xff})
			<-ctx.Done()
		},
		"referral loop": peer(func(c net.Conn, id int64, root bool) {
			if around(c, id); root {
				c.Write(done(id, ldap.ApplicationSearchResultDone, ldap.LDAPResultReferral))
				return
			}
			c.Write(done(id, ldap.ApplicationSearchResultDone, 0))
		}),
		"silent after the root": peer(func(c net.Conn, id int64, root bool) {
			if root {
				c.Write(entry(id, "configurationNamingContext", "CN=Configuration,DC=contoso,DC=com"))
				c.Write(done(id, ldap.ApplicationSearchResultDone, 0))
			}
		}),
		"referrals after the root": peer(func(c net.Conn, id int64, root bool) {
			if root {
				c.Write(entry(id, "configurationNamingContext", "CN=Configuration,DC=contoso,DC=com"))
				c.Write(done(id, ldap.ApplicationSearchResultDone, 0))
				return
			}
			around(c, id)
			c.Write(done(id, ldap.ApplicationSearchResultDone, ldap.LDAPResultReferral))
		}),
		"endless": peer(func(c net.Conn, id int64, root bool) {
			op := ber.Encode(ber.ClassApplication, ber.TypeConstructed, ldap.ApplicationSearchResultEntry, nil, "")
			op.AppendChild(octets("CN=x," + strings.Repeat("CN=y,", 1000) + "DC=x"))
			op.AppendChild(ber.Encode(ber.ClassUniversal, ber.TypeConstructed, ber.TagSequence, nil, ""))
			one := message(id, op)
			for {
				if _, err := c.Write(one); err != nil {
					return
				}
			}
		}),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l, d := forest(t)
			bad := addr("10.0.0.9")
			if err := l.Serve(netip.AddrPortFrom(bad, 389), handle); err != nil {
				t.Fatal(err)
			}
			l.SetAddresses(checks.Inside, "dc9.contoso.com", 60, bad)
			d.Put("CN=DC9,CN=Servers,CN=Zurich,CN=Sites,"+d.Config(), lab.Entry{"objectClass": {"top", "server"}, "dNSHostName": {"dc9.contoso.com"}})
			d.Put("CN=NTDS Settings,CN=DC9,CN=Servers,CN=Zurich,CN=Sites,"+d.Config(), lab.Entry{"objectClass": {"top", "nTDSDSA"}, "options": {"0"}, "hasMasterNCs": {"DC=contoso,DC=com"}})
			inv, err := inventory.Read(t.Context(), l.Env(), inventory.Request{Controllers: []string{"dc9.contoso.com", "dc1.contoso.com"}, Patience: 2 * time.Second})
			if err != nil {
				t.Fatal(err)
			}
			if inv.Server("EX10") == nil {
				t.Errorf("the good controller was not read: %v %v", inv.Gaps, inv.Notes)
			}
			if inv.Shown(inventory.SectionControllers, "rangeUpper", "dc9.contoso.com") {
				t.Errorf("the broken controller counts as read: %+v", inv.Controllers)
			}
			for _, c := range inv.Controllers {
				if c.Host == "dc9.contoso.com" && (c.Schema != 0 || c.Bare.Schema) {
					t.Errorf("the broken controller tells something: %+v", c)
				}
			}
		})
	}
}

func TestRefusedLogonEndsTheSearch(t *testing.T) {
	t.Parallel()
	l, _ := forest(t)
	env := l.Env()
	env.Logon = func(context.Context, string) (checks.Credential, error) {
		return checks.Credential{Username: `CONTOSO\reader`, Password: checks.NewSecret("not-this-one")}, nil
	}
	_, err := inventory.Read(t.Context(), env, inventory.Request{Controllers: []string{"dc1.contoso.com", "dc2.emea.contoso.com"}})
	if err == nil || !strings.Contains(err.Error(), "password is wrong") {
		t.Errorf("%v", err)
	}
	if n := len(l.Logons()); n != 1 {
		t.Errorf("a wrong password was tried %d times", n)
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(`{"format":1,"source":"ldap","from":"dc1","started":"2026-11-01T00:00:00Z","ended":"2026-11-01T00:00:00Z","forest":{}}`))
	f.Add([]byte(`{"format":2}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		inv, err := inventory.Parse(data)
		if err != nil {
			return
		}
		out, err := inventory.Format(inv)
		if err != nil {
			t.Fatal(err)
		}
		again, err := inventory.Parse(out)
		if err != nil {
			t.Fatalf("what was written cannot be read: %v", err)
		}
		if twice, _ := inventory.Format(again); !bytes.Equal(out, twice) {
			t.Errorf("%s became %s", out, twice)
		}
	})
}

// TestABrokenControllerEndsNothing panics while one of the controllers is read.
func TestABrokenControllerEndsNothing(t *testing.T) {
	t.Parallel()
	l, _ := forest(t)
	env := l.Env()
	dial := env.Dial
	env.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
		if strings.HasPrefix(address, "10.0.0.2:") {
			panic("dial")
		}
		return dial(ctx, network, address)
	}
	inv := read(t, env, "dc1.contoso.com")
	if inv.Shown(inventory.SectionControllers, "rangeUpper", "dc2.emea.contoso.com") || len(inv.Controllers) != 2 {
		t.Errorf("%d controllers, gaps %+v", len(inv.Controllers), inv.Gaps)
	}
	if !slices.ContainsFunc(inv.Gaps, func(g inventory.Gap) bool { return g.Reason == "probe.panic" && strings.Contains(g.Text, "dial") }) {
		t.Errorf("gaps %+v", inv.Gaps)
	}
}
