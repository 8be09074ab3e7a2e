package tui

import (
	"fmt"
	"image/color"
	"path/filepath"
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
	sums := tuitest.OpenLooks(filepath.Join("testdata", "golden", "looks.sum"), *update)
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
						words = sums.Look(t, name, look.name, f, words)
					}
				})
			}
		}
	})
	sums.Close(t)
}
