package runbook

import (
	"testing"
	"time"

	"coexist/checks"
)

// TestAnAttemptTakesNothingAway: where it takes a person, a shell or somebody
// outside to look, running a check here does not replace what they saw.
func TestAnAttemptTakesNothingAway(t *testing.T) {
	t.Parallel()
	r := compiled(t, organization(1))
	c := r.Check("prepare.schema/org/replicated")
	for reason, replaces := range map[string]bool{
		"attest.needed": false, "shell.import_needed": false, NobodyOutside: false, "vantage.inside_only": false, "value.missing": false,
		"expect.not_met": true, "tcp.refused": true, "credentials.refused": true, "run.deadline": true,
		"value.loopback": true, "value.invalid": true, // found out about what is there now
	} {
		h := newHistory(r, 1)
		attempt := func(v checks.Verdict) {
			h.now = h.now.Add(time.Minute)
			h.add(EventResult, Recorded{Result: checks.Result{ID: c.ID, Kind: c.Kind, Source: checks.FromPerson, Verdict: v, Reason: reason, Started: h.now}})
		}
		attempt(checks.Unknown)
		if st := Fold(r, h.events, h.now).Checks[c.ID]; st.Result == nil || st.Result.Reason != reason {
			t.Errorf("%s: a first attempt is not shown: %+v", reason, st.Result)
		}
		h.add(EventResult, Recorded{Result: checks.Result{ID: c.ID, Kind: c.Kind, Source: checks.FromPerson, Verdict: checks.Pass, Started: h.now}})
		attempt(checks.Unknown)
		if st := Fold(r, h.events, h.now).Checks[c.ID]; st.Satisfied == replaces {
			t.Errorf("%s after a pass: satisfied %v, %s", reason, st.Satisfied, st.Status)
		}
	}
}

// TestAnAttemptReplacesWhatIsPast: what was seen before the work does not count
// for it, so an attempt shows, and may be waived.
func TestAnAttemptReplacesWhatIsPast(t *testing.T) {
	t.Parallel()
	r := compiled(t, organization(1))
	c := r.Check("deploy.scp/ex13-0/scp")
	h := newHistory(r, 1)
	h.result(c, checks.Pass)
	h.now = h.now.Add(time.Minute)
	h.add(EventDone, TaskDone{Task: c.Task.ID, Hash: c.Task.changes(nil)})
	h.now = h.now.Add(time.Minute)
	h.last[c.ID] = h.add(EventResult, Recorded{Result: checks.Result{ID: c.ID, Kind: c.Kind, Verdict: checks.Unknown, Reason: NobodyOutside, Started: h.now}})
	if st := Fold(r, h.events, h.now).Checks[c.ID]; st.Status != Failed || st.Result.Reason != NobodyOutside {
		t.Fatalf("status %s, %+v", st.Status, st.Result)
	}
	h.add(EventWaiver, Waiver{Check: c.ID, Reason: "r", Name: "B", Result: h.lastResult(c)})
	if st := Fold(r, h.events, h.now).Checks[c.ID]; st.Status != Waived {
		t.Errorf("it cannot be waived: %s", st.Status)
	}
}
