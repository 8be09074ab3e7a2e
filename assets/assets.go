// Package assets carries what Exchange requires, as data: tasks, procedures
// and the table of releases.
package assets

import "embed"

// FS holds tasks/*.toml, procedures/*.toml and releases.toml.
//
//go:embed tasks/*.toml procedures/*.toml releases.toml
var FS embed.FS
