package intake

import (
	"fmt"
	"image"
	"strings"

	tea "charm.land/bubbletea/v2"

	"coexist/runbook/discovery"
	"coexist/tui/paint"
)

// connecting asks where the organisation is to be read from, and waits for it.
type connecting struct {
	fields [3]paint.Input // domain controller, account, file
	at     int
	busy   bool
	seq    int
	why    string
}

// foundMsg brings what was read.
type foundMsg struct {
	seq      int
	proposal *discovery.Proposal
	err      error
}

// command returns what is to be run now, once.
func (m *Model) command() tea.Cmd {
	cmd := m.cmd
	m.cmd = nil
	return cmd
}

// openConnect asks for the domain controller and the account.
func (m *Model) openConnect() {
	if m.cfg.Discover == nil {
		m.note = note{"The directory can't be read here.", true}
		return
	}
	d := &connecting{}
	if m.form != nil {
		if list := strings.Fields(strings.ReplaceAll(m.form.Network.DomainControllers, ",", " ")); len(list) > 0 {
			d.fields[0].Set(list[0])
		}
	}
	m.dialog = d
}

func (d *connecting) typing() bool { return !d.busy }

func (d *connecting) keys() []Key {
	if d.busy {
		return []Key{{"esc", "stop waiting"}}
	}
	return []Key{{"enter", "read"}, {"tab", "next"}, {"esc", "leave"}}
}

func (d *connecting) paste(_ *Model, text string) {
	if !d.busy {
		d.fields[d.at].Insert(text)
	}
}

func (d *connecting) key(m *Model, name, text string) {
	switch {
	case name == "esc":
		m.dialog = nil
	case d.busy:
	case name == "tab" || name == "down":
		d.at = (d.at + 1) % len(d.fields)
	case name == "shift+tab" || name == "up":
		d.at = (d.at + len(d.fields) - 1) % len(d.fields)
	case name == "enter":
		d.read(m)
	default:
		d.fields[d.at].Key(name, text)
	}
}

// read begins to read outside the event loop.
func (d *connecting) read(m *Model) {
	dc, user, file := strings.TrimSpace(d.fields[0].Value()), strings.TrimSpace(d.fields[1].Value()), strings.TrimSpace(d.fields[2].Value())
	switch {
	case file == "" && dc == "":
		d.at, d.why = 0, "Name a domain controller, such as dc1.contoso.com, or the file that the script saved."
		return
	case file == "" && !strings.ContainsAny(user, `\@`):
		d.at, d.why = 1, `Name the account with its domain: CONTOSO\meyer or meyer@contoso.com.`
		return
	}
	d.busy, d.why = true, ""
	m.reads++ // an answer that nobody waits for any more must not be taken for this one's
	d.seq = m.reads
	seq, discover, take := d.seq, m.cfg.Discover, m.cfg.Inventory
	m.cmd = func() tea.Msg {
		if file != "" {
			p, err := take(file)
			return foundMsg{seq, p, err}
		}
		p, err := discover(dc, user)
		return foundMsg{seq, p, err}
	}
}

// found shows what was read, unless nobody waits for it any more.
func (m *Model) found(msg foundMsg) {
	d, ok := m.dialog.(*connecting)
	if !ok || !d.busy || d.seq != msg.seq {
		return
	}
	d.busy = false
	if msg.err != nil {
		d.why = msg.err.Error()
		return
	}
	m.dialog = newProposed(msg.proposal)
}

func (d *connecting) draw(m *Model, c *paint.Canvas) (image.Point, bool) {
	t := m.theme
	w, _ := c.Size()
	w = min(w-4, 84)
	why := paint.Wrap(d.why, w-6)
	v := m.panel(c, "Read from Active Directory", w, 15+len(why))
	vw, _ := v.Size()
	y := 0
	for _, l := range paint.Wrap("It only reads. The password is asked for next and kept for this run; it is sent over TLS alone, and not at all where NTLM proves the account.", vw) {
		v.Text(0, y, vw, l, t.Dim)
		y++
	}
	cursor, shown := image.Point{}, false
	for n, label := range []string{"Domain controller", "Account", "Or an inventory file"} {
		y++
		st := t.Text
		if n == d.at {
			st = t.Strong
		}
		v.Text(0, y, 20, label, st)
		in := v.In(paint.R(22, y, vw-22, 1))
		in.Fill(paint.R(0, 0, vw-22, 1), t.Field)
		at := d.fields[n].Draw(in, t.Text)
		if n == d.at && !d.busy {
			cursor, shown = at, true
		}
		y++
	}
	y++
	for _, l := range why {
		v.Text(0, y, vw, l, t.Bad)
		y++
	}
	if d.busy {
		v.Text(0, y, vw, "Reading…", t.Accent)
		y++
	}
	m.drawKeys(v, 0, y+1, d.keys())
	return cursor, shown
}

// plural counts in words.
func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}
