package export

import (
	"os"
	"testing"

	"coexist/runbook"
	"coexist/runbook/migration"
	"coexist/runbook/procedure"
)

// realRunbook compiles the product's own procedure for a sample migration.
func realRunbook(t testing.TB, source string) *runbook.Runbook {
	t.Helper()
	lib, err := procedure.Load(os.DirFS("../../assets"))
	if err != nil {
		t.Fatal(err)
	}
	var known migration.Known
	for _, r := range lib.Releases.List {
		known.Releases = append(known.Releases, r.Name)
	}
	m, err := migration.Parse("sample.toml", migration.Sample(source), known)
	if err != nil {
		t.Fatal(err)
	}
	r, err := runbook.Compile(lib, m)
	if err != nil {
		t.Fatal(err)
	}
	return r
}
func TestDbgReal(t *testing.T) {
	for _, s := range []string{"2007", "2010", "mixed"} {
		r := realRunbook(t, s)
		b, err := Markdown(r, nil, Options{Plan: true})
		if err != nil {
			t.Fatal(err)
		}
		os.WriteFile("/tmp/real-"+s+".md", b, 0o644)
		os.WriteFile("/tmp/real-"+s+".txt", []byte(Status(r, foldAll(r, nil))), 0o644)
	b, _ = Markdown(r, nil, Options{Redact: true})
		os.WriteFile("/tmp/real-"+s+"-red.md", b, 0o644)
	}
}
