package intake

import (
	"fmt"
	"strings"
	"testing"

	"coexist/runbook/migration"
	"coexist/tui/intake/answers"
)

func filled(t *testing.T, source string) *Model {
	t.Helper()
	was, err := migration.Parse("contoso.toml", migration.Sample(source), migration.Known{})
	if err != nil {
		t.Fatal(err)
	}
	m := New(disk{}.config())
	do(m, "n")
	m.form.Answers = answers.From(was)
	m.changed()
	return m
}

// TestEveryTextIsRefusedAtItsField types what nothing may hold into every
// question there is and wants the refusal on the lines below it, with an
// expectation, and enter not to pass.
func TestEveryTextIsRefusedAtItsField(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, source := range []string{"2010", "mixed"} {
		probe := filled(t, source)
		prepare(probe)
		for _, page := range answers.Pages {
			for _, p := range probe.form.Places(page.ID) {
				for i, f := range probe.form.Fields(p) {
					if f.Kind != answers.Text {
						continue
					}
					m := filled(t, source)
					prepare(m)
					m.enter(p)
					m.focus(i)
					do(m, "ctrl+u")
					m.paste("a\u202eb")
					do(m, "enter")
					if m.row != i || m.place != p {
						t.Errorf("%s: enter passed a wrong answer", f.Key)
						continue
					}
					wantBelow(t, frame(m, 80, 24), f.Label)
					seen[strings.NewReplacer("[1]", "", "[2]", "", "[3]", "", "[4]", "").Replace(f.Key)] = true
				}
			}
		}
	}
	for _, key := range []string{"organization.name", "namespace.legacy", "namespace.rpc", "site.name", "site.dag.name", "site.server.nodes",
		"site.server.was", "dag.addresses", "network.trust", "probe.username", "change.window_start", "change.contacts", "target.media"} {
		if !seen[key] {
			t.Errorf("%s was never asked", key)
		}
	}
}

// prepare opens the questions that only come up with certain answers.
func prepare(m *Model) {
	m.form.Sites[0].DAG.Wanted = true
	m.form.Sites[0].Servers[0].Version = m.form.OldVersions()[0]
	m.form.Sites[0].Servers[0].Mailbox = true
	if m.form.Has2007() {
		m.form.Sites[0].Servers[0].Version = "2007"
	}
	m.changed()
}

// wantBelow wants a refusal right below a question's line.
func wantBelow(t *testing.T, screen, label string) {
	t.Helper()
	lines := strings.Split(screen, "\n")
	for i, l := range lines {
		if strings.HasPrefix(l, " ▌ "+label) {
			if !strings.HasPrefix(lines[i+1], "     ✗ ") {
				t.Errorf("%s: no refusal below it:\n%s", label, screen)
			}
			return
		}
	}
	t.Errorf("%s is not focused on:\n%s", label, screen)
}

// TestRefusals types single wrong answers and wants the reason at the place.
func TestRefusals(t *testing.T) {
	t.Parallel()
	on := answers.On
	for _, c := range []struct {
		place       answers.Place
		label, keys string
		want        []string
	}{
		{on(answers.PageNames), "Organisation name", "=Contoso/x", []string{`holds '/'`, `such as "Contoso"`}},
		{on(answers.PageNames), "Organisation name", "", []string{"nothing is entered yet", "Contoso"}},
		{on(answers.PageNames), "Forest root domain", "=contoso", []string{"has no dot", `such as "contoso.com"`}},
		{on(answers.PageNames), "Domains", "=contoso.com,contoso.com", []string{"twice"}},
		{on(answers.PageNames), "Primary name", "=https://mail.contoso.com", []string{"is a URL, not a name"}},
		{on(answers.PageNames), "Legacy name", "=mail.contoso.com", []string{"is the primary name too"}},
		{on(answers.PageTarget), "Setup folder", "=setup", []string{"begins neither with a drive"}},
		{on(answers.PageTarget), "DAG name", "=DATABASEGROUP-0001", []string{"at most 15"}},
		{on(answers.PageTarget), "DAG addresses", "=10.0.0.300", []string{"is not an IP address", "10.0.0.80"}},
		{on(answers.PageNetwork), "Inside resolver", "=dns", []string{"not an IP address", "10.0.0.53"}},
		{on(answers.PageNetwork), "HTTP proxy", "=http://me:secret@proxy:80", []string{"credentials"}},
		{on(answers.PageChange), "Window opens", "=tomorrow", []string{"not a date and time", "2026-11-28 22:00"}},
		{answers.OnSite(0), "Inside entry", "=mail.contoso.com", []string{"is not an IP address"}},
		{answers.OnSite(1), "Site name", "=Redmond", []string{"another site named"}},
		{answers.OnServer(0, 1), "Server name", "=EX13-01", []string{"is already a server of the site"}},
		{answers.OnServer(0, 2), "Full name", "=other.contoso.com", []string{"is not the full name of"}},
		{answers.OnServer(0, 2), "Domain", "=emea.contoso.com", []string{"is not listed in"}},
		{answers.OnProbe(0), "Mailbox address", "=probe", []string{"is not a mail address"}},
		{answers.OnProbe(0), "Logs on as", "=probe", []string{"names no domain and account", `CONTOSO\probe10`}},
	} {
		t.Run(fmt.Sprint(c.label, c.keys), func(t *testing.T) {
			t.Parallel()
			m := filled(t, "mixed")
			m.enter(c.place)
			focusLabel(t, m, c.label)
			row := m.row
			do(m, "ctrl+u "+c.keys+" enter")
			if m.row != row || m.place != c.place {
				t.Error("enter passed a wrong answer")
			}
			screen := strings.Join(strings.Fields(frame(m, 160, 40)), " ")
			wantOn(t, screen, c.want...)
			wantBelow(t, frame(m, 160, 40), c.label)
		})
	}
}

// TestPageHoldsBack wants a page with something wrong in its list to keep going
// on, and to say where.
func TestPageHoldsBack(t *testing.T) {
	t.Parallel()
	m := New(disk{}.config())
	do(m, toNames+" =Contoso enter =contoso.com enter*7 pgdown")
	at(t, m, answers.PageSites)
	wantOn(t, frame(m, 80, 24), "there is no site yet")
	do(m, "enter =Redmond pgdown enter =EX10-01 pgdown pgdown")
	at(t, m, answers.PageSites)
	wantOn(t, frame(m, 80, 24), "has no Exchange 2013 server")
	do(m, "esc d")
	at(t, m, answers.PageSites)
}

// TestMailboxServerBeforeItsAccess wants a server that only a later one makes
// right not to hold the engineer in its form.
func TestMailboxServerBeforeItsAccess(t *testing.T) {
	t.Parallel()
	m := New(disk{}.config())
	do(m, toNames+" =Contoso enter =contoso.com enter*7")
	do(m, "enter =Redmond pgdown enter =MBX10 enter*3 space enter space pgdown")
	at(t, m, answers.PageSites)
	if got := m.form.Sites[0].Servers[0].Roles(); strings.Join(got, " ") != "mailbox" {
		t.Fatalf("roles are %v", got)
	}
}

// TestRemove wants a question before something typed goes.
func TestRemove(t *testing.T) {
	t.Parallel()
	m := filled(t, "2010")
	m.enter(answers.On(answers.PageSites))
	do(m, "down x n")
	if n := len(m.form.Sites[0].Servers); n != 3 {
		t.Fatalf("%d servers", n)
	}
	do(m, "x esc x y")
	if n := len(m.form.Sites[0].Servers); n != 2 {
		t.Fatalf("%d servers", n)
	}
	do(m, "d")
	if got := m.form.Sites[0].Servers[1].Name; got != "EX13-03" {
		t.Errorf("the copy is called %q", got)
	}
	do(m, "end K")
	if m.form.Sites[0].Name != "Redmond" {
		t.Error("K on a button moved something")
	}
}
