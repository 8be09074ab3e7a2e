package checks

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"time"
)

func observeSMTP(ctx context.Context, env *Env, c Check) Finding {
	p := c.Params
	return perAddress(ctx, env, p.String("host"), p.String("address"), p.Int("port", 25), func(ctx context.Context, at endpoint) Finding {
		s := &smtpProbe{ctx: ctx, env: env, c: c, at: at, row: Row{"address": {at.addr.String()}}}
		return s.run()
	})
}

// smtpProbe is the conversation with one address. It never sends DATA.
type smtpProbe struct {
	ctx   context.Context
	env   *Env
	c     Check
	at    endpoint
	row   Row
	said  []string
	parts []Finding
}

func (s *smtpProbe) run() Finding {
	t, features, why := s.greet()
	defer func() {
		if t != nil {
			t.conn.Close()
		}
	}()
	if why != nil {
		return s.done(t, why)
	}
	s.clearLogon(features)
	if offered := hasFeature(features, "STARTTLS"); !offered {
		s.row["starttls"] = []string{"none"}
		if s.c.Params.Bool("starttls") {
			s.add(failed("starttls.not_offered", "%s does not offer STARTTLS", s.at.where()))
		}
	} else if why := s.secure(t); why != nil {
		s.row["starttls"] = []string{"offered"}
		s.add(s.brokenTLS(why))
		s.said = append(s.said, t.said...)
		t.conn.Close()
		if s.c.Params.String("relay_to") == "" {
			return s.done(nil, nil)
		}
		if t, _, why = s.greet(); why != nil { // the relay test can do without TLS
			return s.done(t, why)
		}
	}
	if s.c.Params.String("relay_to") != "" {
		began := time.Now()
		s.relay(t)
		relay, _ := s.row.Get("relay")
		stage(s.ctx, "smtp", began, nil, "mail from a stranger to a stranger: %s; no mail was sent", relay)
	} else {
		s.row["relay"] = []string{"untested"}
	}
	t.send("QUIT", "")
	return s.done(t, nil)
}

func (s *smtpProbe) add(f Finding) { s.parts = append(s.parts, f) }

// done puts together what was observed; why is what ended the conversation.
func (s *smtpProbe) done(t *talk, why *trouble) Finding {
	if t != nil {
		s.said = append(s.said, t.said...)
	}
	f := observed([]Row{s.row})
	f.Summary = s.at.where() + ": answered"
	if b, ok := s.row.Get("banner"); ok {
		f.Summary = s.at.where() + ": " + clip(b, 200)
	}
	if tls, _ := s.row.Get("starttls"); tls == "none" {
		f.Summary += "; no STARTTLS: mail crosses in the clear"
		f.Evidence = map[string]string{"starttls": "no STARTTLS at " + s.at.where()}
	}
	f.Transcript = s.said
	parts := append([]Finding{f}, s.parts...)
	if why != nil {
		parts = append(parts, why.finding(s.at.where()))
	}
	return merge(parts)
}

// greet connects, reads the banner and says hello.
func (s *smtpProbe) greet() (*talk, []string, *trouble) {
	conn, why := connect(s.ctx, s.env, s.at)
	if why != nil {
		return nil, nil, why
	}
	t := newTalk(s.ctx, conn, "smtp", 30*time.Second)
	began := time.Now()
	code, lines, why := t.reply()
	if len(lines) > 0 {
		s.row["banner"] = []string{replyText(lines[0])}
	}
	switch {
	case why != nil:
		return t, nil, why
	case code == "421" || code == "554":
		return t, nil, &trouble{Fail, "smtp.unavailable", "the server greets with " + clip(Escape(lines[0]), 200)}
	case code != "220":
		return t, nil, &trouble{Fail, "smtp.malformed", "the server greets with " + clip(Escape(lines[0]), 200)}
	}
	stage(s.ctx, "smtp", began, nil, "greets with %s", Escape(clip(lines[0], 200)))
	if strings.Contains(lines[0], "****") {
		s.add(warned("smtp.fixup", "%s: a firewall blots out the greeting", s.at.where()))
	}
	features, why := s.hello(t)
	return t, features, why
}

// hello says EHLO, or HELO to a server that does not know it.
func (s *smtpProbe) hello(t *talk) ([]string, *trouble) {
	began := time.Now()
	code, lines, why := t.ask("EHLO " + s.name(t.conn))
	if why != nil {
		return nil, why
	}
	if code[0] == '5' {
		s.row["features"] = []string{}
		if code, lines, why = t.ask("HELO " + s.name(t.conn)); why != nil {
			return nil, why
		}
		if code == "250" {
			s.add(warned("smtp.no_ehlo", "%s knows only HELO", s.at.where()))
			return nil, nil
		}
	}
	switch {
	case code == "421":
		return nil, &trouble{Fail, "smtp.unavailable", "the server answers " + clip(Escape(lines[0]), 200)}
	case code != "250":
		return nil, &trouble{Fail, "smtp.refused", "the server refuses the greeting: " + clip(Escape(lines[0]), 200)}
	}
	features := []string{}
	for _, l := range lines[1:] {
		features = append(features, replyText(l))
	}
	s.row["features"] = features
	side := "before TLS"
	if len(t.chain) > 0 {
		side = "over TLS"
	}
	stage(s.ctx, "smtp", began, nil, "EHLO %s: %s", side, Escape(orNothing(joinClipped(features, 12))))
	if slices.ContainsFunc(features, func(f string) bool { return strings.HasPrefix(f, "XXXX") }) {
		s.add(warned("smtp.fixup", "%s: a firewall blots out what the server offers", s.at.where()))
	}
	return features, nil
}

