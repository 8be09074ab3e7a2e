package tui

import (
	"fmt"
	"strings"

	tea "charm.land/bubbletea/v2"

	"coexist/checks"
	"coexist/runbook"
)

// kept holds what was typed into forms that were left with esc, by the form's
// purpose, so that nothing typed is lost.
type kept map[string][]string

// restore puts back what was typed into the same form before, and keeps what
// is typed now.
func (m *Model) restore(key string, f *form) *form {
	if old, ok := m.kept[key]; ok {
		for i, q := range f.fields {
			if i >= len(old) || q.input.Secret {
				continue
			}
			if len(q.choices) == 0 {
				q.input.Set(old[i])
				continue
			}
			for n, c := range q.choices {
				if c == old[i] {
					q.chosen = n
				}
			}
		}
	}
	f.forget = func() { delete(m.kept, key) }
	f.keep = func(values []string) {
		if m.kept == nil {
			m.kept = kept{}
		}
		m.kept[key] = values
	}
	submit := f.submit
	f.submit = func(values []string) func(*Model) tea.Cmd {
		f.keep(values)
		return submit(values)
	}
	return f
}

// newConfirm asks to type the name that the task shows.
func (m *Model) newConfirm(t *runbook.Task) dialog {
	q := &field{label: "Type " + t.Confirm + " to confirm", hint: "This records that you carried it out; it runs nothing by itself."}
	q.check = func(s string) string {
		if !strings.EqualFold(strings.TrimSpace(s), t.Confirm) {
			return fmt.Sprintf("Expected %s, found %q.", t.Confirm, s)
		}
		return ""
	}
	return &form{title: t.Title, button: "carried out", danger: t.NoReturn != "", fields: []*field{q},
		intro: func(p *page) {
			p.text(0, where(t), p.th.Dim)
			if t.NoReturn != "" {
				p.blank()
				p.add(span{" No way back ", p.th.Danger})
				p.text(0, t.NoReturn, p.th.Bad)
			}
		},
		submit: func(v []string) func(*Model) tea.Cmd {
			typed := strings.TrimSpace(v[0])
			return func(m *Model) tea.Cmd {
				return m.act(done(t), func(e engine) error { return e.MarkDone(t.ID, typed) })
			}
		}}
}

// newAttest asks a person for a statement.
func (m *Model) newAttest(c *runbook.Check) dialog {
	answer := &field{label: "Is it so?", choices: []string{"yes", "no", "n/a"}, chosen: -1, hint: "An attestation is shown as stated by a person, never as verified.",
		check: required("Choose yes, no or n/a.")}
	name := &field{label: "Stated by", check: required("The record needs the name of the person who states it.")}
	name.input.Set(m.operator)
	note := &field{label: "What was seen, where the proof is", lines: 3}
	note.input.Multi = true
	question, evidence := c.Title, ""
	if ready, pending, err := c.Ready(m.snap.Progress.Values); err == nil && len(pending) == 0 {
		question, evidence = ready.Params.String("question"), ready.Params.String("evidence")
	}
	if evidence != "" {
		note.hint = "Keep as proof: " + evidence
	}
	note.check = func(s string) string {
		if answer.value() != "yes" && strings.TrimSpace(s) == "" {
			return "With \"no\" and \"n/a\" the record needs a word on why."
		}
		return ""
	}
	return m.restore("attest/"+c.ID, &form{title: "Attest: " + c.Title, button: "attest", fields: []*field{answer, name, note},
		intro: func(p *page) {
			p.text(0, question, p.th.Text)
			p.text(0, where(c.Task), p.th.Dim)
		},
		submit: func(v []string) func(*Model) tea.Cmd {
			a := runbook.Attestation{Answer: v[0], Name: strings.TrimSpace(v[1]), Note: strings.TrimSpace(v[2])}
			return func(m *Model) tea.Cmd {
				return m.act("Attested: "+c.Title, func(e engine) error { return e.Attest(c.ID, a) })
			}
		}})
}

