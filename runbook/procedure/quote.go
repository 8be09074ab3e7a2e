package procedure

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// A quoting helper is the last word of every action that prints. It makes a
// text safe for the place where it lands, or refuses it; it never drops or
// replaces a character silently.
//
// A value that is not known yet passes through every helper as a placeholder,
// so that a command can be shown before it can be run.

const (
	placeholderOpen  = '\ue000'
	placeholderClose = '\ue001'
)

// Placeholder stands for a value that is not known yet.
func Placeholder(name string) string {
	return string(placeholderOpen) + name + string(placeholderClose)
}

// HasPlaceholder tells whether a text waits for a value.
func HasPlaceholder(s string) bool { return strings.ContainsRune(s, placeholderOpen) }

// ShowPlaceholders writes placeholders the way people read them: ‹name›.
func ShowPlaceholders(s string) string {
	if !HasPlaceholder(s) {
		return s
	}
	return strings.NewReplacer(string(placeholderOpen), "‹", string(placeholderClose), "›").Replace(s)
}

// ReservedRune tells whether a character stands for a placeholder and can be
// in no value.
func ReservedRune(r rune) bool { return r == placeholderOpen || r == placeholderClose }

// mapKnown applies f to what stands outside of placeholders.
func mapKnown(s string, f func(string) string) string {
	var out strings.Builder
	for s != "" {
		open := strings.IndexRune(s, placeholderOpen)
		if open < 0 {
			break
		}
		end := strings.IndexRune(s, placeholderClose)
		if end < open {
			break
		}
		end += utf8.RuneLen(placeholderClose)
		out.WriteString(f(s[:open]))
		out.WriteString(s[open:end])
		s = s[end:]
	}
	out.WriteString(f(s))
	return out.String()
}

// known returns what a text holds outside of placeholders.
func known(s string) string {
	if !HasPlaceholder(s) {
		return s
	}
	var out strings.Builder
	mapKnown(s, func(part string) string { out.WriteString(part); return "" })
	return out.String()
}

// refusal tells which value a helper did not take, and why.
type refusal struct{ value, why string }

func (r *refusal) Error() string { return r.value + ": " + r.why }

func refuse(value any, why string) error {
	return &refusal{value: ShowPlaceholders(fmt.Sprintf("%+q", fmt.Sprint(value))), why: why}
}

// asciiLine refuses what cannot be typed at a prompt in every code page.
func asciiLine(s string) error {
	for _, r := range known(s) {
		switch {
		case r == '\n' || r == '\r':
			return refuse(s, "a command cannot hold a line break")
		case unicode.IsControl(r):
			return refuse(s, "a command cannot hold control characters")
		case r > unicode.MaxASCII:
			return refuse(s, fmt.Sprintf("a command can hold ASCII alone, %q changes with the code page of the console", r))
		}
	}
	return nil
}

// quotePS writes a PowerShell text in single quotes. PowerShell takes curly
// quotes for straight ones; being non-ASCII they are refused, not doubled.
func quotePS(x any) (string, error) {
	s, err := scalar(x)
	if err == nil {
		err = asciiLine(s)
	}
	if err != nil {
		return "", err
	}
	return "'" + strings.ReplaceAll(s, "'", "''") + "'", nil
}

func quotePSList(x any) (string, error) {
	list, err := texts(x)
	if err != nil {
		return "", err
	}
	if len(list) == 0 {
		return "", refuse(x, "psList expects at least one element")
	}
	for i, s := range list {
		if list[i], err = quotePS(s); err != nil {
			return "", err
		}
	}
	return strings.Join(list, ","), nil
}

// quoteBare passes what no shell gives a meaning to.
func quoteBare(x any) (string, error) {
	s, err := scalar(x)
	if err != nil {
		return "", err
	}
	if s == "" {
		return "", refuse(s, "expected at least one character")
	}
	if s[0] == '-' {
		return "", refuse(s, "a word that begins with - would be taken for a switch")
	}
	for _, r := range known(s) {
		if r > unicode.MaxASCII || !(unicode.IsLetter(r) || unicode.IsDigit(r) || strings.ContainsRune("._-", r)) {
			return "", refuse(s, fmt.Sprintf("expected letters, digits, dot, dash and underscore alone, not %q", r))
		}
	}
	return s, nil
}

