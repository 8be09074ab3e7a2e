package rehearsal

import (
	"context"
	"fmt"
	"slices"
	"strings"

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
	Reopen(taskID, why string) error
	Attest(checkID string, a runbook.Attestation) error
	ReadWarning(checkID string, result int64) error
	SetValue(key, value string) error
}

// Capture reads the values that tasks capture from the simulated organisation,
// on the server that the task is for.
func Capture(world World) func(*runbook.Task, runbook.Capture, runbook.Values) (string, error) {
	return func(t *runbook.Task, c runbook.Capture, v runbook.Values) (string, error) {
		rendered, err := c.Command.Render(v)
		switch {
		case err != nil:
			return "", err
		case len(rendered.Pending) > 0:
			return "", fmt.Errorf("its command waits for the value %s", rendered.Pending[0].Key)
		}
		var values []string
		for _, line := range rendered.Lines {
			rows, err := world.Read(context.Background(), t.Target, line, []string{c.Property})
			if err != nil {
				return "", err
			}
			for _, r := range rows {
				for _, value := range r[c.Property] {
					if value != "" && (c.Type == "list" || !slices.Contains(values, value)) {
						values = append(values, value)
					}
				}
			}
		}
		if len(values) > 1 && c.Type != "list" {
			return "", fmt.Errorf("expected one value, found %s", strings.Join(values, ", "))
		}
		return runbook.JoinList(values), nil
	}
}
