package checks

import (
	"context"
	"time"
)

// versionKind tells which generation of Exchange answers.
var versionKind = Kind{
	Name: "version",
	Doc: "Asks a server's web directories anonymously and tells from paths, headers and behaviour which generation of Exchange answers. " +
		"It tells the server that answered first, not the mailbox server behind it, and a server may be dressed up: it is evidence, not proof.",
	Source: FromProbe,
	Budget: 60 * time.Second,
	Params: []Param{hostParam, portParam("443"), addressParam},
	Rows: []Field{
		{"address", "IP address that was asked"},
		{"version", "2007, 2010, 2013 or unknown"},
		{"build", "build number as far as the server shows it"},
		{"confidence", "high, medium or low"},
		{"fe_server", "name the Exchange 2013 front end gives itself (X-FEServer)"},
	},
	Validate:   onePort,
	Identities: hostAndAddress,
	Observe:    observeVersion,
}

func observeVersion(ctx context.Context, env *Env, c Check) Finding { return notBuilt(c) }

// versionReasons are the reasons of this kind alone.
var versionReasons = []Reason{
	{"version.contradiction", Fail, "what the server shows contradicts itself or the expected version", []string{"another server answers", "a proxy dresses the answers up"}, "Test against the server's own address."},
	{"version.weak", Warn, "the version is only guessed from weak signs", []string{"headers are removed on the way"}, "Confirm the version in the Exchange Management Shell."},
	{"version.unknown", Unknown, "nothing tells which version answers", []string{"headers are removed on the way", "it is no Exchange server"}, "Confirm the version in the Exchange Management Shell."},
}