// newWarning shows a warning and asks to confirm that it was read.
func (m *Model) newWarning(c *runbook.Check) dialog {
	st := m.snap.Progress.Checks[c.ID]
	r, seq := *st.Result, st.Seq
	return &form{title: "Warning: " + c.Title, button: "I have read it",
		intro: func(p *page) {
			p.text(0, where(c.Task), p.th.Dim)
			p.blank()
			p.text(0, r.Summary, p.th.Warn)
			p.explain(0, r, c.Remedy)
		},
		submit: func([]string) func(*Model) tea.Cmd {
			return func(m *Model) tea.Cmd {
				return m.act("Recorded: the warning was read.", func(e engine) error { return e.ReadWarning(c.ID, seq) })
			}
		}}
}

// newWaiver asks for the exception's reason and name.
func (m *Model) newWaiver(c *runbook.Check) dialog {
	st := m.snap.Progress.Checks[c.ID]
	reason := &field{label: "Why may it go on regardless?", lines: 3, check: required("A waiver needs a reason that whoever reads the record can follow.")}
	reason.input.Multi = true
	name := &field{label: "Taken on by", check: required("A waiver needs the name of the person who takes it on.")}
	name.input.Set(m.operator)
	fields := []*field{reason, name}
	if c.Gate == "dual" {
		second := &field{label: "Second person", hint: "The procedure asks for four eyes here; not the operator."}
		operator := m.operator
		second.check = func(s string) string {
			s = strings.TrimSpace(s)
			switch {
			case s == "":
				return "The procedure asks for a second person here."
			case strings.EqualFold(s, operator) || strings.EqualFold(s, strings.TrimSpace(name.value())):
				return "The second person must be somebody else."
			}
			return ""
		}
		fields = append(fields, second)
	}
	return m.restore("waive/"+c.ID, &form{title: "Waive: " + c.Title, button: "waive", danger: true, fields: fields,
		intro: func(p *page) {
			p.text(0, where(c.Task), p.th.Dim)
			if st == nil || st.Result == nil {
				p.text(0, "This check was never run.", p.th.Warn)
				return
			}
			p.blank()
			p.explain(0, *st.Result, c.Remedy)
		},
		submit: func(v []string) func(*Model) tea.Cmd {
			w := runbook.Waiver{Check: c.ID, Reason: strings.TrimSpace(v[0]), Name: strings.TrimSpace(v[1])}
			if len(v) > 2 {
				w.Second = strings.TrimSpace(v[2])
			}
			if st != nil {
				w.Result = st.Seq
			}
			return func(m *Model) tea.Cmd {
				return m.act("Waived and recorded: "+c.Title, func(e engine) error { return e.Waive(w) })
			}
		}})
}

// newCaptureWaiver asks why a change is to go on although what was there before
// is not known.
func (m *Model) newCaptureWaiver(t *runbook.Task, c *runbook.Capture) dialog {
	reason := &field{label: "Why may it go on without knowing what was there before?", lines: 3, check: required("A waiver needs a reason that whoever reads the record can follow.")}
	reason.input.Multi = true
	name := &field{label: "Taken on by", check: required("A waiver needs the name of the person who takes it on.")}
	name.input.Set(m.operator)
	return m.restore("waive/"+c.Key, &form{title: "Waive: " + c.Prompt, button: "waive", danger: true, fields: []*field{reason, name},
		intro: func(p *page) {
			p.text(0, where(t), p.th.Dim)
			p.text(0, "Without this value the undo card can't put the old state back.", p.th.Warn)
		},
		submit: func(v []string) func(*Model) tea.Cmd {
			w := runbook.Waiver{Check: c.Key, Reason: strings.TrimSpace(v[0]), Name: strings.TrimSpace(v[1])}
			return func(m *Model) tea.Cmd {
				return m.act("Waived and recorded: "+c.Prompt, func(e engine) error { return e.Waive(w) })
			}
		}})
}

