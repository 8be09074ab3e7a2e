package checks_test

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"coexist/checks"
	"coexist/checks/lab"
)

const pointerKeyword = "67661d7F-8FC4-4fa7-BFAC-E1D7794C1F68"

// forest adds a directory with connection points to a site: EX07 of site
// Geneva, EX10 of no site, EX13 of the site Basel, where this computer stands.
func (s *site) forest() *lab.Directory {
	s.t.Helper()
	d, err := s.AddDirectory(4, []string{"contoso.com"},
		lab.Controller{Name: "DC1", FQDN: "dc1.contoso.com", Site: "Basel", Address: at("10.0.0.1"), Catalog: true},
		lab.Controller{Name: "DC2", FQDN: "dc2.contoso.com", Site: "Geneva", Address: at("10.0.0.2")})
	if err != nil {
		s.t.Fatal(err)
	}
	d.SetOrganization("Contoso", 16133)
	for _, c := range []struct{ server, fqdn, serial, host, site string }{
		{"EX07", "ex07.contoso.com", "Version 8.3 (Build 30083.6)", "legacy.contoso.com", "Geneva"},
		{"EX10", "ex10.contoso.com", "Version 14.3 (Build 30123.4)", "ex10.contoso.com", ""},
		{"EX13", "ex13.contoso.com", "Version 15.0 (Build 31497.2)", "autodiscover.contoso.com", "Basel"},
	} {
		d.PutServer(lab.ExchangeServer{Name: c.server, FQDN: c.fqdn, Serial: c.serial, Roles: 4, Site: "Basel"})
		var sites []string
		if c.site != "" {
			sites = []string{c.site}
		}
		d.PutConnectionPoint(c.server, "https://"+c.host+"/Autodiscover/Autodiscover.xml", sites...)
		if s.lookup(c.host) == nil {
			s.SetAddresses(checks.Inside, c.host, 300, at(map[string]string{"EX07": "10.0.0.7", "EX10": "10.0.0.10", "EX13": "10.0.0.13"}[c.server]))
		}
	}
	d.Put("CN=Subnets,CN=Sites,"+d.Config(), lab.Entry{"objectClass": {"top", "subnetContainer"}})
	d.Put("CN=127.0.0.0/8,CN=Subnets,CN=Sites,"+d.Config(), lab.Entry{"objectClass": {"top", "subnet"}, "siteObject": {"CN=Basel,CN=Sites," + d.Config()}})
	s.SetAccount(lab.Account{User: `CONTOSO\reader`, Password: canaryInLab})
	own := s.env.Logon
	s.env.Logon = func(ctx context.Context, account string) (checks.Credential, error) {
		if account == checks.DirectoryAccount {
			return checks.Credential{Username: `CONTOSO\reader`, Password: checks.NewSecret(canaryInLab)}, nil
		}
		return own(ctx, account)
	}
	return d
}

func (s *site) lookup(host string) []netip.Addr {
	list, _ := s.env.Lookup(s.t.Context(), host)
	return list
}

func (s *site) pointer(d *lab.Directory, name, to, domain string) {
	d.Put("CN="+name+",CN=Services,"+d.Config(), lab.Entry{"objectClass": {"top", "leaf", "connectionPoint", "serviceConnectionPoint"},
		"keywords": {pointerKeyword, "Domain=" + domain}, "serviceBindingInformation": {to}})
}

func stepsOf(r checks.Result) []string {
	var out []string
	for _, sub := range r.Sub {
		out = append(out, sub.Kind)
	}
	return out
}