// clearLogon warns of a server that takes passwords before TLS; towards the
// Internet that is a failure.
func (s *smtpProbe) clearLogon(features []string) {
	for _, f := range features {
		words := strings.FieldsFunc(strings.ToUpper(f), func(r rune) bool { return r == ' ' || r == '=' })
		if len(words) == 0 || words[0] != "AUTH" || !slices.Contains(words, "LOGIN") && !slices.Contains(words, "PLAIN") {
			continue
		}
		v := Warn
		if s.c.Vantage == Outside || s.env.Vantage == Outside {
			v = Fail
		}
		found := decided(v, "smtp.clear_logon", "%s takes passwords without TLS", s.at.where())
		found.Expected, found.Found = "no AUTH LOGIN or PLAIN before STARTTLS", clip(Escape(f), 200)
		s.add(found)
		return
	}
}

// name is how this computer calls itself: by its address, as it may have no
// name that the server can look up.
func (s *smtpProbe) name(conn net.Conn) string {
	if a, err := netip.ParseAddrPort(conn.LocalAddr().String()); err == nil {
		if ip := a.Addr().Unmap(); ip.Is4() {
			return "[" + ip.String() + "]"
		} else {
			return "[IPv6:" + ip.WithZone("").String() + "]"
		}
	}
	return "[127.0.0.1]"
}

// secure upgrades to TLS and says hello again. Nothing secret is sent, so any
// certificate will do; kind tls judges it.
func (s *smtpProbe) secure(t *talk) *trouble {
	began := time.Now()
	code, lines, why := t.ask("STARTTLS")
	switch {
	case why != nil:
		return why
	case code != "220":
		why = &trouble{Fail, "starttls.refused", "STARTTLS is answered with " + clip(Escape(lines[0]), 200)}
		stage(s.ctx, "smtp", began, why, "")
		return why
	}
	if why := t.upgrade(legacyConfig(s.at.host)); why != nil {
		return why
	}
	if len(t.chain) > 0 {
		s.row["names"] = namesOf(t.chain[0])
	}
	if _, why := s.hello(t); why != nil {
		return why
	}
	s.row["starttls"] = []string{"works"}
	return nil
}

// brokenTLS is a failure where TLS is asked for, or where somebody tampers,
// and otherwise a warning: the server offers what does not work.
func (s *smtpProbe) brokenTLS(why *trouble) Finding {
	f := why.finding(s.at.where())
	if f.Verdict == Fail && f.Reason != "starttls.injected" && !s.c.Params.Bool("starttls") {
		f.Verdict = Warn
	}
	f.Expected = "a TLS connection after STARTTLS"
	return f
}

// relay tries whether a stranger may send to a stranger, then takes it back:
// the conversation ends before there is any mail.
func (s *smtpProbe) relay(t *talk) {
	p := s.c.Params
	s.row["relay"] = []string{"untested"}
	undecided := func(format string, args ...any) {
		s.add(undecidable("smtp.relay_undecided", "%s: %s", s.at.where(), fmt.Sprintf(format, args...)))
	}
	code, lines, why := t.ask("MAIL FROM:<" + p.String("relay_from") + ">")
	if why != nil {
		undecided("%s after MAIL FROM", why.text)
		return
	}
	if code != "250" {
		if (code == "530" || isPolicy(code, lines)) && p.String("relay_control") == "" {
			s.row["relay"] = []string{"refused"} // nobody may send without logging on
			s.noteControl("the sender was already refused")
			return
		}
		undecided("the sender is answered with %s", clip(Escape(lines[0]), 200))
		return
	}
	code, lines, why = t.ask("RCPT TO:<" + p.String("relay_to") + ">")
	if why != nil {
		undecided("%s after RCPT TO", why.text)
		return
	}
	answer := clip(Escape(lines[0]), 200)
	switch {
	case code[0] == '2':
		s.row["relay"] = []string{"accepted"}
		s.add(s.accepted(t, answer))
	case code[0] == '4' || !isPolicy(code, lines):
		undecided("the foreign recipient is answered with %s", answer)
	case s.controlled(t, undecided):
		s.row["relay"] = []string{"refused"}
	}
	t.ask("RSET")
}

