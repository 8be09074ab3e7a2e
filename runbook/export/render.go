package export

import (
	"cmp"
	"fmt"
	"strings"
)

// page collects Markdown.
type page struct {
	d *Document
	strings.Builder
}

// chapter is one numbered chapter. Numbers stay when a profile leaves a
// chapter out, so that they can be quoted.
type chapter struct {
	number int
	title  string
	write  func(*page)
	brief  func(*page) // for a manager's one page; nil: as always
}

var chapters = []chapter{
	{1, "Summary", (*page).summary, nil},
	{2, "Change record", (*page).change, (*page).briefChange},
	{3, "Deviations", (*page).deviations, (*page).briefDeviations},
	{4, "Scope", (*page).scope, nil},
	{5, "Timeline", (*page).timeline, (*page).briefTimeline},
	{6, "Steps", (*page).steps, nil},
	{7, "Soak time", (*page).soak, nil},
	{8, "Rollback", (*page).rollback, (*page).briefRollback},
	{9, "Open items", (*page).openItems, (*page).briefOpenItems},
	{10, "Evidence index", (*page).evidence, nil},
	{11, "Method and limits", (*page).method, nil},
	{12, "Integrity", (*page).integrity, (*page).briefIntegrity},
	{13, "Sign-off", (*page).signOff, nil},
}

// hidden names the chapters that a profile leaves out.
var hidden = map[string][]int{
	"manager":  {4, 6, 7, 10, 11},
	"engineer": {2, 13},
}

// advice tells whether a profile wants what the procedure advises; an auditor
// asks for what was to be done and what was done.
func (d *Document) advice() bool { return d.Profile != "auditor" }

func (d *Document) shows(number int) bool {
	for _, n := range hidden[d.Profile] {
		if n == number {
			return false
		}
	}
	return true
}

func markdown(d *Document) string {
	p := &page{d: d}
	p.head()
	for _, c := range chapters {
		if !d.shows(c.number) {
			continue
		}
		p.line("## %d %s%s", c.number, c.title, p.mark())
		if c.brief != nil && d.Profile == "manager" {
			c.brief(p)
		} else {
			c.write(p)
		}
	}
	return strings.TrimRight(p.String(), "\n") + "\n"
}

// mark is the word that every chapter of a rehearsal carries.
func (p *page) mark() string {
	if p.d.Rehearsal == "" {
		return ""
	}
	return " (REHEARSAL)"
}

// line writes a block and the blank line after it. Whatever is not ours has
// gone through Prose, Cell or Fence before.
func (p *page) line(format string, args ...any) {
	fmt.Fprintf(p, format, args...)
	p.WriteString("\n\n")
}

// list writes escaped texts as a list; none is said.
func (p *page) list(items []string) {
	if len(items) == 0 {
		p.line("None.")
		return
	}
	for _, i := range items {
		fmt.Fprintf(p, "- %s\n", Prose(i))
	}
	p.WriteByte('\n')
}

func (p *page) table(head []string, rows [][]string) {
	if len(rows) == 0 {
		p.line("None.")
		return
	}
	p.WriteString(table(head, rows) + "\n")
}

func (p *page) head() {
	d := p.d
	p.line("# %s", Prose(d.Title))
	if d.Rehearsal != "" {
		p.line("**REHEARSAL.** Scenario %s: a simulated organisation; nothing here happened to a real one.", Prose(d.Rehearsal))
	}
	p.line("**Status: %s** · %s", Prose(d.State), Prose(d.StateLine))
	for _, a := range d.Alerts {
		p.line("**Note:** %s", Prose(a))
	}
	if !d.AsOf.IsZero() {
		p.line("As of %s. All times are UTC unless an offset is shown.", stamp(d.AsOf))
	}
	switch {
	case d.Profile == "manager":
		p.line("Profile manager, one page: %s left out, long lists cut with their numbers told; no fact is changed. The full record has all of it.", p.leftOut())
	case len(hidden[d.Profile]) > 0:
		p.line("Profile %s: %s left out; nothing else is changed.", d.Profile, p.leftOut())
	case !d.advice():
		p.line("Profile %s: the procedure's pitfalls, advice and slide lines are left out; nothing else is changed.", d.Profile)
	}
	if d.Redacted {
		p.line("Redacted: hosts, addresses, mailboxes and persons carry pseudonyms, the same ones throughout.")
	}
}

func (p *page) leftOut() string {
	var out []string
	for _, c := range chapters {
		if !p.d.shows(c.number) {
			out = append(out, fmt.Sprintf("%d %s", c.number, c.title))
		}
	}
	word := "chapters "
	if len(out) == 1 {
		word = "chapter "
	}
	return word + strings.Join(out, ", ")
}

func (p *page) summary() { p.list(p.d.Summary) }

func (p *page) change() {
	c := p.d.Change
	rows := [][]string{
		{"Change number", c.Number}, {"Approver", c.Approver}, {"Contacts", strings.Join(c.Contacts, "; ")}, {"Window, planned", p.window()},
		{"First and last task carried out", p.actual()}, {"Operators", strings.Join(c.Operators, "; ")}, {"Second persons", strings.Join(c.Seconds, "; ")},
		{"Recorded on", strings.Join(c.Hosts, "; ")}, {"Test accounts of checks", strings.Join(c.Accounts, "; ")},
		{"Release installed", c.Release + ", build " + c.Build}, {"Media", c.Media}, {"Tool", strings.Join(c.Tools, "; ")}, {"Procedure, SHA-256", c.Procedure},
		{"Separation of duties", cmp.Or(strings.Join(c.Segregation, " "), p.segregationFine())},
	}
	p.table([]string{"Field", "Value"}, rows)
	p.line("Rights that the tasks ask for:")
	p.list(c.Rights)
}

