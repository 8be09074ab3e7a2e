package report

import (
	"context"
	"fmt"
	"io"
	"strings"

	"coexist/checks"
)

// cleanRounds is how many rounds in a row must be without a blemish before a
// watch ends.
const cleanRounds = 3

// stripLength is how many rounds a strip shows.
const stripLength = 30

// signs are the verdicts as one letter of a strip.
var signs = map[checks.Verdict]string{checks.Pass: ".", checks.Warn: "w", checks.Fail: "F", checks.Unknown: "?", checks.Skip: "-"}

// Watch repeats checks and prints, after each round, a strip for every address
// that answered, until three rounds in a row are clean or ctx ends. pause waits
// between two rounds. It returns the last results.
func Watch(ctx context.Context, w io.Writer, run func() ([]checks.Result, error), pause func(context.Context) error) ([]checks.Result, error) {
	s := strips{lines: map[string]string{}}
	clean := 0
	for {
		results, err := run()
		if err != nil {
			return results, err
		}
		if s.round(results); s.clean {
			clean++
		} else {
			clean = 0
		}
		fmt.Fprintf(w, "round %d, %d of %d clean\n%s", s.rounds, clean, cleanRounds, s.text())
		if clean == cleanRounds {
			return results, nil
		}
		if err := pause(ctx); err != nil {
			return results, err
		}
	}
}

// strips is the history of every address of every check.
type strips struct {
	order  []string
	lines  map[string]string
	rounds int
	clean  bool
}

// round takes in the results of one round: a letter for each address that a
// check tells apart, and one for the check itself where it tells none. An
// address that a name no longer leads to, or not yet, leaves a gap.
func (s *strips) round(results []checks.Result) {
	s.rounds++
	s.clean = true
	now := map[string]string{}
	for _, r := range results {
		good := r.Verdict == checks.Pass || r.Verdict == checks.Skip
		s.clean = s.clean && good
		blamed, told := false, 0
		for _, sub := range r.Sub {
			if sub.Target != "" { // else a stage on the way
				told++
				blamed = blamed || signs[sub.Verdict] == signs[r.Verdict]
				s.sign(now, r.ID+"  "+sub.Target, signs[sub.Verdict])
			}
		}
		if at := onlyAddress(r); told == 0 && at != "" {
			told, blamed = 1, true
			s.sign(now, r.ID+"  "+at, signs[r.Verdict])
		}
		// what no address is to blame for, such as a set of rows, is the check's own
		if _, shown := s.lines[r.ID]; shown || told == 0 || !good && !blamed {
			s.sign(now, r.ID, signs[r.Verdict])
		}
	}
	for _, name := range s.order {
		sign := now[name]
		if sign == "" {
			sign = " "
		}
		line := s.lines[name] + sign
		s.lines[name] = line[max(0, len(line)-stripLength):]
	}
}

// onlyAddress is the address of a check that saw a single one.
func onlyAddress(r checks.Result) string {
	only := ""
	for _, row := range r.Rows {
		at, ok := row.Get("address")
		if !ok || only != "" && at != only {
			return ""
		}
		only = at
	}
	return only
}

// sign notes this round's letter of a line, which begins with gaps when it is
// new. Of two under one name the first counts.
func (s *strips) sign(now map[string]string, name, sign string) {
	if _, known := s.lines[name]; !known {
		s.order = append(s.order, name)
		s.lines[name] = strings.Repeat(" ", min(s.rounds-1, stripLength))
	}
	if now[name] == "" {
		now[name] = sign
	}
}

func (s *strips) text() string {
	width := 0
	for _, n := range s.order {
		width = max(width, len(checks.Escape(n)))
	}
	var b strings.Builder
	for _, n := range s.order {
		fmt.Fprintf(&b, "  %-*s  %s\n", width, checks.Escape(n), s.lines[n])
	}
	return b.String()
}
