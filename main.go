// Command coexist takes an engineer through an upgrade of Exchange 2007 or 2010
// to Exchange Server 2013. This file is wiring: the command tree, its flags and
// exit codes. See docs/architecture.md for the rest.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log"
	"os"
	"os/signal"
	"os/user"
	"path/filepath"
	"runtime/debug"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/atotto/clipboard"
	"github.com/spf13/cobra"
	"golang.org/x/term"

	"coexist/assets"
	"coexist/checks"
	"coexist/checks/lab"
	"coexist/checks/report"
	"coexist/checks/target"
	"coexist/runbook"
	"coexist/runbook/export"
	"coexist/runbook/journal"
	"coexist/runbook/migration"
	"coexist/runbook/procedure"
	"coexist/runbook/rehearsal"
	"coexist/runbook/script"
	"coexist/tui"
	"coexist/tui/intake"
	"coexist/tui/linear"
	"coexist/tui/paint"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	log.SetOutput(io.Discard) // net/http would write what hostile servers send onto the screen
	os.Exit(exitCode(run(ctx, os.Args[1:], fieldEnvironment()), os.Stderr))
}

// environment is everything outside the program that it may touch; the tests
// hand in their own.
type environment struct {
	In         io.Reader
	Out, Err   io.Writer
	Dir        string // working folder
	Getenv     func(string) string
	Now        func() time.Time
	User, Host string
	Assets     fs.FS
	Network    func(checks.FieldSettings) (*checks.Env, error)
	Copy       func(string) error // the local clipboard; an error means there is none
}

func fieldEnvironment() environment {
	dir, _ := os.Getwd()
	host, _ := os.Hostname()
	name := ""
	if u, err := user.Current(); err == nil {
		name = u.Username
	}
	return environment{
		In: os.Stdin, Out: os.Stdout, Err: os.Stderr, Dir: dir, Getenv: os.Getenv, Now: time.Now,
		User: name, Host: host, Assets: assets.FS, Network: checks.FieldEnv, Copy: clipboard.WriteAll,
	}
}

// failure is the outcome "something is wrong out there": exit code 1. Every
// other error is unusable input: exit code 2.
type failure struct{ error }

func (f failure) Unwrap() error { return f.error }

// exitCode prints an error, if there is one to tell, and returns the code for
// it.
func exitCode(err error, w io.Writer) int {
	if err == nil {
		return 0
	}
	if text := err.Error(); text != "" {
		fmt.Fprintln(w, text)
	}
	var f failure
	if errors.As(err, &f) {
		return 1
	}
	return 2
}

// run carries out one command line.
func run(ctx context.Context, args []string, env environment) error {
	root := newRoot(&app{environment: env, asker: tui.NewAsker()})
	root.SetArgs(args)
	root.SetIn(env.In)
	root.SetOut(env.Out)
	root.SetErr(env.Err)
	return root.ExecuteContext(ctx)
}

// app is what the commands share.
type app struct {
	environment
	operator string
	ascii    bool
	plain    bool
	readOnly bool
	looking  bool // an answer is read off, nothing else is done
	version  bool
	asker    *tui.Asker
	logon    func(context.Context, string) (checks.Credential, error) // nil: nobody is there to ask
	lib      *procedure.Library

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
	flags.BoolVar(&a.ascii, "ascii", a.Getenv("COEXIST_ASCII") != "", "draw with ASCII characters alone")
	root.Flags().BoolVar(&a.plain, "plain", a.Getenv("ACCESSIBLE") != "", "numbered prompts and plain lines instead of the full screen")
	// cobra's own flag prints through text/template, which keeps the linker from
	// dropping the methods that nothing calls.
	root.Flags().BoolVarP(&a.version, "version", "v", false, "version of coexist")
	root.Flags().BoolVar(&a.readOnly, "read-only", false, "look, record nothing")
	root.AddCommand(newCommand(a), rehearseCommand(a), statusCommand(a), commandsCommand(a), checkCommand(a), probeCommand(a),
		scriptCommand(a), importCommand(a), exportCommand(a), journalCommand(a), versionCommand(a), manCommand(root))
	return root
}

// wizard opens the full screen, or the linear mode where that is asked for.
func (a *app) wizard(ctx context.Context, args []string) error {
	linearMode := a.plain || a.Getenv("TERM") == "dumb"
	if !linearMode {
		a.logon = a.asker.Logon
	}
	if !linearMode && !(isTerminal(a.In) && isTerminal(a.Out)) {
		return tui.ErrNoTerminal
	}
	var session *runbook.Session
	if len(args) == 1 {
		s, err := a.open(args[0])
		if err != nil {
			return err
		}
		defer s.Close()
		session = s
	}
	return a.screens(ctx, session, linearMode)
}

