// Package export turns a runbook and its journal into documents: the as-run
// record and the plan as Markdown or JSON, the status and the commands as
// text, the diagram as text, and the difference between two runs.
//
// Everything is pure: equal runbooks and events give equal bytes. All facts are
// gathered into a [Document] first; Markdown and JSON are two ways of writing
// the same one, and redaction works on it before either.
package export

import (
	"time"

	"coexist/runbook"
	"coexist/runbook/journal"
)

// Options choose what an export holds.
type Options struct {
	Plan    bool   // the plan before the work: what was done and found stays empty
	Profile string // one of Profiles; empty is "full"
	Redact  bool   // stable pseudonyms for hosts, addresses, mailboxes and people
	Format  string // "markdown" (default) or "json"; read by Write alone
	Broken  string // where the chain of the journal breaks; the events are those before
}

// Document holds the facts of an export, format 1. A field tagged keep is
// never redacted, one tagged person or host is replaced as a whole.
type Document struct {
	Format     int         `json:"format"`
	Kind       string      `json:"kind" redact:"keep"` // "as-run" or "plan"
	Profile    string      `json:"profile" redact:"keep"`
	Redacted   bool        `json:"redacted"`
	Rehearsal  string      `json:"rehearsal,omitempty" redact:"keep"` // scenario; empty in the field
	Title      string      `json:"title"`
	State      string      `json:"state" redact:"keep"` // FINAL, PROVISIONAL, BACKING OUT, BACKED OUT, PLAN; REHEARSAL in front of a rehearsal's
	StateLine  string      `json:"state_line"`
	Alerts     []string    `json:"alerts,omitempty"`
	AsOf       time.Time   `json:"as_of,omitzero"` // time of the last event
	Counts     Counts      `json:"counts"`
	Summary    []string    `json:"summary"`
	Change     Change      `json:"change"`
	Deviations []Deviation `json:"deviations"`
	Scope      Scope       `json:"scope"`
	Timeline   Timeline    `json:"timeline"`
	Phases     []Phase     `json:"phases"`
	Soak       Soak        `json:"soak"`
	Rollback   Rollback    `json:"rollback"`
	OpenItems  []OpenItem  `json:"open_items"`
	Evidence   []Evidence  `json:"evidence"`
	Method     Method      `json:"method"`
	Integrity  Integrity   `json:"integrity"`
	SignOff    []SignOff   `json:"sign_off"`
}

// Counts are the figures of the summary.
type Counts struct {
	PhasesDone    int `json:"phases_done"`
	Phases        int `json:"phases"`
	TasksDone     int `json:"tasks_done"` // required ones
	Tasks         int `json:"tasks"`
	OptionalDone  int `json:"optional_done"`
	Optional      int `json:"optional"`
	Pass          int `json:"pass"`
	Warn          int `json:"warn"`
	Fail          int `json:"fail"`
	Unknown       int `json:"unknown"`
	Skip          int `json:"skip"`
	Attested      int `json:"attested"`
	Stale         int `json:"stale"`
	Waived        int `json:"waived"`
	NotRun        int `json:"not_run"`
	Checks        int `json:"checks"`
	Measured      int `json:"measured"` // latest results by what they rest on
	Imported      int `json:"imported"`
	Stated        int `json:"stated"`
	Waivers       int `json:"waivers"`        // given and not taken back
	OutsideWindow int `json:"outside_window"` // recorded acts
}

