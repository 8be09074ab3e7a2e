package journal

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// clock gives a time that goes on by a second at each look.
func clock() func() time.Time {
	at := time.Date(2026, 11, 28, 22, 0, 0, 0, time.UTC)
	return func() time.Time { at = at.Add(time.Second); return at }
}

func options() Options {
	return Options{Clock: clock(), Operator: "A. Meyer", Host: "jump01", Tick: make(chan time.Time)}
}

func mustOpen(t *testing.T, path string, o Options) *Journal {
	t.Helper()
	j, err := Open(path, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { j.Close() })
	return j
}

// written makes a journal of n notes and returns its bytes.
func written(t *testing.T, path string, n int) []byte {
	t.Helper()
	j := mustOpen(t, path, options())
	for i := range n {
		if _, err := j.Append("note", map[string]string{"text": fmt.Sprintf("number %d <&> \u2028 ü", i+1)}); err != nil {
			t.Fatal(err)
		}
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestAppendIsReadBack(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "contoso.journal")
	j := mustOpen(t, path, options())
	if _, err := os.Stat(path); !os.IsNotExist(err) {
		t.Error("the journal exists before anything was recorded")
	}
	one, err := j.Append("note", "a", 2, nil)
	if err != nil || len(one) != 3 {
		t.Fatalf("got %v, %v", one, err)
	}
	if none, err := j.Append("note"); none != nil || err != nil {
		t.Errorf("no data gave %v, %v", none, err)
	}
	j.SetOperator("B \"x\" <y>")
	if _, err := j.AppendAll([]Entry{{"value", json.RawMessage(`{"a":[1, 2]}`)}, {"undo", struct{}{}}}); err != nil {
		t.Fatal(err)
	}
	want := j.Events()
	head := j.Head()
	j.Close()
	again := mustOpen(t, path, options())
	got := again.Events()
	if len(got) != 5 || again.Head() != head || again.ReadOnly() {
		t.Fatalf("got %d events, head %s, read-only %q", len(got), again.Head(), again.Why())
	}
	for i := range got {
		a, _ := json.Marshal(got[i])
		b, _ := json.Marshal(want[i])
		if !bytes.Equal(a, b) {
			t.Errorf("event %d: got %s, want %s", i+1, a, b)
		}
	}
	if got[3].Operator != "B \"x\" <y>" || string(got[3].Data) != `{"a":[1,2]}` || got[3].Seq != 4 || got[0].Prev != "" {
		t.Errorf("got %+v", got[3])
	}
}

func TestWhatCannotBeEncodedIsRefusedWhole(t *testing.T) {
	t.Parallel()
	j := mustOpen(t, filepath.Join(t.TempDir(), "x.journal"), options())
	if _, err := j.Append("note", "fine", func() {}); err == nil {
		t.Fatal("a function was recorded")
	}
	if n := len(j.Events()); n != 0 {
		t.Errorf("%d events are shown of a batch that failed", n)
	}
	if _, err := j.Append("note", "fine"); err != nil {
		t.Errorf("the next append fails: %v", err)
	}
}

func TestClockGoingBackwardsIsRecordedAsItIs(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "x.journal")
	times := []time.Time{time.Date(2026, 1, 2, 0, 0, 0, 0, time.UTC), time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC)}
	o := options()
	i := -1
	j := mustOpen(t, path, o)
	j.o.Clock = func() time.Time { i++; return times[i] }
	for range times {
		if _, err := j.Append("note", "x"); err != nil {
			t.Fatal(err)
		}
	}
	for i, e := range j.Events() {
		if !e.Time.Equal(times[i]) {
			t.Errorf("event %d has the time %s, want %s", i+1, e.Time, times[i])
		}
	}
	j.Close()
	if r, err := Verify(path); err != nil || r.Broken != nil || r.Entries != 2 {
		t.Errorf("got %+v, %v", r, err)
	}
}

