package journal

import (
	"fmt"
	"strings"
)

// Text tells in a few lines what was found and what to do.
func (r Report) Text() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n%d entries, chain head %s\n", r.Path, r.Entries, r.Head)
	if r.Torn > 0 {
		fmt.Fprintf(&b, "the last line is unfinished (%d bytes); it was never shown as accepted and is set aside when the journal is opened next\n", r.Torn)
	}
	if r.Broken == nil {
		b.WriteString("the chain holds\n")
		return b.String()
	}
	fmt.Fprintf(&b, "the chain breaks at line %d: %s\n%s\n", r.Broken.Line, r.Broken.Reason, r.Broken.Advice("FILE"))
	return b.String()
}
