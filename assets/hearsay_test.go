package assets_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
)

// hearsay are things that practice teaches and no document promises. A check
// that rests on one may warn; it must not stop the work for good.
var hearsay = []struct {
	about string
	task  string // of tasks whose name begins so; empty: all
	rests *regexp.Regexp
}{
	{"the registry's number of a .NET release", "", regexp.MustCompile(`Net Framework Setup.*Release`)},
	{"AdminDisplayVersion tells an update rollup", "prepare.rollup", regexp.MustCompile(`AdminDisplayVersion`)},
	{"AdminDisplayVersion tells a security update", "deploy.security", regexp.MustCompile(`AdminDisplayVersion`)},
	{"which components are inactive by design", "", regexp.MustCompile(`Get-ServerComponentState.*ForwardSyncDaemon`)},
	{"health sets settle", "", regexp.MustCompile(`Get-HealthReport|Get-ServerHealth|Invoke-MonitoringProbe`)},
	{"lowest builds of Outlook", "prepare.clients", regexp.MustCompile(`ClientVersion|build|12\.0\.|14\.0\.`)},
	{"the last build of an old rollup", "prepare.rollup", regexp.MustCompile(`14\.3\.(5[0-9]{2})|8\.3\.(5[0-9]{2})`)},
	{"the number of the last security update", "deploy.security-update", regexp.MustCompile(`15\.0\.1497\.(48|4[0-9])`)},
	{"the range after the update's schema", "", regexp.MustCompile(`range_upper.*15313`)},
	{"what a front end writes into its headers", "", regexp.MustCompile(`X-FEServer|X-CalculatedBETarget|MS-Server-ActiveSync`)},
	{"the coordination mode of a group", "dag", regexp.MustCompile(`DatacenterActivationMode`)},
	{"the bypass address on 2007", "switch", regexp.MustCompile(`^InternalNLBBypassUrl`)},
	{"how Outlook Web App signs on at a 2010 server beside 2013", "switch.urls-2010", regexp.MustCompile(`^(FormsAuthentication|WindowsAuthentication)`)},
	{"one method for both Outlook Anywhere names", "deploy.outlook-anywhere", regexp.MustCompile(`^InternalClientAuthenticationMethod`)},
	{"the order of voice", "um.", regexp.MustCompile(`.`)},
	{"Outlook Anywhere on 2007 knows the method", "switch.oa-old", regexp.MustCompile(`^ClientAuthenticationMethod`)},
	{"the default address book's generation time", "", regexp.MustCompile(`LastTouchedTime|Last-Modified`)},
}

// hearsayQueries are questions to the directory whose answers rest on attributes
// or filters that no document promises; property: of expectations on it alone.
var hearsayQueries = []struct{ about, query, property string }{
	{"the class of an availability group", "dags", ""},
	{"the kind of recipient that an arbitration mailbox is", "arbitration", ""},
	{"the attribute of an address book at a database", "databases", "oab"},
	{"the attributes of a virtual directory's addresses", "virtual_directories", ""},
	{"the role bits of Exchange 2013", "servers", "roles"},
	{"which objects with a home database are mailboxes", "mailbox_counts", ""},
}

// TestDirectoryHearsayNeverLocks holds the hard gates against those questions.
func TestDirectoryHearsayNeverLocks(t *testing.T) {
	t.Parallel()
	used := map[string]bool{}
	for _, w := range works(t) {
		for _, task := range tasks(w.r) {
			for _, c := range task.Checks {
				if c.Kind != "ldap" {
					continue
				}
				ready, _, err := c.Ready(w.values)
				if err != nil {
					t.Fatal(err)
				}
				for _, h := range hearsayQueries {
					if fmt.Sprint(ready.Params["query"]) != h.query {
						continue
					}
					for _, e := range ready.Expect {
						if h.property != "" && e.Property != h.property || e.Property == "" && h.property != "" {
							continue
						}
						used[h.about] = true
						if c.Gate == "hard" && e.Otherwise != "warn" {
							t.Errorf("%s: %s rests on %s and is a hard gate", w.name, c.ID, h.about)
						}
					}
				}
			}
		}
	}
	if len(used) < len(hearsayQueries)-1 {
		t.Errorf("few checks rest on anything of the list, which then proves nothing: %v", used)
	}
}

func TestHearsayNeverLocks(t *testing.T) {
	t.Parallel()
	used := map[string]bool{}
	for _, w := range works(t) {
		if !strings.HasSuffix(w.name, ", everything") {
			continue
		}
		for _, task := range tasks(w.r) {
			for _, c := range task.Checks {
				ready, _, err := c.Ready(w.values)
				if err != nil {
					t.Fatal(err)
				}
				for _, h := range hearsay {
					if !strings.HasPrefix(task.Name, h.task) {
						continue
					}
					rests, warns := restsOn(h.rests, fmt.Sprint(ready.Params["command"]), ready.Kind), true
					for _, e := range ready.Expect {
						if h.rests.MatchString(e.Property + " " + e.Value + " " + strings.Join(e.Values, " ")) {
							rests = true
							warns = warns && e.Otherwise == "warn"
						} else if restsOn(h.rests, fmt.Sprint(ready.Params["command"]), ready.Kind) {
							warns = warns && e.Otherwise == "warn"
						}
					}
					if rests {
						used[h.about] = true
					}
					if rests && c.Gate == "hard" && !warns {
						t.Errorf("%s rests on %s and is a hard gate", c.ID, h.about)
					}
				}
			}
		}
	}
	if len(used) < 6 {
		t.Errorf("few checks rest on anything of the list, which then proves nothing: %v", used)
	}
}

// restsOn tells whether the command of a cmdlet check rests on something.
func restsOn(re *regexp.Regexp, command, kind string) bool {
	return kind == "cmdlet" && re.MatchString(command)
}

// TestReleases: builds and versions that were looked up, as a guard against a
// slip in the table.
func TestReleases(t *testing.T) {
	t.Parallel()
	lib := library(t)
	for _, want := range []struct {
		name, build         string
		schema, org, domain int
		update              int
		mayBeBesides        bool
	}{
		{name: "2013 CU23", build: "15.0.1497.2", schema: 15312, org: 16133, domain: 13237, update: 15313, mayBeBesides: true},
		{name: "2010 SP3", build: "14.3.123.4", schema: 14734, org: 14322, domain: 13040, mayBeBesides: true},
		{name: "2013 RTM", build: "15.0.516.32", mayBeBesides: false},
	} {
		r, ok := lib.Release(want.name)
		if !ok {
			t.Errorf("%s is not in the table", want.name)
			continue
		}
		if r.Build != want.build || want.schema != 0 && r.RangeUpper != want.schema || want.org != 0 && r.OrgVersion != want.org ||
			want.domain != 0 && r.DomainVersion != want.domain || want.update != 0 && r.SchemaWithUpdate != want.update || r.Coexists != want.mayBeBesides {
			t.Errorf("%s: expected %+v, found %+v", want.name, want, r)
		}
	}
}
