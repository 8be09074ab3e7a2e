package rehearsal_test

import (
	"fmt"
	"net/netip"
	"testing"
	"time"

	"coexist/checks/blueprint"
	"coexist/runbook/migration"
	"coexist/runbook/procedure"
	"coexist/runbook/rehearsal"
)

// described is the organisation of a sample that was edited.
func described(source string, edit func(*migration.Migration)) blueprint.Organization {
	m, err := migration.Parse("", migration.Sample(source), migration.Known{})
	if err != nil {
		panic(err)
	}
	edit(m)
	return rehearsal.Describe(m, procedure.Releases{}, &rehearsal.Rehearsal{}, time.Now)
}

// TestEveryMachineHasAnAddressOfItsOwn describes organisations whose own addresses
// are those that a rehearsal would give, and one with more servers than a row of
// addresses holds.
func TestEveryMachineHasAnAddressOfItsOwn(t *testing.T) {
	t.Parallel()
	for name, edit := range map[string]func(*migration.Migration){
		"the entry is low": func(m *migration.Migration) { m.Sites[0].Entry = "10.0.0.20" },
		"a server's own":   func(m *migration.Migration) { m.Sites[0].Servers[1].Address = "10.0.0.20" },
		"another site's":   func(m *migration.Migration) { m.Sites[1].Servers[1].Address = "10.0.0.20" },
		"one entry of two": func(m *migration.Migration) { m.Sites[1].Entry = m.Sites[0].Entry },
		"many": func(m *migration.Migration) {
			for i := range 300 {
				m.Sites[0].Servers = append(m.Sites[0].Servers, migration.Server{Name: fmt.Sprintf("EX10-9%d", i), Version: "2010", Roles: []string{migration.ClientAccess}})
			}
		},
	} {
		b := described(migration.Source2010, edit)
		seen := map[netip.Addr]string{netip.MustParseAddr("10.0.0.53"): "the name server", netip.MustParseAddr("10.0.0.10"): "a domain controller", netip.MustParseAddr("10.1.0.10"): "a domain controller"}
		for _, site := range b.Sites {
			for _, s := range site.Servers {
				if other, taken := seen[s.Address]; taken || !s.Address.IsValid() {
					t.Errorf("%s: %s is at %s, like %s", name, s.Name, s.Address, other)
				}
				seen[s.Address] = s.Name
			}
		}
	}
}

// TestTheFirstSiteIsTheOneThatFacesTheInternet wants the laboratory to take the
// sites in the order of the work, and a fault to strike in the first of them.
func TestTheFirstSiteIsTheOneThatFacesTheInternet(t *testing.T) {
	t.Parallel()
	b := described(migration.Source2010, func(m *migration.Migration) { m.Sites[0], m.Sites[1] = m.Sites[1], m.Sites[0] })
	if b.Sites[0].Name != "Redmond" || b.Sites[1].Name != "Lyon" {
		t.Errorf("%s, %s", b.Sites[0].Name, b.Sites[1].Name)
	}
	if at := b.Sites[0].Servers[1]; at.Name != "EX13-01" || at.Address != netip.MustParseAddr("10.0.0.80") {
		t.Errorf("%+v", at)
	}
}
