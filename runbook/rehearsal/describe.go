package rehearsal

import (
	"net/netip"
	"strings"
	"time"

	"coexist/checks/blueprint"
	"coexist/runbook/migration"
	"coexist/runbook/procedure"
)

// Describe says what organisation a migration is of, as it is before the
// upgrade.
func Describe(m *migration.Migration, releases procedure.Releases, r *Rehearsal, now func() time.Time) blueprint.Organization {
	b := blueprint.Organization{
		Name: m.Organization.Name, Forest: m.Organization.Forest, Domains: m.Organization.Domains, MailDomains: m.Organization.MailDomains,
		Primary: m.Namespace.Primary, Autodiscover: m.Namespace.Autodiscover, Legacy: m.Namespace.Legacy, RPC: m.Namespace.RPC,
		OutlookAnywhere: m.Features.OutlookAnywhere, PublicFolders: m.Features.PublicFolders, POPIMAP: m.Features.POPIMAP, UnifiedMessaging: m.Features.UnifiedMessaging,
		Seed: r.Seed, Start: r.Started, Now: now, Faults: describeFaults(m, r.faults),
	}
	newest := "2010 SP3"
	if m.Organization.Source == migration.Source2007 {
		newest = "2007 SP3"
	}
	for _, release := range releases.List {
		if release.Name == newest {
			b.RangeUpper, b.OrgVersion, b.DomainVersion = release.RangeUpper, release.OrgVersion, release.DomainVersion
		}
	}
	free, entries := addressesOf(m), map[netip.Addr]bool{}
	for i, s := range m.SitesInOrder() { // the laboratory takes the first for the one that owns the names
		b.Sites = append(b.Sites, describeSite(m, s, i, free, entries))
	}
	for _, p := range m.Probes {
		b.Mailboxes = append(b.Mailboxes, blueprint.Mailbox{Address: p.Mailbox, Username: p.Username, Password: "rehearsal-Probe1", Version: p.Version, Site: p.Site})
	}
	return b
}

// builds are those of the old servers before the upgrade: the service pack
// without a rollup.
var builds = map[string]string{"2007": "8.3.83.6", "2010": "14.3.123.4"}

// describeSite describes the n-th site; entries are those at which a server of an
// earlier site answers.
func describeSite(m *migration.Migration, s migration.Site, n int, free *addresses, entries map[netip.Addr]bool) blueprint.Site {
	site := blueprint.Site{Name: s.Name, InternetFacing: s.InternetFacing, Primary: s.Primary, Legacy: s.Legacy, RPC: s.RPC}
	site.External, _ = netip.ParseAddr(s.ExternalEntry)
	entry, _ := netip.ParseAddr(s.Entry)
	const old, young = 20, 81
	for _, v := range s.Servers {
		p := blueprint.Server{Name: v.Name, FQDN: strings.ToLower(m.FQDN(v)), Version: v.Version, Build: builds[v.Version], Roles: v.Roles}
		var err error
		switch p.Address, err = netip.ParseAddr(v.Address); {
		case err == nil:
			entries[p.Address] = true
		case v.Version == "2013" && v.Has(migration.ClientAccess) && entry.IsValid() && !entries[entry]:
			p.Address, entries[entry] = entry, true // the first one answers at the site's entry
		case v.Version == "2013":
			p.Address = free.next(n, young)
		default:
			p.Address = free.next(n, old)
		}
		site.Servers = append(site.Servers, p)
	}
	return site
}
