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
	for i, s := range m.Sites {
		b.Sites = append(b.Sites, describeSite(m, s, i))
	}
	for _, p := range m.Probes {
		b.Mailboxes = append(b.Mailboxes, blueprint.Mailbox{Address: p.Mailbox, Username: p.Username, Password: "rehearsal-Probe1", Version: p.Version, Site: p.Site})
	}
	return b
}

// builds are those of the old servers before the upgrade: the service pack
// without a rollup.
var builds = map[string]string{"2007": "8.3.83.6", "2010": "14.3.123.4"}

func describeSite(m *migration.Migration, s migration.Site, n int) blueprint.Site {
	site := blueprint.Site{Name: s.Name, InternetFacing: s.InternetFacing, Primary: s.Primary, Legacy: s.Legacy, RPC: s.RPC}
	site.External, _ = netip.ParseAddr(s.ExternalEntry)
	entry, _ := netip.ParseAddr(s.Entry)
	old, young := byte(20), byte(81)
	for _, v := range s.Servers {
		p := blueprint.Server{Name: v.Name, FQDN: strings.ToLower(m.FQDN(v)), Version: v.Version, Build: builds[v.Version], Roles: v.Roles}
		var err error
		switch p.Address, err = netip.ParseAddr(v.Address); {
		case err == nil:
		case v.Version == "2013" && v.Has(migration.ClientAccess) && entry.IsValid():
			p.Address, entry = entry, netip.Addr{} // the first one answers at the site's entry
		case v.Version == "2013":
			p.Address = netip.AddrFrom4([4]byte{10, byte(n), 0, young})
			young++
		default:
			p.Address = netip.AddrFrom4([4]byte{10, byte(n), 0, old})
			old++
		}
		site.Servers = append(site.Servers, p)
	}
	return site
}
