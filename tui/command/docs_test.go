package command

import (
	"bytes"
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"

	"coexist/assets"
	"coexist/checks"
	"coexist/checks/lab"
	"coexist/runbook/migration"
)

// documents are the pages whose commands must work.
func documents(t *testing.T) map[string]string {
	t.Helper()
	names, err := filepath.Glob("../../docs/*.md")
	if err != nil || len(names) == 0 {
		t.Fatalf("docs: %d pages, %v", len(names), err)
	}
	out := map[string]string{}
	for _, name := range append(names, "../../README.md", "../../CONTRIBUTING.md", "../../SECURITY.md") {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		out[strings.TrimPrefix(name, "../../")] = string(text)
	}
	return out
}

var (
	// shownLine is a command on a line of its own in a fenced block; words
	// after two blanks explain it. Another program may feed or time it.
	shownLine = regexp.MustCompile(`(?m)^(?:\$ )?(?:time |[\w-]+ \| )?((?:coexist|go run|go test|go build)(?: [^\n]*)?)$`)
	// shownSpan is a command inside a sentence.
	shownSpan = regexp.MustCompile("`(?:time |[\\w-]+ \\| )?((?:coexist|go run|go test|go build)(?: [^`\n]*)?)`")
	// anyCommand is whatever looks like a command, in a fence or a sentence.
	anyCommand = regexp.MustCompile("(?m)(?:^[^`\n]*|`[^`]*)\\b(?:coexist (?:[a-z]|-)|go (?:run|test|build|vet|generate) )[^`\n]*(?:`|$)")
)

// commandsIn lists the commands that a page shows, in order.
func commandsIn(page string) []string {
	var out []string
	for i, part := range strings.Split(page, "```") {
		shown := shownSpan
		if i%2 == 1 { // inside a fence
			shown = shownLine
		}
		for _, m := range shown.FindAllStringSubmatch(part, -1) {
			line, _, _ := strings.Cut(m[1], "  ")
			line, _, _ = strings.Cut(line, " # ")
			out = append(out, strings.TrimSpace(line))
		}
	}
	return out
}

// TestDocumentedCommands carries out every command of README and docs, page
// by page and in order, on a sample organisation. What stands for something
// (FILE, N, DIR) is filled in. Every command must be accepted; what it finds
// out there is another matter.
func TestDocumentedCommands(t *testing.T) {
	t.Parallel()
	for name, page := range documents(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := docsFolder(t)
			for _, line := range commandsIn(page) {
				if strings.HasPrefix(line, "go ") && line != "go run ." {
					goTool(t, line)
					continue
				}
				args := wordsOf(strings.TrimPrefix(strings.TrimPrefix(line, "coexist"), "go run ."))
				docsCommand(t, dir, line, args)
			}
		})
	}
}

// TestNoCommandEscapes wants whatever looks like a command in a page to be
// carried out by the test above.
func TestNoCommandEscapes(t *testing.T) {
	t.Parallel()
	for name, page := range documents(t) {
		for i, part := range strings.Split(page, "```") {
			shown := shownSpan
			if i%2 == 1 {
				shown = shownLine
			}
			for _, found := range anyCommand.FindAllString(part, -1) {
				if i%2 == 0 && !strings.HasPrefix(found, "`") {
					continue // a sentence
				}
				if !shown.MatchString(found) {
					t.Errorf("%s: %q is carried out by no test", name, found)
				}
			}
		}
	}
}

// TestCommandsOfTheHelp carries out what the help of a command shows, and wants
// every line of it to be read as it was written.
func TestCommandsOfTheHelp(t *testing.T) {
	t.Parallel()
	dir, n := docsFolder(t), 0
	var each func(c *cobra.Command)
	each = func(c *cobra.Command) {
		for _, text := range []string{c.Long + "\n", c.Example + "\n"} {
			if broken := wrapHelp(text); broken != text && c.Name() != "probe" { // whose list of kinds is made to be broken
				t.Errorf("%s --help breaks its own lines:\n%s", c.CommandPath(), broken)
			}
			for _, m := range shownLine.FindAllStringSubmatch(strings.ReplaceAll(text, "\n  coexist", "\ncoexist"), -1) {
				if line, _, _ := strings.Cut(m[1], "  "); strings.Contains(text, "  "+line) {
					docsCommand(t, dir, line, wordsOf(strings.TrimPrefix(line, "coexist")))
					n++
				}
			}
		}
		for _, sub := range c.Commands() {
			each(sub)
		}
	}
	each(newRoot(&app{Environment: Environment{Getenv: func(string) string { return "" }}}))
	if n < 11 {
		t.Errorf("%d commands; expected those of discover and backout at least", n)
	}
}

