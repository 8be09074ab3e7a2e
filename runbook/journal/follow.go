package journal

import (
	"bytes"
	"io"
	"io/fs"
	"os"
	"time"
)

const followEvery = 500 * time.Millisecond

// Changed tells that another instance wrote; several writings may be told once.
func (j *Journal) Changed() <-chan struct{} { return j.changed }

// follow looks at the file at every tick until Close.
func (j *Journal) follow() {
	j.stop, j.done = make(chan struct{}), make(chan struct{})
	tick := j.o.Tick
	var ticker *time.Ticker
	if tick == nil {
		ticker = time.NewTicker(followEvery)
		tick = ticker.C
	}
	go func() {
		defer close(j.done)
		if ticker != nil {
			defer ticker.Stop()
		}
		for {
			select {
			case <-j.stop:
				return
			case <-tick:
				if j.look() {
					select {
					case j.changed <- struct{}{}:
					default:
					}
				}
			}
		}
	}()
}

// look reads what was added. The file is opened anew each time, since a holder
// may replace it.
func (j *Journal) look() bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.closed {
		return false
	}
	f, err := j.o.FS.OpenFile(j.path, os.O_RDONLY, 0)
	if err != nil {
		return false
	}
	defer f.Close()
	info, err := f.Stat()
	switch {
	case err != nil:
		return false
	case j.chain.broken != nil:
		return j.lookAtBroken(info)
	case info.Size() == j.chain.good:
		return false
	case info.Size() < j.chain.good:
		return j.reload()
	}
	data := make([]byte, info.Size()-j.chain.good)
	n, err := f.ReadAt(data, j.chain.good)
	if err != nil && err != io.EOF {
		return false
	}
	return j.grown(data[:n])
}

// grown takes up whole lines; what does not follow on them may be a file that
// was replaced, and is read again from its beginning.
func (j *Journal) grown(data []byte) bool {
	end := bytes.LastIndexByte(data, '\n') + 1
	if end == 0 {
		return false
	}
	next := j.chain
	next.read(data[:end])
	if next.broken != nil {
		return j.reload()
	}
	j.chain, j.torn = next, nil
	return true
}

// lookAtBroken reads a broken journal again only when the file is another.
func (j *Journal) lookAtBroken(info fs.FileInfo) bool {
	if j.last != nil && os.SameFile(j.last, info) && j.last.Size() == info.Size() && j.last.ModTime().Equal(info.ModTime()) {
		return false
	}
	j.last = info
	changed := j.reload()
	if j.chain.broken == nil {
		j.why = "another instance continued it; open it anew to write"
	}
	return changed
}

// reload reads the file anew and tells whether anything is different.
func (j *Journal) reload() bool {
	before := j.chain
	if err := j.load(); err != nil {
		j.chain = before
		return false
	}
	return j.chain.head != before.head || (j.chain.broken == nil) != (before.broken == nil)
}
