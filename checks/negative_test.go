package checks

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"strings"
	"testing"
)

// The broken and hostile peers that every probe must survive are numbered 1 to
// 92: name service 1–21, connections 22–27, TLS 28–39, HTTP 40–58, Autodiscover
// and XML 59–66, mail 67–75, directory 76–86, the runner 87–92. Each of the two
// tables below tells which tests prove a number: a test's name, or
// "Test/row" with the name of the row in its table.

// TestEveryNegativeCaseIsProven wants a test, and its row, for each number.
func TestEveryNegativeCaseIsProven(t *testing.T) {
	t.Parallel()
	tests := testSources(t)
	for n := 1; n <= 92; n++ {
		proofs := append(append([]string{}, negativeWire[n]...), negativeProtocols[n]...)
		if len(proofs) == 0 {
			t.Errorf("case %d is proven by no test", n)
		}
		for _, proof := range proofs {
			name, row, _ := strings.Cut(proof, "/")
			source, ok := tests[name]
			if !ok {
				t.Errorf("case %d: there is no %s", n, name)
			} else if !strings.Contains(source, row) {
				t.Errorf("case %d: the file of %s has no row %q", n, name, row)
			}
		}
	}
}

// testSources maps every test of the folders that prove something to the text
// of its file.
func testSources(t *testing.T) map[string]string {
	t.Helper()
	found := map[string]string{}
	for _, dir := range []string{".", "lab", "report", "target", "../runbook/journal", "../tui"} {
		entries, err := os.ReadDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			if !strings.HasSuffix(e.Name(), "_test.go") || e.Name() == "negative_test.go" {
				continue
			}
			text, err := os.ReadFile(dir + "/" + e.Name())
			if err != nil {
				t.Fatal(err)
			}
			file, err := parser.ParseFile(token.NewFileSet(), e.Name(), text, 0)
			if err != nil {
				t.Fatal(err)
			}
			for _, d := range file.Decls {
				if f, ok := d.(*ast.FuncDecl); ok && f.Recv == nil && strings.HasPrefix(f.Name.Name, "Test") {
					found[f.Name.Name] = string(text)
				}
			}
		}
	}
	return found
}
