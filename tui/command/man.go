package command

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"
)

// manCommand prints the manual page, made from the command tree itself.
func manCommand(root *cobra.Command) *cobra.Command {
	return &cobra.Command{
		Use: "man", Short: "Print the manual page (roff)", Args: cobra.NoArgs, Hidden: true,
		RunE: func(c *cobra.Command, args []string) error {
			w := c.OutOrStdout()
			fmt.Fprintf(w, ".TH COEXIST 1\n.SH NAME\ncoexist \\- %s\n.SH DESCRIPTION\n%s\n", roff(root.Short), roff(root.Long))
			manSection(w, root)
			return nil
		},
	}
}

func manSection(w io.Writer, c *cobra.Command) {
	if !c.IsAvailableCommand() && c.HasParent() {
		return
	}
	fmt.Fprintf(w, ".SH %s\n%s\n.PP\n.nf\n%s\n%s.fi\n", roff(strings.ToUpper(c.CommandPath())), roff(c.Short), roff(c.UseLine()), roff(c.LocalFlags().FlagUsages()))
	for _, sub := range c.Commands() {
		manSection(w, sub)
	}
}

// roff keeps text from being read as requests.
func roff(s string) string {
	s = strings.ReplaceAll(strings.ReplaceAll(s, `\`, `\e`), "-", `\-`)
	return strings.ReplaceAll(s, "\n.", "\n\\&.")
}
