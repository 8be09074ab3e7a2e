package answers

// Ids of the pages, in order.
const (
	PageSource   = "source"
	PageNames    = "names"
	PageSites    = "sites"
	PageFeatures = "features"
	PageTarget   = "target"
	PageNetwork  = "network"
	PageChange   = "change"
	PageReview   = "review"
)

// Page is one screenful of questions.
type Page struct {
	ID    string
	Short string // in the row of pages
	Title string
	About string // one line
}

// Pages lists the pages in order.
var Pages = []Page{
	{PageSource, "Source", "What is there today", "The versions in use decide the way to Exchange 2013."},
	{PageNames, "Names", "Organisation and namespaces", "What is derived counts unless you type over it."},
	{PageSites, "Sites", "Sites and servers", "Every Active Directory site with Exchange servers."},
	{PageFeatures, "Features", "What is in use", "What is ticked adds tasks; the rest is left out."},
	{PageTarget, "Target", "Target, certificate and DAG", "What is installed, its certificate, its DAG."},
	{PageNetwork, "Network", "How checks reach the organisation", "All optional. No password is asked here or stored."},
	{PageChange, "Change", "The change record", "All optional. It heads the exported record."},
	{PageReview, "Review", "Review and save", "Nothing is written before you save."},
}

// PageIndex returns a page's place, 0 for one that is not known.
func PageIndex(id string) int {
	for i, p := range Pages {
		if p.ID == id {
			return i
		}
	}
	return 0
}

// Place is a form that has fields: a page, or one item of its list.
type Place struct {
	Page   string
	Site   int // index, -1 outside a site
	Server int // index, -1 for the site itself
	Probe  int // index, -1 outside a test mailbox
}

// On is the page itself.
func On(page string) Place { return Place{Page: page, Site: -1, Server: -1, Probe: -1} }

// OnSite, OnServer and OnProbe are the forms of one item.
func OnSite(i int) Place       { return Place{PageSites, i, -1, -1} }
func OnServer(i, j int) Place  { return Place{PageSites, i, j, -1} }
func OnProbe(i int) Place      { return Place{PageNetwork, -1, -1, i} }
func (p Place) IsPage() bool   { return p.Site < 0 && p.Probe < 0 }
func (p Place) IsSite() bool   { return p.Site >= 0 && p.Server < 0 }
func (p Place) IsServer() bool { return p.Server >= 0 }
func (p Place) IsProbe() bool  { return p.Probe >= 0 }

// Exists tells whether the answers have such a place.
func (f *Form) Exists(p Place) bool {
	switch {
	case p.IsServer():
		return p.Site < len(f.Sites) && p.Server < len(f.Sites[p.Site].Servers)
	case p.IsSite():
		return p.Site < len(f.Sites)
	case p.IsProbe():
		return p.Probe < len(f.Probes)
	}
	return true
}

// PlaceName says in words which place it is.
func (f *Form) PlaceName(p Place) string {
	switch {
	case !f.Exists(p):
		return ""
	case p.IsServer():
		return "server " + or(f.Sites[p.Site].Servers[p.Server].Name, "without a name")
	case p.IsSite():
		return "site " + or(f.Sites[p.Site].Name, "without a name")
	case p.IsProbe():
		return "test mailbox " + or(f.Probes[p.Probe].Mailbox, "without an address")
	}
	return Pages[PageIndex(p.Page)].Title
}

// Fields returns the questions of a place.
func (f *Form) Fields(p Place) []Field {
	switch {
	case !f.Exists(p):
		return nil
	case p.IsServer():
		return f.serverFields(p.Site, p.Server)
	case p.IsSite():
		return f.siteFields(p.Site)
	case p.IsProbe():
		return f.probeFields(p.Probe)
	}
	switch p.Page {
	case PageSource:
		return f.sourceFields()
	case PageNames:
		return f.nameFields()
	case PageFeatures:
		return f.featureFields()
	case PageTarget:
		return f.targetFields()
	case PageNetwork:
		return f.networkFields()
	case PageChange:
		return f.changeFields()
	}
	return nil
}

// Places lists every place of a page: the page itself, then its items.
func (f *Form) Places(page string) []Place {
	out := []Place{On(page)}
	switch page {
	case PageSites:
		for i, s := range f.Sites {
			out = append(out, OnSite(i))
			for j := range s.Servers {
				out = append(out, OnServer(i, j))
			}
		}
	case PageNetwork:
		for i := range f.Probes {
			out = append(out, OnProbe(i))
		}
	}
	return out
}
