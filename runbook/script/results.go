package script

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
	"unicode/utf16"
	"unicode/utf8"

	"coexist/checks"
)

// Limits of a result file. A script writes far less; what is larger was not
// written by one.
const (
	MaxBytes = 8 << 20
	maxDepth = 8
	maxItems = 20000
)

// Results is what a script saved.
type Results struct {
	Format       int           `json:"format"`
	Nonce        string        `json:"nonce"`
	Content      string        `json:"content"`
	Step         int           `json:"step"`
	Shell        string        `json:"shell"`
	Server       string        `json:"server"`
	Computer     string        `json:"computer"`
	Culture      string        `json:"culture"`
	PowerShell   string        `json:"powershell"`
	Started      time.Time     `json:"started"`
	Ended        time.Time     `json:"ended"`
	Observations []Observation `json:"observations"`
}

// Observation is what one command returned.
type Observation struct {
	Kind  string       `json:"kind"` // "check" or "capture"
	ID    string       `json:"id"`
	Error *string      `json:"error"`
	Rows  []checks.Row `json:"rows"`
}

// Parse reads a result file or its pasted text: UTF-8 or UTF-16, with or
// without a byte order mark, any line ends. It accepts only the exact form a
// script writes.
func Parse(data []byte) (*Results, error) {
	text, err := Document(data, maxDepth)
	if err != nil {
		return nil, err
	}
	var r Results
	if err := Decode(text, &r); err != nil {
		return nil, fmt.Errorf("the result file cannot be read: %w; save it anew by running the script again", err)
	}
	return &r, r.valid()
}

// Decode reads a document that is one JSON object with nothing in it that into
// does not hold.
func Decode(text []byte, into any) error {
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.DisallowUnknownFields()
	if err := dec.Decode(into); err != nil {
		return err
	}
	if _, err := dec.Token(); err != io.EOF {
		return errors.New("something follows the result: expected one JSON object and nothing else")
	}
	return nil
}

// Document is the text of a result file, whatever its encoding: the bytes of
// one JSON object in UTF-8 that nests no deeper than allowed.
func Document(data []byte, depth int) ([]byte, error) {
	if len(data) > MaxBytes {
		return nil, fmt.Errorf("the file has %d bytes; a result file has at most %d: choose the file that was saved", len(data), MaxBytes)
	}
	text, err := decodeText(data)
	if err != nil {
		return nil, err
	}
	text = bytes.TrimSpace(text)
	if len(text) == 0 || text[0] != '{' {
		return nil, errors.New("this is no result file: expected the JSON that the script saved, beginning with {")
	}
	return text, bounded(text, depth)
}

func (r *Results) valid() error {
	switch {
	case r.Format != 1:
		return fmt.Errorf("result format %d: this program reads format 1", r.Format)
	case len(r.Nonce) != 32 || strings.Trim(r.Nonce, "0123456789abcdef") != "":
		return errors.New("the result has no valid nonce: it was not written by a script of this program, or was edited")
	case len(r.Observations) > maxItems:
		return fmt.Errorf("%d observations: expected at most %d", len(r.Observations), maxItems)
	}
	seen := map[string]bool{}
	for _, o := range r.Observations {
		if o.Kind != "check" && o.Kind != "capture" {
			return fmt.Errorf("observation %q has the kind %q: expected check or capture", checks.Escape(o.ID), checks.Escape(o.Kind))
		}
		if seen[o.ID] {
			return fmt.Errorf("%s is in the file twice: it was edited", checks.Escape(o.ID))
		}
		seen[o.ID] = true
	}
	return nil
}

// Matches tells whether the results belong to a script that this run wrote.
func (r *Results) Matches(m Manifest) error {
	switch {
	case r.Nonce != m.Nonce:
		return errors.New("the result belongs to another script")
	case r.Step != m.Step || r.Shell != m.Shell || !strings.EqualFold(r.Server, m.Server):
		return fmt.Errorf("the result says step %d, shell %s%s; the script was for step %d, shell %s%s: it was edited",
			r.Step, r.Shell, onServer(r.Server), m.Step, m.Shell, onServer(m.Server))
	case r.Content != m.Content:
		return errors.New("the script was changed before it ran (its content hash differs): save it anew and run that")
	case m.Server != "" && !strings.EqualFold(r.Computer, m.Server):
		return fmt.Errorf("the script ran on %s; it was for %s", checks.Escape(r.Computer), m.Server)
	}
	known := map[string]bool{}
	for _, id := range m.Checks {
		known["check "+id] = true
	}
	for key := range m.Captures {
		known["capture "+key] = true
	}
	for _, o := range r.Observations {
		if !known[o.Kind+" "+o.ID] {
			return fmt.Errorf("the result holds %s, which the script did not ask for: it was edited", checks.Escape(o.ID))
		}
	}
	return nil
}

// decodeText turns the bytes into UTF-8 without a byte order mark.
func decodeText(data []byte) ([]byte, error) {
	switch {
	case bytes.HasPrefix(data, []byte{0xef, 0xbb, 0xbf}):
		data = data[3:]
	case bytes.HasPrefix(data, []byte{0xff, 0xfe}):
		return fromUTF16(data[2:], binary.LittleEndian)
	case bytes.HasPrefix(data, []byte{0xfe, 0xff}):
		return fromUTF16(data[2:], binary.BigEndian)
	case len(data) >= 2 && data[0] == 0:
		return fromUTF16(data, binary.BigEndian)
	case len(data) >= 2 && data[1] == 0:
		return fromUTF16(data, binary.LittleEndian)
	}
	if !utf8.Valid(data) {
		return nil, errors.New("the file is neither UTF-8 nor UTF-16: expected the file as the script saved it")
	}
	return data, nil
}

func fromUTF16(data []byte, order binary.ByteOrder) ([]byte, error) {
	if len(data)%2 != 0 {
		return nil, errors.New("the file ends in the middle of a UTF-16 character: copy it again")
	}
	units := make([]uint16, len(data)/2)
	for i := range units {
		units[i] = order.Uint16(data[2*i:])
	}
	return []byte(string(utf16.Decode(units))), nil
}

// bounded refuses nesting that no script writes, before anything is decoded.
func bounded(text []byte, limit int) error {
	depth, quoted, escaped := 0, false, false
	for _, c := range text {
		switch {
		case escaped:
			escaped = false
		case quoted:
			if c == '\\' {
				escaped = true
			} else if c == '"' {
				quoted = false
			}
		case c == '"':
			quoted = true
		case c == '{' || c == '[':
			if depth++; depth > limit {
				return fmt.Errorf("the file nests deeper than %d levels: no result file does", limit)
			}
		case c == '}' || c == ']':
			depth--
		}
	}
	return nil
}
