package export

import (
	"os"
	"strings"
	"testing"

	"github.com/yuin/goldmark/ast"

	"coexist/runbook"
	"coexist/runbook/migration"
	"coexist/runbook/procedure"
)

// productRunbook compiles the product's own procedure for a sample migration.
func productRunbook(t testing.TB, source string) *runbook.Runbook {
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

// The product's own procedures come out whole: every command in a fence of its
// own text, no task or check lost, no name left when redacted.
func TestProductProcedures(t *testing.T) {
	t.Parallel()
	for _, source := range []string{"2007", "2010", "mixed"} {
		t.Run(source, func(t *testing.T) {
			t.Parallel()
			r := productRunbook(t, source)
			source := []byte(write(t, r, nil, Options{Plan: true}))
			code, headings := fencedLines(t, source)
			p := foldAll(r, nil)
			for _, ph := range r.Phases {
				for _, task := range ph.Tasks {
					if !headings[titled(task.Title, task.Label)] {
						t.Errorf("task %s has no heading", task.ID)
					}
					for _, c := range append(append([]*runbook.Command{}, task.Commands...), task.Undo...) {
						got := renderCommand(c, p.Values)
						if got.Error != "" {
							t.Errorf("task %s: a command cannot be written: %s", task.ID, got.Error)
						}
						for _, line := range got.Lines {
							if !code[line] {
								t.Errorf("task %s: command %q is in no fence", task.ID, line)
							}
						}
					}
				}
			}
			redacted := strings.ToLower(write(t, r, nil, Options{Redact: true}))
			for _, name := range append([]string{r.Migration.Organization.Name, r.Migration.Organization.Forest}, names(r.Migration)...) {
				if strings.Contains(redacted, strings.ToLower(name)) {
					t.Errorf("redacted, %q is left", name)
				}
			}
		})
	}
}

// fencedLines returns the lines of all code blocks and the texts of the task
// headings.
func fencedLines(t *testing.T, source []byte) (code, headings map[string]bool) {
	code, headings = map[string]bool{}, map[string]bool{}
	_ = ast.Walk(parse(source), func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if !entering {
			return ast.WalkContinue, nil
		}
		switch n := n.(type) {
		case *ast.FencedCodeBlock:
			for i := range n.Lines().Len() {
				segment := n.Lines().At(i)
				code[strings.TrimSuffix(string(segment.Value(source)), "\n")] = true
			}
		case *ast.Heading:
			if _, title, ok := strings.Cut(plain(n, source), " "); ok && n.Level == 4 {
				headings[title] = true
			}
		case *ast.RawHTML, *ast.HTMLBlock, *ast.Link, *ast.AutoLink, *ast.Image:
			t.Errorf("the plan holds a %s", n.Kind())
		}
		return ast.WalkContinue, nil
	})
	return code, headings
}

func names(m *migration.Migration) []string {
	var out []string
	for _, s := range m.Sites {
		out = append(out, s.Name)
		for _, v := range s.Servers {
			out = append(out, v.Name)
		}
		if s.Entry != "" {
			out = append(out, s.Entry)
		}
	}
	return out
}
