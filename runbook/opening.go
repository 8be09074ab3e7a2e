package runbook

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"sort"
	"strings"

	"coexist/runbook/journal"
	"coexist/runbook/migration"
	"coexist/runbook/procedure"
)

// prepare works out what must be recorded before anything else: that a run
// starts, or that the migration or the procedure is not what it was. A run that
// rests on an overlay is not opened without one by mistake.
func (s *Session) prepare(text string, known migration.Known) error {
	m := MigrationPrint{Hash: digest(text), Text: text}
	lastM, lastP := lastPrints(s.events)
	if lastP != nil && lastP.Overlay != "" && s.lib.Overlay == "" && !s.opts.Shipped {
		return fmt.Errorf("%s was worked on with an overlay of the procedures (sha256 %.12s…), and none was given: its steps and checks would vanish; "+
			"give its folder with --procedures DIR, or --procedures none to go on without it", JournalPath(s.path), lastP.Overlay)
	}
	if lastM == nil || lastP == nil {
		s.preamble = append(s.preamble, func() journal.Entry { // the prints take time that only recording needs
			return journal.Entry{Kind: EventStarted, Data: RunStarted{
				Tool: s.opts.Tool, File: fileName(s.path), Organization: s.runbook.Migration.Organization.Name,
				Source: s.runbook.Source, Release: s.runbook.Release.Name, Rehearsal: s.opts.Rehearsal, Migration: m,
				Procedure: procedurePrint(s.lib, s.runbook.Source), Extra: s.opts.Extra,
			}}
		})
		return nil
	}
	if lastM.Hash != m.Hash {
		change := MigrationChanged{Migration: m, Before: lastM.Hash, Summary: s.edited(*lastM, known)}
		s.preamble = append(s.preamble, func() journal.Entry { return journal.Entry{Kind: EventMigration, Data: change} })
		s.notices = append(s.notices, "The migration was edited since the last session: "+change.Summary.String()+".")
	}
	if lastP.Hash != s.lib.Hash {
		p := procedurePrint(s.lib, s.runbook.Source)
		change := ProcedureChanged{Procedure: p, Before: lastP.Hash, Tool: s.opts.Tool, Summary: revised(*lastP, p)}
		s.preamble = append(s.preamble, func() journal.Entry { return journal.Entry{Kind: EventProcedure, Data: change} })
		s.notices = append(s.notices, "The procedure is another one than in the last session: "+change.Summary.String()+".")
	}
	return nil
}

func fileName(path string) string {
	return path[strings.LastIndexAny(path, `/\`)+1:]
}

func digest(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

// lastPrints finds what the journal last said of the migration and of the
// procedure.
func lastPrints(events []journal.Event) (m *MigrationPrint, p *ProcedurePrint) {
	for _, e := range slices.Backward(events) {
		if m != nil && p != nil {
			break
		}
		if e.Kind != EventStarted && e.Kind != EventMigration && e.Kind != EventProcedure {
			continue // results are by far the most, and decoding is what opening waits for
		}
		payload, err := Decode(e)
		if err != nil {
			continue
		}
		switch d := payload.(type) {
		case *RunStarted:
			if m == nil {
				m = &d.Migration
			}
			if p == nil {
				p = &d.Procedure
			}
		case *MigrationChanged:
			if m == nil {
				m = &d.Migration
			}
		case *ProcedureChanged:
			if p == nil {
				p = &d.Procedure
			}
		}
	}
	return m, p
}

// edited compares the runbook with that of the migration as it was.
func (s *Session) edited(was MigrationPrint, known migration.Known) Summary {
	m, err := migration.Parse(s.path, []byte(was.Text), known)
	if err != nil {
		return Summary{Note: "the earlier text can no longer be read, so the tasks were not compared"}
	}
	before, err := Compile(s.lib, m)
	if err != nil {
		return Summary{Note: "the earlier text can no longer be compiled, so the tasks were not compared"}
	}
	return compare(prints(before), prints(s.runbook))
}

// prints are fingerprints of all tasks of a runbook, by id.
func prints(r *Runbook) map[string]string {
	out := make(map[string]string, len(r.tasks))
	for id, t := range r.tasks {
		parts := []string{t.Phase.ID, t.Title, strings.Join(t.After, " "), strings.Join(t.Lines(nil), "\n")}
		for _, c := range t.Checks {
			parts = append(parts, c.ID, c.Gate, c.HoldsUntil, c.asks(nil))
		}
		out[id] = digest(strings.Join(parts, "\x00"))
	}
	return out
}

// procedurePrint covers the tasks that a source's procedure lists.
func procedurePrint(lib *procedure.Library, source string) ProcedurePrint {
	out := ProcedurePrint{Hash: lib.Hash, Overlay: lib.Overlay, Tasks: map[string]string{}}
	for _, step := range lib.Procedures[source].Steps {
		for _, name := range slices.Concat(step.Tasks, step.CloseOut) {
			raw, err := json.Marshal(lib.Tasks[name])
			if err == nil {
				out.Tasks[name] = digest(string(raw))[:16]
			}
		}
	}
	return out
}

func revised(was, is ProcedurePrint) Summary { return compare(was.Tasks, is.Tasks) }

// compare tells two sets of fingerprints apart.
func compare(was, is map[string]string) Summary {
	var s Summary
	for id, print := range is {
		switch before, there := was[id]; {
		case !there:
			s.Added = append(s.Added, id)
		case before != print:
			s.Changed = append(s.Changed, id)
		}
	}
	for id := range was {
		if _, there := is[id]; !there {
			s.Removed = append(s.Removed, id)
		}
	}
	sort.Strings(s.Added)
	sort.Strings(s.Changed)
	sort.Strings(s.Removed)
	return s
}
