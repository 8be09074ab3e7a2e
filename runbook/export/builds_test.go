package export

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
	"time"

	"coexist/checks"
	"coexist/runbook/migration"
)

// TestBuildsOfServers holds the index of builds against asking every row about
// every server.
func TestBuildsOfServers(t *testing.T) {
	t.Parallel()
	speaks := func(row checks.Row, target string, s migration.Server) bool {
		named := property(row, "name", "fqdn", "server", "identity")
		if named == "" {
			return strings.EqualFold(target, s.Name)
		}
		label, _, _ := strings.Cut(named, ".")
		return strings.EqualFold(label, s.Name) || s.FQDN != "" && strings.EqualFold(named, s.FQDN)
	}
	rnd := rand.New(rand.NewPCG(1, 2))
	pick := func(list ...string) string { return list[rnd.IntN(len(list))] }
	g := &gatherer{}
	for i := range 400 {
		row := checks.Row{pick("build", "Build", "AdminDisplayVersion", "other"): {fmt.Sprint("15.0.", i)}}
		if name := pick("", "EX13", "ex13", "ex13.contoso.com", "EX13.other.com", "mail.contoso.com", "EX10"); name != "" {
			row[pick("name", "FQDN", "Server", "identity")] = []string{name}
		}
		r := checks.Result{Target: pick("org", "ex13", "ex10"), Source: checks.FromProbe, Rows: []checks.Row{row, {"value": {"x"}}}}
		g.results = append(g.results, recorded{result: r, time: time.Unix(int64(i), 0)})
	}
	seen, met := g.builds(), 0
	for _, s := range []migration.Server{{Name: "EX13", FQDN: "EX13.contoso.com"}, {Name: "EX13"}, {Name: "ex10"}, {Name: "CAS", FQDN: "mail.contoso.com"}, {Name: "none"}} {
		var got, want []string
		for _, b := range seen.of(s) {
			got = append(got, b.build)
		}
		for _, r := range g.results {
			for _, row := range r.result.Rows {
				if b := property(row, "build", "admindisplayversion"); b != "" && speaks(row, r.result.Target, s) {
					want = append(want, b)
				}
			}
		}
		if met += len(want); !reflect.DeepEqual(got, want) {
			t.Errorf("%s (%s):\ngot  %v\nwant %v", s.Name, s.FQDN, got, want)
		}
	}
	if met < 100 {
		t.Errorf("only %d rows spoke of a server: the test proves little", met)
	}
}