// wordsOf splits a command line as a shell does that knows quotes.
func wordsOf(line string) []string {
	var out []string
	for _, m := range regexp.MustCompile(`"([^"]*)"|'([^']*)'|(\S+)`).FindAllStringSubmatch(line, -1) {
		out = append(out, m[1]+m[2]+m[3])
	}
	return out
}

// filled is what stands for something in the docs, and what is put there.
var filled = map[string]string{
	"[FILE]": "contoso.toml", "FILE": "contoso.toml", "RESULTS": "results.json", "N": "1", "DIR": "house", "[DIR]": "house", "./PACKAGE": "./tui", "KIND": "tcp", "TARGET": "mail.contoso.com:443",
	"FILE.ps1": "one.ps1", "A": "contoso.toml", "B": "contoso.toml", "TASK": "prepare.schema", "COMMAND": "status", "OUT": "out.md", "ZIP": "handover.zip", "ACCOUNT": "meyer@contoso.com", "NAME": "dc1.contoso.com",
	"ORGANISATION": "Contoso", "ID": "prepare.schema/org", "KEY=TEXT": "outlook-anywhere.method/redmond=Basic",
}

// mayRefuse are the reasons for which a command that is written well can be
// refused on the sample: there is no terminal here, nothing was done yet, or it
// was done before.
var mayRefuse = []string{
	"this is no terminal", "there is no terminal to ask", "there is no file", "there is no journal", "no such file", "the chain holds", "exists", "is there already", "has no undo card", "nothing was carried out yet", "nothing was given", "no backout is declared",
}

