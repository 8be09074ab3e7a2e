package runbook

import (
	"fmt"
	"os"
	"sync"
	"testing"

	"coexist/runbook/migration"
	"coexist/runbook/procedure"
)

// testLibrary is the small procedure below testdata, decoded once.
var testLibrary = sync.OnceValues(func() (*procedure.Library, error) {
	return procedure.Load(os.DirFS("testdata/assets"))
})

func library(t testing.TB) *procedure.Library {
	t.Helper()
	lib, err := testLibrary()
	if err != nil {
		t.Fatal(err)
	}
	return lib
}

// organization makes a migration of n sites; the second one in the file is
// the Internet-facing one where there are several.
func organization(n int) *migration.Migration {
	m := &migration.Migration{
		Format: 1,
		Organization: migration.Organization{
			Name: "Contoso", Source: "2010", Forest: "contoso.com", Domains: []string{"contoso.com", "emea.contoso.com"},
			MailDomains: []string{"contoso.com"}, Internet: true,
		},
		Target:    migration.Target{Release: "2013 CU23", Media: `D:\`},
		Namespace: migration.Namespace{Primary: "mail.contoso.com", Autodiscover: "autodiscover.contoso.com"},
	}
	for i := range n {
		both := []string{"client-access", "mailbox"}
		m.Sites = append(m.Sites, migration.Site{
			Name: fmt.Sprintf("Site %d", i), InternetFacing: i == min(1, n-1), Entry: fmt.Sprintf("10.0.%d.80", i),
			Servers: []migration.Server{
				{Name: fmt.Sprintf("EX10-%d", i), Version: "2010", Roles: append(both, "hub-transport")},
				{Name: fmt.Sprintf("EX13-%d", i), Version: "2013", Roles: both},
			},
		})
	}
	return m
}

func compiled(t testing.TB, m *migration.Migration) *Runbook {
	t.Helper()
	r, err := Compile(library(t), m)
	if err != nil {
		t.Fatal(err)
	}
	return r
}
