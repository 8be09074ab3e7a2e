package checks

import (
	"context"
	"fmt"
	"strings"
	"time"
)

// ldapKind reads Active Directory.
var ldapKind = Kind{
	Name: "ldap",
	Doc: "Reads the organisation's state from Active Directory: schema and organisation versions on every domain controller, servers, addresses, " +
		"service connection points, sites. It only reads. Everything but rootdse needs an account.",
	Source: FromProbe,
	Budget: 60 * time.Second,
	Params: []Param{
		{Name: "query", Type: TextParam, Required: true, Choices: ldapQueries, Doc: "what to read"},
		{Name: "targets", Type: ListParam, Doc: "domain controllers to ask; default: those that DNS names"},
		{Name: "domain", Type: TextParam, Doc: "Active Directory domain; default: the forest root"},
		{Name: "server", Type: TextParam, Doc: "only what belongs to this server"},
		{Name: "site", Type: TextParam, Doc: "only what belongs to this site"},
		{Name: "account", Type: TextParam, Doc: "account to log on with"},
	},
	Rows: ldapRows(),
	Validate: func(p Params) error {
		errs := []error{validOptional("domain", p.String("domain"), validTarget)}
		for _, t := range p.Strings("targets") {
			errs = append(errs, validTarget("targets", t))
		}
		for _, n := range []string{"server", "site", "account"} {
			if strings.ContainsFunc(p.String(n), func(r rune) bool { return r < ' ' || r == 127 }) {
				errs = append(errs, fmt.Errorf("%s holds a control character", n))
			}
		}
		return allErrors(errs...)
	},
	Identities: func(p Params) []string { return p.Strings("targets") },
	Observe:    observeLDAP,
}

var ldapQueries = []string{
	"rootdse", "schema", "organization", "domain", "servers", "virtual_directories", "scp", "sites", "fsmo",
	"lockout", "arbitration", "mailbox_counts", "dags", "databases", "oabs", "connectors",
}

// ldapProperties are the row properties of each query.
var ldapProperties = map[string][]string{
	"rootdse":             {"dc", "forest_level", "domain_level", "synchronized", "global_catalog"},
	"schema":              {"dc", "range_upper"},
	"organization":        {"dc", "name", "object_version"},
	"domain":              {"dc", "domain", "object_version"},
	"servers":             {"name", "fqdn", "version", "build", "roles", "site"},
	"virtual_directories": {"server", "kind", "internal_url", "external_url"},
	"scp":                 {"server", "url", "host", "sites"},
	"sites":               {"name", "dcs", "gcs"},
	"fsmo":                {"role", "dc"},
	"lockout":             {"domain", "threshold", "duration", "window"},
	"arbitration":         {"name", "database", "server", "version"},
	"mailbox_counts":      {"database", "server", "version", "count", "archives"},
	"dags":                {"name", "members", "witness"},
	"databases":           {"name", "server", "version", "oab", "rpc"},
	"oabs":                {"name", "default"},
	"connectors":          {"name", "kind", "servers", "spaces"},
}

// ldapRows lists each property once, with the queries that bring it.
func ldapRows() []Field {
	var out []Field
	at := map[string]int{}
	for _, q := range ldapQueries {
		for _, name := range ldapProperties[q] {
			i, seen := at[name]
			if !seen {
				at[name] = len(out)
				out = append(out, Field{name, "of query " + q})
				continue
			}
			out[i].Doc += ", " + q
		}
	}
	return out
}

func observeLDAP(ctx context.Context, env *Env, c Check) Finding { return notBuilt(c) }

// ldapReasons are the reasons of this kind alone.
var ldapReasons = []Reason{
	{"ldap.not_ldap", Fail, "what answers does not speak LDAP", []string{"the wrong port"}, "Correct the address of the domain controller."},
	{"ldap.malformed", Unknown, "the answer cannot be read", nil, "Ask another domain controller."},
	{"ldap.timeout", Unknown, "the domain controller did not answer in time", nil, "Ask another domain controller."},
	{"ldap.no_dc", Unknown, "no domain controller was found", []string{"the SRV records are not visible from here", "no domain is given"}, "Name the domain controllers in the migration's [network]."},
	{"ldap.needs_bind", Skip, "the directory answers only after logging on", nil, "Give an account."},
	{"ldap.unsigned", Warn, "the directory was read without TLS", []string{"the domain controller has no certificate"}, "Read again over LDAPS where that is possible."},
	{"ldap.bind_refused", Fail, "the directory refuses the logon", []string{"wrong password", "the account is locked or disabled"}, "Find out why before trying again."},
	{"ldap.schema_missing", Fail, "the schema has never been prepared for Exchange", nil, "Prepare the schema."},
	{"ldap.bad_value", Unknown, "a value of the directory is not of the expected form", nil, "Read it with ADSI Edit."},
	{"ldap.no_organization", Fail, "there is no Exchange organisation in this forest", []string{"another forest was asked"}, "Check the forest's name."},
	{"ldap.ambiguous", Unknown, "the directory holds more than one Exchange organisation", nil, "Look with ADSI Edit which one is real."},
	{"ldap.partial", Warn, "not everything could be read", nil, "Read the rest by hand."},
	{"ldap.replication", Warn, "domain controllers disagree", []string{"replication is not finished"}, "Wait, or force it with repadmin /syncall /AdeP, then check again."},
}
