package export

import (
	"fmt"
	"os"
	"testing"

	"coexist/runbook"
	"coexist/runbook/migration"
	"coexist/runbook/procedure"
)

// manySites is the sample for 2010 with further sites like its last one.
func manySites(b *testing.B, n int) *migration.Migration {
	b.Helper()
	m, err := migration.Parse("sample.toml", migration.Sample("2010"), migration.Known{})
	if err != nil {
		b.Fatal(err)
	}
	m.DAG = nil // it takes no more than 16 members
	m.Sites = m.Sites[:1]
	for i := 1; i < n; i++ {
		m.Sites = append(m.Sites, migration.Site{Name: fmt.Sprintf("Site %d", i), Servers: []migration.Server{
			{Name: fmt.Sprintf("OLD-%04d", i), Version: "2010", Roles: []string{"client-access", "hub-transport", "mailbox"}},
			{Name: fmt.Sprintf("NEW-%04d", i), Version: "2013", Roles: []string{"client-access", "mailbox"}, OS: "2012R2"},
		}})
	}
	return m
}

// BenchmarkMarkdown renders the whole runbook: the program's own procedures up
// to a hundred sites, the small one of the tests beyond.
func BenchmarkMarkdown(b *testing.B) {
	for _, size := range []struct {
		assets string
		sites  int
	}{{"../../assets", 1}, {"../../assets", 10}, {"../../assets", 100}, {"../testdata/assets", 10}, {"../testdata/assets", 100}, {"../testdata/assets", 1000}} {
		lib, err := procedure.Load(os.DirFS(size.assets))
		if err != nil {
			b.Fatal(err)
		}
		r, err := runbook.Compile(lib, manySites(b, size.sites))
		if err != nil {
			b.Fatal(err)
		}
		name := map[bool]string{true: "real", false: "small"}[size.assets == "../../assets"]
		b.Run(fmt.Sprintf("%s/%d", name, size.sites), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := Markdown(r, nil, Options{}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
