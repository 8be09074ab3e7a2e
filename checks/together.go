package checks

import (
	"fmt"
	"sync"
)

// together runs the parts of a probe at the same time. A part that panics does
// so in Wait, where the runner makes a result of it; left alone it would end
// the program with the terminal in a state of its own.
type together struct {
	all   sync.WaitGroup
	once  sync.Once
	broke string
}

// Go begins a part.
func (t *together) Go(part func()) {
	t.all.Go(func() {
		defer func() {
			if p := recover(); p != nil {
				t.once.Do(func() { t.broke = fmt.Sprint(p) })
			}
		}()
		part()
	})
}

// Wait waits for all parts.
func (t *together) Wait() {
	t.all.Wait()
	if t.broke != "" {
		panic(t.broke)
	}
}
