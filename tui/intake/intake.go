// Package intake asks for the facts of a migration: the start screen, and the
// pages from the source version to the review.
//
// What was typed lives in [answers.Form]; this package shows it, one row a
// question, and turns keys into answers. Rules that hold on every page:
//
//   - A wrong answer is refused at its field, with the reason and an example.
//     One can always go back, and on only from a page that is right.
//   - Nothing typed is lost: what changed is kept as a draft whenever a field
//     is left, and taken up again on the same page.
//   - Esc goes one level up and destroys nothing. Removing asks first.
//   - Keys are shown where they act; a click on a row does what enter does.
//
// It opens no file: reading, writing and looking around are callbacks of
// [Config].
package intake

import (
	"image"
	"time"

	tea "charm.land/bubbletea/v2"

	"coexist/runbook/discovery"
	"coexist/runbook/migration"
	"coexist/runbook/procedure"
	"coexist/tui/intake/answers"
	"coexist/tui/paint"
)

// Config is what the intake is given from outside.
type Config struct {
	Known    migration.Known
	Releases []procedure.Release
	Folder   string         // where new files go, as shown and as joined to their names
	Find     func() []Found // migrations and drafts in Folder, newest first
	// Save writes a new file and must refuse with fs.ErrExist when there is one.
	Save func(path string, data []byte) error
	// Replace writes over the file that is being edited, all or nothing.
	Replace func(path string, data []byte) error
	// SaveDraft writes over an older draft; DropDraft removes one.
	SaveDraft func(path string, data []byte) error
	DropDraft func(path string) error
	// LoadDraft reads a draft, or the file that a draft edits.
	LoadDraft func(path string) ([]byte, error)
	Clock     func() time.Time
	Theme     *paint.Theme
	// Discover reads the organisation from a domain controller, Inventory from a
	// file that was saved; nil where that is not possible.
	Discover  func(dc, user string) (*discovery.Proposal, error)
	Inventory func(path string) (*discovery.Proposal, error)
	// Diagram draws a migration, however unfinished, into the whole canvas.
	Diagram func(c *paint.Canvas, m *migration.Migration)
}

// Found is a file of the folder that the start screen offers.
type Found struct {
	Path    string
	Name    string    // the organisation's
	Source  string    // "2007", "2010", "mixed"
	State   string    // how far it is: "step 3 of 6", a few words
	Changed time.Time // zero: not known
	Draft   bool      // an unfinished intake, to be continued rather than opened
	Broken  string    // why it can't be read; empty if it can
}

// Action is what the intake wants of the program: one of the structs below, or
// nil.
type Action any

// The actions.
type (
	// Open asks for the board of a migration; with Edit for its forms at once, as
	// a draft of them is to be continued.
	Open struct {
		Path string
		Edit bool
	}
	// Rehearse asks for the built-in organisation on the laboratory.
	Rehearse struct{ Source string }
	// Saved tells that a migration was written.
	Saved struct{ Path string }
	// Review hands over the text that an edit would write, before it is: what it
	// changes is to be shown. [Confirm] then writes it.
	Review struct {
		Path string
		Data []byte
	}
	// Rewritten tells that an edit was written. Undo puts the file back as it was
	// where it can't be used after all; Settle drops the draft where it can.
	Rewritten struct {
		Path         string
		Undo, Settle func() error
	}
	// Back leaves an edit without saving; what was typed is kept as a draft.
	Back struct{}
	// Quit ends the program.
	Quit struct{}
)

// Confirm is the message that writes what a Review showed.
type Confirm struct{}

// Key is a key and what it does here, for the key line and the help.
type Key struct{ Key, Does string }

