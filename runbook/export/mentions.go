package export

import (
	"encoding/json"
	"maps"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"coexist/runbook/journal"
)

// discover enters the addresses, mailboxes and hosts that an entry mentions.
func (x *redactor) discover(e journal.Event) {
	var data any
	if json.Unmarshal(e.Data, &data) == nil {
		x.walk(data, "", false)
	}
}

// walk visits every text of decoded JSON, members in the order of their names.
func (x *redactor) walk(v any, field string, listed bool) {
	switch v := v.(type) {
	case string:
		x.particular(field, v, listed)
		x.mentions(v, slices.Contains(addressFields, field))
	case []any:
		for _, e := range v {
			x.walk(e, field, true)
		}
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(v)) {
			x.mentions(key, false)
			x.walk(v[key], strings.ToLower(key), false)
		}
	}
}

// mentions enters what a text names; where an address is told, a number like
// a build of Exchange is one too.
func (x *redactor) mentions(s string, address bool) {
	for _, m := range mailPattern().FindAllString(s, -1) {
		x.mailbox(m)
	}
	for _, u := range urlPattern().FindAllString(s, -1) {
		if parsed, err := url.Parse(u); err == nil && parsed.Hostname() != "" {
			x.addressOrHost(parsed.Hostname())
		}
	}
	for _, d := range slices.Clone(x.domains) {
		for _, h := range hostsBelow(s, d) {
			x.host(h)
		}
	}
	if address {
		x.addressOrHost(s)
	}
	for _, a := range addressesIn(s) {
		x.address(a)
	}
}

// addressOrHost enters what is written where an address or a host name is
// expected; anything else is left alone.
func (x *redactor) addressOrHost(s string) {
	if _, err := netip.ParseAddr(s); err == nil {
		x.address(s)
		return
	}
	if hostPattern().MatchString(s) {
		x.host(s)
	}
}

// hostsBelow finds host names below a domain.
func hostsBelow(s, domain string) []string {
	var out []string
	lower := strings.ToLower(s)
	for at := 0; ; {
		i := strings.Index(lower[at:], "."+domain)
		if i < 0 {
			return out
		}
		end := at + i
		begin := end
		for begin > 0 && nameByte(lower[begin-1]) {
			begin--
		}
		if h := strings.Trim(lower[begin:end], ".-"); h != "" {
			out = append(out, h+"."+domain)
		}
		at = end + 1 + len(domain)
	}
}

// addressesIn finds IP addresses; builds of Exchange only look like ones.
func addressesIn(s string) []string {
	var out []string
	for _, span := range ip4Pattern().FindAllStringIndex(s, -1) {
		a := s[span[0]:span[1]]
		if _, err := netip.ParseAddr(a); err == nil && boundary(s, span[0], span[1]) && !buildPattern().MatchString(a) {
			out = append(out, a)
		}
	}
	for _, a := range ip6Pattern().FindAllString(s, -1) {
		if _, err := netip.ParseAddr(a); err == nil && a != "::" {
			out = append(out, a)
		}
	}
	return out
}

// boundary tells whether a stretch of text is a word of its own, so that a
// short name does not tear longer words apart.
func boundary(s string, begin, end int) bool {
	before, _ := utf8.DecodeLastRuneInString(s[:begin])
	after, _ := utf8.DecodeRuneInString(s[end:])
	return (begin == 0 || !wordy(before)) && (end == len(s) || !wordy(after))
}

func nameByte(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '-' || c == '.' || c == '_'
}
