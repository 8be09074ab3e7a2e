package tui

import (
	"fmt"
	"strings"

	tea "charm.land/bubbletea/v2"

	"coexist/runbook"
	"coexist/tui/paint"
)

// retreat is the plan turned round, as of the snapshot.
func (m *Model) retreat() *runbook.Retreat {
	return runbook.PlanBackout(m.snap.Runbook, m.snap.Progress)
}

// backout declares a back-out; once one is declared it shows its plan.
func (m *Model) backout() tea.Cmd {
	if m.snap.Progress.Backout == nil {
		m.push(m.newBackout())
	} else {
		m.push(m.newRetreat())
	}
	return nil
}

// newRetreat lists the undo cards in the order in which they are taken back,
// then what does not come back.
func (m *Model) newRetreat() dialog {
	plan := m.retreat()
	l := &chooser{title: "The way back", height: 10}
	l.intro = fmt.Sprintf("%d of %s settled", plan.Settled, plural(len(plan.Cards), "undo card", "undo cards"))
	if s := duration(plan.Left); s != "" {
		l.intro += ", about " + s + " left"
	}
	l.intro += ". Newest first; enter opens a card."
	for _, c := range plan.Cards {
		l.all = append(l.all, m.cardChoice(c))
	}
	for _, c := range plan.Final {
		choice := m.cardChoice(c)
		choice.hint = c.Task.NoReturn
		l.all = append(l.all, choice)
	}
	if next := plan.Next(); next != nil {
		for i, c := range plan.Cards {
			if c == next {
				l.at = i
			}
		}
	}
	return l
}

func (m *Model) cardChoice(c *runbook.UndoCard) choice {
	out := choice{text: onTarget(c.Task), right: strings.ToLower(c.Word()), sign: func(th *paint.Theme) (string, paint.Style) { return lookCard(th, c) },
		then: func(m *Model) tea.Cmd { m.push(m.newUndoCard(c.Task)); return nil }}
	switch {
	case len(c.Missing) > 0 && !c.Done():
		out.hint = "missing: " + pendingNames(c.Missing) + ", as it was before the work"
	case c.Held() > 0:
		out.hint = plural(c.Held(), "card comes", "cards come") + " before it"
	default:
		if last, n := c.Beyond(); n > 0 {
			out.hint = "built on it and without a way back: " + last.Title
		}
	}
	return out
}

func lookCard(th *paint.Theme, c *runbook.UndoCard) (string, paint.Style) {
	switch {
	case c.Task.NoReturn != "":
		return th.Glyphs.Locked, th.Bad
	case c.Settled():
		return th.Glyphs.Done, th.Good
	case c.Done():
		for _, k := range c.Checks {
			if k.Answer != nil && !k.Answer.Good {
				return th.Glyphs.Failed, th.Bad
			}
		}
		return th.Glyphs.Waiting, th.Warn
	case len(c.Missing) > 0:
		return th.Glyphs.Failed, th.Warn
	case c.Held() > 0:
		return th.Glyphs.Locked, th.Dim
	}
	return th.Glyphs.Ready, th.Accent
}

// newUndoCard shows how to go back from a task: once it was carried out, with
// the values as they were before the work.
func (m *Model) newUndoCard(t *runbook.Task) dialog {
	values := m.snap.Progress.Values
	card := m.retreat().Card(t.ID)
	if card != nil {
		values = card.Values
	}
	d := &reader{title: "Undo card: " + t.Title, stay: map[string]func(*Model) tea.Cmd{}, on: map[string]func(*Model) tea.Cmd{}}
	d.write = func(p *page) {
		p.text(0, where(t), p.th.Dim)
		p.wayBack(t, card, values)
		if card != nil && t.NoReturn == "" {
			p.captured(card)
			p.undoChecks(card)
		}
	}
	if len(t.Undo) > 0 {
		d.stay["y"] = func(m *Model) tea.Cmd { return m.chooseUndo(t, values) }
		d.extra = append(d.extra, hint{key: "y", does: "copy"})
	}
	if card != nil && t.NoReturn == "" && m.snap.Progress.Backout != nil && m.whyReadOnly() == "" {
		m.cardKeys(d, card)
	}
	return d
}

// cardKeys are what is recorded on a card in a back-out.
func (m *Model) cardKeys(d *reader, c *runbook.UndoCard) {
	key := func(name, does string, then func(*Model) tea.Cmd) {
		d.on[name] = then
		d.extra = append(d.extra, hint{key: name, does: does})
	}
	if !c.Done() {
		key("d", "taken back", func(m *Model) tea.Cmd { m.push(m.newUndone(c)); return nil })
		key("l", "leave in place", func(m *Model) tea.Cmd { m.push(m.newLeft(c)); return nil })
		if len(c.Missing) > 0 {
			missing := c.Missing[0].Key
			key("i", "fill in", func(m *Model) tea.Cmd {
				m.push(m.newValue(missing, valueQuestion{prompt: missing + ", as it was before the work", kind: "as it was"}))
				return nil
			})
		}
		return
	}
	for i, k := range c.Checks {
		if i < 9 && c.State.Left == "" {
			key(fmt.Sprint(i+1), "answer "+fmt.Sprint(i+1), func(m *Model) tea.Cmd { m.push(m.newUndoAnswer(c, k)); return nil })
		}
	}
}

