package migration

import (
	"fmt"
	"reflect"
	"sort"
	"strings"
	"time"
)

// decoder moves decoded TOML into a Migration and notes what does not fit,
// instead of ending at the first misfit.
type decoder struct {
	list   []Problem
	broken []string // keys whose value is not in the Migration
	where  *locations
}

var (
	timeType   = reflect.TypeOf(time.Time{})
	rootFields = fieldsOf(reflect.TypeOf(Migration{}))
)

// field is one key of a table.
type field struct {
	name  string
	index int
	typ   reflect.Type
}

// fieldsOf lists a table's keys in the order of the file format.
func fieldsOf(t reflect.Type) []field {
	var out []field
	for i := range t.NumField() {
		if name := t.Field(i).Tag.Get("toml"); name != "" {
			out = append(out, field{name, i, t.Field(i).Type})
		}
	}
	return out
}

func fieldNames(fields []field) []string {
	out := make([]string, len(fields))
	for i, f := range fields {
		out[i] = f.name
	}
	return out
}

// tableOf returns the struct behind a field that is a table or an array of
// tables.
func tableOf(t reflect.Type) (table reflect.Type, array bool) {
	if t.Kind() == reflect.Slice {
		t, array = t.Elem(), true
	}
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct || t == timeType {
		return nil, false
	}
	return t, array
}

//go:noinline
func (d *decoder) misfit(key, expected, format string, args ...any) {
	d.list = append(d.list, Problem{Key: key, Expected: expected, Message: fmt.Sprintf(format, args...)})
	d.broken = append(d.broken, key)
}

// table fills a struct from a TOML table.
func (d *decoder) table(raw map[string]any, to reflect.Value, path, shape string) {
	fields := fieldsOf(to.Type())
	names := make([]string, 0, len(raw))
	for name := range raw {
		names = append(names, name)
	}
	sort.Strings(names)
next:
	for _, name := range names {
		for _, f := range fields {
			if f.name == name {
				d.value(raw[name], to.Field(f.index), join(path, name), join(shape, name))
				continue next
			}
		}
		d.unknown(name, raw[name], fields, path, shape)
	}
}

func (d *decoder) value(raw any, to reflect.Value, path, shape string) {
	if table, array := tableOf(to.Type()); table != nil {
		if array {
			d.tables(raw, to, path, shape)
		} else {
			d.single(raw, to, path, shape)
		}
		return
	}
	switch to.Kind() {
	case reflect.Slice:
		d.texts(raw, to, path)
	case reflect.String:
		if s, ok := raw.(string); ok {
			to.SetString(s)
		} else {
			d.misfit(path, "a text between quotes", "is %s", found(raw))
		}
	case reflect.Bool:
		if b, ok := raw.(bool); ok {
			to.SetBool(b)
		} else {
			d.misfit(path, "true or false, without quotes", "is %s", found(raw))
		}
	case reflect.Int:
		if n, ok := raw.(int64); ok {
			to.SetInt(n)
		} else {
			d.misfit(path, "a whole number, without quotes", "is %s", found(raw))
		}
	case reflect.Struct:
		d.time(raw, to, path)
	}
}

func (d *decoder) time(raw any, to reflect.Value, path string) {
	t, ok := raw.(time.Time)
	if !ok || strings.HasSuffix(t.Location().String(), "-local") {
		d.misfit(path, "a date and a time with its offset, without quotes, such as 2026-11-28T22:00:00+01:00", "is %s", found(raw))
		return
	}
	if y := t.UTC().Year(); y < 1 || y > 9998 {
		d.misfit(path, "a year of this century", "is %s", found(raw))
		return
	}
	to.Set(reflect.ValueOf(t))
}

func (d *decoder) texts(raw any, to reflect.Value, path string) {
	list, ok := raw.([]any)
	if !ok {
		d.misfit(path, `a list of texts, such as ["a", "b"]`, "is %s", found(raw))
		return
	}
	out := make([]string, 0, len(list))
	for i, one := range list {
		s, ok := one.(string)
		if !ok {
			d.misfit(element(path, i), "a text between quotes", "is %s", found(one))
		}
		out = append(out, s)
	}
	to.Set(reflect.ValueOf(out))
}

func (d *decoder) single(raw any, to reflect.Value, path, shape string) {
	m, ok := raw.(map[string]any)
	if !ok {
		d.misfit(path, fmt.Sprintf("one table, [%s]", shape), "is %s", found(raw))
		return
	}
	if to.Kind() == reflect.Pointer {
		to.Set(reflect.New(to.Type().Elem()))
		to = to.Elem()
	}
	d.table(m, to, path, shape)
}

func (d *decoder) tables(raw any, to reflect.Value, path, shape string) {
	var list []any
	switch l := raw.(type) {
	case []map[string]any:
		for _, m := range l {
			list = append(list, m)
		}
	case []any:
		list = l
	default:
		d.misfit(path, fmt.Sprintf("a table for each, under [[%s]] with double brackets", shape), "is %s", found(raw))
		return
	}
	if len(list) == 0 {
		return
	}
	out := reflect.MakeSlice(to.Type(), len(list), len(list))
	for i, one := range list {
		m, ok := one.(map[string]any)
		if !ok {
			d.misfit(element(path, i), "a table", "is %s", found(one))
			continue
		}
		d.table(m, out.Index(i), element(path, i), shape)
	}
	to.Set(out)
}

