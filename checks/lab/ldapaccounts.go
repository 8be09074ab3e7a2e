package lab

import (
	"context"
	"crypto/hmac"
	"crypto/md5"
	"encoding/binary"
	"errors"
	"slices"
	"strings"
	"sync"
	"unicode/utf16"

	//lint:ignore SA1019 NTLM is made of MD4
	"golang.org/x/crypto/md4"

	"coexist/checks"
)

// Account is a user that may log on to the lab's services.
type Account struct {
	User     string // DOMAIN\user or user@domain, as it is typed
	Password string
	Locked   bool
}

// Logon is one try to log on, as a service of the lab saw it.
type Logon struct {
	Service string // such as ldaps, ldap, imap
	User    string
	OK      bool
	Clear   bool // the password itself came over a connection without TLS
}

// accounts are the users of a lab and what was tried with them.
type accounts struct {
	mu    sync.Mutex
	users map[string]Account
	named map[string]string // account of a check → user
	tried []Logon
}

func newAccounts() *accounts {
	return &accounts{users: map[string]Account{}, named: map[string]string{}}
}

// SetAccount lets a user log on. Checks find it under its own name and under
// the further names, such as [checks.DirectoryAccount] or a mailbox.
func (l *Lab) SetAccount(a Account, names ...string) {
	l.accounts.mu.Lock()
	defer l.accounts.mu.Unlock()
	l.accounts.users[strings.ToLower(a.User)] = a
	for _, n := range append(names, a.User) {
		l.accounts.named[strings.ToLower(n)] = strings.ToLower(a.User)
	}
}

// Logons are all tries so far.
func (l *Lab) Logons() []Logon {
	l.accounts.mu.Lock()
	defer l.accounts.mu.Unlock()
	return slices.Clone(l.accounts.tried)
}

// logon hands out the lab's own credentials.
func (l *Lab) logon(_ context.Context, account string) (checks.Credential, error) {
	l.accounts.mu.Lock()
	defer l.accounts.mu.Unlock()
	a, known := l.accounts.users[l.accounts.named[strings.ToLower(account)]]
	if !known {
		return checks.Credential{}, errors.New("lab: there is no such account")
	}
	return checks.Credential{Username: a.User, Password: checks.NewSecret(a.Password)}, nil
}

// outcome of a try: "" when it succeeded, else Active Directory's code.
func (a *accounts) try(service, user string, clear bool, right func(Account) bool) string {
	a.mu.Lock()
	defer a.mu.Unlock()
	account, known := a.users[strings.ToLower(user)]
	code := ""
	switch {
	case !known:
		code = "525"
	case !right(account):
		code = "52e"
	case account.Locked:
		code = "775"
	}
	a.tried = append(a.tried, Logon{Service: service, User: user, OK: code == "", Clear: clear})
	return code
}

func (a *accounts) tryPassword(service, user, password string, secure bool) string {
	return a.try(service, user, !secure, func(u Account) bool { return u.Password == password })
}

var ntlmSignature = []byte("NTLMSSP\x00")

// ntlmChallenge is a type 2 message with a fixed challenge.
func ntlmChallenge(challenge [8]byte) []byte {
	name := wide("CONTOSO")
	info := append([]byte{2, 0, byte(len(name)), 0}, name...) // NetBIOS domain
	info = append(info, 0, 0, 0, 0)
	out := make([]byte, 56)
	copy(out, ntlmSignature)
	binary.LittleEndian.PutUint32(out[8:], 2)
	field := func(at int, b []byte, offset int) {
		binary.LittleEndian.PutUint16(out[at:], uint16(len(b)))
		binary.LittleEndian.PutUint16(out[at+2:], uint16(len(b)))
		binary.LittleEndian.PutUint32(out[at+4:], uint32(offset))
	}
	field(12, name, 56)
	binary.LittleEndian.PutUint32(out[20:], 0x00a08205|0x00800000|0x00000200|0x00080000)
	copy(out[24:], challenge[:])
	field(40, info, 56+len(name))
	return append(append(out, name...), info...)
}

// tryNTLM verifies a type 3 message.
func (a *accounts) tryNTLM(service string, message []byte, challenge [8]byte) string {
	field := func(at int) []byte {
		if len(message) < at+8 {
			return nil
		}
		n, off := int(binary.LittleEndian.Uint16(message[at:])), int(binary.LittleEndian.Uint32(message[at+4:]))
		if off < 0 || off+n > len(message) {
			return nil
		}
		return message[off : off+n]
	}
	response, domain, user := field(20), narrow(field(28)), narrow(field(36))
	name := user
	if domain != "" {
		name = domain + `\` + user
	}
	return a.try(service, name, false, func(u Account) bool {
		if len(response) < 16 {
			return false
		}
		h := md4.New()
		h.Write(wide(u.Password))
		key := hmacMD5(h.Sum(nil), wide(strings.ToUpper(user)+domain))
		return hmac.Equal(response[:16], hmacMD5(key, append(challenge[:], response[16:]...)))
	})
}

func hmacMD5(key, data []byte) []byte {
	m := hmac.New(md5.New, key)
	m.Write(data)
	return m.Sum(nil)
}

func wide(s string) []byte {
	var out []byte
	for _, u := range utf16.Encode([]rune(s)) {
		out = binary.LittleEndian.AppendUint16(out, u)
	}
	return out
}

func narrow(b []byte) string {
	var u []uint16
	for i := 0; i+1 < len(b); i += 2 {
		u = append(u, binary.LittleEndian.Uint16(b[i:]))
	}
	return string(utf16.Decode(u))
}
