package export

import (
	"bytes"
	"html"
	"regexp"
	"strings"
	"testing"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	east "github.com/yuin/goldmark/extension/ast"
	"github.com/yuin/goldmark/text"
)

// parse reads Markdown as GitHub does.
func parse(source []byte) ast.Node {
	return gfm.Parser().Parse(text.NewReader(source))
}

// children counts what is there; goldmark's own ChildCount is off after a table.
func children(n ast.Node) int {
	count := 0
	for c := n.FirstChild(); c != nil; c = c.NextSibling() {
		count++
	}
	return count
}

var (
	gfm = goldmark.New(goldmark.WithExtensions(extension.GFM))
	tag = regexp.MustCompile(`<[^>]*>`)
)

// plain returns the text that a reader sees in a node.
func plain(n ast.Node, source []byte) string {
	var b bytes.Buffer
	if err := gfm.Renderer().Render(&b, source, n); err != nil {
		return err.Error()
	}
	return strings.TrimSpace(html.UnescapeString(tag.ReplaceAllString(b.String(), "")))
}

// markup lists the kinds of node below n that text from elsewhere must not
// bring about.
func markup(n ast.Node) []string {
	var out []string
	_ = ast.Walk(n, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if entering {
			switch n.Kind() {
			case ast.KindRawHTML, ast.KindHTMLBlock, ast.KindLink, ast.KindAutoLink, ast.KindImage, ast.KindEmphasis,
				ast.KindHeading, ast.KindList, ast.KindBlockquote, ast.KindThematicBreak, ast.KindCodeBlock, east.KindStrikethrough, east.KindTaskCheckBox:
				out = append(out, n.Kind().String())
			}
		}
		return ast.WalkContinue, nil
	})
	return out
}

var hostile = []string{
	"", " ", "plain words", "a | b", `a \| b`, `\`, `\|`, "`", "``", "a``b", "`code`|`x`", "<script>alert(1)</script>", "&lt;b&gt;", "&#60;", "<!-- x -->",
	"https://evil.example/a|b", "https://mail.contoso.com/owa/?a=1&b=2*_x_*", "www.evil.example", "x@evil.example", "$a$ $$b$$", ":smile:",
	"*bold* _it_ __x__ ~~gone~~ snake_case_name _", "[link](https://evil.example)", "![img](x)", "[^1]: note", "- item", "1. item", "12) item", "# head", "head #", "## ", "> quote",
	"===", "---", "+ x", "~~~", "```\nrm -rf\n```", "\x1b[31mred\x1b[0m", "\u202egpj.exe", "zero\u200bwidth", "a\x00b", "bad\xffutf8", "a\nb\r\nc", "tab\there", "\u2028line",
	"| a | b |\n|---|---|\n| c | d |", `C:\Program Files\Exchange|x`, "C:\\", "[ ] task", "\\*not\\*", "EX10-01", "‹certificate.thumbprint›", "= x", "a\\\n", "1.", "http://a.example/`|`", "@|", "$`x`$", "&amp", "AT&T; &copy;",
	"ftp://x y", "mailto:a", "\u00a0nbsp\u00a0", "<https://x>", "`` ` ``", "  lead", "a  b", "`@`", "@`", "__proto__", "\\\\|", "a^b", "a ____ b", "__ _", "_", "___", "---", ":-:", ":", "-", "FW: x | 100%",
}

// checkProse fails unless text shows as itself in a paragraph, a heading and a
// list item.
func checkProse(t *testing.T, s string) {
	t.Helper()
	want := oneLine(s, maxProse)
	for _, prefix := range []string{"", "## ", "- ", "> "} {
		source := []byte("before\n\n" + prefix + Prose(s) + "\n\nafter\n")
		doc := parse(source)
		if want != "" && children(doc) != 3 {
			t.Fatalf("%q after %q made %d blocks, want 3:\n%s", s, prefix, children(doc), source)
		}
		if want == "" {
			continue
		}
		block := doc.FirstChild().NextSibling()
		if got := plain(block, source); got != want {
			t.Fatalf("%q after %q shows as %q, want %q; source %q", s, prefix, got, want, source)
		}
		inner := block
		if prefix == "- " || prefix == "> " {
			inner = block.FirstChild()
		}
		for c := inner.FirstChild(); c != nil; c = c.NextSibling() {
			if bad := markup(c); len(bad) > 0 {
				t.Fatalf("%q after %q makes %v; source %q", s, prefix, bad, source)
			}
		}
	}
}

