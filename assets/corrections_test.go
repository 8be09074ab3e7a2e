package assets_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"coexist/checks"
	"coexist/runbook"
	"coexist/runbook/migration"
)

func (w *work) find(pattern string) []line {
	re := regexp.MustCompile(pattern)
	var out []line
	for _, l := range w.lines {
		if re.MatchString(l.text) {
			out = append(out, l)
		}
	}
	return out
}

func (w *work) of(name string) string {
	var out []string
	for _, l := range w.lines {
		if l.task.Name == name {
			out = append(out, l.from+": "+l.text)
		}
	}
	return strings.Join(out, "\n")
}

func (w *work) has(name string) bool { return len(named(w.r, name)) > 0 }

// mature are rules that came from going over the procedures a second time;
// each once stood wrongly in an instruction somewhere and breaks mail.
var mature = []struct {
	name string
	rule func(t *testing.T, w *work)
}{
	{"every 2013 server gets the last security update before a name moves", func(t *testing.T, w *work) {
		for _, s := range servers(w.m, "2013", "") {
			task := w.r.Task("deploy.security-update/" + runbook.Encode(s.Name))
			if task == nil || task.Optional || !blocks(task, "build") {
				t.Errorf("%s: no required task with a hard check installs the security update on %s", w.name, s.Name)
			}
		}
		text := w.of("deploy.security-schema")
		if !strings.Contains(text, "/PrepareSchema") || !strings.Contains(text, "/PrepareAllDomains") {
			t.Errorf("%s: the schema and the domains are not prepared from the update: %s", w.name, text)
		}
	}},
	{"offloading goes off on a live server only after its value was read and the balancer re-encrypts", func(t *testing.T, w *work) {
		for _, l := range w.find(`^Set-OutlookAnywhere.*-SSLOffloading \$false`) {
			if l.shell == "ems2013" || strings.HasPrefix(l.from, "undo") {
				continue
			}
			captured := slices.ContainsFunc(l.task.Captures, func(c runbook.Capture) bool { return c.Property == "SSLOffloading" })
			before := slices.ContainsFunc(l.task.Checks, func(c *runbook.Check) bool { return c.Before && c.Gate != "info" })
			if !captured || !before {
				t.Errorf("captured %v, checked before %v: %s", captured, before, l)
			}
		}
	}},
	{"a 2007 server keeps its own name inside for Outlook Web App and ActiveSync", func(t *testing.T, w *work) {
		for _, l := range w.find(`Set-(Owa|ActiveSync)VirtualDirectory.*-InternalUrl 'https?://([^/']+)`) {
			if l.shell != "ems2007" || strings.HasPrefix(l.from, "undo") {
				continue
			}
			if host := regexp.MustCompile(`-InternalUrl 'https?://([^/']+)`).FindStringSubmatch(l.text)[1]; !slices.ContainsFunc(servers(w.m, "2007", ""), func(s migration.Server) bool {
				return strings.EqualFold(host, fqdn(w.m, s))
			}) {
				t.Errorf("%s is no server: %s", host, l)
			}
		}
	}},
	{"a 2007 server is outside known by the legacy name, for ActiveSync by the primary one", func(t *testing.T, w *work) {
		legacy := []string{w.m.Namespace.Legacy}
		primary := []string{w.m.Namespace.Primary}
		for _, s := range w.m.Sites {
			legacy, primary = append(legacy, s.Legacy), append(primary, s.Primary)
		}
		for _, l := range w.find(`Set-(Owa|WebServices|Oab|UM|ActiveSync)VirtualDirectory.*-ExternalUrl 'https?://`) {
			if l.shell != "ems2007" || strings.HasPrefix(l.from, "undo") {
				continue
			}
			host := regexp.MustCompile(`-ExternalUrl 'https?://([^/']+)`).FindStringSubmatch(l.text)[1]
			want := legacy
			if strings.Contains(l.text, "Set-ActiveSync") {
				want = primary
			}
			if !slices.Contains(want, host) {
				t.Errorf("expected one of %q: %s", want, l)
			}
		}
	}},
	{"one server makes the password of the Kerberos account, all others copy it", func(t *testing.T, w *work) {
		made := w.find(`GenerateNewPasswordFor`)
		copied := w.find(`RollAlternate.*-CopyFrom`)
		if !w.has("switch.kerberos-asa") {
			return
		}
		if len(made) != 1 || len(made)+len(copied) != len(servers(w.m, "2013", migration.ClientAccess)) {
			t.Fatalf("%s: %d servers make it, %d copy it", w.name, len(made), len(copied))
		}
		first := strings.SplitN(made[0].text, "'", 3)[1]
		for _, l := range copied {
			if !strings.Contains(l.text, "-CopyFrom '"+first+"'") {
				t.Errorf("expected a copy from %s: %s", first, l)
			}
		}
	}},
	{"what must be gone is looked for in the whole forest", func(t *testing.T, w *work) {
		if len(w.m.Organization.Domains) < 2 {
			return
		}
		for _, name := range []string{"move.verify", "close.final-check"} {
			if text := w.of(name); strings.Contains(text, "Get-Mailbox") && !strings.Contains(text, "ViewEntireForest") {
				t.Errorf("%s: %s looks at one domain alone:\n%s", w.name, name, text)
			}
		}
	}},
	{"send connectors gain and lose servers, and those of EdgeSync are left alone", func(t *testing.T, w *work) {
		for _, l := range w.find(`Set-SendConnector.*-SourceTransportServers`) {
			if !strings.Contains(l.text, "@{Add=") && !strings.Contains(l.text, "@{Remove=") && !strings.HasPrefix(l.from, "undo") {
				t.Errorf("overwrites the list: %s", l)
			}
		}
		for _, l := range w.find(`(Set|Remove)-SendConnector.*'EdgeSync`) {
			t.Errorf("touches a connector of EdgeSync: %s", l)
		}
	}},
	{"an Edge is subscribed with a file of its own, and not unsubscribed while mail goes through it", func(t *testing.T, w *work) {
		for _, l := range w.find(`Remove-EdgeSubscription`) {
			if !strings.HasPrefix(l.from, "undo") && l.task.Phase.ID != "sites/close-out" {
				t.Errorf("stops Internet mail: %s", l)
			}
		}
		for _, name := range []string{"deploy.edge-subscribe", "prepare.edge-resubscribe", "mail.edge"} {
			if w.has(name) && !strings.Contains(w.of(name), "New-EdgeSubscription -FileName '") {
				t.Errorf("%s: %s makes no file on the Edge server", w.name, name)
			}
		}
	}},
	{"relaying is tried from outside where a relay connector is made", func(t *testing.T, w *work) {
		for _, task := range named(w.r, "mail.relay") {
			outside := w.m.Organization.Internet
			for _, other := range append([]*runbook.Task{task}, named(w.r, "switch.negative")...) {
				for _, c := range other.Checks {
					ready, _, _ := c.Ready(nil)
					if c.Kind == "smtp" && c.Vantage == checks.Outside && ready.Params["relay_to"] != nil {
						outside = false
					}
				}
			}
			if outside {
				t.Errorf("%s: nothing tries to relay from outside", task.ID)
			}
		}
	}},
	{"copies go before databases, databases before members, members before the group", func(t *testing.T, w *work) {
		last := -1
		for _, c := range []string{"Remove-MailboxDatabaseCopy", "Remove-MailboxDatabase ", "Remove-DatabaseAvailabilityGroupServer", "Remove-DatabaseAvailabilityGroup "} {
			for i, l := range w.lines {
				if l.task.Phase.ID == "sites/close-out" && l.shell == "ems2010" && strings.HasPrefix(l.from, "command") && strings.Contains(l.text, c) {
					if i < last {
						t.Errorf("too early: %s", l)
					}
					last = i
					break
				}
			}
		}
	}},
	{"no new user lands on 2013 before the names switch", func(t *testing.T, w *work) {
		for _, s := range servers(w.m, "2013", migration.MailboxRole) {
			task := w.r.Task("deploy.exclude-provisioning/" + runbook.Encode(s.Name))
			lift := w.r.Task("move.provisioning/" + runbook.Encode(s.Name))
			if task == nil || task.Optional || lift == nil || !strings.HasSuffix(lift.Phase.ID, "move") {
				t.Errorf("%s: %s is not kept out of provisioning until the moves", w.name, s.Name)
			}
		}
		if len(w.find(`Set-MailboxDatabase.*-IsExcludedFromProvisioning \$true`)) == 0 {
			t.Errorf("%s: nothing is excluded", w.name)
		}
	}},
	{"the old address book's encryption setting and the sites of SCPs stay", func(t *testing.T, w *work) {
		for _, l := range w.find(`Set-OabVirtualDirectory.*-RequireSSL|-AutoDiscoverSiteScope`) {
			if l.shell != "ems2013" {
				t.Errorf("changes what must stay: %s", l)
			}
		}
	}},
	{"forms on 2007 only where no proxy asks for the password", func(t *testing.T, w *work) {
		for _, l := range w.find(`-ExternalAuthenticationMethods '?Fba`) {
			if w.m.Features.ReverseProxy {
				t.Errorf("the proxy signs on already: %s", l)
			}
		}
	}},
	{"the name of the 2010 array is nobody else's, and that is a hard gate", func(t *testing.T, w *work) {
		if w.m.Namespace.RPC == "" {
			return
		}
		for _, task := range named(w.r, "prepare.rpc-name") {
			if !slices.ContainsFunc(task.Checks, func(c *runbook.Check) bool { return c.Gate == "hard" }) {
				t.Errorf("%s: no hard check", task.ID)
			}
		}
		if !w.has("prepare.rpc-name") {
			t.Errorf("%s: no task", w.name)
		}
	}},
	{"every machine of a 2007 cluster is looked at", func(t *testing.T, w *work) {
		for _, s := range servers(w.m, "2007", "") {
			for _, node := range s.Nodes {
				found := slices.ContainsFunc(w.lines, func(l line) bool { return strings.Contains(l.text, node) && l.task.Phase.ID == "prepare" })
				for _, task := range tasks(w.r) {
					for _, c := range task.Checks {
						ready, _, _ := c.Ready(nil)
						question, _ := ready.Params["question"].(string)
						found = found || task.Phase.ID == "prepare" && strings.Contains(question, node)
					}
				}
				if !found {
					t.Errorf("%s: the node %s is not checked", w.name, node)
				}
			}
		}
	}},
	{"self-monitoring that never settles is no gate", func(t *testing.T, w *work) {
		for _, l := range w.find(`Invoke-MonitoringProbe|^Test-OutlookWebServices`) {
			name, isCheck := strings.CutPrefix(l.from, "check ")
			if c := w.r.Check(l.task.ID + "/" + name); isCheck && c.Gate != "info" && (l.shell == "ems2013" || !strings.Contains(l.text, "Test-Outlook")) {
				t.Errorf("gate %s: %s", c.Gate, l)
			}
		}
		for _, l := range w.find(`Get-ServerComponentState.*`) {
			if strings.HasPrefix(l.from, "check ") && !strings.Contains(l.text, "ForwardSyncDaemon") && !strings.Contains(l.text, "-Component") {
				t.Errorf("two components are never active: %s", l)
			}
		}
	}},
	{"the certificate of SMTP is not overwritten by force", func(t *testing.T, w *work) {
		for _, l := range w.find(`Enable-ExchangeCertificate.*-(Force|DoNotRequireSsl)|-Force.*Enable-ExchangeCertificate`) {
			t.Error(l)
		}
	}},
	{"a certificate is imported where it was not made", func(t *testing.T, w *work) {
		for _, l := range w.find(`^Import-ExchangeCertificate -Server '([^']+)'`) {
			if l.task.Name == "certificates.copy" && !strings.EqualFold(regexp.MustCompile(`-Server '([^']+)'`).FindStringSubmatch(l.text)[1], l.task.Label) {
				t.Errorf("lands on another server: %s", l)
			}
		}
		for _, done := range named(w.r, "certificates.complete") {
			if w.r.Task("certificates.copy/"+done.Target) != nil {
				t.Errorf("%s gets its own certificate again", done.Target)
			}
		}
	}},
	{"the default database is renamed by its identity", func(t *testing.T, w *work) {
		for _, l := range w.find(`Set-MailboxDatabase.* -Name `) {
			if !regexp.MustCompile(`-Identity '[0-9a-f]{8}-`).MatchString(l.text) {
				t.Error(l)
			}
		}
	}},
	{"a site behind another one lets the proxy sign on", func(t *testing.T, w *work) {
		for _, task := range named(w.r, "switch.auth-intranet") {
			text := w.of("switch.auth-intranet")
			if !strings.Contains(text, "-FormsAuthentication $false -WindowsAuthentication $true") {
				t.Errorf("%s: %s", task.ID, text)
			}
		}
	}},
	{"the way back of public folders restores the proxies", func(t *testing.T, w *work) {
		if !w.has("close.public-folders-complete") {
			return
		}
		var undo strings.Builder
		for _, l := range w.lines {
			if strings.HasPrefix(l.from, "undo") && strings.HasPrefix(l.task.Name, "close.public-folders") {
				undo.WriteString(l.text + "\n")
			}
		}
		for _, want := range []string{"-PublicFoldersEnabled Remote", "-RemotePublicFolderMailboxes", "Remove-MigrationBatch", "-DefaultPublicFolderMailbox"} {
			if !strings.Contains(undo.String(), want) {
				t.Errorf("%s: expected %s in\n%s", w.name, want, undo.String())
			}
		}
		if len(w.find(`-PublicFoldersEnabled Local -RemotePublicFolderMailboxes \$null`)) == 0 {
			t.Errorf("%s: the proxies are not taken out in the end", w.name)
		}
	}},
	{"a drained server gets its call router back", func(t *testing.T, w *work) {
		for _, task := range tasks(w.r) {
			var text strings.Builder
			for _, l := range w.lines {
				if l.task == task {
					text.WriteString(l.text + "\n")
				}
			}
			s := text.String()
			if strings.Contains(s, "ServerWideOffline -State Inactive") && (!strings.Contains(s, "ServerWideOffline -State Active") || !strings.Contains(s, "UMCallRouter -State Active")) {
				t.Errorf("%s: %s", task.ID, s)
			}
		}
	}},
	{"taking the first 2013 server away puts system mailboxes and the address book back first", func(t *testing.T, w *work) {
		for _, name := range []string{"deploy.install-mailbox", "deploy.install-both"} {
			for _, task := range named(w.r, name) {
				if !strings.Contains(task.UndoText, "system mailboxes") || !strings.Contains(task.UndoText, "address book") {
					t.Errorf("%s: %s", task.ID, task.UndoText)
				}
			}
		}
	}},
	{"objects are not found by an English name", func(t *testing.T, w *work) {
		for _, l := range w.find(`'Default Offline Address (Book|List)'`) {
			if l.shell != "ems2013" {
				t.Error(l)
			}
		}
	}},
	{"mail between versions is tried with an address", func(t *testing.T, w *work) {
		for _, l := range w.find(`Test-Mailflow.*-TargetMailboxServer '([^']+)'`) {
			if names := regexp.MustCompile(`'([^']+)'`).FindAllString(l.text, 2); len(names) == 2 && names[0] != names[1] {
				t.Error(l)
			}
		}
	}},
	{"a move accepts no loss", func(t *testing.T, w *work) {
		for _, l := range w.find(`New-(MoveRequest|MigrationBatch)`) {
			if strings.Contains(l.text, "-Name PFMigration") {
				continue // folders count one per old database
			}
			if strings.Contains(l.text, "-AcceptLargeDataLoss") || strings.Contains(l.text, "-BadItemLimit") && !regexp.MustCompile(`-BadItemLimit 0\b`).MatchString(l.text) {
				t.Error(l)
			}
		}
	}},
	{"a group of two is told about the datacenter", func(t *testing.T, w *work) {
		for _, task := range named(w.r, "dag.activation") {
			members := 0
			for _, member := range named(w.r, "dag.members") {
				if member.Site == task.Site || task.Phase.Round != "" && member.Phase.Round == "" && w.m.DAG != nil && onShared(w.m, member.Site) && onShared(w.m, task.Site) {
					members++
				}
			}
			if dac := strings.Contains(commandsOf(w, task), "DatacenterActivationMode DagOnly"); dac != (members > 1) {
				t.Errorf("%s has %d members, DagOnly is %v", task.ID, members, dac)
			}
		}
	}},
	{"POP and IMAP get the certificate by name and start again", func(t *testing.T, w *work) {
		if !w.m.Features.POPIMAP {
			return
		}
		text := w.of("switch.pop-imap")
		for _, want := range []string{"Set-PopSettings", "Set-ImapSettings", "-X509CertificateName '", "Restart-Service MSExchangePOP3"} {
			if !strings.Contains(text, want) {
				t.Errorf("%s: expected %s in\n%s", w.name, want, text)
			}
		}
	}},
	{"the web server restarts without force", func(t *testing.T, w *work) {
		for _, l := range w.find(`(?i)net stop|iisreset`) {
			if !strings.Contains(l.text, "/noforce") {
				t.Error(l)
			}
		}
	}},
	{"names inside move before they are taken from the old ones", func(t *testing.T, w *work) {
		for _, task := range named(w.r, "switch.dns-internal") {
			add, gone := -1, -1
			for i, l := range w.lines {
				if l.task == task && strings.HasPrefix(l.from, "command") && strings.Contains(strings.ToLower(l.text), "/recordadd") && add < 0 {
					add = i
				}
				if l.task == task && strings.HasPrefix(l.from, "command") && strings.Contains(strings.ToLower(l.text), "/recorddelete") && gone < 0 {
					gone = i
				}
			}
			if gone >= 0 && (add < 0 || gone < add) {
				t.Errorf("%s: a record is deleted before the new one is there", task.ID)
			}
		}
	}},
	{"a pilot with hosts entries and the backups are required before the switch", func(t *testing.T, w *work) {
		for _, name := range []string{"switch.pilot", "prepare.backup", "move.backup", "prepare.host", "prepare.vendors", "switch.go-no-go", "switch.negative", "switch.day-after"} {
			list := named(w.r, name)
			if len(list) == 0 || list[0].Optional {
				t.Errorf("%s: %s is not required", w.name, name)
			}
		}
	}},
}

