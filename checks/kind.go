package checks

import (
	"context"
	"time"
)

// Kind is one way of checking. Each kind is one variable in a file of its own,
// listed in Kinds.
type Kind struct {
	Name   string
	Doc    string  // what it sends, what it can and cannot prove
	Params []Param // every parameter it takes; an unlisted one is refused
	Rows   []Field // the properties its rows carry; empty means any (cmdlet)
	Source Source
	Budget time.Duration // whole time for one check unless the check sets its own
	Limit  int           // connections per identity when stricter than Limits.PerIdentity; 0: no stricter
	// Yields are the properties that the kind judges by itself only while no
	// expectation of the check names them.
	Yields []string
	// Validate finds what Params' types cannot say; nil when they suffice.
	// Parameters may be unrendered only where procedures are linted; there
	// only presence and type are checked.
	Validate func(Params) error
	// Identities names the hosts or addresses a check will load, for the
	// limit per identity; nil means none.
	Identities func(Params) []string
	// Observe does the work. It keeps ctx's deadline, closes what it opens,
	// and never panics on what a peer sends.
	Observe func(ctx context.Context, env *Env, c Check) Finding
}

// Param describes one parameter of a kind.
type Param struct {
	Name     string
	Type     ParamType
	Required bool
	Doc      string
	Choices  []string // allowed values of a text parameter, if it has such a list
}

// ParamType is the TOML type of a parameter.
type ParamType string

const (
	TextParam  ParamType = "text"
	ListParam  ParamType = "list" // of texts
	IntParam   ParamType = "int"
	BoolParam  ParamType = "bool"
	TableParam ParamType = "table" // of texts
)

// Field describes one property of a kind's rows.
type Field struct {
	Name string
	Doc  string
}
