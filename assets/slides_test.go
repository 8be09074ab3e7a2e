package assets_test

import (
	"slices"
	"testing"

	"coexist/runbook/migration"
	"coexist/runbook/procedure"
)

// Where a line of the slides is shown.
const (
	picture  = "diagram" // a word of the drawing
	stepName = "title"
	onStep   = "step" // the step's slide lines or facts
	onTask   = "task" // and carried out by a task of that step
)

// slideLines are the lines of the slides, wrapped ones joined, with where they
// belong.
var slideLines = []struct {
	slide string // the source whose slide it stands on; "both": the one about setup
	step  string
	place string
	line  string
}{
	{"2010", "", picture, "Clients"},
	{"2010", "", picture, "Internet-facing site – upgrade first"},
	{"2010", "", picture, "autodiscover.contoso.com"},
	{"2010", "", picture, "mail.contoso.com"},
	{"2010", "", picture, "Intranet site"},
	{"2010", "", picture, "Exchange 2010 Servers"},
	{"2010", "", picture, "SP3"},
	{"2010", "", picture, "E2013 CAS"},
	{"2010", "", picture, "E2013 MBX"},
	{"2010", "prepare", stepName, "Prepare"},
	{"2010", "prepare", onTask, "Install Exchange 2010 SP3 across the ORG"},
	{"2010", "prepare", onTask, "Prepare AD with Exchange 2013 schema"},
	{"2010", "prepare", onTask, "Validate existing Client Access using Remote Connectivity Analyzer and test connectivity cmdlets"},
	{"2010", "deploy", stepName, "Deploy Exchange 2013 servers"},
	{"2010", "deploy", onTask, "Install both Exchange 2013 MBX and CAS servers"},
	{"2010", "certificates", stepName, "Obtain and deploy certificates"},
	{"2010", "certificates", onTask, "Obtain and deploy certificates on Exchange 2013 Client Access Servers"},
	{"2010", "switch", stepName, "Switch primary namespace to Exchange 2013 CAS"},
	{"2010", "switch", onTask, "Exchange 2013 fields all traffic, including traffic from Exchange 2010 users"},
	{"2010", "switch", onTask, "Validate using Remote Connectivity Analyzer"},
	{"2010", "move", stepName, "Move Mailboxes"},
	{"2010", "move", onTask, "Build out DAG"},
	{"2010", "move", onTask, "Move Exchange 2010 users to Exchange 2013 MBX"},
	{"2010", "sites", stepName, "Repeat for additional sites"},

	{"2007", "", picture, "E2007 SP3 CAS"},
	{"2007", "", picture, "E2007 SP3 HUB"},
	{"2007", "", picture, "E2007 SP3 MBX"},
	{"2007", "", picture, "Clients"},
	{"2007", "", picture, "Internet-facing site – upgrade first"},
	{"2007", "", picture, "autodiscover.contoso.com"},
	{"2007", "", picture, "mail.contoso.com"},
	{"2007", "", picture, "legacy.contoso.com"},
	{"2007", "", picture, "Intranet site"},
	{"2007", "", picture, "Exchange 2007 Servers"},
	{"2007", "", picture, "RU"},
	{"2007", "", picture, "E2013 CAS"},
	{"2007", "", picture, "E2013 MBX"},
	{"2007", "prepare", stepName, "Prepare"},
	{"2007", "prepare", onTask, "Install Exchange 2007 SP3 + RU across the ORG"},
	{"2007", "prepare", onTask, "Prepare AD with Exchange 2013 schema and validate"},
	{"2007", "deploy", stepName, "Deploy Exchange 2013 servers"},
	{"2007", "deploy", onTask, "Install both Exchange 2013 MBX and CAS servers"},
	{"2007", "legacy", stepName, "Create legacy namespace"},
	{"2007", "legacy", onTask, "Create DNS record to point to legacy Exchange 2007 CAS"},
	{"2007", "certificates", stepName, "Obtain and Deploy Certificates"},
	{"2007", "certificates", onTask, "Obtain and deploy certificates on Exchange 2013 CAS servers configured with legacy namespace, Exchange 2013 namespace, and autodiscover namespace"},
	{"2007", "certificates", onTask, "Deploy certificates on Exchange 2007 CAS"},
	{"2007", "switch", stepName, "Switch primary namespace to Exchange 2013 CAS"},
	{"2007", "switch", onTask, "Validate using Remote Connectivity Analyzer"},
	{"2007", "move", stepName, "Move mailboxes"},
	{"2007", "move", onTask, "Build out DAG"},
	{"2007", "move", onTask, "Move Exchange 2007 users to Exchange 2013 MBX"},
	{"2007", "sites", stepName, "Repeat for additional sites"},

	{"2007", "prepare", onTask, "Install Exchange 2007 SP3 + coexistence RU using same steps as previous Exchange 2007 roll-ups"},
	{"2007", "prepare", onTask, "Prepare Active Directory with Exchange 2013 schema"},
	{"2007", "prepare", onTask, "Validate existing client access using Remote Connectivity Analyzer and test connectivity cmdlets"},
	{"2007", "prepare", onTask, "http://www.exrca.com"},
	{"2010", "prepare", onTask, "http://www.exrca.com"},

	{"both", "deploy", onTask, "MBX performs PowerShell commands"},
	{"both", "deploy", onTask, "CAS is proxy only"},
	{"both", "deploy", onTask, "GUI or command line"},
	{"both", "deploy", onTask, "In-place upgrades not supported"},
	{"both", "deploy", onTask, "Updated to reflect Exchange 2013 roles"},
	{"both", "deploy", onTask, "New required parameter for license terms acceptance"},
	{"both", "deploy", onStep, "Install"},
	{"both", "deploy", onTask, "Setup.exe /mode:install /roles:clientaccess"},
	{"both", "deploy", onTask, "Setup.exe /mode:install /roles:mailbox"},
	{"both", "deploy", onTask, "Setup.exe /mode:install /roles:ManagementTools"},
	{"both", "deploy", onTask, "Other required parameter - /IAcceptExchangeServerLicenseTerms"},
}

