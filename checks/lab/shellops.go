package lab

import (
	"fmt"
	"regexp"
	"strings"

	"coexist/checks"
)

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

var groupReference = checks.Pattern(`\$(\d+)`)

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
		with = groupReference().ReplaceAllString(text(how[1]), "$${$1}")
	}
	return re.ReplaceAllString(text(a), with), nil
}
