package assets_test

import (
	"testing"
)

// TestEmptyCapturesDoNotBlock: what a task reads before a change may hold
// nothing, so everything must render when it does.
func TestEmptyCapturesDoNotBlock(t *testing.T) {
	t.Parallel()
	for name, m := range topologies(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := compile(t, m)
			v := filled(t, r)
			for _, task := range tasks(r) {
				for _, c := range task.Captures {
					v[c.Key] = ""
				}
			}
			for _, task := range tasks(r) {
				for _, a := range task.Asks {
					if a.Optional {
						v[a.Key] = ""
					}
				}
			}
			_, refused := rendered(r, v)
			for _, err := range refused {
				t.Error(err)
			}
		})
	}
}
