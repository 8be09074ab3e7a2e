package tui

import (
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
)

// TestPageFollowsOnceTheCursorRests holds the clock of the rests in hand.
func TestPageFollowsOnceTheCursorRests(t *testing.T) {
	t.Parallel()
	b := newBench(t, 2, 120, 40)
	var rests []tea.Msg
	b.m.after = func(_ time.Duration, tell func(time.Time) tea.Msg) tea.Cmd {
		return func() tea.Msg { rests = append(rests, tell(time.Time{})); return nil }
	}
	const first, second = "1.1 Service pack on EX10-01", "1.3 Extend the schema"
	page := func() string { // the first line of the task's page
		lines := strings.Split(b.screen(), "\n")
		for i, l := range lines {
			if strings.Contains(l, "│ Task") || strings.Contains(l, "│▌Task") {
				return lines[i+1]
			}
		}
		t.Fatalf("no page:\n%s", b.screen())
		return ""
	}
	b.keys("down")
	b.keys("down")
	if got := page(); !strings.Contains(got, first) {
		t.Fatalf("the page went along with the cursor: %q", got)
	}
	if row, ok := b.m.row(); !ok || row.task == nil || row.task.Title != "Extend the schema" {
		t.Fatalf("the cursor is elsewhere: %+v", row)
	}
	b.send(rests[0]) // of the first move: overtaken
	if got := page(); !strings.Contains(got, first) {
		t.Fatalf("an overtaken rest brought the page: %q", got)
	}
	b.send(rests[1])
	if got := page(); !strings.Contains(got, second) {
		t.Fatalf("the page did not follow: %q", got)
	}
	b.keys("up", "y") // an act shows at once what it is about
	if got := page(); !strings.Contains(got, "1.2 Service pack on EX10-02") {
		t.Fatalf("an act was done beside another page: %q", got)
	}
}
