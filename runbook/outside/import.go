package outside

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"coexist/checks"
	"coexist/runbook"
	"coexist/runbook/script"
)

// maxAhead is how far the clock outside may be ahead of this one. What is older
// only counts for less.
const maxAhead = 5 * time.Minute

// Import takes the file of a run outside, or its pasted text, into a session:
// it holds what was seen against what the checks expect and records the results
// in one append. A file of another migration, one that was altered and one that
// looked at something else than the runbook now does are refused whole, and
// nothing is kept of them. The same file a second time changes nothing.
func Import(s *runbook.Session, name string, data []byte, keep func([]byte) (string, error)) (script.Outcome, error) {
	name = filepath.Base(name)
	f, err := Parse(data)
	if err != nil {
		return script.Outcome{}, fmt.Errorf("%s: %w", name, err)
	}
	j := judge{f: f, snap: s.Snapshot()}
	if err := j.belongs(); err != nil {
		return script.Outcome{}, fmt.Errorf("%s: %w", name, err)
	}
	before, err := j.before()
	if err != nil {
		return script.Outcome{}, fmt.Errorf("%s: %w", name, err)
	}
	sum := sha256.Sum256(data)
	j.file = hex.EncodeToString(sum[:])
	if err := j.all(before.taken); err != nil {
		return script.Outcome{}, fmt.Errorf("%s: %w", name, err)
	}
	if len(j.out.Results) == 0 {
		j.out.Already = before.at
		return j.out, nil
	}
	if err := j.keep(data, keep); err != nil {
		return script.Outcome{}, fmt.Errorf("%s: %w", name, err)
	}
	from := runbook.Imported{Nonce: f.Nonce, Path: name, SHA256: j.file, Content: f.Content, From: f.Host}
	return j.out, s.Import(from, j.out.Results, nil, j.snap.Progress.Values)
}

// judge turns the observations of one file into results.
type judge struct {
	f    *File
	snap runbook.Snapshot
	file string // SHA-256 of the raw file
	out  script.Outcome
	said []string // transcript of each result
}

// belongs refuses a file that is not of this run.
func (j *judge) belongs() error {
	o, source := j.snap.Runbook.Migration.Organization, j.snap.Runbook.Source
	switch {
	case j.snap.Progress.Rehearsal != "":
		return fmt.Errorf("this is a rehearsal, which looks at its own organisation from outside: import the file into the real run")
	case j.f.Organization != o.Name || !strings.EqualFold(j.f.Forest, o.Forest) || j.f.Source != source:
		return fmt.Errorf("it belongs to another migration: it is of %s (%s, from %s), and this is %s (%s, from %s)",
			checks.Escape(j.f.Organization), checks.Escape(j.f.Forest), checks.Escape(j.f.Source), o.Name, o.Forest, source)
	}
	last := j.f.Ended
	for _, ob := range j.f.Observations {
		if end := ob.Started.Add(time.Duration(ob.MS) * time.Millisecond); end.After(last) { // its age counts from there
			last = end
		}
	}
	if ahead := last.Sub(j.snap.Progress.Now); ahead > maxAhead {
		return fmt.Errorf("its clock is ahead by %s, so it could count for work that came later: set the clocks right and run the checks outside again", ahead.Round(time.Second))
	}
	return nil
}

// past is what the journal knows of a file.
type past struct {
	at    time.Time       // of its first import; zero: none
	taken map[string]bool // ids of the checks whose observations were taken
}

// before finds earlier imports of the file. The same nonce with other contents
// is no copy of what was saved.
func (j *judge) before() (past, error) {
	p := past{taken: map[string]bool{}}
	for _, e := range j.snap.Events {
		if e.Kind != runbook.EventImport && e.Kind != runbook.EventResult {
			continue
		}
		payload, err := runbook.Decode(e)
		if err != nil {
			continue
		}
		switch v := payload.(type) {
		case *runbook.Imported:
			if v.Nonce != j.f.Nonce {
				continue
			}
			if v.Content != j.f.Content {
				return p, fmt.Errorf("a file with this nonce was imported %s and had other contents: one of the two was edited", e.Time.UTC().Format("2006-01-02 15:04 UTC"))
			}
			if p.at.IsZero() {
				p.at = e.Time
			}
		case *runbook.Recorded:
			if v.Evidence["nonce"] == j.f.Nonce {
				p.taken[v.ID] = true
			}
		}
	}
	return p, nil
}

