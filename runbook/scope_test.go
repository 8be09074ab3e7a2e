package runbook

import (
	"bytes"
	"strings"
	"testing"
	"testing/fstest"

	"coexist/checks"
	"coexist/runbook/migration"
	"coexist/runbook/procedure"
	"coexist/runbook/runbooktest"
)

func TestProbePrefersItsSite(t *testing.T) {
	t.Parallel()
	lyon, anywhere, old := migration.Probe{Mailbox: "lyon", Version: "2013", Site: "Lyon"}, migration.Probe{Mailbox: "anywhere", Version: "2013"}, migration.Probe{Mailbox: "old", Version: "2010", Site: "Redmond"}
	paris := migration.Probe{Mailbox: "paris", Version: "2013", Site: "Paris"}
	for _, c := range []struct {
		name, site, version, want string
		list                      []migration.Probe
	}{
		{"its own site's", "lyon", "2013", "lyon", []migration.Probe{old, paris, anywhere, lyon}},
		{"not that of another version", "Redmond", "2013", "anywhere", []migration.Probe{old, paris, anywhere, lyon}},
		{"one without a site before another's", "Oslo", "2013", "anywhere", []migration.Probe{paris, anywhere, lyon}},
		{"the first where all are elsewhere", "Oslo", "2013", "paris", []migration.Probe{old, paris, lyon}},
		{"none", "Lyon", "2007", "", []migration.Probe{old, paris, lyon}},
	} {
		d := &Data{Probes: c.list, Site: Site{Name: c.site}}
		if got := d.Probe(c.version).Mailbox; got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

// TestARoundUsesItsOwnTestMailbox compiles the shipped procedures for two
// sites, each with a test mailbox.
func TestARoundUsesItsOwnTestMailbox(t *testing.T) {
	t.Parallel()
	lib, err := realLibrary()
	if err != nil {
		t.Fatal(err)
	}
	m := organization(2)
	m.Probes = []migration.Probe{
		{Mailbox: "first@contoso.com", Username: `CONTOSO\first`, Version: "2013", Site: "Site 1"},
		{Mailbox: "second@contoso.com", Username: `CONTOSO\second`, Version: "2013", Site: "Site 0"},
	}
	r, err := Compile(lib, m)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]int{}
	for _, p := range r.Phases {
		for _, task := range p.Tasks {
			for _, c := range task.Checks {
				ready, _, err := c.Ready(nil)
				if err != nil {
					t.Fatal(err)
				}
				box := ready.Params.String("mailbox")
				if box == "" {
					continue
				}
				want := "first@contoso.com"
				if p.Round != "" {
					want = "second@contoso.com"
				}
				seen[box]++
				if box != want {
					t.Errorf("%s asks for %s, want %s", c.ID, box, want)
				}
			}
		}
	}
	if len(seen) != 2 {
		t.Errorf("asked for %v: expected both mailboxes", seen)
	}
}

// TestHeadersInAProcedure writes the headers of a request the one way that TOML
// lets them be written inside params.
func TestHeadersInAProcedure(t *testing.T) {
	t.Parallel()
	files, _ := runbooktest.Small(t, ".", "prepare.port").(fstest.MapFS)
	names := files["tasks/names.toml"]
	names.Data = append(bytes.TrimSpace(names.Data), `

[[task.check]]
name = "headers"
title = "Headers"
kind = "http"
gate = "info"
params = { url = "https://{{host .Names.Primary}}/owa/", headers = [ "X-Forest: {{plain .Org.Forest}}", "{{range .Sites}}X-{{plain .Name}}: yes\n{{end}}" ] }
`...)
	lib, err := procedure.Load(files)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range procedure.Lint(lib, checks.Kinds()) {
		if bytes.Contains([]byte(p.String()), []byte("headers")) {
			t.Error(p)
		}
	}
	m := organization(1)
	m.Sites[0].Name = "Lyon"
	r, err := Compile(lib, m)
	if err != nil {
		t.Fatal(err)
	}
	ready, _, err := r.Check("prepare.port/org/headers").Ready(nil)
	if err != nil {
		t.Fatal(err)
	}
	if got := ready.Params.Table("headers"); len(got) != 2 || got["X-Forest"] != "contoso.com" || got["X-Lyon"] != "yes" {
		t.Errorf("headers %v", got)
	}
}

// TestAServerIsCalledAsTheMigrationCallsIt wants templates to see the full name
// that validation, look-ups and comparisons take a server to have: its own, else
// its name in its domain, which is not always the forest's root.
func TestAServerIsCalledAsTheMigrationCallsIt(t *testing.T) {
	t.Parallel()
	m := organization(1)
	list := m.Sites[0].Servers
	list[0].Domain = "emea.contoso.com"
	list[1].FQDN = "EX13-0.emea.contoso.com"
	for i, v := range servers(m, m.Sites[0]) {
		if want := list[i].Name + ".emea.contoso.com"; !strings.EqualFold(v.FQDN, want) || !strings.EqualFold(m.FQDN(list[i]), want) {
			t.Errorf("%s: templates call it %s, the migration %s; want %s", v.Name, v.FQDN, m.FQDN(list[i]), want)
		}
		if v.Domain != "emea.contoso.com" || m.Domain(list[i]) != v.Domain {
			t.Errorf("%s: templates see the domain %s, the migration %s", v.Name, v.Domain, m.Domain(list[i]))
		}
	}
}

// TestNamesAreComparedAsDNSDoes writes a site's names in other letters: they are
// the same names, so that nothing moves twice.
func TestNamesAreComparedAsDNSDoes(t *testing.T) {
	t.Parallel()
	lib, err := realLibrary()
	if err != nil {
		t.Fatal(err)
	}
	lines := func(primary, internal, rpc string) string {
		m := organization(3)
		m.Namespace.RPC = "outlook.contoso.com"
		m.Sites[0].Primary, m.Sites[0].InternalName, m.Sites[0].RPC = primary, internal, rpc
		r, err := Compile(lib, m)
		if err != nil {
			t.Fatal(err)
		}
		var out []string
		for _, p := range r.Phases {
			for _, task := range p.Tasks {
				out = append(append(out, p.ID+" "+task.ID+" "+task.Title), task.Lines(nil)...)
				for _, c := range task.Checks {
					out = append(out, c.ID+" "+c.asks(nil))
				}
			}
		}
		return strings.Join(out, "\n")
	}
	plain := lines("mail.contoso.com", "mail.contoso.com", "outlook.contoso.com")
	if other := lines("Mail.Contoso.com", "MAIL.contoso.com", "Outlook.contoso.com"); other != plain {
		t.Error("the same names in other letters make another runbook")
	}
	if none := lines("", "", ""); none != plain {
		t.Error("names that are the organisation's make another runbook than none")
	}
}
