package checks

import (
	"strings"
	"testing"
	"time"
)

var testNow = time.Date(2026, 11, 28, 22, 0, 0, 0, time.UTC)

func rows(property string, values ...string) []Row {
	var out []Row
	for _, v := range values {
		switch v {
		case "<missing>":
			out = append(out, Row{"dc": {"dc"}})
		case "<none>":
			out = append(out, Row{property: nil})
		default:
			out = append(out, Row{property: strings.Split(v, "|")})
		}
	}
	return out
}

func TestJudge(t *testing.T) {
	t.Parallel()
	e := func(op, value string) Expectation { return Expectation{Property: "p", Op: op, Value: value} }
	among := func(op string, values ...string) Expectation {
		return Expectation{Property: "p", Op: op, Values: values}
	}
	quantified := func(e Expectation, rows string) Expectation { e.Rows = rows; return e }
	const missing, nothing, unreadable = "expect.missing_property", "expect.nothing_observed", "expect.unreadable"
	for _, c := range []struct {
		name    string
		e       Expectation
		rows    []Row
		verdict Verdict
		reason  string
	}{
		{"eq ignores case and space", e("eq", "Mail.Contoso.com"), rows("p", " mail.contoso.COM "), Pass, ""},
		{"eq on every row", e("eq", "a"), rows("p", "a", "b"), Fail, "expect.not_met"},
		{"eq wants all values", e("eq", "a"), rows("p", "a|b"), Fail, "expect.not_met"},
		{"eq of addresses", e("eq", "2001:db8::1"), rows("p", "2001:0db8:0:0::1"), Pass, ""},
		{"eq empty", e("eq", ""), rows("p", "<none>"), Pass, ""},
		{"eq against no value", e("eq", "a"), rows("p", "<none>"), Fail, "expect.not_met"},
		{"eq any", quantified(e("eq", "a"), "any"), rows("p", "a", "b"), Pass, ""},
		{"eq any, others unread", quantified(e("eq", "a"), "any"), rows("p", "<missing>", "b"), Unknown, missing},
		{"eq any, none", quantified(e("eq", "a"), "any"), rows("p", "c", "b"), Fail, "expect.not_met"},
		{"eq none", quantified(e("eq", "2007"), "none"), rows("p", "2010", "2013"), Pass, ""},
		{"eq none hit", quantified(e("eq", "2007"), "none"), rows("p", "2007", "<missing>"), Fail, "expect.not_met"},
		{"eq none unread", quantified(e("eq", "2007"), "none"), rows("p", "2010", "<missing>"), Unknown, missing},
		{"missing is never a pass", e("eq", "a"), rows("p", "a", "<missing>"), Unknown, missing},
		{"a miss outweighs unread", e("eq", "a"), rows("p", "b", "<missing>"), Fail, "expect.not_met"},
		{"nothing observed", e("eq", "a"), nil, Unknown, nothing},
		{"nothing observed, none", quantified(e("eq", "a"), "none"), nil, Unknown, nothing},
		{"ne", e("ne", "a"), rows("p", "b"), Pass, ""},
		{"ne hit", e("ne", "a"), rows("p", "b|A"), Fail, "expect.not_met"},
		{"ne empty", e("ne", ""), rows("p", "<none>"), Fail, "expect.not_met"},
		{"in", among("in", "a", "b"), rows("p", "A", "b"), Pass, ""},
		{"in with no value", among("in", "a"), rows("p", "<none>"), Fail, "expect.not_met"},
		{"not_in", among("not_in", "a", "b"), rows("p", "c"), Pass, ""},
		{"not_in hit", among("not_in", "a", "b"), rows("p", "c|b"), Fail, "expect.not_met"},
		{"contains", among("contains", "Basic", "NTLM"), rows("p", "ntlm|basic|Negotiate"), Pass, ""},
		{"contains lacks one", among("contains", "Basic", "NTLM"), rows("p", "Basic"), Fail, "expect.not_met"},
		{"contains is no substring", e("contains", "Bas"), rows("p", "Basic"), Fail, "expect.not_met"},
		{"lacks", e("lacks", "NTLM"), rows("p", "Basic"), Pass, ""},
		{"lacks hit", among("lacks", "NTLM"), rows("p", "Basic|ntlm"), Fail, "expect.not_met"},
		{"has_text", e("has_text", "SERVICE"), rows("p", "mail service ready"), Pass, ""},
		{"has_text without", e("has_text", "x"), rows("p", "<none>"), Fail, "expect.not_met"},
		{"no_text", e("no_text", "error"), rows("p", "fine"), Pass, ""},
		{"no_text hit", e("no_text", "error"), rows("p", "an ERROR"), Fail, "expect.not_met"},
		{"matches", e("matches", `^15\.0\.`), rows("p", "15.0.1497"), Pass, ""},
		{"matches is case-sensitive", e("matches", `^ex`), rows("p", "EX13"), Fail, "expect.not_met"},
		{"bad pattern", e("matches", `(`), rows("p", "x"), Unknown, "expect.invalid"},
		{"at_least", e("at_least", "15312"), rows("p", "15312", "15313"), Pass, ""},
		{"at_least below", e("at_least", "15312"), rows("p", "15312", "14734"), Fail, "expect.not_met"},
		{"at_least is numeric", e("at_least", "9"), rows("p", "10"), Pass, ""},
		{"at_least of words", e("at_least", "9"), rows("p", "many"), Unknown, unreadable},
		{"at_least of nothing", e("at_least", "9"), rows("p", "<none>"), Unknown, unreadable},
		{"at_least NaN", e("at_least", "9"), rows("p", "NaN"), Unknown, unreadable},
		{"at_least huge", e("at_least", "9"), rows("p", "9223372036854775808"), Pass, ""},
		{"at_least unrendered", e("at_least", "{{x}}"), rows("p", "1"), Unknown, "expect.invalid"},
		{"at_most", e("at_most", "300"), rows("p", "300"), Pass, ""},
		{"at_most above", e("at_most", "300"), rows("p", "3600"), Fail, "expect.not_met"},
		{"version", e("version_at_least", "15.0.1497.48"), rows("p", "15.00.1497.048"), Pass, ""},
		{"version lower", e("version_at_least", "15.0.1497.48"), rows("p", "15.0.1497.2"), Fail, "expect.not_met"},
		{"version not by letters", e("version_at_least", "8.3"), rows("p", "14.3.496.0"), Pass, ""},
		{"version missing parts", e("version_at_least", "15.0.1497.0"), rows("p", "15.0.1497"), Pass, ""},
		{"version as displayed", e("version_at_least", "15.0.1497.2"), rows("p", "Version 15.0 (Build 1497.2)"), Pass, ""},
		{"version of words", e("version_at_least", "15.0"), rows("p", "RTM"), Unknown, unreadable},
		{"empty", e("empty", ""), rows("p", "<none>"), Pass, ""},
		{"empty unread", e("empty", ""), rows("p", "<missing>"), Unknown, missing},
		{"empty blank", e("empty", ""), rows("p", "  "), Pass, ""},
		{"empty filled", e("empty", ""), rows("p", "x"), Fail, "expect.not_met"},
		{"not_empty", e("not_empty", ""), rows("p", "x"), Pass, ""},
		{"not_empty empty", e("not_empty", ""), rows("p", "<none>"), Fail, "expect.not_met"},
		{"same_set over rows", among("same_set", "a", "b"), rows("p", "B", "a", "a"), Pass, ""},
		{"same_set too many", among("same_set", "a"), rows("p", "a", "b"), Fail, "expect.not_met"},
		{"same_set too few", among("same_set", "a", "b"), rows("p", "a"), Fail, "expect.not_met"},
		{"same_set of nothing, nothing", among("same_set"), nil, Pass, ""},
		{"same_set of something, nothing", among("same_set", "a"), nil, Unknown, nothing},
		{"same_set unread", among("same_set", "a"), rows("p", "a", "<missing>"), Unknown, missing},
		{"same_set too many beside unread", among("same_set", "a"), rows("p", "b", "<missing>"), Fail, "expect.not_met"},
		{"all_of", among("all_of", "a", "b"), rows("p", "c|b", "a"), Pass, ""},
		{"all_of short", among("all_of", "a", "b"), rows("p", "a"), Fail, "expect.not_met"},
		{"all_of short beside unread", among("all_of", "a", "b"), rows("p", "a", "<missing>"), Unknown, missing},
		{"count", Expectation{Op: "count", Value: "2"}, rows("p", "a", "b"), Pass, ""},
		{"count zero of nothing", Expectation{Op: "count", Value: "0"}, nil, Pass, ""},
		{"count wrong", Expectation{Op: "count", Value: "0"}, rows("p", "a"), Fail, "expect.not_met"},
		{"count of a property", e("count", "1"), rows("p", "a", "<none>"), Pass, ""},
		{"count of an unread property", e("count", "1"), rows("p", "a", "<missing>"), Unknown, missing},
		{"count of words", Expectation{Op: "count", Value: "two"}, nil, Unknown, "expect.invalid"},
		{"count_at_least", Expectation{Op: "count_at_least", Value: "2"}, rows("p", "a", "b", "c"), Pass, ""},
		{"count_at_least short", Expectation{Op: "count_at_least", Value: "2"}, nil, Fail, "expect.not_met"},
		{"younger_than", e("younger_than", "1d"), rows("p", "2026-11-28T01:00:00Z"), Pass, ""},
		{"younger_than with zone", e("younger_than", "1h"), rows("p", "2026-11-28T22:30:00+01:00"), Pass, ""},
		{"younger_than exactly", e("younger_than", "1d"), rows("p", "2026-11-27T22:00:00Z"), Fail, "expect.not_met"},
		{"younger_than from the future", e("younger_than", "1d"), rows("p", "2027-11-28T22:00:00Z"), Unknown, unreadable},
		{"younger_than of words", e("younger_than", "1d"), rows("p", "yesterday"), Unknown, unreadable},
		{"younger_than of never", e("younger_than", "1d"), rows("p", "<none>"), Unknown, unreadable},
		{"younger_than of a bad span", e("younger_than", "soon"), rows("p", "2026-11-28T01:00:00Z"), Unknown, "expect.invalid"},
		{"valid_for", e("valid_for", "30d"), rows("p", "2026-12-28T22:00:00Z"), Pass, ""},
		{"valid_for short", e("valid_for", "30d"), rows("p", "2026-12-28T21:59:59Z"), Fail, "expect.not_met"},
		{"unknown op", e("like", "x"), rows("p", "x"), Unknown, "expect.invalid"},
		{"warn instead", Expectation{Property: "p", Op: "eq", Value: "a", Otherwise: Warn}, rows("p", "b"), Warn, "expect.not_met"},
		{"warn does not soften unknown", Expectation{Property: "p", Op: "eq", Value: "a", Otherwise: Warn}, rows("p", "<missing>"), Unknown, missing},
	} {
		got := Judge([]Expectation{c.e}, c.rows, testNow)
		if got.Verdict != c.verdict || got.Reason != c.reason {
			t.Errorf("%s: got %s %q (%s), want %s %q", c.name, got.Verdict, got.Reason, got.Found, c.verdict, c.reason)
		}
		if got.Expected == "" {
			t.Errorf("%s: says nothing of what is expected", c.name)
		}
	}
}

