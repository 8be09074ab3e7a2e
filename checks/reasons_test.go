package checks

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestEveryReasonIsExplained reads this package's own source: every reason
// that is written there must be in the table, and only once.
func TestEveryReasonIsExplained(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("*.go")
	if err != nil || len(files) == 0 {
		t.Fatal("the package's source is not here", err)
	}
	families := map[string]bool{}
	for slug := range Reasons() {
		family, _, _ := strings.Cut(slug, ".")
		families[family] = true
	}
	literal := regexp.MustCompile(`"([a-z]+)\.([a-z0-9_]+)"`)
	entry := regexp.MustCompile(`(?m)^\t\{"([a-z]+\.[a-z0-9_]+)", (Pass|Warn|Fail|Unknown|Skip), "`)
	defined := map[string]int{}
	used := 0
	for _, f := range files {
		if strings.HasSuffix(f, "_test.go") {
			continue
		}
		src, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range entry.FindAllStringSubmatch(string(src), -1) {
			defined[m[1]]++
		}
		for _, m := range literal.FindAllStringSubmatch(string(src), -1) {
			if !families[m[1]] {
				continue
			}
			used++
			if _, ok := Reasons()[m[1]+"."+m[2]]; !ok {
				t.Errorf("%s gives the reason %s.%s, which is not in the table", f, m[1], m[2])
			}
		}
	}
	if used < 100 {
		t.Errorf("only %d reasons were found in the source: the search is broken", used)
	}
	for slug, n := range defined {
		if n > 1 {
			t.Errorf("%s is in the table %d times", slug, n)
		}
	}
	for _, slug := range ReasonSlugs() {
		r := Reasons()[slug]
		if r.Meaning == "" || r.Verdict == "" || r.Verdict == Pass {
			t.Errorf("%s: %+v", slug, r)
		}
		if r.Remedy == "" && !strings.HasPrefix(slug, "expect.not_met") {
			t.Errorf("%s says nothing of what to do", slug)
		}
	}
}
