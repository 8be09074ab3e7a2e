package lab

import (
	"bufio"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"
)

// SMTP is a receive connector as a stranger sees it.
type SMTP struct {
	Banner   string // default: that of Exchange with FQDN
	FQDN     string
	Version  string // "2007", "2010", "2013"
	Cert     Certificate
	NoTLS    bool
	Domains  []string          // mail to these is taken
	Relay    bool              // mail to others as well
	Answer   map[string]string // replaces the reply to a command, by its first word; "close" hangs up
	Features []string          // replaces what EHLO offers
}

// Recorder keeps the commands that a server heard.
type Recorder struct {
	mu       sync.Mutex
	commands []string
}

func (r *Recorder) note(command string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.commands = append(r.commands, command)
}

// Commands lists what was heard so far.
func (r *Recorder) Commands() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.commands)
}

var smtpFeatures = map[string][]string{
	"2007": {"SIZE", "PIPELINING", "DSN", "ENHANCEDSTATUSCODES", "STARTTLS", "X-ANONYMOUSTLS", "AUTH NTLM", "X-EXPS GSSAPI NTLM", "8BITMIME", "BINARYMIME", "CHUNKING", "XEXCH50"},
	"2010": {"SIZE", "PIPELINING", "DSN", "ENHANCEDSTATUSCODES", "STARTTLS", "X-ANONYMOUSTLS", "AUTH NTLM", "X-EXPS GSSAPI NTLM", "8BITMIME", "BINARYMIME", "CHUNKING", "XEXCH50", "XRDST", "XSHADOW"},
	"2013": {"SIZE 37748736", "PIPELINING", "DSN", "ENHANCEDSTATUSCODES", "STARTTLS", "X-ANONYMOUSTLS", "AUTH NTLM", "X-EXPS GSSAPI NTLM", "8BITMIME", "BINARYMIME", "CHUNKING", "XRDST"},
}

// ServeSMTP answers mail servers at an address.
func (l *Lab) ServeSMTP(at netip.AddrPort, s SMTP) (*Recorder, error) {
	cfg, err := l.serviceTLS(s.Cert, s.FQDN)
	if err != nil {
		return nil, err
	}
	if s.Version == "2007" || s.Version == "2010" {
		cfg.MaxVersion = oldTLS
	}
	r := &Recorder{}
	return r, l.Serve(at, func(_ context.Context, c net.Conn) {
		(&smtpSession{spec: s, tls: cfg, seen: r, lines: newLines(c)}).run()
	})
}

func (l *Lab) serviceTLS(c Certificate, fqdn string) (*tls.Config, error) {
	if len(c.Names) == 0 {
		c = Certificate{Names: []string{fqdn}, SelfSigned: true}
	}
	cert, err := l.Issue(c)
	if err != nil {
		return nil, err
	}
	return &tls.Config{Certificates: []tls.Certificate{*cert}, MinVersion: tls.VersionTLS10, MaxVersion: newestTLS}, nil
}

// lines is a connection of text lines.
type lines struct {
	conn   net.Conn
	in     *bufio.Reader
	secure bool
}

func newLines(c net.Conn) *lines { return &lines{conn: c, in: bufio.NewReader(c)} }

func (l *lines) read() (string, bool) {
	s, err := l.in.ReadString('\n')
	return strings.TrimRight(s, "\r\n"), err == nil
}

func (l *lines) write(format string, args ...any) {
	io.WriteString(l.conn, fmt.Sprintf(format, args...)+"\r\n")
}

func (l *lines) upgrade(cfg *tls.Config) {
	l.conn = tls.Server(l.conn, cfg)
	l.in, l.secure = bufio.NewReader(l.conn), true
}

type smtpSession struct {
	*lines
	spec SMTP
	tls  *tls.Config
	seen *Recorder
	met  bool // was greeted, since TLS began anew
	mail bool // has a sender
}

func (s *smtpSession) run() {
	banner := s.spec.Banner
	if banner == "" {
		banner = "220 " + s.spec.FQDN + " Microsoft ESMTP MAIL Service ready at Mon, 2 Mar 2026 10:00:00 +0100"
	}
	s.write("%s", banner)
	for {
		line, ok := s.read()
		if !ok {
			return
		}
		s.seen.note(line)
		verb, _, _ := strings.Cut(strings.ToUpper(line), " ")
		if own, there := s.spec.Answer[verb]; there {
			if own == "close" {
				return
			}
			s.write("%s", own)
			continue
		}
		if !s.answer(verb, line) {
			return
		}
	}
}

func (s *smtpSession) answer(verb, line string) bool {
	switch verb {
	case "EHLO":
		s.met = true
		s.hello()
	case "HELO":
		s.met = true
		s.write("250 %s Hello", s.spec.FQDN)
	case "STARTTLS":
		s.startTLS()
	case "MAIL":
		if !s.met {
			s.write("503 5.5.2 Send hello first")
			return true
		}
		s.mail = true
		s.write("250 2.1.0 Sender OK")
	case "RCPT":
		if !s.mail {
			s.write("503 5.5.2 Need mail command")
			return true
		}
		s.recipient(line)
	case "RSET":
		s.mail = false
		s.write("250 2.0.0 Resetting")
	case "QUIT":
		s.write("221 2.0.0 Service closing transmission channel")
		return false
	case "DATA", "BDAT":
		s.write("354 Start mail input; end with <CRLF>.<CRLF>")
	default:
		s.write("500 5.3.3 Unrecognized command")
	}
	return true
}

func (s *smtpSession) startTLS() {
	switch {
	case s.secure:
		s.write("503 5.5.2 Only one STARTTLS command can be issued per session")
	case !s.met:
		s.write("503 5.5.2 Send hello first")
	case s.spec.NoTLS:
		s.write("454 4.7.0 TLS not available")
	default:
		s.write("220 2.0.0 SMTP server ready")
		s.upgrade(s.tls)
		s.met, s.mail = false, false // whoever was greeted before may have been somebody else
	}
}

func (s *smtpSession) hello() {
	list := s.spec.Features
	if list == nil {
		list = smtpFeatures[s.spec.Version]
	}
	all := []string{s.spec.FQDN + " Hello"}
	for _, f := range list {
		if f == "STARTTLS" && s.secure {
			continue
		}
		all = append(all, f)
	}
	for i, f := range all {
		sep := "-"
		if i == len(all)-1 {
			sep = " "
		}
		s.write("250%s%s", sep, f)
	}
}

func (s *smtpSession) recipient(line string) {
	_, domain, _ := strings.Cut(strings.TrimSuffix(line, ">"), "@")
	if s.spec.Relay || slices.ContainsFunc(s.spec.Domains, func(d string) bool { return strings.EqualFold(d, domain) }) {
		s.write("250 2.1.5 Recipient OK")
		return
	}
	s.write("550 5.7.1 Unable to relay")
}
