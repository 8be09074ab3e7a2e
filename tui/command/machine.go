package command

import (
	"context"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"coexist/checks"
	"coexist/checks/machine"
	"coexist/runbook/migration"
)

// hostsFile is where this system keeps names of its own.
func (a *app) hostsFile() []byte {
	path := "/etc/hosts"
	if runtime.GOOS == "windows" {
		path = filepath.Join(a.Getenv("SystemRoot"), "System32", "drivers", "etc", "hosts")
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return nil
	}
	return data
}

// questions are what this computer is tested with.
func (a *app) questions(web string, names, controllers []string) machine.Questions {
	return machine.Questions{Web: web, Names: names, Controllers: controllers, Getenv: a.Getenv, Hosts: a.hostsFile(), Now: a.Now}
}

// labelled tests this computer before the first run of a session, and labels
// every result of the session with what was found. A run that was cancelled
// meanwhile found nothing out: the next one tests again.
func (a *app) labelled(net *checks.Env, m *migration.Migration) func(ctx context.Context) {
	var mu sync.Mutex
	tested := false
	return func(ctx context.Context) {
		mu.Lock()
		defer mu.Unlock()
		if tested {
			return
		}
		q := a.questions(m.Namespace.Primary, m.Hosts(), net.Directory.Controllers)
		q.Patience = 4 * time.Second // somebody waits for the checks
		label := machine.Label(machine.Test(ctx, net, q))
		if ctx.Err() == nil {
			net.Machine, tested = label, true
		}
	}
}

// localLabel is what can be told of this computer without asking anybody, for
// the results of a single probe.
func (a *app) localLabel(names []string) string {
	return machine.Label(append(machine.Proxies(a.Getenv), machine.Overrides(a.hostsFile(), names)...))
}

// probeMachine answers coexist probe machine NAME.
func (a *app) probeMachine(ctx context.Context, net *checks.Env, name string, asJSON bool) error {
	list := machine.Test(ctx, net, a.questions(name, []string{name}, nil))
	if err := a.answer(asJSON, list, func() string { return machineText(list) }); err != nil {
		return err
	}
	open := slices.ContainsFunc(list, func(r machine.Remark) bool { return r.Open })
	if open || machine.Label(list) != "" {
		return failure{errQuiet}
	}
	return nil
}

func machineText(list []machine.Remark) string {
	var b strings.Builder
	for _, r := range list {
		word := "ok  "
		switch {
		case r.Bad:
			word = "look"
		case r.Open:
			word = "?   "
		}
		b.WriteString(word + " " + r.Name + strings.Repeat(" ", max(9-len(r.Name), 1)) + r.Text + "\n")
	}
	return b.String()
}
