package intake

import (
	"errors"
	"strings"
	"testing"
	"time"

	"coexist/checks/inventory"
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
			{DN: "CN=ews," + org, Server: "EX10-01", Kind: "ews", External: "https://mail.contoso.com/EWS/Exchange.asmx"},
			{DN: "CN=eas," + org, Server: "EX10-01", Kind: "eas", External: "https://mobile.contoso.com/Microsoft-Server-ActiveSync"},
		},
	}, "")
}

// reading drives the start screen to what a domain controller answers.
func reading(t *testing.T, d disk, answer func(dc, user string) (*discovery.Proposal, error)) *Model {
	t.Helper()
	cfg := d.config()
	cfg.Discover = answer
	cfg.Inventory = func(path string) (*discovery.Proposal, error) { return answer(path, "") }
	m := New(cfg)
	m.SetSize(110, 36)
	do(m, "f =dc1.contoso.com tab")
	for _, r := range `CONTOSO\meyer` {
		m.Update(keyMsg(string(r)))
	}
	cmd, _ := m.Update(keyMsg("enter"))
	if cmd == nil {
		t.Fatalf("nothing is read:\n%s", frame(m, 110, 36))
	}
	wantOn(t, frame(m, 110, 36), "Reading…")
	m.Update(cmd())
	return m
}

func TestAcceptLineByLine(t *testing.T) {
	t.Parallel()
	d := disk{}
	m := reading(t, d, func(dc, user string) (*discovery.Proposal, error) {
		if dc != "dc1.contoso.com" || user != `CONTOSO\meyer` {
			t.Errorf("asked %s as %s", dc, user)
		}
		return found(), nil
	})
	golden(t, "found-110x36", frame(m, 110, 36))
	wantOn(t, frame(m, 80, 24), "Found in Active Directory", "organization.name", "Contoso")
	do(m, "down*6") // the name with two readings is not accepted by itself
	wantOn(t, frame(m, 110, 36), "[?]", "mail.contoso.com", "also found: mobile.contoso.com", "from msExchExternalHostName of")
	do(m, "space enter")
	if m.dialog != nil || m.form == nil {
		t.Fatalf("not taken over:\n%s", frame(m, 110, 36))
	}
	got := m.form.Migration()
	if got.Organization.Name != "Contoso" || got.Namespace.Primary != "mail.contoso.com" || len(got.Sites) != 1 || !got.Sites[0].InternetFacing || got.Sites[0].Servers[0].Name != "EX10-01" {
		t.Errorf("taken over: %s", migration.Format(got))
	}
	wantOn(t, frame(m, 110, 36), "Took over", "left to answer")
	if m.form.Reached != answers.PageReview { // most is filled in: every page may be looked at
		t.Errorf("reached %s", m.form.Reached)
	}
	if len(d) != 1 {
		t.Errorf("the draft is not kept: %v", d)
	}
}

func TestWhatIsRejectedIsNotTaken(t *testing.T) {
	t.Parallel()
	m := reading(t, disk{}, func(string, string) (*discovery.Proposal, error) { return found(), nil })
	do(m, "o space enter")
	got := m.form.Migration()
	if got.Organization.Name != "Contoso" || len(got.Sites) != 0 || got.Namespace.Primary == "mail.contoso.com" && m.form.Primary != "" {
		t.Errorf("more than the accepted line was taken: %s", migration.Format(got))
	}
}

func TestReadingFailsAloudAndCanBeLeft(t *testing.T) {
	t.Parallel()
	m := reading(t, disk{}, func(string, string) (*discovery.Proposal, error) {
		return nil, errors.New("domain controller dc1.contoso.com: nothing answers on 636 or 389")
	})
	wantOn(t, frame(m, 110, 36), "nothing answers on 636")
	do(m, "esc")
	if m.dialog != nil {
		t.Error("the dialog stays")
	}
	// An answer that comes when nobody waits any more is dropped.
	do(m, "f =dc1 tab =a@b")
	cmd, _ := m.Update(keyMsg("enter"))
	late := cmd()
	do(m, "esc")
	m.Update(late)
	if m.dialog != nil || strings.Contains(frame(m, 110, 36), "nothing answers") {
		t.Error("a late answer is shown")
	}
	do(m, "f enter")
	wantOn(t, frame(m, 110, 36), "Name a domain controller")
	do(m, "=dc1 enter")
	wantOn(t, frame(m, 110, 36), "Name the account with its domain")
}

func TestTakingOverKeepsWhatWasTyped(t *testing.T) {
	t.Parallel()
	d := disk{}
	cfg := d.config()
	cfg.Discover = func(string, string) (*discovery.Proposal, error) { return found(), nil }
	m := New(cfg)
	m.SetSize(110, 36)
	do(m, "n")
	m.form.Source, m.form.Media, m.form.Name = "2010", "no path at all", "Contoso AG"
	m.form.Features.PublicFolders, m.form.Features.SplitDNS = true, true
	do(m, "ctrl+r =dc1 tab =a@b")
	cmd, _ := m.Update(keyMsg("enter"))
	m.Update(cmd())
	do(m, "space enter") // the organisation's name is rejected
	f := m.form
	if f.Media != "no path at all" || f.Name != "Contoso AG" || !f.Features.SplitDNS {
		t.Errorf("what was typed is gone: %+v", f.Answers)
	}
	if f.Features.PublicFolders || f.Forest != "contoso.com" || len(f.Sites) != 1 {
		t.Errorf("what was accepted is not there: %+v", f.Answers)
	}
}
