package runbook

import (
	"slices"
	"strings"
	"testing"

	"coexist/runbook/migration"
)

// TestASiteNamedLikeAServer gives a site the name of one of its servers, of a
// domain and of the organisation's target: tasks wait for the same work as with any
// other name.
func TestASiteNamedLikeAServer(t *testing.T) {
	t.Parallel()
	lib, err := realLibrary()
	if err != nil {
		t.Fatal(err)
	}
	waits := func(name string) (out []string) {
		m := organization(1)
		site := &m.Sites[0]
		site.Name = name
		site.Servers = append(site.Servers, migration.Server{Name: "EX10-1", Version: "2010", Roles: site.Servers[0].Roles},
			migration.Server{Name: "EX13-1", Version: "2013", Roles: site.Servers[1].Roles})
		r, err := Compile(lib, m)
		if err != nil {
			t.Fatal(err)
		}
		id := func(task *Task) string {
			if lib.Tasks[task.Name].Scope == "site" {
				return task.Name + "/(the site)"
			}
			return task.ID
		}
		for _, p := range r.Phases {
			for _, task := range p.Tasks {
				var after []string
				for _, before := range task.After {
					after = append(after, id(r.Task(before)))
				}
				out = append(out, id(task)+" waits for "+strings.Join(after, ", "))
			}
		}
		return out
	}
	want := waits("Redmond")
	for _, name := range []string{"EX10-0", "ex13-1", "emea.contoso.com", "org"} {
		got := waits(name)
		if slices.Equal(got, want) {
			continue
		}
		for i := range min(len(got), len(want)) {
			if got[i] != want[i] {
				t.Errorf("the site is called %s:\n%s\nwant\n%s", name, got[i], want[i])
				break
			}
		}
	}
}
