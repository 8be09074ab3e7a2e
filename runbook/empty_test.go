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

// TestValuesThatLookRight refuses what is nearly of its type.
func TestValuesThatLookRight(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ kind, text, want string }{
		{"guid", "{2D6FA2D3-6F14-4F0E-9C06-1C1F7C5C8A70}", "2d6fa2d3-6f14-4f0e-9c06-1c1f7c5c8a70"},
		{"guid", "2d6fa2d36f14-4f0e-9c06-1c1f7c5c-8a70", ""},
		{"guid", "2d6fa2d3-6f14-4f0e-9c06-1c1f7c5c8a70}", ""},
		{"address", "fe80::1%eth0", ""},
		{"address", "0.0.0.0", ""},
		{"address", "10.0.0.20", "10.0.0.20"},
	} {
		if got, err := CheckValue(c.kind, c.text); got != c.want || (err != nil) != (c.want == "") {
			t.Errorf("%s %q: %q, %v", c.kind, c.text, got, err)
		}
	}
}
