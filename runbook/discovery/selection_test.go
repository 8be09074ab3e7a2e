package discovery_test

import (
	"testing"

	"coexist/runbook/discovery"
)

func TestSelection(t *testing.T) {
	t.Parallel()
	p := &discovery.Proposal{Lines: []discovery.Line{{Key: "a", Value: "1"}, {Key: "a", Value: "2", Unsure: true}, {Key: "b"}}}
	s := discovery.Select(p)
	if s.Count() != 2 || !s.Accepts(p.Lines[0]) || s.Accepts(p.Lines[1]) || s.Accepts(discovery.Line{Key: "c"}) {
		t.Errorf("at first: %v", s.Take)
	}
	if s.All(true); s.Count() != 3 || !s.Accepts(p.Lines[1]) {
		t.Errorf("all: %v", s.Take)
	}
	if s.All(false); s.Count() != 0 || s.Accepts(p.Lines[2]) {
		t.Errorf("none: %v", s.Take)
	}
}