// found names what stands in the file.
func found(raw any) string {
	switch x := raw.(type) {
	case string:
		return fmt.Sprintf("the text %q", shown(shorten(x)))
	case bool:
		return fmt.Sprintf("%t", x)
	case int64:
		return fmt.Sprintf("the number %d", x)
	case float64:
		return fmt.Sprintf("the number %v with a fraction", x)
	case time.Time:
		switch x.Location().String() {
		case "datetime-local":
			return "the date and time " + x.Format("2006-01-02T15:04:05") + " without an offset"
		case "date-local":
			return "the date " + x.Format("2006-01-02") + " without a time"
		case "time-local":
			return "the time " + x.Format("15:04:05") + " without a date"
		}
		return "the date and time " + x.Format(timeLayout)
	case map[string]any:
		return "one table"
	case []map[string]any:
		return "a list of tables"
	case []any:
		return "a list"
	default:
		return "of another type"
	}
}

func shorten(s string) string {
	if r := []rune(s); len(r) > 60 {
		return string(r[:60]) + "…"
	}
	return s
}

// unknown tells about a key that its table does not have, and where it belongs
// if another table has it.
func (d *decoder) unknown(name string, raw any, fields []field, path, shape string) {
	key := join(path, keyName(name))
	p := Problem{Key: key, Message: "unknown key"}
	homes := homesOf(name)
	switch {
	case strings.HasPrefix(shape, "site.") && contains(homes, "[[site]]"):
		table, first := strings.TrimPrefix(shape, "site."), d.firstBelow(path)
		header := "[[site." + table + "]]"
		if table == "dag" {
			header = "[site.dag]"
		}
		p.Message = fmt.Sprintf("this key of the site stands below %s, so it counts as a key of the %s", header, table)
		p.Expected = fmt.Sprintf("it above line %d, between [[site]] and the first table of the site", first)
		above := parent(path)
		if table == "server" {
			above = parent(above)
		}
		if key := above + "." + name; !contains(d.broken[max(0, len(d.broken)-1):], key) {
			d.broken = append(d.broken, key) // once for a row of servers
		}
	case len(homes) > 0:
		p.Message = fmt.Sprintf("%s has no key %q", tableName(shape), name)
		for i, h := range homes {
			if i == 0 {
				p.Expected = "it "
			} else {
				p.Expected += " or "
			}
			p.Expected += place(h, name)
			d.broken = append(d.broken, join(strings.Trim(h, "[]"), name))
		}
	default:
		known := fieldNames(fields)
		p.Expected, p.Nearest = oneOf(known), nearest(name, known)
		if p.Nearest != "" {
			d.broken = append(d.broken, join(path, p.Nearest))
		}
	}
	if isTable(raw) && p.Message == "unknown key" {
		p.Message = "unknown table"
	}
	d.list = append(d.list, p)
}

// firstBelow is the line of the first table below the site that a path is in.
func (d *decoder) firstBelow(path string) int {
	site := path
	if i := strings.IndexByte(path, ']'); i >= 0 {
		site = path[:i+1]
	}
	for _, l := range d.where.all {
		if l.header && l.path != site && within(l.path, site) {
			return l.line
		}
	}
	return d.where.line(path)
}

func isTable(raw any) bool {
	switch raw.(type) {
	case map[string]any, []map[string]any:
		return true
	}
	return false
}

// place says where a key belongs; a key that is a table itself is named by its
// own header.
func place(home, name string) string {
	switch own := tableHeader(join(strings.Trim(home, "[]"), name)); {
	case own != "" && home != "":
		return "as " + own + " below its " + home
	case own != "":
		return "as " + own
	case home == "":
		return "at the top of the file, above the first table"
	}
	return "in " + home
}

// tableHeader is the header of a table by its path without indexes; empty for a
// plain key.
func tableHeader(shape string) string {
	t, header := reflect.TypeOf(Migration{}), ""
	for _, part := range strings.Split(shape, ".") {
		header = ""
		for _, f := range fieldsOf(t) {
			if table, array := tableOf(f.typ); f.name == part && table != nil {
				t, header = table, "["+shape+"]"
				if array {
					header = "[[" + shape + "]]"
				}
				break
			}
		}
	}
	return header
}

func tableName(shape string) string {
	if shape == "" {
		return "the top of the file"
	}
	return tableHeader(shape)
}

// homesOf lists the tables that have a key, written as their headers; the top of
// the file is the empty one.
func homesOf(name string) []string {
	var out []string
	var walk func(fields []field, shape, header string)
	walk = func(fields []field, shape, header string) {
		for _, f := range fields {
			table, array := tableOf(f.typ)
			if f.name == name {
				out = append(out, header)
			}
			if table == nil {
				continue
			}
			below := join(shape, f.name)
			if array {
				walk(fieldsOf(table), below, "[["+below+"]]")
			} else {
				walk(fieldsOf(table), below, "["+below+"]")
			}
		}
	}
	walk(rootFields, "", "")
	return out
}
