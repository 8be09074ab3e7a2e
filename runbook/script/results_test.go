package script

import (
	"encoding/binary"
	"strings"
	"testing"
	"unicode/utf16"
)

const nonce = "0123456789abcdef0123456789abcdef"

func sample() string {
	return `{"format":1,"nonce":"` + nonce + `","content":"c0","step":1,"shell":"2010","server":"","computer":"EX10-01","culture":"de-DE","powershell":"2.0",` +
		`"started":"2026-11-28T22:00:00Z","ended":"2026-11-28T22:00:09Z","observations":[` +
		`{"kind":"check","id":"prepare.oab/org/assigned","error":null,"rows":[{"Name":["DB\u00fc1"],"OfflineAddressBook":[]}]}]}`
}

func manifest() Manifest {
	return Manifest{Nonce: nonce, Content: "c0", Step: 1, Shell: "2010", Checks: []string{"prepare.oab/org/assigned"}}
}

func TestParseEncodings(t *testing.T) {
	t.Parallel()
	wide := func(order binary.ByteOrder, mark bool) []byte {
		var out []byte
		units := utf16.Encode([]rune(sample()))
		if mark {
			units = append([]uint16{0xfeff}, units...)
		}
		for _, u := range units {
			out = order.(interface {
				AppendUint16([]byte, uint16) []byte
			}).AppendUint16(out, u)
		}
		return out
	}
	for name, data := range map[string][]byte{
		"utf-8":          []byte(sample()),
		"utf-8 with bom": []byte("\ufeff" + sample()),
		"crlf":           []byte("\r\n" + strings.ReplaceAll(sample(), ",\"", ",\r\n\"") + "\r\n"),
		"utf-16le bom":   wide(binary.LittleEndian, true),
		"utf-16be bom":   wide(binary.BigEndian, true),
		"utf-16le bare":  wide(binary.LittleEndian, false),
		"utf-16be bare":  wide(binary.BigEndian, false),
	} {
		r, err := Parse(data)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if got := r.Observations[0].Rows[0]["Name"][0]; got != "DBü1" {
			t.Errorf("%s: Name = %q", name, got)
		}
		if err := r.Matches(manifest()); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ data, why string }{
		"empty":         {"", "no result file"},
		"html":          {"<html>", "no result file"},
		"too large":     {strings.Repeat(" ", MaxBytes+1), "bytes"},
		"deep":          {`{"observations":` + strings.Repeat("[", 4000), "nests deeper"},
		"unknown key":   {strings.Replace(sample(), `"step"`, `"steps"`, 1), "cannot be read"},
		"verdict":       {strings.Replace(sample(), `"error":null`, `"error":null,"verdict":"pass"`, 1), "cannot be read"},
		"second object": {sample() + sample(), "follows"},
		"cut":           {sample()[:200], "cannot be read"},
		"format":        {strings.Replace(sample(), `"format":1`, `"format":2`, 1), "format 2"},
		"nonce":         {strings.Replace(sample(), nonce, "x", 1), "nonce"},
		"latin-1":       {strings.Replace(sample(), `\u00fc`, "\xfc", 1), "neither UTF-8"},
		"twice": {strings.TrimSuffix(sample(), "]}") + `,{"kind":"check","id":"prepare.oab/org/assigned","error":null,"rows":[]}]}`,
			"twice"},
	} {
		if _, err := Parse([]byte(c.data)); err == nil || !strings.Contains(err.Error(), c.why) {
			t.Errorf("%s: got %v, want a refusal that names %q", name, err, c.why)
		}
	}
}

func TestMatchesRefusesOtherRuns(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		edit func(*Results)
		why  string
	}{
		"other nonce":  {func(r *Results) { r.Nonce = strings.Repeat("f", 32) }, "another script"},
		"other step":   {func(r *Results) { r.Step = 2 }, "step 2"},
		"other script": {func(r *Results) { r.Content = "c1" }, "changed before it ran"},
		"fake id":      {func(r *Results) { r.Observations[0].ID = "switch.dns/org/x" }, "did not ask for"},
		"as a capture": {func(r *Results) { r.Observations[0].Kind = "capture" }, "did not ask for"},
	} {
		r, err := Parse([]byte(sample()))
		if err != nil {
			t.Fatal(err)
		}
		c.edit(r)
		if err := r.Matches(manifest()); err == nil || !strings.Contains(err.Error(), c.why) {
			t.Errorf("%s: got %v, want a refusal that names %q", name, err, c.why)
		}
	}
	r, _ := Parse([]byte(sample()))
	m := manifest()
	m.Server = "EX10-02"
	r.Server = "EX10-02"
	if err := r.Matches(m); err == nil || !strings.Contains(err.Error(), "EX10-01") {
		t.Errorf("a result from another computer: %v", err)
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(sample()))
	f.Add([]byte("\xff\xfe{\x00"))
	f.Add([]byte(`{"format":1,"nonce":"` + nonce + `","observations":[{}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := Parse(data)
		if err == nil && r.Format != 1 {
			t.Fatalf("accepted format %d", r.Format)
		}
	})
}
