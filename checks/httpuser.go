package checks

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// rightForUsers are the answers of healthy directories to a user.
var rightForUsers = map[string][]int{
	"owa": {200, 301, 302}, "ecp": {200, 301, 302}, "ews": {200}, "eas": {200}, "oab": {200, 403}, "mapi": {200},
	"rpc": {200}, "powershell": {200, 400, 405, 411}, "healthcheck": {200}, "autodiscover": {200},
}

// askAsUser sends the check's request with its account.
func askAsUser(ctx context.Context, env *Env, c Check, u *url.URL, at endpoint) Finding {
	p := c.Params
	l := webLogon{account: p.String("account"), auth: p.String("auth"), url: u, at: at}
	l.first = webRequest{method: httpMethod(p), headers: p.Table("headers")}
	l.real = l.first
	ews := p.String("role") == "ews" && p.String("method") == ""
	if ews {
		l.real = webRequest{method: "POST", body: []byte(ewsInbox), headers: map[string]string{"Content-Type": "text/xml; charset=utf-8"}, most: maxXMLBytes}
		for k, v := range p.Table("headers") {
			l.real.headers[k] = v
		}
	}
	got, trouble := logonOver(ctx, env, l)
	if trouble != nil {
		return *trouble
	}
	row := answerRow(at, got.answer)
	if got.asked {
		row["auth"] = got.offers
	}
	parts := []Finding{judgeAsUser(c, u, got, l.where())}
	if !got.asked {
		same, lines := sameForAll(ctx, env, c, u, at, got.answer)
		if same.Verdict != Pass {
			same.Summary = l.where() + ": " + same.Summary
			parts = []Finding{same}
		}
		got.lines = append(got.lines, lines...)
	}
	if ews && got.asked {
		parts = append(parts, judgeEWS(l.where(), got.answer, row))
	}
	if p.String("role") == "eas" && got.answer.status == 200 {
		parts = append(parts, judgeEAS(l.where(), got.answer, row))
	}
	f := merge(append(parts, got.notes...))
	f.Rows, f.Transcript, f.Attempts = []Row{row}, got.lines, 1
	if got.asked {
		f.Evidence = with(f.Evidence, "logon", got.scheme)
	}
	f.Evidence = withAgent(f.Evidence, got.answer)
	return f
}

// judgeAsUser judges the status of the answer to a user.
func judgeAsUser(c Check, asked *url.URL, got webLoggedOn, where string) Finding {
	a, r := got.answer, roleNamed(c.Params.String("role"))
	if !got.asked {
		if a.status == 200 {
			f := warned("http.anonymous", "%s answers without asking for a logon: the account was not tested", where)
			f.Expected, f.Found = "a request to log on (401)", "200"
			return f
		}
		if isRedirect(a.status) && r != nil && r.closed {
			f := failed("ews.forms", "%s sends to another page instead of asking for a logon", where)
			f.Expected, f.Found = "a request to log on (401)", fmt.Sprintf("%d to %s", a.status, clip(a.location, 300))
			return f
		}
		f := wrongStatus(a, "%s answers %d before any logon", where, a.status)
		f.Expected, f.Found = "a request to log on (401)", fmt.Sprint(a.status)
		return f
	}
	pass := Finding{Verdict: Pass, Summary: fmt.Sprintf("%s answers %d to the test mailbox", where, a.status)}
	want := c.Params.Strings("status")
	if len(want) == 0 && r != nil {
		for _, s := range rightForUsers[r.name] {
			want = append(want, strconv.Itoa(s))
		}
	}
	if len(want) == 0 {
		want = []string{"200"}
	}
	if slices.Contains(want, strconv.Itoa(a.status)) {
		return merge([]Finding{pass, judgeRedirect(c, r, asked, a)})
	}
	reason := statusReason(a)
	switch {
	case a.status == 403:
		reason = "auth.forbidden"
	case a.status == 451:
		reason = "eas.redirected"
	case a.status == 449, a.status == 456, a.status == 457:
		reason = "eas.refused"
	}
	f := wrongStatus(a, "%s answers %d to the test mailbox", where, a.status)
	f.Reason = reason
	f.Expected, f.Found = "status "+strings.Join(want, " or "), "status "+strconv.Itoa(a.status)
	if to := a.header.Get("X-Ms-Location"); to != "" {
		f.Found += ", to " + clip(to, 300)
	}
	return f
}

// judgeEAS judges the answer to OPTIONS: it must list versions and commands.
func judgeEAS(where string, a webAnswer, row Row) Finding {
	versions := nonEmpty(strings.Split(a.header.Get("Ms-Asprotocolversions"), ","))
	for i := range versions {
		versions[i] = clip(strings.TrimSpace(versions[i]), 20)
	}
	row["eas_versions"] = versions[:min(len(versions), 30)]
	if build := plainBuild(a.header.Get("Ms-Server-Activesync")); build != "" {
		row["build"] = []string{build}
		if g := generationOf(build); g != "" {
			row["major"] = []string{g}
		}
	}
	if len(versions) == 0 || a.header.Get("Ms-Asprotocolcommands") == "" {
		f := failed("eas.no_versions", "%s answers 200 without the versions of ActiveSync", where)
		f.Expected, f.Found = "MS-ASProtocolVersions and MS-ASProtocolCommands", "status 200 without them"
		return f
	}
	return Finding{Verdict: Pass}
}
