package procedure

import (
	"errors"
	"fmt"
	"strings"
	"text/template/parse"
)

// Template is one parsed text of a procedure: prose, a command, a parameter
// or a condition.
type Template struct {
	source string
	tree   *parse.Tree // nil: the text holds no action
	uses   []Use
}

// Use is one call of value or valueAt with a literal name.
type Use struct {
	Name string
	At   bool // valueAt: the place is named in the call
}

// Lookup answers the functions of a template that depend on who executes it.
// A value is a string or, for lists, a []string.
type Lookup interface {
	Value(name string) (any, error)
	ValueAt(name, place string) (any, error)
	Release(name string) (Release, error)
}

// ParseTemplate parses one text. Keys that the data lacks are errors when it
// is executed.
func ParseTemplate(source string) (*Template, error) {
	if !strings.Contains(source, "{{") {
		return &Template{source: source}, nil
	}
	tree := parse.New("text")
	if _, err := tree.Parse(source, "", "", map[string]*parse.Tree{}, language()); err != nil {
		return nil, errors.New(strings.TrimPrefix(err.Error(), "template: text:"))
	}
	t := &Template{source: source, tree: tree}
	return t, t.survey()
}

// ParseCondition parses the inside of an if action; an empty condition always
// holds.
func ParseCondition(condition string) (*Template, error) {
	if strings.TrimSpace(condition) == "" {
		return &Template{source: "true"}, nil
	}
	return ParseTemplate("{{if " + condition + "}}true{{end}}")
}

// Static tells whether the text is the same for everyone.
func (t *Template) Static() bool { return t.tree == nil }

// Uses lists the values that the text asks for by name.
func (t *Template) Uses() []Use { return t.uses }

// Execute renders the text. Lookup may be nil where the text names no value
// and no release.
func (t *Template) Execute(data any, lookup Lookup) (string, error) {
	if t.tree == nil {
		return t.source, nil
	}
	e := evaluation{lookup: lookup, vars: []variable{{"$", data}}}
	if err := e.list(data, t.tree.Root); err != nil {
		return "", plainError(err)
	}
	return e.out.String(), nil
}

// Holds executes a condition.
func (t *Template) Holds(data any) (bool, error) {
	text, err := t.Execute(data, nil)
	return text == "true", err
}

// plainError drops where a helper stood that refused a value.
func plainError(err error) error {
	var refused *refusal
	if errors.As(err, &refused) {
		return refused
	}
	return err
}

// survey walks the tree once: which values are named, and what has no place
// in a text.
func (t *Template) survey() error {
	var failure error
	walk(t.tree.Root, func(node parse.Node) {
		command, ok := node.(*parse.CommandNode)
		if !ok || len(command.Args) == 0 {
			return
		}
		name, ok := command.Args[0].(*parse.IdentifierNode)
		if !ok {
			return
		}
		switch name.Ident {
		case "value", "valueAt":
			if len(command.Args) < 2 {
				failure = fmt.Errorf("%s needs the name of a value in quotes after it", name.Ident)
				return
			}
			literal, ok := command.Args[1].(*parse.StringNode)
			if !ok {
				failure = fmt.Errorf("%s needs the name of a value in quotes, not %s", name.Ident, command.Args[1])
				return
			}
			t.uses = append(t.uses, Use{Name: literal.Text, At: name.Ident == "valueAt"})
		}
	})
	return failure
}

// walk visits every node below and including n, parents first.
func walk(n parse.Node, visit func(parse.Node)) {
	switch n := n.(type) {
	case *parse.ListNode:
		if n == nil {
			return
		}
		for _, child := range n.Nodes {
			walk(child, visit)
		}
	case *parse.ActionNode:
		visit(n)
		walk(n.Pipe, visit)
	case *parse.IfNode:
		visit(n)
		walkBranch(&n.BranchNode, visit)
	case *parse.RangeNode:
		visit(n)
		walkBranch(&n.BranchNode, visit)
	case *parse.WithNode:
		visit(n)
		walkBranch(&n.BranchNode, visit)
	case *parse.PipeNode:
		if n == nil {
			return
		}
		visit(n)
		for _, command := range n.Cmds {
			visit(command)
			for _, arg := range command.Args {
				walk(arg, visit)
			}
		}
	case *parse.ChainNode:
		visit(n)
		walk(n.Node, visit)
	default:
		visit(n)
	}
}

func walkBranch(n *parse.BranchNode, visit func(parse.Node)) {
	walk(n.Pipe, visit)
	walk(n.List, visit)
	walk(n.ElseList, visit)
}