func TestEverySlideLineIsThere(t *testing.T) {
	t.Parallel()
	for _, source := range []string{"2007", "2010"} {
		m := parse(t, source, migration.Sample(source))
		m.Sites[0].Servers = append(m.Sites[0].Servers,
			migration.Server{Name: "CAS13-01", Version: "2013", Roles: []string{migration.ClientAccess}},
			migration.Server{Name: "MBX13-01", Version: "2013", Roles: []string{migration.MailboxRole}})
		r := compile(t, m)
		titles, shown, done := map[string][]string{}, map[string][]string{}, map[string][]string{}
		for _, s := range r.Steps {
			titles[s.ID] = append(titles[s.ID], s.Title)
			shown[s.ID] = append(slices.Clone(s.Slide), s.Facts...)
			for _, p := range s.Phases {
				for _, task := range p.Tasks {
					done[s.ID] = append(done[s.ID], task.Slide...)
				}
			}
		}
		for _, want := range slideLines {
			if want.slide != "both" && want.slide != source {
				continue
			}
			ok := false
			switch want.place {
			case picture:
				ok = slices.Contains(r.Diagram, want.line)
			case stepName:
				ok = slices.Contains(titles[want.step], want.line)
			case onStep:
				ok = slices.Contains(shown[want.step], want.line)
			case onTask:
				ok = slices.Contains(shown[want.step], want.line) && slices.Contains(done[want.step], want.line)
			}
			if !ok {
				t.Errorf("%s, %s: expected %q on the %s", source, want.step, want.line, want.place)
			}
		}
	}
}

// TestSlideLinesAreOfTheSource: a runbook shows no line of another slide, and
// no line that is on none.
func TestSlideLinesAreOfTheSource(t *testing.T) {
	t.Parallel()
	for _, source := range procedure.Sources {
		allowed := map[string]bool{}
		for _, l := range slideLines {
			allowed[l.line] = allowed[l.line] || source == "mixed" || l.slide == "both" || l.slide == source
		}
		m := parse(t, source, migration.Sample(source))
		everything(m)
		r := compile(t, m)
		check := func(where string, list []string) {
			for _, l := range list {
				if !allowed[l] {
					t.Errorf("%s, %s: %q is not on the slide of this source", source, where, l)
				}
			}
		}
		check("diagram", r.Diagram)
		for _, s := range r.Steps {
			check(s.ID, append(append([]string{s.Title}, s.Slide...), s.Facts...))
		}
		for _, task := range tasks(r) {
			check(task.ID, task.Slide)
		}
	}
}

// TestTasksNameRealSlideLines: what a task says it carries out stands on a
// slide of some source.
func TestTasksNameRealSlideLines(t *testing.T) {
	t.Parallel()
	for name, task := range library(t).Tasks {
		for _, line := range task.Slide {
			if !slices.ContainsFunc(slideLines, func(l struct{ slide, step, place, line string }) bool { return l.line == line }) {
				t.Errorf("%s: %q is on no slide", name, line)
			}
		}
	}
}
