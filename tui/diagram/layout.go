package diagram

import (
	"fmt"
	"image"
	"slices"
	"strings"

	"coexist/runbook"
	"coexist/runbook/migration"
	"coexist/tui/paint"
)

// layout places the panels from the top down.
type layout struct {
	r     *runbook.Runbook
	p     *runbook.Progress
	facts Facts
	o     Options
	pic   *Picture
	board *board
	steps steps
	sites []migration.Site // the first site first, then in file order
	x     int              // left edge of the picture
	inner int              // its width
	y     int

	leaning  []leaning // rows of the names box and the rail each leans on
	leftEnd  image.Point
	rightEnd image.Point
}

// leaning is a row of the names box with its side: -1 old, 1 Exchange 2013,
// 0 not known, 2 none.
type leaning struct{ y, side int }

func (l *layout) all() {
	l.clients()
	l.names()
	l.pic.steady = []string{""}
	if !siteless(l.r.Migration) {
		whole := l.wholeSites()
		l.pic.steady = l.steady(whole)
		for i, site := range l.sites {
			if whole[i] {
				l.site(i, site)
			} else {
				l.folded(i, site)
			}
		}
	}
	l.rails()
	l.pic.H = l.y
}

// home is the panel that has the focus when nothing else was chosen.
func (l *layout) home() string {
	for _, p := range l.pic.Panels {
		if p.Kind == NamePanel {
			return p.ID
		}
	}
	if len(l.pic.Panels) > 0 {
		return l.pic.Panels[0].ID
	}
	return ""
}

func (l *layout) add(p Panel) { l.pic.Panels = append(l.pic.Panels, p) }

// badge is the number of a step with its state; before and after the state
// says nothing.
func (l *layout) badge(step string) badge {
	if l.o.View != Now {
		return badge{number: l.steps.number[step]}
	}
	return badge{l.steps.number[step], l.steps.status[step]}
}

// siteBadge is the badge of a step as it stands in one site: of a further site
// that is its own round, where the step has one.
func (l *layout) siteBadge(step string, s migration.Site) badge {
	b := l.badge(step)
	if st, ok := l.steps.status[lower(s.Name)+"/"+step]; ok && l.o.View == Now {
		b.status = st
	}
	return b
}

func (l *layout) clients() {
	text := clients(l.r.Migration.Features)
	w := min(paint.Width(text)+5, l.inner-4)
	at := paint.R(l.x+(l.inner-w)/2, 0, w, 3)
	l.add(Panel{ID: "clients", Kind: ClientsPanel, At: at, Title: "Clients", framed: true,
		rows:  []row{{left: []span{{text, plain}}}},
		Facts: func() []string { return []string{"Clients reach Exchange through the names below."} }})
	l.y = 3
}

// names draws the box of the organisation's names, a row each.
func (l *layout) names() {
	n := l.r.Migration.Namespace
	list := []struct{ host, step string }{{n.Autodiscover, "switch"}, {n.Primary, "switch"}, {n.Legacy, "legacy"}}
	at := paint.R(l.x+2, l.y, l.inner-4, 2)
	y := l.y + 1
	var panels []Panel
	for _, e := range list {
		if e.host == "" {
			continue
		}
		p := l.name(e.host, e.step, "")
		p.At = paint.R(at.Min.X+1, y, at.Dx()-2, 1)
		p.pad = 1
		panels = append(panels, p)
		y++
	}
	if len(panels) == 0 {
		l.y++
		return
	}
	at.Max.Y = y + 1
	l.pic.frames = append(l.pic.frames, Panel{At: at, Title: "Namespaces", framed: true, Site: "\x00", badges: []badge{l.badge("switch")}})
	mid := at.Min.X + at.Dx()/2
	l.pic.edges = append(l.pic.edges, edge{points: []image.Point{{X: mid, Y: l.y - 1}, {X: mid, Y: l.y}}})
	for _, p := range panels {
		l.add(p)
	}
	l.y = at.Max.Y
}

// name makes the row of one host name and notes the rail that it leans on.
func (l *layout) name(host, step, site string) Panel {
	p := Panel{ID: "name/" + lower(host), Kind: NamePanel, Name: host, Title: host, Site: site}
	text, t, side := l.answered(host, step)
	text = shorten(text, l.inner-12-paint.Width(host))
	mark := span{"  ", plain}
	if step == "legacy" {
		p.badges = []badge{l.badge("legacy")}
	}
	p.rows = []row{{left: []span{mark, {host, strong}}, right: []span{{text, t}}}}
	if site == "" {
		l.leaning = append(l.leaning, leaning{l.y + 1 + len(l.leaning), side})
	}
	p.Facts = func() []string { return l.nameFacts(host, step) }
	return p
}

