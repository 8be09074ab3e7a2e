package lab

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
)

// node computes a value, block the stream of a list of statements.
type (
	node  func(*scope) (any, error)
	block func(*scope) ([]any, error)
)

// stage is one command of a pipeline.
type stage func(s *scope, in []any, first bool) ([]any, error)

// argument of a command: a named one, or a positional one with no name.
type argument struct {
	name   string
	value  node // nil: a switch
	script block
	hash   []pair
	bare   bool // an unquoted word
}

type pair struct {
	key    string
	value  node
	script block
}

// shellParser reads the pipeline language, straight from its text.
type shellParser struct {
	src   string
	pos   int
	depth int
	alone bool // a comma ends the expression: inside the arguments of a method
}

const shellDepth = 40

func parseShell(src string) (block, error) {
	p := &shellParser{src: src}
	b, err := p.statements("")
	if err != nil {
		return nil, fmt.Errorf("the rehearsal's shell cannot read %q: %w", src, err)
	}
	return b, nil
}

func (p *shellParser) fail(want string) error {
	rest := p.src[p.pos:]
	if len(rest) > 30 {
		rest = rest[:30] + "…"
	}
	return fmt.Errorf("at %d: expected %s, found %q", p.pos, want, rest)
}

func (p *shellParser) space() {
	for p.pos < len(p.src) && (p.src[p.pos] == ' ' || p.src[p.pos] == '\t') {
		p.pos++
	}
}

func (p *shellParser) peek(s string) bool {
	p.space()
	return strings.HasPrefix(p.src[p.pos:], s)
}

func (p *shellParser) take(s string) bool {
	if !p.peek(s) {
		return false
	}
	p.pos += len(s)
	return true
}

func (p *shellParser) end(closing string) bool {
	p.space()
	return p.pos >= len(p.src) || closing != "" && strings.HasPrefix(p.src[p.pos:], closing)
}

// statements reads up to a closing mark, which it leaves.
func (p *shellParser) statements(closing string) (block, error) {
	if p.depth++; p.depth > shellDepth {
		return nil, p.fail("less nesting")
	}
	alone := p.alone
	p.alone = false
	defer func() { p.depth--; p.alone = alone }()
	var all []block
	for !p.end(closing) {
		if p.take(";") {
			continue
		}
		b, err := p.statement()
		if err != nil {
			return nil, err
		}
		all = append(all, b)
		if !p.end(closing) && !p.peek(";") {
			return nil, p.fail("the end of the statement")
		}
	}
	return func(s *scope) ([]any, error) {
		var out []any
		for _, b := range all {
			got, err := b(s)
			if err != nil {
				return nil, err
			}
			out = append(out, got...)
		}
		return out, nil
	}, nil
}

func (p *shellParser) statement() (block, error) {
	if p.word("if") {
		return p.condition()
	}
	if name, ok := p.assigned(); ok {
		value, err := p.pipeline()
		if err != nil {
			return nil, err
		}
		return func(s *scope) ([]any, error) {
			got, err := value(s)
			if err == nil && name != "null" {
				s.vars[name] = one(got)
			}
			return nil, err
		}, nil
	}
	return p.pipeline()
}

// word takes a keyword.
func (p *shellParser) word(w string) bool {
	p.space()
	rest := p.src[p.pos:]
	if len(rest) <= len(w) || !strings.EqualFold(rest[:len(w)], w) || wordRune(rune(rest[len(w)])) {
		return false
	}
	p.pos += len(w)
	return true
}

// assigned takes "$name =".
func (p *shellParser) assigned() (string, bool) {
	start := p.pos
	if p.take("$") {
		name := p.name()
		if name != "" && p.take("=") {
			return strings.ToLower(name), true
		}
	}
	p.pos = start
	return "", false
}

func (p *shellParser) name() string {
	start := p.pos
	for p.pos < len(p.src) && nameByte(p.src[p.pos]) {
		p.pos++
	}
	return p.src[start:p.pos]
}

func nameByte(c byte) bool {
	return c == '_' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}

func wordRune(r rune) bool {
	return unicode.IsLetter(r) || unicode.IsDigit(r) || strings.ContainsRune("-_.\\:*?/", r)
}

// condition reads what follows "if".
func (p *shellParser) condition() (block, error) {
	if !p.take("(") {
		return nil, p.fail("(")
	}
	test, err := p.expression()
	if err != nil {
		return nil, err
	}
	if !p.take(")") {
		return nil, p.fail(")")
	}
	then, err := p.braces()
	if err != nil {
		return nil, err
	}
	otherwise := block(func(*scope) ([]any, error) { return nil, nil })
	if p.word("else") {
		if otherwise, err = p.braces(); err != nil {
			return nil, err
		}
	}
	return func(s *scope) ([]any, error) {
		v, err := test(s)
		if err != nil {
			return nil, err
		}
		if truth(v) {
			return then(s)
		}
		return otherwise(s)
	}, nil
}

