package lab

import (
	"context"
	"crypto/tls"
	"io"
	"net"
	"net/netip"
	"strconv"
	"strings"
)

// MailService is a POP or IMAP service.
type MailService struct {
	FQDN     string
	Cert     Certificate
	Implicit bool   // TLS from the first byte
	NoTLS    bool   // STARTTLS is neither offered nor taken
	Plain    bool   // passwords are taken without TLS
	Greeting string // default: that of Exchange 2010 and later
	Backend  string // answer to every logon, such as "NO Server Unavailable. 15"
}

// ServeIMAP answers IMAP at an address.
func (l *Lab) ServeIMAP(at netip.AddrPort, m MailService) (*Recorder, error) {
	return l.serveMailbox(at, m, func(s *mailSession) { (&imapSession{s}).run() })
}

// ServePOP answers POP at an address.
func (l *Lab) ServePOP(at netip.AddrPort, m MailService) (*Recorder, error) {
	return l.serveMailbox(at, m, func(s *mailSession) { (&popSession{mailSession: s}).run() })
}

func (l *Lab) serveMailbox(at netip.AddrPort, m MailService, run func(*mailSession)) (*Recorder, error) {
	cfg, err := l.serviceTLS(m.Cert, m.FQDN)
	if err != nil {
		return nil, err
	}
	r := &Recorder{}
	return r, l.Serve(at, func(_ context.Context, c net.Conn) {
		s := &mailSession{lines: newLines(c), spec: m, tls: cfg, seen: r, accounts: l.accounts}
		if m.Implicit {
			s.upgrade(cfg)
		}
		run(s)
	})
}

type mailSession struct {
	*lines
	spec     MailService
	tls      *tls.Config
	seen     *Recorder
	accounts *accounts
}

func (s *mailSession) mayLogOn() bool { return s.secure || s.spec.Plain }

type imapSession struct{ *mailSession }

func (s *imapSession) run() {
	greeting := s.spec.Greeting
	if greeting == "" {
		greeting = "* OK The Microsoft Exchange IMAP4 service is ready."
	}
	s.write("%s", greeting)
	for {
		line, ok := s.read()
		if !ok {
			return
		}
		tag, rest, _ := strings.Cut(line, " ")
		verb, args, _ := strings.Cut(rest, " ")
		s.seen.note(strings.ToUpper(verb))
		switch strings.ToUpper(verb) {
		case "CAPABILITY":
			s.capability()
			s.write("%s OK CAPABILITY completed.", tag)
		case "STARTTLS":
			if s.spec.NoTLS || s.secure {
				s.write("%s BAD Command Error. 12", tag)
				continue
			}
			s.write("%s OK Begin TLS negotiation now.", tag)
			s.upgrade(s.tls)
		case "LOGIN":
			if !s.login(tag, args) {
				return
			}
		case "LOGOUT":
			s.write("* BYE Microsoft Exchange Server IMAP4 server signing off.")
			s.write("%s OK LOGOUT completed.", tag)
			return
		default:
			s.write("%s BAD Command Error. 10", tag)
		}
	}
}

func (s *imapSession) capability() {
	list := "IMAP4 IMAP4rev1"
	switch {
	case s.mayLogOn():
		list += " AUTH=PLAIN AUTH=NTLM AUTH=GSSAPI"
	default:
		list += " LOGINDISABLED"
	}
	if !s.secure && !s.spec.NoTLS {
		list += " STARTTLS"
	}
	s.write("* CAPABILITY %s UIDPLUS CHILDREN IDLE NAMESPACE LITERAL+", list)
}

// login reads user and password as literals.
func (s *imapSession) login(tag, args string) bool {
	var parts []string
	for range 2 {
		size, err := strconv.Atoi(strings.Trim(strings.TrimSpace(args), "{}"))
		if err != nil || size < 0 || size > 4096 {
			s.write("%s BAD Command Argument Error. 11", tag)
			return true
		}
		s.write("+ Ready for additional command text.")
		b := make([]byte, size)
		if _, err := io.ReadFull(s.in, b); err != nil {
			return false
		}
		parts = append(parts, string(b))
		var ok bool
		if args, ok = s.read(); !ok {
			return false
		}
	}
	switch {
	case !s.mayLogOn():
		s.write("%s NO Command received in Invalid state.", tag)
	case s.spec.Backend != "":
		s.write("%s %s", tag, s.spec.Backend)
	case s.accounts.tryPassword("imap", parts[0], parts[1], s.secure) != "":
		s.write("%s NO LOGIN failed.", tag)
	default:
		s.write("%s OK LOGIN completed.", tag)
	}
	return true
}

type popSession struct {
	*mailSession
	user string
}

func (s *popSession) run() {
	greeting := s.spec.Greeting
	if greeting == "" {
		greeting = "+OK The Microsoft Exchange POP3 service is ready."
	}
	s.write("%s", greeting)
	for {
		line, ok := s.read()
		if !ok {
			return
		}
		verb, args, _ := strings.Cut(line, " ")
		s.seen.note(strings.ToUpper(verb))
		switch strings.ToUpper(verb) {
		case "CAPA":
			s.write("%s", s.capabilities())
		case "STLS":
			if s.spec.NoTLS || s.secure {
				s.write("-ERR Command is not valid in this state.")
				continue
			}
			s.write("+OK Begin TLS negotiation.")
			s.upgrade(s.tls)
		case "USER":
			if !s.mayLogOn() {
				s.write("-ERR Command is not valid in this state.")
				continue
			}
			s.user = args
			s.write("+OK")
		case "PASS":
			s.write("%s", s.password(args))
		case "QUIT":
			s.write("+OK Microsoft Exchange Server POP3 server signing off.")
			return
		default:
			s.write("-ERR Protocol error. 14")
		}
	}
}

func (s *popSession) capabilities() string {
	list := []string{"+OK", "TOP", "UIDL"}
	if s.mayLogOn() {
		list = append(list, "SASL PLAIN NTLM GSSAPI", "USER")
	}
	if !s.secure && !s.spec.NoTLS {
		list = append(list, "STLS")
	}
	return strings.Join(append(list, "."), "\r\n")
}

func (s *popSession) password(text string) string {
	switch {
	case s.user == "" || !s.mayLogOn():
		return "-ERR Command is not valid in this state."
	case s.spec.Backend != "":
		return s.spec.Backend
	case s.accounts.tryPassword("pop", s.user, text, s.secure) != "":
		return "-ERR Logon failure: unknown user name or bad password."
	}
	return "+OK User successfully logged on."
}
