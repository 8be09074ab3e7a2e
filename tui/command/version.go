package command

import (
	"fmt"
	"runtime/debug"
	"strings"

	"github.com/spf13/cobra"
)

func versionCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use: "version", Short: "Print version, commit and the hash of the procedures", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, args []string) error {
			lib, err := a.library()
			if err != nil {
				return err
			}
			fmt.Fprintf(a.Out, "coexist %s\nprocedures sha256:%s\n", version(), lib.Hash)
			if lib.Overlay != "" {
				fmt.Fprintf(a.Out, "overlay sha256:%s\n", lib.Overlay)
			}
			return nil
		},
	}
}

// version names the build: module version, or the commit it was built from.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	commit, dirty := "", ""
	for _, s := range info.Settings {
		switch {
		case s.Key == "vcs.revision" && len(s.Value) >= 12:
			commit = s.Value[:12]
		case s.Key == "vcs.modified" && s.Value == "true":
			dirty = "+changes"
		}
	}
	v := strings.Trim(info.Main.Version, "()")
	if commit != "" {
		return v + " " + commit + dirty
	}
	return v
}
