package checks

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Judgement is what holding rows against expectations gave.
type Judgement struct {
	Verdict  Verdict // Pass, Warn, Fail or Unknown
	Reason   string  // empty on Pass
	Expected string
	Found    string
}

// Judge holds rows against every expectation. The heaviest verdict counts; the
// texts speak of the expectations that gave it, or of all of them on a pass.
// Without expectations everything observed passes.
func Judge(expect []Expectation, rows []Row, now time.Time) Judgement {
	out := Judgement{Verdict: Pass}
	if len(expect) == 0 {
		return out
	}
	all := make([]Judgement, len(expect))
	for i, e := range expect {
		all[i] = judgeOne(e, rows, now)
		if Worse(out.Verdict, all[i].Verdict) != out.Verdict {
			out.Verdict, out.Reason = all[i].Verdict, all[i].Reason
		}
	}
	var expected, found []string
	for _, j := range all {
		if j.Verdict == out.Verdict {
			expected = append(expected, j.Expected)
			found = append(found, j.Found)
		}
	}
	out.Expected = clip(strings.Join(distinct(expected), "; "), 1000)
	out.Found = clip(strings.Join(distinct(found), "; "), 1000)
	return out
}

// truth is the outcome for one row; undecided is neither met nor missed.
type truth int

const (
	undecided truth = iota
	missed
	met
)

func judgeOne(e Expectation, rows []Row, now time.Time) Judgement {
	j := Judgement{Expected: e.describe()}
	if err := e.Validate(); err != nil {
		j.Verdict, j.Reason, j.Found = Unknown, "expect.invalid", err.Error()
		return j
	}
	if len(rows) == 0 && !decidesOnNothing(e) {
		j.Verdict, j.Reason, j.Found = Unknown, "expect.nothing_observed", "nothing was observed"
		return j
	}
	switch e.Op {
	case "count", "count_at_least":
		return judgeCount(e, rows, j)
	case "same_set", "all_of":
		return judgeSet(e, rows, j)
	}
	return judgeRows(e, rows, now, j)
}

func decidesOnNothing(e Expectation) bool {
	switch e.Op {
	case "count", "count_at_least":
		return true
	case "same_set":
		return len(wanted(e)) == 0
	}
	return false
}

// judgeRows compares row by row and applies the quantifier.
func judgeRows(e Expectation, rows []Row, now time.Time, j Judgement) Judgement {
	hits := make([]truth, len(rows))
	var count [3]int
	reason := ""
	for i, r := range rows {
		var why string
		hits[i], why = compare(e, r, now)
		count[hits[i]]++
		if why != "" && reason == "" {
			reason = why
		}
	}
	var guilty truth
	switch e.Rows {
	case "any":
		switch {
		case count[met] > 0:
			j.Verdict, guilty = Pass, met
		case count[undecided] > 0:
			j.Verdict, guilty = Unknown, undecided
		default:
			j.Verdict, guilty = e.otherwise(), missed
		}
	case "none":
		switch {
		case count[met] > 0:
			j.Verdict, guilty = e.otherwise(), met
		case count[undecided] > 0:
			j.Verdict, guilty = Unknown, undecided
		default:
			j.Verdict, guilty = Pass, missed
		}
	default:
		switch {
		case count[missed] > 0:
			j.Verdict, guilty = e.otherwise(), missed
		case count[undecided] > 0:
			j.Verdict, guilty = Unknown, undecided
		default:
			j.Verdict, guilty = Pass, met
		}
	}
	switch j.Verdict {
	case Fail, Warn:
		j.Reason = "expect.not_met"
	case Unknown:
		j.Reason = reason
	}
	j.Found = describeRows(e.Property, rows, hits, guilty)
	return j
}

func judgeCount(e Expectation, rows []Row, j Judgement) Judgement {
	n := 0
	for _, r := range rows {
		if e.Property == "" {
			n++
			continue
		}
		v, read := r[e.Property]
		if !read {
			j.Verdict, j.Reason = Unknown, "expect.missing_property"
			j.Found = e.Property + " was not read" + rowLabel(r)
			return j
		}
		if len(nonEmpty(v)) > 0 {
			n++
		}
	}
	want, _ := strconv.Atoi(strings.TrimSpace(e.Value)) // validated
	ok := n == want
	if e.Op == "count_at_least" {
		ok = n >= want
	}
	j.Verdict, j.Found = Pass, strconv.Itoa(n)
	if !ok {
		j.Verdict, j.Reason = e.otherwise(), "expect.not_met"
		if n > 0 {
			j.Found += " (" + strings.TrimSpace(listRows(rows)) + ")"
		}
	}
	return j
}

