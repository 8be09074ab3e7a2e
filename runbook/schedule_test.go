package runbook

import (
	"testing"
	"time"

	"coexist/runbook/migration"
)

// planned is a phase of four tasks in a window from 22:00 to 02:00.
func planned() (*Runbook, *Progress, time.Time) {
	start := time.Date(2026, 11, 28, 22, 0, 0, 0, time.UTC)
	first := &Phase{ID: "prepare", Tasks: []*Task{
		{ID: "a", Duration: 20 * time.Minute, UndoTime: 10 * time.Minute},
		{ID: "b", Duration: 30 * time.Minute, Wait: 15 * time.Minute, UndoTime: 25 * time.Minute},
		{ID: "c", Duration: 40 * time.Minute, Wait: 5 * time.Minute, UndoTime: time.Hour},
		{ID: "d", Duration: time.Hour, Optional: true},
	}}
	later := &Phase{ID: "deploy", Tasks: []*Task{{ID: "e", Duration: time.Hour, UndoTime: 2 * time.Hour}}}
	r := &Runbook{Migration: &migration.Migration{Change: &migration.Change{WindowStart: start, WindowEnd: start.Add(4 * time.Hour)}},
		Phases: []*Phase{first, later}}
	p := &Progress{Phases: map[string]*PhaseState{"prepare": {Open: true}, "deploy": {}}, Tasks: map[string]*TaskState{}}
	for _, ph := range r.Phases {
		for _, t := range ph.Tasks {
			p.Tasks[t.ID] = &TaskState{Status: Ready}
		}
	}
	return r, p, start
}

func TestSchedule(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name       string
		edit       func(*Runbook, *Progress, time.Time)
		at         time.Duration // since the window began
		work, wait time.Duration
		undo       time.Duration
		before     bool
		over, late bool
	}{
		{name: "nothing done", at: -time.Hour, work: 90 * time.Minute, wait: 20 * time.Minute, before: true},
		{name: "one waits", at: time.Hour, work: 60 * time.Minute, wait: 15 * time.Minute, undo: 25 * time.Minute,
			edit: func(_ *Runbook, p *Progress, start time.Time) {
				p.Tasks["b"] = &TaskState{Status: Waiting, DoneAt: start.Add(55 * time.Minute), WaitUntil: start.Add(70 * time.Minute)}
			}},
		{name: "done before the window", at: time.Hour, work: 70 * time.Minute, wait: 20 * time.Minute,
			edit: func(_ *Runbook, p *Progress, start time.Time) {
				p.Tasks["a"] = &TaskState{Status: Done, DoneAt: start.Add(-time.Minute)}
			}},
		{name: "done as the window opens", at: time.Hour, work: 70 * time.Minute, wait: 20 * time.Minute, undo: 10 * time.Minute,
			edit: func(_ *Runbook, p *Progress, start time.Time) {
				p.Tasks["a"] = &TaskState{Status: Done, DoneAt: start}
			}},
		{name: "optional and begun", at: time.Hour, work: 150 * time.Minute, wait: 20 * time.Minute,
			edit: func(_ *Runbook, p *Progress, start time.Time) { p.Tasks["d"].Started = start }},
		{name: "too late to go back", at: 3*time.Hour + 1, work: 50 * time.Minute, wait: 15 * time.Minute, undo: time.Hour, late: true,
			edit: func(_ *Runbook, p *Progress, start time.Time) {
				p.Tasks["c"] = &TaskState{Status: Done, DoneAt: start.Add(time.Hour)}
			}},
		{name: "past its end", at: 4*time.Hour + 1, work: 90 * time.Minute, wait: 20 * time.Minute, over: true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r, p, start := planned()
			if tt.edit != nil {
				tt.edit(r, p, start)
			}
			now := start.Add(tt.at)
			s := Schedule(r, p, now)
			if s.Phase != "prepare" || s.Work != tt.work || s.Wait != tt.wait || s.Undo != tt.undo {
				t.Errorf("in %s: work %s, wait %s, undo %s; want %s, %s, %s", s.Phase, s.Work, s.Wait, s.Undo, tt.work, tt.wait, tt.undo)
			}
			if want := start.Add(4*time.Hour - tt.undo); !s.RollBackBy.Equal(want) {
				t.Errorf("roll back by %s, want %s", s.RollBackBy, want)
			}
			if s.Before(now) != tt.before || s.Over(now) != tt.over || s.TooLate(now) != tt.late {
				t.Errorf("before %v, over %v, too late %v", s.Before(now), s.Over(now), s.TooLate(now))
			}
			if s.Left(now) != 4*time.Hour-tt.at {
				t.Errorf("left %s", s.Left(now))
			}
		})
	}
}

func TestScheduleWithoutAWindow(t *testing.T) {
	t.Parallel()
	r, p, start := planned()
	r.Migration.Change = nil
	p.Phases["prepare"].Complete = true
	p.Tasks["a"] = &TaskState{Status: Done, Started: start, DoneAt: start.Add(time.Minute)}
	s := Schedule(r, p, start)
	if s.Phase != "" || s.Work != 0 || s.Undo != 10*time.Minute || !s.RollBackBy.IsZero() || s.Before(start) || s.Over(start) || s.TooLate(start) {
		t.Errorf("without a window: %+v", s)
	}
	if took := p.Tasks["a"].Took(); took != time.Minute {
		t.Errorf("it took %s", took)
	}
	if took := (&TaskState{Started: start}).Took(); took != 0 {
		t.Errorf("what is not carried out took %s", took)
	}
}
