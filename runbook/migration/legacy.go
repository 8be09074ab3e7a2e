package migration

import (
	"fmt"
	"net/netip"
	"strings"
)

// entryAddress is where client names lead after the switch. Exchange 2013 works
// over IPv6 only beside IPv4, and the records that are switched are A records.
func entryAddress(s string) error {
	if err := ValidateAddress(s); err != nil {
		return err
	}
	if a, err := netip.ParseAddr(s); err != nil || !a.Is4() {
		return invalid(`an IPv4 address, such as "10.0.0.80"`, "%q is not IPv4: Exchange 2013 is not supported without it, and the names are switched by their A records; "+
			"take an AAAA record of these names away, or move it by hand together with them", s)
	}
	return nil
}

// legacyHolders wants an Exchange 2007 Client Access server where Exchange 2013
// can send the users of Exchange 2007: it neither shows nor proxies their Outlook
// Web Access. That is one in the first site or in another that faces the
// Internet; where no site does, any. Names that move at different times need
// legacy names of their own.
func (v *validator) legacyHolders() {
	mailboxes, facing := false, false
	var elsewhere []string
	held, primaries := false, map[string]string{}
	first := v.m.FirstSite()
	for i, s := range v.m.Sites {
		facing = facing || s.InternetFacing
		mailboxes = mailboxes || siteHas(s, Source2007, MailboxRole)
		switch {
		case !siteHas(s, Source2007, ClientAccess):
		case s.InternetFacing || s.Name == first.Name:
			held = true
			v.legacyApart(i, s, primaries)
		default:
			elsewhere = append(elsewhere, s.Name)
		}
	}
	if !mailboxes || held || !facing || len(elsewhere) == 0 {
		return
	}
	v.say("namespace.legacy", "a server of version \"2007\" with the role \"client-access\" in the first site, or internet_facing = true for a site that has one",
		"%q can lead nowhere: the Client Access servers of Exchange 2007 stand in %s, which faces no Internet, and Exchange 2013 can neither show nor proxy Outlook Web Access of a mailbox on Exchange 2007; "+
			"move those mailboxes to Exchange 2010 first, keep such a server in %q, or publish theirs", v.m.Namespace.Legacy, strings.Join(elsewhere, ", "), first.Name)
}

// legacyApart wants another legacy name for another primary name: it moves in
// the round of its site, with certificates of its own.
func (v *validator) legacyApart(i int, s Site, primaries map[string]string) {
	primary, legacy := strings.ToLower(s.Primary), strings.ToLower(s.Legacy)
	if primary == "" {
		primary = strings.ToLower(v.m.Namespace.Primary)
	}
	if legacy == "" {
		legacy = strings.ToLower(v.m.Namespace.Legacy)
	}
	if legacy == "" {
		return // told with the namespace
	}
	if other, taken := primaries[legacy]; taken && other != primary {
		v.say(siteKey(i)+".legacy", "a legacy name of its own",
			"%q belongs to %s already: the site %q has another primary name, so its Exchange 2007 servers need another legacy name too", legacy, other, s.Name)
		return
	}
	primaries[legacy] = primary
}

// ownNames wants Exchange 2013 where a further site has client names of its own:
// they move to its servers, and would otherwise stay on old ones to the end.
func (v *validator) ownNames() {
	first := v.m.FirstSite()
	for i, s := range v.m.Sites {
		if s.Name == first.Name || len(s.Servers) == 0 || siteHas(s, version2013, ClientAccess) {
			continue
		}
		for _, own := range []struct{ key, name string }{{"primary", s.Primary}, {"internal_name", s.InternalName}} {
			if own.name == "" || same(own.name, v.m.Namespace.Primary) {
				continue
			}
			v.say(siteKey(i)+"."+own.key, fmt.Sprintf("a [[site.server]] of version \"2013\" with the role %q in this site, or no such key", ClientAccess),
				"%q has nowhere to move to: the site %q has no Exchange 2013 server with the role %q; without the key its users take the names of %q, and the old name is brought there by hand", own.name, s.Name, ClientAccess, first.Name)
		}
	}
}
