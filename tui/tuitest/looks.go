package tuitest

import (
	"crypto/sha256"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
)

// Looks holds how screens look against a file: a line for each look of each
// screen, with the number of styles and a digest of where each of them stands.
// What a screen says is in its golden frame.
type Looks struct {
	path   string
	update bool
	known  map[string]string
	mu     sync.Mutex
	lines  []string
}

// OpenLooks reads the file; with update it is written anew instead of compared.
func OpenLooks(path string, update bool) *Looks {
	l := &Looks{path: path, update: update, known: map[string]string{}}
	if text, err := os.ReadFile(path); err == nil {
		for line := range strings.Lines(string(text)) {
			name, sum, _ := strings.Cut(strings.TrimSpace(line), "\t")
			l.known[name] = sum
		}
	}
	return l
}

// Look compares one look of a screen. before is what the look before it said,
// "" for the first; the text to hand on is returned. A look named "ascii" is
// drawn with ASCII, one named "colourless" without colours.
func (l *Looks) Look(t testing.TB, screen, look string, f Frame, before string) string {
	t.Helper()
	text := sameWords(t, look, f, before)
	runs := f.Runs()
	key := screen + " " + look
	sum := fmt.Sprintf("%d %x", strings.Count(runs, "{"), sha256.Sum256([]byte(runs)))[:19]
	if !l.update && l.known[key] != sum {
		t.Errorf("%s looks different from before (go test -update takes it over):\n%s%s", key, f.Text(), runs)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lines = append(l.lines, key+"\t"+sum+"\n")
	return text
}

// Close wants every line of the file to have been compared, or writes it.
func (l *Looks) Close(t testing.TB) {
	t.Helper()
	if l.update {
		slices.Sort(l.lines)
		if err := os.WriteFile(l.path, []byte(strings.Join(l.lines, "")), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if len(l.known) != len(l.lines) {
		t.Errorf("%s has %d lines for %d looks; go test -update writes it anew", l.path, len(l.known), len(l.lines))
	}
}

// sameWords wants a look to say what the one before said: the same text, with
// ASCII the same letters and digits in the same cells; and no colour where
// there is none.
func sameWords(t testing.TB, look string, f Frame, before string) string {
	t.Helper()
	text := f.Text()
	switch {
	case look == "ascii":
		then, now := strings.Split(before, "\n"), strings.Split(text, "\n")
		for y := range now {
			for _, r := range now[y] {
				if r > 0x7e {
					t.Errorf("%q stands on an ASCII screen:\n%s", r, text)
					return before
				}
			}
			if word := lostWord(then[y], now[y]); word != "" {
				t.Errorf("%q is not on the ASCII screen:\n%s\n%s", word, then[y], now[y])
			}
		}
		return before
	case before != "" && text != before:
		t.Errorf("%s says something else:\n%s\nbefore:\n%s", look, text, before)
	}
	for _, row := range f {
		for _, c := range row {
			if look == "colourless" && (c.Look.FG != "" || c.Look.BG != "") {
				t.Fatalf("%q has a colour where there is none: %+v", c.Text, c.Look)
			}
			if c.Text != " " && c.Look.FG != "" && c.Look.FG == c.Look.BG {
				t.Fatalf("%s: %q can't be seen: %+v", look, c.Text, c.Look)
			}
		}
	}
	return text
}

// lostWord is a word of ASCII letters on one line that the other lacks.
func lostWord(line, other string) string {
	for _, word := range strings.FieldsFunc(line, func(r rune) bool { return r < 'A' || r > 'z' || r > 'Z' && r < 'a' }) {
		if len(word) > 2 && !strings.Contains(other, word) {
			return word
		}
	}
	return ""
}
