package checks

import (
	"bufio"
	"errors"
	"io"
	"strings"
)

// Bounds on what a line protocol's peer may send.
const (
	maxLine       = 4096
	maxReplyLines = 200
	maxReplyBytes = 64 << 10
)

var (
	errLineTooLong = errors.New("a line is longer than 4096 bytes")
	errReplyTooBig = errors.New("a reply is longer than 200 lines or 64 KiB")
)

// lineReader reads the lines of a text protocol within bounds.
type lineReader struct {
	r *bufio.Reader
}

func newLineReader(r io.Reader) *lineReader {
	return &lineReader{bufio.NewReaderSize(r, maxLine)}
}

// line returns the next line without its end, as the peer sent it.
func (l *lineReader) line() (string, error) {
	b, err := l.r.ReadSlice('\n')
	switch {
	case errors.Is(err, bufio.ErrBufferFull):
		return "", errLineTooLong
	case err != nil:
		return "", err
	}
	return strings.TrimSuffix(strings.TrimSuffix(string(b), "\n"), "\r"), nil
}

// reply reads lines until last says that one ends the reply.
func (l *lineReader) reply(last func(line string) bool) ([]string, error) {
	var out []string
	size := 0
	for {
		s, err := l.line()
		if err != nil {
			return out, err
		}
		out = append(out, s)
		size += len(s)
		if last(s) {
			return out, nil
		}
		if len(out) >= maxReplyLines || size > maxReplyBytes {
			return out, errReplyTooBig
		}
	}
}

// buffered tells how many bytes the peer sent ahead of being asked.
func (l *lineReader) buffered() int { return l.r.Buffered() }
