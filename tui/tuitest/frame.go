package tuitest

import (
	"fmt"
	"image/color"
	"strings"

	uv "github.com/charmbracelet/ultraviolet"
	"github.com/charmbracelet/x/vt"
)

// Cell is one cell of a screen as a person sees it.
type Cell struct {
	Text  string // a cluster; " " where nothing is written
	Width int    // 2 for wide ones, 0 for the second cell of such a one
	Look  Look
}

// Look is how a cell is drawn; the zero value is the terminal's own.
type Look struct {
	FG, BG                                 string // "#rrggbb"; "" is the terminal's own
	Bold, Faint, Italic, Underline, Invert bool
}

// Frame is what a terminal shows, row by row.
type Frame [][]Cell

// Draw writes what a program draws (rows with their styles, parted by line
// feeds) on a terminal of w by h cells.
func Draw(content string, w, h int) Frame {
	emu := vt.NewEmulator(w, h)
	defer emu.Close()
	_, _ = emu.WriteString(strings.ReplaceAll(content, "\n", "\r\n"))
	return frameOf(emu)
}

// Frame returns what the terminal shows now.
func (t *Terminal) Frame() Frame {
	t.mu.Lock()
	defer t.mu.Unlock()
	return frameOf(t.emu)
}

func frameOf(emu *vt.Emulator) Frame {
	rows := make(Frame, emu.Height())
	for y := range rows {
		rows[y] = make([]Cell, emu.Width())
		for x := range rows[y] {
			rows[y][x] = cellOf(emu.CellAt(x, y))
		}
	}
	return rows
}

func cellOf(c *uv.Cell) Cell {
	if c == nil {
		return Cell{Text: " ", Width: 1}
	}
	out := Cell{Text: c.Content, Width: c.Width, Look: Look{
		FG: hex(c.Style.Fg), BG: hex(c.Style.Bg), Underline: c.Style.Underline != uv.UnderlineNone,
		Bold: c.Style.Attrs&uv.AttrBold != 0, Faint: c.Style.Attrs&uv.AttrFaint != 0,
		Italic: c.Style.Attrs&uv.AttrItalic != 0, Invert: c.Style.Attrs&uv.AttrReverse != 0,
	}}
	if out.Text == "" && out.Width != 0 {
		out.Text, out.Width = " ", 1
	}
	return out
}

func hex(c color.Color) string {
	if c == nil {
		return ""
	}
	r, g, b, _ := c.RGBA()
	return fmt.Sprintf("#%02x%02x%02x", r>>8, g>>8, b>>8)
}

// Text returns the rows without trailing blanks.
func (f Frame) Text() string {
	var out strings.Builder
	for _, row := range f {
		var line strings.Builder
		for _, c := range row {
			line.WriteString(c.Text)
		}
		out.WriteString(strings.TrimRight(line.String(), " "))
		out.WriteByte('\n')
	}
	return out.String()
}

// Runs returns the looks row by row as lengths of equal ones, each look a
// letter; a legend is at the end. Blanks that show nothing of a look count to
// the run before.
func (f Frame) Runs() string {
	var out, legend strings.Builder
	letters := map[Look]string{{}: "."}
	letter := func(l Look) string {
		if letters[l] == "" {
			n := len(letters) - 1
			letters[l] = string(rune('a'+n%26)) + strings.Repeat("'", n/26)
			fmt.Fprintf(&legend, "%s %+v\n", letters[l], l)
		}
		return letters[l]
	}
	for _, row := range f {
		n, cur := 0, Look{}
		for _, c := range row {
			plain := c.Text == " " && !c.Look.Underline && !c.Look.Invert && !cur.Underline && !cur.Invert && c.Look.BG == cur.BG
			if c.Look != cur && !plain {
				if n > 0 {
					fmt.Fprintf(&out, "%s%d", letter(cur), n)
				}
				n, cur = 0, c.Look
			}
			n++
		}
		fmt.Fprintf(&out, "%s%d\n", letter(cur), n)
	}
	return out.String() + legend.String()
}