// all judges every observation that was not taken yet, if the whole file looked
// at what the runbook looks at.
func (j *judge) all(taken map[string]bool) error {
	if list := j.foreign(); len(list) > 0 {
		return fmt.Errorf("the runbook is another one than outside; bring this migration file there and run the checks again:\n%s", strings.Join(shortened(list), "\n"))
	}
	for _, o := range j.f.Observations {
		if taken[o.ID] {
			continue
		}
		c := j.snap.Runbook.Check(o.ID)
		if later := j.later(o); later != "" {
			j.out.Refused = append(j.out.Refused, c.Title+" ("+c.Task.Label+"): "+later)
			continue
		}
		ready, pending, err := c.Ready(j.snap.Progress.Values)
		switch {
		case err != nil:
			return err
		case len(pending) > 0:
			j.out.Refused = append(j.out.Refused, fmt.Sprintf("%s (%s): it cannot be judged before the value %s is known; import the file again then", c.Title, c.Task.Label, pending[0].Key))
			continue
		}
		j.out.Results = append(j.out.Results, j.judged(ready, o))
		j.said = append(j.said, o.Transcript)
	}
	return nil
}

// foreign lists the checks of the file that this runbook does not have, or has
// otherwise.
func (j *judge) foreign() []string {
	var out []string
	for _, o := range j.f.Observations {
		c := j.snap.Runbook.Check(o.ID)
		if c == nil {
			out = append(out, "  "+checks.Escape(o.ID)+": no such check any more")
			continue
		}
		if !fromOutside(c) {
			out = append(out, "  "+o.ID+": not made from outside any more")
			continue
		}
		if _, print, _, err := c.Look(j.snap.Progress.Values); err != nil || print != o.Asked {
			out = append(out, "  "+o.ID+": looks at something else now")
		}
	}
	return out
}

func shortened(list []string) []string {
	const most = 8
	if len(list) <= most+1 {
		return list
	}
	return append(list[:most:most], fmt.Sprintf("  … and %d more", len(list)-most))
}

// later tells whether something seen later is recorded already: an old file
// does not take the place of what is newer.
func (j *judge) later(o Observation) string {
	if seen := j.snap.Progress.SeenAfter(o.ID, o.Started); !seen.IsZero() {
		return "a later result is recorded, from " + seen.UTC().Format("2006-01-02 15:04 UTC")
	}
	return ""
}

// judged holds one observation against what its check expects.
func (j *judge) judged(ready checks.Check, o Observation) checks.Result {
	now := j.snap.Progress.Now
	r := checks.Conclude(ready, checks.Finding{
		Verdict: o.Outcome, Reason: o.Reason, Summary: o.Summary, Expected: o.Expected, Found: o.Found,
		Rows: o.Rows, Evidence: o.Evidence, Sub: o.Sub, Attempts: o.Attempts,
	}, now)
	r.Source, r.Vantage, r.Operator, r.Host = checks.FromProbe, checks.Outside, j.f.Operator, j.f.Host
	if r.Started, r.MS = o.Started.UTC(), max(0, o.MS); r.Started.After(now) {
		r.Started, r.MS = now.UTC(), 0
	}
	if j.file == "" {
		return r // a preview
	}
	if r.Evidence == nil {
		r.Evidence = map[string]string{}
	}
	r.Evidence["file_sha256"], r.Evidence["nonce"] = j.file, j.f.Nonce
	if j.f.Doubt != "" {
		r.Evidence["doubt"] = "it may not have been outside: " + j.f.Doubt
	}
	return r
}

// keep stores the file, and what was said on the wire, as evidence.
func (j *judge) keep(data []byte, store func([]byte) (string, error)) error {
	switch kept, err := store(data); {
	case err != nil:
		return err
	case kept != j.file:
		return fmt.Errorf("the evidence folder kept something else than was read")
	}
	for i, text := range j.said {
		if text == "" {
			continue
		}
		sha, err := store([]byte(text))
		if err != nil {
			return err
		}
		j.out.Results[i].Transcript = sha
	}
	return nil
}

// Preview judges what was seen with what the migration alone tells, for whoever
// stands outside. It is no record: that is made where the journal is.
func (f *File) Preview(r *runbook.Runbook, now time.Time) []checks.Result {
	var out []checks.Result
	j := judge{f: f, snap: runbook.Snapshot{Progress: &runbook.Progress{Now: now}}}
	for _, o := range f.Observations {
		c := r.Check(o.ID)
		if c == nil {
			continue
		}
		ready, pending, err := c.Ready(nil)
		if err == nil && len(pending) == 0 {
			out = append(out, j.judged(ready, o))
			continue
		}
		ready.Expect = nil // the rows are shown, what they should be is not known here
		one := j.judged(ready, o)
		if one.Verdict == checks.Pass || one.Verdict == checks.Warn {
			one.Verdict, one.Reason, one.Summary = checks.Unknown, "value.missing", "seen, and not judged: that takes what only the journal holds"
		}
		out = append(out, one)
	}
	return out
}
