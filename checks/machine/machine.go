// Package machine tests the computer that checks run on before it is believed:
// a wrong clock, a line in the hosts file or something that opens TLS on the
// way makes right servers look wrong, and wrong ones right.
package machine

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"coexist/checks"
)

// Remark is one thing that was found about the computer.
type Remark struct {
	Name string `json:"name"`           // clock, proxy, hosts, resolver, tls, portal
	Bad  bool   `json:"bad"`            // it may falsify results
	Open bool   `json:"open,omitempty"` // it could not be tried, so nothing is known
	Text string `json:"text"`
}

// Questions says what the computer is tested with.
type Questions struct {
	Web         string   // name that is served by https; "" when none is known yet
	Names       []string // client names and servers, which a hosts file should not hold
	Controllers []string // domain controllers; their clock is asked for without logging on
	Getenv      func(string) string
	Hosts       []byte // the hosts file, nil when it could not be read
	Now         func() time.Time
	Patience    time.Duration // for all of it; zero: 8 s
}

// Bounds of a clock that is right enough: Kerberos refuses more.
const maxSkew = 5 * time.Minute

// Test looks at the computer, all at once and within its patience. What could
// not be tested is said, and is not bad.
func Test(ctx context.Context, env *checks.Env, q Questions) []Remark {
	patience := q.Patience
	if patience <= 0 {
		patience = 8 * time.Second
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	parts := []struct {
		name string
		look func() []Remark
	}{
		{"clock", func() []Remark { return clocks(ctx, env, q) }},
		{"proxy", func() []Remark { return Proxies(q.Getenv) }},
		{"hosts", func() []Remark { return Overrides(q.Hosts, q.Names) }},
		{"resolver", func() []Remark { return resolver(ctx, env) }},
		{"tls", func() []Remark { return intercepted(ctx, env, q.Web) }},
		{"portal", func() []Remark { return portal(ctx, env, q.Web, q.Names) }},
	}
	found := make([][]Remark, len(parts))
	var wg sync.WaitGroup
	for n, part := range parts {
		wg.Go(func() {
			if why := checks.Broke(func() { found[n] = part.look() }); why != "" {
				found[n] = []Remark{{Name: part.name, Open: true, Text: "this test itself broke: " + why}}
			}
		})
	}
	wg.Wait()
	return slices.Concat(found...)
}

// Label is what results carry: what is bad, in one line; "" when nothing is.
func Label(list []Remark) string {
	var out []string
	for _, r := range list {
		if r.Bad {
			out = append(out, r.Name+": "+r.Text)
		}
	}
	return strings.Join(out, "; ")
}

// clocks compares this computer's clock with a web server's and with those of
// domain controllers.
func clocks(ctx context.Context, env *checks.Env, q Questions) []Remark {
	var out []Remark
	judge := func(whose string, at time.Time) {
		ahead := env.Now().Sub(at)
		r := Remark{Name: "clock", Text: fmt.Sprintf("agrees with %s within %s", whose, maxSkew)}
		if ahead > maxSkew || ahead < -maxSkew {
			word := "ahead of"
			if ahead < 0 {
				word, ahead = "behind", -ahead
			}
			r = Remark{Name: "clock", Bad: true, Text: fmt.Sprintf("this computer is %s %s %s: certificates and Kerberos are judged by the wrong time", ahead.Round(time.Second), word, whose)}
		}
		out = append(out, r)
	}
	asked := false
	for _, dc := range q.Controllers[:min(len(q.Controllers), 2)] {
		if at, t := checks.DirectoryClock(ctx, env, dc); t == nil {
			judge("domain controller "+dc, at)
			asked = true
		}
	}
	if q.Web != "" {
		for _, row := range rows(ctx, env, "http", checks.Params{"url": "https://" + q.Web + "/"}) {
			for _, h := range row["headers"] {
				name, value, _ := strings.Cut(h, ":")
				if !strings.EqualFold(name, "Date") {
					continue
				}
				if at, err := http.ParseTime(strings.TrimSpace(value)); err == nil {
					judge("the web server of "+q.Web, at)
					asked = true
				}
			}
			break
		}
	}
	if !asked {
		out = append(out, Remark{Name: "clock", Open: true, Text: "could not be compared: neither a domain controller nor a web server told the time"})
	}
	return out
}

// rows runs one check and returns what it saw.
func rows(ctx context.Context, env *checks.Env, kind string, p checks.Params) []checks.Row {
	quiet := *env
	quiet.Store, quiet.Machine = nil, ""
	r := checks.Run(ctx, &quiet, []checks.Check{{ID: "machine/" + kind, Kind: kind, Params: p, Timeout: 5 * time.Second}}, nil)
	return r[0].Rows
}

// Proxies names the proxy variables that are set. Checks go by what the
// migration says and not by them, but other programs on this computer do.
func Proxies(getenv func(string) string) []Remark {
	if getenv == nil {
		return nil
	}
	var set []string
	for _, name := range []string{"HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"} {
		for _, n := range []string{name, strings.ToLower(name)} {
			if v := getenv(n); v != "" {
				set = append(set, n+"="+withoutLogon(v))
				break
			}
		}
	}
	if len(set) == 0 {
		return []Remark{{Name: "proxy", Text: "no proxy variable is set"}}
	}
	return []Remark{{Name: "proxy", Bad: true, Text: strings.Join(set, ", ") + ": browsers and Outlook on this computer may go another way than checks, which use no proxy that the migration does not name"}}
}

// withoutLogon takes a user and password out of a proxy's address.
func withoutLogon(v string) string {
	if u, err := url.Parse(v); err == nil && u.User != nil {
		u.User = nil
		return checks.Escape(u.String()) + " (with a logon)"
	}
	if i := strings.LastIndexByte(v, '@'); i >= 0 {
		v = v[i+1:] + " (with a logon)"
	}
	return checks.Escape(v)
}

// Overrides finds names of the organisation in a hosts file: this computer then
// sees another address than everybody else.
func Overrides(file []byte, names []string) []Remark {
	if file == nil {
		return []Remark{{Name: "hosts", Open: true, Text: "the hosts file could not be read"}}
	}
	var out []Remark
	for line := range strings.Lines(string(file[:min(len(file), 1<<20)])) {
		line, _, _ = strings.Cut(line, "#")
		words := strings.Fields(strings.TrimPrefix(line, "\ufeff"))
		if len(words) < 2 {
			continue
		}
		for _, w := range words[1:] {
			w = strings.TrimSuffix(w, ".")
			if slices.ContainsFunc(names, func(n string) bool { return strings.EqualFold(n, w) }) {
				out = append(out, Remark{Name: "hosts", Bad: true, Text: fmt.Sprintf("the hosts file sends %s to %s: this computer does not ask DNS for it", checks.Escape(w), checks.Escape(words[0]))})
			}
		}
	}
	if len(out) == 0 {
		out = append(out, Remark{Name: "hosts", Text: "the hosts file holds none of the organisation's names"})
	}
	return out[:min(len(out), 20)]
}

// resolver asks for a name that cannot exist: an answer means that somebody
// answers everything.
func resolver(ctx context.Context, env *checks.Env) []Remark {
	if env.Lookup == nil {
		return []Remark{{Name: "resolver", Open: true, Text: "this computer's resolver cannot be asked"}}
	}
	if found, err := env.Lookup(ctx, "coexist-"+strings.ToLower(rand.Text())+".invalid"); err == nil && len(found) > 0 {
		return []Remark{{Name: "resolver", Bad: true, Text: fmt.Sprintf("the resolver answers %s for a name that cannot exist: wrong names look right here", found[0])}}
	}
	return []Remark{{Name: "resolver", Text: "a name that cannot exist has no address"}}
}

// intercepted looks whether the certificate that arrives here was made by
// something on the way.
func intercepted(ctx context.Context, env *checks.Env, web string) []Remark {
	if web == "" {
		return nil
	}
	looked := false
	for _, row := range rows(ctx, env, "tls", checks.Params{"host": web}) {
		for _, issuer := range row["issuer"] {
			looked = true
			if checks.OpensTLS(issuer) {
				return []Remark{{Name: "tls", Bad: true, Text: "the certificate of " + web + " was issued by " + checks.Escape(issuer) + ": something on the way opens TLS, and what it shows is not the server's"}}
			}
		}
	}
	if !looked {
		return []Remark{{Name: "tls", Open: true, Text: "no certificate of " + web + " could be looked at"}}
	}
	return []Remark{{Name: "tls", Text: "the certificate of " + web + " shows no sign of being opened on the way"}}
}

// portal asks for a page that cannot exist: a page all the same, or a way to a
// foreign host, is what a captive portal gives.
func portal(ctx context.Context, env *checks.Env, web string, names []string) []Remark {
	if web == "" {
		return nil
	}
	list := rows(ctx, env, "http", checks.Params{"url": "http://" + web + "/coexist-" + rand.Text(), "status": []any{"200", "301", "302", "303", "307", "308", "401", "403", "404", "503", "511"}})
	for _, row := range list {
		status, _ := row.Get("status")
		host, _ := row.Get("location_host")
		switch {
		case status == "511" || status == "200":
			return []Remark{{Name: "portal", Bad: true, Text: "a page that cannot exist on " + web + " is answered with status " + status + ": a captive portal or a proxy answers for it"}}
		case host != "" && !related(host, append([]string{web}, names...)):
			return []Remark{{Name: "portal", Bad: true, Text: "a page that cannot exist on " + web + " leads to " + checks.Escape(host) + ": a captive portal or a proxy answers for it"}}
		}
	}
	if len(list) == 0 {
		return []Remark{{Name: "portal", Open: true, Text: web + " did not answer on port 80, so that no portal shows itself"}}
	}
	return []Remark{{Name: "portal", Text: "no captive portal shows itself"}}
}

// related tells whether a host is one of the names or of their domains.
func related(host string, names []string) bool {
	host = strings.ToLower(host)
	for _, n := range names {
		_, domain, _ := strings.Cut(strings.ToLower(n), ".")
		if host == strings.ToLower(n) || domain != "" && (host == domain || strings.HasSuffix(host, "."+domain)) {
			return true
		}
	}
	return false
}
