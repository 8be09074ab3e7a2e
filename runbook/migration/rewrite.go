package migration

import (
	"bytes"
	"reflect"
	"slices"
	"strings"
)

// Rewrite brings an existing file to say what m says. Comments, the order of
// tables and keys, line ends and a byte order mark stay wherever a line need not
// change. A file whose layout does not allow that (tables written inline, say), or that is not
// a migration, is written anew as Format does.
func Rewrite(old []byte, m *Migration) []byte {
	if text, marked := bytes.CutPrefix(old, byteOrderMark); marked {
		return slices.Concat(byteOrderMark, Rewrite(text, m))
	}
	end := "\n"
	if i := bytes.IndexByte(old, '\n'); i > 0 && old[i-1] == '\r' {
		end = "\r\n"
	}
	whole := Format(m)
	if before, where, ok := lenient(old); ok {
		out := newRewriter(old, where, end).file(before, m)
		if after, _, ok := lenient(out); ok && bytes.Equal(Format(after), whole) {
			return out
		}
	}
	if end != "\n" {
		whole = bytes.ReplaceAll(whole, []byte("\n"), []byte(end))
	}
	return whole
}

// lenient decodes a file without judging its values.
func lenient(data []byte) (*Migration, *locations, bool) {
	if len(checkText(data)) > 0 {
		return nil, nil, false
	}
	where := locate(data)
	raw, list := decodeTOML(data, where)
	m := &Migration{}
	d := &decoder{where: where, list: list}
	if len(list) == 0 {
		d.table(raw, reflect.ValueOf(m).Elem(), "", "")
	}
	return m, where, len(d.list) == 0
}

// rewriter works on chunks: a table's header with the comment directly above it
// and everything up to the next chunk.
type rewriter struct {
	old    []byte
	where  *locations
	end    string
	chunks []chunk
	out    bytes.Buffer
}

type chunk struct {
	path       string // of the table; empty for the top of the file
	start, end int
}

func newRewriter(old []byte, where *locations, end string) *rewriter {
	r := &rewriter{old: old, where: where, end: end, chunks: []chunk{{}}}
	for _, l := range where.all {
		if l.header {
			start := r.aboveComments(r.lineStart(l.start))
			r.chunks[len(r.chunks)-1].end = start
			r.chunks = append(r.chunks, chunk{path: l.path, start: start})
		}
	}
	r.chunks[len(r.chunks)-1].end = len(old)
	return r
}

func (r *rewriter) lineStart(pos int) int { return bytes.LastIndexByte(r.old[:pos], '\n') + 1 }

// lineEnd is the position behind the end of the line that pos is in.
func (r *rewriter) lineEnd(pos int) int {
	if i := bytes.IndexByte(r.old[pos:], '\n'); i >= 0 {
		return pos + i + 1
	}
	return len(r.old)
}

// aboveComments moves up over the comment lines directly above a header.
func (r *rewriter) aboveComments(start int) int {
	for start > 0 {
		above := r.lineStart(start - 1)
		if line := bytes.TrimSpace(r.old[above:start]); len(line) == 0 || line[0] != '#' {
			return start
		}
		start = above
	}
	return start
}

// emit writes text and sees to it that it begins on a line of its own.
func (r *rewriter) emit(text []byte) {
	if n := r.out.Len(); len(text) > 0 && n > 0 && r.out.Bytes()[n-1] != '\n' {
		r.out.WriteString(r.end)
	}
	r.out.Write(text)
}

// file goes through the top-level tables in their old order.
func (r *rewriter) file(before, after *Migration) []byte {
	was, is := reflect.ValueOf(*before), reflect.ValueOf(*after)
	lists := map[string]*slots{}
	for _, f := range rootFields {
		if table, array := tableOf(f.typ); table != nil && array {
			lists[f.name] = newSlots(f.name, was.Field(f.index), is.Field(f.index))
		}
	}
	seen := map[string]bool{}
	placed := false
	for _, c := range r.chunks {
		top, _, _ := strings.Cut(c.path, ".")
		name, _, _ := strings.Cut(top, "[")
		list, array := lists[name]
		if array && !placed {
			placed = true
			r.newTables(was, is, seen)
		}
		switch {
		case c.path == "":
			r.emit(r.edited(c, was, is, ""))
		case array && top == c.path:
			if name == "site" {
				r.rest(lists["probe"], lists["probe"].old.Len() == 0)
			}
			r.slot(list)
		case array: // told with its element
		default:
			seen[name] = true
			r.single(c, name, was, is)
		}
	}
	if !placed {
		r.newTables(was, is, seen)
	}
	r.rest(lists["probe"], true)
	r.rest(lists["site"], true)
	return r.out.Bytes()
}

