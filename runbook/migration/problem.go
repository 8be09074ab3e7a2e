package migration

import (
	"fmt"
	"strings"
	"unicode"
)

// Problem is one thing that is wrong with a migration: where it stands, what is
// wrong, and what was expected instead.
type Problem struct {
	File     string // as given to Load or Parse; empty for a migration in memory
	Line     int    // 1-based; 0 for a migration in memory
	Key      string // full path; elements of lists count from 1: site[2].server[1].name
	Message  string // what is wrong
	Expected string // what would be right; may be empty
	Nearest  string // the known word that is probably meant; may be empty
}

// String prints the problem on one line:
//
//	contoso.toml:12: namespace.primry: unknown key; expected one of …; did you mean "primary"?
func (p Problem) String() string {
	var b strings.Builder
	switch {
	case p.File != "" && p.Line > 0:
		fmt.Fprintf(&b, "%s:%d: ", p.File, p.Line)
	case p.File != "":
		fmt.Fprintf(&b, "%s: ", p.File)
	case p.Line > 0:
		fmt.Fprintf(&b, "line %d: ", p.Line)
	}
	if p.Key != "" {
		b.WriteString(p.Key + ": ")
	}
	b.WriteString(p.Message)
	if p.Expected != "" {
		b.WriteString("; expected " + p.Expected)
	}
	if p.Nearest != "" {
		fmt.Fprintf(&b, "; did you mean %q?", p.Nearest)
	}
	return b.String()
}

// Problems is the error of Load and Parse: everything that is wrong with one
// file, in the order of its lines.
type Problems struct {
	List []Problem
}

// Error prints every problem on a line of its own.
func (p *Problems) Error() string {
	lines := make([]string, len(p.List))
	for i, one := range p.List {
		lines[i] = one.String()
	}
	return strings.Join(lines, "\n")
}

// nearest returns the known word closest to a misspelt one, or nothing when
// none is close enough to be meant.
func nearest(word string, known []string) string {
	word = strings.ToLower(word)
	best, found := max(1, len(word)/3), ""
	if len(word) > 40 {
		return ""
	}
	for _, k := range known {
		if d := distance(word, strings.ToLower(k)); d <= best && d < len(k) {
			if d < best || found == "" {
				best, found = d, k
			}
		}
	}
	return found
}

// distance is the Damerau-Levenshtein distance between neighbours: insertions,
// deletions, replacements and swaps of two adjacent letters cost one each.
func distance(a, b string) int {
	before, last, row := []int(nil), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last, row = last, row, make([]int, len(b)+1)
	}
	return last[len(b)]
}

// oneOf joins known words for Expected.
func oneOf(words []string) string {
	if len(words) == 1 {
		return words[0]
	}
	return "one of " + strings.Join(words, ", ")
}

// quoted puts every word between double quotes.
func quoted(words []string) []string {
	out := make([]string, len(words))
	for i, w := range words {
		out[i] = fmt.Sprintf("%q", w)
	}
	return out
}

// shown is a text that %q puts between quotes as it stands, so that a Windows
// path keeps its single backslashes; only what cannot be printed is escaped.
type shown string

// Format implements fmt.Formatter.
func (s shown) Format(f fmt.State, verb rune) {
	switch {
	case verb != 'q':
		fmt.Fprint(f, string(s))
	case strings.ContainsFunc(string(s), func(r rune) bool { return !unicode.IsPrint(r) || r == unicode.ReplacementChar }):
		fmt.Fprintf(f, "%q", string(s))
	default:
		fmt.Fprint(f, `"`+string(s)+`"`)
	}
}

func showing(args []any) []any {
	for i, a := range args {
		if s, ok := a.(string); ok {
			args[i] = shown(s)
		}
	}
	return args
}
