// Package procedure holds what Exchange requires, as data: tasks, ordered into
// steps. It knows no organisation. It decodes the files strictly, parses their
// templates, and lints them.
package procedure

import (
	"time"

	"coexist/checks"
	"coexist/checks/effect"
)

// Procedure is one source version's way to Exchange 2013: the numbered steps
// of the diagram with the tasks of each.
type Procedure struct {
	Format   int    `toml:"format"` // 1
	Source   string `toml:"source"` // "2007", "2010", "mixed"
	Title    string `toml:"title"`
	Revision string `toml:"revision"` // date of the content, for people; Hash is what counts
	// Diagram holds the words of the slide's picture (Clients, "upgrade
	// first", …) that belong to no step.
	Diagram []string `toml:"diagram"`
	Steps   []Step   `toml:"step"`
}

// Step is a numbered box of the diagram.
type Step struct {
	Number int      `toml:"number"` // 1-based
	ID     string   `toml:"id"`     // "prepare", "deploy", "legacy", "certificates", "switch", "move", "sites"
	Title  string   `toml:"title"`  // the slide's own
	Slide  []string `toml:"slide"`  // the slide's lines in this box, in its own words
	Facts  []string `toml:"facts"`  // further lines of the slides that belong here
	// Reach "organization": the step's tasks cover every site at once, and the
	// step is not repeated in rounds. "site": the step is done for the first
	// site and once more in the round of every further one.
	Reach string   `toml:"reach"`
	Tasks []string `toml:"tasks"` // task names in order
	// CloseOut holds, in the last step alone, the tasks after all rounds.
	CloseOut []string `toml:"close_out"`
}

// Task is one unit of work on one target. Text fields are templates over
// [Data]; see docs/procedures.md.
type Task struct {
	Name  string   `toml:"name"`  // dotted, unique: "prepare.schema"
	Title string   `toml:"title"` // template
	Slide []string `toml:"slide"` // slide lines this task carries out, in the slide's words
	// Scope is what one instance of the task is done on: "org", "domain",
	// "site" or "server".
	Scope string `toml:"scope"`
	// Servers selects the targets of scope "server".
	Servers Selector `toml:"servers"`
	// Reach overrides the step's: "organization" takes targets in every site
	// at once and keeps the task out of rounds; "site" takes the phase's site;
	// "rounds" leaves the first site out (tasks that only further sites need);
	// "names" takes with the first site all that share its client names, which
	// their rounds then leave out.
	Reach    string          `toml:"reach"`
	If       string          `toml:"if"`        // template condition, e.g. `and .Features.EdgeTransport (eq .Org.Source "2010")`
	After    []string        `toml:"after"`     // task names that must be done first
	Class    string          `toml:"class"`     // "required" (default) or "optional"
	Confirm  string          `toml:"confirm"`   // template of the name to be typed before "carried out"
	NoReturn string          `toml:"no_return"` // why there is no way back; empty: there is one
	Why      string          `toml:"why"`
	RunOn    string          `toml:"run_on"`
	Rights   string          `toml:"rights"`
	Duration Duration        `toml:"duration"` // estimate for one target
	UndoTime Duration        `toml:"undo_time"`
	Wait     Duration        `toml:"wait"`     // time that must pass after "carried out" (replication, TTL, bootstrap account)
	WaitFor  string          `toml:"wait_for"` // what is waited for
	Pitfalls []string        `toml:"pitfalls"`
	Notes    []string        `toml:"notes"` // advice: general knowledge, never a gate
	Sources  []string        `toml:"sources"`
	Asks     []Ask           `toml:"ask"`
	Captures []Capture       `toml:"capture"`
	Commands []Command       `toml:"command"`
	Undo     []Command       `toml:"undo"`
	UndoText string          `toml:"undo_text"` // what to do by hand to go back
	Checks   []Check         `toml:"check"`
	Effects  []effect.Effect `toml:"effect"`    // parameters are templates
	NoEffect string          `toml:"no_effect"` // why the laboratory need not change; required when Effects is empty
}

