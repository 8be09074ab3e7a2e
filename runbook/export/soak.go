package export

import (
	"coexist/checks"
	"coexist/runbook"
)

// soak gathers what had to be waited for, and the checks that must stay true
// for longer than their own step, with how often they were looked at.
func (g *gatherer) soak() {
	s := &g.d.Soak
	for _, ph := range g.r.Phases {
		for _, t := range ph.Tasks {
			if t.Wait > 0 {
				s.Waits = append(s.Waits, g.soakWait(t))
			}
			for _, c := range t.Checks {
				if until := g.r.HoldsLonger(c); until != nil {
					s.Holds = append(s.Holds, g.soakCheck(c, until))
				}
			}
		}
	}
}

func (g *gatherer) soakWait(t *runbook.Task) SoakWait {
	st := taskState(g.p, t.ID)
	out := SoakWait{Number: g.index.number[t.ID], Title: t.Title, Target: t.Label, Wait: span(t.Wait), Word: "NOT BEGUN"}
	if t.WaitFor != "" {
		out.Wait += " for " + t.WaitFor
	}
	if g.o.Plan {
		out.Word = ""
	}
	if !st.DoneAt.IsZero() {
		out.Since, out.Until, out.Word = st.DoneAt.UTC(), st.WaitUntil.UTC(), "OVER"
		if st.WaitUntil.After(g.p.Now) {
			out.Word = "WAITING"
		}
	}
	return out
}

func (g *gatherer) soakCheck(c *runbook.Check, until *runbook.Phase) SoakCheck {
	st := checkState(g.p, c.ID)
	out := SoakCheck{Number: g.index.number[c.Task.ID], Title: c.Title, Until: phaseTitle(until), Word: verdictWord(st)}
	if g.o.Plan {
		out.Word = ""
		return out
	}
	look := func(v runbook.Verdict) {
		out.Looks++
		switch v.Verdict {
		case checks.Pass, checks.Warn, checks.Skip:
			if out.First.IsZero() {
				out.First = v.Time.UTC()
			}
		default:
			if !out.First.IsZero() {
				out.Red++
			}
		}
		out.Last = v.Time.UTC()
	}
	for _, v := range st.History {
		look(v)
	}
	if st.Result != nil {
		look(runbook.Verdict{Time: st.Result.Started, Verdict: st.Result.Verdict})
	}
	return out
}
