package procedure

import (
	"slices"
	"strings"
	"text/template/parse"
)

// Families of quoting helpers, by the place where a text lands.
var (
	psHelpers    = []string{"ps", "psList", "bare", "num"}
	cmdHelpers   = []string{"cmd", "bare", "num"}
	plainHelpers = []string{"plain", "host", "num", "dn", "bare"}
	proseHelpers = []string{"text", "num", "host", "plain"}
	allHelpers   = []string{"ps", "psList", "bare", "num", "cmd", "plain", "host", "dn", "text"}
)

// shellHelpers are those that are safe in a shell.
func shellHelpers(shell string) []string {
	switch shell {
	case "cmd":
		return cmdHelpers
	case "console":
		return slices.Concat(proseHelpers, []string{"bare"})
	}
	return psHelpers
}

// template checks one text: that it parses, that every action that prints ends
// in a helper of the right family, and that what it names is there.
func (l *linter) template(field, source string, helpers []string, t *Task, values bool) {
	parsed, err := ParseTemplate(source)
	if err != nil {
		l.say(field, "%s", err)
		return
	}
	if parsed.Static() {
		// Blocks of PowerShell end in }} as well; elsewhere it is a slip.
		if strings.Contains(source, "}}") && !slices.Contains(helpers, "ps") {
			l.say(field, "}} without {{")
		}
		return
	}
	walk(parsed.tree.Root, func(n parse.Node) { l.node(field, n, helpers) })
	for _, use := range parsed.Uses() {
		if !values {
			l.say(field, "this text cannot wait for values, and names %q", use.Name)
			continue
		}
		l.use(field, use, t)
	}
}

// use checks a value that a text names.
func (l *linter) use(field string, use Use, t *Task) {
	v, declared := l.values[use.Name]
	switch {
	case !declared:
		l.say(field, "value %q: no task asks for it or captures it", use.Name)
	case !use.At && rank[v.scope] > rank[t.Scope]:
		l.say(field, "value %q is kept per %s and the task is done per %s: name the place with valueAt", use.Name, v.scope, t.Scope)
	case use.At && v.scope == "org":
		l.say(field, "value %q is kept once; valueAt has no place to look at", use.Name)
	}
}

func (l *linter) condition(field, source string) {
	parsed, err := ParseCondition(source)
	if err != nil {
		l.say(field, "%s", err)
		return
	}
	if parsed.Static() {
		return
	}
	walk(parsed.tree.Root, func(n parse.Node) {
		if call, is := n.(*parse.IdentifierNode); is {
			switch {
			case call.Ident == "value" || call.Ident == "valueAt" || call.Ident == "release":
				l.say(field, "a condition never reads %s", call.Ident)
			case slices.Contains(allHelpers, call.Ident) || !slices.Contains(innerFunctions, call.Ident):
				l.say(field, "%q has no place in a condition", call.Ident)
			}
		}
	})
}

// node checks one node of a template.
func (l *linter) node(field string, n parse.Node, helpers []string) {
	switch n := n.(type) {
	case *parse.ActionNode:
		if len(n.Pipe.Decl) == 0 {
			l.printing(field, n, helpers)
		} else {
			l.inside(field, n.Pipe.Cmds)
		}
	case *parse.IfNode:
		l.inside(field, n.Pipe.Cmds)
	case *parse.RangeNode:
		l.inside(field, n.Pipe.Cmds)
	case *parse.WithNode:
		l.inside(field, n.Pipe.Cmds)
	case *parse.TemplateNode:
		l.say(field, "template, block and define have no place here")
	}
}

// printing checks the last word of an action that prints.
func (l *linter) printing(field string, n *parse.ActionNode, helpers []string) {
	last := n.Pipe.Cmds[len(n.Pipe.Cmds)-1]
	name := ""
	if id, is := last.Args[0].(*parse.IdentifierNode); is {
		name = id.Ident
	}
	switch {
	case !slices.Contains(allHelpers, name):
		l.say(field, "%s prints without quoting: end it in one of %s", n, strings.Join(helpers, ", "))
	case !slices.Contains(helpers, name):
		l.say(field, "%s: %s does not fit this place; it takes %s", n, name, strings.Join(helpers, ", "))
	}
	l.inside(field, n.Pipe.Cmds[:len(n.Pipe.Cmds)-1])
	for _, arg := range last.Args[1:] {
		if pipe, is := arg.(*parse.PipeNode); is {
			l.inside(field, pipe.Cmds)
		}
	}
}

// inside checks that no helper stands where something else may still change
// what it made safe, and that every function is one of the language.
func (l *linter) inside(field string, commands []*parse.CommandNode) {
	for _, command := range commands {
		walk(&parse.PipeNode{Cmds: []*parse.CommandNode{command}}, func(n parse.Node) {
			id, is := n.(*parse.IdentifierNode)
			switch {
			case !is:
			case slices.Contains(allHelpers, id.Ident):
				l.say(field, "%s stands inside; a quoting helper comes last", id.Ident)
			case !slices.Contains(innerFunctions, id.Ident):
				l.say(field, "function %q is not one of the language", id.Ident)
			}
		})
	}
}
