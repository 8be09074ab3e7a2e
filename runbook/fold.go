package runbook

import (
	"cmp"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"coexist/checks"
	"coexist/runbook/journal"
)

// Fold reads the journal over the runbook at a moment. It is pure.
func Fold(r *Runbook, events []journal.Event, now time.Time) *Progress {
	f := newFold(r)
	f.applyAll(events)
	return f.progress(now)
}

// fold holds what the events so far say. It takes events one at a time, so
// that a session need not read its journal from the start after each.
type fold struct {
	r       *Runbook
	values  Values
	known   map[string][]valueEntry // by key, oldest first
	tasks   map[string]*taskFold
	checks  map[string]*checkFold
	begun   map[*Phase]int64 // journal number of the first work done while its gate was open
	sealed  map[*Phase]int64 // journal number at which the first following phase began
	gone    []string         // ids of results without a check, in order of appearance
	lost    map[string]checks.Result
	waived  map[string]Waiver // of captured values, by key
	ledgers map[*Phase]*ledger
	undone  map[*Phase]int    // required tasks that are not carried out, where they were counted
	blame   map[*Phase]*Check // why a gate was found closed last: the first to be asked again
	reach   map[*Task]int64   // last reopening that a task is built on; nil: to be worked out

	reopenings int

	prints map[*Task]string  // what tasks change with the values in force
	asked  map[*Check]string // what checks ask with the values in force

	undos map[string]*undoFold // ways back, by task id

	notes     []Note
	noteSeqs  []int64
	clock     []ClockJump
	backout   *Backout
	backedOut int64
	problems  []string
	edited    string // what the last edit of the migration did; shown until work goes on
	revised   string // the same for the procedure
	operator  string
	rehearsal string
	last      time.Time
	setBack   int64 // journal number of the first entry after the clock was last set back
	count     int
	looks     int // how often a task was looked at: what reading a journal costs
}

type valueEntry struct {
	value  string
	seq    int64
	source ValueSource
}

type taskFold struct {
	seq      int64 // of the last "carried out"; 0: not, or reopened
	base     int64 // of the one that the seal of its phase covers
	at       time.Time
	by       string
	hash     string
	reopened int
	again    int64 // journal number of the last reopening
	ack      int64 // journal number of what acknowledged the end of its wait
	started  time.Time
	last     time.Time
}

type checkFold struct {
	result  *Recorded
	seq     int64
	seen    time.Time // when it was observed
	history []Verdict
	green   time.Time
	red     *Verdict // the first failure after the task was carried out
	read    int64    // journal number of the result whose warning was read
	reading int64    // journal number of the entry that says so
	waiver  *Waiver
	covers  int64 // journal number of the last result that the waiver covers
	held    bool  // a check before the work: it was satisfied when the work was done
}

func newFold(r *Runbook) *fold {
	return &fold{
		r: r, values: Values{}, known: map[string][]valueEntry{}, tasks: map[string]*taskFold{}, checks: map[string]*checkFold{},
		begun: map[*Phase]int64{}, sealed: map[*Phase]int64{}, lost: map[string]checks.Result{}, waived: map[string]Waiver{},
		ledgers: map[*Phase]*ledger{}, undone: map[*Phase]int{}, blame: map[*Phase]*Check{},
		prints: map[*Task]string{}, asked: map[*Check]string{}, undos: map[string]*undoFold{},
	}
}

func (f *fold) task(id string) *taskFold {
	t := f.tasks[id]
	if t == nil {
		t = &taskFold{}
		f.tasks[id] = t
	}
	return t
}

func (f *fold) check(id string) *checkFold {
	c := f.checks[id]
	if c == nil {
		c = &checkFold{}
		f.checks[id] = c
	}
	return c
}

// atATime is how many entries are decoded side by side before they are taken in
// their order: enough for every processor, few enough to be held at once.
const atATime = 512

// applyAll takes many entries. Nearly all of that is decoding, which every
// processor shares.
func (f *fold) applyAll(events []journal.Event) {
	for chunk := range slices.Chunk(events, atATime) {
		payloads := make([]decodedEvent, len(chunk))
		workers := min(runtime.GOMAXPROCS(0), 1+len(chunk)/32)
		var wg sync.WaitGroup
		for w := range workers {
			wg.Go(func() {
				for i := w; i < len(chunk); i += workers {
					payloads[i] = decoded(chunk[i])
				}
			})
		}
		wg.Wait()
		for i, e := range chunk {
			f.take(e, payloads[i])
		}
	}
}

// decodedEvent is what an entry holds, or why it cannot be read.
type decodedEvent struct {
	payload any
	err     error
}

func decoded(e journal.Event) decodedEvent {
	payload, err := Decode(e)
	return decodedEvent{payload, err}
}

