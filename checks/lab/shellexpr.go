package lab

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode"
)

// expression reads -and and -or, which bind alike, from the left.
func (p *shellParser) expression() (node, error) {
	if p.depth++; p.depth > shellDepth {
		return nil, p.fail("less nesting")
	}
	defer func() { p.depth-- }()
	left, err := p.comparison()
	if err != nil {
		return nil, err
	}
	for {
		and := p.word("-and")
		if !and && !p.word("-or") {
			return left, nil
		}
		right, err := p.comparison()
		if err != nil {
			return nil, err
		}
		before := left
		left = func(s *scope) (any, error) {
			v, err := before(s)
			if err != nil || truth(v) != and {
				return truth(v), err
			}
			v, err = right(s)
			return truth(v), err
		}
	}
}

// comparisons by operator.
var comparisons = map[string]func(a, b any) (any, error){
	"-eq":          func(a, b any) (any, error) { return filtered(a, b, false, equal) },
	"-ne":          func(a, b any) (any, error) { return filtered(a, b, true, equal) },
	"-like":        func(a, b any) (any, error) { return filtered(a, b, false, like) },
	"-notlike":     func(a, b any) (any, error) { return filtered(a, b, true, like) },
	"-match":       func(a, b any) (any, error) { return filtered(a, b, false, matchesText) },
	"-notmatch":    func(a, b any) (any, error) { return filtered(a, b, true, matchesText) },
	"-gt":          func(a, b any) (any, error) { return order(a, b, func(n int) bool { return n > 0 }) },
	"-ge":          func(a, b any) (any, error) { return order(a, b, func(n int) bool { return n >= 0 }) },
	"-lt":          func(a, b any) (any, error) { return order(a, b, func(n int) bool { return n < 0 }) },
	"-le":          func(a, b any) (any, error) { return order(a, b, func(n int) bool { return n <= 0 }) },
	"-contains":    func(a, b any) (any, error) { return contains(a, b), nil },
	"-notcontains": func(a, b any) (any, error) { return !contains(a, b), nil },
	"-replace":     replaced,
}

func (p *shellParser) comparison() (node, error) {
	left, err := p.sum()
	if err != nil {
		return nil, err
	}
	for {
		p.space()
		op := ""
		for name := range comparisons {
			if len(name) > len(op) && p.peekWord(name) {
				op = name
			}
		}
		if op == "" {
			return left, nil
		}
		p.word(op)
		right, err := p.sum()
		if err != nil {
			return nil, err
		}
		before, apply := left, comparisons[op]
		left = func(s *scope) (any, error) {
			a, err := before(s)
			if err != nil {
				return nil, err
			}
			b, err := right(s)
			if err != nil {
				return nil, err
			}
			return apply(a, b)
		}
	}
}

func (p *shellParser) peekWord(w string) bool {
	at := p.pos
	ok := p.word(w)
	p.pos = at
	return ok
}

func (p *shellParser) sum() (node, error) {
	left, err := p.elements()
	if err != nil {
		return nil, err
	}
	for {
		op := byte(0)
		for _, c := range "+/" {
			if p.take(string(c)) {
				op = byte(c)
			}
		}
		if op == 0 {
			return left, nil
		}
		right, err := p.elements()
		if err != nil {
			return nil, err
		}
		before := left
		left = func(s *scope) (any, error) {
			a, err := before(s)
			if err != nil {
				return nil, err
			}
			b, err := right(s)
			if err != nil {
				return nil, err
			}
			return arithmetic(op, a, b)
		}
	}
}

func arithmetic(op byte, a, b any) (any, error) {
	if s, ok := a.(string); ok && op == '+' {
		return s + text(b), nil
	}
	x, okX := number(a)
	y, okY := number(b)
	switch {
	case !okX || !okY:
		return nil, fmt.Errorf("%q and %q are no numbers", text(a), text(b))
	case op == '+':
		return whole(x + y), nil
	case y == 0:
		return nil, fmt.Errorf("division by zero")
	}
	return whole(x / y), nil
}

// elements reads a list separated by commas.
func (p *shellParser) elements() (node, error) {
	first, err := p.unary()
	if err != nil {
		return nil, err
	}
	all := []node{first}
	for !p.alone && p.take(",") {
		n, err := p.unary()
		if err != nil {
			return nil, err
		}
		all = append(all, n)
	}
	if len(all) == 1 {
		return first, nil
	}
	return func(s *scope) (any, error) {
		var out []any
		for _, n := range all {
			v, err := n(s)
			if err != nil {
				return nil, err
			}
			out = append(out, v)
		}
		return out, nil
	}, nil
}

func (p *shellParser) unary() (node, error) {
	if p.depth++; p.depth > shellDepth {
		return nil, p.fail("less nesting")
	}
	defer func() { p.depth-- }()
	if p.word("-not") {
		inner, err := p.unary()
		return func(s *scope) (any, error) {
			v, err := inner(s)
			return !truth(v), err
		}, err
	}
	if p.peek("[") {
		return p.typed()
	}
	base, err := p.primary()
	if err != nil {
		return nil, err
	}
	return p.postfix(base)
}

