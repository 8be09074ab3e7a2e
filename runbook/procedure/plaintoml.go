package procedure

import (
	"encoding"
	"reflect"
	"strings"
	"sync"
	"unicode/utf8"
)

// The files of a procedure are decoded at every start, and are plain: headers
// of arrays of tables, bare keys, texts, whole numbers, truths, arrays, inline
// tables. This reader takes that much of TOML, straight into the structures
// and many times faster than a full decoder. Whatever it does not know or does
// not like, it leaves to the full one, which then decides and tells what is
// wrong; both must agree on what this one takes.

// decodePlain fills target from a plain text. When it returns false, target is
// as it was.
func decodePlain(text string, target any) bool {
	if !plainCharacters(text) {
		return false
	}
	to := reflect.ValueOf(target).Elem()
	fresh := reflect.New(to.Type()).Elem()
	r := plainReader{rest: text, tables: []plainTable{{at: fresh}}}
	if !r.document() {
		return false
	}
	to.Set(fresh)
	return true
}

// plainCharacters refuses control characters and broken encodings, which no
// part of TOML may hold, and returns of the carriage, which some may.
func plainCharacters(text string) bool {
	for i := range len(text) {
		if c := text[i]; c < ' ' && c != '\n' && c != '\t' || c == 0x7f {
			return false
		}
	}
	return utf8.ValidString(text)
}

type plainReader struct {
	rest   string
	tables []plainTable // the one that keys go into, behind those it lies in
}

// plainTable is a structure being filled.
type plainTable struct {
	at   reflect.Value
	name string // of the array that it is the last element of
	set  uint64 // fields that a key has set, by index
}

// document reads lines until the text ends.
func (r *plainReader) document() bool {
	for {
		r.blank(true)
		switch {
		case r.rest == "":
			return true
		case strings.HasPrefix(r.rest, "[["):
			if !r.header() {
				return false
			}
		case !r.pair():
			return false
		}
		if !r.lineEnd() {
			return false
		}
	}
}

// blank skips blanks and, across lines, comments.
func (r *plainReader) blank(lines bool) {
	for r.rest != "" {
		switch c := r.rest[0]; {
		case c == ' ' || c == '\t' || lines && c == '\n':
			r.rest = r.rest[1:]
		case lines && c == '#':
			r.comment()
		default:
			return
		}
	}
}

func (r *plainReader) comment() {
	end := strings.IndexByte(r.rest, '\n')
	if end < 0 {
		end = len(r.rest)
	}
	r.rest = r.rest[end:]
}

func (r *plainReader) lineEnd() bool {
	r.blank(false)
	if strings.HasPrefix(r.rest, "#") {
		r.comment()
	}
	return r.rest == "" || r.rest[0] == '\n'
}

// take skips one character if it is the next one.
func (r *plainReader) take(c byte) bool {
	if r.rest == "" || r.rest[0] != c {
		return false
	}
	r.rest = r.rest[1:]
	return true
}

// bare reads a bare key.
func (r *plainReader) bare() string {
	n := 0
	for n < len(r.rest) {
		c := r.rest[n]
		if !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || c == '-') {
			break
		}
		n++
	}
	key := r.rest[:n]
	r.rest = r.rest[n:]
	return key
}

// header begins a new element of an array of tables: [[task.check]].
func (r *plainReader) header() bool {
	r.rest = r.rest[2:]
	depth := 1
	for ; ; depth++ {
		name := r.bare()
		if name == "" {
			return false
		}
		if r.take('.') { // a table that is open already
			if depth >= len(r.tables) || r.tables[depth].name != name {
				return false
			}
			continue
		}
		r.tables = r.tables[:min(depth, len(r.tables))]
		return strings.HasPrefix(r.rest, "]]") && depth == len(r.tables) && r.open(name)
	}
}

// open appends an element to the array of that name in the last table.
func (r *plainReader) open(name string) bool {
	r.rest = r.rest[2:]
	parent := &r.tables[len(r.tables)-1]
	i, known := plainFields(parent.at.Type())[name]
	if !known || parent.set&(1<<i) != 0 {
		return false
	}
	array := parent.at.Field(i)
	if array.Kind() != reflect.Slice {
		return false
	}
	array.Set(reflect.Append(array, reflect.Zero(array.Type().Elem())))
	element := array.Index(array.Len() - 1)
	if element.Kind() == reflect.Pointer {
		element.Set(reflect.New(element.Type().Elem()))
		element = element.Elem()
	}
	if element.Kind() != reflect.Struct {
		return false
	}
	r.tables = append(r.tables, plainTable{at: element, name: name})
	return true
}

// pair reads "key = value" into the last table.
func (r *plainReader) pair() bool {
	table := &r.tables[len(r.tables)-1]
	return r.field(table.at, &table.set)
}

// field reads "key = value" into a structure.
func (r *plainReader) field(in reflect.Value, set *uint64) bool {
	i, known := plainFields(in.Type())[r.bare()]
	if !known || *set&(1<<i) != 0 {
		return false
	}
	*set |= 1 << i
	return r.equals() && r.value(in.Field(i))
}

func (r *plainReader) equals() bool {
	r.blank(false)
	if !r.take('=') {
		return false
	}
	r.blank(false)
	return true
}

// plainTypes remembers the fields of structures by key.
var plainTypes sync.Map

// plainFields are the places of fields by the keys that their tags name. A
// structure with too many fields to keep count of has none.
func plainFields(of reflect.Type) map[string]int {
	if known, ok := plainTypes.Load(of); ok {
		return known.(map[string]int)
	}
	fields := map[string]int{}
	for i := range of.NumField() {
		if f := of.Field(i); f.IsExported() && !f.Anonymous && f.Tag.Get("toml") != "" && of.NumField() <= 64 {
			fields[f.Tag.Get("toml")] = i
		}
	}
	plainTypes.Store(of, fields)
	return fields
}

// unmarshaler returns what reads a value from text itself, or nil.
func unmarshaler(to reflect.Value) encoding.TextUnmarshaler {
	if to.Type().PkgPath() == "" { // no methods on unnamed and built-in types
		return nil
	}
	u, _ := to.Addr().Interface().(encoding.TextUnmarshaler)
	return u
}
