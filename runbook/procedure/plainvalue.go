package procedure

import (
	"reflect"
	"strconv"
	"strings"
)

// value reads a value into a field of a structure.
func (r *plainReader) value(to reflect.Value) bool {
	if u := unmarshaler(to); u != nil {
		text, ok := r.text()
		return ok && u.UnmarshalText([]byte(text)) == nil
	}
	switch to.Kind() {
	case reflect.String:
		text, ok := r.text()
		to.SetString(text)
		return ok
	case reflect.Bool:
		truth, ok := r.truth()
		to.SetBool(truth)
		return ok
	case reflect.Int:
		number, ok := r.number()
		to.SetInt(number)
		return ok
	case reflect.Struct:
		return r.inline(func(set *uint64) bool { return r.field(to, set) })
	case reflect.Slice:
		to.Set(reflect.MakeSlice(to.Type(), 0, 0))
		return r.array(func() bool {
			to.Set(reflect.Append(to, reflect.Zero(to.Type().Elem())))
			return r.value(to.Index(to.Len() - 1))
		})
	case reflect.Map:
		return r.plainMap(to)
	}
	return false
}

// plainMap reads an inline table into a map of texts or of anything.
func (r *plainReader) plainMap(to reflect.Value) bool {
	switch m := to.Addr().Interface().(type) {
	case *map[string]any:
		return mapOf(r, m, r.anything)
	case *map[string]string:
		return mapOf(r, m, r.text)
	}
	return false
}

func mapOf[T any](r *plainReader, to *map[string]T, value func() (T, bool)) bool {
	m := map[string]T{}
	*to = m
	return r.inline(func(*uint64) bool {
		key := r.bare()
		if _, double := m[key]; double || key == "" || !r.equals() {
			return false
		}
		v, ok := value()
		m[key] = v
		return ok
	})
}

// anything reads a value that no structure has a say in. Tables in tables are
// left to the full decoder.
func (r *plainReader) anything() (any, bool) {
	if r.rest == "" {
		return nil, false
	}
	switch c := r.rest[0]; {
	case c == '"' || c == '\'':
		return r.text()
	case c == 't' || c == 'f':
		return r.truth()
	case c == '[':
		list := []any{}
		ok := r.array(func() bool {
			v, ok := r.anything()
			list = append(list, v)
			return ok
		})
		return list, ok
	}
	return r.number()
}

// inline reads an inline table on one line; pair reads each "key = value".
func (r *plainReader) inline(pair func(set *uint64) bool) bool {
	if !r.take('{') {
		return false
	}
	var set uint64
	if r.blank(false); r.take('}') {
		return true
	}
	for {
		if r.blank(false); !pair(&set) {
			return false
		}
		if r.blank(false); r.take('}') {
			return true
		}
		if !r.take(',') {
			return false
		}
	}
}

// array reads an array, which may go over several lines.
func (r *plainReader) array(element func() bool) bool {
	if !r.take('[') {
		return false
	}
	for {
		if r.blank(true); r.take(']') {
			return true
		}
		if !element() {
			return false
		}
		r.blank(true)
		if !r.take(',') && !strings.HasPrefix(r.rest, "]") {
			return false
		}
	}
}

func (r *plainReader) truth() (value, ok bool) {
	switch r.bare() {
	case "true":
		return true, true
	case "false":
		return false, true
	}
	return false, false
}

// number reads a whole number in its simplest form.
func (r *plainReader) number() (int64, bool) {
	digits := r.bare()
	n, err := strconv.ParseInt(digits, 10, 64)
	return n, err == nil && strconv.FormatInt(n, 10) == digits && !strings.HasPrefix(r.rest, ".") && !strings.HasPrefix(r.rest, ":")
}

// text reads a text in any of its forms but the one with three double quotes.
func (r *plainReader) text() (string, bool) {
	switch {
	case strings.HasPrefix(r.rest, `"""`), r.rest == "":
		return "", false
	case strings.HasPrefix(r.rest, `'''`):
		text, after, found := strings.Cut(strings.TrimPrefix(r.rest[3:], "\n"), `'''`)
		r.rest = after
		return text, found && !strings.HasPrefix(after, `'`)
	case r.rest[0] == '\'':
		text, after, found := strings.Cut(r.rest[1:], `'`)
		r.rest = after
		return text, found && !strings.Contains(text, "\n")
	case r.rest[0] == '"':
		return r.quoted()
	}
	return "", false
}

// quoted reads a text in double quotes with the usual escapes.
func (r *plainReader) quoted() (string, bool) {
	s := r.rest[1:]
	end := strings.IndexAny(s, "\"\\\n")
	if end < 0 || s[end] == '\n' {
		return "", false
	}
	if s[end] == '"' {
		r.rest = s[end+1:]
		return s[:end], true
	}
	var out strings.Builder
	for end >= 0 && s[end] == '\\' && end+1 < len(s) {
		out.WriteString(s[:end])
		switch s[end+1] {
		case '"', '\\':
			out.WriteByte(s[end+1])
		case 'n':
			out.WriteByte('\n')
		case 't':
			out.WriteByte('\t')
		default:
			return "", false
		}
		s = s[end+2:]
		end = strings.IndexAny(s, "\"\\\n")
	}
	if end < 0 || s[end] != '"' {
		return "", false
	}
	out.WriteString(s[:end])
	r.rest = s[end+1:]
	return out.String(), true
}
