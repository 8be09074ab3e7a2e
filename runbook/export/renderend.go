package export

import "fmt"

func (p *page) openItems() {
	if p.d.Kind == "plan" {
		p.line("To be filled in by the run.")
		return
	}
	var rows [][]string
	for _, o := range p.d.OpenItems {
		rows = append(rows, []string{o.What, o.Mend, o.Owner, stamp(o.Due)})
	}
	p.table([]string{"What", "To do", "Owner", "Due"}, rows)
}

func (p *page) evidence() {
	var rows [][]string
	for _, e := range p.d.Evidence {
		rows = append(rows, []string{e.ID, e.What, e.Source, stamp(e.Time), fmt.Sprintf("#%d", e.Seq), e.SHA256})
	}
	p.table([]string{"Id", "What", "Source", "Recorded", "Entry", "SHA-256"}, rows)
	p.line("Each is a file named by its SHA-256 in the evidence folder beside the journal. Numbers like \\#17 are entries of the journal.")
}

// verdictWords explain the words of the tables.
var verdictWords = [][]string{
	{"PASS", "measured or imported, and as expected"},
	{"WARN", "works, but must be read; counts for a gate once it was read"},
	{"FAIL", "the checked thing is wrong"},
	{"UNKNOWN", "could not be decided; never counts as good"},
	{"SKIP", "not applicable, with the reason"},
	{"ATTESTED", "a person states it; no machine looked"},
	{"WAIVED", "not good, and taken on by a named person for a reason"},
	{"STALE", "too old, or built on something done again; does not count"},
	{"NOT YET", "from before the task was carried out; does not count"},
	{"NOT RUN", "no result"},
}

func (p *page) method() {
	m, c := p.d.Method, p.d.Counts
	p.line("Three kinds of truth, told apart at every result: measured by a probe of this program (%d), imported from a shell (%d), stated by a person (%d).", c.Measured, c.Imported, c.Stated)
	p.table([]string{"Word", "Means"}, verdictWords)
	p.line("From where, all results recorded:")
	p.list(m.Vantages)
	p.line("By kind of check, all results recorded:")
	p.list(m.Kinds)
	p.line("Limits:")
	p.list(m.Limits)
	p.line("Support:")
	p.list(m.Support)
}

func (p *page) integrity() {
	in := p.d.Integrity
	p.table([]string{"Field", "Value"}, [][]string{
		{"Journal entries", fmt.Sprint(in.Entries)}, {"First entry", stamp(in.First)}, {"Last entry", stamp(in.Last)},
		{"Chain", in.Chain}, {"SHA-256 of the first entry", in.FirstHash}, {"Chain head, SHA-256 of the last entry", in.Head}, {"Procedure, SHA-256", in.Procedure},
	})
	if len(in.Breaks) > 0 {
		p.line("Breaks:")
		p.list(in.Breaks)
	}
	p.line("Every entry names the SHA-256 of the entry before it. To verify, run the following on the migration file; it must end with the chain head above, or with entries after it.")
	p.WriteString(Fence("text", in.Verify) + "\n")
}

func (p *page) signOff() {
	var rows [][]string
	for _, s := range p.d.SignOff {
		rows = append(rows, []string{s.Role, s.Name, "__________", "____________________"})
	}
	p.table([]string{"Role", "Name", "Date", "Signature"}, rows)
}
