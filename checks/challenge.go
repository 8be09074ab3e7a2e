package checks

import (
	"strings"
)

// challenge is one logon scheme that a server offers.
type challenge struct {
	scheme string            // as the server writes it
	params map[string]string // lower-case names; empty for token challenges
	token  string            // NTLM and Negotiate carry one
}

// Bounds on what a peer's WWW-Authenticate headers may cost.
const (
	maxChallenges     = 16
	maxChallengeBytes = 8 << 10
)

// parseChallenges reads the WWW-Authenticate headers of an answer. Several
// challenges may share a header. What is no challenge is skipped; what is too
// much is cut.
func parseChallenges(headers []string) []challenge {
	var out []challenge
	for _, h := range headers {
		if len(h) > maxChallengeBytes {
			h = h[:maxChallengeBytes]
		}
		p := challengeParser{s: h}
		for len(out) < maxChallenges {
			c, ok := p.next()
			if !ok {
				break
			}
			out = append(out, c)
		}
	}
	return out
}

type challengeParser struct {
	s string
	i int
}

// next reads one challenge: a scheme, then either a token or parameters.
func (p *challengeParser) next() (challenge, bool) {
	for {
		p.skip(" \t,")
		if p.i >= len(p.s) {
			return challenge{}, false
		}
		scheme := p.word()
		if scheme == "" { // a stray character
			p.i++
			continue
		}
		c := challenge{scheme: scheme, params: map[string]string{}}
		p.skip(" \t")
		if token, ok := p.bareToken(); ok {
			c.token = token
			return c, true
		}
		for p.param(&c) {
		}
		return c, true
	}
}

// bareToken reads base64 that is not the name of a parameter or of the next
// scheme.
func (p *challengeParser) bareToken() (string, bool) {
	end := p.i
	for end < len(p.s) && strings.IndexByte("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~+/", p.s[end]) >= 0 {
		end++
	}
	pad := end
	for pad < len(p.s) && p.s[pad] == '=' {
		pad++
	}
	rest := strings.TrimLeft(p.s[pad:], " \t")
	if end == p.i || rest != "" && rest[0] != ',' {
		return "", false
	}
	token := p.s[p.i:pad]
	p.i = pad
	return token, true
}

// param reads name=value and the comma before it; it stops before a scheme.
func (p *challengeParser) param(c *challenge) bool {
	start := p.i
	p.skip(" \t,")
	name := p.word()
	p.skip(" \t")
	if name == "" || p.i >= len(p.s) || p.s[p.i] != '=' {
		p.i = start
		if name != "" {
			p.skip(" \t,")
		}
		return false
	}
	p.i++
	p.skip(" \t")
	value := p.value()
	if len(c.params) < 16 {
		c.params[strings.ToLower(name)] = value
	}
	return true
}

func (p *challengeParser) value() string {
	if p.i >= len(p.s) || p.s[p.i] != '"' {
		return p.word()
	}
	var b strings.Builder
	for p.i++; p.i < len(p.s); p.i++ {
		switch p.s[p.i] {
		case '"':
			p.i++
			return b.String()
		case '\\':
			if p.i+1 < len(p.s) {
				p.i++
				b.WriteByte(p.s[p.i])
			}
		default:
			b.WriteByte(p.s[p.i])
		}
	}
	return b.String()
}

func (p *challengeParser) skip(set string) {
	for p.i < len(p.s) && strings.IndexByte(set, p.s[p.i]) >= 0 {
		p.i++
	}
}

// word reads an HTTP token.
func (p *challengeParser) word() string {
	start := p.i
	for p.i < len(p.s) && isTokenByte(p.s[p.i]) {
		p.i++
	}
	return p.s[start:p.i]
}

func isTokenByte(b byte) bool {
	switch {
	case b >= 'a' && b <= 'z', b >= 'A' && b <= 'Z', b >= '0' && b <= '9':
		return true
	}
	return strings.IndexByte("!#$%&'*+-.^_`|~", b) >= 0
}

// schemesOf names each offered scheme once, well-known ones as Exchange
// writes them.
func schemesOf(list []challenge) []string {
	known := map[string]string{"basic": "Basic", "ntlm": "NTLM", "negotiate": "Negotiate", "digest": "Digest", "bearer": "Bearer", "kerberos": "Kerberos"}
	var out []string
	for _, c := range list {
		name := clip(c.scheme, 40)
		if k, ok := known[strings.ToLower(name)]; ok {
			name = k
		}
		out = append(out, name)
	}
	return distinct(out)
}
