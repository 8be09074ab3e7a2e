// Package diagram draws the migration as a picture: clients at the top, the
// names they use with the server that answers each, the Internet-facing site
// that is upgraded first, the further sites, and on every spot the number of
// the step that happens there.
//
// [Lay] is a pure function of runbook, progress and size. What it returns can
// be drawn, walked with the arrow keys and asked for the facts of a panel. The
// traffic runs on two rails: on the left to what is old, on the right to
// Exchange 2013; which one a name uses is what a check saw, never a guess.
package diagram

import (
	"image"
	"slices"
	"strings"

	"coexist/runbook"
	"coexist/runbook/migration"
	"coexist/tui/paint"
)

// View is the moment that the picture shows.
type View int

// The moments.
const (
	Before View = iota
	Now
	After
)

// Options say what to lay out and where the focus is.
type Options struct {
	View   View
	Focus  string // panel id; "" is the first panel
	Width  int
	Height int
	ASCII  bool
}

// Kind is the sort of a panel.
type Kind int

// The sorts of panel.
const (
	ClientsPanel Kind = iota
	NamePanel
	SitePanel
	OldPanel
	CASPanel
	MBXPanel
)

// Panel is one thing on the picture that can have the focus.
type Panel struct {
	ID      string
	Kind    Kind
	At      paint.Rect // in coordinates of the picture
	Title   string
	Site    string          // name of its site
	Servers []string        // names of its servers
	Name    string          // host name of a name panel
	Facts   func() []string // what is known about it, a line each

	fill   func(*Panel) // works out what is shown, when it is
	framed bool
	line   paint.Line
	tone   tone
	badges []badge
	foot   string // on the lower edge of the frame
	note   string // on the right of the upper edge
	rows   []row
	pad    int // blank cells left and right inside a panel without a frame
}

type tone int

const (
	plain tone = iota
	strong
	dim
	old
	fresh
	good
	warn
	bad
	info
	line
)

type span struct {
	text string
	tone tone
}

type row struct {
	left, right []span
}

type badge struct {
	number int
	status runbook.Status
}

type edge struct {
	points []image.Point
	line   paint.Line
	tone   tone
	arrow  image.Point // direction of the head at the last point; zero for none
	unsure bool        // nobody has checked; the head is a question mark
}

// Picture is a picture laid out.
type Picture struct {
	Panels []Panel
	W, H   int // of all of it; it may be higher than the region
	Focus  string

	frames []Panel  // frames of whole sites, under everything
	steady []string // sites, as in panels' ids, that may have the focus without another one being drawn whole; "" is outside sites
	edges  []edge
}

// Lay lays the picture out.
func Lay(r *runbook.Runbook, p *runbook.Progress, f Facts, o Options) *Picture {
	pic := &Picture{W: o.Width}
	if r == nil || r.Migration == nil || o.Width < 20 {
		return pic
	}
	if f.board == nil {
		f.board, f.steps = survey(r, p), numberSteps(r, p)
	}
	if f.sites == nil {
		f.sites = order(r.Migration)
	}
	l := &layout{r: r, p: p, facts: f, o: o, pic: pic, board: f.board, steps: f.steps}
	l.sites = f.sites
	pic.Panels = make([]Panel, 0, len(l.sites)+32)
	l.inner = min(o.Width-2, 96)
	l.x = (o.Width - l.inner) / 2
	l.all()
	pic.Focus = o.Focus
	if pic.find(o.Focus) == nil {
		pic.Focus = l.home()
	}
	return pic
}

// Refocus moves the focus to another panel and tells whether that was all there
// is to do; false where another site has to be drawn whole.
func (p *Picture) Refocus(id string) bool {
	if !slices.Contains(p.steady, siteIn(id)) || p.find(id) == nil {
		return false
	}
	p.Focus = id
	return true
}

// siteIn is the part of a panel's id that names its site; "" outside sites.
func siteIn(id string) string {
	rest, ok := strings.CutPrefix(id, "site/")
	if !ok {
		return ""
	}
	site, _, _ := strings.Cut(rest, "\x1f")
	return site
}

// Panel returns the panel with that id, or nil.
func (p *Picture) Panel(id string) *Panel { return p.find(id) }