// Selector picks servers; empty fields pick all.
type Selector struct {
	Versions []string `toml:"versions"` // "2007", "2010", "2013"; "old" means every version but 2013
	Roles    []string `toml:"roles"`    // any of these
	First    bool     `toml:"first"`    // only the first match of the phase
	Rest     bool     `toml:"rest"`     // all but the first match
}

// Ask is a value that the engineer fills in.
type Ask struct {
	Name     string `toml:"name"`  // dotted, unique over all tasks: "certificate.thumbprint"
	Type     string `toml:"type"`  // one of ValueTypes
	Scope    string `toml:"scope"` // "org", "site" or "server"
	Prompt   string `toml:"prompt"`
	Example  string `toml:"example"`
	Optional bool   `toml:"optional"`
	If       string `toml:"if"` // template condition
}

// Capture is a value read from the organisation before a change, so that undo
// can restore it. It is read by a script in the given shell, or typed in.
type Capture struct {
	Name     string `toml:"name"`
	Type     string `toml:"type"`
	Scope    string `toml:"scope"`
	Shell    string `toml:"shell"`    // "2007", "2010", "2013", or "old": the target server's own
	Command  string `toml:"command"`  // reading pipeline; template
	Property string `toml:"property"` // property of the returned object
	Prompt   string `toml:"prompt"`
	If       string `toml:"if"` // template condition
}

// ValueTypes are the types of asked and captured values.
var ValueTypes = []string{"text", "host", "url", "thumbprint", "guid", "path", "integer", "bool", "list", "address", "mailbox", "date"}

// Command is one logical line to be typed somewhere.
type Command struct {
	Shell string `toml:"shell"` // one of Shells
	On    string `toml:"on"`    // where, if not on RunOn; template
	About string `toml:"about"` // what it does, half a line
	Text  string `toml:"text"`  // template; renders to one ASCII line, or to several lines, each a command of its own
	If    string `toml:"if"`    // template condition
	// Reads marks a command that changes nothing; it may be copied while the
	// gate is closed.
	Reads bool `toml:"reads"`
}

// Shells say where a command is typed: an elevated command prompt, an elevated
// Windows PowerShell, the Exchange Management Shell of a version ("ems-old":
// that of the target server), a program with windows, or a DNS, firewall or
// other console (text is then what to enter).
var Shells = []string{"cmd", "powershell", "ems2007", "ems2010", "ems2013", "ems-old", "console"}

// Check is a verification as authored.
type Check struct {
	Name       string               `toml:"name"`  // last part of the id
	Title      string               `toml:"title"` // template, one line: what must be true
	Kind       string               `toml:"kind"`
	Params     map[string]any       `toml:"params"`      // texts in it are templates; a list element that renders to several lines becomes several elements, empty ones vanish
	Expect     []checks.Expectation `toml:"expect"`      // value and values are templates, expanded likewise
	Gate       string               `toml:"gate"`        // "hard" (never waived), "soft", "dual" (a second person), "info" (never blocks)
	HoldsUntil string               `toml:"holds_until"` // step id until which it must stay true; empty: its own step
	FreshFor   Duration             `toml:"fresh_for"`   // older results are stale; zero: never stale
	Vantage    string               `toml:"vantage"`     // "inside" (default), "outside", "any"
	Shell      string               `toml:"shell"`       // for kind "cmdlet": "2007", "2010", "2013" or "old"
	If         string               `toml:"if"`
	Remedy     string               `toml:"remedy"`
	Sources    []string             `toml:"sources"`
	// Before marks a check that belongs before the work: it must hold before
	// the task may be marked carried out.
	Before bool `toml:"before"`
}

// Duration is a time.Duration written like "15m", "2h30m" or "1d".
type Duration time.Duration
