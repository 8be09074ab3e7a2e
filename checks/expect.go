package checks

// Expectation is what must hold of the rows that a check observed.
type Expectation struct {
	Property  string   `toml:"property" json:"property"` // row property; for op "count" it may be empty
	Op        string   `toml:"op" json:"op"`             // one of Ops
	Value     string   `toml:"value" json:"value,omitempty"`
	Values    []string `toml:"values" json:"values,omitempty"`
	Rows      string   `toml:"rows" json:"rows,omitempty"`           // "every" (default), "any", "none"
	Otherwise Verdict  `toml:"otherwise" json:"otherwise,omitempty"` // Fail (default) or Warn
}

// Ops are the comparisons an Expectation may make. All compare text without
// regard to case unless said otherwise.
//
//	eq, ne              value equal / not equal
//	in, not_in          value among / not among Values
//	contains            a value of the property equals Value (multi-valued), or Values are all among them
//	lacks               no value of the property equals Value or one of Values
//	has_text, no_text   Value occurs / does not occur inside the property's text
//	matches             Value is an RE2 pattern, case-sensitive
//	at_least, at_most   numbers
//	version_at_least    dotted build numbers, numerically, zero padding ignored
//	empty, not_empty    the property is there without / with a value
//	same_set            over all rows together: exactly Values, in any order
//	all_of              over all rows together: at least Values
//	count               number of rows equals Value
//	count_at_least      number of rows is Value or more
//	younger_than        the property is a date (RFC 3339) less than Value (Go duration, d allowed) before now
//	valid_for           the property is a date at least Value (Go duration, d allowed) after now
//
// A property with several values is equal to Value when all of them are, has a
// text or matches when one of them does, and is a number or date when each is.
// A row whose property was not read, or cannot be read as what the operation
// needs, is undecided: it never counts as met. When nothing at all was observed
// only count, count_at_least and a same_set without Values can be decided.
var Ops = []string{
	"eq", "ne", "in", "not_in", "contains", "lacks", "has_text", "no_text", "matches",
	"at_least", "at_most", "version_at_least", "empty", "not_empty",
	"same_set", "all_of", "count", "count_at_least", "younger_than", "valid_for",
}
