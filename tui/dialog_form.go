package tui

import (
	"cmp"
	"fmt"
	"image"
	"strings"

	tea "charm.land/bubbletea/v2"

	"coexist/tui/paint"
)

// field is one question of a form: a text, or one of a few answers.
type field struct {
	label   string
	hint    string // example or explanation, below
	input   paint.Input
	choices []string // texts to choose from; empty means a text is typed
	chosen  int      // -1: nothing chosen yet
	lines   int      // height of the input; 0 is 1
	check   func(string) string
	problem string
}

func (f *field) value() string {
	if len(f.choices) > 0 {
		if f.chosen < 0 {
			return ""
		}
		return f.choices[f.chosen]
	}
	return f.input.Value()
}

// choose sets the answer that reads so, else the first.
func (f *field) choose(text string) {
	f.chosen = 0
	for i, c := range f.choices {
		if strings.EqualFold(c, text) {
			f.chosen = i
		}
	}
}

// next chooses the next answer that begins with a letter.
func (f *field) next(letter string) {
	n := len(f.choices)
	for i := range n {
		at := (f.chosen + 1 + i) % n
		if head := []rune(f.choices[at]); letter != "" && len(head) > 0 && strings.EqualFold(string(head[0]), letter) {
			f.chosen = at
			return
		}
	}
}

// form is a dialog with questions. Esc closes it; what was typed is handed to
// keep, so that it is there again the next time.
type form struct {
	title   string
	intro   func(p *page) // above the questions
	fields  []*field
	at      int
	submit  func(values []string) func(*Model) tea.Cmd
	button  string
	danger  bool // there is no way back
	busy    bool // waits for the journal
	problem string
	keep    func(values []string)
	forget  func() // once it is recorded
	cancel  func()
	away    string // what esc does, where "close" says too little
	changed func() // after one of the answers to choose from was chosen
	top     int    // first row shown of the words above
	more    int    // rows of them that don't fit
}

// fieldMsg is a click on a question, or on one of its answers.
type fieldMsg struct{ at, choice int }

// submitMsg is a click on the button.
type submitMsg struct{}

func (f *form) handle(msg tea.Msg) outcome {
	if f.busy {
		return outcome{}
	}
	switch msg := msg.(type) {
	case tea.PasteMsg:
		if cur := f.current(); cur != nil && len(cur.choices) == 0 {
			cur.input.Insert(msg.Content)
			cur.problem = ""
		}
	case fieldMsg:
		if msg.at >= len(f.fields) || msg.choice >= len(f.fields[msg.at].choices) {
			return outcome{} // of a form that is gone
		}
		f.at = msg.at
		if msg.choice >= 0 {
			f.fields[msg.at].chosen = msg.choice
			f.settle()
		}
	case submitMsg:
		return f.send()
	case tea.KeyPressMsg:
		return f.key(msg)
	}
	return outcome{}
}

func (f *form) current() *field {
	if f.at < len(f.fields) {
		return f.fields[f.at]
	}
	return nil
}

func (f *form) key(msg tea.KeyPressMsg) outcome {
	name := msg.String()
	f.problem = ""
	switch name {
	case "esc":
		if f.keep != nil {
			f.keep(f.values())
		}
		if f.cancel != nil {
			f.cancel()
		}
		return closed
	case "tab":
		f.at = (f.at + 1) % (len(f.fields) + 1)
		return outcome{}
	case "shift+tab":
		f.at = (f.at + len(f.fields)) % (len(f.fields) + 1)
		return outcome{}
	case "ctrl+s", "ctrl+enter", "alt+enter":
		return f.send()
	case "pgup":
		f.top = max(f.top-3, 0)
		return outcome{}
	case "pgdown":
		f.top = min(f.top+3, f.more)
		return outcome{}
	}
	cur := f.current()
	if cur == nil { // the button
		switch name {
		case "enter", "space", " ":
			return f.send()
		case "up":
			f.at = max(f.at-1, 0)
		}
		return outcome{}
	}
	if len(cur.choices) > 0 {
		return f.choiceKey(cur, name, msg.Text)
	}
	switch {
	case cur.input.Key(name, msg.Text):
		cur.problem = ""
	case name == "enter" || name == "down":
		f.at++
	case name == "up":
		f.at = max(f.at-1, 0)
	}
	return outcome{}
}

func (f *form) choiceKey(cur *field, name, text string) outcome {
	switch name {
	case "left", "h":
		cur.chosen = max(cur.chosen-1, 0)
	case "right", "l", "space", " ":
		cur.chosen = min(cur.chosen+1, len(cur.choices)-1)
	case "up":
		f.at = max(f.at-1, 0)
	case "enter", "down":
		f.at++
	default:
		cur.next(text)
	}
	cur.problem = ""
	f.settle()
	return outcome{}
}

// settle lets the other questions follow an answer.
func (f *form) settle() {
	if f.changed != nil {
		f.changed()
	}
}

func (f *form) values() []string {
	var out []string
	for _, q := range f.fields {
		out = append(out, q.value())
	}
	return out
}

// send judges the answers and hands them on; a wrong one is refused at its
// question.
func (f *form) send() outcome {
	first := -1
	for i, q := range f.fields {
		q.problem = ""
		if q.check != nil {
			q.problem = q.check(q.value())
		}
		if q.problem != "" && first < 0 {
			first = i
		}
	}
	if first >= 0 {
		f.at = first
		return outcome{}
	}
	f.busy = true
	return do(f.submit(f.values()))
}

