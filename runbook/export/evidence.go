package export

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"coexist/checks"
	"coexist/runbook"
	"coexist/runbook/journal"
)

// evidence numbers every stored transcript, script and import by its first
// mention in the journal.
func (g *gatherer) evidence() {
	add := func(hash, what, source string, e journal.Event) {
		if hash == "" || g.found[hash] != "" {
			return
		}
		id := fmt.Sprintf("E-%03d", len(g.d.Evidence)+1)
		g.found[hash] = id
		g.d.Evidence = append(g.d.Evidence, Evidence{id, hash, what, source, e.Seq, e.Time.UTC()})
	}
	results := map[int64]checks.Result{}
	for _, r := range g.results {
		results[r.seq] = r.result
	}
	for _, e := range g.events {
		switch e.Kind {
		case runbook.EventResult:
			res := results[e.Seq]
			add(res.Transcript, "transcript of "+res.ID, truth(res.Source), e)
			for _, sub := range res.Sub {
				add(sub.Transcript, "transcript of "+res.ID+", "+cmp.Or(sub.ID, sub.Kind), truth(res.Source), e)
			}
		case "import":
			p := payloadOf(e)
			add(p.text("sha256", "hash"), "imported "+p.text("file", "path", "name"), "imported", e)
		case "script.written":
			p := payloadOf(e)
			add(p.text("sha256", "hash"), "script written "+p.text("file", "path", "name"), "script", e)
		case runbook.EventHandover:
			p := payloadOf(e)
			add(p.text("sha256"), "handover packet "+p.text("file"), "handover", e)
		case "exported":
			p := payloadOf(e)
			add(p.text("sha256", "hash"), "earlier export "+p.text("file", "path", "name"), "export", e)
		}
	}
	for i := range g.d.Evidence {
		g.d.Evidence[i].What = strings.TrimSpace(baseOnly(g.d.Evidence[i].What))
	}
}

// baseOnly cuts the folders off the last word, so that no path of the
// engineer's computer gets into a document.
func baseOnly(s string) string {
	if !strings.HasPrefix(s, "transcript") {
		if i := strings.LastIndexAny(s, `/\`); i >= 0 {
			head, _, _ := strings.Cut(s, " ")
			return head + " " + s[i+1:]
		}
	}
	return s
}

// method says how the facts were found, and where they end.
func (g *gatherer) method() {
	vantages, kinds, hosts := map[string]int{}, map[string]int{}, map[string]int{}
	for _, r := range g.results {
		vantages[string(r.result.Vantage)+", "+truth(r.result.Source)]++
		kinds[r.result.Kind]++
		hosts[r.result.Host]++
	}
	g.d.Method = Method{Vantages: countLines(vantages, "result", "results"), Kinds: countLines(kinds, "result", "results")}
	m := &g.d.Method
	c := g.d.Counts
	if c.NotRun > 0 {
		m.Limits = append(m.Limits, plural(c.NotRun, "check has", "checks have")+" no result that counts; nothing is concluded from them.")
	}
	if c.Unknown > 0 {
		m.Limits = append(m.Limits, plural(c.Unknown, "check", "checks")+" could not be decided: neither good nor bad.")
	}
	if outside := g.undecided("vantage.none_outside"); outside > 0 {
		m.Limits = append(m.Limits, plural(outside, "check needs", "checks need")+" a computer outside the network and had none.")
	}
	if skipped := g.undecided("credentials.none"); skipped > 0 {
		m.Limits = append(m.Limits, plural(skipped, "check was", "checks were")+" left out for want of credentials.")
	}
	for _, j := range g.p.Clock {
		m.Limits = append(m.Limits, fmt.Sprintf("The clock went back at journal entry %d, from %s to %s; durations across it are not to be trusted.", j.Seq, stamp(j.Before), stamp(j.After)))
	}
	if g.d.Redacted {
		m.Limits = append(m.Limits, "Names were replaced. A name that is in no field of the migration or journal, but only inside free text, may have been missed: read before handing on.")
	}
	g.support()
}

// undecided counts the checks whose latest result has a reason.
func (g *gatherer) undecided(reason string) int {
	n := 0
	for id := range g.index.checks {
		if st := checkState(g.p, id); st.Result != nil && st.Result.Reason == reason {
			n++
		}
	}
	return n
}

func (g *gatherer) support() {
	rel := g.r.Release
	if rel.SupportEnd != "" {
		g.d.Method.Support = append(g.d.Method.Support, fmt.Sprintf("Exchange %s (build %s): support ended or ends on %s.", rel.Name, rel.Build, rel.SupportEnd))
	}
	g.d.Method.Support = append(g.d.Method.Support, rel.Notes...)
}

func countLines(counts map[string]int, one, many string) []string {
	var keys []string
	for k := range counts {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	var out []string
	for _, k := range keys {
		out = append(out, k+": "+plural(counts[k], one, many))
	}
	return out
}

// integrity describes the chain of the journal, and looks at it.
func (g *gatherer) integrity() {
	in := &g.d.Integrity
	in.Procedure = g.r.Hash
	in.Entries = len(g.all)
	in.Verify = "coexist journal verify FILE"
	in.Chain = "empty"
	if g.o.Broken != "" {
		in.Chain = "BROKEN"
		in.Breaks = append(in.Breaks, g.o.Broken+"; what comes after is not in this document")
	}
	if len(g.all) == 0 {
		return
	}
	in.First, in.Last = g.all[0].Time.UTC(), lastTime(g.all)
	in.FirstHash, in.Head = g.all[0].Hash(), g.all[len(g.all)-1].Hash()
	if in.Chain == "empty" {
		in.Chain = "unbroken"
	}
	for i := 1; i < len(g.all); i++ {
		if g.all[i].Prev != g.all[i-1].Hash() {
			in.Breaks = append(in.Breaks, fmt.Sprintf("entry %d does not name the entry before it", g.all[i].Seq))
		}
	}
	if len(in.Breaks) > 0 {
		in.Chain = "BROKEN"
	}
	for _, e := range g.all {
		var c journal.Continuation
		if e.Kind != journal.KindContinued || json.Unmarshal(e.Data, &c) != nil {
			continue
		}
		if in.Chain == "unbroken" {
			in.Chain = "continued after a break"
		}
		in.Breaks = append(in.Breaks, fmt.Sprintf("entry %d goes on after a break at line %d: %s; %s no longer count; the broken file has SHA-256 %s, its sound part ends with %s", e.Seq, c.Line, c.Reason, plural(c.Dropped, "line", "lines"), c.SHA256, cmp.Or(c.Head, "nothing")))
	}
}
