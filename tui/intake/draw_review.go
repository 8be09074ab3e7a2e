package intake

import (
	"strings"

	"coexist/runbook/migration"
	"coexist/tui/intake/answers"
	"coexist/tui/paint"
)

// fact is one line of the review; page is where it was answered.
type fact struct{ label, text, page string }

// shownFacts are what will be written, or what an edit changes.
func (m *Model) shownFacts() []fact {
	if m.edits != nil {
		return m.changes()
	}
	return m.facts()
}

const factAt = 22 // where texts begin behind their labels

// factAtOf is where the text of a fact begins.
func factAtOf(f fact) int {
	if f.label == "" {
		return 3
	}
	return factAt
}

func (m *Model) factLines(f fact, w int) []string { return paint.Wrap(f.text, w-factAtOf(f)-3) }

func (m *Model) drawFact(c *paint.Canvas, f fact, focused bool, w int) {
	lines := m.factLines(f, w)
	if focused {
		c.Fill(paint.R(2, 0, w-3, len(lines)), m.theme.Select)
	}
	c.Text(3, 0, factAt-4, f.label, m.theme.Dim)
	for i, l := range lines {
		c.Text(factAtOf(f), i, w-factAtOf(f)-2, l, m.theme.Text)
	}
}

func (m *Model) facts() []fact {
	f := m.form.Migration()
	names := []string{f.Namespace.Primary, f.Namespace.Autodiscover}
	if f.Namespace.Legacy != "" {
		names = append(names, f.Namespace.Legacy)
	}
	out := []fact{
		{"Organisation", strings.Join(nonEmpty(f.Organization.Name, f.Organization.Forest, way(f.Organization.Source)), ", "), answers.PageNames},
		{"Client names", strings.Join(nonEmpty(names...), ", "), answers.PageNames},
	}
	for _, s := range f.SitesInOrder() {
		out = append(out, fact{"Site " + s.Name, siteSummary(s), answers.PageSites})
	}
	out = append(out, fact{"In use", m.inUse(), answers.PageFeatures},
		fact{"Target", strings.Join(nonEmpty(f.Target.Release, "from "+f.Target.Media, dagSummary(f.DAG)), ", "), answers.PageTarget})
	if len(f.Probes) > 0 {
		var list []string
		for _, p := range f.Probes {
			list = append(list, p.Mailbox)
		}
		out = append(out, fact{"Test mailboxes", strings.Join(list, ", "), answers.PageNetwork})
	}
	if f.Change != nil {
		out = append(out, fact{"Change", strings.Join(nonEmpty(f.Change.Number, f.Change.Approver, m.form.Change.WindowStart), ", "), answers.PageChange})
	}
	return out
}

func siteSummary(s migration.Site) string {
	var old, fresh []string
	for _, v := range s.Servers {
		if v.Old() {
			old = append(old, v.Name)
		} else {
			fresh = append(fresh, v.Name)
		}
	}
	text := strings.Join(old, " ") + " to " + strings.Join(fresh, " ")
	if len(fresh) == 0 {
		text = strings.Join(old, " ") + " (no new server here)"
	}
	if s.InternetFacing {
		text += ", Internet-facing"
	}
	return text
}

func dagSummary(d *migration.DAG) string {
	if d == nil {
		return "no DAG"
	}
	return "DAG " + d.Name
}

func (m *Model) inUse() string {
	var on []string
	for _, f := range m.form.Fields(answers.On(answers.PageFeatures)) {
		if *f.On {
			on = append(on, f.Label)
		}
	}
	if len(on) == 0 {
		return "nothing is ticked"
	}
	return strings.Join(on, ", ")
}

// changes lists what an edit changes.
func (m *Model) changes() []fact {
	list := answers.Differences(m.edits.was, m.form.Migration())
	if len(list) == 0 {
		return []fact{{text: "Nothing so far."}}
	}
	var out []fact
	for _, d := range list {
		text := d.New
		switch {
		case d.Old != "" && d.New != "":
			text = d.Old + " " + m.theme.Glyphs.To + " " + d.New
		case d.Old != "" && d.Old != "removed":
			text = d.Old + " " + m.theme.Glyphs.To + " nothing"
		case d.Old != "":
			text = d.Old
		}
		out = append(out, fact{text: d.What + ": " + text})
	}
	return out
}

func nonEmpty(list ...string) []string {
	var out []string
	for _, s := range list {
		if strings.TrimSpace(s) != "" {
			out = append(out, s)
		}
	}
	return out
}
