package export

import (
	"cmp"
	"fmt"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"coexist/runbook"
)

// enter gives a name a pseudonym unless it has one.
func (x *redactor) enter(kind, name string) string {
	name = strings.TrimSpace(name)
	if name == "" {
		return ""
	}
	key := strings.ToLower(name)
	if known := x.names[key]; known != "" {
		return known
	}
	if slices.Contains(vocabulary, key) {
		return name
	}
	x.counts[kind]++
	pseudonym := fmt.Sprintf("%s-%02d", kind, x.counts[kind])
	x.names[key] = pseudonym
	if encoded := runbook.Encode(key); encoded != key {
		x.names[strings.ToLower(encoded)] = pseudonym
	}
	return pseudonym
}

// domain enters a domain and its form in distinguished names.
func (x *redactor) domain(d string) {
	d = strings.ToLower(strings.Trim(strings.TrimSpace(d), "."))
	if d == "" || x.names[d] != "" || isPublic(d) {
		return
	}
	x.counts["domain"]++
	pseudonym := fmt.Sprintf("domain-%02d.example", x.counts["domain"])
	x.names[d] = pseudonym
	x.names["dc="+strings.ReplaceAll(d, ".", ",dc=")] = "DC=" + strings.ReplaceAll(pseudonym, ".", ",DC=")
	x.domains = append(x.domains, d)
	slices.SortStableFunc(x.domains, func(a, b string) int { return cmp.Compare(len(b), len(a)) })
}

// ownDomain enters a domain of the organisation, and its first label, which
// stands alone in logon names.
func (x *redactor) ownDomain(d string) {
	x.domain(d)
	label, _, _ := strings.Cut(strings.ToLower(strings.TrimSpace(d)), ".")
	x.own = append(x.own, strings.ToLower(strings.TrimSpace(d)))
	x.enter("DOMAIN", label)
}

// host enters a host name; its domain keeps its own pseudonym. The first label
// becomes a name of its own where the domain is the organisation's.
func (x *redactor) host(h string) string {
	h = strings.ToLower(strings.Trim(strings.TrimSpace(h), "."))
	if !strings.Contains(h, ".") {
		return x.enter("HOST", h)
	}
	if known := x.names[h]; known != "" || isPublic(h) {
		return cmp.Or(known, h)
	}
	label, rest, _ := strings.Cut(h, ".")
	domain := x.below(rest)
	switch {
	case label == "*" || slices.Contains(vocabulary, label):
	case x.isOwn(h) || x.names[label] != "":
		label = strings.ToLower(x.enter("HOST", label))
	default:
		x.counts["HOST"]++
		label = fmt.Sprintf("host-%02d", x.counts["HOST"])
	}
	x.names[h] = label + "." + domain
	return x.names[h]
}

// below returns the pseudonym of the domain that a host is in.
func (x *redactor) below(rest string) string {
	if known := x.names[rest]; known != "" {
		return known
	}
	for _, d := range x.domains {
		if strings.HasSuffix(rest, "."+d) {
			return x.names[d]
		}
	}
	x.domain(rest)
	return cmp.Or(x.names[rest], rest)
}

func (x *redactor) isOwn(h string) bool {
	for _, d := range x.own {
		if strings.HasSuffix(h, "."+d) {
			return true
		}
	}
	return false
}

func (x *redactor) computer(h string) {
	if h == "" || x.names[strings.ToLower(h)] != "" {
		return
	}
	if strings.Contains(h, ".") {
		x.host(h)
		return
	}
	x.enter("COMPUTER", h)
}

func (x *redactor) hostOrAddress(s string) {
	if u, err := url.Parse(s); err == nil && u.Host != "" {
		s = u.Host
	}
	if ap, err := netip.ParseAddrPort(s); err == nil {
		s = ap.Addr().String()
	}
	if _, err := netip.ParseAddr(s); err == nil {
		x.address(s)
		return
	}
	if host, _, found := strings.Cut(s, ":"); found {
		s = host
	}
	if s != "" {
		x.host(s)
	}
}

