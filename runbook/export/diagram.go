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
