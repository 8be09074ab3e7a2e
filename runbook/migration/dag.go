package migration

import (
	"fmt"
	"net/netip"
	"strings"
)

const maxMembers = 16

// dags checks the organisation's DAG and those of single sites.
func (v *validator) dags() {
	names := map[string]bool{}
	var shared []Server
	for i, s := range v.m.Sites {
		if s.DAG == nil {
			shared = append(shared, newMailboxServers(s)...)
			continue
		}
		v.dag(siteKey(i)+".dag", s.DAG, newMailboxServers(s), names)
	}
	if v.m.DAG != nil {
		v.dag("dag", v.m.DAG, shared, names)
	}
}

func newMailboxServers(s Site) []Server {
	var out []Server
	for _, one := range s.Servers {
		if one.Version == version2013 && one.Has(MailboxRole) {
			out = append(out, one)
		}
	}
	return out
}

func (v *validator) dag(key string, d *DAG, members []Server, names map[string]bool) {
	v.must(key+".name", d.Name, ValidateDAGName)
	if low := strings.ToLower(d.Name); names[low] {
		v.say(key+".name", "a name of its own", "there are two DAGs named %q", d.Name)
	} else if low != "" {
		names[low] = true
	}
	v.must(key+".witness_server", d.WitnessServer, hostOrServer)
	v.must(key+".witness_directory", d.WitnessDirectory, localPath)
	v.each(key+".addresses", d.Addresses, dagAddress)
	if d.IPLess && len(d.Addresses) > 0 {
		v.say(key+".addresses", "addresses, or ip_less = true, not both", "a DAG without an administrative access point has no addresses")
	}
	if v.sound("site") {
		v.members(key, d, members)
	}
}

func (v *validator) members(key string, d *DAG, members []Server) {
	switch n := len(members); {
	case n == 0:
		v.say(key, `an Exchange 2013 server with the role "mailbox"`, "the DAG %q has no server that could join it", d.Name)
	case n > maxMembers:
		v.say(key, "a [site.dag] of its own for some sites", "the DAG %q would have %d members; at most %d are possible", d.Name, n, maxMembers)
	}
	for _, s := range members {
		if same(d.WitnessServer, s.Name) || same(d.WitnessServer, v.m.FQDN(s)) {
			v.say(key+".witness_server", "a server outside the DAG", "%q is a member of the DAG and cannot be its witness", d.WitnessServer)
		}
		if d.IPLess && (s.OS == "2008R2" || s.OS == "2012") {
			v.say(key+".ip_less", "false, and addresses", "%s runs Windows Server %s; a DAG without an administrative access point needs 2012 R2", s.Name, s.OS)
		}
	}
	for _, site := range v.m.Sites {
		for _, s := range site.Servers {
			if d.Name != "" && same(d.Name, s.Name) {
				v.say(key+".name", "a name of its own", "%q is the name of a server", d.Name)
			}
		}
	}
}

func hostOrServer(s string) error {
	const expected = `a computer name or a full host name, such as "FS01" or "fs01.contoso.com"`
	rule := ValidateServerName
	if strings.Contains(s, ".") {
		rule = ValidateHost
	}
	if err := rule(s); err != nil {
		return invalid(expected, "%s", err.(*Invalid).Reason)
	}
	return nil
}

// localPath is a path on the witness itself: a share is refused.
func localPath(s string) error {
	const expected = `a folder on a drive of the witness, such as 'C:\DAG01'`
	if err := ValidatePath(s); err != nil {
		return invalid(expected, "%s", err.(*Invalid).Reason)
	}
	if !driveRoot(s) || len(s) == 3 {
		return invalid(expected, "%q is not a folder on a drive", s)
	}
	return nil
}

func dagAddress(s string) error {
	const expected = `an IPv4 address, such as "10.0.0.50"`
	if err := ValidateAddress(s); err != nil {
		return invalid(expected, "%s", err.(*Invalid).Reason)
	}
	if a, err := netip.ParseAddr(s); err != nil || !a.Is4() {
		return invalid(expected, "%q is not IPv4: a DAG takes no fixed IPv6 address", s)
	}
	return nil
}

// probes checks the test mailboxes.
func (v *validator) probes() {
	seen := map[string]bool{}
	for i, p := range v.m.Probes {
		key := element("probe", i)
		v.must(key+".mailbox", p.Mailbox, ValidateMailbox)
		if low := strings.ToLower(p.Mailbox); low != "" && seen[low] {
			v.say(key+".mailbox", "each mailbox once", "%q is listed twice", p.Mailbox)
		} else {
			seen[low] = true
		}
		v.must(key+".username", p.Username, func(s string) error { return validateText(s, expectUsername) })
		v.probeVersion(key, p)
		if p.Site != "" {
			v.site(key+".site", p.Site)
		}
	}
}

// probeVersion wants a server that can hold the mailbox.
func (v *validator) probeVersion(key string, p Probe) {
	if !v.choice(key+".version", p.Version, versions(v.m.Organization.Source)) || !v.sound("site") {
		return
	}
	if p.Site != "" && !v.hasSite(p.Site) {
		return // told with the site
	}
	for _, s := range v.m.Sites {
		if (p.Site == "" || p.Site == s.Name) && siteHas(s, p.Version, MailboxRole) {
			return
		}
	}
	where := "in the organisation"
	if p.Site != "" {
		where = fmt.Sprintf("in the site %q", p.Site)
	}
	v.say(key+".version", "the version of the server that holds the mailbox today", "no mailbox server %s runs Exchange %s", where, p.Version)
}
