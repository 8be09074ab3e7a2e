package journal

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

const childEnv = "JOURNAL_TEST_CHILD"

// TestKilledInTheMiddle starts this test binary as a child that appends without
// end and tells each entry that was accepted; killed at any moment, it must have
// left every one of them behind, and its lock must be free.
func TestKilledInTheMiddle(t *testing.T) {
	if path := os.Getenv(childEnv); path != "" {
		appendForEver(path)
	}
	t.Parallel()
	path := filepath.Join(t.TempDir(), "x.journal")
	accepted := 0
	for round := 1; round <= 3; round++ {
		accepted = killed(t, path, accepted+round*7)
		r, err := Verify(path)
		if err != nil || r.Broken != nil || r.Entries < accepted {
			t.Fatalf("round %d: %+v, %v; %d entries were accepted", round, r, err, accepted)
		}
	}
	j := mustOpen(t, path, options())
	if j.ReadOnly() {
		t.Errorf("the lock of the killed one is still there: %s", j.Why())
	}
	for i, e := range j.Events() {
		if e.Seq != int64(i+1) || e.Kind != "note" {
			t.Fatalf("entry %d is %+v", i+1, e)
		}
	}
}

// killed runs a child until it has told of that many entries, kills it, and
// returns the last one that it told of.
func killed(t *testing.T, path string, entries int) int {
	t.Helper()
	child := exec.Command(os.Args[0], "-test.run=^TestKilledInTheMiddle$")
	child.Env = append(os.Environ(), childEnv+"="+path)
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	last := 0
	for lines := bufio.NewScanner(out); lines.Scan(); {
		n, err := strconv.Atoi(lines.Text())
		if err != nil {
			child.Process.Kill()
			t.Fatalf("the child says %q", lines.Text())
		}
		if last = n; n == entries {
			child.Process.Kill() // go on reading: what it told before counts
		}
	}
	child.Wait()
	if last < entries {
		t.Fatalf("the child ended at entry %d", last)
	}
	return last
}

func appendForEver(path string) {
	j, err := Open(path, Options{Operator: "child"})
	for err == nil {
		var list []Event
		if list, err = j.Append("note", "a", strings.Repeat("b", 5000), "c"); err == nil {
			for _, e := range list {
				fmt.Println(e.Seq)
			}
		}
	}
	fmt.Println(err)
	os.Exit(3)
}
