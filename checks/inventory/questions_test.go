package inventory_test

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"coexist/checks"
	"coexist/checks/inventory"
)

var (
	cmdletWord    = regexp.MustCompile(`\b[A-Z][a-z]+-[A-Z]\w+`)
	parameterWord = regexp.MustCompile(` -([A-Za-z]\w*)`)
)

// TestQuestionsExistInTheirShells holds every command against the cmdlet
// reference of its version.
func TestQuestionsExistInTheirShells(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile("testdata/cmdlets.tsv")
	if err != nil {
		t.Fatal(err)
	}
	has := map[string]string{} // cmdlet, or cmdlet and parameter: versions
	for line := range strings.Lines(string(data)) {
		if f := strings.Split(strings.TrimRight(line, "\n"), "\t"); !strings.HasPrefix(line, "#") && len(f) == 3 {
			has[f[0]+" "+f[1]] = f[2]
		}
	}
	for _, shell := range []string{"2007", "2010", "2013"} {
		list := inventory.Questions(shell)
		if len(list) < 15 {
			t.Errorf("the shell of %s is asked %d questions only", shell, len(list))
		}
		for _, q := range list {
			for _, cmdlet := range cmdletWord.FindAllString(q.Command, -1) {
				if cmdlet == "Select-Object" {
					continue
				}
				if verb, _, _ := strings.Cut(cmdlet, "-"); verb != "Get" {
					t.Errorf("%s does more than read", q.Command)
				}
				if versions := has[cmdlet+" "]; shell != "2007" && !strings.Contains(versions, shell) || versions == "" {
					t.Errorf("%s has no %s (%q)", shell, cmdlet, versions)
				}
				for _, p := range parameterWord.FindAllStringSubmatch(q.Command, -1) {
					// The reference begins with Exchange 2010: for 2007 no
					// parameter is taken on trust.
					if shell == "2007" || !strings.Contains(has[cmdlet+" "+p[1]], shell) {
						t.Errorf("%s of %s has no -%s", cmdlet, shell, p[1])
					}
				}
			}
			if !slices.Contains(q.Properties, "Name") {
				t.Errorf("%s reads no name", q.ID)
			}
		}
	}
	if len(inventory.Questions("2016")) != 0 {
		t.Error("a shell that nobody knows is asked")
	}
}

// TestWhatAShellDoesNotShowIsAGap leaves questions unanswered, refused, and
// answered without a property.
func TestWhatAShellDoesNotShowIsAGap(t *testing.T) {
	t.Parallel()
	a := inventory.Answers{Shell: "2010", Computer: "EX10", Started: time.Now(), Ended: time.Now(), Errors: map[string]string{"inventory.hybrid": "CommandNotFoundException"},
		Rows: map[string][]checks.Row{
			"inventory.forest":       {{"Name": {"contoso.com"}}},
			"inventory.organization": {{"Name": {"Contoso"}, "Identity": {"Contoso"}}},
			"inventory.servers": {
				{"Identity": {"EX10"}, "Name": {"EX10"}, "Fqdn": {"ex10.contoso.com"}, "Site": {"contoso.com/Configuration/Sites/Zürich West"}, "AdminDisplayVersion": {"Version 14.3 (Build 123.4)"}, "ServerRole": {"ClientAccess, HubTransport, Mailbox"}},
				{"Identity": {"EX13"}, "Name": {"EX13"}, "Fqdn": {"ex13.contoso.com"}, "Site": {"contoso.com/Configuration/Sites/Basel"}, "AdminDisplayVersion": {"Version 15.0 (Build 1497.2)"}, "ServerRole": {"Mailbox, HubTransport, UnifiedMessaging"}},
				{"Identity": {"EX03"}, "Name": {"EX03"}, "Fqdn": {"ex03.contoso.com"}, "Site": {}, "AdminDisplayVersion": {"Version 6.5 (Build 7638.2: Service Pack 2)"}, "ServerRole": {"None"}},
			},
			"inventory.owa":    {{"Identity": {`EX10\owa`}, "Name": {"owa"}, "Server": {"EX10"}, "InternalUrl": {}, "ExternalUrl": {}}},
			"inventory.ews":    {{"Identity": {`EX10\EWS`}, "Name": {"EWS"}, "Server": {"EX10"}, "InternalUrl": {"https://ex10.contoso.com/ews/exchange.asmx"}}},
			"inventory.arrays": {},
		}}
	inv := inventory.FromAnswers(a)
	if s := inv.Server("EX10"); s == nil || s.Site != "Zürich West" || s.Version != "2010" || s.Build != "14.3.123.4" || len(s.Roles) != 3 {
		t.Errorf("EX10: %+v", s)
	}
	if s := inv.Server("EX13"); s == nil || !slices.Equal(s.Roles, []string{"mailbox"}) {
		t.Errorf("EX13: %+v", s)
	}
	if s := inv.Server("EX03"); s == nil || s.Version != "2003" {
		t.Errorf("EX03: %+v", s)
	}
	for section, whole := range map[string]bool{
		inventory.SectionServers: true, inventory.SectionArrays: true, inventory.SectionHybrid: false, inventory.SectionDatabases: false,
		inventory.SectionControllers: false, inventory.SectionMailDomains: false, inventory.SectionDirectories: false,
	} {
		if inv.Whole(section) != whole {
			t.Errorf("%s: whole is %v (%s)", section, !whole, inv.Why(section))
		}
	}
	if !inv.Shown(inventory.SectionDirectories, "ExternalUrl", `EX10\owa`) || inv.Shown(inventory.SectionDirectories, "ExternalUrl", `EX10\EWS`) {
		t.Errorf("an empty property and one that was not shown are mixed up: %+v", inv.Gaps)
	}
}
