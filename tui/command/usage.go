package command

import (
	"bytes"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"coexist/checks"
	"coexist/tui/paint"
)

// helpWidth is the narrowest window that help is read in.
const helpWidth = 80

// explainUsage lets a command that was called wrongly say how it is called, and
// breaks the lines of help where the smallest window ends.
func explainUsage(c *cobra.Command) {
	if judge := c.Args; judge != nil {
		c.Args = func(c *cobra.Command, args []string) error {
			err := judge(c, args)
			if err == nil {
				return nil
			}
			if !c.HasParent() && len(args) > 1 {
				return fmt.Errorf("%q is no command; coexist --help lists them", args[0])
			}
			return fmt.Errorf("%s: %w\nexpected: %s\n%s --help tells the rest", c.CommandPath(), err, c.UseLine(), c.CommandPath())
		}
	}
	c.SetFlagErrorFunc(func(c *cobra.Command, err error) error {
		return fmt.Errorf("%w; %s --help lists the flags", err, c.CommandPath())
	})
	show := c.HelpFunc()
	c.SetHelpFunc(func(c *cobra.Command, args []string) {
		out := c.OutOrStdout()
		var text bytes.Buffer
		c.SetOut(&text)
		show(c, args)
		c.SetOut(out)
		io.WriteString(out, wrapHelp(text.String()))
	})
	for _, sub := range c.Commands() {
		explainUsage(sub)
	}
}

// column finds where the words of a list begin: behind a name and two blanks.
var column = checks.Pattern(`^ +\S+(?: \S+)* {2,}`)

// wrapHelp breaks what is too long, the rest of a line below its own column.
func wrapHelp(text string) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\n")
		head := column().FindString(line)
		if head == "" || len(head) > helpWidth/2 {
			head = line[:len(line)-len(strings.TrimLeft(line, " "))]
		}
		rest := line[len(head):]
		if paint.Width(line) <= helpWidth {
			b.WriteString(line + "\n")
			continue
		}
		for i, part := range paint.Wrap(rest, helpWidth-len(head)) {
			if i > 0 {
				head = strings.Repeat(" ", len(head))
			}
			b.WriteString(head + part + "\n")
		}
	}
	return b.String()
}
