package discovery_test

import (
	"os"
	"testing"
	"testing/fstest"

	"coexist/runbook"
	"coexist/runbook/discovery"
	"coexist/runbook/migration"
	"coexist/runbook/procedure"
)

// TestATaskOfTheHouseIsNeverTakenOver wants an approval that an overlay added
// to stay open, however far others came with Exchange.
func TestATaskOfTheHouseIsNeverTakenOver(t *testing.T) {
	t.Parallel()
	lib, err := procedure.LoadWith(os.DirFS("../../assets"), fstest.MapFS{"house.toml": {Data: []byte(`format = 1
[[task]]
name = "acme.approval"
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
gate = "hard"
params = { question = "Is the change approved?" }
[[place]]
task = "acme.approval"
step = "prepare"
`)}})
	if err != nil {
		t.Fatal(err)
	}
	l, _ := half(t, lib)
	m, err := migration.Parse("contoso.toml", migration.Sample(migration.Source2010), migration.Known{Releases: lib.Releases.Targets()})
	if err != nil {
		t.Fatal(err)
	}
	r, err := runbook.Compile(lib, m)
	if err != nil {
		t.Fatal(err)
	}
	if r.Task("acme.approval/org") == nil {
		t.Fatal("the task is not in the runbook")
	}
	claims := discovery.AlreadyTrue(r, inventoryOf(t, l), lib.Releases)
	if len(claims) == 0 {
		t.Fatal("nothing is claimed at all")
	}
	for _, c := range claims {
		if c.Task == "acme.approval/org" {
			t.Errorf("claimed: %+v", c)
		}
	}
}