// controlled makes sure that the server takes mail at all: a server that
// refuses its own recipient as well proves nothing.
func (s *smtpProbe) controlled(t *talk, undecided func(string, ...any)) bool {
	control := s.c.Params.String("relay_control")
	if control == "" {
		s.noteControl("none was given; the server refuses relaying in so many words")
		return true
	}
	code, lines, why := t.ask("RCPT TO:<" + control + ">")
	switch {
	case why != nil:
		undecided("%s when the inside recipient was tried", why.text)
	case code[0] != '2':
		undecided("the inside recipient is refused as well: %s", clip(Escape(lines[0]), 200))
	default:
		s.noteControl("the inside recipient is taken")
		return true
	}
	return false
}

func (s *smtpProbe) noteControl(text string) { s.said = append(s.said, "positive control: "+text) }

// accepted judges a taken foreign recipient: an open relay from outside; from
// inside perhaps a relay connector that lists this computer. A gateway in front
// of Exchange may take everything at first and send it back later, which the
// conversation cannot tell from relaying as long as no mail is sent.
func (s *smtpProbe) accepted(t *talk, answer string) Finding {
	reason, verdict, text := "smtp.relay_open", Fail, "takes mail of strangers for strangers"
	switch {
	case s.c.Vantage != Outside && s.env.Vantage != Outside:
		reason, verdict, text = "smtp.relay_local", Warn, "lets this computer relay, or takes everything at first"
	case !s.isExchange() && s.takesAnything(t):
		reason, verdict, text = "smtp.relay_unproven", Warn, "takes every recipient at first, also one that cannot exist, which proves nothing"
	}
	f := decided(verdict, reason, "%s %s: %s", s.at.where(), text, answer)
	f.Expected, f.Found = "550 5.7.1 Unable to relay", answer
	return f
}

// isExchange tells Exchange's own transport, which relays what it takes, from
// gateways that decide later. No gateway has these words to offer.
func (s *smtpProbe) isExchange() bool {
	banner, _ := s.row.Get("banner")
	return strings.Contains(banner, "Microsoft ESMTP MAIL Service") || slices.ContainsFunc(s.row["features"], func(f string) bool {
		word, _, _ := strings.Cut(strings.ToUpper(f), " ")
		return slices.Contains([]string{"X-ANONYMOUSTLS", "X-EXPS", "XEXCH50", "XRDST", "XSHADOW", "XSHADOWREQUEST"}, word)
	})
}

// takesAnything tries a recipient below .invalid, a domain that cannot exist.
func (s *smtpProbe) takesAnything(t *talk) bool {
	code, _, why := t.ask("RCPT TO:<coexist-probe@" + nobody() + ".invalid>")
	return why == nil && code[0] == '2'
}

// isPolicy tells a refusal by policy (5.7.x, or words about relaying) from
// others, such as an address that the server finds wrong in itself.
func isPolicy(code string, lines []string) bool {
	if code[0] != '5' {
		return false
	}
	text := strings.ToLower(replyText(lines[0]))
	return strings.HasPrefix(text, "5.7.") || strings.Contains(text, "relay") || code == "530"
}

func hasFeature(features []string, name string) bool {
	return slices.ContainsFunc(features, func(f string) bool {
		word, _, _ := strings.Cut(f, " ")
		return strings.EqualFold(word, name)
	})
}

// ask sends a command and reads the reply. What the peer said before it was
// asked would be taken for the answer.
func (t *talk) ask(command string) (string, []string, *trouble) {
	if t.in.buffered() > 0 {
		return "", nil, &trouble{Fail, "smtp.malformed", "the server answers before it is asked"}
	}
	if why := t.send(command, ""); why != nil {
		return "", nil, why
	}
	return t.reply()
}

// reply reads one SMTP reply. On success there is at least one line and code
// has three digits.
func (t *talk) reply() (string, []string, *trouble) {
	lines, why := t.hear(func(l string) bool { return len(l) < 4 || l[3] != '-' || !isDigits(l[:3]) })
	if why != nil {
		return "", lines, why
	}
	code, ok := replyCode(lines)
	if !ok {
		return "", lines, &trouble{Fail, "smtp.malformed", "the answer is no SMTP reply: " + clip(Escape(lines[0]), 200)}
	}
	return code, lines, nil
}

// replyCode is the code that all lines of a reply share.
func replyCode(lines []string) (string, bool) {
	code := ""
	for _, l := range lines {
		if len(l) < 3 || !isDigits(l[:3]) || l[0] < '2' || l[0] > '5' || len(l) > 3 && l[3] != ' ' && l[3] != '-' || code != "" && l[:3] != code {
			return "", false
		}
		code = l[:3]
	}
	return code, code != ""
}

// replyText is a line without its code.
func replyText(line string) string {
	if len(line) < 4 {
		return ""
	}
	return strings.TrimSpace(line[4:])
}

func isDigits(s string) bool {
	return s != "" && strings.Trim(s, "0123456789") == ""
}
