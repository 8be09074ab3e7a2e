package rehearsal

import (
	"testing"

	"coexist/runbook/migration"
)

// TestAFaultStrikesInTheFirstSite names the places of a migration whose first site
// stands second in its file.
func TestAFaultStrikesInTheFirstSite(t *testing.T) {
	t.Parallel()
	m, err := migration.Parse("", migration.Sample(migration.Source2010), migration.Known{})
	if err != nil {
		t.Fatal(err)
	}
	m.Sites[0], m.Sites[1] = m.Sites[1], m.Sites[0]
	if got := places(m).Replace("{old} {new} {entry} {primary}"); got != "EX10-01 EX13-01 10.0.0.80 mail.contoso.com" {
		t.Error(got)
	}
}
