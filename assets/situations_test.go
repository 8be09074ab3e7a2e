package assets_test

import (
	"regexp"
	"strings"
	"testing"

	"coexist/checks"
)

// situation is what an organisation must find in its runbook, and what not.
type situation struct {
	tasks   []string // "name" or "name/target"
	without []string
	lines   []string // patterns
	no      []string
	holds   func(t *testing.T, w *work)
}

var expected = map[string]situation{
	"single-server": {
		tasks:   []string{"deploy.install-both/ex13", "switch.dns-internal", "close.remove-mailbox/sbs"},
		without: []string{"dag.create", "certificates.copy", "switch.load-balancer", "mail.edge", "um.gateways", "legacy.verify", "switch.kerberos-asa"},
	},
	"split-roles": {
		tasks:   []string{"deploy.install-mailbox/mbx13-1", "deploy.install-client-access/cas13-1", "prepare.rpc-name", "switch.load-balancer", "dag.create", "dag.members/mbx13-2", "certificates.copy/cas13-2", "close.array"},
		without: []string{"deploy.install-both", "dag.members/cas13-1", "certificates.enable/mbx13-1"},
		no:      []string{`Add-DatabaseAvailabilityGroupServer.*MBX10`},
		holds: func(t *testing.T, w *work) {
			order(t, w, "deploy.install-mailbox/mbx13-1", "deploy.install-client-access/cas13-1")
			order(t, w, "prepare.rollup-2010/cas10-1", "prepare.rollup-2010/mbx10-1")
		},
	},
	"cluster-2007": {
		tasks:   []string{"move.managed-folders", "legacy.verify", "prepare.rollup-2007/cms07-1", "close.remove-mailbox/cms07-1"},
		without: []string{"deploy.arbitration", "switch.urls-2010"},
	},
	"several-faces": {
		tasks:   []string{"sites.regional-namespace/lyon", "switch.dns-external/lyon", "sites.intranet/pune"},
		without: []string{"switch.dns-external/pune", "sites.regional-namespace/pune"},
		lines:   []string{`Set-OwaVirtualDirectory -Identity 'EX13-L\\owa.*-ExternalUrl 'https://mail-emea\.contoso\.com/owa'`, `Set-OwaVirtualDirectory -Identity 'EX07-L\\owa.*-ExternalUrl 'https://legacy-emea\.contoso\.com/owa'`},
		no:      []string{`'EX13-L\\.*https://mail\.contoso\.com/owa'`},
	},
	"intranet-site": {
		tasks:   []string{"sites.intranet/lyon", "switch.auth-intranet/ex10-11"},
		without: []string{"switch.dns-external/lyon", "switch.publish/lyon", "switch.analyzer/lyon"},
		lines:   []string{`Set-OwaVirtualDirectory -Identity 'EX13-11\\owa.*-ExternalUrl \$null`},
		no:      []string{`'EX1[03]-11\\.*-ExternalUrl 'https`},
	},
	"mixed": {
		tasks:   []string{"prepare.rollup-2007/ex07-01", "prepare.rollup-2010/ex10-01", "legacy.verify", "switch.old-urls-owa/ex07-01", "switch.urls-2010/ex10-01", "certificates.old-servers/ex07-01", "move.verify/ex07-01", "move.verify/ex10-01"},
		without: []string{"switch.old-urls-owa/ex10-01", "switch.urls-2010/ex07-01", "certificates.old-servers/ex10-01"},
		lines:   []string{`Set-OwaVirtualDirectory -Identity 'EX07-01\\owa.*https://legacy\.contoso\.com/owa`, `Set-OwaVirtualDirectory -Identity 'EX10-01\\owa.*https://mail\.contoso\.com/owa`},
	},
	"disjoint": {
		tasks: []string{"prepare.disjoint"},
		lines: []string{`ex10-01\.hq\.contoso\.com|ex13-01\.hq\.contoso\.com`},
		no:    []string{`ex1[03]-01\.corp\.contoso\.com`},
	},
	"child-domains": {
		without: []string{"prepare.domains/contoso.com"}, // /PrepareAD sees to the root
		tasks:   []string{"prepare.domains/emea.contoso.com", "prepare.domains/apac.contoso.com"},
		lines:   []string{`(?i)PrepareDomain:`, `Set-ADServerSettings -ViewEntireForest \$true`},
	},
	"voice": {
		tasks:   []string{"certificates.um", "um.language-packs", "um.gateways", "close.um"},
		without: []string{"mail.edge"},
		holds: func(t *testing.T, w *work) {
			for _, other := range works(t) {
				if strings.HasPrefix(other.name, "situation ") && !other.m.Features.UnifiedMessaging {
					for _, task := range tasks(other.r) {
						if strings.HasPrefix(task.Name, "um.") || task.Name == "certificates.um" || task.Name == "close.um" {
							t.Errorf("%s: %s although nobody has a voice mailbox", other.name, task.ID)
						}
					}
				}
			}
		},
	},
	"edge": {
		tasks:   []string{"prepare.edge-resubscribe/edge10", "deploy.install-edge/edge13", "deploy.edge-subscribe/edge13", "mail.edge", "mail.relay", "close.edge/edge10"},
		without: []string{"certificates.enable/edge13", "deploy.urls/edge13", "dag.members/edge13"},
	},
	"hybrid": {
		tasks: []string{"switch.hybrid", "close.hybrid"},
		lines: []string{`/PrepareAD /TenantOrganizationConfig:\S+\.xml `},
		no:    []string{`/PrepareAD /IAccept`},
	},
	"wildcard": {
		tasks: []string{"certificates.outlook-provider", "switch.pop-imap", "certificates.devices"},
		lines: []string{`New-ExchangeCertificate.*'\*\.contoso\.com'`, `Set-OutlookProvider.*msstd:\*\.contoso\.com`},
	},
	"reverse-proxy": {
		without: []string{"switch.auth"},
		no:      []string{`-FormsAuthentication \$true`},
	},
	"air-gapped": {
		without: []string{"switch.dns-external", "switch.analyzer", "prepare.baseline-analyzer", "switch.publish"},
		no:      []string{`-ExternalUrl 'https`},
		holds: func(t *testing.T, w *work) {
			for _, task := range tasks(w.r) {
				for _, c := range task.Checks {
					if c.Vantage == checks.Outside {
						t.Errorf("%s is asked for from outside", c.ID)
					}
				}
			}
		},
	},
	"public-folders": {
		tasks: []string{"move.legacy-pf", "close.public-folders-prepare", "close.public-folders-complete", "close.public-folder-databases/ex07-01"},
		holds: func(t *testing.T, w *work) {
			order(t, w, "move.batch/redmond", "close.public-folders-prepare/org")
			order(t, w, "close.public-folders-complete/org", "close.remove-mailbox/ex07-01")
		},
	},
	"legacy-elsewhere": {
		tasks: []string{"legacy.dns-internal/lyon", "legacy.publish/lyon", "legacy.verify/lyon", "certificates.old-servers/ex07-l", "switch.old-urls-owa/ex07-l",
			"switch.old-urls-internal/ex07-p", "close.legacy-names/lyon"},
		without: []string{"legacy.dns-internal/redmond", "legacy.dns-internal/pune", "switch.old-urls-owa/ex07-p", "certificates.old-servers/ex07-p", "close.legacy-names/pune"},
		lines: []string{`Set-OwaVirtualDirectory -Identity 'EX07-L\\owa.*https://legacy\.contoso\.com/owa`,
			`Get-WebServicesVirtualDirectory -Server 'EX07-P'.*https://ex07-p\.contoso\.com/EWS`},
		holds: func(t *testing.T, w *work) {
			order(t, w, "switch.old-urls-owa/ex07-l", "switch.go-no-go/redmond") // its round would be too late: its ExternalUrl names what moves
			order(t, w, "legacy.verify/lyon", "switch.old-urls-owa/ex07-l")
			if w.r.Check("switch.dns-internal/redmond/legacy-ready") == nil {
				t.Error("the names move without a look at the legacy name")
			}
		},
	},
	"legacy-region": {
		tasks:   []string{"legacy.verify/lyon", "certificates.old-servers/ex07-l", "switch.old-urls-owa/ex07-l"},
		without: []string{"legacy.dns-internal/redmond"},
		lines:   []string{`Set-OwaVirtualDirectory -Identity 'EX07-L\\owa.*https://legacy-emea\.contoso\.com/owa`},
		no:      []string{`legacy\.contoso\.com`},
		holds: func(t *testing.T, w *work) {
			if task := w.r.Task("switch.old-urls-owa/ex07-l"); task == nil || task.Phase.Round == "" {
				t.Error("the region's servers are changed before its names move")
			}
			for _, name := range []string{"switch.pilot/ex13-r/owa-2007", "switch.verify/redmond/owa-2007"} {
				if w.r.Check(name) != nil {
					t.Errorf("%s cannot come true: the test mailbox belongs to names that move later", name)
				}
			}
		},
	},
	"legacy-inside": {
		tasks:   []string{"legacy.dns-internal/lyon", "switch.old-urls-owa/ex07-l"},
		without: []string{"legacy.publish", "legacy.dns-external", "legacy.dns-internal/redmond"},
		holds: func(t *testing.T, w *work) {
			order(t, w, "switch.old-urls-owa/ex07-l", "switch.go-no-go/redmond")
		},
	},
	"stretched-group": {
		tasks:   []string{"dag.create/redmond", "dag.members/ex13-l", "dag.copies/ex13-l", "dag.copies-earlier/lyon", "dag.activation/lyon"},
		without: []string{"dag.copies/ex13-r", "dag.activation/redmond", "dag.create/lyon", "dag.cluster-object/lyon"},
		lines:   []string{`Add-MailboxDatabaseCopy -Identity 'DB11' -MailboxServer 'EX13-01'`},
		holds: func(t *testing.T, w *work) {
			if back := w.part("dag.copies-earlier/lyon", "undo"); !strings.Contains(back, `Remove-MailboxDatabaseCopy -Identity 'DB11\EX13-01'`) {
				t.Errorf("the copies elsewhere are not taken back:\n%s", back)
			}
		},
	},
	"two-arrays": {
		tasks: []string{"close.legacy-names/redmond", "close.legacy-names/lyon"},
		lines: []string{`^outlook\.contoso\.com A$`, `^outlook-emea\.contoso\.com A$`},
		holds: func(t *testing.T, w *work) {
			if w.r.Check("switch.pilot/ex13-r/owa-2010") != nil {
				t.Error("a mailbox of Lyon is redirected to Lyon's name: its sign-in through Redmond cannot come true")
			}
		},
	},
	"bare": {
		tasks:   []string{"legacy.verify/redmond", "switch.dns-internal/redmond", "close.remove-mailbox/ex07"},
		without: []string{"dag.plan", "mail.edge", "move.legacy-pf", "um.gateways", "switch.analyzer", "legacy.publish", "switch.load-balancer", "certificates.copy"},
		holds: func(t *testing.T, w *work) {
			for _, task := range tasks(w.r) {
				for _, c := range task.Checks {
					if c.Gate == "hard" && (c.Kind == "owaform" || c.Kind == "autodiscover") {
						t.Errorf("%s asks for a mailbox that nobody named", c.ID)
					}
				}
			}
		},
	},
	"big": {
		tasks: []string{"sites.intranet/site%209", "switch.load-balancer", "switch.kerberos-asa/ex13-902"},
		holds: func(t *testing.T, w *work) {
			rounds := map[string]bool{}
			for _, p := range w.r.Phases {
				if p.Round != "" {
					rounds[p.Round] = true
				}
			}
			if len(rounds) != 8 {
				t.Errorf("expected a round for each of 8 further sites, found %d", len(rounds))
			}
		},
	},
}

