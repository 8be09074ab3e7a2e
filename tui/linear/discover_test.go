package linear

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"coexist/checks/inventory"
	"coexist/runbook"
	"coexist/runbook/discovery"
	"coexist/runbook/migration"
	"coexist/tui/intake/answers"
)

// found is an organisation of Exchange 2010 with two external names.
func found() *discovery.Proposal {
	const org = "CN=Contoso,CN=Microsoft Exchange,CN=Services,CN=Configuration,DC=contoso,DC=com"
	return discovery.Propose(&inventory.Inventory{
		Format: 1, Source: inventory.FromLDAP, From: "dc1.contoso.com", Started: time.Date(2026, 11, 23, 18, 0, 0, 0, time.UTC),
		Forest: inventory.Forest{Name: "contoso.com"}, Organization: &inventory.Organization{DN: org, Name: "Contoso"},
		Domains:     []inventory.Domain{{DN: "CN=CONTOSO,CN=Partitions", Name: "contoso.com"}},
		MailDomains: []inventory.MailDomain{{DN: "CN=contoso.com," + org, Name: "contoso.com"}},
		Sites:       []inventory.Object{{DN: "CN=Basel,CN=Sites", Name: "Basel"}},
		Servers: []inventory.Server{{DN: "CN=EX10-01," + org, Name: "EX10-01", FQDN: "ex10-01.contoso.com", Version: "2010", Build: "14.3.123.4",
			Roles: []string{"client-access", "hub-transport", "mailbox"}, Site: "Basel"}},
		Directories: []inventory.Directory{
			{DN: "CN=owa," + org, Server: "EX10-01", Kind: "owa", External: "https://mail.contoso.com/owa"},
			{DN: "CN=eas," + org, Server: "EX10-01", Kind: "eas", External: "https://mobile.contoso.com/Microsoft-Server-ActiveSync"},
		},
		Notes: []string{"read \x1b[31mwithout TLS"},
	}, "")
}

// form reads the one draft of the bench.
func (b *bench) form(t *testing.T) *migration.Migration {
	t.Helper()
	list, _ := filepath.Glob(filepath.Join(b.dir, "*.draft"))
	if len(list) != 1 {
		t.Fatalf("drafts: %v\n%s", list, b.out.String())
	}
	data, err := os.ReadFile(list[0])
	form := answers.New(migration.Known{}, nil, time.UTC)
	if err := errors.Join(err, form.Resume(data)); err != nil {
		t.Fatal(err)
	}
	return form.Migration()
}

// TestDiscover begins a migration with what a domain controller answers, line
// by line.
func TestDiscover(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	cfg := b.config(`2
dc1.contoso.com
meyer
CONTOSO\meyer
2
.
2
dc1.contoso.com
meyer@contoso.com
none
take
all
2
0
list
take
.
quit`)
	var asked []Source
	cfg.Discover = func(_ context.Context, from Source) (*discovery.Proposal, error) {
		asked = append(asked, from)
		if len(asked) == 1 {
			return nil, errors.New("no domain controller answers")
		}
		return found(), nil
	}
	got := b.talk(t, cfg)
	golden(t, "discover", got)
	if len(asked) != 2 || asked[1] != (Source{Controller: "dc1.contoso.com", Account: "meyer@contoso.com"}) {
		t.Errorf("asked %+v", asked)
	}
	m := b.form(t)
	if m.Organization.Name != "Contoso" || len(m.Sites) != 1 || m.Sites[0].Servers[0].Name != "EX10-01" || m.Namespace.Primary != "mail.contoso.com" {
		t.Errorf("taken over:\n%s", migration.Format(m))
	}
	if m.Organization.Source != migration.Source2010 || strings.Contains(got, "\x1b") {
		t.Errorf("source %s:\n%s", m.Organization.Source, got)
	}
}

