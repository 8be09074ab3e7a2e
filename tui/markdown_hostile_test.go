package tui

import (
	"fmt"
	"strings"
	"testing"

	"coexist/tui/paint"
)

// hostileText is what a server may send to have its way with a screen.
var hostileText = map[string]string{
	"escape":       "\x1b[31mred\x1b]0;title\x07",
	"8-bit escape": "\u009b31m",
	"carriage":     "shown\rHIDDEN",
	"backspace":    "ab\b\bcd",
	"bidi":         "safe\u202egnp.exe\u2066x",
	"zero width":   "con\u200btoso\ufeff",
	"tag":          "a\U000e0041b",
	"tabs":         "\tone\ttwo",
	"no UTF-8":     "a\xff\xfeb",
	"wide":         strings.Repeat("漢字", 60),
	"long":         strings.Repeat("x", 5000),
	"combining":    "e" + strings.Repeat("\u0301", 200),
	"variation":    "☺\ufe0f✂\ufe0e",
}

// TestHostileTextInEveryBlock puts such text into every kind of block: nothing
// of it may reach the terminal, nor push a line off the page.
func TestHostileTextInEveryBlock(t *testing.T) {
	t.Parallel()
	blocks := map[string]string{
		"paragraph": "%s", "heading": "# %s", "item": "- %s", "box": "- [ ] %s", "quote": "> %s", "strong": "**%s**", "code": "`%s`",
		"fence": "```\n%s\n```", "text fence": "```text\n  %s\n```", "shell": "```powershell\n%s\n```", "indented fence": "    ```\n    %s\n    ```",
		"table": "| a | b |\n| --- | --- |\n| %s | x |", "open fence": "````\n%s", "longer fence": "````\n```\n%s\n````",
	}
	for name, text := range hostileText {
		for block, form := range blocks {
			for _, width := range []int{10, 41, 120} {
				th := paint.NewTheme(true, paint.FullColor, false)
				p := newPage(th, width)
				p.markdown(fmt.Sprintf(form, text))
				c := paint.New()
				c.Reset(width+4, len(p.lines)+1, false)
				p.draw(c, 0, -1, false, nil)
				for n, line := range strings.Split(c.Plain(), "\n") {
					if clean := paint.Escape(line); clean != line {
						t.Errorf("%s in %s, width %d, line %d: %q reaches the screen", name, block, width, n, line)
					}
					if w := paint.Width(line); w > width+4 {
						t.Errorf("%s in %s: line %d is %d wide, expected at most %d", name, block, n, w, width+4)
					}
				}
			}
		}
	}
}
