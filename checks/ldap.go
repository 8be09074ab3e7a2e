package checks

import (
	"fmt"
	"strings"
	"time"
)

// ldapKind reads Active Directory.
var ldapKind = Kind{
	Name: "ldap",
	Doc: "Reads the organisation's state from Active Directory: schema and organisation versions on every domain controller, servers, addresses, " +
		"service connection points, sites. It only reads. Everything but rootdse needs an account: without one named, the directory account of the run. " +
		"Addresses of the servers' inner web site (back end) are left out. Lockout times are in minutes.",
	Source: FromProbe,
	Budget: 60 * time.Second,
	Params: []Param{
		{Name: "query", Type: TextParam, Required: true, Choices: ldapQueries, Doc: "what to read"},
		{Name: "targets", Type: ListParam, Doc: "domain controllers to ask; default: those that DNS names"},
		{Name: "port", Type: IntParam, Doc: "port of the targets, instead of 636 and 389: 636 and 3269 by TLS, others by StartTLS where it is offered"},
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
		errs = append(errs, validPort("port", p, 389))
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
	"virtual_directories": {"server", "kind", "name", "internal_url", "external_url"},
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