// answered words who serves a name in this view, and the side it leans to:
// -1 old, 1 Exchange 2013, 0 not known, 2 nobody.
func (l *layout) answered(host, step string) (string, tone, int) {
	oldest := l.oldWord()
	switch l.o.View {
	case Before:
		if step == "legacy" {
			return "not there yet", dim, 2
		}
		return oldest, old, -1
	case After:
		if step == "legacy" {
			return "no longer needed", dim, 2
		}
		return "Exchange 2013", fresh, 1
	}
	a, seen := l.facts.Answers[lower(host)]
	if !seen || !a.Known() {
		if step == "legacy" {
			return "not checked", dim, 2
		}
		return "not checked", dim, 0
	}
	who := a.Server
	if who == "" {
		who = a.Address
	}
	switch {
	case l.gone(a):
		return "was " + who + ", removed", dim, 2
	case a.Version == "2013":
		return join(who, a.Version), fresh, 1
	case a.Version != "":
		return join(who, a.Version), old, -1
	}
	if step == "legacy" {
		return who + notInPlan, warn, 2
	}
	return who + notInPlan, warn, 0
}

// gone tells whether what answered a name was removed since: the server, or all
// of the version where only that is known.
func (l *layout) gone(a Answer) bool {
	found := false
	for _, site := range l.sites {
		for _, s := range site.Servers {
			if s.Name != a.Server && (a.Server != "" || s.Version != a.Version) {
				continue
			}
			found = true
			if l.stage(s) != retired {
				return false
			}
		}
	}
	return found
}

const notInPlan = " (not in the plan)"

// shorten says the same in fewer words where they do not fit beside the name.
func shorten(text string, room int) string {
	if who, ok := strings.CutSuffix(text, notInPlan); ok && paint.Width(text) > room {
		return who + " ?"
	}
	return text
}

func join(who, version string) string {
	if who == "" {
		return "Exchange " + version
	}
	return who + " · " + version
}

func (l *layout) oldWord() string {
	if l.r.Source == migration.Mixed {
		return "Exchange 2007/2010"
	}
	return "Exchange " + l.r.Source
}

// wholeSites chooses the sites that are drawn whole: the one with the focus
// and the first, or all of them where there is room.
func (l *layout) wholeSites() []bool {
	sites := l.sites
	whole := make([]bool, len(sites))
	room := l.o.Height - l.y - len(sites)
	focused := l.focusedSite()
	take := func(i int) bool {
		h := l.siteHeight(i, sites[i]) - 1
		if whole[i] || h > room {
			return whole[i]
		}
		whole[i], room = true, room-h
		return true
	}
	if focused >= 0 {
		room -= l.siteHeight(focused, sites[focused]) - 1
		whole[focused] = true
	} else {
		room -= l.siteHeight(0, sites[0]) - 1
		whole[0] = true
	}
	for i := range sites {
		if room <= 0 || !take(i) {
			break
		}
	}
	return whole
}

// steady lists the sites, and "" for what is outside them, where the focus can be
// with the same sites drawn whole. The sites in front that are whole fit
// together and the next one does not, whichever of them comes first; a site
// further back is whole for the sake of its focus alone.
func (l *layout) steady(whole []bool) []string {
	front := slices.Index(whole, false)
	if front < 0 {
		front = len(whole)
	}
	if f := l.focusedSite(); f >= front || front == 0 {
		return []string{siteIn(l.o.Focus)}
	}
	out := make([]string, 1, front+1)
	for _, s := range l.sites[:front] {
		out = append(out, lower(s.Name))
	}
	return out
}

func (l *layout) focusedSite() int {
	id := siteIn(l.o.Focus)
	if id == "" {
		return -1
	}
	for i, s := range l.sites {
		if lower(s.Name) == id {
			return i
		}
	}
	return -1
}

