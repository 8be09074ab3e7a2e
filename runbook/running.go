package runbook

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"coexist/checks"
	"coexist/runbook/journal"
)

// RunChecks runs checks and records what they find. Results that arrive
// within a twentieth of a second are recorded together; each is told after it
// is on the disk. Update.Index counts in ids. each is never called twice at the
// same time, though not always by the same goroutine.
func (s *Session) RunChecks(ctx context.Context, ids []string, each func(checks.Update)) ([]checks.Result, error) {
	s.mu.Lock()
	err := s.append() // whoever may not record may not run
	s.mu.Unlock()
	if err != nil {
		return nil, err
	}
	return s.run(ctx, ids, each, s.recordResults)
}

// TryChecks runs checks without recording anything.
func (s *Session) TryChecks(ctx context.Context, ids []string, each func(checks.Update)) ([]checks.Result, error) {
	return s.run(ctx, ids, each, func([]Recorded) error { return nil })
}

func (s *Session) recordResults(list []Recorded) error {
	entries := make([]journal.Entry, len(list))
	for i, r := range list {
		entries[i] = journal.Entry{Kind: EventResult, Data: r}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.append(entries...)
}

// batchTime is how long results are gathered before they are recorded.
const batchTime = 50 * time.Millisecond

// run prepares the checks, runs those that can be run and hands every result
// to record in batches.
func (s *Session) run(ctx context.Context, ids []string, each func(checks.Update), record func([]Recorded) error) ([]checks.Result, error) {
	if each == nil {
		each = func(checks.Update) {}
	}
	each = oneByOne(each)
	b, err := s.batch(ids)
	if err != nil {
		return nil, err
	}
	b.each, b.record = each, record
	if s.opts.Run == nil && len(b.list) > 0 {
		return nil, errors.New("this session cannot run checks")
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	b.cancel = cancel
	done := make(chan struct{})
	go b.keep(done)
	for i := range b.results {
		if r := b.results[i]; r.ID != "" { // decided without running
			b.finish(i, r)
		}
	}
	if len(b.list) > 0 {
		all := s.opts.Run(ctx, b.list, func(u checks.Update) {
			if !u.Done || u.Result == nil {
				each(checks.Update{Index: b.index[u.Index]})
				return
			}
			b.finish(b.index[u.Index], b.stamp(*u.Result, b.list[u.Index]))
		})
		for n := range all { // what was not told as it ended
			b.finish(b.index[n], b.stamp(all[n], b.list[n]))
		}
	}
	close(b.arrived)
	<-done
	return b.results, b.err
}

// oneByOne keeps two callers of a function apart: the runner tells what begins,
// the keeper what is on the disk.
func oneByOne(each func(checks.Update)) func(checks.Update) {
	var mu sync.Mutex
	return func(u checks.Update) {
		mu.Lock()
		defer mu.Unlock()
		each(u)
	}
}

// batch is a run of checks under way.
type batch struct {
	results []checks.Result // in the order of the ids
	asked   []string
	list    []checks.Check // those that are run
	index   []int          // of list in results
	told    []bool         // in the order of the ids
	model   checks.Result  // what all results have alike
	arrived chan int
	each    func(checks.Update)
	record  func([]Recorded) error
	cancel  context.CancelFunc
	mu      sync.Mutex
	err     error
}

// batch fills the checks in. One that waits for values, or that cannot be
// rendered, is undecided without running.
func (s *Session) batch(ids []string) (*batch, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.opts.Clock()
	b := &batch{
		results: make([]checks.Result, len(ids)), asked: make([]string, len(ids)), told: make([]bool, len(ids)),
		model:   checks.Result{Operator: s.opts.Operator, Host: s.opts.Host, Started: now.UTC()},
		arrived: make(chan int, len(ids)),
	}
	for i, id := range ids {
		c, err := s.checkNamed(id)
		if err != nil {
			return nil, err
		}
		ready, pending, err := c.Ready(s.fold.values)
		b.asked[i] = fingerprint(ready)
		switch {
		case err != nil:
			b.results[i] = s.undecided(c, now, "value.invalid", "the check cannot be filled in: "+err.Error(), "mend the value or the migration that it names")
		case len(pending) > 0:
			var keys []string
			for _, p := range pending {
				keys = append(keys, p.Key)
			}
			b.results[i] = s.undecided(c, now, "value.missing", "not known yet: "+strings.Join(keys, ", "), "fill the value in")
		default:
			b.list = append(b.list, ready)
			b.index = append(b.index, i)
		}
	}
	return b, nil
}

func (s *Session) undecided(c *Check, at time.Time, reason, summary, remedy string) checks.Result {
	r := s.resultOf(c, at)
	r.Verdict, r.Reason, r.Summary, r.Remedy, r.Source = checks.Unknown, reason, summary, remedy, checks.FromProbe
	return r
}

// stamp completes what a runner left open.
func (b *batch) stamp(r checks.Result, c checks.Check) checks.Result {
	r.Format, r.ID, r.Step, r.Round, r.Task, r.Target = 1, c.ID, c.Step, c.Round, c.Task, c.Target
	r.Operator, r.Host = b.model.Operator, b.model.Host
	if r.Kind == "" {
		r.Kind = c.Kind
	}
	if r.Started.IsZero() {
		r.Started = b.model.Started
	}
	return r
}

// finish takes a result once; the keeper records it and then tells of it.
func (b *batch) finish(i int, r checks.Result) {
	b.mu.Lock()
	told := b.told[i]
	if !told {
		b.results[i], b.told[i] = r, true
	}
	b.mu.Unlock()
	if !told {
		b.arrived <- i
	}
}

// keep records results as they arrive, until no more will.
func (b *batch) keep(done chan<- struct{}) {
	defer close(done)
	for first := range b.arrived {
		indices, more := []int{first}, true
		timer := time.NewTimer(batchTime)
		for more {
			select {
			case i, open := <-b.arrived:
				if more = open; open {
					indices = append(indices, i)
				}
			case <-timer.C:
				more = false
			}
		}
		timer.Stop()
		b.settle(indices)
	}
}

// settle records a batch. When that fails the run ends: a result that is not
// on the disk is not shown.
func (b *batch) settle(indices []int) {
	if b.err != nil {
		return
	}
	list := make([]Recorded, len(indices))
	var found []Recorded // a cancelled check found nothing: what was known of it stays
	b.mu.Lock()
	for n, i := range indices {
		list[n] = Recorded{Result: b.results[i], Asked: b.asked[i]}
		if list[n].Reason != checks.Cancelled {
			found = append(found, list[n])
		}
	}
	b.mu.Unlock()
	var err error
	if len(found) > 0 {
		err = b.record(found)
	}
	if err != nil {
		b.err = fmt.Errorf("the results were not recorded, so they do not count: %w", err)
		b.cancel()
		return
	}
	for n, i := range indices {
		b.each(checks.Update{Index: i, Done: true, Result: &list[n].Result})
	}
}
