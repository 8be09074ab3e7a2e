package checks_test

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"coexist/checks"
	"coexist/checks/lab"
)

// TestEqualStatesGiveEqualRecords looks at the same things many times: what is
// kept must not depend on the order of maps or on who answers first.
func TestEqualStatesGiveEqualRecords(t *testing.T) {
	t.Parallel()
	took := regexp.MustCompile(`\b\d+ ms\b`)
	s := newSite(t)
	var dcs []lab.Controller
	for i := range 6 {
		dcs = append(dcs, lab.Controller{Name: fmt.Sprintf("DC%d", i+1), FQDN: fmt.Sprintf("dc%d.contoso.com", i+1), Site: "Basel", Address: at(fmt.Sprintf("10.0.0.%d", i+1))})
	}
	d, err := s.AddDirectory(4, []string{"contoso.com"}, dcs...)
	if err != nil {
		t.Fatal(err)
	}
	d.PutServer(lab.ExchangeServer{Name: "EX13", FQDN: "ex13.contoso.com", Serial: "Version 15.0 (Build 31497.2)", Roles: 54, Site: "Basel"})
	for i := range 2 {
		d.PutDatabase(fmt.Sprintf("DB%d", i), "EX13", "", "")
	}
	s.SetAccount(lab.Account{User: `CONTOSO\reader`, Password: canaryInLab})
	s.credential(`CONTOSO\reader`, canaryInLab)
	s.env.Directory.Controllers = []string{"dc2.contoso.com", "dead1.contoso.com", "dc4.contoso.com", "dead2.contoso.com", "dc1.contoso.com"}
	for name, p := range map[string]checks.Params{
		"every controller": {"query": "schema"}, "domain": {"query": "domain"}, "counts": {"query": "mailbox_counts"},
	} {
		first := ""
		for i := range 12 {
			s.kept = nil
			r := s.run("ldap", p)
			got := took.ReplaceAllString(strings.Join(s.kept, "\n"), "N ms") + "\n" + textsOf(r)
			if i == 0 {
				first = got
			} else if got != first {
				t.Errorf("%s: first\n%s\n\nthen\n%s", name, first, got)
				break
			}
		}
	}
}

func textsOf(r checks.Result) string {
	out := fmt.Sprintf("%s %s %s %s %s %s %v %v\n", r.Target, r.Verdict, r.Reason, r.Summary, r.Expected, r.Found, r.Evidence, r.Rows)
	for _, s := range r.Sub {
		out += "  " + textsOf(s)
	}
	return out
}

// TestUpdatesOfACancelledRunComeInOrder cancels before anything began.
func TestUpdatesOfACancelledRunComeInOrder(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	var list []checks.Check
	for i := range 200 {
		list = append(list, checks.Check{Kind: "tcp", Params: checks.Params{"host": fmt.Sprintf("10.0.0.%d", i%7), "port": 25}})
	}
	last, begun := -1, 0
	env := &checks.Env{Limits: checks.Limits{Workers: 1}}
	checks.Run(ctx, env, list, func(u checks.Update) {
		if !u.Done {
			begun++
			cancel()
			return
		}
		if u.Result.Reason == checks.Cancelled && strings.Contains(u.Result.Summary, "before it began") {
			if u.Index < last {
				t.Errorf("%d after %d", u.Index, last)
			}
			last = u.Index
		}
	})
	if last < 100 || begun > 100 {
		t.Errorf("%d began, the last that did not is %d: this test tests nothing", begun, last)
	}
}
