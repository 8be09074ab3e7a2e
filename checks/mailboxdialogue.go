package checks

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

var mailboxPorts = map[string]map[string]int{
	"imap": {"implicit": 993, "starttls": 143, "none": 143},
	"pop":  {"implicit": 995, "starttls": 110, "none": 110},
}

func observeMailbox(ctx context.Context, env *Env, c Check) Finding {
	p := c.Params
	mode := p.String("tls")
	if mode == "" {
		mode = "implicit"
	}
	if p.String("account") != "" && (env.Logon == nil || env.Logons == nil) {
		return decided(Skip, "credentials.none", "no password was given for %s", mask(p.String("account")))
	}
	port := p.Int("port", mailboxPorts[p.String("proto")][mode])
	return perAddress(ctx, env, p.String("host"), p.String("address"), port, func(ctx context.Context, at endpoint) Finding {
		return mailboxAt(ctx, env, c, at, mode)
	})
}

// mailboxAt talks to one address: with an account over TLS that proves the
// host; where it does not, once more without logging on, to see the rest.
func mailboxAt(ctx context.Context, env *Env, c Check, at endpoint, mode string) Finding {
	m := &mailboxProbe{ctx: ctx, env: env, c: c, at: at, mode: mode, account: c.Params.String("account")}
	if m.account != "" && mode == "none" {
		m.account = ""
		return merge([]Finding{m.run(), undecidable("credentials.unsafe", "%s: the password was not sent: no TLS was asked for", at.where())})
	}
	f := m.run()
	if m.account == "" || !m.unproven {
		return f
	}
	again := &mailboxProbe{ctx: ctx, env: env, c: c, at: at, mode: mode}
	unsafe := undecidable("credentials.unsafe", "%s: the password was not sent: %s", at.where(), f.Found)
	unsafe.Transcript = f.Transcript
	return merge([]Finding{again.run(), unsafe})
}

// mailboxProbe is the conversation with one address.
type mailboxProbe struct {
	ctx      context.Context
	env      *Env
	c        Check
	at       endpoint
	mode     string
	account  string
	proto    mailboxProtocol
	row      Row
	parts    []Finding
	left     *Finding // why nothing was logged on: what answered without it is no pass
	unproven bool     // TLS with verification failed
}

// mailboxProtocol is what differs between IMAP and POP.
type mailboxProtocol interface {
	greeting() (string, *trouble)
	capabilities() ([]string, *trouble)
	startTLS() *trouble
	login(user, password string) (outcome string, why *trouble)
	leave()
}

// Outcomes of a logon.
const (
	loginOK       = "ok"
	loginRefused  = "refused"
	loginDisabled = "disabled"
	loginUntested = "untested"
)

func (m *mailboxProbe) run() Finding {
	m.row = Row{"address": {m.at.addr.String()}, "login": {loginUntested}}
	conn, why := connect(m.ctx, m.env, m.at)
	if why != nil {
		return why.finding(m.at.where())
	}
	t := newTalk(m.ctx, conn, "mailbox", 20*time.Second)
	defer func() { t.conn.Close() }()
	m.proto = &imapTalk{talk: t}
	if m.c.Params.String("proto") == "pop" {
		m.proto = &popTalk{talk: t}
	}
	why = m.converse(t)
	f := observed([]Row{m.row})
	f.Summary = m.at.where() + ": answered"
	if g, ok := m.row.Get("greeting"); ok {
		f.Summary = m.at.where() + ": " + clip(g, 200)
	}
	f.Transcript = t.said
	parts := append([]Finding{f}, m.parts...)
	if why != nil {
		parts = append(parts, why.finding(m.at.where()))
	}
	all := merge(parts)
	if m.left != nil && (all.Verdict == Pass || all.Verdict == Warn) {
		all.Verdict, all.Reason, all.Summary = m.left.Verdict, m.left.Reason, m.left.Summary
	}
	return all
}

