package lab

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"coexist/checks"
)

// The shell of a rehearsal answers the reading pipelines that procedures
// contain: cmdlets that get or test, and the few commands that filter, choose
// and sort. Whatever it does not know is an error, so that a check stays
// undecided: it never makes an answer up.

// Shell answers a cmdlet check as the Exchange Management Shell would on the
// server that the check stands on, or on any server where it stands on none.
func (o *Organization) Shell(ctx context.Context, c checks.Check) ([]checks.Row, error) {
	return o.Read(ctx, c.Target, c.Params.String("command"), c.Params.Strings("properties"))
}

// Read evaluates a reading pipeline on a server and reads properties of the
// objects it returns. An unknown server means the management shell's own host.
func (o *Organization) Read(ctx context.Context, server, command string, properties []string) ([]checks.Row, error) {
	run, err := parseShell(command)
	if err != nil {
		return nil, err
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	s := &scope{org: o, ctx: ctx, vars: map[string]any{}}
	if s.at = o.shellHost(server); s.at == nil {
		return nil, fmt.Errorf("no server of the organisation runs a shell")
	}
	out, err := run(s)
	if err != nil {
		return nil, err
	}
	var rows []checks.Row
	for _, v := range out {
		row := checks.Row{}
		for _, name := range properties {
			value, err := member(v, name)
			if err != nil {
				return nil, err
			}
			row[name] = texts(value)
		}
		rows = append(rows, row)
	}
	return rows, nil
}

// scope is where a pipeline runs.
type scope struct {
	org  *Organization
	ctx  context.Context
	at   *item // the server
	vars map[string]any
}

// with runs something with another current object.
func (s *scope) with(v any) *scope {
	inner := *s
	inner.vars = make(map[string]any, len(s.vars)+1)
	for k, old := range s.vars {
		inner.vars[k] = old
	}
	inner.vars["_"] = v
	return &inner
}

// item is what a cmdlet returns: properties by lower-case name. A property
// that is there without a value is nil; one that is not there is not known.
type item struct {
	noun  string
	props map[string]any
}

func newItem(noun string, pairs ...any) *item {
	o := &item{noun: noun, props: map[string]any{}}
	for i := 0; i+1 < len(pairs); i += 2 {
		o.set(pairs[i].(string), pairs[i+1])
	}
	return o
}

func (o *item) set(name string, v any) { o.props[strings.ToLower(name)] = v }

func (o *item) get(name string) any { return o.props[strings.ToLower(name)] }

func (o *item) text(name string) string { return text(o.get(name)) }

// reader is a value that answers members itself.
type reader interface {
	member(name string) (any, error)
}

// method is a member that is called.
type method func(args []any) (any, error)

// member reads a property. Lists give the property of each element.
func member(v any, name string) (any, error) {
	switch v := v.(type) {
	case *item:
		if got, ok := v.props[strings.ToLower(name)]; ok {
			if later, ok := got.(lazy); ok {
				return later(), nil
			}
			return got, nil
		}
		return nil, fmt.Errorf("the rehearsal keeps no property %s of %s", name, v.noun)
	case reader:
		return v.member(name)
	case []any:
		var out []any
		for _, e := range v {
			got, err := member(e, name)
			if err != nil {
				return nil, err
			}
			out = append(out, got)
		}
		return out, nil
	case string:
		if strings.EqualFold(name, "Length") {
			return len([]rune(v)), nil
		}
	}
	return nil, fmt.Errorf("%q has no property %s here", text(v), name)
}

// text is a value as the shell shows it.
func text(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return v
	case bool:
		if v {
			return "True"
		}
		return "False"
	case int:
		return strconv.Itoa(v)
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	case time.Time:
		return v.Format("01/02/2006 15:04:05")
	case []any:
		parts := make([]string, len(v))
		for i, e := range v {
			parts[i] = text(e)
		}
		return strings.Join(parts, " ")
	case *item:
		if name := v.text("Identity"); name != "" {
			return name
		}
		return v.text("Name")
	}
	return fmt.Sprintf("%T", v)
}

// texts are the values of a property as a row holds them.
func texts(v any) []string {
	out := []string{}
	switch v := v.(type) {
	case nil:
	case []any:
		for _, e := range v {
			out = append(out, text(e))
		}
	default:
		out = append(out, text(v))
	}
	return out
}

// truth is what a condition makes of a value.
func truth(v any) bool {
	switch v := v.(type) {
	case nil:
		return false
	case bool:
		return v
	case string:
		return v != ""
	case int:
		return v != 0
	case float64:
		return v != 0
	case []any:
		return len(v) > 1 || len(v) == 1 && truth(v[0])
	}
	return true
}

// number reads a value as a number.
func number(v any) (float64, bool) {
	switch v := v.(type) {
	case int:
		return float64(v), true
	case float64:
		return v, true
	case string:
		f, err := strconv.ParseFloat(strings.TrimSpace(v), 64)
		return f, err == nil
	case bool, nil:
		return 0, v == nil
	}
	return 0, false
}

// whole gives a number its simplest form.
func whole(f float64) any {
	if f == float64(int(f)) {
		return int(f)
	}
	return f
}

// list unrolls a value as the pipeline does.
func list(v any) []any {
	switch v := v.(type) {
	case []any:
		return v
	case nil:
		return nil
	}
	return []any{v}
}

// one rolls a stream up again.
func one(stream []any) any {
	switch len(stream) {
	case 0:
		return nil
	case 1:
		return stream[0]
	}
	return slices.Clone(stream)
}
