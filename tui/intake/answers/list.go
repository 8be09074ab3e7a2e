package answers

import "strings"

// SplitList reads a list typed on one line: elements are set apart by commas;
// one that holds a comma itself stands in double quotes, a quote inside it is
// doubled.
func SplitList(s string) []string {
	var out []string
	var b strings.Builder
	quoted := false
	flush := func() {
		if e := strings.TrimSpace(b.String()); e != "" {
			out = append(out, e)
		}
		b.Reset()
	}
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '"' && quoted && i+1 < len(s) && s[i+1] == '"':
			b.WriteByte('"')
			i++
		case c == '"' && (quoted || strings.TrimSpace(b.String()) == ""):
			quoted = !quoted
		case c == ',' && !quoted:
			flush()
		default:
			b.WriteByte(c)
		}
	}
	flush()
	return out
}

// splitWords reads a list of words, such as host names, that may also be set
// apart by blanks or semicolons.
func splitWords(s string) []string {
	var out []string
	return append(out, strings.FieldsFunc(s, func(r rune) bool {
		return r == ',' || r == ';' || r == ' ' || r == '\t' || r == '\n' || r == '\r'
	})...)
}

// joinList writes a list the way SplitList reads it.
func joinList(list []string) string {
	out := make([]string, 0, len(list))
	for _, e := range list {
		if strings.ContainsAny(e, `",`) {
			e = `"` + strings.ReplaceAll(e, `"`, `""`) + `"`
		}
		out = append(out, e)
	}
	return strings.Join(out, ", ")
}
