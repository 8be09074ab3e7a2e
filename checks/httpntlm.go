package checks

import (
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf16"
)

// maxNTLM bounds an NTLM message; real ones have a few hundred bytes.
const maxNTLM = 8 << 10

// ntlmChallenge is what the second message of an NTLM logon tells about the
// server that really answered.
type ntlmChallenge struct {
	raw                                                []byte
	target                                             string
	nbComputer, nbDomain, dnsComputer, dnsDomain, tree string
	os                                                 string    // version of Windows, such as 6.1.7601
	at                                                 time.Time // the server's clock; zero when not told
}

const (
	ntlmUnicode    = 0x00000001
	ntlmTargetInfo = 0x00800000
	ntlmVersion    = 0x02000000
)

// parseNTLMChallenge reads a type 2 message in base64, with every offset and
// length checked against what is really there.
func parseNTLMChallenge(token string) (ntlmChallenge, error) {
	var c ntlmChallenge
	if base64.StdEncoding.DecodedLen(len(token)) > maxNTLM {
		return c, errors.New("the message is longer than any real one")
	}
	raw, err := base64.StdEncoding.DecodeString(token)
	if err != nil {
		return c, errors.New("the message is not base64")
	}
	return readNTLMChallenge(raw)
}

func readNTLMChallenge(raw []byte) (ntlmChallenge, error) {
	c := ntlmChallenge{raw: raw}
	switch {
	case len(raw) < 32 || len(raw) > maxNTLM:
		return c, fmt.Errorf("the message has %d bytes", len(raw))
	case string(raw[:8]) != "NTLMSSP\x00":
		return c, errors.New("the message does not begin as NTLM does")
	case binary.LittleEndian.Uint32(raw[8:]) != 2:
		return c, fmt.Errorf("the message is of type %d, not 2", binary.LittleEndian.Uint32(raw[8:]))
	}
	flags := binary.LittleEndian.Uint32(raw[20:])
	if flags&ntlmUnicode == 0 {
		return c, errors.New("the message is not in Unicode, which every server of today can")
	}
	target, err := ntlmField(raw, 12)
	if err != nil {
		return c, err
	}
	if c.target, err = wideText(target); err != nil {
		return c, err
	}
	if flags&ntlmVersion != 0 && len(raw) >= 56 {
		c.os = fmt.Sprintf("%d.%d.%d", raw[48], raw[49], binary.LittleEndian.Uint16(raw[50:]))
	}
	if flags&ntlmTargetInfo == 0 || len(raw) < 48 {
		return c, nil
	}
	info, err := ntlmField(raw, 40)
	if err != nil {
		return c, err
	}
	return c, c.pairs(info)
}

// ntlmField returns the bytes that a length, capacity and offset point to.
func ntlmField(raw []byte, at int) ([]byte, error) {
	n, from := int(binary.LittleEndian.Uint16(raw[at:])), uint64(binary.LittleEndian.Uint32(raw[at+4:]))
	if n == 0 {
		return nil, nil
	}
	if from+uint64(n) > uint64(len(raw)) {
		return nil, errors.New("a field points behind the end of the message")
	}
	return raw[from : from+uint64(n)], nil
}

// pairs reads the list of names about the server.
func (c *ntlmChallenge) pairs(b []byte) error {
	into := map[uint16]*string{1: &c.nbComputer, 2: &c.nbDomain, 3: &c.dnsComputer, 4: &c.dnsDomain, 5: &c.tree}
	for len(b) >= 4 {
		id, n := binary.LittleEndian.Uint16(b), int(binary.LittleEndian.Uint16(b[2:]))
		if id == 0 {
			return nil
		}
		if n > len(b)-4 {
			return errors.New("a name is longer than the list of names")
		}
		value := b[4 : 4+n]
		b = b[4+n:]
		switch {
		case into[id] != nil:
			text, err := wideText(value)
			if err != nil {
				return err
			}
			*into[id] = text
		case id == 7 && n == 8:
			c.at = fileTime(binary.LittleEndian.Uint64(value))
		}
	}
	return errors.New("the list of names has no end")
}

func wideText(b []byte) (string, error) {
	if len(b)%2 != 0 {
		return "", errors.New("a name is not in UTF-16")
	}
	units := make([]uint16, len(b)/2)
	for i := range units {
		units[i] = binary.LittleEndian.Uint16(b[2*i:])
	}
	return string(utf16.Decode(units)), nil
}

// fileTime is a time in Windows' count of 100 nanoseconds since 1601; zero
// when it lies outside of what a clock can show.
func fileTime(ticks uint64) time.Time {
	const from1601 = 116444736000000000
	if ticks < from1601 || ticks > from1601+1e18 {
		return time.Time{}
	}
	since := ticks - from1601
	return time.Unix(int64(since/1e7), int64(since%1e7)*100).UTC()
}

// evidence lists the names for the result.
func (c ntlmChallenge) evidence() map[string]string {
	out := map[string]string{}
	for k, v := range map[string]string{
		"ntlm_computer": c.dnsComputer, "ntlm_netbios": c.nbComputer, "ntlm_domain": c.dnsDomain,
		"ntlm_netbios_domain": c.nbDomain, "ntlm_forest": c.tree, "ntlm_windows": c.os,
	} {
		if v != "" {
			out[k] = clip(v, 260)
		}
	}
	if !c.at.IsZero() {
		out["ntlm_clock"] = c.at.Format(time.RFC3339)
	}
	return out
}

// tokenOf finds the message that a server sent for a scheme.
func tokenOf(list []challenge, scheme string) string {
	for _, c := range list {
		if strings.EqualFold(c.scheme, scheme) && c.token != "" {
			return c.token
		}
	}
	return ""
}

// maxSkew is how far clocks may differ before Kerberos breaks.
const maxSkew = 5 * time.Minute

// judgeSkew warns when the server's clock and this computer's are apart.
func judgeSkew(env *Env, c ntlmChallenge) Finding {
	if c.at.IsZero() {
		return Finding{Verdict: Pass}
	}
	apart := env.now().Sub(c.at).Abs()
	if apart <= maxSkew {
		return Finding{Verdict: Pass}
	}
	f := warned("clock.skew", "the clocks of the server and of this computer are %s apart", apart.Round(time.Second))
	f.Expected, f.Found = "at most "+maxSkew.String(), apart.Round(time.Second).String()
	return f
}
