package tui

import (
	"strings"
	"testing"

	"coexist/tui/paint"
)

func written(th *paint.Theme, width int, md string) string {
	p := newPage(th, width)
	p.markdown(md)
	c := paint.New()
	c.Reset(width+4, len(p.lines), th.ASCII)
	p.draw(c, 0, -1, false, nil)
	lines := strings.Split(c.Plain(), "\n")
	for i := range lines {
		lines[i] = strings.TrimRight(strings.TrimPrefix(lines[i], " "), " ")
	}
	return strings.Join(lines, "\n")
}

const sheet = `# Contoso \(plan\)

**Status: PROVISIONAL** · 3 of 4, ` + "`probe@contoso.com`" + ` as CONTOSO\\probe

- one thing that is long enough to be wrapped on a narrow screen
- [ ] another

` + "```powershell\nGet-Mailbox -Server 'EX10-01'\n```" + `

| Check | Expected | Actual |
| --- | --- | --- |
| Name \| answer | 10.0.0.80 | **10.0.0.10** |
`

func TestMarkdownIsRendered(t *testing.T) {
	t.Parallel()
	th := paint.NewTheme(true, paint.FullColor, false)
	want := `Contoso (plan)
════════════════════════════════════════

Status: PROVISIONAL · 3 of 4,
probe@contoso.com as CONTOSO\probe

· one thing that is long enough to be
  wrapped on a narrow screen
○ another

  Get-Mailbox -Server 'EX10-01'

Check           Expected    Actual
─────────────────────────────────────
Name | answer   10.0.0.80   10.0.0.10
`
	if got := written(th, 40, sheet); strings.TrimSpace(got) != strings.TrimSpace(want) {
		t.Errorf("got:\n%s", got)
	}
	narrow := written(th, 26, sheet)
	for _, part := range []string{"· Name | answer", "  Expected  10.0.0.80"} {
		if !strings.Contains(narrow, part) {
			t.Errorf("%q is missing in:\n%s", part, narrow)
		}
	}
	ascii := written(paint.NewTheme(true, paint.Monochrome, true), 40, sheet)
	for _, r := range ascii {
		if r > 0x7e {
			t.Fatalf("%q in:\n%s", r, ascii)
		}
	}
}

// FuzzMarkdown looks that nothing breaks and that no line leaves the page.
func FuzzMarkdown(f *testing.F) {
	f.Add(sheet, 40)
	f.Add("| a |\n|", 3)
	f.Add("```\n`` ` \n| \\", 1)
	f.Add("|", 3)
	f.Add("**", 0)
	f.Fuzz(func(t *testing.T, md string, width int) {
		width = 10 + max(width, -width)&0x3f
		p := newPage(paint.NewTheme(true, paint.FullColor, false), width)
		p.markdown(md)
	})
}
