package intake

import (
	"fmt"
	"strings"

	"coexist/runbook/migration"
	"coexist/tui/intake/answers"
	"coexist/tui/paint"
)

// roleShort are the roles as engineers abbreviate them.
var roleShort = map[string]string{
	migration.ClientAccess: "CAS", migration.HubTransport: "HUB", migration.MailboxRole: "MBX",
	migration.UnifiedMessaging: "UM", migration.EdgeTransport: "EDGE",
}

func roleWords(s answers.Server) string {
	var out []string
	for _, r := range s.Roles() {
		out = append(out, roleShort[r])
	}
	return strings.Join(out, " ")
}

func (m *Model) drawItem(c *paint.Canvas, p answers.Place, focused bool, w int) {
	ground(c, focused, w, m.theme)
	switch {
	case p.IsServer():
		m.drawServer(c, p, focused, w)
	case p.IsSite():
		m.drawSite(c, p, focused, w)
	case p.IsProbe():
		m.drawProbe(c, p, focused, w)
	}
	if m.itemTrouble(p) != "" {
		c.Text(w-3, 0, 1, m.theme.Glyphs.Failed, m.theme.Bad)
	}
}

func (m *Model) emphasis(focused bool) paint.Style {
	if focused {
		return m.theme.Strong
	}
	return m.theme.Text
}

func (m *Model) drawSite(c *paint.Canvas, p answers.Place, focused bool, w int) {
	t := m.theme
	s := m.form.Sites[p.Site]
	n := c.Text(3, 0, w/2, named(s.Name), m.emphasis(focused).Bold())
	x := max(5+n, 24)
	var facts []string
	if s.InternetFacing && m.form.Internet {
		facts = append(facts, "Internet-facing")
	}
	if m.form.First() == p.Site {
		facts = append(facts, "upgrade first")
	}
	if s.Entry != "" {
		facts = append(facts, "entry "+s.Entry)
	}
	if s.DAG.Wanted {
		facts = append(facts, "DAG "+s.DAG.Name)
	}
	said := strings.Join(facts, " "+t.Glyphs.Dot+" ")
	for len(facts) > 1 && paint.Width(said) > w-x-4 { // whole facts, the first ones first
		facts = facts[:len(facts)-1]
		said = strings.Join(facts, " "+t.Glyphs.Dot+" ")
	}
	c.Text(x, 0, w-x-4, said, t.Dim)
}

func named(name string) string {
	if strings.TrimSpace(name) == "" {
		return "(no name yet)"
	}
	return name
}

func (m *Model) drawServer(c *paint.Canvas, p answers.Place, focused bool, w int) {
	t := m.theme
	s := m.form.Sites[p.Site].Servers[p.Server]
	version := t.Old
	if s.Version == "2013" {
		version = t.New
	}
	c.Text(5, 0, 18, named(s.Name), m.emphasis(focused))
	c.Text(24, 0, 5, s.Version, version)
	n := c.Text(30, 0, w-34, roleWords(s), t.Text)
	x := max(32+n, 48)
	var facts []string
	if s.OS != "" {
		facts = append(facts, "Win "+strings.Replace(s.OS, "R2", " R2", 1))
	}
	if s.Address != "" {
		facts = append(facts, s.Address)
	}
	said := strings.Join(facts, " "+t.Glyphs.Dot+" ")
	x = max(min(x, w-4-paint.Width(said)), 32+n) // nearer where the row is short
	c.Text(x, 0, w-x-4, said, t.Dim)
}

func (m *Model) drawProbe(c *paint.Canvas, p answers.Place, focused bool, w int) {
	t := m.theme
	b := m.form.Probes[p.Probe]
	n := c.Text(3, 0, w/2, named(b.Mailbox), m.emphasis(focused))
	x := max(5+n, 32)
	c.Text(x, 0, w-x-4, strings.TrimSpace(b.Version+"  "+b.Username+"  "+b.Site), t.Dim)
}

// itemTrouble says what is wrong with an item, once it was left.
func (m *Model) itemTrouble(p answers.Place) string {
	for _, one := range m.wrong {
		if one.Place != p {
			continue
		}
		if one.Field < 0 || m.tried[m.form.Fields(p)[one.Field].Key] {
			return m.problemWhere(one) + ": " + one.Error()
		}
	}
	return ""
}

// problemWhere names the place and the field of a problem.
func (m *Model) problemWhere(p answers.Problem) string {
	if p.Label == "" {
		return m.form.PlaceName(p.Place)
	}
	if p.Place.IsPage() {
		return p.Label
	}
	return fmt.Sprintf("%s, %s", m.form.PlaceName(p.Place), strings.ToLower(p.Label[:1])+p.Label[1:])
}