func TestMatureRules(t *testing.T) {
	t.Parallel()
	all := works(t)
	for _, rule := range mature {
		t.Run(rule.name, func(t *testing.T) {
			t.Parallel()
			for _, w := range all {
				rule.rule(t, w)
			}
		})
	}
}

// TestAuthenticationIsNotHardCoded: how clients sign on to Outlook Anywhere is
// what stands there or what the engineer says, never a word of ours.
func TestAuthenticationIsNotHardCoded(t *testing.T) {
	t.Parallel()
	fixed := regexp.MustCompile(`ClientAuthenticationMethod '?[A-Za-z]`)
	for name, task := range library(t).Tasks {
		for _, c := range append(slices.Clone(task.Commands), task.Undo...) {
			if found := fixed.FindString(c.Text); found != "" && name != "close.negotiate" {
				t.Errorf("%s: %s", name, c.Text)
			}
		}
	}
}

func blocks(task *runbook.Task, check string) bool {
	return slices.ContainsFunc(task.Checks, func(c *runbook.Check) bool {
		return strings.HasPrefix(c.Name, check) && c.Gate == "hard"
	})
}

func commandsOf(w *work, task *runbook.Task) string {
	var out strings.Builder
	for _, l := range w.lines {
		if l.task == task && strings.HasPrefix(l.from, "command") {
			out.WriteString(l.text + "\n")
		}
	}
	return out.String()
}

func servers(m *migration.Migration, version, role string) []migration.Server {
	var out []migration.Server
	for _, site := range m.Sites {
		for _, s := range site.Servers {
			if s.Version == version && (role == "" || s.Has(role)) {
				out = append(out, s)
			}
		}
	}
	return out
}

func fqdn(m *migration.Migration, s migration.Server) string {
	if s.FQDN != "" {
		return s.FQDN
	}
	return s.Name + "." + m.Organization.Forest
}

// onShared tells whether a site's new servers join the organisation's group.
func onShared(m *migration.Migration, site string) bool {
	for _, s := range m.Sites {
		if s.Name == site {
			return s.DAG == nil
		}
	}
	return false
}
