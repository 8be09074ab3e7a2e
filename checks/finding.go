package checks

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Bounds on what a result keeps, so that a hostile or enormous answer does not
// fill the journal. Everything observed is judged before it is bounded.
const (
	maxSummary  = 500
	maxTarget   = 300 // of a part; a check's own stays whole
	maxText     = 2 << 10
	maxEvidence = 64
	maxRows     = 1000
	maxValues   = 200
)

// observed is the finding of a kind that saw what it came for.
func observed(rows []Row) Finding { return Finding{Verdict: Pass, Rows: rows} }

// decided is a finding whose verdict the protocol itself gives.
//
//go:noinline
func decided(v Verdict, reason, format string, args ...any) Finding {
	return Finding{Verdict: v, Reason: reason, Summary: fmt.Sprintf(format, args...)}
}

//go:noinline
func failed(reason, format string, args ...any) Finding {
	return decided(Fail, reason, format, args...)
}

//go:noinline
func warned(reason, format string, args ...any) Finding {
	return decided(Warn, reason, format, args...)
}

//go:noinline
func undecidable(reason, format string, args ...any) Finding {
	return decided(Unknown, reason, format, args...)
}

// merge puts the findings of several addresses, resolvers or servers together:
// the heaviest verdict with its reason and texts, all rows, all evidence. The
// summaries of equally heavy findings are listed. Nothing looked at is no pass.
func merge(parts []Finding) Finding {
	if len(parts) == 0 {
		return undecidable("expect.nothing_observed", "nothing was looked at")
	}
	out := Finding{Verdict: Pass, Evidence: map[string]string{}}
	for i, p := range parts {
		if i == 0 || Worse(out.Verdict, p.Verdict) != out.Verdict {
			out.Verdict, out.Reason = p.Verdict, p.Reason
			out.Expected, out.Found = p.Expected, p.Found
		}
	}
	var said []string
	for _, p := range parts {
		if p.Verdict == out.Verdict && p.Summary != "" {
			said = append(said, p.Summary)
		}
		out.Rows = append(out.Rows, p.Rows...)
		out.Sub = append(out.Sub, p.Sub...)
		out.Transcript = append(out.Transcript, p.Transcript...)
		out.Attempts += p.Attempts
		for k, v := range p.Evidence {
			if old, there := out.Evidence[k]; there && old != v {
				v = old + "; " + v
			}
			out.Evidence[k] = v
		}
	}
	out.Summary = joinClipped(distinct(said), 4)
	return out
}

// Conclude turns what was observed into a result: it holds the rows against
// the check's expectations, adds the causes and the remedy that belong to the
// reason, and bounds everything. Probes, imported observations and the
// laboratory all conclude here. The caller fills in Source, Operator, Host and
// the times where they are not the probe's.
func Conclude(c Check, f Finding, now time.Time) Result {
	r := conclude(c, f, now)
	bound(&r)
	return r
}

// conclude judges and explains; nothing is cut yet, so that whoever takes
// secrets out of the result finds them whole.
func conclude(c Check, f Finding, now time.Time) Result {
	r := Result{
		Format: 1, ID: c.ID, Step: c.Step, Round: c.Round, Task: c.Task, Target: c.Target,
		Kind: c.Kind, Source: FromProbe, Vantage: c.Vantage,
		Verdict: f.Verdict, Reason: f.Reason, Summary: f.Summary,
		Expected: f.Expected, Found: f.Found,
		Evidence: f.Evidence, Rows: f.Rows, Sub: f.Sub, Attempts: max(1, f.Attempts),
	}
	if k := KindNamed(c.Kind); k != nil {
		r.Source = k.Source
	}
	if f.Verdict == Pass || f.Verdict == Warn {
		weigh(&r, Judge(c.Expect, f.Rows, now))
		judgeParts(r.Sub, c.Expect, f.Rows, now)
	}
	if r.Verdict != Pass && r.Verdict != Skip {
		explain(&r, c.Remedy)
	}
	if r.Summary == "" {
		r.Summary = summarise(r)
	}
	return r
}

// bound cuts everything that a result keeps.
func bound(r *Result) {
	observed := len(r.Rows)
	r.Evidence, r.Rows = boundEvidence(r.Evidence), boundRows(r.Rows)
	if observed > len(r.Rows) {
		r.Evidence = with(r.Evidence, "rows_kept", fmt.Sprintf("%d of %d", len(r.Rows), observed))
	}
	r.Summary = clip(oneLine(r.Summary), maxSummary)
	r.Expected, r.Found = clip(r.Expected, maxText), clip(r.Found, maxText)
	r.Sub = slices.Clone(r.Sub)
	for i := range r.Sub {
		r.Sub[i].Target = clip(r.Sub[i].Target, maxTarget)
		bound(&r.Sub[i])
	}
}

// weigh lets the judgement count where it is heavier than the kind's verdict.
func weigh(r *Result, j Judgement) {
	switch {
	case j.Verdict == Pass && r.Verdict == Pass:
		if j.Expected != "" {
			r.Expected, r.Found = j.Expected, j.Found
		}
	case Worse(r.Verdict, j.Verdict) != r.Verdict:
		r.Verdict, r.Reason, r.Summary = j.Verdict, j.Reason, ""
		r.Expected, r.Found = j.Expected, j.Found
	}
}

// explain adds what the table of reasons knows; the procedure's own remedy
// comes first.
func explain(r *Result, remedy string) {
	known, ok := Reasons()[r.Reason]
	r.Remedy = strings.TrimSpace(remedy)
	if !ok {
		return
	}
	r.Causes = known.Causes
	if known.Remedy != "" && !strings.Contains(r.Remedy, known.Remedy) {
		r.Remedy = strings.TrimSpace(r.Remedy + " " + known.Remedy)
	}
}

func summarise(r Result) string {
	switch {
	case r.Verdict == Pass && r.Found != "":
		return r.Found
	case r.Verdict == Pass:
		return "as expected"
	case r.Reason == "expect.not_met":
		return "expected " + r.Expected + "; found " + r.Found
	}
	text := r.Reason
	if known, ok := Reasons()[r.Reason]; ok {
		text = known.Meaning
	}
	if r.Found != "" {
		text += ": " + r.Found
	}
	return text
}

func boundEvidence(e map[string]string) map[string]string {
	if len(e) == 0 {
		return nil
	}
	out := make(map[string]string, len(e))
	for _, k := range sortedKeys(e) {
		if len(out) == maxEvidence {
			break
		}
		out[clip(k, 100)] = clip(e[k], maxText)
	}
	return out
}

func boundRows(rows []Row) []Row {
	if len(rows) == 0 {
		return nil
	}
	out := make([]Row, 0, min(len(rows), maxRows))
	for _, r := range rows {
		if len(out) == maxRows {
			break
		}
		kept := make(Row, len(r))
		for k, v := range r {
			v = v[:min(len(v), maxValues)]
			bounded := make([]string, len(v))
			for i, s := range v {
				bounded[i] = clip(s, maxText)
			}
			kept[k] = bounded
		}
		out = append(out, kept)
	}
	return out
}

// oneLine replaces line breaks; everything else stays as the server sent it.
func oneLine(s string) string {
	if !strings.ContainsAny(s, "\r\n") {
		return s
	}
	return strings.NewReplacer("\r\n", " ", "\n", " ", "\r", " ").Replace(s)
}

// notBuilt is the honest answer of a kind whose protocol this program does not
// speak.
func notBuilt(c Check) Finding {
	return undecidable("kind.unavailable", "this program cannot run checks of kind %s", c.Kind)
}
