package checks

import (
	"bytes"
	"context"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// rpchKind looks at Outlook Anywhere.
var rpchKind = Kind{
	Name: "rpch",
	Doc: "Asks the RPC over HTTP proxy for its logon schemes with the verbs that Outlook uses, and with a mailbox also for its echo. " +
		"The echo proves the proxy and the logon, not the mailbox behind it.",
	Source: FromProbe,
	Budget: 60 * time.Second,
	Params: []Param{
		hostParam, addressParam,
		{Name: "mailbox", Type: TextParam, Doc: `account of the test mailbox to log on with, its mail address or DOMAIN\user; without it only the anonymous answer is read`},
	},
	Rows: []Field{
		{"address", "IP address that was asked"},
		{"status", "HTTP status"},
		{"auth", "logon schemes offered"},
		{"echo", "ok or none"},
	},
	Validate: func(p Params) error {
		return allErrors(
			validTarget("host", p.String("host")),
			validOptional("address", p.String("address"), validTarget),
			validOptional("mailbox", p.String("mailbox"), validAccount),
		)
	},
	Identities: hostAndAddress,
	Observe:    observeRPCH,
}

func observeRPCH(ctx context.Context, env *Env, c Check) Finding {
	if c.Params.String("mailbox") != "" && env.Logon == nil {
		return decided(Skip, "credentials.none", "no password was given for %s", mask(c.Params.String("mailbox")))
	}
	return perAddress(ctx, env, c.Params.String("host"), c.Params.String("address"), 443, func(ctx context.Context, at endpoint) Finding {
		f := askRPCProxy(ctx, env, at)
		if f.Verdict != Pass || c.Params.String("mailbox") == "" {
			return f
		}
		return echoOver(ctx, env, at, c.Params.String("mailbox"), f)
	})
}

// rpcRequest is a request as Outlook's transport sends it.
func rpcRequest(verb string, u *url.URL, at endpoint) webRequest {
	return webRequest{method: verb, url: u, at: at, headers: map[string]string{
		"Accept": "application/rpc", "Cache-Control": "no-cache", "Pragma": "No-cache", "User-Agent": "MSRPC",
	}}
}

// askRPCProxy sends both verbs as a stranger.
func askRPCProxy(ctx context.Context, env *Env, at endpoint) Finding {
	row := Row{"address": {at.addr.String()}, "status": nil, "auth": nil, "echo": {"none"}}
	var parts []Finding
	var lines []string
	for _, verb := range []string{"RPC_IN_DATA", "RPC_OUT_DATA"} {
		a, t := exchangeHTTP(ctx, env, rpcRequest(verb, hostURL(at, "/rpc/rpcproxy.dll"), at))
		if t != nil {
			f := t.finding(at.where())
			f.Rows, f.Transcript = []Row{row}, append(lines, verb+": "+t.text)
			return f
		}
		lines = append(append(lines, verb+" without a user"), answerTranscript(a)...)
		if verb == "RPC_IN_DATA" {
			row["status"], row["auth"] = []string{strconv.Itoa(a.status)}, schemesOf(a.challenges)
		}
		parts = append(parts, judgeRPCStranger(at.where(), verb, a))
	}
	f := merge(parts)
	f.Rows, f.Transcript = []Row{row}, lines
	return f
}

func judgeRPCStranger(where, verb string, a webAnswer) Finding {
	var f Finding
	switch a.status {
	case 401:
		offered := schemesOf(a.challenges)
		switch {
		case slices.ContainsFunc(offered, func(s string) bool { return s == "Basic" || s == "NTLM" || s == "Negotiate" }):
			return Finding{Verdict: Pass, Summary: fmt.Sprintf("%s asks for a logon by %s", where, strings.Join(offered, ", "))}
		case len(offered) > 0:
			f = failed("auth.scheme_missing", "%s asks for a logon by %s, which Outlook does not use there", where, joinClipped(offered, 8))
			f.Expected, f.Found = "Basic, NTLM or Negotiate", joinClipped(offered, 8)
			return f
		}
		f = warned("http.no_challenge", "%s asks for a logon without saying how", where)
	case 404:
		f = failed("rpch.not_enabled", "%s has no RPC proxy", where)
	case 400, 405, 501:
		f = failed("rpch.verb_refused", "%s refuses %s with %d", where, verb, a.status)
	case 200:
		f = warned("http.anonymous", "%s answers %s without asking for a logon", where, verb)
	default:
		f = wrongStatus(a, "%s answers %d to %s", where, a.status, verb)
	}
	f.Expected, f.Found = "a request to log on (401)", fmt.Sprintf("%s: %d", verb, a.status)
	return f
}

// echoPDU is what a proxy sends back: an RPC packet of kind RTS with the flag
// of an echo and nothing in it.
var echoPDU = []byte{5, 0, 20, 3, 16, 0, 0, 0, 20, 0, 0, 0, 0, 0, 0, 0, 0x40, 0, 0, 0}

// echoOver logs on and asks for the echo. The server to be named comes from
// Autodiscover of the same host.
func echoOver(ctx context.Context, env *Env, at endpoint, mailbox string, anonymous Finding) Finding {
	d := &discovery{env: env, mailbox: mailbox, mode: "pox"}
	found := d.settings(ctx, reached{step: "url", url: hostURL(at, discoverPath), at: at})
	server := ""
	for _, r := range found.Rows {
		if kind, _ := r.Get("type"); strings.EqualFold(kind, "EXCH") {
			server, _ = r.Get("server")
		}
	}
	out := anonymous
	out.Transcript = append(out.Transcript, d.lines...)
	if found.Verdict != Pass && found.Verdict != Warn {
		found.Rows, found.Transcript = out.Rows, out.Transcript
		found.Summary = "the server's name for the echo was not found: " + found.Summary
		return found
	}
	if server == "" || strings.ContainsFunc(server, func(r rune) bool { return r <= ' ' || r > 126 || strings.ContainsRune("/?#\\%:", r) }) {
		f := undecidable("rpch.no_server", "%s: Autodiscover names no server to ask for", at.where())
		f.Rows, f.Transcript = out.Rows, out.Transcript
		return f
	}
	u := hostURL(at, "/rpc/rpcproxy.dll")
	u.RawQuery = server + ":6001"
	request := rpcRequest("RPC_IN_DATA", u, at)
	got, trouble := logonOver(ctx, env, webLogon{account: mailbox, url: u, at: at, first: request, real: request})
	out.Transcript = append(out.Transcript, got.lines...)
	f := judgeEcho(at.where(), got, trouble)
	if f.Verdict == Pass {
		out.Rows[0]["echo"], out.Rows[0]["status"] = []string{"ok"}, []string{strconv.Itoa(got.answer.status)}
	}
	parts := merge(append([]Finding{f}, got.notes...))
	parts.Rows, parts.Transcript = out.Rows, out.Transcript
	return parts
}

func judgeEcho(where string, got webLoggedOn, trouble *Finding) Finding {
	if trouble != nil {
		trouble.Transcript = nil
		return *trouble
	}
	a := got.answer
	if a.status == 200 && got.asked && strings.HasPrefix(strings.ToLower(a.header.Get("Content-Type")), "application/rpc") && bytes.Equal(a.body, echoPDU) {
		return Finding{Verdict: Pass, Summary: where + " echoes to the test mailbox"}
	}
	f := failed("rpch.no_echo", "%s does not echo", where)
	switch a.status {
	case 404:
		f.Summary += ": the proxy does not know the server that Autodiscover names"
	case 503:
		f.Summary += ": the proxy does not reach the server behind it"
	}
	f.Expected, f.Found = "200 with an echo", fmt.Sprintf("%d %s, %d bytes", a.status, clip(Escape(a.phrase), 60), len(a.body))
	return f
}

// rpchReasons are the reasons of this kind alone.
var rpchReasons = []Reason{
	{"rpch.not_enabled", Fail, "Outlook Anywhere is not there", []string{"it is not enabled", "the RPC over HTTP component is missing"}, "Enable Outlook Anywhere on this server."},
	{"rpch.no_echo", Fail, "the RPC proxy does not echo", []string{"the endpoint is not allowed", "the RPC service is down"}, "Look at the RPC proxy's ValidPorts and the RPC Client Access service."},
	{"rpch.no_server", Unknown, "the server to echo is not known", []string{"Autodiscover names none"}, "Look at the settings that Autodiscover hands out to the test mailbox."},
	{"rpch.verb_refused", Fail, "the RPC verbs are refused on the way", []string{"a filter in front of the server"}, "Allow RPC_IN_DATA and RPC_OUT_DATA."},
}