func (p *page) wayBack(t *runbook.Task, card *runbook.UndoCard, values runbook.Values) {
	if t.NoReturn != "" {
		p.add(span{" No way back ", p.th.Danger})
		p.text(0, t.NoReturn, p.th.Bad)
	}
	if card != nil && t.NoReturn == "" {
		p.text(0, "State: "+strings.ToLower(card.Word()), p.th.Text)
		for _, why := range []string{card.State.ByHand, card.State.Left} {
			if why != "" {
				p.text(0, card.State.By+": "+why, p.th.Text)
			}
		}
		if last, n := card.Beyond(); n > 0 {
			p.text(0, "Built on it and without a way back: "+last.Title+more(n-1)+". Look whether it can still be taken back.", p.th.Warn)
		}
	}
	if s := duration(t.UndoTime); s != "" {
		p.text(0, "Takes about "+s+".", p.th.Dim)
	}
	if t.UndoText != "" {
		p.blank()
		p.text(0, t.UndoText, p.th.Text)
	}
	for i, c := range t.Undo {
		p.undoCommand(i, c, values)
	}
}

func more(n int) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprintf(" and %d more", n)
}

// captured shows the values that were read before the work.
func (p *page) captured(c *runbook.UndoCard) {
	if len(c.Captured) == 0 {
		return
	}
	p.head("As it was before")
	for _, v := range c.Captured {
		switch {
		case !v.Known:
			p.labelled(1, 26, v.Name, "never captured", p.th.Dim, p.th.Bad)
		case v.Value == "":
			p.labelled(1, 26, v.Name, "(empty)", p.th.Dim, p.th.Text)
		default:
			p.labelled(1, 26, v.Name, strings.ReplaceAll(strings.TrimSpace(v.Value), "\n", ", "), p.th.Dim, p.th.Text)
		}
		if v.Late {
			p.text(3, "filled in after the work", p.th.Warn)
		}
	}
}

func (p *page) undoChecks(c *runbook.UndoCard) {
	p.head("What shows that it is as before")
	for i, k := range c.Checks {
		style := p.th.Dim
		switch {
		case k.Answer == nil:
		case k.Answer.Good:
			style = p.th.Good
		default:
			style = p.th.Bad
		}
		p.labelled(1, 3, fmt.Sprintf("%d.", i+1), k.Title+": "+strings.ToLower(k.Word()), p.th.Dim, style)
		p.text(4, "expected "+k.Expected, p.th.Dim)
		if k.Answer != nil {
			p.text(4, "found    "+k.Answer.Found, p.th.Text)
		}
		for _, line := range k.Lines {
			p.code(4, "powershell", line)
		}
	}
}

// chooseUndo offers every line of a way back.
func (m *Model) chooseUndo(t *runbook.Task, values runbook.Values) tea.Cmd {
	l := &chooser{title: "Copy from the undo card"}
	for _, c := range t.Undo {
		r, err := c.Render(values)
		why := ""
		switch {
		case err != nil:
			why = err.Error()
		case len(r.Pending) > 0:
			why = "It still waits for " + pendingNames(r.Pending) + "."
		}
		for _, line := range r.Lines {
			l.all = append(l.all, choice{text: line, right: shellShort(c.Shell), why: why, then: func(m *Model) tea.Cmd { return m.copyText(line) }})
		}
	}
	m.push(l)
	return nil
}

// newUndone records that a card was taken back, by its commands or by hand.
func (m *Model) newUndone(c *runbook.UndoCard) dialog {
	hand := &field{label: "By hand, how? Leave it empty if its commands were run.", lines: 2}
	if len(c.Missing) > 0 || len(c.Task.Undo) == 0 {
		hand.label, hand.check = "How was it taken back?", required("The record needs to say how: the commands could not be used.")
	}
	hand.input.Multi = true
	return m.restore("undone/"+c.Task.ID, &form{title: "Taken back: " + c.Task.Title, button: "record", fields: []*field{hand},
		submit: func(v []string) func(*Model) tea.Cmd {
			return func(m *Model) tea.Cmd {
				return m.act("Recorded: taken back. Now its checks (D).", func(e engine) error {
					return e.MarkUndone(c.Task.ID, runbook.Undoing{ByHand: v[0]})
				})
			}
		}})
}

// newLeft records that a change stays in place.
func (m *Model) newLeft(c *runbook.UndoCard) dialog {
	why := &field{label: "Why does it stay in place?", lines: 2, check: required("The record needs a reason.")}
	why.input.Multi = true
	return m.restore("left/"+c.Task.ID, &form{title: "Leave in place: " + c.Task.Title, button: "record", fields: []*field{why},
		submit: func(v []string) func(*Model) tea.Cmd {
			return func(m *Model) tea.Cmd {
				return m.act("Recorded: it stays in place.", func(e engine) error {
					return e.MarkUndone(c.Task.ID, runbook.Undoing{Left: v[0]})
				})
			}
		}})
}

// newUndoAnswer takes what is read now, or a person's answer.
func (m *Model) newUndoAnswer(c *runbook.UndoCard, k runbook.UndoCheck) dialog {
	found := &field{label: "What does the command show now?", lines: 3, hint: "expected " + k.Expected + "; type none if it is empty", check: required("There is nothing typed yet.")}
	found.input.Multi = true
	if k.Name == runbook.AsBefore {
		found = &field{label: "Is all that it changed as it was before?", choices: []string{"yes", "no"}, chosen: -1, check: required("Choose an answer.")}
	}
	return m.restore("answer/"+c.Task.ID+"/"+k.Name, &form{title: k.Title, button: "record", fields: []*field{found},
		submit: func(v []string) func(*Model) tea.Cmd {
			return func(m *Model) tea.Cmd {
				return m.act("The answer is recorded (D shows the way back).", func(e engine) error {
					_, err := e.CheckUndone(c.Task.ID, k.Name, v[0], "")
					return err
				})
			}
		}})
}