func (p *Picture) find(id string) *Panel {
	for i := range p.Panels {
		if p.Panels[i].ID == id {
			return p.filled(i)
		}
	}
	return nil
}

// filled returns a panel with all that is shown of it.
func (p *Picture) filled(i int) *Panel {
	q := &p.Panels[i]
	if q.fill != nil {
		q.fill(q)
		q.fill = nil
	}
	return q
}

// Move returns the panel next to the focused one in a direction, or the
// focused one where there is none.
func (p *Picture) Move(dx, dy int) string {
	from := p.find(p.Focus)
	if from == nil {
		if len(p.Panels) == 0 {
			return ""
		}
		return p.Panels[0].ID
	}
	best, score := from.ID, 1<<30
	for _, q := range p.Panels {
		if q.ID == from.ID {
			continue
		}
		if s, ok := distance(from.At, q.At, dx, dy); ok && s < score {
			best, score = q.ID, s
		}
	}
	return best
}

// distance weighs a panel that lies in the direction: the gap first, and how
// far it is beside. Panels that do not lie there do not count.
func distance(a, b paint.Rect, dx, dy int) (int, bool) {
	var gap, aside int
	switch {
	case dy > 0:
		gap, aside = b.Min.Y-a.Max.Y+1, apart(a.Min.X, a.Max.X, b.Min.X, b.Max.X)
	case dy < 0:
		gap, aside = a.Min.Y-b.Max.Y+1, apart(a.Min.X, a.Max.X, b.Min.X, b.Max.X)
	case dx > 0:
		gap, aside = b.Min.X-a.Max.X+1, 4*apart(a.Min.Y, a.Max.Y, b.Min.Y, b.Max.Y)
	default:
		gap, aside = a.Min.X-b.Max.X+1, 4*apart(a.Min.Y, a.Max.Y, b.Min.Y, b.Max.Y)
	}
	if gap <= 0 {
		return 0, false
	}
	if dx != 0 && aside > 0 {
		return 0, false
	}
	return 4*gap + aside, true
}

// apart is how far two intervals lie apart; 0 when they overlap.
func apart(a0, a1, b0, b1 int) int { return max(b0-a1+1, a0-b1+1, 0) }

// Scroll returns the first row to show in a region of height h so that the
// focused panel is seen whole, moving as little as it can from top.
func (p *Picture) Scroll(top, h int) int {
	limit := max(p.H-h, 0)
	if f := p.find(p.Focus); f != nil {
		at := f.At
		for _, frame := range p.frames { // a site is shown with its frame
			if frame.Site == f.Site && frame.At.Dy() <= h {
				at = frame.At
			}
		}
		if f.Kind == ClientsPanel {
			at.Min.Y = 0
		}
		if at.Max.Y > top+h {
			top = at.Max.Y - h
		}
		top = min(top, at.Min.Y)
	}
	return max(min(top, limit), 0)
}

// Selects tells whether a task belongs to what the panel shows.
func (p *Panel) Selects(t *runbook.Task) bool {
	switch p.Kind {
	case NamePanel:
		return t.Phase != nil && slices.Contains([]string{"switch", "legacy", "certificates"}, t.Phase.StepID) &&
			(p.Site == "" || t.Site == "" || strings.EqualFold(t.Site, p.Site))
	case SitePanel:
		return strings.EqualFold(t.Site, p.Site) || strings.EqualFold(t.Label, p.Site)
	case OldPanel, CASPanel, MBXPanel:
		for _, s := range p.Servers {
			if strings.EqualFold(s, t.Label) || lower(s) == t.Target {
				return true
			}
		}
		return false
	}
	return true
}

// order lists the sites with the first one in front.
func order(m *migration.Migration) []migration.Site {
	if len(m.Sites) == 0 {
		return nil
	}
	f := first(m)
	out := append(make([]migration.Site, 0, len(m.Sites)), f)
	for _, s := range m.Sites {
		if s.Name != f.Name {
			out = append(out, s)
		}
	}
	return out
}

// siteless tells whether the organisation has no site to draw.
func siteless(m *migration.Migration) bool { return len(m.Sites) == 0 }
