package lab

import (
	"fmt"
	"strings"
	"time"
)

// postfix reads members, calls and indices behind a value; chain gives the
// first one, already read.
func (p *shellParser) postfix(base node, chain ...string) (node, error) {
	for {
		name := ""
		switch {
		case len(chain) > 0:
			name, chain = chain[0][1:], chain[1:]
		case p.pos < len(p.src) && p.src[p.pos] == '.':
			p.pos++
			name = p.name()
		case p.pos < len(p.src) && p.src[p.pos] == '[':
			var err error
			if base, err = p.index(base); err != nil {
				return nil, err
			}
			continue
		default:
			return base, nil
		}
		if name == "" {
			return nil, p.fail("a property")
		}
		from := base
		if p.pos < len(p.src) && p.src[p.pos] == '(' {
			args, err := p.arguments()
			if err != nil {
				return nil, err
			}
			base = func(s *scope) (any, error) { return call(s, from, name, args) }
			continue
		}
		base = func(s *scope) (any, error) {
			v, err := from(s)
			if err != nil || v == nil {
				return nil, err
			}
			return member(v, name)
		}
	}
}

func (p *shellParser) index(base node) (node, error) {
	p.take("[")
	at, err := p.expression()
	if err != nil {
		return nil, err
	}
	if !p.take("]") {
		return nil, p.fail("]")
	}
	return func(s *scope) (any, error) {
		v, err := base(s)
		if err != nil {
			return nil, err
		}
		i, err := at(s)
		if err != nil {
			return nil, err
		}
		n, isInt := i.(int)
		if all := list(v); isInt && n >= 0 && n < len(all) {
			return all[n], nil
		}
		return nil, nil
	}, nil
}

func (p *shellParser) arguments() ([]node, error) {
	p.take("(")
	alone := p.alone
	p.alone = true
	defer func() { p.alone = alone }()
	var out []node
	for !p.take(")") {
		n, err := p.expression()
		if err != nil {
			return nil, err
		}
		out = append(out, n)
		if !p.take(",") && !p.peek(")") {
			return nil, p.fail(")")
		}
	}
	return out, nil
}

// call calls a method of a value.
func call(s *scope, from node, name string, args []node) (any, error) {
	v, err := from(s)
	if err != nil {
		return nil, err
	}
	given := make([]any, len(args))
	for i, a := range args {
		if given[i], err = a(s); err != nil {
			return nil, err
		}
	}
	if v == nil {
		return nil, fmt.Errorf("a method cannot be called on nothing (%s)", name)
	}
	if f, known, err := ownMethod(v, strings.ToLower(name), given); known {
		return f, err
	}
	m, err := member(v, name)
	if err != nil {
		return nil, err
	}
	f, ok := m.(method)
	if !ok {
		return nil, fmt.Errorf("%s is not a method", name)
	}
	return f(given)
}

// ownMethod are the methods of texts and dates.
func ownMethod(v any, name string, args []any) (any, bool, error) {
	if t, ok := v.(time.Time); ok {
		switch {
		case name == "touniversaltime" && len(args) == 0:
			return t.UTC(), true, nil
		case name == "tostring" && len(args) == 1 && text(args[0]) == "yyyy-MM-ddTHH:mm:ssZ":
			return t.Format("2006-01-02T15:04:05Z"), true, nil
		}
	}
	s, isText := v.(string)
	switch {
	case name == "tostring" && len(args) == 0:
		return text(v), true, nil
	case name == "replace" && isText && len(args) == 2:
		return strings.ReplaceAll(s, text(args[0]), text(args[1])), true, nil
	case name == "split" && isText && len(args) == 1:
		var out []any
		for _, part := range strings.Split(s, text(args[0])) {
			out = append(out, part)
		}
		return out, true, nil
	}
	return nil, false, nil
}