// screens shows a session, or the start screen when there is none.
func (a *app) screens(ctx context.Context, session *runbook.Session, linearMode bool) error {
	defer a.endRehearsals()
	if linearMode {
		return a.linear(ctx, session)
	}
	return tui.Run(ctx, tui.Config{Session: session, Open: a.open, Start: a.start, Export: a.writeExport, Preview: renderExport,
		Rehearse: func(source string) (*runbook.Session, error) {
			return a.rehearse(rehearsal.Request{Dir: a.Dir, Source: source})
		},
		Transcript: transcript, Copy: a.copyText, Asker: a.asker, Clock: a.clock, Operator: a.operator, User: a.User, Version: version(), ASCII: a.ascii,
		ReadOnly: a.readOnly, SaveScript: a.saveScript, ImportFile: a.importFile, ImportText: importText})
}

// linear talks in numbered prompts and plain lines.
func (a *app) linear(ctx context.Context, session *runbook.Session) error {
	cfg := linear.Config{In: a.In, Out: a.Out, ASCII: a.ascii, Clock: a.clock, Intake: a.intake(),
		Rehearse: func(source string) (linear.Session, error) {
			s, err := a.rehearse(rehearsal.Request{Dir: a.Dir, Source: source})
			if err != nil {
				return nil, err
			}
			return s, nil
		},
		Open: func(path string) (linear.Session, error) {
			s, err := a.open(path)
			if err != nil {
				return nil, err
			}
			return s, nil
		},
		Export: func(s linear.Session, path string) (string, error) { return a.exportTo(s.Snapshot(), path) },
		SaveScript: func(s linear.Session, o script.Options) (string, script.Manifest, error) {
			return a.saveScript(s.(*runbook.Session), o)
		},
		ImportFile: func(s linear.Session, path string) (script.Outcome, error) {
			return a.importFile(s.(*runbook.Session), path)
		},
		ImportText: func(s linear.Session, data []byte) (script.Outcome, error) {
			return importText(s.(*runbook.Session), data)
		},
	}
	if session != nil {
		cfg.Session = session
	}
	return linear.Run(ctx, cfg)
}

// start makes the start screen of the wizard.
func (a *app) start(sketch func(*paint.Canvas, *migration.Migration)) tui.Start {
	cfg := a.intake()
	cfg.Diagram = sketch
	return intake.New(cfg)
}

// intake is what the start screen and the forms may do with files.
func (a *app) intake() intake.Config {
	known, _ := a.known()
	return intake.Config{
		Known: known, Releases: a.releases(), Folder: a.Dir, Clock: a.Now,
		Find:      func() []intake.Found { return a.found(known) },
		Save:      migration.WriteNew,
		Replace:   migration.SaveAtomic,
		SaveDraft: migration.SaveAtomic,
		DropDraft: os.Remove,
		LoadDraft: os.ReadFile,
	}
}

func (a *app) releases() []procedure.Release {
	lib, err := a.library()
	if err != nil {
		return nil
	}
	return lib.Releases.List
}

// found lists the migrations of the working folder for the start screen.
func (a *app) found(known migration.Known) []intake.Found {
	var list []intake.Found
	for _, f := range migration.Find(a.Dir, known) {
		shown := intake.Found{Path: f.Path, Name: f.Organization, Source: f.Source, Changed: f.Changed, Draft: f.Draft}
		if f.Started {
			shown.State = "under way"
		}
		if f.Err != nil {
			shown.Broken = f.Err.Error()
		}
		list = append(list, shown)
	}
	return list
}

// open opens a session on a migration file with this machine's network.
func (a *app) open(path string) (*runbook.Session, error) {
	// Almost all that is made here is kept: collecting it four times over would
	// take a third of the start.
	defer debug.SetGCPercent(debug.SetGCPercent(400))
	path = a.path(path)
	known, err := a.known()
	if err != nil {
		return nil, err
	}
	m, err := migration.Load(path, known)
	if err != nil {
		return nil, err
	}
	net, err := a.network(path, m)
	if err != nil {
		return nil, err
	}
	evidence := runbook.EvidenceOf(path)
	net.Store = func(lines []string) (string, error) { return evidence.Keep([]byte(strings.Join(lines, "\n") + "\n")) }
	net.Logon = a.logonsOf(m)
	lib, err := a.library()
	if err != nil {
		return nil, err
	}
	return runbook.Open(path, runbook.Options{
		Library: lib, Clock: a.Now, Operator: a.operator, Host: a.Host, Tool: version(), ReadOnly: a.readOnly, Look: a.looking,
		Run: func(ctx context.Context, list []checks.Check, each func(checks.Update)) []checks.Result {
			return checks.Run(ctx, net.Asked(ctx, list), list, each)
		},
	})
}

