package runbook

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"coexist/checks"
	"coexist/runbook/journal"
)

// Observation is what a script read for one check or captured value.
type Observation struct {
	ID    string // check id, or value key
	Rows  []checks.Row
	Error string // why nothing could be read; empty: it could
	// Property names the row property of a captured value; empty for a check.
	Property string
}

// Import is a set of observations that belong together.
type Import struct {
	Imported
	Started      time.Time // when the script ran, by the clock of its server
	Observations []Observation
}

// Outcome tells what an import did.
type Outcome struct {
	Already time.Time // it had been imported before, at that time; then nothing was recorded
	Results []checks.Result
	Values  []string // keys of the values that were set
	Refused []string // one line for each value that could not be taken
}

// Text says in lines what an import did beside its results.
func (o Outcome) Text() string {
	if !o.Already.IsZero() {
		return "this file was imported already, " + o.Already.UTC().Format("2006-01-02 15:04 UTC") + "; nothing changed\n"
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%d results and %d values recorded\n", len(o.Results), len(o.Values))
	for _, line := range o.Refused {
		fmt.Fprintf(&b, "not taken: %s\n", line)
	}
	return b.String()
}

// RecordScript notes that a script was written, so that its results can be
// told from another run's.
func (s *Session) RecordScript(w ScriptWritten) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.append(journal.Entry{Kind: EventScript, Data: w})
}

// Script returns the script that was written with a nonce.
func (s *Session) Script(nonce string) (ScriptWritten, time.Time, bool) {
	for _, e := range s.Snapshot().Events {
		if e.Kind != EventScript {
			continue
		}
		if p, err := Decode(e); err == nil {
			if w := p.(*ScriptWritten); w.Nonce == nonce {
				return *w, e.Time, true
			}
		}
	}
	return ScriptWritten{}, time.Time{}, false
}

// RecordImport judges observations by the checks they were made for and
// records results and values in one append. The same file a second time
// changes nothing.
func (s *Session) RecordImport(in Import) (Outcome, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, e := range s.events {
		if e.Kind != EventImport {
			continue
		}
		if p, err := Decode(e); err == nil && p.(*Imported).SHA256 == in.SHA256 {
			return Outcome{Already: e.Time}, nil
		}
	}
	now := s.opts.Clock()
	var out Outcome
	var entries []journal.Entry
	for _, o := range in.Observations {
		if o.Property != "" {
			if entry, err := s.captured(o); err != nil {
				out.Refused = append(out.Refused, err.Error())
			} else {
				entries = append(entries, entry)
				out.Values = append(out.Values, o.ID)
			}
			continue
		}
		r, asked, err := s.judged(o, in, now)
		if err != nil {
			return Outcome{}, err
		}
		out.Results = append(out.Results, r)
		entries = append(entries, journal.Entry{Kind: EventResult, Data: Recorded{Result: r, Asked: asked}})
	}
	in.Count = len(out.Results) + len(out.Values)
	head := journal.Entry{Kind: EventImport, Data: in.Imported}
	return out, s.append(append([]journal.Entry{head}, entries...)...)
}

// judged holds what was read against what the check expects.
func (s *Session) judged(o Observation, in Import, now time.Time) (checks.Result, string, error) {
	c, err := s.checkNamed(o.ID)
	if err != nil {
		return checks.Result{}, "", err
	}
	ready, pending, err := c.Ready(s.fold.values)
	if err != nil {
		return checks.Result{}, "", err
	}
	f := checks.Finding{Verdict: checks.Pass, Rows: o.Rows}
	switch {
	case len(pending) > 0:
		f = checks.Finding{Verdict: checks.Unknown, Reason: "value.missing", Summary: "not known yet: " + pending[0].Key}
	case o.Error != "":
		f = checks.Finding{Verdict: checks.Unknown, Reason: "shell.error", Summary: "the cmdlet failed: " + o.Error}
	}
	r := checks.Conclude(ready, f, now)
	r.Source, r.Operator, r.Host = checks.FromShell, s.opts.Operator, in.From
	// A server's clock may be ahead; nothing was read later than now.
	r.Started = in.Started.UTC()
	if r.Started.After(now) {
		r.Started = now.UTC()
	}
	if r.Evidence == nil {
		r.Evidence = map[string]string{}
	}
	r.Evidence["file_sha256"] = in.SHA256
	return r, fingerprint(ready), nil
}

// captured turns a row property into a value. Nothing at all is a value too:
// the property was empty before the change.
func (s *Session) captured(o Observation) (journal.Entry, error) {
	if o.Error != "" {
		return journal.Entry{}, fmt.Errorf("%s could not be read: %s", o.ID, o.Error)
	}
	var list []string
	read := false
	for _, row := range o.Rows {
		if v, ok := row[o.Property]; ok {
			read = true
			list = append(list, v...)
		}
	}
	if !read {
		return journal.Entry{}, fmt.Errorf("%s could not be read: no object with the property %s came back", o.ID, o.Property)
	}
	list = slices.DeleteFunc(list, func(v string) bool { return strings.TrimSpace(v) == "" })
	text, err := s.runbook.CheckValueFor(o.ID, strings.Join(list, "\n"))
	if err != nil {
		return journal.Entry{}, fmt.Errorf("%s: %w", o.ID, err)
	}
	return journal.Entry{Kind: EventValue, Data: ValueSet{Key: o.ID, Value: text, How: "captured"}}, nil
}
