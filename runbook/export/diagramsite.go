package export

import (
	"fmt"
	"strings"

	"github.com/charmbracelet/x/ansi"

	"coexist/runbook/migration"
)

// site draws a site whole: the old servers on the left, the new ones on the
// right.
func (d *picture) site(s migration.Site, first bool) {
	d.add(d.siteTitle(s, first))
	left, right := d.oldBoxes(s), d.newBoxes(s)
	gap := strings.Repeat(" ", gapWidth)
	link := d.link(s)
	for i := range max(len(left), len(right)) {
		l, r := strings.Repeat(" ", boxWidth), ""
		if i < len(left) {
			l = left[i]
		}
		if i < len(right) {
			r = right[i]
		}
		middle := gap
		if i == 1 && link != "" && i < len(left) && i < len(right) {
			middle = link
		}
		d.add(l + middle + r)
	}
	d.add("")
}

func (d *picture) siteTitle(s migration.Site, first bool) string {
	kind := "Intranet site"
	if s.InternetFacing {
		kind = "Internet-facing site"
	}
	title := kind + ": " + d.name(s.Name)
	if first {
		return title + " - upgrade first"
	}
	return title + " " + d.badge("sites")
}

// link is the way from the new Client Access servers to the old ones while
// both are there.
func (d *picture) link(s migration.Site) string {
	if d.view != Now || !d.done("switch") {
		return ""
	}
	for _, v := range s.Servers {
		if v.Version == "2010" {
			return " <--proxy-- "
		}
	}
	return " <-redirect "
}

func (d *picture) oldBoxes(s migration.Site) []string {
	if d.view == After {
		return nil
	}
	var out []string
	for _, version := range []string{"2007", "2010"} {
		var rows []string
		for _, v := range s.Servers {
			if v.Version != version {
				continue
			}
			what := "E" + version + " " + roleNames(v.Roles)
			if d.view == Now && d.changed("server.remove", v.Name) {
				what = "removed"
			}
			rows = append(rows, fit(d.name(v.Name), 16)+" "+what)
		}
		if len(rows) == 0 {
			continue
		}
		mark := "SP3"
		if version == "2007" {
			mark = "SP3 RU"
		}
		badge := d.badge("prepare")
		if version == "2007" {
			badge += d.badge("certificates")
		}
		out = append(out, box("Exchange "+version+" Servers "+mark+" "+badge, shorten(rows), boxWidth)...)
	}
	return out
}

func (d *picture) newBoxes(s migration.Site) []string {
	if d.view == Before {
		return nil
	}
	var out []string
	for _, b := range []struct{ role, title, badge string }{
		{migration.ClientAccess, "E2013 CAS", d.badge("deploy", "certificates")},
		{migration.MailboxRole, "E2013 MBX", d.badge("deploy", "move")},
		{migration.EdgeTransport, "E2013 EDGE", d.badge("deploy")},
	} {
		var rows []string
		for _, v := range s.Servers {
			if v.Version == "2013" && v.Has(b.role) {
				rows = append(rows, strings.TrimRight(fit(d.name(v.Name), 16)+" "+d.newState(v.Name), " "))
			}
		}
		if len(rows) == 0 {
			continue
		}
		title := b.title
		if dag := d.dag(s); b.role == migration.MailboxRole && dag != "" {
			title += ", DAG " + d.name(dag)
		}
		out = append(out, box(title+" "+b.badge, shorten(rows), boxWidth)...)
	}
	return out
}

func (d *picture) dag(s migration.Site) string {
	if s.DAG != nil {
		return s.DAG.Name
	}
	if d.r.Migration.DAG != nil {
		return d.r.Migration.DAG.Name
	}
	return ""
}

func (d *picture) newState(server string) string {
	switch {
	case d.view == After:
		return ""
	case d.changed("server.install", server):
		return "installed"
	}
	return "to come"
}

// changed tells whether a task that was carried out has an effect on a server.
func (d *picture) changed(kind, server string) bool {
	for _, ph := range d.r.Phases {
		for _, t := range ph.Tasks {
			for _, e := range t.Effects {
				if e.Kind == kind && strings.EqualFold(e.Params["server"], server) && !taskState(d.p, t.ID).DoneAt.IsZero() {
					return true
				}
			}
		}
	}
	return false
}

// siteLine is a site in one line.
func (d *picture) siteLine(s migration.Site) {
	old, fresh := 0, 0
	for _, v := range s.Servers {
		if v.Version == "2013" {
			fresh++
		} else {
			old++
		}
	}
	parts := []string{}
	if d.view != After {
		parts = append(parts, fmt.Sprintf("%d old", old))
	}
	if d.view != Before {
		parts = append(parts, fmt.Sprintf("%d E2013", fresh))
	}
	d.add(ansi.Truncate(d.siteTitle(s, false), 70, "..") + "  " + strings.Join(parts, ", "))
}
