package command

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"coexist/checks"
	"coexist/checks/inventory"
	"coexist/checks/machine"
	"coexist/runbook/discovery"
	"coexist/runbook/migration"
	"coexist/runbook/script"
	"coexist/tui/intake/answers"
)

// errQuiet is a failure whose answer says everything already.
var errQuiet = errors.New("")

// discoverFlags are the flags of coexist discover.
type discoverFlags struct {
	dc, user, release       string
	passwordFD              int
	cas, resolvers, rejects []string
	loopback, asJSON        bool
	oldTLS                  bool
	from, save, draft       string
	script, shell           string
	inherit                 string
}

func discoverCommand(a *app) *cobra.Command {
	f := discoverFlags{passwordFD: -1}
	c := &cobra.Command{
		Use:   "discover [FILE]",
		Short: "Read the organisation from Active Directory: propose a migration, or compare one",
		Long: `Read the organisation from Active Directory and propose a migration, each line
with the object and attribute it came from. With FILE, a migration that exists,
say where what was typed and what is found differ.

It only reads: over LDAPS or StartTLS with a certificate that proves the domain
controller, else by NTLM without sending the password. What an account may not
read is reported as not readable, never as absent.

Without LDAP: --script writes a read-only script for the Exchange Management
Shell; --inventory takes in what it saved.`,
		Example: `  coexist discover --dc dc1.contoso.com --user 'CONTOSO\meyer' -o contoso.toml
  coexist discover contoso.toml --user 'CONTOSO\meyer'
  coexist discover contoso.toml --user 'CONTOSO\meyer' --inherit "A. Meyer"
  coexist discover --script inventory.ps1 --shell 2010
  coexist discover --inventory coexist-1a2b3c4d.json -o contoso.toml`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if err := f.valid(c.Flags().Changed, len(args)); err != nil {
				return err
			}
			switch {
			case f.script != "":
				return a.inventoryScript(f.script, f.shell)
			case len(args) == 1:
				return a.compare(c.Context(), args[0], f)
			}
			return a.propose(c.Context(), f)
		},
	}
	flags := c.Flags()
	flags.StringVar(&f.dc, "dc", "", "domain controller to begin with (default: of the migration, or as DNS names it)")
	flags.StringVar(&f.user, "user", "", `account to read with (DOMAIN\user or name@domain); its password is asked for`)
	flags.IntVar(&f.passwordFD, "password-fd", -1, "read the password from this file descriptor instead")
	flags.StringVar(&f.release, "release", "", `release to be installed ("2013 CU23")`)
	flags.StringArrayVar(&f.cas, "ca", nil, "PEM file of further trusted roots (repeatable)")
	flags.StringArrayVar(&f.resolvers, "resolver", nil, "name server to ask, label=address (repeatable)")
	flags.BoolVar(&f.loopback, "allow-loopback", false, "let answers in 127.0.0.0/8 and ::1 be connected to")
	flags.BoolVar(&f.oldTLS, "old-tls-logon", false, "let the account log on over verified TLS 1.0 and 1.1 as well")
	flags.BoolVar(&f.asJSON, "json", false, "answer as JSON")
	flags.StringVar(&f.from, "inventory", "", "take this inventory, or what the script saved, instead of reading")
	flags.StringVar(&f.save, "save", "", "keep the inventory in this file; never overwritten")
	flags.StringVarP(&f.draft, "output", "o", "", "write what is accepted as an unfinished migration: FILE.toml.draft, which the start screen continues")
	flags.StringArrayVar(&f.rejects, "reject", nil, "leave out the line with this key, and what stands below it (repeatable)")
	flags.StringVar(&f.script, "script", "", "write the inventory script to this file; never overwritten")
	flags.StringVar(&f.shell, "shell", "2010", "shell that the script is for: 2007, 2010 or 2013")
	flags.StringVar(&f.inherit, "inherit", "", "record the tasks that are true already, taken over as before our time by this person; their checks have still to be run")
	return c
}

// valid refuses flags that would do nothing where they stand.
func (f discoverFlags) valid(given func(string) bool, files int) error {
	none := func(why string, flags ...string) error {
		for _, name := range flags {
			if given(name) {
				return fmt.Errorf("--%s %s", name, why)
			}
		}
		return nil
	}
	reading := []string{"dc", "user", "password-fd", "ca", "resolver", "allow-loopback", "old-tls-logon"}
	var err error
	switch {
	case f.script != "" && files > 0:
		return errors.New("--script writes a script for any organisation: name no FILE with it")
	case f.script != "":
		err = none("does nothing with --script, which only writes the script", slices.Concat(reading, []string{"release", "inventory", "save", "output", "reject", "inherit", "json"})...)
	case given("inherit") && strings.TrimSpace(f.inherit) == "":
		return errors.New("--inherit names the person who takes over what was done before")
	case files > 0:
		err = none("does nothing with FILE: the migration says it", "ca", "resolver", "allow-loopback", "old-tls-logon", "release")
		if err == nil {
			err = none("belongs to a proposal: name no FILE with it", "output", "reject")
		}
	default:
		err = none("takes the tasks of a migration over: name its FILE", "inherit")
	}
	if err == nil && f.script == "" {
		err = none("belongs to --script", "shell")
	}
	if err == nil && f.from != "" {
		err = none("does nothing with --inventory, which is not read from the network", reading...)
	}
	return err
}

