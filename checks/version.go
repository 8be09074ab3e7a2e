package checks

import (
	"context"
	"encoding/base64"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/Azure/go-ntlmssp"
)

// versionKind tells which generation of Exchange answers.
var versionKind = Kind{
	Name: "version",
	Doc: "Asks a server's web directories anonymously and tells from paths, headers and behaviour which generation of Exchange answers. " +
		"Every address behind the name is asked by itself, with the name kept. It begins an NTLM logon without a user to learn the server's name, and never ends it. It tells the server that answered first, " +
		"not the mailbox server behind it, and a server may be dressed up: it is evidence, not proof.",
	Source: FromProbe,
	Budget: 60 * time.Second,
	Params: []Param{hostParam, portParam("443"), addressParam},
	Rows: []Field{
		{"address", "IP address that was asked"},
		{"version", "2007, 2010, 2013 (2016 and 2019 are told apart where a build shows them) or unknown"},
		{"build", "build number as far as the server shows it"},
		{"confidence", "high, medium or low"},
		{"fe_server", "name the Exchange 2013 front end gives itself (X-FEServer)"},
	},
	Validate:   onePort,
	Identities: hostAndAddress,
	Observe:    observeVersion,
}

func observeVersion(ctx context.Context, env *Env, c Check) Finding {
	host, port := c.Params.String("host"), c.Params.Int("port", 443)
	return alikeVersions(perAddress(ctx, env, host, c.Params.String("address"), port, func(ctx context.Context, at endpoint) Finding {
		return fingerprint(ctx, env, at)
	}))
}

// alikeVersions warns when servers of several releases stand behind one name,
// and names those that are not like most.
func alikeVersions(f Finding) Finding {
	members := map[string][]string{}
	for _, r := range f.Rows {
		version, _ := r.Get("version")
		addr, _ := r.Get("address")
		if version != "" && version != "unknown" {
			members[version] = append(members[version], addr)
		}
	}
	if len(members) < 2 {
		return f
	}
	usual := ""
	for _, v := range sortedKeys(members) {
		if usual == "" || len(members[v]) >= len(members[usual]) {
			usual = v
		}
	}
	var said []string
	for _, v := range sortedKeys(members) {
		if v != usual {
			said = append(said, joinClipped(members[v], maxAddresses)+" is Exchange "+v)
		}
	}
	w := warned("version.members_differ", "behind this name %s, the rest is Exchange %s", joinClipped(said, 8), usual)
	w.Expected, w.Found = "one release behind the name", joinClipped(said, 8)
	return merge([]Finding{f, w})
}

// versionVisit is one request of the fingerprint.
type versionVisit struct {
	name, method, path string
	headers            map[string]string
	follow             bool
	only               func(versionSigns) bool // nil: always
}

// versionVisits are made in this order to one address.
func versionVisits() []versionVisit {
	visits := []versionVisit{
		{name: "owa", method: "GET", path: "/owa/", follow: true},
		{name: "ews", method: "GET", path: "/EWS/Exchange.asmx"},
		{name: "autodiscover", method: "GET", path: "/Autodiscover/Autodiscover.xml"},
		{name: "healthcheck", method: "GET", path: "/owa/healthcheck.htm"},
		{name: "eas", method: "OPTIONS", path: "/Microsoft-Server-ActiveSync", only: versionSigns.open},
		{name: "ecp", method: "GET", path: "/ecp/", only: versionSigns.open},
	}
	if first, err := ntlmssp.NewNegotiateMessage("", ""); err == nil {
		visits[1].headers = map[string]string{"Authorization": "NTLM " + base64.StdEncoding.EncodeToString(first)}
	}
	return visits
}

// fingerprint visits one address and decides.
func fingerprint(ctx context.Context, env *Env, at endpoint) Finding {
	var signs versionSigns
	var lines []string
	var extra []Finding
	evidence := map[string]string{}
	answered := false
	var silent *Finding
	for _, v := range versionVisits() {
		if v.only != nil && !v.only(signs) {
			continue
		}
		a, hops, trouble := follow(ctx, env, webRequest{method: v.method, url: hostURL(at, v.path), at: at, headers: v.headers}, v.follow)
		lines = append(lines, hops...)
		if trouble != nil {
			evidence[v.name] = trouble.Summary
			if silent == nil {
				silent = trouble
			}
			if !answered && !strings.HasPrefix(trouble.Reason, "http.") {
				break // the other requests would meet the same
			}
			continue
		}
		answered = true
		lines = append(lines, answerTranscript(a)...)
		signs.read(v.name, a)
		if v.name == "ews" {
			extra = append(extra, readHalfLogon(env, a, evidence))
		}
	}
	if !answered {
		f := *silent
		f.Summary, f.Transcript = at.where()+": "+f.Summary, lines
		return f
	}
	f := merge(append([]Finding{signs.decide(at)}, extra...))
	for k, v := range evidence {
		f.Evidence = with(f.Evidence, k, v)
	}
	f.Transcript = lines
	return f
}

// readHalfLogon reads the server's names from the answer to the first NTLM
// message.
func readHalfLogon(env *Env, a webAnswer, evidence map[string]string) Finding {
	token := tokenOf(a.challenges, "NTLM")
	if token == "" {
		return Finding{Verdict: Pass}
	}
	c, err := parseNTLMChallenge(token)
	if err != nil {
		evidence["ntlm"] = "malformed: " + err.Error()
		return Finding{Verdict: Pass}
	}
	for k, v := range c.evidence() {
		evidence[k] = v
	}
	return judgeSkew(env, c)
}

// hostURL is an https address on an endpoint's host.
func hostURL(at endpoint, path string) *url.URL {
	host := at.host
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	if at.port != 443 && at.port != 0 {
		host = fmt.Sprintf("%s:%d", host, at.port)
	}
	return &url.URL{Scheme: "https", Host: host, Path: path}
}

// versionReasons are the reasons of this kind alone.
var versionReasons = []Reason{
	{"version.contradiction", Warn, "the signs of the version contradict each other", []string{"a front end of one version answers for a server of another", "a proxy dresses the answers up", "members behind one name differ"}, "Test against the server's own address, and confirm the version in the Exchange Management Shell."},
	{"version.members_differ", Warn, "servers of several releases stand behind one name", []string{"an old server was left in DNS or in the load balancer's pool", "the switch is half done"}, "Take the members that do not belong there out of DNS or the pool."},
	{"version.weak", Warn, "the version is only guessed from weak signs", []string{"headers are removed on the way"}, "Confirm the version in the Exchange Management Shell."},
	{"version.unknown", Unknown, "nothing tells which version answers", []string{"headers are removed on the way", "it is no Exchange server"}, "Confirm the version in the Exchange Management Shell."},
}
