package checks

import (
	"regexp"
	"sync"
)

// pattern compiles a regular expression when it is first needed: most starts
// of the program run no check.
func pattern(expression string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(expression) })
}