func TestWalkBeginsInTheDirectory(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	d := s.forest()
	r := s.run("autodiscover", discover("probe13", "walk"))
	expectVerdict(t, "walk", r, checks.Pass, "")
	if got, want := stepsOf(r), []string{"scp of EX13", "scp of EX10", "scp of EX07", "domain", "autodiscover", "redirect"}; !slices.Equal(got, want) {
		t.Errorf("steps %q, want %q", got, want)
	}
	for _, sub := range r.Sub {
		if sub.Verdict != checks.Pass || sub.Summary == "" || !strings.HasPrefix(sub.Target, "http") {
			t.Errorf("step %+v", sub)
		}
	}
	expectVerdict(t, "settings by the first connection point", s.run("autodiscover", discover("probe13", "pox")), checks.Pass, "")
	// a wrong address of the own site is what clients of the inside find first
	d.PutConnectionPoint("EX13", "http://autodiscover.contoso.com/Autodiscover/Autodiscover.xml", "Basel")
	expectVerdict(t, "not https", s.run("autodiscover", discover("probe13", "anonymous")), checks.Fail, "autodiscover.scp_address")
	d.PutConnectionPoint("EX13", "https://gone.contoso.com/Autodiscover/Autodiscover.xml", "Basel")
	s.SetAddresses(checks.Inside, "gone.contoso.com", 300, at("10.0.0.99"))
	r = s.run("autodiscover", discover("probe13", "walk"))
	if r.Verdict == checks.Pass || r.Sub[0].Verdict == checks.Pass || r.Sub[1].Verdict != checks.Pass {
		t.Errorf("a connection point that leads nowhere: %s %s, %+v", r.Verdict, r.Reason, r.Sub[0])
	}
	d.PutConnectionPoint("EX13", "https://autodiscover.contoso.com/Autodiscover/Autodiscover.xml", "Basel")
	// without a directory that answers, clients go on, and so does the walk
	for _, dc := range []string{"10.0.0.1", "10.0.0.2"} {
		for _, port := range []uint16{389, 636} {
			s.Silence(netip.AddrPortFrom(at(dc), port))
		}
	}
	r = s.run("autodiscover", discover("probe13", "walk"))
	expectVerdict(t, "no directory answers", r, checks.Warn, "autodiscover.scp_unread")
	// from outside nobody looks there
	s.env.Vantage = checks.Outside
	if r = s.run("autodiscover", discover("probe13", "anonymous")); slices.Contains(stepsOf(r), "scp of EX13") {
		t.Error("the directory was asked from outside")
	}
}

// TestPointersBetweenDirectories follows pointers as far as the organisation's
// own hosts, each once.
func TestPointersBetweenDirectories(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name    string
		to      []string
		domain  string
		verdict checks.Verdict
		reason  string
	}{
		{"to itself and back", []string{"LDAP://dc2.contoso.com/CN=Configuration", "LDAP://dc1.contoso.com"}, "contoso.com", checks.Warn, "autodiscover.scp_pointer"},
		{"to a stranger", []string{"LDAP://dc.evil.net"}, "contoso.com", checks.Warn, "autodiscover.scp_pointer"},
		{"not a directory", []string{"http://dc2.contoso.com"}, "contoso.com", checks.Warn, "autodiscover.scp_pointer"},
		{"with a user in it", []string{"LDAP://u:p@dc2.contoso.com"}, "contoso.com", checks.Warn, "autodiscover.scp_pointer"},
		{"for another mail domain", []string{"LDAP://dc.evil.net"}, "fabrikam.com", checks.Pass, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			d := s.forest()
			s.env.Logons.Allow("dc1.contoso.com", "dc2.contoso.com")
			for i, to := range c.to {
				s.pointer(d, fmt.Sprint("Pointer", i), to, c.domain)
			}
			dial, strange := s.env.Dial, 0
			s.env.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
				if !strings.HasPrefix(address, "10.0.0.") && !strings.HasPrefix(address, "198.51.") {
					strange++
				}
				return dial(ctx, network, address)
			}
			r := s.run("autodiscover", discover("probe13", "walk"))
			expectVerdict(t, c.name, r, c.verdict, c.reason)
			if strange > 0 {
				t.Error("a stranger was asked")
			}
			if n := s.Accepted(`CONTOSO\reader`); n > 4 {
				t.Errorf("%d logons at the directory", n)
			}
		})
	}
}

// TestEveryAddressOfAStepIsAsked has one dead and one living address behind
// the autodiscover name.
func TestEveryAddressOfAStepIsAsked(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.SetAddresses(checks.Inside, "autodiscover.contoso.com", 300, at("10.0.0.13"), at("10.0.0.10"))
	r := s.run("autodiscover", discover("probe13", "anonymous"))
	expectVerdict(t, "both", r, checks.Pass, "")
	if n := len(r.Sub[1].Sub); n != 2 {
		t.Errorf("%d addresses are told apart", n)
	}
	s.Silence(netip.MustParseAddrPort("10.0.0.10:443"))
	r = s.run("autodiscover", discover("probe13", "anonymous"))
	expectVerdict(t, "one is dead", r, checks.Warn, "tcp.partial")
	if !strings.Contains(r.Summary, "10.0.0.10") {
		t.Errorf("the dead address is not named: %s", r.Summary)
	}
}
