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
		fmt.Fprintf(&b, "      from %s\n", l.Place())
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

// Place names where a line was read, short enough for one line: the first
// object with its attributes, and how many more there are.
func (l Line) Place() string {
	if len(l.From) == 0 {
		return ""
	}
	one, attrs, more := l.From[0].Object, []string{}, 0
	for _, o := range l.From {
		switch {
		case o.Object != one:
			more++
		case o.Attribute != "":
			attrs = append(attrs, o.Attribute)
		}
	}
	text := Origin{Object: Shorten(one), Attribute: strings.Join(attrs, ", ")}.String()
	if more > 0 {
		text += fmt.Sprintf(" (and %s)", countOf(more, "further object", "further objects"))
	}
	return text
}

// Shorten leaves out the end of a distinguished name that all objects of an
// organisation share.
func Shorten(dn string) string {
	for _, end := range []string{",CN=Administrative Groups,", ",CN=Microsoft Exchange,CN=Services,", ",CN=Configuration,DC="} {
		if i := strings.Index(dn, end); i > 0 && strings.HasPrefix(dn, "CN=") {
			return dn[:i] + ",…"
		}
	}
	return dn
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
			fmt.Fprintf(&b, "      from %s\n", Origin{Shorten(o.Object), o.Attribute})
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
// that a comparison without differences proves little. What no shell shows is
// not among it: who compares with a shell's inventory knows that.
func Blind(list []Finding) bool {
	for _, f := range list {
		if f.Severity == Unread && f.Code != "shell.not_shown" && len(f.From) > 0 && f.From[0].Attribute == "" {
			return true
		}
	}
	return false
}
