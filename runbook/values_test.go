package runbook

import (
	"slices"
	"testing"
)

func TestAListKeepsItsElements(t *testing.T) {
	t.Parallel()
	const dn = "CN=Plan A,CN=UM DialPlan Container,DC=contoso,DC=com"
	tests := []struct {
		name, text string
		want       []string
	}{
		{"typed on one line", "a, b,c", []string{"a", "b", "c"}},
		{"typed, one", "a", []string{"a"}},
		{"a line each", "a\r\nb\n", []string{"a", "b"}},
		{"captured, one with commas", JoinList([]string{"Sales, EMEA"}), []string{"Sales, EMEA"}},
		{"captured, one distinguished name", JoinList([]string{dn}), []string{dn}},
		{"captured, two with commas", JoinList([]string{"Sales, EMEA", dn}), []string{"Sales, EMEA", dn}},
		{"a distinguished name typed", dn, []string{dn}},
		{"distinguished names typed", dn + ", " + dn + ",Plan B", []string{dn, dn, "Plan B"}},
	}
	for _, tt := range tests {
		text, err := CheckValue("list", tt.text)
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		again, err := CheckValue("list", text)
		if err != nil || again != text {
			t.Errorf("%s: %q becomes %q when it is taken in once more, %v", tt.name, text, again, err)
		}
		if got := (declaration{Type: "list"}).typed(text); !slices.Equal(got.([]string), tt.want) {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}
