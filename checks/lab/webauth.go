package lab

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/binary"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"
)

// connLogon is the state of an NTLM logon, which belongs to a connection.
type connLogon struct {
	mu        sync.Mutex
	challenge [8]byte
	begun     bool // the challenge was sent and not yet answered
	user      *Mailbox
}

type connKey struct{}

// withLogon gives every connection its state.
func withLogon(ctx context.Context, _ net.Conn) context.Context {
	return context.WithValue(ctx, connKey{}, &connLogon{})
}

// authenticate finds who sends a request. With handled true the answer has
// been given: a challenge or a refusal.
func (p persona) authenticate(w http.ResponseWriter, r *http.Request, schemes []string) (user *Mailbox, handled bool) {
	state, _ := r.Context().Value(connKey{}).(*connLogon)
	if state == nil {
		return nil, false
	}
	state.mu.Lock()
	defer state.mu.Unlock()
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	switch {
	case scheme == "":
		return state.user, false
	case strings.EqualFold(scheme, "Basic") && offers(schemes, "Basic"):
		name, password, _ := r.BasicAuth()
		if p.lab.accounts.tryPassword("http", name, password, p.secure) == "" {
			m, _ := p.lab.web.mailbox(name)
			return &m, false
		}
	case strings.EqualFold(scheme, "NTLM") && offers(schemes, "NTLM"), strings.EqualFold(scheme, "Negotiate") && offers(schemes, "Negotiate"):
		raw, err := base64.StdEncoding.DecodeString(token)
		if err != nil || len(raw) < 12 || string(raw[:8]) != "NTLMSSP\x00" {
			break
		}
		if binary.LittleEndian.Uint32(raw[8:]) == 1 {
			rand.Read(state.challenge[:])
			state.begun = true
			w.Header().Set("WWW-Authenticate", scheme+" "+base64.StdEncoding.EncodeToString(p.challengeMessage(state.challenge[:])))
			w.WriteHeader(http.StatusUnauthorized)
			return nil, true
		}
		begun := state.begun
		state.begun = false
		if begun && p.lab.accounts.tryNTLM("http", raw, state.challenge) == "" {
			m, _ := p.lab.web.mailbox(proofName(raw))
			state.user = &m
			return state.user, false
		}
	}
	return nil, false
}

func offers(schemes []string, scheme string) bool {
	for _, s := range schemes {
		if name, _, _ := strings.Cut(s, " "); strings.EqualFold(name, scheme) {
			return true
		}
	}
	return false
}

var windowsOf = map[string][]byte{"2007": {6, 0, 0x72, 0x17}, "2010": {6, 1, 0xb1, 0x1d}, "2013": {6, 3, 0x80, 0x25}}

// challengeMessage is the second message of an NTLM logon, as Windows writes
// it.
func (p persona) challengeMessage(challenge []byte) []byte {
	forest := orLocal(p.lab.root())
	short, _, _ := strings.Cut(forest, ".")
	target := wide(strings.ToUpper(short))
	var info bytes.Buffer
	pair := func(id uint16, value []byte) {
		binary.Write(&info, binary.LittleEndian, [2]uint16{id, uint16(len(value))})
		info.Write(value)
	}
	pair(2, target)
	pair(1, wide(strings.ToUpper(p.server.Name)))
	pair(4, wide(forest))
	pair(3, wide(p.server.FQDN))
	pair(5, wide(forest))
	ticks := uint64(p.lab.now().UnixNano()/100) + 116444736000000000
	pair(7, binary.LittleEndian.AppendUint64(nil, ticks))
	pair(0, nil)

	m := append([]byte("NTLMSSP\x00"), 2, 0, 0, 0)
	field := func(n, at int) {
		m = binary.LittleEndian.AppendUint16(m, uint16(n))
		m = binary.LittleEndian.AppendUint16(m, uint16(n))
		m = binary.LittleEndian.AppendUint32(m, uint32(at))
	}
	field(len(target), 56)
	m = binary.LittleEndian.AppendUint32(m, 0xa2898205)
	m = append(append(m, challenge...), make([]byte, 8)...)
	field(info.Len(), 56+len(target))
	version := windowsOf[p.server.Version]
	if version == nil {
		version = windowsOf["2013"]
	}
	m = append(append(m, version...), 0, 0, 0, 15)
	return append(append(m, target...), info.Bytes()...)
}

// proofName is the user of the third message.
func proofName(raw []byte) string {
	field := func(at int) []byte {
		if len(raw) < at+8 {
			return nil
		}
		n, from := int(binary.LittleEndian.Uint16(raw[at:])), int(binary.LittleEndian.Uint32(raw[at+4:]))
		if from < 0 || from+n > len(raw) {
			return nil
		}
		return raw[from : from+n]
	}
	domain, user := narrow(field(28)), narrow(field(36))
	if domain == "" {
		return user
	}
	return domain + `\` + user
}

// httpTime is how servers write times.
func httpTime(at time.Time) string { return at.UTC().Format(http.TimeFormat) }
