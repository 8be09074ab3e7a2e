package syntax

import "strings"

// powershell takes the next token of a PowerShell command.
func (s *scanner) powershell() (int, Kind) {
	t := s.rest()
	c := t[0]
	if n := s.gap(); n > 0 {
		s.start = false
		return n, Gap
	}
	switch {
	case c == ' ' || c == '\t':
		return s.blank(), Blank
	case c == '#' && s.fresh():
		return len(t), Comment
	case c == '\'':
		s.start = false
		return s.quoted('\'', 0), Quoted
	case c == '"':
		s.start = false
		return s.quoted('"', '`'), Quoted
	case c == '$':
		return s.variable()
	case c == '-' && s.fresh() && len(t) > 1 && letter(t[1]):
		return s.dash()
	case c == '/' && s.fresh() && len(t) > 1 && letter(t[1]) && !s.start:
		s.at++
		n := s.word("-")
		s.at--
		return n + 1, Parameter
	case strings.IndexByte("|;{}(),=&!@[]", c) >= 0:
		s.start = strings.IndexByte("|;{(=&", c) >= 0
		return 1, Operator
	}
	return s.argument(".-\\:")
}

// variable takes $name with its properties, and the constants.
func (s *scanner) variable() (int, Kind) {
	s.start = false
	s.at++
	n := s.word(":")
	s.at--
	switch strings.ToLower(s.rest()[:n+1]) {
	case "$true", "$false", "$null":
		return n + 1, Number
	case "$":
		return 1, Operator
	}
	return n + 1, Variable
}

// dash takes a parameter with its colon, or an operator that is a word.
func (s *scanner) dash() (int, Kind) {
	s.at++
	n := s.word("-")
	s.at--
	n++
	switch strings.ToLower(s.rest()[:n]) {
	case "-eq", "-ne", "-gt", "-ge", "-lt", "-le", "-like", "-notlike", "-match", "-notmatch", "-contains", "-notcontains", "-in", "-and", "-or", "-not", "-replace", "-join", "-split", "-is", "-as", "-f":
		return n, Operator
	}
	if strings.HasPrefix(s.rest()[n:], ":") {
		n++
	}
	return n, Parameter
}

// argument takes a word: a command's name, a number or an argument.
func (s *scanner) argument(more string) (int, Kind) {
	n := s.word(more)
	if n == 0 {
		n = len(s.rest()) - len(strings.TrimLeftFunc(s.rest(), func(r rune) bool { return r >= 0x80 }))
		s.start = false
		return n, Plain
	}
	w := s.rest()[:n]
	switch {
	case s.start:
		s.start = false
		return n, Name
	case number(w):
		return n, Number
	case cmdlet(w):
		return n, Name
	}
	return n, Plain
}

// cmdlet tells whether a word looks like Verb-Noun.
func cmdlet(w string) bool {
	verb, noun, ok := strings.Cut(w, "-")
	if !ok || len(verb) < 3 || len(noun) < 2 || verb[0] < 'A' || verb[0] > 'Z' || noun[0] < 'A' || noun[0] > 'Z' {
		return false
	}
	for i := 1; i < len(verb); i++ {
		if verb[i] < 'a' || verb[i] > 'z' {
			return false
		}
	}
	return strings.IndexByte("abcdefghijklmnopqrstuvwxyz", noun[1]) >= 0 || noun[1] >= 'A' && noun[1] <= 'Z'
}

// cmd takes the next token of a line of the Command Prompt.
func (s *scanner) cmd() (int, Kind) {
	t := s.rest()
	c := t[0]
	if n := s.gap(); n > 0 {
		s.start = false
		return n, Gap
	}
	switch {
	case c == ' ' || c == '\t':
		return s.blank(), Blank
	case s.start && (strings.HasPrefix(t, "::") || len(t) >= 4 && strings.EqualFold(t[:4], "rem ")):
		return len(t), Comment
	case c == '"':
		kind := Quoted
		if s.start {
			kind = Name
		}
		s.start = false
		return s.quoted('"', 0), kind
	case c == '%' && strings.IndexByte(t[1:], '%') > 0:
		s.start = false
		return strings.IndexByte(t[1:], '%') + 2, Variable
	case (c == '/' || c == '-') && s.fresh() && len(t) > 1 && letter(t[1]) && !s.start:
		s.at++
		n := s.word("-")
		s.at--
		return n + 1, Parameter
	case strings.IndexByte("|&<>(),=", c) >= 0:
		s.start = c == '|' || c == '&' || c == '('
		return 1, Operator
	}
	return s.argument(".-\\:_*")
}
