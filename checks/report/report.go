// Package report prints results for people: one line a check; under what did
// not pass what was expected, what was found, why that may be and what to do;
// then the stages of the probe, what was seen and the rest of the evidence.
package report

import (
	"fmt"
	"io"
	"sort"
	"strings"
	"unicode/utf8"

	"coexist/checks"
)

// words are the verdicts as printed; never a colour alone.
var words = map[checks.Verdict]string{
	checks.Pass: "PASS", checks.Warn: "WARN", checks.Fail: "FAIL", checks.Unknown: "UNKNOWN", checks.Skip: "SKIP",
}

// Word is a verdict as printed.
func Word(v checks.Verdict) string {
	if w, ok := words[v]; ok {
		return w
	}
	return strings.ToUpper(string(v))
}

// Text prints results in order, then the counts.
func Text(results []checks.Result) string {
	var b strings.Builder
	count := map[checks.Verdict]int{}
	for _, r := range results {
		count[r.Verdict]++
		write(&b, r)
	}
	if len(results) > 1 {
		fmt.Fprintf(&b, "\n%d checks: %s\n", len(results), counts(count))
	}
	return b.String()
}

// Table prints one line for every result, then the counts, then what there is
// to know about those that did not pass.
func Table(results []checks.Result) string {
	var b strings.Builder
	count := map[checks.Verdict]int{}
	width := len("check")
	for _, r := range results {
		width = max(width, min(maxName, utf8.RuneCountInString(checks.Escape(r.ID))))
	}
	fmt.Fprintf(&b, "%-7s  %-*s  %s\n", "VERDICT", width, "CHECK", "WHAT WAS FOUND")
	for _, r := range results {
		count[r.Verdict]++
		fmt.Fprintf(&b, "%-7s  %-*s  %s\n", Word(r.Verdict), width, checks.Escape(r.ID), shortened(checks.Escape(said(r))))
	}
	for _, r := range results {
		if r.Verdict != checks.Pass && r.Verdict != checks.Skip {
			b.WriteByte('\n')
			write(&b, r)
		}
	}
	word := "checks"
	if len(results) == 1 {
		word = "check"
	}
	fmt.Fprintf(&b, "\n%d %s: %s\n", len(results), word, counts(count))
	return b.String()
}

// Bounds on what a line of a table holds; the whole stands below it.
const (
	maxName = 60
	maxSaid = 90
)

// said is what a result comes to in one line.
func said(r checks.Result) string {
	if r.Verdict != checks.Pass && r.Verdict != checks.Skip && r.Found != "" {
		return r.Found
	}
	return r.Summary
}

func shortened(s string) string {
	if runes := []rune(s); len(runes) > maxSaid {
		return string(runes[:maxSaid-1]) + "…"
	}
	return s
}

// Progress returns a receiver for [checks.Run] that prints one line as each
// check ends.
func Progress(w io.Writer, total int) func(checks.Update) {
	done := 0
	return func(u checks.Update) {
		if !u.Done || u.Result == nil {
			return
		}
		done++
		fmt.Fprintf(w, "%d/%d %s %s\n", done, total, Word(u.Result.Verdict), checks.Escape(u.Result.ID))
	}
}

func counts(n map[checks.Verdict]int) string {
	var parts []string
	for _, v := range []checks.Verdict{checks.Fail, checks.Unknown, checks.Warn, checks.Pass, checks.Skip} {
		if n[v] > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n[v], v))
		}
	}
	return strings.Join(parts, ", ")
}

// deeper is how far what belongs to a verdict stands in: its word's width.
const deeper = "        "

