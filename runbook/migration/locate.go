package migration

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
)

// located is where one key, table or list element stands in a file.
type located struct {
	path       string // with elements counted from 1: site[2].server[1].name
	line       int    // 1-based
	start      int    // of the key or the header's bracket
	value, end int    // span of the value; for a header, end is behind the last bracket
	header     bool
	inline     bool // inside an inline table or a list
}

// locations is a map of a TOML file: every key with its line. The decoder
// knows the values; this knows where they stand.
type locations struct {
	all   []located
	index map[string]int // path → all
	deep  int            // line where the nesting gets absurd; 0: nowhere
}

// line returns the line of a key, or of the closest thing around it.
func (l *locations) line(key string) int {
	for key != "" {
		if i, ok := l.index[key]; ok {
			return l.all[i].line
		}
		if i, ok := l.index[key+"[1]"]; ok {
			return l.all[i].line
		}
		key = parent(key)
	}
	return 1
}

func (l *locations) find(path string) (located, bool) {
	i, ok := l.index[path]
	if !ok {
		return located{}, false
	}
	return l.all[i], true
}

// parent cuts the last part or the last index off a path.
func parent(key string) string {
	quote := false
	for i := len(key) - 1; i > 0; i-- {
		switch c := key[i]; {
		case c == '"':
			quote = !quote
		case !quote && (c == '.' || c == '['):
			return key[:i]
		}
	}
	return ""
}

const maxDepth = 64

// locate scans a file. It is exact for valid TOML; for anything else it ends
// without harm, and what it found does not matter.
func locate(data []byte) *locations {
	s := &scanner{data: data, line: 1, counts: map[string]int{}, out: &locations{index: map[string]int{}}}
	s.file()
	return s.out
}

type scanner struct {
	data   []byte
	pos    int
	line   int
	table  string         // path of the table that keys belong to
	counts map[string]int // elements of each array of tables so far
	out    *locations
	depth  int
	inside int // how many inline tables or lists stand around
}

func (s *scanner) file() {
	for {
		s.blank(true)
		if s.pos >= len(s.data) {
			return
		}
		before := s.pos
		if s.data[s.pos] == '[' {
			s.headerLine()
		} else {
			s.keyValue(s.table)
		}
		s.restOfLine()
		if s.pos == before {
			s.pos++
		}
	}
}

func (s *scanner) peek(i int) byte {
	if s.pos+i < len(s.data) {
		return s.data[s.pos+i]
	}
	return 0
}

// blank skips white space and, if asked, line ends and comments.
func (s *scanner) blank(lines bool) {
	for s.pos < len(s.data) {
		switch c := s.data[s.pos]; {
		case c == ' ' || c == '\t':
			s.pos++
		case lines && c == '\n':
			s.line++
			s.pos++
		case lines && c == '\r':
			s.pos++
		case lines && c == '#':
			s.comment()
		default:
			return
		}
	}
}

func (s *scanner) comment() {
	if i := bytes.IndexByte(s.data[s.pos:], '\n'); i >= 0 {
		s.pos += i
	} else {
		s.pos = len(s.data)
	}
}

// restOfLine skips what follows a value: white space and a comment.
func (s *scanner) restOfLine() {
	s.blank(false)
	if s.peek(0) == '#' {
		s.comment()
	}
}

func (s *scanner) record(l located) int {
	l.inline = s.inside > 0
	s.out.all = append(s.out.all, l)
	if _, taken := s.out.index[l.path]; !taken {
		s.out.index[l.path] = len(s.out.all) - 1
	}
	return len(s.out.all) - 1
}

// headerLine reads [a.b] or [[a.b]].
func (s *scanner) headerLine() {
	start, array := s.pos, s.peek(1) == '['
	s.pos++
	if array {
		s.pos++
	}
	parts := s.keyParts()
	for s.pos < len(s.data) && s.data[s.pos] == ']' {
		s.pos++
	}
	if len(parts) == 0 {
		s.skipLine()
		return
	}
	path := s.resolve("", parts[:len(parts)-1])
	path = join(path, parts[len(parts)-1])
	if array {
		s.counts[path]++
		path += "[" + strconv.Itoa(s.counts[path]) + "]"
	}
	s.table = path
	s.record(located{path: path, line: s.line, start: start, end: s.pos, header: true})
}

// resolve walks down from a path; an array of tables stands for its last
// element.
func (s *scanner) resolve(path string, parts []string) string {
	for _, p := range parts {
		path = join(path, p)
		if n := s.counts[path]; n > 0 {
			path += "[" + strconv.Itoa(n) + "]"
		}
	}
	return path
}

func (s *scanner) keyValue(table string) {
	start, line := s.pos, s.line
	parts := s.keyParts()
	s.blank(false)
	if len(parts) == 0 || s.peek(0) != '=' {
		s.skipLine()
		return
	}
	s.pos++
	s.blank(false)
	path := join(s.resolve(table, parts[:len(parts)-1]), parts[len(parts)-1])
	i := s.record(located{path: path, line: line, start: start, value: s.pos})
	s.value(path)
	s.out.all[i].end = s.pos
}

