package runbook

import (
	"time"

	"coexist/checks"
)

// Progress is the journal folded over the runbook at a moment.
type Progress struct {
	Now       time.Time
	Phases    map[string]*PhaseState
	Tasks     map[string]*TaskState
	Checks    map[string]*CheckState
	Values    Values
	Sources   map[string]ValueSource // by value key
	Operator  string                 // of the last event
	Last      time.Time              // time of the last event
	Events    int
	Rehearsal string          // scenario, empty in the field
	Gone      []checks.Result // last results whose check is no longer in the plan
	Notes     []Note
	Clock     []ClockJump // places where the clock went backwards
	Backout   *Backout
	Undo      map[string]*UndoState // the way back, by id of every task that was carried out
	Alerts    []string              // what the operator must know on opening: edited migration, new procedure, broken chain
	Truth     Truth
}

// SeenAfter is when the latest result of a check was seen, where that was later
// than a moment; zero where it was not, or nobody looked. What comes in late from
// elsewhere does not take the place of what is newer.
func (p *Progress) SeenAfter(check string, at time.Time) time.Time {
	st := p.Checks[check]
	if st == nil || st.Result == nil || !Looked(st.Result) || !st.Result.Started.After(at) {
		return time.Time{}
	}
	return st.Result.Started
}

// Status is a word for the state of a phase, task or check. Screens show the
// word or its glyph, never colour alone.
type Status string

const (
	Locked    Status = "locked"  // a gate or an earlier task is in the way
	Ready     Status = "ready"   // may be done now
	Running   Status = "running" // some of it is done
	Waiting   Status = "waiting" // carried out; a clock or a check is still open
	Failed    Status = "failed"  // a check that blocks failed or could not be decided
	Waived    Status = "waived"  // done, with a recorded exception
	Done      Status = "done"
	Changed   Status = "changed"    // carried out, but its command now renders differently: confirm
	Stale     Status = "stale"      // a result too old to count, or built on something reopened
	NotRun    Status = "not run"    // a check without a result
	NotYet    Status = "not yet"    // a check whose result is from before its task was carried out
	TakenBack Status = "taken back" // carried out, and taken back in a backout
	Attested  Status = "attested"   // stated by a person; never called verified
)

// PhaseState is the state of a phase and of its gate.
type PhaseState struct {
	Status      Status
	Open        bool      // the gate before it is open: its tasks may be done
	Complete    bool      // everything that the next gate asks for is there
	Blockers    []Blocker // why it is not open; empty when Open
	Remaining   []Blocker // what is missing until Complete
	Done, Total int       // required tasks
	First, Last time.Time // first and last recorded act inside it; zero if none
}

// Blocker is one line of a gate: what blocks, and how to mend it.
type Blocker struct {
	Phase     string    // phase it belongs to
	Task      string    // task id
	Check     string    // check id, empty when the task itself is what is missing
	Status    Status    // of the check or task
	Gate      string    // "hard", "soft", "dual", "task", "phase"
	Text      string    // one line: what is missing
	Mend      string    // one line: the key or command that mends it
	LastGreen time.Time // when a regressed check was last green; zero otherwise
	MayWaive  bool
}

// TaskState is the state of one task.
type TaskState struct {
	Status      Status
	Why         string    // one line: why it is locked, waiting, changed or failed
	DoneAt      time.Time // last time it was marked carried out; zero if not
	DoneBy      string
	Reopened    int
	WaitUntil   time.Time // end of its wait; zero if none
	Missing     []Pending // values it needs and that are not known
	Pass, Total int       // blocking checks satisfied / all blocking checks
	Notes       []Note
	Started     time.Time // first act recorded on it
}

// CheckState is the state of one check.
type CheckState struct {
	Status    Status         // NotRun, NotYet, Stale, Attested, Waived, or Done/Failed; see Verdict for the bare verdict
	Result    *checks.Result // the latest result, whatever its age; nil if none
	Seq       int64          // journal number of the latest result
	History   []Verdict      // earlier verdicts, oldest first, at most 32
	Satisfied bool           // what the gate asks
	Read      bool           // a warning that was read
	Waiver    *Waiver        // the waiver in force, if any
	LastGreen time.Time      // when it last passed
	FirstRed  *Verdict       // its first failure after its task was carried out, also before the task was done again; nil: none
	Over      bool           // it counts for no gate any more: its step is past; Status still tells the latest result
}

// Verdict is one earlier result in short.
type Verdict struct {
	Time    time.Time
	Verdict checks.Verdict
	Reason  string
	Found   string // what was found, or the summary where nothing else was said
	By      string
}

// Waiver is a recorded exception for one check.
type Waiver struct {
	Check   string    `json:"check"`
	Reason  string    `json:"reason"`
	Name    string    `json:"name"`              // who takes it on
	Second  string    `json:"second,omitempty"`  // second person, for dual checks; not the operator
	Expires time.Time `json:"expires,omitempty"` // zero: never
	Time    time.Time `json:"-"`
	Seq     int64     `json:"-"`
	Result  int64     `json:"result"` // journal number of the result that was waived; a later failure is not covered
}

// Note is a remark on a task or on the whole run.
type Note struct {
	Time time.Time
	By   string
	Task string
	Text string
}

// ValueSource tells where a value came from.
type ValueSource struct {
	How  string // "asked", "imported", "captured"
	Time time.Time
	By   string
}

// ClockJump is a place where an event is older than the one before it.
type ClockJump struct {
	Seq    int64
	Before time.Time
	After  time.Time
}

// Backout is a declared retreat.
type Backout struct {
	Time   time.Time
	By     string
	Reason string
}

// Truth counts the latest results in force by what they rest on.
type Truth struct {
	Measured, Imported, Stated int
}
