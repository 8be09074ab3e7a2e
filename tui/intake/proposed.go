package intake

import (
	"fmt"
	"image"
	"strings"

	"coexist/runbook/discovery"
	"coexist/runbook/migration"
	"coexist/tui/intake/answers"
	"coexist/tui/paint"
)

// proposed is the list of what was found: each line with where it came from, to
// be accepted or rejected.
type proposed struct {
	p    *discovery.Proposal
	take *discovery.Selection
	at   int // in the lines, then the asks, then the remarks
	top  int
}

func newProposed(p *discovery.Proposal) *proposed {
	return &proposed{p: p, take: discovery.Select(p)}
}

func (d *proposed) typing() bool         { return false }
func (d *proposed) paste(*Model, string) {}

func (d *proposed) keys() []Key {
	return []Key{{"space", "accept or not"}, {"a", "all"}, {"o", "none"}, {"enter", "take over"}, {"↑ ↓", "look"}, {"esc", "leave"}}
}

func (d *proposed) rows() int { return len(d.p.Lines) + len(d.p.Asks) + len(d.p.Remarks) }

func (d *proposed) key(m *Model, name, _ string) {
	switch name {
	case "esc":
		m.dialog = nil
	case "up", "k":
		d.at = max(d.at-1, 0)
	case "down", "j":
		d.at = max(min(d.at+1, d.rows()-1), 0)
	case "pgup":
		d.at = max(d.at-10, 0)
	case "pgdown":
		d.at = max(min(d.at+10, d.rows()-1), 0)
	case "home", "g":
		d.at = 0
	case "end", "G":
		d.at = max(d.rows()-1, 0)
	case "space", "x":
		if d.at < len(d.take.Take) {
			d.take.Take[d.at] = !d.take.Take[d.at]
			d.at = min(d.at+1, d.rows()-1)
		}
	case "a", "o":
		d.take.All(name == "a")
	case "enter":
		d.takeOver(m)
	}
}

// takeOver puts the accepted lines into the answers: into those of the intake
// that is open, else into a new one.
func (d *proposed) takeOver(m *Model) {
	if d.take.Count() == 0 {
		m.note = note{"Nothing is accepted yet.", true}
		return
	}
	if m.form == nil {
		m.begin()
	}
	fresh := len(m.form.Sites) == 0
	m.form.TakeOver(func(old *migration.Migration) *migration.Migration { return d.p.Onto(old, d.take.Accepts) })
	if fresh {
		m.form.Reached = answers.PageReview // every page may be looked at: most of it is filled in
	}
	m.dialog = nil
	m.forget()
	m.changed()
	m.enter(answers.On(answers.PageSource))
	m.keepQuietly()
	m.note = note{fmt.Sprintf("Took over %s; go through the pages (pgdn): %s left to answer.", plural(d.take.Count(), "line", "lines"), plural(len(d.p.Asks), "thing is", "things are")), false}
}

func (d *proposed) draw(m *Model, c *paint.Canvas) (image.Point, bool) {
	t := m.theme
	w, h := c.Size()
	v := m.panel(c, "Found in Active Directory", w-4, h-2)
	vw, vh := v.Size()
	v.Text(0, 0, vw, fmt.Sprintf("Read from %s, %s. %d of %d lines accepted; %s below, %s.", d.p.From, d.p.Read.UTC().Format("2006-01-02 15:04 UTC"), d.take.Count(), len(d.take.Take),
		plural(len(d.p.Asks), "question", "questions"), plural(len(d.p.Remarks), "remark", "remarks")), t.Dim)
	about := d.about(vw)
	room := max(vh-4-len(about), 3)
	d.top = max(min(d.top, d.at), d.at-room+1)
	for i := 0; i < room && d.top+i < d.rows(); i++ {
		d.drawRow(m, v, i+2, d.top+i, vw)
	}
	for i, l := range about {
		st := t.Text
		if i > 0 {
			st = t.Dim
		}
		v.Text(0, vh-1-len(about)+i, vw, l, st)
	}
	m.drawKeys(v, 0, vh-1, d.keys())
	return image.Point{}, false
}

// drawRow shows one line, ask or remark.
func (d *proposed) drawRow(m *Model, v *paint.Canvas, y, n, w int) {
	t := m.theme
	if n == d.at {
		v.Fill(paint.R(0, y, w, 1), t.Select)
	}
	switch lines, asks := len(d.p.Lines), len(d.p.Asks); {
	case n < lines:
		l := d.p.Lines[n]
		mark, st := "[x]", t.Good
		switch {
		case !d.take.Take[n] && l.Unsure:
			mark, st = "[?]", t.Warn
		case !d.take.Take[n]:
			mark, st = "[ ]", t.Dim
		}
		v.Text(1, y, 3, mark, st)
		used := v.Text(5, y, w-6, paint.Escape(l.Key), t.Dim)
		at := max(5+used+2, 36)
		v.Text(at, y, w-at-1, paint.Escape(l.Value), t.Text)
	case n < lines+asks:
		a := d.p.Asks[n-lines]
		v.Text(1, y, 3, "ask", t.Warn)
		v.Text(5, y, w-6, paint.Escape(a.Question), t.Text)
	default:
		v.Text(2, y, 1, t.Glyphs.Dot, t.Dim)
		v.Text(5, y, w-6, paint.Escape(d.p.Remarks[n-lines-asks]), t.Dim)
	}
}

// about says more of the focused row.
func (d *proposed) about(w int) []string {
	var out []string
	switch n, lines, asks := d.at, len(d.p.Lines), len(d.p.Asks); {
	case n < lines:
		l := d.p.Lines[n]
		out = append(out, paint.Wrap(paint.Escape(l.Value), w)...)
		if l.Note != "" {
			out = append(out, paint.Wrap(paint.Escape(l.Note), w)...)
		}
		out = append(out, paint.Wrap("from "+paint.Escape(l.Place()), w)...)
	case n < lines+asks:
		a := d.p.Asks[n-lines]
		out = append(out, a.Key)
		text := a.Why
		if a.Suggest != "" {
			text += "; usual: " + a.Suggest
		}
		out = append(out, paint.Wrap(paint.Escape(text), w)...)
	case n-lines-asks < len(d.p.Remarks):
		out = append(out, paint.Wrap(paint.Escape(strings.TrimSpace(d.p.Remarks[n-lines-asks])), w)...)
	}
	if len(out) > aboutRows { // what is left out must not look as if it were not there
		out[aboutRows-1] = paint.Cut(out[aboutRows-1], w-2) + " …"
	}
	return append(out, make([]string, aboutRows)...)[:aboutRows]
}

// aboutRows is the room below the list, always the same so that the list does
// not jump.
const aboutRows = 5