func (m *Model) newNote(task, title string) dialog {
	text := &field{label: "Note", lines: 5, check: required("There is nothing written yet.")}
	text.input.Multi = true
	return m.restore("note/"+task, &form{title: title, button: "record", fields: []*field{text},
		submit: func(v []string) func(*Model) tea.Cmd {
			note := strings.TrimSpace(v[0])
			return func(m *Model) tea.Cmd {
				return m.act("The note is recorded.", func(e engine) error { return e.Note(task, note) })
			}
		}})
}

func (m *Model) newReopen(t *runbook.Task) dialog {
	why := &field{label: "Why?", lines: 2, check: required("The record needs a reason.")}
	why.input.Multi = true
	return m.restore("reopen/"+t.ID, &form{title: "Reopen: " + t.Title, button: "reopen", fields: []*field{why},
		intro: func(p *page) {
			p.text(0, "It counts as not carried out until it is marked again. The record keeps both. It undoes nothing in Exchange: the undo card (b) shows how.", p.th.Text)
		},
		submit: func(v []string) func(*Model) tea.Cmd {
			return func(m *Model) tea.Cmd {
				return m.act("Reopened: "+t.Title, func(e engine) error { return e.Reopen(t.ID, strings.TrimSpace(v[0])) })
			}
		}})
}

func (m *Model) newBackout() dialog {
	why := &field{label: "Why?", lines: 2, check: required("The record needs a reason.")}
	why.input.Multi = true
	return m.restore("backout", &form{title: "Declare a back-out", button: "declare", danger: true, fields: []*field{why},
		intro: func(p *page) {
			p.text(0, "From here on the record says that the change is being taken back. Nothing is undone by itself: the undo cards (b) of the tasks carried out show how, newest first.", p.th.Text)
		},
		submit: func(v []string) func(*Model) tea.Cmd {
			return func(m *Model) tea.Cmd {
				return m.act("The back-out is recorded. D shows the way back.", func(e engine) error { return e.DeclareBackout(strings.TrimSpace(v[0])) })
			}
		}})
}

func (m *Model) newValue(key string, q valueQuestion) dialog {
	value := &field{label: q.prompt, check: required("There is nothing filled in yet.")}
	value.hint = "Type: " + q.kind
	if q.example != "" {
		value.hint += ", for example " + q.example
	}
	if r := m.snap.Runbook; r != nil && r.MayBeEmpty(key) {
		value.check = nil
		value.hint += "; leave it empty if nothing stood there"
	}
	known := m.snap.Progress.Values[key]
	if r := m.snap.Runbook; r != nil && r.TakesList(key) && strings.Contains(known, "\n") {
		value.lines, value.input.Multi = 4, true
		value.hint += "; one a line"
	}
	value.input.Set(strings.TrimSpace(known))
	return m.restore("value/"+key, &form{title: "Fill in a value", button: "record", fields: []*field{value},
		intro: func(p *page) { p.text(0, key, p.th.Dim) },
		submit: func(v []string) func(*Model) tea.Cmd {
			text := strings.TrimSpace(v[0])
			if text == strings.TrimSpace(known) {
				text = known // with the line break of a list of one
			}
			return func(m *Model) tea.Cmd {
				return m.act("Recorded: "+key, func(e engine) error { return e.SetValue(key, text) })
			}
		}})
}

// newPaste takes the output of a cmdlet.
func (m *Model) newPaste(c *runbook.Check) dialog {
	text := &field{label: "Paste the output of the command", lines: 6, check: required("There is nothing pasted yet.")}
	text.input.Multi = true
	none := "none"
	if ready, pending, err := c.Ready(m.snap.Progress.Values); err == nil && len(pending) == 0 {
		none = c.PasteNone(ready)
	}
	text.hint = "Type " + none + " if it printed nothing. It is judged by the same rules as a script's result."
	command := m.cmdlet(c)
	return m.restore("paste/"+c.ID, &form{title: c.Title, button: "judge and record", fields: []*field{text},
		intro: func(p *page) {
			p.text(0, "Run this in the "+shellName(c.Shell)+", then paste what it prints:", p.th.Dim)
			p.code(0, c.Shell, command)
		},
		submit: func(v []string) func(*Model) tea.Cmd {
			return func(m *Model) tea.Cmd {
				e := m.engine
				return func() tea.Msg {
					r, err := e.Paste(c.ID, v[0])
					return actedMsg{said: pasted(r), err: err, snap: e.Snapshot()}
				}
			}
		}})
}

