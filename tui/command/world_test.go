package command

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime/debug"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/atotto/clipboard"

	"coexist/assets"
	"coexist/checks"
	"coexist/checks/lab"
	"coexist/runbook/runbooktest"
	"coexist/tui/tuitest"
)

// TestMain lets the test binary stand in for the program: the end-to-end tests
// run it in a pseudo terminal, with the laboratory as its network.
func TestMain(m *testing.M) {
	if os.Getenv("COEXIST_TEST_PROGRAM") != "" {
		os.Exit(shipped())
	}
	if world := os.Getenv("COEXIST_TEST_WORLD"); world != "" {
		os.Exit(inWorld(world))
	}
	if os.Getenv("COEXIST_TEST_FIELD") != "" { // as it is delivered, for the pictures
		env := fieldEnvironment()
		env.User, env.Host = "meyer", "jumphost"
		os.Exit(ExitCode(Run(context.Background(), os.Args[1:], env), os.Stderr))
	}
	folder, err := filepath.Abs("../../runbook") // the program runs elsewhere
	if err == nil {
		err = os.Setenv("COEXIST_TEST_RUNBOOK", folder)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	debug.SetGCPercent(400) // a quarter of the time went into collecting
	os.Exit(m.Run())
}

// inWorld runs the program against a laboratory whose name server follows a
// file: its text is the address of mail.contoso.com.
func inWorld(world string) int {
	l, err := lab.New(lab.Config{})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 2
	}
	defer l.Close()
	env := fieldEnvironment()
	env.User, env.Host, env.Copy = "meyer", "jumphost", nil
	small, err := runbooktest.SmallFiles(os.Getenv("COEXIST_TEST_RUNBOOK"), "prepare.name", "prepare.port")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 2
	}
	env.Assets = small
	if os.Getenv("COEXIST_TEST_CLIPBOARD") == "broken" {
		env.Copy = func(string) error { panic("the clipboard caught fire") }
	}
	env.Network = func(checks.FieldSettings) (*checks.Env, error) {
		door := l.Env()
		dial := door.Dial
		door.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
			if text, err := os.ReadFile(world); err == nil {
				switch strings.TrimSpace(string(text)) {
				case "silent":
					<-ctx.Done()
					return nil, ctx.Err()
				case "broken":
					panic("the network card caught fire")
				}
				if a, err := netip.ParseAddr(strings.TrimSpace(string(text))); err == nil {
					l.SetAddresses(checks.Inside, "mail.contoso.com", 300, a)
				}
			}
			return dial(ctx, network, address)
		}
		return door, nil
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	return ExitCode(Run(ctx, os.Args[1:], env), os.Stderr)
}

// start runs the program in a folder on a terminal of its own.
func start(t *testing.T, dir string, w, h int, args ...string) *tuitest.Terminal {
	t.Helper()
	return tuitest.Start(t, inFolder(exec.Command(os.Args[0], args...), dir), w, h)
}

// inFolder gives a command the folder, the laboratory and a modern terminal.
func inFolder(cmd *exec.Cmd, dir string, more ...string) *exec.Cmd {
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "COEXIST_TEST_WORLD="+filepath.Join(dir, "world"), "TERM=xterm-256color", "COLORTERM=truecolor",
		"TMUX=", "NO_COLOR=", "ACCESSIBLE=", "COEXIST_ASCII=", "SSH_TTY=", "SSH_CONNECTION=", "HISTFILE=", "PS1=$ ")
	cmd.Env = append(cmd.Env, more...)
	return cmd
}

// fieldEnvironment is the real world, as main hands it in.
func fieldEnvironment() Environment {
	dir, err := os.Getwd()
	if err != nil {
		panic(err)
	}
	return Environment{In: os.Stdin, Out: os.Stdout, Err: os.Stderr, Dir: dir, Getenv: os.Getenv, Now: time.Now,
		Assets: assets.FS, Network: checks.FieldEnv, Copy: clipboard.WriteAll,
		Interrupts: func(ctx context.Context) (context.Context, context.CancelFunc) {
			return signal.NotifyContext(ctx, os.Interrupt)
		}}
}
