package checks

import (
	"context"
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
		{Name: "mailbox", Type: TextParam, Doc: "mail address of the test mailbox to log on with; without it only the anonymous answer is read"},
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
			validOptional("mailbox", p.String("mailbox"), validMailbox),
		)
	},
	Identities: hostAndAddress,
	Observe:    observeRPCH,
}

func observeRPCH(ctx context.Context, env *Env, c Check) Finding { return notBuilt(c) }

// rpchReasons are the reasons of this kind alone.
var rpchReasons = []Reason{
	{"rpch.not_enabled", Fail, "Outlook Anywhere is not there", []string{"it is not enabled", "the RPC over HTTP component is missing"}, "Enable Outlook Anywhere on this server."},
	{"rpch.no_echo", Fail, "the RPC proxy does not echo", []string{"the endpoint is not allowed", "the RPC service is down"}, "Look at the RPC proxy's ValidPorts and the RPC Client Access service."},
	{"rpch.verb_refused", Fail, "the RPC verbs are refused on the way", []string{"a filter in front of the server"}, "Allow RPC_IN_DATA and RPC_OUT_DATA."},
}