func (m *mailboxProbe) converse(t *talk) *trouble {
	if m.mode == "implicit" {
		if why := m.secure(t); why != nil {
			return why
		}
	}
	proto, began := m.c.Params.String("proto"), time.Now()
	greeting, why := m.proto.greeting()
	if greeting != "" {
		m.row["greeting"] = []string{greeting}
	}
	stage(m.ctx, proto, began, why, "greets with %s", Escape(clip(greeting, 200)))
	if why != nil {
		return why
	}
	began = time.Now()
	caps, why := m.proto.capabilities()
	stage(m.ctx, proto, began, why, "offers %s", Escape(orNothing(joinClipped(caps, 12))))
	if why != nil {
		return why
	}
	m.row["capabilities"] = caps
	if m.mode != "implicit" && takesPlainLogin(m.c.Params.String("proto"), caps) {
		m.parts = append(m.parts, warned("mailbox.plain_login", "%s takes passwords without TLS", m.at.where()))
	}
	if m.mode == "starttls" {
		if caps, why = m.upgrade(t, caps); why != nil {
			return why
		}
		m.row["capabilities"] = caps
	}
	if m.account != "" {
		began = time.Now()
		why := m.logOn(caps)
		login, _ := m.row.Get("login")
		stage(m.ctx, proto, began, why, "logon of %s: %s", mask(m.account), login)
		if why != nil {
			return why
		}
	}
	m.proto.leave()
	return nil
}

// upgrade begins TLS in the middle of the conversation.
func (m *mailboxProbe) upgrade(t *talk, caps []string) ([]string, *trouble) {
	if !hasFold(caps, "STARTTLS") && !hasFold(caps, "STLS") {
		return nil, &trouble{Fail, "starttls.not_offered", "the server does not offer TLS"}
	}
	if why := m.proto.startTLS(); why != nil {
		return nil, why
	}
	if why := m.secure(t); why != nil {
		return nil, why
	}
	began := time.Now()
	after, why := m.proto.capabilities()
	stage(m.ctx, m.c.Params.String("proto"), began, why, "offers over TLS: %s", Escape(orNothing(joinClipped(after, 12))))
	return after, why
}

// secure does the handshake: verified when a password shall follow, otherwise
// accepting any certificate, which kind tls judges.
func (m *mailboxProbe) secure(t *talk) *trouble {
	cfg := legacyConfig(m.at.host)
	if m.account != "" {
		cfg = securedConfig(m.env, m.at.host, nil)
	}
	why := t.upgrade(cfg)
	if why != nil && m.account != "" && why.reason == "tls.untrusted" {
		m.unproven = true
	}
	return why
}

var errLoginBroken = errors.New("the logon broke off")

// logOn sends the password once, over TLS that was verified.
func (m *mailboxProbe) logOn(caps []string) *trouble {
	if hasFold(caps, "LOGINDISABLED") {
		m.row["login"] = []string{loginDisabled}
		return &trouble{Fail, "mailbox.login_disabled", "the server takes no password even over TLS"}
	}
	var why *trouble
	err := m.env.SignIn(m.ctx, m.account, m.at.host, true, func(c Credential) (bool, error) {
		if strings.ContainsAny(c.Username+c.Password.Reveal(), "\r\n\x00") {
			why = &trouble{Unknown, "value.invalid", "the user name or password holds a line break, which this protocol cannot carry"}
			return false, errLoginBroken
		}
		var outcome string
		outcome, why = m.proto.login(c.Username, c.Password.Reveal())
		m.row["login"] = []string{outcome}
		switch {
		case outcome == loginRefused:
			return true, nil
		case why != nil:
			return false, errLoginBroken
		}
		return false, nil
	})
	if f, ok := logonFinding(m.at.where(), err); ok {
		if m.parts = append(m.parts, f); f.Verdict == Skip {
			m.left = &f
		}
		return nil
	}
	if err != nil && why == nil {
		return &trouble{Unknown, "run.deadline", "the logon did not come to its turn in time"}
	}
	return why
}

