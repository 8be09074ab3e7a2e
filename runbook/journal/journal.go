package journal

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"sync"
	"time"
)

// Options are a journal's settings; all may be left out.
type Options struct {
	FS       FS               // the real disk
	Clock    func() time.Time // time.Now
	Operator string           // who acts; SetOperator changes it
	Host     string           // the machine's name
	ReadOnly bool             // never take the lock, never write
	Tick     <-chan time.Time // when to look at a file that another writes; every half second
}

func (o Options) filled() Options {
	if o.FS == nil {
		o.FS = Disk{}
	}
	if o.Clock == nil {
		o.Clock = time.Now
	}
	if o.Host == "" {
		o.Host, _ = os.Hostname()
	}
	return o
}

// Journal is an open journal. It is safe for use by several goroutines.
type Journal struct {
	path string
	o    Options

	mu      sync.Mutex
	chain   chain
	file    File // open for appending once something was appended
	signed  Holder
	release func() error
	why     string // why it is read-only; empty when it is not
	holder  *Holder
	torn    []Torn
	closed  bool
	changed chan struct{}
	last    fs.FileInfo // of a broken file that is followed
	stop    chan struct{}
	done    chan struct{}
}

// Torn is a last line that was never finished: the machine or the program
// stopped while it was written.
type Torn struct {
	Path  string // where it was set aside; empty where the journal is read-only
	Bytes int
}

// Entry is one event to be appended.
type Entry struct {
	Kind string
	Data any
}

// ErrReadOnly is wrapped by what Append returns on a journal that takes nothing.
var ErrReadOnly = errors.New("the journal is read-only")

// Open reads a journal and takes its lock. Where that is not possible, because
// another instance holds it, the folder cannot be written or the chain is
// broken, the journal is read-only and Why says why; what another instance
// appends is followed. A journal that does not exist is empty, and created by
// the first Append.
func Open(path string, o Options) (*Journal, error) {
	j := &Journal{path: path, o: o.filled(), changed: make(chan struct{}, 1)}
	if o.ReadOnly {
		j.why = "it was opened for reading"
	} else {
		j.lock()
	}
	if err := j.load(); err != nil {
		j.unlock()
		return nil, fmt.Errorf("the journal cannot be read: %w", err)
	}
	if j.chain.broken != nil {
		j.why = j.chain.broken.String() + "; " + j.chain.broken.Advice("FILE")
		j.unlock()
	}
	if j.why == "" {
		j.prove()
	}
	if j.why == "" {
		j.mend()
	}
	if j.why != "" {
		if j.holder == nil && j.chain.completes() { // it is whole all the same
			j.chain.take(j.chain.tail)
			j.chain.tail = nil
		}
		j.follow()
	}
	return j, nil
}

// load reads the whole file anew.
func (j *Journal) load() error {
	data, err := readAll(j.o.FS, j.path)
	if err != nil {
		return err
	}
	var c chain
	c.read(data)
	j.torn = nil
	if alone := j.why != "" && j.holder == nil; alone && c.completes() {
		c.take(c.tail)
		c.tail = nil
	} else if alone && len(c.tail) > 0 {
		j.torn = []Torn{{Bytes: len(c.tail)}}
	}
	j.chain = c
	return nil
}

// prove opens a file that is there for writing, so that one that cannot be
// written is known now and not at the first Append.
func (j *Journal) prove() {
	if _, err := j.o.FS.Stat(j.path); errors.Is(err, fs.ErrNotExist) {
		return
	}
	if err := j.writable(); err != nil && j.why == "" {
		j.turnReadOnly(fmt.Sprintf("it cannot be written: %v; %s", err, mendFolder))
	}
}

// mend deals with what follows the last line end: a whole line gets its end, a
// torn one is set aside.
func (j *Journal) mend() {
	tail := j.chain.tail
	if len(tail) == 0 {
		return
	}
	if j.chain.completes() {
		if err := j.put([]byte("\n")); err != nil {
			j.turnReadOnly(fmt.Sprintf("its last line cannot be completed: %v; %s", err, mendDisk))
			return
		}
		j.chain.tail = nil
		j.chain.read(append(bytes.Clone(tail), '\n'))
		return
	}
	aside, err := j.setAside(tail)
	if err == nil {
		err = j.cut(int64(len(tail)))
	}
	if err != nil {
		j.turnReadOnly(fmt.Sprintf("its last line is torn and cannot be set aside: %v; %s", err, mendDisk))
		return
	}
	j.torn = []Torn{{Path: aside, Bytes: len(tail)}}
	j.chain.tail = nil
}

