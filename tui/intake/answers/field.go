package answers

import (
	"errors"
	"fmt"
	"strings"

	"coexist/runbook/migration"
)

// Kind is how a field is answered.
type Kind uint8

// Kinds of field.
const (
	Text   Kind = iota // one line
	Toggle             // yes or no
	Choice             // one of Options
	Lines              // several lines
)

// Option is one answer of a choice.
type Option struct {
	Value string
	Label string
	About string // what choosing it means, one line
}

// Field is one question. Its pointers lead into the answers.
type Field struct {
	Key      string // the key in the migration file: "organization.forest", "site.1.server.2.name"
	Label    string
	Group    string // heading over it; fields of one group follow each other
	Kind     Kind
	Hint     string // what is asked for, one or two lines
	Example  string
	Fallback string // the value that counts while nothing is typed
	Optional bool
	Options  []Option
	Text     *string
	On       *bool
	check    func(value string) error
}

// Value returns what counts: what was typed, else the fallback.
func (f Field) Value() string {
	if f.Text == nil {
		return ""
	}
	return or(*f.Text, f.Fallback)
}

// Typed tells whether somebody answered, right or wrong.
func (f Field) Typed() bool { return f.Text != nil && trim(*f.Text) != "" }

// Refusal is why an answer does not count.
type Refusal struct {
	Reason   string
	Expected string // what would be right, with an example
	Missing  bool   // nothing was answered
}

// Error returns the reason and what would be right.
func (r *Refusal) Error() string {
	if r.Expected == "" {
		return r.Reason
	}
	return r.Reason + "; expected " + r.Expected
}

// Check judges the answer by itself: nil, or why it is refused. How answers go
// together is for [Form.Problems].
func (f Field) Check() *Refusal {
	if f.Kind == Toggle {
		return nil
	}
	v := f.Value()
	if v == "" {
		if f.Optional {
			return nil
		}
		return &Refusal{Reason: f.missing(), Expected: f.expected(), Missing: true}
	}
	if f.Kind == Choice {
		if !f.offers(v) {
			return &Refusal{Reason: fmt.Sprintf("%q is not one of the choices", v), Expected: f.expected()}
		}
		return nil
	}
	if f.check == nil {
		return nil
	}
	return f.refusal(f.check(v))
}

func (f Field) refusal(err error) *Refusal {
	var bad *migration.Invalid
	switch {
	case err == nil:
		return nil
	case errors.As(err, &bad):
		return &Refusal{Reason: bad.Reason, Expected: bad.Expected}
	}
	return &Refusal{Reason: err.Error(), Expected: f.expected()}
}

func (f Field) missing() string {
	if f.Kind == Choice {
		return "nothing is chosen yet"
	}
	return "nothing is entered yet"
}

func (f Field) expected() string {
	if f.Kind == Choice {
		var list []string
		for _, o := range f.Options {
			if o.Value != "" {
				list = append(list, o.Value)
			}
		}
		return strings.Join(list, ", ")
	}
	if f.Example == "" {
		return ""
	}
	return "for example " + f.Example
}
func (f Field) offers(v string) bool {
	for _, o := range f.Options {
		if o.Value == v {
			return true
		}
	}
	return false
}

// Option returns the place of the choice that counts, or -1.
func (f Field) Option() int {
	for i, o := range f.Options {
		if o.Value == f.Value() {
			return i
		}
	}
	return -1
}

// Choose moves a choice by so many options, around the ends.
func (f Field) Choose(by int) {
	if n := len(f.Options); n > 0 {
		at := f.Option()
		if at < 0 && by < 0 {
			at = 0
		}
		*f.Text = f.Options[((at+by)%n+n)%n].Value
	}
}
