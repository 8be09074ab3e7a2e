package export

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/charmbracelet/x/ansi"

	"coexist/runbook"
	"coexist/runbook/migration"
)

// View is a moment that a diagram shows.
type View string

// The three moments: before any work, as the journal has it, and when all is
// done.
const (
	Before View = "before"
	Now    View = "now"
	After  View = "after"
)

const (
	diagramWidth = 100
	boxWidth     = 44
	gapWidth     = 12 // between the old servers on the left and the new ones on the right
	wholeSites   = 3  // sites drawn whole; further ones take a line each
	lineSites    = 60 // sites shown at all
	boxServers   = 12 // servers listed in a box
)

// DiagramText draws the organisation in ASCII, at most 100 columns wide: the
// clients, their names and who answers them, the sites with their old and new
// servers, and in brackets the numbers of the steps that change each.
func DiagramText(r *runbook.Runbook, p *runbook.Progress, view View) string {
	return drawDiagram(r, p, view, func(s string) string { return s })
}

// picture draws one diagram; rename lets a redacted document draw with other
// names.
type picture struct {
	r      *runbook.Runbook
	p      *runbook.Progress
	view   View
	rename func(string) string
	lines  []string
}

func drawDiagram(r *runbook.Runbook, p *runbook.Progress, view View, rename func(string) string) string {
	if r.Migration == nil {
		return ""
	}
	d := &picture{r: r, p: p, view: view, rename: rename}
	d.clients()
	sites := d.ordered()
	for i, s := range sites {
		switch {
		case i < wholeSites:
			d.site(s, i == 0)
		case i < lineSites:
			d.siteLine(s)
		case i == lineSites:
			d.add(fmt.Sprintf("... and %s", plural(len(sites)-lineSites, "more site", "more sites")))
		}
	}
	d.steps()
	return strings.Join(d.lines, "\n") + "\n"
}

func (d *picture) add(line string) {
	d.lines = append(d.lines, strings.TrimRight(ansi.Truncate(line, diagramWidth, ".."), " "))
}

// name shows a name from the migration, under its pseudonym if there is one.
func (d *picture) name(s string) string { return Visible(d.rename(s)) }

// ordered puts the site that owns the namespaces first.
func (d *picture) ordered() []migration.Site {
	var first, rest []migration.Site
	for _, s := range d.r.Migration.Sites {
		if s.InternetFacing && len(first) == 0 {
			first = append(first, s)
		} else {
			rest = append(rest, s)
		}
	}
	return append(first, rest...)
}

// badge is the bracketed numbers of the steps that happen at a place.
func (d *picture) badge(ids ...string) string {
	out := ""
	for _, id := range ids {
		for _, s := range d.r.Steps {
			if s.ID == id {
				out += fmt.Sprintf("[%d]", s.Number)
			}
		}
	}
	return out
}

// clients draws the clients and the names they use, down to the arrows.
func (d *picture) clients() {
	words := []string{"Outlook", "OWA", "ActiveSync"}
	if d.r.Migration.Features.POPIMAP {
		words = append(words, "POP", "IMAP")
	}
	width := 2*boxWidth + gapWidth
	d.all(box("Clients", []string{strings.Join(words, "   ")}, width))
	d.add(strings.Repeat(" ", width/2) + "|")
	d.all(box("Names", d.names(), width))
	old, fresh := d.arrows()
	d.add(strings.TrimRight(connector(width/2, old, fresh), " "))
	row := []byte(strings.Repeat(" ", width))
	if old {
		row[boxWidth/2] = 'v'
	}
	if fresh {
		row[boxWidth+gapWidth+boxWidth/2] = 'v'
	}
	d.add(string(row))
}

// connector draws the line from the names to the boxes below.
func connector(from int, old, fresh bool) string {
	row := []byte(strings.Repeat(" ", 2*boxWidth+gapWidth))
	left, right := from, from
	if old {
		left = boxWidth / 2
	}
	if fresh {
		right = boxWidth + gapWidth + boxWidth/2
	}
	for i := left; i <= right; i++ {
		row[i] = '-'
	}
	row[left], row[right], row[from] = '+', '+', '+'
	return string(row)
}

// arrows tells which servers the clients' names lead to.
func (d *picture) arrows() (old, fresh bool) {
	switch d.view {
	case Before:
		return true, false
	case After:
		return false, true
	}
	fresh = d.done("switch")
	legacy := d.r.Migration.Namespace.Legacy != "" && d.done("legacy")
	return !fresh || legacy, fresh
}

