package export

import (
	"strings"
	"testing"

	"coexist/runbook/migration"
)

// TestTheOtherSitesServersAreTheirPlaces gives both sites a rights text that
// names a server of each: neither name is left.
func TestTheOtherSitesServersAreTheirPlaces(t *testing.T) {
	t.Parallel()
	m := fixtureMigration()
	if len(m.Sites) < 2 {
		t.Fatal("the fixture has one site alone")
	}
	r := compileFixture(t, m)
	a, b := &m.Sites[0], &m.Sites[1]
	for _, pair := range [][2]*migration.Site{{a, b}, {b, a}} {
		for _, ph := range r.Phases {
			for _, task := range ph.Tasks {
				task.Rights = "on " + a.Servers[0].Name + " and " + b.Servers[0].Name
			}
		}
		d, err := siteDocument(r, nil, pair[0], pair[1])
		if err != nil {
			t.Fatal(err)
		}
		if len(d.tasks()) == 0 {
			t.Errorf("no task is of %s", pair[0].Name)
		}
		for _, task := range d.tasks() {
			if strings.Contains(task.Rights, a.Servers[0].Name) || strings.Contains(task.Rights, b.Servers[0].Name) || !strings.Contains(task.Rights, "the other site's") {
				t.Fatalf("%s of %s names %q", task.ID, pair[0].Name, task.Rights)
			}
		}
	}
}