// order wants one task before another.
func order(t *testing.T, w *work, first, second string) {
	t.Helper()
	a, b := -1, -1
	for i, task := range tasks(w.r) {
		switch task.ID {
		case first:
			a = i
		case second:
			b = i
		}
	}
	if a < 0 || b < 0 || a > b {
		t.Errorf("expected %s (at %d) before %s (at %d)", first, a, second, b)
	}
}

func TestSituations(t *testing.T) {
	t.Parallel()
	found := map[string]*work{}
	for _, w := range works(t) {
		if name, ok := strings.CutPrefix(w.name, "situation "); ok {
			found[name] = w
		}
	}
	if len(found) != len(expected) || len(found) < 12 {
		t.Errorf("%d situations, %d expectations", len(found), len(expected))
	}
	for name, want := range expected {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := found[name]
			if w == nil {
				t.Fatal("no such file below testdata/situations")
			}
			present := func(name string) bool { return w.r.Task(name) != nil || w.has(name) }
			for _, name := range want.tasks {
				if !present(name) {
					t.Errorf("expected the task %s", name)
				}
			}
			for _, name := range want.without {
				if !strings.Contains(name, "/") && library(t).Tasks[name] == nil {
					t.Errorf("there is no task %s any more", name)
				}
				if present(name) {
					t.Errorf("expected no task %s", name)
				}
			}
			changes := *w
			changes.lines = nil
			for _, l := range w.lines {
				if strings.HasPrefix(l.from, "command") || strings.HasPrefix(l.from, "check") {
					changes.lines = append(changes.lines, l)
				}
			}
			for _, pattern := range want.lines {
				if len(changes.find(pattern)) == 0 {
					t.Errorf("expected a command like %s", pattern)
				}
			}
			for _, pattern := range want.no {
				for _, l := range changes.find(regexp.MustCompile(pattern).String()) {
					t.Errorf("expected no command like %s: %s", pattern, l)
				}
			}
			if want.holds != nil {
				want.holds(t, w)
			}
		})
	}
}
