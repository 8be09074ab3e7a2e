package runbook

// plan is what Fold and the gates need of a runbook, worked out once.
type plan struct {
	ancestors map[*Phase][]*Phase        // every phase that comes before, in order
	before    map[*Phase]map[*Phase]bool // the same as a set
	followers map[*Phase][]*Phase        // phases that name it in After
	holds     map[*Phase][]*hold         // checks of a phase that must stay true longer, by end
	ends      map[*Check]*Phase          // the phase whose beginning ends a check's hold; nil: its own
	order     []*Task                    // tasks, each behind what it comes after
	deps      map[*Task][]*Task
	bringers  map[string][]*Task // by value key
	captures  map[string]*Task   // keys of captured values
	readers   map[string][]*Task // by name of the value that their commands or checks read
	required  map[*Phase][]*Task
	place     map[*Task]int // of a required task among those of its phase
	steps     map[stepOf][]*Phase
}

// stepOf names the phases of one step in one round.
type stepOf struct{ round, step string }

// hold is a group of checks of one phase that must stay true until the same
// phase begins.
type hold struct {
	until  *Phase
	checks []*Check
}

// index builds the plan.
func (r *Runbook) index() {
	p := &plan{
		ancestors: map[*Phase][]*Phase{}, before: map[*Phase]map[*Phase]bool{}, followers: map[*Phase][]*Phase{},
		holds: map[*Phase][]*hold{}, ends: map[*Check]*Phase{}, deps: map[*Task][]*Task{},
		bringers: map[string][]*Task{}, captures: map[string]*Task{},
		readers: map[string][]*Task{}, required: map[*Phase][]*Task{}, place: map[*Task]int{}, steps: map[stepOf][]*Phase{},
	}
	r.plan = p
	for _, phase := range r.Phases {
		p.addPhase(r, phase)
		at := stepOf{phase.Round, phase.StepID}
		p.steps[at] = append(p.steps[at], phase)
	}
	for _, phase := range r.Phases {
		for _, t := range phase.Tasks {
			p.addTask(r, t)
		}
		for _, t := range phase.Tasks {
			for _, c := range t.Checks {
				p.addHold(r, phase, c)
			}
		}
	}
	p.sort(r)
}

func (p *plan) addPhase(r *Runbook, phase *Phase) {
	set := map[*Phase]bool{}
	for _, id := range phase.After {
		direct := r.phases[id]
		p.followers[direct] = append(p.followers[direct], phase)
		for _, a := range p.ancestors[direct] {
			p.precedes(a, phase, set)
		}
		p.precedes(direct, phase, set)
	}
	p.before[phase] = set
}

func (p *plan) precedes(a, phase *Phase, set map[*Phase]bool) {
	if !set[a] {
		set[a] = true
		p.ancestors[phase] = append(p.ancestors[phase], a)
	}
}

func (p *plan) addTask(r *Runbook, t *Task) {
	for _, id := range t.After {
		p.deps[t] = append(p.deps[t], r.tasks[id])
	}
	for _, a := range t.Asks {
		p.bringers[a.Key] = append(p.bringers[a.Key], t)
	}
	for _, c := range t.Captures {
		p.bringers[c.Key] = append(p.bringers[c.Key], t)
		p.captures[c.Key] = t
	}
	if !t.Optional {
		p.place[t] = len(p.required[t.Phase])
		p.required[t.Phase] = append(p.required[t.Phase], t)
	}
	for _, name := range t.reads {
		p.readers[name] = append(p.readers[name], t)
	}
	for _, c := range t.Commands {
		t.late = t.late || len(c.waits) > 0 || c.late
	}
}

// addHold finds the phase whose beginning ends a check's hold: the one of the
// step that holds_until names, in the check's own round or, for the last step,
// the close-out. A step at or before the check's own ends with its own phase.
func (p *plan) addHold(r *Runbook, phase *Phase, c *Check) {
	var until *Phase
	for _, other := range p.steps[stepOf{phase.Round, c.HoldsUntil}] {
		if p.before[other][phase] {
			until = other
		}
	}
	last := r.Steps[len(r.Steps)-1]
	if c.HoldsUntil == last.ID && phase.StepID != last.ID {
		until = last.Phases[len(last.Phases)-1]
	}
	if until == nil {
		return
	}
	p.ends[c] = until
	groups := p.holds[phase]
	for i := range groups {
		if groups[i].until == until {
			groups[i].checks = append(groups[i].checks, c)
			return
		}
	}
	p.holds[phase] = append(groups, &hold{until: until, checks: []*Check{c}})
}

// sort puts every task behind what it comes after. Lint refuses circles; what
// is in one all the same keeps its place.
func (p *plan) sort(r *Runbook) {
	state := map[*Task]int{}
	var visit func(t *Task)
	visit = func(t *Task) {
		if state[t] != 0 {
			return
		}
		state[t] = 1
		for _, d := range p.deps[t] {
			visit(d)
		}
		p.order = append(p.order, t)
	}
	for _, phase := range r.Phases {
		for _, t := range phase.Tasks {
			visit(t)
		}
	}
}

// HoldsLonger returns the phase whose beginning ends the time in which a check
// must stay true; nil for one that counts for its own phase alone.
func (r *Runbook) HoldsLonger(c *Check) *Phase { return r.plan.ends[c] }

// bringer names the task that brings a value: the asking one itself where it
// does, else the first in order.
func (r *Runbook) bringer(key string, asking *Task) string {
	if r.plan == nil {
		return ""
	}
	list := r.plan.bringers[key]
	for _, t := range list {
		if t == asking {
			return t.ID
		}
	}
	if len(list) == 0 {
		return ""
	}
	return list[0].ID
}
