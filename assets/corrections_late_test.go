package assets_test

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"coexist/runbook"
	"coexist/runbook/migration"
)

// before collects all tasks that must be done before the named one.
func before(t *testing.T, name string) map[string]bool {
	t.Helper()
	all, out := library(t).Tasks, map[string]bool{}
	if all[name] == nil {
		t.Fatalf("there is no task %s", name)
	}
	var walk func(string)
	walk = func(name string) {
		for _, after := range all[name].After {
			if !out[after] {
				out[after] = true
				walk(after)
			}
		}
	}
	walk(name)
	return out
}

// TestSwitchWaitsForItsPreparations: a phase opens as a whole, so within the
// step of the switch only the order of tasks keeps the names from moving while
// an old server is not ready for it.
func TestSwitchWaitsForItsPreparations(t *testing.T) {
	t.Parallel()
	lib := library(t)
	ready := before(t, "switch.go-no-go")
	for source, p := range lib.Procedures {
		for _, step := range p.Steps {
			if step.ID != "switch" {
				continue
			}
			decision := slices.Index(step.Tasks, "switch.go-no-go")
			if decision < 1 {
				t.Fatalf("%s: no decision in %q", source, step.Tasks)
			}
			for _, name := range step.Tasks[:decision] {
				if name == "switch.scp-old" {
					continue // only once the Autodiscover name is trusted inside: see TestOldConnectionPointsMayFollowTheRecord
				}
				if lib.Tasks[name].Class != "optional" && !ready[name] {
					t.Errorf("%s: the decision to switch does not wait for %s", source, name)
				}
			}
		}
	}
	for _, name := range []string{"switch.dns-internal", "switch.publish", "switch.dns-external", "switch.kerberos-spn"} {
		if !before(t, name)["switch.go-no-go"] {
			t.Errorf("%s does not wait for the decision", name)
		}
	}
}

// TestPrincipalNameFollowsTheNames: Outlook that was told the wildcard's name
// refuses the old servers' certificate, so the provider changes in the window.
func TestPrincipalNameFollowsTheNames(t *testing.T) {
	t.Parallel()
	if !before(t, "certificates.outlook-provider")["switch.dns-internal"] {
		t.Error("the provider changes before the names lead to the new certificate")
	}
	if !before(t, "switch.verify")["certificates.outlook-provider"] {
		t.Error("the proof of the switch does not wait for it")
	}
	for _, w := range works(t) {
		if !w.m.Certificate.Wildcard {
			continue
		}
		at := w.r.Task("certificates.outlook-provider/org")
		if at == nil || at.Phase.StepID != "switch" || at.Optional {
			t.Errorf("%s: expected it as a required task of the switch, found %v", w.name, at)
			continue
		}
		order(t, w, "certificates.outlook-provider/org", "switch.verify/"+runbook.Encode(w.m.Sites[0].Name))
	}
}

// inward is an organisation whose first site has another name for inside
// clients, and whose further site has no name of its own.
func inward(t *testing.T, source string, edit func(*migration.Migration)) *work {
	t.Helper()
	m := parse(t, source, migration.Sample(source))
	m.Sites[0].InternalName = "mail-in.contoso.com"
	m.Features.KerberosASA = true
	if edit != nil {
		edit(m)
	}
	w := &work{name: source + ", inside name", m: m, r: compile(t, m)}
	w.values = filled(t, w.r)
	w.render()
	return w
}

func (w *work) render() { w.lines, w.refused = rendered(w.r, w.values) }

func (w *work) part(task, from string) string {
	var out []string
	for _, l := range w.lines {
		if l.task.ID == task && strings.HasPrefix(l.from, from) {
			out = append(out, l.text)
		}
	}
	return strings.Join(out, "\n")
}

