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
