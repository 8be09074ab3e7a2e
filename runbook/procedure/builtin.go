package procedure

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"text/template/parse"
)

// call evaluates a function. and and or look at no more arguments than they
// need.
func (e *evaluation) call(dot any, n parse.Node, name string, nodes []parse.Node, piped any, hasPiped bool) (any, error) {
	f, known := language()[name].(function)
	if !known {
		return nil, at(n, fmt.Errorf("function %q is not one of the language", name))
	}
	count := len(nodes)
	if hasPiped {
		count++
	}
	if count < f.min || f.max >= 0 && count > f.max {
		return nil, at(n, fmt.Errorf("%s: wrong number of arguments, %d", name, count))
	}
	var room [4]any
	args := room[:0]
	for _, node := range nodes {
		v, err := e.arg(dot, node)
		if err != nil {
			return nil, err
		}
		if name == "and" && !truth(v) || name == "or" && truth(v) {
			return v, nil
		}
		args = append(args, v)
	}
	if hasPiped {
		args = append(args, piped)
	}
	v, err := f.call(e, args)
	if err != nil {
		return nil, at(n, err)
	}
	return v, nil
}

// lastOf is the value of and and or when no argument before decided.
func lastOf(_ *evaluation, args []any) (any, error) { return args[len(args)-1], nil }

func not(x any) (bool, error) { return !truth(x), nil }

func sprint(args []any) (string, error) {
	for _, a := range args {
		if _, is := a.(string); !is {
			return fmt.Sprint(args...), nil
		}
	}
	var out strings.Builder
	for _, a := range args {
		out.WriteString(a.(string))
	}
	return out.String(), nil
}

func sprintf(args []any) (string, error) {
	format, err := scalar(args[0])
	return fmt.Sprintf(format, args[1:]...), err
}

// equal tells whether the first argument is one of the others.
func equal(args []any) (bool, error) {
	for _, other := range args[1:] {
		order, err := compare(args[0], other)
		if err != nil || order == 0 {
			return err == nil, err
		}
	}
	return false, nil
}

// ordered makes a comparison of two arguments.
func ordered(holds func(order int) bool) func(args []any) (bool, error) {
	return func(args []any) (bool, error) {
		order, err := compare(args[0], args[1])
		return err == nil && holds(order), err
	}
}

// compare orders two texts or two whole numbers; truths are equal or not.
func compare(a, b any) (int, error) {
	x, y := reflect.ValueOf(a), reflect.ValueOf(b)
	switch {
	case x.Kind() == reflect.String && y.Kind() == reflect.String:
		return strings.Compare(x.String(), y.String()), nil
	case x.CanInt() && y.CanInt():
		switch {
		case x.Int() < y.Int():
			return -1, nil
		case x.Int() > y.Int():
			return 1, nil
		}
		return 0, nil
	case x.Kind() == reflect.Bool && y.Kind() == reflect.Bool:
		if x.Bool() == y.Bool() {
			return 0, nil
		}
		return 1, nil
	}
	return 0, fmt.Errorf("%T and %T cannot be compared", a, b)
}

func length(x any) (int, error) {
	v := indirect(reflect.ValueOf(x))
	switch v.Kind() {
	case reflect.String, reflect.Slice, reflect.Map:
		return v.Len(), nil
	}
	return 0, refuse(x, "len expects a text or a list")
}

// index returns an element of a list.
func index(args []any) (any, error) {
	v := indirect(reflect.ValueOf(args[0]))
	i, is := args[1].(int)
	if v.Kind() != reflect.Slice || !is {
		return nil, errors.New("index expects a list and a whole number")
	}
	if i < 0 || i >= v.Len() {
		return nil, fmt.Errorf("the list has no element %d; it has %d", i, v.Len())
	}
	return held(v.Index(i)), nil
}

// slice returns a part of a text or of a list.
func slice(args []any) (any, error) {
	v := indirect(reflect.ValueOf(args[0]))
	if v.Kind() != reflect.String && v.Kind() != reflect.Slice {
		return nil, errors.New("slice expects a text or a list")
	}
	bounds := [2]int{0, v.Len()}
	for i, a := range args[1:] {
		n, is := a.(int)
		if !is {
			return nil, fmt.Errorf("slice expects whole numbers, not %T", a)
		}
		bounds[i] = n
	}
	if bounds[0] < 0 || bounds[0] > bounds[1] || bounds[1] > v.Len() {
		return nil, fmt.Errorf("there is no part %d to %d; the length is %d", bounds[0], bounds[1], v.Len())
	}
	return v.Slice(bounds[0], bounds[1]).Interface(), nil
}
