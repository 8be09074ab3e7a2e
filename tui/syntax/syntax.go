// Package syntax takes commands apart into tokens, for colours, and breaks them
// at places where one reads on easily. It knows as much of PowerShell and of
// the Command Prompt as the procedures write; nothing is ever lost: the tokens
// put together again, and the lines, are the command.
package syntax

import "strings"

// Kind is what a token is.
type Kind uint8

// The kinds of tokens.
const (
	Plain     Kind = iota // arguments, and whatever is not recognised
	Blank                 // between the others
	Name                  // of a cmdlet or program
	Parameter             // -Name, /switch
	Quoted
	Number   // and $true, $false, $null
	Variable // $name, %NAME%
	Operator // | ; { } ( ) , = and -eq, -like …
	Comment
	Gap // ‹what is not known yet›
)

// Token is a piece of a command.
type Token struct {
	Text string
	Kind Kind
}

// Split takes one command line apart. shell is "cmd", "powershell", "ems2007",
// "ems2010" or "ems2013"; a text of any other is plain words.
func Split(shell, line string) []Token {
	s := &scanner{text: line, start: true}
	switch {
	case line == "":
		return nil
	case shell == "cmd":
		s.next = s.cmd
	case shell == "powershell" || strings.HasPrefix(shell, "ems") || shell == "2007" || shell == "2010" || shell == "2013":
		s.next = s.powershell
	default:
		s.next = s.words
	}
	for s.at < len(s.text) {
		s.step()
	}
	return s.out
}

// scanner goes over a command once.
type scanner struct {
	text  string
	at    int
	start bool // the next word is a command's name
	out   []Token
	next  func() (int, Kind)
}

// step takes the next token; it always goes on by a byte at least.
func (s *scanner) step() {
	n, kind := s.next()
	n = max(n, 1)
	token := Token{s.text[s.at : s.at+n], kind}
	s.at += n
	if kind == Quoted && strings.Contains(token.Text, "‹") {
		s.out = append(s.out, gaps(token.Text)...)
		return
	}
	if last := len(s.out) - 1; kind == Plain && last >= 0 && s.out[last].Kind == Plain {
		s.out[last].Text += token.Text
		return
	}
	s.out = append(s.out, token)
}

// gaps takes a quoted text apart at its placeholders.
func gaps(text string) []Token {
	var out []Token
	for text != "" {
		i := strings.Index(text, "‹")
		if i < 0 {
			return append(out, Token{text, Quoted})
		}
		if i > 0 {
			out = append(out, Token{text[:i], Quoted})
		}
		end := strings.Index(text[i:], "›")
		if end < 0 {
			return append(out, Token{text[i:], Gap})
		}
		end += i + len("›")
		out, text = append(out, Token{text[i:end], Gap}), text[end:]
	}
	return out
}

func (s *scanner) rest() string { return s.text[s.at:] }

// fresh tells that a word begins here.
func (s *scanner) fresh() bool {
	return s.at == 0 || strings.IndexByte(" \t|;{}(),=&", s.text[s.at-1]) >= 0
}

// blank takes blanks.
func (s *scanner) blank() int {
	return len(s.rest()) - len(strings.TrimLeft(s.rest(), " \t"))
}

// gap takes ‹a placeholder›.
func (s *scanner) gap() int {
	if !strings.HasPrefix(s.rest(), "‹") {
		return 0
	}
	if i := strings.Index(s.rest(), "›"); i >= 0 {
		return i + len("›")
	}
	return len("‹")
}

// word takes what belongs to a name.
func (s *scanner) word(more string) int {
	n := 0
	for n < len(s.rest()) {
		c := s.rest()[n]
		if !letter(c) && !digit(c) && c != '_' && strings.IndexByte(more, c) < 0 {
			break
		}
		n++
	}
	return n
}

// quoted takes a text in quotes; a doubled quote, or one behind escape, does
// not end it.
func (s *scanner) quoted(quote, escape byte) int {
	t := s.rest()
	for i := 1; i < len(t); i++ {
		switch {
		case escape != 0 && t[i] == escape:
			i++
		case t[i] == quote && i+1 < len(t) && t[i+1] == quote:
			i++
		case t[i] == quote:
			return i + 1
		}
	}
	return len(t)
}

// words takes words and the blanks between them.
func (s *scanner) words() (int, Kind) {
	if n := s.blank(); n > 0 {
		return n, Blank
	}
	if i := strings.IndexAny(s.rest(), " \t"); i > 0 {
		return i, Plain
	}
	return len(s.rest()), Plain
}

// number tells whether a word is one: digits, dots, a unit.
func number(w string) bool {
	if w == "" || !digit(w[0]) {
		return false
	}
	unit := strings.TrimLeft(w, "0123456789.")
	switch strings.ToUpper(unit) {
	case "", "KB", "MB", "GB", "TB":
		return true
	}
	return false
}

func letter(c byte) bool { return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' }
func digit(c byte) bool  { return c >= '0' && c <= '9' }
