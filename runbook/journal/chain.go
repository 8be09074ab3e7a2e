package journal

import (
	"bytes"
	"fmt"
	"slices"
)

// Break tells where the chain of a journal does not hold.
type Break struct {
	Line   int    // the first line that is not what was written
	Reason string // what is wrong there
	After  int    // how many lines, this one among them, no longer count
	Mend   string // what makes the lines count again; empty: nothing does
	saved  bool   // another program saved the file its own way: no line is lost
}

// Advice tells how to go on with a journal, called as the command line knows it.
func (b Break) Advice(file string) string {
	if b.Mend != "" {
		return b.Mend + ", then everything counts again"
	}
	return "to go on in a new journal, run: coexist journal continue " + file
}

// String says it in one sentence.
func (b Break) String() string {
	return fmt.Sprintf("the chain breaks at line %d: %s", b.Line, b.Reason)
}

// chain reads lines one after the other and checks that each follows on the
// last.
type chain struct {
	events []Event
	start  int64  // offset of the last good line
	head   string // hash of the last good line
	before string // hash of the line before it
	good   int64  // offset behind the last good line
	broken *Break
	tail   []byte // what follows the last line end
	names  names
}

// read takes up whole lines. What follows the last line end stays in tail.
func (c *chain) read(data []byte) {
	c.events = slices.Grow(c.events, bytes.Count(data, []byte("\n")))
	for c.broken == nil {
		i := bytes.IndexByte(data, '\n')
		if i < 0 {
			c.tail = data
			return
		}
		if !c.take(data[:i:i]) {
			c.broken.After = bytes.Count(data, []byte("\n"))
			if data[len(data)-1] != '\n' {
				c.broken.After++
			}
			if c.broken.Line == len(c.events) { // the line before is the one that was changed
				c.dropLast()
				c.broken.After++
			}
			return
		}
		c.good++
		data = data[i+1:]
	}
}

// take adds one line if it follows on the last.
func (c *chain) take(line []byte) bool {
	next := len(c.events) + 1
	e, err := c.names.parseLine(line, c.head)
	switch {
	case err != nil && next == 1 && bytes.HasPrefix(line, []byte("\xef\xbb\xbf")):
		c.broken = &Break{Line: 1, Reason: "another program put a byte order mark before it", Mend: "save the file as UTF-8 without a byte order mark and change nothing else", saved: true}
	case err != nil:
		c.broken = &Break{Line: next, Reason: err.Error()}
	case e.V != 1:
		c.broken = &Break{Line: next, Reason: fmt.Sprintf("it has version %d; this coexist reads version 1", e.V), Mend: "open it with the version of coexist that wrote it"}
	case e.Seq > int64(next):
		c.broken = &Break{Line: next, Reason: fmt.Sprintf("expected entry %d, found entry %d: lines are missing", next, e.Seq)}
	case e.Seq != int64(next):
		c.broken = &Break{Line: next, Reason: fmt.Sprintf("expected entry %d, found entry %d", next, e.Seq)}
	case e.Prev != c.head && next == 1:
		c.broken = &Break{Line: 1, Reason: "the first line names one before it: the beginning is missing"}
	case e.Prev != c.head:
		c.broken = &Break{Line: next - 1, Reason: fmt.Sprintf("it is not the text that line %d was chained to: it was changed after it was written", next)}
		if bytes.HasSuffix(line, []byte("\r")) {
			c.broken.Reason = "its line end was converted to CR LF by another program"
			c.broken.saved = true
			c.broken.Mend = "turn the line ends of the file back into LF and change nothing else"
		}
	default:
		c.start = c.good
		c.events = append(c.events, e)
		c.before, c.head = c.head, hash(line)
		c.good += int64(len(line))
		return true
	}
	return false
}

func (c *chain) dropLast() {
	n := len(c.events) - 1
	c.good = c.start
	c.head = c.before
	c.events = c.events[:n:n]
}

// completes tells whether the tail is a whole line that lacks its line end
// alone.
func (c *chain) completes() bool {
	if c.broken != nil || len(c.tail) == 0 {
		return false
	}
	e, err := c.names.parseLine(c.tail, c.head)
	return err == nil && e.V == 1 && e.Seq == int64(len(c.events)+1) && e.Prev == c.head
}
