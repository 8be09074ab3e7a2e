package checks

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"strings"
	"time"
)

// startTLS speaks a protocol up to the point where TLS begins. It returns the
// dialogue. Bytes that arrive ahead of TLS are an injection and refused.
func startTLS(ctx context.Context, conn net.Conn, proto string) ([]string, *trouble) {
	conn.SetDeadline(time.Now().Add(share(ctx, 30*time.Second, 0.5)))
	defer conn.SetDeadline(time.Time{})
	if proto == "ldap" {
		return startTLSLDAP(conn)
	}
	u := upgrade{conn: conn, in: newLineReader(conn), proto: proto}
	var t *trouble
	switch proto {
	case "smtp":
		t = u.smtp()
	case "imap":
		t = u.imap()
	case "pop":
		t = u.pop()
	default:
		t = &trouble{Unknown, "value.invalid", "unknown protocol " + proto}
	}
	if t == nil && u.in.buffered() > 0 {
		t = &trouble{Fail, "starttls.injected", "bytes were sent ahead of TLS: somebody may be adding commands on the way"}
	}
	return u.said, t
}

type upgrade struct {
	conn  net.Conn
	in    *lineReader
	proto string
	said  []string
}

func (u *upgrade) smtp() *trouble {
	if code, _, t := u.smtpReply(); t != nil || code != "220" {
		return u.orRefused(t, "greeting "+code)
	}
	code, lines, t := u.smtpAsk("EHLO coexist.invalid")
	if t != nil || code != "250" {
		return u.orRefused(t, "EHLO answered "+code)
	}
	offered := false
	for _, l := range lines {
		if len(l) > 4 && strings.EqualFold(strings.TrimSpace(l[4:]), "STARTTLS") {
			offered = true
		}
	}
	if !offered {
		return &trouble{Fail, "starttls.not_offered", "the server does not offer STARTTLS"}
	}
	if code, _, t = u.smtpAsk("STARTTLS"); t != nil || code != "220" {
		return u.orRefused(t, "STARTTLS answered "+code)
	}
	return nil
}

func (u *upgrade) orRefused(t *trouble, text string) *trouble {
	if t != nil {
		return t
	}
	return &trouble{Fail, "starttls.refused", text}
}

func (u *upgrade) smtpAsk(command string) (string, []string, *trouble) {
	if t := u.send(command); t != nil {
		return "", nil, t
	}
	return u.smtpReply()
}

func (u *upgrade) smtpReply() (string, []string, *trouble) {
	lines, err := u.in.reply(func(l string) bool { return len(l) < 4 || l[3] != '-' })
	u.hear(lines)
	if err != nil {
		return "", nil, u.broken(err)
	}
	code := ""
	for _, l := range lines {
		if len(l) < 3 || !isDigits(l[:3]) || code != "" && l[:3] != code {
			return "", nil, &trouble{Fail, "starttls.malformed", "the answer is no " + u.proto + " reply"}
		}
		code = l[:3]
	}
	return code, lines, nil
}

func (u *upgrade) imap() *trouble {
	line, err := u.in.line()
	u.hear([]string{line})
	if err != nil {
		return u.broken(err)
	}
	if !strings.HasPrefix(strings.ToUpper(line), "* OK") {
		return &trouble{Fail, "starttls.refused", "the server does not greet with OK"}
	}
	if t := u.send("a1 STARTTLS"); t != nil {
		return t
	}
	lines, err := u.in.reply(func(l string) bool { return strings.HasPrefix(l, "a1 ") || strings.HasPrefix(l, "* BYE") })
	u.hear(lines)
	if err != nil {
		return u.broken(err)
	}
	if !strings.HasPrefix(strings.ToUpper(lines[len(lines)-1]), "A1 OK") {
		return &trouble{Fail, "starttls.refused", "the server refuses STARTTLS"}
	}
	return nil
}