// logonsOf hands out the accounts of a migration's test mailboxes; nil when
// nobody is there to ask for their passwords. The directory is read with the
// first of them.
func (a *app) logonsOf(m *migration.Migration) func(context.Context, string) (checks.Credential, error) {
	if a.logon == nil || len(m.Probes) == 0 {
		return nil
	}
	return func(ctx context.Context, account string) (checks.Credential, error) {
		user := account
		for i, p := range m.Probes {
			if strings.EqualFold(p.Mailbox, account) || account == checks.DirectoryAccount && i == 0 {
				user = p.Username
				break
			}
		}
		c, err := a.logon(ctx, user)
		c.Username = user
		return c, err
	}
}

// network makes the door to the network as a migration describes it.
func (a *app) network(path string, m *migration.Migration) (*checks.Env, error) {
	settings := checks.FieldSettings{InternalResolver: m.Network.InternalResolver, ExternalResolver: m.Network.ExternalResolver,
		Directory: checks.Directory{Forest: m.Organization.Forest, Controllers: m.Network.DomainControllers}, Hosts: m.Hosts(),
		Loopback: m.Network.Loopback, Proxy: m.Network.Proxy, Now: a.Now, UserAgent: "coexist/" + version() + " (connectivity probe)"}
	for _, name := range m.Network.Trust {
		if !filepath.IsAbs(name) {
			name = filepath.Join(filepath.Dir(path), name)
		}
		pem, err := os.ReadFile(name)
		if err != nil {
			return nil, fmt.Errorf("%s: network.trust: %w; expected a readable PEM file of certificates", path, err)
		}
		settings.TrustPEM = append(settings.TrustPEM, pem)
	}
	return a.Network(settings)
}

// library loads the procedures, once.
func (a *app) library() (*procedure.Library, error) {
	if a.lib == nil {
		lib, err := procedure.Load(a.Assets)
		if err != nil {
			return nil, err
		}
		a.lib = lib
	}
	return a.lib, nil
}

func (a *app) known() (migration.Known, error) {
	lib, err := a.library()
	if err != nil {
		return migration.Known{}, err
	}
	return migration.Known{Releases: lib.Releases.Targets()}, nil
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
	if a.Getenv("SSH_TTY") != "" || a.Getenv("SSH_CONNECTION") != "" {
		return "", nil // the local clipboard would be the wrong machine's
	}
	if a.Copy == nil || a.Copy(text) != nil {
		return "", nil
	}
	return "the clipboard", nil
}

// transcript returns the stored talk behind a result.
func transcript(s *runbook.Session, sha256 string) (string, error) {
	data, err := runbook.EvidenceOf(s.Snapshot().Path).Load(sha256)
	return string(data), err
}

// renderExport renders the runbook of a session as it stands.
func renderExport(s *runbook.Session) ([]byte, error) {
	snap := s.Snapshot()
	return export.Markdown(snap.Runbook, snap.Events, export.Options{})
}

// writeExport renders the runbook of a session beside its migration.
func (a *app) writeExport(s *runbook.Session) (string, []byte, error) {
	path, err := a.exportTo(s.Snapshot(), "")
	if err != nil {
		return "", nil, err
	}
	data, err := os.ReadFile(path)
	return path, data, err
}

// exportTo writes the Markdown runbook; an empty path is the usual place.
func (a *app) exportTo(snap runbook.Snapshot, path string) (string, error) {
	if path == "" {
		path = strings.TrimSuffix(snap.Path, ".toml") + "-runbook.md"
	}
	data, err := export.Markdown(snap.Runbook, snap.Events, export.Options{})
	if err != nil {
		return "", err
	}
	return path, migration.SaveAtomic(a.path(path), data)
}

// saveScript writes a script beside the migration, under a name that no file
// has yet, and records it.
func (a *app) saveScript(s *runbook.Session, o script.Options) (string, script.Manifest, error) {
	o.Tool = version()
	stem := fmt.Sprintf("%s-step%d-%s", strings.TrimSuffix(s.Snapshot().Path, ".toml"), o.Step, o.Shell)
	if o.Server != "" {
		stem += "-" + o.Server
	}
	path := stem + ".ps1"
	for n := 2; ; n++ {
		written := false
		m, err := script.Save(s, o, path, func(path string, data []byte) error {
			err := migration.WriteNew(path, data)
			written = err == nil
			return err
		})
		if err != nil && written {
			err = errors.Join(err, os.Remove(path)) // what is not recorded could never be imported
		}
		if !errors.Is(err, fs.ErrExist) || n > 1000 {
			return path, m, err
		}
		path = fmt.Sprintf("%s-%d.ps1", stem, n)
	}
}

