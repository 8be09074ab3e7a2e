package journal

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestASecondOpenerReadsNamesTheHolderAndFollows(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "x.journal")
	first := mustOpen(t, path, options())
	first.SetOperator("B. Weber")
	if _, err := first.Append("note", 1); err != nil {
		t.Fatal(err)
	}
	tick := make(chan time.Time)
	o := options()
	o.Tick = tick
	second := mustOpen(t, path, o)
	if h := second.Holder(); !second.ReadOnly() || h == nil || h.Operator != "B. Weber" || h.Host != "jump01" || h.PID != os.Getpid() {
		t.Fatalf("read-only %q, holder %+v", second.Why(), h)
	}
	if why := second.Why(); !strings.Contains(why, "B. Weber on jump01") {
		t.Errorf("why: %s", why)
	}
	if _, err := first.Append("note", 2, 3); err != nil {
		t.Fatal(err)
	}
	tick <- time.Time{}
	<-second.Changed()
	if n := len(second.Events()); n != 3 || second.Head() != first.Head() {
		t.Errorf("the follower has %d events, want 3", n)
	}
	first.Close()
	third := mustOpen(t, path, options())
	if third.ReadOnly() {
		t.Errorf("after the holder has closed: %s", third.Why())
	}
}

func TestAFollowerWaitsForWholeLines(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	whole := written(t, filepath.Join(dir, "whole.journal"), 3)
	path := filepath.Join(dir, "x.journal")
	ends := lineEnds(whole)
	os.WriteFile(path, whole[:ends[0]], 0o644)
	o := options()
	o.ReadOnly = true
	j := mustOpen(t, path, o)
	for size := ends[0]; size <= len(whole); size++ {
		os.WriteFile(path, whole[:size], 0o644)
		lines := 0
		for _, e := range ends {
			if e <= size {
				lines++
			}
		}
		if changed := j.look(); changed != contains(ends[1:], size) || len(j.Events()) != lines {
			t.Fatalf("at %d bytes: changed %t, %d events, want %d", size, changed, len(j.Events()), lines)
		}
	}
}

func TestAFollowerOfAReplacedFileReadsItAnew(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "x.journal")
	whole := written(t, path, 5)
	other := options()
	other.Operator = "C"
	k := mustOpen(t, filepath.Join(dir, "other.journal"), other)
	for i := range 9 {
		if _, err := k.Append("note", i); err != nil {
			t.Fatal(err)
		}
	}
	longer, _ := os.ReadFile(k.Path())
	o := options()
	o.ReadOnly = true
	j := mustOpen(t, path, o)
	os.WriteFile(path, whole[:lineEnds(whole)[1]], 0o644) // taken back by its writer
	if !j.look() || len(j.Events()) != 2 {
		t.Errorf("shortened: %d events, want 2", len(j.Events()))
	}
	os.WriteFile(path, longer, 0o644)
	if !j.look() || len(j.Events()) != 9 || j.Broken() != nil || j.Head() != k.Head() {
		t.Errorf("replaced: %d events, broken %v", len(j.Events()), j.Broken())
	}
	os.WriteFile(path, append(longer, "no event\n"...), 0o644)
	if !j.look() || j.Broken() == nil || j.Broken().Line != 10 || len(j.Events()) != 9 {
		t.Errorf("broken: %v with %d events", j.Broken(), len(j.Events()))
	}
	if j.look() {
		t.Error("an unchanged broken file counts as a change")
	}
	if _, err := Continue(path, options()); err != nil {
		t.Fatal(err)
	}
	if !j.look() || j.Broken() != nil || len(j.Events()) != 10 {
		t.Errorf("continued: %v with %d events", j.Broken(), len(j.Events()))
	}
}

func TestCloseEndsTheFollower(t *testing.T) {
	t.Parallel()
	o := options()
	o.ReadOnly = true
	j := mustOpen(t, filepath.Join(t.TempDir(), "x.journal"), o)
	j.Close()
	select {
	case <-j.done:
	default:
		t.Error("the follower still runs")
	}
	if _, err := j.Append("note", 1); err == nil {
		t.Error("a closed journal takes events")
	}
}