func TestJudgeTextsSpeakOfTheHeaviest(t *testing.T) {
	t.Parallel()
	list := []Expectation{
		{Property: "range_upper", Op: "at_least", Value: "15312"},
		{Property: "dc", Op: "not_empty"},
	}
	seen := []Row{{"dc": {"dc1"}, "range_upper": {"15312"}}, {"dc": {"dc2"}, "range_upper": {"14734"}}}
	got := Judge(list, seen, testNow)
	if got.Verdict != Fail || !strings.Contains(got.Found, "14734") || !strings.Contains(got.Found, "dc2") || strings.Contains(got.Found, "dc1") {
		t.Errorf("found = %q, want 14734 of dc2 alone", got.Found)
	}
	if strings.Contains(got.Expected, "has a value") || !strings.Contains(got.Expected, "15312") {
		t.Errorf("expected = %q", got.Expected)
	}
	if got := Judge(nil, nil, testNow); got.Verdict != Pass {
		t.Errorf("without expectations: %v", got)
	}
	long := Judge([]Expectation{{Property: "p", Op: "eq", Value: "a"}}, rows("p", strings.Repeat("x", 1<<20)), testNow)
	if len(long.Found) > 2000 {
		t.Errorf("found has %d bytes", len(long.Found))
	}
}

