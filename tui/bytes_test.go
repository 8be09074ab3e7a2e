package tui

import (
	"fmt"
	"image"
	"os"
	"slices"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"coexist/tui/tuitest"
)

// The bars, in bytes: for a move of the cursor, for a page that is turned or
// another region, and for the page of the task that follows a cursor at rest.
const (
	moveBytes = 300
	pageBytes = 4096
	restBytes = 1024
)

// line is a bench whose frames go over a counted line.
type line struct {
	*bench
	wire  *tuitest.Wire
	rests []tea.Msg
}

func newLine(t *testing.T, w, h int) *line {
	l := &line{bench: benchWith(t, os.DirFS("../assets"), organization(3), w, h), wire: tuitest.NewWire(w, h)}
	l.m.after = func(d time.Duration, tell func(time.Time) tea.Msg) tea.Cmd {
		return func() tea.Msg {
			if d == toRest {
				l.rests = append(l.rests, tell(time.Time{}))
			}
			return nil
		}
	}
	l.cost()
	return l
}

// cost draws what is to be seen now and returns its bytes.
func (l *line) cost() int {
	v := l.m.View()
	var at *image.Point
	if v.Cursor != nil {
		at = &image.Point{X: v.Cursor.X, Y: v.Cursor.Y}
	}
	return len(l.wire.Send(v.Content, at))
}

// press is the cost of a key, and of the page that follows when the cursor
// rests.
func (l *line) press(key string) (now, after int) {
	l.rests = nil
	l.keys(key)
	now = l.cost()
	for _, r := range l.rests {
		l.send(r)
	}
	return now, l.cost()
}

// walks are the lists one moves through, each with the keys that lead there.
var walks = []struct {
	name, key string
	to        []string
	n         int
	turns     bool // each key turns the page: there is nothing to move but the text
}{
	{name: "tasks", key: "j", n: 24},
	{name: "tasks upwards", key: "k", to: []string{"G"}, n: 24},
	{name: "items", key: "j", to: []string{"j", "j", "enter"}, n: 12},
	{name: "panels", key: "j", to: []string{"shift+tab"}, n: 10},
	{name: "palette", key: "down", to: []string{":"}, n: 24},
	{name: "gate", key: "down", to: []string{"ctrl+g"}, n: 20},
	{name: "help", key: "down", to: []string{"?"}, n: 4, turns: true},
	{name: "regions", key: "tab", n: 6, turns: true},
	{name: "steps", key: "2", n: 1, turns: true},
	{name: "steps back", key: "1", to: []string{"3"}, n: 1, turns: true},
}

// TestBytesOfMoves holds what keys cost on the line: moves within a page, most of
// all moves, stay at the bar of a move; those that turn a page, and the page that
// follows the cursor, below theirs.
func TestBytesOfMoves(t *testing.T) {
	t.Parallel()
	for _, size := range [][2]int{{120, 40}, {80, 24}} {
		for _, walk := range walks {
			t.Run(fmt.Sprintf("%s %dx%d", walk.name, size[0], size[1]), func(t *testing.T) {
				t.Parallel()
				l := newLine(t, size[0], size[1])
				l.keys(walk.to...)
				l.cost()
				var moves, nows, afters []int
				for range walk.n {
					tops := l.m.tops
					now, after := l.press(walk.key)
					if now == 0 {
						continue
					}
					if nows, afters = append(nows, now), append(afters, after); tops == l.m.tops {
						moves = append(moves, now)
					}
				}
				t.Logf("at once %v, once the cursor rests %v", nows, afters)
				slices.Sort(moves)
				slices.Sort(nows)
				slices.Sort(afters)
				n := len(nows)
				if n == 0 {
					t.Fatal("nothing moves")
				}
				if k := len(moves); !walk.turns && (k < n/2 || moves[(k-1)/2] > moveBytes || moves[(k-1)*3/4] > moveBytes*11/10) {
					t.Errorf("half of the moves within a page cost up to %d bytes, three in four %d; the bar is %d", moves[(k-1)/2], moves[(k-1)*3/4], moveBytes)
				}
				if nows[n-1] > pageBytes {
					t.Errorf("a key costs %d bytes, the bar is %d", nows[n-1], pageBytes)
				}
				if afters[n/2] > restBytes || afters[n-1] > 2*restBytes {
					t.Errorf("the page that follows costs %d bytes, and %d at most; the bar is %d and twice that", afters[n/2], afters[n-1], restBytes)
				}
			})
		}
	}
}
