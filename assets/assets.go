// Package assets carries what Exchange requires, as data: tasks, procedures
// and the table of releases; and what rehearsals are made of: scenarios and
// faults.
package assets

import "embed"

// FS holds tasks/*.toml, procedures/*.toml, releases.toml, scenarios/*.toml and
// faults.toml.
//
//go:embed tasks/*.toml procedures/*.toml releases.toml scenarios/*.toml faults.toml
var FS embed.FS
