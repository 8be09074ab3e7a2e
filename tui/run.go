package tui

import (
	"context"
	"fmt"
	"time"

	tea "charm.land/bubbletea/v2"

	"coexist/checks"
	"coexist/runbook"
)

// checkRun is one run of checks under way.
type checkRun struct {
	id      int
	ids     []string
	done    int
	failed  int
	started time.Time
	cancel  context.CancelFunc
	begun   map[string]time.Time // checks begun and not ended
	updates chan checks.Update
	try     bool // nothing is recorded
}

// runMsg brings what happened in a run since the last one, with the snapshot
// that holds it.
type runMsg struct {
	run     int
	updates []checks.Update
	snap    runbook.Snapshot
	ended   bool
}

// runEndedMsg brings the end of a run.
type runEndedMsg struct {
	run     int
	results []checks.Result
	err     error
	snap    runbook.Snapshot
}

// tickMsg counts the seconds of running checks.
type tickMsg struct{}

// bundle is how long results are gathered before the screen hears of them.
const bundle = 50 * time.Millisecond

// startRun runs checks in the background. Checks that already run are left
// out.
func (m *Model) startRun(ids []string) tea.Cmd {
	running := m.running()
	var fresh []string
	for _, id := range ids {
		if _, busy := running[id]; !busy && !m.queued(id) {
			fresh = append(fresh, id)
		}
	}
	if len(fresh) == 0 {
		m.say("These checks are running already.")
		return nil
	}
	m.runs++
	ctx, cancel := context.WithCancel(m.ctx)
	r := &checkRun{id: m.runs, ids: fresh, started: m.now(), cancel: cancel, begun: map[string]time.Time{}, updates: make(chan checks.Update, 64), try: m.trying()}
	m.active = append(m.active, r)
	e := m.engine
	check, unrecorded := e.RunChecks, ""
	if r.try {
		check, unrecorded = e.TryChecks, " without recording"
	}
	work := func() tea.Msg {
		defer cancel()
		results, err := check(ctx, fresh, func(u checks.Update) {
			select {
			case r.updates <- u:
			case <-m.ctx.Done():
			}
		})
		close(r.updates)
		return runEndedMsg{r.id, results, err, e.Snapshot()}
	}
	m.say(fmt.Sprintf("Running %s%s; x cancels.", plural(len(fresh), "check", "checks"), unrecorded))
	return tea.Batch(work, drain(e, r), m.tick())
}

func (m *Model) queued(id string) bool {
	for _, r := range m.active {
		for _, other := range r.ids {
			if other == id {
				return true
			}
		}
	}
	return false
}

// drain gathers the updates of 50 milliseconds into one message.
func drain(e engine, r *checkRun) tea.Cmd {
	return func() tea.Msg {
		first, ok := <-r.updates
		if !ok {
			return nil
		}
		out := runMsg{run: r.id, updates: []checks.Update{first}}
		timer := time.NewTimer(bundle)
		defer timer.Stop()
		for {
			select {
			case u, ok := <-r.updates:
				if !ok {
					out.snap, out.ended = e.Snapshot(), true
					return out
				}
				out.updates = append(out.updates, u)
			case <-timer.C:
				out.snap = e.Snapshot()
				return out
			}
		}
	}
}

func (m *Model) findRun(id int) *checkRun {
	for _, r := range m.active {
		if r.id == id {
			return r
		}
	}
	return nil
}

// progressed takes in a bundle of updates. One of a run that is over counts
// for its snapshot alone.
func (m *Model) progressed(msg runMsg) tea.Cmd {
	m.take(msg.snap)
	r := m.findRun(msg.run)
	if r == nil {
		return nil
	}
	for _, u := range msg.updates {
		if u.Index < 0 || u.Index >= len(r.ids) {
			continue
		}
		id := r.ids[u.Index]
		if !u.Done {
			r.begun[id] = m.now()
			continue
		}
		delete(r.begun, id)
		r.done++
		if u.Result != nil && (u.Result.Verdict == checks.Fail || u.Result.Verdict == checks.Unknown) {
			r.failed++
		}
	}
	if msg.ended {
		return nil
	}
	return drain(m.engine, r)
}

// ended closes a run.
func (m *Model) ended(msg runEndedMsg) {
	m.take(msg.snap)
	r := m.findRun(msg.run)
	if r == nil {
		return
	}
	keep := m.active[:0]
	for _, other := range m.active {
		if other != r {
			keep = append(keep, other)
		}
	}
	m.active = keep
	switch {
	case msg.err != nil:
		m.refuse(msg.err)
	case r.try:
		m.say("Not recorded: " + tally(msg.results) + ".")
		m.bring(m.newTried(msg.results))
	default:
		m.sayRun(msg.results)
	}
}

// sayRun sums a run up. What was cancelled is as it was before.
func (m *Model) sayRun(results []checks.Result) {
	count, cancelled := map[checks.Verdict]int{}, 0
	for _, r := range results {
		if r.Reason == checks.Cancelled {
			cancelled++
			continue
		}
		count[r.Verdict]++
	}
	text := fmt.Sprintf("%s: %d pass", plural(len(results), "check", "checks"), count[checks.Pass])
	for _, v := range []checks.Verdict{checks.Warn, checks.Fail, checks.Unknown, checks.Skip} {
		if count[v] > 0 {
			text += fmt.Sprintf(", %d %s", count[v], v)
		}
	}
	if cancelled > 0 {
		text += fmt.Sprintf(", %d cancelled and as they were", cancelled)
	}
	if count[checks.Fail]+count[checks.Unknown] > 0 {
		m.warn(text)
		return
	}
	m.say(text)
}

// running lists the checks that were begun and have not ended.
func (m *Model) running() map[string]time.Time {
	if len(m.active) == 0 {
		return nil
	}
	out := map[string]time.Time{}
	for _, r := range m.active {
		for id, at := range r.begun {
			out[id] = at
		}
	}
	return out
}

// runCount sums all runs under way: begun, ended, all.
func (m *Model) runCount() (begun, done, total int) {
	for _, r := range m.active {
		begun += len(r.begun)
		done += r.done
		total += len(r.ids)
	}
	return begun, done, total
}

// cancelRuns stops all runs; what is finished stays recorded.
func (m *Model) cancelRuns() tea.Cmd {
	for _, r := range m.active {
		r.cancel()
	}
	if m.trying() {
		m.say("Cancelling.")
		return nil
	}
	m.say("Cancelling; finished results are kept.")
	return nil
}

// tick asks for the next second while checks run; one chain at a time.
func (m *Model) tick() tea.Cmd {
	if m.ticking || len(m.active) == 0 {
		return nil
	}
	m.ticking = true
	return m.after(time.Second, func(time.Time) tea.Msg { return tickMsg{} })
}
