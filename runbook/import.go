package runbook

import (
	"fmt"
	"maps"
	"slices"

	"coexist/checks"
	"coexist/runbook/journal"
)

// ScriptWritten records that a script left the program.
func (s *Session) ScriptWritten(w ScriptWritten) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.append(journal.Entry{Kind: EventScript, Data: w})
}

// Exported records that the record was written out.
func (s *Session) Exported(sha256, path string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.append(journal.Entry{Kind: EventExported, Data: Exported{SHA256: sha256, Path: path}})
}

// HandOver records that the work goes to somebody else.
func (s *Session) HandOver(h HandedOver) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.append(journal.Entry{Kind: EventHandover, Data: h})
}

// Import records judged results and captured values that came from elsewhere,
// as one batch: all of them or none. A result must belong to a check of this
// runbook, a value to a value of it. judged are the values in force when the
// results were judged, nil for those of now: where they changed since, a result
// answers another question and is stale.
func (s *Session) Import(from Imported, results []checks.Result, captured map[string]string, judged Values) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.catchUp()
	from.Count = len(results) + len(captured)
	entries := []journal.Entry{{Kind: EventImport, Data: from}}
	if judged == nil {
		judged = s.fold.values
	}
	values := Values{}
	maps.Copy(values, judged)
	for _, key := range slices.Sorted(maps.Keys(captured)) {
		text, err := s.runbook.CheckValueFor(key, captured[key])
		if err != nil {
			return fmt.Errorf("nothing was imported: value %s: %w", key, err)
		}
		how := "imported"
		if s.runbook.plan.captures[key] != nil {
			how = "captured"
		}
		values[key] = text
		entries = append(entries, journal.Entry{Kind: EventValue, Data: ValueSet{Key: key, Value: text, How: how}})
	}
	for _, r := range results {
		c := s.runbook.Check(r.ID)
		if c == nil {
			return fmt.Errorf("nothing was imported: there is no check %q in this runbook", r.ID)
		}
		if r.Source == checks.FromPerson {
			return fmt.Errorf("nothing was imported: the result of %s is a person's statement", r.ID)
		}
		if r.Operator == "" {
			r.Operator = s.opts.Operator
		}
		entries = append(entries, journal.Entry{Kind: EventResult, Data: Recorded{Result: r, Asked: c.asks(values)}})
	}
	return s.append(entries...)
}
