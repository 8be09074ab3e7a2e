package command

import (
	"context"
	"strings"
	"testing"
	"time"

	"coexist/checks"
	"coexist/runbook/migration"
)

// TestACancelledRunDoesNotSpareTheComputer cancels the run that would have
// found the wrong clock: the next one finds it.
func TestACancelledRunDoesNotSpareTheComputer(t *testing.T) {
	t.Parallel()
	f := newField(t, "2010")
	m, err := migration.Parse("contoso.toml", migration.Sample("2010"), migration.Known{})
	if err != nil {
		t.Fatal(err)
	}
	door := f.Env(checks.Inside)
	door.Now = func() time.Time { return time.Now().Add(time.Hour) }
	a := &app{Environment: Environment{Getenv: func(string) string { return "" }, Now: door.Now}}
	label := a.labelled(door, m)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	label(ctx)
	label(t.Context())
	if !strings.Contains(door.Machine, "clock: this computer is 1h") {
		t.Errorf("labelled %q", door.Machine)
	}
}
