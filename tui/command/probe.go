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

func probeCommand(a *app) *cobra.Command {
	var asJSON, loopback, oldTLS, transcript bool
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
			var list []checks.Check
			if args[0] != "machine" {
				var err error
				if list, err = target.Checks(args[0], args[1], o); err != nil {
					if !slices.Contains(target.Kinds(), args[0]) {
						return fmt.Errorf("%w, machine", err)
					}
					return err
				}
			}
			net, err := a.probeNetwork(args[1], resolvers, cas, checks.FieldSettings{Loopback: loopback, OldTLS: oldTLS})
			if err != nil {
				return err
			}
			if args[0] == "machine" {
				return a.probeMachine(c.Context(), net, args[1], asJSON)
			}
			net.Machine = a.localLabel(target.Hosts(args[1]))
			if o.Account != "" {
				password, err := a.password(c.Context(), o.Account, passwordFD)
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
	f.StringArrayVar(&resolvers, "resolver", nil, "name server to ask, label=address (repeatable); the labels inside and outside tell which side it answers for")
	f.StringVar(&o.Account, "user", "", `account to sign in as (DOMAIN\user or name@domain); its password is asked for`)
	f.IntVar(&passwordFD, "password-fd", -1, "read the password from this file descriptor instead")
	f.StringVar(&o.IP, "ip", "", "connect to this address, keep the name")
	f.StringArrayVar(&o.Names, "name", nil, "tls: name that the certificate must cover (repeatable)")
	f.StringArrayVar(&cas, "ca", nil, "PEM file of further trusted roots (repeatable)")
	f.BoolVar(&loopback, "allow-loopback", false, "let answers in 127.0.0.0/8 and ::1 be connected to")
	f.BoolVar(&oldTLS, "old-tls-logon", false, "let the account log on over verified TLS 1.0 and 1.1 as well; at best a warning")
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
		settings.TrustPEM = append(settings.TrustPEM, pem)
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
