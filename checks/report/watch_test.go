package report

import (
	"context"
	"errors"
	"strings"
	"testing"

	"coexist/checks"
)

func TestWatchEndsAfterThreeCleanRounds(t *testing.T) {
	t.Parallel()
	verdicts := []checks.Verdict{checks.Fail, checks.Pass, checks.Pass, checks.Unknown, checks.Pass, checks.Pass, checks.Pass, checks.Pass}
	round, pauses := 0, 0
	var b strings.Builder
	_, err := Watch(context.Background(), &b, func() ([]checks.Result, error) {
		v := verdicts[round]
		round++
		return []checks.Result{{ID: "a", Verdict: v}}, nil
	}, func(context.Context) error { pauses++; return nil })
	if err != nil || round != 7 || pauses != 6 {
		t.Errorf("%d rounds, %d pauses, %v; want 7 and 6", round, pauses, err)
	}
	if !strings.HasSuffix(b.String(), "round 7, 3 of 3 clean\n  a  F..?...\n") {
		t.Errorf("the last strip is:\n%s", b.String())
	}
}

func TestWatchEndsWhenTold(t *testing.T) {
	t.Parallel()
	stop := errors.New("stop")
	_, err := Watch(context.Background(), &strings.Builder{}, func() ([]checks.Result, error) {
		return []checks.Result{{ID: "a", Verdict: checks.Fail}}, nil
	}, func(context.Context) error { return stop })
	if !errors.Is(err, stop) {
		t.Errorf("got %v", err)
	}
}

// TestStripPerAddress follows a name from an old address to a new one, which at
// first is wrong.
func TestStripPerAddress(t *testing.T) {
	t.Parallel()
	at := func(verdicts ...any) checks.Result {
		r := checks.Result{ID: "name", Verdict: checks.Pass}
		for i := 0; i < len(verdicts); i += 2 {
			v := verdicts[i+1].(checks.Verdict)
			r.Sub = append(r.Sub, checks.Result{Kind: "address", Target: verdicts[i].(string), Verdict: v})
			r.Verdict = checks.Worse(r.Verdict, v)
		}
		return r
	}
	one := func(address string, v checks.Verdict) checks.Result {
		return checks.Result{ID: "name", Verdict: v, Rows: []checks.Row{{"address": {address}}}, Sub: []checks.Result{{Kind: "dns", Verdict: checks.Pass}}}
	}
	whole := at("10.0.0.80", checks.Pass)
	whole.Verdict = checks.Fail // of no address
	rounds := []checks.Result{
		one("10.0.0.10", checks.Pass), at("10.0.0.10", checks.Pass, "10.0.0.80", checks.Fail), one("10.0.0.80", checks.Fail), whole,
		at("10.0.0.80", checks.Pass), at("10.0.0.80", checks.Pass), at("10.0.0.80", checks.Pass),
	}
	round := 0
	var b strings.Builder
	if _, err := Watch(context.Background(), &b, func() ([]checks.Result, error) {
		round++
		return rounds[round-1 : round], nil
	}, func(context.Context) error { return nil }); err != nil {
		t.Fatal(err)
	}
	want := "round 7, 3 of 3 clean\n  name  10.0.0.10  ..     \n  name  10.0.0.80   FF....\n  name                F...\n"
	if !strings.HasSuffix(b.String(), want) {
		t.Errorf("got\n%s\nwant at the end\n%s", b.String(), want)
	}
}

func TestStripsKeepTheLastRounds(t *testing.T) {
	t.Parallel()
	s := strips{lines: map[string]string{}}
	for i := range stripLength + 5 {
		r := checks.Result{ID: "a", Verdict: checks.Warn, Sub: []checks.Result{{Target: "x", Verdict: checks.Warn}}}
		if i == 10 {
			r.Sub[0].Target = "gone"
		}
		s.round([]checks.Result{r})
	}
	if got := s.lines["a  gone"]; got != strings.Repeat(" ", 5)+"w"+strings.Repeat(" ", stripLength-6) {
		t.Errorf("the line of what is gone does not move: %q", got)
	}
	if got := s.lines["a  x"]; got != "wwwww"+" "+strings.Repeat("w", stripLength-6) {
		t.Errorf("%q", got)
	}
}
