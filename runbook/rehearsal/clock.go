package rehearsal

import (
	"sync"
	"time"
)

// Clock is the clock of a rehearsal: the real one, set forward over the times
// that a task makes one wait for. It never goes back.
type Clock struct {
	real func() time.Time

	mu     sync.Mutex
	offset time.Duration
}

// NewClock starts a clock that has not jumped yet.
func NewClock(real func() time.Time) *Clock { return &Clock{real: real} }

// Now is the time in the rehearsal.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.real().Add(c.offset)
}

// Skip jumps over a wait.
func (c *Clock) Skip(wait time.Duration) {
	if wait <= 0 {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.offset += wait + time.Second
}

// NotBefore sets the clock forward to a time, such as that of the last event
// of a journal whose rehearsal had jumped.
func (c *Clock) NotBefore(t time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if behind := t.Sub(c.real().Add(c.offset)); behind > 0 {
		c.offset += behind
	}
}