func (f *form) draw(c *paint.Canvas, th *paint.Theme) *image.Point {
	cw, _ := c.Size()
	w := min(cw-4, 84)
	p := newPage(th, w-6)
	if f.intro != nil {
		f.intro(p)
		p.blank()
	}
	h := len(p.lines) + 4
	for _, q := range f.fields {
		h += f.fieldHeight(q, w-6)
	}
	problem := paint.Wrap(f.problem, w-6)
	if f.problem != "" {
		h += len(problem) + 1
	}
	keys := []hint{{key: "tab", does: "next"}, {key: "ctrl+s", does: f.button, msg: submitMsg{}}, {key: "esc", does: cmp.Or(f.away, "close"), msg: tea.KeyPressMsg{Code: tea.KeyEscape}}}
	if len(f.fields) == 0 {
		keys[0] = hint{key: "enter", does: f.button, msg: submitMsg{}}
		keys = append(keys[:1], keys[2])
	}
	in := window(c, th, w, h, f.title, keys)
	iw, ih := in.Size()
	// The questions must be seen; what does not fit is cut from the words above.
	lines := min(len(p.lines), max(ih-(h-2-len(p.lines)), 0))
	f.drawIntro(in.In(paint.R(0, 0, iw, lines)), th, p)
	y := lines
	var cursor *image.Point
	for i, q := range f.fields {
		at := f.drawField(in.In(paint.R(1, y, iw-2, f.fieldHeight(q, w-6))), th, i, q)
		if i == f.at {
			cursor = at
		}
		y += f.fieldHeight(q, w-6)
	}
	if f.problem != "" {
		for _, s := range problem {
			in.Text(1, y, iw-2, s, th.Bad)
			y++
		}
		y++
	}
	f.drawButton(in, th, y)
	return cursor
}

// drawIntro draws the words above the questions. Of what does not fit the last
// row tells: a warning that is confirmed must not end unseen.
func (f *form) drawIntro(c *paint.Canvas, th *paint.Theme, p *page) {
	w, h := c.Size()
	f.more = 0
	if len(p.lines) > h && h > 0 {
		f.more = len(p.lines) - h + 1
	}
	f.top = min(f.top, f.more)
	if f.more == 0 {
		p.draw(c, 0, -1, false, nil)
		return
	}
	p.draw(c.In(paint.R(0, 0, w, h-1)), f.top, -1, false, nil)
	c.Text(1, h-1, w-2, fmt.Sprintf("… rows %d–%d of %d; pgup and pgdn show the others", f.top+1, f.top+h-1, len(p.lines)), th.Warn)
}

func (f *form) drawButton(in *paint.Canvas, th *paint.Theme, y int) {
	label := " " + strings.ToUpper(f.button[:1]) + f.button[1:] + " "
	if f.busy {
		label = " Recording… "
	}
	st := th.Keys
	if f.danger {
		st = th.Bad.Bold()
	}
	if f.at >= len(f.fields) {
		st = st.Reversed()
	}
	x := 1 + in.Text(1, y, -1, "[", th.Line)
	n := in.Text(x, y, -1, label, st)
	in.Text(x+n, y, -1, "]", th.Line)
	in.Hit(paint.R(1, y, n+2, 1), submitMsg{})
}

func (f *form) fieldHeight(q *field, w int) int {
	h := len(paint.Wrap(q.label, w-2)) + max(q.lines, 1) + 1
	if q.problem != "" {
		h += len(paint.Wrap(q.problem, w-2))
	} else if q.hint != "" {
		h += len(paint.Wrap(q.hint, w-2))
	}
	return h
}

func (f *form) drawField(c *paint.Canvas, th *paint.Theme, i int, q *field) *image.Point {
	w, h := c.Size()
	st := th.Dim
	if i == f.at {
		st = th.Accent
	}
	label := paint.Wrap(q.label, w)
	for i, s := range label {
		c.Text(0, i, w, s, st)
	}
	c = c.In(paint.R(0, len(label)-1, w, h-len(label)+1)) // the last line of the label is its first
	lines := max(q.lines, 1)
	var cursor *image.Point
	if len(q.choices) > 0 {
		f.drawChoices(c, th, i, q)
	} else {
		area := paint.R(0, 1, w, lines)
		c.Fill(area, th.Field)
		at := q.input.Draw(c.In(paint.R(1, 1, w-2, lines)), th.Text)
		cursor = &at
		c.Hit(area, fieldMsg{i, -1})
	}
	y := 1 + lines
	text, style := q.hint, th.Dim
	if q.problem != "" {
		text, style = q.problem, th.Bad
	}
	if text != "" {
		for _, s := range paint.Wrap(text, w) {
			c.Text(0, y, w, s, style)
			y++
		}
	}
	return cursor
}

func (f *form) drawChoices(c *paint.Canvas, th *paint.Theme, i int, q *field) {
	w, _ := c.Size()
	x := 0
	for n := q.firstShown(w); n < len(q.choices); n++ {
		text := q.choices[n]
		if x+paint.Width(text)+2 > w {
			c.Text(w-1, 1, 1, "…", th.Dim)
			break
		}
		glyph, st := th.Glyphs.Ready, th.Text
		if n == q.chosen {
			glyph, st = "●", th.Accent.Bold()
		}
		start := x
		x += c.Text(x, 1, -1, glyph+" "+text, st)
		c.Hit(paint.R(start, 1, x-start, 1), fieldMsg{i, n})
		x += 3
	}
}

// firstShown is the answer with which the row begins so that the chosen one is
// in it.
func (f *field) firstShown(w int) int {
	from, used := 0, 0
	for n, text := range f.choices {
		used += paint.Width(text) + 5
		for n <= f.chosen && used-2 > w && from < n {
			used -= paint.Width(f.choices[from]) + 5
			from++
		}
	}
	return from
}

// required refuses an empty answer.
func required(what string) func(string) string {
	return func(s string) string {
		if strings.TrimSpace(s) == "" {
			return what
		}
		return ""
	}
}
