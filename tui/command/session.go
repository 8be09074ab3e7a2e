package command

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"

	"coexist/checks"
	"coexist/runbook"
	"coexist/runbook/migration"
	"coexist/runbook/procedure"
	"coexist/runbook/rehearsal"
)

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
	m, text, err := migration.LoadText(path, known)
	if err != nil {
		return nil, err
	}
	net, err := a.network(path, m)
	if err != nil {
		return nil, err
	}
	if a.accounts != nil {
		if err := a.accounts(m); err != nil {
			return nil, err
		}
	}
	evidence := runbook.EvidenceOf(path)
	net.Store = func(lines []string) (string, error) { return evidence.Keep([]byte(strings.Join(lines, "\n") + "\n")) }
	net.Logon, net.Forget = a.logonsOf(m)
	lib, err := a.library()
	if err != nil {
		return nil, err
	}
	label := a.labelled(net, m)
	return runbook.Open(path, runbook.Options{
		Library: lib, Migration: m, Text: text, Shipped: a.procedures == shippedAlone, Clock: a.Now, Operator: a.operator, Host: a.Host, Tool: version(), ReadOnly: a.readOnly, Look: a.looking,
		Rehearsal: a.rehearsing,
		Run: func(ctx context.Context, list []checks.Check, each func(checks.Update)) []checks.Result {
			label(ctx)
			return checks.Run(ctx, net.Asked(ctx, list), list, each)
		},
	})
}

// logonsOf hands out the accounts of a migration's test mailboxes, and forgets
// one again that was refused; nil when nobody is there to ask for their
// passwords. The directory is read with the first of them.
func (a *app) logonsOf(m *migration.Migration) (logon func(context.Context, string) (checks.Credential, error), forget func(string)) {
	if a.logon == nil || len(m.Probes) == 0 {
		return nil, nil
	}
	user := func(account string) string {
		for i, p := range m.Probes {
			if strings.EqualFold(p.Mailbox, account) || account == checks.DirectoryAccount && i == 0 {
				return p.Username
			}
		}
		return account
	}
	logon = func(ctx context.Context, account string) (checks.Credential, error) {
		c, err := a.logon(ctx, user(account))
		c.Username = user(account)
		return c, err
	}
	return logon, func(account string) { a.forget(user(account)) }
}

// network makes the door to the network as a migration describes it.
func (a *app) network(path string, m *migration.Migration) (*checks.Env, error) {
	settings := a.settings(m)
	for _, name := range m.Network.Trust {
		pem, err := trusted(path, name)
		if err != nil {
			return nil, err
		}
		settings.TrustPEM, settings.TrustNames = append(settings.TrustPEM, pem), append(settings.TrustNames, name)
	}
	return a.Network(settings)
}

// settings are what a migration says of the network, but for the files it
// names.
func (a *app) settings(m *migration.Migration) checks.FieldSettings {
	return checks.FieldSettings{InternalResolver: m.Network.InternalResolver, ExternalResolver: m.Network.ExternalResolver,
		Directory: checks.Directory{Forest: m.Organization.Forest, Controllers: m.Network.DomainControllers}, Hosts: m.Hosts(),
		Loopback: m.Network.Loopback, OldTLS: m.Network.LogonOverOldTLS, Proxy: m.Network.Proxy, Now: a.Now, UserAgent: "coexist/" + version() + " (connectivity probe)"}
}

// trusted reads a file of further roots, named relative to the migration.
func trusted(path, name string) ([]byte, error) {
	if !filepath.IsAbs(name) {
		name = filepath.Join(filepath.Dir(path), name)
	}
	pem, err := os.ReadFile(name)
	if err != nil {
		return nil, fmt.Errorf("%s: network.trust: %w; expected a readable PEM file of certificates", path, err)
	}
	return pem, nil
}

// library loads the procedures, once.
func (a *app) library() (*procedure.Library, error) {
	if a.lib == nil {
		lib, err := a.loadLibrary()
		if err != nil {
			return nil, err
		}
		a.lib = lib
	}
	return a.lib, nil
}

// shippedAlone is what --procedures says when no overlay is wanted.
const shippedAlone = "none"

func (a *app) loadLibrary() (*procedure.Library, error) {
	if a.procedures == "" || a.procedures == shippedAlone {
		return procedure.Load(a.Assets)
	}
	lib, err := procedure.LoadWith(a.Assets, os.DirFS(a.path(a.procedures)))
	if err != nil {
		return nil, fmt.Errorf("--procedures %s:\n%w", a.procedures, err)
	}
	if found := procedure.Lint(lib, checks.Kinds()); len(found) > 0 {
		return nil, fmt.Errorf("--procedures %s: %d problem(s), the first: %s; `coexist procedure lint %[1]s` lists all", a.procedures, len(found), found[0])
	}
	return lib, nil
}

func (a *app) known() (migration.Known, error) {
	lib, err := a.library()
	if err != nil {
		return migration.Known{}, err
	}
	return migration.Known{Releases: lib.Releases.Targets()}, nil
}

// transcript returns the stored talk behind a result.
func transcript(s *runbook.Session, sha256 string) (string, error) {
	data, err := runbook.EvidenceOf(s.Snapshot().Path).Load(sha256)
	return string(data), err
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
		return nil, fmt.Errorf("%s: nothing can be recorded: %s", file, snap.Why)
	}
	return s, nil
}

// openOnRecord is openToRecord for acts that concern the record alone: they may
// be done on a rehearsal's record too, whose organisation need not run for them.
func (a *app) openOnRecord(file string) (*runbook.Session, error) {
	snap, err := a.look(file)
	if err != nil {
		return nil, err
	}
	a.looking, a.rehearsing = false, snap.Progress.Rehearsal
	if a.rehearsing != "" { // its clock has jumped over what one waits for
		clock := rehearsal.NewClock(a.Now)
		clock.NotBefore(snap.Progress.Last)
		a.Now = clock.Now
	}
	defer func() { a.rehearsing = "" }()
	return a.openToRecord(file, false)
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
