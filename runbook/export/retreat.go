package export

import (
	"fmt"
	"strings"

	"coexist/runbook"
)

// RetreatReport is what `coexist backout` tells, format 1: the plan turned
// round.
type RetreatReport struct {
	Format    int            `json:"format"`
	Title     string         `json:"title"`
	Rehearsal string         `json:"rehearsal,omitempty"`
	Declared  bool           `json:"declared"`
	Used      string         `json:"used"`
	Complete  bool           `json:"complete"`
	Settled   int            `json:"settled"`
	Left      string         `json:"time_left"` // estimate for the cards that are not taken back
	Nothing   int            `json:"nothing_to_take_back"`
	Next      string         `json:"next,omitempty"` // task id
	Cards     []RollbackTask `json:"cards"`
	Final     []RollbackTask `json:"no_return"`
}

// RetreatOf gathers it.
func RetreatOf(r *runbook.Runbook, p *runbook.Progress) RetreatReport {
	g := &gatherer{r: r, p: p, index: newIndex(r), d: &Document{}, retreat: runbook.PlanBackout(r, p)}
	g.rollback()
	rb := g.d.Rollback
	out := RetreatReport{Format: 1, Title: g.title(), Rehearsal: p.Rehearsal, Declared: rb.Declared, Used: rb.Used, Complete: rb.Complete,
		Settled: rb.Settled, Left: span(g.retreat.Left), Nothing: rb.Nothing, Cards: rb.Tasks, Final: rb.Final}
	if c := g.retreat.Next(); c != nil && rb.Declared {
		out.Next = c.Task.ID
	}
	return out
}

// Text writes the reversed list for a terminal.
func (r RetreatReport) Text() string {
	var b strings.Builder
	line := func(format string, args ...any) {
		fmt.Fprintf(&b, "%s\n", oneLine(fmt.Sprintf(format, args...), maxProse))
	}
	line("%s", r.Title)
	if r.Rehearsal != "" {
		line("REHEARSAL, scenario %s", r.Rehearsal)
	}
	line("%s", r.Used)
	line("%d of %s settled, about %s left; %s carried out had nothing to take back", r.Settled, plural(len(r.Cards), "undo card", "undo cards"), r.Left, plural(r.Nothing, "task", "tasks"))
	if late := strings.TrimSpace((&Rollback{Tasks: r.Cards}).tooLate()); late != "" {
		line("CAUTION: %s", late)
	}
	if len(r.Cards) > 0 {
		b.WriteString("\nIn this order:\n")
	}
	for i, c := range r.Cards {
		mark := " "
		if c.ID == r.Next {
			mark = ">"
		}
		fmt.Fprintf(&b, "%s%3d  %-24s %s\n", mark, i+1, c.Word, oneLine(titled(c.Title, c.Target), maxCell))
		fmt.Fprintf(&b, "      %s\n", c.ID)
		if len(c.Missing) > 0 {
			fmt.Fprintf(&b, "      missing: %s, as it was before the work\n", oneLine(strings.Join(c.Missing, ", "), maxCell))
		}
	}
	if len(r.Final) > 0 {
		b.WriteString("\nWhat does not come back:\n")
	}
	for _, c := range r.Final {
		fmt.Fprintf(&b, "      %s\n        %s\n", oneLine(titled(c.Title, c.Target), maxCell), oneLine(strings.TrimPrefix(c.Way, "no way back: "), maxCell))
	}
	switch {
	case r.Complete:
		b.WriteString("\nEvery undo card is settled.\n")
	case r.Next != "":
		fmt.Fprintf(&b, "\nnext: coexist backout FILE --task %s\n", r.Next)
	case !r.Declared && len(r.Cards) > 0:
		b.WriteString("\nNo backout is declared. To declare one: coexist backout FILE --declare REASON\n")
	}
	return b.String()
}

// CardText writes one undo card: where, what to type, and what shows that it is
// as before. Commands stand alone on their lines; all others begin with a
// number sign.
func (r RetreatReport) CardText(task string) string {
	var b strings.Builder
	line := func(format string, args ...any) {
		fmt.Fprintf(&b, "# %s\n", oneLine(fmt.Sprintf(format, args...), maxProse))
	}
	for _, c := range append(append([]RollbackTask{}, r.Cards...), r.Final...) {
		if c.ID != task {
			continue
		}
		if r.Rehearsal != "" {
			line("REHEARSAL, scenario %s: the simulated organisation does not go back; what it shows stays as it is", r.Rehearsal)
		}
		line("%s: %s", titled(c.Title, c.Target), c.Word)
		line("carried out %s", byWhom(c.DoneAt, c.DoneBy))
		if c.Final {
			line("NO WAY BACK: %s", strings.TrimPrefix(c.Way, "no way back: "))
		}
		if late := c.beyondLine(); late != "" {
			line("CAUTION: %s", late)
		}
		if c.Text != "" {
			line("by hand: %s", c.Text)
		}
		for _, v := range c.Captured {
			line("%s was %s (%s)", v.Key, v.Text, v.How)
		}
		for _, k := range c.Commands {
			writeCommand(&b, k, line)
		}
		if len(c.Missing) > 0 {
			line("MISSING: %s. Fill in what stood there before the work, from notes or a backup: coexist backout FILE --value KEY=TEXT", strings.Join(c.Missing, ", "))
		}
		for i, k := range c.Checks {
			line("check %d: %s: %s", i+1, k.Title, k.Word)
			line("  expected %s", k.Expected)
			if k.Found != "" {
				line("  found %s, %s", k.Found, byWhom(k.When, k.By))
			}
			for _, l := range k.Lines {
				b.WriteString(Visible(l) + "\n")
			}
		}
	}
	return b.String()
}
