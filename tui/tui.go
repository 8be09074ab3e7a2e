// Package tui is the full-screen wizard.
//
// Rules that hold here:
//
//   - [Model] is the only tea.Model. What it consists of (regions, dialogs,
//     the picture) are plain values with methods that draw into a rectangle.
//   - arrange is a pure function from the size to rectangles; drawing and
//     clicking use the same ones.
//   - A key and a click become the same message; actions.go lists what can be
//     done, with its keys, and why it can't be done right now. Help, the
//     palette and the key line are made from that list.
//   - Everything shown is drawn from the session's snapshot. An act goes to the
//     session in a command; the screen changes when the journal has it.
//   - Nothing moves unless something changed. View returns the last frame
//     until a message changed the state.
//   - The package opens no socket and no file.
package tui

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"
	"github.com/charmbracelet/x/term"

	"coexist/runbook"
	"coexist/runbook/migration"
	"coexist/runbook/script"
	"coexist/tui/paint"
)

// Config is what main hands in.
type Config struct {
	// Open opens a migration chosen on the start screen.
	Open func(path string) (*runbook.Session, error)
	// Session is opened at once; nil shows the start screen.
	Session *runbook.Session
	// Opening opens the session while the terminal is being asked for its size
	// and colours; nil where Session is given or the start screen is wanted. Its
	// error ends the program before anything was drawn.
	Opening func() (*runbook.Session, error)
	// Start makes the start screen, an intake.Model; nil when Session is
	// given. sketch draws an unfinished migration beside its questions.
	Start func(sketch func(*paint.Canvas, *migration.Migration)) Start
	// Edit makes the forms of the migration at a path; sketch as above. nil
	// where nothing can be edited.
	Edit func(path string, sketch func(*paint.Canvas, *migration.Migration)) (Start, error)
	// Reopen opens a migration again after it was edited: the field, or its
	// rehearsal. The session that had it open is closed by then.
	Reopen func(was runbook.Snapshot) (*runbook.Session, error)
	// Rehearse opens the organisation of a scenario from a source version, with
	// faults besides.
	Rehearse func(source, scenario string, faults []string) (*runbook.Session, error)
	// Drills are the scenarios and faults to choose from.
	Drills func(source string) (scenarios, faults []Drill)
	// Export writes the runbook as Markdown and returns where.
	Export func(*runbook.Session) (path string, markdown []byte, err error)
	// Preview renders the same without writing; nil falls back to Export.
	Preview func(*runbook.Session) (markdown []byte, err error)
	// Copy puts a text on the local clipboard or into a file and says where;
	// "" means that neither was possible, and the terminal is asked (OSC 52).
	Copy func(text string) (how string, err error)
	// CopyFile puts a text into a file instead and says where; nil where none
	// is written.
	CopyFile func(text string) (path string, err error)
	// SaveScript writes a script beside the migration, never over another file,
	// and records it; nil where none can be written.
	SaveScript func(*runbook.Session, script.Options) (path string, m script.Manifest, err error)
	// ImportFile takes in the result file at a path, ImportText its pasted
	// text; nil where nothing can be imported.
	ImportFile func(s *runbook.Session, path string) (script.Outcome, error)
	ImportText func(s *runbook.Session, data []byte) (script.Outcome, error)
	// Compare reads the organisation from Active Directory and says where the
	// migration differs; nil where that is not possible.
	Compare func(s *runbook.Session) (string, error)
	// Transcript returns the stored talk behind a result; nil when none is
	// kept.
	Transcript func(s *runbook.Session, sha256 string) (string, error)
	// Asker carries the questions for passwords; see [Asker]. May be nil.
	Asker *Asker

	Clock    func() time.Time
	Operator string // known already, e.g. from a flag
	User     string // name of the account of the operating system, offered as operator
	Version  string
	ASCII    bool
	ReadOnly bool

	Input   io.Reader // nil: the terminal
	Output  io.Writer
	Environ []string // nil: of the process
	Options []tea.ProgramOption
}

// ErrNoTerminal tells that the full screen can't be drawn here.
var ErrNoTerminal = errors.New("this is no terminal that can be drawn on; use --plain for numbered prompts, or the commands (coexist --help)")

// Run shows the wizard until the engineer leaves it or ctx ends.
func Run(ctx context.Context, cfg Config) error {
	env := cfg.Environ
	if env == nil {
		env = os.Environ()
	}
	if cfg.Input == nil && cfg.Output == nil {
		if name := lookup(env, "TERM"); name == "dumb" {
			return fmt.Errorf("TERM is %q: %w", name, ErrNoTerminal)
		}
		if !term.IsTerminal(os.Stdin.Fd()) || !term.IsTerminal(os.Stdout.Fd()) {
			return ErrNoTerminal
		}
	}
	var e engine
	if cfg.Session != nil {
		e = cfg.Session
	}
	m := newModel(ctx, cfg, e)
	opts := []tea.ProgramOption{tea.WithContext(ctx)}
	if cfg.Input != nil {
		opts = append(opts, tea.WithInput(cfg.Input))
	}
	switch out := cfg.Output.(type) {
	case nil:
		opts = append(opts, tea.WithOutput(&whole{file: os.Stdout}))
	case *os.File:
		opts = append(opts, tea.WithOutput(&whole{file: out}))
	default:
		opts = append(opts, tea.WithOutput(out))
	}
	if cfg.Environ != nil {
		opts = append(opts, tea.WithEnvironment(cfg.Environ))
	}
	if _, set := find(env, "NO_COLOR"); set {
		opts = append(opts, tea.WithColorProfile(colorprofile.ASCII))
	}
	_, err := tea.NewProgram(m, append(opts, cfg.Options...)...).Run()
	m.leave()
	if m.failed != nil {
		return m.failed
	}
	if errors.Is(err, tea.ErrInterrupted) || ctx.Err() != nil && errors.Is(err, tea.ErrProgramKilled) {
		return nil
	}
	return err
}

func lookup(env []string, name string) string { v, _ := find(env, name); return v }

// find returns a variable that is set to something; NO_COLOR counts with any
// value but the empty one.
func find(env []string, name string) (string, bool) {
	for i := len(env) - 1; i >= 0; i-- {
		if v, ok := cutPrefix(env[i], name+"="); ok {
			return v, v != ""
		}
	}
	return "", false
}

func cutPrefix(s, prefix string) (string, bool) {
	if len(s) >= len(prefix) && s[:len(prefix)] == prefix {
		return s[len(prefix):], true
	}
	return "", false
}
