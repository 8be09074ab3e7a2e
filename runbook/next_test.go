package runbook

import (
	"testing"
	"time"
)

func TestNextIsTheMostUrgent(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 28, 22, 0, 0, 0, time.UTC)
	one, two := &Phase{ID: "prepare"}, &Phase{ID: "deploy"}
	task := func(p *Phase, id string, optional bool) *Task {
		out := &Task{ID: id, Phase: p, Optional: optional}
		p.Tasks = append(p.Tasks, out)
		return out
	}
	task(one, "a", false)
	task(one, "b", false)
	task(one, "extra", true)
	task(two, "c", false)
	r := &Runbook{Phases: []*Phase{one, two}}
	blocked := []Blocker{{Task: "b", Text: "b: not carried out"}}
	for name, tt := range map[string]struct {
		a, b, extra Status
		wait        time.Duration
		second      Status
		want        NextKind
		task        string
	}{
		"ready before waiting":         {Waiting, Ready, Ready, time.Hour, Locked, NextDo, "b"},
		"an ended wait":                {Waiting, Ready, Ready, 0, Locked, NextDo, "a"},
		"only a wait":                  {Waiting, Done, Ready, time.Hour, Locked, NextWait, "a"},
		"stale, still waiting":         {Stale, Done, Ready, time.Hour, Locked, NextWait, "a"},
		"failed before ready":          {Ready, Failed, Ready, 0, Locked, NextFix, "b"},
		"an optional one that failed":  {Ready, Done, Failed, 0, Locked, NextFix, "extra"},
		"changed":                      {Done, Changed, Ready, 0, Locked, NextConfirm, "b"},
		"only an optional one is open": {Done, Done, Ready, 0, Locked, NextUnlock, ""},
		"the second phase is open":     {Done, Done, Done, 0, Ready, NextDo, "c"},
		"all is done":                  {Done, Done, Done, 0, Done, NextNothing, ""},
	} {
		state := func(s Status) *TaskState { return &TaskState{Status: s} }
		p := &Progress{Now: now, Tasks: map[string]*TaskState{"a": state(tt.a), "b": state(tt.b), "extra": state(tt.extra), "c": state(tt.second)},
			Phases: map[string]*PhaseState{"prepare": {Open: true}, "deploy": {Open: tt.second != Locked}}}
		p.Tasks["a"].WaitUntil = now.Add(tt.wait)
		if tt.second == Locked {
			p.Phases["deploy"].Blockers = blocked
		}
		got := Next(r, p)
		id := ""
		if got.Task != nil {
			id = got.Task.ID
		}
		if got.Kind != tt.want || tt.want != NextUnlock && id != tt.task {
			t.Errorf("%s: %q %q, expected %q %q", name, got.Kind, id, tt.want, tt.task)
		}
		if tt.want == NextUnlock && (got.Blocker == nil || got.Phase != two) {
			t.Errorf("%s: %+v", name, got)
		}
	}
}