func (s *scanner) skipLine() { s.comment() }

// keyParts reads a dotted key. Parts that are not bare words are quoted, so that
// a path stays unambiguous and printable.
func (s *scanner) keyParts() []string {
	var parts []string
	for {
		s.blank(false)
		part, ok := s.keyPart()
		if !ok {
			return parts
		}
		parts = append(parts, part)
		s.blank(false)
		if s.peek(0) != '.' {
			return parts
		}
		s.pos++
	}
}

func (s *scanner) keyPart() (string, bool) {
	switch c := s.peek(0); c {
	case '"', '\'':
		start := s.pos
		s.quotedText(c)
		raw := string(s.data[start:s.pos])
		if len(raw) < 2 {
			return "", false
		}
		if c == '\'' {
			return keyName(raw[1 : len(raw)-1]), true
		}
		if text, err := strconv.Unquote(raw); err == nil {
			return keyName(text), true
		}
		return keyName(raw[1 : len(raw)-1]), true
	}
	start := s.pos
	for s.pos < len(s.data) && bareByte(s.data[s.pos]) {
		s.pos++
	}
	return string(s.data[start:s.pos]), s.pos > start
}

func bareByte(c byte) bool {
	return letterOrDigit(rune(c)) || c == '-' || c == '_'
}

// keyName writes a decoded key as a part of a path.
func keyName(k string) string {
	for i := 0; i < len(k); i++ {
		if !bareByte(k[i]) {
			return fmt.Sprintf("%q", k)
		}
	}
	if k == "" {
		return `""`
	}
	return k
}

func join(path, part string) string {
	if path == "" {
		return part
	}
	return path + "." + part
}

// value skips one value, recording what stands inside lists and inline tables.
func (s *scanner) value(path string) {
	switch c := s.peek(0); c {
	case '"', '\'':
		if s.peek(1) == c && s.peek(2) == c {
			s.longText(c)
		} else {
			s.quotedText(c)
		}
	case '[':
		s.nested(func() { s.list(path) })
	case '{':
		s.nested(func() { s.inlineTable(path) })
	default:
		for s.pos < len(s.data) && !strings.ContainsRune(",]}#\r\n", rune(s.data[s.pos])) {
			s.pos++
		}
		for s.pos > 0 && (s.data[s.pos-1] == ' ' || s.data[s.pos-1] == '\t') {
			s.pos--
		}
	}
}

func (s *scanner) nested(read func()) {
	s.pos++
	if s.depth++; s.depth > maxDepth {
		if s.out.deep == 0 {
			s.out.deep = s.line
		}
		s.pos = len(s.data)
		return
	}
	s.inside++
	read()
	s.inside--
	s.depth--
}

func (s *scanner) list(path string) {
	for n := 1; ; n++ {
		s.blank(true)
		if s.pos >= len(s.data) || s.data[s.pos] == ']' {
			s.pos = min(s.pos+1, len(s.data))
			return
		}
		before := s.pos
		at := path + "[" + strconv.Itoa(n) + "]"
		i := s.record(located{path: at, line: s.line, start: s.pos, value: s.pos})
		s.value(at)
		s.out.all[i].end = s.pos
		s.blank(true)
		if s.peek(0) == ',' {
			s.pos++
		}
		if s.pos == before {
			s.pos++
		}
	}
}

func (s *scanner) inlineTable(path string) {
	for {
		s.blank(true)
		if s.pos >= len(s.data) || s.data[s.pos] == '}' {
			s.pos = min(s.pos+1, len(s.data))
			return
		}
		before := s.pos
		s.keyValue(path)
		s.blank(true)
		if s.peek(0) == ',' {
			s.pos++
		}
		if s.pos == before {
			s.pos++
		}
	}
}

// quotedText skips "…" or '…' on one line.
func (s *scanner) quotedText(quote byte) {
	for s.pos++; s.pos < len(s.data); s.pos++ {
		switch c := s.data[s.pos]; {
		case c == '\\' && quote == '"':
			s.pos++
		case c == quote:
			s.pos++
			return
		case c == '\n':
			return
		}
	}
	s.pos = len(s.data)
}

// longText skips """…""" or three single quotes, with up to two more quotes
// before the end.
func (s *scanner) longText(quote byte) {
	for s.pos += 3; s.pos < len(s.data); s.pos++ {
		switch c := s.data[s.pos]; {
		case c == '\n':
			s.line++
		case c == '\\' && quote == '"':
			if s.pos++; s.peek(0) == '\n' {
				s.line++
			}
		case c == quote && s.peek(1) == quote && s.peek(2) == quote:
			s.pos += 3
			for i := 0; i < 2 && s.peek(0) == quote; i++ {
				s.pos++
			}
			return
		}
	}
	s.pos = len(s.data)
}