// inventoryScript writes the script for a management shell.
func (a *app) inventoryScript(out, shell string) error {
	if shell != "2007" && shell != "2010" && shell != "2013" {
		return fmt.Errorf("--shell %q: expected 2007, 2010 or 2013", shell)
	}
	data, m, err := script.WriteInventory(shell, version())
	if err != nil {
		return err
	}
	if err := migration.WriteNew(a.path(out), data); err != nil {
		return err
	}
	fmt.Fprintf(a.Err, "wrote %s: it reads and changes nothing\nrun it in the Exchange Management Shell of Exchange %s, then: coexist discover --inventory %s\n", out, shell, m.ResultName())
	return nil
}

// propose answers coexist discover without a migration.
func (a *app) propose(ctx context.Context, f discoverFlags) error {
	if err := a.knownRelease(f.release); err != nil {
		return err
	}
	inv, err := a.inventory(ctx, f, nil, "")
	if err != nil {
		return err
	}
	p := discovery.Propose(inv, f.release)
	if err := f.known(p); err != nil {
		return err
	}
	if err := a.answer(f.asJSON, p, p.Text); err != nil {
		return err
	}
	if f.draft != "" {
		if err := a.writeDraft(p.Migration(f.accepts), f.draft); err != nil {
			return err
		}
	}
	if !inv.Whole(inventory.SectionOrganization) || !inv.Whole(inventory.SectionServers) { // what is proposed rests on next to nothing
		return failure{errQuiet}
	}
	return nil
}

// accepts tells whether a line was not rejected.
func (f discoverFlags) accepts(l discovery.Line) bool {
	return !slices.ContainsFunc(f.rejects, func(key string) bool {
		return l.Key == key || strings.HasPrefix(l.Key, key+".") || strings.HasPrefix(l.Key, key+"[")
	})
}

// known refuses to reject what is not proposed: a slip of the pen would let a
// line through.
func (f discoverFlags) known(p *discovery.Proposal) error {
	for _, key := range f.rejects {
		one := discoverFlags{rejects: []string{key}}
		if !slices.ContainsFunc(p.Lines, func(l discovery.Line) bool { return !one.accepts(l) }) {
			return fmt.Errorf("--reject %s: no line with this key is proposed; see the list without --reject", key)
		}
	}
	return nil
}

// writeDraft writes an unfinished migration that the start screen continues.
func (a *app) writeDraft(m *migration.Migration, name string) error {
	form := answers.Form{Answers: answers.From(m), Zone: a.Now().Location()}
	data, err := form.Draft()
	if err != nil {
		return err
	}
	if !strings.HasSuffix(name, ".toml") {
		name += ".toml"
	}
	name += ".draft"
	if err := migration.WriteNew(a.path(name), data); err != nil {
		return err
	}
	fmt.Fprintf(a.Err, "wrote %s; continue it from the start screen: coexist\n", name)
	return nil
}

// compare answers coexist discover FILE.
func (a *app) compare(ctx context.Context, file string, f discoverFlags) error {
	known, err := a.known()
	if err != nil {
		return err
	}
	m, err := migration.Load(a.path(file), known)
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%w; to have one proposed, name no FILE: coexist discover --dc dc1.contoso.com --user 'DOMAIN\\name' -o %s", err, file)
	}
	if err != nil {
		return err
	}
	inv, err := a.inventory(ctx, f, m, a.path(file))
	if err != nil {
		return err
	}
	if f.inherit != "" {
		return a.inherit(file, inv, f)
	}
	list := discovery.Compare(m, inv, discovery.Options{Releases: a.lib.Releases})
	if err := a.answer(f.asJSON, append([]discovery.Finding{}, list...), func() string { return discovery.FindingsText(list) }); err != nil {
		return err
	}
	if discovery.Worst(list) >= discovery.Drift || discovery.Blind(list) {
		return failure{errQuiet}
	}
	return nil
}