// typed reads a cast or a call of a type's own method.
func (p *shellParser) typed() (node, error) {
	p.take("[")
	end := strings.IndexByte(p.src[p.pos:], ']')
	if end < 0 {
		return nil, p.fail("]")
	}
	name := strings.ToLower(p.src[p.pos : p.pos+end])
	p.pos += end + 1
	if p.take("::") {
		return p.postfix(statics(name), "."+p.name())
	}
	inner, err := p.unary()
	if err != nil {
		return nil, err
	}
	convert, ok := casts[name]
	if !ok {
		return nil, fmt.Errorf("the rehearsal's shell has no type %q", name)
	}
	return func(s *scope) (any, error) {
		v, err := inner(s)
		if err != nil {
			return nil, err
		}
		return convert(v)
	}, nil
}

var casts = map[string]func(any) (any, error){
	"string": func(v any) (any, error) { return text(v), nil },
	"double": toNumber,
	"int":    toNumber,
}

func toNumber(v any) (any, error) {
	f, ok := number(v)
	if !ok {
		return nil, fmt.Errorf("%q is no number", text(v))
	}
	return whole(f), nil
}

// statics are the types whose own methods are known.
func statics(name string) node {
	return func(s *scope) (any, error) {
		switch name {
		case "math":
			return mathType{}, nil
		case "system.directoryservices.activedirectory.forest":
			return forestType{s.org}, nil
		}
		return nil, fmt.Errorf("the rehearsal's shell has no type %q", name)
	}
}

type mathType struct{}

func (mathType) member(name string) (any, error) {
	if !strings.EqualFold(name, "Floor") {
		return nil, fmt.Errorf("[math] has no %s here", name)
	}
	return method(func(args []any) (any, error) {
		if len(args) != 1 {
			return nil, fmt.Errorf("[math]::Floor takes one number")
		}
		f, ok := number(args[0])
		if !ok {
			return nil, fmt.Errorf("%q is no number", text(args[0]))
		}
		return whole(math.Floor(f)), nil
	}), nil
}

// forestType leads to the domain controllers.
type forestType struct{ org *Organization }

func (f forestType) member(name string) (any, error) {
	if !strings.EqualFold(name, "GetCurrentForest") {
		return nil, fmt.Errorf("the forest has no %s here", name)
	}
	return method(func([]any) (any, error) {
		return newItem("Forest", "Name", f.org.plan.Forest, "Domains", f.org.domains()), nil
	}), nil
}

func (p *shellParser) primary() (node, error) {
	p.space()
	if p.pos >= len(p.src) {
		return nil, p.fail("a value")
	}
	switch c := p.src[p.pos]; {
	case c == '\'':
		s, err := p.quoted()
		return constant(s), err
	case c == '$':
		p.pos++
		return variable(strings.ToLower(p.name())), nil
	case c >= '0' && c <= '9':
		return p.digits()
	case p.take("@("):
		return p.group(true)
	case p.take("("):
		return p.group(false)
	}
	// A command stands for its output, as in an assignment.
	if unicode.IsLetter(rune(p.src[p.pos])) {
		st, err := p.command()
		return func(s *scope) (any, error) {
			out, err := st(s, nil, true)
			return one(out), err
		}, err
	}
	return nil, p.fail("a value")
}

func (p *shellParser) quoted() (string, error) {
	var b strings.Builder
	for p.pos++; p.pos < len(p.src); p.pos++ {
		if p.src[p.pos] != '\'' {
			b.WriteByte(p.src[p.pos])
			continue
		}
		if p.pos+1 < len(p.src) && p.src[p.pos+1] == '\'' {
			b.WriteByte('\'')
			p.pos++
			continue
		}
		p.pos++
		return b.String(), nil
	}
	return "", p.fail("'")
}

func variable(name string) node {
	return func(s *scope) (any, error) {
		switch name {
		case "true":
			return true, nil
		case "false":
			return false, nil
		case "null":
			return nil, nil
		}
		v, ok := s.vars[name]
		if !ok {
			return nil, fmt.Errorf("$%s has no value", name)
		}
		return v, nil
	}
}

func (p *shellParser) digits() (node, error) {
	start := p.pos
	for p.pos < len(p.src) && (p.src[p.pos] >= '0' && p.src[p.pos] <= '9' || p.src[p.pos] == '.') {
		p.pos++
	}
	f, err := strconv.ParseFloat(p.src[start:p.pos], 64)
	if err != nil {
		return nil, err
	}
	for unit, size := range map[string]float64{"KB": 1 << 10, "MB": 1 << 20, "GB": 1 << 30} {
		if len(p.src)-p.pos >= 2 && strings.EqualFold(p.src[p.pos:p.pos+2], unit) {
			p.pos += 2
			f *= size
			break
		}
	}
	return constant(whole(f)), nil
}

// group reads what stands in parentheses; @( ) always gives a list.
func (p *shellParser) group(asList bool) (node, error) {
	b, err := p.statements(")")
	if err != nil {
		return nil, err
	}
	if !p.take(")") {
		return nil, p.fail(")")
	}
	return func(s *scope) (any, error) {
		out, err := b(s)
		if err != nil || !asList {
			return one(out), err
		}
		return append([]any{}, out...), nil
	}, nil
}