// setAside keeps bytes in a new file beside the journal.
func (j *Journal) setAside(data []byte) (string, error) {
	return keep(j.o.FS, j.path+".torn-", data)
}

// keep writes data to the first free name of prefix1, prefix2, …
func keep(disk FS, prefix string, data []byte) (string, error) {
	for n := 1; ; n++ {
		path := fmt.Sprintf("%s%d", prefix, n)
		err := writeFile(disk, path, os.O_EXCL, data)
		if !errors.Is(err, fs.ErrExist) || n == 9999 {
			return path, err
		}
	}
}

func (j *Journal) turnReadOnly(why string) {
	j.why = why
	if j.file != nil {
		j.file.Close()
		j.file = nil
	}
	j.unlock()
}

// Append records one event for each data as one batch. When it returns without
// error they are on the disk; otherwise none of them was recorded. No data is no
// event.
func (j *Journal) Append(kind string, data ...any) ([]Event, error) {
	list := make([]Entry, len(data))
	for i, d := range data {
		list[i] = Entry{kind, d}
	}
	return j.AppendAll(list)
}

// AppendAll is Append for events of several kinds.
func (j *Journal) AppendAll(list []Entry) ([]Event, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if len(list) == 0 {
		return nil, nil
	}
	if err := j.open(); err != nil {
		return nil, err
	}
	batch, next, err := j.lines(list)
	if err != nil {
		return nil, err
	}
	if err := j.writable(); err != nil {
		return nil, fmt.Errorf("nothing was recorded: %w", err)
	}
	if err := j.put(batch); err != nil {
		return nil, j.takeBack(err, len(batch))
	}
	if err := j.alone(batch); err != nil {
		return nil, err
	}
	first := len(j.chain.events)
	j.chain = next
	return j.chain.events[first:len(j.chain.events):len(j.chain.events)], nil
}

func (j *Journal) open() error {
	switch {
	case j.closed:
		return fmt.Errorf("%w: it is closed", ErrReadOnly)
	case j.why != "":
		return fmt.Errorf("%w: %s", ErrReadOnly, j.why)
	}
	return nil
}

// lines encodes a batch, and the chain as it is with the batch. The chain reads
// what will be written, so that what is shown now is what is read later.
func (j *Journal) lines(list []Entry) ([]byte, chain, error) {
	next := j.chain // its slices grow behind what Events gave out
	var batch []byte
	for _, one := range list {
		data, err := payload(one.Data)
		if err != nil {
			return nil, next, fmt.Errorf("nothing was recorded: the event %s cannot be encoded: %w", one.Kind, err)
		}
		line, err := encode(Event{V: 1, Seq: int64(len(next.events) + 1), Time: j.o.Clock().Round(0).UTC(),
			Operator: j.o.Operator, Host: j.o.Host, Kind: one.Kind, Data: data, Prev: next.head})
		if err != nil {
			return nil, next, fmt.Errorf("nothing was recorded: the event %s cannot be encoded: %w", one.Kind, err)
		}
		if !next.take(line) {
			return nil, next, fmt.Errorf("nothing was recorded: the event %s would not be readable: %s", one.Kind, next.broken.Reason)
		}
		next.good++
		batch = append(append(batch, line...), '\n')
	}
	return batch, next, nil
}

// Close gives the lock back.
func (j *Journal) Close() error {
	j.mu.Lock()
	if j.closed {
		j.mu.Unlock()
		return nil
	}
	j.closed = true
	var err error
	if j.file != nil {
		err = j.file.Close()
		j.file = nil
	}
	j.unlock()
	j.mu.Unlock()
	if j.stop != nil {
		close(j.stop)
		<-j.done
	}
	return err
}
