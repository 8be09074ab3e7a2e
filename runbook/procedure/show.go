package procedure

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// Text writes a task the way it is authored, as TOML: with what an overlay
// added, and without what says nothing.
func (t *Task) Text() string {
	var b strings.Builder
	b.WriteString("[[task]]\n")
	writeTable(&b, reflect.ValueOf(*t), "task")
	return b.String()
}

// writeTable writes the keys of a structure, then its arrays of tables.
func writeTable(b *strings.Builder, v reflect.Value, name string) {
	var tables []int
	for i := range v.NumField() {
		field, key := v.Field(i), v.Type().Field(i).Tag.Get("toml")
		switch {
		case key == "" || field.IsZero() || field.Kind() == reflect.Slice && field.Len() == 0:
		case isTables(field, key):
			tables = append(tables, i)
		default:
			fmt.Fprintf(b, "%s = %s\n", key, inline(field))
		}
	}
	for _, i := range tables {
		field, header := v.Field(i), name+"."+v.Type().Field(i).Tag.Get("toml")
		for n := range field.Len() {
			fmt.Fprintf(b, "\n[[%s]]\n", header)
			writeTable(b, field.Index(n), header)
		}
	}
}

// isTables tells an array of tables from a list that is written inline.
func isTables(v reflect.Value, key string) bool {
	return v.Kind() == reflect.Slice && v.Type().Elem().Kind() == reflect.Struct && key != "expect"
}

// inline writes a value on one line, or a long list on several.
func inline(v reflect.Value) string {
	if d, ok := v.Interface().(Duration); ok {
		return quoted(d.String())
	}
	switch v.Kind() {
	case reflect.Interface:
		return inline(v.Elem())
	case reflect.String:
		return quoted(v.String())
	case reflect.Slice:
		return list(v)
	case reflect.Map:
		keys := v.MapKeys()
		pairs := make(map[string]string, len(keys))
		for _, k := range keys {
			pairs[k.String()] = inline(v.MapIndex(k))
		}
		var out []string
		for _, k := range slices.Sorted(maps.Keys(pairs)) {
			out = append(out, keyText(k)+" = "+pairs[k])
		}
		return "{ " + strings.Join(out, ", ") + " }"
	case reflect.Struct:
		var out []string
		for i := range v.NumField() {
			if key := v.Type().Field(i).Tag.Get("toml"); key != "" && !v.Field(i).IsZero() {
				out = append(out, key+" = "+inline(v.Field(i)))
			}
		}
		return "{ " + strings.Join(out, ", ") + " }"
	}
	return fmt.Sprint(v.Interface())
}

func list(v reflect.Value) string {
	items := make([]string, v.Len())
	for i := range items {
		items[i] = inline(v.Index(i))
	}
	if one := "[" + strings.Join(items, ", ") + "]"; len(one) <= 100 {
		return one
	}
	return "[\n  " + strings.Join(items, ",\n  ") + ",\n]"
}

func keyText(key string) string {
	if key != "" && strings.Trim(key, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-") == "" {
		return key
	}
	return quoted(key)
}

// quoted writes a text as TOML does: literally where it can, else escaped.
func quoted(s string) string {
	if strings.ContainsAny(s, `"\`) && !strings.ContainsFunc(s, func(r rune) bool { return r == '\'' || unicode.IsControl(r) }) {
		return "'" + s + "'"
	}
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b.WriteString(`\` + string(r))
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\t':
			b.WriteString(`\t`)
		case unicode.IsControl(r):
			b.WriteString(`\u` + strconv.FormatInt(int64(r)+0x10000, 16)[1:])
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
	return b.String()
}
