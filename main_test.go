package main

import (
	"os/exec"
	"strings"
	"testing"
)

// TestImportRules keeps the packages apart as docs/architecture.md draws them.
func TestImportRules(t *testing.T) {
	t.Parallel()
	out, err := exec.Command("go", "list", "-f", `{{.ImportPath}}{{range .Imports}} {{.}}{{end}}`, "./...").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	allowed := map[string][]string{ // a package and those below it: what of ours they may import
		"coexist":                   {"coexist/"},
		"coexist/assets":            {},
		"coexist/checks":            {},
		"coexist/checks/effect":     {},
		"coexist/checks/lab":        {"coexist/checks"},
		"coexist/runbook":           {"coexist/runbook", "coexist/checks", "coexist/checks/effect"},
		"coexist/runbook/migration": {},
		"coexist/runbook/journal":   {},
		"coexist/tui":               {"coexist/tui", "coexist/runbook", "coexist/checks"},
	}
	forbidden := map[string][]string{ // prefixes nobody below may import
		"coexist/tui":               {"net", "os/exec", "coexist/checks/lab", "coexist/assets"},
		"coexist/runbook":           {"charm.land/", "net/http", "os/exec", "coexist/tui", "coexist/checks/lab"},
		"coexist/runbook/migration": {"net/http", "os/exec"},
		"coexist/checks":            {"charm.land/"},
	}
	for _, line := range strings.Split(strings.TrimSpace(string(out)), "\n") {
		fields := strings.Fields(line)
		pkg, imports := fields[0], fields[1:]
		for _, imp := range imports {
			if strings.HasPrefix(imp, "coexist") && !permitted(imp, allowed[nearest(pkg, allowed)]) {
				t.Errorf("%s must not import %s", pkg, imp)
			}
			for _, bad := range forbidden[nearest(pkg, forbidden)] {
				if imp == bad || strings.HasSuffix(bad, "/") && strings.HasPrefix(imp, bad) {
					t.Errorf("%s must not import %s", pkg, imp)
				}
			}
		}
	}
}

// nearest finds the longest rule that covers a package.
func nearest(pkg string, rules map[string][]string) string {
	best := ""
	for rule := range rules {
		if (pkg == rule || strings.HasPrefix(pkg, rule+"/")) && len(rule) > len(best) {
			best = rule
		}
	}
	return best
}

// permitted tells whether an import is one of the listed packages or below one.
func permitted(imp string, list []string) bool {
	for _, ok := range list {
		ok = strings.TrimSuffix(ok, "/")
		if imp == ok || strings.HasPrefix(imp, ok+"/") {
			return true
		}
	}
	return false
}
