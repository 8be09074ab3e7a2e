package checks

import (
	"errors"
	"fmt"
	"math"
	"net/netip"
	"slices"
	"strconv"
	"strings"
)

// ValidateParams finds everything that is wrong with the parameters of a check
// of a kind. Unrendered parameters may still hold templates: of them only
// presence and type are judged. The error lists all problems, one a line.
func ValidateParams(k *Kind, p Params, unrendered bool) error {
	var problems []error
	for _, name := range sortedKeys(p) {
		if k.param(name) == nil {
			problems = append(problems, fmt.Errorf("kind %s takes no parameter %q%s", k.Name, clip(name, 60), k.nearest(name)))
		}
	}
	for _, d := range k.Params {
		v, there := p[d.Name]
		if !there || v == nil || isBlank(v) && !unrendered {
			if d.Required {
				problems = append(problems, fmt.Errorf("kind %s needs the parameter %q: %s", k.Name, d.Name, d.Doc))
			}
			continue
		}
		if err := d.check(v, unrendered); err != nil {
			problems = append(problems, fmt.Errorf("parameter %q: %w", d.Name, err))
		}
	}
	if len(problems) == 0 && k.Validate != nil && !unrendered {
		if err := k.Validate(p); err != nil {
			problems = append(problems, err)
		}
	}
	return errors.Join(problems...)
}

func (k *Kind) param(name string) *Param {
	for i := range k.Params {
		if k.Params[i].Name == name {
			return &k.Params[i]
		}
	}
	return nil
}

// nearest names the parameter that was probably meant.
func (k *Kind) nearest(name string) string {
	best, at := "", 3
	for _, d := range k.Params {
		if n := editDistance(strings.ToLower(name), d.Name); n < at {
			best, at = d.Name, n
		}
	}
	if best != "" {
		return fmt.Sprintf(" (did you mean %q?)", best)
	}
	names := make([]string, len(k.Params))
	for i, d := range k.Params {
		names[i] = d.Name
	}
	return "; it takes " + strings.Join(names, ", ")
}

// check judges one value; numbers and truths may be texts that a template gave.
func (d Param) check(v any, unrendered bool) error {
	text, isText := v.(string)
	if isText && unrendered && strings.Contains(text, "{{") {
		if d.Type == TableParam {
			return errors.New("must be a table of texts")
		}
		return nil
	}
	switch d.Type {
	case TextParam:
		if !isText {
			return fmt.Errorf("must be a text, not %T", v)
		}
		if len(d.Choices) > 0 && !slices.Contains(d.Choices, text) {
			return fmt.Errorf("is %q; it must be one of %s", clip(text, 60), strings.Join(d.Choices, ", "))
		}
	case IntParam:
		return checkInt(v)
	case BoolParam:
		if _, ok := v.(bool); !ok && text != "true" && text != "false" {
			return fmt.Errorf("must be true or false, not %v", v)
		}
	case ListParam:
		return checkList(v)
	case TableParam:
		return checkTable(v)
	}
	return nil
}

func checkInt(v any) error {
	switch n := v.(type) {
	case int, int64:
		return nil
	case float64:
		if n == math.Trunc(n) {
			return nil
		}
	case string:
		if _, err := strconv.Atoi(strings.TrimSpace(n)); err == nil {
			return nil
		}
	}
	return fmt.Errorf("must be a whole number, not %v", v)
}

func checkList(v any) error {
	switch l := v.(type) {
	case string, []string:
		return nil
	case []any:
		for i, e := range l {
			if _, ok := e.(string); !ok {
				return fmt.Errorf("element %d must be a text, not %T", i+1, e)
			}
		}
		return nil
	}
	return fmt.Errorf("must be a list of texts, not %T", v)
}

func checkTable(v any) error {
	switch t := v.(type) {
	case map[string]string:
		return nil
	case map[string]any:
		for _, k := range sortedKeys(t) {
			if _, ok := t[k].(string); !ok {
				return fmt.Errorf("entry %q must be a text, not %T", k, t[k])
			}
		}
		return nil
	case []any, []string, string:
		return checkPairs(v)
	}
	return fmt.Errorf("must be a table of texts or a list of texts such as \"Name: value\", not %T", v)
}

// checkPairs checks a table that is written as a list of "Name: value".
func checkPairs(v any) error {
	if err := checkList(v); err != nil {
		return err
	}
	seen := map[string]bool{}
	for i, line := range (Params{"l": v}).Strings("l") {
		name, _, colon := strings.Cut(line, ":")
		name = strings.ToLower(strings.TrimSpace(name))
		switch {
		case strings.Contains(line, "{{") && !colon: // a template that renders to the whole
		case !colon || name == "":
			return fmt.Errorf("element %d must have the form Name: value", i+1)
		case seen[name]:
			return fmt.Errorf("element %d names %s for the second time", i+1, clip(Escape(name), 60))
		}
		seen[name] = true
	}
	return nil
}

