package command

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"coexist/checks"
	"coexist/checks/report"
	"coexist/checks/target"
)

// probeFlags are what coexist probe was asked for.
type probeFlags struct {
	target.Options
	asJSON, loopback, oldTLS, transcript bool
	resolvers, cas                       []string
	release                              string
	passwordFD                           int
}

func probeCommand(a *app) *cobra.Command {
	q := probeFlags{passwordFD: -1}
	c := &cobra.Command{
		Use:   "probe KIND TARGET",
		Short: "Run one probe; no migration needed",
		Long:  "Run one probe; no migration needed. The kinds:\n\n" + kindsHelp(),
		Args:  cobra.ExactArgs(2),
		RunE:  func(c *cobra.Command, args []string) error { return a.probe(c.Context(), args[0], args[1], q) },
	}
	f := c.Flags()
	f.BoolVar(&q.asJSON, "json", false, "answer as JSON")
	f.BoolVar(&q.transcript, "transcript", false, "show what was said on the wire, without secrets")
	f.StringSliceVar(&q.Types, "type", nil, "dns: record types (A,AAAA,CNAME,MX,SRV,TXT,PTR,NS,SOA)")
	f.StringVar(&q.StartTLS, "starttls", "", "tls: smtp, imap, pop or ldap")
	f.StringVar(&q.Role, "role", "", "http: owa, ecp, ews, eas, oab, mapi, rpc, powershell, healthcheck or autodiscover")
	f.StringSliceVar(&q.Query, "query", nil, "ldap: what to read (rootdse,schema,organization,servers,scp,...)")
	f.StringVar(&q.release, "release", "", `ldap: judge the versions by this release ("2013 CU23")`)
	f.StringArrayVar(&q.resolvers, "resolver", nil, "name server to ask for names and addresses instead of this computer's, label=address (repeatable); dns compares them, and the labels inside and outside tell which side one answers for")
	f.StringVar(&q.Account, "user", "", `account to sign in as (DOMAIN\user or name@domain); its password is asked for`)
	f.IntVar(&q.passwordFD, "password-fd", -1, "read the password from this file descriptor instead")
	f.StringVar(&q.IP, "ip", "", "connect to this address, keep the name")
	f.StringArrayVar(&q.Names, "name", nil, "tls: name that the certificate must cover (repeatable)")
	f.StringArrayVar(&q.cas, "ca", nil, "PEM file of further trusted roots (repeatable)")
	f.BoolVar(&q.loopback, "allow-loopback", false, "let answers in 127.0.0.0/8 and ::1 be connected to")
	f.BoolVar(&q.oldTLS, "old-tls-logon", false, "let the account log on over verified TLS 1.0 and 1.1 as well; at best a warning")
	f.DurationVar(&q.Timeout, "timeout", 0, "whole time for the probe (default: the kind's own)")
	return c
}

// probe runs one probe, or tests the computer itself.
func (a *app) probe(ctx context.Context, kind, named string, q probeFlags) error {
	if err := a.wantedVersions(q.release, &q.Options); err != nil {
		return err
	}
	var list []checks.Check
	if kind == "machine" {
		if err := q.Meant("machine"); err != nil {
			return err
		}
		if len(q.resolvers) > 0 {
			return errors.New("--resolver means nothing to kind machine, which tests this computer's own")
		}
	} else {
		var err error
		if list, err = target.Checks(kind, named, q.Options); err != nil {
			if !slices.Contains(target.Kinds(), kind) {
				return fmt.Errorf("%w, machine", err)
			}
			return err
		}
	}
	if q.passwordFD >= 0 && q.Account == "" {
		return errors.New("--password-fd reads the password of an account: name it with --user")
	}
	net, err := a.probeNetwork(named, q.resolvers, q.cas, checks.FieldSettings{Loopback: q.loopback, OldTLS: q.oldTLS})
	if err != nil {
		return err
	}
	if kind == "machine" {
		return a.probeMachine(ctx, net, named, q.asJSON)
	}
	net.Machine = a.localLabel(target.Hosts(named))
	if kind != "dns" { // which compares this computer's resolver with the others
		net.LookUpAt(net.Resolvers)
	}
	if q.Account != "" {
		password, err := a.password(ctx, q.Account, q.passwordFD)
		if err != nil {
			return err
		}
		net.Logon = func(context.Context, string) (checks.Credential, error) {
			return checks.Credential{Username: q.Account, Password: password}, nil
		}
	}
	if q.transcript {
		net.Store = func(lines []string) (string, error) {
			_, err := fmt.Fprintf(a.Err, "%s\n", strings.Join(lines, "\n"))
			return "", err
		}
	}
	return a.answerProbe(checks.Run(ctx, net, list, nil), q.asJSON)
}

// answerProbe tells what was found.
func (a *app) answerProbe(results []checks.Result, asJSON bool) error {
	for i := range results {
		results[i].Operator, results[i].Host = a.operator, a.Host
	}
	if err := a.answer(asJSON, results, func() string { return report.Text(results) }); err != nil {
		return err
	}
	bad := func(r checks.Result) bool { return r.Verdict == checks.Fail || r.Verdict == checks.Unknown }
	if slices.ContainsFunc(results, bad) {
		return failure{errQuiet}
	}
	return nil
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

// probeNetwork makes the network for a single probe, with what its flags
// settled.
func (a *app) probeNetwork(named string, resolvers, cas []string, settings checks.FieldSettings) (*checks.Env, error) {
	settings.Hosts, settings.Now, settings.Vantage = target.Hosts(named), a.Now, checks.Any
	settings.UserAgent = "coexist/" + version() + " (connectivity probe)"
	for _, text := range resolvers {
		label, addr, ok := strings.Cut(text, "=")
		if !ok {
			label, addr = text, text
		}
		view := map[string]checks.Vantage{"inside": checks.Inside, "internal": checks.Inside, "outside": checks.Outside, "external": checks.Outside}[strings.ToLower(label)]
		if view == "" {
			view = checks.Any
		}
		settings.Resolvers = append(settings.Resolvers, checks.Resolver{Label: label, Addr: addr, View: view})
	}
	for _, name := range cas {
		pem, err := os.ReadFile(a.path(name))
		if err != nil {
			return nil, fmt.Errorf("--ca: %w", err)
		}
		settings.TrustPEM, settings.TrustNames = append(settings.TrustPEM, pem), append(settings.TrustNames, name)
	}
	return a.Network(settings)
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
	fmt.Fprintf(&b, "  %-13s %s\n", "machine", "The computer that this runs on: clock, proxy variables, hosts file, resolver, TLS opened on the way, captive portal. TARGET is a name of the organisation that is served by https.")
	return b.String()
}
