package checks

import (
	"errors"
	"fmt"
	"math/big"
	"net/netip"
	"regexp"
	"slices"
	"sort"
	"strconv"
	"strings"
	"time"
)

// compare holds one row against an expectation. The reason is set when the row
// is undecided.
func compare(e Expectation, r Row, now time.Time) (truth, string) {
	values, read := r[e.Property]
	if !read {
		return undecided, "expect.missing_property"
	}
	values = nonEmpty(values)
	if ok, known := compareText(e, values); known {
		return verdictOf(ok), ""
	}
	if len(values) == 0 {
		return undecided, "expect.unreadable"
	}
	for _, v := range values {
		ok, err := compareValue(e, v, now)
		if err != nil {
			return undecided, "expect.unreadable"
		}
		if !ok {
			return missed, ""
		}
	}
	return met, ""
}

func verdictOf(ok bool) truth {
	if ok {
		return met
	}
	return missed
}

// compareText answers the operations that compare text; known is false for
// the others.
func compareText(e Expectation, values []string) (ok, known bool) {
	among := func(list []string) func(string) bool {
		return func(v string) bool {
			return slices.ContainsFunc(list, func(w string) bool { return same(v, w) })
		}
	}
	any, all := func(f func(string) bool) bool { return slices.ContainsFunc(values, f) },
		func(f func(string) bool) bool {
			return len(values) > 0 && !slices.ContainsFunc(values, func(v string) bool { return !f(v) })
		}
	text := strings.ToLower(e.Value)
	holds := func(v string) bool { return strings.Contains(strings.ToLower(v), text) }
	isValue := func(v string) bool { return same(v, e.Value) }
	switch e.Op {
	case "eq":
		if strings.TrimSpace(e.Value) == "" {
			return len(values) == 0, true
		}
		return all(isValue), true
	case "ne":
		if strings.TrimSpace(e.Value) == "" {
			return len(values) > 0, true
		}
		return !any(isValue), true
	case "in":
		return all(among(wanted(e))), true
	case "not_in":
		return !any(among(wanted(e))), true
	case "contains":
		for _, w := range wanted(e) {
			if !any(func(v string) bool { return same(v, w) }) {
				return false, true
			}
		}
		return true, true
	case "lacks":
		return !any(among(wanted(e))), true
	case "has_text":
		return any(holds), true
	case "no_text":
		return !any(holds), true
	case "matches":
		re, err := regexp.Compile(e.Value)
		return err == nil && any(re.MatchString), true
	case "empty":
		return len(values) == 0, true
	case "not_empty":
		return len(values) > 0, true
	}
	return false, false
}

// compareValue answers the operations on numbers, versions and dates; an error
// means that the value cannot be read as one.
func compareValue(e Expectation, v string, now time.Time) (bool, error) {
	switch e.Op {
	case "at_least", "at_most":
		got, err := number(v)
		if err != nil {
			return false, err
		}
		want, err := number(e.Value)
		if err != nil {
			return false, err
		}
		if e.Op == "at_most" {
			return got.Cmp(want) <= 0, nil
		}
		return got.Cmp(want) >= 0, nil
	case "version_at_least":
		got, err := version(v)
		if err != nil {
			return false, err
		}
		want, err := version(e.Value)
		if err != nil {
			return false, err
		}
		return slices.Compare(got, want) >= 0, nil
	case "younger_than", "valid_for":
		return compareDate(e, v, now)
	}
	return false, fmt.Errorf("unknown operation %q", e.Op)
}

func compareDate(e Expectation, v string, now time.Time) (bool, error) {
	at, err := time.Parse(time.RFC3339, strings.TrimSpace(v))
	if err != nil {
		return false, err
	}
	span, err := ParseDuration(e.Value)
	if err != nil {
		return false, err
	}
	if e.Op == "valid_for" {
		return !at.Before(now.Add(span)), nil
	}
	if at.After(now.Add(24 * time.Hour)) {
		return false, errors.New("the date lies in the future: a clock is wrong")
	}
	return now.Sub(at) < span, nil
}

// Validate tells whether the expectation can be judged at all: its operation
// is known and its value is what the operation needs.
func (e Expectation) Validate() error {
	if err := e.ValidateShape(); err != nil {
		return err
	}
	var err error
	switch e.Op {
	case "at_least", "at_most":
		_, err = number(e.Value)
	case "version_at_least":
		_, err = version(e.Value)
	case "count", "count_at_least":
		if n, convErr := strconv.Atoi(strings.TrimSpace(e.Value)); convErr != nil || n < 0 {
			err = fmt.Errorf("op %s needs a whole number as value, not %q", e.Op, e.Value)
		}
	case "younger_than", "valid_for":
		_, err = ParseDuration(e.Value)
	case "matches":
		_, err = regexp.Compile(e.Value)
	case "in", "not_in", "contains", "lacks", "all_of":
		if len(wanted(e)) == 0 {
			err = fmt.Errorf("op %s needs at least one value", e.Op)
		}
	case "has_text", "no_text":
		if e.Value == "" {
			err = fmt.Errorf("op %s needs a value", e.Op)
		}
	}
	return err
}

