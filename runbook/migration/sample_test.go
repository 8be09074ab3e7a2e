package migration

import (
	"reflect"
	"testing"
)

var known = Known{Releases: []string{"2013 CU23", "2013 SP1", "2010 SP3 RU32", "2007 SP3 RU23"}}

func TestSampleHasNoProblemsAndComesBack(t *testing.T) {
	t.Parallel()
	for _, source := range []string{Source2007, Source2010, Mixed} {
		t.Run(source, func(t *testing.T) {
			t.Parallel()
			m, err := Parse("contoso.toml", Sample(source), known)
			if err != nil {
				t.Fatal(err)
			}
			if want := sample(source); !reflect.DeepEqual(m, want) {
				t.Errorf("got  %+v\nwant %+v", m, want)
			}
		})
	}
}
