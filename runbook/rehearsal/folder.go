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

// Request is what was asked for; empty fields mean the default, or what an
// existing folder says.
type Request struct {
	Dir      string // the rehearsal's folder, or the one to make it in
	Source   string
	Scenario string
	Faults   []string // names; random or random:N to have them drawn
	Draw     string   // the seed to draw with; empty: a new one
	// Own is a migration file that is rehearsed instead of a scenario's.
	Own   string
	Known migration.Known // to read it with
}

// Rehearsal is one folder's rehearsal. It is kept there as rehearsal.json, so
// that the same organisation comes back when it is opened again.
type Rehearsal struct {
	Format   int       `json:"format"` // 1
	Scenario string    `json:"scenario"`
	Source   string    `json:"source"`
	Faults   []string  `json:"faults,omitempty"`
	Draw     string    `json:"draw,omitempty"` // the seed by which faults were drawn
	Seed     string    `json:"seed"`
	Started  time.Time `json:"started"`

	Dir string `json:"-"`

	scenario Scenario
	faults   []Fault
	own      []byte // the migration that is rehearsed, when it is none of ours
}

const settingsFile = "rehearsal.json"

// Name is how the journal and every export call the rehearsal.
func (r *Rehearsal) Name() string { return r.Scenario + "-" + r.Source }

// Recorded is what the journal keeps of a rehearsal besides its name. Faults
// that were drawn are kept by their seed alone: whoever reads the journal before
// he has found them learns nothing.
func (r *Rehearsal) Recorded() map[string]string {
	switch {
	case r.Draw != "":
		return map[string]string{"draw": r.Draw}
	case len(r.Faults) > 0:
		return map[string]string{"faults": strings.Join(r.Faults, ",")}
	}
	return nil
}

// Migration is the path of the migration file.
func (r *Rehearsal) Migration() string { return filepath.Join(r.Dir, "contoso.toml") }

// Prepare opens the rehearsal in a folder, or makes it.
func (c *Content) Prepare(q Request, now time.Time) (*Rehearsal, error) {
	if r, err := c.begun(q, q.Dir); r != nil || err != nil {
		return r, err
	}
	r, err := c.fresh(q, now)
	if err != nil {
		return nil, err
	}
	if r, err := c.begun(q, r.Dir); r != nil || err != nil {
		return r, err
	}
	if entries, err := os.ReadDir(r.Dir); err == nil && len(entries) > 0 {
		return nil, fmt.Errorf("%s holds other files and no rehearsal; name a folder that is empty or new", r.Dir)
	}
	return r, r.write()
}

// begun is the rehearsal that a folder holds already; nil when it holds none.
func (c *Content) begun(q Request, dir string) (*Rehearsal, error) {
	text, err := os.ReadFile(filepath.Join(dir, settingsFile))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil
	case err != nil:
		return nil, err
	}
	return c.existing(q, dir, text)
}

// fresh is the rehearsal as it would be made now.
func (c *Content) fresh(q Request, now time.Time) (*Rehearsal, error) {
	r := &Rehearsal{Format: 1, Source: q.Source, Draw: q.Draw, Seed: fmt.Sprintf("%x", now.UnixNano()), Started: now.UTC().Truncate(time.Second)}
	var err error
	if r.scenario, err = c.Scenario(q.Scenario); err != nil {
		return nil, err
	}
	r.Scenario = r.scenario.Name
	if q.Own != "" {
		if err := r.takeOwn(q); err != nil {
			return nil, err
		}
	}
	if r.Source == "" {
		r.Source = r.scenario.Sources[0]
	}
	if !slices.Contains(sources, r.Source) {
		return nil, fmt.Errorf("--source %s: expected 2007, 2010 or mixed", r.Source)
	}
	if _, err := r.scenario.Migration(r.Source); err != nil {
		return nil, err
	}
	if r.Draw == "" {
		r.Draw = fmt.Sprintf("%x", now.UnixNano()%0xffffff)
	}
	names, drawn, err := c.draw(append(slices.Clone(r.scenario.Faults), q.Faults...), r.Source, r.Draw)
	if err != nil {
		return nil, err
	}
	if !drawn {
		r.Draw = ""
	}
	if err := r.setFaults(c, names); err != nil {
		return nil, err
	}
	r.Dir = q.Dir
	if !strings.HasPrefix(filepath.Base(filepath.Clean(q.Dir)), "rehearsal-") {
		r.Dir = filepath.Join(q.Dir, "rehearsal-"+r.Name())
	}
	return r, nil
}

