package export

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Bounds on text that came from elsewhere, in characters; what is cut is
// always said.
const (
	maxCell      = 320
	maxProse     = 4000
	maxFenceLine = 8000
	maxFence     = 400 // lines
)

// Prose renders any text as the inside of a Markdown paragraph, list item or
// heading: it shows as it is, on one line, and starts no block, link, markup
// or HTML.
func Prose(s string) string {
	return inline(s, maxProse, false)
}

// Cell renders any text as the inside of a table cell. Empty text shows as a
// dash, so that a missing fact is seen to be missing.
func Cell(s string) string {
	out := inline(s, maxCell, true)
	switch {
	case out == "":
		return "–"
	case strings.Trim(out, "-:") == "": // could be taken for the line below a table's head
		return `\` + out
	}
	return out
}

// Fence renders any text as a fenced code block that the text cannot close.
// The language is ours and never comes from elsewhere.
func Fence(language, text string) string {
	lines := fenceLines(text)
	longest := 0
	for _, l := range lines {
		longest = max(longest, longestRun(l, '`'))
	}
	mark := strings.Repeat("`", max(3, longest+1))
	return mark + language + "\n" + strings.Join(lines, "\n") + "\n" + mark + "\n"
}

func fenceLines(text string) []string {
	text = strings.TrimRight(strings.ReplaceAll(text, "\r\n", "\n"), "\n")
	lines := strings.Split(text, "\n")
	cut := 0
	if len(lines) > maxFence {
		cut = len(lines) - maxFence
		lines = lines[:maxFence]
	}
	out := make([]string, 0, len(lines)+1)
	for _, l := range lines {
		out = append(out, bound(Visible(strings.ReplaceAll(l, "\t", "    ")), maxFenceLine))
	}
	if cut > 0 {
		out = append(out, fmt.Sprintf("[cut, %d more lines]", cut))
	}
	return out
}

// Visible shows what would not be seen, or would be seen in the wrong place:
// control characters, escape sequences, bidirectional and zero-width marks,
// odd blanks and broken UTF-8 come out as \x1b or \u202e. Line ends count as
// control characters.
func Visible(s string) string {
	var b strings.Builder
	for i, r := range s {
		switch {
		case r == utf8.RuneError && !strings.HasPrefix(s[i:], "\uFFFD"):
			fmt.Fprintf(&b, `\x%02x`, s[i])
		case r < ' ' || r == 0x7f:
			fmt.Fprintf(&b, `\x%02x`, r)
		case r != ' ' && !unicode.IsPrint(r):
			if r > 0xffff {
				fmt.Fprintf(&b, `\U%08x`, r)
			} else {
				fmt.Fprintf(&b, `\u%04x`, r)
			}
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// oneLine joins the lines of a text with slashes and its blanks to single
// ones, makes it visible and bounds it.
func oneLine(s string, limit int) string {
	var lines []string
	for _, l := range strings.FieldsFunc(s, func(r rune) bool { return r == '\n' || r == '\r' }) {
		if l = Visible(strings.ReplaceAll(l, "\t", " ")); strings.TrimSpace(l) != "" {
			lines = append(lines, l)
		}
	}
	return bound(strings.Join(strings.FieldsFunc(strings.Join(lines, " / "), func(r rune) bool { return r == ' ' }), " "), limit)
}

func bound(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	n := utf8.RuneCountInString(s)
	if n <= limit {
		return s
	}
	at, seen := 0, 0
	for i := range s {
		if seen == limit {
			at = i
			break
		}
		seen++
	}
	return strings.TrimRight(s[:at], " ") + fmt.Sprintf(" [cut, %d more characters]", n-limit)
}

// inline renders text word by word: words that a renderer would turn into a
// link, a formula or an emoji become code, all others are escaped.
func inline(s string, limit int, cell bool) string {
	words := strings.Split(oneLine(s, limit), " ")
	for i, w := range words {
		switch {
		case active(w) && !(cell && strings.Contains(w, "|")):
			core := strings.TrimRight(w, ",;.") // what ends a clause is no part of an address
			if !active(core) {
				core = w
			}
			words[i] = codeSpan(core) + w[len(core):]
		default:
			words[i] = escapeWord(w, i == 0 && !cell)
		}
	}
	return strings.Join(words, " ")
}

// active tells whether GitHub would do something with a word by itself.
func active(w string) bool {
	if strings.ContainsAny(w, "@$") || strings.Contains(w, "://") {
		return true
	}
	if strings.Contains(strings.ToLower(w), "www.") {
		return true
	}
	return strings.HasPrefix(w, ":") && strings.Count(w, ":") > 1
}

// codeSpan wraps a word without blanks.
func codeSpan(w string) string {
	mark := strings.Repeat("`", longestRun(w, '`')+1)
	if strings.HasPrefix(w, "`") || strings.HasSuffix(w, "`") {
		return mark + " " + w + " " + mark
	}
	return mark + w + mark
}

func escapeWord(w string, startsBlock bool) string {
	if strings.Trim(w, "_") == "" && !startsBlock {
		return w // a line to sign on: touches nothing that it could mark up
	}
	runes := []rune(w)
	var b strings.Builder
	for i, r := range runes {
		switch {
		case r == '|' && strings.HasSuffix(b.String(), `\`):
			b.WriteString("&#124;") // GitHub's tables miscount a backslash before an escaped pipe
		case escapes(runes, i) || startsBlock && opensBlock(runes, i):
			b.WriteByte('\\')
			b.WriteRune(r)
		case r == ':' && active(w), r == '@', r == '.' && active(w):
			fmt.Fprintf(&b, "&#%d;", r)
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// escapes tells whether a character could begin inline markup.
func escapes(runes []rune, i int) bool {
	switch runes[i] {
	case '\\', '`', '*', '[', ']', '<', '|', '~', '^', '$':
		return true
	case '_':
		return i == 0 || i == len(runes)-1 || !wordy(runes[i-1]) || !wordy(runes[i+1])
	case '&':
		return i+1 < len(runes) && (runes[i+1] == '#' || wordy(runes[i+1]))
	case '#':
		return i == 0 || runes[i-1] == '#'
	}
	return false
}

func wordy(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }

// opensBlock tells whether a character of a paragraph's first word could make
// it something other than a paragraph.
func opensBlock(runes []rune, i int) bool {
	switch r := runes[i]; r {
	case '-', '+', '=', '>':
		return i == 0
	case '.', ')':
		for _, d := range runes[:i] {
			if d < '0' || d > '9' {
				return false
			}
		}
		return i > 0
	}
	return false
}

func longestRun(s string, c rune) int {
	longest, n := 0, 0
	for _, r := range s {
		if r != c {
			n = 0
			continue
		}
		n++
		longest = max(longest, n)
	}
	return longest
}
