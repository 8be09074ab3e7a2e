package command

import (
	"strings"
	"testing"
)

// TestLinesTellWhatIsSeenFromOutside opens every check of a task that looks
// from both sides.
func TestLinesTellWhatIsSeenFromOutside(t *testing.T) {
	t.Parallel()
	f := newField(t, "2010")
	if _, _, err := f.run(t, "", "new", "contoso.toml"); err != nil {
		t.Fatal(err)
	}
	f.typed = "step 1\n29\n1\n2\n3\n4\n5\n6\nquit\n"
	out, _, err := f.run(t, "", "--plain", "--operator", "A. Meyer", "contoso.toml")
	const how = "type import seen.json:\ncoexist check contoso.toml --from outside --out seen.json\nIt has no answer yet.\n"
	if err != nil || !strings.Contains(out, "The client names of Redmond before the change") || !strings.Contains(out, how) || !strings.Contains(out, "It was not run yet. Type run 1.") {
		t.Errorf("%v\n%s", err, out)
	}
}
