package export

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// A manager's page is one page. Lists are cut to a few rows, and what is cut is
// told with its number; nothing is written otherwise than in the full record.

// briefRows is how many rows a list keeps on a manager's page.
const briefRows = 3

func (p *page) briefTable(head []string, rows [][]string, limit int) {
	if len(rows) <= limit {
		p.table(head, rows)
		return
	}
	p.table(head, rows[:limit])
	p.line("And %d more in the full record.", len(rows)-limit)
}

func (p *page) briefChange() {
	c := p.d.Change
	rows := [][]string{{"Change number", c.Number}, {"Approver", c.Approver}, {"Window, planned", p.window()}, {"First and last task carried out", p.actual()},
		{"Operators", strings.Join(c.Operators, "; ")}, {"Second persons", strings.Join(c.Seconds, "; ")}, {"Release installed", c.Release + ", build " + c.Build},
		{"Separation of duties", cmp.Or(strings.Join(c.Segregation, " "), p.segregationFine())}}
	p.table([]string{"Field", "Value"}, rows)
}

// briefShown are the deviations that a manager sees by themselves; of the others
// the number is enough.
var briefShown = []string{"waivers", "retreat", "outside-window"}

func (p *page) briefDeviations() {
	if p.d.Kind == "plan" {
		p.line("To be filled in by the run.")
		return
	}
	var counts [][]string
	for i, g := range p.d.Deviations {
		if n := len(g.Rows); n > 0 {
			counts = append(counts, []string{fmt.Sprintf("3.%d %s", i+1, g.Title), fmt.Sprint(n)})
		}
	}
	if len(counts) == 0 {
		p.line("None of any kind: no waiver, no check that failed first, no statement without proof, nothing reopened, nothing outside the window.")
		return
	}
	p.table([]string{"Kind", "Number"}, counts)
	for i, g := range p.d.Deviations {
		if len(g.Rows) > 0 && slices.Contains(briefShown, g.ID) {
			p.line("### 3.%d %s: %d", i+1, g.Title, len(g.Rows))
			p.briefTable(g.Head, g.Rows, briefRows)
		}
	}
}

func (p *page) briefTimeline() {
	var rows [][]string
	for _, r := range p.d.Timeline.Phases {
		rows = append(rows, []string{r.Number + " " + r.Title, r.Planned, when(r.Start, r.End), r.Status})
	}
	p.table([]string{"Step", "Planned", "Actual", "Status"}, rows)
}

func (p *page) briefRollback() {
	rb := p.d.Rollback
	p.line("%s", Prose(rb.Used))
	if rb.Declared {
		p.line("%s", Prose(rb.standing()))
	}
	if !rb.Deadline.IsZero() {
		p.line("Roll back by %s to be back inside the window.", stamp(rb.Deadline))
	}
	if n := len(rb.Final); n > 0 {
		p.line("%s without a way back, such as: %s.", sentence(plural(n, "task is", "tasks are")), Prose(rb.Final[0].Title))
	}
}

func (p *page) briefOpenItems() {
	if p.d.Kind == "plan" {
		p.line("To be filled in by the run.")
		return
	}
	var rows [][]string
	for _, o := range p.d.OpenItems {
		rows = append(rows, []string{o.What, o.Owner, stamp(o.Due)})
	}
	p.briefTable([]string{"What", "Owner", "Due"}, rows, 2*briefRows)
}

func (p *page) briefIntegrity() {
	in := p.d.Integrity
	p.line("%s", Prose(fmt.Sprintf("Journal of %s, chain %s, head %s. To verify it, run: %s", plural(in.Entries, "entry", "entries"), in.Chain, cmp.Or(in.Head, "none"), in.Verify)))
}