func rootField(name string) (field, bool) {
	for _, f := range rootFields {
		if f.name == name {
			return f, true
		}
	}
	return field{}, false
}

// single writes an ordinary table, or drops it when it is gone.
func (r *rewriter) single(c chunk, name string, was, is reflect.Value) {
	f, ok := rootField(name)
	if !ok {
		return
	}
	to := is.Field(f.index)
	if to.Kind() == reflect.Pointer && to.IsNil() {
		return
	}
	r.emit(r.edited(c, reflect.Indirect(was.Field(f.index)), reflect.Indirect(to), name))
}

// newTables writes the tables that the file does not have and now needs.
func (r *rewriter) newTables(was, is reflect.Value, seen map[string]bool) {
	for _, f := range rootFields {
		table, array := tableOf(f.typ)
		if table == nil || array || seen[f.name] || r.later(f.name) {
			continue
		}
		if v := is.Field(f.index); !v.IsZero() && !r.equal(was.Field(f.index), v) {
			w := &writer{end: r.end}
			w.table(f.name, v, "")
			r.emit(w.out.Bytes())
		}
	}
}

// later tells whether a table has a chunk somewhere.
func (r *rewriter) later(name string) bool {
	for _, c := range r.chunks {
		if c.path == name {
			return true
		}
	}
	return false
}

func (r *rewriter) equal(a, b reflect.Value) bool {
	return reflect.DeepEqual(a.Interface(), b.Interface())
}

// slots pairs the old elements of an array of tables with the new ones.
type slots struct {
	shape    string
	path     string // of the array, with the indexes of what is around
	old, now reflect.Value
	from     []int // for each new element the old one it was, or -1
	next     int
}

func newSlots(path string, old, now reflect.Value) *slots {
	s := &slots{shape: shapeOf(path), path: path, old: old, now: now, from: make([]int, now.Len())}
	taken := map[int]bool{}
	for i := range s.from {
		s.from[i] = -1
		for j := range old.Len() {
			if !taken[j] && same(elementName(old.Index(j)), elementName(now.Index(i))) {
				s.from[i], taken[j] = j, true
				break
			}
		}
	}
	for i := range s.from { // what stands at its old place under a new name was renamed
		if s.from[i] < 0 && i < old.Len() && !taken[i] {
			s.from[i], taken[i] = i, true
		}
	}
	return s
}

func shapeOf(path string) string {
	for {
		i := strings.IndexByte(path, '[')
		if i < 0 {
			return path
		}
		path = path[:i] + path[i+strings.IndexByte(path[i:], ']')+1:]
	}
}

// elementName is what tells elements of a list apart.
func elementName(v reflect.Value) string {
	switch x := v.Interface().(type) {
	case Site:
		return x.Name
	case Server:
		return x.Name
	case Probe:
		return x.Mailbox
	}
	return ""
}

// slot writes the element that now has the next place.
func (r *rewriter) slot(s *slots) {
	if s.next >= s.now.Len() {
		return
	}
	r.element(s, s.next)
	s.next++
	if s.next == s.old.Len() {
		r.rest(s, true)
	}
}

// rest writes the elements for which there is no old place.
func (r *rewriter) rest(s *slots, now bool) {
	for ; now && s.next < s.now.Len(); s.next++ {
		r.element(s, s.next)
	}
}

func (r *rewriter) element(s *slots, i int) {
	if s.from[i] < 0 {
		w := &writer{end: r.end}
		w.element(s.shape, s.now.Index(i), false)
		r.emit(w.out.Bytes())
		return
	}
	path := element(s.path, s.from[i])
	was, is := s.old.Index(s.from[i]), s.now.Index(i)
	servers := (*slots)(nil)
	if s.shape == "site" {
		servers = newSlots(path+".server", was.FieldByName("Servers"), is.FieldByName("Servers"))
	}
	for _, c := range r.chunks {
		switch {
		case c.path == path:
			r.emit(r.edited(c, was, is, s.shape))
			if servers != nil && !r.later(path+".dag") && !is.FieldByName("DAG").IsNil() {
				w := &writer{end: r.end}
				w.table(s.shape+".dag", is.FieldByName("DAG"), "  ")
				r.emit(w.out.Bytes())
			}
		case !within(c.path, path):
		case c.path == path+".dag":
			if d := is.FieldByName("DAG"); !d.IsNil() {
				r.emit(r.edited(c, was.FieldByName("DAG").Elem(), d.Elem(), s.shape+".dag"))
			}
		case servers != nil:
			r.slot(servers)
		}
	}
	if servers != nil {
		r.rest(servers, true)
	}
}
