package checks

import (
	"slices"
	"strconv"
	"strings"

	"github.com/go-ldap/ldap/v3"
)

// serialText is the serialNumber of an Exchange server.
var serialText = Pattern(`^Version (\d{1,3})\.(\d{1,3}) \(Build (\d{1,5})\.(\d{1,5})(?::[^)]{0,60})?\)$`)

// unreadVersion stands for a version that no release is known by.
const unreadVersion = "unknown"

// decodeSerial reads a server's version from its serialNumber, as
// "Version 15.0 (Build 31497.2)": from Exchange 2007 on 30000 is added to the
// build, which the shell does not show.
func decodeSerial(serial string) (major, build string, ok bool) {
	m := serialText().FindStringSubmatch(strings.TrimSpace(serial))
	if m == nil {
		return unreadVersion, "", false
	}
	var n [4]int
	for i := range n {
		n[i], _ = strconv.Atoi(m[i+1]) // digits, few
	}
	if n[2] >= 30000 {
		n[2] -= 30000
	}
	for i, v := range n {
		if i > 0 {
			build += "."
		}
		build += strconv.Itoa(v)
	}
	return exchangeName(n[0], n[1]), build, true
}

func exchangeName(major, minor int) string {
	switch {
	case major == 15 && minor == 0:
		return "2013"
	case major == 15 && minor == 1:
		return "2016"
	case major == 15 && minor == 2:
		return "2019"
	case major == 14:
		return "2010"
	case major == 8:
		return "2007"
	case major == 6:
		return "2003"
	}
	return unreadVersion
}

// serverRoles reads msExchCurrentServerRoles. From 15.0 on Client Access is
// bits 1 and 16384, and Mailbox (bit 2) includes what were roles of their own;
// bit 4 alone never means Client Access there.
func serverRoles(bits int64, version string) []string {
	out := []string{}
	add := func(mask int64, role string) {
		if bits&mask != 0 {
			out = append(out, role)
		}
	}
	switch version {
	case "2007", "2010", "2003":
		add(4, "client-access")
		add(32, "hub-transport")
		add(2, "mailbox")
		add(16, "unified-messaging")
	default:
		add(1|16384, "client-access")
		add(2, "mailbox")
	}
	add(64, "edge-transport")
	return out
}

// ldapInt reads a whole number strictly.
func ldapInt(s string) (int64, bool) {
	n, err := strconv.ParseInt(s, 10, 64)
	return n, err == nil
}

// versionValue reads a version number of the schema or an object: a positive
// 32-bit number.
func versionValue(s string) (string, bool) {
	n, ok := ldapInt(s)
	if !ok || n <= 0 || n > 1<<31-1 {
		return "", false
	}
	return strconv.FormatInt(n, 10), true
}

// minutes reads a span that is stored as negative steps of 100 ns.
func minutes(s string) (string, bool) {
	n, ok := ldapInt(s)
	switch {
	case !ok || n > 0:
		return "", false
	case n == -1<<63:
		return "forever", true
	}
	return strconv.FormatInt(-n/600_000_000, 10), true
}

// maxDN bounds names that are taken apart.
const maxDN = 16 << 10

// dnNames are the values of a name's parts, the object's own first; nil when
// it is no distinguished name.
func dnNames(dn string) []string {
	if len(dn) > maxDN {
		return nil
	}
	parsed, err := ldap.ParseDN(dn)
	if err != nil {
		return nil
	}
	var out []string
	for _, r := range parsed.RDNs {
		if len(r.Attributes) == 0 {
			return nil
		}
		out = append(out, r.Attributes[0].Value)
	}
	return out
}

// firstName is the object's own name.
func firstName(dn string) string {
	if n := dnNames(dn); len(n) > 0 {
		return n[0]
	}
	return ""
}

// below is the name of the part that stands directly under a container.
func below(dn, container string) string {
	names := dnNames(dn)
	for i := 1; i < len(names); i++ {
		if strings.EqualFold(names[i], container) {
			return names[i-1]
		}
	}
	return ""
}

// serverOf is the Exchange server to which an object belongs by its place.
func serverOf(dn string) string { return below(dn, "Servers") }

// isDeleted tells names of objects that were removed and are only kept for
// replication.
func isDeleted(dn string) bool {
	return slices.ContainsFunc(dnNames(dn), func(n string) bool { return strings.Contains(n, "\nDEL:") })
}

// parentDN is the name of the container, as the server writes it.
func parentDN(dn string) string {
	for i := 0; i < len(dn); i++ {
		switch dn[i] {
		case '\\':
			i++
		case ',':
			return dn[i+1:]
		}
	}
	return ""
}

// foldDN makes two spellings of a name alike.
func foldDN(dn string) string {
	if len(dn) <= maxDN {
		if p, err := ldap.ParseDN(dn); err == nil {
			return strings.ToLower(p.String())
		}
	}
	return strings.ToLower(dn)
}

func sameDN(a, b string) bool { return a != "" && foldDN(a) == foldDN(b) }

// domainDN is the distinguished name of an Active Directory domain.
func domainDN(domain string) string {
	if domain == "" {
		return ""
	}
	var parts []string
	for _, l := range strings.Split(plainHost(domain), ".") {
		parts = append(parts, "DC="+ldap.EscapeDN(l))
	}
	return strings.Join(parts, ",")
}

// domainName is the DNS name of a domain's distinguished name.
func domainName(dn string) string { return strings.ToLower(strings.Join(dnNames(dn), ".")) }

func hasFold(list []string, s string) bool {
	return slices.ContainsFunc(list, func(e string) bool { return strings.EqualFold(e, s) })
}

// ldapTruth reads TRUE and FALSE; anything else was not read.
func ldapTruth(s string) (string, bool) {
	switch strings.ToUpper(s) {
	case "TRUE":
		return "true", true
	case "FALSE":
		return "false", true
	}
	return "", false
}

// withKnown sets a property whose value is known, also when it is known to be
// empty; nil values stand for empty.
func (r Row) withKnown(name string, values ...string) Row {
	values = nonEmpty(values)
	if values == nil {
		values = []string{}
	}
	r[name] = values
	return r
}
