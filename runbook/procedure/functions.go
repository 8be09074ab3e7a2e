package procedure

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"sync"
)

// function is one function of the language; max is -1 where there is no limit.
type function struct {
	min, max int
	call     func(e *evaluation, args []any) (any, error)
}

// language holds the functions of procedures by name: the quoting helpers that
// end every printing action, and the functions inside. The parser takes it as
// it is. What else text/template has is known to the parser alone, so that the
// lint can name it.
var language = sync.OnceValue(func() map[string]any {
	return map[string]any{
		"ps": one(quotePS), "psList": one(quotePSList), "bare": one(quoteBare), "num": one(quoteNum),
		"cmd": one(quoteCmd), "plain": one(quotePlain), "host": one(quoteHost), "dn": one(quoteDN), "text": one(quoteText),
		"names": one(names), "fqdns": one(fqdns), "first": one(first), "rest": one(rest),
		"lower": one(lower), "upper": one(upper), "label": one(label), "join": two(join),
		"default": two(func(otherwise, x any) (any, error) { return fallback(otherwise, x), nil }),
		"value":   named(1, func(l Lookup, name []string) (any, error) { return l.Value(name[0]) }),
		"valueAt": named(2, func(l Lookup, name []string) (any, error) { return l.ValueAt(name[0], name[1]) }),
		"release": named(1, func(l Lookup, name []string) (any, error) { return l.Release(name[0]) }),
		"and":     function{1, -1, lastOf}, "or": function{1, -1, lastOf}, "not": one(not),
		"eq": many(2, -1, equal), "ne": many(2, 2, ordered(func(order int) bool { return order != 0 })),
		"lt":    many(2, 2, ordered(func(order int) bool { return order < 0 })),
		"le":    many(2, 2, ordered(func(order int) bool { return order <= 0 })),
		"gt":    many(2, 2, ordered(func(order int) bool { return order > 0 })),
		"ge":    many(2, 2, ordered(func(order int) bool { return order >= 0 })),
		"print": many(0, -1, sprint), "printf": many(1, -1, sprintf),
		"len": one(length), "index": many(2, 2, index), "slice": many(1, 3, slice),
		"html": foreign{}, "js": foreign{}, "urlquery": foreign{}, "call": foreign{}, "println": foreign{},
	}
})

// foreign is a function of text/template that procedures do without.
type foreign struct{}

func one[T any](f func(any) (T, error)) function {
	return function{1, 1, func(_ *evaluation, args []any) (any, error) { return f(args[0]) }}
}

func two[T any](f func(a, b any) (T, error)) function {
	return function{2, 2, func(_ *evaluation, args []any) (any, error) { return f(args[0], args[1]) }}
}

func many[T any](least, most int, f func([]any) (T, error)) function {
	return function{least, most, func(_ *evaluation, args []any) (any, error) { return f(args) }}
}

// named makes a function of names that the Lookup answers.
func named(count int, f func(Lookup, []string) (any, error)) function {
	return function{count, count, func(e *evaluation, args []any) (any, error) {
		if e.lookup == nil {
			return nil, errNoValues
		}
		texts, err := argTexts(args)
		if err != nil {
			return nil, err
		}
		return f(e.lookup, texts)
	}}
}

var errNoValues = errors.New("conditions never read values or releases")

// The inner functions that may stand anywhere but at the end of a printing
// action, with those of text/template that are of use here.
var innerFunctions = []string{
	"print", "printf", "join", "names", "fqdns", "first", "rest", "lower", "upper", "label",
	"release", "value", "valueAt", "default",
	"and", "or", "not", "eq", "ne", "lt", "le", "gt", "ge", "len", "index", "slice",
}

// join puts the elements of a list of texts, or one text, behind each other.
// The separator comes last, or first where the list is piped in.
func join(list, separator any) (string, error) {
	if reflect.ValueOf(separator).Kind() == reflect.Slice {
		list, separator = separator, list
	}
	between, err := scalar(separator)
	if err != nil {
		return "", err
	}
	elements, err := texts(list)
	return strings.Join(elements, between), err
}

// names and fqdns take servers and return what they are called.
func names(servers any) ([]string, error) { return fields(servers, "Name") }

func fqdns(servers any) ([]string, error) { return fields(servers, "FQDN") }

func fields(list any, field string) ([]string, error) {
	v := reflect.ValueOf(list)
	if v.Kind() != reflect.Slice {
		return nil, refuse(list, "expected a list of servers")
	}
	out := make([]string, 0, v.Len())
	for i := range v.Len() {
		element := reflect.Indirect(v.Index(i))
		if element.Kind() != reflect.Struct || !element.FieldByName(field).IsValid() {
			return nil, refuse(list, "expected a list of servers")
		}
		out = append(out, element.FieldByName(field).String())
	}
	return out, nil
}

// first returns the first element of a list; a list without one is refused,
// so that no command names nothing.
func first(list any) (any, error) {
	v := reflect.ValueOf(list)
	if v.Kind() != reflect.Slice {
		return nil, refuse(list, "first expects a list")
	}
	if v.Len() == 0 {
		return nil, refuse(list, "first expects a list with at least one element")
	}
	return v.Index(0).Interface(), nil
}

// rest returns a list without its first element.
func rest(list any) (any, error) {
	v := reflect.ValueOf(list)
	if v.Kind() != reflect.Slice {
		return nil, refuse(list, "rest expects a list")
	}
	if v.Len() == 0 {
		return list, nil
	}
	return v.Slice(1, v.Len()).Interface(), nil
}

func lower(x any) (string, error) {
	s, err := scalar(x)
	return mapKnown(s, strings.ToLower), err
}

func upper(x any) (string, error) {
	s, err := scalar(x)
	return mapKnown(s, strings.ToUpper), err
}

// label returns the first label of a host name.
func label(x any) (string, error) {
	s, err := scalar(x)
	if err != nil || HasPlaceholder(s) {
		return s, err
	}
	before, _, _ := strings.Cut(s, ".")
	return before, nil
}

// fallback returns x, or what stands first when x is empty.
func fallback(otherwise, x any) any {
	v := reflect.ValueOf(x)
	if !v.IsValid() || v.IsZero() {
		return otherwise
	}
	switch v.Kind() {
	case reflect.Slice, reflect.Map:
		if v.Len() == 0 {
			return otherwise
		}
	}
	return x
}

// scalar returns the text of a text, a number or a truth.
func scalar(x any) (string, error) {
	v := reflect.ValueOf(x)
	switch v.Kind() {
	case reflect.String:
		return v.String(), nil
	case reflect.Int, reflect.Int64, reflect.Int32, reflect.Bool:
		return fmt.Sprint(x), nil
	case reflect.Slice:
		return "", refuse(x, "expected one text, not a list; use join or first")
	}
	return "", refuse(x, fmt.Sprintf("expected a text, not %T", x))
}

// texts returns the elements of a list of texts; one text is a list of one,
// and an empty text a list of none.
func texts(x any) ([]string, error) {
	v := reflect.ValueOf(x)
	if v.Kind() != reflect.Slice {
		s, err := scalar(x)
		if err != nil || s == "" {
			return nil, err
		}
		return []string{s}, nil
	}
	out := make([]string, 0, v.Len())
	for i := range v.Len() {
		s, err := scalar(v.Index(i).Interface())
		if err != nil {
			return nil, err
		}
		out = append(out, s)
	}
	return out, nil
}
