package linear

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"coexist/tui/paint"
)

// errLeft tells that a question was left without an answer.
var errLeft = errors.New("left")

// longest is the longest line taken in, in bytes.
const longest = 1 << 20

// console reads and writes lines.
type console struct {
	in    *bufio.Reader
	out   io.Writer
	ascii bool
	err   error                                        // the first failure to write
	until func() (context.Context, context.CancelFunc) // the context of one question
}

func newConsole(in io.Reader, out io.Writer, ascii bool) *console {
	return &console{in: bufio.NewReader(in), out: out, ascii: ascii, until: func() (context.Context, context.CancelFunc) {
		return context.WithCancel(context.Background())
	}}
}

// say writes one line. What stands in the arguments is shown escaped, so that
// no server or file can move the cursor.
func (c *console) say(format string, args ...any) {
	c.write(c.clean(fmt.Sprintf(format, args...)) + "\n")
}

func (c *console) clean(s string) string {
	s = paint.Escape(s)
	if c.ascii {
		s = toASCII(s)
	}
	return s
}

func (c *console) write(s string) {
	if _, err := io.WriteString(c.out, s); err != nil && c.err == nil {
		c.err = err
	}
}

func (c *console) blank() { c.write("\n") }

// ask writes a prompt and reads one line. At the end of the input it returns
// io.EOF.
func (c *console) ask(prompt string) (string, error) {
	ctx, stop := c.until()
	defer stop()
	c.write(c.clean(prompt))
	line, err := c.line(ctx)
	if err != nil {
		c.write("\n")
	}
	return line, err
}

// line reads one line. Whoever interrupts the program meanwhile quits; what is
// typed afterwards is read by nobody.
func (c *console) line(ctx context.Context) (string, error) {
	if c.err != nil {
		return "", c.err
	}
	type answer struct {
		text string
		err  error
	}
	done := make(chan answer, 1)
	go func() {
		text, err := c.read()
		done <- answer{text, err}
	}()
	select {
	case a := <-done:
		return a.text, a.err
	case <-ctx.Done():
		return "", errQuit
	}
}

func (c *console) read() (string, error) {
	var b strings.Builder
	for {
		part, err := c.in.ReadString('\n')
		b.WriteString(part)
		if b.Len() > longest {
			return "", fmt.Errorf("a line of more than %d bytes", longest)
		}
		switch {
		case err == nil, errors.Is(err, io.EOF) && b.Len() > 0:
			return strings.TrimRight(b.String(), "\r\n"), nil
		default:
			return "", err
		}
	}
}

// need asks until something is typed; a single dot leaves.
func (c *console) need(prompt string) (string, error) {
	for {
		s, err := c.ask(prompt)
		if err != nil {
			return "", err
		}
		switch s = strings.TrimSpace(s); s {
		case ".":
			return "", errLeft
		case "":
			c.say("Something is needed here. A single dot leaves without recording anything.")
		default:
			return s, nil
		}
	}
}

// sure asks for yes; anything else is no.
func (c *console) sure(question string) (bool, error) {
	s, err := c.ask(question + " yes or no [no]: ")
	s = strings.ToLower(strings.TrimSpace(s))
	return s == "yes" || s == "y", err
}

// lines reads until a line that holds a single dot.
func (c *console) lines(prompt string) (string, error) {
	ctx, stop := c.until()
	defer stop()
	c.say("%s", prompt)
	c.say("End with a line that holds a single dot.")
	var b strings.Builder
	for {
		s, err := c.line(ctx)
		if err != nil {
			return "", err
		}
		if strings.TrimSpace(s) == "." {
			return strings.TrimRight(b.String(), "\n"), nil
		}
		if b.Len()+len(s) > longest {
			return "", fmt.Errorf("more than %d bytes", longest)
		}
		b.WriteString(s + "\n")
	}
}

// number reads a number of a list of n.
func number(s string, n int) (int, bool) {
	i, err := strconv.Atoi(strings.TrimSuffix(strings.TrimSpace(s), "."))
	return i, err == nil && i >= 1 && i <= n
}

var plain = strings.NewReplacer("…", "...", "·", "-", "→", "->", "←", "<-", "—", "-", "–", "-", "‘", "'", "’", "'",
	"“", `"`, "”", `"`, "×", "x", "‹", "<", "›", ">")

// toASCII replaces what is outside ASCII.
func toASCII(s string) string {
	s = plain.Replace(s)
	return strings.Map(func(r rune) rune {
		if r > 0x7e {
			return '?'
		}
		return r
	}, s)
}
