package checks

import (
	"encoding/base64"
	"encoding/hex"
	"html"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"
)

const scrubbed = "[redacted]"

// revealedSecret is a password that was used in this run, with what takes it
// out of a text: a run scrubs every line it keeps, and working the forms out
// costs far more than looking for them.
type revealedSecret struct {
	password Secret
	forms    *strings.Replacer
}

// Scrub removes every password that was used in this run from a text, in each
// form in which a server could send it back.
func (l *Logons) Scrub(text string) string {
	if l == nil || text == "" {
		return text
	}
	l.mu.Lock()
	list := l.revealed // only ever appended to
	l.mu.Unlock()
	for _, r := range list {
		text = r.forms.Replace(text)
	}
	return text
}

// ScrubResult removes passwords from everything that a result keeps.
func (l *Logons) ScrubResult(r *Result) {
	if l == nil || !l.holdsSecrets() {
		return
	}
	r.Summary, r.Expected, r.Found, r.Remedy = l.Scrub(r.Summary), l.Scrub(r.Expected), l.Scrub(r.Found), l.Scrub(r.Remedy)
	for k, v := range r.Evidence {
		r.Evidence[k] = l.Scrub(v)
	}
	for _, row := range r.Rows {
		for _, values := range row {
			for i := range values {
				values[i] = l.Scrub(values[i])
			}
		}
	}
	for i := range r.Sub {
		l.ScrubResult(&r.Sub[i])
	}
}

func (l *Logons) holdsSecrets() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.revealed) > 0
}

// scrubber replaces a password in all its forms.
func scrubber(c Credential) *strings.Replacer {
	var pairs []string
	for _, form := range secretForms(c.Password.Reveal()) {
		pairs = append(pairs, form, scrubbed)
	}
	return strings.NewReplacer(pairs...)
}

// secretForms are the ways a password can stand in a text, longest first:
// plain, escaped for URLs, HTML, Go and our own display, in UTF-16 of both byte orders, hex and,
// whatever stands before it, in base64.
func secretForms(password string) []string {
	if password == "" {
		return nil
	}
	wide := wideBytes(password)
	swapped := swapBytes(wide)
	forms := []string{
		password, string(wide), string(swapped), url.QueryEscape(password), url.PathEscape(password),
		strings.ToLower(url.QueryEscape(password)), html.EscapeString(password), Escape(password),
		strings.Trim(strconv.Quote(password), `"`), strings.Trim(strconv.QuoteToASCII(password), `"`),
		Escape(string(wide)), Escape(string(swapped)), hex.EncodeToString([]byte(password)), hex.EncodeToString(wide),
		strings.ToUpper(hex.EncodeToString([]byte(password))), strings.ToUpper(hex.EncodeToString(wide)),
	}
	for _, raw := range [][]byte{[]byte(password), wide, swapped, latin1(password)} {
		forms = append(forms, base64Forms(raw)...)
	}
	forms = slices.DeleteFunc(forms, func(s string) bool { return s == "" })
	slices.Sort(forms)
	forms = slices.Compact(forms)
	slices.SortStableFunc(forms, func(a, b string) int { return len(b) - len(a) })
	return forms
}

func wideBytes(s string) []byte {
	var out []byte
	for _, u := range utf16.Encode([]rune(s)) {
		out = append(out, byte(u), byte(u>>8))
	}
	return out
}

// swapBytes turns UTF-16 of one byte order into the other.
func swapBytes(wide []byte) []byte {
	out := make([]byte, len(wide))
	for i := 0; i+1 < len(wide); i += 2 {
		out[i], out[i+1] = wide[i+1], wide[i]
	}
	return out
}

func latin1(s string) []byte {
	var out []byte
	for _, r := range s {
		if r > 255 {
			return nil
		}
		out = append(out, byte(r))
	}
	return out
}

// base64Forms are the characters that these bytes always become, at each of
// the three places where they may begin within a longer text. Forms shorter
// than four characters would match by accident and are left out.
func base64Forms(raw []byte) []string {
	var out []string
	if len(raw) == 0 {
		return nil
	}
	for shift := range 3 {
		padded := append(make([]byte, shift), raw...)
		first := (shift*8 + 5) / 6  // characters that hold bits of what stands before
		last := len(padded) * 8 / 6 // characters that hold only our bits
		for _, enc := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
			if s := enc.EncodeToString(padded); last-first >= 4 {
				out = append(out, s[first:last])
			}
		}
	}
	return out
}