// importFile takes in a result file. A path that is not absolute is looked up
// beside the migration first, then in the working folder.
func (a *app) importFile(s *runbook.Session, name string) (script.Outcome, error) {
	path := name
	if !filepath.IsAbs(name) {
		path = filepath.Join(filepath.Dir(s.Snapshot().Path), name)
		if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
			path = a.path(name)
		}
	}
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return script.Outcome{}, fmt.Errorf("there is no file %s; expected the coexist-….json that the script saved", path)
	case err != nil:
		return script.Outcome{}, fmt.Errorf("%w; expected the coexist-….json that the script saved", err)
	case !info.Mode().IsRegular():
		return script.Outcome{}, fmt.Errorf("%s is no file; expected the coexist-….json that the script saved", path)
	case info.Size() > maxResult:
		return script.Outcome{}, fmt.Errorf("%s has %d bytes, more than any result file", path, info.Size())
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return script.Outcome{}, err
	}
	return script.Import(s, path, data, runbook.EvidenceOf(s.Snapshot().Path).Keep)
}

// maxResult is more than a result file ever has; what is larger is not read.
const maxResult = 64 << 20

// importText takes in the pasted text of a result file.
func importText(s *runbook.Session, data []byte) (script.Outcome, error) {
	return script.Import(s, "pasted text", data, runbook.EvidenceOf(s.Snapshot().Path).Keep)
}

func newCommand(a *app) *cobra.Command {
	source := "2010"
	c := &cobra.Command{
		Use:   "new FILE",
		Short: "Write a commented sample migration to start from",
		Args:  cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if source != migration.Source2007 && source != migration.Source2010 && source != migration.Mixed {
				return fmt.Errorf("--source %s: expected 2007, 2010 or mixed", source)
			}
			if err := migration.WriteNew(a.path(args[0]), migration.Sample(source)); err != nil {
				return err
			}
			fmt.Fprintf(a.Err, "wrote %s; edit it, then run: coexist %s\n", args[0], args[0])
			return nil
		},
	}
	c.Flags().StringVar(&source, "source", source, "2007, 2010 or mixed")
	return c
}

func statusCommand(a *app) *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:   "status FILE",
		Short: "Show steps, gates and what blocks them",
		Args:  cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			snap, err := a.look(args[0])
			if err != nil {
				return err
			}
			r := export.StatusOf(snap.Runbook, snap.Progress)
			if err := a.answer(asJSON, r, r.Text); err != nil {
				return err
			}
			if r.Bad {
				return failure{errors.New("")}
			}
			return nil
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "answer as JSON")
	return c
}

func commandsCommand(a *app) *cobra.Command {
	var asJSON bool
	var filter export.Filter
	c := &cobra.Command{
		Use:   "commands FILE",
		Short: "List the exact commands of the runbook",
		Args:  cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			snap, err := a.look(args[0])
			if err != nil {
				return err
			}
			r := export.CommandsOf(snap.Runbook, snap.Progress, filter)
			return a.answer(asJSON, r, r.Text)
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "answer as JSON")
	c.Flags().IntVar(&filter.Step, "step", 0, "only this step of the diagram")
	c.Flags().StringVar(&filter.Site, "site", "", "only this site")
	c.Flags().StringVar(&filter.Server, "server", "", "only this server")
	return c
}

func checkCommand(a *app) *cobra.Command {
	var asJSON, noRecord, watch bool
	var every time.Duration
	var step int
	var task string
	c := &cobra.Command{
		Use:   "check FILE",
		Short: "Run the checks of a step or task and record what they found",
		Args:  cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			s, err := a.openToRecord(args[0], noRecord)
			if err != nil {
				return err
			}
			defer s.Close()
			snap := s.Snapshot()
			ids, err := snap.Runbook.Select(step, task)
			if err != nil {
				return err
			}
			run := s.RunChecks
			if noRecord {
				run = s.TryChecks
			}
			round := func() ([]checks.Result, error) { return run(c.Context(), ids, report.Progress(a.Err, len(ids))) }
			var results []checks.Result
			if watch {
				results, err = report.Watch(c.Context(), a.Err, round, pause(every))
			} else {
				results, err = round()
			}
			if err != nil {
				return err
			}
			if err := a.answer(asJSON, results, func() string { return report.Text(results) }); err != nil {
				return err
			}
			if bad := snap.Runbook.CountBlocking(results); bad > 0 {
				return failure{fmt.Errorf("%d required check(s) failed or could not be decided", bad)}
			}
			return nil
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "answer as JSON")
	c.Flags().BoolVar(&watch, "watch", false, "repeat until three rounds in a row are clean")
	c.Flags().DurationVar(&every, "every", 10*time.Second, "time between two rounds of --watch")
	c.Flags().BoolVar(&noRecord, "no-record", false, "run without writing to the journal")
	c.Flags().IntVar(&step, "step", 0, "only this step of the diagram")
	c.Flags().StringVar(&task, "task", "", "only this task (name or name/target)")
	return c
}

