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

// strips is the history of every check and address.
type strips struct {
	order  []string
	lines  map[string]string
	rounds int
	clean  bool
}

// round takes in the results of one round: a letter for each check, and one for
// each address where a check tells them apart.
func (s *strips) round(results []checks.Result) {
	s.rounds++
	s.clean = true
	for _, r := range results {
		s.clean = s.clean && (r.Verdict == checks.Pass || r.Verdict == checks.Skip)
		s.add(r.ID, signs[r.Verdict])
		seen := map[string]bool{}
		for _, sub := range r.Sub {
			if sub.Target != "" && sub.Target != r.Target && !seen[sub.Target] {
				seen[sub.Target] = true
				s.add(r.ID+"  "+sub.Target, signs[sub.Verdict])
			}
		}
	}
}

func (s *strips) add(name, sign string) {
	line, known := s.lines[name]
	if !known {
		s.order = append(s.order, name)
		line = strings.Repeat(" ", min(s.rounds-1, stripLength))
	}
	line += sign
	if len(line) > stripLength {
		line = line[len(line)-stripLength:]
	}
	s.lines[name] = line
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
