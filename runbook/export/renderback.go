package export

import (
	"fmt"
	"strings"
)

func (p *page) soak() {
	s := p.d.Soak
	p.line("### 7.1 Waiting times")
	var rows [][]string
	for _, w := range s.Waits {
		rows = append(rows, []string{w.Number + " " + w.Title, w.Target, w.Wait, stamp(w.Since), stamp(w.Until), w.Word})
	}
	p.table([]string{"Task", "Target", "Wait", "Since", "Due", "State"}, rows)
	p.line("### 7.2 Checks that must stay true")
	p.line("Each must stay true until the stretch of work begins that is named. One look means that nobody looked again after the first; red counts the looks that found it wrong or undecided after it had been good.")
	rows = nil
	for _, c := range s.Holds {
		looks := ""
		if p.d.Kind != "plan" {
			looks = fmt.Sprintf("%d (%d red)", c.Looks, c.Red)
		}
		rows = append(rows, []string{c.Number + " " + c.Title, c.Until, stamp(c.First), stamp(c.Last), looks, c.Word})
	}
	p.table([]string{"Check", "Until the beginning of", "First good", "Last looked at", "Looks", "Verdict"}, rows)
}

func (p *page) rollback() {
	rb := p.d.Rollback
	p.line("%s", Prose(rb.Used))
	if rb.Declared {
		p.line("%s", Prose(rb.standing()))
	}
	if !rb.Deadline.IsZero() {
		p.line("Roll back by %s to be back inside the window.", stamp(rb.Deadline))
	}
	p.line("### 8.1 In this order")
	var rows [][]string
	for _, t := range rb.Tasks {
		rows = append(rows, []string{t.Number + " " + t.Title, t.Target, stamp(t.DoneAt), t.Time, t.Way, t.Word})
	}
	p.table([]string{"Task", "Target", "Carried out", "Time to undo", "Way back", "State"}, rows)
	if p.d.Kind != "plan" && rb.Nothing > 0 {
		p.line("%s carried out had nothing to take back.", sentence(plural(rb.Nothing, "further task", "further tasks")))
	}
	p.line("### 8.2 What does not come back")
	rows = nil
	for _, t := range rb.Final {
		rows = append(rows, []string{t.Number + " " + t.Title, t.Target, stamp(t.DoneAt), strings.TrimPrefix(t.Way, "no way back: ")})
	}
	p.table([]string{"Task", "Target", "Carried out", "Why"}, rows)
	if p.d.Kind == "plan" {
		return
	}
	p.line("### 8.3 Undo cards")
	if !rb.Declared {
		p.line("No retreat was declared: this is how ready the way back is. The commands stand with each task in chapter 6.")
	}
	for i := range rb.Tasks {
		p.undoCard(&rb.Tasks[i])
	}
}

func sentence(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

// undoCard writes a card whole once a retreat was declared; before, only what
// was captured for it, and what is missing.
func (p *page) undoCard(t *RollbackTask) {
	declared := p.d.Rollback.Declared
	if !declared && len(t.Captured)+len(t.Missing) == 0 {
		return
	}
	p.line("#### Way back of %s %s", t.Number, Prose(titled(t.Title, t.Target)))
	facts := []string{"State: " + t.Word}
	add := func(name, text string) {
		if text != "" {
			facts = append(facts, name+": "+text)
		}
	}
	add("Carried out", byWhom(t.DoneAt, t.DoneBy))
	add("Settled", byWhom(t.At, t.By))
	add("How or why", t.Note)
	add("Caution", t.beyondLine())
	add("Estimate", t.Time)
	add("By hand", t.Text)
	if len(t.Missing) > 0 {
		add("Missing", strings.Join(t.Missing, ", ")+"; fill in what stood there before the work, or take it back by hand")
	}
	p.list(facts)
	if len(t.Captured) > 0 {
		var rows [][]string
		for _, v := range t.Captured {
			rows = append(rows, []string{v.Key, v.Text, v.How})
		}
		p.table([]string{"Value before the work", "Is", "How"}, rows)
	}
	if !declared {
		return
	}
	p.commands("Undo commands", t.Commands)
	if len(t.Lines) > 0 {
		p.line("When it was taken back, the lines were:")
		p.WriteString(Fence("text", strings.Join(t.Lines, "\n")) + "\n")
	}
	var rows [][]string
	for _, c := range t.Checks {
		entry := ""
		if c.Entry > 0 {
			entry = fmt.Sprintf("#%d", c.Entry)
		}
		rows = append(rows, []string{c.Title, c.Expected, strings.TrimSpace(c.Found + " " + c.Note), c.Word, stamp(c.When), strings.Trim(c.By+", "+c.Source, ", "), entry})
	}
	p.table([]string{"Check", "Expected", "Actual", "Verdict", "When", "By, source", "Evidence"}, rows)
}
