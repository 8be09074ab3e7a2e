package script

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"coexist/checks"
	"coexist/runbook"
)

// Save writes a script for a session and records it. put stores the bytes
// under a path.
func Save(s *runbook.Session, o Options, path string, put func(path string, data []byte) error) (Manifest, error) {
	snap := s.Snapshot()
	var nonce [16]byte
	if _, err := rand.Read(nonce[:]); err != nil {
		return Manifest{}, err
	}
	o.Nonce, o.Values = hex.EncodeToString(nonce[:]), snap.Progress.Values
	data, m, err := Write(snap.Runbook, o)
	if err != nil {
		return Manifest{}, err
	}
	if err := put(path, data); err != nil {
		return Manifest{}, err
	}
	sum := sha256.Sum256(data)
	return m, s.ScriptWritten(runbook.ScriptWritten{
		Nonce: m.Nonce, Path: filepath.Base(path), Step: m.Step, Shell: m.Shell, Server: m.Server, Content: m.Content,
		Checks: m.Checks, Captures: m.Captures, Asked: m.Asked, SHA256: hex.EncodeToString(sum[:]),
	})
}

// Outcome tells what an import did.
type Outcome struct {
	Already time.Time // the file had been imported at that time; then nothing was recorded
	Results []checks.Result
	Values  []string // keys of the captured values that were set
	Refused []string // one line for each result or captured value that could not be taken
}

// Text says in lines what an import did beside its results.
func (o Outcome) Text() string {
	var b strings.Builder
	if o.Already.IsZero() {
		fmt.Fprintf(&b, "%s and %s recorded\n", plural(len(o.Results), "result"), plural(len(o.Values), "value"))
	} else {
		fmt.Fprintf(&b, "this file was imported already, %s; nothing changed\n", o.Already.UTC().Format("2006-01-02 15:04 UTC"))
	}
	for _, line := range o.Refused {
		fmt.Fprintf(&b, "not taken: %s\n", line)
	}
	return b.String()
}

func plural(n int, word string) string {
	if n == 1 {
		return "1 " + word
	}
	return fmt.Sprintf("%d %ss", n, word)
}

// Import takes a result file, or its pasted text, into a session: it holds what
// was read against what the checks expect and records results and captured
// values in one append. keep stores the raw bytes as evidence and returns their
// SHA-256; nothing is kept of a file that is refused, and the same file a
// second time changes nothing.
func Import(s *runbook.Session, name string, data []byte, keep func([]byte) (string, error)) (Outcome, error) {
	name = filepath.Base(name)
	r, err := Parse(data)
	if err != nil {
		return Outcome{}, fmt.Errorf("%s: %w", name, err)
	}
	snap := s.Snapshot()
	past := search(snap, r.Nonce)
	if past.written == nil {
		return Outcome{}, fmt.Errorf("%s: no script of this run has the nonce %s…: it belongs to another run or another migration", name, r.Nonce[:8])
	}
	if err := r.Matches(manifestOf(past.written)); err != nil {
		return Outcome{}, fmt.Errorf("%s: %w", name, err)
	}
	sum := sha256.Sum256(data)
	hash := hex.EncodeToString(sum[:])
	if at, ok := past.imported[hash]; ok {
		return Outcome{Already: at}, nil
	}
	j := judge{r: r, snap: snap, written: past.written, began: notBefore(r.Started, past.at), ended: notBefore(r.Ended, past.at), file: hash}
	if err := j.all(); err != nil {
		return Outcome{}, fmt.Errorf("%s: %w", name, err)
	}
	if kept, err := keep(data); err != nil {
		return Outcome{}, err
	} else if kept != hash {
		return Outcome{}, fmt.Errorf("%s: the evidence folder kept something else than was read", name)
	}
	from := runbook.Imported{Nonce: r.Nonce, Path: name, SHA256: hash, From: r.Computer}
	return j.out, s.Import(from, j.out.Results, j.values, snap.Progress.Values)
}

func manifestOf(w *runbook.ScriptWritten) Manifest {
	return Manifest{Nonce: w.Nonce, Step: w.Step, Shell: w.Shell, Server: w.Server, Content: w.Content, Checks: w.Checks, Captures: w.Captures, Asked: w.Asked}
}

// past is what the journal knows of a nonce.
type past struct {
	written  *runbook.ScriptWritten
	at       time.Time
	imported map[string]time.Time // SHA-256 of files that came back
}

func search(snap runbook.Snapshot, nonce string) past {
	p := past{imported: map[string]time.Time{}}
	for _, e := range snap.Events {
		if e.Kind != runbook.EventScript && e.Kind != runbook.EventImport {
			continue
		}
		payload, err := runbook.Decode(e)
		if err != nil {
			continue
		}
		switch v := payload.(type) {
		case *runbook.ScriptWritten:
			if v.Nonce == nonce {
				p.written, p.at = v, e.Time
			}
		case *runbook.Imported:
			p.imported[v.SHA256] = e.Time
		}
	}
	return p
}

