// Command least is the least full-screen program of the kind that coexist is:
// three panes of lines, a cursor and a row of keys, drawn by the same framework.
// What it costs is the framework's, so coexist is measured beside it.
package main

import (
	"fmt"
	"os"
	"strings"

	tea "charm.land/bubbletea/v2"
)

func main() {
	if _, err := tea.NewProgram(panes{}).Run(); err != nil {
		fmt.Fprintln(os.Stderr, "least:", err)
		os.Exit(1)
	}
}

type panes struct{ width, height, cursor int }

func (p panes) Init() tea.Cmd { return tea.RequestBackgroundColor }

func (p panes) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		p.width, p.height = msg.Width, msg.Height
	case tea.KeyPressMsg:
		switch msg.String() {
		case "j", "down":
			p.cursor = min(p.cursor+1, max(p.height-3, 0))
		case "k", "up":
			p.cursor = max(p.cursor-1, 0)
		case "q", "ctrl+c":
			return p, tea.Quit
		}
	}
	return p, nil
}

func (p panes) View() tea.View {
	var v tea.View
	v.AltScreen = true
	if p.height < 4 || p.width < 12 {
		return v
	}
	w := p.width/3 - 2
	var rows []string
	for y := range p.height - 3 {
		text := fmt.Sprintf(" %2d the text of a line in a pane, long enough to fill it", y)
		line := "│" + fit(text, w) + "│"
		mine := line
		if y == p.cursor {
			mine = "│\x1b[7m" + fit(text, w) + "\x1b[m│"
		}
		rows = append(rows, line+mine+line)
	}
	edge := func(left, right string) string {
		return strings.Repeat("\x1b[38;5;240m"+left+strings.Repeat("─", w)+right+"\x1b[m", 3)
	}
	v.SetContent(edge("╭", "╮") + "\n" + strings.Join(rows, "\n") + "\n" + edge("╰", "╯") + "\n j down  k up  q quit  ? help")
	return v
}

// fit makes a line of ASCII as wide as its pane.
func fit(s string, width int) string {
	if len(s) > width {
		return s[:width]
	}
	return s + strings.Repeat(" ", width-len(s))
}
