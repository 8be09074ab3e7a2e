package rehearsal

import (
	"testing"

	"coexist/runbook/migration"
)

// TestAnAnswerIsThatOfTheSite wants what a round asks for to be answered with the
// names and the servers of its own site.
func TestAnAnswerIsThatOfTheSite(t *testing.T) {
	t.Parallel()
	m, err := migration.Parse("", migration.Sample(migration.Source2007), migration.Known{})
	if err != nil {
		t.Fatal(err)
	}
	m.Sites[1].Primary = "mail-emea.contoso.com"
	m.Sites[0], m.Sites[1] = m.Sites[1], m.Sites[0]
	for _, c := range []struct{ site, value, want string }{
		{"Redmond", "switch.primary-old", "mail.contoso.com"},
		{"Lyon", "switch.primary-old", "mail-emea.contoso.com"},
		{"Redmond", "legacy.address", "EX07-01.contoso.com"},
		{"Lyon", "legacy.address", "EX07-11.contoso.com"},
		{"", "legacy.address", "EX07-01.contoso.com"},
		{"Lyon", "switch.autodiscover-old", "autodiscover.contoso.com"},
		{"Lyon", "move.waves", ""},
	} {
		if got := hostAsked(m, c.site, c.value); got != c.want {
			t.Errorf("%s in %s: %s, want %s", c.value, c.site, got, c.want)
		}
	}
}
