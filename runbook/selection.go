package runbook

import (
	"fmt"
	"sort"
	"strings"

	"coexist/checks"
)

// Select returns the ids of the checks of a step of the diagram (0: any) and
// of a task (name, or name/target; "": any), in order of the runbook.
func (r *Runbook) Select(step int, task string) ([]string, error) {
	if step < 0 || step > len(r.Steps) {
		return nil, fmt.Errorf("step %d: this migration has the steps 1 to %d", step, len(r.Steps))
	}
	var ids []string
	found := task == ""
	for _, p := range r.Phases {
		if step != 0 && p.Step != step {
			continue
		}
		for _, t := range p.Tasks {
			if task != "" && t.Name != task && t.ID != task {
				continue
			}
			found = true
			for _, c := range t.Checks {
				ids = append(ids, c.ID)
			}
		}
	}
	if !found {
		return nil, fmt.Errorf("no task is called %q here; the nearest: %s", task, strings.Join(r.similar(task), ", "))
	}
	return ids, nil
}

// similar lists a few task names that share the most with a wrong one.
func (r *Runbook) similar(name string) []string {
	first, _, _ := strings.Cut(name, ".")
	set := map[string]bool{}
	for _, t := range r.tasks {
		if strings.HasPrefix(t.Name, first) || strings.Contains(t.Name, name) {
			set[t.Name] = true
		}
	}
	if len(set) == 0 {
		for _, t := range r.tasks {
			set[t.Name] = true
		}
	}
	names := make([]string, 0, len(set))
	for n := range set {
		names = append(names, n)
	}
	sort.Strings(names)
	return names[:min(len(names), 8)]
}

// CountBlocking counts the results that are fail or unknown for checks that a
// gate asks for.
func (r *Runbook) CountBlocking(results []checks.Result) int {
	n := 0
	for _, res := range results {
		c := r.checks[res.ID]
		if c == nil || c.Gate == "info" || c.Task.Optional {
			continue
		}
		if res.Verdict == checks.Fail || res.Verdict == checks.Unknown {
			n++
		}
	}
	return n
}