// TestDiscoverAtAQuestion keeps what was typed and is not found, and takes an
// inventory file.
func TestDiscoverAtAQuestion(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	cfg := b.config("1\n1\nFabrikam\n@\n.\n@\n'found.json'\ntake\n\n\n.\nquit")
	cfg.Discover = func(_ context.Context, from Source) (*discovery.Proposal, error) {
		if from != (Source{File: "found.json"}) {
			t.Errorf("asked %+v", from)
		}
		p := found()
		for n, l := range p.Lines { // only what the directory says of the forest
			if l.Key == "organization.name" {
				p.Lines[n].Unsure = true
			}
		}
		return p, nil
	}
	got := b.talk(t, cfg)
	if m := b.form(t); m.Organization.Name != "Fabrikam" || m.Organization.Forest != "contoso.com" {
		t.Errorf("taken over:\n%s", migration.Format(m))
	}
	if !strings.Contains(got, "Left; nothing was recorded.") || strings.Count(got, "Page 1 of") != 2 || !strings.Contains(got, "Organisation name [Fabrikam]: ") {
		t.Errorf("said:\n%s", got)
	}
}

// TestCompareAndInherit reads the organisation of an open migration.
func TestCompareAndInherit(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	s, err := b.open(b.contoso(t, "2010"))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	cfg := b.config(`A. Meyer
compare
.
compare
reader

A

next
done
yes
inherit
found.json

no
inherit B. Okafor
CONTOSO\reader
yes
inherit

1
quit`)
	cfg.Session = s
	var asked []Source
	cfg.Compare = func(_ context.Context, _ Session, from Source) (string, error) {
		if asked = append(asked, from); len(asked) == 1 {
			return "", errors.New("no domain controller answers")
		}
		return "Blocks the upgrade\n  EX03 runs \x1b[31mExchange 2003\n", nil
	}
	cfg.Already = func(_ context.Context, _ Session, from Source) ([]discovery.Claim, error) {
		asked = append(asked, from)
		return []discovery.Claim{
			{Task: "prepare.service-pack/ex10-01", Why: "is done here already"},
			{Task: "prepare.schema/org", Why: "the schema is at 15312", Measured: true},
		}, nil
	}
	cfg.Inherit = func(s Session, list []discovery.Claim, name string) ([]string, error) {
		return s.(*runbook.Session).Inherit(discovery.InheritedOf(list), name)
	}
	golden(t, "inherit", b.talk(t, cfg))
	want := []Source{{}, {}, {File: "found.json"}, {Account: `CONTOSO\reader`}, {}}
	if len(asked) != len(want) {
		t.Fatalf("asked %+v", asked)
	}
	for n := range want {
		if asked[n] != want[n] {
			t.Errorf("asked %+v, expected %+v", asked[n], want[n])
		}
	}
	if st := s.Snapshot().Progress.Tasks["prepare.schema/org"]; st.DoneAt.IsZero() {
		t.Errorf("the schema is not recorded as done: %+v", st)
	}
}

// TestNothingIsReadHere wants a word where the directory can't be read, and
// nothing recorded where the journal is somebody else's.
func TestNothingIsReadHere(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	path := b.contoso(t, "2010")
	s, err := b.open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	cfg := b.config("A. Meyer\ncompare\ninherit\nquit")
	cfg.Session = s
	if got := b.talk(t, cfg); strings.Count(got, "Not done: the directory can't be read here") != 2 {
		t.Errorf("said:\n%s", got)
	}
	second, err := b.open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer second.Close()
	b.out.Reset()
	cfg = b.config("inherit\nquit")
	cfg.Session = second
	cfg.Already = func(context.Context, Session, Source) ([]discovery.Claim, error) {
		t.Error("read although nothing can be recorded")
		return nil, nil
	}
	cfg.Inherit = func(Session, []discovery.Claim, string) ([]string, error) { return nil, nil }
	if got := b.talk(t, cfg); !strings.Contains(got, "Not done: the journal is held by") {
		t.Errorf("said:\n%s", got)
	}
}
