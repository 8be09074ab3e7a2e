package runbook

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"coexist/checks"
	"coexist/checks/effect"
	"coexist/runbook/journal"
	"coexist/runbook/migration"
	"coexist/runbook/procedure"
)

// Options are a session's effects and settings, injected by main.
type Options struct {
	Assets    fs.FS                // tasks, procedures, releases
	Library   *procedure.Library   // Assets as they were loaded before; nil: Open loads them
	Migration *migration.Migration // the file as it was loaded before; nil: Open loads it
	Text      []byte               // what Migration was read from; needed with it
	Shipped   bool                 // the shipped procedures are wanted, even where the journal knows an overlay
	Clock     func() time.Time
	Run       func(ctx context.Context, list []checks.Check, each func(checks.Update)) []checks.Result
	Apply     func(effects []effect.Effect, at time.Time) error // nil in the field
	Operator  string                                            // "" until known; recording needs it
	Host      string
	Tool      string // version, recorded
	ReadOnly  bool
	Look      bool   // with ReadOnly: a rehearsal's journal may be read too, as for an export
	Rehearsal string // scenario, empty in the field
	// Extra is recorded with the start of a run, such as the seed by which a
	// rehearsal's faults were drawn.
	Extra map[string]string
	// Waits is told of the time that must pass after a task that was just
	// marked: the clock of a rehearsal jumps over it. Nil in the field.
	Waits func(time.Duration)
	// Capture reads a value that a task captures, where nobody has a shell to
	// read it in: in a rehearsal. Empty text: the property was empty. Nil in the
	// field, where such values are imported or typed.
	Capture func(t *Task, c Capture, v Values) (string, error)
}

// library is the one handed in, else it is loaded.
func (o Options) library() (*procedure.Library, error) {
	if o.Library != nil {
		return o.Library, nil
	}
	return procedure.Load(o.Assets)
}

// Session is the one engine behind the wizard, the linear mode and the
// commands: the migration file, its journal and lock, appending and running.
// It is safe for use by several goroutines. What it returns is a snapshot.
type Session struct {
	opts    Options
	path    string
	lib     *procedure.Library
	runbook *Runbook
	journal *journal.Journal
	changed chan struct{}
	quit    chan struct{}

	mu       sync.Mutex
	fold     *fold
	events   []journal.Event        // those that the fold has taken in
	preamble []func() journal.Entry // what opening found out; recorded before the first act
	notices  []string               // what the preamble will say, while it is not recorded
	missed   []string               // effects that a rehearsal could not make true
	closed   bool
}

// Snapshot is the state of a session at a moment.
type Snapshot struct {
	Runbook  *Runbook
	Progress *Progress
	Events   []journal.Event
	Path     string // of the migration
	ReadOnly bool
	Why      string // why it is read-only
	Holder   string // who has the journal open for writing, when that is someone else
	Broken   string // where the journal's chain breaks; empty when it is whole
}

// Refused tells why an act was not accepted, and what is in its way.
type Refused struct {
	Why      string
	Blockers []Blocker
}

func (r *Refused) Error() string {
	if len(r.Blockers) == 0 {
		return r.Why
	}
	lines := []string{r.Why + ":"}
	for i, b := range r.Blockers {
		if i == 5 && len(r.Blockers) > 6 {
			lines = append(lines, fmt.Sprintf("… and %d more", len(r.Blockers)-i))
			break
		}
		lines = append(lines, "  "+b.Text)
	}
	return strings.Join(lines, "\n")
}

// JournalPath is the journal that belongs to a migration file.
func JournalPath(migration string) string {
	return strings.TrimSuffix(migration, filepath.Ext(migration)) + ".journal"
}

// Open loads, validates and compiles a migration and opens its journal. While
// another instance writes the journal, the session is read-only and follows.
func Open(path string, o Options) (*Session, error) {
	if o.Clock == nil {
		o.Clock = time.Now
	}
	lib, err := o.library()
	if err != nil {
		return nil, fmt.Errorf("the procedures of this program cannot be used: %w", err)
	}
	known := knownReleases(lib)
	m, text := o.Migration, o.Text
	if m == nil || text == nil {
		if m, text, err = migration.LoadText(path, known); err != nil {
			return nil, err
		}
	}
	r, err := Compile(lib, m)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	j, err := journal.Open(JournalPath(path), journal.Options{
		Clock: o.Clock, Operator: o.Operator, Host: o.Host, ReadOnly: o.ReadOnly,
	})
	if err != nil {
		return nil, err
	}
	s := &Session{
		opts: o, path: path, lib: lib, runbook: r, journal: j, fold: newFold(r),
		changed: make(chan struct{}, 1), quit: make(chan struct{}),
	}
	if err := s.begin(string(text), known); err != nil {
		return nil, errors.Join(err, j.Close())
	}
	go s.follow()
	return s, nil
}

// knownReleases are those that a migration of a run may name.
func knownReleases(lib *procedure.Library) migration.Known {
	var known migration.Known
	for _, r := range lib.Releases.List {
		known.Releases = append(known.Releases, r.Name)
	}
	return known
}

// begin reads the journal, notes what is different from the last session, and
// brings a laboratory to where it was.
func (s *Session) begin(text string, known migration.Known) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.catchUp()
	if err := s.sameKind(); err != nil {
		return err
	}
	if err := s.prepare(text, known); err != nil {
		return err
	}
	s.replay()
	if s.opts.Operator == "" || s.journal.ReadOnly() {
		return nil
	}
	return s.append()
}