func (u *upgrade) pop() *trouble {
	for _, command := range []string{"", "STLS"} {
		if command != "" {
			if t := u.send(command); t != nil {
				return t
			}
		}
		line, err := u.in.line()
		u.hear([]string{line})
		if err != nil {
			return u.broken(err)
		}
		if !strings.HasPrefix(line, "+OK") {
			return &trouble{Fail, "starttls.refused", "the server does not answer +OK"}
		}
	}
	return nil
}

func (u *upgrade) send(command string) *trouble {
	u.said = append(u.said, "> "+command)
	if _, err := io.WriteString(u.conn, command+"\r\n"); err != nil {
		return u.broken(err)
	}
	return nil
}

func (u *upgrade) hear(lines []string) {
	for _, l := range lines {
		u.said = append(u.said, "< "+clip(Escape(l), 500))
	}
}

func (u *upgrade) broken(err error) *trouble {
	switch {
	case err == errLineTooLong || err == errReplyTooBig:
		return &trouble{Fail, "starttls.malformed", err.Error()}
	case isTimeout(err):
		return &trouble{Unknown, "proto.silent", "the server accepts the connection and then says nothing"}
	}
	return &trouble{Fail, "starttls.closed", "the connection ended before TLS began"}
}

// ldapStartTLS is the extended request 1.3.6.1.4.1.1466.20037 as message 1.
var ldapStartTLS = []byte("\x30\x1d\x02\x01\x01\x77\x18\x80\x161.3.6.1.4.1.1466.20037")

func startTLSLDAP(conn net.Conn) ([]string, *trouble) {
	said := []string{"> extended request StartTLS"}
	u := upgrade{conn: conn, proto: "ldap"}
	if _, err := conn.Write(ldapStartTLS); err != nil {
		return said, u.broken(err)
	}
	body, err := readBER(conn, 4096)
	if err != nil {
		if isTimeout(err) {
			return said, &trouble{Unknown, "proto.silent", "the server accepts the connection and then says nothing"}
		}
		if err == errNotBER {
			return said, &trouble{Fail, "starttls.malformed", "the answer is no LDAP message"}
		}
		return said, u.broken(err)
	}
	// message ID 1, then an extended response that begins with its result code
	at := bytes.Index(body, []byte{0x02, 0x01, 0x01, 0x78})
	if at != 0 || len(body) < 8 {
		return said, &trouble{Fail, "starttls.malformed", "the answer is no LDAP extended response"}
	}
	inner := body[5:]
	if body[4]&0x80 != 0 {
		n := int(body[4] & 0x7f)
		if n > 4 || len(body) < 5+n+3 {
			return said, &trouble{Fail, "starttls.malformed", "the answer is no LDAP extended response"}
		}
		inner = body[5+n:]
	}
	if len(inner) < 3 || inner[0] != 0x0a || inner[1] != 0x01 {
		return said, &trouble{Fail, "starttls.malformed", "the answer has no result code"}
	}
	said = append(said, fmt.Sprintf("< result %d", inner[2]))
	if inner[2] != 0 {
		return said, &trouble{Fail, "starttls.refused", fmt.Sprintf("the directory server refuses StartTLS (result %d)", inner[2])}
	}
	return said, nil
}

var errNotBER = fmt.Errorf("not a BER sequence")

// readBER reads the content of one BER sequence of at most most bytes, and not
// a byte more from the connection.
func readBER(r io.Reader, most int) ([]byte, error) {
	head := make([]byte, 2)
	if _, err := io.ReadFull(r, head[:1]); err != nil {
		return nil, err
	}
	if head[0] != 0x30 {
		return nil, errNotBER
	}
	if _, err := io.ReadFull(r, head[1:]); err != nil {
		return nil, err
	}
	size := int(head[1])
	if head[1]&0x80 != 0 {
		n := int(head[1] & 0x7f)
		if n == 0 || n > 4 {
			return nil, errNotBER
		}
		long := make([]byte, n)
		if _, err := io.ReadFull(r, long); err != nil {
			return nil, err
		}
		size = 0
		for _, b := range long {
			size = size<<8 | int(b)
		}
	}
	if size < 0 || size > most {
		return nil, errNotBER
	}
	body := make([]byte, size)
	_, err := io.ReadFull(r, body)
	return body, err
}