// done tells whether the first site's part of a step is complete.
func (d *picture) done(step string) bool {
	for _, ph := range d.r.Phases {
		if ph.StepID == step && ph.Round == "" {
			return phaseState(d.p, ph.ID).Complete
		}
	}
	return false
}

func (d *picture) names() []string {
	ns := d.r.Migration.Namespace
	line := func(name, badge, who string) string {
		return fit(d.name(name), 40) + " " + fit(badge, 4) + " " + who
	}
	out := []string{}
	for _, n := range []string{ns.Autodiscover, ns.Primary} {
		if n != "" {
			out = append(out, line(n, d.badge("switch"), d.answers(n)))
		}
	}
	if ns.Legacy != "" {
		who := map[View]string{Before: "not yet there", After: "retired"}[d.view]
		if who == "" {
			who = d.answers(ns.Legacy)
		}
		out = append(out, line(ns.Legacy, d.badge("legacy"), who))
	}
	if ns.RPC != "" {
		out = append(out, line(ns.RPC, "", "Outlook inside, stays with Exchange 2010"))
	}
	return out
}

// answers says who answers a name; now it says only what was measured.
func (d *picture) answers(name string) string {
	switch d.view {
	case Before:
		return "-> Exchange " + oldName(d.r.Source)
	case After:
		return "-> Exchange 2013"
	}
	version, at := measuredVersion(d.r, d.p, name)
	if version == "" {
		return "not measured"
	}
	if strings.Contains(version, " and ") {
		return "-> " + version + " at " + at
	}
	return "-> Exchange " + version + " at " + at
}

func oldName(source string) string {
	if source == migration.Mixed {
		return "2007 and 2010"
	}
	return source
}

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

// steps lists the numbers, and the slide's words that the picture did not use.
func (d *picture) steps() {
	if len(d.lines) > 0 && d.lines[len(d.lines)-1] != "" {
		d.add("")
	}
	for _, s := range d.r.Steps {
		line := fmt.Sprintf("[%d] %s", s.Number, Visible(d.rename(s.Title)))
		if d.view == Now {
			line = fit(line, 70) + " " + stepStatus(s, d.p)
		}
		d.add(line)
	}
	d.pictureWords()
}

// pictureWords adds the words of the slide's picture that are not drawn, in
// the view before the work, but for what is still to come; afterwards some of
// them are rightly gone.
func (d *picture) pictureWords() {
	if d.view != Before {
		return
	}
	drawn := strings.Fields(lettersOnly(strings.Join(d.lines, " ")))
	var left []string
	for _, words := range d.r.Diagram {
		if strings.Contains(words, "2013") {
			continue
		}
		for _, w := range strings.Fields(lettersOnly(words)) {
			if !slices.Contains(drawn, w) {
				left = append(left, Visible(d.rename(words)))
				break
			}
		}
	}
	for _, l := range left {
		d.add("Slide: " + l)
	}
}

func lettersOnly(s string) string {
	return strings.Map(func(r rune) rune {
		if wordy(r) {
			return unicode.ToLower(r)
		}
		return ' '
	}, s)
}

func (d *picture) all(lines []string) {
	for _, l := range lines {
		d.add(l)
	}
}

// fit cuts or fills text to a width.
func fit(s string, width int) string {
	s = ansi.Truncate(s, width, "..")
	return s + strings.Repeat(" ", max(0, width-ansi.StringWidth(s)))
}

// shorten keeps a box small and says what it leaves out.
func shorten(rows []string) []string {
	if len(rows) <= boxServers {
		return rows
	}
	return append(rows[:boxServers-1:boxServers-1], fmt.Sprintf("and %d more", len(rows)-boxServers+1))
}

// box draws a frame with a title around lines.
func box(title string, lines []string, width int) []string {
	inner := width - 4
	title = ansi.Truncate(strings.TrimSpace(title), inner-2, "..")
	out := []string{"+- " + title + " " + strings.Repeat("-", inner-1-ansi.StringWidth(title)) + "+"}
	for _, l := range lines {
		l = strings.TrimRight(ansi.Truncate(l, inner, ".."), " ")
		out = append(out, "| "+l+strings.Repeat(" ", inner-ansi.StringWidth(l))+" |")
	}
	return append(out, "+"+strings.Repeat("-", width-2)+"+")
}
