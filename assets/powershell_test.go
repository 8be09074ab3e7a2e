package assets_test

import (
	"fmt"
	"regexp"
	"strings"
)

// call is one cmdlet or program of a line with the parameters it is given.
type call struct {
	name   string
	params []string
}

var (
	operator = regexp.MustCompile(`(?i)^-(c|i)?(eq|ne|gt|ge|lt|le|like|notlike|match|notmatch|contains|notcontains|and|or|not|in|f|replace|split|join|as|is|isnot|bor|band)$`)
	keyword  = regexp.MustCompile(`(?i)^(if|else|elseif|foreach|while|param|try|catch|return|throw|in)$`)
)

// nest is one level of brackets of a PowerShell line.
type nest struct {
	close   byte
	expects bool // a command may begin here
	call    int  // index of the open call, -1: none
	values  bool // an expression: dashes are operators
	table   bool // a hash table: words before = are keys
}

// calls finds the cmdlets and programs of a PowerShell line. It refuses a line
// whose quotes or brackets do not balance.
func calls(text string) ([]call, error) {
	var out []call
	stack := []nest{{expects: true, call: -1}}
	for i := 0; i < len(text); {
		top := &stack[len(stack)-1]
		rest := text[i:]
		switch c := rest[0]; {
		case c == ' ':
			i++
		case c == '\'' || c == '"':
			end := endOfQuote(rest)
			if end < 0 {
				return nil, fmt.Errorf("an open %c at %q", c, rest)
			}
			if top.expects {
				top.expects, top.values = false, true
			}
			i += end
		case c == '(' || c == '{':
			closing := map[byte]byte{'(': ')', '{': '}'}[c]
			table := c == '{' && i > 0 && text[i-1] == '@'
			filter := c == '{' && top.call >= 0 && strings.HasSuffix(strings.TrimSpace(text[:i]), "Filter")
			if top.expects {
				top.expects, top.values = false, true
			}
			stack = append(stack, nest{close: closing, expects: !table && !filter, call: -1, values: table || filter, table: table})
			i++
		case c == ')' || c == '}':
			if top.close != c {
				return nil, fmt.Errorf("a %c that nothing opened at %q", c, rest)
			}
			stack = stack[:len(stack)-1]
			if top = &stack[len(stack)-1]; c == '}' && top.call < 0 {
				top.expects = true // if (…) {…} else …
			}
			i++
		case c == '|' || c == ';':
			top.expects, top.call, top.values = !(top.table && c == '|'), -1, false
			if top.table {
				top.expects, top.values = false, true
			}
			i++
		case c == '=' && top.call < 0:
			top.expects, top.values = true, false
			i++
		case c == '@' || c == '&' || c == ',' || c == '=':
			i++
		case c == '$' && strings.HasPrefix(rest, "$("):
			i++
		default:
			end := strings.IndexAny(rest, " '\"(){}|;,=")
			if rest[0] == '-' || !top.expects {
				end = strings.IndexAny(rest, " '\"(){}|;,")
			}
			if end == 0 {
				return nil, fmt.Errorf("a character that was not expected at %q", rest)
			}
			if end < 0 {
				end = len(rest)
			}
			i += end
			out = top.word(rest[:end], out)
		}
	}
	if len(stack) > 1 {
		return nil, fmt.Errorf("%d brackets stay open", len(stack)-1)
	}
	return out, nil
}

// word takes up one word: a command where one may begin, else a parameter, an
// operator or an argument.
func (n *nest) word(w string, out []call) []call {
	switch {
	case keyword.MatchString(w):
		n.expects, n.call, n.values = true, -1, false
	case n.expects && (w[0] == '$' || w[0] == '[' || w[0] == '-' || w[0] >= '0' && w[0] <= '9'):
		n.expects, n.values = false, true
	case n.expects:
		n.expects, n.call = false, len(out)
		out = append(out, call{name: w})
	case w[0] == '-' && len(w) > 1 && n.call >= 0 && !n.values:
		name, _, _ := strings.Cut(w[1:], ":")
		out[n.call].params = append(out[n.call].params, name)
	case w[0] == '-' && operator.MatchString(w):
		n.expects, n.values = true, false // a command may stand after an operator, within brackets
		n.expects, n.values = false, true
	}
	return out
}

// endOfQuote returns where a quoted text ends; a doubled quote stands for
// itself.
func endOfQuote(s string) int {
	for i := 1; i < len(s); i++ {
		if s[i] != s[0] {
			continue
		}
		if i+1 < len(s) && s[i+1] == s[0] {
			i++
			continue
		}
		return i + 1
	}
	return -1
}
