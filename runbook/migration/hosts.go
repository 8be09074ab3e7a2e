package migration

import "slices"

// Hosts lists the names that belong to the organisation: its client names, the
// hosts that Autodiscover tries for its mail domains, and its servers.
func (m *Migration) Hosts() []string {
	var list []string
	add := func(names ...string) {
		for _, n := range names {
			if n != "" && !slices.Contains(list, n) {
				list = append(list, n)
			}
		}
	}
	n := m.Namespace
	add(n.Primary, n.Autodiscover, n.Legacy, n.RPC)
	for _, d := range m.Organization.MailDomains {
		add(d, "autodiscover."+d)
	}
	for _, site := range m.Sites {
		add(site.Primary, site.Legacy, site.RPC, site.InternalName)
		for _, s := range site.Servers {
			add(m.FQDN(s))
		}
	}
	return list
}
