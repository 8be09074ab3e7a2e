package export

import "time"

// Part is one of the results that a result is made of.
type Part struct {
	Title    string `json:"title"`
	Word     string `json:"word" redact:"keep"`
	Expected string `json:"expected,omitempty"`
	Found    string `json:"found,omitempty"`
	Reason   string `json:"reason,omitempty" redact:"keep"`
	Evidence string `json:"evidence,omitempty" redact:"keep"` // transcript
}

// Soak is what has to be waited for, and what must stay true for longer than
// its own step.
type Soak struct {
	Waits []SoakWait  `json:"waits"`
	Holds []SoakCheck `json:"holds"`
}

// SoakWait is the waiting time of one task.
type SoakWait struct {
	Number string    `json:"number" redact:"keep"`
	Title  string    `json:"title"`
	Target string    `json:"target"`
	Wait   string    `json:"wait"`
	Since  time.Time `json:"since,omitzero"`
	Until  time.Time `json:"until,omitzero"`
	Word   string    `json:"word" redact:"keep"` // NOT BEGUN, WAITING, OVER
}

// SoakCheck is one check that must stay true.
type SoakCheck struct {
	Number string    `json:"number" redact:"keep"` // of its task
	Title  string    `json:"title"`
	Until  string    `json:"until"` // the stretch of work whose beginning ends it
	First  time.Time `json:"first_good,omitzero"`
	Last   time.Time `json:"last_looked,omitzero"`
	Looks  int       `json:"looks"`
	Red    int       `json:"red"` // looks that found it wrong or undecided after it was good
	Word   string    `json:"word" redact:"keep"`
}

// Rollback is the way back.
type Rollback struct {
	Used     string         `json:"used"`
	Deadline time.Time      `json:"deadline,omitzero"`
	Declared bool           `json:"declared"`
	Complete bool           `json:"complete"`
	Settled  int            `json:"settled"`
	Cards    int            `json:"cards"`
	Nothing  int            `json:"nothing_to_take_back"` // tasks carried out
	Tasks    []RollbackTask `json:"tasks"`                // in the order in which they are taken back
	Final    []RollbackTask `json:"no_return"`
}

// RollbackTask is one task to be taken back.
type RollbackTask struct {
	Number   string    `json:"number" redact:"keep"`
	ID       string    `json:"id"`
	Title    string    `json:"title"`
	Target   string    `json:"target"`
	DoneAt   time.Time `json:"done_at"`
	DoneBy   string    `json:"done_by,omitempty" redact:"person"`
	Time     string    `json:"time" redact:"keep"`
	Way      string    `json:"way"`
	Final    bool      `json:"no_return,omitempty"`
	Word     string    `json:"word" redact:"keep"`
	Captured []Value   `json:"captured,omitempty"`
	Missing  []string  `json:"missing,omitempty"`
	Beyond   string    `json:"beyond,omitempty"` // the last task that was built on it and does not come back

	BeyondCount int         `json:"beyond_count,omitempty"` // how many there are
	Commands    []Command   `json:"commands,omitempty"`
	Text        string      `json:"by_hand,omitempty"` // what the procedure says
	At          time.Time   `json:"settled_at,omitzero"`
	By          string      `json:"settled_by,omitempty" redact:"person"`
	Note        string      `json:"note,omitempty"` // how it was done by hand, or why it stays
	Lines       []string    `json:"lines,omitempty"`
	Checks      []UndoCheck `json:"checks,omitempty"`
}

// UndoCheck is a check of an undo card.
type UndoCheck struct {
	Name     string    `json:"name"`
	Title    string    `json:"title"`
	Lines    []string  `json:"lines,omitempty"` // that read it
	Expected string    `json:"expected"`
	Found    string    `json:"found,omitempty"`
	Word     string    `json:"word" redact:"keep"`
	When     time.Time `json:"when,omitzero"`
	By       string    `json:"by,omitempty" redact:"person"`
	Source   string    `json:"source,omitempty" redact:"keep"`
	Entry    int64     `json:"entry,omitempty"`
	Note     string    `json:"note,omitempty"`
}
