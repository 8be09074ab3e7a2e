package migration

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"reflect"
	"sort"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/BurntSushi/toml"
)

// byteOrderMark begins a UTF-8 file that Notepad wrote. It is no part of the
// text, and stays where the file is rewritten.
var byteOrderMark = []byte("\xef\xbb\xbf")

// MaxSize is the size of the largest file that is read.
const MaxSize = 1 << 20

// Load reads and checks a migration file. What is wrong with its contents comes
// back as *Problems, all at once; a file that cannot be read as another error.
func Load(path string, known Known) (*Migration, error) {
	m, _, err := LoadText(path, known)
	return m, err
}

// LoadText is Load for those who also keep the text: both come from one reading,
// so that they cannot differ.
func LoadText(path string, known Known) (*Migration, []byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, nil, fmt.Errorf("the migration cannot be read: %w", err)
	}
	defer f.Close()
	if info, err := f.Stat(); err == nil && !info.Mode().IsRegular() {
		return nil, nil, fmt.Errorf("%s is no file; expected a migration such as contoso.toml", path)
	}
	data, err := io.ReadAll(io.LimitReader(f, MaxSize+1))
	if err != nil {
		return nil, nil, fmt.Errorf("the migration cannot be read: %w", err)
	}
	m, err := Parse(path, data, known)
	return m, data, err
}

// Parse reads and checks a migration; name stands for the file in problems.
func Parse(name string, data []byte, known Known) (*Migration, error) {
	data = bytes.TrimPrefix(data, byteOrderMark)
	list := checkText(data)
	if len(list) > 0 {
		return nil, report(name, list)
	}
	where := locate(data)
	raw, list := decodeTOML(data, where)
	if len(list) > 0 {
		return nil, report(name, list)
	}
	m := &Migration{}
	d := &decoder{where: where}
	d.table(raw, reflect.ValueOf(m).Elem(), "", "")
	v := &validator{m: m, known: known, broken: d.broken}
	v.explicit(raw)
	v.all()
	list = append(d.list, v.list...)
	if len(list) == 0 {
		return m, nil
	}
	for i := range list {
		list[i].Line = where.line(list[i].Key)
	}
	return nil, report(name, list)
}

// explicit wants the keys that the file must name, because what their absence
// would mean is too much to guess.
func (v *validator) explicit(raw map[string]any) {
	o, ok := raw["organization"].(map[string]any)
	if !ok {
		return
	}
	if _, ok := o["internet"]; !ok {
		v.say("organization.internet", "true, or false where no site faces the Internet", "is required and missing")
		v.broken = append(v.broken, "organization.internet")
	}
}

// report sorts problems by line and puts the file's name to them.
func report(name string, list []Problem) *Problems {
	for i := range list {
		list[i].File = name
	}
	sort.SliceStable(list, func(i, j int) bool { return list[i].Line < list[j].Line })
	return &Problems{List: list}
}

// checkText refuses what is not a UTF-8 text of bearable size.
func checkText(data []byte) []Problem {
	switch {
	case len(data) > MaxSize:
		return []Problem{{Line: 1, Message: "the file is larger than 1 MiB", Expected: "a migration of some kilobytes; is this the right file?"}}
	case bytes.HasPrefix(data, []byte("\xff\xfe")), bytes.HasPrefix(data, []byte("\xfe\xff")), utf16Bytes(data):
		return []Problem{{Line: 1, Message: "the file is UTF-16 (Notepad calls it Unicode)", Expected: "UTF-8: in Notepad choose File, Save as, and the encoding UTF-8"}}
	case bytes.HasPrefix(data, byteOrderMark):
		return []Problem{{Line: 1, Message: "the file begins with two byte order marks", Expected: "one at most: save it anew with the encoding UTF-8"}}
	}
	if utf8.Valid(data) {
		return nil
	}
	line := 1
	for len(data) > 0 {
		r, n := utf8.DecodeRune(data)
		if r == utf8.RuneError && n == 1 {
			break
		}
		if r == '\n' {
			line++
		}
		data = data[n:]
	}
	return []Problem{{Line: line, Message: fmt.Sprintf("the byte 0x%02X is not UTF-8", data[0]), Expected: "UTF-8: save the file anew with the encoding UTF-8"}}
}

// utf16Bytes tells whether a text without a mark looks like UTF-16: every other
// of its first bytes is zero.
func utf16Bytes(data []byte) bool {
	if len(data) < 4 {
		return false
	}
	return data[0] == 0 && data[2] == 0 && data[1] != 0 || data[1] == 0 && data[3] == 0 && data[0] != 0
}

// decodeTOML reads the syntax. There is at most one problem of syntax, since
// what follows one cannot be trusted.
func decodeTOML(data []byte, where *locations) (raw map[string]any, list []Problem) {
	if where.deep > 0 {
		return nil, []Problem{{Line: where.deep, Message: fmt.Sprintf("brackets are nested more than %d deep", maxDepth), Expected: "plain lists and tables"}}
	}
	defer func() {
		if r := recover(); r != nil {
			raw, list = nil, []Problem{{Line: 1, Message: fmt.Sprintf("the file cannot be read as TOML: %v", r)}}
		}
	}()
	raw = map[string]any{}
	_, err := toml.Decode(string(data), &raw)
	var bad toml.ParseError
	switch {
	case err == nil:
		return raw, nil
	case errors.As(err, &bad):
		return nil, []Problem{syntaxProblem(bad, data)}
	default:
		return nil, []Problem{{Line: 1, Message: "the file cannot be read as TOML: " + printable(err.Error())}}
	}
}

func syntaxProblem(bad toml.ParseError, data []byte) Problem {
	last := bytes.Count(data, []byte("\n")) + 1
	p := Problem{Line: min(max(bad.Position.Line, 1), last), Message: "this is not TOML: " + printable(bad.Message)}
	if bad.LastKey != "" && !strings.ContainsFunc(bad.LastKey, func(r rune) bool { return r < ' ' || r > '~' }) {
		p.Message += fmt.Sprintf(" (the last key read is %s)", bad.LastKey)
	}
	if lines := bytes.Split(data, []byte("\n")); bytes.ContainsRune(lines[p.Line-1], '\\') && !strings.Contains(bad.Message, "already") {
		p.Expected = `a path between single quotes, such as 'D:\'`
	}
	return p
}

// printable escapes what must not reach a terminal.
func printable(s string) string {
	var b strings.Builder
	for _, r := range s {
		if one := strconv.QuoteRune(r); unicode.IsPrint(r) {
			b.WriteRune(r)
		} else {
			b.WriteString(one[1 : len(one)-1])
		}
	}
	return b.String()
}