func docsCommand(t *testing.T, dir, line string, args []string) {
	t.Helper()
	for i, arg := range args {
		if value, ok := filled[strings.Trim(arg, `"'`)]; ok {
			args[i] = value
		}
	}
	ctx := t.Context()
	if c, rest, err := newRoot(&app{Environment: Environment{Getenv: func(string) string { return "" }}}).Find(args); err == nil && len(rest) == 0 && len(args) > 0 && c.HasParent() {
		return // the command is only named
	}
	if slices.Contains(args, "--watch") { // it ends when somebody ends it, or when all is well
		ended, cancel := context.WithCancel(t.Context())
		cancel()
		ctx = ended
	}
	network, err := lab.New(lab.Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer network.Close()
	var out, talk bytes.Buffer
	env := Environment{In: strings.NewReader(""), Out: &out, Err: &talk, Dir: dir, Getenv: func(string) string { return "" }, Now: time.Now,
		User: "A. Meyer", Host: "jump", Assets: assets.FS, Network: func(checks.FieldSettings) (*checks.Env, error) { return network.Env(), nil }}
	code := ExitCode(Run(ctx, args, env), &talk)
	if code != 2 {
		return
	}
	for _, reason := range mayRefuse {
		if strings.Contains(talk.String(), reason) {
			return
		}
	}
	t.Errorf("%s: exit code 2:\n%s", line, talk.String())
}

// docsFolder is where the commands of a page are carried out.
func docsFolder(t *testing.T) string {
	t.Helper()
	dir := scratch(t, houseRules)
	if err := os.WriteFile(filepath.Join(dir, "fabrikam.toml"), migration.Sample("2007"), 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}

// goTool wants the packages and the tests that a command of Go names to exist.
func goTool(t *testing.T, line string) {
	t.Helper()
	words := strings.Fields(line)[2:]
	var pattern *regexp.Regexp
	var packages []string
	for i := 0; i < len(words); i++ {
		switch word := strings.Trim(words[i], `'"`); {
		case word == "-run" || word == "-bench" || word == "-fuzz":
			i++
			if i < len(words) && words[i] != "xxx" && words[i] != "." && words[i] != "'^$'" {
				name, _, _ := strings.Cut(strings.Trim(words[i], `'"`), "/")
				pattern = regexp.MustCompile(name)
			}
		case strings.HasPrefix(word, "-"):
			if !strings.Contains(word, "=") && word != "-race" && word != "-update" && word != "-benchmem" && word != "-v" {
				i++
			}
		case word == "." || strings.HasPrefix(word, "./"):
			packages = append(packages, word)
		}
	}
	found := pattern == nil
	for _, p := range packages {
		folder := filepath.Join("../..", strings.TrimSuffix(p, "/..."))
		if info, err := os.Stat(folder); p != "./PACKAGE" && (err != nil || !info.IsDir()) {
			t.Errorf("%s: there is no %s", line, p)
		}
		found = found || namesTest(t, folder, pattern)
	}
	if !found {
		t.Errorf("%s: no such test in %v", line, packages)
	}
}

var testFunction = regexp.MustCompile(`(?m)^func ((?:Test|Benchmark|Fuzz)\w*)\(`)

func namesTest(t *testing.T, folder string, pattern *regexp.Regexp) bool {
	t.Helper()
	if pattern == nil {
		return true
	}
	files, err := filepath.Glob(filepath.Join(folder, "*_test.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range testFunction.FindAllStringSubmatch(string(text), -1) {
			if pattern.MatchString(m[1]) {
				return true
			}
		}
	}
	return false
}

// TestDocumentedOverlay lints the overlay that the page on procedures shows.
func TestDocumentedOverlay(t *testing.T) {
	t.Parallel()
	for _, part := range strings.Split(documents(t)["docs/procedures.md"], "```") {
		if text, ok := strings.CutPrefix(part, "toml\n"); ok && strings.Contains(text, "[[place]]") {
			dir := scratch(t, text)
			if out, talk, code := commandLine(t, dir, "procedure", "lint", "house"); code != 0 {
				t.Errorf("exit code %d:\n%s%s", code, out, talk)
			}
			return
		}
	}
	t.Error("the page shows no overlay")
}

// TestEveryCommandIsDocumented wants each command that a user can type in
// README's list or in a page of docs.
func TestEveryCommandIsDocumented(t *testing.T) {
	t.Parallel()
	var all strings.Builder
	for _, page := range documents(t) {
		all.WriteString(page)
	}
	root := newRoot(&app{Environment: Environment{Getenv: func(string) string { return "" }}})
	for _, c := range root.Commands() {
		if c.Hidden || c.Name() == "help" || c.Name() == "completion" {
			continue
		}
		names := []string{c.CommandPath()}
		for _, sub := range c.Commands() {
			names = append(names, sub.CommandPath())
		}
		for _, name := range names {
			if len(names) > 1 && name == names[0] {
				continue
			}
			if !strings.Contains(all.String(), "`"+name) && !strings.Contains(all.String(), "\n"+name) {
				t.Errorf("no page shows %q", name)
			}
		}
		if c.Short == "" {
			t.Errorf("%q does not say what it does", c.CommandPath())
		}
	}
}

// TestSecurityNamesItsTests wants every test that the page on security names to
// be one.
func TestSecurityNamesItsTests(t *testing.T) {
	t.Parallel()
	there := map[string]bool{}
	err := filepath.WalkDir("../..", func(path string, d fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		text, err := os.ReadFile(path)
		for _, m := range testFunction.FindAllStringSubmatch(string(text), -1) {
			there[m[1]] = true
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	named := regexp.MustCompile("`((?:Test|Fuzz)\\w+)`").FindAllStringSubmatch(documents(t)["docs/security.md"], -1)
	if len(named) < 40 {
		t.Errorf("%d tests are named; expected one behind each claim", len(named))
	}
	for _, n := range named {
		if !there[n[1]] {
			t.Errorf("docs/security.md names %s, which is no test", n[1])
		}
	}
}

// TestTourNamesWhatIsThere wants every file of the tour to exist and to hold
// the function that is named with it.
func TestTourNamesWhatIsThere(t *testing.T) {
	t.Parallel()
	text := strings.Join(strings.Fields(documents(t)["docs/tour.md"]), " ")
	stops := regexp.MustCompile("`([a-z_/]+\\.(?:go|toml))`(?:, `(\\w+)`)?").FindAllStringSubmatch(text, -1)
	if len(stops) < 15 {
		t.Fatalf("%d stops; expected the whole tour", len(stops))
	}
	for _, stop := range stops {
		source, err := os.ReadFile(filepath.Join("../..", stop[1]))
		if err != nil {
			t.Errorf("%s: %v", stop[1], err)
			continue
		}
		if stop[2] != "" && !regexp.MustCompile(`(?m)^func (?:\([^)]*\) )?`+stop[2]+`\(`).Match(source) {
			t.Errorf("%s holds no function %s", stop[1], stop[2])
		}
	}
}
