package tui

import (
	"fmt"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"
)

// TestTheScreenGoesOnWhileChecksRun resizes, types and pastes a bomb while
// every check waits: probing never holds the screen up.
func TestTheScreenGoesOnWhileChecksRun(t *testing.T) {
	t.Parallel()
	b := newBench(t, 2, 120, 40)
	b.hold = make(chan struct{})
	msgs := make(chan tea.Msg, 256)
	var launch func(tea.Cmd)
	launch = func(c tea.Cmd) {
		if c == nil {
			return
		}
		go func() {
			msg := c()
			if batch, ok := msg.(tea.BatchMsg); ok {
				for _, each := range batch {
					launch(each)
				}
				return
			}
			msgs <- msg
		}()
	}
	launch(b.m.startRun(b.m.phaseChecks()))
	for i := range 100 {
		for _, msg := range []tea.Msg{
			tea.WindowSizeMsg{Width: 1 + i*7%200, Height: 1 + i*3%60},
			tea.PasteMsg{Content: strings.Repeat("x\x1b[2J\n", 1000)},
			press([]string{"down", "up", "tab", "?", "esc"}[i%5]),
		} {
			b.m.Update(msg)
			b.m.View()
		}
	}
	b.m.Update(tea.WindowSizeMsg{Width: 120, Height: 40})
	if len(b.m.active) != 1 {
		t.Fatal("the run ended while every check still waited")
	}
	if screen := fmt.Sprint(b.m.View().Content); strings.Contains(screen, "\x1b[2J") {
		t.Error("the paste reached the terminal")
	}
	b.m.active[0].cancel()
	for len(b.m.active) > 0 {
		_, cmd := b.m.Update(<-msgs)
		launch(cmd)
	}
}
