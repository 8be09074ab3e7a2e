package rehearsal

import (
	"fmt"
	"slices"
	"sort"
	"strings"

	"coexist/checks"
	"coexist/runbook"
)

// Summary is what a run without people came to.
type Summary struct {
	Format   int            `json:"format"` // 1
	Scenario string         `json:"scenario"`
	Source   string         `json:"source"`
	Faults   []FaultSummary `json:"faults,omitempty"`
	Draw     string         `json:"draw,omitempty"` // the seed by which faults were drawn
	Finished bool           `json:"finished"`       // every step is complete, and every fault was found and cleared
	Phases   []PhaseSummary `json:"steps"`
	Results  map[string]int `json:"results"` // latest verdicts
	Tasks    int            `json:"tasks"`
	Done     int            `json:"tasks_carried_out"`
	Stated   int            `json:"stated"` // attestations in force: in a run without people it gave them itself
	Stuck    []Stuck        `json:"stuck"`
	Problems []string       `json:"problems,omitempty"` // what the rehearsal itself could not do
}

// PhaseSummary is how far one stretch of work came.
type PhaseSummary struct {
	ID       string `json:"id"`
	Title    string `json:"title"`
	Complete bool   `json:"complete"`
	Done     int    `json:"done"`
	Total    int    `json:"total"`
}

// Stuck is one thing that kept the run from its end, or that the rehearsal
// could not answer.
type Stuck struct {
	Phase    string `json:"phase"`
	Task     string `json:"task"`
	Check    string `json:"check,omitempty"`
	Verdict  string `json:"verdict,omitempty"`
	Reason   string `json:"reason,omitempty"`
	Text     string `json:"text"`
	Blocking bool   `json:"blocking"` // false: it closes no gate
}

// summary tells how far the run came and what was in its way.
func (w *walker) summary(r *Rehearsal) *Summary {
	snap := w.look()
	out := &Summary{Format: 1, Scenario: r.Scenario, Source: r.Source, Faults: w.faults, Draw: r.Draw, Finished: true, Results: map[string]int{},
		Stated: snap.Progress.Truth.Stated, Stuck: []Stuck{}}
	for _, p := range w.book.Phases {
		state := snap.Progress.Phases[p.ID]
		out.Phases = append(out.Phases, PhaseSummary{p.ID, p.Title, state.Complete, state.Done, state.Total})
		out.Finished = out.Finished && state.Complete
		for _, t := range p.Tasks {
			out.Tasks++
			if snap.Progress.Tasks[t.ID].DoneAt.IsZero() {
				if why := w.refused[t.ID]; why != "" {
					out.Stuck = append(out.Stuck, Stuck{Phase: p.ID, Task: t.ID, Text: why, Blocking: !t.Optional})
				}
			} else {
				out.Done++
			}
			for _, c := range t.Checks {
				out.count(p, t, c, snap.Progress.Checks[c.ID])
			}
		}
	}
	for _, f := range w.faults {
		out.Finished = out.Finished && f.Cleared
	}
	out.Problems = slices.Clone(snap.Progress.Alerts)
	return out
}

func (s *Summary) count(p *runbook.Phase, t *runbook.Task, c *runbook.Check, state *runbook.CheckState) {
	if state == nil || state.Result == nil {
		s.Results["not run"]++
		return
	}
	s.Results[string(state.Result.Verdict)]++
	bad := state.Result.Verdict == checks.Fail || state.Result.Verdict == checks.Unknown || !state.Satisfied
	if bad && state.Status != runbook.NotYet {
		s.Stuck = append(s.Stuck, Stuck{Phase: p.ID, Task: t.ID, Check: c.ID, Verdict: string(state.Result.Verdict), Reason: state.Result.Reason,
			Text: said(state.Result), Blocking: !state.Satisfied && c.Gate != "info" && !t.Optional})
	}
}

// Text is the summary as plain lines.
func (s *Summary) Text() string {
	var b strings.Builder
	for _, p := range s.Phases {
		word := "open"
		if p.Complete {
			word = "complete"
		}
		fmt.Fprintf(&b, "%-28s %-9s %d of %d tasks\n", p.ID, word, p.Done, p.Total)
	}
	var counts []string
	for verdict, n := range s.Results {
		counts = append(counts, fmt.Sprintf("%s %d", verdict, n))
	}
	sort.Strings(counts)
	fmt.Fprintf(&b, "%d of %d tasks carried out; checks: %s; stated by the rehearsal itself: %d\n", s.Done, s.Tasks, strings.Join(counts, ", "), s.Stated)
	if s.Draw != "" {
		fmt.Fprintf(&b, "faults drawn with --seed %s\n", s.Draw)
	}
	for _, f := range s.Faults {
		switch {
		case f.Check == "":
			fmt.Fprintf(&b, "fault %s: no check found it\n", f.Name)
		case f.Cleared:
			fmt.Fprintf(&b, "fault %s: found by %s, cleared by its remedy\n", f.Name, f.Check)
		default:
			fmt.Fprintf(&b, "fault %s: found by %s, not cleared\n", f.Name, f.Check)
		}
	}
	for _, p := range s.Problems {
		fmt.Fprintf(&b, "problem: %s\n", p)
	}
	for _, k := range s.Stuck {
		word := "noted"
		if k.Blocking {
			word = "blocks"
		}
		at := k.Check
		if at == "" {
			at = k.Task
		}
		fmt.Fprintf(&b, "%s: %s: %s\n", word, at, strings.ReplaceAll(k.Text, "\n", " "))
	}
	if s.Finished {
		b.WriteString("finished\n")
	}
	return b.String()
}
