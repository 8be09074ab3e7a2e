package rehearsal

import (
	"fmt"
	"slices"

	"coexist/checks/effect"
	"coexist/runbook"
	"coexist/runbook/migration"
	"coexist/runbook/procedure"
)

// Inherited are the effects that are there before a rehearsal begins, in the
// order of the runbook: those of the tasks that its scenario says were carried
// out by somebody else.
func (r *Rehearsal) Inherited(lib *procedure.Library, m *migration.Migration) ([]effect.Effect, error) {
	if len(r.scenario.Done) == 0 || r.Scenario != r.scenario.Name {
		return nil, nil
	}
	book, err := runbook.Compile(lib, m)
	if err != nil {
		return nil, err
	}
	var out []effect.Effect
	met := map[string]bool{}
	for _, p := range book.Phases {
		for _, t := range p.Tasks {
			if !r.inherits(t) {
				continue
			}
			met[t.Name], met[t.ID] = true, true
			list, err := t.EffectsWith(runbook.Values{})
			if err != nil {
				return nil, fmt.Errorf("scenarios/%s.toml: done: %s waits for a value: %w", r.scenario.Name, t.ID, err)
			}
			out = append(out, list...)
		}
	}
	for _, name := range r.scenario.Done {
		if !met[name] {
			return nil, fmt.Errorf("scenarios/%s.toml: done: there is no task %s on the way from %s", r.scenario.Name, name, r.Source)
		}
	}
	return append(out, r.scenario.Effects...), nil
}

func (r *Rehearsal) inherits(t *runbook.Task) bool {
	return slices.Contains(r.scenario.Done, t.Name) || slices.Contains(r.scenario.Done, t.ID)
}