func write(b *strings.Builder, r checks.Result) {
	name := r.ID
	if name == "" {
		name = r.Kind
	}
	fmt.Fprintf(b, "%-7s %s", Word(r.Verdict), checks.Escape(name))
	if r.Summary != "" {
		fmt.Fprintf(b, " - %s", checks.Escape(r.Summary))
	}
	fmt.Fprintf(b, " (%d ms)\n", r.MS)
	if r.Verdict != checks.Pass && r.Verdict != checks.Skip {
		line(b, deeper, "expected", r.Expected)
		line(b, deeper, "found", r.Found)
		for i, c := range r.Causes {
			line(b, deeper, map[bool]string{true: "likely", false: ""}[i == 0], c)
		}
		line(b, deeper, "do", r.Remedy)
		line(b, deeper, "reason", r.Reason)
	}
	if len(r.Sub) > 0 {
		fmt.Fprintf(b, "%ssteps\n", deeper)
		for _, sub := range r.Sub {
			step(b, sub, deeper+"  ", r.Reason)
		}
	}
	for _, row := range r.Rows {
		seen(b, row)
	}
	if len(r.Evidence) > 0 {
		fmt.Fprintf(b, "%sevidence\n", deeper)
		list(b, deeper+"  ", sorted(r.Evidence), func(k string) []string { return []string{r.Evidence[k]} })
	}
}

// step prints a stage and those below it. What to do stands below a stage whose
// trouble is another than that of what it is part of, which was explained.
func step(b *strings.Builder, r checks.Result, indent, explained string) {
	name := r.Kind
	switch {
	case r.Target != "" && r.Kind != "" && r.Kind != "address":
		name = r.Kind + " " + r.Target
	case r.Target != "":
		name = r.Target
	case name == "":
		name = r.ID
	}
	fmt.Fprintf(b, "%s%-7s %-4s", indent, Word(r.Verdict), checks.Escape(name))
	if r.Summary != "" {
		fmt.Fprintf(b, " %s", checks.Escape(r.Summary))
	}
	fmt.Fprintf(b, " (%d ms)", r.MS)
	if r.Reason != "" {
		fmt.Fprintf(b, " [%s]", checks.Escape(r.Reason))
	}
	b.WriteByte('\n')
	if r.Reason != "" && r.Reason != explained {
		line(b, indent+deeper, "do", checks.Reasons[r.Reason].Remedy)
		explained = r.Reason
	}
	for _, sub := range r.Sub {
		step(b, sub, indent+deeper, explained)
	}
}

func line(b *strings.Builder, indent, label, text string) {
	if text != "" {
		fmt.Fprintf(b, "%s%-9s %s\n", indent, label, checks.Escape(text))
	}
}

// shortRow is how long a row may be to stand in one line.
const shortRow = 110

// seen prints what was observed: a short row in one line, a long one with a
// line for each value.
func seen(b *strings.Builder, row checks.Row) {
	if text := rowText(row); len(text) <= shortRow {
		fmt.Fprintf(b, "%s- %s\n", deeper, checks.Escape(text))
		return
	}
	head := "seen"
	if addr, ok := row.Get("address"); ok {
		head += " at " + addr
	}
	fmt.Fprintf(b, "%s%s\n", deeper, checks.Escape(head))
	var keys []string
	for _, k := range sorted(row) {
		if k != "address" {
			keys = append(keys, k)
		}
	}
	list(b, deeper+"  ", keys, func(k string) []string { return row[k] })
}

// mostValues of one property are printed; a certificate may have thousands.
const mostValues = 40

// list prints keys in a column with their values beside them.
func list(b *strings.Builder, indent string, keys []string, values func(string) []string) {
	width := 0
	for _, k := range keys {
		if len(values(k)) > 0 {
			width = max(width, len([]rune(checks.Escape(k))))
		}
	}
	for _, k := range keys {
		label := checks.Escape(k)
		for i, v := range values(k) {
			if i == mostValues {
				v = fmt.Sprintf("and %d more", len(values(k))-i)
			}
			fmt.Fprintf(b, "%s%-*s  %s\n", indent, width, label, checks.Escape(v))
			if label = ""; i == mostValues {
				break
			}
		}
	}
}

func rowText(row checks.Row) string {
	var parts []string
	for _, k := range sorted(row) {
		if len(row[k]) > 0 {
			parts = append(parts, k+"="+strings.Join(row[k], ","))
		}
	}
	return strings.Join(parts, " ")
}

func sorted[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	return keys
}