// Change is the change record.
type Change struct {
	Number      string    `json:"number,omitempty"`
	Approver    string    `json:"approver,omitempty" redact:"person"`
	WindowStart time.Time `json:"window_start,omitzero"`
	WindowEnd   time.Time `json:"window_end,omitzero"`
	ActualStart time.Time `json:"actual_start,omitzero"`
	ActualEnd   time.Time `json:"actual_end,omitzero"`
	Contacts    []string  `json:"contacts,omitempty" redact:"person"`
	Operators   []string  `json:"operators,omitempty" redact:"person"`
	Seconds     []string  `json:"second_persons,omitempty" redact:"person"`
	Hosts       []string  `json:"hosts,omitempty" redact:"host"` // where coexist ran
	Accounts    []string  `json:"accounts,omitempty"`            // test accounts that checks log on with; never a password
	Rights      []string  `json:"rights,omitempty"`              // that the commands ask for
	Release     string    `json:"release" redact:"keep"`
	Build       string    `json:"build" redact:"keep"`
	Media       string    `json:"media,omitempty"`
	Tools       []string  `json:"tools,omitempty" redact:"keep"` // versions of coexist that wrote the journal
	Procedure   string    `json:"procedure" redact:"keep"`       // content hash
	Segregation []string  `json:"segregation,omitempty"`         // what an auditor asks about who did what
}

// Deviation is a group of things that went otherwise than planned.
type Deviation struct {
	ID    string     `json:"id" redact:"keep"`
	Title string     `json:"title" redact:"keep"`
	Head  []string   `json:"head" redact:"keep"`
	Rows  [][]string `json:"rows"`
}

// Scope is what the migration covers.
type Scope struct {
	Diagrams   []Diagram   `json:"diagrams"`
	Servers    []Server    `json:"servers"`
	Namespaces []Namespace `json:"namespaces"`
	DNS        []DNSFact   `json:"dns"`
}

// Diagram is one picture as text.
type Diagram struct {
	View string `json:"view" redact:"keep"`
	Text string `json:"text" redact:"keep"` // drawn with redacted names already
}

// Server is one server of the scope.
type Server struct {
	Name    string    `json:"name"`
	Site    string    `json:"site"`
	Version string    `json:"version" redact:"keep"`
	Roles   string    `json:"roles" redact:"keep"`
	Planned string    `json:"planned" redact:"keep"`  // what becomes of it
	Before  string    `json:"build_before,omitempty"` // first build seen
	Build   string    `json:"build,omitempty"`        // last build seen
	Seen    time.Time `json:"seen,omitzero"`
	Source  string    `json:"source,omitempty" redact:"keep"`
}

// Namespace is one client host name.
type Namespace struct {
	Name    string `json:"name"`
	Use     string `json:"use" redact:"keep"`
	Site    string `json:"site"`
	Target  string `json:"target"`            // address after the switch
	Covered string `json:"covered,omitempty"` // certificate last seen on it
}

// DNSFact is what one question answered first and last.
type DNSFact struct {
	Name   string    `json:"name"`
	Type   string    `json:"type"`
	View   string    `json:"view"`
	Before string    `json:"before"`
	First  time.Time `json:"first"`
	After  string    `json:"after"`
	Last   time.Time `json:"last"`
}

// Timeline is planned against actual.
type Timeline struct {
	RollBackBy time.Time      `json:"roll_back_by,omitzero"` // last moment at which undoing all that is done still fits the window
	UndoTime   string         `json:"undo_time" redact:"keep"`
	Estimate   string         `json:"estimate" redact:"keep"`
	Phases     []TimelineRow  `json:"phases"`
	Tasks      []TimelineRow  `json:"tasks"`
	Acts       []Act          `json:"acts"`
	Jumps      []string       `json:"clock_jumps,omitempty" redact:"keep"`
	Notes      []TimelineNote `json:"notes,omitempty"`
}

// TimelineRow is one phase or task of the timeline.
type TimelineRow struct {
	Number     string    `json:"number" redact:"keep"`
	Title      string    `json:"title"`
	Target     string    `json:"target,omitempty"`
	Planned    string    `json:"planned" redact:"keep"`
	Start      time.Time `json:"start,omitzero"`
	End        time.Time `json:"end,omitzero"`
	Actual     string    `json:"actual,omitempty" redact:"keep"`
	Delta      string    `json:"delta,omitempty" redact:"keep"`
	By         string    `json:"by,omitempty" redact:"person"`
	RollBackBy time.Time `json:"roll_back_by,omitzero"`
	Status     string    `json:"status" redact:"keep"`
}

