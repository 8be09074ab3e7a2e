package export

import (
	"fmt"
	"strings"

	"github.com/charmbracelet/x/ansi"
)

// connector draws the line from the names to the boxes below.
func connector(from int, old, fresh bool) string {
	row := []byte(strings.Repeat(" ", 2*boxWidth+gapWidth))
	left, right := from, from
	if old {
		left = boxWidth / 2
	}
	if fresh {
		right = boxWidth + gapWidth + boxWidth/2
	}
	for i := left; i <= right; i++ {
		row[i] = '-'
	}
	row[left], row[right], row[from] = '+', '+', '+'
	return string(row)
}

// fit cuts or fills text to a width.
func fit(s string, width int) string {
	s = ansi.Truncate(s, width, "..")
	return s + strings.Repeat(" ", max(0, width-ansi.StringWidth(s)))
}

// shorten keeps a box small and says what it leaves out.
func shorten(rows []string) []string {
	if len(rows) <= boxServers {
		return rows
	}
	return append(rows[:boxServers-1:boxServers-1], fmt.Sprintf("and %d more", len(rows)-boxServers+1))
}

// box draws a frame with a title around lines.
func box(title string, lines []string, width int) []string {
	inner := width - 4
	title = ansi.Truncate(strings.TrimSpace(title), inner-2, "..")
	out := []string{"+- " + title + " " + strings.Repeat("-", inner-1-ansi.StringWidth(title)) + "+"}
	for _, l := range lines {
		l = strings.TrimRight(ansi.Truncate(l, inner, ".."), " ")
		out = append(out, "| "+l+strings.Repeat(" ", inner-ansi.StringWidth(l))+" |")
	}
	return append(out, "+"+strings.Repeat("-", width-2)+"+")
}