func TestInsideNameMovesAndComesBack(t *testing.T) {
	t.Parallel()
	for _, source := range []string{"2007", "2010", "mixed"} {
		w := inward(t, source, nil)
		if len(w.refused) > 0 {
			t.Errorf("%s: %v", w.name, w.refused)
		}
		site, entry := runbook.Encode(w.m.Sites[0].Name), w.m.Sites[0].Entry
		id := "switch.dns-internal/" + site
		w.values["switch.internal-node/"+site] = "mail-in"
		w.values["switch.internal-old/"+site] = "10.0.0.31\n10.0.0.32"
		w.render()
		for from, wants := range map[string][]string{
			"command": {"/RecordAdd .* mail-in 300 A " + entry, "/RecordDelete .* mail-in A 10.0.0.31 /f", "/RecordDelete .* mail-in A 10.0.0.32 /f"},
			"undo":    {"/RecordAdd .* mail-in 300 A 10.0.0.31", "/RecordAdd .* mail-in 300 A 10.0.0.32", "/RecordDelete .* mail-in A " + entry + " /f"},
		} {
			text := w.part(id, from)
			for _, want := range wants {
				if !regexp.MustCompile(want).MatchString(text) {
					t.Errorf("%s: expected a %s like %s in\n%s", w.name, from, want, text)
				}
			}
		}
		further := runbook.Encode(w.m.Sites[1].Name)
		if w.r.Task("switch.dns-internal/"+further) != nil {
			t.Errorf("%s: %s has no name of its own to switch", w.name, further)
		}
		for _, l := range w.find(`VirtualDirectory -Server .*-like 'http\*://mail\.contoso\.com/\*'`) {
			if !strings.Contains(l.text, "http*://mail-in.contoso.com/") {
				t.Errorf("leaves the other name that moves: %s", l)
			}
		}
		for _, name := range []string{"switch.dns-internal/" + site + "/rpc-name", "switch.rpc-name/" + site + "/databases"} {
			c := w.r.Check(name)
			if source == "2007" {
				continue
			}
			if c == nil || c.Gate != "hard" || !c.Before {
				t.Errorf("%s: %s is no hard check before the switch", w.name, name)
				continue
			}
			ready, _, err := c.Ready(w.values)
			if err != nil || !strings.Contains(fmt.Sprint(ready.Expect), "mail-in.contoso.com") {
				t.Errorf("%s: the inside name may be the RPC name: %v %v", name, ready.Expect, err)
			}
		}
		if source != "2007" && (len(w.find(`^setspn -D http/mail-in\.`)) < 2 || len(w.find(`^setspn -S http/mail-in\.`)) < 2) {
			t.Errorf("%s: the inside name keeps its Kerberos account", w.name)
		}
	}
}

// TestKeptAddressIsNotDeleted: where only the pool behind an address changes,
// the old address is the new one, and deleting it would delete the name.
func TestKeptAddressIsNotDeleted(t *testing.T) {
	t.Parallel()
	w := inward(t, "2010", nil)
	site, entry := runbook.Encode(w.m.Sites[0].Name), w.m.Sites[0].Entry
	id := "switch.dns-internal/" + site
	for _, key := range []string{"switch.primary-old/" + site, "switch.internal-old/" + site, "switch.autodiscover-old/org"} {
		if _, ok := w.values[key]; !ok {
			t.Fatalf("nobody asks for %s", key)
		}
		w.values[key] = "10.0.0.31\n" + entry
	}
	w.render()
	for _, from := range []string{"command", "undo"} {
		text := w.part(id, from)
		if strings.Contains(text, " A "+entry+" /f") {
			t.Errorf("%s deletes the address that stays:\n%s", from, text)
		}
		if !strings.Contains(text, "10.0.0.31") {
			t.Errorf("%s forgets the other address:\n%s", from, text)
		}
	}
}

// TestWildcardGetsWhatItDoesNotCover: a star stands for names of one domain.
func TestWildcardGetsWhatItDoesNotCover(t *testing.T) {
	t.Parallel()
	w := inward(t, "2010", func(m *migration.Migration) {
		m.Certificate.Wildcard = true
		m.Namespace.Autodiscover = "autodiscover.fabrikam.com"
		m.Sites[0].InternalName = "mail.corp.contoso.com"
	})
	made := w.find(`^New-ExchangeCertificate`)
	if len(made) != 1 || !strings.Contains(made[0].text, `-DomainName '*.contoso.com','autodiscover.fabrikam.com','mail.corp.contoso.com'`) {
		t.Errorf("the request: %v", made)
	}
	for _, task := range named(w.r, "certificates.complete") {
		ready, _, err := w.r.Check(task.ID + "/valid").Ready(w.values)
		if err != nil || !strings.Contains(fmt.Sprint(ready.Expect), "autodiscover.fabrikam.com") {
			t.Errorf("%s: a name that is not there is not missed: %v %v", task.ID, ready.Expect, err)
		}
	}
}

// TestNothingLeftKnowsExceptions: a gate that wants no mailbox at all can never
// open while proxies for public folders have to stay.
func TestNothingLeftKnowsExceptions(t *testing.T) {
	t.Parallel()
	counted := 0
	for _, w := range works(t) {
		for _, l := range w.find(`^Get-Mailbox -Server .*`) {
			if !strings.HasPrefix(l.from, "check ") {
				continue
			}
			counted++
			if !strings.Contains(l.text, "-notcontains [string]$_.PrimarySmtpAddress") || !strings.Contains(l.text, "'pfproxy1@contoso.com'") {
				t.Errorf("%s: no exceptions: %s", w.name, l)
			}
			if len(w.m.Organization.Domains) > 1 && !strings.Contains(l.text, "-IgnoreDefaultScope") {
				t.Errorf("%s: looks at one domain alone: %s", w.name, l)
			}
		}
		for _, name := range []string{"move.verify", "close.mailbox-databases"} {
			for _, task := range named(w.r, name) {
				if !slices.ContainsFunc(task.Checks, func(c *runbook.Check) bool {
					ready, _, _ := c.Ready(w.values)
					return c.Kind == "ldap" && ready.Params["query"] == "mailbox_counts" && strings.Contains(fmt.Sprint(ready.Expect), "archives")
				}) {
					t.Errorf("%s: %s does not count archives in the directory", w.name, task.ID)
				}
			}
		}
	}
	if counted == 0 {
		t.Error("nothing counts mailboxes")
	}
}

