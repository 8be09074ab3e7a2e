package runbook

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"coexist/checks"
	"coexist/runbook/journal"
)

// Kinds of events in the journal.
const (
	EventStarted   = "run.started"
	EventOperator  = "operator"
	EventMigration = "migration.changed"
	EventProcedure = "procedure.changed"
	EventResult    = "result"
	EventDone      = "task.done"
	EventReopened  = "task.reopened"
	EventWaitOver  = "wait.over"
	EventWaiver    = "waiver"
	EventRead      = "warning.read"
	EventNote      = "note"
	EventValue     = "value"
	EventScript    = "script.written"
	EventImport    = "import"
	EventExported  = "exported"
	EventBackout   = "backout"
	EventUndo      = "undo"

	EventHandover    = "handover"
	EventUndone      = "task.undone"
	EventUndoChecked = "undo.checked"
)

// RunStarted is the first event of a journal.
type RunStarted struct {
	Tool         string            `json:"tool"`
	File         string            `json:"file"`
	Organization string            `json:"organization"`
	Source       string            `json:"source"`
	Release      string            `json:"release"`
	Rehearsal    string            `json:"rehearsal,omitempty"` // scenario; empty in the field
	Migration    MigrationPrint    `json:"migration"`
	Procedure    ProcedurePrint    `json:"procedure"`
	Extra        map[string]string `json:"extra,omitempty"`
}

// MigrationPrint is a migration as it was: kept whole, so that a later edit
// can be told task by task.
type MigrationPrint struct {
	Hash string `json:"hash"` // SHA-256 of the file
	Text string `json:"text"`
}

// ProcedurePrint is a procedure as it was, by the hashes of its tasks.
type ProcedurePrint struct {
	Hash    string            `json:"hash"`
	Overlay string            `json:"overlay,omitempty"` // hash of the overlay alone
	Tasks   map[string]string `json:"tasks"`             // name → hash of its definition
}

// OperatorNamed tells who works from here on.
type OperatorNamed struct {
	Name string `json:"name"`
}

// MigrationChanged tells that the file was edited between two sessions.
type MigrationChanged struct {
	Migration MigrationPrint `json:"migration"`
	Before    string         `json:"before"` // hash
	Summary   Summary        `json:"summary"`
}

// ProcedureChanged tells that another content of the procedure is in use.
type ProcedureChanged struct {
	Procedure ProcedurePrint `json:"procedure"`
	Before    string         `json:"before"` // hash
	Tool      string         `json:"tool"`
	Summary   Summary        `json:"summary"` // names of the procedure's tasks
}

// Summary lists what an edit added, removed and changed: task ids for a
// migration, task names for a procedure.
type Summary struct {
	Added   []string `json:"added,omitempty"`
	Removed []string `json:"removed,omitempty"`
	Changed []string `json:"changed,omitempty"`
	Note    string   `json:"note,omitempty"` // when the two could not be compared
}

// Recorded is a result with a fingerprint of what was asked, so that it does
// not count for a check that asks something else by now.
type Recorded struct {
	checks.Result
	Asked string `json:"asked,omitempty"`
}

// TaskDone tells that a task was carried out.
type TaskDone struct {
	Task  string   `json:"task"`
	Typed string   `json:"typed,omitempty"`
	Hash  string   `json:"hash"`  // of the changing lines, see Task.changes
	Lines []string `json:"lines"` // the commands as rendered then
	Again bool     `json:"again,omitempty"`
	// Inherited says why the task counts as carried out although nobody did it
	// in this run: it was done before.
	Inherited string `json:"inherited,omitempty"`
}

// TaskReopened tells that a task is to be done again.
type TaskReopened struct {
	Task string `json:"task"`
	Why  string `json:"why,omitempty"`
}

// WaitOver acknowledges that a task's waiting time has passed.
type WaitOver struct {
	Task string `json:"task"`
}

// WarningRead tells that the warning of one very result was read.
type WarningRead struct {
	Check  string `json:"check"`
	Result int64  `json:"result"` // journal number of that result
}

// NoteWritten is a remark on a task, or on the whole run.
type NoteWritten struct {
	Task string `json:"task,omitempty"`
	Text string `json:"text"`
}

// ValueSet gives a value.
type ValueSet struct {
	Key   string `json:"key"`
	Value string `json:"value"`
	How   string `json:"how"` // "asked", "imported", "captured"
}

// ScriptWritten tells that a script left the program; results come back with
// its nonce.
type ScriptWritten struct {
	Nonce    string            `json:"nonce"`
	Path     string            `json:"path"`
	Step     int               `json:"step"`
	Shell    string            `json:"shell,omitempty"`
	Server   string            `json:"server,omitempty"`
	Content  string            `json:"content,omitempty"` // SHA-256 of the part that reads
	Checks   []string          `json:"checks,omitempty"`
	Captures map[string]string `json:"captures,omitempty"` // value key → property
	Asked    map[string]string `json:"asked,omitempty"`    // check id → fingerprint of what it reads
	SHA256   string            `json:"sha256,omitempty"`   // of the script
}