// checkCell fails unless a row with the text keeps its cells and shows them.
func checkCell(t *testing.T, s string) {
	t.Helper()
	want := oneLine(s, maxCell)
	if want == "" {
		want = "–"
	}
	source := []byte(table([]string{"one", "two", "three"}, [][]string{{"a", s, "c"}, {s, s, s}}))
	doc := parse(source)
	tab := doc.FirstChild()
	if tab == nil || tab.Kind() != east.KindTable || children(doc) != 1 || children(tab) != 3 {
		t.Fatalf("%q broke the table (%d blocks, %v, %d rows):\n%s", s, children(doc), tab.Kind(), children(tab), source)
	}
	if bad := markup(tab); len(bad) > 0 {
		t.Fatalf("%q makes %v in a cell:\n%s", s, bad, source)
	}
	for row := tab.FirstChild().NextSibling(); row != nil; row = row.NextSibling() {
		if children(row) != 3 {
			t.Fatalf("%q makes %d cells:\n%s", s, children(row), source)
		}
		middle := row.FirstChild().NextSibling()
		if got := plain(middle, source); got != want {
			t.Fatalf("%q shows as %q in a cell, want %q:\n%s", s, got, want, source)
		}
	}
}

// checkFence fails unless the text is all inside one code block.
func checkFence(t *testing.T, s string) {
	t.Helper()
	source := []byte("before\n\n" + Fence("text", s) + "\nafter\n")
	doc := parse(source)
	if children(doc) != 3 || doc.FirstChild().NextSibling().Kind() != ast.KindFencedCodeBlock {
		t.Fatalf("%q broke out of its fence:\n%s", s, source)
	}
	block := doc.FirstChild().NextSibling()
	var got strings.Builder
	for i := range block.Lines().Len() {
		segment := block.Lines().At(i)
		got.Write(segment.Value(source))
	}
	if want := strings.Join(fenceLines(s), "\n") + "\n"; got.String() != want {
		t.Fatalf("%q shows as %q in a fence, want %q", s, got.String(), want)
	}
}

func TestHostileText(t *testing.T) {
	t.Parallel()
	for _, s := range hostile {
		checkProse(t, s)
		checkCell(t, s)
		checkFence(t, s)
	}
}

func TestVisible(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"\x1b[31m": `\x1b[31m`, "a\u202eb": `a\u202eb`, "\xff": `\xff`, "\uFFFD": "\uFFFD", "é ü": "é ü", "\u200b": `\u200b`, "\U000e0041": `\U000e0041`, "a\nb": `a\x0ab`,
	} {
		if got := Visible(in); got != want {
			t.Errorf("Visible(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestBoundsSayWhatIsCut(t *testing.T) {
	t.Parallel()
	if got := Cell(strings.Repeat("é", maxCell+7)); !strings.HasSuffix(got, `\[cut, 7 more characters\]`) {
		t.Errorf("a long cell ends in %q", got[len(got)-40:])
	}
	if got := Fence("text", strings.Repeat("x\n", maxFence+3)); !strings.Contains(got, "\n[cut, 3 more lines]\n```") {
		t.Errorf("a long fence ends in %q", got[len(got)-40:])
	}
	if got := len(Cell(strings.Repeat("<|`", 1<<20))); got > 6*maxCell {
		t.Errorf("megabytes from a server make a cell of %d bytes", got)
	}
}

func FuzzEscape(f *testing.F) {
	for _, s := range hostile {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		checkProse(t, s)
		checkCell(t, s)
		checkFence(t, s)
	})
}