// pause waits between two rounds of a watch.
func pause(d time.Duration) func(context.Context) error {
	return func(ctx context.Context) error {
		select {
		case <-time.After(d):
			return nil
		case <-ctx.Done():
			return failure{errors.New("the watch was ended before three rounds were clean")}
		}
	}
}

// openToRecord opens a session that can write, or says who holds the journal.
func (a *app) openToRecord(file string, noRecord bool) (*runbook.Session, error) {
	a.readOnly = noRecord
	if a.operator == "" {
		a.operator = a.User
	}
	s, err := a.open(file)
	if err != nil {
		return nil, err
	}
	if snap := s.Snapshot(); snap.ReadOnly && !noRecord {
		s.Close()
		if snap.Holder != "" {
			return nil, fmt.Errorf("%s: the journal is held by %s; close it there, or look without recording with --no-record", file, snap.Holder)
		}
		return nil, fmt.Errorf("%s: the journal can only be read: %s", file, snap.Why)
	}
	return s, nil
}

// look opens a migration only to read it.
func (a *app) look(file string) (runbook.Snapshot, error) {
	a.readOnly, a.looking = true, true
	s, err := a.open(file)
	if err != nil {
		return runbook.Snapshot{}, err
	}
	defer s.Close()
	return s.Snapshot(), nil
}

func scriptCommand(a *app) *cobra.Command {
	var o script.Options
	var out string
	c := &cobra.Command{
		Use:   "script FILE --step N [--shell 2007|2010|2013] -o FILE.ps1",
		Short: "Write a read-only script for the Exchange Management Shell",
		Args:  cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if o.Shell != "2007" && o.Shell != "2010" && o.Shell != "2013" {
				return fmt.Errorf("--shell %q: expected 2007, 2010 or 2013", o.Shell)
			}
			if o.Step == 0 || out == "" {
				return errors.New("name the step with --step and the file to write with -o")
			}
			s, err := a.openToRecord(args[0], false)
			if err != nil {
				return err
			}
			defer s.Close()
			o.Tool = version()
			m, err := script.Save(s, o, a.path(out), migration.WriteNew)
			if err != nil {
				return err
			}
			fmt.Fprintf(a.Err, "wrote %s: %d checks, %d captured values\nrun it in the Exchange Management Shell of Exchange %s, then: coexist import %s %s\n",
				out, len(m.Checks), len(m.Captures), m.Shell, args[0], m.ResultName())
			return nil
		},
	}
	c.Flags().IntVar(&o.Step, "step", 0, "step of the diagram")
	c.Flags().StringVar(&o.Shell, "shell", "2013", "2007, 2010 or 2013")
	c.Flags().StringVar(&o.Server, "server", "", "only what must be read on this server")
	c.Flags().BoolVar(&o.Capture, "capture", false, "also read the values that the step's tasks will change")
	c.Flags().StringVarP(&out, "output", "o", "", "the script to write; never overwritten")
	return c
}

func importCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "import FILE RESULTS",
		Short: "Take in what a script saved, as evidence",
		Args:  cobra.ExactArgs(2),
		RunE: func(c *cobra.Command, args []string) error {
			s, err := a.openToRecord(args[0], false)
			if err != nil {
				return err
			}
			defer s.Close()
			out, err := a.importFile(s, a.path(args[1]))
			if err != nil {
				return err
			}
			fmt.Fprint(a.Out, report.Text(out.Results))
			fmt.Fprint(a.Err, out.Text())
			return nil
		},
	}
}

func exportCommand(a *app) *cobra.Command {
	var out string
	var o export.Options
	var check bool
	c := &cobra.Command{
		Use:   "export FILE",
		Short: "Write the runbook as Markdown or JSON",
		Args:  cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			snap, err := a.look(args[0])
			if err != nil {
				return err
			}
			data, err := export.Write(snap.Runbook, snap.Events, o)
			if err != nil {
				return err
			}
			suffix := map[string]string{"json": "-runbook.json"}[o.Format]
			if suffix == "" {
				suffix = "-runbook.md"
			}
			if out == "" {
				out = strings.TrimSuffix(args[0], ".toml") + suffix
			}
			if check {
				return a.compareExport(out, data)
			}
			if out == "-" {
				_, err = a.Out.Write(data)
				return err
			}
			if err := migration.SaveAtomic(a.path(out), data); err != nil {
				return err
			}
			fmt.Fprintf(a.Err, "wrote %s\n", out)
			return nil
		},
	}
	c.Flags().StringVarP(&out, "output", "o", "", "file to write, - for standard output (default: NAME-runbook.md)")
	c.Flags().StringVar(&o.Format, "format", "markdown", "markdown or json")
	c.Flags().BoolVar(&o.Plan, "plan", false, "the plan before the work, without results")
	c.Flags().StringVar(&o.Profile, "profile", "full", "full, manager, auditor or engineer")
	c.Flags().BoolVar(&o.Redact, "redact", false, "replace names, addresses and people by stable pseudonyms")
	c.Flags().BoolVar(&check, "check", false, "compare the file with what would be written now")
	return c
}