// ValidateShape checks what can be checked before the values are rendered.
func (e Expectation) ValidateShape() error {
	if !slices.Contains(Ops, e.Op) {
		return fmt.Errorf("unknown op %q; known are %s", e.Op, strings.Join(Ops, ", "))
	}
	if e.Property == "" && e.Op != "count" && e.Op != "count_at_least" {
		return fmt.Errorf("op %s needs a property", e.Op)
	}
	switch e.Rows {
	case "", "every", "any", "none":
	default:
		return fmt.Errorf("rows is %q; it must be every, any or none", e.Rows)
	}
	switch e.Otherwise {
	case "", Fail, Warn:
	default:
		return fmt.Errorf("otherwise is %q; it must be fail or warn", e.Otherwise)
	}
	return nil
}

var decimal = Pattern(`^-?[0-9]{1,30}(\.[0-9]{1,10})?$`)

func number(s string) (*big.Rat, error) {
	s = strings.TrimSpace(s)
	if !decimal().MatchString(s) {
		return nil, fmt.Errorf("%q is not a number", clip(s, 40))
	}
	n, ok := new(big.Rat).SetString(s)
	if !ok {
		return nil, fmt.Errorf("%q is not a number", clip(s, 40))
	}
	return n, nil
}

var (
	dotted  = Pattern(`^[0-9]{1,9}(\.[0-9]{1,9}){0,5}$`)
	display = Pattern(`^(?i:version )?([0-9]{1,9}\.[0-9]{1,9}) ?\((?i:build) ([0-9]{1,9}\.[0-9]{1,9})\)$`)
)

// version reads "15.00.1497.002" and "Version 15.0 (Build 1497.2)" as the same
// numbers; missing trailing parts are zero.
func version(s string) ([]int, error) {
	s = strings.TrimSpace(s)
	if m := display().FindStringSubmatch(s); m != nil {
		s = m[1] + "." + m[2]
	}
	if !dotted().MatchString(s) {
		return nil, fmt.Errorf("%q is not a version number", clip(s, 40))
	}
	out := make([]int, 6)
	for i, p := range strings.Split(s, ".") {
		out[i], _ = strconv.Atoi(p) // at most nine digits
	}
	return out, nil
}

var days = Pattern(`^([0-9]{1,6})d`)

// ParseDuration reads a Go duration that may begin with days, such as "30d" or
// "1d12h".
func ParseDuration(s string) (time.Duration, error) {
	s = strings.TrimSpace(s)
	var total time.Duration
	rest := s
	if m := days().FindStringSubmatch(s); m != nil {
		n, _ := strconv.Atoi(m[1]) // at most six digits
		if n > 36500 {
			return 0, fmt.Errorf("%q is longer than a hundred years", s)
		}
		total = time.Duration(n) * 24 * time.Hour
		if rest = s[len(m[0]):]; rest == "" {
			return total, nil
		}
	}
	d, err := time.ParseDuration(rest)
	if err != nil || d < 0 {
		return 0, fmt.Errorf("%q is not a duration such as 30d, 12h or 90m", clip(s, 40))
	}
	return total + d, nil
}

// same compares texts without regard to case and surrounding space; addresses
// are compared as addresses.
func same(a, b string) bool { return canonical(a) == canonical(b) }

func canonical(s string) string {
	s = strings.ToLower(strings.TrimSpace(s))
	if a, err := netip.ParseAddr(s); err == nil {
		return a.Unmap().String()
	}
	return s
}

func nonEmpty(list []string) []string {
	var out []string
	for _, s := range list {
		if strings.TrimSpace(s) != "" {
			out = append(out, s)
		}
	}
	return out
}

func distinct(list []string) []string {
	var out []string
	seen := map[string]bool{}
	for _, s := range list {
		if !seen[s] {
			seen[s] = true
			out = append(out, s)
		}
	}
	return out
}

func setMinus(a, b map[string]string) []string {
	rest := map[string]string{}
	for k, v := range a {
		if _, ok := b[k]; !ok {
			rest[k] = v
		}
	}
	return sortedValues(rest)
}

func sortedValues(m map[string]string) []string {
	out := make([]string, 0, len(m))
	for _, v := range m {
		out = append(out, v)
	}
	sort.Strings(out)
	return out
}

// joinClipped joins the first most values and says how many more there are.
func joinClipped(list []string, most int) string {
	more := ""
	if len(list) > most {
		more = fmt.Sprintf(" and %d more", len(list)-most)
		list = list[:most]
	}
	out := make([]string, len(list))
	for i, s := range list {
		out[i] = clip(s, 200)
	}
	return strings.Join(out, ", ") + more
}
