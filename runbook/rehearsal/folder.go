// Package rehearsal makes a training run out of a sample migration: a folder
// with its files, the organisation to be simulated, a clock that jumps over
// waits, and a run from end to end without anybody at the keyboard. What
// simulates is handed in.
package rehearsal

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"coexist/runbook"
	"coexist/runbook/journal"
	"coexist/runbook/migration"
)

// Scenario is a rehearsal that one can ask for by name.
type Scenario struct {
	Name   string
	Doc    string
	Faults []string
}

// Scenarios are all of them; the first is the default.
var Scenarios = []Scenario{
	{"plain", "nothing goes wrong", nil},
	{"slow-forest", "a domain controller misses the schema", []string{"schema-not-replicated"}},
	{"bad-night", "names, certificate, Outlook Anywhere and a service connection point go wrong once each",
		[]string{"stale-dns", "wrong-cert", "oa-without-ntlm", "scp-forgotten"}},
}

// Request is what was asked for; empty fields mean the default, or what an
// existing folder says.
type Request struct {
	Dir      string // the rehearsal's folder, or the one to make it in
	Source   string
	Scenario string
	Faults   []string
}

// Rehearsal is one folder's rehearsal. It is kept there as rehearsal.json, so
// that the same organisation comes back when it is opened again.
type Rehearsal struct {
	Format   int       `json:"format"` // 1
	Scenario string    `json:"scenario"`
	Source   string    `json:"source"`
	Faults   []string  `json:"faults,omitempty"`
	Seed     string    `json:"seed"`
	Started  time.Time `json:"started"`

	Dir string `json:"-"`
}

const settingsFile = "rehearsal.json"

// Name is how the journal and every export call the rehearsal.
func (r *Rehearsal) Name() string { return r.Scenario + "-" + r.Source }

// Migration is the path of the migration file.
func (r *Rehearsal) Migration() string { return filepath.Join(r.Dir, "contoso.toml") }

// Prepare opens the rehearsal in a folder, or makes it.
func Prepare(q Request, now time.Time) (*Rehearsal, error) {
	r, err := q.fresh(now)
	if err != nil {
		return nil, err
	}
	text, err := os.ReadFile(filepath.Join(r.Dir, settingsFile))
	switch {
	case err == nil:
		return q.existing(r.Dir, text)
	case !errors.Is(err, fs.ErrNotExist):
		return nil, err
	}
	if entries, err := os.ReadDir(r.Dir); err == nil && len(entries) > 0 {
		return nil, fmt.Errorf("%s holds other files and no rehearsal; name a folder that is empty or new", r.Dir)
	}
	return r, r.write()
}

// fresh is the rehearsal as it would be made now.
func (q Request) fresh(now time.Time) (*Rehearsal, error) {
	r := &Rehearsal{Format: 1, Scenario: q.Scenario, Source: q.Source, Seed: fmt.Sprintf("%x", now.UnixNano()), Started: now.UTC().Truncate(time.Second)}
	if r.Scenario == "" {
		r.Scenario = Scenarios[0].Name
	}
	if r.Source == "" {
		r.Source = migration.Source2010
	}
	if !slices.Contains([]string{migration.Source2007, migration.Source2010, migration.Mixed}, r.Source) {
		return nil, fmt.Errorf("--source %s: expected 2007, 2010 or mixed", r.Source)
	}
	i := slices.IndexFunc(Scenarios, func(s Scenario) bool { return s.Name == r.Scenario })
	if i < 0 {
		var names []string
		for _, s := range Scenarios {
			names = append(names, s.Name)
		}
		return nil, fmt.Errorf("--scenario %s: expected one of %s", r.Scenario, strings.Join(names, ", "))
	}
	r.Faults = append(slices.Clone(Scenarios[i].Faults), q.Faults...)
	r.Dir = q.Dir
	if !strings.HasPrefix(filepath.Base(filepath.Clean(q.Dir)), "rehearsal-") {
		r.Dir = filepath.Join(q.Dir, "rehearsal-"+r.Name())
	}
	return r, nil
}

// existing takes up a rehearsal that was begun.
func (q Request) existing(dir string, text []byte) (*Rehearsal, error) {
	r := &Rehearsal{}
	path := filepath.Join(dir, settingsFile)
	if err := json.Unmarshal(text, r); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if r.Format != 1 || r.Seed == "" || r.Started.IsZero() {
		return nil, fmt.Errorf("%s: expected the settings of a rehearsal in format 1", path)
	}
	r.Dir = dir
	switch {
	case q.Source != "" && q.Source != r.Source:
		return nil, fmt.Errorf("%s rehearses an upgrade from %s, not %s; name another folder", dir, r.Source, q.Source)
	case q.Scenario != "" && q.Scenario != r.Scenario:
		return nil, fmt.Errorf("%s rehearses %s, not %s; name another folder", dir, r.Scenario, q.Scenario)
	}
	for _, f := range q.Faults {
		if !slices.Contains(r.Faults, f) {
			return nil, fmt.Errorf("%s was begun without the fault %s; name another folder", dir, f)
		}
	}
	return r, nil
}

func (r *Rehearsal) write() error {
	if err := os.MkdirAll(r.Dir, 0o755); err != nil {
		return err
	}
	if err := migration.WriteNew(r.Migration(), migration.Sample(r.Source)); err != nil {
		return err
	}
	text, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	return migration.WriteNew(filepath.Join(r.Dir, settingsFile), append(text, '\n'))
}

// LastEvent is the time of the journal's last event; zero when there is none.
func (r *Rehearsal) LastEvent() time.Time {
	path := runbook.JournalPath(r.Migration())
	if _, err := os.Stat(path); err != nil {
		return time.Time{}
	}
	j, err := journal.Open(path, journal.Options{ReadOnly: true})
	if err != nil {
		return time.Time{}
	}
	defer j.Close()
	last := time.Time{}
	for _, e := range j.Events() {
		if e.Time.After(last) {
			last = e.Time
		}
	}
	return last
}
