// Command coexist takes an engineer through an upgrade of Exchange 2007 or 2010
// to Exchange Server 2013. This file is wiring: the field's network, clock,
// clipboard and files for the commands in tui/command. See docs/architecture.md
// for the rest.
package main

import (
	"context"
	"io"
	"log"
	"os"
	"os/signal"
	"os/user"
	"syscall"
	"time"

	"github.com/atotto/clipboard"

	"coexist/assets"
	"coexist/checks"
	"coexist/tui/command"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	log.SetOutput(io.Discard) // net/http would write what hostile servers send onto the screen
	restore := command.SetUpConsole()
	code := command.ExitCode(run(ctx, os.Args[1:], fieldEnvironment()), os.Stderr)
	restore()
	os.Exit(code)
}

// run carries out one command line.
func run(ctx context.Context, args []string, env command.Environment) error {
	return command.Run(ctx, args, env)
}

// fieldEnvironment is the real world.
func fieldEnvironment() command.Environment {
	dir, _ := os.Getwd()
	host, _ := os.Hostname()
	name := ""
	if u, err := user.Current(); err == nil {
		name = u.Username
	}
	return command.Environment{
		Interrupts: func(ctx context.Context) (context.Context, context.CancelFunc) {
			return signal.NotifyContext(ctx, os.Interrupt)
		},
		In: os.Stdin, Out: os.Stdout, Err: os.Stderr, Dir: dir, Getenv: os.Getenv, Now: time.Now,
		User: name, Host: host, Assets: assets.FS, Network: checks.FieldEnv, Copy: clipboard.WriteAll,
	}
}
