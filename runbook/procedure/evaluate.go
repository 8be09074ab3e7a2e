package procedure

import (
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"sync"
	"text/template/parse"
)

// The templates are parsed by text/template/parse and evaluated here, with the
// meaning that text/template gives them. Its own evaluator calls methods by
// names that the linker cannot know, so that it keeps every method of the
// program; and it has to be cloned for every execution that reads a value.

// Methods is what templates may call on a type of the data. ok is false when
// there is no such method.
type Methods interface {
	Call(name string, args []string) (result any, ok bool, err error)
}

// evaluation is one execution of a template.
type evaluation struct {
	lookup Lookup
	out    strings.Builder
	vars   []variable // innermost last; the first is $
}

type variable struct {
	name  string
	value any
}

// list evaluates nodes in order.
func (e *evaluation) list(dot any, l *parse.ListNode) error {
	if l == nil {
		return nil
	}
	for _, n := range l.Nodes {
		if err := e.node(dot, n); err != nil {
			return err
		}
	}
	return nil
}

func (e *evaluation) node(dot any, n parse.Node) error {
	switch n := n.(type) {
	case *parse.TextNode:
		e.out.Write(n.Text)
		return nil
	case *parse.CommentNode:
		return nil
	case *parse.ActionNode:
		v, err := e.pipe(dot, n.Pipe)
		if err != nil || len(n.Pipe.Decl) > 0 {
			return err
		}
		return e.print(n, v)
	case *parse.IfNode:
		return e.branch(dot, &n.BranchNode, func(any) any { return dot })
	case *parse.WithNode:
		return e.branch(dot, &n.BranchNode, func(v any) any { return v })
	case *parse.RangeNode:
		return e.each(dot, n)
	}
	return at(n, errors.New("has no place here"))
}

// print writes the value of an action: a text, or what a text can be made of.
func (e *evaluation) print(n parse.Node, v any) error {
	s, is := v.(string)
	if !is {
		var err error
		if s, err = scalar(v); err != nil {
			return at(n, err)
		}
	}
	e.out.WriteString(s)
	return nil
}

// branch evaluates if and with; inner says what the dot is inside.
func (e *evaluation) branch(dot any, n *parse.BranchNode, inner func(any) any) error {
	defer e.leave(len(e.vars))
	v, err := e.pipe(dot, n.Pipe)
	if err != nil {
		return err
	}
	if truth(v) {
		return e.list(inner(v), n.List)
	}
	return e.list(dot, n.ElseList)
}

// leave forgets the variables that were declared since there were n.
func (e *evaluation) leave(n int) { e.vars = e.vars[:n] }

// each evaluates range over a list.
func (e *evaluation) each(dot any, n *parse.RangeNode) error {
	defer e.leave(len(e.vars))
	v, err := e.pipeValue(dot, n.Pipe)
	if err != nil {
		return err
	}
	list := indirect(reflect.ValueOf(v))
	if list.Kind() != reflect.Slice {
		return at(n.Pipe, fmt.Errorf("expected a list, not %T", v))
	}
	if list.Len() == 0 {
		return e.list(dot, n.ElseList)
	}
	outside := len(e.vars)
	for i := range list.Len() {
		element := held(list.Index(i))
		switch decl := n.Pipe.Decl; len(decl) {
		case 2:
			err = errors.Join(e.set(n.Pipe, decl[0], i), e.set(n.Pipe, decl[1], element))
		case 1:
			err = e.set(n.Pipe, decl[0], element)
		}
		if err != nil {
			return err
		}
		if err := e.list(element, n.List); err != nil {
			return err
		}
		e.leave(outside)
	}
	return nil
}

// pipe evaluates a pipeline and gives its value to the variables it declares.
func (e *evaluation) pipe(dot any, p *parse.PipeNode) (any, error) {
	v, err := e.pipeValue(dot, p)
	if err != nil {
		return nil, err
	}
	for _, d := range p.Decl {
		if err := e.set(p, d, v); err != nil {
			return nil, err
		}
	}
	return v, nil
}

// set declares a variable, or gives one that is there another value.
func (e *evaluation) set(p *parse.PipeNode, to *parse.VariableNode, v any) error {
	if !p.IsAssign {
		e.vars = append(e.vars, variable{to.Ident[0], v})
		return nil
	}
	for i := len(e.vars) - 1; i >= 0; i-- {
		if e.vars[i].name == to.Ident[0] {
			e.vars[i].value = v
			return nil
		}
	}
	return at(to, errors.New("no such variable"))
}

func (e *evaluation) pipeValue(dot any, p *parse.PipeNode) (v any, err error) {
	for i, command := range p.Cmds {
		if v, err = e.command(dot, command, v, i > 0); err != nil {
			return nil, err
		}
	}
	return v, nil
}

// command evaluates one command; what is piped into it is its last argument.
func (e *evaluation) command(dot any, c *parse.CommandNode, piped any, hasPiped bool) (any, error) {
	if id, is := c.Args[0].(*parse.IdentifierNode); is {
		return e.call(dot, c, id.Ident, c.Args[1:], piped, hasPiped)
	}
	var args []any
	for _, n := range c.Args[1:] {
		v, err := e.arg(dot, n)
		if err != nil {
			return nil, err
		}
		args = append(args, v)
	}
	if hasPiped {
		args = append(args, piped)
	}
	return e.operand(dot, c.Args[0], args)
}

