package lab

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"
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
		var domains []any
		domains = append(domains, f.org.domains()...)
		return newItem("Forest", "Name", f.org.plan.Forest, "Domains", domains), nil
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

// filtered compares; a list on the left is filtered instead, as PowerShell
// does.
func filtered(a, b any, negated bool, test func(a, b any) (bool, error)) (any, error) {
	if all, ok := a.([]any); ok {
		out := []any{}
		for _, e := range all {
			yes, err := test(e, b)
			if err != nil {
				return nil, err
			}
			if yes != negated {
				out = append(out, e)
			}
		}
		return out, nil
	}
	yes, err := test(a, b)
	return yes != negated, err
}

func equal(a, b any) (bool, error) {
	if a == nil || b == nil {
		return a == nil && b == nil, nil
	}
	switch v := a.(type) {
	case bool:
		return v == truth(b), nil
	case int, float64:
		x, _ := number(a)
		y, ok := number(b)
		return ok && x == y, nil
	}
	return strings.EqualFold(text(a), text(b)), nil
}

func like(a, b any) (bool, error) { return wildcard(text(b), text(a)), nil }

// wildcard tells whether a text fits a pattern with * and ?, without regard to
// case.
func wildcard(pattern, s string) bool {
	expr := regexp.QuoteMeta(pattern)
	expr = strings.NewReplacer(`\*`, `.*`, `\?`, `.`).Replace(expr)
	re, err := regexp.Compile(`(?is)^` + expr + `$`)
	return err == nil && re.MatchString(s)
}

func matchesText(a, b any) (bool, error) {
	re, err := regexp.Compile(`(?i)` + text(b))
	if err != nil {
		return false, err
	}
	return re.MatchString(text(a)), nil
}

func order(a, b any, want func(int) bool) (any, error) {
	x, okX := number(a)
	y, okY := number(b)
	if !okX || !okY {
		return nil, fmt.Errorf("%q and %q cannot be put in order here", text(a), text(b))
	}
	switch {
	case x < y:
		return want(-1), nil
	case x > y:
		return want(1), nil
	}
	return want(0), nil
}

func contains(a, b any) bool {
	for _, e := range list(a) {
		if same, _ := equal(e, b); same {
			return true
		}
	}
	return false
}

var groupReference = regexp.MustCompile(`\$(\d+)`)

func replaced(a, b any) (any, error) {
	how := list(b)
	if len(how) == 0 || len(how) > 2 {
		return nil, fmt.Errorf("-replace takes a pattern and a text")
	}
	re, err := regexp.Compile(`(?i)` + text(how[0]))
	if err != nil {
		return nil, err
	}
	with := ""
	if len(how) == 2 {
		with = groupReference.ReplaceAllString(text(how[1]), "$${$1}")
	}
	return re.ReplaceAllString(text(a), with), nil
}
