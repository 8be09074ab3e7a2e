package checks

import (
	"context"
	"sync"
)

// gate counts what runs at the same time per identity: all kinds together, and
// each kind where it has a stricter limit of its own.
type gate struct {
	mu      sync.Mutex
	most    int
	all     map[string]int
	byKind  map[string]int
	changed chan struct{} // closed and renewed whenever something is given back
}

func newGate(most int) *gate {
	return &gate{most: most, all: map[string]int{}, byKind: map[string]int{}, changed: make(chan struct{})}
}

// try takes one slot at every identity, or none at all.
func (g *gate) try(identities []string, kind string, limit int) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, id := range identities {
		if g.all[id] >= g.most || limit > 0 && g.byKind[kind+" "+id] >= limit {
			return false
		}
	}
	for _, id := range identities {
		g.all[id]++
		g.byKind[kind+" "+id]++
	}
	return true
}

// wait takes the slots as soon as they are free.
func (g *gate) wait(ctx context.Context, identities []string, kind string, limit int) error {
	for {
		g.mu.Lock()
		changed := g.changed
		g.mu.Unlock()
		if g.try(identities, kind, limit) {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (g *gate) give(identities []string, kind string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, id := range identities {
		drop(g.all, id)
		drop(g.byKind, kind+" "+id)
	}
	close(g.changed)
	g.changed = make(chan struct{})
}

func drop(m map[string]int, key string) {
	if m[key]--; m[key] <= 0 {
		delete(m, key)
	}
}
