package tui

import (
	"errors"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// whole is the one writer to the terminal: what it is given goes out whole and
// in order. A terminal is one open file for everything that has it; another
// program can switch it to not waiting while this one runs, and then a full
// line takes the first half of a sequence and refuses the second. The renderer
// would go on with the next frame, and letters of the rest would stand on the
// screen.
type whole struct {
	file  *os.File
	mu    sync.Mutex
	stood atomic.Int64 // how often the line was full
}

// toDrain is the pause before a full line is tried again.
const toDrain = time.Millisecond

func (w *whole) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	n := 0
	for {
		k, err := w.file.Write(p[n:])
		n += max(k, 0)
		if n == len(p) || err != nil && !errors.Is(err, syscall.EAGAIN) {
			return n, err
		}
		w.stood.Add(1)
		time.Sleep(toDrain)
	}
}

// Read, Close and Fd make it a terminal for those who ask for its size.
func (w *whole) Read(p []byte) (int, error) { return w.file.Read(p) }
func (w *whole) Close() error               { return w.file.Close() }
func (w *whole) Fd() uintptr                { return w.file.Fd() }
