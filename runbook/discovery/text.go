package discovery

import (
	"fmt"
	"strings"

	"coexist/checks/inventory"
)

// Text shows a proposal to a reader: what is proposed and from where, what is
// asked, and what must be known beside it.
func (p *Proposal) Text() string {
	var b strings.Builder
	fmt.Fprintf(&b, "Read from %s, %s.\n\nProposed\n", inventory.Printable(p.From), p.Read.UTC().Format("2006-01-02 15:04 UTC"))
	for _, l := range p.Lines {
		mark := " "
		if l.Unsure {
			mark = "?"
		}
		fmt.Fprintf(&b, "%s %s = %s\n", mark, inventory.Printable(l.Key), inventory.Printable(l.Value))
		if l.Note != "" {
			fmt.Fprintf(&b, "      %s\n", inventory.Printable(l.Note))
		}
		for _, o := range l.From[:min(len(l.From), 3)] {
			fmt.Fprintf(&b, "      from %s\n", o)
		}
		if more := len(l.From) - 3; more > 0 {
			fmt.Fprintf(&b, "      and %s\n", countOf(more, "further place", "further places"))
		}
	}
	if len(p.Lines) == 0 {
		b.WriteString("  nothing\n")
	}
	b.WriteString("\nTo be answered\n")
	for _, a := range p.Asks {
		fmt.Fprintf(&b, "  %s: %s\n      %s", inventory.Printable(a.Key), inventory.Printable(a.Question), inventory.Printable(a.Why))
		if a.Suggest != "" {
			fmt.Fprintf(&b, "; usual: %s", inventory.Printable(a.Suggest))
		}
		b.WriteByte('\n')
	}
	if len(p.Remarks) > 0 {
		b.WriteString("\nTo be known\n")
		for _, r := range p.Remarks {
			fmt.Fprintf(&b, "  %s\n", r)
		}
	}
	return b.String()
}

// String names the place on one line.
func (o Origin) String() string {
	if o.Attribute == "" {
		return inventory.Printable(o.Object)
	}
	return o.Attribute + " of " + inventory.Printable(o.Object)
}

// FindingsText shows what a comparison found, the gravest first.
func FindingsText(list []Finding) string {
	if len(list) == 0 {
		return "What was typed and what was found agree.\n"
	}
	var b strings.Builder
	last := Severity(0)
	for _, f := range list {
		if f.Severity != last {
			if last != 0 {
				b.WriteByte('\n')
			}
			last = f.Severity
			fmt.Fprintf(&b, "%s\n", headings[f.Severity])
		}
		fmt.Fprintf(&b, "  %s\n", inventory.Printable(f.Text))
		if f.Typed != "" || f.Found != "" {
			fmt.Fprintf(&b, "      typed %s, found %s\n", orDash(f.Typed), orDash(f.Found))
		}
		if f.Mend != "" {
			fmt.Fprintf(&b, "      %s\n", f.Mend)
		}
		for _, o := range f.From[:min(len(f.From), 2)] {
			fmt.Fprintf(&b, "      from %s\n", o)
		}
	}
	return b.String()
}

var headings = map[Severity]string{
	Blocker: "Blocks the upgrade", Drift: "Differs from what was typed", Unread: "Could not be read (that proves nothing)", Note: "To be known",
}

func orDash(s string) string {
	if s == "" {
		return "nothing"
	}
	return inventory.Printable(s)
}

// Blind tells whether whole parts of the organisation could not be read, so
// that a comparison without differences proves little.
func Blind(list []Finding) bool {
	for _, f := range list {
		if f.Severity == Unread && len(f.From) > 0 && f.From[0].Attribute == "" {
			return true
		}
	}
	return false
}
