package inventory

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Bounds on what is read back.
const (
	maxFile  = 32 << 20
	maxItems = 100_000
	maxText  = 16 << 10
)

// Format writes an inventory as indented JSON, the same for the same content.
func Format(i *Inventory) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	err := enc.Encode(i)
	return b.Bytes(), err
}

// Parse reads an inventory that Format wrote. What somebody edited into it is
// judged as if it had been read: nothing in it is trusted further than a name.
func Parse(data []byte) (*Inventory, error) {
	if len(data) > maxFile {
		return nil, fmt.Errorf("the inventory has %d bytes; expected at most %d", len(data), maxFile)
	}
	if !utf8.Valid(data) {
		return nil, errors.New("the inventory is not UTF-8: expected the file as it was saved")
	}
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	var i Inventory
	if err := dec.Decode(&i); err != nil {
		return nil, fmt.Errorf("the inventory cannot be read: %w; expected what coexist discover --save wrote", err)
	}
	if _, err := dec.Token(); err != io.EOF {
		return nil, errors.New("something follows the inventory: expected one JSON object and nothing else")
	}
	return &i, i.valid()
}

func (i *Inventory) valid() error {
	switch {
	case i.Format != 1:
		return fmt.Errorf("inventory format %d: this program reads format 1", i.Format)
	case i.Source != FromLDAP && i.Source != FromShell:
		return fmt.Errorf("the inventory's source is %q: expected %s or %s", i.Source, FromLDAP, FromShell)
	}
	if n := len(i.Servers) + len(i.Directories) + len(i.Points) + len(i.MailDomains) + len(i.Connectors) + len(i.Databases) + len(i.Gaps); n > maxItems {
		return fmt.Errorf("the inventory lists %d objects; expected at most %d", n, maxItems)
	}
	seen := map[string]bool{}
	for _, s := range i.Servers {
		low := strings.ToLower(s.Name)
		if seen[low] {
			return fmt.Errorf("the server %s is in the inventory twice", Printable(s.Name))
		}
		seen[low] = true
	}
	return nil
}

// Printable makes a name of the directory fit to be shown on one line:
// characters that would move a cursor or hide text are escaped.
func Printable(s string) string {
	if len(s) > maxText {
		s = s[:maxText] + "…"
	}
	var b strings.Builder
	for _, r := range s {
		if r == utf8.RuneError || !unicode.IsPrint(r) {
			fmt.Fprintf(&b, `\u%04x`, r)
			continue
		}
		b.WriteRune(r)
	}
	return b.String()
}
