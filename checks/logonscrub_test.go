package checks

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html"
	"net/url"
	"strings"
	"testing"
	"time"
)

// sharp needs escaping nearly everywhere a server could send it back.
const sharp = `Vb<4'&"+k/ü?Zq%7=Wm;Xp`

// sharpForms are the texts that a server could make of it.
func sharpForms() map[string]string {
	var percent, decimal, hexadecimal, lower strings.Builder
	for _, b := range []byte(sharp) {
		fmt.Fprintf(&percent, "%%%02X", b)
		fmt.Fprintf(&lower, "%%%02x", b)
	}
	for _, r := range sharp {
		fmt.Fprintf(&decimal, "&#%d;", r)
		fmt.Fprintf(&hexadecimal, "&#x%x;", r)
	}
	inJSON, _ := json.Marshal(sharp)
	lowered := strings.NewReplacer("%3C", "%3c", "%2B", "%2b", "%2F", "%2f", "%C3%BC", "%c3%bc", "%3F", "%3f", "%3D", "%3d", "%3B", "%3b").Replace(url.QueryEscape(sharp))
	return map[string]string{
		"plain": sharp, "base64": base64.StdEncoding.EncodeToString([]byte(sharp)), "base64 of the web": base64.URLEncoding.EncodeToString([]byte(sharp)),
		"query": url.QueryEscape(sharp), "query in small letters": lowered, "path": url.PathEscape(sharp), "script": strings.ReplaceAll(url.QueryEscape(sharp), "%27", "'"),
		"percent": percent.String(), "percent in small letters": lower.String(),
		"HTML": html.EscapeString(sharp), "XML": strings.NewReplacer("&", "&amp;", "<", "&lt;", `"`, "&quot;", "'", "&apos;").Replace(sharp),
		"text of XML": strings.NewReplacer("&", "&amp;", "<", "&lt;").Replace(sharp), "of .NET": strings.NewReplacer("&", "&amp;", "<", "&lt;", `"`, "&quot;", "'", "&#39;", "ü", "&#252;").Replace(sharp),
		"decimal": decimal.String(), "hexadecimal": hexadecimal.String(), "JSON": strings.Trim(string(inJSON), `"`),
	}
}

// TestAPasswordAcrossACutLeavesNothing puts a password over the edge of every
// text that a result bounds: what is kept of it must not stand.
func TestAPasswordAcrossACutLeavesNothing(t *testing.T) {
	t.Parallel()
	for name, form := range sharpForms() {
		for _, edge := range []int{60, 80, 100, 160, 200, 253, 300, maxSummary, 1000, maxText} {
			for _, before := range []int{3, len(form) / 2, len(form) - 1} {
				text := strings.Repeat("~", max(0, edge-before)) + form + strings.Repeat("~", 3000)
				for place, kept := range keptOf(t, text, edge) {
					if rest := longestOf(form, kept); rest >= 4 {
						t.Errorf("%s, cut at %d after %d: %s keeps %d characters of it: %s", name, edge, before, place, rest, clip(strings.Trim(kept, "~"), 80))
					}
				}
			}
		}
	}
}

// keptOf sends a text the ways that texts take into results.
func keptOf(t *testing.T, text string, edge int) map[string]string {
	t.Helper()
	l := NewLogons()
	l.take("probe", Credential{Username: "probe", Password: NewSecret(sharp)})
	var stored []string
	env := &Env{Logons: l, Now: func() time.Time { return testNow }, Store: func(lines []string) (string, error) { stored = lines; return "sha", nil }}
	ctx, steps := withTrail(t.Context())
	stage(ctx, "http", testNow, nil, "%s", text)
	f := Finding{Verdict: Warn, Reason: "tcp.partial", Summary: text, Expected: text, Found: text, Rows: []Row{{"name": {text}, "p": {"x", text}}},
		Evidence: map[string]string{"e": text, text: "v"}, Transcript: []string{clip(Escape(text), edge), text}}
	f.Sub = []Result{part("address", text, f, 0)}
	f.Sub[0].Sub = steps.taken()
	r := &runner{env: env, list: []Check{{Kind: "tcp", Expect: []Expectation{{Property: "p", Op: "eq", Value: "never"}}}, {Kind: "tcp"}}, results: make([]Result, 2)}
	r.finish(1, f, testNow, 0)
	f.Verdict, f.Reason = Pass, ""
	r.finish(0, f, testNow, 0)
	if len(r.results[1].Summary) > maxSummary+4 || len(r.results[1].Found) > maxText+4 || len(r.results[1].Sub[0].Sub[0].Summary) > maxSummary+4 {
		t.Error("a text is not bounded")
	}
	out := map[string]string{"the transcript": strings.Join(stored, "\n")}
	for i, res := range r.results {
		addTexts(out, fmt.Sprintf("%d ", i), res)
	}
	return out
}

func addTexts(out map[string]string, place string, r Result) {
	out[place+"summary"], out[place+"expected"], out[place+"found"], out[place+"target"] = r.Summary, r.Expected, r.Found, r.Target
	for k, v := range r.Evidence {
		out[place+"evidence "+clip(k, 1)] = k + "\n" + v
	}
	for _, row := range r.Rows {
		for k, v := range row {
			out[place+"row "+k] = strings.Join(v, "\n")
		}
	}
	for i, s := range r.Sub {
		addTexts(out, fmt.Sprintf("%ssub %d ", place, i), s)
	}
}

// longestOf is how much of the beginning of a secret stands anywhere in a text.
func longestOf(form, text string) int {
	n := 0
	for n < len(form) && strings.Contains(text, form[:n+1]) {
		n++
	}
	return n
}

// TestWhatIsJudgedIsNotScrubbed uses a password that is also a server's name:
// taking it out must not turn a verdict.
func TestWhatIsJudgedIsNotScrubbed(t *testing.T) {
	t.Parallel()
	l := NewLogons()
	l.take("probe", Credential{Username: "probe", Password: NewSecret("ex10.contoso.com")})
	rows := []Row{{"host": {"ex10.contoso.com"}}}
	for _, c := range []struct {
		op   string
		want Verdict
	}{{"eq", Pass}, {"ne", Fail}} {
		r := &runner{env: &Env{Logons: l}, list: []Check{{Kind: "tcp", Expect: []Expectation{{Property: "host", Op: c.op, Value: "ex10.contoso.com"}}}}, results: make([]Result, 1)}
		r.finish(0, observed(rows), testNow, 0)
		if got := r.results[0]; got.Verdict != c.want || got.Rows[0]["host"][0] != scrubbed {
			t.Errorf("%s: %s with %v", c.op, got.Verdict, got.Rows)
		}
	}
	if rows[0]["host"][0] != "ex10.contoso.com" {
		t.Error("the probe's own rows were changed")
	}
}
