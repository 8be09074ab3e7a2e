package tui

import (
	"strings"

	"coexist/tui/paint"
)

// Tables of Markdown. Where the columns fit, wrapped in themselves if need be,
// they stand side by side; on a narrow screen every row becomes a list.

// leastColumn is the narrowest that a wrapped column gets.
const leastColumn = 10

func (p *page) grid(lines []string) {
	var rows [][][]span
	for _, l := range lines {
		if cells := p.cells(l); !divider(l) {
			rows = append(rows, cells)
		}
	}
	if len(rows) == 0 || len(rows[0]) == 0 {
		for _, l := range lines {
			p.text(0, l, p.th.Text)
		}
		return
	}
	columns := len(rows[0])
	widths := make([]int, columns)
	for _, r := range rows {
		for i := range min(len(r), columns) {
			widths[i] = max(widths[i], spansWidth(r[i]))
		}
	}
	if !squeeze(widths, p.width-3*(columns-1)) {
		p.records(rows)
		return
	}
	for i, r := range rows {
		p.gridRow(r, widths, i == 0)
		if i == 0 {
			total := 3 * (columns - 1)
			for _, w := range widths {
				total += w
			}
			glyph := "─"
			if p.th.ASCII {
				glyph = "-"
			}
			p.add(span{strings.Repeat(glyph, total), p.th.Line})
		}
	}
}

// divider tells the line below the head of a table.
func divider(l string) bool {
	return strings.Trim(strings.TrimSpace(l), "|-: ") == "" && strings.Contains(l, "-")
}

// cells takes a row apart; a bar behind a backslash belongs to the text.
func (p *page) cells(l string) [][]span {
	l = strings.TrimSpace(l)
	l = strings.TrimPrefix(l, "|")
	var out [][]span
	start := 0
	for i := 0; i < len(l); i++ {
		switch l[i] {
		case '\\':
			i++
		case '|':
			out = append(out, p.inline(strings.TrimSpace(l[start:i])))
			start = i + 1
		}
	}
	if rest := strings.TrimSpace(l[min(start, len(l)):]); rest != "" {
		out = append(out, p.inline(rest))
	}
	return out
}

func spansWidth(s []span) int {
	n := 0
	for _, one := range s {
		n += paint.Width(paint.Escape(one.text))
	}
	return n
}

// squeeze makes the widest columns narrower until all fit; false when they
// can't.
func squeeze(widths []int, room int) bool {
	total := 0
	for _, w := range widths {
		total += w
	}
	for total > room {
		widest := 0
		for i, w := range widths {
			if w > widths[widest] {
				widest = i
			}
		}
		if len(widths) == 0 || widths[widest] <= leastColumn {
			return false
		}
		widths[widest]--
		total--
	}
	return true
}

func (p *page) gridRow(cells [][]span, widths []int, head bool) {
	wrapped := make([][][]span, len(widths))
	height := 1
	for i := range min(len(cells), len(widths)) {
		wrapped[i] = wrapSpans(cells[i], max(widths[i], 1))
		height = max(height, len(wrapped[i]))
	}
	for y := range height {
		var line []span
		for i, w := range widths {
			used := 0
			if y < len(wrapped[i]) {
				for _, s := range wrapped[i][y] {
					if head {
						s.style = p.th.Dim
					}
					line = append(line, s)
					used += paint.Width(s.text)
				}
			}
			if i < len(widths)-1 {
				line = append(line, span{strings.Repeat(" ", max(w-used, 0)+3), p.th.Text})
			}
		}
		p.add(line...)
	}
}

// records writes every row as its first cell with the others below it.
func (p *page) records(rows [][][]span) {
	head, measure := rows[0], min(max(p.width/3, 10), 20)
	for _, r := range rows[1:] {
		for i, cell := range r {
			label := ""
			if i < len(head) {
				label = strings.TrimSpace(spansText(head[i]))
			}
			if i == 0 {
				for _, l := range wrapSpans(cell, max(p.width-2, 8)) {
					p.add(append([]span{{p.th.Glyphs.Dot + " ", p.th.Dim}}, l...)...)
				}
				continue
			}
			for n, l := range wrapSpans(cell, max(p.width-measure-2, 8)) {
				if n > 0 {
					label = ""
				}
				p.add(append([]span{{"  " + label + strings.Repeat(" ", max(measure-paint.Width(label), 1)), p.th.Dim}}, l...)...)
			}
		}
	}
}

func spansText(s []span) string {
	var b strings.Builder
	for _, one := range s {
		b.WriteString(one.text)
	}
	return b.String()
}