// Model is the start screen and the intake. The zero value is of no use; see
// New and Edit.
type Model struct {
	cfg    Config
	theme  *paint.Theme
	w, h   int
	start  start
	form   *answers.Form // nil on the start screen
	edits  *edit         // the file being edited; nil for a new migration
	place  answers.Place
	row    int         // the focused row
	top    int         // first line shown of the rows
	site   int         // the site whose row was focused last
	fresh  bool        // the open item was just added
	input  paint.Input // of the focused text field
	at     map[answers.Place]int
	tried  map[string]bool // keys of fields whose refusals are shown
	wrong  []answers.Problem
	dialog dialog
	draft  string // where the draft is kept; empty until the first time
	kept   bool   // it was written, or continued
	dirty  bool   // something changed since
	note   note
	reads  int     // how often the directory was asked
	lossy  bool    // leaving was refused once: what was typed can't be kept
	cmd    tea.Cmd // to be run when the message at hand is done with
}

// edit is what an existing migration was before.
type edit struct {
	path string
	data []byte
	was  *migration.Migration
}

// note is one line said about the last key: what was done, or why not.
type note struct {
	text string
	bad  bool
}

// New makes the start screen.
func New(cfg Config) *Model {
	if cfg.Clock == nil {
		cfg.Clock = time.Now
	}
	if cfg.Theme == nil {
		cfg.Theme = paint.NewTheme(true, paint.FullColor, false)
	}
	m := &Model{cfg: cfg, theme: cfg.Theme}
	m.start.load(cfg)
	return m
}

// Edit makes the intake for a migration that exists, at its review. data is
// the file's content; what need not change in it is kept.
func Edit(cfg Config, path string, data []byte, was *migration.Migration) *Model {
	m := New(cfg)
	m.begin()
	m.edits = &edit{path, data, was}
	m.form.Answers = answers.From(was)
	m.form.Edits = path
	m.draft = path + draftSuffix
	m.takeUp()
	m.judge()
	m.enter(answers.On(answers.PageReview))
	return m
}

// SetSize tells the size of the whole screen.
func (m *Model) SetSize(w, h int) { m.w, m.h = w, h }

// SetTheme changes styles and glyphs.
func (m *Model) SetTheme(t *paint.Theme) { m.theme = t }

// Typing tells whether printable keys are text here, so that the program must
// not take them for commands.
func (m *Model) Typing() bool {
	if m.dialog != nil {
		return m.dialog.typing()
	}
	if m.form == nil {
		return false
	}
	f, ok := m.field()
	return ok && f.Kind == answers.Text
}

// Update acts on one message: keys, pastes, the wheel, and the messages that
// Draw recorded as hits on the canvas.
func (m *Model) Update(msg tea.Msg) (tea.Cmd, Action) {
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		m.SetSize(msg.Width, msg.Height)
	case tea.KeyPressMsg:
		wish := m.key(msg.String(), msg.Text)
		return m.command(), wish
	case tea.PasteMsg:
		m.paste(msg.Content)
	case tea.MouseWheelMsg:
		return nil, m.wheel(msg)
	case click:
		wish := m.click(msg)
		return m.command(), wish
	case foundMsg:
		m.found(msg)
	case Confirm:
		m.note = note{}
		return nil, m.rewrite()
	}
	return nil, nil
}

func (m *Model) key(name, text string) Action {
	m.note = note{}
	m.lossy = m.lossy && name == "esc"
	switch {
	case m.dialog != nil:
		m.dialog.key(m, name, text)
		return nil
	case m.form == nil:
		return m.startKey(name)
	}
	return m.pageKey(name, text)
}

// wheel moves the focus; it never changes an answer.
func (m *Model) wheel(msg tea.MouseWheelMsg) Action {
	if m.form != nil && m.dialog == nil {
		if f, ok := m.field(); ok && m.tall(f) {
			return nil
		}
	}
	switch msg.Button {
	case tea.MouseWheelUp:
		return m.key("up", "")
	case tea.MouseWheelDown:
		return m.key("down", "")
	}
	return nil
}

// Draw shows everything in a rectangle and returns where the cursor stands on
// the screen, if a text is being typed.
func (m *Model) Draw(c *paint.Canvas, r paint.Rect) (cursor image.Point, shown bool) {
	v := c.In(r)
	if m.form == nil {
		m.drawStart(v)
	} else {
		cursor, shown = m.drawIntake(v)
	}
	if m.dialog != nil {
		cursor, shown = m.dialog.draw(m, v)
	}
	return cursor, shown && cursor.In(c.Abs(r))
}
