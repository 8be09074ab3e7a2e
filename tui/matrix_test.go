package tui

import (
	"crypto/sha256"
	"fmt"
	"image/color"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"

	"coexist/tui/tuitest"
)

// looks are the ways in which every screen is shown. What a screen says is in
// its golden frame; here is how.
var looks = []struct {
	name string
	set  func(*bench)
}{
	{"dark", func(b *bench) { b.send(tea.ColorProfileMsg{Profile: colorprofile.TrueColor}) }},
	{"light", func(b *bench) { b.send(tea.BackgroundColorMsg{Color: color.White}) }},
	{"sixteen", func(b *bench) { b.send(tea.ColorProfileMsg{Profile: colorprofile.ANSI}) }},
	{"colourless", func(b *bench) { b.send(tea.ColorProfileMsg{Profile: colorprofile.ASCII}) }},
	{"ascii", func(b *bench) {
		b.m.cfg.ASCII = true
		b.send(tea.ColorProfileMsg{Profile: colorprofile.TrueColor}, tea.BackgroundColorMsg{Color: color.Black})
	}},
}

// TestEveryScreenInEveryLook holds the looks of all screens at both design
// sizes against testdata/golden/looks.sum: a line for each, with the number of
// styles and a digest of where each of them stands.
func TestEveryScreenInEveryLook(t *testing.T) {
	t.Parallel()
	path := filepath.Join("testdata", "golden", "looks.sum")
	known := map[string]string{}
	if text, err := os.ReadFile(path); err == nil {
		for line := range strings.Lines(string(text)) {
			name, sum, _ := strings.Cut(strings.TrimSpace(line), "\t")
			known[name] = sum
		}
	}
	var mu sync.Mutex
	var lines []string
	t.Run("screens", func(t *testing.T) {
		for _, s := range screens {
			for _, size := range [][2]int{{80, 24}, {120, 40}} {
				name := fmt.Sprintf("%s-%dx%d", s.name, size[0], size[1])
				t.Run(name, func(t *testing.T) {
					t.Parallel()
					b := newBench(t, 2, size[0], size[1])
					if s.set != nil {
						s.set(b)
						b.reload()
					}
					b.keys(s.keys...)
					words := ""
					for _, look := range looks {
						look.set(b)
						f := tuitest.Draw(b.m.View().Content, b.m.w, b.m.h)
						words = sameWords(t, look.name, f, words)
						runs := f.Runs()
						key := name + " " + look.name
						sum := fmt.Sprintf("%d %x", strings.Count(runs, "{"), sha256.Sum256([]byte(runs)))[:19]
						if !*update && known[key] != sum {
							t.Errorf("%s looks different from before (go test ./tui -update takes it over):\n%s%s", key, f.Text(), runs)
						}
						mu.Lock()
						lines = append(lines, key+"\t"+sum+"\n")
						mu.Unlock()
					}
				})
			}
		}
	})
	if *update {
		slices.Sort(lines)
		if err := os.WriteFile(path, []byte(strings.Join(lines, "")), 0o644); err != nil {
			t.Fatal(err)
		}
	} else if len(known) != len(lines) {
		t.Errorf("%s has %d lines for %d looks; go test ./tui -update writes it anew", path, len(known), len(lines))
	}
}

// sameWords wants a look to say what the one before said: the same text, with
// ASCII the same letters and digits in the same cells; and no colour where
// there is none.
func sameWords(t *testing.T, look string, f tuitest.Frame, before string) string {
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