// site draws a site whole.
func (l *layout) site(i int, s migration.Site) {
	lefts, rights := l.columns(s)
	own := l.ownNames(i, s)
	h := 2 + max(stacked(lefts), stacked(rights)) + len(own)
	at := paint.R(l.x+2, l.y, l.inner-4, h)
	id := "site/" + lower(s.Name)
	head := Panel{ID: id, Kind: SitePanel, Site: s.Name, Servers: names(s.Servers), At: paint.R(at.Min.X+1, at.Min.Y, at.Dx()-2, 1), Title: l.siteTitle(s), Facts: func() []string { return l.siteFacts(i, s) }}
	frame := head
	frame.At, frame.framed = at, true
	if i == 0 {
		frame.note = "upgrade first"
	} else {
		frame.badges = []badge{l.badge("sites")}
	}
	l.pic.frames = append(l.pic.frames, frame)
	l.add(head)
	y := at.Min.Y + 1
	for _, n := range own {
		p := l.name(n, "switch", s.Name)
		p.At = paint.R(at.Min.X+2, y, at.Dx()-4, 1)
		l.add(p)
		y++
	}
	lw, rw := l.widths()
	lx, rx := at.Min.X+2, at.Min.X+2+lw+l.gap()
	l.place(lefts, lx, y, lw)
	l.place(rights, rx, y, rw)
	l.wire(lower(s.Name), lefts, rights, lx+lw, rx, y)
	if i == 0 {
		l.leftEnd, l.rightEnd = image.Pt(lx-1, y+1), image.Pt(rx+rw, y+1)
	}
	l.y = at.Max.Y
}

func (l *layout) place(list []column, x, y, w int) {
	for _, b := range list {
		b.panel.At = paint.R(x, y, w, b.h)
		l.add(b.panel)
		y += b.h + 1
	}
}

func (l *layout) siteTitle(s migration.Site) string {
	if s.InternetFacing && paint.Width(s.Name)+49 > l.inner {
		return "Internet-facing · " + s.Name
	}
	if s.InternetFacing {
		return "Internet-facing site · " + s.Name
	}
	return "Intranet site · " + s.Name
}

// folded draws a site as one line. There may be a thousand of them, so what
// the line says is worked out when it is seen.
func (l *layout) folded(i int, s migration.Site) {
	p := Panel{ID: "site/" + lower(s.Name), Kind: SitePanel, Site: s.Name, At: paint.R(l.x+2, l.y, l.inner-4, 1)}
	p.fill = func(p *Panel) { l.fillFolded(i, s, p) }
	l.add(p)
	if i == 0 {
		l.leftEnd, l.rightEnd = image.Pt(p.At.Min.X-1, l.y), image.Pt(p.At.Max.X, l.y)
	}
	l.y++
}

func (l *layout) fillFolded(i int, s migration.Site, p *Panel) {
	p.Title, p.Servers, p.Facts = l.siteTitle(s), names(s.Servers), func() []string { return l.siteFacts(i, s) }
	if i > 0 {
		p.badges = []badge{l.badge("sites")}
	}
	word, t := l.roundWord(s)
	if i == 0 && l.o.View == Now && (word == "locked" || word == "ready" || word == "") {
		word, t = "upgrade first", warn
	}
	var from, to []string
	for _, srv := range s.Servers {
		if srv.Version == "2013" {
			to = append(to, srv.Name)
		} else {
			from = append(from, srv.Name)
		}
	}
	title := p.Title
	left := brief(from)
	if len(from) > 1 && len(to) > 1 {
		left = fmt.Sprint(len(from)) // "3 → 2 servers"
	}
	if paint.Width(title+left+brief(to)+word)+12 > p.At.Dx() {
		title = s.Name
	}
	p.rows = []row{{left: []span{{"▸ ", dim}, {title, plain}},
		right: []span{{left, old}, {" → ", dim}, {brief(to), fresh}, {"  " + word, t}}}}
}

func brief(list []string) string {
	switch len(list) {
	case 0:
		return "none"
	case 1:
		return list[0]
	}
	return fmt.Sprintf("%d servers", len(list))
}

// roundWord says how far the work in a site is.
func (l *layout) roundWord(s migration.Site) (string, tone) {
	if l.o.View == Before {
		return "", dim
	}
	if l.o.View == After {
		return "done", good
	}
	statuses := l.board.rounds[lower(s.Name)]
	has := func(st runbook.Status) bool { return slices.Contains(statuses, st) }
	all := func(st ...runbook.Status) bool {
		for _, s := range statuses {
			if !slices.Contains(st, s) {
				return false
			}
		}
		return len(statuses) > 0
	}
	switch {
	case len(statuses) == 0:
		return "", dim
	case has(runbook.Failed):
		return "failed", bad
	case all(runbook.Done, runbook.Waived):
		return "done", good
	case all(runbook.Locked):
		return "locked", dim
	case all(runbook.Locked, runbook.Ready):
		return "ready", plain
	}
	return "under way", info
}