func (p *shellParser) braces() (block, error) {
	if !p.take("{") {
		return nil, p.fail("{")
	}
	b, err := p.statements("}")
	if err != nil {
		return nil, err
	}
	if !p.take("}") {
		return nil, p.fail("}")
	}
	return b, nil
}

func (p *shellParser) pipeline() (block, error) {
	var stages []stage
	for {
		st, err := p.stage()
		if err != nil {
			return nil, err
		}
		stages = append(stages, st)
		if !p.take("|") {
			break
		}
	}
	return func(s *scope) ([]any, error) {
		var stream []any
		for i, st := range stages {
			var err error
			if stream, err = st(s, stream, i == 0); err != nil {
				return nil, err
			}
		}
		return stream, nil
	}, nil
}

// stage reads a command or an expression.
func (p *shellParser) stage() (stage, error) {
	p.space()
	if p.pos < len(p.src) && (unicode.IsLetter(rune(p.src[p.pos])) || strings.HasPrefix(p.src[p.pos:], "%") || strings.HasPrefix(p.src[p.pos:], "? ")) {
		return p.command()
	}
	e, err := p.expression()
	if err != nil {
		return nil, err
	}
	return func(s *scope, in []any, first bool) ([]any, error) {
		if !first {
			return nil, fmt.Errorf("an expression stands where a command must")
		}
		v, err := e(s)
		return list(v), err
	}, nil
}

func (p *shellParser) command() (stage, error) {
	name := p.bareword()
	if name == "" {
		name = p.src[p.pos : p.pos+1]
		p.pos++
	}
	var args []argument
	for {
		p.space()
		if p.pos >= len(p.src) || strings.ContainsRune("|;})", rune(p.src[p.pos])) {
			break
		}
		a, err := p.argument()
		if err != nil {
			return nil, err
		}
		args = append(args, a...)
	}
	return commandStage(name, args)
}

func (p *shellParser) bareword() string {
	p.space()
	start := p.pos
	for p.pos < len(p.src) && wordRune(rune(p.src[p.pos])) {
		p.pos++
	}
	return p.src[start:p.pos]
}

// argument reads one argument; a list of choices, such as properties, gives
// several positional ones.
func (p *shellParser) argument() ([]argument, error) {
	name := ""
	if p.peek("-") && p.pos+1 < len(p.src) && unicode.IsLetter(rune(p.src[p.pos+1])) {
		p.pos++
		name = p.name()
		p.space()
		if p.pos >= len(p.src) || strings.ContainsRune("|;})", rune(p.src[p.pos])) || p.peek("-") || switches[strings.ToLower(name)] {
			return []argument{{name: name}}, nil
		}
	}
	var out []argument
	for {
		a, err := p.element()
		if err != nil {
			return nil, err
		}
		a.name = name
		out = append(out, a)
		if !p.take(",") {
			return out, nil
		}
	}
}

// switches are parameters that take no value.
var switches = map[string]bool{"status": true, "adpropertiesonly": true, "arbitration": true, "descending": true}

func (p *shellParser) element() (argument, error) {
	p.space()
	switch {
	case p.peek("{"):
		b, err := p.braces()
		return argument{script: b}, err
	case p.peek("@{"):
		h, err := p.hash()
		return argument{hash: h}, err
	case p.pos < len(p.src) && strings.ContainsRune("'$@([", rune(p.src[p.pos])):
		n, err := p.unary()
		return argument{value: n}, err
	}
	w := p.bareword()
	if w == "" {
		return argument{}, p.fail("an argument")
	}
	if n, err := strconv.Atoi(w); err == nil {
		return argument{value: constant(n)}, nil
	}
	return argument{value: constant(w), bare: true}, nil
}

// hash reads "@{ key = value; … }".
func (p *shellParser) hash() ([]pair, error) {
	p.take("@{")
	var out []pair
	for !p.take("}") {
		if p.take(";") {
			continue
		}
		p.space()
		k := pair{key: p.name()}
		if k.key == "" || !p.take("=") {
			return nil, p.fail("name = value")
		}
		var err error
		if p.peek("{") {
			k.script, err = p.braces()
		} else {
			k.value, err = p.expression()
		}
		if err != nil {
			return nil, err
		}
		out = append(out, k)
	}
	return out, nil
}

func constant(v any) node { return func(*scope) (any, error) { return v, nil } }
