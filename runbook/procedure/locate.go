package procedure

import "strings"

// lineMap tells on which lines the keys and table headers of a TOML text
// stand. It serves messages alone: what it does not find costs a line number,
// never a problem.
type lineMap struct {
	headers map[string][]int // "task.check" → lines of its headers, in order
	keys    map[string][]int // "task.check.gate" → lines, in order
}

func locate(text string) *lineMap {
	m := &lineMap{headers: map[string][]int{}, keys: map[string][]int{}}
	table, open := "", ""
	for i, line := range strings.Split(text, "\n") {
		line = strings.TrimSpace(line)
		if open != "" { // inside a text of several lines
			if strings.Contains(line, open) {
				open = ""
			}
			continue
		}
		switch {
		case line == "" || line[0] == '#':
		case line[0] == '[':
			if name, ok := headerName(line); ok {
				table = name
				m.headers[table] = append(m.headers[table], i+1)
				m.keys[table] = append(m.keys[table], i+1)
			}
		default:
			key, value, found := strings.Cut(line, "=")
			if !found {
				continue
			}
			name := strings.Trim(strings.TrimSpace(key), `"'`)
			if table != "" {
				name = table + "." + name
			}
			m.keys[name] = append(m.keys[name], i+1)
			m.inline(name, value, i+1)
			open = unclosed(value)
		}
	}
	return m
}

// inline notes the keys of inline tables on the line.
func (m *lineMap) inline(parent, value string, line int) {
	rest := value
	for {
		open := strings.IndexAny(rest, "{,")
		if open < 0 {
			return
		}
		rest = strings.TrimLeft(rest[open+1:], " \t{")
		end := strings.IndexAny(rest, " =\t")
		if end > 0 && strings.HasPrefix(strings.TrimLeft(rest[end:], " \t"), "=") {
			name := parent + "." + strings.Trim(rest[:end], `"'`)
			m.keys[name] = append(m.keys[name], line)
		}
	}
}

func headerName(line string) (string, bool) {
	end := strings.IndexByte(line, ']')
	if end < 0 {
		return "", false
	}
	return strings.TrimSpace(strings.TrimLeft(line[:end], "[")), true
}

// unclosed returns the quotes that a value opens and does not close on its
// line.
func unclosed(value string) string {
	for _, quotes := range []string{`"""`, `'''`} {
		if strings.Count(value, quotes) == 1 {
			return quotes
		}
	}
	return ""
}
