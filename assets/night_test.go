package assets_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"coexist/runbook"
	"coexist/runbook/migration"
)

// TestListsAreInTheOrderOfTheNight: whoever prints the plan works it from the
// top, so no task stands above one of its step that it waits for.
func TestListsAreInTheOrderOfTheNight(t *testing.T) {
	t.Parallel()
	lib := library(t)
	for source, p := range lib.Procedures {
		for _, step := range p.Steps {
			for i, name := range step.Tasks {
				for _, first := range lib.Tasks[name].After {
					if j := slices.Index(step.Tasks, first); j > i {
						t.Errorf("%s, step %s: %s is listed above %s, which it waits for", source, step.ID, name, first)
					}
				}
			}
		}
	}
}

// TestPerimeterStaysOutside: an Edge server is no member of the domain. It
// needs no site of Active Directory and no way to domain controllers or stores.
func TestPerimeterStaysOutside(t *testing.T) {
	t.Parallel()
	for _, w := range works(t) {
		for _, s := range servers(w.m, "2013", "edge-transport") {
			for _, l := range w.find(`(subnets for|domain controllers|TCP 443).*\b` + regexp.QuoteMeta(s.Name) + `\b|\b` + regexp.QuoteMeta(s.Name) + `\b.*(TCP 443|domain controllers)`) {
				if strings.HasPrefix(l.from, "command") {
					t.Errorf("%s: %s", w.name, l)
				}
			}
		}
	}
}

// TestFirewallOrderNamesTheStores: the moves read the old stores over RPC; a
// network team opens what the order says and nothing else.
func TestFirewallOrderNamesTheStores(t *testing.T) {
	t.Parallel()
	for _, w := range works(t) {
		if !w.has("prepare.firewall") {
			t.Errorf("%s: nobody orders firewall rules", w.name)
		}
		for _, task := range named(w.r, "prepare.firewall") {
			order := w.part(task.ID, "command")
			for _, s := range servers(w.m, "old", "mailbox") {
				if !regexp.MustCompile(`RPC.*\b` + regexp.QuoteMeta(s.Name) + `\b`).MatchString(order) {
					t.Errorf("%s: %s orders no way to the store of %s:\n%s", w.name, task.ID, s.Name, order)
				}
			}
		}
	}
}

// TestServicePackPreparesTheForestFirst: the service pack extends the schema,
// which needs the rights and the backup before the first server is upgraded.
func TestServicePackPreparesTheForestFirst(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"prepare.ad-health", "prepare.backup"} {
		if !before(t, "prepare.service-pack")[name] {
			t.Errorf("the schema of the service pack does not wait for %s", name)
		}
	}
	for _, w := range works(t) {
		seen, told := map[string]bool{}, false
		for _, task := range named(w.r, "prepare.service-pack") {
			version := "2010"
			if strings.Contains(task.Title, "Exchange 2007") {
				version = "2007"
			}
			prepares := strings.Contains(w.part(task.ID, "command"), "/PrepareSchema")
			if !seen[version] && !prepares {
				t.Errorf("%s: %s upgrades the first server of %s, another task prepares the forest for it", w.name, task.ID, version)
			}
			if prepares && strings.Contains(task.ID, "edge") {
				t.Errorf("%s: %s extends the schema from the perimeter", w.name, task.ID)
			}
			seen[version], told = true, true
		}
		if !told {
			t.Errorf("%s: no service pack", w.name)
		}
	}
}

// TestRightsAreThoseOfTheVersion: Organization Management does not exist for
// the shell of Exchange 2007; who only has that is refused at two in the night.
func TestRightsAreThoseOfTheVersion(t *testing.T) {
	t.Parallel()
	for _, w := range works(t) {
		for _, task := range tasks(w.r) {
			own, changes := false, false
			for _, s := range servers(w.m, "2007", "") {
				own = own || task.Target == runbook.Encode(s.Name)
			}
			for _, c := range task.Commands {
				changes = changes || c.Shell == "ems2007" && !c.Reads
			}
			if own && changes && !regexp.MustCompile(`Exchange (Server|Organization) Administrator|local Administrators on the Edge`).MatchString(task.Rights) {
				t.Errorf("%s: %s changes Exchange 2007 with the rights %q", w.name, task.ID, task.Rights)
			}
		}
	}
}

