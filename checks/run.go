package checks

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"
)

// Run runs checks and returns their results in the order of the list. Each
// update is handed to each (which may be nil), one at a time: one when a check
// begins and one with its result when it ended, in the order of ending. The
// calls come from several goroutines, and a check waits for the call that tells
// of its end: each must not call for anything that waits for Run.
//
// At most Limits.Workers checks run at once, at most Limits.PerIdentity load
// the same name or address. A check that outlives its budget or the context is
// unknown; Run returns only when everything it started has ended.
func Run(ctx context.Context, env *Env, list []Check, each func(Update)) []Result {
	r := &runner{
		env: env, list: list, each: each, limits: env.limits(),
		results: make([]Result, len(list)),
	}
	r.ended = make(chan int, r.limits.Workers)
	r.names, r.addresses = newGate(r.limits.PerIdentity), newGate(r.limits.PerIdentity)
	r.run(ctx)
	return r.results
}

func (e *Env) limits() Limits {
	l := e.Limits
	if l.Workers <= 0 {
		l.Workers = DefaultLimits.Workers
	}
	if l.PerIdentity <= 0 {
		l.PerIdentity = DefaultLimits.PerIdentity
	}
	if l.BodyBytes <= 0 {
		l.BodyBytes = DefaultLimits.BodyBytes
	}
	if l.Redirects <= 0 {
		l.Redirects = DefaultLimits.Redirects
	}
	return l
}

func (e *Env) now() time.Time {
	if e.Now != nil {
		return e.Now()
	}
	return time.Now()
}

type runner struct {
	env       *Env
	list      []Check
	each      func(Update)
	limits    Limits
	results   []Result
	names     *gate // per name a check says it loads
	addresses *gate // per real address, at the dialer
	ended     chan int
	mu        sync.Mutex // guards each
}

// run starts whatever may start, then waits for one to end, until all have.
func (r *runner) run(ctx context.Context) {
	q := newQueue(r.names, r.limits.Workers, r.plan())
	cancelled := ctx.Done()
	for !q.done() {
		if ctx.Err() == nil {
			for p, ok := q.next(); ok; p, ok = q.next() {
				r.start(ctx, p)
			}
		}
		if len(q.running) == 0 {
			break // cancelled: nothing more is started
		}
		select {
		case i := <-r.ended:
			q.ended(i)
		case <-cancelled:
			cancelled = nil // now only wait for those that run
			r.abandon(q.rest())
		}
	}
	r.abandon(q.rest())
}

func (r *runner) start(ctx context.Context, p planned) {
	r.tell(Update{Index: p.index})
	go func() {
		r.one(ctx, p)
		r.ended <- p.index
	}()
}

// plan settles what needs no network: unknown kinds, bad parameters.
func (r *runner) plan() []planned {
	var queue []planned
	for i, c := range r.list {
		k := KindNamed(c.Kind)
		if k == nil {
			r.settle(i, undecidable("value.kind", "there is no kind of check named %q", clip(c.Kind, 40)), 0)
			continue
		}
		if err := ValidateParams(k, c.Params, false); err != nil {
			r.settle(i, undecidable("value.invalid", "%s", oneLine(err.Error())), 0)
			continue
		}
		p := planned{index: i, kind: k}
		if k.Identities != nil {
			for _, id := range k.Identities(c.Params) {
				if id = strings.ToLower(strings.TrimSpace(id)); id != "" && !slices.Contains(p.identities, id) {
					p.identities = append(p.identities, id)
				}
			}
		}
		queue = append(queue, p)
	}
	return queue
}

func (r *runner) abandon(queue []planned) {
	for _, p := range queue {
		r.settle(p.index, undecidable(Cancelled, "cancelled before it began"), 0)
	}
}

// one observes and concludes a single check. What was seen while this computer
// slept proves nothing and is looked at once more; a refused logon stands.
func (r *runner) one(ctx context.Context, p planned) {
	began, wall := time.Now(), r.env.now()
	f, slept := r.attempt(ctx, p)
	account := AccountOf(r.list[p.index])
	if slept && ctx.Err() == nil && (account == "" || r.env.Logons.barred(account, r.env.run, r.env.now()) == "") {
		if f, slept = r.attempt(ctx, p); slept {
			f = undecidable("run.suspended", "this computer slept or stood still while the check ran, twice in a row")
		}
		f.Attempts = max(1, f.Attempts) + 1
	}
	r.finish(p.index, f, wall, time.Since(began))
}

