package checks

import (
	"regexp"
	"sync"
)

// Pattern compiles a regular expression when it is first needed: whatever a
// package sets up for itself is paid for by every start of the program. A count
// as in {1,200} alone takes megabytes.
func Pattern(expression string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(expression) })
}
