package tui

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode"

	tea "charm.land/bubbletea/v2"

	"coexist/runbook"
	"coexist/runbook/migration"
)

// lettersOnly keeps what a line says, whatever box or wrap it stands in.
func lettersOnly(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, s)
}

// rightmost keeps the rightmost pane of every row: the page of the step.
func rightmost(screen string) string {
	var out strings.Builder
	for _, row := range strings.Split(screen, "\n") {
		parts := strings.Split(strings.TrimRight(row, " │┃|"), "│")
		out.WriteString(parts[len(parts)-1] + "\n")
	}
	return out.String()
}

// TestEverySlideLineIsOnTheScreen opens the wizard on the shipped procedures and
// looks for each step's title, slide lines and facts on the page of the step,
// and for the words of the slide's picture in the diagram.
func TestEverySlideLineIsOnTheScreen(t *testing.T) {
	t.Parallel()
	for _, source := range []string{"2007", "2010", "mixed"} {
		t.Run(source, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "contoso.toml")
			if err := os.WriteFile(path, migration.Sample(source), 0o600); err != nil {
				t.Fatal(err)
			}
			s, err := runbook.Open(path, runbook.Options{Assets: os.DirFS("../assets"), Operator: "A. Meyer", Host: "jump", Tool: "test"})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { s.Close() })
			b := &bench{t: t, s: s, path: path, clock: &testClock{now: time.Date(2026, 11, 28, 22, 0, 0, 0, time.UTC)}}
			b.m = newModel(t.Context(), Config{Session: s, Clock: b.clock.Now, Operator: "A. Meyer", Version: "test"}, s)
			b.m.after = func(time.Duration, func(time.Time) tea.Msg) tea.Cmd { return nil }
			b.m.watch = func(context.Context, engine) tea.Cmd { return nil }
			b.send(tea.WindowSizeMsg{Width: 240, Height: 400})
			r := s.Snapshot().Runbook
			seen := 0
			for _, step := range r.Steps {
				b.keys(fmt.Sprint(step.Number), "enter")
				screen := lettersOnly(rightmost(b.screen()))
				for _, line := range append(append([]string{step.Title}, step.Slide...), step.Facts...) {
					seen++
					if !strings.Contains(screen, lettersOnly(line)) {
						t.Errorf("step %d: %q is not on the screen", step.Number, line)
					}
				}
				b.keys("esc")
			}
			b.keys("shift+tab", "[")
			before := strings.Fields(strings.ToLower(strings.Map(func(r rune) rune {
				if unicode.IsLetter(r) || unicode.IsDigit(r) {
					return r
				}
				return ' '
			}, b.screen())))
			for _, line := range r.Diagram {
				if strings.Contains(line, "2013") {
					continue // comes with the work
				}
				for _, w := range strings.Fields(line) {
					if w == "SP3" || w == "RU" {
						continue // shown once a check has read it: see the tests of the diagram
					}
					seen++
					if w := lettersOnly(w); w != "" && !strings.Contains(strings.Join(before, ""), w) {
						t.Errorf("%q of the picture's %q is not in the diagram", w, line)
					}
				}
			}
			if seen < 30 {
				t.Errorf("only %d lines and words were looked for", seen)
			}
		})
	}
}