// quoteNum passes whole numbers.
func quoteNum(x any) (string, error) {
	s, err := scalar(x)
	if err != nil {
		return "", err
	}
	if HasPlaceholder(s) && known(s) == "" {
		return s, nil
	}
	if _, err := strconv.ParseInt(s, 10, 64); err != nil || s[0] == '+' {
		return "", refuse(s, "expected a whole number")
	}
	return s, nil
}

// quoteCmd writes an argument for the command prompt, in double quotes where
// it holds a character that separates arguments.
func quoteCmd(x any) (string, error) {
	s, err := scalar(x)
	if err == nil {
		err = asciiLine(s)
	}
	if err != nil {
		return "", err
	}
	if i := strings.IndexAny(s, `%!^&|<>"`); i >= 0 {
		return "", refuse(s, fmt.Sprintf("the command prompt gives %q a meaning of its own, even in quotes", s[i]))
	}
	if s != "" && !strings.ContainsAny(s, " ,;=()") {
		return s, nil
	}
	if strings.HasSuffix(s, `\`) {
		return "", refuse(s, `a backslash before the closing quote would take the quote away; leave out the last \`)
	}
	return `"` + s + `"`, nil
}

// quotePlain passes texts for parameters of checks and effects.
func quotePlain(x any) (string, error) {
	s, err := scalar(x)
	if err != nil {
		return "", err
	}
	return s, noControl(s, s)
}

func noControl(s, whole string) error {
	for _, r := range known(s) {
		if unicode.IsControl(r) || r == utf8.RuneError {
			return refuse(whole, "control characters are not allowed")
		}
	}
	return nil
}

// quoteHost passes host names and IP addresses.
func quoteHost(x any) (string, error) {
	s, err := scalar(x)
	if err != nil || (HasPlaceholder(s) && known(s) == "") {
		return s, err
	}
	if !ValidHost(known(s)) {
		return "", refuse(s, "expected a host name or an IP address")
	}
	return s, nil
}

// ValidHost tells whether a text is a host name or an IP address.
func ValidHost(s string) bool {
	if _, err := netip.ParseAddr(s); err == nil {
		return true
	}
	if s == "" || len(s) > 253 {
		return false
	}
	for part := range strings.SplitSeq(strings.TrimSuffix(s, "."), ".") {
		if !validLabel(part) {
			return false
		}
	}
	return true
}

func validLabel(s string) bool {
	if s == "" || len(s) > 63 || s[0] == '-' || s[len(s)-1] == '-' {
		return false
	}
	for _, r := range s {
		if r > unicode.MaxASCII || !(unicode.IsLetter(r) || unicode.IsDigit(r) || r == '-' || r == '_') {
			return false
		}
	}
	return true
}

// quoteDN writes the value of one part of a distinguished name (RFC 4514).
func quoteDN(x any) (string, error) {
	s, err := scalar(x)
	if err == nil {
		err = noControl(s, s)
	}
	if err != nil {
		return "", err
	}
	var out strings.Builder
	for i, r := range s {
		last := i+utf8.RuneLen(r) == len(s)
		if strings.ContainsRune(`,+"\<>;=`, r) || (i == 0 && (r == '#' || r == ' ')) || (last && r == ' ') {
			out.WriteByte('\\')
		}
		out.WriteRune(r)
	}
	return out.String(), nil
}

// quoteText passes prose; lists are written with commas.
func quoteText(x any) (string, error) {
	list, err := texts(x)
	if err != nil {
		return "", err
	}
	s := strings.Join(list, ", ")
	for line := range strings.SplitSeq(s, "\n") {
		if err := noControl(line, s); err != nil {
			return "", err
		}
	}
	return s, nil
}