func TestParseDuration(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]time.Duration{
		"30d": 720 * time.Hour, "1d12h": 36 * time.Hour, "90m": 90 * time.Minute, "0d": 0,
		"": -1, "d": -1, "-1d": -1, "1d-2h": -1, "999999d": -1, "soon": -1, "-5m": -1,
	} {
		got, err := ParseDuration(text)
		if want < 0 && err == nil || want >= 0 && (err != nil || got != want) {
			t.Errorf("%q: got %v, %v", text, got, err)
		}
	}
}

func TestEscape(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"plain Ünïcode ✓": "plain Ünïcode ✓",
		"a\x1b]0;x\x07b":  `a\x1b]0;x\x07b`,
		"line\nbreak\r\t": `line\nbreak\r\t`,
		"\u202egpj.exe":   `\u202egpj.exe`,
		"a\xffb":          `a\xffb`,
		"nul\x00":         `nul\x00`,
		"\u0085\u009b":    `\u0085\u009b`,
		"\u200bhidden":    `\u200bhidden`,
		"\U000e0041tag":   `\U000e0041tag`,
		"\u2028":          `\u2028`,
	} {
		if got := Escape(in); got != want {
			t.Errorf("Escape(%q) = %s, want %s", in, got, want)
		}
	}
}

func TestConcludeExplainsAndBounds(t *testing.T) {
	t.Parallel()
	c := Check{ID: "a/b/c", Kind: "tcp", Remedy: "Open the port first."}
	r := Conclude(c, failed("tcp.refused", "line one\nline two"), testNow)
	if len(r.Causes) == 0 || !strings.HasPrefix(r.Remedy, "Open the port first. ") || len(r.Remedy) < 30 {
		t.Errorf("causes %q, remedy %q", r.Causes, r.Remedy)
	}
	if strings.Contains(r.Summary, "\n") {
		t.Errorf("summary %q has a line break", r.Summary)
	}
	many := make([]Row, 5000)
	for i := range many {
		many[i] = Row{"p": {strings.Repeat("é", 5000)}}
	}
	r = Conclude(Check{Kind: "tcp", Expect: []Expectation{{Op: "count", Value: "5000"}}}, observed(many), testNow)
	if r.Verdict != Pass || len(r.Rows) != maxRows || len(r.Rows[0]["p"][0]) > maxText+4 || r.Evidence["rows_kept"] != "1000 of 5000" {
		t.Errorf("verdict %s, %d rows, evidence %v", r.Verdict, len(r.Rows), r.Evidence)
	}
	r = Conclude(Check{Kind: "tcp", Expect: []Expectation{{Property: "p", Op: "eq", Value: "x"}}}, Finding{Verdict: Warn, Reason: "tcp.partial", Summary: "s", Rows: rows("p", "y")}, testNow)
	if r.Verdict != Fail || r.Reason != "expect.not_met" {
		t.Errorf("an expectation that fails outweighs a warning: %s %s", r.Verdict, r.Reason)
	}
}
