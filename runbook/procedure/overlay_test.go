package procedure

import (
	"os"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"coexist/checks"
)

// houseRules adds a task, a check and stricter rules to the small procedure.
const houseRules = `format = 1

[[task]]
name = "acme.ticket"
title = "Approval of the change"
scope = "org"
why = "House rule 7."
run_on = "the service desk"
rights = "none"
sources = ["ACME house rules"]
no_effect = "the laboratory has no service desk"

[[task.check]]
name = "approved"
title = "The change is approved"
kind = "attest"
gate = "dual"
params = { question = "Is the change approved?" }

[[place]]
task = "acme.ticket"
step = "prepare"
first = true

[[change]]
task = "prepare.service-pack"
why = "Our servers were built by hand."
pitfalls = ["EX10-03 has no console."]

[[change.tighten]]
check = "version"
fresh_for = "4h"
holds_until = "sites"
remedy = "Call the Exchange desk."
expect = [ { property = "build", op = "not_empty" } ]
`

func overlaid(t *testing.T, text string) (*Library, error) {
	t.Helper()
	return LoadWith(os.DirFS("../testdata/assets"), fstest.MapFS{"house.toml": {Data: []byte(text)}})
}

func TestOverlayAddsAndTightens(t *testing.T) {
	t.Parallel()
	shipped, err := Load(os.DirFS("../testdata/assets"))
	if err != nil {
		t.Fatal(err)
	}
	lib, err := overlaid(t, houseRules)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range Lint(lib, checks.Kinds()) {
		t.Error(p)
	}
	for _, source := range Sources {
		if got := lib.Procedures[source].Steps[0].Tasks; got[0] != "acme.ticket" || len(got) != len(shipped.Procedures[source].Steps[0].Tasks)+1 {
			t.Errorf("%s: tasks of the first step: %v", source, got)
		}
	}
	task := lib.Tasks["prepare.service-pack"]
	check := task.Checks[0]
	if task.Why != "Our servers were built by hand." || !slices.Contains(task.Pitfalls, "EX10-03 has no console.") {
		t.Errorf("wording: %+v", task)
	}
	if check.Gate != "hard" || check.FreshFor != Duration(4*time.Hour) || check.HoldsUntil != "sites" || len(check.Expect) != 2 || check.Remedy != "Call the Exchange desk." {
		t.Errorf("check: %+v", check)
	}
	if lib.Hash == shipped.Hash || lib.Overlay == "" || shipped.Overlay != "" {
		t.Errorf("hashes: %s of %s, overlay %q", lib.Hash, shipped.Hash, lib.Overlay)
	}
	windows, err := overlaid(t, "\ufeff"+strings.ReplaceAll(houseRules, "\n", "\r\n"))
	if err != nil || windows.Hash != lib.Hash {
		t.Errorf("with the line ends of Windows: %v, hash %s", err, windows.Hash)
	}
}

func TestOverlayRefuses(t *testing.T) {
	t.Parallel()
	const tighten = "format = 1\n[[change]]\ntask = \"prepare.service-pack\"\n[[change.tighten]]\ncheck = \"version\"\n"
	tests := []struct{ name, text, want string }{
		{"a softer gate", tighten + `gate = "soft"`, `house.toml:2: tighten: gate of check "version" would be soft and is hard`},
		{"an older result", tighten + `fresh_for = "2d"`, "fresh_for of check \"version\" would be 2d and is 1d"},
		{"an earlier end", tighten + `holds_until = "prepare"`, "would be prepare and is move"},
		{"a check that is not there", strings.Replace(tighten, `"version"`, `"verison"`, 1), `has no check "verison"; it has version`},
		{"a change of nothing", "format = 1\n[[change]]\ntask = \"prepare.nothing\"", "house.toml:2: there is no task \"prepare.nothing\""},
		{"a task of the same name", strings.Replace(houseRules, `name = "acme.ticket"`, `name = "prepare.schema"`, 1), `house.toml:3: task "prepare.schema" is there already, at tasks/tasks.toml`},
		{"a task without a place", strings.Replace(houseRules, "[[place]]\ntask = \"acme.ticket\"\nstep = \"prepare\"\nfirst = true", "", 1), `house.toml:3: task "acme.ticket" stands in no step`},
		{"a shipped task moved", "format = 1\n[[place]]\ntask = \"prepare.schema\"\nstep = \"move\"", "shipped tasks stay where they are"},
		{"a step that is not there", strings.Replace(houseRules, `step = "prepare"`, `step = "prepair"`, 1), `step "prepair" is in none`},
		{"a neighbour that is not there", strings.Replace(houseRules, `first = true`, `after = "switch.urls"`, 1), `has no task "switch.urls"`},
		{"a second typed name", "format = 1\n[[change]]\ntask = \"prepare.schema\"\nconfirm = \"x\"", "asks for a typed name already"},
		{"a key that would loosen", tighten + `if = "false"`, `house.toml:6: unknown key "change.tighten.if"`},
		{"no format", strings.Replace(houseRules, "format = 1\n", "", 1), "expected format = 1"},
	}
	for _, tt := range tests {
		_, err := overlaid(t, tt.text)
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: got %v, expected it to speak of %s", tt.name, err, tt.want)
		}
	}
	if _, err := LoadWith(os.DirFS("../testdata/assets"), fstest.MapFS{}); err == nil || !strings.Contains(err.Error(), "no *.toml") {
		t.Errorf("an empty folder: %v", err)
	}
}

