package runbook

import (
	"bytes"
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
