package migration

import "strings"

// Domain is the Active Directory domain of a server: its own, else the listed
// one that its full name lies in, else the forest root.
func (m *Migration) Domain(s Server) string {
	if s.Domain != "" {
		return s.Domain
	}
	_, suffix, _ := strings.Cut(s.FQDN, ".")
	for _, d := range m.Organization.Domains {
		if same(d, suffix) {
			return d
		}
	}
	return m.Organization.Forest
}

// FQDN is the full name of a server: its own, else its name in its domain.
func (m *Migration) FQDN(s Server) string {
	if s.FQDN != "" {
		return s.FQDN
	}
	return s.Name + "." + m.Domain(s)
}

// FirstSite returns the site that owns the organisation's namespaces: the first
// that faces the Internet, or the first of all in an organisation that none of
// whose sites does. It is empty when there is no site.
func (m *Migration) FirstSite() Site {
	if sites := m.SitesInOrder(); len(sites) > 0 {
		return sites[0]
	}
	return Site{}
}

// SitesInOrder lists the sites in the order of their upgrade: those that face
// the Internet first, then as in the file.
func (m *Migration) SitesInOrder() []Site {
	out := make([]Site, 0, len(m.Sites))
	for _, facing := range []bool{true, false} {
		for _, s := range m.Sites {
			if s.InternetFacing == facing {
				out = append(out, s)
			}
		}
	}
	return out
}

// SiteDAG returns the DAG that a site's new mailbox servers join: the site's
// own, else the organisation's, else nil.
func (m *Migration) SiteDAG(s Site) *DAG {
	if s.DAG != nil {
		return s.DAG
	}
	return m.DAG
}

// SubscribedSite is the site that an Edge server is subscribed to: the one it
// names, else the one it is listed in.
func (m *Migration) SubscribedSite(in Site, s Server) string {
	if s.SubscribedSite != "" {
		return s.SubscribedSite
	}
	return in.Name
}

// Old tells whether the server is one to be replaced.
func (s Server) Old() bool { return s.Version != version2013 }

// versions lists the versions of Exchange that may stand in an organisation.
func versions(source string) []string {
	switch source {
	case Source2007:
		return []string{Source2007, version2013}
	case Source2010:
		return []string{Source2010, version2013}
	default:
		return []string{Source2007, Source2010, version2013}
	}
}

const version2013 = "2013"

// same compares names as Windows and DNS do.
func same(a, b string) bool { return strings.EqualFold(a, b) }