// sameKind keeps rehearsals and real runs apart.
func (s *Session) sameKind() error {
	if len(s.events) == 0 {
		return nil
	}
	switch was, is := s.fold.rehearsal, s.opts.Rehearsal; {
	case s.opts.Look && s.opts.ReadOnly:
		return nil // what is only read says itself that it is a rehearsal
	case was != "" && is == "":
		return fmt.Errorf("%s records a rehearsal (%s); open it with coexist rehearse", JournalPath(s.path), was)
	case was == "" && is != "":
		return fmt.Errorf("%s records real work; rehearse in a folder of its own", JournalPath(s.path))
	case was != is:
		return fmt.Errorf("%s records the rehearsal %q, not %q", JournalPath(s.path), was, is)
	}
	return nil
}

// replay applies the effects of what the journal says was carried out. What
// cannot be applied, as after an edit of the migration, is told; the rehearsal
// goes on without it.
func (s *Session) replay() {
	if s.opts.Apply == nil {
		return
	}
	values := Values{}
	for _, e := range s.events {
		if e.Kind != EventValue && e.Kind != EventDone {
			continue
		}
		payload, err := Decode(e)
		if err != nil {
			continue
		}
		switch p := payload.(type) {
		case *ValueSet:
			values[p.Key] = p.Value
		case *TaskDone:
			s.takeEffects(s.runbook.Task(p.Task), values, e.Time)
		}
	}
}

// takeEffects applies a task's effects and keeps what went wrong to be told.
func (s *Session) takeEffects(t *Task, v Values, at time.Time) {
	if err := s.applyEffects(t, v, at); err != nil {
		text := fmt.Sprintf("The rehearsal could not make everything of %s true: %s.", t.ID, strings.ReplaceAll(err.Error(), "\n", "; "))
		if !slices.Contains(s.missed, text) {
			s.missed = append(s.missed, text)
		}
	}
}

func (s *Session) applyEffects(t *Task, v Values, at time.Time) error {
	if s.opts.Apply == nil || t == nil {
		return nil
	}
	effects, err := t.EffectsWith(v)
	if err != nil || len(effects) == 0 {
		return err
	}
	return s.opts.Apply(effects, at)
}

// Close gives the journal's lock back.
func (s *Session) Close() error {
	s.mu.Lock()
	if !s.closed {
		s.closed = true
		close(s.quit)
	}
	s.mu.Unlock()
	return s.journal.Close()
}

// Changed tells that another instance wrote; take a new Snapshot then.
func (s *Session) Changed() <-chan struct{} { return s.changed }

func (s *Session) follow() {
	for {
		select {
		case <-s.quit:
			return
		case <-s.journal.Changed():
			select {
			case s.changed <- struct{}{}:
			default:
			}
		}
	}
}

// Snapshot returns the state as of now.
func (s *Session) Snapshot() Snapshot {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.catchUp()
	snap := Snapshot{
		Runbook: s.runbook, Progress: s.fold.progress(s.now()), Events: s.events, Path: s.path,
		ReadOnly: s.journal.ReadOnly(), Why: s.journal.Why(),
	}
	if h := s.journal.Holder(); h != nil {
		snap.Holder = h.String()
	}
	if b := s.journal.Broken(); b != nil {
		snap.Broken = b.String()
	}
	if s.opts.Rehearsal != "" {
		snap.Progress.Rehearsal = s.opts.Rehearsal
	}
	snap.Progress.Alerts = append(s.alerts(snap.Broken), snap.Progress.Alerts...)
	if snap.Progress.Operator == "" || s.opts.Operator != "" && !snap.ReadOnly {
		snap.Progress.Operator = s.opts.Operator
	}
	return snap
}

// now is what the clock says. That of a rehearsal runs ahead of the computer's,
// so a rehearsal that is only looked at stands where it was left.
func (s *Session) now() time.Time {
	now := s.opts.Clock()
	if s.fold.rehearsal != "" && now.Before(s.fold.last) {
		return s.fold.last
	}
	return now
}

func (s *Session) alerts(broken string) []string {
	out := append(append([]string(nil), s.notices...), s.missed...)
	if broken != "" {
		out = append(out, "The journal is damaged: "+broken+". What comes after is not counted.")
	}
	for _, t := range s.journal.Torn() {
		out = append(out, fmt.Sprintf("The last line of the journal was unfinished (%d bytes) and does not count.", t.Bytes))
	}
	return out
}

// catchUp takes in what the journal has and the fold has not. Where the
// journal is another one than before, everything is read again.
func (s *Session) catchUp() {
	events := s.journal.Events()
	n := len(s.events)
	if n > len(events) || n > 0 && events[n-1].Prev != s.events[n-1].Prev {
		s.fold, n = newFold(s.runbook), 0
	}
	s.fold.applyAll(events[n:])
	s.events = events
}

// append records entries as one batch, behind what opening found out.
func (s *Session) append(entries ...journal.Entry) error {
	if s.closed {
		return errors.New("the session is closed")
	}
	if s.journal.ReadOnly() {
		return &Refused{Why: "nothing can be recorded: " + s.journal.Why()}
	}
	if strings.TrimSpace(s.opts.Operator) == "" {
		return &Refused{Why: "say who you are first: whatever is recorded carries a name"}
	}
	if len(s.preamble)+len(entries) == 0 {
		return nil
	}
	all := make([]journal.Entry, 0, len(s.preamble)+len(entries))
	for _, entry := range s.preamble {
		all = append(all, entry())
	}
	all = append(all, entries...)
	if _, err := s.journal.AppendAll(all); err != nil {
		return err
	}
	s.preamble, s.notices = nil, nil
	s.catchUp()
	return nil
}
