package runbook

import (
	"context"
	"io/fs"
	"time"

	"coexist/checks"
	"coexist/checks/effect"
)

// Options are a session's effects and settings, injected by main.
type Options struct {
	Assets    fs.FS // tasks, procedures, releases
	Clock     func() time.Time
	Run       func(ctx context.Context, list []checks.Check, each func(checks.Update)) []checks.Result
	Apply     func(effects []effect.Effect, at time.Time) error // nil in the field
	Operator  string                                            // "" until known; recording needs it
	Host      string
	Tool      string // version, recorded
	ReadOnly  bool
	Rehearsal string // scenario, empty in the field
}

// Session is the one engine behind the wizard, the linear mode and the
// commands: the migration file, its journal and lock, appending and running.
// It is safe for use by several goroutines. What it returns is a snapshot.
type Session struct {
	opts Options
}
