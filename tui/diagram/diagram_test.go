package diagram

import (
	"fmt"
	"testing"

	"coexist/runbook"
	"coexist/runbook/migration"
)

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

func TestZZ(t *testing.T) {
	for _, src := range []string{"2010", "mixed"} {
		r := contoso(src, 3)
		for _, w := range []int{54, 76, 100} {
			for v := range 3 {
				p := Lay(r, nil, Facts{Answers: map[string]Answer{"mail.contoso.com": {Server: "EX13-00", Version: "2013"}, "autodiscover.contoso.com": {Server: "EX10-00", Version: "2010"}}}, Options{View: View(v), Width: w, Height: 30})
				fmt.Println(p.Plain(false))
			}
		}
	}
}
