package paint

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"
)

// Width returns how many cells a text takes, as drawn (escapes included).
func Width(s string) int {
	for i := range len(s) {
		if s[i] >= 0x80 || s[i] < 0x20 || s[i] == 0x7f {
			return clusterWidth(Escape(s))
		}
	}
	return len(s)
}

func clusterWidth(s string) int {
	n := 0
	for len(s) > 0 {
		g, w := ansi.FirstGraphemeCluster(s, ansi.GraphemeWidth)
		if len(g) == 0 {
			break
		}
		n += min(w, 2)
		s = s[len(g):]
	}
	return n
}

// Escape shows characters that could move the cursor, hide or reorder text:
// controls, bidirectional and invisible formatting characters, and bytes that
// are no UTF-8. Clean text is returned as it is.
func Escape(s string) string {
	clean := true
	for i := 0; i < len(s) && clean; {
		if b := s[i]; b < utf8.RuneSelf {
			clean = b >= 0x20 && b != 0x7f
			i++
			continue
		}
		r, n := utf8.DecodeRuneInString(s[i:])
		clean = !(r == utf8.RuneError && n == 1) && !hostile(r)
		i += n
	}
	if clean {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == utf8.RuneError && n == 1:
			fmt.Fprintf(&b, `\x%02x`, s[i])
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\r':
			b.WriteString(`\r`)
		case r == '\t':
			b.WriteString(`\t`)
		case hostile(r) && r < 0x100:
			fmt.Fprintf(&b, `\x%02x`, r)
		case hostile(r):
			fmt.Fprintf(&b, `\u{%04x}`, r)
		default:
			b.WriteRune(r)
		}
		i += n
	}
	return b.String()
}

func hostile(r rune) bool {
	switch {
	case r < 0x20, r >= 0x7f && r <= 0x9f, r == 0xad, r == 0x61c,
		r >= 0x200b && r <= 0x200f, r >= 0x2028 && r <= 0x202e,
		r >= 0x2060 && r <= 0x206f, r == 0xfeff, r >= 0xfff0 && r <= 0xfffb,
		r >= 0xe0000 && r <= 0xe0fff, r >= 0xe000 && r <= 0xf8ff:
		return true
	}
	return false
}

// cut shortens an escaped text to limit cells, the last one an ellipsis.
func cut(s string, limit int, ascii bool) string {
	if limit <= 0 {
		return ""
	}
	tail := "…"
	if ascii {
		tail = "~"
	}
	n, i := 0, 0
	for i < len(s) {
		g, w := ansi.FirstGraphemeCluster(s[i:], ansi.GraphemeWidth)
		if len(g) == 0 || n+min(w, 2) > limit-1 {
			break
		}
		n += min(w, 2)
		i += len(g)
	}
	return s[:i] + tail
}

// Cut shortens a text to limit cells; what is cut ends in an ellipsis.
func Cut(s string, limit int) string {
	s = Escape(s)
	if Width(s) <= limit {
		return s
	}
	return cut(s, limit, false)
}

// Wrap breaks a text into lines of at most width cells, at blanks where it
// can. Newlines break lines; an empty text is one empty line.
func Wrap(s string, width int) []string {
	var out []string
	for _, par := range strings.Split(strings.ReplaceAll(s, "\r\n", "\n"), "\n") {
		out = append(out, wrapLine(Escape(par), width)...)
	}
	return out
}

func wrapLine(s string, width int) []string {
	if width <= 0 {
		return nil
	}
	indent := s[:len(s)-len(strings.TrimLeft(s, " "))]
	if len(indent) >= width/2 {
		indent = ""
	}
	var out []string
	line, used, room := indent, len(indent), false
	flush := func() {
		out = append(out, strings.TrimRight(line, " "))
		line, used, room = indent, len(indent), false
	}
	for _, word := range strings.Fields(s) {
		w := Width(word)
		if room && used+1+w > width {
			flush()
		}
		for !room && used+w > width {
			head, rest := split(word, width-used)
			line += head
			flush()
			word, w = rest, w-Width(head)
		}
		if room {
			line, used = line+" ", used+1
		}
		line, used, room = line+word, used+w, true
	}
	if room || len(out) == 0 {
		flush()
	}
	return out
}

// split cuts a word after at most n cells, at least one cluster. It prefers a
// place behind a mark inside the word, so that names in paths stay readable.
func split(s string, n int) (head, rest string) {
	i, used, good := 0, 0, 0
	for i < len(s) {
		g, w := ansi.FirstGraphemeCluster(s[i:], ansi.GraphemeWidth)
		if i > 0 && used+w > n || len(g) == 0 {
			break
		}
		i, used = i+len(g), used+w
		if strings.ContainsAny(g, `,;/\.:=)-`) {
			good = i
		}
	}
	if i < len(s) && good > 0 && used-Width(s[:good]) < n/2 {
		i = good
	}
	return s[:i], s[i:]
}

// Chunk breaks a text into lines of exactly width cells where it must, and
// never drops a blank: for commands, where every character counts.
func Chunk(s string, width int) []string {
	s = Escape(s)
	if width <= 0 {
		return nil
	}
	var out []string
	start, blank, used := 0, 0, 0
	for i := 0; i < len(s); {
		g, w := ansi.FirstGraphemeCluster(s[i:], ansi.GraphemeWidth)
		if len(g) == 0 {
			break
		}
		if i > start && used+w > width {
			if blank-start > (i-start)/2 {
				i = blank
			}
			out = append(out, s[start:i])
			start, blank, used = i, i, 0
			continue
		}
		i, used = i+len(g), used+w
		if g == " " {
			blank = i
		}
	}
	return append(out, s[start:])
}

// fold replaces what is outside ASCII by something of equal width.
func fold(s string) string {
	ascii := true
	for i := range len(s) {
		if s[i] >= 0x80 {
			ascii = false
			break
		}
	}
	if ascii {
		return s
	}
	var b strings.Builder
	for len(s) > 0 {
		g, w := ansi.FirstGraphemeCluster(s, ansi.GraphemeWidth)
		if len(g) == 0 {
			break
		}
		switch f, ok := folds[g]; {
		case g[0] < 0x80 && len(g) == 1:
			b.WriteString(g)
		case ok:
			b.WriteString(f)
		default:
			b.WriteString(strings.Repeat("?", min(w, 2)))
		}
		s = s[len(g):]
	}
	return b.String()
}

var folds = map[string]string{
	"…": "~", "·": "-", "→": ">", "←": "<", "↑": "^", "↓": "v", "—": "-", "–": "-", "×": "x",
	"‹": "<", "›": ">", "▸": ">", "▶": ">", "◂": "<", "◀": "<", "▾": "v", "▼": "v", "▲": "^", "▴": "^",
	"‘": "'", "’": "'", "“": `"`, "”": `"`, "✓": "+", "✗": "x", "○": "o", "●": "*", "◐": "%",
	"│": "|", "─": "-", "█": "#", "░": ".", "▏": "|", "▌": "|", "▐": "|", "•": "*", "≈": "~", "⏎": "<", "§": "S",
}
