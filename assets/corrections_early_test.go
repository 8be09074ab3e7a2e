package assets_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"coexist/checks"
	"coexist/runbook"
	"coexist/runbook/migration"
)

// early are rules like mature, for the steps up to the legacy name.
var early = []struct {
	name string
	rule func(t *testing.T, w *work)
}{
	{"one name inside and outside means one method", func(t *testing.T, w *work) {
		found := false
		for _, l := range w.find(`^Set-OutlookAnywhere .*-InternalHostname '`) {
			if l.task.Name != "deploy.outlook-anywhere" || strings.HasPrefix(l.from, "undo") {
				continue
			}
			found = true
			if argument(l.text, "InternalHostname") == argument(l.text, "ExternalHostname") &&
				argument(l.text, "InternalClientAuthenticationMethod") != argument(l.text, "ExternalClientAuthenticationMethod") {
				t.Errorf("Outlook tries inside first: %s", l)
			}
		}
		if !found {
			t.Errorf("%s: no name is set on any new server", w.name)
		}
	}},
	{"what a step changed its way back changes too", func(t *testing.T, w *work) {
		for _, task := range tasks(w.r) {
			if !slices.Contains([]string{"prepare", "deploy", "legacy"}, task.Phase.ID) && !strings.HasSuffix(task.Phase.ID, "/deploy") || task.Name == "deploy.databases" {
				continue // an empty database may keep its files and quotas
			}
			back := map[string]string{}
			for _, l := range w.lines {
				if l.task == task && strings.HasPrefix(l.from, "undo") {
					back[object(l.text)] += l.text + " "
				}
			}
			for _, l := range w.lines {
				if len(back) == 0 || l.task != task || !strings.HasPrefix(l.from, "command") || !strings.HasPrefix(l.text, "Set-") {
					continue
				}
				undo, ok := back[object(l.text)]
				if !ok {
					continue
				}
				for _, p := range parameters.FindAllString(l.text, -1) {
					if !strings.Contains(undo, p+" ") {
						t.Errorf("%s is not put back: %s", p, l)
					}
				}
			}
		}
	}},
	{"system mailboxes are looked for in the whole forest", func(t *testing.T, w *work) {
		if len(w.m.Organization.Domains) < 2 {
			return
		}
		for _, task := range named(w.r, "deploy.arbitration") {
			seen := map[string]bool{}
			for _, l := range w.lines {
				if l.task != task {
					continue
				}
				kind, _, _ := strings.Cut(l.from, " ")
				seen[kind] = seen[kind] || strings.Contains(l.text, "ViewEntireForest $true")
				if strings.Contains(l.text, "Get-Mailbox -Arbitration") && !seen[kind] && !strings.Contains(l.text, "-IgnoreDefaultScope") {
					t.Errorf("sees its own domain alone: %s", l)
				}
			}
		}
	}},
	{"taking the first 2013 server away makes the old address book the default again", func(t *testing.T, w *work) {
		for _, s := range servers(w.m, "2013", migration.MailboxRole) {
			back := w.find(`^Set-OfflineAddressBook -Identity '.+' -IsDefault \$true$`)
			if !slices.ContainsFunc(back, func(l line) bool {
				return strings.HasPrefix(l.task.Name, "deploy.install-") && strings.HasPrefix(l.from, "undo") && strings.EqualFold(l.task.Label, s.Name)
			}) {
				t.Errorf("%s: the old book does not come back when %s goes", w.name, s.Name)
			}
		}
	}},
	{"mail is tried from 2013 to every old version that has a pilot, and back", func(t *testing.T, w *work) {
		if len(named(w.r, "deploy.mail-flow")) == 0 {
			return
		}
		text := w.of("deploy.mail-flow")
		for _, p := range w.m.Probes {
			if (p.Version == "2013" || len(servers(w.m, p.Version, migration.MailboxRole)) > 0) && p.Site == "" && !strings.Contains(text, "-TargetEmailAddress '"+p.Mailbox+"'") {
				t.Errorf("%s: no message goes to %s (%s)", w.name, p.Mailbox, p.Version)
			}
		}
	}},
	{"a server leaves the staging site before names lead to it", func(t *testing.T, w *work) {
		for _, s := range servers(w.m, "2013", migration.ClientAccess) {
			c := w.r.Check("deploy.urls/" + runbook.Encode(s.Name) + "/site")
			if c == nil || c.Gate == "info" || c.Before {
				t.Errorf("%s: nothing tells that %s stands in the staging site", w.name, s.Name)
				continue
			}
			ready, _, err := c.Ready(w.values)
			if err != nil || len(ready.Expect) == 0 || ready.Expect[0].Property != "site" || ready.Expect[0].Otherwise == checks.Warn {
				t.Errorf("%s only warns: %+v %v", c.ID, ready.Expect, err)
			}
		}
	}},
	{"every feature that is installed is looked at", func(t *testing.T, w *work) {
		for _, task := range named(w.r, "deploy.windows") {
			line := regexp.MustCompile(`(?:Install|Add)-WindowsFeature ([^\n]+)`).FindStringSubmatch(commandsOf(w, task))
			if line == nil {
				t.Errorf("%s: %s installs nothing", w.name, task.ID)
				continue
			}
			if strings.Contains(line[1], "ADLDS") {
				continue // Edge: a machine outside the domain, which nothing asks
			}
			var expected []string
			for _, c := range task.Checks {
				if ready, _, _ := c.Ready(w.values); strings.HasPrefix(c.Name, "features") {
					for _, e := range ready.Expect {
						expected = append(expected, e.Values...)
					}
				}
			}
			for f := range strings.SplitSeq(line[1], ", ") {
				if !slices.Contains(expected, f) {
					t.Errorf("%s: %s is installed and never looked at on %s", w.name, f, task.Label)
				}
			}
		}
	}},
	{"a server without mailbox databases passes the address book gate, one with a bare database does not", func(t *testing.T, w *work) {
		for _, task := range named(w.r, "prepare.oab") {
			c := w.r.Check(task.ID + "/assigned")
			if c == nil || c.Gate != "hard" {
				t.Errorf("%s: no hard gate", task.ID)
				continue
			}
			ready, _, err := c.Ready(w.values)
			if err != nil {
				t.Fatal(err)
			}
			judge := func(rows ...checks.Row) checks.Verdict {
				return checks.Judge(ready.Expect, rows, time.Time{}).Verdict
			}
			if v := judge(); v != checks.Pass {
				t.Errorf("%s: nothing without a book is %s", c.ID, v)
			}
			if v := judge(checks.Row{}); v != checks.Fail {
				t.Errorf("%s: a database without a book is %s", c.ID, v)
			}
		}
	}},
	{"the service connection point names what resolves and is trusted", func(t *testing.T, w *work) {
		for _, task := range named(w.r, "deploy.scp") {
			kinds := map[string]bool{}
			for _, c := range task.Checks {
				kinds[c.Kind] = kinds[c.Kind] || c.Before && c.Gate != "info"
			}
			if !kinds["dns"] || !kinds["tls"] {
				t.Errorf("%s: %s is published before name and certificate are looked at", w.name, task.ID)
			}
		}
	}},
	{"what every engineer forgets is said where it matters", func(t *testing.T, w *work) {
		for name, wants := range map[string][]string{
			"deploy.windows":         {"KB2919355", "KB4019990", "KB974405", "KB2619234", "KB2533623", "TLS 1.0", "Extended Protection", "global catalogue of every domain"},
			"prepare.host":           {"KB2919355", "KB4019990"},
			"prepare.ad-health":      {"2019"},
			"prepare.clients":        {"30 days"},
			"deploy.security-update": {"StartDagServerMaintenance.ps1", "elevated"},
			"prepare.rollup-2010":    {"StartDagServerMaintenance.ps1"},
			"um.gateways":            {"same window"},
		} {
			for _, task := range named(w.r, name) {
				text := strings.Join(append(slices.Clone(task.Pitfalls), task.Notes...), "\n")
				for _, want := range wants {
					if !strings.Contains(text, want) {
						t.Errorf("%s: %s does not speak of %s", w.name, task.ID, want)
					}
				}
			}
		}
	}},
	{"the system of every domain controller is read, not the forest's level alone", func(t *testing.T, w *work) {
		if text := w.of("prepare.ad-health"); !regexp.MustCompile(`(?m)^check .*Domains \| ForEach-Object \{ \$_\.DomainControllers \}.*OSVersion`).MatchString(text) {
			t.Errorf("%s: %s", w.name, text)
		}
	}},
}

func TestEarlyRules(t *testing.T) {
	t.Parallel()
	all := works(t)
	for _, rule := range early {
		t.Run(rule.name, func(t *testing.T) {
			t.Parallel()
			for _, w := range all {
				rule.rule(t, w)
			}
		})
	}
}

var (
	parameters = regexp.MustCompile(`(?:^| )-[A-Z]\w+`)
	target     = regexp.MustCompile(`^(Set-\w+)(?: -Identity ('[^']*'))?`)
)

// object is what a line that sets something sets: the cmdlet and its identity.
func object(line string) string { return target.FindString(line) }

// argument finds what a line gives to a parameter, without its quotes.
func argument(line, parameter string) string {
	m := regexp.MustCompile(`-` + parameter + ` '?([^ ']+)'?`).FindStringSubmatch(line)
	if m == nil {
		return ""
	}
	return m[1]
}
