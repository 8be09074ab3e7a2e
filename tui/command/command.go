// Package command is the command line: the tree of commands, their flags and
// exit codes. Every command opens a session or a probe, hands the answer to the
// package that writes it, and says how it ended. What lies outside the program
// comes in through Environment.
package command

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"coexist/checks"
	"coexist/checks/lab"
	"coexist/runbook/migration"
	"coexist/runbook/procedure"
	"coexist/runbook/rehearsal"
	"coexist/tui"
)

// Environment is everything outside the program that it may touch; the tests
// hand in their own.
type Environment struct {
	In         io.Reader
	Out, Err   io.Writer
	Dir        string // working folder
	Getenv     func(string) string
	Now        func() time.Time
	User, Host string
	Assets     fs.FS
	Network    func(checks.FieldSettings) (*checks.Env, error)
	Copy       func(string) error // the local clipboard; an error means there is none
	// Interrupts makes a context that ends when somebody interrupts the program;
	// nil where nobody can.
	Interrupts func(context.Context) (context.Context, context.CancelFunc)
}

// failure is the outcome "something is wrong out there": exit code 1. Every
// other error is unusable input: exit code 2.
type failure struct{ error }

func (f failure) Unwrap() error { return f.error }

// ExitCode prints an error, if there is one to tell, and returns the code for
// it.
func ExitCode(err error, w io.Writer) int {
	if err == nil {
		return 0
	}
	if text := err.Error(); text != "" {
		fmt.Fprintln(w, text)
	}
	var f failure
	if errors.As(err, &f) || diskFailed(err) {
		return 1
	}
	return 2
}

// diskFailed tells a disk that is full or broken from input that cannot be used:
// whoever typed the command did nothing wrong.
func diskFailed(err error) bool {
	for _, e := range []error{syscall.ENOSPC, syscall.EDQUOT, syscall.EIO, io.ErrShortWrite} {
		if errors.Is(err, e) {
			return true
		}
	}
	var p *fs.PathError
	return errors.As(err, &p) && slices.Contains([]string{"write", "sync", "truncate", "close"}, p.Op)
}

// Run carries out one command line.
func Run(ctx context.Context, args []string, env Environment) error {
	a := &app{Environment: env, asker: tui.NewAsker(), keys: &keyboard{in: env.In}, life: ctx}
	root := newRoot(a)
	root.SetArgs(args)
	root.SetIn(env.In)
	root.SetOut(env.Out)
	root.SetErr(env.Err)
	ctx, stop := a.interruptible(ctx)
	defer stop()
	context.AfterFunc(ctx, stop) // a second interruption ends what does not listen
	return root.ExecuteContext(ctx)
}

// interruptible makes a context that ends when somebody interrupts.
func (a *app) interruptible(ctx context.Context) (context.Context, context.CancelFunc) {
	if a.Interrupts == nil {
		return context.WithCancel(ctx)
	}
	return a.Interrupts(ctx)
}

// app is what the commands share.
type app struct {
	Environment
	operator   string
	ascii      bool
	plain      bool
	readOnly   bool
	looking    bool   // an answer is read off, nothing else is done
	rehearsing string // the rehearsal whose record is opened without its organisation
	version    bool
	procedures string // folder of an overlay, or shippedAlone
	asker      *tui.Asker
	logon      func(context.Context, string) (checks.Credential, error) // nil: nobody is there to ask
	forget     func(string)                                             // after a refused logon; set with logon
	accounts   func(*migration.Migration) error                         // sets logon for the accounts of a migration; may be nil
	lib        *procedure.Library
	keys       *keyboard
	life       context.Context // of the program, whoever interrupts what it does

	mu         sync.Mutex
	rehearsals []*lab.Organization // to be closed when the screens are left
	stage      *rehearsal.Clock    // of the rehearsal that is shown; nil in the field
}

