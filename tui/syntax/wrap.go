package syntax

import (
	"slices"

	"coexist/tui/paint"
)

// Wrap breaks a command into lines of at most width cells: before a pipe or
// behind a semicolon, else before a parameter, so that it keeps its value, else
// at a blank, and inside a word only where there is no other way. A line ends
// with the blank that it is broken at; all lines together are the command.
func Wrap(tokens []Token, width int) [][]Token {
	width = max(width, 1)
	tokens = slices.Clone(tokens) // what is too long is cut in place
	var out [][]Token
	for len(tokens) > 0 {
		n := fitting(tokens, width)
		switch {
		case n == len(tokens):
			return append(out, tokens)
		case n == 0:
			head, tail := cut(tokens[0], width)
			out = append(out, []Token{head})
			tokens[0] = tail
			continue
		}
		i := bestBreak(tokens, n, width)
		if i == 0 { // no place to break at: fill the line
			i = n
			if room := width - cells(tokens[:n]); tokens[n].Kind != Blank && room > 0 && fitting(tokens[n:n+1], width) == 0 {
				head, tail := cut(tokens[n], room)
				out = append(out, append(slices.Clone(tokens[:n]), head))
				tokens[n] = tail
				tokens = tokens[n:]
				continue
			}
		}
		for i < len(tokens) && tokens[i].Kind == Blank {
			i++
		}
		out = append(out, tokens[:i])
		tokens = tokens[i:]
	}
	return out
}

// fitting is how many tokens fit; a blank at the end need not.
func fitting(tokens []Token, width int) int {
	used := 0
	for i, t := range tokens {
		size := width + 1
		if len(t.Text) <= 16*width { // else it is too long whatever it holds
			size = paint.Width(t.Text)
		}
		used += size
		if used > width && (t.Kind != Blank || used-size > width) {
			return i
		}
	}
	return len(tokens)
}

// bestBreak finds where among the first n tokens a line best ends: behind
// which count of them; 0 where nowhere.
func bestBreak(tokens []Token, n, width int) int {
	best, value := 0, 0
	used, depth := 0, 0
	for i := 0; i < n; i++ {
		used += paint.Width(tokens[i].Text)
		switch tokens[i].Text {
		case "(", "{":
			depth++
		case ")", "}":
			depth--
		}
		v := worth(tokens, i+1)
		if v > 2 && depth > 0 {
			v = 2 // what is inside brackets stays together if it can
		} else if v == 2 && depth > 0 {
			v = 1
		}
		if v > 1 && used < width*2/5 {
			v = 1 // a good place, but it would leave most of the line empty
		}
		if v > 0 && v >= value {
			best, value = i+1, v
		}
	}
	return best
}

// worth rates a break before token i.
func worth(tokens []Token, i int) int {
	if i >= len(tokens) {
		return 0
	}
	t, before := tokens[i], tokens[i-1]
	switch {
	case t.Kind == Blank:
		return 0
	case t.Kind == Operator && t.Text == "|" && before.Kind == Blank:
		return 4
	case before.Kind == Operator && before.Text == ";", before.Kind == Blank && i > 1 && tokens[i-2].Text == ";":
		return 4
	case before.Kind != Blank:
		if before.Text == "," {
			return 1
		}
		return 0
	case t.Kind == Parameter:
		return 3
	case i > 1 && tokens[i-2].Kind == Parameter:
		return 1
	}
	return 2
}

func cells(tokens []Token) int {
	n := 0
	for _, t := range tokens {
		n += paint.Width(t.Text)
	}
	return n
}

// cut breaks one token that is too long; its head is never empty.
func cut(t Token, width int) (head, tail Token) {
	used := 0
	for i, r := range t.Text {
		w := paint.Width(string(r))
		if i > 0 && used+w > width {
			return Token{t.Text[:i], t.Kind}, Token{t.Text[i:], t.Kind}
		}
		used += w
	}
	return t, Token{"", t.Kind}
}
