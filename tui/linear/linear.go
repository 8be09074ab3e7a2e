// Package linear does the whole job in lines: numbered questions in, plain
// lines out, for screen readers, dumb terminals and recorded sessions.
//
// It drives the same session as the full-screen wizard, so both share one
// journal and one set of rules. What it promises:
//
//   - Lines are only ever appended; no escape sequence is written.
//   - Whatever can be chosen has a number or a word; the number is that of the
//     list printed last. An empty line says where one is.
//   - Every state is a word. Text from servers is shown with its control and
//     bidirectional characters escaped.
//   - Commands stand alone on their line, whole, ready to be copied.
package linear

import (
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"time"

	"coexist/checks"
	"coexist/runbook"
	"coexist/runbook/discovery"
	"coexist/runbook/journal"
	"coexist/runbook/script"
	"coexist/tui/intake"
)

// Session is what the linear mode needs of [runbook.Session].
type Session interface {
	Snapshot() runbook.Snapshot
	Since(runbook.Snapshot) runbook.Absence
	Close() error
	SetOperator(name string) error
	RunChecks(ctx context.Context, ids []string, each func(checks.Update)) ([]checks.Result, error)
	TryChecks(ctx context.Context, ids []string, each func(checks.Update)) ([]checks.Result, error)
	MarkDone(taskID, typed string) error
	Reopen(taskID, why string) error
	Attest(checkID string, a runbook.Attestation) error
	Paste(checkID, text string) (checks.Result, error)
	Waive(w runbook.Waiver) error
	ReadWarning(checkID string, result int64) error
	Note(taskID, text string) error
	SetValue(key, value string) error
	UndoLast() (string, error)
	DeclareBackout(reason string) error
	MarkUndone(taskID string, how runbook.Undoing) error
	CheckUndone(taskID, check, found, note string) (runbook.UndoAnswer, error)
}

var _ Session = (*runbook.Session)(nil)

// Config is what the linear mode is given from outside.
type Config struct {
	In    io.Reader
	Out   io.Writer
	ASCII bool // nothing but ASCII is written
	// Session is the one to work on; without it a start menu comes first.
	Session Session
	// Open and Rehearse make sessions from the start menu. The linear mode
	// closes what it opened.
	Open     func(path string) (Session, error)
	Rehearse func(source string) (Session, error)
	// Intake gives the questions for a new migration their known words and
	// their files; its screen parts are not used.
	Intake intake.Config
	// Export writes the record and says where; an empty path means the usual
	// place.
	Export func(s Session, path string) (string, error)
	// Transcript returns the stored talk behind a result; nil when none is kept.
	Transcript func(s Session, sha256 string) (string, error)
	// SaveScript writes a script beside the migration, never over another file,
	// and records it; nil where none can be written.
	SaveScript func(Session, script.Options) (path string, m script.Manifest, err error)
	// ImportFile takes in the result file at a path, ImportText its pasted
	// text; nil where nothing can be imported.
	ImportFile func(s Session, path string) (script.Outcome, error)
	ImportText func(s Session, data []byte) (script.Outcome, error)
	// Context makes the context of one run of checks, or of the wait for one
	// line; interrupting the program should cancel it. Nil: nobody interrupts.
	Context  func(context.Context) (context.Context, context.CancelFunc)
	Operator string // who works here, if that is known already
	// Discover reads an organisation and proposes a migration; Compare holds one
	// against it; Already lists what others did before, and Inherit records that
	// under a name. Nil where nothing can be read.
	Discover func(context.Context, Source) (*discovery.Proposal, error)
	Compare  func(context.Context, Session, Source) (string, error)
	Already  func(context.Context, Session, Source) ([]discovery.Claim, error)
	Inherit  func(Session, []discovery.Claim, string) ([]string, error)
	Clock    func() time.Time
}

// errQuit ends the program from anywhere.
var errQuit = errors.New("quit")

