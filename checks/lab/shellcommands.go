package lab

import (
	"fmt"
	"net/netip"
	"slices"
	"sort"
	"strings"
	"time"

	"coexist/checks"
)

// commandStage prepares a command with its arguments. Commands that are not
// known are refused here, before anything runs.
func commandStage(name string, args []argument) (stage, error) {
	key := strings.ToLower(name)
	switch key {
	case "where-object", "where", "?":
		return whereStage(args)
	case "foreach-object", "foreach", "%":
		return forEachStage(args)
	case "select-object", "select":
		return selectStage(args)
	case "sort-object", "sort":
		return sortStage(args)
	case "new-object":
		return newObjectStage(args)
	}
	run, ok := cmdlets[key]
	if !ok {
		return nil, fmt.Errorf("the rehearsal does not know the command %s", name)
	}
	return func(s *scope, in []any, first bool) ([]any, error) {
		if !first {
			return nil, fmt.Errorf("%s takes nothing from the pipeline here", name)
		}
		c, err := newCall(s, name, args)
		if err != nil {
			return nil, err
		}
		out, err := run(c)
		if err == nil {
			err = c.unused()
		}
		return out, err
	}, nil
}

func scriptOf(args []argument) (block, error) {
	if len(args) != 1 || args[0].script == nil {
		return nil, fmt.Errorf("expected one script block")
	}
	return args[0].script, nil
}

func whereStage(args []argument) (stage, error) {
	test, err := scriptOf(args)
	return func(s *scope, in []any, _ bool) ([]any, error) {
		var out []any
		for _, v := range in {
			got, err := test(s.with(v))
			if err != nil {
				return nil, err
			}
			if truth(one(got)) {
				out = append(out, v)
			}
		}
		return out, nil
	}, err
}

func forEachStage(args []argument) (stage, error) {
	do, err := scriptOf(args)
	return func(s *scope, in []any, _ bool) ([]any, error) {
		var out []any
		for _, v := range in {
			got, err := do(s.with(v))
			if err != nil {
				return nil, err
			}
			out = append(out, got...)
		}
		return out, nil
	}, err
}

// selectStage chooses properties, calculated ones too, and the first objects.
func selectStage(args []argument) (stage, error) {
	limit := -1
	var chosen []argument
	for _, a := range args {
		switch strings.ToLower(a.name) {
		case "":
			chosen = append(chosen, a)
		case "first":
			n, _ := a.value(nil)
			count, ok := n.(int)
			if !ok {
				return nil, fmt.Errorf("-First takes a number")
			}
			limit = count
		default:
			return nil, fmt.Errorf("Select-Object -%s is not known here", a.name)
		}
	}
	return func(s *scope, in []any, _ bool) ([]any, error) {
		if limit >= 0 && len(in) > limit {
			in = in[:limit]
		}
		if len(chosen) == 0 {
			return in, nil
		}
		var out []any
		for _, v := range in {
			o := newItem("selection")
			if from, ok := v.(*item); ok {
				o.noun = from.noun
			}
			for _, a := range chosen {
				name, value, err := selected(s, v, a)
				if err != nil {
					return nil, err
				}
				o.set(name, value)
			}
			out = append(out, o)
		}
		return out, nil
	}, nil
}

func selected(s *scope, v any, a argument) (string, any, error) {
	if a.hash == nil {
		n, err := a.value(s)
		if err != nil {
			return "", nil, err
		}
		value, err := member(v, text(n))
		return text(n), value, err
	}
	name := ""
	var expression block
	for _, p := range a.hash {
		switch strings.ToLower(p.key) {
		case "name", "n", "label", "l":
			got, err := p.value(s)
			if err != nil {
				return "", nil, err
			}
			name = text(got)
		case "expression", "e":
			expression = p.script
		}
	}
	if name == "" || expression == nil {
		return "", nil, fmt.Errorf("a calculated property needs Name and Expression")
	}
	out, err := expression(s.with(v))
	return name, one(out), err
}

func sortStage(args []argument) (stage, error) {
	down, property := false, ""
	for _, a := range args {
		switch {
		case strings.EqualFold(a.name, "Descending"):
			down = true
		case a.name == "" && a.bare && property == "":
			v, _ := a.value(nil)
			property = text(v)
		default:
			return nil, fmt.Errorf("Sort-Object takes one property and -Descending here")
		}
	}
	return func(s *scope, in []any, _ bool) ([]any, error) {
		keys := map[any]any{}
		for _, v := range in {
			k, err := member(v, property)
			if err != nil {
				return nil, err
			}
			keys[v] = k
		}
		out := slices.Clone(in)
		sort.SliceStable(out, func(i, j int) bool {
			if down {
				i, j = j, i
			}
			return before(keys[out[i]], keys[out[j]])
		})
		return out, nil
	}, nil
}