func judgeSet(e Expectation, rows []Row, j Judgement) Judgement {
	want := map[string]string{}
	for _, v := range wanted(e) {
		want[canonical(v)] = v
	}
	got := map[string]string{}
	unread := ""
	for _, r := range rows {
		v, read := r[e.Property]
		if !read {
			unread = e.Property + " was not read" + rowLabel(r)
			continue
		}
		for _, s := range nonEmpty(v) {
			got[canonical(s)] = s
		}
	}
	lacking, extra := setMinus(want, got), setMinus(got, want)
	j.Found = joinClipped(sortedValues(got), 12)
	if j.Found == "" {
		j.Found = "nothing"
	}
	switch {
	case e.Op == "same_set" && len(extra) > 0,
		len(lacking) > 0 && unread == "":
		j.Verdict, j.Reason = e.otherwise(), "expect.not_met"
		if len(lacking) > 0 {
			j.Found += "; missing " + joinClipped(lacking, 12)
		}
		if e.Op == "same_set" && len(extra) > 0 {
			j.Found += "; too many " + joinClipped(extra, 12)
		}
	case len(lacking) > 0, e.Op == "same_set" && unread != "":
		j.Verdict, j.Reason, j.Found = Unknown, "expect.missing_property", unread
	default:
		j.Verdict = Pass
	}
	return j
}

func (e Expectation) otherwise() Verdict {
	if e.Otherwise == Warn {
		return Warn
	}
	return Fail
}

// wanted are the texts an expectation names, in Value and Values.
func wanted(e Expectation) []string {
	out := nonEmpty(e.Values)
	if strings.TrimSpace(e.Value) != "" {
		out = append(out, e.Value)
	}
	return out
}

// describe says in words what is expected.
func (e Expectation) describe() string {
	list := joinClipped(wanted(e), 12)
	value := clip(strings.TrimSpace(e.Value), 200)
	words := map[string]string{
		"eq": "is " + orNothing(value), "ne": "is not " + orNothing(value),
		"in": "is one of " + list, "not_in": "is none of " + list,
		"contains": "includes " + list, "lacks": "does not include " + list,
		"has_text": "has the text " + value, "no_text": "does not have the text " + value,
		"matches":  "matches " + value,
		"at_least": "is at least " + value, "at_most": "is at most " + value,
		"version_at_least": "is version " + value + " or later",
		"empty":            "has no value", "not_empty": "has a value",
		"same_set": "is exactly " + orNothing(list), "all_of": "includes all of " + list,
		"younger_than": "is younger than " + value, "valid_for": "lies at least " + value + " ahead",
	}
	switch e.Op {
	case "count":
		return "number of " + orRows(e.Property) + " is " + value
	case "count_at_least":
		return "number of " + orRows(e.Property) + " is at least " + value
	}
	said, ok := words[e.Op]
	if !ok {
		said = e.Op + " " + value
	}
	switch e.Rows {
	case "any":
		return "at least one " + e.Property + " " + said
	case "none":
		return "no " + e.Property + " " + said
	}
	return e.Property + " " + said
}

func orNothing(s string) string {
	if s == "" {
		return "empty"
	}
	return s
}

func orRows(property string) string {
	if property == "" {
		return "entries"
	}
	return "entries with " + property
}

// describeRows tells the values of the rows with one outcome, each with what
// identifies its row.
func describeRows(property string, rows []Row, hits []truth, which truth) string {
	var out []string
	for i, r := range rows {
		if hits[i] != which {
			continue
		}
		v, read := r[property]
		text := "was not read"
		if read {
			text = orNothing(joinClipped(v, 12))
		}
		out = append(out, text+rowLabel(r))
	}
	out = distinct(out)
	return property + " " + joinClipped(out, 5)
}

// labels are the properties that tell rows apart, most telling first.
var labels = []string{"name", "dc", "address", "server", "resolver", "host", "database", "domain", "identity", "Identity", "Name", "Server", "step"}

func rowLabel(r Row) string {
	var parts []string
	for _, l := range labels {
		if v, ok := r.Get(l); ok && v != "" {
			parts = append(parts, l+" "+clip(v, 80))
			if len(parts) == 2 {
				break
			}
		}
	}
	if len(parts) == 0 {
		return ""
	}
	return " (" + strings.Join(parts, ", ") + ")"
}

func listRows(rows []Row) string {
	var out []string
	for _, r := range rows {
		if l := rowLabel(r); l != "" {
			out = append(out, strings.Trim(l, " ()"))
		}
	}
	if len(out) == 0 {
		return fmt.Sprintf("%d rows", len(rows))
	}
	return joinClipped(out, 5)
}
