package intake

import (
	"fmt"
	"image"
	"strings"

	"coexist/tui/intake/answers"
	"coexist/tui/paint"
)

// dialog is what lies over the page and takes every key.
type dialog interface {
	key(m *Model, name, text string)
	paste(m *Model, text string)
	draw(m *Model, c *paint.Canvas) (cursor image.Point, shown bool)
	keys() []Key
	typing() bool
}

// asking asks before something typed goes.
type asking struct {
	title string
	lines []string
	yes   string // what y does, in a word
	do    func(m *Model)
}

func (m *Model) openRemove(p answers.Place) {
	if !m.form.Exists(p) {
		return
	}
	what := m.form.PlaceName(p)
	d := &asking{title: "Remove", lines: []string{"Remove " + what + "?"}, yes: "remove"}
	if p.IsSite() {
		if n := len(m.form.Sites[p.Site].Servers); n > 0 {
			d.lines = append(d.lines, "Its "+answers.Count(n, "server goes", "servers go")+" with it.")
		}
	}
	d.do = func(m *Model) {
		m.form.Remove(p)
		m.forget()
		m.changed()
		m.focus(m.row)
		m.keepQuietly()
		m.note = note{"Removed " + what + ".", false}
	}
	m.dialog = d
}

// openDiscard asks before the changes of an edit go.
func (m *Model) openDiscard() {
	m.dialog = &asking{title: "Discard", yes: "discard", lines: []string{"Discard every change since the file was saved?"}, do: (*Model).discard}
}

// openDrop asks before a draft of the start screen goes.
func (m *Model) openDrop(path string) {
	m.dialog = &asking{title: "Delete", yes: "delete", lines: []string{"Delete the draft " + path + "?", "What was typed in it is lost."}, do: func(m *Model) {
		if err := m.dropDraft(path); err != nil {
			m.note = note{err.Error(), true}
			return
		}
		m.start.load(m.cfg)
		m.note = note{"Deleted " + path, false}
	}}
}

func (d *asking) key(m *Model, name, _ string) {
	switch name {
	case "y":
		m.dialog = nil
		d.do(m)
	case "n", "esc":
		m.dialog = nil
	}
}

func (d *asking) paste(*Model, string) {}
func (d *asking) typing() bool         { return false }
func (d *asking) keys() []Key          { return []Key{{"y", d.yes}, {"n", "keep"}} }

func (d *asking) draw(m *Model, c *paint.Canvas) (image.Point, bool) {
	w := 44
	for _, l := range d.lines {
		w = max(w, paint.Width(l))
	}
	v := m.panel(c, d.title, w+6, len(d.lines)+4)
	for i, l := range d.lines {
		v.Text(0, i, -1, l, m.theme.Text)
	}
	m.drawKeys(v, 0, len(d.lines)+1, d.keys())
	return image.Point{}, false
}

// pasting reads a list of servers.
type pasting struct {
	site int
	like answers.Server // what a name without words of its own is
	text paint.Input
	list []answers.Pasted
}

func (m *Model) openPaste() {
	site := m.chosenSite()
	m.dialog = &pasting{
		site: site,
		like: m.form.Like(m.form.OldVersions()[0]),
		text: paint.Input{Multi: true},
	}
}

func (d *pasting) typing() bool { return true }

func (d *pasting) keys() []Key {
	return []Key{{"ctrl+s", "add them"}, {"ctrl+t", "version of names alone"}, {"esc", "leave"}}
}

func (d *pasting) key(m *Model, name, text string) {
	switch name {
	case "esc":
		m.dialog = nil
		return
	case "ctrl+s":
		d.take(m)
		return
	case "ctrl+t":
		d.turn(m)
	default:
		d.text.Key(name, text)
	}
	d.list = m.form.ReadServers(d.text.Value(), d.like)
}

// turn takes names alone for servers of the next version.
func (d *pasting) turn(m *Model) {
	list := append(m.form.OldVersions(), "2013")
	for i, v := range list {
		if v == d.like.Version {
			d.like = m.form.Like(list[(i+1)%len(list)])
			return
		}
	}
	d.like = m.form.Like(list[0])
}

func (d *pasting) paste(m *Model, text string) {
	d.text.Insert(text)
	d.list = m.form.ReadServers(d.text.Value(), d.like)
}

func (d *pasting) take(m *Model) {
	n := m.form.Take(d.list, d.site)
	if n == 0 {
		m.note = note{"Nothing to add yet: give at least one server name.", true}
		return
	}
	m.dialog = nil
	m.forget()
	m.changed()
	m.focusItem(answers.OnSite(d.site))
	m.keepQuietly()
	text := "Added " + answers.Count(n, "server", "servers") + "."
	if left := len(d.list) - n; left > 0 {
		text += fmt.Sprintf(" Left out: %s.", strings.Join(d.refused(), ", "))
	}
	m.note = note{text, n < len(d.list)}
}

func (d *pasting) refused() []string {
	var out []string
	for _, p := range d.list {
		if p.Wrong != "" {
			out = append(out, p.Server.Name)
		}
	}
	return out
}

func (d *pasting) draw(m *Model, c *paint.Canvas) (image.Point, bool) {
	w, h := c.Size()
	v := m.panel(c, "Paste a list of servers", min(w-4, 84), min(h-4, 24))
	vw, vh := v.Size()
	t := m.theme
	for i, l := range paint.Wrap("One a line: a name and, if you like, its version and roles. What Get-ExchangeServer prints is understood too.", vw) {
		v.Text(0, i, vw, l, t.Dim)
	}
	room := max((vh-6)/2, 2)
	in := v.In(paint.R(0, 3, vw, room))
	in.Fill(paint.R(0, 0, vw, room), t.Field)
	cursor := d.text.Draw(in, t.Text)
	y := 4 + room
	v.Text(0, y, vw, "Names alone are taken for: "+d.like.Version+" "+roleWords(d.like), t.Dim)
	d.drawRead(m, v.In(paint.R(0, y+1, vw, vh-y-2)))
	m.drawKeys(v, 0, vh-1, d.keys())
	return cursor, true
}

// drawRead shows how the list was understood.
func (d *pasting) drawRead(m *Model, c *paint.Canvas) {
	w, h := c.Size()
	t := m.theme
	for i, p := range d.list {
		if i == h-1 && len(d.list) > h {
			c.Text(0, i, w, fmt.Sprintf("and %d more", len(d.list)-i), t.Dim)
			return
		}
		mark, st := t.Glyphs.Done, t.Good
		what := p.Server.Version + "  " + roleWords(p.Server)
		if p.Site != "" {
			what += "  " + p.Site
		}
		if p.Wrong != "" {
			mark, st, what = t.Glyphs.Failed, t.Bad, p.Wrong
		}
		c.Text(0, i, 1, mark, st)
		at := 20
		if p.Wrong != "" { // the reason needs the room
			what = strings.TrimPrefix(what, fmt.Sprintf("%q ", p.Server.Name))
			at = min(3+paint.Width(p.Server.Name), 20)
		}
		c.Text(2, i, at-3, p.Server.Name, t.Text)
		c.Text(at, i, w-at, what, t.Dim)
	}
}
