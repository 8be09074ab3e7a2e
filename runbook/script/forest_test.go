package script

import (
	"os"
	"strings"
	"testing"

	"coexist/runbook"
	"coexist/runbook/migration"
	"coexist/runbook/procedure"
)

// TestScriptSeesTheWholeForest: what counts nothing left must have looked in
// every domain, and leaves the engineer's session as it was.
func TestScriptSeesTheWholeForest(t *testing.T) {
	t.Parallel()
	lib, err := procedure.Load(os.DirFS("../../assets"))
	if err != nil {
		t.Fatal(err)
	}
	for _, domains := range [][]string{{"contoso.com"}, {"contoso.com", "emea.contoso.com"}} {
		m, err := migration.Parse("mixed", migration.Sample("mixed"), migration.Known{Releases: []string{"2013 CU23"}})
		if err != nil {
			t.Fatal(err)
		}
		m.Organization.Domains = domains
		book, err := runbook.Compile(lib, m)
		if err != nil {
			t.Fatal(err)
		}
		for shell, step := range map[string]int{"2007": 1, "2010": 1, "2013": 2} {
			data, _, err := Write(book, Options{Step: step, Shell: shell, Nonce: strings.Repeat("0", 32), Tool: "test", Values: runbook.Values{}})
			if err != nil {
				t.Fatalf("%s: %v", shell, err)
			}
			text := strings.ReplaceAll(string(data), "\r\n", "\n")
			set, from := strings.Index(text, wholeForest), strings.Index(text, "# reads from here\n")
			to, back := strings.Index(text, "# reads to here\n"), strings.Index(text, formerScope)
			if len(domains) == 1 && (set >= 0 || back >= 0) {
				t.Errorf("%s: one domain needs no other view", shell)
			}
			if len(domains) > 1 && (set < 0 || set > from || back < to) {
				t.Errorf("%s: the view is set at %d and put back at %d, the reading is from %d to %d", shell, set, back, from, to)
			}
		}
	}
}