// take takes one entry in.
func (f *fold) take(e journal.Event, d decodedEvent) {
	f.count++
	if e.Time.Before(f.last) {
		f.clock = append(f.clock, ClockJump{Seq: e.Seq, Before: f.last, After: e.Time})
		if e.Time.Before(f.last.Add(-clockSlack)) {
			f.setBack = e.Seq
			f.forget()
		}
	}
	f.last = e.Time
	if e.Operator != "" {
		f.operator = e.Operator
	}
	if d.err != nil {
		f.problems = append(f.problems, d.err.Error())
		return
	}
	switch p := d.payload.(type) {
	case *RunStarted:
		f.rehearsal = p.Rehearsal
	case *OperatorNamed:
		f.operator = p.Name
	case *MigrationChanged:
		f.edited = "The migration was edited since the last session: " + p.Summary.String() + "."
	case *ProcedureChanged:
		f.revised = "The procedure is another one than in the last session: " + p.Summary.String() + "."
	case *Recorded:
		f.applyResult(e, p)
	case *TaskDone:
		f.applyDone(e, p)
	case *TaskReopened:
		f.reopen(e, p.Task)
	case *WaitOver:
		f.acknowledge(e, p.Task)
	case *Waiver:
		f.applyWaiver(e, *p)
	case *WarningRead:
		f.applyRead(e, p)
	case *NoteWritten:
		f.applyNote(e, p)
	case *ValueSet:
		f.setValue(valueEntry{p.Value, e.Seq, ValueSource{How: p.How, Time: e.Time, By: e.Operator}}, p.Key, e.Time)
		f.readBack(e, p)
	case *BackedOut:
		f.backout, f.backedOut = &Backout{Time: e.Time, By: e.Operator, Reason: p.Reason}, e.Seq
		f.forget()
	case *TaskUndone:
		f.applyUndone(e, p)
	case *UndoChecked:
		f.applyUndoChecked(e, p)
	case *Undone:
		f.undo(e, p)
	}
}

// clockSlack is how far a clock may be set back without a word: time servers
// correct by less.
const clockSlack = 5 * time.Minute

// touch notes an act on a task.
func (f *fold) touch(id string, at time.Time) *taskFold {
	t := f.task(id)
	if t.started.IsZero() {
		t.started = at
	}
	t.last = at
	if task := f.r.tasks[id]; task != nil {
		f.stale(task)
	}
	return t
}

// forget drops what was concluded about all phases.
func (f *fold) forget() {
	clear(f.ledgers)
	clear(f.undone)
}

// revalue drops what was rendered with another value of that key.
func (f *fold) revalue(key string) {
	name, _, _ := strings.Cut(key, "/")
	for _, t := range f.r.plan.readers[name] {
		delete(f.prints, t)
		for _, c := range t.Checks {
			delete(f.asked, c)
		}
		f.stale(t)
	}
}

// changes is what a task changes, rendered once for the values in force.
func (f *fold) changes(t *Task) string {
	if !t.late {
		return t.changes(nil)
	}
	print, known := f.prints[t]
	if !known {
		print = t.changes(f.values)
		f.prints[t] = print
	}
	return print
}

// asks is what a check asks, rendered once for the values in force.
func (f *fold) asks(c *Check) string {
	if !c.late {
		return c.asks(nil)
	}
	print, known := f.asked[c]
	if !known {
		print = c.asks(f.values)
		f.asked[c] = print
	}
	return print
}

func (f *fold) applyResult(e journal.Event, p *Recorded) {
	check := f.r.checks[p.ID]
	if check == nil {
		if _, known := f.lost[p.ID]; !known {
			f.gone = append(f.gone, p.ID)
		}
		f.lost[p.ID] = p.Result
		return
	}
	t := f.touch(check.Task.ID, e.Time)
	c := f.check(p.ID)
	if c.result != nil && !Looked(&p.Result) && Looked(&c.result.Result) && (check.Before || t.seq == 0 || !f.precedes(c, t)) {
		return // an attempt where nobody could look takes nothing away that counts
	}
	c.extendWaiver(p, e.Seq)
	if c.result != nil {
		c.history = append(c.history, Verdict{Time: c.seen, Verdict: c.result.Verdict, Reason: c.result.Reason, Found: cmp.Or(c.result.Found, c.result.Summary), By: c.result.Operator})
		if len(c.history) > maxHistory {
			c.history = c.history[1:]
		}
	}
	c.result, c.seq, c.seen = p, e.Seq, observed(&p.Result, e.Time)
	after := check.Before || t.seq > 0 && !f.precedes(c, t)
	switch {
	case p.Verdict == checks.Pass && after:
		c.green = c.seen
	case p.Verdict == checks.Fail && after && c.red == nil:
		c.red = &Verdict{Time: c.seen, Verdict: p.Verdict, Reason: p.Reason, Found: cmp.Or(p.Found, p.Summary), By: p.Operator}
	}
	f.acknowledge(e, check.Task.ID)
}

