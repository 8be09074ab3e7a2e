package intake

import (
	"coexist/tui/intake/answers"
	"coexist/tui/paint"
)

// A place is shown as rows: its questions, the items of its list, and what can
// be done with them.
type rowKind uint8

const (
	fieldRow rowKind = iota
	itemRow
	buttonRow
	problemRow
	factRow
)

type row struct {
	kind  rowKind
	field int           // index among the place's fields
	place answers.Place // of an item, or where a problem stands
	at    int           // index among the problems, or the facts of the review
	group string        // heading over it
	label string        // of a button
	key   string        // that does the same as the button
}

// rows lists the rows of the open place, in the order of the focus.
func (m *Model) rows() []row {
	var out []row
	for i, f := range m.form.Fields(m.place) {
		out = append(out, row{kind: fieldRow, field: i, group: f.Group})
	}
	if !m.place.IsPage() {
		return out
	}
	switch m.place.Page {
	case answers.PageSites:
		out = append(out, m.siteRows()...)
	case answers.PageNetwork:
		out = append(out, m.probeRows()...)
	case answers.PageReview:
		out = append(out, m.reviewRows()...)
	}
	return out
}

func (m *Model) siteRows() []row {
	var out []row
	for _, p := range m.form.Places(answers.PageSites)[1:] {
		out = append(out, row{kind: itemRow, place: p})
	}
	out = append(out, row{kind: buttonRow, label: "Add a site", key: "s"})
	if len(m.form.Sites) > 0 {
		out = append(out, row{kind: buttonRow, label: "Add a server to " + named(m.form.Sites[m.chosenSite()].Name), key: "a"},
			row{kind: buttonRow, label: "Paste a list of servers", key: "p"},
			row{kind: buttonRow, label: "Go on", key: ">"})
	}
	return out
}

func (m *Model) probeRows() []row {
	const group = "Test mailboxes"
	var out []row
	for i := range m.form.Probes {
		out = append(out, row{kind: itemRow, place: answers.OnProbe(i), group: group})
	}
	return append(out, row{kind: buttonRow, label: "Add a test mailbox", key: "a", group: group},
		row{kind: buttonRow, label: "Go on", key: ">", group: group})
}

func (m *Model) reviewRows() []row {
	var out []row
	for i, p := range m.wrong {
		out = append(out, row{kind: problemRow, place: p.Place, at: i, group: "Still to be mended"})
	}
	if len(m.wrong) > 0 {
		return out
	}
	if m.edits != nil {
		out = append(out, row{kind: buttonRow, label: "Save the changes"},
			row{kind: buttonRow, label: "Discard the changes", key: "x"})
		for i := range m.changes() {
			out = append(out, row{kind: factRow, at: i, group: "What changes"})
		}
		return out
	}
	out = append(out, row{kind: fieldRow, field: 0}, row{kind: buttonRow, label: "Save the migration"})
	for i, f := range m.facts() {
		out = append(out, row{kind: factRow, at: i, place: answers.On(f.page), group: "What was answered"})
	}
	return out
}

// fields are the questions of the open place; the review asks for the file's
// name.
func (m *Model) fields() []answers.Field {
	if m.place.Page == answers.PageReview {
		return []answers.Field{m.form.FileField()}
	}
	return m.form.Fields(m.place)
}

// current is the focused row.
func (m *Model) current() (row, bool) {
	rows := m.rows()
	if m.row < 0 || m.row >= len(rows) {
		return row{}, false
	}
	return rows[m.row], true
}

// field is the focused question.
func (m *Model) field() (answers.Field, bool) {
	r, ok := m.current()
	if !ok || r.kind != fieldRow {
		return answers.Field{}, false
	}
	return m.fields()[r.field], true
}

// newInput takes the focused text up for typing.
func (m *Model) newInput() paint.Input {
	var in paint.Input
	if f, ok := m.field(); ok && f.Kind == answers.Text {
		in.Set(*f.Text)
	}
	return in
}

// refusal is what is shown under a question: only once it was answered or
// tried.
func (m *Model) refusal(f answers.Field, index int) *answers.Refusal {
	if !m.tried[f.Key] {
		return nil
	}
	if m.place.Page == answers.PageReview {
		return f.Check()
	}
	return answers.At(m.wrong, m.place, index)
}
