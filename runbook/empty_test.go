package runbook

import "testing"

// TestCapturedMayBeEmpty keeps apart what an engineer must fill in and what
// may have been empty before a change.
func TestCapturedMayBeEmpty(t *testing.T) {
	t.Parallel()
	r := &Runbook{
		values: map[string]declaration{"old.url": {Type: "url", Scope: Org, Captured: true}, "new.url": {Type: "url", Scope: Org}},
		places: map[string]bool{},
	}
	if text, err := r.CheckValueFor("old.url/org", "  "); err != nil || text != "" {
		t.Errorf("an empty captured value: %q, %v", text, err)
	}
	if _, err := r.CheckValueFor("old.url/org", "nonsense"); err == nil {
		t.Error("a captured value of the wrong type was accepted")
	}
	if _, err := r.CheckValueFor("new.url/org", ""); err == nil {
		t.Error("an empty answer was accepted")
	}
}
