package tuitest

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// Torn reads what a program wrote to a terminal as strictly as no terminal does
// and tells where it is no text and no whole sequence; "" when all of it is.
func Torn(out string) string {
	for i := 0; i < len(out); {
		n, why := token(out[i:])
		if why != "" {
			from, to := max(i-40, 0), min(i+60, len(out))
			return fmt.Sprintf("at byte %d of %d: %s: %q", i, len(out), why, out[from:to])
		}
		i += n
	}
	return ""
}

// token is the length of the first character or sequence, or why there is none.
func token(s string) (n int, why string) {
	switch b := s[0]; {
	case b == 0x1b:
		return sequence(s)
	case b == '\r' || b == '\n' || b == '\b' || b == '\t':
		return 1, ""
	case b < 0x20 || b == 0x7f:
		return 0, "a control character that nobody writes"
	}
	r, n := utf8.DecodeRuneInString(s)
	if r == utf8.RuneError && n <= 1 {
		return 0, "a part of a character"
	}
	if r >= 0x80 && r < 0xa0 {
		return 0, "a control character that nobody writes"
	}
	// The middle of a colour, as it stands behind an escape that is missing.
	if strings.HasPrefix(s, "8;2;") || strings.HasPrefix(s, "[38;") || strings.HasPrefix(s, "[48;") {
		return 0, "the rest of a sequence"
	}
	return n, ""
}

func sequence(s string) (n int, why string) {
	if len(s) < 2 {
		return 0, "an escape at the end"
	}
	switch s[1] {
	case '[':
		i := 2
		for i < len(s) && s[i] >= 0x30 && s[i] <= 0x3f {
			i++
		}
		for i < len(s) && s[i] >= 0x20 && s[i] <= 0x2f {
			i++
		}
		if i == len(s) || s[i] < 0x40 || s[i] > 0x7e {
			return 0, "a control sequence without an end"
		}
		return i + 1, ""
	case ']', 'P', '_', '^':
		for i := 2; i < len(s); i++ {
			switch {
			case s[i] == 0x07:
				return i + 1, ""
			case s[i] == 0x1b && i+1 < len(s) && s[i+1] == '\\':
				return i + 2, ""
			case s[i] < 0x20:
				return 0, "a string without an end"
			}
		}
		return 0, "a string without an end"
	case 'M', '7', '8', 'D', 'E', 'c', '=', '>':
		return 2, ""
	}
	return 0, "an escape that begins no sequence"
}
