package migration

import (
	"bytes"
	"reflect"
	"strings"
)

// change replaces a stretch of the old file.
type change struct {
	start, end int
	text       string
}

// edited returns a chunk with the lines of changed keys replaced, added or
// taken out.
func (r *rewriter) edited(c chunk, was, is reflect.Value, shape string) []byte {
	var list []change
	for _, f := range fieldsOf(is.Type()) {
		if table, _ := tableOf(f.typ); table != nil {
			continue
		}
		a, b := was.Field(f.index), is.Field(f.index)
		if literal(a) == literal(b) && empty(a) == empty(b) {
			continue
		}
		at, there := r.where.find(join(c.path, f.name))
		switch {
		case there && (at.inline || at.start < c.start || at.end > c.end):
		case there && empty(b) && f.typ.Kind() != reflect.Bool && !alwaysWritten[shape+"."+f.name]:
			list = append(list, change{r.lineStart(at.start), r.lineEnd(at.end), ""})
		case there:
			list = append(list, r.replaced(at, a, b)...)
		default:
			list = append(list, r.added(c, shape, f, b))
		}
	}
	return r.apply(c, list)
}

// replaced changes a value; of a list of equal length only the elements that
// differ, so that comments between them stay.
func (r *rewriter) replaced(at located, was, is reflect.Value) []change {
	old, ok := was.Interface().([]string)
	now, _ := is.Interface().([]string)
	if !ok || len(old) != len(now) || len(now) == 0 {
		return []change{r.value(at, literal(is))}
	}
	var list []change
	for i := range now {
		if old[i] == now[i] {
			continue
		}
		one, ok := r.where.find(element(at.path, i))
		if !ok {
			return []change{r.value(at, literal(is))}
		}
		list = append(list, change{one.value, one.end, textLiteral(now[i])})
	}
	return list
}

// value replaces one value and keeps a comment behind it in its column.
func (r *rewriter) value(at located, text string) change {
	end := at.end
	blanks := len(r.old[end:]) - len(bytes.TrimLeft(r.old[end:], " "))
	if end+blanks < len(r.old) && r.old[end+blanks] == '#' && blanks > 0 {
		keep := blanks + (at.end - at.value) - len(text)
		text += strings.Repeat(" ", max(keep, 2))
		end += blanks
	}
	return change{at.value, end, text}
}

// added puts a new key behind the last one of its table.
func (r *rewriter) added(c chunk, shape string, f field, v reflect.Value) change {
	pos, indent := c.start, ""
	for _, l := range r.where.all {
		own := l.path == c.path || (!l.inline && parent(l.path) == c.path)
		if l.start < c.start || l.start >= c.end || !own {
			continue
		}
		from := r.lineStart(l.start)
		pos, indent = r.lineEnd(l.end), string(r.old[from:l.start])
	}
	if strings.TrimSpace(indent) != "" {
		indent = ""
	}
	w := &writer{end: r.end}
	w.key(shape, f, v, indent, false)
	text := w.out.String()
	if pos > 0 && r.old[pos-1] != '\n' {
		text = r.end + text
	}
	return change{pos, pos, text}
}

// apply makes the changes, which do not overlap, in the order of the file.
func (r *rewriter) apply(c chunk, list []change) []byte {
	var out []byte
	pos := c.start
	for len(list) > 0 {
		next := 0
		for i, one := range list {
			if one.start < list[next].start {
				next = i
			}
		}
		one := list[next]
		list = append(list[:next], list[next+1:]...)
		if one.start < pos || one.end > c.end {
			continue
		}
		out = append(append(out, r.old[pos:one.start]...), one.text...)
		pos = one.end
	}
	return append(out, r.old[pos:c.end]...)
}