// inherit records what is true already.
func (a *app) inherit(file string, inv *inventory.Inventory, f discoverFlags) error {
	s, err := a.openToRecord(file, false)
	if err != nil {
		return err
	}
	defer s.Close()
	claims := discovery.AlreadyTrue(s.Snapshot().Runbook, inv, a.lib.Releases)
	ids, err := s.Inherit(discovery.InheritedOf(claims), f.inherit)
	if err != nil {
		return err
	}
	claims = slices.DeleteFunc(claims, func(c discovery.Claim) bool { return !slices.Contains(ids, c.Task) })
	if err := a.answer(f.asJSON, append([]discovery.Claim{}, claims...), func() string { return discovery.ClaimsText(claims) }); err != nil {
		return err
	}
	fmt.Fprintf(a.Err, "%d tasks recorded as carried out before our time; run their checks now: coexist check %s\n", len(ids), file)
	return nil
}

func (a *app) knownRelease(name string) error {
	known, err := a.known()
	if err != nil || name == "" || slices.Contains(known.Releases, name) {
		return err
	}
	return fmt.Errorf("--release %q is not known: expected one of %s", name, strings.Join(known.Releases, ", "))
}

// inventory reads the organisation, or takes what was read before.
func (a *app) inventory(ctx context.Context, f discoverFlags, m *migration.Migration, path string) (*inventory.Inventory, error) {
	inv, err := a.readOrTake(ctx, f, m, path)
	if err != nil || f.save == "" {
		return inv, err
	}
	data, err := inventory.Format(inv)
	if err != nil {
		return nil, err
	}
	return inv, migration.WriteNew(a.path(f.save), data)
}

func (a *app) readOrTake(ctx context.Context, f discoverFlags, m *migration.Migration, path string) (*inventory.Inventory, error) {
	if f.from != "" {
		return a.takeInventory(f.from)
	}
	if f.user == "" {
		return nil, errors.New(`name the account to read with: --user 'DOMAIN\name'; or use --script and --inventory where LDAP cannot be used`)
	}
	net, err := a.discoverNetwork(f, m, path)
	if err != nil {
		return nil, err
	}
	password, err := a.password(ctx, f.user, f.passwordFD)
	if err != nil {
		return nil, err
	}
	net.Logon = func(context.Context, string) (checks.Credential, error) {
		return checks.Credential{Username: f.user, Password: password}, nil
	}
	return a.readDirectory(ctx, a.Err, net, m)
}

// readDirectory tests this computer, reads, and tests it again with the names
// that were found.
func (a *app) readDirectory(ctx context.Context, talk io.Writer, net *checks.Env, m *migration.Migration) (*inventory.Inventory, error) {
	web, names := "", []string(nil)
	if m != nil {
		web, names = m.Namespace.Primary, m.Hosts()
	}
	before := machine.Test(ctx, net, a.questions(web, append(names, net.Directory.Controllers...), net.Directory.Controllers))
	if bad := machine.Label(before); bad != "" {
		fmt.Fprintf(talk, "this computer: %s\n", bad)
	}
	inv, err := inventory.Read(ctx, net, inventory.Request{})
	if err != nil {
		return nil, failure{err}
	}
	inv.Machine = before
	if m == nil {
		found := discovery.Propose(inv, "").Migration(nil)
		if found.Namespace.Primary != "" {
			q := a.questions(found.Namespace.Primary, found.Hosts(), nil)
			q.Getenv = nil // told already
			inv.Machine = append(inv.Machine, machine.Test(ctx, net, q)...)
		}
	}
	return inv, nil
}

func (a *app) discoverNetwork(f discoverFlags, m *migration.Migration, path string) (*checks.Env, error) {
	if m != nil {
		net, err := a.network(path, m)
		if err == nil && f.dc != "" {
			net.Directory.Controllers = []string{f.dc}
		}
		return net, err
	}
	if f.dc == "" {
		return nil, errors.New("name a domain controller to begin with: --dc dc1.contoso.com")
	}
	net, err := a.probeNetwork(f.dc, f.resolvers, f.cas, checks.FieldSettings{Loopback: f.loopback, OldTLS: f.oldTLS})
	if err == nil {
		net.Directory.Controllers = []string{f.dc}
	}
	return net, err
}

// maxInventory bounds a file that is taken in.
const maxInventory = 32 << 20

// takeInventory reads an inventory that was saved, or what the script saved.
func (a *app) takeInventory(name string) (*inventory.Inventory, error) {
	file, err := os.Open(a.path(name))
	if err != nil {
		return nil, fmt.Errorf("--inventory: %w; expected what --save or the script wrote", err)
	}
	defer file.Close()
	data, err := io.ReadAll(io.LimitReader(file, maxInventory+1))
	if err != nil {
		return nil, fmt.Errorf("--inventory: %w", err)
	}
	inv, err := inventory.Parse(data)
	if err == nil {
		return inv, nil
	}
	fromScript, other := script.ReadInventory(data)
	if other == nil {
		return fromScript, nil
	}
	if strings.Contains(string(data[:min(len(data), 4096)]), "nonce") {
		err = other
	}
	return nil, fmt.Errorf("--inventory %s: %w", name, err)
}