// TestOverlayIsLinted points at the overlay, not at the shipped file, when a
// change brings what the lint refuses.
func TestOverlayIsLinted(t *testing.T) {
	t.Parallel()
	lib, err := overlaid(t, "format = 1\n[[change]]\ntask = \"prepare.service-pack\"\nwhy = \"{{.Org.Name}}\"\n")
	if err != nil {
		t.Fatal(err)
	}
	found := Lint(lib, checks.Kinds())
	if len(found) == 0 || found[0].Place != (Place{File: "house.toml", Line: 2}) {
		t.Errorf("found: %v", found)
	}
}

// FuzzOverlay wants no overlay to crash the loader or to loosen a hard check.
func FuzzOverlay(f *testing.F) {
	f.Add(houseRules)
	f.Add("format = 1\n[[change]]\ntask = \"prepare.service-pack\"\n[[change.tighten]]\ncheck = \"version\"\ngate = \"hard\"")
	shipped := os.DirFS("../testdata/assets")
	f.Fuzz(func(t *testing.T, text string) {
		lib, err := LoadWith(shipped, fstest.MapFS{"house.toml": {Data: []byte(text)}})
		if err != nil {
			return
		}
		check := lib.Tasks["prepare.service-pack"].Checks[0]
		if check.Name != "version" || check.Gate != "hard" || check.FreshFor > Duration(24*time.Hour) || check.FreshFor == 0 || check.If != "" || len(check.Expect) == 0 {
			t.Fatalf("loosened: %+v", check)
		}
	})
}

// TestOverlayTakesNoJudgementAway names a property that a kind judges by
// itself as long as no expectation does.
func TestOverlayTakesNoJudgementAway(t *testing.T) {
	t.Parallel()
	shipped, err := Load(os.DirFS("../../assets"))
	if err != nil {
		t.Fatal(err)
	}
	tried := 0
	for _, task := range shipped.Tasks {
		for _, check := range task.Checks {
			if check.Kind != "http" || len(checks.Params(check.Params).Strings("status")) == 0 ||
				slices.ContainsFunc(check.Expect, func(e checks.Expectation) bool { return e.Property == "status" }) {
				continue
			}
			tried++
			text := "format = 1\n[[change]]\ntask = \"" + task.Name + "\"\n[[change.tighten]]\ncheck = \"" + check.Name + "\"\n" +
				"expect = [ { property = \"status\", op = \"not_empty\", otherwise = \"warn\" } ]\n"
			_, err := LoadWith(os.DirFS("../../assets"), fstest.MapFS{"house.toml": {Data: []byte(text)}})
			if err == nil || !strings.Contains(err.Error(), "would take the place") {
				t.Errorf("%s/%s no longer asks for its status: %v", task.Name, check.Name, err)
			}
		}
	}
	if tried == 0 {
		t.Fatal("no shipped check leaves its status to its kind")
	}
}

// TestATaskThatWouldVanishIsRefused places a task of the house in the last step,
// which an organisation of one site has no rounds of.
func TestATaskThatWouldVanishIsRefused(t *testing.T) {
	t.Parallel()
	place := "[[place]]\ntask = \"acme.approval\"\nstep = \"sites\"\n"
	text := func(task, place string) fstest.MapFS {
		return fstest.MapFS{"house.toml": {Data: []byte("format = 1\n[[task]]\nname = \"acme.approval\"\ntitle = \"x\"\nwhy = \"x\"\nrun_on = \"x\"\nrights = \"x\"\nsources = [\"x\"]\nno_effect = \"x\"\n" + task + place)}}
	}
	for name, tt := range map[string]struct {
		task, place string
		refused     bool
	}{
		"of the organisation":     {"scope = \"org\"\n", place, true},
		"of a site":               {"scope = \"site\"\n", place, true},
		"of further sites":        {"scope = \"site\"\nreach = \"rounds\"\n", place, false},
		"in the close-out of all": {"scope = \"org\"\n", place + "close_out = true\n", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := LoadWith(os.DirFS("../../assets"), text(tt.task, tt.place))
			if refused := err != nil && strings.Contains(err.Error(), "would not be there"); refused != tt.refused || !tt.refused && err != nil {
				t.Errorf("got %v", err)
			}
		})
	}
}
