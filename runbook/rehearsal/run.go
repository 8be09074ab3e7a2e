package rehearsal

import (
	"context"

	"coexist/checks"
	"coexist/runbook"
)

// Runner runs checks against both sides of a simulated network: those that
// must be looked at from outside run on a computer outside.
func Runner(inside, outside *checks.Env) func(context.Context, []checks.Check, func(checks.Update)) []checks.Result {
	return func(ctx context.Context, list []checks.Check, each func(checks.Update)) []checks.Result {
		results := make([]checks.Result, len(list))
		for _, side := range []struct {
			env  *checks.Env
			want bool
		}{{inside, false}, {outside, true}} {
			var part []checks.Check
			var index []int
			for i, c := range list {
				if (c.Vantage == checks.Outside) == side.want {
					part, index = append(part, c), append(index, i)
				}
			}
			if len(part) == 0 {
				continue
			}
			got := checks.Run(ctx, side.env, part, func(u checks.Update) {
				u.Index = index[u.Index]
				if each != nil {
					each(u)
				}
			})
			for i, r := range got {
				results[index[i]] = r
			}
		}
		return results
	}
}

// World is the simulated organisation.
type World interface {
	// Read evaluates a reading pipeline on a server.
	Read(ctx context.Context, server, command string, properties []string) ([]checks.Row, error)
	Env(side checks.Vantage) *checks.Env
}

// Session is the part of a session that a run without people drives.
type Session interface {
	Snapshot() runbook.Snapshot
	RunChecks(ctx context.Context, ids []string, each func(checks.Update)) ([]checks.Result, error)
	MarkDone(taskID, typed string) error
	Attest(checkID string, a runbook.Attestation) error
	ReadWarning(checkID string) error
	SetValue(key, value string) error
	Waive(w runbook.Waiver) error
	Import(from runbook.Imported, results []checks.Result, captured map[string]string) error
}
