// Package checks verifies one fact of an Exchange organisation at a time.
//
// A [Check] names a [Kind] and its parameters. A kind observes: it talks its
// protocol through the one door to the network, [Env], and returns [Row]s of
// properties. Observing is kept apart from judging: [Judge] holds the rows
// against the check's [Expectation]s, so that a probe over the network, a
// result imported from the Exchange Management Shell and the laboratory are
// all judged by the same code. [Run] does both for many checks at once.
//
// The package knows no migration and no procedure and imports nothing of ours.
package checks

import (
	"strconv"
	"strings"
	"time"
)

// Verdict is what a check concluded.
type Verdict string

const (
	Pass    Verdict = "pass"    // the checked thing is as expected
	Warn    Verdict = "warn"    // it works, but must be read before it counts
	Fail    Verdict = "fail"    // the checked thing is wrong
	Unknown Verdict = "unknown" // it could not be decided: never a pass, never a fail
	Skip    Verdict = "skip"    // not applicable, with the reason in Summary
)

// Source tells apart the three kinds of truth that a result can rest on.
type Source string

const (
	FromProbe  Source = "probe"  // measured over the network by this program
	FromShell  Source = "shell"  // imported from an Exchange Management Shell
	FromPerson Source = "person" // stated by a person
)

// Vantage is the side of the network a check looks from.
type Vantage string

const (
	Inside  Vantage = "inside"
	Outside Vantage = "outside"
	Any     Vantage = "any"
)

// Check is one verification with every parameter filled in, ready to run.
type Check struct {
	ID      string // task/target/check
	Step    int    // number of the step on the diagram, 1-based; 0 outside a runbook
	Round   string // encoded site name of a round, empty outside rounds
	Task    string // dotted task name
	Target  string // encoded target
	Kind    string // a name listed in Kinds
	Params  Params
	Expect  []Expectation
	Vantage Vantage
	Timeout time.Duration // whole budget; zero means the kind's own
	Remedy  string        // what the procedure says to do when this fails; before the general remedy of the reason
}

// Row is one thing observed (an answer, an address, a domain controller, an
// object returned by a cmdlet): property name to values. A property that could
// not be read is absent, never empty.
type Row map[string][]string

// Get returns the first value of a property and whether the property was read.
func (r Row) Get(property string) (string, bool) {
	v, ok := r[property]
	if !ok || len(v) == 0 {
		return "", ok
	}
	return v[0], true
}

// Result is what a check found: the form that the journal, `check --json` and
// `probe --json` share. Server text in it is as received; whoever shows it
// escapes it.
type Result struct {
	Format     int               `json:"format"` // 1
	ID         string            `json:"id"`
	Step       int               `json:"step"`
	Round      string            `json:"round"`
	Task       string            `json:"task"`
	Target     string            `json:"target"`
	Kind       string            `json:"kind"`
	Source     Source            `json:"source"`
	Vantage    Vantage           `json:"vantage"`
	Verdict    Verdict           `json:"verdict"`
	Reason     string            `json:"reason"`  // stable slug, see Reasons; empty on a plain pass
	Summary    string            `json:"summary"` // one line, no control characters of our own
	Expected   string            `json:"expected,omitempty"`
	Found      string            `json:"found,omitempty"`
	Causes     []string          `json:"causes,omitempty"`
	Remedy     string            `json:"remedy,omitempty"`
	Evidence   map[string]string `json:"evidence,omitempty"`
	Rows       []Row             `json:"rows,omitempty"` // what was judged, bounded; kept so that a verdict can be re-derived
	Sub        []Result          `json:"sub,omitempty"`
	Transcript string            `json:"transcript,omitempty"` // SHA-256 of the stored transcript, if one was kept
	Operator   string            `json:"operator"`
	Host       string            `json:"host"`
	Attempts   int               `json:"attempts"`
	Started    time.Time         `json:"started"` // UTC
	MS         int64             `json:"ms"`      // duration in milliseconds
}

// Finding is what a kind hands back: what it observed and, where the protocol
// itself already decides, its own verdict. Pass means "observed; now judge".
type Finding struct {
	Verdict    Verdict // Pass unless the protocol itself decided otherwise
	Reason     string  // required unless Verdict is Pass
	Summary    string
	Expected   string
	Found      string
	Rows       []Row
	Evidence   map[string]string
	Sub        []Result
	Transcript []string // redacted at the source; stored apart from the result
	Attempts   int      // how often the wire was tried; 0 counts as 1
}

// Params are a check's parameters as decoded from TOML and rendered: string,
// bool, int64, float64, []any and map[string]any.
type Params map[string]any

// String returns the parameter as text, or "" when absent.
func (p Params) String(name string) string {
	s, _ := p[name].(string)
	return s
}

// Strings returns a list parameter; a single text is a list of one. Empty
// elements are dropped, so that a template may render to nothing.
func (p Params) Strings(name string) []string {
	var out []string
	add := func(s string) {
		if s = strings.TrimSpace(s); s != "" {
			out = append(out, s)
		}
	}
	switch v := p[name].(type) {
	case string:
		add(v)
	case []string:
		for _, s := range v {
			add(s)
		}
	case []any:
		for _, e := range v {
			if s, ok := e.(string); ok {
				add(s)
			}
		}
	}
	return out
}

// Int returns a number parameter, or def when absent.
func (p Params) Int(name string, def int) int {
	switch v := p[name].(type) {
	case int64:
		return int(v)
	case int:
		return v
	case float64:
		return int(v)
	case string: // a rendered template
		if n, err := strconv.Atoi(strings.TrimSpace(v)); err == nil {
			return n
		}
	}
	return def
}

// Bool returns a truth parameter; absent is false.
func (p Params) Bool(name string) bool {
	switch v := p[name].(type) {
	case bool:
		return v
	case string: // a rendered template
		return strings.EqualFold(strings.TrimSpace(v), "true")
	}
	return false
}

// Table returns a table parameter of texts; nil when absent. It may also be a
// list of texts such as "Name: value", which procedures can write inside
// params, where TOML takes no table.
func (p Params) Table(name string) map[string]string {
	var out map[string]string
	add := func(k string, v any) {
		if s, ok := v.(string); ok {
			if out == nil {
				out = map[string]string{}
			}
			out[k] = s
		}
	}
	switch t := p[name].(type) {
	case map[string]any:
		for k, v := range t {
			add(k, v)
		}
	case map[string]string:
		for k, v := range t {
			add(k, v)
		}
	case []any, []string, string:
		for _, line := range p.Strings(name) {
			k, v, _ := strings.Cut(line, ":")
			add(strings.TrimSpace(k), strings.TrimSpace(v))
		}
	}
	return out
}

// Worse returns the verdict that weighs more against the checked thing:
// fail, then unknown, then warn, then pass; skip gives way to everything.
func Worse(a, b Verdict) Verdict {
	if weight[b] > weight[a] {
		return b
	}
	return a
}

var weight = map[Verdict]int{Skip: 0, Pass: 1, Warn: 2, Unknown: 3, Fail: 4}
