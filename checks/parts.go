package checks

import (
	"slices"
	"time"
)

// part is what a check found at one address, name server, controller or step:
// a result within the result, so that nobody has to guess which of them a
// verdict speaks of.
func part(kind, target string, f Finding, took time.Duration) Result {
	r := Result{
		Format: 1, Kind: kind, Target: target, Verdict: f.Verdict, Reason: f.Reason,
		Summary: f.Summary, Expected: f.Expected, Found: f.Found,
		Sub: f.Sub, Attempts: max(1, f.Attempts), MS: took.Milliseconds(),
	}
	if r.Summary == "" {
		r.Summary = summarise(r)
	}
	return r
}

// partKeys are the properties that tell which part of a check a row is of.
var partKeys = []string{"address", "dc", "resolver", "step"}

// judgeParts holds each part's rows against the expectations that are about
// every single row, so that a part shows the verdict it earned. Expectations
// about all rows together are no part's fault.
func judgeParts(parts []Result, expect []Expectation, rows []Row, now time.Time) {
	var single []Expectation
	for _, e := range expect {
		if e.Rows != "any" && !slices.Contains([]string{"count", "count_at_least", "same_set", "all_of"}, e.Op) {
			single = append(single, e)
		}
	}
	for i := range parts {
		p := &parts[i]
		own := rowsOfPart(rows, p.Target)
		if len(single) == 0 || len(own) == 0 || p.Verdict != Pass && p.Verdict != Warn {
			continue
		}
		j := Judge(single, own, now)
		if Worse(p.Verdict, j.Verdict) != p.Verdict {
			p.Verdict, p.Reason, p.Expected, p.Found, p.Summary = j.Verdict, j.Reason, j.Expected, j.Found, ""
			p.Summary = summarise(*p)
		}
	}
}

func rowsOfPart(rows []Row, target string) []Row {
	var out []Row
	for _, r := range rows {
		for _, k := range partKeys {
			if v, ok := r.Get(k); ok && v == target {
				out = append(out, r)
				break
			}
		}
	}
	return out
}