func before(a, b any) bool {
	if x, ok := a.(time.Time); ok {
		y, ok := b.(time.Time)
		return ok && x.Before(y)
	}
	return strings.ToLower(text(a)) < strings.ToLower(text(b))
}

// newObjectStage makes a property bag, or a connection to try a port with.
func newObjectStage(args []argument) (stage, error) {
	kind := ""
	var bag []pair
	for _, a := range args {
		switch {
		case a.name == "" && a.bare:
			v, _ := a.value(nil)
			kind = text(v)
		case strings.EqualFold(a.name, "Property") && a.hash != nil:
			bag = a.hash
		default:
			return nil, fmt.Errorf("New-Object takes a type and -Property here")
		}
	}
	switch strings.ToLower(kind) {
	case "psobject":
		return func(s *scope, _ []any, _ bool) ([]any, error) {
			o := newItem("PSObject")
			for _, p := range bag {
				v, err := p.value(s)
				if err != nil {
					return nil, err
				}
				o.set(p.key, v)
			}
			return []any{o}, nil
		}, nil
	case "system.net.sockets.tcpclient":
		return func(s *scope, _ []any, _ bool) ([]any, error) {
			return []any{&tcpClient{scope: s}}, nil
		}, nil
	}
	return nil, fmt.Errorf("New-Object %s is not known here", kind)
}

// tcpClient tries a port from the server on which the shell runs.
type tcpClient struct {
	scope *scope
	open  bool
}

func (t *tcpClient) member(name string) (any, error) {
	switch strings.ToLower(name) {
	case "connected":
		return t.open, nil
	case "close":
		return method(func([]any) (any, error) { return nil, nil }), nil
	case "beginconnect":
		return method(func(args []any) (any, error) {
			if len(args) < 2 {
				return nil, fmt.Errorf("BeginConnect takes a host and a port")
			}
			port, _ := args[1].(int)
			t.open = t.scope.org.reaches(t.scope, text(args[0]), uint16(port))
			wait := method(func([]any) (any, error) { return t.open, nil })
			handle := newItem("WaitHandle", "WaitOne", wait)
			return newItem("AsyncResult", "AsyncWaitHandle", handle), nil
		}), nil
	}
	return nil, fmt.Errorf("a TcpClient has no %s here", name)
}

// reaches tries a port of a host of the organisation.
func (o *Organization) reaches(s *scope, host string, port uint16) bool {
	addrs, err := o.lab.zones[checks.Inside].addresses(host)
	if err != nil {
		return false
	}
	for _, a := range addrs {
		c, err := o.lab.dial(s.ctx, checks.Inside, "tcp", netip.AddrPortFrom(a, port).String())
		if err == nil {
			c.Close()
			return true
		}
	}
	return false
}

// invocation is a call of a cmdlet with its arguments evaluated.
type invocation struct {
	*scope
	name       string
	named      map[string][]any
	positional []any
	used       map[string]bool
}

func newCall(s *scope, name string, args []argument) (*invocation, error) {
	c := &invocation{scope: s, name: name, named: map[string][]any{}, used: map[string]bool{}}
	for _, a := range args {
		var v any = true
		if a.value != nil {
			var err error
			if v, err = a.value(s); err != nil {
				return nil, err
			}
		}
		if a.script != nil || a.hash != nil {
			return nil, fmt.Errorf("%s takes no script here", name)
		}
		if a.name == "" {
			c.positional = append(c.positional, v)
			continue
		}
		key := strings.ToLower(a.name)
		c.named[key] = append(c.named[key], v)
	}
	return c, nil
}

// arg takes a named argument.
func (c *invocation) arg(name string) (string, bool) {
	c.used[name] = true
	v, ok := c.named[name]
	if !ok {
		return "", false
	}
	return text(one(v)), true
}

// identity takes -Identity or the first positional argument.
func (c *invocation) identity() (string, bool) {
	if id, ok := c.arg("identity"); ok {
		return id, true
	}
	c.used["0"] = true
	if len(c.positional) > 0 {
		return text(c.positional[0]), true
	}
	return "", false
}

// unused refuses arguments that the cmdlet did not look at: they might change
// what it returns.
func (c *invocation) unused() error {
	for name := range c.named {
		if !c.used[name] {
			return fmt.Errorf("the rehearsal does not know %s -%s", c.name, name)
		}
	}
	if len(c.positional) > 0 && !c.used["0"] {
		return fmt.Errorf("the rehearsal does not know what %s does with %q", c.name, text(c.positional[0]))
	}
	return nil
}
