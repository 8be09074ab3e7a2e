// Package outside carries what can only be seen from outside the organisation.
//
// A run outside needs the migration file alone. It looks, by the checks whose
// vantage is outside or any, and saves observations: for every check what the
// protocol said and the rows it gave, never whether that is what the migration
// expects. Inside, where the journal is, the file is judged and recorded.
//
// The run draws a nonce of its own. Nothing has to be carried out of the
// organisation first; the journal keeps the nonce with the import, so that a
// file counts once and an altered copy of it not at all.
package outside

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/netip"
	"strings"
	"sync"
	"time"

	"coexist/checks"
	"coexist/runbook"
)

// Options say what is looked at, and by whom.
type Options struct {
	Step      int    // number on the diagram; 0: all
	Task      string // name, or name/target; empty: all
	Text      []byte // the migration as it was read
	Operator  string
	Host      string
	Tool      string // version of the program
	Clock     func() time.Time
	Run       func(ctx context.Context, list []checks.Check, each func(checks.Update)) []checks.Result
	Talk      *Talk                              // the store of Run's environment; nil: transcripts are not kept
	Here      []netip.Prefix                     // networks that this computer stands in
	Announced func(todo, left int, doubt string) // told before anything runs, and why this computer may not be outside; may be nil
}

// Look observes whatever the runbook lets be observed from outside.
func Look(ctx context.Context, r *runbook.Runbook, o Options, each func(checks.Update)) (*File, error) {
	ids, err := r.Select(o.Step, o.Task)
	if err != nil {
		return nil, err
	}
	p := planFor(r, ids)
	if len(p.list) == 0 {
		return nil, fmt.Errorf("nothing here can be looked at from outside: expected a check whose vantage is outside or any%s", p.why())
	}
	why := doubt(r.Migration, o.Here)
	if o.Announced != nil {
		o.Announced(len(p.list), len(p.left), why)
	}
	var nonce [16]byte
	if _, err := rand.Read(nonce[:]); err != nil {
		return nil, err
	}
	sum := sha256.Sum256(o.Text)
	f := &File{
		Format: format, Kind: kind, Nonce: hex.EncodeToString(nonce[:]), Tool: o.Tool,
		Organization: r.Migration.Organization.Name, Forest: r.Migration.Organization.Forest, Source: r.Source, Release: r.Release.Name,
		Migration: hex.EncodeToString(sum[:]), Procedure: r.Hash, Operator: o.Operator, Host: o.Host, Started: o.Clock().UTC(), Doubt: why, Left: p.left,
	}
	for i, res := range o.Run(ctx, p.list, each) {
		if res.Reason == "run.cancelled" {
			f.Left = append(f.Left, Left{ID: p.list[i].ID, Why: "cancelled"})
			continue
		}
		f.Observations = append(f.Observations, observation(res, p.prints[i], o.Talk))
	}
	f.Ended = o.Clock().UTC()
	if len(f.Observations) == 0 {
		return nil, fmt.Errorf("nothing was observed: %w", context.Canceled)
	}
	return f, f.seal()
}

// plan is what a run outside does and leaves.
type plan struct {
	list   []checks.Check
	prints []string
	left   []Left
}

// planFor sorts the checks that are made from outside into those that can be
// made here and those that cannot.
func planFor(r *runbook.Runbook, ids []string) plan {
	var p plan
	names := insideOf(r.Migration)
	for _, id := range ids {
		c := r.Check(id)
		if !fromOutside(c) {
			continue
		}
		ready, print, pending, err := c.Look(nil)
		var why string
		switch {
		case err != nil:
			why = "it cannot be filled in: " + err.Error()
		case len(pending) > 0:
			why = "it needs the value " + pending[0].Key + ", which only the journal holds"
		default:
			why = names.named(ready)
		}
		if why != "" {
			p.left = append(p.left, Left{ID: id, Why: why})
			continue
		}
		p.list, p.prints = append(p.list, ready), append(p.prints, print)
	}
	return p
}

func (p plan) why() string {
	if len(p.left) == 0 {
		return ""
	}
	return fmt.Sprintf("; left out: %s, because %s", p.left[0].ID, p.left[0].Why)
}

// fromOutside tells whether a check may be looked at from outside at all.
func fromOutside(c *runbook.Check) bool {
	k := checks.KindNamed(c.Kind)
	return k != nil && k.Source == checks.FromProbe && (c.Vantage == checks.Outside || c.Vantage == checks.Any)
}

// observation keeps of a result what was seen.
func observation(r checks.Result, print string, talk *Talk) Observation {
	o := Observation{
		ID: r.ID, Asked: print, Outcome: r.Verdict, Reason: r.Reason, Summary: r.Summary, Expected: r.Expected, Found: r.Found,
		Rows: r.Rows, Evidence: r.Evidence, Sub: r.Sub, Attempts: r.Attempts, Started: r.Started.UTC(), MS: r.MS, Transcript: talk.said(r.Transcript),
	}
	if o.Outcome == checks.Pass {
		o.Reason, o.Summary = "", "" // judging words it
	}
	return o
}

// Talk keeps transcripts in memory until a file holds them.
type Talk struct {
	mu    sync.Mutex
	texts map[string]string
}

// Store keeps a transcript under its SHA-256; see [checks.Env].
func (t *Talk) Store(lines []string) (string, error) {
	text := strings.Join(lines, "\n") + "\n"
	sum := sha256.Sum256([]byte(text))
	name := hex.EncodeToString(sum[:])
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.texts == nil {
		t.texts = map[string]string{}
	}
	t.texts[name] = text
	return name, nil
}

func (t *Talk) said(name string) string {
	if t == nil {
		return ""
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.texts[name]
}
