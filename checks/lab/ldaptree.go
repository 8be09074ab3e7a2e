package lab

import (
	"slices"
	"strconv"
	"strings"

	ber "github.com/go-asn1-ber/asn1-ber"
	"github.com/go-ldap/ldap/v3"
)

// Entry is one object of a directory: attribute to values. Names of attributes
// are compared without regard to case.
type Entry map[string][]string

// object is an entry at its place.
type object struct {
	dn    string
	entry Entry
}

// tree is one replica of a directory.
type tree map[string]object // by folded name

func foldDN(dn string) string {
	if p, err := ldap.ParseDN(dn); err == nil {
		return strings.ToLower(p.String())
	}
	return strings.ToLower(dn)
}

func (t tree) put(dn string, e Entry) { t[foldDN(dn)] = object{dn, e} }

func (t tree) clone() tree {
	out := make(tree, len(t))
	for k, o := range t {
		e := make(Entry, len(o.entry))
		for a, v := range o.entry {
			e[a] = slices.Clone(v)
		}
		out[k] = object{o.dn, e}
	}
	return out
}

func (e Entry) get(name string) []string {
	for a, v := range e {
		if strings.EqualFold(a, name) {
			return v
		}
	}
	return nil
}

// search returns what a scope and filter select, in order of names; known is
// false when there is no such base.
func (t tree) search(base string, scope int64, filter *ber.Packet) (found []object, known bool) {
	folded := foldDN(base)
	if _, known = t[folded]; !known && base != "" {
		return nil, false
	}
	var keys []string
	for key, o := range t {
		var in bool
		switch scope {
		case ldap.ScopeBaseObject:
			in = key == folded
		case ldap.ScopeSingleLevel:
			in = strings.HasSuffix(key, ","+folded) && !strings.Contains(unescaped(strings.TrimSuffix(key, ","+folded)), ",")
		default:
			in = base == "" || key == folded || strings.HasSuffix(key, ","+folded)
		}
		if in && matches(filter, o.entry) {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	for _, key := range keys {
		found = append(found, t[key])
	}
	return found, true
}

func unescaped(s string) string { return strings.ReplaceAll(s, `\,`, "") }

// matches evaluates a filter.
func matches(f *ber.Packet, e Entry) bool {
	switch f.Tag {
	case ldap.FilterAnd:
		for _, c := range f.Children {
			if !matches(c, e) {
				return false
			}
		}
		return true
	case ldap.FilterOr:
		return slices.ContainsFunc(f.Children, func(c *ber.Packet) bool { return matches(c, e) })
	case ldap.FilterNot:
		return len(f.Children) == 1 && !matches(f.Children[0], e)
	case ldap.FilterPresent:
		return len(e.get(f.Data.String())) > 0
	case ldap.FilterEqualityMatch:
		if len(f.Children) != 2 {
			return false
		}
		want := f.Children[1].Data.String()
		return slices.ContainsFunc(e.get(f.Children[0].Data.String()), func(v string) bool { return strings.EqualFold(v, want) })
	case ldap.FilterExtensibleMatch:
		return matchesBits(f, e)
	}
	return false
}

// matchesBits evaluates Active Directory's rule that all bits must be set.
func matchesBits(f *ber.Packet, e Entry) bool {
	var rule, attribute, value string
	for _, c := range f.Children {
		switch c.Tag {
		case ldap.MatchingRuleAssertionMatchingRule:
			rule = c.Data.String()
		case ldap.MatchingRuleAssertionType:
			attribute = c.Data.String()
		case ldap.MatchingRuleAssertionMatchValue:
			value = c.Data.String()
		}
	}
	want, err := strconv.ParseInt(value, 10, 64)
	if rule != "1.2.840.113556.1.4.803" || err != nil {
		return false
	}
	return slices.ContainsFunc(e.get(attribute), func(v string) bool {
		n, err := strconv.ParseInt(v, 10, 64)
		return err == nil && n&want == want
	})
}
