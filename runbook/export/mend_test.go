package export

import (
	"os"
	"strings"
	"testing"

	"coexist/runbook"
	"coexist/runbook/migration"
	"coexist/runbook/procedure"
	"coexist/runbook/script"
)

// TestMendingALocalCheck: the command that is to bring a local check its result
// writes a script that reads it.
func TestMendingALocalCheck(t *testing.T) {
	t.Parallel()
	lib, err := procedure.Load(os.DirFS("../../assets"))
	if err != nil {
		t.Fatal(err)
	}
	m, err := migration.Parse("sample.toml", migration.Sample("2010"), migration.Known{Releases: lib.Releases.Targets()})
	if err != nil {
		t.Fatal(err)
	}
	r, err := runbook.Compile(lib, m)
	if err != nil {
		t.Fatal(err)
	}
	scripts, pastes := 0, 0
	for _, p := range r.Phases {
		for _, task := range p.Tasks {
			for _, c := range task.Checks {
				server, local := c.Local()
				if !local {
					continue
				}
				mend := mendCheck(c)
				if server == "" {
					pastes++
					if !strings.Contains(mend, "paste") {
						t.Errorf("%s: no script of a server reads it, and it mends by %q", c.ID, mend)
					}
					continue
				}
				scripts++
				_, manifest, err := script.Write(r, script.Options{Step: p.Step, Shell: c.Shell, Server: server, Nonce: "n"})
				if err != nil || !strings.Contains(strings.Join(manifest.Checks, " "), c.ID) || !strings.Contains(mend, " --server "+server+" ") {
					t.Errorf("%s mends by %q; that script reads %v (%v)", c.ID, mend, manifest.Checks, err)
				}
			}
		}
	}
	if scripts == 0 || pastes == 0 {
		t.Errorf("%d local checks of servers, %d of the machine at hand: nothing is proven", scripts, pastes)
	}
}