// Cut anywhere in its last two lines, a journal loses at most what was never
// finished, says so, keeps the bytes and goes on.
func TestTornAtEveryByte(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	whole := written(t, filepath.Join(dir, "whole.journal"), 4)
	ends := lineEnds(whole)
	for cut := ends[1]; cut <= len(whole); cut++ {
		path := filepath.Join(dir, fmt.Sprintf("%d.journal", cut))
		if err := os.WriteFile(path, whole[:cut], 0o644); err != nil {
			t.Fatal(err)
		}
		lines, tail := 0, cut
		for _, e := range ends {
			if e <= cut {
				lines, tail = lines+1, cut-e
			}
		}
		complete := contains(ends, cut+1)
		if complete {
			lines++
		}
		r, err := Verify(path)
		if err != nil || r.Broken != nil || r.Entries != lines || (r.Torn == 0) != (complete || tail == 0) {
			t.Fatalf("cut at %d: verify says %+v, %v; want %d entries", cut, r, err, lines)
		}
		j := mustOpen(t, path, options())
		if j.ReadOnly() || len(j.Events()) != lines {
			t.Fatalf("cut at %d: %d events, want %d; read-only %q", cut, len(j.Events()), lines, j.Why())
		}
		if tail == 0 || complete {
			if len(j.Torn()) != 0 {
				t.Errorf("cut at %d: torn %v, but nothing is", cut, j.Torn())
			}
		} else if torn := j.Torn(); len(torn) != 1 {
			t.Errorf("cut at %d: the torn line is not reported", cut)
		} else if kept, _ := os.ReadFile(torn[0].Path); !bytes.Equal(kept, whole[cut-tail:cut]) || torn[0].Path != path+".torn-1" {
			t.Errorf("cut at %d: %s holds %q", cut, torn[0].Path, kept)
		}
		if _, err := j.Append("note", "after"); err != nil {
			t.Fatal(err)
		}
		j.Close()
		if r, err := Verify(path); err != nil || r.Broken != nil || r.Torn != 0 || r.Entries != lines+1 {
			t.Errorf("cut at %d: after the next append %+v, %v", cut, r, err)
		}
	}
}

func lineEnds(data []byte) []int {
	var ends []int
	for i, b := range data {
		if b == '\n' {
			ends = append(ends, i+1)
		}
	}
	return ends
}

func contains(list []int, n int) bool {
	for _, one := range list {
		if one == n {
			return true
		}
	}
	return false
}

func TestASecondTornLineGetsItsOwnName(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "x.journal")
	whole := written(t, path, 2)
	for n := 1; n <= 2; n++ {
		if err := os.WriteFile(path, append(bytes.Clone(whole), `{"v":1,"se`...), 0o644); err != nil {
			t.Fatal(err)
		}
		j := mustOpen(t, path, options())
		if want := fmt.Sprintf("%s.torn-%d", path, n); len(j.Torn()) != 1 || j.Torn()[0].Path != want {
			t.Errorf("got %v, want %s", j.Torn(), want)
		}
		j.Close()
	}
}

func TestAReaderLeavesATornLineWhereItIs(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "x.journal")
	whole := append(written(t, path, 2), "{}{"...)
	os.WriteFile(path, whole, 0o644)
	o := options()
	o.ReadOnly = true
	j := mustOpen(t, path, o)
	if torn := j.Torn(); len(torn) != 1 || torn[0] != (Torn{Bytes: 3}) {
		t.Errorf("got %v", torn)
	}
	if _, err := j.Append("note", 1); !errors.Is(err, ErrReadOnly) {
		t.Errorf("got %v", err)
	}
	if now, _ := os.ReadFile(path); !bytes.Equal(now, whole) {
		t.Error("reading changed the file")
	}
}

