package runbook

import "strings"

// Org is the target of what is done once for the organisation or forest.
const Org = "org"

const hexDigits = "0123456789ABCDEF"

// Encode writes the name of a domain, site or server the way ids hold it:
// lower-cased, and percent-encoded outside of a-z, 0-9, dot and dash.
func Encode(name string) string {
	name = strings.ToLower(name)
	plain := true
	for i := 0; i < len(name); i++ {
		plain = plain && unreserved(name[i])
	}
	if plain {
		return name
	}
	var out strings.Builder
	for i := 0; i < len(name); i++ {
		if c := name[i]; unreserved(c) {
			out.WriteByte(c)
		} else {
			out.Write([]byte{'%', hexDigits[c>>4], hexDigits[c&15]})
		}
	}
	return out.String()
}

func unreserved(c byte) bool {
	return 'a' <= c && c <= 'z' || '0' <= c && c <= '9' || c == '.' || c == '-'
}
