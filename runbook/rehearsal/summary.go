package rehearsal

import (
	"fmt"
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
	Faults   []string       `json:"faults,omitempty"`
	Finished bool           `json:"finished"`
	Phases   []PhaseSummary `json:"steps"`
	Results  map[string]int `json:"results"` // latest verdicts
	Tasks    int            `json:"tasks"`
	Done     int            `json:"tasks_carried_out"`
	Stated   int            `json:"stated"` // attestations in force: in a run without people it gave them itself
	Stuck    []Stuck        `json:"stuck"`
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
	snap := w.session.Snapshot()
	out := &Summary{Format: 1, Scenario: r.Scenario, Source: r.Source, Faults: r.Faults, Finished: true, Results: map[string]int{},
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
			Text: strings.TrimSpace(state.Result.Summary + "; " + state.Result.Found), Blocking: !state.Satisfied && c.Gate != "info" && !t.Optional})
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