func (p *page) window() string {
	c := p.d.Change
	if !c.hasWindow() {
		return "none agreed"
	}
	return cmp.Or(stampLocal(c.WindowStart), "open") + " to " + cmp.Or(stampLocal(c.WindowEnd), "open")
}

func (p *page) actual() string {
	c := p.d.Change
	if c.ActualStart.IsZero() {
		return ""
	}
	return stamp(c.ActualStart) + " to " + stamp(c.ActualEnd)
}

func (p *page) segregationFine() string {
	if p.d.Kind == "plan" {
		return ""
	}
	return "By the names recorded, no operator is the approver, and no second person is an operator."
}

func (p *page) deviations() {
	for i, g := range p.d.Deviations {
		p.line("### 3.%d %s", i+1, g.Title)
		if p.d.Kind == "plan" {
			p.line("To be filled in by the run.")
			continue
		}
		p.table(g.Head, g.Rows)
	}
}

func (p *page) scope() {
	s := p.d.Scope
	p.line("### 4.1 Diagram")
	for _, g := range s.Diagrams {
		p.line("%s:", strings.ToUpper(g.View[:1])+g.View[1:])
		p.WriteString(Fence("text", g.Text) + "\n")
	}
	p.line("### 4.2 Servers")
	var rows [][]string
	for _, v := range s.Servers {
		seen := v.Build
		if v.Build != "" {
			seen += ", " + v.Source + " " + stamp(v.Seen)
		}
		rows = append(rows, []string{v.Name, v.Site, v.Version, v.Roles, v.Planned, v.Before, seen})
	}
	p.table([]string{"Server", "Site", "Version", "Roles", "Plan", "Build first seen", "Build last seen"}, rows)
	p.line("### 4.3 Names and certificates")
	rows = nil
	for _, n := range s.Namespaces {
		rows = append(rows, []string{n.Name, n.Use, n.Site, n.Target, n.Covered})
	}
	p.table([]string{"Name", "Use", "Site", "Shall point to", "Certificate last seen"}, rows)
	p.line("### 4.4 DNS, first and last seen")
	rows = nil
	for _, f := range s.DNS {
		rows = append(rows, []string{f.Name, f.Type, f.View, f.Before, stamp(f.First), f.After, stamp(f.Last)})
	}
	p.table([]string{"Name", "Type", "View", "Before", "Seen first", "After", "Seen last"}, rows)
}

func (p *page) timeline() {
	t := p.d.Timeline
	p.line("Estimated in all, one task after the other and waits included: %s.", cmp.Or(t.Estimate, "not estimated"))
	if !t.RollBackBy.IsZero() {
		what := "what is done"
		switch {
		case p.d.Kind == "plan":
			what = "everything"
		case !p.d.Change.WindowStart.IsZero():
			what = "what was done since the window began"
		}
		p.line("Roll back by %s: undoing %s takes %s, and then ends with the window.%s", stamp(t.RollBackBy), what, cmp.Or(t.UndoTime, "no estimated time"), p.noReturn())
	}
	p.line("### 5.1 Steps")
	var rows [][]string
	for _, r := range t.Phases {
		rows = append(rows, []string{r.Number + " " + r.Title, r.Planned, when(r.Start, r.End), strings.TrimSpace(r.Actual + " " + deltaOf(r)), r.By, stamp(r.RollBackBy), r.Status})
	}
	p.table([]string{"Step", "Planned", "Actual", "Took (against plan)", "Who", "Roll back by", "Status"}, rows)
	p.line("### 5.2 Tasks")
	rows = nil
	for _, r := range t.Tasks {
		rows = append(rows, []string{r.Number + " " + r.Title, r.Target, r.Planned, when(r.Start, r.End), strings.TrimSpace(r.Actual + " " + deltaOf(r)), r.By, r.Status})
	}
	p.table([]string{"Task", "Target", "Planned", "Actual", "Took (against plan)", "Who", "Status"}, rows)
	p.line("### 5.3 Acts")
	rows = nil
	for _, a := range t.Acts {
		rows = append(rows, []string{fmt.Sprintf("#%d", a.Seq), stamp(a.Time), a.By, a.What})
	}
	p.table([]string{"Entry", "When", "Who", "What"}, rows)
	if len(t.Notes) > 0 {
		p.line("### 5.4 Notes on the whole run")
		p.list(noteLines(t.Notes))
	}
}

// noReturn tells how many of the tasks to be undone cannot be.
func (p *page) noReturn() string {
	n := 0
	n += len(p.d.Rollback.Final)
	if n == 0 {
		return ""
	}
	return " Without a way back: " + plural(n, "task", "tasks") + "."
}

func deltaOf(r TimelineRow) string {
	if r.Delta == "" {
		return ""
	}
	return "(" + r.Delta + ")"
}

func noteLines(notes []TimelineNote) []string {
	var out []string
	for _, n := range notes {
		out = append(out, fmt.Sprintf("%s, %s: %s", stamp(n.Time), n.By, n.Text))
	}
	return out
}
