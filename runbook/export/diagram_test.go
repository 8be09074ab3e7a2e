package export

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"

	"coexist/checks"
	"coexist/checks/effect"
	"coexist/runbook"
	"coexist/runbook/migration"
)

// sketch is a bare runbook for drawing: steps, their first phases, and tasks
// with effects.
func sketch(source string, sites int) *runbook.Runbook {
	m := &migration.Migration{Organization: migration.Organization{Source: source}, Namespace: migration.Namespace{Primary: "mail.contoso.com", Autodiscover: "autodiscover.contoso.com"}}
	if source != "2010" {
		m.Namespace.Legacy = "legacy.contoso.com"
	}
	for i := range sites {
		m.Sites = append(m.Sites, migration.Site{Name: fmt.Sprintf("Site%03d", i), InternetFacing: i == 0, Servers: []migration.Server{
			{Name: fmt.Sprintf("OLD%03d", i), Version: strings.Replace(source, "mixed", "2007", 1), Roles: []string{"client-access", "hub-transport", "mailbox"}},
			{Name: fmt.Sprintf("NEW%03d", i), Version: "2013", Roles: []string{"client-access", "mailbox"}},
		}})
	}
	r := &runbook.Runbook{Migration: m, Source: source, Diagram: []string{"Clients", "Internet-facing site - upgrade first", "E2007 SP3 CAS", "E2013 MBX", "Unheard of"}}
	ids := []string{"prepare", "deploy", "certificates", "switch", "move", "sites"}
	if source != "2010" {
		ids = []string{"prepare", "deploy", "legacy", "certificates", "switch", "move", "sites"}
	}
	for i, id := range ids {
		ph := &runbook.Phase{ID: id, StepID: id, Step: i + 1, Title: id}
		if id == "deploy" {
			ph.Tasks = []*runbook.Task{{ID: "install", Phase: ph, Effects: []effect.Effect{{Kind: "server.install", Params: map[string]string{"server": "new000"}}}}}
		}
		if id == "sites" {
			ph.Tasks = []*runbook.Task{{ID: "remove", Phase: ph, Effects: []effect.Effect{{Kind: "server.remove", Params: map[string]string{"server": "OLD000"}}}}}
		}
		r.Phases = append(r.Phases, ph)
		r.Steps = append(r.Steps, &runbook.Step{Number: i + 1, ID: id, Title: "Title of " + id, Phases: []*runbook.Phase{ph}})
	}
	return r
}

func progressOf(complete ...string) *runbook.Progress {
	p := &runbook.Progress{Phases: map[string]*runbook.PhaseState{}, Tasks: map[string]*runbook.TaskState{}}
	for _, id := range complete {
		p.Phases[id] = &runbook.PhaseState{Complete: true, Status: runbook.Done}
		at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
		p.Tasks[map[string]string{"deploy": "install", "sites": "remove"}[id]] = &runbook.TaskState{DoneAt: at}
	}
	return p
}

func TestDiagramFits(t *testing.T) {
	t.Parallel()
	for _, source := range []string{"2007", "2010", "mixed"} {
		for _, sites := range []int{1, 2, 4, 500} {
			r := sketch(source, sites)
			r.Migration.Sites[0].Name = strings.Repeat("Überlänge 漢字 ", 30)
			for i := range 40 {
				r.Migration.Sites[0].Servers = append(r.Migration.Sites[0].Servers, migration.Server{Name: fmt.Sprintf("X%02d-%s", i, strings.Repeat("y", 60)), Version: "2013", Roles: []string{"mailbox"}})
			}
			for _, view := range []View{Before, Now, After} {
				text := DiagramText(r, progressOf(), view)
				for _, line := range strings.Split(text, "\n") {
					if w := ansi.StringWidth(line); w > 100 {
						t.Errorf("%s, %d sites, %s: a line of %d columns: %q", source, sites, view, w, line)
					}
				}
				if n := strings.Count(text, "\n"); n > 160 {
					t.Errorf("%s, %d sites, %s: %d lines", source, sites, view, n)
				}
				if sites == 500 && !strings.Contains(text, "... and 440 more sites") {
					t.Errorf("%s, %s does not say how many sites it leaves out", source, view)
				}
				if view == Now && !strings.Contains(text, "and 30 more") {
					t.Errorf("%s, %s does not say how many servers it leaves out", source, view)
				}
			}
		}
	}
}

