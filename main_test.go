package main

import (
	"bytes"
	"context"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"coexist/runbook/migration"
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
		"coexist/checks/blueprint":  {},
		"coexist/checks/effect":     {},
		"coexist/checks/inventory":  {"coexist/checks"},
		"coexist/checks/lab":        {"coexist/checks"},
		"coexist/checks/machine":    {"coexist/checks"},
		"coexist/checks/report":     {"coexist/checks"},
		"coexist/checks/target":     {"coexist/checks"},
		"coexist/runbook":           {"coexist/runbook", "coexist/checks", "coexist/checks/effect"},
		"coexist/runbook/migration": {},
		"coexist/runbook/journal":   {},
		"coexist/tui":               {"coexist/tui", "coexist/runbook", "coexist/checks"},
		"coexist/tui/command":       {"coexist/tui", "coexist/runbook", "coexist/checks"},
	}
	forbidden := map[string][]string{ // prefixes nobody below may import
		"coexist/tui":               {"net", "net/http", "os/exec", "coexist/checks/lab", "coexist/assets", "coexist/tui/command"},
		"coexist/tui/command":       {"net", "net/http", "os/exec", "coexist/assets"}, // it opens files and sessions; the network comes in through Environment
		"coexist/runbook":           {"charm.land/", "net/http", "os/exec", "coexist/tui", "coexist/checks/lab"},
		"coexist/runbook/migration": {"net/http", "os/exec"},
		"coexist/checks":            {"charm.land/", "os/exec"},
		"coexist/tui/tuitest":       {"net", "coexist/runbook"}, // it starts programs, for tests alone
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

// TestProbesOnlyRead looks through the source of the program: no probe can
// change a directory or hand over a mail, nothing but the laboratory opens a
// port, and that on this computer alone.
func TestProbesOnlyRead(t *testing.T) {
	t.Parallel()
	changing := regexp.MustCompile(`^(New)?(Modify|ModifyDN|Add|Del|PasswordModify)Request$|^(Modify|ModifyDN|ModifyWithResult|Del|PasswordModify)$`)
	files, listens := 0, 0
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && strings.HasPrefix(d.Name(), ".") && path != "." {
			return fs.SkipDir
		}
		if !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		files++
		inLab := strings.HasPrefix(filepath.ToSlash(path), "checks/lab/")
		ast.Inspect(file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.SelectorExpr:
				if pkg, ok := n.X.(*ast.Ident); ok && pkg.Name == "ldap" && changing.MatchString(n.Sel.Name) && !inLab {
					t.Errorf("%s: ldap.%s changes a directory", path, n.Sel.Name)
				}
			case *ast.CallExpr:
				f, ok := n.Fun.(*ast.SelectorExpr)
				if ok && !inLab && changing.MatchString(f.Sel.Name) {
					t.Errorf("%s: %s changes a directory", path, f.Sel.Name)
				}
				if ok && strings.HasPrefix(f.Sel.Name, "Listen") && len(n.Args) > 1 {
					listens++
					where, literal := n.Args[len(n.Args)-1].(*ast.BasicLit)
					if !inLab || !literal || where.Value != `"127.0.0.1:0"` {
						t.Errorf("%s: %s opens a port that is not the laboratory's", path, f.Sel.Name)
					}
				}
			case *ast.BasicLit:
				if !inLab && strings.HasPrefix(filepath.ToSlash(path), "checks/") && (strings.HasPrefix(n.Value, `"DATA`) || strings.HasPrefix(n.Value, `"BDAT`)) {
					t.Errorf("%s: %s hands over a mail", path, n.Value)
				}
			}
			return true
		})
		return nil
	})
	if err != nil || files < 300 || listens < 2 {
		t.Errorf("%d files, %d ports: %v", files, listens, err)
	}
}

// BenchmarkStatus carries out "coexist status" on the sample from the command
// line to the last byte, as every start does but for the process itself.
func BenchmarkStatus(b *testing.B) { benchCommand(b, "status") }

// BenchmarkExport renders the whole runbook as Markdown.
func BenchmarkExport(b *testing.B) { benchCommand(b, "export", "-o", "-") }

func benchCommand(b *testing.B, name string, flags ...string) {
	path := filepath.Join(b.TempDir(), "contoso.toml")
	if err := os.WriteFile(path, migration.Sample("2010"), 0o600); err != nil {
		b.Fatal(err)
	}
	args := append([]string{name, path}, flags...)
	b.ReportAllocs()
	for b.Loop() {
		var out bytes.Buffer
		env := fieldEnvironment()
		env.Out, env.Err = &out, io.Discard
		// A gate that is closed is an error of status, and its text is the answer.
		if err := run(context.Background(), args, env); out.Len() == 0 {
			b.Fatalf("nothing was printed: %v", err)
		}
	}
}

// TestTheProgramSaysWhatItIs runs the command line as main hands it the real
// world.
func TestTheProgramSaysWhatItIs(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	env := fieldEnvironment()
	env.Out, env.Err = &out, io.Discard
	if err := run(t.Context(), []string{"version"}, env); err != nil || !strings.Contains(out.String(), "procedures sha256:") {
		t.Errorf("version: %v\n%s", err, out.String())
	}
}

// TestPackagesSetLittleUpForThemselves keeps what our packages do before main
// small: every start pays for it, and keeps it. One regular expression with a
// count of {1,200} once took 7.7 MB and 7 ms there.
func TestPackagesSetLittleUpForThemselves(t *testing.T) {
	t.Parallel()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), self, "-test.run=^$")
	cmd.Env = append(os.Environ(), "GODEBUG=inittrace=1")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	found := regexp.MustCompile(`(?m)^init (coexist/\S+) .* (\d+) bytes, (\d+) allocs$`).FindAllStringSubmatch(string(out), -1)
	seen := false
	for _, m := range found {
		bytes, _ := strconv.Atoi(m[2])
		seen = seen || m[1] == "coexist/checks"
		if bytes > maxSetUp {
			t.Errorf("%s sets up %d bytes in %s pieces before main, expected at most %d: make tables functions, and compile patterns by checks.Pattern", m[1], bytes, m[3], maxSetUp)
		}
	}
	if !seen {
		t.Errorf("no line tells of coexist/checks:\n%s", strings.TrimSpace(string(out)))
	}
}

// maxSetUp is what one package may allocate before main.
const maxSetUp = 64 << 10
