package intake

import (
	"fmt"
	"image"
	"slices"
	"testing"

	"coexist/tui/paint"
	"coexist/tui/tuitest"
)

// The bars of the board: bytes for a move, and for a page.
const (
	moveBytes = 300
	pageBytes = 4096
)

// TestBytesOfMoves holds what moving through the start screen and the pages
// costs on the line. On the page of the source the arrows choose the answer; it
// has the bar of a page.
func TestBytesOfMoves(t *testing.T) {
	t.Parallel()
	shown := frames(t)
	for _, name := range []string{"start", "source", "names", "sites", "site", "server", "features", "target", "network", "change", "review", "edit"} {
		for _, size := range [][2]int{{80, 24}, {120, 40}} {
			t.Run(fmt.Sprintf("%s %dx%d", name, size[0], size[1]), func(t *testing.T) {
				m, wire := shown[name], tuitest.NewWire(size[0], size[1])
				cost := func() int {
					c := paint.New()
					c.Reset(size[0], size[1], false)
					m.SetSize(size[0], size[1])
					var cursor *image.Point
					if at, on := m.Draw(c, paint.R(0, 0, size[0], size[1])); on {
						cursor = &at
					}
					return len(wire.Send(c.Render(), cursor))
				}
				do(m, "up*40")
				cost()
				var list []int
				for range 14 {
					do(m, "down")
					if n := cost(); n > 0 {
						list = append(list, n)
					}
				}
				t.Log(list)
				slices.Sort(list)
				n := len(list)
				if n == 0 {
					t.Fatal("nothing moves")
				}
				if list[n-1] > pageBytes || name != "source" && list[(n-1)/2] > moveBytes*11/10 {
					t.Errorf("half of the moves cost up to %d bytes, the dearest %d; the bars are %d and %d", list[(n-1)/2], list[n-1], moveBytes, pageBytes)
				}
			})
		}
	}
}
