package migration

import (
	"bytes"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"time"
)

// Format writes a whole migration with a comment to every key that is not plain
// from its name. Keys that may be left out and are empty stand there as
// comments, so that the file shows what could be said.
func Format(m *Migration) []byte {
	w := &writer{end: "\n"}
	w.line("# Migration to Exchange 2013. Lines that begin with # are comments.")
	w.line("")
	w.line("format = " + strconv.Itoa(m.Format))
	rv := reflect.ValueOf(*m)
	for _, f := range rootFields {
		table, array := tableOf(f.typ)
		switch {
		case table == nil:
		case array:
			list := rv.Field(f.index)
			for i := range list.Len() {
				w.element(f.name, list.Index(i), i == 0)
			}
		default:
			w.table(f.name, rv.Field(f.index), "")
		}
	}
	return w.out.Bytes()
}

// writer builds a file.
type writer struct {
	out bytes.Buffer
	end string // of a line
}

func (w *writer) line(s string) {
	w.out.WriteString(s + w.end)
}

// table writes [shape]; a table that is absent stands there as a comment.
func (w *writer) table(shape string, v reflect.Value, indent string) {
	absent := v.Kind() == reflect.Pointer && v.IsNil()
	if absent && indent != "" {
		return
	}
	mute := ""
	if absent {
		mute, v = "# ", reflect.New(v.Type().Elem())
	}
	v = reflect.Indirect(v)
	w.line("")
	w.line(withComment(indent+mute+"["+shape+"]", comments[shape]))
	for _, f := range fieldsOf(v.Type()) {
		w.key(shape, f, v.Field(f.index), indent, absent)
	}
}

// element writes one table of an array with what stands below it.
func (w *writer) element(shape string, v reflect.Value, explain bool) {
	indent := strings.Repeat("  ", strings.Count(shape, "."))
	comment := ""
	if explain {
		comment = comments[shape]
	}
	if indent == "" {
		w.line("")
	}
	w.line(withComment(indent+"[["+shape+"]]", comment))
	var below []field
	for _, f := range fieldsOf(v.Type()) {
		if table, _ := tableOf(f.typ); table != nil {
			below = append(below, f)
			continue
		}
		if !empty(v.Field(f.index)) || alwaysWritten[shape+"."+f.name] {
			w.key(shape, f, v.Field(f.index), indent, false)
		}
	}
	for _, f := range below {
		if _, array := tableOf(f.typ); !array {
			w.table(shape+"."+f.name, v.Field(f.index), indent+"  ")
			continue
		}
		for i := range v.Field(f.index).Len() {
			w.element(shape+"."+f.name, v.Field(f.index).Index(i), false)
		}
	}
}

// key writes one key with its comment.
func (w *writer) key(shape string, f field, v reflect.Value, indent string, mute bool) {
	path := shape + "." + f.name
	explain := comments[path]
	if rest, ok := strings.CutPrefix(path, "site.dag."); ok {
		explain = comments["dag."+rest]
	}
	text := literal(v)
	if mute || (empty(v) && !alwaysWritten[path] && f.typ.Kind() != reflect.Bool) {
		indent += "# "
		if example, ok := examples[path]; ok {
			text = example
		}
	}
	w.line(withComment(indent+f.name+" = "+text, explain))
}

const commentColumn = 44

func withComment(line, comment string) string {
	if comment == "" {
		return line
	}
	if pad := commentColumn - len([]rune(line)); pad > 2 {
		return line + strings.Repeat(" ", pad) + "# " + comment
	}
	return line + "  # " + comment
}

// empty tells whether a value says nothing. A list that is there but empty says
// something: a DAG with addresses = [] takes them from DHCP.
func empty(v reflect.Value) bool {
	if v.Kind() == reflect.Slice {
		return v.IsNil()
	}
	if t, ok := v.Interface().(time.Time); ok {
		return t.IsZero()
	}
	return v.IsZero()
}

// literal writes a value as TOML.
func literal(v reflect.Value) string {
	switch x := v.Interface().(type) {
	case string:
		return textLiteral(x)
	case bool:
		return strconv.FormatBool(x)
	case int:
		return strconv.Itoa(x)
	case time.Time:
		return x.Format(timeLayout)
	case []string:
		parts := make([]string, len(x))
		for i, s := range x {
			parts[i] = textLiteral(s)
		}
		return "[" + strings.Join(parts, ", ") + "]"
	}
	return `""`
}

// textLiteral quotes a text, preferring single quotes for Windows paths and
// accounts, which read better with single backslashes.
func textLiteral(s string) string {
	plain := !strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r == 0x7f })
	if plain && strings.Contains(s, `\`) && !strings.Contains(s, "'") {
		return "'" + s + "'"
	}
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r < ' ' || r == 0x7f:
			fmt.Fprintf(&b, `\u%04X`, r)
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
	return b.String()
}
