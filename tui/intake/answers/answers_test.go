package answers

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"coexist/runbook/migration"
)

func parsed(t testing.TB, source string) *migration.Migration {
	t.Helper()
	m, err := migration.Parse("sample", migration.Sample(source), migration.Known{})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func form(t testing.TB, source string) *Form {
	t.Helper()
	f := New(migration.Known{Releases: []string{"2010 SP3", "2013 CU23"}}, nil, time.UTC)
	f.Answers = From(parsed(t, source))
	return f
}

// TestRoundTrip takes migrations apart into answers and back.
func TestRoundTrip(t *testing.T) {
	t.Parallel()
	for _, source := range []string{"2007", "2010", "mixed"} {
		m := parsed(t, source)
		m.Change = &migration.Change{Number: "CHG1", Approver: "B. Okafor", Contacts: []string{`Kim "K", network`, "Desk +49 30"},
			WindowStart: time.Date(2026, 11, 28, 22, 0, 0, 0, time.FixedZone("", 3600)),
			WindowEnd:   time.Date(2026, 11, 29, 6, 0, 30, 0, time.FixedZone("", 3600))}
		m.Network = migration.Network{InternalResolver: "10.0.0.53:53", DomainControllers: []string{"dc1.contoso.com", "dc2.contoso.com"},
			Trust: []string{"our ca, new.pem", "b.pem"}, Proxy: "http://proxy.contoso.com:8080", Loopback: true}
		m.Sites[1].InternalName = "mail-int.contoso.com"
		m.Sites[0].Servers[0].Was, m.Sites[0].Servers[0].Address = "EX-OLD", "10.0.0.9"
		f := form(t, source)
		f.Answers = From(m)
		if d := Differences(m, f.Migration()); len(d) > 0 {
			t.Errorf("%s: %v", source, d)
		}
		if got, want := string(migration.Format(f.Migration())), string(migration.Format(m)); got != want {
			t.Errorf("%s: got\n%s\nwant\n%s", source, got, want)
		}
		if p := f.Problems(); len(p) > 0 {
			t.Errorf("%s: %v: %s", source, p[0].Place, p[0].Error())
		}
	}
}

func TestDraftRoundTrip(t *testing.T) {
	t.Parallel()
	f := form(t, "mixed")
	f.Page, f.Forest, f.Change.Contacts = PageTarget, "not a \"domain\"\n\x1b", `a, "b`
	data, err := f.Draft()
	if err != nil {
		t.Fatal(err)
	}
	g := New(migration.Known{}, nil, nil)
	if err := g.Resume(data); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(f.Answers, g.Answers) {
		t.Errorf("got %+v\nwant %+v", g.Answers, f.Answers)
	}
	for _, bad := range []string{"", "draft = 2", "draft = 1\nname = 3", "[["} {
		before := g.Answers
		if err := g.Resume([]byte(bad)); err == nil {
			t.Errorf("%q was taken for a draft", bad)
		}
		if !reflect.DeepEqual(before, g.Answers) {
			t.Errorf("%q changed the answers", bad)
		}
	}
}

func TestLists(t *testing.T) {
	t.Parallel()
	for _, list := range [][]string{nil, {"a"}, {"a", "b c"}, {`x, "y"`, "z"}, {`"`}, {`a"b`, `""`}} {
		if got := SplitList(joinList(list)); strings.Join(got, "|") != strings.Join(list, "|") || len(got) != len(list) {
			t.Errorf("%q becomes %q becomes %q", list, joinList(list), got)
		}
	}
}

func TestDefaultsFollowTheDomain(t *testing.T) {
	t.Parallel()
	f := New(migration.Known{}, nil, time.UTC)
	f.Source, f.Forest = migration.Mixed, "corp.local"
	f.MailDomains = "Fabrikam.com, contoso.com"
	n := f.Migration().Namespace
	if n.Primary != "mail.fabrikam.com" || n.Autodiscover != "autodiscover.fabrikam.com" || n.Legacy != "legacy.fabrikam.com" {
		t.Errorf("names are %+v", n)
	}
	f.Primary = "owa.fabrikam.com"
	if got := f.Migration().Namespace.Primary; got != "owa.fabrikam.com" {
		t.Errorf("primary is %q", got)
	}
	f.Source = migration.Source2010
	if got := f.Migration().Namespace.Legacy; got != "" {
		t.Errorf("legacy is %q in a 2010 organisation", got)
	}
}

func TestReadServers(t *testing.T) {
	t.Parallel()
	f := form(t, "2010")
	const table = `Name       Site                                    ServerRole                        Edition    AdminDisplayVersion
----       ----                                    ----------                        -------    -------------------
EX10-21    contoso.com/Configuration/Sites/Lyon    Mailbox, ClientAccess, HubTransport Enterprise Version 14.3 (Build 123.4)
EX07-21    contoso.com/Configuration/Sites/Redmond ClientAccess                      Standard   Version 8.3 (Build 83.6)
EX13-21    contoso.com/Configuration/Sites/Lyon    Mailbox, ClientAccess             Standard   Version 15.0 (Build 1497.2)`
	for _, c := range []struct{ text, want string }{
		{"EX10-21", "EX10-21 2010 client-access+hub-transport+mailbox"},
		{"EX10-21, EX10-22;EX10-23\r\nEX10-24", "EX10-21 2010 client-access+hub-transport+mailbox|EX10-22 2010 client-access+hub-transport+mailbox|" +
			"EX10-23 2010 client-access+hub-transport+mailbox|EX10-24 2010 client-access+hub-transport+mailbox"},
		{"EX13-21 2013 cas mbx", "EX13-21 2013 client-access+mailbox"},
		{"ex10-21.contoso.com", "EX10-21 2010 client-access+hub-transport+mailbox"},
		{"ex10-21.emea.contoso.com 2010 mbx", "EX10-21 2010 mailbox ex10-21.emea.contoso.com"},
		{"EX10-01", "EX10-01 2010 client-access+hub-transport+mailbox !is already in Redmond"},
		{"EX10-21\nex10-21", "EX10-21 2010 client-access+hub-transport+mailbox|ex10-21 2010 client-access+hub-transport+mailbox !stands there twice"},
		{"-- == ()", ""},
		{"EX10-21 2010 mbx, EX10-22 2010, EX10-23", "EX10-21 2010 mailbox|EX10-22 2010 client-access+hub-transport+mailbox|EX10-23 2010 client-access+hub-transport+mailbox"},
		{"EX10-21 contoso.com/Configuration/Sites/Main Office Mailbox, ClientAccess Enterprise Version 14.3 (Build 123.4)", "EX10-21 2010 client-access+mailbox @Main Office"},
		{"EX10-21 contoso.com/Configuration/Sites/Main Office Mailbox Coexistence Version 14.3 (Build 123.4)", "EX10-21 2010 mailbox @Main Office"},
		{table, "EX10-21 2010 client-access+hub-transport+mailbox @Lyon|EX07-21 2007 client-access @Redmond|EX13-21 2013 client-access+mailbox @Lyon"},
	} {
		var got []string
		for _, p := range f.ReadServers(c.text, f.Like("2010")) {
			s := strings.Join([]string{p.Server.Name, p.Server.Version, strings.Join(p.Server.Roles(), "+")}, " ")
			if p.Server.FQDN != "" {
				s += " " + p.Server.FQDN
			}
			if p.Site != "" {
				s += " @" + p.Site
			}
			if p.Wrong != "" {
				s += " !" + p.Wrong
			}
			got = append(got, s)
		}
		if strings.Join(got, "|") != c.want {
			t.Errorf("%q gives\n%s\nwant\n%s", c.text, strings.Join(got, "|"), c.want)
		}
	}
	if n := f.Take(f.ReadServers(table, f.Like("2010")), 0); n != 3 || len(f.Sites[1].Servers) != 4 {
		t.Errorf("%d taken, Lyon has %d servers", n, len(f.Sites[1].Servers))
	}
}

func TestDifferences(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(m *migration.Migration)
		want   string
	}{
		"nothing": {func(*migration.Migration) {}, ""},
		"fact":    {func(m *migration.Migration) { m.Target.Media = `E:\` }, `target, media: D:\>E:\`},
		"rename":  {func(m *migration.Migration) { m.Sites[0].Servers[1].Name = "EX13-09" }, "site Redmond, server EX13-01, name: EX13-01>EX13-09"},
		"removed": {func(m *migration.Migration) { m.Sites = m.Sites[:1] }, "site Lyon: removed>"},
		"added": {func(m *migration.Migration) {
			m.Sites[0].Servers = append(m.Sites[0].Servers, migration.Server{Name: "EX13-03"})
		}, "site Redmond, server EX13-03: >added"},
		"order": {func(m *migration.Migration) { m.Sites[0], m.Sites[1] = m.Sites[1], m.Sites[0] }, "order of sites: Redmond, Lyon>Lyon, Redmond"},
		"probe": {func(m *migration.Migration) { m.Probes[0].Version = "2013" }, "test mailbox probe10@contoso.com, version: 2010>2013"},
		"change": {func(m *migration.Migration) { m.Change = &migration.Change{Number: "CHG1"} },
			"change: none>given|change, number: >CHG1"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := parsed(t, "2010")
			c.change(b)
			var got []string
			for _, d := range Differences(parsed(t, "2010"), b) {
				got = append(got, d.What+": "+d.Old+">"+d.New)
			}
			if strings.Join(got, "|") != c.want {
				t.Errorf("got %q, want %q", strings.Join(got, "|"), c.want)
			}
		})
	}
}

func TestFileNames(t *testing.T) {
	t.Parallel()
	for name, ok := range map[string]bool{
		"contoso.toml": true, "Contoso 2.TOML": true, "contoso": false, ".toml": false, "a/b.toml": false, `a\b.toml`: false,
		"nul.toml": false, "COM1.x.toml": false, "a\u202eb.toml": false, "..toml": false,
	} {
		if err := checkFile(name); (err == nil) != ok {
			t.Errorf("%q: %v", name, err)
		}
	}
	for name, want := range map[string]string{"Contoso Ltd.": "contoso-ltd", "Ünïcode": "n-code", "  ": "migration", "日本": "migration"} {
		if got := Slug(name); got != want {
			t.Errorf("slug of %q is %q, want %q", name, got, want)
		}
	}
}

func FuzzResume(f *testing.F) {
	g := form(f, "mixed")
	data, err := g.Draft()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	f.Add([]byte("draft = 1\npage = \"nowhere\"\n[[site]]\n[[site.server]]\nversion = \"1999\""))
	f.Fuzz(func(t *testing.T, data []byte) {
		form := New(migration.Known{}, nil, time.UTC)
		if form.Resume(data) != nil {
			return
		}
		form.Settle()
		for _, p := range form.Problems() {
			if p.Field >= 0 && p.Field >= len(form.Fields(p.Place)) {
				t.Fatalf("a problem names field %d of %v", p.Field, p.Place)
			}
		}
		again, err := form.Draft()
		if err != nil {
			t.Fatal(err)
		}
		other := New(migration.Known{}, nil, time.UTC)
		if err := other.Resume(again); err != nil {
			t.Fatal(err)
		}
	})
}

func FuzzReadServers(f *testing.F) {
	f.Add("EX10-01 2010 cas\nEX13-01,EX13-02; x y z")
	f.Add("a.b.c -- (x) 15.0 / //")
	f.Fuzz(func(t *testing.T, text string) {
		form := form(t, "2010")
		list := form.ReadServers(text, form.Like("2013"))
		form.Take(list, 1)
		form.Problems()
	})
}