func (e *evaluation) arg(dot any, n parse.Node) (any, error) {
	if id, is := n.(*parse.IdentifierNode); is {
		return e.call(dot, n, id.Ident, nil, nil, false)
	}
	return e.operand(dot, n, nil)
}

// operand evaluates whatever is not a function. Arguments are for a method
// that stands last in it.
func (e *evaluation) operand(dot any, n parse.Node, args []any) (any, error) {
	switch n := n.(type) {
	case *parse.FieldNode:
		return e.members(n, dot, n.Ident, args)
	case *parse.VariableNode:
		v, err := e.variable(n.Ident[0])
		if err != nil {
			return nil, at(n, err)
		}
		return e.members(n, v, n.Ident[1:], args)
	case *parse.ChainNode:
		v, err := e.arg(dot, n.Node)
		if err != nil {
			return nil, err
		}
		return e.members(n, v, n.Field, args)
	}
	if len(args) > 0 {
		return nil, at(n, errors.New("takes no argument"))
	}
	switch n := n.(type) {
	case *parse.DotNode:
		return dot, nil
	case *parse.PipeNode:
		return e.pipe(dot, n)
	case *parse.StringNode:
		return n.Text, nil
	case *parse.BoolNode:
		return n.True, nil
	case *parse.NumberNode:
		number, err := strconv.Atoi(n.Text)
		if err != nil {
			return nil, at(n, errors.New("expected a whole number"))
		}
		return number, nil
	}
	return nil, at(n, errors.New("has no value"))
}

func (e *evaluation) variable(name string) (any, error) {
	for i := len(e.vars) - 1; i >= 0; i-- {
		if e.vars[i].name == name {
			return e.vars[i].value, nil
		}
	}
	return nil, errors.New("no such variable")
}

// members follows fields and methods from a value.
func (e *evaluation) members(n parse.Node, v any, names []string, args []any) (any, error) {
	if len(names) == 0 && len(args) > 0 {
		return nil, at(n, errors.New("takes no argument"))
	}
	for i, name := range names {
		var given []any
		if i == len(names)-1 {
			given = args
		}
		var err error
		if v, err = member(v, name, given); err != nil {
			return nil, at(n, err)
		}
	}
	return v, nil
}

func member(v any, name string, args []any) (any, error) {
	if m, is := v.(Methods); is {
		given, err := argTexts(args)
		if err != nil {
			return nil, err
		}
		if result, found, err := m.Call(name, given); found {
			return result, err
		}
	}
	if len(args) > 0 {
		return nil, fmt.Errorf("%s is not a method of %T", name, v)
	}
	in := indirect(reflect.ValueOf(v))
	switch in.Kind() {
	case reflect.Struct:
		if i := fieldIndex(in.Type(), name); i >= 0 {
			return held(in.Field(i)), nil
		}
	case reflect.Map:
		if in.Type().Key().Kind() == reflect.String {
			if found := in.MapIndex(reflect.ValueOf(name).Convert(in.Type().Key())); found.IsValid() {
				return held(found), nil
			}
		}
	}
	return nil, fmt.Errorf("%T has no %s", v, name)
}

func argTexts(args []any) ([]string, error) {
	if len(args) == 0 {
		return nil, nil
	}
	out := make([]string, len(args))
	for i, a := range args {
		s, is := a.(string)
		if !is {
			return nil, fmt.Errorf("a method takes texts, not %T", a)
		}
		out[i] = s
	}
	return out, nil
}

// held takes a value out of what holds it; structures stay where they are and
// are pointed to.
func held(v reflect.Value) any {
	if v.Kind() == reflect.Struct && v.CanAddr() {
		return v.Addr().Interface()
	}
	return v.Interface()
}

func indirect(v reflect.Value) reflect.Value {
	for v.Kind() == reflect.Pointer || v.Kind() == reflect.Interface {
		v = v.Elem()
	}
	return v
}

// fieldIndexes remembers where structures have their fields, by type and name.
var fieldIndexes sync.Map

type fieldKey struct {
	of   reflect.Type
	name string
}

// fieldIndex is the place of an exported field, -1 when there is none.
func fieldIndex(of reflect.Type, name string) int {
	key := fieldKey{of, name}
	if i, known := fieldIndexes.Load(key); known {
		return i.(int)
	}
	index := -1
	for i := range of.NumField() {
		if f := of.Field(i); f.Name == name && f.IsExported() {
			index = i
		}
	}
	fieldIndexes.Store(key, index)
	return index
}

// truth tells what counts as true: whatever is not empty.
func truth(x any) bool {
	switch x := x.(type) {
	case nil:
		return false
	case string:
		return x != ""
	case bool:
		return x
	}
	v := reflect.ValueOf(x)
	switch v.Kind() {
	case reflect.String, reflect.Slice, reflect.Map:
		return v.Len() > 0
	case reflect.Struct:
		return true
	case reflect.Pointer:
		return !v.IsNil()
	}
	return !v.IsZero()
}

// at says where in a text an error is. What a helper refuses needs no place.
func at(n parse.Node, err error) error {
	var refused *refusal
	var placed *placedError
	if errors.As(err, &refused) || errors.As(err, &placed) {
		return err
	}
	return &placedError{n.String(), err}
}

type placedError struct {
	where string
	cause error
}

func (p *placedError) Error() string { return "<" + p.where + ">: " + p.cause.Error() }

func (p *placedError) Unwrap() error { return p.cause }
