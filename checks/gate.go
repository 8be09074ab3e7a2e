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
	count   map[string]int // by identity and by kindKey
	limits  map[string]int // of the kind keys that have one
	waiters int
	changed chan struct{} // closed and renewed when something is given back that somebody waits for
}

func newGate(most int) *gate {
	return &gate{most: most, count: map[string]int{}, limits: map[string]int{}, changed: make(chan struct{})}
}

// kindKey is under what a kind's own limit at an identity is counted. No name
// or address holds a blank.
func kindKey(kind, id string) string { return kind + " " + id }

// try takes one slot at every identity, or none at all: then it returns the
// key of the limit that is reached.
func (g *gate) try(identities []string, kind string, limit int) (blocked string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.take(identities, kind, limit)
}

func (g *gate) take(identities []string, kind string, limit int) (blocked string) {
	for _, id := range identities {
		if limit > 0 && g.count[kindKey(kind, id)] >= limit {
			return kindKey(kind, id)
		}
		if g.count[id] >= g.most {
			return id
		}
	}
	for _, id := range identities {
		g.count[id]++
		if limit > 0 {
			g.count[kindKey(kind, id)]++
			g.limits[kindKey(kind, id)] = limit
		}
	}
	return ""
}

// room tells whether a limit leaves room for one more.
func (g *gate) room(key string) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	limit, own := g.limits[key]
	if !own {
		limit = g.most
	}
	return g.count[key] < limit
}

// wait takes the slots as soon as they are free.
func (g *gate) wait(ctx context.Context, identities []string, kind string, limit int) error {
	for {
		g.mu.Lock()
		if g.take(identities, kind, limit) == "" {
			g.mu.Unlock()
			return nil
		}
		changed := g.changed
		g.waiters++
		g.mu.Unlock()
		var err error
		select {
		case <-changed:
		case <-ctx.Done():
			err = ctx.Err()
		}
		g.mu.Lock()
		g.waiters--
		g.mu.Unlock()
		if err != nil {
			return err
		}
	}
}

func (g *gate) give(identities []string, kind string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, id := range identities {
		drop(g.count, id)
		if key := kindKey(kind, id); g.limits[key] > 0 {
			drop(g.count, key)
		}
	}
	if g.waiters > 0 {
		close(g.changed)
		g.changed = make(chan struct{})
	}
}

func drop(m map[string]int, key string) {
	if m[key]--; m[key] <= 0 {
		delete(m, key)
	}
}