// Act is one thing that a person did, from the journal.
type Act struct {
	Seq  int64     `json:"seq"`
	Time time.Time `json:"time"`
	By   string    `json:"by" redact:"person"`
	What string    `json:"what"`
}

// TimelineNote is a remark on the whole run.
type TimelineNote struct {
	Time time.Time `json:"time"`
	By   string    `json:"by" redact:"person"`
	Text string    `json:"text"`
}

// Phase is a stretch of work with its tasks.
type Phase struct {
	Number string    `json:"number" redact:"keep"` // chapter: "6.4"
	ID     string    `json:"id"`
	Step   int       `json:"step"`
	Title  string    `json:"title"`
	Site   string    `json:"site,omitempty"`
	Round  bool      `json:"round,omitempty"`
	Status string    `json:"status" redact:"keep"`
	Done   int       `json:"done"`
	Total  int       `json:"total"`
	First  time.Time `json:"first,omitzero"`
	Last   time.Time `json:"last,omitzero"`
	Slide  []string  `json:"slide,omitempty"`
	Facts  []string  `json:"facts,omitempty"`
	Gate   []string  `json:"gate,omitempty"` // what blocks it
	Tasks  []Task    `json:"tasks"`
}

// Task is one task with all that happened to it.
type Task struct {
	Number   string         `json:"number" redact:"keep"` // "6.4.2"
	ID       string         `json:"id"`
	Title    string         `json:"title"`
	Target   string         `json:"target"`
	Status   string         `json:"status" redact:"keep"`
	StatusBy string         `json:"status_why,omitempty"`
	Optional bool           `json:"optional,omitempty"`
	DoneAt   time.Time      `json:"done_at,omitzero"`
	DoneBy   string         `json:"done_by,omitempty" redact:"person"`
	Reopened int            `json:"reopened,omitempty"`
	Before   string         `json:"not_in_force,omitempty"` // carried out, and taken back or reopened since
	Slide    []string       `json:"slide,omitempty"`
	Why      string         `json:"why,omitempty"`
	RunOn    string         `json:"run_on,omitempty"`
	Rights   string         `json:"rights,omitempty"`
	Estimate string         `json:"estimate,omitempty" redact:"keep"`
	Wait     string         `json:"wait,omitempty"`
	Until    time.Time      `json:"wait_until,omitzero"`
	NoReturn string         `json:"no_return,omitempty"`
	Confirm  string         `json:"confirm,omitempty"`
	Commands []Command      `json:"commands,omitempty"`
	AsDone   []string       `json:"as_done,omitempty"` // the lines recorded when it was carried out, where they differ
	Values   []Value        `json:"values,omitempty"`
	Checks   []Check        `json:"checks,omitempty"`
	Pitfalls []string       `json:"pitfalls,omitempty"`
	Advice   []string       `json:"advice,omitempty"`
	Notes    []TimelineNote `json:"notes,omitempty"`
	UndoText string         `json:"undo_text,omitempty"`
	UndoTime string         `json:"undo_time,omitempty" redact:"keep"`
	Undo     []Command      `json:"undo,omitempty"`
	Sources  []string       `json:"sources,omitempty"`
}

// Command is one command as rendered.
type Command struct {
	Shell   string    `json:"shell" redact:"keep"`
	On      string    `json:"on,omitempty"`
	About   string    `json:"about,omitempty"`
	Reads   bool      `json:"reads,omitempty"`
	Lines   []string  `json:"lines"`
	Pending []Pending `json:"pending,omitempty"`
	Error   string    `json:"error,omitempty"`
}

// Pending is a value that a command waits for.
type Pending struct {
	Value string `json:"value"`
	Task  string `json:"task,omitempty"` // that brings it
}

// Value is a value that a task asked for or captured.
type Value struct {
	Key  string    `json:"key"`
	Text string    `json:"text"`
	How  string    `json:"how,omitempty" redact:"keep"`
	By   string    `json:"by,omitempty" redact:"person"`
	Time time.Time `json:"time,omitzero"`
}

