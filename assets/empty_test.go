package assets_test

import (
	"maps"
	"regexp"
	"slices"
	"testing"
)

// mayBeEmpty are the types of properties that may hold nothing; a switch, a
// number or an identity always holds something.
var mayBeEmpty = []string{"text", "host", "url", "list", "address", "path"}

// TestEmptyCapturesDoNotBlock: what a task reads before a change may hold
// nothing, so everything must render when it does.
func TestEmptyCapturesDoNotBlock(t *testing.T) {
	t.Parallel()
	for _, w := range works(t) {
		t.Run(w.name, func(t *testing.T) {
			t.Parallel()
			r, v := w.r, maps.Clone(w.values)
			for _, task := range tasks(r) {
				for _, c := range task.Captures {
					if slices.Contains(mayBeEmpty, c.Type) {
						v[c.Key] = ""
					}
				}
			}
			for _, task := range tasks(r) {
				for _, a := range task.Asks {
					if a.Optional {
						v[a.Key] = ""
					}
				}
			}
			all, refused := rendered(r, v)
			for _, l := range all {
				if emptyArgument.MatchString(l.text) {
					t.Errorf("an empty text where $null belongs: %s", l)
				}
			}
			for _, err := range refused {
				t.Error(err)
			}
		})
	}
}

// emptyArgument is a parameter of a change that is given nothing.
var emptyArgument = regexp.MustCompile(`^Set-.* -(\w+Ur[li]|\w+Hostname|\w+Method|CertPrincipalName|OfflineAddressBook|PublicFoldersEnabled|DialPlans) ''( |$)`)