func newRoot(a *app) *cobra.Command {
	root := &cobra.Command{
		Use:   "coexist [FILE]",
		Short: "A wizard for upgrading Exchange 2007 or 2010 to Exchange Server 2013",
		Long: `coexist takes an engineer through the on-premises upgrade of an Exchange 2007 or
2010 organisation to Exchange Server 2013, with both versions side by side
until the last mailbox has moved. FILE is a migration (contoso.toml); without
one the start screen opens.`,
		Args:          cobra.MaximumNArgs(1),
		SilenceErrors: true,
		SilenceUsage:  true,
		RunE: func(c *cobra.Command, args []string) error {
			if a.version {
				fmt.Fprintf(a.Out, "coexist %s\n", version())
				return nil
			}
			return a.wizard(c.Context(), args)
		},
	}
	flags := root.PersistentFlags()
	flags.StringVar(&a.operator, "operator", "", "who is working: recorded with everything (default: asked once)")
	flags.StringVar(&a.procedures, "procedures", "", "folder with your own tasks and checks, laid over the shipped ones; none: without those of an earlier time")
	flags.BoolVar(&a.ascii, "ascii", a.Getenv("COEXIST_ASCII") != "", "draw with ASCII characters alone")
	root.Flags().BoolVar(&a.plain, "plain", a.Getenv("ACCESSIBLE") != "", "numbered prompts and plain lines instead of the full screen")
	// cobra's own flag prints through text/template, which keeps the linker from
	// dropping the methods that nothing calls.
	root.Flags().BoolVarP(&a.version, "version", "v", false, "version of coexist")
	root.Flags().BoolVar(&a.readOnly, "read-only", false, "look, record nothing")
	root.AddCommand(newCommand(a), discoverCommand(a), rehearseCommand(a), statusCommand(a), commandsCommand(a), checkCommand(a), probeCommand(a),
		scriptCommand(a), importCommand(a), exportCommand(a), diffCommand(a), handoverCommand(a), backoutCommand(a), journalCommand(a), procedureCommand(a), versionCommand(a), manCommand(root))
	explainUsage(root)
	return root
}

// path resolves a name against the working folder.
func (a *app) path(name string) string {
	if filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(a.Dir, name)
}

// copyText puts text on the local clipboard, if there is one that this machine
// can reach, and says how; "" leaves it to the terminal.
func (a *app) copyText(text string) (string, error) {
	far := a.Getenv("SSH_TTY") != "" || a.Getenv("SSH_CONNECTION") != "" // the local clipboard would be the wrong machine's
	if !far && a.Copy != nil && a.Copy(text) == nil {
		return "the clipboard", nil
	}
	if hasClipboard(a.Getenv("TERM")) {
		return "", nil
	}
	path, err := a.copyToFile(text)
	if err != nil {
		return "", fmt.Errorf("there is no clipboard here, and the file that would do instead: %w", err)
	}
	return "there being no clipboard, into the file " + path, nil
}

// hasClipboard tells whether a terminal may take a text for its clipboard.
// Those of a console never do; of the others nothing is known.
func hasClipboard(terminal string) bool {
	for _, mute := range []string{"linux", "vt", "ansi", "cons", "sun"} {
		if strings.HasPrefix(terminal, mute) {
			return false
		}
	}
	return true
}

// copyToFile puts what was copied into a file of the working folder, over what
// was copied before.
func (a *app) copyToFile(text string) (string, error) {
	path := filepath.Join(a.Dir, "coexist-copied.txt")
	if info, err := os.Lstat(path); err == nil && info.Mode()&fs.ModeSymlink != 0 {
		return path, fmt.Errorf("%s is a link, and what it leads to is not written over: remove it", path)
	}
	return path, migration.SaveAtomic(path, []byte(text))
}

// answer prints what a command was asked for: JSON for programs, text for
// people.
func (a *app) answer(asJSON bool, data any, text func() string) error {
	if !asJSON {
		_, err := io.WriteString(a.Out, text())
		return err
	}
	enc := json.NewEncoder(a.Out)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	return enc.Encode(data)
}

func isTerminal(stream any) bool {
	f, ok := stream.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// clock is this machine's, or that of the rehearsal that is shown.
func (a *app) clock() time.Time {
	a.mu.Lock()
	stage := a.stage
	a.mu.Unlock()
	if stage != nil {
		return stage.Now()
	}
	return a.Now()
}