// attempt observes once, within the check's budget, and tells whether this
// computer slept meanwhile.
func (r *runner) attempt(ctx context.Context, p planned) (Finding, bool) {
	c := r.list[p.index]
	budget := c.Timeout
	if budget <= 0 {
		budget = p.kind.Budget
	}
	if budget <= 0 {
		budget = 30 * time.Second
	}
	checkCtx, cancel := context.WithTimeout(ctx, budget)
	defer cancel()
	env, closeAll := throughDoor(checkCtx, r.env, r.addresses, p.kind)
	if p.kind.Name != "dns" { // which asks each resolver by name, this computer's too
		env.lookUpInside()
	}
	env.named, env.oldTLSUsed = namedHosts(c.Params), new(tlsUse)
	began := time.Now()
	f := env.oldTLSUsed.temper(observe(checkCtx, env, p.kind, c))
	closeAll()
	switch {
	case ctx.Err() != nil && f.Reason != "probe.panic":
		return Finding{Verdict: Unknown, Reason: Cancelled, Summary: "cancelled while it ran", Transcript: f.Transcript}, false
	case r.env.slept(began, budget):
		return f, true
	case errors.Is(checkCtx.Err(), context.DeadlineExceeded) && f.Verdict != Unknown && f.Verdict != Fail:
		f.Verdict, f.Reason = Unknown, "run.deadline"
		f.Summary = fmt.Sprintf("not finished within %s", budget)
	}
	return f, false
}

// observe calls the kind, or says why it must not be called.
func observe(ctx context.Context, env *Env, k *Kind, c Check) (f Finding) {
	defer func() {
		if p := recover(); p != nil {
			f = undecidable("probe.panic", "the probe itself broke: %s", clip(fmt.Sprint(p), 200))
		}
	}()
	if f, blocked := wrongSide(env, k, c); blocked {
		return f
	}
	return k.Observe(ctx, env, c)
}

// wrongSide refuses a probe that would look from the wrong side of the
// network: its answer would be true of another network than the one asked
// about.
func wrongSide(env *Env, k *Kind, c Check) (Finding, bool) {
	if k.Source != FromProbe {
		return Finding{}, false
	}
	switch {
	case c.Vantage == Outside && env.Vantage != Outside && !(k.Name == "dns" && canAskOutside(env, c)):
		return undecidable("vantage.none_outside", "this must be looked at from outside the network"), true
	case c.Vantage == Inside && env.Vantage == Outside:
		return undecidable("vantage.inside_only", "this must be looked at from inside the network"), true
	}
	return Finding{}, false
}

// settle ends a check that never ran.
func (r *runner) settle(i int, f Finding, took time.Duration) {
	r.finish(i, f, r.env.now(), took)
}

func (r *runner) finish(i int, f Finding, began time.Time, took time.Duration) {
	sha := ""
	if len(f.Transcript) > 0 && r.env.Store != nil {
		var err error
		if sha, err = r.env.Store(r.env.Logons.scrubAll(f.Transcript)); err != nil {
			f.Evidence = with(f.Evidence, "transcript_not_kept", err.Error())
		}
	}
	if r.env.Machine != "" {
		f.Evidence = with(f.Evidence, "machine", r.env.Machine)
	}
	res := conclude(r.list[i], f, r.env.now())
	r.env.Logons.ScrubResult(&res)
	bound(&res)
	res.Transcript = sha
	res.Started, res.MS = began.UTC(), took.Milliseconds()
	if res.Vantage == "" || res.Vantage == Any {
		res.Vantage = r.env.side()
	}
	r.results[i] = res
	r.tell(Update{Index: i, Done: true, Result: &res})
}

func (e *Env) side() Vantage {
	if e.Vantage == "" || e.Vantage == Any {
		return Inside
	}
	return e.Vantage
}

func (r *runner) tell(u Update) {
	if r.each == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.each(u)
}

func with(m map[string]string, key, value string) map[string]string {
	if m == nil {
		m = map[string]string{}
	}
	m[key] = value
	return m
}
