package checks

import "slices"

// planned is a check that waits for its turn.
type planned struct {
	index      int
	kind       *Kind
	identities []string
}

// queue hands out checks in their order, as soon as a worker and their
// identities are free. A check that has to wait is kept under the one limit it
// waits for and looked at again only when that limit moves, so that thousands
// of checks cost no more per check than a few.
type queue struct {
	gate    *gate
	workers int
	fresh   []planned            // not looked at yet
	waiting map[string][]planned // by the key of the limit they wait for
	moved   []string             // keys of limits where something was given back
	running map[int]planned
}

func newQueue(g *gate, workers int, list []planned) *queue {
	return &queue{gate: g, workers: workers, fresh: list, waiting: map[string][]planned{}, running: map[int]planned{}}
}

func (q *queue) done() bool {
	return len(q.fresh) == 0 && len(q.waiting) == 0 && len(q.running) == 0
}

// next hands out a check that may begin now; those that have waited come
// first.
func (q *queue) next() (planned, bool) {
	for len(q.running) < q.workers {
		p, ok := q.candidate()
		if !ok {
			break
		}
		blocked := q.gate.try(p.identities, p.kind.Name, p.kind.Limit)
		if blocked == "" {
			q.running[p.index] = p
			return p, true
		}
		q.waiting[blocked] = append(q.waiting[blocked], p)
	}
	return planned{}, false
}

// candidate takes out the check to be looked at next.
func (q *queue) candidate() (planned, bool) {
	for len(q.moved) > 0 {
		key := q.moved[0]
		list := q.waiting[key]
		if len(list) == 0 || !q.gate.room(key) {
			q.moved = q.moved[1:]
			continue
		}
		if len(list) == 1 {
			delete(q.waiting, key)
		} else {
			q.waiting[key] = list[1:]
		}
		return list[0], true
	}
	if len(q.fresh) == 0 {
		return planned{}, false
	}
	p := q.fresh[0]
	q.fresh = q.fresh[1:]
	return p, true
}

// ended gives back what a check held.
func (q *queue) ended(index int) {
	p := q.running[index]
	delete(q.running, index)
	q.gate.give(p.identities, p.kind.Name)
	for _, id := range p.identities {
		q.moved = append(q.moved, kindKey(p.kind.Name, id), id)
	}
}

// rest takes out everything that was not begun, in the order of the list.
func (q *queue) rest() []planned {
	out := q.fresh
	for _, list := range q.waiting {
		out = append(out, list...)
	}
	q.fresh, q.waiting = nil, map[string][]planned{}
	slices.SortFunc(out, func(a, b planned) int { return a.index - b.index })
	return out
}
