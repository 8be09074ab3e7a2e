package discovery

import (
	"slices"
	"testing"

	"coexist/runbook/migration"
)

func TestRolesThatCannotBeReadLeaveTheTypedOnes(t *testing.T) {
	t.Parallel()
	for name, one := range map[string]struct{ found, want []string }{
		"read":   {[]string{"mailbox"}, []string{"mailbox"}},
		"unread": {nil, []string{"client-access"}},
	} {
		m := &migration.Migration{Sites: []migration.Site{{Name: "Redmond", Servers: []migration.Server{{Name: "EX10", Version: "2010", Roles: []string{"client-access"}}}}}}
		put(m, &m.Sites[0], migration.Server{Name: "ex10", Version: "2010", Roles: one.found})
		if got := m.Sites[0].Servers[0].Roles; !slices.Equal(got, one.want) {
			t.Errorf("%s: %v, expected %v", name, got, one.want)
		}
	}
}
