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
		if why := Broke(part); why != "" {
			t.once.Do(func() { t.broke = why })
		}
	})
}

// Wait waits for all parts.
func (t *together) Wait() {
	t.all.Wait()
	if t.broke != "" {
		panic(t.broke)
	}
}

// Broke does a part and tells what broke in it; empty when nothing did. A
// goroutine that runs parts of a probe must run them by this or by what uses
// it: its panic would end the program.
func Broke(part func()) (why string) {
	defer func() {
		if p := recover(); p != nil {
			why = "panic: " + clip(Escape(fmt.Sprint(p)), 200)
		}
	}()
	part()
	return ""
}
