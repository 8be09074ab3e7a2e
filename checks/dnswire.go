package checks

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"syscall"
	"time"
)

// dnsAnswer is what one name server said to one question.
type dnsAnswer struct {
	rcode     int
	records   []dnsRecord // of the type asked for, at the end of the chain
	chain     []string    // aliases passed, the asked name first
	transport string      // udp or tcp
	truncated bool        // UDP was truncated, TCP gave the rest
	flags     string
	rtt       time.Duration
	at        string // aliases end here
}

// dnsTrouble is why there is no usable answer.
type dnsTrouble struct {
	verdict Verdict
	reason  string
	text    string
}

func (t dnsTrouble) finding(r Resolver, name, rtype string) Finding {
	f := decided(t.verdict, t.reason, "%s %s at %s: %s", name, rtype, r.describe(), t.text)
	f.Found = t.text
	return f
}

func (r Resolver) describe() string {
	if r.Addr == "" {
		return "the resolver of this computer"
	}
	return fmt.Sprintf("%s (%s)", r.Label, r.Addr)
}

func noAnswer(reason, format string, args ...any) *dnsTrouble {
	return &dnsTrouble{Unknown, reason, fmt.Sprintf(format, args...)}
}

// ask puts one question to one name server: UDP twice, then TCP once; TCP at
// once when UDP was truncated.
func ask(ctx context.Context, env *Env, server Resolver, name string, rtype recordType) (dnsAnswer, *dnsTrouble) {
	question := dnsQuestion{rootedName(name), rtype, classInternet}
	edns := true
	var last *dnsTrouble
	for try := 0; try < 2; try++ {
		began := time.Now()
		raw, err := exchange(ctx, env, "udp", server.Addr, question, edns, share(ctx, 3*time.Second, 0.3))
		if err != nil {
			if last = wireTrouble(err); last.reason != "dns.timeout" {
				break
			}
			continue
		}
		a, problem := readAnswer(question, raw)
		a.transport, a.rtt = "udp", time.Since(began)
		switch {
		case problem != nil && problem.reason == "dns.truncated":
			return askOverTCP(ctx, env, server, question, edns, true)
		case problem == nil && edns && (a.rcode == rcodeFormatError || a.rcode == rcodeNotImplemented || a.rcode == rcodeBadVersion):
			edns, try = false, try-1 // an old server: once more without the extension
			continue
		}
		return a, problem
	}
	if ctx.Err() != nil {
		return dnsAnswer{}, wireTrouble(ctx.Err())
	}
	a, problem := askOverTCP(ctx, env, server, question, edns, false)
	if problem != nil && last != nil && problem.reason != "dns.mismatch" {
		return a, last
	}
	return a, problem
}

func askOverTCP(ctx context.Context, env *Env, server Resolver, q dnsQuestion, edns, truncated bool) (dnsAnswer, *dnsTrouble) {
	began := time.Now()
	raw, err := exchange(ctx, env, "tcp", server.Addr, q, edns, share(ctx, 5*time.Second, 0.8))
	if err != nil {
		if truncated {
			return dnsAnswer{}, noAnswer("dns.truncated", "the answer does not fit into UDP and the server does not answer over TCP")
		}
		return dnsAnswer{}, wireTrouble(err)
	}
	a, problem := readAnswer(q, raw)
	a.transport, a.rtt, a.truncated = "tcp", time.Since(began), truncated
	return a, problem
}

func wireTrouble(err error) *dnsTrouble {
	switch {
	case errors.Is(err, context.Canceled):
		return noAnswer("run.cancelled", "cancelled")
	case isErrno(err, syscall.ECONNREFUSED, 10061), isErrno(err, syscall.ECONNRESET, 10054), errors.Is(err, io.EOF):
		return noAnswer("dns.no_server", "no name server answers there")
	case isTimeout(err):
		return noAnswer("dns.timeout", "no answer after two tries over UDP and one over TCP")
	}
	t := dialTrouble(err)
	if t.reason == "vantage.no_network" {
		return noAnswer(t.reason, "%s", t.text)
	}
	return noAnswer("dns.no_server", "the name server cannot be reached")
}

