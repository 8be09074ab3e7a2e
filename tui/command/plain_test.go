package command

import (
	"regexp"
	"strings"
	"testing"
)

// TestLinesTellWhatIsSeenFromOutside opens the checks of a task that is judged
// from outside, and of one that is not.
func TestLinesTellWhatIsSeenFromOutside(t *testing.T) {
	t.Parallel()
	f := newField(t, "2010")
	if _, _, err := f.run(t, "", "new", "contoso.toml"); err != nil {
		t.Fatal(err)
	}
	number := func(title string) string {
		f.typed = "step 1\nquit\n"
		out, _, err := f.run(t, "", "--plain", "--operator", "A. Meyer", "contoso.toml")
		found := regexp.MustCompile(`(?m)^(\d+)\. \[\w+\] ` + title).FindStringSubmatch(out)
		if err != nil || found == nil {
			t.Fatalf("no task %s: %v\n%s", title, err, out)
		}
		return found[1]
	}
	f.typed = "step 1\n" + number("Remote Connectivity Analyzer for Redmond") + "\n1\n2\nstep 1\n" + number("The client names of Redmond before") + "\n1\nquit\n"
	out, _, err := f.run(t, "", "--plain", "--operator", "A. Meyer", "contoso.toml")
	const how = "type import seen.json:\ncoexist check contoso.toml --from outside --out seen.json\nIt has no answer yet.\n"
	if err != nil || !strings.Contains(out, how) || !strings.Contains(out, "It was not run yet. Type run 1.") {
		t.Errorf("%v\n%s", err, out)
	}
}
