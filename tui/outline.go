package tui

import (
	"fmt"
	"strings"

	"coexist/runbook"
	"coexist/tui/diagram"
)

// outlineRow is one row of steps and tasks: a step, a round, a phase inside
// the last step, or a task.
type outlineRow struct {
	key    string // of the cursor: a task id, or "step:4", "round:lyon", "phase:…"
	depth  int
	title  string
	number string // "4", "4.2", "6.lyon"
	label  string // target of a task
	open   bool   // its tasks are shown below
	step   *runbook.Step
	phase  *runbook.Phase
	task   *runbook.Task
	round  string
}

// outline lists the rows: all steps, below the opened phase its tasks. With a
// filter it is the matching tasks below their phases.
type outline struct {
	rows []outlineRow
	at   map[string]int // row by key
}

func (o *outline) add(r outlineRow) {
	o.at[r.key] = len(o.rows)
	o.rows = append(o.rows, r)
}

// makeOutline lays the rows out for the opened phase.
func makeOutline(r *runbook.Runbook, open string) *outline {
	o := &outline{at: map[string]int{}}
	for _, step := range r.Steps {
		own := ownsPhase(step, open)
		row := outlineRow{key: fmt.Sprintf("step:%d", step.Number), title: step.Title, number: fmt.Sprint(step.Number), step: step, open: own}
		if len(step.Phases) == 1 && !inRounds(step) {
			row.phase = step.Phases[0]
		}
		o.add(row)
		if !own {
			continue
		}
		if row.phase != nil {
			o.tasks(row.phase, 1)
			continue
		}
		o.rounds(step, open)
	}
	return o
}

func inRounds(s *runbook.Step) bool { return len(s.Phases) > 0 && s.Phases[0].ID != s.ID }

func ownsPhase(s *runbook.Step, id string) bool {
	for _, p := range s.Phases {
		if p.ID == id {
			return true
		}
	}
	return false
}

// rounds lists the rounds of the last step and its close-out.
func (o *outline) rounds(step *runbook.Step, open string) {
	for i := 0; i < len(step.Phases); {
		first := step.Phases[i]
		n := 1
		for i+n < len(step.Phases) && first.Round != "" && step.Phases[i+n].Round == first.Round {
			n++
		}
		group := step.Phases[i : i+n]
		i += n
		if first.Round == "" {
			o.add(outlineRow{key: "phase:" + first.ID, depth: 1, title: first.Title, phase: first, step: step, open: first.ID == open})
			if first.ID == open {
				o.tasks(first, 2)
			}
			continue
		}
		inside := false
		for _, p := range group {
			inside = inside || p.ID == open
		}
		o.add(outlineRow{key: "round:" + first.Round, depth: 1, title: "Round: " + first.Site, round: first.Round, step: step, open: inside, phase: nil})
		if !inside {
			continue
		}
		for _, p := range group {
			o.add(outlineRow{key: "phase:" + p.ID, depth: 2, title: p.Title, phase: p, step: step, open: p.ID == open})
			if p.ID == open {
				o.tasks(p, 3)
			}
		}
	}
}

func (o *outline) tasks(p *runbook.Phase, depth int) {
	for i, t := range p.Tasks {
		o.add(outlineRow{key: t.ID, depth: depth, title: t.Title, number: fmt.Sprintf("%d.%d", p.Step, i+1), label: labelOf(t), phase: p, task: t})
	}
}

// labelOf is the target as the rows show it: nothing for the organisation, and
// nothing where the title names it already.
func labelOf(t *runbook.Task) string {
	if t.Target == runbook.Org || strings.Contains(t.Title, t.Label) {
		return ""
	}
	return t.Label
}

// makeFiltered lists the tasks that a text or a panel selects.
func makeFiltered(r *runbook.Runbook, text string, panel *diagram.Panel) *outline {
	o := &outline{at: map[string]int{}}
	words := strings.Fields(strings.ToLower(text))
	for _, p := range r.Phases {
		first := true
		for i, t := range p.Tasks {
			if panel != nil && !panel.Selects(t) || !matches(t, words) {
				continue
			}
			if first {
				first = false
				o.add(outlineRow{key: "phase:" + p.ID, title: phaseTitle(p), number: fmt.Sprint(p.Step), phase: p, open: true})
			}
			o.add(outlineRow{key: t.ID, depth: 1, title: t.Title, number: fmt.Sprintf("%d.%d", p.Step, i+1), label: labelOf(t), phase: p, task: t})
		}
	}
	return o
}

// phaseTitle names a phase with its round.
func phaseTitle(p *runbook.Phase) string {
	if p.Round != "" && p.Site != "" {
		return p.Title + " · " + p.Site
	}
	return p.Title
}

func matches(t *runbook.Task, words []string) bool {
	if len(words) == 0 {
		return true
	}
	hay := strings.ToLower(t.Title + " " + t.Label + " " + t.Name + " " + t.Site)
	for _, w := range words {
		if !strings.Contains(hay, w) {
			return false
		}
	}
	return true
}
