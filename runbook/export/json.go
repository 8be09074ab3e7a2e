package export

import (
	"bytes"
	"encoding/json"
	"fmt"

	"coexist/runbook"
	"coexist/runbook/journal"
)

// JSON writes the same facts as [Markdown], whole whatever the profile, in
// format 1: see [Document]. The order is stable.
func JSON(r *runbook.Runbook, events []journal.Event, o Options) ([]byte, error) {
	d, err := gather(r, events, o)
	if err != nil {
		return nil, err
	}
	return encode(d)
}

// Formats are the values of Options.Format.
var Formats = []string{"markdown", "json"}

// Write writes the format that the options name.
func Write(r *runbook.Runbook, events []journal.Event, o Options) ([]byte, error) {
	switch o.Format {
	case "", "markdown":
		return Markdown(r, events, o)
	case "json":
		return JSON(r, events, o)
	}
	return nil, fmt.Errorf("format %q is not known: expected markdown or json", o.Format)
}

// encode writes indented JSON without HTML escapes.
func encode(v any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(v); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}
