package journal

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"unicode/utf8"
)

// hash is what the next line carries as prev.
func hash(line []byte) string {
	sum := sha256.Sum256(line)
	return hex.EncodeToString(sum[:])
}

// encode writes an event as one line, without the line end.
func encode(e Event) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(e); err != nil {
		return nil, err
	}
	return bytes.TrimRight(b.Bytes(), "\n"), nil
}

// payload encodes what an event carries.
func payload(data any) (json.RawMessage, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(data); err != nil {
		return nil, err
	}
	return bytes.TrimRight(b.Bytes(), "\n"), nil
}

// names keeps one copy of the texts that line after line repeats.
type names struct{ operator, host, kind string }

// once returns the last text where it is the same.
func once(last *string, t []byte) string {
	if string(t) != *last {
		*last = string(t)
	}
	return *last
}

// parseLine reads one line. Data is not decoded and stays part of line; head is
// the hash that the line is expected to name.
func (n *names) parseLine(line []byte, head string) (Event, error) {
	if e, ok := n.parseFast(line, head); ok {
		return e, nil
	}
	return parseSlow(line)
}

// parseSlow takes any JSON object with the keys of an event.
func parseSlow(line []byte) (Event, error) {
	var e Event
	if !utf8.Valid(line) {
		return Event{}, errors.New("it is not UTF-8")
	}
	dec := json.NewDecoder(bytes.NewReader(line))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&e); err != nil {
		return Event{}, fmt.Errorf("it is not an event: %w", err)
	}
	if len(bytes.TrimSpace(line[dec.InputOffset():])) > 0 {
		return Event{}, errors.New("something follows the event")
	}
	return e, nil
}

// parseFast reads the form that encode writes: the keys in their order, without
// blanks between them. Whatever else is in a line, it leaves to parseSlow.
func (n *names) parseFast(line []byte, head string) (Event, bool) {
	var e Event
	c := cursor{rest: line, ok: utf8.Valid(line)}
	c.word(`{"v":`)
	v := c.number()
	c.ok = c.ok && v < 1<<30
	e.V = int(v)
	c.word(`,"seq":`)
	e.Seq = c.number()
	c.word(`,"time":"`)
	if t := c.text(); c.ok {
		c.ok = e.Time.UnmarshalText(t) == nil
	}
	c.word(`,"operator":"`)
	e.Operator = once(&n.operator, c.text())
	c.word(`,"host":"`)
	e.Host = once(&n.host, c.text())
	c.word(`,"kind":"`)
	e.Kind = once(&n.kind, c.text())
	c.word(`,"data":`)
	if !c.ok {
		return Event{}, false
	}
	end := bytes.LastIndex(c.rest, []byte(`,"prev":"`))
	if end < 1 {
		return Event{}, false
	}
	data := c.rest[:end:end]
	c.rest = c.rest[end:]
	c.word(`,"prev":"`)
	e.Prev = once(&head, c.text())
	c.word(`}`)
	if !c.ok || len(c.rest) > 0 || blank(data[0]) || blank(data[len(data)-1]) || !json.Valid(data) {
		return Event{}, false
	}
	e.Data = data
	return e, true
}

func blank(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\r' }

// cursor moves through a line; ok turns false at the first surprise.
type cursor struct {
	rest []byte
	ok   bool
}

func (c *cursor) word(w string) {
	if c.ok = c.ok && len(c.rest) >= len(w) && string(c.rest[:len(w)]) == w; c.ok {
		c.rest = c.rest[len(w):]
	}
}

// number reads a positive whole number of at most 18 digits.
func (c *cursor) number() (n int64) {
	i := 0
	for ; c.ok && i < len(c.rest) && i < 18 && c.rest[i] >= '0' && c.rest[i] <= '9'; i++ {
		n = n*10 + int64(c.rest[i]-'0')
	}
	if c.ok = c.ok && i > 0 && (c.rest[0] != '0' || i == 1); c.ok {
		c.rest = c.rest[i:]
	}
	return n
}

// text reads up to the closing quote a text that needs no decoding.
func (c *cursor) text() []byte {
	if !c.ok {
		return nil
	}
	for i, b := range c.rest {
		switch {
		case b == '"':
			t := c.rest[:i]
			c.rest = c.rest[i+1:]
			return t
		case b < ' ' || b == '\\':
			c.ok = false
			return nil
		}
	}
	c.ok = false
	return nil
}
