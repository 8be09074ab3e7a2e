package answers

import (
	"fmt"
	"reflect"
	"strings"
	"time"

	"coexist/runbook/migration"
)

// Difference is one fact that an edit changes. Added and removed items have an
// empty side.
type Difference struct {
	What     string // where, in words: "site Redmond, server EX13-01, os"
	Old, New string
}

// Differences lists what a migration says otherwise than another.
func Differences(old, new *migration.Migration) []Difference {
	a, b := *old, *new
	var out []Difference
	sites := itemDifferences(old.Sites, new.Sites, "site ", func(s migration.Site) string { return s.Name }, siteDifferences)
	probes := itemDifferences(old.Probes, new.Probes, "test mailbox ", func(p migration.Probe) string { return p.Mailbox },
		func(a, b migration.Probe) []Difference { return flat("", reflect.ValueOf(a), reflect.ValueOf(b)) })
	a.Sites, b.Sites, a.Probes, b.Probes = nil, nil, nil, nil
	out = append(out, flat("", reflect.ValueOf(a), reflect.ValueOf(b))...)
	return append(append(out, sites...), probes...)
}

func siteDifferences(a, b migration.Site) []Difference {
	servers := itemDifferences(a.Servers, b.Servers, "server ", func(s migration.Server) string { return s.Name },
		func(a, b migration.Server) []Difference { return flat("", reflect.ValueOf(a), reflect.ValueOf(b)) })
	a.Servers, b.Servers = nil, nil
	return append(flat("", reflect.ValueOf(a), reflect.ValueOf(b)), servers...)
}

// itemDifferences pairs the items of two lists by name; an unpaired one at the
// same place of both lists was renamed, the others were added or removed.
func itemDifferences[T any](old, new []T, noun string, name func(T) string, inside func(a, b T) []Difference) []Difference {
	find := func(list []T, n string) int {
		for i, e := range list {
			if strings.EqualFold(name(e), n) {
				return i
			}
		}
		return -1
	}
	var out []Difference
	moved := false
	for i, e := range new {
		at := find(old, name(e))
		if at < 0 && i < len(old) && find(new, name(old[i])) < 0 {
			at = i
		}
		if at < 0 {
			out = append(out, Difference{What: noun + name(e), New: "added"})
			continue
		}
		moved = moved || at != i && len(old) == len(new)
		for _, d := range inside(old[at], e) {
			out = append(out, Difference{noun + name(old[at]) + ", " + d.What, d.Old, d.New})
		}
	}
	for i, e := range old {
		if find(new, name(e)) < 0 && (i >= len(new) || find(old, name(new[i])) >= 0) {
			out = append(out, Difference{What: noun + name(e), Old: "removed"})
		}
	}
	if moved && len(out) == 0 {
		out = append(out, Difference{What: "order of " + strings.TrimSpace(noun) + "s", Old: names(old, name), New: names(new, name)})
	}
	return out
}

func names[T any](list []T, name func(T) string) string {
	out := make([]string, len(list))
	for i, e := range list {
		out[i] = name(e)
	}
	return strings.Join(out, ", ")
}

// flat compares two structs of the file format key by key.
func flat(prefix string, a, b reflect.Value) []Difference {
	var out []Difference
	for i := range a.NumField() {
		tag := a.Type().Field(i).Tag.Get("toml")
		x, y := a.Field(i), b.Field(i)
		what := strings.TrimPrefix(prefix+", "+strings.ReplaceAll(tag, "_", " "), ", ")
		if x.Kind() == reflect.Pointer {
			if x.IsNil() && y.IsNil() {
				continue
			}
			if x.IsNil() != y.IsNil() {
				out = append(out, Difference{what, presence(x), presence(y)})
			}
			x, y = pointed(x), pointed(y)
		}
		if _, isTime := x.Interface().(time.Time); x.Kind() == reflect.Struct && !isTime {
			out = append(out, flat(what, x, y)...)
			continue
		}
		if p, q := shown(x), shown(y); p != q {
			out = append(out, Difference{what, p, q})
		}
	}
	return out
}

func pointed(v reflect.Value) reflect.Value {
	if v.IsNil() {
		return reflect.New(v.Type().Elem()).Elem()
	}
	return v.Elem()
}

func presence(v reflect.Value) string {
	if v.IsNil() {
		return "none"
	}
	return "given"
}

func shown(v reflect.Value) string {
	switch x := v.Interface().(type) {
	case time.Time:
		return formatMoment(x)
	case []string:
		return joinList(x)
	case bool:
		if x {
			return "yes"
		}
		return "no"
	}
	return fmt.Sprint(v.Interface())
}