// TestWildcardIsNotBoundToPopOnOldServers: Exchange 2007 too refuses to bind a
// certificate without a full host name to POP3 and IMAP4.
func TestWildcardIsNotBoundToPopOnOldServers(t *testing.T) {
	t.Parallel()
	seen := false
	for _, w := range works(t) {
		if !w.m.Certificate.Wildcard {
			continue
		}
		seen = true
		for _, l := range w.find(`Enable-ExchangeCertificate.*(POP|IMAP)`) {
			t.Errorf("%s: %s", w.name, l)
		}
	}
	if !seen {
		t.Error("no wildcard certificate to look at")
	}
}

// TestMailboxDatabasesGoBeforeThoseOfPublicFolders: every mailbox database of
// the old versions names a public folder database, which cannot be removed
// while one does.
func TestMailboxDatabasesGoBeforeThoseOfPublicFolders(t *testing.T) {
	t.Parallel()
	if !before(t, "close.public-folder-databases")["close.mailbox-databases"] {
		t.Error("the public folder databases do not wait for the mailbox databases that name them")
	}
	if !before(t, "close.remove-mailbox")["close.public-folder-databases"] {
		t.Error("the uninstallation does not wait for the public folder database")
	}
	if !before(t, "close.mailbox-databases")["close.public-folders-open"] {
		t.Error("the proxy mailboxes go although people may still be sent to them")
	}
	for _, w := range works(t) {
		databases, groups := -1, -1
		for i, l := range w.lines {
			if strings.HasPrefix(l.from, "command") && strings.Contains(l.text, "Remove-PublicFolderDatabase") {
				databases = i
			}
			if strings.HasPrefix(l.from, "command") && strings.Contains(l.text, "Remove-StorageGroup") && groups < 0 {
				groups = i
			}
		}
		if groups >= 0 && groups < databases && len(servers(w.m, "2007", "mailbox")) == 1 && len(servers(w.m, "2010", "mailbox")) == 0 {
			t.Errorf("%s: storage groups go while a public folder database is in one", w.name)
		}
	}
}

// TestLockReachesEveryoneBeforeTheCompletion: three lines pasted at once would
// complete the migration while old servers still take posts.
func TestLockReachesEveryoneBeforeTheCompletion(t *testing.T) {
	t.Parallel()
	for _, w := range works(t) {
		for _, task := range named(w.r, "close.public-folders-complete") {
			lock, look := -1, -1
			for i, c := range task.Commands {
				line := strings.Join(lines(t, w, c), "\n")
				switch {
				case strings.Contains(line, "-PublicFoldersLockedForMigration:$true"):
					lock = i
				case strings.Contains(line, "PublicFoldersLockedForMigration") && c.Reads:
					look = i
				case strings.Contains(line, "Complete-MigrationBatch"):
					if lock < 0 || look < lock || !strings.Contains(strings.ToLower(c.About), "only") {
						t.Errorf("%s: %s completes without a look at the lock (%q)", w.name, task.ID, c.About)
					}
				}
			}
		}
	}
}

// TestSubscriptionFilesAreDeleted: they hold an account that may write into
// the Edge server for a day.
func TestSubscriptionFilesAreDeleted(t *testing.T) {
	t.Parallel()
	for _, w := range works(t) {
		for _, name := range []string{"prepare.edge-resubscribe", "deploy.edge-subscribe", "mail.edge"} {
			for _, task := range named(w.r, name) {
				if !regexp.MustCompile(`(?m)^del .*\.xml`).MatchString(w.part(task.ID, "command")) {
					t.Errorf("%s: %s leaves the subscription file lying about", w.name, task.ID)
				}
			}
		}
	}
}

// TestInboundMailFindsTheNewEdge: a new Edge server that no record and no rule
// names takes no mail, and the old one cannot be retired.
func TestInboundMailFindsTheNewEdge(t *testing.T) {
	t.Parallel()
	seen := false
	for _, w := range works(t) {
		for _, s := range servers(w.m, "2013", "edge-transport") {
			if !w.m.Organization.Internet {
				continue
			}
			seen = true
			found := false
			for _, l := range w.find(`(?i)^` + regexp.QuoteMeta(fqdn(w.m, s)) + `:25$`) {
				found = found || l.task.Name == "mail.inbound-edge"
			}
			if !found {
				t.Errorf("%s: nobody leads mail from outside to %s", w.name, s.Name)
			}
			if !before(t, "close.edge")["mail.inbound-edge"] || !before(t, "mail.inbound-edge")["deploy.edge-subscribe"] {
				t.Error("expected the new Edge server to be subscribed, then mail to come in through it, then the old one to go")
			}
		}
	}
	if !seen {
		t.Error("no new Edge server to look at")
	}
}

