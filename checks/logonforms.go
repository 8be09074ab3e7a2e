package checks

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"html"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"
)

// secretForms are the ways a password can stand in a text, longest first:
// plain, escaped for URLs, markup, scripts, Go and our own display, in UTF-16
// of both byte orders, hex and, whatever stands before it, in base64.
func secretForms(password string) []string {
	if password == "" {
		return nil
	}
	wide := wideBytes(password)
	swapped := swapBytes(wide)
	forms := []string{
		password, string(wide), string(swapped), Escape(password), Escape(string(wide)), Escape(string(swapped)),
		strings.Trim(strconv.Quote(password), `"`), strings.Trim(strconv.QuoteToASCII(password), `"`),
		hex.EncodeToString([]byte(password)), hex.EncodeToString(wide),
		strings.ToUpper(hex.EncodeToString([]byte(password))), strings.ToUpper(hex.EncodeToString(wide)),
	}
	forms = append(append(append(forms, urlForms(password)...), markupForms(password)...), scriptForms(password)...)
	for _, raw := range [][]byte{[]byte(password), wide, swapped, latin1(password)} {
		forms = append(forms, base64Forms(raw)...)
	}
	forms = slices.DeleteFunc(forms, func(s string) bool { return s == "" })
	slices.Sort(forms)
	forms = slices.Compact(forms)
	slices.SortStableFunc(forms, func(a, b string) int { return len(b) - len(a) })
	return forms
}

// urlForms escape with percent signs: as Go, scripts, .NET and the standard do,
// or everything; hexadecimal digits in either case.
func urlForms(password string) []string {
	forms := []string{url.QueryEscape(password), url.PathEscape(password)}
	for _, kept := range []string{"-_.~", "-_.!~*'()", "-_.!*()", ""} {
		all := kept == ""
		for _, format := range []string{"%%%02X", "%%%02x"} {
			var b strings.Builder
			for _, c := range []byte(password) {
				if !all && (isAlphanumeric(c) || strings.IndexByte(kept, c) >= 0) {
					b.WriteByte(c)
				} else {
					fmt.Fprintf(&b, format, c)
				}
			}
			forms = append(forms, b.String(), strings.ReplaceAll(b.String(), "%20", "+"))
		}
	}
	return forms
}

func isAlphanumeric(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z'
}

// markupForms escape for HTML and XML: as Go, XML's own names, .NET, only what
// a text must have escaped, and every character by its number.
func markupForms(password string) []string {
	ampersand := strings.NewReplacer("&", "&amp;", "<", "&lt;")
	text := strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(password)
	quotes := strings.ReplaceAll(text, `"`, "&quot;")
	forms := []string{ampersand.Replace(password), text, quotes, html.EscapeString(password), strings.ReplaceAll(quotes, "'", "&apos;"),
		strings.ReplaceAll(quotes, "'", "&#39;"), strings.ReplaceAll(quotes, "'", "&#x27;"), strings.ReplaceAll(ampersand.Replace(password), `"`, "&quot;")}
	for _, f := range slices.Clone(forms) {
		forms = append(forms, numbered(f, "&#%d;", 128), numbered(f, "&#x%X;", 128))
	}
	return append(forms, numbered(password, "&#%d;", 0), numbered(password, "&#x%x;", 0), numbered(password, "&#x%X;", 0))
}

// numbered writes the characters from a number on as numbers.
func numbered(s, format string, from rune) string {
	var b strings.Builder
	for _, r := range s {
		if r < from {
			b.WriteRune(r)
		} else {
			fmt.Fprintf(&b, format, r)
		}
	}
	return b.String()
}

// scriptForms escape for JSON and JavaScript: with and without the signs that
// matter in markup, and .NET's, which escapes the apostrophe as well.
func scriptForms(password string) []string {
	quoted, err := json.Marshal(password)
	if err != nil {
		return nil
	}
	marked := strings.TrimSuffix(strings.TrimPrefix(string(quoted), `"`), `"`)
	bare := strings.NewReplacer(`\u003c`, "<", `\u003e`, ">", `\u0026`, "&").Replace(marked)
	return []string{marked, bare, strings.ReplaceAll(marked, "'", `\u0027`), strings.ReplaceAll(bare, "'", `\'`), strings.ReplaceAll(bare, "/", `\/`)}
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
