package export

import "testing"

// TestCommandsThatDifferInAValueAloneAreTheSame: the value is told by itself.
func TestCommandsThatDifferInAValueAloneAreTheSame(t *testing.T) {
	t.Parallel()
	task := func(guid string, lines ...string) *Task {
		return &Task{ID: "x/org", AsDone: append([]string{"Remove-Thing '" + guid + "'"}, lines...), Values: []Value{{Key: "thing/org", Text: guid}, {Key: "n/org", Text: "1"}}}
	}
	a, b := task("2d6fa2d3-6f14-4f0e-9c06-1c1f7c5c8a70", "Set-A 1"), task("aaaaa2d3-6f14-4f0e-9c06-1c1f7c5c8a70", "Set-A 2")
	d := newDifference(Side{}, Side{})
	d.section("Tasks")
	d.commands(a, b)
	d.values(a, b)
	var got []string
	for _, s := range d.out.Sections {
		for _, one := range s.Lines {
			got = append(got, one.What+": "+one.A+" | "+one.B)
		}
	}
	want := []string{"x/org command: Set-A 1 | ", "x/org command:  | Set-A 2",
		"value thing/org: 2d6fa2d3-6f14-4f0e-9c06-1c1f7c5c8a70 | aaaaa2d3-6f14-4f0e-9c06-1c1f7c5c8a70"}
	if len(got) != len(want) {
		t.Fatalf("told: %q", got)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("told %q, want %q", got[i], want[i])
		}
	}
}
