package runbook

import (
	"cmp"
	"slices"
)

// holdBack notes on every card which others come first: tasks that were built
// on it, and whatever belongs to a later stretch of work. Those that do not come
// back are told apart: nothing can be done about them. What belongs to later
// stretches is the same for all cards of one, and is listed once for them.
func (p *plan) holdBack(phases []*Phase, cards, final []*UndoCard) {
	var open []*UndoCard
	for _, c := range cards {
		if !c.Done() {
			open = append(open, c)
		}
	}
	openIn, finalIn := byPhase(open), byPhase(final)
	built := map[*Task][]*Task{} // task → those that are directly built on it
	for t, on := range p.deps {
		for _, d := range on {
			built[d] = append(built[d], t)
		}
	}
	for phase, list := range byPhase(cards) {
		var later, laterFinal []*UndoCard
		for _, other := range phases {
			if p.before[other][phase] {
				later, laterFinal = append(later, openIn[other]...), append(laterFinal, finalIn[other]...)
			}
		}
		slices.SortStableFunc(later, newestUndo)
		slices.SortStableFunc(laterFinal, newestUndo)
		for _, c := range list {
			on := builtOn(c.Task, built)
			c.beyond, c.laterFinal = among(finalIn[phase], on), laterFinal
			if !c.Done() {
				c.behind, c.later = among(openIn[phase], on), later
			}
		}
	}
}

func newestUndo(a, b *UndoCard) int { return cmp.Compare(b.State.First, a.State.First) }

func byPhase(cards []*UndoCard) map[*Phase][]*UndoCard {
	out := map[*Phase][]*UndoCard{}
	for _, c := range cards {
		out[c.Task.Phase] = append(out[c.Task.Phase], c)
	}
	return out
}

// builtOn finds the tasks of the same stretch of work that are built on one,
// directly or through others.
func builtOn(t *Task, built map[*Task][]*Task) map[*Task]bool {
	found := map[*Task]bool{}
	for todo := []*Task{t}; len(todo) > 0; todo = todo[1:] {
		for _, other := range built[todo[0]] {
			if other.Phase == t.Phase && !found[other] {
				found[other] = true
				todo = append(todo, other)
			}
		}
	}
	return found
}

func among(cards []*UndoCard, tasks map[*Task]bool) []*UndoCard {
	var out []*UndoCard
	for _, c := range cards {
		if tasks[c.Task] {
			out = append(out, c)
		}
	}
	return out
}

// Behind are the cards that must be taken back before this one.
func (c *UndoCard) Behind() []*UndoCard { return slices.Concat(c.later, c.behind) }

// Held tells how many cards must be taken back before this one.
func (c *UndoCard) Held() int { return len(c.later) + len(c.behind) }

// Beyond tells how many tasks were built on this one that do not come back, and
// names the last of them: it may not be possible to take this one back any more.
func (c *UndoCard) Beyond() (last *Task, n int) {
	n = len(c.laterFinal) + len(c.beyond)
	switch {
	case len(c.laterFinal) > 0:
		last = c.laterFinal[0].Task
	case n > 0:
		last = c.beyond[0].Task
	}
	return last, n
}
