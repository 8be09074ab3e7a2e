package checks

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
)

// cmdletKind judges what a reading cmdlet returned in the Exchange Management
// Shell.
var cmdletKind = Kind{
	Name: "cmdlet",
	Doc: "Judges the objects that a reading command returned in the Exchange Management Shell. This program opens no shell of its own: " +
		"the observations are imported from a script or pasted.",
	Source: FromShell,
	Budget: 30 * time.Second,
	Params: []Param{
		{Name: "command", Type: TextParam, Required: true, Doc: "a reading pipeline that returns objects"},
		{Name: "local", Type: BoolParam, Doc: "it tells something of the computer it runs on, so it must run on the target server"},
		{Name: "properties", Type: ListParam, Required: true, Doc: "properties of the objects to read"},
	},
	Validate: validCmdlet,
	Observe:  observeCmdlet,
}

var propertyName = Pattern(`^[A-Za-z][A-Za-z0-9_]{0,63}$`)

func validCmdlet(p Params) error {
	var errs []error
	if strings.ContainsAny(p.String("command"), "\r\n\x00") {
		errs = append(errs, errors.New("command must be one line"))
	}
	for _, n := range p.Strings("properties") {
		if !propertyName().MatchString(n) {
			errs = append(errs, fmt.Errorf("properties: %q is not the name of a property", clip(n, 60)))
		}
	}
	return allErrors(errs...)
}

func observeCmdlet(ctx context.Context, env *Env, c Check) Finding {
	if env.Shell == nil {
		return undecidable("shell.import_needed", "run it in the Exchange Management Shell and import the result: %s", clip(c.Params.String("command"), 300))
	}
	rows, err := env.Shell(ctx, c)
	if err != nil {
		return undecidable("shell.failed", "the shell did not answer: %s", clip(oneLine(err.Error()), 300))
	}
	return observed(rows)
}