func TestDiagramTellsTheTruth(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name     string
		source   string
		view     View
		complete []string
		want     []string
		lacks    []string
	}{
		{"before", "2010", Before, nil, []string{"Clients", "mail.contoso.com                         [4]  -> Exchange 2010", "Internet-facing site: Site000 - upgrade first", "Exchange 2010 Servers SP3 [1]", "Intranet site: Site001 [6]", "[4] Title of switch", "Slide: Unheard of"}, []string{"E2013", "NEW000", "Slide: Clients", "Slide: Internet"}},
		{"before 2007", "2007", Before, nil, []string{"Exchange 2007 Servers SP3 RU [1][4]", "E2007 CAS HUB MBX", "not yet there"}, []string{"Slide: E2007 SP3 CAS"}},
		{"untouched", "2010", Now, nil, []string{"NEW000           to come", "not measured"}, []string{"-> Exchange", "proxy", "removed", "installed"}},
		{"deployed", "2010", Now, []string{"prepare", "deploy"}, []string{"NEW000           installed", "NEW001           to come"}, []string{"proxy"}},
		{"switched", "2010", Now, []string{"prepare", "deploy", "switch"}, []string{"<--proxy--"}, nil},
		{"legacy", "2007", Now, []string{"legacy", "switch"}, []string{"<-redirect", "legacy.contoso.com                       [3]"}, []string{"proxy"}},
		{"old gone", "2010", Now, []string{"sites"}, []string{"OLD000           removed"}, nil},
		{"after", "2007", After, nil, []string{"-> Exchange 2013", "retired", "E2013 CAS [2][4]", "E2013 MBX [2][6]"}, []string{"OLD000", "Exchange 2007"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			text := DiagramText(sketch(c.source, 2), progressOf(c.complete...), c.view)
			for _, w := range c.want {
				if !strings.Contains(text, w) {
					t.Errorf("the diagram lacks %q:\n%s", w, text)
				}
			}
			for _, w := range c.lacks {
				if strings.Contains(text, w) {
					t.Errorf("the diagram has %q:\n%s", w, text)
				}
			}
		})
	}
}

// The arrow below the names points where clients arrive: at the old servers
// first, at the new ones once the switch is complete, at both while 2007 keeps
// its legacy name.
func TestDiagramArrows(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		source     string
		view       View
		complete   []string
		old, fresh bool
	}{
		{"2010", Before, []string{"switch"}, true, false}, {"2010", Now, nil, true, false}, {"2010", Now, []string{"switch"}, false, true},
		{"2007", Now, []string{"legacy", "switch"}, true, true}, {"2007", After, nil, false, true},
	} {
		text := DiagramText(sketch(c.source, 1), progressOf(c.complete...), c.view)
		var arrows string
		for _, line := range strings.Split(text, "\n") {
			if strings.Trim(line, " v") == "" && strings.Contains(line, "v") {
				arrows = line
			}
		}
		if old, fresh := strings.HasPrefix(arrows, strings.Repeat(" ", boxWidth/2)+"v"), strings.HasSuffix(arrows, "v") && len(arrows) > boxWidth; old != c.old || fresh != c.fresh {
			t.Errorf("%s %s %v: arrows to old %v, new %v, want %v, %v:\n%s", c.source, c.view, c.complete, old, fresh, c.old, c.fresh, text)
		}
	}
}

func TestDiagramShowsWhoWasMeasured(t *testing.T) {
	t.Parallel()
	r := compileFixture(t, fixtureMigration())
	d := newDiary(t)
	d.events = lived(t, r, "")
	d.at = time.Date(2026, 11, 29, 9, 0, 0, 0, time.UTC)
	d.result(r, "switch.dns/redmond/answers", checks.Result{Verdict: checks.Fail, Reason: "x", Rows: []checks.Row{{"version": {"2013"}}, {"version": {"2010"}}}})
	if text := DiagramText(r, foldAll(r, d.events), Now); !strings.Contains(text, "-> 2013 and 2010 at 2026-11-29 09:05:00Z") {
		t.Errorf("two versions answering one name are not told:\n%s", text)
	}
}

func TestDiagramEscapesNames(t *testing.T) {
	t.Parallel()
	r := sketch("2010", 1)
	r.Migration.Sites[0].Name = "a\x1b[31m\u202eb\nc"
	if text := DiagramText(r, progressOf(), Before); strings.ContainsAny(text, "\x1b\u202e") || !strings.Contains(text, `a\x1b[31m\u202eb\x0ac`) {
		t.Errorf("a hostile name is drawn raw:\n%q", text)
	}
}
