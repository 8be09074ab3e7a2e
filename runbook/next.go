package runbook

// NextKind is why something comes next.
type NextKind string

// What comes next, the most urgent first.
const (
	NextUndo    NextKind = "undo"    // a back-out is under way: take this card back
	NextFix     NextKind = "fix"     // something failed
	NextConfirm NextKind = "confirm" // its commands are others than those carried out
	NextDo      NextKind = "do"      // it can be done, or be looked at after its wait
	NextWait    NextKind = "wait"    // only the clock is in the way
	NextUnlock  NextKind = "unlock"  // a gate is closed: its first line
	NextNothing NextKind = ""        // everything is done, or every undo card settled
)

// NextUp is the one thing to go on with.
type NextUp struct {
	Kind    NextKind
	Task    *Task    // nil where a gate names none, and for NextNothing
	Blocker *Blocker // of NextUnlock
	Phase   *Phase   // the closed one, of NextUnlock
}

// Next tells what to go on with: first what went wrong, then what can be done,
// then what is waited for, then what keeps a gate closed. Optional tasks count
// only when they went wrong.
func Next(r *Runbook, p *Progress) NextUp {
	if p.Backout != nil {
		if c := PlanBackout(r, p).Next(); c != nil {
			return NextUp{Kind: NextUndo, Task: c.Task}
		}
		return NextUp{}
	}
	var later [3]NextUp // do, wait, unlock: the first of each
	note := func(at int, n NextUp) {
		if later[at].Kind == NextNothing {
			later[at] = n
		}
	}
	for _, phase := range r.Phases {
		st := p.Phases[phase.ID]
		switch {
		case st == nil:
			continue
		case !st.Open:
			if len(st.Blockers) > 0 {
				note(2, NextUp{NextUnlock, r.Task(st.Blockers[0].Task), &st.Blockers[0], phase})
			}
			continue
		}
		for _, t := range phase.Tasks {
			switch kind := nextOf(t, p); kind {
			case NextFix, NextConfirm:
				return NextUp{Kind: kind, Task: t}
			case NextDo:
				note(0, NextUp{Kind: kind, Task: t})
			case NextWait:
				note(1, NextUp{Kind: kind, Task: t})
			}
		}
	}
	for _, n := range later {
		if n.Kind != NextNothing {
			return n
		}
	}
	return NextUp{}
}

// nextOf is what a task of an open phase asks for.
func nextOf(t *Task, p *Progress) NextKind {
	ts := p.Tasks[t.ID]
	if ts == nil {
		return NextNothing
	}
	switch ts.Status {
	case Failed:
		return NextFix
	case Changed:
		return NextConfirm
	}
	if t.Optional {
		return NextNothing
	}
	switch ts.Status {
	case Ready, Running:
		return NextDo
	case Waiting, Stale:
		if ts.WaitUntil.After(p.Now) {
			return NextWait
		}
		return NextDo
	}
	return NextNothing
}
