package export

import (
	"strings"
	"unicode/utf8"

	"coexist/checks"
)

// particulars are what tells an organisation apart without being a name:
// thumbprints, identifiers, paths, serials, what stands in certificates.

var (
	thumbPattern = checks.Pattern(`(?i)[0-9a-f]{40}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}`)
	pathPattern  = checks.Pattern(`^(?:[A-Za-z]:\\[^\\]|\\\\[^\\]+\\)`)
)

// particular enters what a field of a result tells, or the value of a captured
// property. listed tells that it is one of the values of a row.
func (x *redactor) particular(field, s string, listed bool) {
	switch field {
	case "subject", "issuer", "issuers":
		x.distinguished(s)
	case "serial":
		if len(s) >= 6 { // shorter ones are numbers like any
			x.enter("SERIAL", s)
		}
	case "sha256":
		if listed { // of a certificate, not of a file of evidence
			x.enter("CERTIFICATE", s)
		}
	case "value", "values", "found", "expected", "witness", "directory":
		x.path(s)
	}
	for _, span := range thumbPattern().FindAllStringIndex(s, -1) {
		switch one := s[span[0]:span[1]]; {
		case !boundary(s, span[0], span[1]):
		case strings.Contains(one, "-"):
			x.enter("GUID", one)
		default:
			x.enter("CERTIFICATE", one)
		}
	}
}

// path enters a full path; the root of a drive says nothing of whose it is.
func (x *redactor) path(p string) {
	if p = strings.TrimRight(strings.TrimSpace(p), `\`); pathPattern().MatchString(p) && !strings.Contains(p, "\n") {
		x.enter("PATH", p)
	}
}

// distinguished enters what a certificate says of its owner: an organisation, a
// place, a name that is no host. Hosts and domains have their pseudonyms.
func (x *redactor) distinguished(s string) {
	for _, part := range relativeNames(s) {
		kind, value, is := strings.Cut(part, "=")
		kind, value = strings.ToUpper(strings.TrimSpace(kind)), strings.TrimSpace(value)
		if !is || kind == "C" || kind == "DC" || utf8.RuneCountInString(value) < 3 || hostPattern().MatchString(strings.TrimPrefix(value, "*.")) {
			continue
		}
		pseudonym := x.enter("NAME", strings.ReplaceAll(value, `\`, ""))
		if strings.Contains(value, `\`) {
			x.names[strings.ToLower(value)] = pseudonym
		}
	}
}

// relativeNames splits a distinguished name at the commas and plus signs that
// are no part of a value.
func relativeNames(s string) []string {
	var out []string
	from := 0
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case ',', '+':
			out = append(out, s[from:i])
			from = i + 1
		}
	}
	return append(out, s[from:])
}