// TestCopiesOnEveryMemberGoFirst: a database is not removed while any member of
// its group has a copy of it.
func TestCopiesOnEveryMemberGoFirst(t *testing.T) {
	t.Parallel()
	seen := 0
	for _, w := range works(t) {
		for _, l := range w.find(`Remove-MailboxDatabaseCopy`) {
			if l.task.Name != "close.mailbox-databases" {
				continue
			}
			seen++
			if strings.Contains(l.text, "Get-MailboxDatabaseCopyStatus -Server") || !strings.Contains(l.text, "Get-MailboxDatabaseCopyStatus -Identity $_.Name") {
				t.Errorf("%s: looks for copies on one server: %s", w.name, l)
			}
		}
	}
	if seen == 0 {
		t.Error("no copies are removed")
	}
}

// TestWayBackIsWhatStoodThere: where a task changes how people sign on, the way
// back takes each directory's own former value, not that of another one.
func TestWayBackIsWhatStoodThere(t *testing.T) {
	t.Parallel()
	for name, task := range library(t).Tasks {
		captures := map[string]string{}
		for _, c := range task.Captures {
			captures[c.Name] = c.Command
		}
		for _, u := range task.Undo {
			noun := regexp.MustCompile(`Set-(\w+VirtualDirectory|OutlookAnywhere)`).FindStringSubmatch(u.Text)
			if noun == nil {
				continue
			}
			for _, v := range regexp.MustCompile(`value "([^"]+)"`).FindAllStringSubmatch(u.Text, -1) {
				if from, ok := captures[v[1]]; ok && !strings.Contains(from, "Get-"+noun[1]) {
					t.Errorf("%s: %s comes from %s, and goes back to %s", name, v[1], from, noun[0])
				}
			}
		}
	}
}

// TestUndoLeavesRequestsOfOthers: only the request that the task made goes.
func TestUndoLeavesRequestsOfOthers(t *testing.T) {
	t.Parallel()
	for _, w := range works(t) {
		for _, l := range w.find(`PendingRequest.*Remove-ExchangeCertificate`) {
			if !strings.Contains(l.text, "-and $_.FriendlyName -eq 'Exchange coexistence'") {
				t.Errorf("removes any request: %s", l)
			}
		}
	}
}

// TestMovesWaitForManagedFolders: after a move nothing expires any more, so the
// policies that take over are agreed before the first one.
func TestMovesWaitForManagedFolders(t *testing.T) {
	t.Parallel()
	if !before(t, "move.pilot")["move.managed-folders"] {
		t.Error("the pilot does not wait for move.managed-folders")
	}
}

// TestBothHalvesOfWebMailAreProven: Options of a proxied user breaks when only
// one of OWA and ECP carries the site's name.
func TestBothHalvesOfWebMailAreProven(t *testing.T) {
	t.Parallel()
	for _, w := range works(t) {
		for _, task := range named(w.r, "switch.urls-2010") {
			for _, prefix := range []string{"owa-", "ecp-"} {
				if !blocks(task, prefix) {
					t.Errorf("%s: %s has no hard check %s…", w.name, task.ID, prefix)
				}
			}
		}
	}
}

// TestPeopleOfEveryDomainAreFound: a shell shows the recipients of its own
// domain alone; what lists, moves or disables them is told to see the forest.
func TestPeopleOfEveryDomainAreFound(t *testing.T) {
	t.Parallel()
	counted := 0
	for _, w := range works(t) {
		if len(w.m.Organization.Domains) < 2 {
			continue
		}
		told := map[string]bool{}
		for _, l := range w.lines {
			key := l.task.ID + l.shell
			told[key] = told[key] || strings.Contains(l.text, "ViewEntireForest")
			if strings.HasPrefix(l.from, "command") && strings.HasPrefix(l.shell, "ems") &&
				regexp.MustCompile(`(New-MoveRequest|New-MigrationBatch -Local|Disable-Mailbox|Get-DistributionGroup|Get-Mailbox -(ResultSize|Server|Archive))`).MatchString(l.text) &&
				strings.Contains("move.pilot move.batch move.system-mailboxes move.managed-folders move.prechecks move.verify close.mailbox-databases close.expansion", l.task.Name) {
				counted++
				if !told[key] {
					t.Errorf("%s: sees one domain alone: %s", w.name, l)
				}
			}
		}
	}
	if counted == 0 {
		t.Error("nothing was looked at")
	}
}