// ownScenario is what the rehearsal of an engineer's own migration is called.
const ownScenario = "own"

// takeOwn rehearses a migration of the engineer's own.
func (r *Rehearsal) takeOwn(q Request) error {
	text, err := os.ReadFile(q.Own)
	if err != nil {
		return err
	}
	m, err := migration.Parse(q.Own, text, q.Known)
	if err != nil {
		return err
	}
	switch {
	case q.Scenario != "":
		return fmt.Errorf("--migration %s and --scenario %s: choose one of them", q.Own, q.Scenario)
	case q.Source != "" && q.Source != m.Organization.Source:
		return fmt.Errorf("%s is an upgrade from %s, not %s", q.Own, m.Organization.Source, q.Source)
	}
	r.own, r.Source, r.Scenario = text, m.Organization.Source, ownScenario
	return nil
}

// setFaults looks up the faults by their names, each once.
func (r *Rehearsal) setFaults(c *Content, names []string) error {
	r.Faults, r.faults = nil, nil
	for _, name := range names {
		f, err := c.fault(name, r.Source)
		if err != nil {
			return err
		}
		if !slices.Contains(r.Faults, name) {
			r.Faults, r.faults = append(r.Faults, name), append(r.faults, f)
		}
	}
	return nil
}

// existing takes up a rehearsal that was begun.
func (c *Content) existing(q Request, dir string, text []byte) (*Rehearsal, error) {
	r := &Rehearsal{}
	path := filepath.Join(dir, settingsFile)
	if err := json.Unmarshal(text, r); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if r.Format != 1 || r.Seed == "" || r.Started.IsZero() {
		return nil, fmt.Errorf("%s: expected the settings of a rehearsal in format 1", path)
	}
	r.Dir = dir
	var err error
	if r.Scenario != ownScenario {
		if r.scenario, err = c.Scenario(r.Scenario); err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
	}
	if err := r.setFaults(c, slices.Clone(r.Faults)); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	switch {
	case q.Source != "" && q.Source != r.Source:
		return nil, fmt.Errorf("%s rehearses an upgrade from %s, not %s; name another folder", dir, r.Source, q.Source)
	case q.Scenario != "" && q.Scenario != r.Scenario:
		return nil, fmt.Errorf("%s rehearses %s, not %s; name another folder", dir, r.Scenario, q.Scenario)
	case q.Draw != "" && q.Draw != r.Draw:
		return nil, fmt.Errorf("%s was begun with the seed %q, not %q; name another folder", dir, r.Draw, q.Draw)
	}
	for _, f := range q.Faults {
		if word, _, _ := strings.Cut(f, ":"); word == "random" && r.Draw != "" {
			continue
		}
		if !slices.Contains(r.Faults, f) {
			return nil, fmt.Errorf("%s was begun without the fault %s; name another folder", dir, f)
		}
	}
	return r, nil
}

// settle is the text of the migration that is rehearsed.
func (r *Rehearsal) settle() ([]byte, error) {
	if r.own != nil {
		return r.own, nil
	}
	m, err := r.scenario.Migration(r.Source)
	if err != nil {
		return nil, err
	}
	return migration.Format(m), nil
}

func (r *Rehearsal) write() error {
	if err := os.MkdirAll(r.Dir, 0o755); err != nil {
		return err
	}
	text, err := r.settle()
	if err != nil {
		return err
	}
	if err := migration.WriteNew(r.Migration(), text); err != nil {
		return err
	}
	text, err = json.MarshalIndent(r, "", "  ")
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
