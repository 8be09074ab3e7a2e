package checks

import (
	"context"
	"fmt"
	"io"
	"strconv"
	"syscall"
	"time"
)

// tcpKind opens a connection to every address of a host.
var tcpKind = Kind{
	Name: "tcp",
	Doc: "Connects to every address of a host and closes again without sending anything. It proves that something listens and that no " +
		"firewall is in the way, not that the service behind works.",
	Source: FromProbe,
	Budget: 20 * time.Second,
	Params: []Param{
		hostParam,
		{Name: "port", Type: IntParam, Required: true, Doc: "TCP port"},
		addressParam,
	},
	Rows: []Field{
		{"address", "IP address"},
		{"outcome", "open, refused, filtered or unreachable"},
		{"ms", "milliseconds until the connection stood"},
	},
	Validate:   onePort,
	Identities: hostAndAddress,
	Observe:    observeTCP,
}

// lingerFor is how long a fresh connection is watched for a reset: load
// balancers without a live member accept first and reset then.
const lingerFor = 300 * time.Millisecond

func observeTCP(ctx context.Context, env *Env, c Check) Finding {
	p := c.Params
	return perAddress(ctx, env, p.String("host"), p.String("address"), p.Int("port", 0), func(ctx context.Context, at endpoint) Finding {
		return connectOnly(ctx, env, at)
	})
}

func connectOnly(ctx context.Context, env *Env, at endpoint) Finding {
	row := Row{"address": {at.addr.String()}}
	began := time.Now()
	conn, t := connect(ctx, env, at)
	ms := time.Since(began).Milliseconds()
	if t != nil {
		row["outcome"] = []string{outcomeOf(t.reason)}
		f := t.finding(at.where())
		f.Expected = "open"
		f.Rows = []Row{row}
		f.Transcript = []string{fmt.Sprintf("connect %s: %s (%d ms)", at, t.text, ms)}
		return f
	}
	defer conn.Close()
	row["outcome"], row["ms"] = []string{"open"}, []string{strconv.FormatInt(ms, 10)}
	f := Finding{Verdict: Pass, Rows: []Row{row}, Summary: at.where() + " is open"}
	f.Transcript = []string{fmt.Sprintf("connect %s: open (%d ms)", at, ms)}
	if local := conn.LocalAddr(); local != nil {
		f.Evidence = map[string]string{"local_address": local.String()}
	}
	conn.SetReadDeadline(time.Now().Add(share(ctx, lingerFor, 0.5)))
	first := make([]byte, 16)
	n, err := conn.Read(first)
	if n > 0 {
		f.Evidence = with(f.Evidence, "first_bytes", fmt.Sprintf("% x", first[:n]))
	}
	if n == 0 && err != nil && !isTimeout(err) {
		return closedAtOnce(f, row, at, err)
	}
	return f
}

// closedAtOnce reads what it means that the peer hung up without a word.
func closedAtOnce(f Finding, row Row, at endpoint, err error) Finding {
	if err != io.EOF && !isErrno(err, syscall.ECONNRESET, 10054) {
		return f
	}
	row["outcome"] = []string{"refused"}
	f.Verdict, f.Reason = Fail, "tcp.accepted_then_reset"
	f.Summary = at.where() + ": accepted, then closed at once"
	f.Expected, f.Found = "open", "accepted, then closed at once"
	return f
}

func outcomeOf(reason string) string {
	switch reason {
	case "tcp.refused", "tcp.accepted_then_reset":
		return "refused"
	case "tcp.unreachable", "vantage.no_network":
		return "unreachable"
	}
	return "filtered"
}