// cmdlet returns the command whose output a check judges.
func (m *Model) cmdlet(c *runbook.Check) string {
	ready, pending, err := c.Ready(m.snap.Progress.Values)
	switch {
	case err != nil:
		return err.Error()
	case len(pending) > 0:
		return "waits for " + pending[0].Key
	}
	cmd := ready.Params.String("command")
	if len(ready.Params.Strings("properties")) > 0 {
		cmd += runbook.PasteHint(ready)
	}
	return cmd
}

func pasted(r checks.Result) string {
	s := "Judged: " + string(r.Verdict)
	if r.Summary != "" {
		s += ", " + r.Summary
	}
	return s
}

// offeredName is who most likely works here: whoever did last, else the
// account of the operating system. It is only offered; a new session says who
// it is by itself.
func (m *Model) offeredName() string {
	if p := m.snap.Progress; p != nil && p.Operator != "" {
		return p.Operator
	}
	return m.cfg.User
}

// newOperator asks who works here; what needed the name goes on afterwards.
func (m *Model) newOperator(then func(*Model) tea.Cmd) dialog {
	name := &field{label: "Your name", hint: "Every act and every result is recorded with it.", check: required("The record needs a name.")}
	name.input.Set(m.operator)
	if m.operator == "" {
		name.input.Offer(m.offeredName())
	}
	return &form{title: "Who is working here?", button: "go on", fields: []*field{name},
		submit: func(v []string) func(*Model) tea.Cmd {
			n := strings.TrimSpace(v[0])
			return func(m *Model) tea.Cmd {
				e := m.engine
				return func() tea.Msg {
					err := e.SetOperator(n)
					return operatorMsg{n, err, e.Snapshot(), then}
				}
			}
		}}
}

// operatorMsg tells that the operator has a name.
type operatorMsg struct {
	name string
	err  error
	snap runbook.Snapshot
	then func(*Model) tea.Cmd
}

func (m *Model) named(msg operatorMsg) tea.Cmd {
	if msg.err == nil {
		m.operator = msg.name
	}
	m.acted(actedMsg{said: "Recorded as the work of " + msg.name + ".", err: msg.err, snap: msg.snap})
	if msg.err == nil && msg.then != nil {
		return msg.then(m)
	}
	return nil
}

func (m *Model) askOperator() tea.Cmd {
	m.push(m.newOperator(nil))
	return nil
}

// newPassword asks for the password of an account that checks need.
func (m *Model) newPassword(q *ask) dialog {
	user := m.username(q.account)
	pw := &field{label: "Password of " + user, hint: "It is kept in memory until the program ends, and never written."}
	pw.input.Secret = true
	f := &form{title: "Checks need to log on", button: "log on", away: "leave its checks out", fields: []*field{pw}}
	f.submit = func(v []string) func(*Model) tea.Cmd {
		return func(m *Model) tea.Cmd {
			m.remove(f)
			m.cfg.Asker.reply(q, checks.Credential{Username: user, Password: checks.NewSecret(v[0])}, nil)
			return nil
		}
	}
	f.cancel = func() { q.refuse() }
	pw.check = required("Without a password the check is skipped: esc.")
	return f
}

// username is the logon name that the migration gives for a test mailbox.
func (m *Model) username(account string) string {
	if r := m.snap.Runbook; r != nil {
		for _, p := range r.Migration.Probes {
			if strings.EqualFold(p.Mailbox, account) && p.Username != "" {
				return p.Username
			}
		}
	}
	return account
}
