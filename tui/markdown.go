package tui

import (
	"strings"

	"coexist/tui/paint"
)

// markdown writes Markdown as it is read: headings, lists, tables, commands and
// what is set off inside a line. It knows what the export writes and shows the
// rest as it stands. What stands in a block of plain text is cut at the edge.
func (p *page) markdown(text string) {
	lines := strings.Split(strings.TrimRight(text, "\n"), "\n")
	for i := 0; i < len(lines); {
		l := lines[i]
		trimmed := strings.TrimSpace(l)
		switch {
		case trimmed == "":
			p.blank()
			i++
		case strings.HasPrefix(trimmed, "```"):
			i = p.fenced(lines, i)
		case strings.HasPrefix(l, "#"):
			p.heading(l)
			i++
		case strings.HasPrefix(trimmed, "|"):
			end := i
			for end < len(lines) && strings.HasPrefix(strings.TrimSpace(lines[end]), "|") {
				end++
			}
			p.grid(lines[i:end])
			i = end
		default:
			p.paragraph(l)
			i++
		}
	}
}

// heading sets a heading off; the first two ranks get a rule below.
func (p *page) heading(l string) {
	title := strings.TrimLeft(l, "#")
	rank := len(l) - len(title)
	title = plainWords(strings.TrimSpace(title))
	p.blank()
	st := p.th.Strong
	if rank <= 2 {
		st = p.th.Accent.Bold()
	}
	p.text(0, title, st)
	switch rank {
	case 1:
		p.rule("═")
	case 2:
		p.rule("─")
	}
}

func (p *page) rule(glyph string) {
	if p.th.ASCII {
		glyph = map[string]string{"═": "=", "─": "-"}[glyph]
	}
	p.add(span{strings.Repeat(glyph, p.width), p.th.Line})
}

// fenced writes a code block and returns the line behind it.
func (p *page) fenced(lines []string, i int) int {
	open := strings.TrimSpace(lines[i])
	fence := open[:len(open)-len(strings.TrimLeft(open, "`"))]
	shell := map[string]string{"powershell": "powershell", "bat": "cmd"}[strings.TrimLeft(open, "`")]
	indent := len(lines[i]) - len(strings.TrimLeft(lines[i], " "))
	for i++; i < len(lines); i++ {
		if strings.TrimSpace(lines[i]) == fence {
			return i + 1
		}
		l := strings.TrimPrefix(lines[i], strings.Repeat(" ", indent))
		if shell != "" {
			p.code(indent+2, shell, l)
			continue
		}
		p.add(span{strings.Repeat(" ", indent+2), p.th.Text}, span{l, p.th.Code}) // a picture: cut, never broken
	}
	return i
}

// paragraph writes a line of text, or an item of a list with what follows
// hanging below it.
func (p *page) paragraph(l string) {
	indent := len(l) - len(strings.TrimLeft(l, " "))
	l = l[indent:]
	mark := ""
	for _, box := range []struct{ raw, shown string }{{"- [ ] ", p.th.Glyphs.Ready + " "}, {"- [x] ", p.th.Glyphs.Done + " "}, {"- ", p.th.Glyphs.Dot + " "}, {"> ", "│ "}} {
		if strings.HasPrefix(l, box.raw) {
			mark, l = box.shown, l[len(box.raw):]
			break
		}
	}
	if mark == "│ " && p.th.ASCII {
		mark = "| "
	}
	for i, row := range wrapSpans(p.inline(l), max(p.width-indent-paint.Width(mark), 8)) {
		head := span{strings.Repeat(" ", indent) + mark, p.th.Dim}
		if i > 0 && mark != "│ " {
			head.text = strings.Repeat(" ", indent+paint.Width(mark))
		}
		p.add(append([]span{head}, row...)...)
	}
}

// inline takes a line apart into its pieces: strong, code, the rest. A
// backslash before a sign makes it a plain one.
func (p *page) inline(s string) []span {
	var out []span
	var text strings.Builder
	st := p.th.Text
	flush := func() {
		if text.Len() > 0 {
			out = append(out, span{text.String(), st})
			text.Reset()
		}
	}
	for i := 0; i < len(s); {
		switch {
		case s[i] == '\\' && i+1 < len(s) && strings.IndexByte("\\`*_{}[]()<>#+-.!|~&", s[i+1]) >= 0:
			text.WriteByte(s[i+1])
			i += 2
		case strings.HasPrefix(s[i:], "**"):
			flush()
			if st == p.th.Text {
				st = p.th.Strong
			} else {
				st = p.th.Text
			}
			i += 2
		case s[i] == '`':
			ticks := len(s[i:]) - len(strings.TrimLeft(s[i:], "`"))
			end := strings.Index(s[i+ticks:], s[i:i+ticks])
			if end < 0 {
				text.WriteString(s[i : i+ticks])
				i += ticks
				continue
			}
			flush()
			code := s[i+ticks : i+ticks+end]
			if len(code) > 2 && code[0] == ' ' && code[len(code)-1] == ' ' {
				code = code[1 : len(code)-1]
			}
			out = append(out, span{code, p.th.Code})
			i += 2*ticks + end
		default:
			text.WriteByte(s[i])
			i++
		}
	}
	flush()
	return out
}

// plainWords is a line without its marks.
func plainWords(s string) string {
	p := newPage(&paint.Theme{}, 0)
	var b strings.Builder
	for _, one := range p.inline(s) {
		b.WriteString(one.text)
	}
	return b.String()
}

// wrapSpans breaks styled text into lines at blanks; a word that is longer
// than a line is cut.
func wrapSpans(spans []span, width int) [][]span {
	var out [][]span
	var line []span
	used := 0
	feed := func() {
		if n := len(line); n > 0 {
			line[n-1].text = strings.TrimRight(line[n-1].text, " ")
		}
		out, line, used = append(out, line), nil, 0
	}
	for _, s := range spans {
		for _, word := range strings.SplitAfter(paint.Escape(s.text), " ") {
			w := paint.Width(strings.TrimRight(word, " "))
			if used > 0 && used+w > width {
				feed()
			}
			for w > width {
				parts := paint.Chunk(word, width)
				line = append(line, span{parts[0], s.style})
				feed()
				word = strings.TrimPrefix(word, parts[0])
				w = paint.Width(strings.TrimRight(word, " "))
			}
			if word == "" {
				continue
			}
			line = append(line, span{word, s.style})
			used += paint.Width(word)
		}
	}
	if len(line) > 0 || len(out) == 0 {
		feed()
	}
	return out
}