func isBlank(v any) bool {
	switch t := v.(type) {
	case string:
		return strings.TrimSpace(t) == ""
	case []string:
		return len(nonEmpty(t)) == 0
	case []any:
		return len(Params{"l": t}.Strings("l")) == 0 && allTexts(t)
	}
	return false
}

func allTexts(list []any) bool {
	for _, e := range list {
		if _, ok := e.(string); !ok {
			return false
		}
	}
	return true
}

// validTarget accepts a host name or an IP address. The zone of an address may
// hold anything and means something on one computer only.
func validTarget(what, s string) error {
	if a, err := netip.ParseAddr(s); err == nil {
		if a.Zone() != "" {
			return fmt.Errorf("%s %q names a network card behind the %%; write the address alone", what, clip(Escape(s), 80))
		}
		return nil
	}
	return validName(what, strings.TrimSuffix(s, "."))
}

// validName accepts a DNS name without the final dot. Underscores are let
// through: service records and old computer names have them.
func validName(what, s string) error {
	bad := func(why string) error {
		return fmt.Errorf("%s %q %s; write a name such as mail.contoso.com", what, clip(Escape(s), 80), why)
	}
	switch {
	case s == "":
		return bad("is empty")
	case len(s) > 253:
		return bad("is longer than 253 characters")
	case strings.Contains(s, "://"):
		return bad("is a URL, not a host")
	}
	for _, label := range strings.Split(s, ".") {
		switch {
		case label == "":
			return bad("has an empty part")
		case len(label) > 63:
			return bad("has a part longer than 63 characters")
		case label[0] == '-' || label[len(label)-1] == '-':
			return bad("has a part that begins or ends with a hyphen")
		}
		for _, r := range label {
			switch {
			case r > 127:
				return bad("is not ASCII; write it in its xn-- form")
			case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', r == '-', r == '_':
			default:
				return bad("has a character that no host name has")
			}
		}
	}
	return nil
}

func validOptional(what, s string, valid func(what, s string) error) error {
	if strings.TrimSpace(s) == "" {
		return nil
	}
	return valid(what, s)
}

func validPort(name string, p Params, def int) error {
	if n := p.Int(name, def); n < 1 || n > 65535 {
		return fmt.Errorf("%s is %d; it must be 1 to 65535", name, n)
	}
	return nil
}

// validMailbox accepts the plain form of a mail address.
func validMailbox(what, s string) error {
	local, domain, ok := strings.Cut(s, "@")
	bad := func(why string) error {
		return fmt.Errorf("%s %q %s; write an address such as probe10@contoso.com", what, clip(Escape(s), 80), why)
	}
	switch {
	case !ok || strings.Contains(domain, "@"):
		return bad("must have exactly one @")
	case local == "" || len(local) > 64:
		return bad("has no usable part before the @")
	case strings.ContainsFunc(local, func(r rune) bool { return r <= ' ' || r > 126 || strings.ContainsRune(`"(),:;<>[\]`, r) }):
		return bad("has a character before the @ that needs quoting")
	}
	if err := validName(what, domain); err != nil {
		return bad("has no valid domain after the @")
	}
	return nil
}

// validAccount accepts a mail address, a user principal name or DOMAIN\user.
func validAccount(what, s string) error {
	domain, user, ok := strings.Cut(s, `\`)
	if !ok {
		return validMailbox(what, s)
	}
	if validName(what, domain) != nil || user == "" || len(user) > 104 || strings.ContainsFunc(user, func(r rune) bool {
		return r < ' ' || r == 127 || strings.ContainsRune(`"/\[]:;|=,+*?<>`, r)
	}) {
		return fmt.Errorf(`%s %q is no user; write DOMAIN\user or an address such as probe10@contoso.com`, what, clip(Escape(s), 80))
	}
	return nil
}

//go:noinline
func allErrors(list ...error) error {
	var real []error
	for _, err := range list {
		if err != nil {
			real = append(real, err)
		}
	}
	return errors.Join(real...)
}

func sortedKeys[V any](m map[string]V) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}

func editDistance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(a); i++ {
		diag := row[0]
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := diag
			if a[i-1] != b[j-1] {
				cost++
			}
			diag = row[j]
			row[j] = min(cost, row[j]+1, row[j-1]+1)
		}
	}
	return row[len(b)]
}
