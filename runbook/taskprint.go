package runbook

import (
	"encoding/json"
	"slices"
)

// prints are fingerprints of all tasks of a runbook, by id.
func prints(r *Runbook) map[string]string {
	out := make(map[string]string, len(r.tasks))
	for id, t := range r.tasks {
		out[id] = t.print()
	}
	return out
}

// print covers all that whoever carries the task out reads of it, and what it
// waits for; values stand in it by their names.
func (t *Task) print() string {
	parts := []any{
		t.Phase.ID, t.Title, t.Optional, t.Confirm, t.NoReturn, t.Why, t.RunOn, t.Rights, t.Wait, t.WaitFor,
		t.Pitfalls, t.Notes, t.After, t.Asks, t.UndoText,
	}
	for _, c := range t.Captures {
		parts = append(parts, c.Key, c.Type, c.Prompt, c.Shell, c.Property)
		if c.Command != nil {
			parts = append(parts, reads(c.Command))
		}
	}
	for _, list := range [][]*Command{t.Commands, t.Undo} {
		parts = append(parts, len(list), reads(list...))
	}
	for _, c := range t.Checks {
		parts = append(parts, c.ID, c.Title, c.Gate, c.HoldsUntil, c.FreshFor, c.Shell, c.Before, c.Remedy, c.asks(nil))
	}
	raw, err := json.Marshal(parts)
	if err != nil { // texts, numbers and lists of them: it cannot be
		return ""
	}
	return digest(string(raw))
}

// reads are the lines of commands with where they are typed.
func reads(list ...*Command) []string {
	var out []string
	for _, c := range list {
		rendered, err := c.Render(nil)
		if err != nil {
			rendered.Lines = []string{err.Error()}
		}
		out = append(out, slices.Concat([]string{c.Shell, c.On, c.About}, rendered.Lines)...)
	}
	return out
}