// compareExport holds an earlier export against what the journal gives today.
func (a *app) compareExport(name string, want []byte) error {
	got, err := os.ReadFile(a.path(name))
	if err != nil {
		return err
	}
	if string(got) != string(want) {
		return failure{fmt.Errorf("%s differs from what the journal gives: it was edited, or the journal went on since", name)}
	}
	fmt.Fprintf(a.Err, "%s is what the journal gives\n", name)
	return nil
}

func journalCommand(a *app) *cobra.Command {
	c := &cobra.Command{Use: "journal", Short: "Verify or continue a journal"}
	c.AddCommand(&cobra.Command{
		Use: "verify FILE", Short: "Verify the chain of the journal", Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			r, err := journal.Verify(runbook.JournalPath(a.path(args[0])))
			if err != nil {
				return err
			}
			fmt.Fprint(a.Out, r.Text())
			if r.Broken != nil {
				return failure{errors.New("")}
			}
			return nil
		},
	}, &cobra.Command{
		Use: "continue FILE", Short: "Start a new journal after a broken chain; the old one is kept", Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if a.operator == "" {
				a.operator = a.User
			}
			next, err := journal.Continue(runbook.JournalPath(a.path(args[0])), journal.Options{Clock: a.Now, Operator: a.operator, Host: a.Host})
			if err != nil {
				return err
			}
			fmt.Fprintf(a.Err, "the broken journal is kept as %s; the new one begins with its %d sound entries and names the break at line %d\n",
				next.Old, next.Entries, next.Line)
			return nil
		},
	})
	return c
}

func versionCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use: "version", Short: "Print version, commit and the hash of the procedures", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, args []string) error {
			lib, err := a.library()
			if err != nil {
				return err
			}
			fmt.Fprintf(a.Out, "coexist %s\nprocedures sha256:%s\n", version(), lib.Hash)
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

func probeCommand(a *app) *cobra.Command {
	var asJSON, loopback, transcript bool
	var o target.Options
	var resolvers, cas []string
	var release string
	passwordFD := -1
	c := &cobra.Command{
		Use:   "probe KIND TARGET",
		Short: "Run one probe; no migration needed",
		Long:  "Run one probe; no migration needed. The kinds:\n\n" + kindsHelp(),
		Args:  cobra.ExactArgs(2),
		RunE: func(c *cobra.Command, args []string) error {
			if err := a.wantedVersions(release, &o); err != nil {
				return err
			}
			list, err := target.Checks(args[0], args[1], o)
			if err != nil {
				return err
			}
			net, err := a.probeNetwork(args[1], resolvers, cas, loopback)
			if err != nil {
				return err
			}
			if o.Account != "" {
				password, err := a.password(o.Account, passwordFD)
				if err != nil {
					return err
				}
				net.Logon = func(context.Context, string) (checks.Credential, error) {
					return checks.Credential{Username: o.Account, Password: password}, nil
				}
			}
			if transcript {
				net.Store = func(lines []string) (string, error) {
					_, err := fmt.Fprintf(a.Err, "%s\n", strings.Join(lines, "\n"))
					return "", err
				}
			}
			results := checks.Run(c.Context(), net, list, nil)
			for i := range results {
				results[i].Operator, results[i].Host = a.operator, a.Host
			}
			if err := a.answer(asJSON, results, func() string { return report.Text(results) }); err != nil {
				return err
			}
			for _, r := range results {
				if r.Verdict == checks.Fail || r.Verdict == checks.Unknown {
					return failure{errors.New("")}
				}
			}
			return nil
		},
	}
	f := c.Flags()
	f.BoolVar(&asJSON, "json", false, "answer as JSON")
	f.BoolVar(&transcript, "transcript", false, "show what was said on the wire, without secrets")
	f.StringSliceVar(&o.Types, "type", nil, "dns: record types (A,AAAA,CNAME,MX,SRV,TXT,PTR,NS,SOA)")
	f.StringVar(&o.StartTLS, "starttls", "", "tls: smtp, imap, pop or ldap")
	f.StringVar(&o.Role, "role", "", "http: owa, ecp, ews, eas, oab, mapi, rpc, powershell, healthcheck or autodiscover")
	f.StringSliceVar(&o.Query, "query", nil, "ldap: what to read (rootdse,schema,organization,servers,scp,...)")
	f.StringVar(&release, "release", "", `ldap: judge the versions by this release ("2013 CU23")`)
	f.StringArrayVar(&resolvers, "resolver", nil, "name server to ask, label=address (repeatable)")
	f.StringVar(&o.Account, "user", "", `account to sign in as (DOMAIN\user or name@domain); its password is asked for`)
	f.IntVar(&passwordFD, "password-fd", -1, "read the password from this file descriptor instead")
	f.StringVar(&o.IP, "ip", "", "connect to this address, keep the name")
	f.StringArrayVar(&o.Names, "name", nil, "tls: name that the certificate must cover (repeatable)")
	f.StringArrayVar(&cas, "ca", nil, "PEM file of further trusted roots (repeatable)")
	f.BoolVar(&loopback, "allow-loopback", false, "let answers in 127.0.0.0/8 and ::1 be connected to")
	f.DurationVar(&o.Timeout, "timeout", 0, "whole time for the probe (default: the kind's own)")
	return c
}

// wantedVersions fills in the directory versions of a release.
func (a *app) wantedVersions(release string, o *target.Options) error {
	if release == "" {
		return nil
	}
	lib, err := a.library()
	if err != nil {
		return err
	}
	r, ok := lib.Release(release)
	if !ok {
		return fmt.Errorf("--release %q is not known: expected one of %s", release, strings.Join(lib.Releases.Targets(), ", "))
	}
	o.RangeUpper, o.OrgVersion, o.DomainVersion = r.RangeUpper, r.OrgVersion, r.DomainVersion
	return nil
}

// probeNetwork makes the network for a single probe.
func (a *app) probeNetwork(named string, resolvers, cas []string, loopback bool) (*checks.Env, error) {
	settings := checks.FieldSettings{Hosts: target.Hosts(named), Loopback: loopback, Now: a.Now, Vantage: checks.Any, UserAgent: "coexist/" + version() + " (connectivity probe)"}
	for _, text := range resolvers {
		label, addr, ok := strings.Cut(text, "=")
		if !ok {
			label, addr = text, text
		}
		settings.Resolvers = append(settings.Resolvers, checks.Resolver{Label: label, Addr: addr, View: checks.Any})
	}
	for _, name := range cas {
		pem, err := os.ReadFile(a.path(name))
		if err != nil {
			return nil, fmt.Errorf("--ca: %w", err)
		}
		settings.TrustPEM = append(settings.TrustPEM, pem)
	}
	return a.Network(settings)
}

// password reads a password without showing it: from a file descriptor, else
// from the terminal. It never comes from the command line.
func (a *app) password(account string, fd int) (checks.Secret, error) {
	if fd >= 0 {
		f := os.NewFile(uintptr(fd), "password")
		if f == nil {
			return checks.Secret{}, fmt.Errorf("--password-fd %d: no such file descriptor", fd)
		}
		defer f.Close()
		line, err := bufio.NewReader(io.LimitReader(f, 4096)).ReadString('\n')
		if line = strings.TrimRight(line, "\r\n"); line == "" {
			return checks.Secret{}, fmt.Errorf("--password-fd %d: expected one line with the password (%v)", fd, err)
		}
		return checks.NewSecret(line), nil
	}
	in, ok := a.In.(*os.File)
	if !ok || !isTerminal(a.In) {
		return checks.Secret{}, errors.New("there is no terminal to ask for the password on; give it with --password-fd N")
	}
	fmt.Fprintf(a.Err, "Password of %s: ", account)
	data, err := term.ReadPassword(int(in.Fd()))
	fmt.Fprintln(a.Err)
	if err != nil || len(data) == 0 {
		return checks.Secret{}, errors.New("no password was given")
	}
	return checks.NewSecret(string(data)), nil
}

func kindsHelp() string {
	var b strings.Builder
	for _, name := range target.Kinds() {
		kind := name
		if name == "imap" || name == "pop" {
			kind = "mailbox"
		}
		fmt.Fprintf(&b, "  %-13s %s\n", name, checks.KindNamed(kind).Doc)
	}
	return b.String()
}

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

// rehearse opens a rehearsal: its folder, its simulated organisation and a
// session on both. Nothing leaves this machine.
func (a *app) rehearse(q rehearsal.Request) (*runbook.Session, error) {
	s, _, _, err := a.openRehearsal(q)
	return s, err
}

func (a *app) openRehearsal(q rehearsal.Request) (*runbook.Session, *lab.Organization, *rehearsal.Rehearsal, error) {
	lib, err := a.library()
	if err != nil {
		return nil, nil, nil, err
	}
	if err := lab.KnownFaults(q.Faults); err != nil {
		return nil, nil, nil, err
	}
	r, err := rehearsal.Prepare(q, a.Now())
	if err != nil {
		return nil, nil, nil, err
	}
	m, err := migration.Load(r.Migration(), migration.Known{Releases: lib.Releases.Targets()})
	if err != nil {
		return nil, nil, nil, err
	}
	clock := rehearsal.NewClock(a.Now)
	clock.NotBefore(r.LastEvent())
	org, err := lab.NewOrganization(rehearsal.Describe(m, lib.Releases, r, clock.Now))
	if err != nil {
		return nil, nil, nil, err
	}
	a.mu.Lock()
	a.rehearsals, a.stage = append(a.rehearsals, org), clock
	a.mu.Unlock()
	inside, outside := org.Env(checks.Inside), org.Env(checks.Outside)
	evidence := runbook.EvidenceOf(r.Migration())
	inside.Store = func(lines []string) (string, error) { return evidence.Keep([]byte(strings.Join(lines, "\n") + "\n")) }
	outside.Store = inside.Store
	s, err := runbook.Open(r.Migration(), runbook.Options{
		Assets: a.Assets, Clock: clock.Now, Operator: a.operator, Host: a.Host, Tool: version(), ReadOnly: a.readOnly,
		Run: rehearsal.Runner(inside, outside), Apply: org.Apply, Waits: clock.Skip, Capture: rehearsal.Capture(org),
		Rehearsal: r.Name(),
	})
	return s, org, r, err
}

// endRehearsals closes what rehearsals run.
func (a *app) endRehearsals() {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, org := range a.rehearsals {
		org.Close()
	}
	a.rehearsals, a.stage = nil, nil
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

func rehearseCommand(a *app) *cobra.Command {
	var q rehearsal.Request
	var headless, asJSON bool
	c := &cobra.Command{
		Use:   "rehearse [DIR]",
		Short: "Train on a built-in organisation that runs on this machine alone",
		Long: `Train on a built-in organisation that runs on this machine alone. The files
live in DIR/rehearsal-SCENARIO-SOURCE; opened again, the organisation is where
it was left. The clock of a rehearsal jumps over the times that tasks make one
wait for.

` + rehearsalHelp(),
		Args: cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			q.Dir = a.Dir
			if len(args) == 1 {
				q.Dir = a.path(args[0])
			}
			if headless {
				return a.rehearseHeadless(c.Context(), q, asJSON)
			}
			linearMode := a.plain || a.Getenv("TERM") == "dumb"
			if !linearMode && !(isTerminal(a.In) && isTerminal(a.Out)) {
				return tui.ErrNoTerminal
			}
			defer a.endRehearsals()
			s, err := a.rehearse(q)
			if err != nil {
				return err
			}
			defer s.Close()
			return a.screens(c.Context(), s, linearMode)
		},
	}
	f := c.Flags()
	f.StringVar(&q.Source, "source", "", "2007, 2010 or mixed (default: 2010, or what the folder says)")
	f.StringVar(&q.Scenario, "scenario", "", "which rehearsal (default: plain, or what the folder says)")
	f.StringSliceVar(&q.Faults, "fault", nil, "what goes wrong besides")
	f.BoolVar(&headless, "headless", false, "carry everything out without anybody at the keyboard")
	f.BoolVar(&asJSON, "json", false, "with --headless: answer as JSON")
	f.BoolVar(&a.plain, "plain", a.Getenv("ACCESSIBLE") != "", "numbered prompts and plain lines instead of the full screen")
	return c
}

func (a *app) rehearseHeadless(ctx context.Context, q rehearsal.Request, asJSON bool) error {
	if a.operator == "" {
		a.operator = rehearsal.Operator
	}
	defer a.endRehearsals()
	s, org, r, err := a.openRehearsal(q)
	if err != nil {
		return err
	}
	defer s.Close()
	talk := a.Out
	if asJSON {
		talk = a.Err
	}
	sum, err := rehearsal.Headless(ctx, s, org, r, talk)
	if err != nil {
		return err
	}
	if err := a.answer(asJSON, sum, sum.Text); err != nil {
		return err
	}
	if !sum.Finished {
		return failure{errors.New("the rehearsal did not reach its end")}
	}
	return nil
}

func rehearsalHelp() string {
	var b strings.Builder
	b.WriteString("The scenarios:\n\n")
	for _, s := range rehearsal.Scenarios {
		fmt.Fprintf(&b, "  %-26s %s\n", s.Name, s.Doc)
	}
	b.WriteString("\nThe faults:\n\n")
	for _, f := range lab.Faults {
		fmt.Fprintf(&b, "  %-26s %s\n", f.Name, f.Doc)
	}
	return b.String()
}