// Imported tells that results came in; they follow as events of their own.
type Imported struct {
	Nonce   string `json:"nonce,omitempty"`
	Path    string `json:"path"`
	SHA256  string `json:"sha256,omitempty"`
	Content string `json:"content,omitempty"` // of a run outside: the hash that its file names
	From    string `json:"from,omitempty"`    // host that wrote them
	Count   int    `json:"count"`
}

// Exported tells that the record was written out.
type Exported struct {
	SHA256 string `json:"sha256"`
	Path   string `json:"path"`
}

// BackedOut declares the retreat.
type BackedOut struct {
	Reason string `json:"reason"`
}

// HandedOver tells that the work goes from one engineer to another: packed for
// somebody, or opened by somebody, then with the packet's hash.
type HandedOver struct {
	From   string `json:"from,omitempty"`
	To     string `json:"to,omitempty"`
	File   string `json:"file,omitempty"`
	SHA256 string `json:"sha256,omitempty"` // of the packet, once it is opened
	Head   string `json:"head,omitempty"`   // of the journal in it
}

// TaskUndone settles an undo card in a backout: the task was taken back, or
// what it changed stays in place.
type TaskUndone struct {
	Task   string   `json:"task"`
	Lines  []string `json:"lines,omitempty"`   // the undo commands as rendered then
	ByHand string   `json:"by_hand,omitempty"` // how, where the commands could not be used
	Left   string   `json:"left,omitempty"`    // why it stays in place
}

// UndoChecked answers a check of an undo card.
type UndoChecked struct {
	Task     string `json:"task"`
	Check    string `json:"check"`
	Expected string `json:"expected"`
	Found    string `json:"found"`
	Good     bool   `json:"good"`
	Stated   bool   `json:"stated,omitempty"` // a person says so, nothing was read
	Note     string `json:"note,omitempty"`
}

// Undone takes back one earlier event.
type Undone struct {
	Seq  int64  `json:"seq"`
	Kind string `json:"kind"`
	What string `json:"what"`
}

// payloads makes an empty payload for every kind of event.
var payloads = map[string]func() any{
	EventStarted:   func() any { return &RunStarted{} },
	EventOperator:  func() any { return &OperatorNamed{} },
	EventMigration: func() any { return &MigrationChanged{} },
	EventProcedure: func() any { return &ProcedureChanged{} },
	EventResult:    func() any { return &Recorded{} },
	EventDone:      func() any { return &TaskDone{} },
	EventReopened:  func() any { return &TaskReopened{} },
	EventWaitOver:  func() any { return &WaitOver{} },
	EventWaiver:    func() any { return &Waiver{} },
	EventRead:      func() any { return &WarningRead{} },
	EventNote:      func() any { return &NoteWritten{} },
	EventValue:     func() any { return &ValueSet{} },
	EventScript:    func() any { return &ScriptWritten{} },
	EventImport:    func() any { return &Imported{} },
	EventExported:  func() any { return &Exported{} },
	EventBackout:   func() any { return &BackedOut{} },
	EventUndo:      func() any { return &Undone{} },

	EventHandover:    func() any { return &HandedOver{} },
	EventUndone:      func() any { return &TaskUndone{} },
	EventUndoChecked: func() any { return &UndoChecked{} },
}

// Decode returns the payload of an event as a pointer to its type. Kinds that
// this version does not know give nil without an error: a newer version wrote
// them, and they change nothing here.
func Decode(e journal.Event) (any, error) {
	empty, ok := payloads[e.Kind]
	if !ok {
		return nil, nil
	}
	payload := empty()
	if err := json.Unmarshal(e.Data, payload); err != nil {
		return nil, fmt.Errorf("journal entry %d (%s) cannot be read: %w", e.Seq, e.Kind, err)
	}
	return payload, nil
}

// observed is when a result was obtained; the entry's time where it does not
// say.
func observed(r *checks.Result, entry time.Time) time.Time {
	if r.Started.IsZero() {
		return entry
	}
	if ended := r.Started.Add(time.Duration(r.MS) * time.Millisecond); ended.Before(entry) {
		return ended
	}
	return entry // the other computer's clock was ahead: nothing is seen after it is recorded
}

// String writes the summary in one line.
func (s Summary) String() string {
	var parts []string
	for _, group := range []struct {
		word string
		list []string
	}{{"added", s.Added}, {"removed", s.Removed}, {"changed", s.Changed}} {
		if n := len(group.list); n > 0 {
			text := fmt.Sprintf("%d %s", n, group.word)
			if n <= 3 {
				text += " (" + strings.Join(group.list, ", ") + ")"
			}
			parts = append(parts, text)
		}
	}
	if s.Note != "" {
		parts = append(parts, s.Note)
	}
	if len(parts) == 0 {
		return "no task differs"
	}
	return strings.Join(parts, ", ")
}
