package discovery_test

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
	"unicode"

	"coexist/runbook"
	"coexist/runbook/discovery"
	"coexist/runbook/migration"
)

// texts calls use with every text below v, each time with a setter for it.
func texts(v reflect.Value, at string, use func(at, is string, set func(string))) {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			texts(v.Elem(), at, use)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				texts(v.Field(i), at+"."+v.Type().Field(i).Name, use)
			}
		}
	case reflect.Slice:
		for i := range v.Len() {
			texts(v.Index(i), fmt.Sprintf("%s[%d]", at, i), use)
		}
	case reflect.String:
		use(at, v.String(), v.SetString)
	}
}

// TestNothingReadReachesTheTerminalRaw puts a sequence that clears a screen
// into every text of an inventory, one at a time, and looks at all that is
// printed of it.
func TestNothingReadReachesTheTerminalRaw(t *testing.T) {
	t.Parallel()
	lib := library(t)
	l, _ := half(t, lib)
	inv := inventoryOf(t, l)
	m := sample(t, lib, migration.Source2010)
	r, err := runbook.Compile(lib, m)
	if err != nil {
		t.Fatal(err)
	}
	tried := 0
	texts(reflect.ValueOf(inv), "inventory", func(at, is string, set func(string)) {
		for _, text := range []string{is + "\x1b[2J\u009b2J\r", "\x1b[2J"} {
			tried++
			set(text)
			out := discovery.Propose(inv, "").Text() + discovery.FindingsText(discovery.Compare(m, inv, discovery.Options{Releases: lib.Releases})) +
				discovery.ClaimsText(discovery.AlreadyTrue(r, inv, lib.Releases))
			if i := strings.IndexFunc(out, func(r rune) bool { return unicode.IsControl(r) && r != '\n' }); i >= 0 {
				t.Errorf("%s: %q", at, out[max(0, i-80):min(len(out), i+20)])
			}
		}
		set(is)
	})
	if tried < 200 {
		t.Fatalf("only %d texts were tried", tried)
	}
}
