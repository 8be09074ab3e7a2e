package checks

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"io"
	"net"
	"strings"
	"time"
)

// talk is a conversation of lines: SMTP, IMAP or POP.
type talk struct {
	ctx   context.Context
	conn  net.Conn
	in    *lineReader
	wait  time.Duration // for one reply
	proto string        // prefix of its reasons: smtp or mailbox
	said  []string
	heard bool // the peer has said something
	chain []*x509.Certificate
}

func newTalk(ctx context.Context, conn net.Conn, proto string, wait time.Duration) *talk {
	return &talk{ctx: ctx, conn: conn, in: newLineReader(conn), wait: wait, proto: proto}
}

// send writes one command; shown stands in the transcript in its place where
// it holds a secret.
func (t *talk) send(command, shown string) *trouble {
	if shown == "" {
		shown = command
	}
	t.said = append(t.said, "> "+shown)
	t.conn.SetDeadline(time.Now().Add(share(t.ctx, t.wait, 0.5)))
	if _, err := io.WriteString(t.conn, command+"\r\n"); err != nil {
		return t.broken(err)
	}
	return nil
}

// hear reads lines until last says that one ends the reply.
func (t *talk) hear(last func(string) bool) ([]string, *trouble) {
	t.conn.SetDeadline(time.Now().Add(share(t.ctx, t.wait, 0.5)))
	lines, err := t.in.reply(last)
	for i, l := range lines {
		t.heard = true
		if i < 60 {
			t.said = append(t.said, "< "+clip(Escape(l), 500))
		}
		if strings.ContainsFunc(l, func(r rune) bool { return r < ' ' && r != '\t' || r == 127 }) {
			return lines, &trouble{Fail, t.proto + ".malformed", "the answer holds characters that no line of text has"}
		}
	}
	if err != nil {
		return lines, t.broken(err)
	}
	return lines, nil
}

func (t *talk) broken(err error) *trouble {
	switch {
	case err == errLineTooLong || err == errReplyTooBig:
		return &trouble{Fail, t.proto + ".malformed", err.Error()}
	case t.ctx.Err() == context.Canceled:
		return &trouble{Unknown, "run.cancelled", "cancelled"}
	case isTimeout(err) && !t.heard:
		return &trouble{Unknown, "proto.silent", "the server accepts the connection and then says nothing"}
	case isTimeout(err):
		return &trouble{Unknown, t.proto + ".slow", "the server stopped answering in the middle of the conversation"}
	}
	return &trouble{Fail, t.proto + ".closed", "the server ended the connection"}
}

// upgrade puts TLS around the conversation. What the peer sent ahead of it
// would be taken for protected and is refused.
func (t *talk) upgrade(cfg *tls.Config) *trouble {
	if t.in.buffered() > 0 {
		return &trouble{Fail, "starttls.injected", "bytes were sent ahead of TLS: somebody may be adding commands on the way"}
	}
	secured := tls.Client(t.conn, cfg)
	ctx, cancel := context.WithTimeout(t.ctx, share(t.ctx, 10*time.Second, 0.5))
	defer cancel()
	t.conn.SetDeadline(time.Time{})
	began := time.Now()
	if err := secured.HandshakeContext(ctx); err != nil {
		why := tlsTrouble(err)
		t.said = append(t.said, "TLS: "+why.text)
		stage(t.ctx, "tls", began, &why, "")
		return &why
	}
	state := secured.ConnectionState()
	t.chain = state.PeerCertificates
	t.said = append(t.said, "TLS: "+protocolName(state.Version))
	stage(t.ctx, "tls", began, nil, "%s", handshakeText(state.Version, state.CipherSuite, t.chain))
	t.conn, t.in = secured, newLineReader(secured)
	return nil
}