// notBefore corrects a server's clock that is behind: nothing was read before
// the script was written.
func notBefore(ran, written time.Time) time.Time {
	if ran.Before(written) {
		return written
	}
	return ran
}

// within is when a script read, and for how long. A server's clock may be ahead:
// nothing was read later than now. Counted from its beginning, a script that ran
// while its task was marked says nothing of the work.
func within(began, ended, now time.Time) (time.Time, int64) {
	if began.After(now) {
		began = now
	}
	if ended.After(now) {
		ended = now
	}
	return began.UTC(), max(0, ended.Sub(began).Milliseconds())
}

// judge turns the observations of one file into results and values.
type judge struct {
	r       *Results
	snap    runbook.Snapshot
	written *runbook.ScriptWritten
	began   time.Time
	ended   time.Time
	file    string
	values  map[string]string
	out     Outcome
}

func (j *judge) all() error {
	j.values = map[string]string{}
	known := runbook.Values{}
	for k, v := range j.snap.Progress.Values {
		known[k] = v
	}
	for _, o := range j.r.Observations {
		if o.Kind != "capture" {
			continue
		}
		text, err := j.captured(o)
		if err != nil {
			j.out.Refused = append(j.out.Refused, err.Error())
			continue
		}
		j.values[o.ID], known[o.ID] = text, text
		j.out.Values = append(j.out.Values, o.ID)
	}
	for _, o := range j.r.Observations {
		if o.Kind != "check" {
			continue
		}
		c := j.snap.Runbook.Check(o.ID)
		if c == nil {
			return fmt.Errorf("the check %s is no longer in the plan: the migration was edited since the script was written; write a new one", checks.Escape(o.ID))
		}
		if why := j.outdated(c, known); why != "" {
			j.out.Refused = append(j.out.Refused, c.Title+" ("+c.Task.Label+"): "+why)
			continue
		}
		result, err := j.judged(c, o, known)
		if err != nil {
			return err
		}
		j.out.Results = append(j.out.Results, result)
	}
	return nil
}

// outdated tells why what was read cannot count any more: the check reads
// something else by now, or something seen later is recorded already. Journals
// written before scripts noted what they ask tell nothing of the former.
func (j *judge) outdated(c *runbook.Check, known runbook.Values) string {
	if asked := j.written.Asked[c.ID]; asked != "" {
		if _, print, _, err := c.Look(known); err != nil || print != asked {
			return "it reads something else since the script was written; write a new one"
		}
	}
	if seen := j.snap.Progress.SeenAfter(c.ID, j.began); !seen.IsZero() {
		return "a later result is recorded, from " + seen.UTC().Format("2006-01-02 15:04 UTC")
	}
	return ""
}

// judged holds what was read against what the check expects.
func (j *judge) judged(c *runbook.Check, o Observation, known runbook.Values) (checks.Result, error) {
	ready, pending, err := c.Ready(known)
	if err != nil {
		return checks.Result{}, err
	}
	f := checks.Finding{Verdict: checks.Pass, Rows: o.Rows}
	switch {
	case len(pending) > 0:
		f = checks.Finding{Verdict: checks.Unknown, Reason: "value.missing", Summary: "not known yet: " + pending[0].Key}
	case o.Error != nil:
		f = checks.Finding{Verdict: checks.Unknown, Reason: "shell.failed", Summary: "the cmdlet failed: " + checks.Escape(*o.Error)}
	}
	now := j.snap.Progress.Now
	r := checks.Conclude(ready, f, now)
	r.Started, r.MS = within(j.began, j.ended, now)
	r.Source, r.Host = checks.FromShell, j.r.Computer
	if r.Evidence == nil {
		r.Evidence = map[string]string{}
	}
	r.Evidence["file_sha256"] = j.file
	return r, nil
}

// captured turns a property into a value. Nothing at all is a value too: the
// property was empty before the change.
func (j *judge) captured(o Observation) (string, error) {
	property := j.written.Captures[o.ID]
	if o.Error != nil {
		return "", fmt.Errorf("%s could not be read: %s", o.ID, checks.Escape(*o.Error))
	}
	var list []string
	read := false
	for _, row := range o.Rows {
		if v, ok := row[property]; ok {
			read = true
			list = append(list, v...)
		}
	}
	if !read {
		return "", fmt.Errorf("%s could not be read: no object with the property %s came back", o.ID, property)
	}
	list = slices.DeleteFunc(list, func(v string) bool { return strings.TrimSpace(v) == "" })
	text, err := j.snap.Runbook.CheckValueFor(o.ID, runbook.JoinList(list))
	if err != nil {
		return "", fmt.Errorf("%s: %w", o.ID, err)
	}
	return text, nil
}