func TestBrokenChainsNameTheLine(t *testing.T) {
	t.Parallel()
	whole := written(t, filepath.Join(t.TempDir(), "x.journal"), 6)
	lines := strings.SplitAfter(string(whole), "\n")[:6]
	edit := func(f func(l []string) []string) string {
		return strings.Join(f(append([]string(nil), lines...)), "")
	}
	tests := []struct {
		name, text, reason  string
		line, events, after int
	}{
		{"edited", edit(func(l []string) []string { l[2] = strings.Replace(l[2], "number 3", "number 9", 1); return l }),
			"it is not the text that line 4 was chained to: it was changed after it was written", 3, 2, 4},
		{"first edited", edit(func(l []string) []string { l[0] = strings.Replace(l[0], "number 1", "number 9", 1); return l }),
			"it is not the text that line 2 was chained to", 1, 0, 6},
		{"reordered", edit(func(l []string) []string { l[2], l[3] = l[3], l[2]; return l }), "expected entry 3, found entry 4", 3, 2, 4},
		{"removed", edit(func(l []string) []string { return append(l[:2], l[3:]...) }), "expected entry 3, found entry 4: lines are missing", 3, 2, 3},
		{"beginning removed", edit(func(l []string) []string { return l[1:] }), "expected entry 1, found entry 2", 1, 0, 5},
		{"doubled", edit(func(l []string) []string { l[3] = l[2]; return l }), "expected entry 4, found entry 3", 4, 3, 3},
		{"blank line", edit(func(l []string) []string { l[3] = "\n"; return l }), "it is not an event", 4, 3, 3},
		{"no JSON", edit(func(l []string) []string { l[3] = "hello\n"; return l }), "it is not an event", 4, 3, 3},
		{"newer version", edit(func(l []string) []string { l[3] = strings.Replace(l[3], `"v":1`, `"v":2`, 1); return l }), "it has version 2", 4, 3, 3},
		{"CR LF", strings.ReplaceAll(string(whole), "\n", "\r\n"), "converted to CR LF", 1, 0, 6},
		{"byte order mark", "\ufeff" + string(whole), "byte order mark", 1, 0, 6},
		{"first prev", edit(func(l []string) []string {
			l[0] = strings.Replace(l[0], `"prev":""`, `"prev":"00"`, 1)
			return l
		}), "the first line names one before it", 1, 0, 6},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "x.journal")
			os.WriteFile(path, []byte(tt.text), 0o644)
			j := mustOpen(t, path, options())
			b := j.Broken()
			if b == nil || b.Line != tt.line || !strings.Contains(b.Reason, tt.reason) || b.After != tt.after || len(j.Events()) != tt.events {
				t.Fatalf("got %+v with %d events, want line %d, %d after, %d events: %s", b, len(j.Events()), tt.line, tt.after, tt.events, tt.reason)
			}
			if _, err := j.Append("note", 1); !errors.Is(err, ErrReadOnly) || !strings.Contains(err.Error(), fmt.Sprintf("line %d", tt.line)) {
				t.Errorf("Append says %v", err)
			}
			if now, _ := os.ReadFile(path); string(now) != tt.text {
				t.Error("opening changed the file")
			}
			c, err := Continue(path, options())
			if b.saved {
				if now, _ := os.ReadFile(path); err == nil || !strings.Contains(err.Error(), "change nothing else, then everything counts again") || string(now) != tt.text {
					t.Errorf("a file that another program saved its own way: %v", err)
				}
				return
			}
			if err != nil || c.Line != tt.line || c.Entries != tt.events || c.Dropped != tt.after {
				t.Fatalf("Continue: %+v, %v", c, err)
			}
			if kept, _ := os.ReadFile(path + ".broken-1"); string(kept) != tt.text || c.Old != "x.journal.broken-1" || c.SHA256 != hash(kept) {
				t.Errorf("the broken journal was not kept: %+v", c)
			}
			again := mustOpen(t, path, options())
			events := again.Events()
			if again.ReadOnly() || len(events) != tt.events+1 || events[tt.events].Kind != KindContinued || events[tt.events].Prev != c.Head {
				t.Fatalf("continued: %d events, read-only %q", len(events), again.Why())
			}
			var told Continuation
			if err := json.Unmarshal(events[tt.events].Data, &told); err != nil || told != c {
				t.Errorf("the event says %+v, want %+v", told, c)
			}
		})
	}
}

func TestContinueRefusesAChainThatHolds(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "x.journal")
	written(t, path, 2)
	if _, err := Continue(path, options()); err == nil {
		t.Error("continued without a break")
	}
	j := mustOpen(t, path, options())
	if _, err := Continue(path, options()); !errors.Is(err, ErrReadOnly) || !strings.Contains(err.Error(), "A. Meyer on jump01") {
		t.Errorf("got %v, want the holder's name", err)
	}
	j.Close()
}

func TestAnotherProgramsChangeIsNoticed(t *testing.T) {
	t.Parallel()
	tests := map[string]func(path string) error{
		"grown": func(path string) error {
			return os.WriteFile(path, []byte("more than before"+strings.Repeat(" ", 4000)), 0o644)
		},
		"removed":  os.Remove,
		"replaced": func(path string) error { os.Rename(path, path+".old"); return os.WriteFile(path, nil, 0o644) },
	}
	for name, change := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "x.journal")
			j := mustOpen(t, path, options())
			if _, err := j.Append("note", 1); err != nil {
				t.Fatal(err)
			}
			if err := change(path); err != nil {
				t.Fatal(err)
			}
			if _, err := j.Append("note", 2); !errors.Is(err, ErrReadOnly) || len(j.Events()) != 1 || !j.ReadOnly() {
				t.Errorf("got %v, %d events, read-only %q", err, len(j.Events()), j.Why())
			}
		})
	}
}