const maxHistory = 32

// NobodyOutside is the reason of a check that can only be made from outside and
// was tried inside.
const NobodyOutside = "vantage.none_outside"

// Looked tells whether anybody looked at all for a result: not where a value
// was missing, nor where it takes a shell, a person or the other side of the
// network to look.
func Looked(r *checks.Result) bool {
	switch r.Reason {
	case NobodyOutside, "vantage.inside_only", "shell.import_needed", "attest.needed", "value.missing":
		return false
	}
	return true
}

// precedes tells whether a check was observed before its task was carried
// out, by the order of the journal or by the clock.
func (f *fold) precedes(c *checkFold, t *taskFold) bool {
	return c.seq < t.seq || c.result.Started.Before(t.at) && !c.result.Started.IsZero()
}

// acknowledge ends the wait of a task whose time has passed.
func (f *fold) acknowledge(e journal.Event, id string) {
	task, t := f.r.tasks[id], f.tasks[id]
	if task == nil || t == nil || t.seq == 0 || task.Wait == 0 || t.ack > t.seq || e.Time.Before(t.at.Add(task.Wait)) {
		return
	}
	t.ack = e.Seq
	f.stale(task)
}

// applyDone marks a task carried out, and its phase begun when its gate was
// open at that moment.
func (f *fold) applyDone(e journal.Event, p *TaskDone) {
	task := f.r.tasks[p.Task]
	if task == nil {
		return
	}
	f.begin(task.Phase, e)
	f.carried(e, p.Task)
	first := f.task(p.Task).seq == 0
	if first {
		at := f.at(e.Time)
		for _, c := range task.Checks {
			if c.Before && f.r.plan.ends[c] == nil {
				f.check(c.ID).held = at.check(c).Satisfied
			}
		}
	}
	t := f.touch(p.Task, e.Time)
	if n, counted := f.undone[task.Phase]; counted && first && !task.Optional {
		f.undone[task.Phase] = n - 1
	}
	covered := !first && t.base < f.sealed[task.Phase]
	t.seq, t.at, t.by, t.hash, t.ack = e.Seq, e.Time, e.Operator, p.Hash, 0
	if !covered {
		t.base = e.Seq
		for _, c := range task.Checks {
			if cf := f.checks[c.ID]; cf != nil && !c.Before {
				cf.waiver = nil
			}
		}
	}
	f.edited, f.revised = "", ""
}

// begin notes the first work behind an open gate. From then on the phases
// before it are sealed: their checks need not stay true unless they hold
// longer.
func (f *fold) begin(p *Phase, e journal.Event) {
	if f.begun[p] != 0 {
		return
	}
	if f.backout != nil || !f.at(e.Time).open(p) {
		return
	}
	f.begun[p] = e.Seq
	for _, before := range f.r.plan.ancestors[p] {
		if f.sealed[before] == 0 {
			f.sealed[before] = e.Seq
			delete(f.ledgers, before)
		}
		for _, group := range f.r.plan.holds[before] {
			if group.until == p { // its checks are over
				for _, c := range group.checks {
					f.stale(c.Task)
				}
			}
		}
	}
}

// reopen takes "carried out" back.
func (f *fold) reopen(e journal.Event, id string) {
	task := f.r.tasks[id]
	if task == nil {
		return
	}
	t := f.touch(id, e.Time)
	if t.seq == 0 {
		return
	}
	t.seq, t.base, t.at, t.by, t.hash, t.ack = 0, 0, time.Time{}, "", "", 0
	t.reopened++
	t.again = e.Seq
	f.reopenings++
	f.reach = nil
	for _, c := range task.Checks {
		if cf := f.checks[c.ID]; cf != nil {
			cf.held = false
		}
	}
	f.forget()
}

func (f *fold) applyRead(e journal.Event, p *WarningRead) {
	check, c := f.r.checks[p.Check], f.checks[p.Check]
	if check == nil || c == nil || c.result == nil || c.seq != p.Result {
		return
	}
	c.read, c.reading = p.Result, e.Seq
	f.touch(check.Task.ID, e.Time)
}

func (f *fold) applyNote(e journal.Event, p *NoteWritten) {
	f.notes = append(f.notes, Note{Time: e.Time, By: e.Operator, Task: p.Task, Text: p.Text})
	f.noteSeqs = append(f.noteSeqs, e.Seq)
	if f.r.tasks[p.Task] != nil {
		f.touch(p.Task, e.Time)
	}
}

// setValue puts a value in force. What depends on it is judged again.
func (f *fold) setValue(v valueEntry, key string, at time.Time) {
	f.known[key] = append(f.known[key], v)
	f.values[key] = v.value
	for _, t := range f.r.plan.bringers[key] {
		if f.task(t.ID).seq == 0 {
			f.touch(t.ID, at)
		}
	}
	f.revalue(key)
}
