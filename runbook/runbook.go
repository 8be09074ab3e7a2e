// Package runbook turns a procedure and a migration into the concrete work of
// one organisation, and the journal into its progress.
//
// Everything goes one way:
//
//	procedure × migration ─ Compile ─→ Runbook ┐
//	journal ───────────────── events ──────────┴─ Fold(…, now) ─→ Progress
//
// Compile and Fold are pure; Session is the one place with effects. Screens,
// commands and the export are drawn from Runbook and Progress alone.
package runbook

import (
	"sync"
	"time"

	"coexist/checks"
	"coexist/checks/effect"
	"coexist/runbook/migration"
	"coexist/runbook/procedure"
)

// Runbook is a procedure compiled for one migration.
type Runbook struct {
	Migration *migration.Migration
	Source    string // "2007", "2010", "mixed"
	Title     string
	Diagram   []string // words of the slide's picture that belong to no step
	Hash      string   // content hash of the procedure (all task and procedure files), hex
	Overlay   string   // content hash of the overlay that lies over the shipped procedure, hex; "" without one
	Release   procedure.Release
	Releases  map[string]string // names of all known releases by their build
	Steps     []*Step
	Phases    []*Phase // every gated stretch of work, in order

	tasks  map[string]*Task  // by id
	checks map[string]*Check // by id
	phases map[string]*Phase // by id
	values map[string]declaration
	places map[string]bool // encoded names of sites and servers
	plan   *plan           // what Fold needs, indexed once
}

// Step is a numbered box of the diagram.
type Step struct {
	Number int
	ID     string // "prepare", "switch", …
	Title  string
	Slide  []string
	Facts  []string
	Phases []*Phase // one, except in the last step: the rounds' phases, then the close-out
}

// Phase is a stretch of work behind one gate: a step for the first site, a
// step repeated in a round, or the close-out.
type Phase struct {
	ID     string // "prepare"; in rounds "sites/lyon/deploy"; "sites/close-out"
	Step   int    // number of the step on the diagram that it belongs to
	StepID string // the kind of work: "deploy" also in a round
	Title  string
	Round  string   // encoded site name, empty outside rounds
	Site   string   // the site's name as written, empty for organisation-wide phases
	After  []string // phases that must be complete before this one opens
	Tasks  []*Task
}

// Task is a task of the procedure on one target.
type Task struct {
	ID       string // name/target
	Name     string
	Target   string // encoded: "org", a domain, a site or a server
	Label    string // the target as people write it
	Phase    *Phase
	Site     string // the target's site, if it has one
	Title    string
	Slide    []string
	Optional bool
	Own      bool   // an overlay brought it, not the shipped procedure
	Confirm  string // text to be typed; empty: none
	NoReturn string
	Why      string
	RunOn    string
	Rights   string
	Duration time.Duration
	UndoTime time.Duration
	Wait     time.Duration
	WaitFor  string
	Pitfalls []string
	Notes    []string
	Sources  []string
	After    []string // task ids
	Asks     []Ask
	Captures []Capture
	Commands []*Command
	Undo     []*Command
	UndoText string
	Checks   []*Check
	Effects  []effect.Effect // values that are not known stand as ‹name›; see EffectsWith
	NoEffect string

	effects func(Values) ([]effect.Effect, error)
	server  string   // the server that it is done on; empty: it is done for something else
	late    bool     // its commands depend on values
	reads   []string // names of the values that its commands and checks read
	fixed   lazyText // fingerprint of the changing lines when they do not
}

// Ask is a value to be filled in for this task.
type Ask struct {
	Key      string // name/target at the value's scope
	Name     string
	Type     string
	Prompt   string
	Example  string
	Optional bool
}

// Capture is a value to be read before this task changes it.
type Capture struct {
	Key      string
	Name     string
	Type     string
	Prompt   string
	Shell    string // "2007", "2010", "2013"
	Property string
	Command  *Command
}

// Command is one command of a task; its text may wait for values. Use
// Render.
type Command struct {
	Shell  string // "cmd", "powershell", "ems2007", "ems2010", "ems2013", "console"
	On     string
	About  string
	Reads  bool
	late   bool      // its text depends on values
	waits  []Pending // values that its text needs
	render func(Values) (Rendered, error)
}

// Rendered is a command's text, or what it still waits for.
type Rendered struct {
	Lines   []string // each one logical ASCII line, ready to paste; with Pending they hold ‹name› placeholders
	Pending []Pending
}

// Pending is a value that a command waits for.
type Pending struct {
	Key  string // value key
	Task string // id of the task that asks for or captures it; empty if none does
}

// Values are the known values by key ("certificate.thumbprint/org").
type Values map[string]string

// Check is a check of a task.
type Check struct {
	ID         string // task/target/name
	Task       *Task
	Name       string
	Title      string
	Kind       string
	Gate       string // "hard", "soft", "dual", "info"
	HoldsUntil string // step id
	FreshFor   time.Duration
	Vantage    checks.Vantage
	Shell      string // "2007", "2010", "2013" for kind "cmdlet"
	Remedy     string
	Before     bool
	waits      []Pending // values that it needs
	late       bool      // what it asks depends on values
	fixed      lazyText  // fingerprint of what it asks when it does not
	render     func(Values) (checks.Check, []Pending, error)
	look       func(Values) (checks.Check, []Pending, error) // without what it expects
}

// lazyText is worked out when it is first asked for; most fingerprints never
// are.
type lazyText struct {
	once sync.Once
	text string
}

func (l *lazyText) get(work func() string) string {
	l.once.Do(func() { l.text = work() })
	return l.text
}

// Task returns the task with that id, or nil.
func (r *Runbook) Task(id string) *Task { return r.tasks[id] }

// Check returns the check with that id, or nil.
func (r *Runbook) Check(id string) *Check { return r.checks[id] }

// Phase returns the phase with that id, or nil.
func (r *Runbook) Phase(id string) *Phase { return r.phases[id] }

// Render fills the command in with what is known.
func (c *Command) Render(v Values) (Rendered, error) { return c.render(v) }

// Ready fills the check in. While values are missing it returns them and a
// check that must not be run.
func (c *Check) Ready(v Values) (checks.Check, []Pending, error) { return c.render(v) }

// Look fills in what the check looks at and leaves out what it expects to see:
// for those who look where the values of the run are not known. The fingerprint
// tells whether two places look at the same.
func (c *Check) Look(v Values) (ready checks.Check, print string, pending []Pending, err error) {
	ready, pending, err = c.look(v)
	return ready, fingerprint(ready), pending, err
}

// EffectsWith returns what the task changes, with values filled in.
func (t *Task) EffectsWith(v Values) ([]effect.Effect, error) {
	if t.effects == nil {
		return nil, nil
	}
	return t.effects(v)
}
