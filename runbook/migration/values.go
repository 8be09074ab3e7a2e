package migration

import (
	"fmt"
	"net/netip"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Invalid is what the Validate… functions return: why a value is refused, and
// what would be right, with an example.
type Invalid struct {
	Reason   string
	Expected string
}

// Error joins the reason and the expectation.
func (e *Invalid) Error() string { return e.Reason + "; expected " + e.Expected }

func invalid(expected, format string, args ...any) error {
	return &Invalid{Reason: fmt.Sprintf(format, showing(args)...), Expected: expected}
}

const (
	expectHost     = `a full host name, such as "mail.contoso.com"`
	expectDomain   = `a DNS domain, such as "contoso.com"`
	expectServer   = `a computer name of at most 15 letters, digits and hyphens, such as "EX13-01"`
	expectDAG      = `at most 15 letters, digits and hyphens, such as "DAG01"`
	expectOrg      = `at most 64 letters, digits, blanks and hyphens, such as "Contoso"`
	expectSite     = `the Active Directory site's name, such as "Redmond" or "Default-First-Site-Name"`
	expectAddress  = `an IP address, such as "10.0.0.80"`
	expectMailbox  = `a mail address, such as "probe10@contoso.com"`
	expectPath     = `a full Windows path, such as 'D:\' or '\\FS01\Exchange2013'`
	expectText     = `one line of text`
	expectUsername = `an account, such as 'CONTOSO\probe10' or "probe10@contoso.com"`
)

// ValidateHost checks a fully qualified host name.
func ValidateHost(s string) error { return dnsName(s, expectHost) }

// ValidateDomain checks a DNS domain. A NetBIOS name is refused: commands and
// look-ups need the full name.
func ValidateDomain(s string) error { return dnsName(s, expectDomain) }

func dnsName(s, expected string) error {
	if err := commandSafe(s, expected); err != nil {
		return err
	}
	if _, err := netip.ParseAddr(s); err == nil {
		return invalid(expected, "%q is an IP address, not a name", s)
	}
	switch {
	case strings.Contains(s, "://"), strings.Contains(s, "/"):
		return invalid(expected, "%q is a URL, not a name", s)
	case strings.Contains(s, "@"):
		return invalid(expected, "%q is a mail address, not a name", s)
	case strings.HasPrefix(s, "*."):
		return invalid(expected, "%q is a wildcard, not a name that can be looked up", s)
	case strings.HasSuffix(s, "."):
		return invalid(expected, "%q ends in a dot", s)
	case len(s) > 253:
		return invalid(expected, "%q has %d characters; at most 253 are allowed", s, len(s))
	}
	labels := strings.Split(s, ".")
	if len(labels) < 2 {
		return invalid(expected, "%q has no dot: it is not a full DNS name", s)
	}
	for _, l := range labels {
		if err := label(l, 63); err != "" {
			return invalid(expected, "%q %s", s, err)
		}
	}
	if digitsOnly(labels[len(labels)-1]) {
		return invalid(expected, "%q ends in a number: it is neither a name nor a valid IP address", s)
	}
	return nil
}

// label tells what is wrong with one part of a DNS name.
func label(l string, most int) string {
	if l == "" {
		return "has an empty part between two dots"
	}
	if len(l) > most {
		return fmt.Sprintf("has a part of %d characters; at most %d are allowed", len(l), most)
	}
	for _, r := range l {
		if !letterOrDigit(r) && r != '-' {
			return fmt.Sprintf("holds %q; only letters, digits and hyphens are allowed", r)
		}
	}
	if l[0] == '-' || l[len(l)-1] == '-' {
		return "has a part that begins or ends with a hyphen"
	}
	return ""
}

// ValidateServerName checks a computer name as Active Directory and NetBIOS
// take it.
func ValidateServerName(s string) error { return computerName(s, expectServer) }

// ValidateDAGName checks the name of a database availability group; it becomes
// a computer account, so the same rules hold.
func ValidateDAGName(s string) error { return computerName(s, expectDAG) }

func computerName(s, expected string) error {
	if err := commandSafe(s, expected); err != nil {
		return err
	}
	switch {
	case strings.Contains(s, "."):
		return invalid(expected, "%q holds a dot: give the short name", s)
	case len(s) > 15:
		return invalid(expected, "%q has %d characters; at most 15 are allowed", s, len(s))
	case digitsOnly(s):
		return invalid(expected, "%q holds digits alone", s)
	}
	if err := label(s, 15); err != "" {
		return invalid(expected, "%q %s", s, err)
	}
	return nil
}

// ValidateOrganizationName checks the Exchange organisation's name by the rules
// of Setup's /OrganizationName.
func ValidateOrganizationName(s string) error {
	if err := commandSafe(s, expectOrg); err != nil {
		return err
	}
	if n := len(s); n > 64 {
		return invalid(expectOrg, "%q has %d characters; at most 64 are allowed", s, n)
	}
	if s != strings.TrimSpace(s) {
		return invalid(expectOrg, "%q begins or ends with a blank", s)
	}
	for _, r := range s {
		if !letterOrDigit(r) && r != ' ' && r != '-' {
			return invalid(expectOrg, "%q holds %q; only letters, digits, blanks and hyphens are allowed", s, r)
		}
	}
	return nil
}

// ValidateSiteName checks the name of an Active Directory site.
func ValidateSiteName(s string) error {
	if err := commandSafe(s, expectSite); err != nil {
		return err
	}
	if len(s) > 63 {
		return invalid(expectSite, "%q has %d characters; at most 63 are allowed", s, len(s))
	}
	if s != strings.TrimSpace(s) {
		return invalid(expectSite, "%q begins or ends with a blank", s)
	}
	for _, r := range s {
		if !letterOrDigit(r) && !strings.ContainsRune("-_. ", r) {
			return invalid(expectSite, "%q holds %q; only letters, digits, blanks, dots, hyphens and underscores are allowed", s, r)
		}
	}
	return nil
}

// ValidateAddress checks an IP address.
func ValidateAddress(s string) error {
	if err := commandSafe(s, expectAddress); err != nil {
		return err
	}
	a, err := netip.ParseAddr(s)
	switch {
	case err != nil:
		return invalid(expectAddress, "%q is not an IP address", s)
	case a.IsUnspecified():
		return invalid(expectAddress, "%q is the unspecified address", s)
	case a.IsMulticast():
		return invalid(expectAddress, "%q is a multicast address", s)
	case a.Zone() != "":
		return invalid(expectAddress, "%q has a zone", s)
	}
	return nil
}

// ValidateMailbox checks an SMTP address.
func ValidateMailbox(s string) error {
	if err := commandSafe(s, expectMailbox); err != nil {
		return err
	}
	at := strings.LastIndexByte(s, '@')
	if at < 1 || strings.Count(s, "@") != 1 {
		return invalid(expectMailbox, "%q is not a mail address", s)
	}
	local := s[:at]
	if len(local) > 64 {
		return invalid(expectMailbox, "%q has %d characters before the @; at most 64 are allowed", s, len(local))
	}
	for _, r := range local {
		if !letterOrDigit(r) && !strings.ContainsRune("!#$%&'*+-/=?^_`{|}~.", r) {
			return invalid(expectMailbox, "%q holds %q before the @", s, r)
		}
	}
	if local[0] == '.' || local[len(local)-1] == '.' || strings.Contains(local, "..") {
		return invalid(expectMailbox, "%q has a misplaced dot before the @", s)
	}
	if err := ValidateDomain(s[at+1:]); err != nil {
		return invalid(expectMailbox, "%q: what follows the @ is wrong: %s", s, err.(*Invalid).Reason)
	}
	return nil
}

// ValidatePath checks a full Windows path that can be written into a command
// for cmd and PowerShell alike.
func ValidatePath(s string) error {
	if err := commandSafe(s, expectPath); err != nil {
		return err
	}
	if s != strings.TrimSpace(s) {
		return invalid(expectPath, "%q begins or ends with a blank", s)
	}
	if len(s) > 248 {
		return invalid(expectPath, "%q has %d characters; at most 248 are allowed", s, len(s))
	}
	var rest string
	switch {
	case driveRoot(s):
		rest = s[3:]
	case strings.HasPrefix(s, `\\`):
		rest = s[2:]
		if parts := strings.Split(rest, `\`); len(parts) < 2 || parts[0] == "" || parts[1] == "" {
			return invalid(expectPath, "%q lacks the server or the share", s)
		}
	default:
		return invalid(expectPath, `%q begins neither with a drive (D:\) nor with a share (\\server\share)`, s)
	}
	for _, r := range rest {
		if strings.ContainsRune(`%!^&|<>"`, r) {
			return invalid(expectPath, "%q holds %q, which cmd takes for its own, quoted or not", s, r)
		}
		if strings.ContainsRune(`:*?/`, r) {
			return invalid(expectPath, "%q holds %q, which no Windows path may hold", s, r)
		}
	}
	if strings.Contains(rest, `\\`) {
		return invalid(expectPath, "%q holds two backslashes in a row", s)
	}
	return nil
}

func driveRoot(s string) bool {
	return len(s) >= 3 && letterOrDigit(rune(s[0])) && !unicode.IsDigit(rune(s[0])) && s[1] == ':' && s[2] == '\\'
}

// validateText checks one line for people: any script, nothing invisible.
func validateText(s, expected string) error {
	if !utf8.ValidString(s) {
		return invalid(expected, "%q is not UTF-8", s)
	}
	for _, r := range s {
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r == '\u2028' || r == '\u2029' {
			return invalid(expected, "%q holds the invisible character %U", s, r)
		}
	}
	if n := utf8.RuneCountInString(s); n > 200 {
		return invalid(expected, "the text has %d characters; at most 200 are allowed", n)
	}
	if strings.TrimSpace(s) == "" {
		return invalid(expected, "it is empty")
	}
	return nil
}

// commandSafe refuses what no quoting for cmd or PowerShell could carry.
func commandSafe(s, expected string) error {
	if strings.TrimSpace(s) == "" {
		return invalid(expected, "it is empty")
	}
	for _, r := range s {
		switch {
		case r < 0x20 || r == 0x7f:
			return invalid(expected, "%q holds the control character %U, which no command can carry", s, r)
		case r > 0x7f:
			return invalid(expected, "%q holds %q, which is not ASCII: commands would carry it wrongly", s, r)
		}
	}
	return nil
}

func letterOrDigit(r rune) bool {
	return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9'
}

func digitsOnly(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }
