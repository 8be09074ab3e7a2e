package main

import (
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// TestPackagesSetLittleUpForThemselves keeps what our packages do before main
// small: every start pays for it, and keeps it. One regular expression with a
// count of {1,200} once took 7.7 MB and 7 ms there.
func TestPackagesSetLittleUpForThemselves(t *testing.T) {
	t.Parallel()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), self, "-test.run=^$")
	cmd.Env = append(os.Environ(), "GODEBUG=inittrace=1")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	found := regexp.MustCompile(`(?m)^init (coexist/\S+) .* (\d+) bytes, (\d+) allocs$`).FindAllStringSubmatch(string(out), -1)
	seen := false
	for _, m := range found {
		bytes, _ := strconv.Atoi(m[2])
		seen = seen || m[1] == "coexist/checks"
		if bytes > maxSetUp {
			t.Errorf("%s sets up %d bytes in %s pieces before main, expected at most %d: make tables functions, and compile patterns by checks.Pattern", m[1], bytes, m[3], maxSetUp)
		}
	}
	if !seen {
		t.Errorf("no line tells of coexist/checks:\n%s", strings.TrimSpace(string(out)))
	}
}

// maxSetUp is what one package may allocate before main.
const maxSetUp = 64 << 10
