package diagram

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"coexist/runbook"
	"coexist/runbook/migration"
)

var update = flag.Bool("update", false, "write the golden pictures anew")

func contoso(source string, sites int) *runbook.Runbook {
	old := map[string]string{"2007": "2007", "2010": "2010", "mixed": "2010"}[source]
	m := &migration.Migration{
		Organization: migration.Organization{Name: "Contoso", Source: source, Forest: "contoso.com"},
		Namespace:    migration.Namespace{Primary: "mail.contoso.com", Autodiscover: "autodiscover.contoso.com"},
		DAG:          &migration.DAG{Name: "DAG01"},
	}
	if source != "2010" {
		m.Namespace.Legacy = "legacy.contoso.com"
	}
	for i := range sites {
		name := "Redmond"
		if i > 0 {
			name = fmt.Sprintf("Branch %d", i)
		}
		m.Sites = append(m.Sites, migration.Site{Name: name, InternetFacing: i == 0, Entry: "10.0.0.80", Servers: []migration.Server{
			{Name: fmt.Sprintf("EX10-%02d", i), Version: old, Roles: []string{"client-access", "hub-transport", "mailbox"}},
			{Name: fmt.Sprintf("EX13-%02d", i), Version: "2013", Roles: []string{"client-access", "mailbox"}},
		}})
	}
	if source == "mixed" {
		m.Sites[0].Servers = append(m.Sites[0].Servers, migration.Server{Name: "EX07-01", Version: "2007", Roles: []string{"client-access"}})
	}
	return &runbook.Runbook{Migration: m, Source: source}
}

func TestPictures(t *testing.T) {
	t.Parallel()
	seen := Facts{Answers: map[string]Answer{
		"mail.contoso.com":         {Server: "EX13-00", Version: "2013"},
		"autodiscover.contoso.com": {Server: "EX10-00", Version: "2010"},
		"legacy.contoso.com":       {Address: "192.0.2.7"},
	}, Builds: map[string]Build{"ex10-00": {Version: "2010", Build: "14.3.513.0"}}}
	for _, source := range []string{"2007", "2010", "mixed"} {
		for _, width := range []int{44, 54, 78, 110} {
			for view, word := range map[View]string{Before: "before", Now: "now", After: "after"} {
				name := fmt.Sprintf("%s-%d-%s", source, width, word)
				t.Run(name, func(t *testing.T) {
					t.Parallel()
					p := Lay(contoso(source, 3), nil, seen, Options{View: view, Width: width, Height: 34})
					golden(t, name, p.Plain(false))
				})
			}
		}
	}
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name+".txt")
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("differs from %s (go test -update writes it anew); got\n%s\nwant\n%s", path, got, want)
	}
}

func TestEveryPanelIsReachedByArrows(t *testing.T) {
	t.Parallel()
	for _, source := range []string{"2007", "2010", "mixed"} {
		r := contoso(source, 6)
		reached := map[string]bool{}
		var walk func(id string)
		walk = func(id string) {
			if reached[id] {
				return
			}
			reached[id] = true
			for _, d := range [][2]int{{0, 1}, {0, -1}, {1, 0}, {-1, 0}} {
				walk(Lay(r, nil, Facts{}, Options{View: Now, Focus: id, Width: 80, Height: 20}).Move(d[0], d[1]))
			}
		}
		walk(Lay(r, nil, Facts{}, Options{View: Now, Width: 80, Height: 20}).Focus)
		for _, id := range []string{"clients", "name/mail.contoso.com", "site/redmond", "site/redmond\x1fcas", "site/redmond\x1fmbx", "site/branch 5", "site/branch 5\x1fmbx"} {
			if !reached[id] {
				t.Errorf("%s: %q is not reached; reached are %v", source, id, reached)
			}
		}
	}
}

func TestFocusIsAlwaysInView(t *testing.T) {
	t.Parallel()
	r := contoso("2010", 40)
	for h := 8; h < 40; h++ {
		top, focus := 0, ""
		for range 120 {
			p := Lay(r, nil, Facts{}, Options{View: Now, Focus: focus, Width: 80, Height: h})
			top = p.Scroll(top, h)
			f := p.Panel(p.Focus)
			if f.At.Min.Y < top || f.At.Min.Y >= top+h {
				t.Fatalf("height %d: %s at %v is out of view at %d", h, p.Focus, f.At, top)
			}
			focus = p.Move(0, 1)
		}
	}
}

