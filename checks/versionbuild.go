package checks

import (
	"fmt"
	"strconv"
	"strings"
)

// generations are the releases of Exchange by the first numbers of a build,
// longest first.
var generations = []struct{ prefix, name string }{
	{"15.2.", "2019"}, {"15.1.", "2016"}, {"15.0.", "2013"}, {"14.", "2010"}, {"8.", "2007"}, {"6.5.", "2003"},
}

// generationOf names the release that a build number belongs to; empty when
// it is none of Exchange.
func generationOf(build string) string {
	build = plainBuild(build)
	if build == "" {
		return ""
	}
	for _, g := range generations {
		if strings.HasPrefix(build+".", g.prefix) {
			return g.name
		}
	}
	return ""
}

var buildNumber = Pattern(`^\d{1,3}\.\d{1,3}(\.\d{1,6}){0,2}$`)

// plainBuild writes a build number without leading zeros ("14.00.0536.000" is
// 14.0.536.0); empty when it is no build number.
func plainBuild(s string) string {
	s = strings.TrimSpace(s)
	if !buildNumber().MatchString(s) {
		return ""
	}
	parts := strings.Split(s, ".")
	for i, p := range parts {
		if parts[i] = strings.TrimLeft(p, "0"); parts[i] == "" {
			parts[i] = "0"
		}
	}
	return strings.Join(parts, ".")
}

// decodeServerVersion reads the version word of Autodiscover ("73C085D9"):
// from the top 4 bits of structure, 6 of major, 6 of minor number, a flag and
// 15 bits of build.
func decodeServerVersion(word string) (string, bool) {
	word = strings.TrimPrefix(strings.ToLower(strings.TrimSpace(word)), "0x")
	if len(word) != 8 {
		return "", false
	}
	v, err := strconv.ParseUint(word, 16, 32)
	if err != nil || v>>28 != 7 {
		return "", false
	}
	return fmt.Sprintf("%d.%d.%d", v>>22&0x3f, v>>16&0x3f, v&0x7fff), true
}
