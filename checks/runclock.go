package checks

import "time"

// A computer that sleeps, or whose processor is taken away, leaves its probes
// with connections that died meanwhile and deadlines that passed in one leap.
// Two signs tell: the clock on the wall went on further than the one that
// counts running time, or the check lasted far longer than its budget lets it.
const (
	leapOfWall   = 5 * time.Second
	leapOfBudget = 15 * time.Second
)

// elapsed tells how far the clock on the wall has moved since a moment, and
// how long this computer was running.
func elapsed(since time.Time) (wall, running time.Duration) {
	now := time.Now()
	return now.Round(0).Sub(since.Round(0)), now.Sub(since)
}

// slept tells whether the computer slept during a check that began at a moment
// and may last for budget.
func (e *Env) slept(began time.Time, budget time.Duration) bool {
	read := e.elapsed
	if read == nil {
		read = elapsed
	}
	wall, running := read(began)
	return wall-running > leapOfWall || running > budget+leapOfBudget
}