// Run talks until the engineer quits or the input ends. Everything done until
// then is in the journal.
func Run(ctx context.Context, cfg Config) error {
	if cfg.Clock == nil {
		cfg.Clock = time.Now
	}
	if cfg.Context == nil {
		cfg.Context = context.WithCancel
	}
	t := &talk{ctx: ctx, cfg: cfg, con: newConsole(cfg.In, cfg.Out, cfg.ASCII), s: cfg.Session}
	t.con.until = t.interruptible
	err := t.converse()
	ended := errors.Is(err, errQuit) || errors.Is(err, io.EOF)
	if t.own && t.s != nil {
		if closing := t.s.Close(); closing != nil && ended {
			return closing
		}
	}
	if ended {
		t.con.say("Bye. What was done is in the journal.")
		return t.con.err
	}
	return err
}

// talk is one conversation.
type talk struct {
	ctx   context.Context
	cfg   Config
	con   *console
	s     Session
	own   bool // the session was opened here
	snap  runbook.Snapshot
	phase *runbook.Phase // the open step, nil above all steps
	task  *runbook.Task  // the open task, nil above all tasks
	list  []func() error // what the numbers of the last list choose
}

// interruptible is the context of what somebody may break off.
func (t *talk) interruptible() (context.Context, context.CancelFunc) { return t.cfg.Context(t.ctx) }

func (t *talk) converse() error {
	if t.s == nil {
		if err := t.start(); err != nil {
			return err
		}
	}
	t.refresh()
	t.greet()
	if err := t.operator(); err != nil {
		return err
	}
	t.overview()
	for {
		line, err := t.con.ask(t.prompt())
		if err != nil {
			return err
		}
		if err := t.obey(strings.TrimSpace(line)); err != nil {
			return err
		}
	}
}

// refresh takes a new snapshot and finds the open step and task again. A plan
// that was changed elsewhere is told: the session keeps the one it was opened
// with.
func (t *talk) refresh() {
	known := len(t.snap.Events)
	t.snap = t.s.Snapshot()
	if known > 0 && len(t.snap.Events) > known && t.snap.ReadOnly && slices.ContainsFunc(t.snap.Events[known:], func(e journal.Event) bool { return e.Kind == runbook.EventMigration }) {
		t.con.say("Note: the migration was edited elsewhere; leave and open it again to see the new plan.")
	}
	if t.phase != nil {
		t.phase = t.snap.Runbook.Phase(t.phase.ID)
	}
	if t.task != nil {
		t.task = t.snap.Runbook.Task(t.task.ID)
	}
}

func (t *talk) prompt() string {
	switch {
	case t.task != nil:
		return "task " + t.task.Title + " (" + t.task.Label + ")> "
	case t.phase != nil:
		return "step " + phaseNumber(t.phase) + "> "
	}
	return "coexist> "
}

// obey does what a line says: a number of the last list, or a command with its
// words.
func (t *talk) obey(line string) error {
	t.refresh()
	word, rest, _ := strings.Cut(line, " ")
	rest = strings.TrimSpace(rest)
	if n, ok := number(line, len(t.list)); ok {
		return t.list[n-1]()
	}
	if line == "" {
		t.here()
		return nil
	}
	for _, c := range commands() {
		if !c.is(word) {
			continue
		}
		if c.task && t.task == nil {
			t.con.say("%s needs an open task: list the tasks with tasks and choose one by its number.", c.word)
			return nil
		}
		return t.done(c.do(t, rest))
	}
	t.con.say("Not understood: %s. Type help for the commands, or a number of the last list.", line)
	return nil
}

// done tells a refusal or an error and goes on; only the end of the input and
// quitting end the talk.
func (t *talk) done(err error) error {
	var refused *runbook.Refused
	switch {
	case err == nil, errors.Is(err, errQuit), errors.Is(err, io.EOF):
		return err
	case errors.As(err, &refused):
		t.refuse(refused)
	case errors.Is(err, errLeft):
		t.con.say("Left; nothing was recorded.")
	default:
		for i, line := range strings.Split(err.Error(), "\n") {
			if i == 0 {
				line = "Not done: " + line
			}
			t.con.say("%s", line)
		}
	}
	return nil
}

func (t *talk) refuse(r *runbook.Refused) {
	t.refresh()
	t.con.say("Refused: %s", r.Why)
	t.blockers(r.Blockers)
}

// here says where one is.
func (t *talk) here() {
	switch {
	case t.task != nil:
		t.showTask()
	case t.phase != nil:
		t.showPhase()
	default:
		t.overview()
	}
}