// exchange sends a question and returns the raw message that carries its ID.
// Over UDP messages with another ID are ignored, as strangers may send them.
func exchange(ctx context.Context, env *Env, network, server string, q dnsQuestion, edns bool, limit time.Duration) ([]byte, error) {
	if env.Dial == nil {
		return nil, errNoNetwork
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	conn, err := env.Dial(ctx, network, server)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	stop := context.AfterFunc(ctx, func() { conn.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	id := queryID()
	wire, err := q.wire(id, edns)
	if err != nil {
		return nil, err
	}
	if network == "tcp" {
		wire = append(binary.BigEndian.AppendUint16(nil, uint16(len(wire))), wire...)
	}
	if _, err := conn.Write(wire); err != nil {
		return nil, err
	}
	for {
		raw, err := readMessage(conn, network)
		if err != nil {
			return nil, err
		}
		if len(raw) >= 2 && binary.BigEndian.Uint16(raw) == id {
			return raw, nil
		}
	}
}

func readMessage(conn net.Conn, network string) ([]byte, error) {
	if network == "udp" {
		buf := make([]byte, 64<<10)
		n, err := conn.Read(buf)
		return buf[:n], err
	}
	var size [2]byte
	if _, err := io.ReadFull(conn, size[:]); err != nil {
		return nil, err
	}
	buf := make([]byte, binary.BigEndian.Uint16(size[:]))
	_, err := io.ReadFull(conn, buf)
	return buf, err
}

func queryID() uint16 {
	var b [2]byte
	rand.Read(b[:])
	return binary.BigEndian.Uint16(b[:])
}

// maxChain is how many aliases in a row are followed.
const maxChain = 8

// readAnswer takes a raw message apart: it must answer the question, and its
// chain of aliases must end somewhere.
func readAnswer(q dnsQuestion, raw []byte) (dnsAnswer, *dnsTrouble) {
	m, err := readDNS(raw)
	if err != nil {
		if len(raw) > 2 && raw[2]&(bitTruncated>>8) != 0 {
			return dnsAnswer{}, noAnswer("dns.truncated", "the answer is truncated")
		}
		return dnsAnswer{}, noAnswer("dns.malformed", "the answer is no DNS message")
	}
	a := dnsAnswer{rcode: m.rcode, flags: m.flags}
	if !m.response {
		return a, noAnswer("dns.malformed", "the answer is no response")
	}
	if !m.answersTo(q) {
		return a, noAnswer("dns.mismatch", "the server answered another question than the one asked")
	}
	if m.truncated {
		return a, noAnswer("dns.truncated", "the answer is truncated")
	}
	switch m.rcode {
	case rcodeSuccess, rcodeNameError:
		problem := a.follow(q, m.answers)
		return a, problem
	case rcodeServerFailure:
		return a, noAnswer("dns.servfail", "the server failed to answer (SERVFAIL)")
	case rcodeRefused:
		return a, noAnswer("dns.refused", "this resolver does not serve you (REFUSED)")
	case rcodeFormatError, rcodeNotImplemented, rcodeBadVersion:
		return a, nil // the caller asks again without EDNS; then it is decided by outcome
	}
	return a, noAnswer("dns.rcode", "the server answered %s", rcodeName(m.rcode))
}

// answersTo tells whether a message repeats the question. A server that failed
// may leave it out.
func (m dnsMessage) answersTo(q dnsQuestion) bool {
	switch len(m.questions) {
	case 0:
		return m.rcode != rcodeSuccess
	case 1:
		echo := m.questions[0]
		return strings.EqualFold(echo.name, q.name) && echo.rtype == q.rtype && echo.class == q.class
	}
	return false
}

// follow walks the aliases inside the answer and collects the records at its
// end.
func (a *dnsAnswer) follow(q dnsQuestion, answer []dnsRecord) *dnsTrouble {
	at := strings.ToLower(q.name)
	seen := map[string]bool{at: true}
	for {
		next, beside := "", false
		a.records = a.records[:0]
		for _, rr := range answer {
			if !strings.EqualFold(rr.name, at) {
				continue
			}
			if rr.rtype == q.rtype {
				a.records = append(a.records, rr)
			}
			if rr.rtype == typeCNAME && q.rtype != typeCNAME {
				next = strings.ToLower(rr.target)
			} else if rr.rtype != typeRRSIG && rr.rtype != typeCNAME {
				beside = true
			}
		}
		a.at = at
		switch {
		case next == "":
			return nil
		case beside:
			return &dnsTrouble{Fail, "dns.cname_conflict", plainName(at) + " is an alias and has other records beside it"}
		}
		a.chain = append(a.chain, plainName(at))
		if seen[next] {
			return &dnsTrouble{Fail, "dns.cname_loop", "the aliases turn in a circle at " + plainName(next)}
		}
		if len(a.chain) > maxChain {
			return &dnsTrouble{Fail, "dns.cname_too_long", fmt.Sprintf("more than %d aliases in a row", maxChain)}
		}
		seen[next] = true
		at = next
	}
}