// Check is one check with what it found.
type Check struct {
	ID        string    `json:"id"`
	Title     string    `json:"title"`
	Kind      string    `json:"kind" redact:"keep"`
	Gate      string    `json:"gate" redact:"keep"`
	Before    bool      `json:"before,omitempty"`
	Word      string    `json:"word" redact:"keep"` // PASS, WARN, FAIL, UNKNOWN, SKIP, ATTESTED, WAIVED, STALE, NOT YET, NOT RUN
	Expected  string    `json:"expected,omitempty"`
	Found     string    `json:"found,omitempty"`
	Reason    string    `json:"reason,omitempty" redact:"keep"`
	Summary   string    `json:"summary,omitempty"`
	When      time.Time `json:"when,omitzero"`
	Vantage   string    `json:"vantage,omitempty" redact:"keep"`
	Source    string    `json:"source,omitempty" redact:"keep"` // measured, imported, stated
	By        string    `json:"by,omitempty" redact:"person"`
	Host      string    `json:"host,omitempty" redact:"host"`
	Tries     int       `json:"attempts,omitempty"`
	Evidence  []string  `json:"evidence,omitempty" redact:"keep"` // "#17", "E-003"
	Facts     []string  `json:"facts,omitempty"`                  // kept with the result
	History   []string  `json:"history,omitempty" redact:"keep"`
	Parts     []Part    `json:"parts,omitempty"` // results below this one
	Causes    []string  `json:"causes,omitempty"`
	Remedy    string    `json:"remedy,omitempty"`
	Waiver    *Waiver   `json:"waiver,omitempty"`
	Satisfied bool      `json:"satisfied"`
	LastGreen time.Time `json:"last_green,omitzero"`
}

// Waiver is a recorded exception.
type Waiver struct {
	Name    string    `json:"name" redact:"person"`
	Second  string    `json:"second,omitempty" redact:"person"`
	Reason  string    `json:"reason"`
	Time    time.Time `json:"time"`
	Expires time.Time `json:"expires,omitzero"`
}

// OpenItem is something left to do.
type OpenItem struct {
	What  string    `json:"what"`
	Mend  string    `json:"mend,omitempty"`
	Owner string    `json:"owner,omitempty" redact:"person"`
	Due   time.Time `json:"due,omitzero"`
}

// Evidence is one stored piece of evidence.
type Evidence struct {
	ID     string    `json:"id" redact:"keep"`
	SHA256 string    `json:"sha256" redact:"keep"`
	What   string    `json:"what"`
	Source string    `json:"source" redact:"keep"`
	Seq    int64     `json:"seq"`
	Time   time.Time `json:"time"`
}

// Method says how the facts were found and where they end.
type Method struct {
	Vantages []string `json:"vantages" redact:"keep"`
	Kinds    []string `json:"kinds" redact:"keep"`
	Limits   []string `json:"limits"`
	Support  []string `json:"support" redact:"keep"`
}

// Integrity says how to verify the journal.
type Integrity struct {
	Entries   int       `json:"entries"`
	First     time.Time `json:"first,omitzero"`
	Last      time.Time `json:"last,omitzero"`
	FirstHash string    `json:"first_hash,omitempty" redact:"keep"`
	Head      string    `json:"head,omitempty" redact:"keep"`
	Chain     string    `json:"chain" redact:"keep"`
	Procedure string    `json:"procedure" redact:"keep"`
	Breaks    []string  `json:"breaks,omitempty" redact:"keep"`
	Verify    string    `json:"verify" redact:"keep"`
}

// SignOff is one line to be signed.
type SignOff struct {
	Role string `json:"role" redact:"keep"`
	Name string `json:"name,omitempty" redact:"person"`
}

// Markdown writes the record, or the plan, as GitHub-flavoured Markdown.
func Markdown(r *runbook.Runbook, events []journal.Event, o Options) ([]byte, error) {
	d, err := gather(r, events, o)
	if err != nil {
		return nil, err
	}
	return []byte(markdown(d)), nil
}
