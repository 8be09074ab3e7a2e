package script

import (
	"slices"
	"testing"
)

func TestOffers(t *testing.T) {
	t.Parallel()
	s, _ := open(t)
	snap := s.Snapshot()
	got, err := Offers(snap.Runbook, 1, snap.Progress.Values)
	want := []Offer{{"2010", "", 2, 2}, {"2010", "EX10-01", 2, 1}, {"2010", "EX10-11", 2, 1}}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("offered %+v, %v; want %+v", got, err, want)
	}
	if !Needed(snap.Runbook, 1) || Needed(snap.Runbook, 2) {
		t.Error("step 1 needs a shell, step 2 does not")
	}
	for _, o := range got {
		m, _ := save(t, s, Options{Step: 1, Shell: o.Shell, Server: o.Server, Capture: true})
		if len(m.Checks) != o.Checks || len(m.Captures) != o.Captures {
			t.Errorf("offered %+v, wrote %d checks and %d values", o, len(m.Checks), len(m.Captures))
		}
	}
}

// TestCapturedOnce keeps what stood there before a change from being read
// again after it.
func TestCapturedOnce(t *testing.T) {
	t.Parallel()
	s, _ := open(t)
	if err := s.SetValue("url.former/ex10-01", "https://mail.contoso.com/owa"); err != nil {
		t.Fatal(err)
	}
	m, _ := save(t, s, Options{Step: 1, Shell: "2010", Capture: true})
	if _, again := m.Captures["url.former/ex10-01"]; again || len(m.Captures) != 1 {
		t.Errorf("the script captures %v", m.Captures)
	}
}