// TestRefocusIsAnotherLayout compares every move of the focus that keeps the
// layout with the picture laid out for it, and wants none to be laid out anew
// where all sites are whole.
func TestRefocusIsAnotherLayout(t *testing.T) {
	t.Parallel()
	for _, height := range []int{12, 20, 26, 34, 43, 60} {
		r := contoso("2010", 4)
		lay := func(focus string) *Picture {
			return Lay(r, nil, Facts{}, Options{View: Now, Focus: focus, Width: 78, Height: height})
		}
		var ids []string
		whole := true
		for _, p := range lay("").Panels {
			ids = append(ids, p.ID)
			whole = whole && (p.Kind != SitePanel || len(p.rows) == 0 && p.fill == nil)
		}
		for _, from := range ids {
			for _, to := range ids {
				p, want := lay(from), lay(to)
				if !p.Refocus(to) {
					if whole {
						t.Errorf("height %d: from %q to %q everything is laid out anew", height, from, to)
					}
					continue
				}
				if p.Focus != want.Focus || p.H != want.H || p.Plain(false) != want.Plain(false) {
					t.Fatalf("height %d: from %q to %q\n%s\ninstead of\n%s", height, from, to, p.Plain(false), want.Plain(false))
				}
			}
		}
		if height >= 60 && !whole {
			t.Errorf("at height %d not all sites are whole", height)
		}
	}
}

func TestPanelsSelectTheirTasks(t *testing.T) {
	t.Parallel()
	p := Lay(contoso("2010", 2), nil, Facts{}, Options{View: Now, Width: 80, Height: 60})
	deploy := &runbook.Task{Label: "EX13-00", Target: "ex13-00", Site: "Redmond", Phase: &runbook.Phase{StepID: "deploy"}}
	change := &runbook.Task{Label: "Redmond", Target: "redmond", Site: "Redmond", Phase: &runbook.Phase{StepID: "switch"}}
	for _, tt := range []struct {
		id   string
		task *runbook.Task
		want bool
	}{
		{"site/redmond\x1fcas", deploy, true}, {"site/branch 1\x1fcas", deploy, false}, {"site/redmond\x1fold2010", deploy, false},
		{"name/mail.contoso.com", change, true}, {"name/mail.contoso.com", deploy, false}, {"site/redmond", change, true}, {"clients", deploy, true},
	} {
		if got := p.Panel(tt.id).Selects(tt.task); got != tt.want {
			t.Errorf("%s selects the %s task: %v", tt.id, tt.task.Phase.StepID, got)
		}
	}
}

func TestServicePack(t *testing.T) {
	t.Parallel()
	for build, want := range map[string]string{"14.3.513.0": "SP3", "8.3.83.6": "SP3", "14.0.639.21": "RTM", "15.0.1497.2": "", "x": "", "": ""} {
		if got := (Build{Build: build}).ServicePack(); got != want {
			t.Errorf("%q: got %q, want %q", build, got, want)
		}
	}
}

func TestNewerSightWins(t *testing.T) {
	t.Parallel()
	f := Facts{Answers: map[string]Answer{}, Builds: map[string]Build{}}
	at := time.Date(2026, 11, 28, 22, 0, 0, 0, time.UTC)
	f.keep("Mail.contoso.com", Answer{Server: "EX10", Kind: "http", At: at})
	f.keep("mail.contoso.com", Answer{Server: "OLD", Kind: "http", At: at.Add(-time.Hour)})
	f.keep("mail.contoso.com", Answer{Server: "DNS", Kind: "dns", At: at})
	if got := f.Answers["mail.contoso.com"].Server; got != "EX10" {
		t.Errorf("got %s", got)
	}
	f.keep("mail.contoso.com", Answer{Server: "EX13", Kind: "dns", At: at.Add(time.Minute)})
	if got := f.Answers["mail.contoso.com"].Server; got != "EX13" {
		t.Errorf("got %s", got)
	}
}

// TestARemovedServerAnswersNoName wants an answer to count no more once all
// that could have given it was removed.
func TestARemovedServerAnswersNoName(t *testing.T) {
	t.Parallel()
	l := &layout{o: Options{View: Now}, board: &board{stages: map[string]stage{"old1": retired, "old2": there, "new1": there}},
		sites: []migration.Site{{Name: "A", Servers: []migration.Server{{Name: "OLD1", Version: "2007"}, {Name: "OLD2", Version: "2007"}, {Name: "NEW1", Version: "2013"}}}}}
	tests := []struct {
		answer Answer
		want   bool
	}{
		{Answer{Server: "OLD1", Version: "2007"}, true},
		{Answer{Server: "OLD2", Version: "2007"}, false},
		{Answer{Address: "10.0.0.20", Version: "2007"}, false},
		{Answer{Server: "NEW1", Version: "2013"}, false},
		{Answer{Address: "10.9.9.9"}, false},
	}
	for _, tt := range tests {
		if got := l.gone(tt.answer); got != tt.want {
			t.Errorf("%+v: gone is %v", tt.answer, got)
		}
	}
	l.board.stages["old2"] = retired
	if !l.gone(Answer{Address: "10.0.0.20", Version: "2007"}) {
		t.Error("no server of 2007 is left, and one answers")
	}
}
