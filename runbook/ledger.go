package runbook

import (
	"container/heap"
	"time"
)

// ledger keeps what every required task of a phase owes it. Only what an event
// touched, or what time has overtaken, is looked at again: a journal is read in
// a time that grows with its length, not with its length times the runbook.
type ledger struct {
	tasks  []*Task // the required ones, in order
	owes   []owed  // by position in tasks
	queue  []int   // positions to be looked at again
	queued []bool
	due    dueTimes
	last   time.Time // nothing was looked at later than this
	open   int       // tasks that owe something
	failed int
	waived int
	all    []Blocker // what they owe, put together when it is asked for
	listed bool
}

// owed is what one task owes, with the time during which that can be said
// without looking again.
type owed struct {
	from, until time.Time // until zero: time alone changes nothing
	missing     []Blocker
	failed      bool
	waived      bool
}

// ledger returns a phase's, with everything still to be looked at where there
// is none yet.
func (f *fold) ledger(p *Phase) *ledger {
	if l := f.ledgers[p]; l != nil {
		return l
	}
	l := &ledger{tasks: f.r.plan.required[p]}
	l.owes, l.queued = make([]owed, len(l.tasks)), make([]bool, len(l.tasks))
	for i := range l.tasks {
		l.again(i)
	}
	f.ledgers[p] = l
	return l
}

// left is how many required tasks of a phase are not carried out.
func (f *fold) left(p *Phase) int {
	n, counted := f.undone[p]
	if !counted {
		for _, t := range f.r.plan.required[p] {
			if tf := f.tasks[t.ID]; tf == nil || tf.seq == 0 {
				n++
			}
		}
		f.undone[p] = n
	}
	return n
}

// stale has a task looked at again.
func (f *fold) stale(t *Task) {
	if l := f.ledgers[t.Phase]; l != nil && !t.Optional {
		l.again(f.r.plan.place[t])
	}
}

func (l *ledger) again(i int) {
	if !l.queued[i] {
		l.queued[i] = true
		l.queue = append(l.queue, i)
	}
}

// own brings a phase's ledger up to this moment. It leaves aside whether the
// phase is open.
func (m *moment) own(p *Phase) *ledger {
	l := m.f.ledger(p)
	if m.now.Before(m.f.last) { // what is fresh then hangs on the last entry too
		for i := range l.owes {
			l.again(i)
		}
	}
	if m.now.Before(l.last) {
		for i := range l.owes {
			if l.owes[i].from.After(m.now) {
				l.again(i)
			}
		}
	}
	for len(l.due) > 0 && !m.now.Before(l.due[0].at) {
		d := heap.Pop(&l.due).(dueTime)
		if l.owes[d.task].until.Equal(d.at) {
			l.again(d.task)
		}
	}
	l.last = m.now
	if len(l.queue) == 0 {
		return l
	}
	for _, i := range l.queue {
		l.queued[i] = false
		is := owed{from: m.now}
		is.missing = m.taskBlockers(l.tasks[i], &is)
		l.enter(i, is)
	}
	m.f.looks += len(l.queue)
	l.queue, l.listed = l.queue[:0], false
	return l
}

// enter puts what a task owes in the place of what it owed before.
func (l *ledger) enter(i int, is owed) {
	was := l.owes[i]
	l.open += count(len(is.missing) > 0) - count(len(was.missing) > 0)
	l.failed += count(is.failed) - count(was.failed)
	l.waived += count(is.waived) - count(was.waived)
	l.owes[i] = is
	if !is.until.IsZero() {
		heap.Push(&l.due, dueTime{is.until, i})
	}
}

func count(yes bool) int {
	if yes {
		return 1
	}
	return 0
}

// done is how many required tasks owe nothing.
func (l *ledger) done() int { return len(l.tasks) - l.open }

// remaining lists what is owed, in order. The list is not changed later.
func (l *ledger) remaining() []Blocker {
	if !l.listed {
		l.all, l.listed = nil, true
		for i := range l.owes {
			l.all = append(l.all, l.owes[i].missing...)
		}
	}
	return l.all
}

// expires notes a time at which a task must be looked at again.
func (o *owed) expires(at time.Time) {
	if !at.IsZero() && at.After(o.from) && (o.until.IsZero() || at.Before(o.until)) {
		o.until = at
	}
}

// noteExpiry notes when what a check says may change by time alone.
func (m *moment) noteExpiry(c *Check, o *owed) {
	cf := m.f.checks[c.ID]
	if cf == nil {
		return
	}
	if c.FreshFor > 0 && cf.result != nil {
		o.expires(cf.seen.Add(c.FreshFor + 1))
		o.expires(m.f.last.Add(-clockSlack))
	}
	if cf.waiver != nil {
		o.expires(cf.waiver.Expires)
	}
}

// dueTime is when a task must be looked at again.
type dueTime struct {
	at   time.Time
	task int // position in its ledger
}

// dueTimes is a heap, the earliest first.
type dueTimes []dueTime

func (d dueTimes) Len() int           { return len(d) }
func (d dueTimes) Less(i, j int) bool { return d[i].at.Before(d[j].at) }
func (d dueTimes) Swap(i, j int)      { d[i], d[j] = d[j], d[i] }

// Push is for container/heap.
func (d *dueTimes) Push(x any) { *d = append(*d, x.(dueTime)) }

// Pop is for container/heap.
func (d *dueTimes) Pop() any {
	old := *d
	last := old[len(old)-1]
	*d = old[:len(old)-1]
	return last
}
