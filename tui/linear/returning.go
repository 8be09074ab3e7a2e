package linear

import (
	"fmt"
	"strings"
	"time"

	"coexist/runbook"
)

// mostNamed is how many of a kind are named before the rest is counted.
const mostNamed = 6

// absence tells what happened to the run since the last entry.
func (t *talk) absence() {
	a := t.s.Since(t.snap)
	if !a.Worth() {
		return
	}
	line := fmt.Sprintf("Since you left: %s since the last entry, at %s", long(a.Away), clock(a.Last))
	if a.By != "" {
		line += " by " + a.By
	}
	t.con.say("%s.", line)
	t.fallen("Not green any more", a.Regressed)
	t.fallen("Too old to count, run again", a.Stale)
	t.fallen("The waiver expired", a.Lapsed)
	for _, p := range a.Closed {
		t.con.say("Gate closed again: step %s, %s", phaseNumber(p), p.Title)
	}
	for _, task := range a.WaitsOver {
		t.con.say("Wait is over: %s, %s", task.Title, task.Label)
	}
	if len(a.Regressed)+len(a.Stale)+len(a.Lapsed)+len(a.Closed)+len(a.WaitsOver) == 0 {
		t.con.say("Nothing fell back: every result that counted still does.")
	}
}

func (t *talk) fallen(what string, list []*runbook.Check) {
	for i, c := range list {
		if i == mostNamed && len(list) > mostNamed+1 {
			t.con.say("%s: %d more", what, len(list)-i)
			return
		}
		t.con.say("%s: %s, %s", what, c.Title, c.Task.Label)
	}
}

// long words a time that went by.
func long(d time.Duration) string {
	switch d = d.Truncate(time.Minute); {
	case d < time.Minute:
		return "less than a minute"
	case d >= 48*time.Hour:
		return fmt.Sprintf("%d days", int(d/(24*time.Hour)))
	}
	text := strings.TrimSuffix(d.String(), "0s")
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}