// takesPlainLogin tells from the capabilities before TLS whether a password
// would be taken in the clear.
func takesPlainLogin(proto string, caps []string) bool {
	if proto == "imap" {
		return len(caps) > 0 && !hasFold(caps, "LOGINDISABLED")
	}
	return slices.ContainsFunc(caps, func(c string) bool {
		word := strings.ToUpper(c)
		return word == "USER" || strings.HasPrefix(word, "SASL ") && (strings.Contains(word, "PLAIN") || strings.Contains(word, "LOGIN"))
	})
}

// imapTalk speaks IMAP4.
type imapTalk struct {
	*talk
	tag int
}

func (i *imapTalk) greeting() (string, *trouble) {
	lines, why := i.hear(func(string) bool { return true })
	if why != nil {
		return "", why
	}
	text, upper := strings.TrimPrefix(lines[0], "* "), strings.ToUpper(lines[0])
	switch {
	case strings.HasPrefix(upper, "* BYE"):
		return text, &trouble{Fail, "mailbox.closed", "the server greets with " + clip(Escape(lines[0]), 200)}
	case !strings.HasPrefix(upper, "* OK") && !strings.HasPrefix(upper, "* PREAUTH"):
		return text, &trouble{Fail, "mailbox.malformed", "the answer is no IMAP: " + clip(Escape(lines[0]), 200)}
	}
	return text, nil
}

// command sends a command and reads up to its own answer.
func (i *imapTalk) command(text, shown string) (status string, lines []string, why *trouble) {
	tag := i.next()
	if shown != "" {
		shown = tag + " " + shown
	}
	if why := i.send(tag+" "+text, shown); why != nil {
		return "", nil, why
	}
	return i.answer(tag)
}

func (i *imapTalk) next() string {
	i.tag++
	return fmt.Sprintf("a%d", i.tag)
}

func (i *imapTalk) answer(tag string) (string, []string, *trouble) {
	lines, why := i.hear(func(l string) bool {
		return !strings.HasPrefix(l, "* ") || strings.HasPrefix(strings.ToUpper(l), "* BYE")
	})
	if why != nil {
		return "", lines, why
	}
	last := lines[len(lines)-1]
	word, rest, _ := strings.Cut(last, " ")
	status, _, _ := strings.Cut(strings.ToUpper(rest), " ")
	switch {
	case strings.HasPrefix(strings.ToUpper(last), "* BYE"):
		return "", lines, &trouble{Fail, "mailbox.closed", "the server says goodbye: " + clip(Escape(last), 200)}
	case word == "+":
		return "+", lines, nil
	case word != tag || status != "OK" && status != "NO" && status != "BAD":
		return "", lines, &trouble{Fail, "mailbox.malformed", "the answer is no IMAP: " + clip(Escape(last), 200)}
	}
	return status, lines, nil
}

func (i *imapTalk) capabilities() ([]string, *trouble) {
	status, lines, why := i.command("CAPABILITY", "")
	if why != nil {
		return nil, why
	}
	out := []string{}
	for _, l := range lines {
		if rest, ok := cutFold(l, "* CAPABILITY "); ok {
			out = append(out, strings.Fields(rest)...)
		}
	}
	if status != "OK" {
		return nil, &trouble{Fail, "mailbox.malformed", "CAPABILITY is refused: " + clip(Escape(lines[len(lines)-1]), 200)}
	}
	return out, nil
}

func cutFold(s, prefix string) (string, bool) {
	if len(s) < len(prefix) || !strings.EqualFold(s[:len(prefix)], prefix) {
		return "", false
	}
	return s[len(prefix):], true
}

func (i *imapTalk) startTLS() *trouble {
	status, lines, why := i.command("STARTTLS", "")
	if why == nil && status != "OK" {
		why = &trouble{Fail, "starttls.refused", "STARTTLS is answered with " + clip(Escape(lines[len(lines)-1]), 200)}
	}
	return why
}