var broadcast = netip.AddrFrom4([4]byte{255, 255, 255, 255})

// address enters an IP address in every way it may be written.
func (x *redactor) address(a string) string {
	ip, err := netip.ParseAddr(strings.TrimSpace(a))
	if err != nil {
		if hostPattern().MatchString(a) {
			return x.host(a)
		}
		return a
	}
	if ip.IsUnspecified() || ip.IsLoopback() || ip == broadcast {
		return a // the same everywhere
	}
	key := ip.WithZone("").String()
	if known := x.names[key]; known != "" {
		return known
	}
	pseudonym := x.enter("ADDRESS", key)
	x.names[strings.ToLower(strings.TrimSpace(a))] = pseudonym
	x.names[ip.WithZone("").StringExpanded()] = pseudonym
	return pseudonym
}

func (x *redactor) mailbox(m string) string {
	m = strings.ToLower(strings.TrimSpace(m))
	if m == "" {
		return ""
	}
	if known := x.names[m]; known != "" {
		return known
	}
	local, domain, found := strings.Cut(m, "@")
	x.counts["mailbox"]++
	pseudonym := fmt.Sprintf("mailbox-%02d", x.counts["mailbox"])
	if found {
		x.domainOf(domain)
		pseudonym += "@" + cmp.Or(x.names[domain], domain)
	}
	x.names[m] = pseudonym
	if utf8.RuneCountInString(local) >= 3 && x.names[local] == "" {
		x.names[local] = fmt.Sprintf("mailbox-%02d", x.counts["mailbox"])
	}
	return pseudonym
}

// domainOf makes sure that a mail domain has a pseudonym.
func (x *redactor) domainOf(d string) {
	if x.names[d] != "" {
		return
	}
	for _, known := range x.domains {
		if strings.HasSuffix(d, "."+known) {
			x.host(d)
			return
		}
	}
	x.domain(d)
}

// account enters a logon name, DOMAIN\user or user@domain.
func (x *redactor) account(u string) {
	if domain, user, found := strings.Cut(u, `\`); found {
		if x.names[strings.ToLower(domain)] == "" {
			x.enter("DOMAIN", domain)
		}
		x.accountName(user)
		return
	}
	if strings.Contains(u, "@") {
		x.mailbox(u)
		return
	}
	x.accountName(u)
}

func (x *redactor) accountName(u string) {
	if len(u) >= 2 {
		x.enter("ACCOUNT", u)
	}
}

// person enters a person, and the last word of the name where it stands alone.
func (x *redactor) person(name string) string {
	name = strings.TrimSpace(name)
	if name == "" {
		return ""
	}
	key := strings.ToLower(name)
	if known := x.persons[key]; known != "" {
		return known
	}
	x.counts["PERSON"]++
	pseudonym := fmt.Sprintf("PERSON-%02d", x.counts["PERSON"])
	x.persons[key] = pseudonym
	x.account(accountOnly(name))
	if utf8.RuneCountInString(name) >= 2 && x.names[key] == "" && !slices.Contains(vocabulary, key) {
		x.names[key] = pseudonym
	}
	for _, m := range mailPattern().FindAllString(name, -1) {
		x.mailbox(m)
	}
	words := strings.FieldsFunc(name, func(r rune) bool { return !unicode.IsLetter(r) && r != '-' && r != '\'' })
	if n := len(words); n > 1 {
		last := strings.ToLower(words[n-1])
		if utf8.RuneCountInString(last) >= 4 && x.names[last] == "" && !slices.Contains(vocabulary, last) {
			x.names[last] = pseudonym
		}
	}
	return pseudonym
}

// accountOnly returns a name only when it is a logon name.
func accountOnly(name string) string {
	if logonPattern().MatchString(name) && !strings.Contains(name, " ") {
		return name
	}
	return ""
}