// TestUninstallStartsWhereSetupLies: Setup.com of 2010 is not on the path.
func TestUninstallStartsWhereSetupLies(t *testing.T) {
	t.Parallel()
	for _, w := range works(t) {
		for _, s := range servers(w.m, "2010", "") {
			for _, task := range tasks(w.r) {
				if task.Target != runbook.Encode(s.Name) || !strings.HasPrefix(task.Name, "close.remove-") {
					continue
				}
				if !strings.Contains(w.part(task.ID, "command"), `cd /d "%ExchangeInstallPath%Bin"`) {
					t.Errorf("%s: %s does not say where Setup.com lies", w.name, task.ID)
				}
			}
		}
	}
}

func lines(t *testing.T, w *work, c *runbook.Command) []string {
	t.Helper()
	out, err := c.Render(w.values)
	if err != nil {
		t.Fatal(err)
	}
	return out.Lines
}

// TestOldServersGoInTheOrderOfTheirRoles: service pack and rollup reach Client
// Access servers first and Mailbox servers last; Edge servers may follow.
func TestOldServersGoInTheOrderOfTheirRoles(t *testing.T) {
	t.Parallel()
	rank := func(s migration.Server) int {
		return slices.IndexFunc([]string{"client-access", "hub-transport", "unified-messaging", "mailbox", "edge-transport"}, s.Has)
	}
	seen := false
	for _, w := range works(t) {
		site := map[string]migration.Server{}
		for _, s := range append(servers(w.m, "2007", ""), servers(w.m, "2010", "")...) {
			site[runbook.Encode(s.Name)] = s
		}
		for _, name := range []string{"prepare.service-pack", "prepare.rollup-2007", "prepare.rollup-2010"} {
			last, at := -1, ""
			for _, task := range named(w.r, name) {
				now := rank(site[task.Target])
				if task.Site == at && now < last {
					t.Errorf("%s: %s comes after a server that has to wait for it", w.name, task.ID)
				}
				seen = seen || now > 0
				last, at = now, task.Site
			}
		}
	}
	if !seen {
		t.Error("no organisation with single roles to look at")
	}
}

// TestFirstSiteIsTakenDownLast: the old servers of the site that the others
// come in through go after all others.
func TestFirstSiteIsTakenDownLast(t *testing.T) {
	t.Parallel()
	seen := false
	for _, w := range works(t) {
		for _, name := range []string{"close.drain", "close.remove-mailbox", "close.remove-hub", "close.remove-client-access"} {
			all := named(w.r, name)
			for i, task := range all {
				if i > 0 && all[i-1].Site != task.Site {
					seen = true
					if all[i-1].Site == firstSite(w) {
						t.Errorf("%s: %s is taken down before %s", w.name, all[i-1].ID, task.ID)
					}
				}
			}
		}
	}
	if !seen {
		t.Error("no organisation of several sites to look at")
	}
}

// firstSite is the site whose names move first.
func firstSite(w *work) string {
	for _, task := range tasks(w.r) {
		if task.Name == "switch.go-no-go" {
			return task.Site
		}
	}
	return ""
}

// TestIntranetServersOf2007CarryNoExternalUrl: the server behind the legacy
// name proxies to them only as long as they have none.
func TestIntranetServersOf2007CarryNoExternalUrl(t *testing.T) {
	t.Parallel()
	seen := false
	for _, w := range works(t) {
		for _, site := range w.m.Sites {
			for _, s := range site.Servers {
				if s.Version != "2007" || !s.Has("client-access") || site.InternetFacing || w.r.Task("certificates.old-servers/"+runbook.Encode(s.Name)) != nil {
					continue
				}
				seen = true
				if len(w.find(`Set-OwaVirtualDirectory -Identity '`+regexp.QuoteMeta(s.Name)+`\\owa \(Default Web Site\)' -ExternalUrl \$null`)) == 0 {
					t.Errorf("%s: nobody looks at the external URL of %s", w.name, s.Name)
				}
			}
		}
	}
	if !seen {
		t.Error("no intranet server of Exchange 2007 to look at")
	}
}