// login sends user and password as literals, so that every character arrives
// as it is.
func (i *imapTalk) login(user, password string) (string, *trouble) {
	status, lines, why := i.command(fmt.Sprintf("LOGIN {%d}", len(user)), "LOGIN {user}")
	tag := fmt.Sprintf("a%d", i.tag)
	for n, part := range []string{fmt.Sprintf("%s {%d}", user, len(password)), password} {
		if why != nil {
			return loginUntested, why
		}
		if status != "+" {
			return loginUntested, &trouble{Fail, "mailbox.login_disabled", "LOGIN is answered with " + clip(Escape(lines[len(lines)-1]), 200)}
		}
		if why = i.send(part, []string{mask(user) + " {password}", "[redacted]"}[n]); why != nil {
			return loginUntested, why
		}
		status, lines, why = i.answer(tag)
	}
	if why != nil {
		return loginUntested, why
	}
	last := lines[len(lines)-1]
	if status == "BAD" { // the command was not understood, so the password was not looked at
		return loginUntested, &trouble{Fail, "mailbox.login_disabled", "LOGIN is answered with " + clip(Escape(last), 200)}
	}
	return judgeLogin(status == "OK", last)
}

// judgeLogin tells a refused password from a service that cannot reach the
// mailbox.
func judgeLogin(ok bool, answer string) (string, *trouble) {
	answered := strings.ToLower(answer)
	switch {
	case ok:
		return loginOK, nil
	case strings.Contains(answered, "unavailable"), strings.Contains(answered, "[sys/"): // RFC 5530, RFC 3206
		return loginUntested, &trouble{Fail, "mailbox.backend", "the mailbox cannot be reached: " + clip(Escape(answer), 200)}
	}
	return loginRefused, nil
}

func (i *imapTalk) leave() { i.command("LOGOUT", "") }

// popTalk speaks POP3.
type popTalk struct{ *talk }

func (p *popTalk) greeting() (string, *trouble) {
	ok, text, why := p.one("", "")
	if why == nil && !ok {
		why = &trouble{Fail, "mailbox.closed", "the server greets with -ERR " + clip(Escape(text), 200)}
	}
	return text, why
}

// one sends a command, or nothing, and reads a single line.
func (p *popTalk) one(command, shown string) (ok bool, text string, why *trouble) {
	if command != "" {
		if why := p.send(command, shown); why != nil {
			return false, "", why
		}
	}
	lines, why := p.hear(func(string) bool { return true })
	if why != nil {
		return false, "", why
	}
	word, rest, _ := strings.Cut(lines[0], " ")
	switch strings.ToUpper(word) {
	case "+OK":
		return true, rest, nil
	case "-ERR":
		return false, rest, nil
	}
	return false, "", &trouble{Fail, "mailbox.malformed", "the answer is no POP: " + clip(Escape(lines[0]), 200)}
}

func (p *popTalk) capabilities() ([]string, *trouble) {
	ok, _, why := p.one("CAPA", "")
	if why != nil || !ok {
		return []string{}, why // a server without extensions
	}
	lines, why := p.hear(func(l string) bool { return l == "." })
	if why != nil {
		return nil, why
	}
	return slices.Clone(lines[:len(lines)-1]), nil
}

func (p *popTalk) startTLS() *trouble {
	ok, text, why := p.one("STLS", "")
	if why == nil && !ok {
		why = &trouble{Fail, "starttls.refused", "STLS is answered with -ERR " + clip(Escape(text), 200)}
	}
	return why
}

func (p *popTalk) login(user, password string) (string, *trouble) {
	ok, text, why := p.one("USER "+user, "USER "+mask(user))
	if why != nil {
		return loginUntested, why
	}
	if !ok {
		return loginDisabled, &trouble{Fail, "mailbox.login_disabled", "USER is answered with -ERR " + clip(Escape(text), 200)}
	}
	ok, text, why = p.one("PASS "+password, "PASS [redacted]")
	if why != nil {
		return loginUntested, why
	}
	return judgeLogin(ok, text)
}

func (p *popTalk) leave() { p.one("QUIT", "") }
